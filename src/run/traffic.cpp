// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/traffic.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "format/ip_protocol.h"

namespace netweir::run {
namespace {

constexpr std::size_t most_prefixes = 4096;  // of NFLOG; those beyond have none
constexpr std::chrono::nanoseconds one_ns{1};

/// The multiple of `interval` at or before `at`.
WallTime begin_of(WallTime at, std::chrono::nanoseconds interval) noexcept {
  const auto since = at.time_since_epoch();
  auto rest = since % interval;
  if (rest < std::chrono::nanoseconds{0}) rest += interval;
  return at < WallTime::min() + rest ? WallTime::min() : at - rest;
}

/// Never AgeTime::max(), which says that no interval is open.
AgeTime later(AgeTime now, std::chrono::nanoseconds by) noexcept {
  return now < AgeTime::max() - by ? now + by : AgeTime::max() - one_ns;
}

WallTime end_of(WallTime begin, std::chrono::nanoseconds interval) noexcept {
  return begin < WallTime::max() - interval ? begin + interval : WallTime::max();
}

}  // namespace

TrafficKey traffic_key(DimensionSet wanted, const Frame& frame, const Packet& packet,
                       std::span<const std::uint16_t> vlan) noexcept {
  using D = Dimension;
  TrafficKey key;
  const auto want = [wanted](D d) { return (wanted & bit(d)) != 0; };
  const auto set = [&key](D d) { key.has |= bit(d); };
  const bool ip = packet.src.version != IpVersion::none;
  if (want(D::in_iface) && frame.in != 0) {
    key.in = frame.in;
    set(D::in_iface);
  }
  if (want(D::out_iface) && frame.out != 0) {
    key.out = frame.out;
    set(D::out_iface);
  }
  if (want(D::vlan) && !vlan.empty()) {
    for (std::size_t i = 0; i < std::min<std::size_t>(vlan.size(), 2); ++i) key.vlan[i] = vlan[i];
    set(D::vlan);
  }
  if (want(D::src_ip) && (ip || packet.has_arp)) {
    key.src = ip ? packet.src : packet.arp.sender_ip;
    set(D::src_ip);
  }
  if (want(D::dest_ip) && (ip || packet.has_arp)) {
    key.dst = ip ? packet.dst : packet.arp.target_ip;
    set(D::dest_ip);
  }
  if (want(D::proto) && (ip ? format::knows_protocol(packet) : packet.has_arp)) {
    key.arp = !ip;
    key.protocol = ip ? packet.ip_protocol : std::uint8_t{0};
    set(D::proto);
  }
  if (packet.has_ports) {
    if (want(D::src_port)) {
      key.src_port = packet.src_port;
      set(D::src_port);
    }
    if (want(D::dest_port)) {
      key.dst_port = packet.dst_port;
      set(D::dest_port);
    }
  }
  if (ip) {
    if (want(D::dscp)) {
      key.dscp = packet.traffic_class >> 2U;
      set(D::dscp);
    }
    if (want(D::ecn)) {
      key.ecn = packet.traffic_class & 3U;
      set(D::ecn);
    }
    if (want(D::flow_label) && packet.src.version == IpVersion::v6) {
      key.flow_label = packet.flow_label;
      set(D::flow_label);
    }
  }
  if (want(D::tcp_flags) && packet.has_tcp_flags) {
    key.tcp_flags = packet.tcp_flags;
    set(D::tcp_flags);
  }
  if (want(D::length)) {
    key.length_class = length_class(traffic_octets(frame, packet));
    set(D::length);
  }
  if (want(D::group) && frame.grouped) {
    key.group = frame.group;
    set(D::group);
  }
  if (want(D::queue) && frame.psample != nullptr &&
      (frame.psample->has & PsampleExtra::has_queue) != 0) {
    key.queue = frame.psample->out_tc;
    set(D::queue);
  }
  if (want(D::queue) && frame.tc_bpf != nullptr && frame.tc_bpf->has_queue) {
    key.queue = frame.tc_bpf->queue;
    set(D::queue);
  }
  if (want(D::mark) && frame.nflog != nullptr && (frame.nflog->has & NflogExtra::has_mark) != 0) {
    key.mark = frame.nflog->mark;
    set(D::mark);
  }
  if (want(D::mark) && frame.tc_bpf != nullptr && frame.tc_bpf->mark != 0) {
    key.mark = frame.tc_bpf->mark;
    set(D::mark);
  }
  return key;
}

std::uint32_t traffic_octets(const Frame& frame, const Packet& packet) noexcept {
  if (frame.wire_len != 0) return frame.wire_len;
  const auto captured = static_cast<std::uint32_t>(frame.link_header.size() + frame.data.size());
  const bool network_header_first = frame.link != linktype::ethernet || !frame.link_header.empty();
  if (packet.src.version == IpVersion::none || !network_header_first) return captured;
  return std::max(captured,
                  static_cast<std::uint32_t>(frame.link_header.size()) + packet.ip_length);
}

Traffic::Traffic(std::vector<config::Traffic> settings, std::uint64_t hash_seed,
                 std::vector<Count> begun, World world)
    : hash_seed_(hash_seed), begun_(std::move(begun)), world_(std::move(world)) {
  if (world_.empty) next_ = AgeTime::min();
  for (auto& one : settings) {
    wanted_ |= one.totals.key;
    totals_.push_back({std::move(one), AgeTime::max(), {}, {}});
  }
}

Traffic::OfSource& Traffic::of(Total& total, SourceId id, std::string_view source) {
  const auto [it, fresh] = total.sources.try_emplace(id);
  auto& of_source = it->second;
  if (!fresh) return of_source;
  const auto& names = total.settings.sources;
  of_source.wanted = names.empty() || std::find(names.begin(), names.end(), source) != names.end();
  if (id < begun_.size()) of_source.before = begun_[id];
  return of_source;
}

Totals* Traffic::table(Total& total, SourceId id, OfSource& of_source) {
  if (of_source.totals) return &*of_source.totals;
  if (of_source.refused) return nullptr;
  if (reserve(total, of_source)) return &*of_source.totals;
  of_source.refused = true;  // until the next interval
  if (!std::exchange(of_source.said, true)) world_.refuse(id, total.settings);
  return nullptr;
}

bool Traffic::reserve(Total& total, OfSource& of_source) {
  const auto room = config::room(total.settings);
  if (room > world_.most_keys - keys_) return false;
  auto settings = total.settings.totals;
  settings.hash_seed = hash_seed_;
  try {
    of_source.totals.emplace(settings);
  } catch (const std::bad_alloc&) {
    return false;
  }
  keys_ += room;
  return true;
}

std::uint16_t Traffic::number(std::string_view prefix) {
  const auto it = numbers_.find(prefix);
  if (it != numbers_.end()) return it->second;
  if (numbers_.size() == most_prefixes) return 0;
  const auto [made, fresh] =
      numbers_.emplace(prefix, static_cast<std::uint16_t>(numbers_.size() + 1));
  prefixes_.push_back(&made->first);
  return made->second;
}

void Traffic::open(Total& total, const Now& now) {
  const auto interval = total.settings.interval;
  total.from = begin_of(now.wall, interval);
  const auto left = interval - (now.wall - total.from);
  total.ends = later(now.age, left);
  next_ = std::min(next_, total.ends);
}

void Traffic::add(const Now& now, std::string_view source, const Frame& frame, const Packet& packet,
                  std::span<const std::uint16_t> vlan) {
  age(now);
  auto key = traffic_key(wanted_, frame, packet, vlan);
  if ((wanted_ & bit(Dimension::prefix)) != 0 && frame.nflog != nullptr &&
      !frame.nflog->prefix.empty()) {
    key.prefix = number(frame.nflog->prefix);
    if (key.prefix != 0) key.has |= bit(Dimension::prefix);
  }
  const auto octets = traffic_octets(frame, packet);
  std::int64_t latency = -1;
  if (frame.psample != nullptr && (frame.psample->has & PsampleExtra::has_latency) != 0)
    latency = static_cast<std::int64_t>(std::min<std::uint64_t>(
        frame.psample->latency_ns, std::numeric_limits<std::int64_t>::max()));
  for (auto& total : totals_) {
    auto& of_source = of(total, frame.source, source);
    if (!of_source.wanted) continue;
    if (total.ends == AgeTime::max()) open(total, now);
    auto* const totals = table(total, frame.source, of_source);
    if (totals != nullptr) totals->add(key, octets, frame.one_in, latency);
  }
}

void Traffic::begin(const Now& now) {
  next_ = AgeTime::max();
  for (auto& total : totals_) open(total, now);
  if (world_.closed) world_.closed(now.wall, now.wall);
}

void Traffic::jump(WallTime before, const Now& now) {
  if (next_ == AgeTime::max() || !begun()) return;
  next_ = AgeTime::max();
  std::optional<std::pair<WallTime, WallTime>> closed;
  for (auto& total : totals_) {
    if (total.ends == AgeTime::max()) continue;
    const auto end = end_of(total.from, total.settings.interval);
    if (total.from <= now.wall && now.wall < end) {
      total.ends = later(now.age, end - now.wall);
      next_ = std::min(next_, total.ends);
      continue;
    }
    closed.emplace(total.from, now.wall >= end ? end : std::clamp(before, total.from, end));
    close(total, closed->second);
  }
  if (next_ == AgeTime::max()) forget_prefixes();
  if (closed && world_.closed) world_.closed(closed->first, closed->second);
}

/// The next interval, at once.
void Traffic::reopen(Total& total, const Now& now) {
  const auto interval = total.settings.interval;
  const auto end = end_of(total.from, interval);
  // The two clocks differ by a little; a wall clock that was set back is another thing.
  const bool early = now.wall < end && end - now.wall < interval / 2;
  open(total, {now.age, early ? end : now.wall});
}

void Traffic::age(const Now& now) {
  if (now.age < next_) return;
  if (next_ == AgeTime::min()) return begin(now);
  next_ = AgeTime::max();
  bool still_open = false;
  std::optional<std::pair<WallTime, WallTime>> closed;
  for (auto& total : totals_) {
    if (total.ends <= now.age) {
      closed.emplace(total.from, end_of(total.from, total.settings.interval));
      close(total, closed->second);
      if (world_.empty) reopen(total, now);
    } else {
      next_ = std::min(next_, total.ends);
      still_open = still_open || total.ends != AgeTime::max();
    }
  }
  if (!still_open) forget_prefixes();
  if (closed && world_.closed) world_.closed(closed->first, closed->second);
}

void Traffic::finish(const Now& now) {
  if (next_ == AgeTime::min()) return;  // it never began
  WallTime from = now.wall, to = now.wall;
  for (auto& total : totals_) {
    if (total.ends == AgeTime::max()) continue;
    from = total.from;
    to = std::clamp(now.wall, from, end_of(from, total.settings.interval));
    close(total, to);
  }
  next_ = AgeTime::max();
  forget_prefixes();
  if (world_.closed) world_.closed(from, to);
}

void Traffic::forget_prefixes() {
  numbers_.clear();
  prefixes_.clear();
}

void Traffic::close(Total& total, WallTime to) {
  total.ends = AgeTime::max();
  const auto& settings = total.settings;
  TrafficEvent event;
  event.name = settings.name;
  event.from = total.from;
  event.to = to;
  event.dimensions = settings.totals.key;
  event.prefix_v4 = settings.totals.prefix_v4;
  event.prefix_v6 = settings.totals.prefix_v6;
  for (auto& [id, of_source] : total.sources) {
    of_source.refused = false;
    if (!of_source.totals) continue;
    if (!of_source.totals->empty()) {
      close(total, id, of_source, event);
      continue;
    }
    // A source that has no packets, or is no more. What it loses meanwhile waits for its next line.
    of_source.totals.reset();
    keys_ -= config::room(settings);
  }
}

void Traffic::close(const Total& total, SourceId id, OfSource& of_source, TrafficEvent& event) {
  const auto now = world_.count(id);
  const auto before = std::exchange(of_source.before, now);
  auto& totals = *of_source.totals;
  totals.close(now.received - before.received, now.lost - before.lost);
  const auto tell = [&](const TrafficTotal& t) {
    event.total = &t;
    event.estimated =
        t.all_packets.error > 0 || t.all_packets.high > static_cast<double>(t.packets);
    event.prefix = (t.key.has & bit(Dimension::prefix)) != 0
                       ? std::string_view(*prefixes_[t.key.prefix - 1U])
                       : std::string_view();
    world_.emit(id, event);
    event.total = nullptr;
  };
  event.rest = false;
  event.keys = 0;
  for (const auto& t : totals.lines(total.settings.top)) tell(t);
  if (const auto rest = totals.rest(); rest.packets > 0) {
    event.rest = true;
    event.keys = totals.rest_keys();
    tell(rest);
  }
  totals.clear();
}

}  // namespace netweir::run
