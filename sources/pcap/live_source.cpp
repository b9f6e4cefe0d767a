// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/live_source.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <climits>
#include <functional>
#include <utility>

#include "capture/filter.h"
#include "capture/trouble.h"
#include "os/link_commands.h"
#include "os/privileged.h"
#include "pcap/capture.h"

namespace netweir::pcap {
namespace {

constexpr std::chrono::milliseconds look_interval{250};
Error refused(int status, pcap_t* capture, const LiveOptions& options) {
  const std::string act = "capture on " + options.interface + ": ";
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {EPERM, act + "no permission", std::string(capture::capability)};
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {ENODEV, act + "there is no such interface", list_links(options.netns)};
    case PCAP_ERROR_IFACE_NOT_UP:
      return {ENETDOWN, act + "the interface is down",
              list_links(options.netns) + " set " + options.interface + " up"};
    default: {
      const std::string_view said = pcap_geterr(capture);
      return {EIO, act + std::string(said.empty() ? pcap_statustostr(status) : said), {}};
    }
  }
}

/// The interface that a capture is bound to; 0 = all, or none of the network stack. Of the socket
/// itself: by its name it may be another one by now.
unsigned index_of(pcap_t* capture) noexcept {
  sockaddr_ll at{};
  socklen_t length = sizeof at;
  const int fd = pcap_get_selectable_fd(capture);
  if (::getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&at)), &length) != 0 ||
      at.sll_family != AF_PACKET)
    return 0;
  return static_cast<unsigned>(at.sll_ifindex);
}

}  // namespace

LiveSource::LiveSource(Capture capture, const LiveOptions& options, const SourceContext& context,
                       unsigned index)
    : capture_(std::move(capture)),
      interface_(options.interface),
      list_(list_links(options.netns)),
      id_(context.id),
      links_(context.links),
      index_(index),
      fd_(pcap_get_selectable_fd(capture_.get())),
      link_(capture::link_of(pcap_datalink(capture_.get()))),
      losses_(context.id, context.now,
              "packets are lost with a ring of this size: see receive_buffer"),
      next_look_(context.now.age + look_interval) {}

