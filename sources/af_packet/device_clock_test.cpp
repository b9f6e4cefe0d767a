// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/device_clock.h"

#include <gtest/gtest.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace netweir::af_packet {
namespace {

/// A driver that keeps what it is set to.
struct Driver {
  hwtstamp_config config{0, HWTSTAMP_TX_OFF, HWTSTAMP_FILTER_NONE};
  int tells = 0, takes = 0;  ///< errno
  int forced = -1;           ///< rx_filter that it takes instead
  std::string name = "eth7";
  int index = 7;
  std::vector<std::string> set;

  DeviceCall call() {
    return [this](unsigned long request, void* data) {
      auto& r = *static_cast<ifreq*>(data);
      if (request == SIOCGIFNAME) {
        if (r.ifr_ifindex != index) return ENODEV;
        std::memcpy(r.ifr_name, name.c_str(), name.size() + 1);
        return 0;
      }
      if (r.ifr_name != name) return ENODEV;
      if (request == SIOCGIFINDEX) {
        r.ifr_ifindex = index;
        return 0;
      }
      auto& c = *static_cast<hwtstamp_config*>(static_cast<void*>(r.ifr_data));
      if (request == SIOCGHWTSTAMP) {
        if (tells == 0) c = config;
        return tells;
      }
      EXPECT_EQ(request, static_cast<unsigned long>(SIOCSHWTSTAMP));
      if (takes != 0) return takes;
      if (forced >= 0 && c.rx_filter != HWTSTAMP_FILTER_NONE) c.rx_filter = forced;
      config = c;
      set.push_back(std::to_string(c.tx_type) + " " + std::to_string(c.rx_filter));
      return 0;
    };
  }
};

TEST(DeviceClock, IsSwitchedOnAndBack) {
  Driver driver;
  {
    const auto clock = DeviceClock::on(driver.call(), "eth7", false);
    ASSERT_TRUE(clock);
    EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_ALL);
    EXPECT_EQ(driver.config.tx_type, HWTSTAMP_TX_OFF);
  }
  EXPECT_EQ(driver.set, (std::vector<std::string>{"0 1", "0 0"}));
}

TEST(DeviceClock, OfSentFramesToo) {
  Driver driver;
  {
    auto clock = DeviceClock::on(driver.call(), "eth7", true);
    ASSERT_TRUE(clock);
    const auto moved = *std::move(clock);  // restored once
    EXPECT_EQ(driver.config.tx_type, HWTSTAMP_TX_ON);
  }
  EXPECT_EQ(driver.set, (std::vector<std::string>{"1 1", "0 0"}));
}

TEST(DeviceClock, WhatIsOnStays) {
  Driver driver;
  driver.config = {0, HWTSTAMP_TX_ONESTEP_SYNC, HWTSTAMP_FILTER_ALL};
  { EXPECT_TRUE(DeviceClock::on(driver.call(), "eth7", true)); }
  EXPECT_TRUE(driver.set.empty());
}

TEST(DeviceClock, ADriverMayTakeMoreThanItWasAskedFor) {
  Driver driver;
  driver.config.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
  driver.forced = HWTSTAMP_FILTER_SOME;
  { EXPECT_TRUE(DeviceClock::on(driver.call(), "eth7", false)); }
  EXPECT_EQ(driver.set.size(), 2U) << "not restored";
}

TEST(DeviceClock, WhatSomebodyElseHasSetSinceStays) {
  Driver driver;
  {
    const auto clock = DeviceClock::on(driver.call(), "eth7", false);
    ASSERT_TRUE(clock);
    driver.config.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
  }
  EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_PTP_V2_EVENT);
}

TEST(DeviceClock, TheLastOfSeveralRestores) {
  for (const int tells : {0, EOPNOTSUPP}) {
    Driver driver;
    driver.tells = tells;
    {
      auto one = DeviceClock::on(driver.call(), "eth7", false);
      auto two = DeviceClock::on(driver.call(), "eth7", true);
      auto three = DeviceClock::on(driver.call(), "eth7", false);
      ASSERT_TRUE(one && two && three);
      EXPECT_EQ(driver.config.tx_type, HWTSTAMP_TX_ON);
      { const auto first = *std::move(one); }
      { const auto second = *std::move(two); }
      EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_ALL);
    }
    EXPECT_EQ(driver.config.tx_type, HWTSTAMP_TX_OFF);
    EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_NONE);
  }
}

