// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a capture file, through the pipeline with its tables: what it tells is the story of
// a table (NEW before MOVED, EXPIRED once, no flow ended that was not begun), every packet is in
// the ledger once, and all is the same however the octets are cut.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "format/native.h"
#include "kit/json.h"
#include "kit/steps.h"
#include "netweir/source_kind.h"
#include "pcap/capture_file.h"
#include "run/pipeline.h"

namespace netweir::test {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const char* what, const std::string& line) {
  std::fprintf(stderr, "%s: %s\n", what, line.c_str());
  std::abort();
}

/// What the events so far say that there is.
class Story {
 public:
  explicit Story(std::size_t max) : max_(max) {}

  void event(const std::string& line) {
    if (line.empty() || line.back() != '\n' || line.find('\n') != line.size() - 1)
      fail("not one line", line);
    const auto e = Json::parse(line, nullptr, false);
    if (e.is_discarded()) fail("no JSON", line);
    const auto& type = e.at("event_type");
    if (type == "binding") binding(e, line);
    if (type == "flow") flow(e, line);
    if (type == "loss") lost_[e.at("source").dump()] += e["loss"]["count"].get<std::uint64_t>();
    if (type == "alert" && e["alert"]["kind"] == "table_full" && e.contains("source"))
      overfull_.insert(e["source"].dump());
    if (type == "goodbye") goodbye(e, line);
    for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
    ++events_;
  }
  std::size_t bindings() const { return bindings_.size(); }
  std::pair<std::uint64_t, std::uint64_t> digest() const { return {digest_, events_}; }
  std::uint64_t received() const { return received_; }

 private:
  void binding(const Json& e, const std::string& line) {
    const auto& b = e["binding"];
    auto vlan = e.value("vlan", Json::array());
    while (vlan.size() > 2) vlan.erase(vlan.size() - 1);
    const auto key = b["domain"].dump() + vlan.dump() + b["ip"].dump();
    const auto at = bindings_.find(key);
    const auto& action = b["action"];
    if ((at == bindings_.end()) != (action == "NEW")) fail("out of the story", line);
    if (action == "MOVED" && (b["previous_mac"] != at->second || b["mac"] == b["previous_mac"]))
      fail("moved from elsewhere", line);
    if ((action == "REFRESHED" || action == "EXPIRED") && b["mac"] != at->second)
      fail("another MAC", line);
    if (action == "EXPIRED") {
      bindings_.erase(at);
    } else {
      bindings_[key] = b["mac"];
    }
    if (bindings_.size() > max_) fail("more bindings than may be", line);
  }

  void flow(const Json& e, const std::string& line) {
    const auto& f = e["flow"];
    if (overfull_.count(e["source"].dump()) != 0) return;  // passed on as they come
    std::string key = e["source"].dump();
    for (const char* k : {"id", "zone", "proto", "src_ip", "src_port", "dest_ip", "dest_port",
                          "icmp_type", "icmp_code", "icmp_id"}) {
      key += f.contains(k) ? f[k].dump() : "-";
    }
    if (f["action"] == "NEW") {
      if (!flows_.insert(key).second) fail("begun twice", line);
    } else if (f["action"] == "END") {
      // The kernel's own end of a flow whose beginning was lost is told; nothing else is.
      if (flows_.erase(key) == 0 && f["reason"] != "kernel") fail("ended, but never begun", line);
    } else if (flows_.count(key) == 0) {
      fail("an update of a flow that never began", line);
    }
  }

  void goodbye(const Json& e, const std::string& line) {
    for (const auto& l : e["goodbye"]["sources"]) {
      std::uint64_t sum = l["filtered"].get<std::uint64_t>() + l["rejected"].get<std::uint64_t>();
      for (const auto& decoded : l["decoded"]) sum += decoded.get<std::uint64_t>();
      if (sum != l["received"]) fail("the ledger does not balance", line);
      received_ += sum;
      const Json source{{"name", l["name"]}, {"type", l["type"]}};
      for (const auto& [name, lost] : lost_) {
        const auto of = Json::parse(name);
        if (of["name"] == source["name"] && of["type"] == source["type"] && lost > l["lost"])
          fail("told of more loss than the ledger has", line);
      }
    }
  }

  std::size_t max_;
  std::map<std::string, Json> bindings_;
  std::set<std::string> flows_, overfull_;
  std::map<std::string, std::uint64_t> lost_;
  std::uint64_t digest_ = 14695981039346656037U, events_ = 0, received_ = 0;
};

