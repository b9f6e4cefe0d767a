// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "netweir/traffic.h"

namespace netweir::test {

inline TrafficKey from(std::uint32_t host) {
  TrafficKey key;
  key.has = bit(Dimension::src_ip);
  key.src = Ip::v4(static_cast<std::uint8_t>(host >> 24U), static_cast<std::uint8_t>(host >> 16U),
                   static_cast<std::uint8_t>(host >> 8U), static_cast<std::uint8_t>(host));
  return key;
}
inline std::uint32_t host_of(const TrafficKey& key) {
  std::uint32_t host = 0;
  for (std::size_t i = 0; i < 4; ++i) host = host << 8U | key.src.octets.at(i);
  return host;
}

/// One talker: `packets` packets whose lengths repeat themselves, of which each is taken 1 in
/// `one_in`, as act_sample does it.
struct Talker {
  std::uint32_t host = 0;
  std::uint64_t packets = 0;
  std::vector<std::uint32_t> lengths{};
  double one_in = 1;

  double octets() const {
    double all = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const auto times = packets / lengths.size() + (i < packets % lengths.size() ? 1 : 0);
      all += static_cast<double>(times) * lengths[i];
    }
    return all;
  }

  /// Calls `taken(length)` for each packet that is.
  template <class Taken>
  void sample(std::mt19937_64& random, Taken taken) const {
    if (one_in <= 1) {
      for (std::uint64_t i = 0; i < packets; ++i) taken(lengths[i % lengths.size()]);
      return;
    }
    // How many are passed over before the next one.
    std::geometric_distribution<std::uint64_t> gap(1 / one_in);
    for (auto i = gap(random); i < packets; i += 1 + gap(random))
      taken(lengths[i % lengths.size()]);
  }
};

}  // namespace netweir::test
