// SPDX-License-Identifier: GPL-2.0-or-later
// JSON lines, to standard output or into a file: the native format or the netmon one.
#include "format/native.h"
#include "sinks/json/lines.h"

namespace netweir::json {
namespace {

class Json final : public Sink {
 public:
  Json(Lines lines, std::string_view host, bool netmon)
      : lines_(std::move(lines)),
        native_(host),
        netmon_(netmon),
        reopens_(!lines_.is_standard_output()) {}

  bool format(const Event& event, std::uint64_t seq, std::string& out) override {
    if (netmon_) return format::append_netmon(event, out);
    native_.append(event, seq, out);
    return true;
  }
  bool framed() const override { return !netmon_; }
  Written write(std::string_view records) override { return lines_.write(records); }
  bool reopens() const override { return reopens_; }
  Result<bool> reopen() override { return reopens_ ? lines_.reopen() : Result<bool>(false); }

 private:
  Lines lines_;  // of the writer thread; all else is constant
  const format::Native native_;
  const bool netmon_, reopens_;
};

constexpr Option options[] = {
    {.key = "path",
     .standard = "-",
     .help = "the file to append to; - is standard output; reopened on SIGHUP"},
    {.key = "format",
     .type = OptionType::choice,
     .standard = "native",
     .choices = "native netmon",
     .help = "native: every event; netmon: IPv4 bindings by ARP, as netmon prints them"},
};

std::optional<OptionProblem> validate(const Values& values) {
  const auto path = values.text("path");
  if (path.empty()) return OptionProblem{"path", "the path is empty; - is standard output"};
  if (path.find('\0') != std::string::npos) {
    return OptionProblem{"path", "a path cannot contain a NUL octet"};
  }
  if (path.back() == '/') return OptionProblem{"path", "the path names a folder, not a file"};
  return std::nullopt;
}

Result<std::unique_ptr<Sink>> open(const SinkConfig& config, std::string_view host) {
  auto lines = Lines::open(config.values.text("path"));
  if (!lines) return lines.error();
  const bool netmon = config.values.text("format") == "netmon";
  return std::unique_ptr<Sink>(std::make_unique<Json>(std::move(*lines), host, netmon));
}

}  // namespace

extern const SinkKind kind;
const SinkKind kind{
    .name = "json",
    .summary = "JSON lines, to standard output or a file",
    .absent = {},
    .options = options,
    .validate = validate,
    .open = open,
};

}  // namespace netweir::json
