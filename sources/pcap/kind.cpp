// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/filter.h"
#include "capture/trouble.h"
#include "netweir/source_kind.h"
#include "os/link_commands.h"
#include "os/privileged.h"
#include "pcap/capture.h"
#include "pcap/file_source.h"
#include "pcap/live_source.h"

namespace netweir::pcap {
namespace {

constexpr std::int64_t default_snaplen = 256;
constexpr std::int64_t default_buffer = 8 << 20;
constexpr std::array options{
    Option{.key = "interface", .help = "the interface to capture on, or any; this or file"},
    Option{.key = "file", .help = "a pcap or pcapng file, a FIFO, or - for standard input"},
    Option{.key = "filter",
           .help = "only packets that pass this filter (pcap-filter(7)); no names of hosts"},
    Option{.key = "snaplen",
           .type = OptionType::integer,
           .standard = "256",
           .min = 64,
           .max = capture::max_captured,
           .help = "octets kept of each packet; a file has them as they were captured"},
    Option{.key = "promiscuous",
           .type = OptionType::boolean,
           .standard = "false",
           .help = "receive what is addressed to others too"},
    Option{.key = "receive_buffer_max",
           .refused = true,
           .help = "has no effect here: a ring keeps its size, see receive_buffer"}};

bool is_file(const Values& values) { return values.has("file"); }

std::optional<OptionProblem> validate(const Values& values) {
  if (!values.has("interface") && !values.has("file")) {
    return OptionProblem{"interface", "needs an interface or a file"};
  }
  if (values.has("interface") && values.has("file")) {
    return OptionProblem{"file", "an interface and a file exclude each other"};
  }
  if (is_file(values)) {
    const auto path = values.text("file");
    if (path.empty() || path.find('\0') != std::string::npos) {
      return OptionProblem{"file", "is no name of a file"};
    }
    if (values.boolean("promiscuous")) {
      return OptionProblem{"promiscuous", "has no effect on a file"};
    }
    if (values.has("snaplen") && values.integer("snaplen") != default_snaplen) {
      return OptionProblem{"snaplen", "has no effect on a file"};
    }
    if (!values.text("netns").empty()) {
      return OptionProblem{"netns", "has no effect on a file"};
    }
    if (values.has("receive_buffer") && values.integer("receive_buffer") != default_buffer) {
      return OptionProblem{"receive_buffer", "has no effect on a file"};
    }
  } else if (!is_interface_name(values.text("interface"))) {
    return OptionProblem{"interface", std::string(no_interface_name)};
  }
  if (const auto text = values.text("filter"); !text.empty()) {
    if (auto problem = capture::filter_problem(text); !problem.empty()) {
      return OptionProblem{"filter", std::move(problem)};
    }
  }
  return std::nullopt;
}

std::string_view quick_key(std::string_view argument) {
  struct stat st {};
  const bool file = argument == "-" || argument.find('/') != std::string_view::npos ||
                    ::stat(std::string(argument).c_str(), &st) == 0;
  return file ? "file" : "interface";
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  const auto& values = config.values;
  if (is_file(values)) {
    return FileSource::open(values.text("file"), values.text("filter"), context.id, context.links);
  }
  LiveOptions live;
  live.interface = values.text("interface");
  live.filter = values.text("filter");
  live.netns = values.text("netns");
  live.snaplen = static_cast<int>(values.integer("snaplen"));
  if (values.has("receive_buffer")) {
    live.buffer =
        static_cast<int>(std::clamp<std::int64_t>(values.integer("receive_buffer"), 1, INT_MAX));
  }
  live.promiscuous = values.boolean("promiscuous");
  return LiveSource::open(live, context);
}

std::optional<Error> trouble(const Values& values, Privileged& privileged) {
  if (is_file(values)) return std::nullopt;
  return capture::trouble(privileged, values.text("netns"));
}

}  // namespace

extern const SourceKind kind;
const SourceKind kind{.name = "pcap",
                      .summary = "packets of an interface (libpcap), or of a pcap or pcapng file",
                      .options = options,
                      .validate = validate,
                      .quick_key = quick_key,
                      .open = open,
                      .trouble = trouble,
                      .finite = is_file};

}  // namespace netweir::pcap
