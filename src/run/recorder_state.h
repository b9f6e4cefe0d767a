// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "netweir/address.h"
#include "netweir/bytes.h"

namespace netweir::run {

/// What of the messages so far a file must begin with, so that it can be read without the files
/// before it: the interfaces there are (RTM_NEWLINK), their addresses (RTM_NEWADDR), and the ids of
/// generic netlink families (CTRL_CMD_NEWFAMILY). Bounded. Pure.
class RecorderState {
 public:
  static constexpr std::size_t most_octets = std::size_t{32} << 20U;

  /// A datagram from the kernel, of a netlink protocol.
  void see(int protocol, Bytes octets);

  /// Every message to begin with, whole, with its nlmsghdr.
  void each(const std::function<void(int protocol, Bytes message)>& each) const;

  /// Messages that were not kept, since there are too many.
  std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  struct Kept {
    std::vector<std::uint8_t> message;
    std::uint64_t dump = 0;  ///< the dump in which, or after which, it was last named
  };
  using Address = std::tuple<std::uint32_t, Ip, std::uint8_t>;  ///< interface index, IP, bits
  void link(Bytes message, std::uint16_t type, Bytes payload);
  void address(Bytes message, std::uint16_t type, Bytes payload);
  void end_dump();
  bool fits(std::size_t octets);
  template <class Key>
  void keep(std::map<Key, Kept>& kept, const Key& key, Bytes message, std::uint64_t dump);
  template <class Key>
  void forget(std::map<Key, Kept>& kept, const Key& key);
  template <class Key>
  void forget_stale(std::map<Key, Kept>& kept, std::uint64_t dump);

  std::map<std::uint32_t, Kept> links_;  ///< by interface index
  std::map<Address, Kept> addresses_;
  std::map<std::string, std::vector<std::uint8_t>, std::less<>> families_;
  std::size_t octets_ = 0;
  std::uint64_t link_dump_ = 0, address_dump_ = 0, left_out_ = 0;
  bool of_links_ = false;  ///< the dump that is running
  bool interrupted_ = false;
};

}  // namespace netweir::run
