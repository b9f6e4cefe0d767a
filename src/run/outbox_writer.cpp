// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/outbox_writer.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace netweir::run {
namespace {

using namespace std::chrono_literals;
using Stop = Sink::Written::Stop;

constexpr auto first_back_off = 50ms;
constexpr auto last_back_off = 1000ms;
constexpr auto probe_every = 1000ms;  // how soon an idle output learns that its reader is gone
constexpr auto breath = 10ms;         // between tries of a sink that took nothing and did not wait
constexpr auto stuck_after = 300ms;   // Sink::write waits about 100 ms
constexpr std::size_t most_spare = 8;

std::string text(const Error& error) {
  return error.mend.empty() ? error.what : error.what + " (" + error.mend + ")";
}

}  // namespace

Chunk::Chunk() {
  octets.reserve(size + size / 8);
  ends.reserve(size / 64);
}

void Chunk::append(const Chunk& other) {
  const auto base = octets.size();
  octets += other.octets;
  for (const auto end : other.ends) ends.push_back(base + end);
}

void Chunk::clear() noexcept {
  octets.clear();
  ends.clear();
  reopen = false;
}

Writer::Writer(std::unique_ptr<Sink> sink)
    : sink_(std::move(sink)), news_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Writer::start() {
  // Signals are for the loop; a new thread inherits the mask.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([self = shared_from_this()] { self->run(); });
    ::pthread_setname_np(thread_.native_handle(), "netweir-output");
  } catch (const std::system_error& error) {
    const Lock lock(mutex_);
    ended_ = true;
    give_up({error.code().value(), std::string("start a thread: ") + error.what(), {}});
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Writer::hand_over(Chunks& current) {
  const Lock lock(mutex_);
  Chunk& chunk = current.front();
  const bool front_only = queue_.size() == 1;
  if (!queue_.empty() && !chunk.reopen && !(busy_ && front_only) &&
      queue_.back().octets.size() + chunk.octets.size() <= Chunk::size) {
    // The writer is behind: full chunks keep the memory near what is queued.
    queue_.back().append(chunk);
    chunk.clear();
    return;
  }
  reopen_queued_ = reopen_queued_ || chunk.reopen;
  const bool wake = idle_ || chunk.reopen;
  queue_.splice(queue_.end(), current);
  if (spare_.empty()) {
    current.emplace_back();
  } else {
    current.splice(current.end(), spare_, spare_.begin());
  }
  if (wake) work_.notify_one();
}

bool Writer::reopening() const {
  const Lock lock(mutex_);
  return reopen_queued_;
}

void Writer::wait_taken(std::uint64_t octets, std::chrono::milliseconds limit) {
  Lock lock(mutex_);
  waiting_ = true;
  progress_.wait_for(lock, limit, [&] { return taken_ >= octets || gone_ || ended_; });
  waiting_ = false;
}

void Writer::close(std::chrono::milliseconds limit) {
  Lock lock(mutex_);
  closing_ = true;
  work_.notify_one();
  progress_.wait_for(lock, limit, [this] { return ended_; });
  abandoned_ = true;
}

void Writer::end() {
  Lock lock(mutex_);
  abandoned_ = true;
  work_.notify_one();
  progress_.wait_for(lock, stuck_after, [this] { return ended_; });
  const bool ended = ended_;
  lock.unlock();
  if (!thread_.joinable()) return;
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

Writer::Failure Writer::failure() const {
  const Lock lock(mutex_);
  return failure_;
}

void Writer::wake_loop() const noexcept {
  const std::uint64_t one = 1;
  (void)!::write(news_.get(), &one, sizeof one);  // fails only where it is readable already
}

void Writer::clear_news() const noexcept {
  std::uint64_t count = 0;
  (void)!::read(news_.get(), &count, sizeof count);
}

void Writer::tell_at(std::uint64_t octets) noexcept {
  tell_at_ = octets;
  if (taken_ >= octets) wake_loop();  // it got there before it could see the mark
}

void Writer::run() {
  Lock lock(mutex_);
  while (!abandoned_ && !gone_) {
    if (!queue_.empty()) {
      write_front(lock);
    } else if (closing_) {
      break;
    } else {
      idle_ = true;
      const auto woken = work_.wait_for(lock, probe_every);
      idle_ = false;
      if (woken == std::cv_status::timeout && queue_.empty() && !abandoned_) probe(lock);
    }
  }
  ended_ = true;
  progress_.notify_all();
}

void Writer::write_front(Lock& lock) {
  Chunk& chunk = queue_.front();
  if (chunk.reopen) reopen(lock, chunk);
  if (abandoned_) return;
  if (at_ == chunk.octets.size()) {
    drop_front();
    return;
  }
  const auto rest = std::string_view(chunk.octets).substr(at_);
  busy_ = true;
  lock.unlock();
  const auto result = sink_->write(rest);
  lock.lock();
  busy_ = false;
  if (abandoned_) return;
  const auto octets = std::min(result.octets, rest.size());
  took(octets);
  if (result.stop == Stop::gone) {
    give_up(result.error);
  } else if (result.stop == Stop::failed) {
    if (octets != 0) back_off_ = {};
    failed(lock, result.error);
  } else {
    back_off_ = {};
    if (failure_.failing) {
      failure_.failing = false;
      failure_.error.clear();
      wake_loop();
    }
    if (octets == 0) work_.wait_for(lock, breath);
  }
}

/// Counts what the sink took from the front chunk.
void Writer::took(std::size_t octets) {
  if (octets == 0) return;
  Chunk& chunk = queue_.front();
  at_ += octets;
  const auto first = next_;
  while (next_ < chunk.ends.size() && chunk.ends[next_] <= at_) ++next_;
  written_ += next_ - first;
  taken_ += octets;
  if (at_ == chunk.octets.size()) drop_front();
  if (taken_ >= tell_at_) {
    tell_at_ = std::numeric_limits<std::uint64_t>::max();
    wake_loop();
  }
  if (waiting_) progress_.notify_all();
}

void Writer::drop_front() {
  at_ = 0;
  next_ = 0;
  Chunk& chunk = queue_.front();
  if (spare_.size() >= most_spare || chunk.octets.capacity() > 2 * Chunk::size) {
    queue_.pop_front();
    return;
  }
  chunk.clear();
  spare_.splice(spare_.end(), queue_, queue_.begin());
}

void Writer::reopen(Lock& lock, Chunk& chunk) {
  chunk.reopen = false;
  reopen_queued_ = false;
  busy_ = true;
  lock.unlock();
  const auto result = sink_->reopen();
  lock.lock();
  busy_ = false;
  const std::string error = result ? std::string() : text(result.error());
  if (error == failure_.reopen_error) return;
  failure_.reopen_error = error;
  wake_loop();
}

void Writer::failed(Lock& lock, const Error& error) {
  if (auto why = text(error); !failure_.failing || failure_.error != why) {
    failure_.failing = true;
    failure_.error = std::move(why);
    wake_loop();
  }
  back_off_ = std::clamp(2 * back_off_, std::chrono::milliseconds(first_back_off),
                         std::chrono::milliseconds(last_back_off));
  const bool was_closing = closing_;
  if (was_closing) back_off_ = first_back_off;
  work_.wait_for(lock, back_off_,
                 [&] { return abandoned_ || reopen_queued_ || closing_ != was_closing; });
  if (!reopen_queued_ || abandoned_) return;
  // The old file takes nothing: perhaps the new one does.
  const auto chunk =
      std::find_if(queue_.begin(), queue_.end(), [](const Chunk& queued) { return queued.reopen; });
  if (chunk != queue_.end()) reopen(lock, *chunk);
}

void Writer::give_up(const Error& error) {
  failure_.failing = false;
  failure_.error = text(error);
  gone_ = true;
  queue_.clear();
  at_ = 0;
  next_ = 0;
  progress_.notify_all();
  wake_loop();
}

void Writer::probe(Lock& lock) {
  lock.unlock();
  const auto result = sink_->write({});
  lock.lock();
  if (result.stop == Stop::gone) give_up(result.error);
}

}  // namespace netweir::run