Result<std::unique_ptr<Source>> LiveSource::open(const LiveOptions& options,
                                                 const SourceContext& context) {
  const std::string act = "capture on " + options.interface + ": ";
  auto checked = NetnsName::checked(options.netns);
  if (!checked) return std::move(checked).error();
  const auto& netns = *checked;
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  Capture capture;
  int status = 0;
  unsigned index = 0;
  // libpcap opens its sockets in whatever namespace the thread is in.
  auto entered = context.privileged.in_namespace(netns, [&] {
    capture.reset(pcap_create(options.interface.c_str(), text.data()));
    if (!capture) return;
    auto* c = capture.get();
    // None of these can fail before activation, save for nanoseconds, where microseconds remain.
    (void)pcap_set_snaplen(c, options.snaplen);
    (void)pcap_set_promisc(c, options.promiscuous ? 1 : 0);
    (void)pcap_set_immediate_mode(c, 1);
    (void)pcap_set_buffer_size(c, options.buffer);
    (void)pcap_set_tstamp_precision(c, PCAP_TSTAMP_PRECISION_NANO);
    status = pcap_activate(c);
    if (status >= 0) index = index_of(c);
  });
  if (!entered) return std::move(entered).error();
  if (!capture) return Error{ENODEV, act + text.data(), list_links(options.netns)};
  auto* c = capture.get();
  if (status < 0) return refused(status, c, options);

  // On "any", the newer of the two cooked headers says which interface a packet came from.
  if (pcap_datalink(c) == DLT_LINUX_SLL) (void)pcap_set_datalink(c, DLT_LINUX_SLL2);
  const auto link = capture::link_of(pcap_datalink(c));
  if (!decodable(link)) {
    return Error{EPROTONOSUPPORT,
                 act + "its link type is " + std::to_string(link) +
                     ", which cannot be decoded; those that can: " + decodable_links(),
                 {}};
  }
  if (pcap_setnonblock(c, 1, text.data()) != 0) return Error{EIO, act + text.data(), {}};
  if (!options.filter.empty()) {
    // With this very handle: the kernel has taken tags out of the packet before its filter runs,
    // and libpcap compiles "vlan" accordingly.
    capture::Program program;
    if (pcap_compile(c, program.raw(), options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      return Error{EINVAL, act + "filter \"" + options.filter + "\": " + pcap_geterr(c), {}};
    }
    if (pcap_setfilter(c, program.raw()) != 0) return Error{EIO, act + pcap_geterr(c), {}};
  }
  std::unique_ptr<LiveSource> source(new LiveSource(std::move(capture), options, context, index));
  if (source->fd_ < 0) return Error{ENOTSUP, act + "it has no descriptor to wait for", {}};
  return std::unique_ptr<Source>(std::move(source));
}

void LiveSource::packet(u_char* push, const pcap_pkthdr* header, const u_char* octets) {
  auto& p = *static_cast<Push*>(static_cast<void*>(push));
  auto& f = p.frame;
  f.data = Bytes(octets, header->caplen);
  f.wire_len = std::max(header->len, header->caplen);
  // tv_usec holds nanoseconds where that precision was asked for and granted.
  const auto unit =
      pcap_get_tstamp_precision(p.source->capture_.get()) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
  f.at = WallTime{std::chrono::seconds{header->ts.tv_sec} +
                  std::chrono::nanoseconds{std::int64_t{header->ts.tv_usec} * unit}};
  if (p.source->index_ == 0 && f.link == linktype::linux_sll2 && f.data.size() >= 8) {
    f.in =
        p.source->links_.by_index(Order{std::endian::native == std::endian::little}.u32(f.data, 4));
  }
  p.intake->frames(std::span<const Frame>(&f, 1));
}

int LiveSource::dispatch(int budget, Intake& intake) {
  // The link table may hear of the interface after we did.
  if (in_ == 0 && index_ != 0) in_ = links_.by_name(interface_);
  Push push{this, &intake, {}};
  push.frame.link = link_;
  push.frame.source = id_;
  push.frame.in = in_;
  return pcap_dispatch(capture_.get(), budget, &LiveSource::packet,
                       static_cast<u_char*>(static_cast<void*>(&push)));
}

Result<Drained> LiveSource::drain(const Now& now, std::size_t budget, Intake& intake) {
  const auto most = static_cast<int>(std::clamp<std::size_t>(budget, 1, INT_MAX));
  const int got = dispatch(most, intake);
  look_for_losses(now, intake);
  if (got >= 0) return got < most ? Drained::idle : Drained::more;
  if (interface_is_gone()) return Error{ENODEV, "interface " + interface_ + " is gone", list_};
  return Error{EIO, "capture on " + interface_ + ": " + pcap_geterr(capture_.get()), {}};
}

void LiveSource::stop(const Now& now, Intake& intake) {
  // Nothing more comes in behind a filter that takes nothing; then the ring has an end.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  (void)::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  (void)dispatch(-1, intake);
  look_for_losses(now, intake);
}

void LiveSource::look_for_losses(const Now& now, Intake& intake) {
  next_look_ = now.age + look_interval;
  pcap_stat stats{};
  if (pcap_stats(capture_.get(), &stats) != 0) return;
  // What the interface dropped (ps_ifdrop) was never offered to us.
  const std::uint32_t lost = stats.ps_drop - std::exchange(dropped_, stats.ps_drop);
  losses_.tell(now, lost, intake);
}

bool LiveSource::interface_is_gone() const {
  if (index_ == 0) return false;
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index_);
  return ::ioctl(fd_, SIOCGIFNAME, &request) != 0;
}

}  // namespace netweir::pcap
