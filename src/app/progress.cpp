// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/progress.h"

#include <unistd.h>

#include <algorithm>

#include "netweir/text.h"

namespace netweir::app {
namespace {

constexpr auto redraw_every = std::chrono::milliseconds{100};
constexpr std::size_t width = 30;
constexpr double mebi = 1024.0 * 1024.0;

}  // namespace

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& file, Source::Progress p) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + redraw_every;
  shown_ = true;
  std::string name;
  append_escaped(name, file);
  const double octets = static_cast<double>(p.octets);
  if (p.total == 0) {
    (void)std::fprintf(stderr, "\r\033[K%.1f MiB  %s", octets / mebi, name.c_str());
    return;
  }
  const double part = std::min(1.0, octets / static_cast<double>(p.total));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  (void)std::fprintf(stderr, "\r\033[K[%s%s] %3.0f %%  %.1f of %.1f MiB  %s",
                     std::string(filled, '#').c_str(), std::string(width - filled, '.').c_str(),
                     part * 100, octets / mebi, static_cast<double>(p.total) / mebi, name.c_str());
}

void Progress::clear() {
  if (shown_) (void)std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace netweir::app
