// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/socket_tap.h"

#include <utility>

namespace netweir::netlink {

SocketTap::SocketTap(Tap* tap, int protocol, Drops drops, Receiver& receiver)
    : tap_(tap), protocol_(protocol), counter_(std::move(drops)) {
  if (tap_ == nullptr) return;
  drops_ = counter_ ? counter_() : 0;
  receiver.tap([this](const Receiver::Raw& raw) {
    Datagram datagram;
    datagram.protocol = protocol_;
    datagram.octets = raw.octets;
    datagram.length = raw.length;
    datagram.port = raw.port;
    // After the system call: a datagram that came behind a drop never goes before it.
    if (raw.first) datagram.drops = risen();
    datagram.at = at_;
    tap_->datagram(datagram);
  });
}

std::uint32_t SocketTap::risen() noexcept {
  const auto now = counter_ ? counter_() : 0;
  const std::uint32_t by = now - drops_;
  if (by == 0 || by >= 0x80000000U) return 0;
  drops_ = now;
  return by;
}

void SocketTap::hand(Bytes octets) {
  if (tap_ == nullptr) return;
  Datagram datagram;
  datagram.protocol = protocol_;
  datagram.octets = octets;
  datagram.length = static_cast<std::uint32_t>(octets.size());
  datagram.at = at_;
  tap_->datagram(datagram);
}

void SocketTap::looked(bool emptied) {
  if (tap_ != nullptr) tap_->looked(risen(), emptied, at_);
}

}  // namespace netweir::netlink
