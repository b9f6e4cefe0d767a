// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_packet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "af_packet/device_clock.h"
#include "af_packet/source.h"
#include "capture/filter.h"
#include "capture/trouble.h"
#include "netweir/source_kind.h"
#include "os/link_commands.h"

namespace netweir::af_packet {
namespace {

constexpr std::int64_t least_snaplen = 64, greatest_snaplen = 65535;
constexpr std::int64_t most_sockets = 64;
constexpr std::uint32_t standard_buffer = 8 << 20;

constexpr std::array options{
    Option{.key = "interface", .help = "the Ethernet interface to capture on"},
    Option{.key = "filter",
           .help = "only packets that pass this filter (pcap-filter(7)); no names of hosts"},
    Option{.key = "snaplen",
           .type = OptionType::integer,
           .standard = "256",
           .min = least_snaplen,
           .max = greatest_snaplen,
           .help = "octets kept of each packet"},
    Option{.key = "sample_rate",
           .type = OptionType::integer,
           .standard = "1",
           .min = 1,
           .max = 16'777'216,
           .help = "keep a random one in so many packets; the kernel drops the others"},
    Option{.key = "receive",
           .type = OptionType::choice,
           .standard = "ring",
           .choices = "ring recvmmsg",
           .help = "out of a ring shared with the kernel (TPACKET_V3), or as messages"},
    Option{.key = "sockets",
           .type = OptionType::integer,
           .standard = "1",
           .min = 1,
           .max = most_sockets,
           .help = "sockets that share the packets, each with a buffer of its own"},
    Option{.key = "fanout",
           .type = OptionType::choice,
           .standard = "hash",
           .choices = "hash lb cpu rollover rnd qm",
           .help = "how several sockets share them (PACKET_FANOUT, packet(7))"},
    Option{.key = "outgoing",
           .type = OptionType::boolean,
           .standard = "true",
           .help = "packets that leave by the interface too; a loopback device has none"},
    Option{.key = "promiscuous",
           .type = OptionType::boolean,
           .standard = "false",
           .help = "receive what is addressed to others too"},
    Option{.key = "timestamps",
           .type = OptionType::choice,
           .standard = "software",
           .choices = "software hardware both",
           .help = "the kernel's time of a packet; the device's, where it gives one; each"},
    Option{.key = "receive_buffer_max",
           .refused = true,
           .help = "has no effect here: a buffer keeps its size, see receive_buffer"}};

/// The word's place in a list: PACKET_FANOUT_HASH is 0, and so on in the order of `choices`.
std::uint16_t fanout_of(std::string_view word) {
  constexpr std::array<std::string_view, 6> words{"hash", "lb", "cpu", "rollover", "rnd", "qm"};
  return static_cast<std::uint16_t>(std::find(words.begin(), words.end(), word) - words.begin());
}
static_assert(PACKET_FANOUT_HASH == 0 && PACKET_FANOUT_ROLLOVER == 3 && PACKET_FANOUT_QM == 5);

Stamps stamps_of(std::string_view word) {
  return word == "both" ? Stamps::both : word == "hardware" ? Stamps::hardware : Stamps::software;
}

std::optional<OptionProblem> validate(const Values& values) {
  if (values.text("interface").empty())
    return OptionProblem{"interface", "needs the name of an interface"};
  if (!is_interface_name(values.text("interface")))
    return OptionProblem{"interface", std::string(no_interface_name)};
  if (const auto text = values.text("filter"); !text.empty()) {
    if (auto problem = capture::filter_problem(text); !problem.empty())
      return OptionProblem{"filter", std::move(problem)};
  }
  if (values.text("timestamps") == "both" && values.text("receive") != "recvmmsg")
    return OptionProblem{"timestamps", "a ring carries one time: `both` needs `receive: recvmmsg`"};
  if (values.text("fanout") != "hash" && values.integer("sockets") == 1)
    return OptionProblem{"fanout", "has no effect on one socket"};
  return std::nullopt;
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  const auto& values = config.values;
  Options o;
  o.interface = values.text("interface");
  o.filter = values.text("filter");
  o.netns = values.text("netns");
  o.snaplen = values.octets("snaplen");
  o.sample = values.octets("sample_rate");
  o.buffer = values.has("receive_buffer") ? values.octets("receive_buffer") : standard_buffer;
  o.receive = values.text("receive") == "recvmmsg" ? Receive::recvmmsg : Receive::ring;
  o.sockets = values.octets("sockets");
  o.fanout = fanout_of(values.text("fanout"));
  o.outgoing = values.boolean("outgoing");
  o.promiscuous = values.boolean("promiscuous");
  o.stamps = stamps_of(values.text("timestamps"));
  return PacketSource::open(o, context);
}

std::optional<Error> trouble(const Values& values, Privileged& privileged) {
  return capture::trouble(privileged, values.text("netns"));
}

}  // namespace

extern const SourceKind kind;
const SourceKind kind{.name = "af_packet",
                      .summary = "packets of an Ethernet interface, by packet sockets (TPACKET_V3)",
                      .options = options,
                      .validate = validate,
                      .quick_key = [](std::string_view) -> std::string_view { return "interface"; },
                      .open = open,
                      .trouble = trouble,
                      .findings = findings};

}  // namespace netweir::af_packet
