// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/source_kind.h"
#include "os/address_text.h"
#include "os/link_commands.h"
#include "tap/request.h"
#include "tap/source.h"

namespace netweir::tap {
namespace {

constexpr std::int64_t least_mtu = 68, greatest_mtu = 65521;  // drivers/net/tun.c
constexpr std::array options{
    Option{.key = "interface", .help = "the TAP device; it is made unless it is there"},
    Option{.key = "mac", .help = "MAC of the host's side, such as 02:00:00:00:00:01"},
    Option{.key = "addresses",
           .type = OptionType::texts,
           .help = "addresses of the host on it, such as 192.0.2.1/24"},
    Option{.key = "mtu",
           .type = OptionType::integer,
           .min = least_mtu,
           .max = greatest_mtu,
           .help = "octets of a frame behind its Ethernet header"},
    Option{.key = "up", .type = OptionType::boolean, .standard = "true", .help = "set it up"},
    Option{.key = "respond",
           .type = OptionType::texts,
           .help = "addresses behind the device: ARP, neighbor solicitations and echo requests for "
                   "them are answered"},
    Option{.key = "respond_mac",
           .help = "MAC at which those are; without it the device's own with the last bit changed"},
    Option{.key = "respond_rate",
           .type = OptionType::integer,
           .standard = "100",
           .min = 1,
           .max = 100'000,
           .help = "answers a second"},
    Option{.key = "receive_buffer",
           .refused = true,
           .help = "has no effect here: the device keeps as many frames as its txqueuelen says"},
    Option{.key = "receive_buffer_max",
           .refused = true,
           .help = "has no effect here: the device keeps as many frames as its txqueuelen says"}};

std::vector<std::string> texts(const Values& values, std::string_view key) {
  return values.get<std::vector<std::string>>(key);
}

/// A MAC that one station can have.
std::optional<Mac> station(const std::string& text) {
  const auto mac = read_mac(text);
  return mac && !mac->is_group() && !mac->is_zero() ? mac : std::nullopt;
}

std::optional<OptionProblem> validate(const Values& values) {
  const auto interface = values.text("interface");
  if (interface.empty()) return OptionProblem{"interface", "needs the name of a device"};
  if (!is_interface_name(interface) || interface.find('%') != std::string::npos)
    return OptionProblem{"interface",
                         "is no name of a device: 1 to 15 octets without '/', ':', '%' and blanks"};
  for (const auto* key : {"mac", "respond_mac"}) {
    if (values.has(key) && !station(values.text(key)))
      return OptionProblem{key, "is no MAC of a station, such as 02:00:00:00:00:01"};
  }
  for (const auto& text : texts(values, "addresses")) {
    if (text.find('/') == std::string::npos || !read_network(text))
      return OptionProblem{"addresses", "`" + text + "` is no address such as 192.0.2.1/24"};
  }
  for (const auto& text : texts(values, "respond")) {
    if (!read_ip(text))
      return OptionProblem{"respond", "`" + text + "` is no address such as 192.0.2.1"};
  }
  if (values.has("respond_mac") && !values.has("respond"))
    return OptionProblem{"respond_mac", "has no effect without `respond`"};
  return std::nullopt;
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  const auto& values = config.values;
  TapSource::Options tap;
  tap.device.interface = values.text("interface");
  tap.device.netns = values.text("netns");
  tap.device.up = values.boolean("up");
  if (values.has("mac")) tap.device.mac = read_mac(values.text("mac"));
  if (values.has("mtu")) tap.device.mtu = values.octets("mtu");
  for (const auto& text : texts(values, "addresses")) {
    if (const auto address = read_network(text)) tap.device.addresses.push_back(*address);
  }
  for (const auto& text : texts(values, "respond")) {
    if (const auto ip = read_ip(text)) tap.respond.push_back(*ip);
  }
  if (values.has("respond_mac")) tap.at = read_mac(values.text("respond_mac"));
  tap.rate = values.octets("respond_rate");
  return TapSource::open(tap, context);
}

std::optional<Error> trouble(const Values&, Privileged&) {
  if (::access("/dev/net/tun", R_OK | W_OK) == 0) return std::nullopt;
  return Error{errno, "tap devices: /dev/net/tun cannot be opened",
               errno == ENOENT ? "modprobe tun" : "run as root, or give it CAP_NET_ADMIN"};
}

}  // namespace

extern const SourceKind kind;
const SourceKind kind{.name = "tap",
                      .summary = "frames that the host sends into a TAP device: mirrors, tunnels",
                      .against_loss = "a larger txqueuelen of the device may help",
                      .options = options,
                      .validate = validate,
                      .quick_key = [](std::string_view) -> std::string_view { return "interface"; },
                      .open = open,
                      .act = act,
                      .trouble = trouble};

}  // namespace netweir::tap
