// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "netweir/event.h"
#include "run/outbox.h"
#include "run/viewer.h"

namespace netweir::run {

/// All outputs of a run: every event goes to each that wants its type. Loop thread.
class Outputs {
 public:
  struct One {
    SinkConfig config;
    std::unique_ptr<Outbox> box;
    bool gone = false;  ///< said so already
    bool failing = false;
    std::string reopen_error{};  ///< said so already
    std::uint64_t dropped = 0;   ///< not yet in the log
    AgeTime say_dropped{};       ///< not before
  };

  /// Opens the sink and its outbox. Fails as the sink does.
  static Result<std::unique_ptr<One>> open(const SinkConfig& config, std::string_view host);

  void add(std::unique_ptr<One> one);
  /// Null: none. It outlives this.
  void set_viewer(Viewer* viewer);
  Viewer* viewer() const noexcept { return viewer_; }
  std::vector<std::unique_ptr<One>>& all() noexcept { return all_; }

  bool wants(EventType type) const noexcept {
    return (wanted_ & (1U << static_cast<unsigned>(type))) != 0;
  }
  void write(const Event& event, WallTime now);
  void flush();
  bool all_gone() const noexcept;

  /// For sources that are files: true = every output has room for a batch.
  bool has_room() const noexcept;

  /// Where every source is a file, write() waits for room instead of dropping, as long as `go_on`
  /// says so. Null: never wait.
  void wait_while(std::function<bool()> go_on) { go_on_ = std::move(go_on); }
  void recount();

 private:
  std::vector<std::unique_ptr<One>> all_;
  Viewer* viewer_ = nullptr;
  std::uint32_t wanted_ = 0;
  std::function<bool()> go_on_;
};

}  // namespace netweir::run
