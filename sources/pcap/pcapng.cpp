// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/pcapng.h"

#include <algorithm>
#include <limits>

namespace netweir::pcap {
namespace {

__extension__ typedef __int128 Wide;  // NOLINT(modernize-use-using): `using` cannot be marked

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t interface_description = 1, obsolete_packet = 2, simple_packet = 3,
                        interface_statistics = 5, enhanced_packet = 6;
constexpr std::uint16_t comment = 1, if_name = 2, if_description = 3, if_tsresol = 9,
                        if_tsoffset = 14;
constexpr std::uint32_t most_statistics = 4096;  // a recorder's; longer blocks are skipped

// A block is its type, its length, a body, and its length again.
constexpr std::uint32_t block_head = 8, block_tail = 4;
constexpr std::uint32_t section_head = 24;  // with byte order, version and section length
constexpr std::size_t max_name = 255;       // octets kept of an interface's name

constexpr bool is_packet(std::uint32_t type) noexcept {
  return type == enhanced_packet || type == simple_packet || type == obsolete_packet;
}

/// Octets of a packet block's body before the packet.
constexpr std::uint32_t packet_head(std::uint32_t type) noexcept {
  return type == simple_packet ? 4 : 20;
}

constexpr std::string_view block_name(std::uint32_t type) noexcept {
  switch (type) {
    case Pcapng::section_header:
      return "a section header block";
    case interface_description:
      return "an interface description block";
    case obsolete_packet:
      return "a packet block";
    case simple_packet:
      return "a simple packet block";
    case enhanced_packet:
      return "an enhanced packet block";
    default:
      return "a block";
  }
}

}  // namespace

TimeUnit::TimeUnit(std::uint8_t resolution, std::int64_t offset_seconds) noexcept
    : offset_(offset_seconds) {
  const unsigned exponent = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) {
    multiply_ = 0;
    shift_ = static_cast<std::uint8_t>(exponent);
    return;
  }
  multiply_ = 1;
  for (unsigned n = exponent; n < 9; ++n) multiply_ *= 10;
  for (unsigned n = 9; n < exponent && divide_ != 0; ++n) {
    if (__builtin_mul_overflow(divide_, std::uint64_t{10}, &divide_)) divide_ = 0;
  }
}

WallTime TimeUnit::at(std::uint64_t stamp) const noexcept {
  std::int64_t ns = 0;
  if (offset_ == 0 && divide_ == 1 && multiply_ != 0 &&
      !__builtin_mul_overflow(stamp, multiply_, &ns)) {
    return WallTime{std::chrono::nanoseconds{ns}};
  }
  return slow(stamp);
}

WallTime TimeUnit::slow(std::uint64_t stamp) const noexcept {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  Wide ns = stamp;  // at most 2^64 * 10^9, far below 2^127
  if (multiply_ == 0) {
    ns = (ns * 1'000'000'000) >> shift_;
  } else if (divide_ == 0) {
    ns = 0;
  } else {
    ns = ns * multiply_ / divide_;
  }
  ns += Wide{offset_} * 1'000'000'000;
  ns = std::clamp<Wide>(ns, least, most);
  return WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(ns)}};
}

Step Pcapng::parse(Bytes octets, std::span<Frame> out) {
  Step step;
  recorded_.begin(out.size());
  while (true) {
    if (step.frames == out.size()) {
      step.state = Step::State::full;
      return step;
    }
    auto rest = octets.subspan(step.octets);
    if (skip_ != 0) {
      if (skip_ > block_tail) {
        const auto n = std::min<std::uint64_t>(skip_ - block_tail, rest.size());
        skip_ -= n;
        step.octets += static_cast<std::size_t>(n);
        rest = rest.subspan(static_cast<std::size_t>(n));
      }
      if (skip_ > block_tail || rest.size() < block_tail) return step;
      if (order_.u32(rest, 0) != skip_total_) {
        problem_ = "a block whose two lengths differ";
        step.state = Step::State::bad;
        return step;
      }
      skip_ = 0;
      step.octets += block_tail;
      continue;
    }
    std::size_t taken = 0;
    switch (block(rest, out[step.frames], taken)) {
      case Taken::hungry:
        return step;
      case Taken::bad:
        step.state = Step::State::bad;
        return step;
      case Taken::packet:
        ++step.frames;
        break;
      case Taken::block:
        break;
    }
    step.octets += taken;
  }
}

