// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "capture/filter.h"
#include "capture/trouble.h"
#include "os/link_commands.h"

namespace netweir::af_packet {
namespace {

template <class T>
bool set(const Fd& socket, int level, int option, const T& value) noexcept {
  return ::setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

sock_filter statement(unsigned code, std::uint32_t k, unsigned yes = 0, unsigned no = 0) noexcept {
  return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes),
          static_cast<std::uint8_t>(no), k};
}

}  // namespace

Error refused(const Options& options, const std::string& act, int code) {
  std::string mend;
  if (code == EPERM || code == EACCES) mend = capture::capability;
  if (code == ENODEV || code == ENXIO) mend = list_links(options.netns);
  if (code == EAFNOSUPPORT) mend = "modprobe af_packet";
  const auto why = code == ENODEV || code == ENXIO ? std::string("there is no such interface")
                                                   : std::generic_category().message(code);
  return {code, act + " on " + options.interface + ": " + why, std::move(mend)};
}

Result<Fd> open_socket(const Options& options) {
  Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return refused(options, "open a packet socket", errno);
  refuse_all(socket);
  const int on = 1;
  // What a loopback device sends comes in again, and would be seen twice.
  const bool ignored = options.outgoing || set(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, on);
  if (!ignored) return refused(options, "ignore outgoing packets", errno);
  return socket;
}

Result<Interface> join(const Fd& socket, const Options& options) {
  Interface interface { ::if_nametoindex(options.interface.c_str()), false };
  if (interface.index == 0) return refused(options, "capture", ENODEV);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(options.protocol);
  address.sll_ifindex = static_cast<int>(interface.index);
  auto* const at = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (::bind(socket.get(), at, sizeof address) != 0) return refused(options, "capture", errno);
  socklen_t length = sizeof address;
  if (::getsockname(socket.get(), at, &length) != 0) return refused(options, "capture", errno);
  interface.loopback = address.sll_hatype == ARPHRD_LOOPBACK;
  if (!interface.loopback && address.sll_hatype != ARPHRD_ETHER) {
    return Error{EPROTONOSUPPORT,
                 "capture on " + options.interface + ": its frames are no Ethernet (ARPHRD " +
                     std::to_string(address.sll_hatype) + ")",
                 "use a source of type pcap"};
  }
  const int on = 1;
  if (interface.loopback && !set(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, on))
    return refused(options, "ignore outgoing packets", errno);
  if (options.promiscuous) {
    packet_mreq request{};
    request.mr_ifindex = static_cast<int>(interface.index);
    request.mr_type = PACKET_MR_PROMISC;
    if (!set(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request))
      return refused(options, "receive what is addressed to others", errno);
  }
  return interface;
}

Result<std::vector<sock_filter>> program(const Options& options) {
  std::vector<sock_filter> out;
  if (options.sample > 1) {
    // A random number of 32 bits modulo N: for N of a million some values are too frequent by a
    // 4,000th.
    out.push_back(statement(BPF_LD | BPF_W | BPF_ABS,
                            static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)));
    out.push_back(statement(BPF_ALU | BPF_MOD | BPF_K, options.sample));
    out.push_back(statement(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    out.push_back(statement(BPF_RET | BPF_K, 0));
  }
  if (options.filter.empty()) {
    out.push_back(statement(BPF_RET | BPF_K, options.snaplen));
    return out;
  }
  auto compiled =
      capture::compile_live(options.interface, options.filter, static_cast<int>(options.snaplen));
  if (!compiled) {
    auto error = std::move(compiled).error();
    error.what = "capture on " + options.interface + ": " + error.what;
    return error;
  }
  const auto* raw = (*compiled)->raw();
  for (const auto& i : std::span(raw->bf_insns, raw->bf_len))
    out.push_back({i.code, i.jt, i.jf, i.k});
  return out;
}

Status attach(const Fd& socket, std::span<const sock_filter> program, const Options& options) {
  if (program.size() > BPF_MAXINSNS)
    return Error{E2BIG, "capture on " + options.interface + ": the filter is too long", {}};
  const sock_fprog whole{static_cast<unsigned short>(program.size()),
                         const_cast<sock_filter*>(program.data())};
  if (!set(socket, SOL_SOCKET, SO_ATTACH_FILTER, whole))
    return refused(options, "attach a filter", errno);
  return Ok{};
}

void refuse_all(const Fd& socket) noexcept {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  (void)set(socket, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

Counted take_counts(const Fd& socket) noexcept {
  tpacket_stats_v3 counts{};
  socklen_t length = sizeof counts;
  if (::getsockopt(socket.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0) return {};
  return {counts.tp_packets, counts.tp_drops};
}

int take_error(const Fd& socket) noexcept {
  int code = 0;
  socklen_t length = sizeof code;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno;
}

bool is_there(const Fd& socket, unsigned index) noexcept {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  return ::ioctl(socket.get(), SIOCGIFNAME, &request) == 0;
}

}  // namespace netweir::af_packet
