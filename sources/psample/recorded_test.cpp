// SPDX-License-Identifier: GPL-2.0-or-later
#include "kit/recorded.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "kit/collect.h"
#include "netweir/packet.h"
#include "psample/decode.h"
#include "psample/decoder.h"

// What Debian's kernels 6.1 and 6.12 sent in the guest, against what tc and tcpdump say of it.
namespace netweir::psample {
namespace {

using test::Collect;
using test::recorded_kernels;
using test::recorded_messages;

struct Case {
  const char* file;
  std::size_t samples;
  int in, out;  ///< -1 = not given
  std::uint32_t size;
  std::size_t data;
  std::uint16_t protocol;
};

// Also the index: VLAN device renamed0 is 4, v0 is 3, v1 is 2.
constexpr Case cases[] = {
    {"arp-ingress.nl", 2, 2, -1, 42, 42, 0x0806}, {"arp-egress.nl", 2, -1, 3, 42, 42, 0x0806},
    {"arp-cookie.nl", 2, 2, -1, 42, 42, 0x0806},  {"nd-ingress.nl", 2, 2, -1, 86, 86, 0x86dd},
    {"truncated.nl", 1, 2, -1, 300, 64, 0x0800},  {"vlan-ingress.nl", 1, 2, -1, 42, 42, 0x0806},
    {"vlan-egress.nl", 1, -1, 3, 46, 46, 0x8100}, {"qinq-ingress.nl", 1, 2, -1, 46, 46, 0x8100},
    {"qinq-egress.nl", 1, -1, 3, 50, 50, 0x88a8}, {"vlan-device.nl", 1, 4, -1, 42, 42, 0x0806}};

TEST(PsampleRecorded, SamplesSayWhatTcDid) {
  for (const auto& kernel : recorded_kernels) {
    for (const auto& c : cases) {
      SCOPED_TRACE(kernel + " " + c.file);
      const auto messages = recorded_messages(kernel, c.file);
      EXPECT_EQ(messages.size(), c.samples);
      std::uint64_t last = 0;
      for (const auto& m : messages) {
        Sample s;
        ASSERT_TRUE(decode(m.payload, s));
        EXPECT_EQ((s.has & Sample::has_in) != 0, c.in >= 0);
        EXPECT_EQ((s.has & Sample::has_out) != 0, c.out >= 0);
        if (c.in >= 0) {
          EXPECT_EQ(s.in_ifindex, c.in);
        }
        if (c.out >= 0) {
          EXPECT_EQ(s.out_ifindex, c.out);
        }
        EXPECT_EQ(s.original_size, c.size);
        EXPECT_EQ(s.data.size(), c.data);
        EXPECT_EQ(s.protocol, c.protocol);
        EXPECT_EQ(s.group, 7U);
        EXPECT_EQ(s.one_in(), 1);
        EXPECT_GT(s.timestamp_ns, last);
        last = s.timestamp_ns;
        EXPECT_EQ(link_layer(s).link, linktype::ethernet);
        EXPECT_EQ(s.extra.has, 0);
        const bool cookie = std::strcmp(c.file, "arp-cookie.nl") == 0 && kernel == "6.12";
        EXPECT_EQ(s.extra.cookie.size(), cookie ? 16U : 0U);
        if (cookie) {
          EXPECT_EQ(s.extra.cookie.front(), 0x0a);
          EXPECT_EQ(s.extra.cookie.back(), 0x19);
        }
      }
    }
  }
}

TEST(PsampleRecorded, EveryTruncationIsReadWithoutGoingBeyond) {
  for (const auto& c : cases) {
    const auto m = recorded_messages("6.12", c.file).front();
    for (std::size_t size = 0; size < m.payload.size(); ++size) {
      const auto copy = std::make_unique<std::uint8_t[]>(size + 1);
      std::memcpy(copy.get(), m.payload.data(), size);
      Sample s;
      if (decode({copy.get(), size}, s)) {
        EXPECT_LE(s.data.size(), c.data);
      }
    }
  }
}

TEST(PsampleRecorded, TheLostTagComesFromTheGroup) {
  GroupSettings settings;
  settings.of[7].vid = 300;
  for (const auto& kernel : recorded_kernels) {
    const struct {
      const char* file;
      std::vector<std::uint16_t> vids;
    } tagged[] = {{"vlan-ingress.nl", {300}}, {"qinq-ingress.nl", {300, 100}}};
    for (const auto& t : tagged) {
      Collect c;
      test::FixedLinks links;
      Decoder decoder(0, links, settings);
      const auto messages = recorded_messages(kernel, t.file);  // the frames are views into them
      for (const auto& m : messages) decoder.message({m.type, m.flags, m.payload, WallTime{}}, c);
      decoder.flush(c);
      ASSERT_EQ(c.kept.size(), 1U);
      const auto packet = netweir::decode(c.kept[0].frame);
      std::vector<std::uint16_t> vids;
      for (std::size_t i = 0; i < packet.tags; ++i) vids.push_back(packet.vlan[i].vid());
      EXPECT_EQ(vids, t.vids) << kernel << " " << t.file;
    }
  }
}

TEST(PsampleRecorded, NumbersRunOnAndGroupsComeAndGo) {
  for (const auto& kernel : recorded_kernels) {
    Collect c;
    test::FixedLinks links;
    Decoder decoder(0, links, {});
    std::vector<std::string> changes;
    decoder.on_group([&](Command command, const Group& group) {
      changes.push_back((command == Command::new_group ? "+" : "-") + std::to_string(group.number));
    });
    for (const auto* file : {"arp-ingress.nl", "config.nl"}) {
      const auto messages = recorded_messages(kernel, file);
      for (const auto& m : messages) decoder.message({m.type, m.flags, m.payload, WallTime{}}, c);
      decoder.flush(c);
    }
    EXPECT_EQ(c.counts.sequence_gaps, 0U);
    EXPECT_EQ(c.kept.size(), 2U);
    EXPECT_EQ(changes, (std::vector<std::string>{"+7", "+8", "-7", "-8"}));
  }
}

TEST(PsampleRecorded, GroupsAreListed) {
  for (const auto& kernel : recorded_kernels) {
    std::vector<std::uint32_t> numbers;
    for (const auto& m : recorded_messages(kernel, "groups.nl")) {
      if (const auto group = read_group(m.payload); group && m.type >= 0x10) {
        numbers.push_back(group->number);
        EXPECT_EQ(group->references, 1U);
      }
    }
    EXPECT_EQ(numbers, (std::vector<std::uint32_t>{7, 8}));
  }
}

}  // namespace
}  // namespace netweir::psample
