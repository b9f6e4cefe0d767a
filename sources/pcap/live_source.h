// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <pcap/pcap.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "netlink/ring_losses.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "os/fd.h"

namespace netweir::pcap {

/// How an interface is captured.
struct LiveOptions {
  std::string interface;
  std::string filter;  ///< empty = everything
  std::string netns;
  int snaplen = 256;
  int buffer = 8 << 20;  ///< octets of the ring that the kernel fills
  bool promiscuous = false;
};

/// The packets of one interface, by libpcap. Frames are views into the kernel's ring and are pushed
/// one by one: libpcap gives each slot back as soon as its callback returns. Losses are the
/// kernel's count of packets that found the ring full. One thread.
class LiveSource final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const LiveOptions& options,
                                              const SourceContext& context);

  int fd() const override { return fd_; }
  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override;
  std::optional<AgeTime> deadline() const override { return next_look_; }
  void stop(const Now& now, Intake& intake) override;

 private:
  using Capture = Handle<pcap_t, pcap_close>;
  /// The callback's side of a drain.
  struct Push {
    LiveSource* source;
    Intake* intake;
    Frame frame;
  };

  LiveSource(Capture capture, const LiveOptions& options, const SourceContext& context,
             unsigned index);
  static void packet(u_char* push, const pcap_pkthdr* header, const u_char* octets);
  int dispatch(int budget, Intake& intake);
  void look_for_losses(const Now& now, Intake& intake);
  bool interface_is_gone() const;

  Capture capture_;
  std::string interface_;
  std::string list_;  // the command that lists what there is
  SourceId id_;
  Links& links_;
  unsigned index_;  // ifindex; 0 = all interfaces
  int fd_;
  std::uint16_t link_;
  LinkId in_ = 0;
  std::uint32_t dropped_ = 0;  // as of the last look; libpcap's counter wraps
  netlink::RingLosses losses_;
  AgeTime next_look_;
};

}  // namespace netweir::pcap
