// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/device_clock.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace netweir::af_packet {
namespace {

/// Bounded: an interface more is not looked at.
constexpr std::size_t most_interfaces = 1024;

ifreq request_of(const std::string& interface, void* data) noexcept {
  ifreq request{};
  std::memcpy(request.ifr_name, interface.data(),
              std::min(interface.size(), sizeof request.ifr_name - 1));
  request.ifr_data = static_cast<char*>(data);
  return request;
}

Error failed(const std::string& interface, int code) {
  const auto why = code == ERANGE ? std::string("the device does not give every packet one")
                                  : std::generic_category().message(code);
  return {code, "timestamps of " + interface + ": " + why,
          code == EPERM ? "run as root, or give it CAP_NET_ADMIN" : "ethtool -T " + interface};
}

/// Of this thread; 0 = it cannot be known. No other has its number while a socket keeps it.
std::uint64_t this_netns() noexcept {
  struct stat told {};
  return ::stat("/proc/thread-self/ns/net", &told) == 0 ? told.st_ino : 0;
}

bool same(const hwtstamp_config& a, const hwtstamp_config& b) noexcept {
  return a.flags == b.flags && a.tx_type == b.tx_type && a.rx_filter == b.rx_filter;
}

}  // namespace

DeviceCall device_call(int socket) {
  return [socket](unsigned long request, void* data) {
    return ::ioctl(socket, request, data) == 0 ? 0 : errno;
  };
}

struct DeviceClock::Settings {
  std::mutex mutex;
  std::map<Device, Setting> all;
};

DeviceClock::Settings& DeviceClock::settings() {
  static Settings of_this_process;
  return of_this_process;
}

DeviceClock::DeviceClock(DeviceCall call) noexcept : call_(std::move(call)) {}

DeviceClock::DeviceClock(DeviceClock&& other) noexcept
    : call_(std::move(other.call_)), device_(std::exchange(other.device_, std::nullopt)) {}

DeviceClock& DeviceClock::operator=(DeviceClock&& other) noexcept {
  std::swap(call_, other.call_);
  std::swap(device_, other.device_);
  return *this;
}

DeviceClock::~DeviceClock() { restore(); }

Result<DeviceClock> DeviceClock::on(DeviceCall call, const std::string& interface, bool sent) {
  DeviceClock clock(std::move(call));
  auto request = request_of(interface, nullptr);
  if (const int code = clock.call_(SIOCGIFINDEX, &request); code != 0)
    return failed(interface, code);
  const Device device{this_netns(), request.ifr_ifindex};

  auto& [mutex, all] = settings();
  const std::lock_guard lock(mutex);
  const auto known = all.find(device);
  hwtstamp_config now{};
  request = request_of(interface, &now);
  // A driver may know how to set it and not how to tell.
  const int told = clock.call_(SIOCGHWTSTAMP, &request);
  if (told != 0 && told != EOPNOTSUPP) return failed(interface, told);
  const bool receives = told == 0 && now.rx_filter == HWTSTAMP_FILTER_ALL;
  const bool is_ours = known != all.end() && (told != 0 || same(now, known->second.ours));
  if (receives && (!sent || now.tx_type != HWTSTAMP_TX_OFF)) {
    if (!is_ours) return clock;
  } else {
    hwtstamp_config wanted = told == 0 || !is_ours ? now : known->second.ours;
    wanted.rx_filter = HWTSTAMP_FILTER_ALL;
    if (sent && wanted.tx_type == HWTSTAMP_TX_OFF) wanted.tx_type = HWTSTAMP_TX_ON;
    request = request_of(interface, &wanted);
    if (const int code = clock.call_(SIOCSHWTSTAMP, &request); code != 0)
      return failed(interface, code);
    auto& setting = all[device];
    if (!is_ours) setting.before = now;
    setting.ours = wanted;  // as the driver has taken it, which may be more than was asked for
  }
  ++all[device].users;
  clock.device_ = device;
  return clock;
}

