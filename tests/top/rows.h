// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/event.h"
#include "top/model.h"

namespace netweir::test {

inline WallTime at(std::int64_t seconds) { return WallTime{std::chrono::seconds{seconds}}; }

/// Events as a pipeline gives them, into a model.
struct Story {
  explicit Story(top::Model::Settings settings = {}) : model(settings) {}

  /// A line of `talkers`, of a source whose packets are all seen where `half` is 0.
  void talks(Ip from, Ip to, double packets, double octets, double half = 0,
             std::string_view source = "a") {
    TrafficTotal total;
    total.key.has = bit(Dimension::src_ip) | bit(Dimension::dest_ip);
    total.key.src = from;
    total.key.dst = to;
    line("talkers", total, packets, octets, half, source);
  }
  void crosses(std::string_view in, std::string_view out, double packets, double octets) {
    TrafficTotal total;
    total.key.has = bit(Dimension::in_iface) | bit(Dimension::out_iface);
    line("interfaces", total, packets, octets, 0, "a", in, out);
  }
  void speaks(std::uint8_t protocol, int port, double packets, double octets) {
    TrafficTotal total;
    total.key.has = bit(Dimension::proto);
    total.key.protocol = protocol;
    if (port >= 0) {
      total.key.has |= bit(Dimension::dest_port);
      total.key.dst_port = static_cast<std::uint16_t>(port);
    }
    line("protocols", total, packets, octets, 0, "a");
  }
  void rest(std::string_view name, std::uint64_t keys, double packets, double octets) {
    TrafficEvent traffic;
    traffic.rest = true;
    traffic.keys = keys;
    line(name, {}, packets, octets, 0, "a", {}, {}, traffic);
  }
  void line(std::string_view name, TrafficTotal total, double packets, double octets, double half,
            std::string_view source, std::string_view in = {}, std::string_view out = {},
            TrafficEvent traffic = {}) {
    total.packets = static_cast<std::uint64_t>(packets);
    total.octets = static_cast<std::uint64_t>(octets);
    total.all_packets = {packets, half / 2, packets - half / 2, packets + half};
    total.all_octets = {octets, half / 2, octets - half / 2, octets + half};
    line(name, total, source, in, out, traffic);
  }
  /// With the estimates that `total` has.
  void line(std::string_view name, const TrafficTotal& total, std::string_view source,
            std::string_view in = {}, std::string_view out = {}, TrafficEvent traffic = {}) {
    traffic.name = name;
    traffic.from = begins;
    traffic.to = ends;
    traffic.total = &total;
    const SourceName who{std::string(source), "pcap"};
    Event event;
    event.source = &who;
    event.in_iface = in;
    event.out_iface = out;
    event.body = traffic;
    model.event(event);
  }
  void state(std::string_view name, SourceState state, std::string_view why = {}) {
    const SourceName who{std::string(name), "pcap"};
    Event event;
    event.source = &who;
    event.body = SourceEvent{.state = state, .reason = why};
    model.event(event);
  }
  /// The interval ends with these sources; the next begins.
  void next(std::vector<Ledger> ledgers = {}) {
    (void)model.interval(begins, ends, ledgers);
    begins += model.settings().interval;
    ends += model.settings().interval;
  }

  top::Model model;
  WallTime begins = at(100), ends = begins + model.settings().interval;
};

/// The texts and numbers of a row, for comparing: numbers with their error where there is one.
inline std::string text_of(const top::Row& row) {
  std::string out;
  for (const auto& cell : row.cells) {
    if (!out.empty()) out += ' ';
    if (!cell.text.empty()) {
      out += cell.text;
      continue;
    }
    if (cell.at_least) out += ">=";
    out += std::to_string(std::lround(cell.value));
    if (cell.plus_minus > 0) out += "+-" + std::to_string(std::lround(cell.plus_minus));
  }
  return out;
}
inline std::vector<std::string> texts_of(const top::Table& table) {
  std::vector<std::string> out;
  for (const auto& row : table.rows) out.push_back(text_of(row));
  return out;
}

}  // namespace netweir::test