Pcapng::Taken Pcapng::block(Bytes octets, Frame& frame, std::size_t& taken) {
  if (octets.size() < block_head) return Taken::hungry;
  const auto [type, total] = order_.words<2>(octets, 0);
  if (type == section_header) return section(octets, taken);
  if (!in_section_) return refuse("a block before the first section header");
  if (total < block_head + block_tail || total % 4 != 0) {
    return refuse(std::string(block_name(type)) + " with a length of " + std::to_string(total));
  }
  const bool counts = type == interface_statistics && total <= most_statistics;
  if (!is_packet(type) && type != interface_description && !counts) {
    skip_ = total - block_head;
    skip_total_ = total;
    taken = block_head;
    return Taken::block;
  }

  if (total <= longest_piece) {
    if (octets.size() < total) return Taken::hungry;
    if (order_.u32(octets, total - block_tail) != total) {
      return refuse(std::string(block_name(type)) + " whose two lengths differ");
    }
    const auto body = octets.subspan(block_head, total - block_head - block_tail);
    taken = total;
    if (type == interface_description) return interface(body) ? Taken::block : Taken::bad;
    if (counts) return statistics(body, frame) ? Taken::packet : Taken::block;
    return packet(type, body, static_cast<std::uint32_t>(body.size()), frame) ? Taken::packet
                                                                              : Taken::bad;
  }
  if (type == interface_description) {
    return refuse("an interface description block of " + std::to_string(total) + " octets");
  }
  // A packet with an endless tail of options: the packet is taken, the rest skipped.
  constexpr std::size_t enough = block_head + 20 + max_captured;
  static_assert(enough <= longest_piece);
  if (octets.size() < enough) return Taken::hungry;
  if (!packet(type, octets.subspan(block_head, enough - block_head),
              total - block_head - block_tail, frame)) {
    return Taken::bad;
  }
  taken = enough;
  skip_ = total - enough;
  skip_total_ = total;
  return Taken::packet;
}

Pcapng::Taken Pcapng::section(Bytes octets, std::size_t& taken) {
  if (octets.size() < section_head) return Taken::hungry;
  Order order;
  if (order.u32(octets, 8) != byte_order_magic) {
    order.swapped = true;
    if (order.u32(octets, 8) != byte_order_magic) {
      return refuse("a section header block with a byte order of neither kind");
    }
  }
  const auto total = order.u32(octets, 4);
  if (total < section_head + block_tail || total % 4 != 0) {
    return refuse("a section header block with a length of " + std::to_string(total));
  }
  const unsigned major = order.u16(octets, 12);
  const unsigned minor = order.u16(octets, 14);
  // 1.2 was written by some programs and means 1.0.
  if (major != 1 || (minor != 0 && minor != 2)) {
    return refuse("pcapng version " + std::to_string(major) + "." + std::to_string(minor) +
                  ", only 1.0 is known");
  }
  // The section's length is not needed, and is -1 in what was written in one go.
  in_section_ = true;
  order_ = order;
  interfaces_.clear();
  skip_ = total - section_head;
  skip_total_ = total;
  taken = section_head;
  return Taken::block;
}

bool Pcapng::interface(Bytes body) {
  if (body.size() < 8) {
    problem_ = "an interface description block that is too short";
    return false;
  }
  if (interfaces_.size() == max_interfaces) {
    problem_ = "more than " + std::to_string(max_interfaces) + " interfaces in one section";
    return false;
  }
  Interface made;
  made.link = known_link(order_.u16(body, 0));
  made.snaplen = order_.u32(body, 4);
  std::uint8_t resolution = 6;
  std::int64_t offset = 0;
  std::string text;
  std::string_view description;
  std::string_view settings;
  BlockOptions options(order_, body.subspan(8));
  while (options.next()) {
    const auto code = options.code();
    const auto value = options.value();
    if ((code == if_tsresol && value.size() != 1) || (code == if_tsoffset && value.size() != 8)) {
      problem_ = "an interface description block with a time option of " +
                 std::to_string(value.size()) + " octets";
      return false;
    }
    if (code == if_tsresol) resolution = value[0];
    if (code == if_tsoffset) offset = static_cast<std::int64_t>(order_.u64(value, 0));
    if (code == if_description) description = options.text().substr(0, max_name);
    if (code == comment) settings = options.text();
    if (code == if_name) {
      text = options.text().substr(0, max_name);
      made.in = name(text);
    }
  }
  if (!options.ok()) {
    problem_ = "an interface description block with an option that overruns it";
    return false;
  }
  if (made.link == linktype::netlink) made.recorded = recorded_.source(text, description, settings);
  made.unit = TimeUnit(resolution, offset);
  interfaces_.push_back(made);
  return true;
}

