// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/error_queue.h"

#include <linux/errqueue.h>
#include <linux/if_packet.h>

#include <cerrno>

#include "af_packet/stamps.h"

namespace netweir::af_packet {

bool read_sent(msghdr& header, SentFrame& sent) noexcept {
  bool numbered = false;
  sent = {};
  for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING &&
        c->cmsg_len >= CMSG_LEN(sizeof(Times))) {
      const auto times = content<Times>(*c);
      sent.hardware_at = times.hardware();
      // With SO_TIMESTAMPNS the kernel fills in the time of this reading beside the device's time
      // (__sock_recv_timestamp, net/socket.c); its own of the frame comes in another message.
      if (sent.hardware_at == WallTime{}) sent.at = times.software();
    } else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_TX_TIMESTAMP &&
               c->cmsg_len >= CMSG_LEN(sizeof(sock_extended_err))) {
      const auto told = content<sock_extended_err>(*c);
      numbered = told.ee_errno == ENOMSG && told.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
      sent.number = told.ee_data;
    }
  }
  return numbered;
}

}  // namespace netweir::af_packet
