// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/probe_report.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "netweir/text.h"

namespace netweir::app {
namespace {

using Json = nlohmann::ordered_json;
using probe::Histogram;

constexpr std::array percents{50.0, 90.0, 99.0, 99.9};

template <class... T>
std::string print(const char* format, T... values) {
  std::array<char, 256> text{};
  const int n = std::snprintf(text.data(), text.size(), format, values...);
  return std::string(
      text.data(), std::min<std::size_t>(n < 0 ? 0 : static_cast<std::size_t>(n), text.size() - 1));
}

/// Microseconds with three digits behind the point: what people compare.
std::string microseconds(double nanoseconds) { return print("%.3f", nanoseconds / 1000); }

std::string row(const char* name, const Histogram& h) {
  std::string out = print("%-26s", name);
  if (h.count() == 0) return out + "  no times\n";
  const auto cell = [&out](double value) { out += print(" %11s", microseconds(value).c_str()); };
  cell(static_cast<double>(h.min()));
  for (const auto p : percents) cell(static_cast<double>(h.percentile(p)));
  cell(static_cast<double>(h.max()));
  cell(h.mean());
  return out + "\n";
}

Json figures(const Histogram& h) {
  Json out;
  out["count"] = h.count();
  if (h.count() == 0) return out;
  out["min"] = h.min();
  out["p50"] = h.percentile(percents[0]);
  out["p90"] = h.percentile(percents[1]);
  out["p99"] = h.percentile(percents[2]);
  out["p99_9"] = h.percentile(percents[3]);
  out["max"] = h.max();
  out["mean"] = std::round(h.mean());
  out["deviation"] = std::round(h.deviation());
  auto buckets = Json::array();
  for (const auto& [top, count] : h.buckets()) buckets.push_back({top, count});
  out["buckets"] = std::move(buckets);
  return out;
}

/// A picture of the round trips: the hundred parts of the range in twelve rows.
std::string picture(const Histogram& h) {
  constexpr std::size_t rows = 12, width = 40;
  if (h.count() < 2 || h.max() == h.min()) return {};
  // The slowest hundredth would flatten the rest.
  const auto low = h.min(), high = std::max(h.percentile(99), low + 1);
  std::array<std::uint64_t, rows + 1> seen{};
  for (const auto& [top, count] : h.buckets()) {
    const auto at = static_cast<double>(std::max(top, low) - low) / static_cast<double>(high - low);
    seen[std::min(rows, static_cast<std::size_t>(at * rows))] += count;
  }
  std::uint64_t most = 1;
  for (const auto n : seen) most = std::max(most, n);
  std::string out = "\nround trip, microseconds\n";
  for (std::size_t i = 0; i <= rows; ++i) {
    const auto from =
        static_cast<double>(low) + static_cast<double>(high - low) * static_cast<double>(i) / rows;
    const auto stars = (seen[i] * width + most - 1) / most;
    out += print("%s%11s ", i == rows ? ">" : " ", microseconds(from).c_str()) +
           std::string(stars, '#') + print(" %llu\n", static_cast<unsigned long long>(seen[i]));
  }
  return out;
}

}  // namespace

std::string probe_text(const ProbeRun& run, const probe::Account& account) {
  const auto& t = account.totals();
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::string out = print("%s to %s: %llu probes of %zu octets in %.1f s\n", run.interface.c_str(),
                          to_string(run.to).c_str(), n(t.sent), run.octets, run.seconds);
  const auto percent =
      t.sent == 0 ? 0.0 : 100.0 * static_cast<double>(t.lost) / static_cast<double>(t.sent);
  out += print("received %llu, lost %llu (%.3f %%)", n(t.received), n(t.lost), percent);
  if (t.refused > 0) out += print(", %llu of them not taken by our own queue", n(t.refused));
  out += print("; late %llu, duplicates %llu, reordered %llu\n", n(t.late), n(t.duplicates),
               n(t.reordered));
  if (run.overrun > 0)
    out += print("%llu frames found no room here: the figures lack them\n", n(run.overrun));
  if (t.received > 0) {
    out +=
        t.no_tx + t.no_rx + t.no_their_rx + t.no_their_tx == 0
            ? std::string("timestamps: all")
            : print("timestamps missing: %llu sent, %llu received; there: %llu received, %llu sent",
                    n(t.no_tx), n(t.no_rx), n(t.no_their_rx), n(t.no_their_tx));
    out += print("; by the device's clock: %llu\n", n(t.hardware));
  }
  out += run.synchronised ? "clocks: synchronised, as you say\n"
                          : "clocks: their offset is not known; it is in the one-way times\n";
  out += print("%-26s %11s %11s %11s %11s %11s %11s %11s\n", "microseconds", "min", "50 %", "90 %",
               "99 %", "99.9 %", "max", "mean");
  out += row("round trip", account.round_trip());
  out += row("  without the other end", account.network());
  out += row("there", account.there()) + row("back", account.back());
  return out + picture(account.round_trip());
}

std::string probe_json(const ProbeRun& run, const probe::Account& account) {
  const auto& t = account.totals();
  Json out;
  out["interface"] = run.interface;
  out["to"] = to_string(run.to);
  out["rate"] = run.rate;
  out["octets"] = run.octets;
  out["seconds"] = run.seconds;
  out["sent"] = t.sent;
  out["received"] = t.received;
  out["lost"] = t.lost;
  out["refused"] = t.refused;
  out["late"] = t.late;
  out["duplicates"] = t.duplicates;
  out["reordered"] = t.reordered;
  out["overrun"] = run.overrun;
  out["missing_timestamps"] = {
      {"tx", t.no_tx}, {"rx", t.no_rx}, {"peer_rx", t.no_their_rx}, {"peer_tx", t.no_their_tx}};
  out["hardware_timestamps"] = t.hardware;
  out["clock_offset"] = run.synchronised ? "synchronised" : "unknown";
  out["round_trip_ns"] = figures(account.round_trip());
  out["network_ns"] = figures(account.network());
  out["there_ns"] = figures(account.there());
  out["back_ns"] = figures(account.back());
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace netweir::app
