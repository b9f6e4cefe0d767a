// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets in every text of every event: the line is one, a parser that we did not write reads
// it, and each text comes back as it was.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "format/native.h"
#include "format/same_text.h"
#include "kit/json.h"
#include "kit/steps.h"
#include "netweir/event.h"

namespace {

using netweir::Event;

[[noreturn]] void fail(const char* what, const std::string& line) {
  std::fprintf(stderr, "%s: %s\n", what, line.c_str());
  std::abort();
}

/// Texts of the input, each behind an octet that says how long it is; empty when it is used up.
class Texts {
 public:
  explicit Texts(std::string_view rest) : rest_(rest) {}
  std::string_view next() {
    if (rest_.empty()) return {};
    const auto length =
        std::min<std::size_t>(static_cast<unsigned char>(rest_[0]), rest_.size() - 1);
    const auto text = rest_.substr(1, length);
    rest_.remove_prefix(1 + length);
    return text;
  }

 private:
  std::string_view rest_;
};

class Check {
 public:
  explicit Check(const Event& event) {
    const netweir::format::Native format("h\"\n");
    format.append(event, 7, line_);
    if (line_.empty() || line_.back() != '\n') fail("no line", line_);
    if (!netweir::test::stays_on_one_line(std::string_view(line_).substr(0, line_.size() - 1)))
      fail("more than one line", line_);
    json_ = netweir::test::parse_json(line_);
    if (json_.is_discarded()) fail("no JSON", line_);
  }
  /// The text at this place is `text`; absent where it is empty and may be.
  void has(const char* pointer, std::string_view text) const {
    const nlohmann::json::json_pointer at(pointer);
    if (!json_.contains(at)) {
      if (!text.empty()) fail(pointer, line_);
      return;
    }
    if (!netweir::test::same_text(std::string(text), json_.at(at).get<std::string>()))
      fail(pointer, line_);
  }

 private:
  std::string line_;
  nlohmann::json json_;
};

}  // namespace

namespace netweir {
namespace {

using Three = std::array<std::string_view, 3>;

void envelope(const Check& c, const Event& event) {
  c.has("/source/name", event.source->name);
  c.has("/source/type", event.source->type);
  c.has("/in_iface", event.in_iface);
  c.has("/out_iface", event.out_iface);
}

void binding(Event& event, const Three& t) {
  const BindingChange change{.key = {.ip = {.version = IpVersion::v4}}};
  event.body = BindingEvent{.change = &change, .domain = t[0], .prefix = t[1]};
  const Check c(event);
  envelope(c, event);
  c.has("/binding/domain", t[0]);
  c.has("/binding/prefix", t[1]);
}

void packet(Event& event, const Three& t) {
  const NflogExtra nflog{.prefix = t[0]};
  const Frame frame{.nflog = &nflog};
  const Packet packet;
  event.body = PacketEvent{.frame = &frame, .packet = &packet, .phys_in = t[1], .phys_out = t[2]};
  const Check c(event);
  envelope(c, event);
  c.has("/packet/nflog/prefix", t[0]);
  c.has("/packet/nflog/phys_in", t[1]);
  c.has("/packet/nflog/phys_out", t[2]);
}

void flow(Event& event, const Three& t) {
  FlowChange change;
  change.flow.orig.src.version = change.flow.orig.dst.version = IpVersion::v4;
  change.flow.reply = change.flow.orig;
  change.flow.helper = t[0];
  change.flow.secctx = t[1];
  event.body = FlowEvent{&change};
  const Check c(event);
  envelope(c, event);
  c.has("/flow/helper", t[0]);
  c.has("/flow/secctx", t[1]);
}

void loss(Event& event, const Three& t) {
  const Loss loss{.count = 1, .cause = t[0]};
  event.body = LossEvent{&loss};
  const Check c(event);
  envelope(c, event);
  c.has("/loss/cause", t[0]);
}

void state(Event& event, const Three& t) {
  event.body = SourceEvent{SourceState::retrying, t[0], {}, {}};
  const Check c(event);
  c.has("/source/name", event.source->name);
  c.has("/source/reason", t[0]);
}

void alert(Event& event, const Three& t) {
  event.body = AlertEvent{t[0], t[1], 1};
  const Check c(event);
  c.has("/alert/kind", t[0]);
  c.has("/alert/message", t[1]);
}

void frame_of_the_stream(Event& event, const Three& t) {
  const SourceName& source = *event.source;
  const std::array<const SourceName*, 1> names{&source};
  event.source = nullptr;
  event.body = HelloEvent{t[0], t[1], names};
  const Check hello(event);
  hello.has("/hello/version", t[0]);
  hello.has("/hello/instance", t[1]);
  const std::array<Ledger, 1> ledgers{Ledger{.name = source.name, .type = source.type}};
  event.body = GoodbyeEvent{t[0], ledgers};
  const Check goodbye(event);
  goodbye.has("/goodbye/reason", t[0]);
  goodbye.has("/goodbye/sources/0/name", source.name);
}

constexpr auto events = {binding, packet, flow, loss, state, alert, frame_of_the_stream};

}  // namespace
}  // namespace netweir

// The first octet chooses the event, the rest are its texts.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const netweir::test::Steps steps(size, 100000, 1500);
  Texts texts({reinterpret_cast<const char*>(data + 1), size - 1});
  const netweir::SourceName source{std::string(texts.next()), std::string(texts.next())};
  Event event;
  event.source = &source;
  event.in_iface = texts.next();
  event.out_iface = texts.next();
  const netweir::Three three{texts.next(), texts.next(), texts.next()};
  netweir::events.begin()[data[0] % netweir::events.size()](event, three);
  return 0;
}