LinkId Pcapng::name(std::string_view text) {
  if (text.empty()) return 0;
  if (const auto it = names_.find(text); it != names_.end()) return it->second;
  if (names_.size() == max_names) return 0;
  return names_.emplace(text, links_.by_name(text)).first->second;
}

/// `body` is what is there of the block's body, which has `room` octets.
bool Pcapng::packet(std::uint32_t type, Bytes body, std::uint32_t room, Frame& frame) {
  const auto head = packet_head(type);
  if (room < head) {
    problem_ = std::string(block_name(type)) + " that is too short";
    return false;
  }
  const auto data = body.subspan(head);
  room -= head;
  if (type == simple_packet) {
    const auto wire = order_.u32(body, 0);
    const auto snaplen = interfaces_.empty() ? 0 : interfaces_.front().snaplen;
    return fill(0, snaplen == 0 ? wire : std::min(wire, snaplen), wire, data, room, frame);
  }
  // interface (of the obsolete block: 16 bits, then a drop count), time stamp, the two lengths
  const auto [first, high, low, captured, wire] = order_.words<5>(body, 0);
  const std::uint32_t from = type == enhanced_packet ? first : order_.u16(body, 0);
  if (!fill(from, captured, wire, data, room, frame)) return false;
  frame.at = interfaces_[from].unit.at(std::uint64_t{high} << 32U | low);
  last_ = frame.at;
  auto& by = interfaces_[from];
  if (by.link != linktype::netlink) return true;
  auto& extra = recorded_.extra(by.recorded);
  const auto options = head + ((std::size_t{captured} + 3U) & ~std::size_t{3});
  if (type == enhanced_packet && options <= body.size()) {
    Recorded::read_packet({order_, body.subspan(options)}, extra);
  }
  by.packet_drops += extra.drops;
  extra.drops = by.packet_drops > by.drops ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                                 by.packet_drops - by.drops, 0xffffffffU))
                                           : 0;
  by.drops += extra.drops;
  frame.recorded = &extra;
  return true;
}

/// True where the block says something that whoever replays must know.
bool Pcapng::statistics(Bytes body, Frame& frame) {
  constexpr std::size_t head = 12;
  if (body.size() < head) return false;
  const auto [from, high, low] = order_.words<3>(body, 0);
  if (from >= interfaces_.size() || interfaces_[from].link != linktype::netlink) return false;
  const auto found = Recorded::read_statistics({order_, body.subspan(head)});
  if (!found) return false;
  auto& by = interfaces_[from];
  auto& extra = recorded_.extra(by.recorded);
  extra.what = found->what;
  extra.listing = found->listing;
  if (found->drops.value_or(0) > by.drops) {
    const auto more = *found->drops - by.drops;
    extra.drops = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, 0xffffffffU));
    by.drops = *found->drops;
  }
  frame.data = {};
  frame.wire_len = 0;
  frame.link = by.link;
  frame.in = by.in;
  frame.source = source_;
  frame.at = by.unit.at(std::uint64_t{high} << 32U | low);
  frame.recorded = &extra;
  last_ = frame.at;
  return true;
}

bool Pcapng::fill(std::uint32_t interface, std::uint32_t captured, std::uint32_t wire, Bytes data,
                  std::uint32_t room, Frame& frame) {
  if (interface >= interfaces_.size()) {
    problem_ = "a packet of interface " + std::to_string(interface) + ", which is not described";
    return false;
  }
  if (captured > max_captured) {
    problem_ = "a packet of " + std::to_string(captured) + " captured octets; more than " +
               std::to_string(max_captured) + " is taken for damage";
    return false;
  }
  if (captured > room) {
    problem_ = "a packet of " + std::to_string(captured) +
               " captured octets in a block with room for " + std::to_string(room);
    return false;
  }
  const auto& from = interfaces_[interface];
  frame.data = data.first(captured);
  frame.wire_len = std::max(wire, captured);
  frame.link = from.link;
  frame.in = from.in;
  frame.source = source_;
  frame.at = last_;
  frame.recorded = nullptr;
  return true;
}

bool Pcapng::begins_packet(Bytes left) const noexcept {
  return in_section_ && left.size() >= 4 && is_packet(order_.u32(left, 0));
}

Pcapng::Taken Pcapng::refuse(std::string text) {
  problem_ = std::move(text);
  return Taken::bad;
}

}  // namespace netweir::pcap
