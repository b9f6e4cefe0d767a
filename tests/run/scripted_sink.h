// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "netweir/sink.h"

namespace netweir::test {

/// What a ScriptedSink does, and what it got. Shared with the test, which may outlive it.
class Script {
 public:
  enum class Mode : std::uint8_t { take, later, fail, gone, block };

  void set(Mode mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
    changed_.notify_all();
  }
  void take_at_most(std::size_t records) {
    const std::lock_guard lock(mutex_);
    at_most_ = records;
  }
  void fail_reopen(bool fail) {
    const std::lock_guard lock(mutex_);
    fail_reopen_ = fail;
  }
  /// What each file got, in the order of opening.
  std::vector<std::string> files() const {
    const std::lock_guard lock(mutex_);
    return files_;
  }
  std::string all() const {
    std::string out;
    for (const auto& file : files()) out += file;
    return out;
  }
  std::size_t calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  bool wait_blocked() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return blocked_; });
  }

 private:
  friend class ScriptedSink;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Mode mode_ = Mode::take;
  std::size_t at_most_ = static_cast<std::size_t>(-1);
  bool fail_reopen_ = false;
  bool blocked_ = false;
  std::size_t calls_ = 0;
  std::vector<std::string> files_ = {""};
};

/// Writes "SEQ TYPE TEXT" lines into its script.
class ScriptedSink final : public Sink {
 public:
  explicit ScriptedSink(std::shared_ptr<Script> script, bool framed = true, bool reopens = true)
      : script_(std::move(script)), framed_(framed), reopens_(reopens) {}

  bool format(const Event& event, std::uint64_t seq, std::string& out) override {
    const auto* alert = std::get_if<AlertEvent>(&event.body);
    if (!framed_ && alert == nullptr) return false;
    out += std::to_string(seq);
    out += ' ';
    out += name(event.type());
    if (alert != nullptr) {
      out += ' ';
      out += alert->text;
    } else if (const auto* loss = std::get_if<LossEvent>(&event.body)) {
      out += ' ' + std::to_string(loss->loss->count) + ' ' + std::string(loss->loss->cause) + ' ' +
             std::to_string(loss->loss->from.time_since_epoch().count()) + ' ' +
             std::to_string(loss->loss->to.time_since_epoch().count()) + ' ' +
             std::to_string(event.at.time_since_epoch().count());
    }
    out += '\n';
    return true;
  }
  bool framed() const override { return framed_; }
  bool reopens() const override { return reopens_; }

  Written write(std::string_view records) override {
    std::unique_lock lock(script_->mutex_);
    ++script_->calls_;
    if (records.empty()) {
      return {
          0, script_->mode_ == Script::Mode::gone ? Written::Stop::gone : Written::Stop::done, {}};
    }
    if (script_->mode_ == Script::Mode::block) {
      script_->blocked_ = true;
      script_->changed_.notify_all();
      script_->changed_.wait(lock, [this] { return script_->mode_ != Script::Mode::block; });
      script_->blocked_ = false;
    }
    switch (script_->mode_) {
      case Script::Mode::later:
        return {0, Written::Stop::later, {}};
      case Script::Mode::fail:
        return {0, Written::Stop::failed, {28, "write it: No space left on device", "make room"}};
      case Script::Mode::gone:
        return {0, Written::Stop::gone, {32, "write it: Broken pipe", {}}};
      case Script::Mode::take:
      case Script::Mode::block:
        break;
    }
    std::size_t octets = 0;
    for (std::size_t i = 0; i < script_->at_most_ && octets < records.size(); ++i) {
      octets = records.find('\n', octets) + 1;
    }
    script_->files_.back().append(records.substr(0, octets));
    return {octets, octets == records.size() ? Written::Stop::done : Written::Stop::later, {}};
  }
  Result<bool> reopen() override {
    const std::lock_guard lock(script_->mutex_);
    if (script_->fail_reopen_) return Error{2, "open it: No such file or directory", {}};
    script_->files_.emplace_back();
    return true;
  }

 private:
  const std::shared_ptr<Script> script_;
  const bool framed_, reopens_;
};

/// One line of a ScriptedSink.
struct Record {
  std::uint64_t seq = 0;
  std::string type, text;
  std::uint64_t count = 0;  ///< of a loss
  std::int64_t from = 0, to = 0, at = 0;
};
inline std::vector<Record> records(const std::string& lines) {
  std::vector<Record> out;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    Record r;
    words >> r.seq >> r.type;
    if (r.type == "loss") {
      words >> r.count >> r.text >> r.from >> r.to >> r.at;
    } else {
      words >> r.text;
    }
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace netweir::test
