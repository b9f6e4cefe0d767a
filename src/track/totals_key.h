// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/traffic.h"

namespace netweir::track {

/// How the keys of one table are packed: only the words of the dimensions that it asks for, so that
/// there is little to hash and to compare. Equal keys are equal words, and what a key does not have
/// is 0. Addresses are cut to their prefix, and packed so that they sort as they are read.
class TotalsKeyLayout {
 public:
  static constexpr std::size_t most = 9;  ///< words
  using Words = std::array<std::uint64_t, most>;

  explicit TotalsKeyLayout(const TotalsSettings& s) noexcept : dimensions_(s.key) {
    masks_[slot(IpVersion::v4)] = mask(std::min<unsigned>(s.prefix_v4, 32));
    masks_[slot(IpVersion::v6)] = mask(std::min<unsigned>(s.prefix_v6, 128));
    long_addresses_ = masks_[slot(IpVersion::v6)][1] != 0;
    src_ = asks(bit(Dimension::src_ip));
    dst_ = asks(bit(Dimension::dest_ip));
    ports_ = asks(bit(Dimension::src_port) | bit(Dimension::dest_port) | bit(Dimension::vlan));
    links_ = asks(bit(Dimension::in_iface) | bit(Dimension::out_iface));
    label_ = asks(bit(Dimension::flow_label) | bit(Dimension::group));
    mark_ = asks(bit(Dimension::mark) | bit(Dimension::queue) | bit(Dimension::prefix));
    const std::size_t address = long_addresses_ ? 2 : 1;
    words_ = 1 + (src_ ? address : 0) + (dst_ ? address : 0) + (ports_ ? 1U : 0U) +
             (links_ ? 1U : 0U) + (label_ ? 1U : 0U) + (mark_ ? 1U : 0U);
  }

  /// Of each key.
  std::size_t words() const noexcept { return words_; }

  void pack(const TrafficKey& key, Words& w) const noexcept {
    const auto has = key.has & dimensions_;
    const auto with = [has](Dimension d, std::uint64_t value) {
      return value & (std::uint64_t{0} - (has >> static_cast<unsigned>(d) & 1U));
    };
    const auto src = slot(key.src.version), dst = slot(key.dst.version);
    w[0] =
        std::uint64_t{has} << 47U | with(Dimension::src_ip, src) << 43U |
        with(Dimension::dest_ip, dst) << 41U |
        with(Dimension::proto, std::uint64_t{key.arp} << 40U | std::uint64_t{key.protocol} << 32U) |
        with(Dimension::dscp, std::uint64_t{key.dscp} << 24U) |
        with(Dimension::ecn, std::uint64_t{key.ecn} << 16U) |
        with(Dimension::length, std::uint64_t{key.length_class} << 8U) |
        with(Dimension::tcp_flags, key.tcp_flags);
    std::size_t n = 1;
    const auto address = [&](Dimension d, const Ip& ip, std::size_t of) {
      const auto& cut = masks_[of];
      w[n++] = with(d, load(ip, 0) & cut[0]);
      if (long_addresses_) w[n++] = with(d, load(ip, 8) & cut[1]);
    };
    if (src_) address(Dimension::src_ip, key.src, src);
    if (dst_) address(Dimension::dest_ip, key.dst, dst);
    if (ports_) {
      w[n++] = with(Dimension::src_port, std::uint64_t{key.src_port} << 48U) |
               with(Dimension::dest_port, std::uint64_t{key.dst_port} << 32U) |
               with(Dimension::vlan, std::uint64_t{key.vlan[0]} << 16U | key.vlan[1]);
    }
    if (links_) {
      w[n++] = with(Dimension::in_iface, std::uint64_t{key.in} << 32U) |
               with(Dimension::out_iface, key.out);
    }
    if (label_) {
      w[n++] = with(Dimension::flow_label, std::uint64_t{key.flow_label} << 32U) |
               with(Dimension::group, key.group);
    }
    if (mark_) {
      w[n++] = with(Dimension::mark, std::uint64_t{key.mark} << 32U) |
               with(Dimension::queue, std::uint64_t{key.queue} << 16U) |
               with(Dimension::prefix, key.prefix);
    }
  }

  TrafficKey unpack(const std::uint64_t* w) const noexcept {
    TrafficKey key;
    key.has = static_cast<DimensionSet>(*w >> 47U);
    const auto src = *w >> 43U & 3U, dst = *w >> 41U & 3U;
    key.arp = (*w >> 40U & 1U) != 0;
    key.protocol = static_cast<std::uint8_t>(*w >> 32U);
    key.dscp = static_cast<std::uint8_t>(*w >> 24U);
    key.ecn = static_cast<std::uint8_t>(*w >> 16U);
    key.length_class = static_cast<std::uint8_t>(*w >> 8U);
    key.tcp_flags = static_cast<std::uint8_t>(*w);
    ++w;
    const auto address = [&](Ip& ip, std::uint64_t of) {
      ip.version = static_cast<IpVersion>(of << 1U);
      store(*w++, ip, 0);
      if (long_addresses_) store(*w++, ip, 8);
    };
    if (src_) address(key.src, src);
    if (dst_) address(key.dst, dst);
    if (ports_) {
      key.src_port = static_cast<std::uint16_t>(*w >> 48U);
      key.dst_port = static_cast<std::uint16_t>(*w >> 32U);
      key.vlan = {static_cast<std::uint16_t>(*w >> 16U), static_cast<std::uint16_t>(*w)};
      ++w;
    }
    if (links_) {
      key.in = static_cast<LinkId>(*w >> 32U);
      key.out = static_cast<LinkId>(*w++);
    }
    if (label_) {
      key.flow_label = static_cast<std::uint32_t>(*w >> 32U);
      key.group = static_cast<std::uint32_t>(*w++);
    }
    if (mark_) {
      key.mark = static_cast<std::uint32_t>(*w >> 32U);
      key.queue = static_cast<std::uint16_t>(*w >> 16U);
      key.prefix = static_cast<std::uint16_t>(*w);
    }
    return key;
  }

  std::uint64_t hash(const Words& w, std::uint64_t seed) const noexcept {
    return XXH3_64bits_withSeed(w.data(), words_ * sizeof w[0], seed);
  }

 private:
  using Mask = std::array<std::uint64_t, 2>;

  bool asks(DimensionSet of) const noexcept { return (dimensions_ & of) != 0; }

  // The versions 0, 4 and 6 fit into two bits.
  static constexpr std::size_t slot(IpVersion v) noexcept {
    return static_cast<unsigned>(v) >> 1U & 3U;
  }
  static Mask mask(unsigned bits) noexcept {
    const auto high = [](unsigned n) { return n == 0 ? 0 : ~std::uint64_t{0} << (64U - n); };
    return {high(std::min(bits, 64U)), high(bits - std::min(bits, 64U))};
  }
  static std::uint64_t load(const Ip& ip, std::size_t at) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, &ip.octets[at], sizeof word);
    return big_endian(word);
  }
  static void store(std::uint64_t word, Ip& ip, std::size_t at) noexcept {
    word = big_endian(word);
    std::memcpy(&ip.octets[at], &word, sizeof word);
  }
  static std::uint64_t big_endian(std::uint64_t word) noexcept {
    if constexpr (std::endian::native == std::endian::little) return __builtin_bswap64(word);
    return word;
  }

  DimensionSet dimensions_;
  std::array<Mask, 4> masks_{};  // by slot
  std::size_t words_ = 0;
  bool src_ = false, dst_ = false, ports_ = false, links_ = false, label_ = false, mark_ = false;
  bool long_addresses_ = false;
};

}  // namespace netweir::track