TEST(DeviceClock, OfSeveralTheLaterRestoresWhatSomebodyElseHasSetBetween) {
  Driver driver;
  {
    const auto one = DeviceClock::on(driver.call(), "eth7", false);
    driver.config.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
    const auto two = DeviceClock::on(driver.call(), "eth7", false);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_ALL);
  }
  EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_PTP_V2_EVENT);
}

TEST(DeviceClock, OthersAreAnotherMatter) {
  Driver driver, other;
  other.name = "eth8";
  other.index = 8;
  const auto stays = DeviceClock::on(other.call(), "eth8", false);
  { EXPECT_TRUE(DeviceClock::on(driver.call(), "eth7", false)); }
  EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_NONE);
  EXPECT_EQ(other.config.rx_filter, HWTSTAMP_FILTER_ALL);
}

TEST(DeviceClock, ItsNameMayChange) {
  Driver driver;
  {
    ASSERT_TRUE(DeviceClock::on(driver.call(), "eth7", false));
    const auto clock = DeviceClock::on(driver.call(), "eth7", false);
    driver.name = "wan0";
  }
  EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_NONE);
}

TEST(DeviceClock, WhoHasItsNameAfterItStays) {
  Driver driver;
  {
    const auto clock = DeviceClock::on(driver.call(), "eth7", false);
    driver.index = 9;
  }
  EXPECT_EQ(driver.config.rx_filter, HWTSTAMP_FILTER_ALL);
}

TEST(DeviceClock, WhyNot) {
  Driver driver;
  driver.tells = EOPNOTSUPP;
  { EXPECT_TRUE(DeviceClock::on(driver.call(), "eth7", false)); }
  EXPECT_EQ(driver.set.size(), 2U);
  driver.takes = EOPNOTSUPP;
  const auto none = DeviceClock::on(driver.call(), "eth7", false);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, EOPNOTSUPP);
  EXPECT_EQ(none.error().mend, "ethtool -T eth7");
  driver.takes = ERANGE;
  const auto some = DeviceClock::on(driver.call(), "eth7", false);
  ASSERT_FALSE(some);
  EXPECT_EQ(some.error().what, "timestamps of eth7: the device does not give every packet one");
  driver.tells = 0;
  driver.takes = EPERM;
  const auto refused = DeviceClock::on(driver.call(), "eth7", false);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().mend.find("CAP_NET_ADMIN"), std::string::npos);
}

TEST(DeviceTimes, AsEthtoolTellsThem) {
  struct Case {
    std::uint32_t flags, tx, rx;
    std::int32_t clock;
    DeviceTimes expected;
  };
  // Flags of `ethtool -T`: an igb (0x5f), a veth (0x1a), one that stamps PTP messages only.
  for (const auto& c : {Case{0x5f, 0x3, 0x3, 0, {true, true, true, true, 0}},
                        Case{0x1a, 0, 0, -1, {true, true, false, false, -1}},
                        Case{0x5f, 0x3, 0x1001, 2, {true, true, true, false, 2}}}) {
    const DeviceCall call = [&c](unsigned long request, void* data) {
      EXPECT_EQ(request, static_cast<unsigned long>(SIOCETHTOOL));
      auto& info =
          *static_cast<ethtool_ts_info*>(static_cast<void*>(static_cast<ifreq*>(data)->ifr_data));
      EXPECT_EQ(info.cmd, static_cast<std::uint32_t>(ETHTOOL_GET_TS_INFO));
      info.so_timestamping = c.flags;
      info.tx_types = c.tx;
      info.rx_filters = c.rx;
      info.phc_index = c.clock;
      return 0;
    };
    const auto times = device_times(call, "eth7");
    ASSERT_TRUE(times);
    EXPECT_EQ(times->software_tx, c.expected.software_tx);
    EXPECT_EQ(times->software_rx, c.expected.software_rx);
    EXPECT_EQ(times->hardware_tx, c.expected.hardware_tx);
    EXPECT_EQ(times->hardware_rx, c.expected.hardware_rx);
    EXPECT_EQ(times->clock, c.expected.clock);
  }
}

}  // namespace
}  // namespace netweir::af_packet
