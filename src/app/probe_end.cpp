// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/probe_end.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "netweir/frame_builder.h"

namespace netweir::app {
namespace {

using probe::Kind;
using probe::Message;
using probe::Stamps;

constexpr std::size_t ethernet_head = 14, most_frame = 65549;
/// Of so many frames that left it is known what they were; times come within milliseconds.
constexpr std::size_t remembered = 16384;
/// What one turn takes at most, so that the next probe leaves in time.
constexpr int rounds = 16;

/// What may be otherwise for the next frame: this one is lost, as one that gets lost elsewhere.
bool is_passing(const Error& error) {
  return error.code == ENOBUFS || error.code == EAGAIN || error.code == EWOULDBLOCK ||
         error.code == ENETDOWN;
}

}  // namespace

ProbeEnd::ProbeEnd(PacketSocket& socket, std::uint64_t session, std::size_t frame_octets,
                   probe::Account* account)
    : socket_(socket),
      session_(session),
      frame_octets_(frame_octets),
      account_(account),
      left_(remembered),
      payload_(most_frame),
      frame_(most_frame) {
  times_.kind = Kind::times;
}

Status ProbeEnd::send(const Mac& to, const Message& message, std::size_t octets, Outgoing what) {
  const auto length = std::clamp(octets, ethernet_head, frame_.size()) - ethernet_head;
  std::fill(payload_.begin(), payload_.begin() + static_cast<std::ptrdiff_t>(length), 0);
  const auto used = probe::encode(message, payload_);
  const auto payload = Bytes(payload_).first(std::max(length, used));
  FrameLimits limits;
  limits.mtu = std::max<std::size_t>(limits.mtu, payload.size());
  const auto built =
      build_ethernet(frame_, {to, socket_.mac(), probe::ether_type, {}}, payload, limits);
  if (!built) return Error{EMSGSIZE, "a probe cannot be built", {}};
  auto number = socket_.send(Bytes(frame_).first(built.octets));
  if (!number) return std::move(number).error();
  what.number = *number;
  left_[*number % left_.size()] = what;
  return Ok{};
}

Status ProbeEnd::send(const Mac& to, AgeTime now) {
  Message message;
  message.session = session_;
  message.sequence = next_;
  Outgoing what;
  what.what = Outgoing::What::probe;
  what.sequence = next_;
  auto sent = send(to, message, frame_octets_, what);
  if (!sent && sent.error().code == EMSGSIZE)
    return Error{EMSGSIZE, sent.error().what, "a smaller --size, or a larger MTU"};
  if (!sent && !is_passing(sent.error())) return sent;
  const auto sequence = next_++;
  if (sent)
    account_->sent(sequence, now);
  else
    account_->refused(sequence, now);
  return Ok{};
}

Status ProbeEnd::reflect(const Mac& from, const Message& asked, std::size_t octets,
                         const Stamps& came) {
  Message message;
  message.kind = Kind::reply;
  message.session = asked.session;
  message.sequence = asked.sequence;
  message.came = came;
  Outgoing what;
  what.what = Outgoing::What::reply;
  what.session = asked.session;
  what.sequence = asked.sequence;
  what.to = from;
  auto sent = send(from, message, octets, what);
  ++(sent ? reflected_ : unanswered_);
  // A probe may be longer than what may leave here.
  const bool passes = sent || is_passing(sent.error()) || sent.error().code == EMSGSIZE;
  return passes ? Status(Ok{}) : std::move(sent);
}

void ProbeEnd::frame(const netweir::Frame& frame) {
  if (frame.data.size() <= ethernet_head) return;
  const auto message = probe::decode(frame.data.subspan(ethernet_head));
  if (!message) return;
  Mac from;
  std::copy_n(frame.data.begin() + 6, from.octets.size(), from.octets.begin());
  // Nothing is sent to a group because somebody says that it asked.
  if (from.is_group()) return;
  const Stamps came{frame.at, frame.hardware_at};
  if (message->kind == Kind::probe) {
    if (auto answered = reflect(from, *message, frame.wire_len, came); !answered)
      broken_ = std::move(answered).error();
    return;
  }
  if (account_ == nullptr || message->session != session_) return;
  if (!answerer_) answerer_ = from;
  if (message->kind == Kind::reply) {
    account_->answered(message->sequence, came, message->came);
    return;
  }
  for (const auto& left : std::span(message->left).first(message->count))
    account_->answer_left(left.sequence, left.at);
}

Status ProbeEnd::tell_left(const SentFrame& sent) {
  const auto& what = left_[sent.number % left_.size()];
  if (what.number != sent.number) return Ok{};
  const Stamps at{sent.at, sent.hardware_at};
  if (what.what == Outgoing::What::probe) account_->left(what.sequence, at);
  if (what.what != Outgoing::What::reply) return Ok{};
  if (times_.count > 0 && (what.to != times_to_ || what.session != times_.session ||
                           times_.count == Message::most_times)) {
    if (auto told = flush_times(); !told) return told;
  }
  times_to_ = what.to;
  times_.session = what.session;
  times_.left[times_.count++] = {what.sequence, at};
  return Ok{};
}

Status ProbeEnd::flush_times() {
  if (times_.count == 0) return Ok{};
  auto sent = send(times_to_, times_, 0, {});
  if (!sent && (sent.error().code == EAGAIN || sent.error().code == EWOULDBLOCK)) return Ok{};
  times_.count = 0;
  return !sent && !is_passing(sent.error()) ? std::move(sent) : Status(Ok{});
}

Status ProbeEnd::take() {
  std::array<SentFrame, 32> sent;
  for (int round = 0; round < rounds; ++round) {
    const auto left = socket_.sent(sent);
    for (const auto& one : std::span(sent).first(left)) {
      if (auto told = tell_left(one); !told) return told;
    }
    auto came = socket_.receive(came_);
    if (!came && came.error().code == ENETDOWN) continue;  // it may come up again
    if (!came) return std::move(came).error();
    for (const auto& one : std::span(came_).first(*came)) frame(one);
    if (broken_) return *std::exchange(broken_, std::nullopt);
    if (left == 0 && *came == 0) break;
  }
  overrun_ += socket_.take_lost();
  return flush_times();
}

}  // namespace netweir::app
