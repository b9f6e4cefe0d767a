// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/net_tstamp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "netweir/finding.h"
#include "netweir/result.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::af_packet {

/// ioctl(2) on an interface, by a pointer to its request; 0 or an errno.
using DeviceCall = std::function<int(unsigned long request, void* data)>;
/// That of a socket, in whose namespace the interface is.
DeviceCall device_call(int socket);

/// A device's timestamps, switched on while this is there (SIOCSHWTSTAMP, Documentation/networking/
/// timestamping.rst): all that is received, and, where asked, all that is sent. What was set before
/// is set again by the end of the last one of this process on the same interface, whatever its name
/// is by then, unless somebody else has changed it. Needs CAP_NET_ADMIN. Any thread.
class DeviceClock {
 public:
  /// Of an interface of the calling thread's network namespace. Nothing is changed where the device
  /// does it already. EOPNOTSUPP: it has no timestamps; ERANGE: not of every packet.
  static Result<DeviceClock> on(DeviceCall call, const std::string& interface, bool sent);
  DeviceClock(DeviceClock&& other) noexcept;
  DeviceClock& operator=(DeviceClock&& other) noexcept;
  ~DeviceClock();

 private:
  /// Network namespace (inode) and index: names change hands.
  using Device = std::pair<std::uint64_t, int>;
  /// What this process has done to a device.
  struct Setting {
    hwtstamp_config before, ours;
    int users = 0;
  };
  struct Settings;
  static Settings& settings();

  explicit DeviceClock(DeviceCall call) noexcept;
  void restore() noexcept;

  DeviceCall call_;
  std::optional<Device> device_;  ///< nothing = it was on
};

/// What an interface can do (ETHTOOL_GET_TS_INFO).
struct DeviceTimes {
  bool software_tx = false, software_rx = false;
  bool hardware_tx = false, hardware_rx = false;  ///< hardware_rx: of all packets
  std::int32_t clock = -1;                        ///< N of /dev/ptpN; -1 = it has none
};
Result<DeviceTimes> device_times(const DeviceCall& call, const std::string& interface);

/// For `netweir sources`: the Ethernet interfaces of a namespace, and whose times of packets each
/// can give.
std::vector<FindingList> findings(const Place& place, Privileged& privileged);

}  // namespace netweir::af_packet
