// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/source_kind.h"
#include "os/link_commands.h"
#include "os/pattern.h"
#include "tc_bpf/program.h"
#include "tc_bpf/request.h"
#include "tc_bpf/settings.h"
#include "tc_bpf/source.h"

namespace netweir::tc_bpf {
namespace {

constexpr std::int64_t greatest_rate = 1'000'000'000;
constexpr std::size_t longest_pattern = 64;
constexpr std::array options{
    Option{.key = "interfaces",
           .type = OptionType::texts,
           .help = "interfaces, by name or by a pattern with * and ?"},
    Option{.key = "direction",
           .type = OptionType::choice,
           .standard = "ingress",
           .choices = "ingress egress both",
           .help = "what they receive, what they send, or both"},
    Option{.key = "sample_rate",
           .type = OptionType::integer,
           .standard = "1",
           .min = 1,
           .max = greatest_rate,
           .help = "of so many packets a random one is taken; 1 = all"},
    Option{.key = "interface_sample_rate",
           .type = OptionType::map,
           .min = 1,
           .max = greatest_rate,
           .help = "another rate for an interface or a pattern; the longest that matches counts"},
    Option{.key = "snaplen",
           .type = OptionType::integer,
           .standard = "256",
           .min = 64,
           .max = 65535,
           .help = "octets kept of each packet"},
    Option{.key = "attach",
           .type = OptionType::choice,
           .standard = "auto",
           .choices = "auto tcx clsact",
           .help =
               "how the program gets to its place: tcx (Linux 6.6), or cls_bpf at clsact; auto: "
               "the first that the kernel has"},
    Option{.key = "receive_buffer_max",
           .refused = true,
           .help = "has no effect here: a ring keeps its size, see receive_buffer"}};

/// Of an interface, or a pattern of one, which may be longer than any name.
bool is_name(std::string_view text) noexcept {
  return is_interface_name(text, is_pattern(text) ? longest_pattern : longest_interface_name);
}

std::string no_name(std::string_view text) {
  return "`" + std::string(text) +
         "` is no name of an interface, nor a pattern of one: 1 to 15 octets without '/', ':' and "
         "blanks";
}

std::optional<OptionProblem> validate(const Values& values) {
  const auto interfaces = values.get<std::vector<std::string>>("interfaces");
  if (interfaces.empty()) return OptionProblem{"interfaces", "needs an interface, or a pattern"};
  for (const auto& name : interfaces) {
    if (!is_name(name)) return OptionProblem{"interfaces", no_name(name)};
    if (std::count(interfaces.begin(), interfaces.end(), name) > 1)
      return OptionProblem{"interfaces", "`" + name + "` is named twice"};
  }
  for (const auto& [name, rate] :
       values.get<std::map<std::string, std::int64_t, std::less<>>>("interface_sample_rate")) {
    if (!is_name(name)) return OptionProblem{"interface_sample_rate", no_name(name)};
  }
  return std::nullopt;
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  return TcBpfSource::open(Settings::from(config.values), context);
}

/// Loads the program as a life would, with the smallest ring.
std::optional<Error> trouble(const Values&, Privileged&) {
  auto program = Program::load({.ring = ring_octets(0, 256)});
  if (program) return std::nullopt;
  return std::move(program).error();
}

}  // namespace

extern const SourceKind kind;
const SourceKind kind{
    .name = "tc_bpf",
    .summary = "a random one of N packets of interfaces, by a BPF program at their tc hooks",
    .against_loss = "a larger receive_buffer or a higher sample_rate may help",
    .options = options,
    .validate = validate,
    .quick_key = [](std::string_view) -> std::string_view { return "interfaces"; },
    .open = open,
    .act = act,
    .trouble = trouble};

}  // namespace netweir::tc_bpf
