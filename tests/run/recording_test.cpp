// SPDX-License-Identifier: GPL-2.0-or-later
// Whose messages a recording holds: by protocol, by the recorded family id, by the recorded source.
#include "run/recording.h"

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "kit/collect.h"

namespace netweir {
namespace {

/// What the decoders of these kinds saw, by source.
struct Seen {
  std::string kind;
  std::vector<std::uint16_t> types;
  std::vector<SocketNews> news;
};
std::map<SourceId, Seen>& seen() {
  static std::map<SourceId, Seen> all;
  return all;
}

class Noting final : public MessageDecoder {
 public:
  Noting(SourceId id, std::string_view kind) : id_(id) { seen()[id_].kind = kind; }
  void message(const NetlinkMessage& message, Intake&) override {
    seen()[id_].types.push_back(message.type);
  }
  void news(const SocketNews& news, Intake&) override { seen()[id_].news.push_back(news); }
  void flush(Intake&) override {}

 private:
  SourceId id_;
};

const SourceKind sampled{
    .name = "sampled",
    .generic_family = "psample",
    .decoder = [](SourceId id, const Values&, Links&) -> std::unique_ptr<MessageDecoder> {
      return std::make_unique<Noting>(id, "sampled");
    },
};
const SourceKind other{
    .name = "other",
    .generic_family = "ovs_packet",
    .decoder = [](SourceId id, const Values&, Links&) -> std::unique_ptr<MessageDecoder> {
      return std::make_unique<Noting>(id, "other");
    },
};
const SourceKind logged{
    .name = "logged",
    .decoder = [](SourceId id, const Values&, Links&) -> std::unique_ptr<MessageDecoder> {
      return std::make_unique<Noting>(id, "logged");
    },
    .recording = {.netlink_family = NETLINK_NETFILTER, .type_mask = 0xffff, .type_match = 0x0400}};
constexpr std::array<const SourceKind*, 3> kinds{&sampled, &other, &logged};

}  // namespace

std::span<const SourceKind* const> source_kinds() { return kinds; }

namespace run {
namespace {

using Octets = std::vector<std::uint8_t>;

/// The controller's word on a family, built by libmnl.
Octets family(std::uint8_t command, std::uint16_t id, const char* name) {
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = GENL_ID_CTRL;
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
  head->cmd = command;
  mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, id);
  mnl_attr_put_strz(message, CTRL_ATTR_FAMILY_NAME, name);
  return {storage.data(), storage.data() + message->nlmsg_len};
}

Octets plain(std::uint16_t type) {
  alignas(nlmsghdr) std::array<char, 64> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = type;
  mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr));
  return {storage.data(), storage.data() + message->nlmsg_len};
}

class RecordingTest : public testing::Test {
 protected:
  RecordingTest() {
    seen().clear();
    SourceConfig file;
    file.name = "r.pcapng";
    recordings = std::make_unique<Recordings>(
        0, file, links,
        [this](const SourceConfig& config) -> std::optional<SourceId> {
          if (entered.size() == most) return std::nullopt;
          entered.push_back(config.name + "/" + std::string(config.kind->name));
          return static_cast<SourceId>(entered.size());
        },
        [this](SourceId id) { begun.push_back(id); });
  }

  /// One datagram of `protocol`. True where it was of somebody's.
  bool feed(int protocol, const Octets& octets, const RecordedExtra* extra = nullptr) {
    Octets data(16);
    data[3] = 0x38;
    data[2] = 0x03;
    data[15] = static_cast<std::uint8_t>(protocol);
    data.insert(data.end(), octets.begin(), octets.end());
    Frame frame;
    frame.link = linktype::netlink;
    frame.data = data;
    frame.wire_len = static_cast<std::uint32_t>(data.size()) + cut;
    frame.recorded = extra;
    return recordings->frame(frame, collect);
  }

  netlink::LinkTable links;
  test::Collect collect;
  std::vector<std::string> entered;
  std::vector<SourceId> begun;
  std::size_t most = 100;
  std::uint32_t cut = 0;
  std::unique_ptr<Recordings> recordings;
};

