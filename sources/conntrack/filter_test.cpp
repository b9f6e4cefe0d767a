// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "os/address_text.h"

namespace netweir::conntrack {
namespace {

TEST(Filter, ReadsNetworks) {
  const struct {
    const char* text;
    int length;  ///< -1 = none
  } cases[] = {
      {"192.0.2.0/24", 24},
      {"192.0.2.1", 32},
      {"0.0.0.0/0", 0},
      {"2001:db8::/32", 32},
      {"2001:db8::1", 128},
      {"::/0", 0},
      {"192.0.2.0/33", -1},
      {"::/129", -1},
      {"192.0.2.0/", -1},
      {"/24", -1},
      {"", -1},
      {"192.0.2/24", -1},
      {"192.0.2.0/24/8", -1},
      {"192.0.2.0/-1", -1},
      {"host", -1},
      {"192.0.2.0/ 8", -1},
      {"192.0.2.0/0x8", 8},
      {"192.0.2.0/256", -1},
  };
  for (const auto& c : cases) {
    const auto network = read_network(c.text);
    EXPECT_EQ(network ? int{network->bits} : -1, c.length) << c.text;
  }
}

TEST(Filter, NetworksContain) {
  const struct {
    const char* network;
    Ip ip;
    bool inside;
  } cases[] = {
      {"192.0.2.0/24", Ip::v4(192, 0, 2, 255), true},
      {"192.0.2.0/24", Ip::v4(192, 0, 3, 0), false},
      {"192.0.2.128/25", Ip::v4(192, 0, 2, 128), true},
      {"192.0.2.128/25", Ip::v4(192, 0, 2, 127), false},
      {"192.0.2.1", Ip::v4(192, 0, 2, 1), true},
      {"192.0.2.1", Ip::v4(192, 0, 2, 2), false},
      {"0.0.0.0/0", Ip::v4(255, 255, 255, 255), true},
      {"0.0.0.0/0", Ip{{}, IpVersion::v6}, false},
      {"::/0", Ip{{}, IpVersion::v6}, true},
      {"8000::/1", Ip{{0x80}, IpVersion::v6}, true},
      {"8000::/1", Ip{{0x7f}, IpVersion::v6}, false},
  };
  for (const auto& c : cases) {
    const auto network = read_network(c.network);
    ASSERT_TRUE(network);
    EXPECT_EQ(network->contains(c.ip), c.inside) << c.network;
  }
}

TEST(Filter, ReadsProtocolsAndMarks) {
  EXPECT_EQ(read_protocol("tcp"), 6);
  EXPECT_EQ(read_protocol("udplite"), 136);
  EXPECT_EQ(read_protocol("icmpv6"), 58);
  EXPECT_EQ(read_protocol("255"), 255);
  for (const char* text : {"", "256", "-1", "TCP", "tcp ", "six"})
    EXPECT_FALSE(read_protocol(text));

  const auto mark = [](const char* text) {
    const auto m = read_mark(text);
    return m ? std::to_string(m->value) + "/" + std::to_string(m->mask) : std::string();
  };
  EXPECT_EQ(mark("0x10"), "16/4294967295");
  EXPECT_EQ(mark("16/0xff"), "16/255");
  EXPECT_EQ(mark("0/0"), "0/0");
  for (const char* text : {"", "0x", "/", "1/", "/1", "0x10/0x0f", "4294967296", "1/2/3", "x"})
    EXPECT_EQ(mark(text), "") << text;
}

FlowRecord flow(std::uint8_t protocol, std::uint16_t zone = 0, std::uint32_t mark = 0) {
  FlowRecord r;
  r.orig.protocol = r.reply.protocol = protocol;
  r.orig.src = r.reply.dst = Ip::v4(192, 0, 2, 1);
  r.orig.dst = Ip::v4(198, 51, 100, 1);
  r.reply.src = Ip::v4(10, 0, 0, 1);  // translated
  r.zone = zone;
  r.mark = mark;
  return r;
}

TEST(Filter, FitsWhatFitsEverything) {
  EXPECT_TRUE(Filter{}.fits(flow(6)));
  EXPECT_TRUE(Filter{}.fits_mark(flow(6, 0, 7)));
  Values values;
  values.set("protocols", std::vector<std::string>{"tcp", "17", "tcp"});
  values.set("zones", std::vector<std::int64_t>{7, 0});
  values.set("networks", std::vector<std::string>{"10.0.0.0/8", "2001:db8::/32"});
  values.set("mark", std::string("0x10/0xf0"));
  const auto filter = Filter::from(values);
  EXPECT_EQ(filter.protocols(), (std::vector<std::uint8_t>{6, 17}));
  EXPECT_TRUE(filter.fits(flow(6)));
  EXPECT_TRUE(filter.fits(flow(17, 7)));
  EXPECT_FALSE(filter.fits(flow(1)));
  EXPECT_FALSE(filter.fits(flow(6, 8)));
  auto elsewhere = flow(6);
  elsewhere.reply.src = elsewhere.orig.dst;
  EXPECT_FALSE(filter.fits(elsewhere));
  EXPECT_TRUE(filter.fits_mark(flow(6, 0, 0x1f)));
  EXPECT_FALSE(filter.fits_mark(flow(6, 0, 0x2f)));
  EXPECT_FALSE(filter.fits_mark(flow(6)));
}

TEST(Filter, KnowsWhichVersionsAreWanted) {
  const auto wanted = [](const char* key, const char* text) {
    Values values;
    values.set(key, std::vector<std::string>{text});
    const auto filter = Filter::from(values);
    return std::string(filter.wants(IpVersion::v4) ? "4" : "") +
           (filter.wants(IpVersion::v6) ? "6" : "");
  };
  EXPECT_EQ(wanted("networks", "10.0.0.0/8"), "4");
  EXPECT_EQ(wanted("networks", "2001:db8::/32"), "6");
  EXPECT_EQ(wanted("protocols", "icmp"), "4");
  EXPECT_EQ(wanted("protocols", "icmpv6"), "6");
  EXPECT_EQ(wanted("protocols", "tcp"), "46");
}

}  // namespace
}  // namespace netweir::conntrack
