// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/decode.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "kit/hex.h"
#include "psample/messages.h"

namespace netweir::psample {
namespace {

using test::message;

/// All that a message says, as text: what a case expects is written beside it.
std::string told(const Sample& s) {
  std::string out;
  const auto put = [&out](bool there, std::string_view key, auto value) {
    if (there) out += " " + std::string(key) + "=" + std::to_string(value);
  };
  const auto hex = [&out](Bytes octets, std::string_view key) {
    if (octets.empty()) return;
    out += " " + std::string(key) + "=";
    for (const auto octet : octets) {
      out += "0123456789abcdef"[octet >> 4U];
      out += "0123456789abcdef"[octet & 15U];
    }
  };
  put(true, "group", s.group);
  put(s.has & Sample::has_in, "in", s.in_ifindex);
  put(s.has & Sample::has_out, "out", s.out_ifindex);
  put(s.has & Sample::has_original_size, "size", s.original_size);
  put(s.has & Sample::has_sequence, "seq", s.sequence);
  put(s.has & Sample::has_rate, "rate", s.rate);
  if (s.probability) out += " probability";
  put(s.has & Sample::has_timestamp, "at", s.timestamp_ns);
  put(s.has & Sample::has_protocol, "proto", s.protocol);
  put(true, "data", s.data.size());
  const auto& e = s.extra;
  put(e.has & PsampleExtra::has_queue, "queue", e.out_tc);
  put(e.has & PsampleExtra::has_occupancy, "occupancy", e.out_tc_occ);
  put(e.has & PsampleExtra::has_latency, "latency", e.latency_ns);
  hex(e.cookie, "cookie");
  if ((e.has & PsampleExtra::has_tunnel) == 0) return out;
  const auto& t = e.tunnel;
  out += " tunnel:";
  put(t.has & PsampleTunnel::has_id, "id", t.id);
  if (t.has & PsampleTunnel::has_src)
    hex(Bytes(t.src.octets).first(t.src.version == IpVersion::v4 ? 4 : 16), "src");
  if (t.has & PsampleTunnel::has_dst)
    hex(Bytes(t.dst.octets).first(t.dst.version == IpVersion::v4 ? 4 : 16), "dst");
  put(t.has & PsampleTunnel::has_tos, "tos", t.tos);
  put(t.has & PsampleTunnel::has_ttl, "ttl", t.ttl);
  put(t.has & PsampleTunnel::has_src_port, "sport", t.src_port);
  put(t.has & PsampleTunnel::has_dst_port, "dport", t.dst_port);
  put(t.flags != 0, "flags", t.flags);
  hex(t.geneve_options, "geneve");
  hex(t.erspan_options, "erspan");
  return out;
}

struct Case {
  const char* name;
  const char* told;  ///< null = refused
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

constexpr auto at = "at=1700000000123456789";

const std::string usual = std::string("size=60 seq=1 rate=100 ") + at + " proto=2054 data=60";
const std::string udp = std::string(" group=7 in=3 size=49 seq=1 rate=100 ") + at;

class PsampleDecode : public testing::TestWithParam<Case> {};

TEST_P(PsampleDecode, TellsWhatTheMessageSays) {
  const auto octets = message(GetParam().name);
  Sample s;
  const bool good = decode(octets, s);
  ASSERT_EQ(good, GetParam().told != nullptr);
  if (good) {
    EXPECT_EQ(told(s), GetParam().told);
  }
}

TEST_P(PsampleDecode, ReadsNothingBeyondAnyTruncation) {
  const auto octets = message(GetParam().name);
  const auto step = octets.size() > 4096 ? 97U : 1U;
  for (std::size_t size = 0; size < octets.size(); size += step) {
    // Of its own, so that the sanitizer sees the end.
    const auto copy = std::make_unique<std::uint8_t[]>(size + 1);
    std::memcpy(copy.get(), octets.data(), size);
    Sample s;
    const bool good = decode({copy.get(), size}, s);
    (void)read_group({copy.get(), size});
    if (!good) continue;
    EXPECT_GE(s.data.data() + 0, s.data.empty() ? s.data.data() : copy.get());
    EXPECT_LE(s.data.data() + s.data.size(), s.data.empty() ? s.data.data() : copy.get() + size);
    (void)link_layer(s);
  }
}

const std::string driver =
    " group=7 in=3 out=5 " + usual + " queue=3 occupancy=4096 latency=1500000";
const std::string cookie = " group=7 in=3 " + usual + " cookie=c0ffee00ff";
const std::string plain = " group=7 in=3 " + usual;
const std::string rate_0 =
    std::string(" group=7 in=3 size=60 seq=1 rate=0 ") + at + " proto=2054 data=60";
const std::string probability =
    std::string(" group=7 in=3 size=60 seq=1 rate=1073741824 probability ") + at +
    " proto=2054 data=60";
const std::string unsequenced =
    std::string(" group=7 in=3 size=60 seq=0 rate=100 ") + at + " proto=2054 data=60";
const std::string tunnel_fields =
    " tunnel: id=100 src=c0000201 dst=c0000202 tos=16 ttl=64 sport=4660 dport=4789 flags=3";
const std::string tunnel_v4 = udp + " proto=2048 data=49" + tunnel_fields;
const std::string tunnel_v6 =
    udp +
    " proto=2048 data=49 tunnel: id=1000 src=20010db8000000000000000000000001 "
    "dst=20010db8000000000000000000000002 ttl=255 flags=12 geneve=0102800100000007 "
    "erspan=01000000000000000000000a";
const std::string tunnel_5_8 = udp + " data=49" + tunnel_fields;
const std::string tunnel_5_8_flag = udp + " data=49 tunnel: flags=1";
const std::string ambiguous = " group=7 in=65534 out=65535 " + usual;
const std::string far =
    " group=7 in=3 size=60 seq=1 rate=100 at=18446744073709551615 proto=2054 data=60";
const std::string empty =
    std::string(" group=7 in=3 size=60 seq=1 rate=100 ") + at + " proto=2054 data=0";
const std::string large =
    std::string(" group=7 in=3 size=65335 seq=1 rate=100 ") + at + " proto=2048 data=65335";

INSTANTIATE_TEST_SUITE_P(
    Messages, PsampleDecode,
    testing::Values(Case{"driver", driver.c_str()}, Case{"cookie", cookie.c_str()},
                    Case{"probability", probability.c_str()}, Case{"rate_0", rate_0.c_str()},
                    Case{"unsequenced", unsequenced.c_str()},
                    Case{"linux_4_11", " group=7 in=3 out=4 size=60 seq=9 rate=100 data=60"},
                    Case{"tunnel_v4", tunnel_v4.c_str()}, Case{"tunnel_v6", tunnel_v6.c_str()},
                    Case{"tunnel_linux_5_8", tunnel_5_8.c_str()},
                    Case{"tunnel_linux_5_8_flag", tunnel_5_8_flag.c_str()},
                    Case{"later_attribute", plain.c_str()},
                    Case{"ifindex_16_bits", ambiguous.c_str()}, Case{"time_far", far.c_str()},
                    Case{"empty", empty.c_str()}, Case{"large", large.c_str()},
                    Case{"new_group", nullptr}, Case{"del_group", nullptr},
                    Case{"bad_short_iif", nullptr}, Case{"bad_long_group", nullptr},
                    Case{"bad_no_group", nullptr}, Case{"bad_tunnel_port", nullptr},
                    Case{"bad_tunnel_overrun", nullptr}, Case{"bad_attribute_length_0", nullptr}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(PsampleRate, IsOneInSoMany) {
  const struct {
    const char* name;
    double one_in;
  } cases[] = {{"driver", 100}, {"probability", 4}, {"rate_0", 1}, {"probability_0", 1}};
  for (const auto& c : cases) {
    Sample s;
    const auto octets = message(c.name);
    ASSERT_TRUE(decode(octets, s)) << c.name;
    EXPECT_NEAR(s.one_in(), c.one_in, 1e-6) << c.name;
  }
}

TEST(PsampleLinkLayer, IsWhatProtocolAndOctetsAgreeOn) {
  const struct {
    const char* name;
    std::uint16_t link, skip, protocol;
  } cases[] = {
      {"driver", linktype::ethernet, 0, 0x0806}, {"linux_4_11", linktype::ethernet, 0, 0},
      {"tag", linktype::ethernet, 0, 0x8100},    {"raw_v4", linktype::raw, 0, 0x0800},
      {"raw_v4_cut", linktype::raw, 0, 0x0800},  {"raw_v4_merged", linktype::raw, 0, 0x0800},
      {"raw_v6", linktype::raw, 0, 0x86dd},      {"sflow_v4", linktype::raw, 0, 0x0800},
      {"sflow_v6", linktype::raw, 0, 0x86dd},    {"infiniband", linktype::raw, 24, 0x0800},
      {"large", linktype::ethernet, 0, 0x0800},  {"empty", linktype::ethernet, 0, 0x0806}};
  for (const auto& c : cases) {
    Sample s;
    const auto octets = message(c.name);
    ASSERT_TRUE(decode(octets, s)) << c.name;
    const auto layer = link_layer(s);
    EXPECT_EQ(layer.link, c.link) << c.name;
    EXPECT_EQ(layer.skip, c.skip) << c.name;
    EXPECT_EQ(layer.protocol, c.protocol) << c.name;
  }
}

TEST(PsampleGroups, AreReadFromEveryKernelsMessages) {
  const struct {
    const char* name;
    std::uint32_t references, sequence;
  } cases[] = {{"new_group", 1, 0}, {"new_group_linux_5_8", 2, 5}, {"del_group", 0, 12}};
  for (const auto& c : cases) {
    const auto octets = message(c.name);
    const auto group = read_group(octets);
    ASSERT_TRUE(group) << c.name;
    EXPECT_EQ(group->number, 7U);
    EXPECT_EQ(group->references, c.references) << c.name;
    EXPECT_EQ(group->sequence, c.sequence) << c.name;
    for (std::size_t size = 0; size + 4 < octets.size(); ++size)
      (void)read_group(Bytes(octets).first(size));
  }
  EXPECT_FALSE(read_group(message("driver")));
}

}  // namespace
}  // namespace netweir::psample
