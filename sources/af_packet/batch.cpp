// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/batch.h"

#include <linux/net_tstamp.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "af_packet/socket.h"
#include "af_packet/stamps.h"

namespace netweir::af_packet {
namespace {

/// What one packet's control messages tell.
void read_control(msghdr& header, Frame& f, Stamps stamps) noexcept {
  for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA &&
        c->cmsg_len >= CMSG_LEN(sizeof(tpacket_auxdata))) {
      const auto told = content<tpacket_auxdata>(*c);
      f.wire_len = told.tp_len;
      f.tagged = (told.tp_status & TP_STATUS_VLAN_VALID) != 0;
      if (f.tagged) f.tag = tag_of(told.tp_status, told.tp_vlan_tci, told.tp_vlan_tpid);
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING &&
               c->cmsg_len >= CMSG_LEN(sizeof(Times))) {
      f.hardware_at = content<Times>(*c).hardware();
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS &&
               c->cmsg_len >= CMSG_LEN(sizeof(timespec))) {
      const auto time = content<timespec>(*c);
      f.at = time_of(time.tv_sec, time.tv_nsec);
      f.at_is_receipt = false;
    }
  }
  if (stamps == Stamps::hardware && f.hardware_at != WallTime{})
    f.at = std::exchange(f.hardware_at, {});
}

}  // namespace

Batch::Batch(std::uint32_t snaplen)
    : snaplen_(snaplen), octets_(snaplen * slots), slots_(slots), messages_(slots) {
  for (std::size_t i = 0; i < slots; ++i) {
    auto& slot = slots_[i];
    auto& header = messages_[i].msg_hdr;
    slot.piece = {octets_.data() + i * snaplen_, snaplen_};
    header.msg_name = &slot.from;
    header.msg_iov = &slot.piece;
    header.msg_iovlen = 1;
    header.msg_control = slot.told.data();
  }
}

Status Batch::prepare(const Fd& socket, const Options& options) {
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0)
    return refused(options, "ask for VLAN tags", errno);
  // Unlike SO_TIMESTAMPING this gives a time to the first packets too, which come before the kernel
  // has begun to take times.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
    return refused(options, "ask for timestamps", errno);
  if (options.stamps == Stamps::software) return Ok{};
  const int flags = SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0)
    return refused(options, "ask for timestamps", errno);
  return Ok{};
}

int Batch::take(const Fd& socket, std::span<Frame> into, LinkId link, Stamps stamps, WallTime now) {
  const auto most = std::min(into.size(), slots);
  for (std::size_t i = 0; i < most; ++i) {
    auto& header = messages_[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_ll);
    header.msg_controllen = control;
  }
  int got = 0;
  do {
    got = ::recvmmsg(socket.get(), messages_.data(), static_cast<unsigned>(most), MSG_DONTWAIT,
                     nullptr);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    auto& m = messages_[i];
    auto& f = into[i];
    f.data = Bytes(octets_.data() + i * snaplen_, std::min<std::size_t>(m.msg_len, snaplen_));
    f.wire_len = 0;
    f.tagged = false;
    f.at = now;
    f.at_is_receipt = true;
    f.hardware_at = {};
    read_control(m.msg_hdr, f, stamps);
    place(f, slots_[i].from.sll_pkttype == PACKET_OUTGOING, link);
  }
  return got;
}

}  // namespace netweir::af_packet
