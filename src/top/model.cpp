// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/model.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "format/ip_protocol.h"
#include "format/names.h"
#include "netweir/text.h"

namespace netweir::top {
namespace {

constexpr double bits_an_octet = 8;
constexpr std::string_view nothing = "-";

double seconds(std::chrono::nanoseconds d) noexcept {
  return std::chrono::duration<double>(d).count();
}

std::string text_or_nothing(std::string_view text) {
  return std::string(text.empty() ? nothing : text);
}

std::string address(const TrafficKey& key, Dimension d, const Ip& ip) {
  const bool there = (key.has & bit(d)) != 0 && ip.version != IpVersion::none;
  return there ? to_string(ip) : std::string(nothing);
}

std::string protocol(const TrafficKey& key) {
  if ((key.has & bit(Dimension::proto)) == 0) return std::string(nothing);
  if (key.arp) return "ARP";
  const auto name = format::protocol_name(key.protocol);
  return name.empty() ? "IP " + std::to_string(key.protocol) : std::string(name);
}

/// What a line of the total is called.
std::pair<std::string, std::string> words(std::size_t total, const Event& event,
                                          const TrafficEvent& traffic) {
  const auto& key = traffic.total->key;
  if (total == 0) return {text_or_nothing(event.in_iface), text_or_nothing(event.out_iface)};
  if (total == 1)
    return {address(key, Dimension::src_ip, key.src), address(key, Dimension::dest_ip, key.dst)};
  const bool port = (key.has & bit(Dimension::dest_port)) != 0;
  return {protocol(key), port ? std::to_string(key.dst_port) : std::string(nothing)};
}

Cell text_cell(std::string text) {
  Cell cell;
  cell.text = std::move(text);
  return cell;
}

Cell number_cell(double value) {
  Cell cell;
  cell.value = value;
  return cell;
}

}  // namespace

void Model::Sum::add(const Estimate& e) noexcept {
  value += e.value;
  constexpr double z = 1.96;  // of 95 %
  const double half = std::max(e.high - e.value, e.value - e.low);
  const double normal = std::min(z * e.error, half);
  square += normal * normal;
  excess = std::max(excess, half * half - normal * normal);
}

void Model::Sum::add(const Sum& s) noexcept {
  value += s.value;
  square += s.square;
  excess = std::max(excess, s.excess);
}

Cell Model::Sum::cell(double factor) const {
  Cell cell;
  cell.value = value * factor;
  cell.plus_minus = std::sqrt(square + excess) * factor;
  return cell;
}

void Model::event(const Event& event) {
  if (event.source == nullptr) return;
  if (const auto* t = std::get_if<TrafficEvent>(&event.body)) return traffic(event, *t);
  const auto* state = std::get_if<SourceEvent>(&event.body);
  const auto* loss = std::get_if<LossEvent>(&event.body);
  if (state == nullptr && loss == nullptr) return;
  auto& source = sources_[{event.source->name, event.source->type}];
  if (loss != nullptr) {
    source.why = "lost: " + std::string(loss->loss->cause);
  } else if (state->state != SourceState::resync_begin && state->state != SourceState::resync_end) {
    source.state = state->state;
    source.known = true;
    source.why = state->reason;
  }
}

void Model::traffic(const Event& event, const TrafficEvent& traffic) {
  const auto total = std::find_if(totals.begin(), totals.end(),
                                  [&](const Total& t) { return t.name == traffic.name; });
  if (total == totals.end()) return;
  const auto i = static_cast<std::size_t>(total - totals.begin());
  auto& entries = entries_[i];
  fresh_ = true;
  Key key{traffic.rest, event.source->name, {}, {}};
  if (!traffic.rest) std::tie(std::get<2>(key), std::get<3>(key)) = words(i, event, traffic);
  auto& entry = entries[std::move(key)];
  if (entry.at != traffic.to) {
    entry.latest = {};
    entry.keys = 0;
    entry.at = traffic.to;
  }
  for (auto* amount : {&entry.latest, &entry.all}) {
    amount->packets.add(traffic.total->all_packets);
    amount->octets.add(traffic.total->all_octets);
  }
  entry.keys += traffic.keys;
  if (entries.size() > 2 * settings_.most) bound(entries);
}

void Model::bound(Entries& entries) const {
  std::vector<Entries::iterator> order;
  for (auto it = entries.begin(); it != entries.end(); ++it) {
    if (!std::get<0>(it->first)) order.push_back(it);
  }
  if (order.size() <= settings_.most) return;
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(settings_.most);
  std::nth_element(order.begin(), middle, order.end(), [](const auto& a, const auto& b) {
    return a->second.all.octets.value > b->second.all.octets.value;
  });
  for (auto it = middle; it != order.end(); ++it) {
    auto& rest = entries[{true, std::get<1>((*it)->first), {}, {}}];
    auto& gone = (*it)->second;
    rest.all.packets.add(gone.all.packets);
    rest.all.octets.add(gone.all.octets);
    if (gone.at > rest.at) {
      rest.at = gone.at;
      rest.latest = {};
      rest.keys = 0;
    }
    if (gone.at == rest.at) {
      rest.latest.packets.add(gone.latest.packets);
      rest.latest.octets.add(gone.latest.octets);
      ++rest.keys;
    }
    entries.erase(*it);
  }
}

bool Model::interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) {
  const bool one = std::exchange(fresh_, false) || from < to;
  const double length = seconds(settings_.interval);
  for (const auto& l : ledgers) {
    auto& source = sources_[{std::string(l.name), std::string(l.type)}];
    const auto before = std::exchange(source.ledger, l);
    source.ledger.name = source.ledger.type = source.ledger.unit = {};
    if (!one) continue;
    source.seen = static_cast<double>(l.received() - before.received()) / length;
    source.lost = static_cast<double>(l.lost - before.lost) / length;
  }
  if (!one) return false;
  from_ = from;
  to_ = to;
  begun_ = true;
  return true;
}