/// Reads each event on the loop's thread, and lets nothing into the queue: one writer for all
/// inputs, with nothing to do.
class Reader final : public Sink {
 public:
  bool format(const Event& event, std::uint64_t, std::string&) override {
    if (story == nullptr || (event.type() == EventType::packet && packets++ >= 16)) return false;
    line_.clear();
    format_.append(event, 1, line_);
    story->event(line_);
    return false;
  }
  bool framed() const override { return true; }
  Written write(std::string_view records) override {
    return {records.size(), Written::Stop::done, {}};
  }
  bool reopens() const override { return false; }
  Result<bool> reopen() override { return false; }

  static Story* story;
  static std::size_t packets;  ///< told of one input: the parser is slow

 private:
  format::Native format_{"h"};
  std::string line_;
};
Story* Reader::story = nullptr;
std::size_t Reader::packets = 0;

const SinkKind reader_kind{
    .name = "reader",
    .open = [](const SinkConfig&, std::string_view) -> Result<std::unique_ptr<Sink>> {
      return std::unique_ptr<Sink>(std::make_unique<Reader>());
    }};

run::Outputs& outputs() {
  static run::Outputs all;
  if (all.all().empty()) {
    SinkConfig config{&reader_kind, {}};
    config.values.set("events", std::vector<std::string>{"binding", "packet", "flow", "nat", "loss",
                                                         "source", "alert"});
    auto one = run::Outputs::open(config, "h");
    if (!one) std::abort();
    all.add(*std::move(one));
  }
  return all;
}

struct Outcome {
  std::pair<std::uint64_t, std::uint64_t> digest;
  std::vector<std::uint64_t> ledger;
  bool operator==(const Outcome&) const = default;
};

Outcome run(Bytes octets, std::size_t chunk, const config::Bindings& bindings, bool expire) {
  Story story(bindings.max);
  auto& out = outputs();
  Reader::story = &story;
  Reader::packets = 0;
  netlink::LinkTable links;
  run::Pipeline pipeline(run::Pipeline::Mode::replay, {"0", "i", "h", 1}, bindings, expire, links,
                         out, [](Note::Level, std::string_view) {});
  const SourceKind* kind = nullptr;
  for (const auto* k : source_kinds()) {
    if (k->name == "pcap") kind = k;
  }
  if (kind == nullptr) std::abort();
  SourceConfig source{"f", kind, {}};
  source.values.set("domain", std::string("default"));
  const auto id = pipeline.add(source);
  pcap::CaptureFile file(id, links.scope("file:f"));
  std::vector<Frame> frames(7);
  std::uint64_t packets = 0;
  std::size_t begin = 0, end = 0;
  while (true) {
    for (auto& f : frames) f = {};
    const auto step = file.parse(octets.subspan(begin, end - begin), frames);
    for (std::size_t i = 0; i < step.frames; ++i) {
      const auto link = frames[i].link;
      packets += link == linktype::netlink || link == linktype::nflog ? 0 : 1;
    }
    pipeline.frames(std::span<const Frame>(frames).first(step.frames));
    begin += step.octets;
    if (step.state == pcap::Step::State::bad) break;
    if (step.state == pcap::Step::State::full) continue;
    if (end == octets.size()) break;
    end += std::min(chunk, octets.size() - end);
  }
  pipeline.finish();
  out.write(pipeline.goodbye_event("finished"), pipeline.wall());
  if (pipeline.tracker().size() != story.bindings()) fail("bindings without a story", "");
  if (story.received() < packets) fail("packets that no ledger has", "");
  Outcome outcome{story.digest(), {}};
  for (const auto& l : pipeline.ledgers()) {
    for (const auto n : {l.filtered, l.rejected, l.done, l.cut, l.malformed, l.unsupported,
                         l.too_many_layers, l.lost, l.foreign, l.truncated})
      outcome.ledger.push_back(n);
  }
  Reader::story = nullptr;
  return outcome;
}

}  // namespace
}  // namespace netweir::test

// The first octet says how the tracker is set and how the rest is cut; the rest is the file.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const netweir::Bytes octets(data + 1, size - 1);
  netweir::config::Bindings bindings;
  bindings.max = (data[0] & 1U) != 0 ? 2 : 32;
  bindings.refresh_after = std::chrono::seconds{(data[0] & 2U) != 0 ? 0 : 600};
  bindings.expire_after = std::chrono::seconds{30};
  const bool expire = (data[0] & 4U) != 0;
  (void)netweir::test::outputs();
  const netweir::test::Steps steps(size, 200000, 4000);
  const auto whole = netweir::test::run(octets, SIZE_MAX, bindings, expire);
  const std::size_t chunk = 1 + (data[0] >> 3U);
  if (!(netweir::test::run(octets, chunk, bindings, expire) == whole)) std::abort();
  return 0;
}
