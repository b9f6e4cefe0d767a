// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/decode.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dropmon/messages.h"

namespace netweir::dropmon {
namespace {

using test::message;

/// All that a message says, as text: what a case expects is written beside it.
std::string told(const Alert& a) {
  std::string out;
  const auto number = [&out](bool there, std::string_view key, auto value) {
    if (there) out += " " + std::string(key) + "=" + std::to_string(value);
  };
  const auto text = [&out](std::string_view key, std::string_view value) {
    if (!value.empty()) out += " " + std::string(key) + "=" + std::string(value);
  };
  const auto& e = a.extra;
  constexpr std::string_view origins[] = {"unknown", "software", "hardware"};
  out += origins[static_cast<std::size_t>(e.origin)];
  text("reason", e.reason);
  text("at", e.symbol);
  number(e.pc != 0 && e.pc != 0xffffffff81234567, "pc", e.pc);
  text("trap", e.trap);
  text("group", e.trap_group);
  number(e.ifindex != 0, "in", e.ifindex);
  text("port", e.port);
  number(!e.cookie.empty(), "cookie", e.cookie.size());
  number(a.has & Alert::has_timestamp, "ns", a.timestamp_ns % 1'000'000'000);
  number(a.has & Alert::has_original_size, "size", a.original_size);
  number(a.has & Alert::has_protocol, "proto", a.protocol);
  number(true, "data", a.data.size());
  const auto layer = link_layer(a);
  number(layer.link != linktype::ethernet, "link", layer.link);
  return out;
}

TEST(DropmonDecode, ReadsEveryMessage) {
  const struct {
    const char* name;
    const char* expected;
  } cases[] = {
      {"software",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=49 "
       "proto=2048 data=49"},
      {"software_linux_5_10",
       "software at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=49 proto=2048 data=49"},
      {"software_module",
       "software reason=NETFILTER_DROP at=nft_do_chain+0x5be/0x620 [nf_tables] ns=123456789 "
       "size=49 proto=2048 data=49"},
      {"software_cut",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=1514 "
       "proto=2048 data=40"},
      {"software_empty",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=60 data=0"},
      {"software_raw_v4",
       "software reason=TCP_CSUM at=tcp_v4_rcv+0x6d/0xdc0 in=3 ns=123456789 size=40 proto=2048 "
       "data=40 link=101"},
      {"software_raw_v6",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=48 "
       "proto=34525 data=48 link=101"},
      {"software_tagged",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=46 "
       "proto=33024 data=46"},
      {"software_large",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=70000 "
       "proto=2048 data=65527"},
      {"software_no_symbol",
       "software reason=NO_SOCKET in=3 ns=123456789 size=49 proto=2048 data=49"},
      {"software_time_far",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=709551615 size=49 "
       "proto=2048 data=49"},
      {"software_later_attribute",
       "software reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=49 "
       "proto=2048 data=49"},
      {"origin_later",
       "unknown reason=NO_SOCKET at=__udp4_lib_rcv+0x9a5/0xb00 in=3 ns=123456789 size=49 "
       "proto=2048 data=49"},
      {"hardware",
       "hardware trap=source_mac_is_multicast group=l2_drops in=7 port=swp1 ns=123456789 size=49 "
       "proto=2048 data=49"},
      {"hardware_cookie",
       "hardware trap=ingress_flow_action_drop group=acl_drops in=7 port=swp1 cookie=5 "
       "ns=123456789 size=49 proto=2048 data=49"},
      {"hardware_no_port",
       "hardware trap=blackhole_route group=l3_drops ns=123456789 size=49 proto=2048 data=49"},
      {"hardware_tunnel",
       "hardware trap=decap_error group=tunnel_drops in=70000 port=swp32s3 ns=123456789 size=46 "
       "proto=33024 data=46"},
  };
  for (const auto& c : cases) {
    Alert a;
    const auto octets = message(c.name);
    EXPECT_TRUE(decode(octets, a)) << c.name;
    EXPECT_EQ(told(a), c.expected) << c.name;
  }
}

TEST(DropmonDecode, TextsHaveAnyOctetsAndABound) {
  Alert a;
  const auto octets = message("software_any_octets");
  ASSERT_TRUE(decode(octets, a));
  EXPECT_EQ(a.extra.reason, "a\xff\n\"");
  EXPECT_EQ(a.extra.symbol, "\xc3\x28" + std::string(61, 'x'));
}

TEST(DropmonDecode, RefusesWhatNoKernelSends) {
  for (const auto* name :
       {"bad_no_origin", "bad_short_origin", "bad_long_size", "bad_port", "bad_port_overrun",
        "bad_attribute_length_0", "summary", "stats_0", "config_packet", "command"}) {
    Alert a;
    const auto octets = message(name);
    EXPECT_FALSE(decode(octets, a)) << name;
  }
}

TEST(DropmonDecode, KnowsCommands) {
  const struct {
    const char* name;
    std::optional<Command> command;
  } cases[] = {{"software", Command::packet_alert}, {"hardware", Command::packet_alert},
               {"stats_0", Command::stats},         {"config_packet", Command::config},
               {"summary", Command::alert},         {"command", std::nullopt}};
  for (const auto& c : cases) EXPECT_EQ(command_of(message(c.name)), c.command) << c.name;
  EXPECT_EQ(command_of(Bytes{}), std::nullopt);
}

TEST(DropmonDecode, ReadsAnswers) {
  const auto stats = read_stats(message("stats_5_2"));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->software, 5U);
  EXPECT_EQ(stats->hardware, 2U);
  EXPECT_FALSE(read_stats(message("bad_stats")));
  EXPECT_FALSE(read_stats(message("bad_stats_none")));
  EXPECT_FALSE(read_stats(message("config_packet")));
  const auto config = read_config(message("config_packet"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->alert_mode, 1);
  EXPECT_EQ(config->truncation, 256U);
  EXPECT_EQ(config->queue_length, 1000U);
  EXPECT_FALSE(read_config(message("bad_config")));
  EXPECT_FALSE(read_config(message("stats_0")));
}

TEST(DropmonDecode, EveryTruncationIsReadWithoutGoingBeyond) {
  for (const auto& entry : std::filesystem::directory_iterator(test::message_folder)) {
    const auto whole = message(entry.path().filename().string());
    if (whole.size() > 4096) continue;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const auto copy = std::make_unique<std::uint8_t[]>(size + 1);  // ASan sees a step beyond
      std::memcpy(copy.get(), whole.data(), size);
      const Bytes cut{copy.get(), size};
      Alert a;
      if (decode(cut, a)) {
        EXPECT_LE(a.data.size(), size);
      }
      (void)read_stats(cut);
      (void)read_config(cut);
    }
  }
}

}  // namespace
}  // namespace netweir::dropmon
