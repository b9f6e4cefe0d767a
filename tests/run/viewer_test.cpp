// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/viewer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kit/hex.h"
#include "rig.h"

namespace netweir {
namespace {

using run::Pipeline;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

const SourceKind pcap_like{.name = "pcap"};

// scapy: Ether(src="02:00:00:00:00:01",dst="ff:ff:ff:ff:ff:ff")/ARP(op=1,...)
constexpr std::string_view arp =
    "ffffffffffff020000000001 0806 0001080006040001020000000001c0000201000000000000c0000202";

/// Writes down what it is told, with times in ms.
class Notes final : public run::Viewer {
 public:
  std::uint32_t wants() const noexcept override {
    return 1U << static_cast<unsigned>(EventType::traffic);
  }
  void event(const Event& event) override {
    const auto& t = std::get<TrafficEvent>(event.body);
    said.push_back(std::string(t.name) + " " + std::to_string(t.total->packets) + " to " +
                   ms(t.to));
  }
  void interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) override {
    std::string line = ms(from) + "-" + ms(to);
    for (const auto& l : ledgers) line += " " + std::to_string(l.received());
    said.push_back(line);
  }
  static std::string ms(WallTime at) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count());
  }
  std::vector<std::string> said;
};

struct Rig {
  explicit Rig(Pipeline::Mode mode)
      : pipeline(mode, {"0", "i", "h", 1}, {}, mode == Pipeline::Mode::live, links, outputs,
                 [](Note::Level, std::string_view) {}) {
    outputs.set_viewer(&notes);
    config::Traffic total{.name = "all", .interval = seconds{1}};
    total.totals.key = bit(Dimension::proto);
    pipeline.set_traffic({total});
    SourceConfig source{"a", &pcap_like, {}};
    source.values.set("domain", std::string("default"));
    id = pipeline.add(source);
  }
  void see(milliseconds at) {
    const auto data = test::hex(arp);
    Frame f{.data = data, .source = id, .at = WallTime{at}};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  /// A turn of the loop; wall and age run apart by `wall_is_behind`.
  void turn(milliseconds at, milliseconds wall_is_behind = {}) {
    pipeline.begin({AgeTime{at}, WallTime{at - wall_is_behind}});
    pipeline.age();
  }
  Notes notes;
  netlink::LinkTable links;
  run::Outputs outputs;
  Pipeline pipeline;
  SourceId id = 0;
};

TEST(Viewer, InAReplayEachIntervalWithPacketsIsToldOnceWithItsLedger) {
  Rig r(Pipeline::Mode::replay);
  r.see(milliseconds{1200});
  r.see(milliseconds{1900});
  r.see(milliseconds{2000});
  r.see(milliseconds{9000000000500});  // a gap of centuries takes no time
  r.pipeline.finish();
  EXPECT_EQ(r.notes.said, (Lines{"all 2 to 2000", "1000-2000 2", "all 1 to 3000", "2000-3000 3",
                                 "all 1 to 9000000000500", "9000000000000-9000000000500 4"}));
}

TEST(Viewer, AReplayWithoutPacketsTellsItsLedgersAtTheEnd) {
  Rig r(Pipeline::Mode::replay);
  r.pipeline.finish();
  EXPECT_EQ(r.notes.said, Lines{"0-0 0"});
}

TEST(Viewer, LiveOneIntervalFollowsTheOther) {
  Rig r(Pipeline::Mode::live);
  r.turn(milliseconds{10500});
  EXPECT_EQ(r.pipeline.next_due(), AgeTime{milliseconds{11000}});
  r.see(milliseconds{0});  // its own time decides nothing
  r.turn(milliseconds{10900});
  r.turn(milliseconds{11001});
  r.turn(milliseconds{12003});  // nothing was seen
  r.turn(milliseconds{12500});
  r.see(milliseconds{0});
  r.pipeline.finish();
  EXPECT_EQ(r.notes.said, (Lines{"10500-10500 0", "all 1 to 11000", "10000-11000 1",
                                 "11000-12000 1", "all 1 to 12500", "12000-12500 2"}));
}

TEST(Viewer, AWallClockThatIsALittleBehindRepeatsNoInterval) {
  Rig r(Pipeline::Mode::live);
  r.turn(milliseconds{10000});
  r.turn(milliseconds{11000}, milliseconds{1});
  r.turn(milliseconds{11001});
  r.turn(milliseconds{12000}, milliseconds{1});
  EXPECT_EQ(r.notes.said, (Lines{"10000-10000 0", "10000-11000 0", "11000-12000 0"}));
}

TEST(Viewer, AWallClockThatIsSetBackIsFollowed) {
  Rig r(Pipeline::Mode::live);
  r.turn(milliseconds{10000000});
  r.turn(milliseconds{10001000}, seconds{3600});
  r.turn(milliseconds{10002000}, seconds{3600});
  EXPECT_EQ(r.notes.said,
            (Lines{"10000000-10000000 0", "10000000-10001000 0", "6401000-6402000 0"}));
}

TEST(Viewer, ARunThatNeverBeganTellsNothing) {
  Rig r(Pipeline::Mode::live);
  r.pipeline.finish();
  EXPECT_EQ(r.notes.said, Lines{});
}

TEST(Viewer, OutputsGetWhatTheyGotWithoutIt) {
  Rig r(Pipeline::Mode::replay);
  test::open_memory(r.outputs, {"binding"});
  r.see(milliseconds{1000});
  r.see(milliseconds{2000});
  const auto lines = test::read_back(r.outputs);
  ASSERT_EQ(lines.size(), 2U);  // hello, binding
  EXPECT_EQ(lines[1]["event_type"], "binding");
  EXPECT_EQ(r.notes.said.size(), 2U);
}

}  // namespace
}  // namespace netweir
