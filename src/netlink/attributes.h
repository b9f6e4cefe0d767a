// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "netweir/bytes.h"

namespace netweir::netlink {

/// Walks the attributes (linux/netlink.h, struct nlattr) of a message or of a nest, without
/// copying: `while (a.next()) switch (a.type())`. next() is false at the end and at a malformed
/// header; ok() tells which. A scalar whose length does not match makes ok() false for good, so
/// that one check at the end is enough. The last attribute may come without its padding.
class Attributes {
 public:
  explicit Attributes(Bytes octets) noexcept : rest_(octets) {}

  bool next() noexcept {
    if (!ok_ || rest_.empty()) return false;
    std::uint16_t length = 0;
    std::uint16_t type = 0;
    if (rest_.size() < header) return fail();
    std::memcpy(&length, rest_.data(), sizeof length);
    std::memcpy(&type, rest_.data() + sizeof length, sizeof type);
    if (length < header || length > rest_.size()) return fail();
    type_ = type & 0x3fffU;  // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
    data_ = rest_.subspan(header, length - header);
    rest_ = rest_.subspan(std::min<std::size_t>((length + 3U) & ~3U, rest_.size()));
    return true;
  }

  bool ok() const noexcept { return ok_; }
  std::uint16_t type() const noexcept { return type_; }
  Bytes data() const noexcept { return data_; }

  /// The attribute as an integer in host order. REQUIRES: next() was true.
  template <class T>
  std::optional<T> scalar() noexcept {
    T value{};
    if (data_.size() != sizeof value) {
      ok_ = false;
      return std::nullopt;
    }
    std::memcpy(&value, data_.data(), sizeof value);
    return value;
  }

 private:
  static constexpr std::size_t header = 4;
  bool fail() noexcept {
    ok_ = false;
    return false;
  }
  Bytes rest_, data_{};
  std::uint16_t type_ = 0;
  bool ok_ = true;
};

}  // namespace netweir::netlink
