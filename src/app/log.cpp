// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "netweir/text.h"

namespace netweir::app {

void open_log(std::string_view level) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool colour = (no_color == nullptr || *no_color == '\0') && ::isatty(STDERR_FILENO) == 1;
  auto logger = spdlog::stderr_color_mt(
      "netweir", colour ? spdlog::color_mode::always : spdlog::color_mode::never);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$: %v");
  logger->set_level(spdlog::level::from_str(std::string(level)));
  spdlog::set_default_logger(logger);
}

void log(Note::Level level, std::string_view text) {
  log_at(spdlog::log_clock::now(), level, text);
}

void log_at(WallTime at, Note::Level level, std::string_view text) {
  std::string line;  // one line, whatever an interface or a prefix is called
  append_escaped(line, text);
  spdlog::default_logger_raw()->log(
      std::chrono::time_point_cast<spdlog::log_clock::duration>(at), spdlog::source_loc{},
      level == Note::Level::warning ? spdlog::level::warn : spdlog::level::info, line);
}

}  // namespace netweir::app
