// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "kit/hex.h"
#include "rig.h"
#include "run/pipeline.h"
#include "wire/frames.h"

namespace netweir {
namespace {

using namespace std::chrono_literals;
using run::Pipeline;

const SourceKind kind{.name = "pcap", .unit = "packets"};

TEST(PipelineStats, ComeAtEachInterval) {
  netlink::LinkTable links;
  run::Outputs outputs;
  Pipeline pipeline(Pipeline::Mode::live, {"0", "i", "h", 1}, {}, true, links, outputs,
                    [](Note::Level, std::string_view) {});
  test::open_memory(outputs, {"binding", "stats"});
  const auto id = pipeline.add({"a", &kind, {}});
  pipeline.set_stats(10s);
  const auto data = test::hex(test::made.front().hex);
  for (int second = 100; second < 135; ++second) {
    const WallTime at{std::chrono::seconds{second}};
    pipeline.begin({AgeTime{std::chrono::seconds{second}}, at});
    Frame f{.data = data, .source = id, .at = at};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
    EXPECT_GT(pipeline.next_due(), AgeTime{std::chrono::seconds{second}});
  }
  std::vector<std::pair<std::string, std::uint64_t>> told;
  for (const auto& line : test::read_back(outputs)) {
    if (line["event_type"] != "stats") continue;
    const auto& stats = line["stats"];
    told.emplace_back(line["timestamp"], stats["sources"][0]["received"]);
    EXPECT_EQ(stats["outputs"][0]["dropped"], 0);
    EXPECT_EQ(stats["bindings"]["max"], 65536);
  }
  EXPECT_EQ(told, (std::vector<std::pair<std::string, std::uint64_t>>{
                      {"1970-01-01T00:01:50.000000000Z", 11},
                      {"1970-01-01T00:02:00.000000000Z", 21},
                      {"1970-01-01T00:02:10.000000000Z", 31}}));
}

}  // namespace
}  // namespace netweir
