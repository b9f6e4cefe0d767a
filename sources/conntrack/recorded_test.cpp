// SPDX-License-Identifier: GPL-2.0-or-later
// What decode() reads of the recorded messages, against what conntrack(8) printed of the same ones
// (it decodes with libnetfilter_conntrack), and against what record_corpus.py asked of the kernel.
#include "conntrack/recorded.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>

#include "conntrack/decode.h"

namespace netweir::conntrack {
namespace {

constexpr WallTime receipt{std::chrono::seconds{42}};

FlowRecord decoded(const RecordedMessage& m) {
  FlowRecord r;
  EXPECT_TRUE(decode(m.type, m.flags, m.payload, receipt, r)) << m.name;
  return r;
}

std::string address(const Ip& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(ip.version == IpVersion::v4 ? AF_INET : AF_INET6, ip.octets.data(), text,
              sizeof text);
  return text;
}

/// As conntrack writes a tuple. It writes ports 0 for DCCP without ports.
void print_tuple(std::ostream& out, const FlowTuple& t) {
  out << " src=" << address(t.src) << " dst=" << address(t.dst);
  if (t.protocol == 47) {
    out << " srckey=0x" << std::hex << t.src_port << " dstkey=0x" << t.dst_port << std::dec;
  } else if (t.has_ports || t.protocol == 33) {
    out << " sport=" << t.src_port << " dport=" << t.dst_port;
  }
  if (t.has_icmp)
    out << " type=" << int{t.icmp_type} << " code=" << int{t.icmp_code} << " id=" << t.icmp_id;
}

std::string time_text(WallTime at) {
  const auto seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64] = {};
  (void)std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts);
  return text;
}

std::string_view protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 33:
      return "dccp";
    case 47:
      return "gre";
    case 58:
      return "icmpv6";
    case 132:
      return "sctp";
    case 136:
      return "udplite";
    default:
      return "unknown";
  }
}

// As linux/netfilter/nf_conntrack_tcp.h and nf_conntrack_sctp.h number them.
constexpr std::string_view tcp_states[] = {"NONE",        "SYN_SENT",  "SYN_RECV",
                                           "ESTABLISHED", "FIN_WAIT",  "CLOSE_WAIT",
                                           "LAST_ACK",    "TIME_WAIT", "CLOSE"};
constexpr std::string_view sctp_states[] = {"NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED",
                                            "ESTABLISHED"};

void print_counters(std::ostream& out, const FlowRecord& r, const FlowCounters& c) {
  if ((r.has & FlowRecord::has_counters) != 0)
    out << " packets=" << c.packets << " bytes=" << c.octets;
}

/// As `conntrack -o id,ktimestamp,extended` writes a session.
std::string as_conntrack(const FlowRecord& r) {
  std::ostringstream out;
  constexpr std::string_view actions[] = {"[NEW] ", "[UPDATE] ", "[DESTROY] ", ""};
  out << actions[static_cast<std::size_t>(r.what)]
      << (r.orig.src.version == IpVersion::v4 ? "ipv4 2 " : "ipv6 10 ")
      << protocol_name(r.orig.protocol) << ' ' << int{r.orig.protocol};
  if ((r.has & FlowRecord::has_timeout) != 0) out << ' ' << r.timeout;
  if ((r.has & FlowRecord::has_state) != 0)
    out << ' ' << (r.orig.protocol == 6 ? tcp_states[r.state] : sctp_states[r.state]);
  print_tuple(out, r.orig);
  if (r.zone != r.reply_zone && r.zone != 0) out << " zone-orig=" << r.zone;
  print_counters(out, r, r.to_server);
  if ((r.status & IPS_SEEN_REPLY) == 0) out << " [UNREPLIED]";
  print_tuple(out, r.reply);
  if (r.zone != r.reply_zone && r.reply_zone != 0) out << " zone-reply=" << r.reply_zone;
  print_counters(out, r, r.to_client);
  if ((r.status & IPS_ASSURED) != 0) out << " [ASSURED]";
  if ((r.has & FlowRecord::has_mark) != 0) out << " mark=" << r.mark;
  if (r.zone == r.reply_zone && r.zone != 0) out << " zone=" << r.zone;
  if ((r.has & FlowRecord::has_start) != 0) out << " [start=" << time_text(r.start) << "]";
  if ((r.has & FlowRecord::has_stop) != 0) out << " [stop=" << time_text(r.stop) << "]";
  if (!r.helper.empty()) out << " helper=" << r.helper;
  out << " id=" << r.id;
  return out.str();
}

/// Without what a FlowRecord does not hold: who asked for the end, use counts, and a difference.
std::string without(std::string text) {
  text = text.substr(0, text.find(" [USERSPACE]"));
  for (const std::string_view key : {" use=", " delta-time="}) {
    const auto at = text.find(key);
    if (at != std::string::npos) text.erase(at, text.find(' ', at + 1) - at);
  }
  return text;
}

