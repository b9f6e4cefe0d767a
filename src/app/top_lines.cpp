// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "app/top_show.h"

namespace netweir::app {
namespace {

constexpr std::size_t rows_of_interval = 10;
constexpr std::size_t rows_of_end = 100;
constexpr std::size_t most_pending = std::size_t{1} << 20U;
constexpr int a_wait_ms = 100;

}  // namespace

TopLines::TopLines(top::Model::Settings settings, top::Charset charset, std::function<bool()> go_on,
                   std::function<void()> gone)
    : model_(settings), charset_(charset), go_on_(std::move(go_on)), tell_gone_(std::move(gone)) {}

void TopLines::interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) {
  if (!model_.interval(from, to, ledgers) || gone_) return;
  put(top::plain_interval(model_, rows_of_interval, charset_));
  if (!go_on_) return write(0);
  while (!pending_.empty() && !gone_ && go_on_()) write(a_wait_ms);
}

void TopLines::put(const std::string& block) {
  silent_ = false;
  if (pending_.size() + block.size() > most_pending) {
    ++left_out_;
    return;
  }
  if (left_out_ > 0)
    pending_ += "(" + std::to_string(std::exchange(left_out_, 0)) +
                " intervals are left out: the reader is slow)\n\n";
  pending_ += block;
}

void TopLines::write(int wait_ms) {
  std::size_t done = 0;
  while (done < pending_.size()) {
    pollfd p{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&p, 1, wait_ms) <= 0) break;
    // A pipe that is writable takes so much without waiting.
    const auto n = ::write(STDOUT_FILENO, pending_.data() + done,
                           std::min<std::size_t>(PIPE_BUF, pending_.size() - done));
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno != EINTR && errno != EAGAIN) {
      gone_ = true;
      if (tell_gone_) tell_gone_();
      break;
    }
  }
  pending_.erase(0, done);
}

void TopLines::end(std::chrono::milliseconds limit) {
  put(top::plain_end(model_, rows_of_end, charset_));
  for (auto left = limit.count(); left > 0 && !pending_.empty() && !gone_; left -= a_wait_ms)
    write(a_wait_ms);
}

}  // namespace netweir::app