void DeviceClock::restore() noexcept {
  if (!device_) return;
  auto& [mutex, all] = settings();
  const std::lock_guard lock(mutex);
  const auto found = all.find(*std::exchange(device_, std::nullopt));
  if (found == all.end() || --found->second.users > 0) return;
  auto setting = found->second;
  ifreq named{};
  named.ifr_ifindex = found->first.second;
  all.erase(found);
  if (call_(SIOCGIFNAME, &named) != 0) return;  // it is gone
  const std::string interface(named.ifr_name, ::strnlen(named.ifr_name, sizeof named.ifr_name));
  hwtstamp_config now{};
  auto request = request_of(interface, &now);
  const int told = call_(SIOCGHWTSTAMP, &request);
  if (told != EOPNOTSUPP && (told != 0 || !same(now, setting.ours))) return;
  request = request_of(interface, &setting.before);
  (void)call_(SIOCSHWTSTAMP, &request);
}

Result<DeviceTimes> device_times(const DeviceCall& call, const std::string& interface) {
  ethtool_ts_info info{};
  info.cmd = ETHTOOL_GET_TS_INFO;
  auto request = request_of(interface, &info);
  if (const int code = call(SIOCETHTOOL, &request); code != 0) return failed(interface, code);
  const auto has = [&info](unsigned flag) { return (info.so_timestamping & flag) != 0; };
  DeviceTimes t;
  t.software_tx = has(SOF_TIMESTAMPING_TX_SOFTWARE);
  t.software_rx = has(SOF_TIMESTAMPING_RX_SOFTWARE);
  const bool raw = has(SOF_TIMESTAMPING_RAW_HARDWARE);
  t.hardware_tx = raw && has(SOF_TIMESTAMPING_TX_HARDWARE) &&
                  (info.tx_types & 1U << static_cast<unsigned>(HWTSTAMP_TX_ON)) != 0;
  t.hardware_rx = raw && has(SOF_TIMESTAMPING_RX_HARDWARE) &&
                  (info.rx_filters & 1U << static_cast<unsigned>(HWTSTAMP_FILTER_ALL)) != 0;
  t.clock = info.phc_index;
  return t;
}

std::vector<FindingList> findings(const Place& place, Privileged& privileged) {
  FindingList list{"interfaces"};
  const auto where =
      place.netns.empty() ? std::string() : "netns " + std::string(place.netns) + ": ";
  (void)privileged.in_namespace(NetnsName::from(place.netns), [&] {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return;
    const auto call = device_call(socket.get());
    const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> all(
        ::if_nameindex(), &::if_freenameindex);
    if (!all) return;
    for (const auto* i = all.get(); i->if_index != 0 && list.items.size() < most_interfaces; ++i) {
      const std::string name = i->if_name;
      auto kind = request_of(name, nullptr);
      if (call(SIOCGIFHWADDR, &kind) != 0 || kind.ifr_hwaddr.sa_family != ARPHRD_ETHER) continue;
      const auto times = device_times(call, name);
      if (!times) continue;
      const auto both = [](bool rx, bool tx) {
        return rx && tx ? "in and out" : rx ? "in" : tx ? "out" : "no";
      };
      Finding f{where + name +
                    ": timestamps by the kernel: " + both(times->software_rx, times->software_tx) +
                    ", by the device: " + both(times->hardware_rx, times->hardware_tx),
                {{"interface", name},
                 {"software_rx", times->software_rx},
                 {"software_tx", times->software_tx},
                 {"hardware_rx", times->hardware_rx},
                 {"hardware_tx", times->hardware_tx}}};
      if (times->clock >= 0) {
        f.text += " (/dev/ptp" + std::to_string(times->clock) + ")";
        f.fields.emplace_back("ptp_clock", std::int64_t{times->clock});
      }
      if (!place.netns.empty()) f.fields.emplace_back("netns", std::string(place.netns));
      list.items.push_back(std::move(f));
    }
  });
  return {std::move(list)};
}

}  // namespace netweir::af_packet
