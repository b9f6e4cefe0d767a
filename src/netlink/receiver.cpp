// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/receiver.h"

#include <linux/sock_diag.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace netweir::netlink {
namespace {

constexpr unsigned errors_at_most = 8;

bool is_fatal(int code) noexcept { return code == EBADF || code == ENOTSOCK || code == ENOTCONN; }

/// The errno that an NLMSG_ERROR or the NLMSG_DONE of a dump begins with, as a positive number.
int error_of(Bytes payload) noexcept {
  int code = 0;
  if (payload.size() >= sizeof code) std::memcpy(&code, payload.data(), sizeof code);
  return code < 0 && code >= -4095 ? -code : 0;  // MAX_ERRNO
}

}  // namespace

std::optional<Counts> counts(const Received& received, SourceId source) noexcept {
  if ((received.foreign | received.truncated | received.malformed) == 0) return std::nullopt;
  Counts counts;
  counts.source = source;
  counts.foreign = received.foreign;
  counts.truncated = received.truncated;
  counts.rejected = received.malformed;
  return counts;
}

Receiver::Receiver(std::size_t slot, std::size_t slots, std::uint32_t sender)
    : slot_(slot),
      sender_(sender),
      store_(std::make_unique_for_overwrite<std::uint8_t[]>(slot * slots)),
      messages_(slots),
      vectors_(slots),
      from_(slots) {
  for (std::size_t i = 0; i < slots; ++i) vectors_[i] = {store_.get() + i * slot, slot};
}

Result<Received> Receiver::read(int fd, std::size_t max, const Each& each) {
  Received r;
  const auto want = std::min(max, messages_.size());
  if (want == 0) return r;
  for (std::size_t i = 0; i < want; ++i) {
    messages_[i] = {};
    messages_[i].msg_hdr.msg_name = &from_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof from_[i];
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
  // MSG_TRUNC: msg_len is the length of the whole, also where a slot cuts it.
  const int n = ::recvmmsg(fd, messages_.data(), static_cast<unsigned>(want),
                           MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (n < 0) {
    const int code = errno;
    if (code == EINTR) return r;
    if (code == EAGAIN || code == EWOULDBLOCK) {
      errors_ = 0;
      r.empty = true;
      return r;
    }
    if (code == ENOBUFS) ++r.overruns;
    if (is_fatal(code) || ++errors_ >= errors_at_most)
      return Error{
          code, "read from a netlink socket: " + std::generic_category().message(code), {}};
    return r;
  }
  errors_ = 0;
  r.datagrams = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i < r.datagrams; ++i) {
    const auto& header = messages_[i].msg_hdr;
    const Bytes datagram{store_.get() + i * slot_,
                         std::min<std::size_t>(messages_[i].msg_len, slot_)};
    if (tap_) tap_({datagram, messages_[i].msg_len, from_[i].nl_pid, i == 0});
    // The socket address is the kernel's word; nlmsg_pid is the sender's.
    if (header.msg_namelen != sizeof from_[i] || from_[i].nl_family != AF_NETLINK ||
        from_[i].nl_pid != sender_) {
      ++r.foreign;
      continue;
    }
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      ++r.truncated;
      continue;
    }
    if (!walk(datagram, each, r)) ++r.malformed;
  }
  return r;
}

bool Receiver::walk(Bytes datagram, const Each& each, Received& r) {
  return each_message(datagram, [&](const Message& m) {
    if (m.flags & NLM_F_DUMP_INTR) r.interrupted = true;
    switch (m.type) {
      case NLMSG_NOOP:
        break;
      case NLMSG_ERROR:
        if (const int code = error_of(m.payload); code != 0) r.error = code;
        break;
      case NLMSG_DONE:  // without NLM_F_MULTI it closes a batch of nfnetlink_log, and says nothing
        if ((m.flags & NLM_F_MULTI) != 0) {
          r.done = true;
          if (const int code = error_of(m.payload); code != 0) r.error = code;
        }
        break;
      case NLMSG_OVERRUN:
        ++r.overruns;
        break;
      default:
        if (m.type >= NLMSG_MIN_TYPE) each(m);
    }
  });
}

Memory memory(int fd) noexcept {
  std::array<std::uint32_t, SK_MEMINFO_VARS> info{};
  socklen_t length = sizeof info;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &length) != 0 ||
      length <= SK_MEMINFO_DROPS * sizeof info[0])
    return {};
  return {info[SK_MEMINFO_RMEM_ALLOC], info[SK_MEMINFO_RCVBUF], info[SK_MEMINFO_DROPS]};
}

}  // namespace netweir::netlink
