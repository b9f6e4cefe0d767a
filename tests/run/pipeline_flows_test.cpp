// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rig.h"
#include "run/pipeline.h"
#include "track/flow_story.h"

namespace netweir {
namespace {

using run::Pipeline;
using test::flow;
using Phase = FlowListing::Phase;
using What = FlowRecord::What;

const SourceKind sessions{
    .name = "conntrack", .unit = "events", .flow_settings = [](const Values& values) {
      FlowSettings s;
      if (values.has("max")) s.max = static_cast<std::size_t>(values.integer("max"));
      return s;
    }};

struct Rig {
  explicit Rig(std::vector<std::string> events = {"flow", "nat", "source", "alert"},
               std::int64_t max = 1000, Pipeline::Mode mode = Pipeline::Mode::live)
      : pipeline(mode, {"0", "i", "h", 1}, {}, true, links, outputs,
                 [this](Note::Level, std::string_view text) { said.emplace_back(text); }) {
    test::open_memory(outputs, std::move(events));
    config.values.set("max", max);
    id = pipeline.add(config);
    pipeline.begin({AgeTime{std::chrono::hours{1}}, WallTime{std::chrono::hours{1}}});
  }
  void tell(What what, unsigned n, bool left = false) {
    auto record = flow(what, n, WallTime{std::chrono::hours{1}});
    record.source = id;
    record.left = left;
    pipeline.flows({&record, 1});
  }
  bool list(Phase phase, FlowReason reason = FlowReason::reconcile) {
    FlowListing listing;
    listing.source = id;
    listing.phase = phase;
    listing.reason = reason;
    listing.at = WallTime{std::chrono::hours{1}};
    return pipeline.listing(listing);
  }
  /// "NEW kernel, source resync_end reconcile +0 -2 =1".
  std::string written() {
    std::string out;
    for (const auto& line : test::read_back(outputs)) {
      const std::string type = line["event_type"];
      if (!out.empty()) out += ", ";
      if (type == "source") {
        const auto& s = line["source"];
        out += std::string(s["state"]) + " " + std::string(s.value("reason", ""));
        if (s.contains("added"))
          out +=
              " +" + s["added"].dump() + " -" + s["closed"].dump() + " =" + s["unchanged"].dump();
      } else if (type == "alert") {
        out += std::string(line["alert"]["kind"]) + " " + line["alert"]["count"].dump();
      } else {
        out += type + " " + std::string(line[type]["action"]) + " " +
               std::string(line[type]["reason"]);
      }
    }
    return out;
  }
  SourceConfig config{"ct", &sessions, {}};
  netlink::LinkTable links;
  run::Outputs outputs;
  std::vector<std::string> said;
  Pipeline pipeline;
  SourceId id = 0;
};

TEST(PipelineFlows, EventsAndListingsBecomeLines) {
  Rig r;
  r.tell(What::created, 1);
  r.tell(What::created, 2);
  EXPECT_FALSE(r.list(Phase::begins));
  r.tell(What::listed, 2);
  r.tell(What::listed, 3);
  EXPECT_FALSE(r.list(Phase::ends));
  r.tell(What::destroyed, 3);
  EXPECT_EQ(r.written(),
            "flow NEW kernel, flow NEW kernel, resync_begin reconcile, flow NEW reconcile, "
            "flow END reconcile, resync_end reconcile +1 -1 =1, flow END kernel");
  const auto& ledger = r.pipeline.ledger(r.id);
  EXPECT_EQ(ledger.done, 3U) << "entries of a listing are none";
  EXPECT_EQ(ledger.received(), 3U);
  EXPECT_EQ(ledger.unit, "events");
}

TEST(PipelineFlows, AListingThatFailedClosesNothing) {
  Rig r;
  r.tell(What::created, 1);
  r.list(Phase::begins, FlowReason::resync);
  r.list(Phase::fails, FlowReason::resync);
  EXPECT_EQ(r.written(),
            "flow NEW kernel, resync_begin resync, resync_end resync: failed, another one follows");
}

TEST(PipelineFlows, ManyEndsAreToldInParts) {
  Rig all({"flow"});
  for (unsigned n = 0; n < 600; ++n) all.tell(What::created, n);
  all.list(Phase::begins);
  int calls = 1;
  while (all.list(Phase::ends)) ++calls;
  EXPECT_EQ(calls, 3);
  const auto lines = test::read_back(all.outputs);
  EXPECT_EQ(lines.size(), 1200U);
}

TEST(PipelineFlows, AReplayTellsThemAtOnce) {
  Rig r({"flow"}, 1000, Pipeline::Mode::replay);
  for (unsigned n = 0; n < 600; ++n) r.tell(What::created, n);
  r.list(Phase::begins);
  EXPECT_FALSE(r.list(Phase::ends));
}

TEST(PipelineFlows, TranslationsAloneHaveABeginAndAnEnd) {
  Rig r({"nat"});
  for (const auto what : {What::created, What::updated, What::destroyed}) {
    auto record = flow(what, 1);
    record.source = r.id;
    record.reply.dst = Ip::v4(203, 0, 113, 7);
    r.pipeline.flows({&record, 1});
    r.tell(what, 2);  // not translated
  }
  EXPECT_EQ(r.written(), "nat CREATE kernel, nat DELETE kernel");
}

TEST(PipelineFlows, WhatLeavesTheFilterEnds) {
  Rig r;
  r.tell(What::created, 1);
  r.tell(What::updated, 1, true);
  r.tell(What::updated, 2, true);
  EXPECT_EQ(r.written(), "flow NEW kernel, flow END filter");
  EXPECT_EQ(r.pipeline.ledger(r.id).filtered, 2U);
  EXPECT_EQ(r.pipeline.ledger(r.id).done, 1U);
}

TEST(PipelineFlows, AFullTableIsSaidOnceAMinute) {
  Rig r({"flow", "alert"}, 16);
  for (unsigned n = 0; n < 100; ++n) r.tell(What::created, n);
  r.pipeline.begin({AgeTime{std::chrono::hours{2}}, WallTime{std::chrono::hours{2}}});
  r.tell(What::created, 200);
  std::vector<std::int64_t> counts;
  for (const auto& line : test::read_back(r.outputs)) {
    if (line["event_type"] == "alert") counts.push_back(line["alert"]["count"]);
  }
  EXPECT_EQ(counts, (std::vector<std::int64_t>{1, 84}));
  ASSERT_EQ(r.said.size(), 2U);
  EXPECT_NE(r.said[0].find("raise max"), std::string::npos) << r.said[0];
}

TEST(PipelineFlows, AnotherConfigurationBeginsWithAnEmptyTable) {
  Rig r({"flow"});
  r.tell(What::created, 1);
  EXPECT_EQ(r.pipeline.add(r.config), r.id);
  r.tell(What::updated, 1);
  r.config.values.set("max", std::int64_t{7});
  EXPECT_EQ(r.pipeline.add(r.config), r.id);
  r.list(Phase::begins);
  EXPECT_FALSE(r.list(Phase::ends));
  EXPECT_EQ(r.written(), "flow NEW kernel, flow UPDATE kernel");
}

}  // namespace
}  // namespace netweir
