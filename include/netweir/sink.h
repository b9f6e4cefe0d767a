// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "netweir/event.h"
#include "netweir/option.h"
#include "netweir/result.h"

namespace netweir {

/// Where one output's octets go. Two halves, each for one thread: the loop formats, the writer
/// thread moves octets. The outbox (src/run) is between them: bounded, counted, and the one that
/// gives `seq`.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Loop thread. Appends the whole record of `event` to `out`; false where this format has none.
  virtual bool format(const Event& event, std::uint64_t seq, std::string& out) = 0;

  /// Loop thread. Whether the format frames the stream with hello and goodbye, and numbers its
  /// lines.
  virtual bool framed() const = 0;

  /// What write() did: how many octets from the front were taken for good (whole records only), and
  /// why it stopped.
  struct Written {
    enum class Stop : std::uint8_t {
      done,    ///< all of it
      later,   ///< nothing is wrong, but not now (a reader that is slow): try again
      failed,  ///< try again later; `error` says why (a full disk)
      gone     ///< never again (a reader that closed)
    };
    std::size_t octets = 0;
    Stop stop = Stop::done;
    Error error{};
  };
  /// Writer thread. `records` are whole records; what is not taken is offered again, first, by the
  /// next call. Leaves no part of a record behind; waits at most about 100 ms. Without records it
  /// only says whether there is still a reader.
  virtual Written write(std::string_view records) = 0;

  /// Any thread; never changes. Whether reopen() means anything to this output.
  virtual bool reopens() const = 0;

  /// Writer thread. SIGHUP: opens the file anew. True where that began a new file; on an error the
  /// old one stays in use.
  virtual Result<bool> reopen() = 0;
};

/// One configured output: checked, defaults filled in.
struct SinkKind;
struct SinkConfig {
  const SinkKind* kind = nullptr;
  Values values;
  friend bool operator==(const SinkConfig&, const SinkConfig&) = default;
};

struct SinkKind {
  std::string_view name;  ///< as in the configuration: "json"
  std::string_view summary{};
  std::string_view absent{};
  std::span<const Option> options{};
  std::optional<OptionProblem> (*validate)(const Values&) = nullptr;
  /// `host` is the name in every event.
  Result<std::unique_ptr<Sink>> (*open)(const SinkConfig&, std::string_view host) = nullptr;
};

/// Every kind known to this build; generated from src/sinks/CMakeLists.txt.
std::span<const SinkKind* const> sink_kinds();

}  // namespace netweir
