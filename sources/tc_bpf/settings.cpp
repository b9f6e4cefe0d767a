// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/settings.h"

#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "os/pattern.h"
#include "tc_bpf/record.h"

namespace netweir::tc_bpf {

std::uint32_t ring_octets(std::uint32_t wanted, std::uint32_t snaplen) noexcept {
  constexpr std::uint32_t overhead = sizeof(NetweirTcRecord) + BPF_RINGBUF_HDR_SZ + 8;
  constexpr std::uint32_t most = 1U << 30;
  const auto page = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  return std::bit_ceil(std::min(most, std::max({wanted, page, 2 * (snaplen + overhead)})));
}

Settings Settings::from(const Values& values) {
  Settings s;
  s.interfaces = values.get<std::vector<std::string>>("interfaces");
  s.netns = values.text("netns");
  const auto direction = values.text("direction");
  s.ingress = direction != "egress";
  s.egress = direction == "egress" || direction == "both";
  const auto attach = values.text("attach");
  if (attach == "tcx") s.attach = Attach::tcx;
  if (attach == "clsact") s.attach = Attach::clsact;
  if (values.has("snaplen")) s.snaplen = values.octets("snaplen");
  if (values.has("sample_rate")) s.sample_rate = values.octets("sample_rate");
  s.interface_sample_rate =
      values.get<std::map<std::string, std::int64_t, std::less<>>>("interface_sample_rate");
  if (values.has("receive_buffer")) s.ring = values.octets("receive_buffer");
  s.ring = ring_octets(s.ring, s.snaplen);
  return s;
}

bool Settings::wants(std::string_view name) const noexcept {
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [&](const std::string& pattern) { return is_like(name, pattern); });
}

bool Settings::names(std::string_view name) const noexcept {
  return std::find(interfaces.begin(), interfaces.end(), name) != interfaces.end();
}

bool Settings::has_pattern() const noexcept {
  return std::any_of(interfaces.begin(), interfaces.end(), is_pattern);
}

std::uint32_t Settings::rate_of(std::string_view name) const noexcept {
  const auto own = interface_sample_rate.find(name);
  if (own != interface_sample_rate.end()) return static_cast<std::uint32_t>(own->second);
  std::size_t longest = 0;
  auto rate = sample_rate;
  for (const auto& [pattern, value] : interface_sample_rate) {
    if (pattern.size() <= longest || !is_like(name, pattern)) continue;
    longest = pattern.size();
    rate = static_cast<std::uint32_t>(value);
  }
  return rate;
}

}  // namespace netweir::tc_bpf
