// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap/source.h"

#include <linux/filter.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "netlink/causes.h"

namespace netweir::tap {
namespace {

constexpr std::chrono::milliseconds look_interval{250};
constexpr std::size_t frames_a_batch = 32;
constexpr std::size_t headers = 22;    // Ethernet and two tags
constexpr std::uint32_t roomy = 9216;  // the MTU may become larger

ResponderSettings settings(const TapSource::Options& options, const Device& device) {
  Mac mac = device.mac;
  mac.octets[5] ^= 1U;
  return {options.at.value_or(mac), options.respond, options.rate};
}

}  // namespace

TapSource::TapSource(Device device, const Options& options, const SourceContext& context)
    : device_(std::move(device)),
      interface_(options.device.interface),
      id_(context.id),
      links_(context.links),
      slot_(std::max(device_.mtu, roomy) + headers),
      storage_(slot_ * frames_a_batch),
      reply_(slot_),
      dropped_(device_.dropped),
      looked_(context.now),
      next_look_(context.now.age + look_interval) {
  if (!options.respond.empty()) responder_.emplace(settings(options, device_));
  batch_.reserve(frames_a_batch);
}

Result<std::unique_ptr<Source>> TapSource::open(const Options& options,
                                                const SourceContext& context) {
  auto device = Device::open(context.privileged, options.device);
  if (!device) return std::move(device).error();
  return std::unique_ptr<Source>(new TapSource(*std::move(device), options, context));
}

void TapSource::answer(Bytes frame, const Now& now) {
  const auto built = responder_->answer(frame, now.age, reply_);
  // What the host's queue does not take, it asks for again.
  if (built.octets > 0) (void)!::write(device_.fd.get(), reply_.data(), built.octets);
}

int TapSource::take(const Now& now, std::size_t budget, Intake& intake) {
  const auto in = links_.by_index(device_.ifindex);
  const auto wanted = std::min(budget, frames_a_batch);
  batch_.clear();
  int code = 0;
  while (batch_.size() < wanted) {
    auto* slot = storage_.data() + batch_.size() * slot_;
    const auto n = ::read(device_.fd.get(), slot, slot_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      code = errno;
      break;
    }
    Frame frame;
    frame.data = Bytes(slot, static_cast<std::size_t>(n));
    // One that fills the slot may have been longer.
    frame.wire_len = static_cast<std::size_t>(n) < slot_ ? static_cast<std::uint32_t>(n) : 0;
    frame.source = id_;
    frame.in = in;
    frame.at = now.wall;
    frame.at_is_receipt = true;
    if (responder_) answer(frame.data, now);
    batch_.push_back(frame);
  }
  const auto got = static_cast<int>(batch_.size());
  if (got > 0) intake.frames(batch_);
  errno = code;
  return got == 0 && code != EAGAIN ? -1 : got;
}

Result<Drained> TapSource::drain(const Now& now, std::size_t budget, Intake& intake) {
  std::size_t got = 0;
  const auto most = std::max<std::size_t>(budget, 1);
  bool more = true;
  while (more && got < most) {
    const int n = take(now, most - got, intake);
    const int code = errno;
    if (n < 0)
      return Error{
          code, "read from " + interface_ + ": " + std::generic_category().message(code), {}};
    more = code == 0;
    got += static_cast<std::size_t>(n);
  }
  if (next_look_ <= now.age && !look(now, intake))
    return Error{ENODEV, "tap device " + interface_ + " is gone", "ip link show"};
  return more ? Drained::more : Drained::idle;
}

bool TapSource::look(const Now& now, Intake& intake) {
  next_look_ = now.age + look_interval;
  if (!device_.look()) return false;
  const auto lost = device_.dropped - std::exchange(dropped_, device_.dropped);
  const auto from = std::exchange(looked_, now);
  if (lost > 0)
    intake.loss(
        {id_, Unit::packets, lost, true, netlink::cause_receive_buffer, from.wall, now.wall});
  return true;
}

void TapSource::stop(const Now& now, Intake& intake) {
  // Behind a filter that takes nothing the queue has an end. What it refuses counts as dropped.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  (void)::ioctl(device_.fd.get(), TUNATTACHFILTER, &program);
  for (std::size_t i = 0; i < 100000 / frames_a_batch; ++i) {
    if (take(now, frames_a_batch, intake) <= 0) break;
  }
  (void)look(now, intake);
}

}  // namespace netweir::tap