TEST(Recorded, AsConntrackPrintsThem) {
  EXPECT_GE(recorded().size(), 50U);
  for (const auto& m : recorded())
    EXPECT_EQ(as_conntrack(decoded(m)), without(m.printed)) << m.name;
}

TEST(Recorded, EveryFileHasItsLines) {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(recorded_folder + "/corpus/message")) {
    const auto name = entry.path().filename().string();
    if (name.size() == 40) continue;  // found by fuzzing: the name is a hash
    EXPECT_EQ(recorded(name).name, name);
    ++files;
  }
  EXPECT_GE(files, 50U);
}

/// From here on: what conntrack does not print.

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

TEST(Recorded, What) {
  std::size_t of[4] = {};
  for (const auto& m : recorded()) {
    const auto r = decoded(m);
    ++of[static_cast<std::size_t>(r.what)];
    if (ends_with(m.name, "_new")) {
      EXPECT_EQ(r.what, FlowRecord::What::created) << m.name;
    }
    if (ends_with(m.name, "_destroy")) {
      EXPECT_EQ(r.what, FlowRecord::What::destroyed) << m.name;
    }
    if (m.name.substr(0, 5) == "dump_") {
      EXPECT_EQ(r.what, FlowRecord::What::listed) << m.name;
    }
  }
  for (const auto n : of) EXPECT_GT(n, 3U);
}

TEST(Recorded, EventsHaveTimesWhereTheKernelWasAskedForThem) {
  for (const auto& m : recorded()) {
    const auto r = decoded(m);
    const bool timed = m.name.substr(0, 5) != "plain" && r.what != FlowRecord::What::listed;
    EXPECT_EQ(r.at_is_receipt, !timed) << m.name;
    const auto today = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
    if (timed)
      EXPECT_EQ(std::chrono::floor<std::chrono::days>(r.at), today) << m.name;
    else
      EXPECT_EQ(r.at, receipt) << m.name;
    const bool ended = timed && r.what == FlowRecord::What::destroyed;
    EXPECT_EQ((r.has & FlowRecord::has_stop) != 0, ended) << m.name;
    if (ended) {
      EXPECT_LT(r.start, r.stop) << m.name;
      EXPECT_LT(r.stop - r.start, std::chrono::seconds{10}) << m.name;
      EXPECT_LT(r.at - r.stop, std::chrono::milliseconds{10}) << m.name;
    }
  }
}

TEST(Recorded, Status) {
  for (const auto& m : recorded()) {
    const auto r = decoded(m);
    EXPECT_TRUE((r.has & FlowRecord::has_status) != 0) << m.name;
    EXPECT_TRUE((r.status & IPS_CONFIRMED) != 0) << m.name;
    EXPECT_EQ((r.status & IPS_DYING) != 0, r.what == FlowRecord::What::destroyed) << m.name;
    const bool snat = m.name.find("snat") != std::string::npos;
    EXPECT_EQ((r.status & IPS_SRC_NAT) != 0, snat) << m.name;
    EXPECT_EQ((r.status & IPS_DST_NAT) != 0, m.name.substr(0, 4) == "dnat") << m.name;
    EXPECT_EQ((r.status & IPS_EXPECTED) != 0, r.orig.src_port == 20) << m.name;
    EXPECT_EQ((r.status & IPS_HELPER) != 0, r.orig.dst_port == 21) << m.name;
  }
}

TEST(Recorded, Labels) {
  std::array<std::uint8_t, 16> bits_0_9_127{};
  bits_0_9_127[0] = 1;
  bits_0_9_127[1] = 2;
  bits_0_9_127[15] = 0x80;
  for (const auto& m : recorded()) {
    const auto r = decoded(m);
    const bool labelled = m.name == "labels_0_9_127_new";  // only where they have changed
    EXPECT_EQ((r.has & FlowRecord::has_labels) != 0, labelled) << m.name;
    EXPECT_EQ(r.labels, labelled ? bits_0_9_127 : decltype(bits_0_9_127){}) << m.name;
  }
}

TEST(Recorded, TheMasterIsTheFlowThatExpectedIt) {
  const auto control = decoded(recorded("helper_ftp_new"));
  const auto data = decoded(recorded("expected_new"));
  EXPECT_TRUE((data.has & FlowRecord::has_master) != 0);
  EXPECT_EQ(data.master, control.orig);
  EXPECT_EQ(data.master.dst_port, 21);
  for (const auto& m : recorded()) {
    const auto r = decoded(m);
    if (r.orig.src_port != 20) {
      EXPECT_TRUE((r.has & FlowRecord::has_master) == 0) << m.name;
    }
  }
}

}  // namespace
}  // namespace netweir::conntrack
