// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/filter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "os/fd.h"

namespace netweir::capture {
namespace {

using Capture = Handle<pcap_t, pcap_close>;

// A file may name any link type; so many are kept compiled, the rest pass nothing.
constexpr std::size_t max_links = 64;
constexpr int small_ring = 65536;

}  // namespace

int dlt_of(std::uint16_t link) noexcept { return link == linktype::raw ? DLT_RAW : link; }

std::uint16_t link_of(int dlt) noexcept {
  return dlt == DLT_RAW ? linktype::raw : static_cast<std::uint16_t>(dlt);
}

Result<std::unique_ptr<Program>> compile(const std::string& filter, std::uint16_t link) {
  const Capture dead(pcap_open_dead(dlt_of(link), static_cast<int>(max_captured)));
  if (!dead) return Error{ENOMEM, "compile a filter: no memory", {}};
  auto program = std::make_unique<Program>();
  if (pcap_compile(dead.get(), program->raw(), filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{EINVAL, pcap_geterr(dead.get()), {}};
  }
  return program;
}

Result<std::unique_ptr<Program>> compile_live(const std::string& interface,
                                              const std::string& filter, int snaplen) {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  const Capture live(pcap_create(interface.c_str(), text.data()));
  if (!live) return Error{EIO, std::string("compile a filter: ") + text.data(), {}};
  // Only a handle that captures makes libpcap look for tags where the kernel puts them.
  (void)pcap_set_snaplen(live.get(), snaplen);
  (void)pcap_set_buffer_size(live.get(), small_ring);
  if (const int status = pcap_activate(live.get()); status < 0) {
    const std::string_view said = pcap_geterr(live.get());
    return Error{EIO,
                 "compile a filter: " + std::string(said.empty() ? pcap_statustostr(status) : said),
                 {}};
  }
  auto program = std::make_unique<Program>();
  if (pcap_compile(live.get(), program->raw(), filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{EINVAL, "filter \"" + filter + "\": " + pcap_geterr(live.get()), {}};
  }
  return program;
}

std::string filter_problem(const std::string& filter) {
  if (filter.find('\0') != std::string::npos) return "has a NUL in it";
  if (const auto word = host_name_in(filter); !word.empty()) {
    return std::string("'").append(word) +
           "' is no word of the filter language and no address; names of hosts and networks are "
           "not "
           "looked up";
  }
  auto first = compile(filter, linktype::ethernet);
  if (first) return {};
  // Some words hold for other link types only.
  constexpr std::array<std::uint16_t, 6> others{linktype::linux_sll2, linktype::linux_sll,
                                                linktype::raw,        linktype::nflog,
                                                linktype::null,       linktype::ipv6};
  for (const auto link : others) {
    if (compile(filter, link)) return {};
  }
  return first.error().what;
}

const Filter::Compiled& Filter::compiled(std::uint16_t link) {
  if (last_ < compiled_.size() && compiled_[last_].link == link) return compiled_[last_];
  const auto it = std::find_if(compiled_.begin(), compiled_.end(),
                               [link](const Compiled& c) { return c.link == link; });
  if (it != compiled_.end()) {
    last_ = static_cast<std::size_t>(it - compiled_.begin());
    return *it;
  }
  static const Compiled none{};
  if (compiled_.size() == max_links) return none;
  auto made = compile(text_, link);
  if (!made) {
    problem_ = "filter \"" + text_ + "\" does not fit packets of link type " +
               std::to_string(link) + ", none passes: " + made.error().what;
  }
  compiled_.push_back({link, made ? *std::move(made) : nullptr});
  last_ = compiled_.size() - 1;
  return compiled_.back();
}

bool Filter::passes(const Frame& frame) {
  const auto& c = compiled(frame.link);
  if (!c.program) return false;
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(frame.data.size());
  header.len = frame.wire_len;
  return pcap_offline_filter(c.program->raw(), &header, frame.data.data()) != 0;
}

std::optional<std::string> Filter::take_problem() { return std::exchange(problem_, std::nullopt); }

}  // namespace netweir::capture