Table Model::sources() const {
  Table table{.pane = Pane::sources, .rows = {}};
  for (const auto& [name, s] : sources_) {
    Row row;
    const bool up = s.state == SourceState::up || s.state == SourceState::recovered ||
                    s.state == SourceState::fallback;
    if (s.known && !up && s.why != "finished") row.mood = Row::Mood::bad;
    if (s.known && up) row.mood = s.lost > 0 ? Row::Mood::bad : Row::Mood::good;
    const auto seen = static_cast<double>(s.ledger.received());
    const auto lost = static_cast<double>(s.ledger.lost);
    row.cells.push_back(text_cell(name.first));
    row.cells.push_back(text_cell(name.second));
    row.cells.push_back(text_cell(std::string(s.known ? format::word(s.state) : nothing)));
    row.cells.push_back(number_cell(s.seen));
    row.cells.push_back(number_cell(s.lost));
    row.cells.push_back(number_cell(seen));
    row.cells.push_back(number_cell(lost));
    row.cells.back().at_least = !s.ledger.lost_exact;
    row.cells.push_back(number_cell(seen + lost > 0 ? 100 * lost / (seen + lost) : 0));
    row.cells.push_back(text_cell(s.why));
    row.current = s.seen > 0 || s.lost > 0;
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table Model::table(Pane pane) const {
  if (pane == Pane::sources) return sources();
  Table table{.pane = pane, .rows = {}};
  const double a_second = 1 / seconds(settings_.interval);
  for (const auto& [key, entry] : entries_[static_cast<std::size_t>(pane) - 1]) {
    const auto& [rest, source, first, second] = key;
    Row row;
    row.rest = rest;
    row.current = begun_ && entry.at == to_;
    const Amount latest = row.current ? entry.latest : Amount{};
    row.cells.push_back(text_cell(rest ? "others" : first));
    row.cells.push_back(text_cell(!rest         ? second
                                  : row.current ? std::to_string(entry.keys) + " keys"
                                                : std::string(nothing)));
    row.cells.push_back(latest.packets.cell(a_second));
    row.cells.push_back(latest.octets.cell(a_second * bits_an_octet));
    row.cells.push_back(entry.all.packets.cell());
    row.cells.push_back(entry.all.octets.cell());
    row.cells.push_back(text_cell(source));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace netweir::top