TEST_F(RecordingTest, GenericMessagesAreKnownByTheRecordedFamilyId) {
  EXPECT_FALSE(feed(NETLINK_GENERIC, plain(0x1c))) << "nobody said what 0x1c is";
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_NEWFAMILY, 0x1c, "psample")));
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_NEWFAMILY, 0x1d, "ovs_packet")));
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_NEWFAMILY, 0x1e, "nl80211")));
  EXPECT_TRUE(feed(NETLINK_GENERIC, plain(0x1c)));
  EXPECT_EQ(seen()[0].kind, "sampled");
  EXPECT_TRUE(feed(NETLINK_GENERIC, plain(0x1d)));
  EXPECT_EQ(seen()[0].kind, "other");
  EXPECT_FALSE(feed(NETLINK_GENERIC, plain(0x1e)));
  EXPECT_FALSE(feed(NETLINK_NETFILTER, plain(0x1c)));
  // The module went and came again, with another id.
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_DELFAMILY, 0x1c, "psample")));
  EXPECT_FALSE(feed(NETLINK_GENERIC, plain(0x1c)));
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_NEWFAMILY, 0x1f, "psample")));
  EXPECT_FALSE(feed(NETLINK_GENERIC, plain(0x1c)));
  EXPECT_TRUE(feed(NETLINK_GENERIC, plain(0x1f)));
  EXPECT_EQ(seen()[0].types, (std::vector<std::uint16_t>{0x1c, 0x1d, 0x1f}));
  // A family that takes the id of another.
  EXPECT_TRUE(feed(NETLINK_GENERIC, family(CTRL_CMD_NEWFAMILY, 0x1f, "ovs_packet")));
  EXPECT_TRUE(feed(NETLINK_GENERIC, plain(0x1f)));
  EXPECT_EQ(seen()[0].types.size(), 4U);
}

TEST_F(RecordingTest, EachRecordedSourceHasItsOwnDecoder) {
  const RecordedSource a{"a", "logged", ""};
  const RecordedSource b{"b", "logged", ""};
  const RecordedSource strange{"c", "weather", ""};
  const RecordedSource nameless{"", "logged", ""};
  RecordedExtra of_a{.from = &a};
  RecordedExtra of_b{.from = &b, .drops = 3};
  RecordedExtra of_strange{.from = &strange};
  RecordedExtra of_nameless{.from = &nameless};
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_a));
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_b));
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_a));
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_strange));
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_nameless));
  EXPECT_EQ(entered, (std::vector<std::string>{"a/logged", "b/logged"}));
  EXPECT_EQ(seen()[1].types.size(), 2U);
  EXPECT_EQ(seen()[2].types.size(), 1U);
  EXPECT_EQ(seen()[0].types.size(), 2U) << "of the file itself";
  ASSERT_EQ(seen()[2].news.size(), 1U);
  EXPECT_EQ(seen()[2].news[0].what, SocketNews::What::dropped);
  EXPECT_EQ(seen()[2].news[0].drops, 3U);
  of_b.what = RecordedExtra::What::emptied;
  EXPECT_TRUE(feed(0, {}, &of_b));
  EXPECT_EQ(seen()[2].news[1].what, SocketNews::What::emptied);
  EXPECT_EQ(seen()[2].types.size(), 1U);
}

TEST_F(RecordingTest, StrangersAndCutDatagramsAreCountedAsLive) {
  const RecordedSource a{"a", "logged", ""};
  RecordedExtra extra{.from = &a, .port = 7};
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &extra));
  extra.port = 0;
  cut = 1;
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &extra));
  cut = 0;
  auto broken = plain(0x400);
  broken[0] = 200;  // longer than there is
  EXPECT_TRUE(feed(NETLINK_NETFILTER, broken, &extra));
  EXPECT_EQ(collect.counts.foreign, 1U);
  EXPECT_EQ(collect.counts.truncated, 1U);
  EXPECT_EQ(collect.counts.rejected, 1U);
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(NLMSG_ERROR), &extra)) << "no unit of the source";
  EXPECT_TRUE(seen()[1].types.empty());
}

TEST_F(RecordingTest, EveryTruncationOfAFamily) {
  const auto whole = family(CTRL_CMD_NEWFAMILY, 0x1c, "psample");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    (void)feed(NETLINK_GENERIC, {whole.begin(), whole.begin() + static_cast<long>(length)});
    auto shorter = whole;
    shorter.resize(length);
    if (length >= 4) std::memcpy(shorter.data(), &length, 4);
    (void)feed(NETLINK_GENERIC, shorter);
  }
  EXPECT_FALSE(feed(NETLINK_GENERIC, plain(0x1c)));
}

TEST_F(RecordingTest, SourcesBeyondTheBoundAreTheFilesOwn) {
  most = 1;
  const RecordedSource a{"a", "logged", ""};
  const RecordedSource b{"b", "logged", ""};
  const RecordedExtra of_a{.from = &a};
  const RecordedExtra of_b{.from = &b};
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_a));
  EXPECT_TRUE(feed(NETLINK_NETFILTER, plain(0x400), &of_b));
  EXPECT_EQ(seen()[0].types.size(), 1U);
}

}  // namespace
}  // namespace run
}  // namespace netweir
