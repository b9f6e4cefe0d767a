// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "capture/filter.h"
#include "netweir/source_kind.h"
#include "pcap/testing.h"

namespace netweir::pcap {
extern const SourceKind kind;
}

namespace netweir::pcap::test {
namespace {

TEST(HostNames, AreFoundInFilters) {
  struct {
    std::string_view filter, name;
  } const cases[] = {
      {"", ""},
      {"arp or (vlan and arp)", ""},
      {"apr or vlan", "apr"},
      {"host www.example.com", "www.example.com"},
      {"host 192.0.2.1 or 192.0.2.2", ""},
      {"src host localhost", "localhost"},
      {"tcp port ssh or domain", ""},
      {"tcp port ssh or src cafe.be", "cafe.be"},
      {"dst portrange 1000-2000 and ip6", ""},
      {"net 10 or net 192.168 or 2001:db8::/32 or 10.0.0.0/8", ""},
      {"net loopback", "loopback"},
      {"1.2.3.4.5", "1.2.3.4.5"},
      {"ether host 02:00:00:00:00:01 or ether src 2-0-0-0-0-1 or ether dst 0200.0000.0001", ""},
      {"ether host router", "router"},
      {"ether proto 0x88cc or ether proto \\arp or ip proto \\tcp", ""},
      {"host \\tcp", "tcp"},
      {"gateway snup", "snup"},
      {"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.1", ""},
      {"icmp[icmptype] != icmp-echo && icmp6[icmp6type] == icmp6-routeradvert", ""},
      {"tcp-evil", "tcp-evil"},
      {"((ip[2:2] - ((ip[0]&0xf)<<2)) != 0) || len > 100 || greater 5", ""},
      {"ether[0] & 1 = 0 and vlan 300 && mpls", ""},
      {"0xzz", "0xzz"},
      {"wlan type mgt subtype beacon", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(capture::host_name_in(c.filter), c.name) << c.filter;
}

Values values(std::string_view interface, std::string_view file, std::string_view filter = {}) {
  Values v;  // as the loader makes them
  for (const auto& o : kind.options) v.set(o.key, std::monostate{});
  v.set("snaplen", std::int64_t{256});
  v.set("promiscuous", false);
  v.set("netns", std::string());
  if (!interface.empty()) v.set("interface", std::string(interface));
  if (!file.empty()) v.set("file", std::string(file));
  if (!filter.empty()) v.set("filter", std::string(filter));
  return v;
}

std::string problem(const Values& v) {
  const auto p = kind.validate(v);
  return p ? std::string(p->key) + ": " + p->text : "";
}

TEST(Kind, Validate) {
  EXPECT_EQ(problem(values("eth0", "")), "");
  EXPECT_EQ(problem(values("", "x.pcap")), "");
  EXPECT_EQ(problem(values("", "")), "interface: needs an interface or a file");
  EXPECT_EQ(problem(values("eth0", "x")), "file: an interface and a file exclude each other");
  for (const auto* name : {"eth0/x", "nflog:5", "two words", "sixteen-octets-0", ".."}) {
    EXPECT_EQ(problem(values(name, "")).rfind("interface: is no name", 0), 0U) << name;
  }
  EXPECT_EQ(problem(values("any", "")), "");
  auto v = values("", "x");
  v.set("promiscuous", true);
  EXPECT_EQ(problem(v), "promiscuous: has no effect on a file");
  v = values("", "x");
  v.set("snaplen", std::int64_t{128});
  EXPECT_EQ(problem(v), "snaplen: has no effect on a file");
  v = values("", "x");
  v.set("netns", std::string("blue"));
  EXPECT_EQ(problem(v), "netns: has no effect on a file");
}

TEST(Kind, ValidateCompilesTheFilter) {
  EXPECT_EQ(problem(values("eth0", "", "arp or (vlan and arp)")), "");
  EXPECT_EQ(problem(values("eth0", "", "tcp port 80 or 443")), "");
  EXPECT_EQ(problem(values("eth0", "", "ifindex 3")), "");  // only where the header has it
  EXPECT_EQ(problem(values("eth0", "", "inbound")), "");
  EXPECT_EQ(problem(values("eth0", "", "arp or (vlan")).rfind("filter: ", 0), 0U);
  EXPECT_NE(problem(values("eth0", "", "arp or (vlan")).find("syntax error"), std::string::npos);
  EXPECT_NE(problem(values("eth0", "", "host www.example.com")).find("'www.example.com'"),
            std::string::npos);
  EXPECT_NE(problem(values("eth0", "", "port 70000")), "");
  EXPECT_NE(problem(values("", "x.pcap", "apr")), "");
}

TEST(Kind, QuickKey) {
  EXPECT_EQ(kind.quick_key("eth0-that-is-no-file"), "interface");
  EXPECT_EQ(kind.quick_key("./eth0"), "file");
  EXPECT_EQ(kind.quick_key("-"), "file");
  EXPECT_EQ(kind.quick_key(data_path("scapy.pcap")), "file");
}

TEST(Kind, AFileIsFinite) {
  EXPECT_TRUE(kind.finite(values("", "x.pcap")));
  EXPECT_FALSE(kind.finite(values("eth0", "")));
}

TEST(Links, DltAndBack) {
  EXPECT_EQ(capture::dlt_of(linktype::raw), 12);
  EXPECT_EQ(capture::link_of(12), linktype::raw);
  for (const int number : {0, 1, 108, 113, 228, 229, 239, 253, 276}) {
    const auto link = static_cast<std::uint16_t>(number);
    EXPECT_EQ(capture::dlt_of(link), link);
    EXPECT_EQ(capture::link_of(link), link);
  }
}

}  // namespace
}  // namespace netweir::pcap::test
