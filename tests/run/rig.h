// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "format/native.h"
#include "kit/json.h"
#include "netweir/sink.h"
#include "run/daemon.h"

namespace netweir::test {

/// Where the sink of this folder's tests writes; one at a time.
struct Written {
  std::mutex mutex;
  std::string text;
  static Written& instance() {
    static Written written;
    return written;
  }
  std::vector<nlohmann::json> lines() {
    const std::lock_guard lock(mutex);
    std::vector<nlohmann::json> out;
    std::size_t from = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
      out.push_back(parse_json(text.substr(from, end - from)));
      from = end + 1;
    }
    return out;
  }
};

class MemorySink final : public Sink {
 public:
  explicit MemorySink(std::string_view host) : format_(host) {}
  bool format(const Event& event, std::uint64_t seq, std::string& out) override {
    format_.append(event, seq, out);
    return true;
  }
  bool framed() const override { return true; }
  Written write(std::string_view records) override {
    auto& w = test::Written::instance();
    const std::lock_guard lock(w.mutex);
    w.text += records;
    return {records.size(), Sink::Written::Stop::done, {}};
  }
  bool reopens() const override { return false; }
  Result<bool> reopen() override { return false; }

 private:
  format::Native format_;
};

inline const SinkKind memory_kind{
    .name = "memory",
    .open = [](const SinkConfig&, std::string_view host) -> Result<std::unique_ptr<Sink>> {
      return std::unique_ptr<Sink>(std::make_unique<MemorySink>(host));
    }};

/// Outputs with one MemorySink, for every event type but `packet` where nothing else is said.
inline void open_memory(run::Outputs& outputs,
                        std::vector<std::string> events = {"binding", "loss", "source", "alert"}) {
  Written::instance().text.clear();
  SinkConfig config{&memory_kind, {}};
  config.values.set("events", std::move(events));
  auto one = run::Outputs::open(config, "h");
  ASSERT_TRUE(one);
  outputs.add(*std::move(one));
}

/// Everything written so far, once the writer has it.
inline std::vector<nlohmann::json> read_back(run::Outputs& outputs, const Event* last = nullptr) {
  outputs.flush();
  for (auto& one : outputs.all()) (void)one->box->close(last, {}, std::chrono::seconds{5});
  return Written::instance().lines();
}

class ManualClock final : public Clock {
 public:
  Now now() override { return now_; }
  void advance(std::chrono::nanoseconds by) {
    now_.age += by;
    now_.wall += by;
  }
  Now now_{AgeTime{std::chrono::hours{1}}, WallTime{std::chrono::hours{480000}}};
};

}  // namespace netweir::test
