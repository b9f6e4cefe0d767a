// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "af_packet/batch.h"
#include "af_packet/device_clock.h"
#include "af_packet/error_queue.h"
#include "af_packet/socket.h"
#include "os/privileged.h"

namespace netweir {
namespace {

constexpr int asked = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_HARDWARE |
                      SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_SOFTWARE |
                      SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_OPT_ID |
                      SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_TX_SWHW;

}  // namespace

struct PacketSocket::State {
  Fd socket;
  af_packet::Options options;
  af_packet::Interface interface;
  Mac mac;
  af_packet::Batch batch;
  std::optional<af_packet::DeviceClock> clock;  ///< goes before the socket
  std::uint32_t next = 0;

  State(Fd opened, af_packet::Options wanted)
      : socket(std::move(opened)), options(std::move(wanted)), batch(options.snaplen) {}
};

PacketSocket::PacketSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
PacketSocket::PacketSocket(PacketSocket&&) noexcept = default;
PacketSocket& PacketSocket::operator=(PacketSocket&&) noexcept = default;
PacketSocket::~PacketSocket() = default;

Result<PacketSocket> PacketSocket::open(const Options& options) {
  af_packet::Options o;
  o.interface = options.interface;
  o.protocol = options.ether_type == 0 ? std::uint16_t{ETH_P_ALL} : options.ether_type;
  o.snaplen = options.snaplen;
  o.outgoing = false;
  o.receive = af_packet::Receive::recvmmsg;
  o.stamps = af_packet::Stamps::both;
  auto socket = af_packet::open_socket(o);
  if (!socket) return std::move(socket).error();
  auto state = std::make_unique<State>(*std::move(socket), std::move(o));
  const auto& fd = state->socket;
  if (auto prepared = af_packet::Batch::prepare(fd, state->options); !prepared)
    return std::move(prepared).error();
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &asked, sizeof asked) != 0)
    return af_packet::refused(state->options, "ask for timestamps", errno);
  if (auto buffer = InProcess().receive_buffer(fd.get(), options.receive_buffer); !buffer)
    return std::move(buffer).error();
  const auto room = static_cast<int>(std::min<std::uint32_t>(options.send_buffer, 1U << 30U));
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  auto joined = af_packet::join(fd, state->options);
  if (!joined) return std::move(joined).error();
  state->interface = *joined;
  auto compiled = af_packet::program(state->options);
  if (!compiled) return std::move(compiled).error();
  if (auto attached = af_packet::attach(fd, *compiled, state->options); !attached)
    return std::move(attached).error();
  ifreq request{};
  std::memcpy(request.ifr_name, options.interface.data(),
              std::min(options.interface.size(), sizeof request.ifr_name - 1));
  if (::ioctl(fd.get(), SIOCGIFHWADDR, &request) != 0)
    return af_packet::refused(state->options, "read the MAC", errno);
  std::memcpy(state->mac.octets.data(), request.ifr_hwaddr.sa_data, state->mac.octets.size());
  if (options.switch_on_device) {
    auto clock =
        af_packet::DeviceClock::on(af_packet::device_call(fd.get()), options.interface, true);
    if (clock) state->clock.emplace(*std::move(clock));
  }
  return PacketSocket(std::move(state));
}

int PacketSocket::fd() const noexcept { return state_->socket.get(); }
Mac PacketSocket::mac() const noexcept { return state_->mac; }
unsigned PacketSocket::index() const noexcept { return state_->interface.index; }

Result<std::uint32_t> PacketSocket::send(Bytes frame) {
  ssize_t n = 0;
  do {
    n = ::send(fd(), frame.data(), frame.size(), MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n >= 0) return state_->next++;
  const int code = errno;
  // The kernel has numbered it before it was queued (packet_snd, net/packet/af_packet.c).
  if (code == ENOBUFS) ++state_->next;
  return af_packet::refused(state_->options, "send", code);
}

Result<std::size_t> PacketSocket::receive(std::span<Frame> into) {
  const auto now =
      std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  const int got = state_->batch.take(state_->socket, into, 0, af_packet::Stamps::both, now);
  if (got >= 0) return static_cast<std::size_t>(got);
  const int code = errno;
  const bool gone =
      code == ENETDOWN && !af_packet::is_there(state_->socket, state_->interface.index);
  return af_packet::refused(state_->options, "receive", gone ? ENODEV : code);
}

std::size_t PacketSocket::sent(std::span<SentFrame> into) {
  constexpr std::size_t at_once = 32;
  struct Slot {
    alignas(cmsghdr) std::array<std::uint8_t, 256> told;
  };
  std::array<Slot, at_once> slots;
  std::array<mmsghdr, at_once> messages{};
  for (std::size_t i = 0; i < at_once; ++i) {
    messages[i].msg_hdr.msg_control = slots[i].told.data();
    messages[i].msg_hdr.msg_controllen = slots[i].told.size();
  }
  const auto most = static_cast<unsigned>(std::min(into.size(), at_once));
  const int got = ::recvmmsg(fd(), messages.data(), most, MSG_ERRQUEUE | MSG_DONTWAIT, nullptr);
  std::size_t told = 0;
  for (int i = 0; i < got; ++i) {
    if (af_packet::read_sent(messages[static_cast<std::size_t>(i)].msg_hdr, into[told])) ++told;
  }
  return told;
}

std::uint64_t PacketSocket::take_lost() { return af_packet::take_counts(state_->socket).dropped; }

}  // namespace netweir
