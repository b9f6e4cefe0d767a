// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/recorded.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace netweir::pcap {
namespace {

constexpr std::uint16_t comment = 1, packet_drops = 4, statistics_os_drops = 7;
constexpr std::string_view sender = "netweir: sender port id ";
constexpr std::string_view listed = "netweir: listing ";

std::uint32_t saturated(std::uint64_t value) noexcept {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

/// The next word, and what follows it.
std::string_view word(std::string_view& text) noexcept {
  const auto end = std::min(text.find(' '), text.size());
  const auto found = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return found;
}

/// "begins dump", "ends resync repeated". Nothing where it is none of a recorder's.
std::optional<FlowListing> read_listing(std::string_view text) noexcept {
  using Phase = FlowListing::Phase;
  FlowListing listing;
  const auto phase = word(text);
  const auto reason = word(text);
  if (phase == "begins")
    listing.phase = Phase::begins;
  else if (phase == "ends")
    listing.phase = Phase::ends;
  else if (phase == "fails")
    listing.phase = Phase::fails;
  else
    return std::nullopt;
  if (reason == "dump")
    listing.reason = FlowReason::dump;
  else if (reason == "resync")
    listing.reason = FlowReason::resync;
  else if (reason == "reconcile")
    listing.reason = FlowReason::reconcile;
  else
    return std::nullopt;
  listing.repeated = text == "repeated";
  return listing;
}

}  // namespace

bool BlockOptions::next() noexcept {
  constexpr std::size_t head = 4;
  if (!ok_ || rest_.size() < head) return false;
  code_ = order_.u16(rest_, 0);
  const std::size_t length = order_.u16(rest_, 2);
  if (code_ == 0) return false;  // opt_endofopt
  const auto padded = (length + 3U) & ~std::size_t{3};
  if (padded > rest_.size() - head) {
    ok_ = false;
    return false;
  }
  value_ = rest_.subspan(head, length);
  rest_ = rest_.subspan(head + padded);
  return true;
}

std::string_view BlockOptions::text() const noexcept {
  const std::string_view whole(reinterpret_cast<const char*>(value_.data()), value_.size());
  return whole.substr(0, whole.find('\0'));
}

const RecordedSource* Recorded::source(std::string_view name, std::string_view type,
                                       std::string_view settings) {
  if (settings.size() > max_settings) settings = {};
  Key key(name, type, settings);
  if (const auto it = sources_.find(key); it != sources_.end()) return &it->second;
  if (sources_.size() == max_sources) return nullptr;
  RecordedSource made{std::string(name), std::string(type), std::string(settings)};
  return &sources_.emplace(std::move(key), std::move(made)).first->second;
}

RecordedExtra& Recorded::extra(const RecordedSource* from) {
  if (extras_.size() < room_) extras_.resize(room_);  // before any of this call was handed out
  auto& extra = extras_[used_++];
  extra = {};
  extra.from = from;
  return extra;
}

void Recorded::read_packet(BlockOptions options, RecordedExtra& extra) {
  while (options.next()) {
    const auto value = options.value();
    if (options.code() == packet_drops && value.size() == sizeof(std::uint64_t)) {
      extra.drops = saturated(options.order().u64(value, 0));
    } else if (options.code() == comment && options.text().starts_with(sender)) {
      const auto number = options.text().substr(sender.size());
      (void)std::from_chars(number.data(), number.data() + number.size(), extra.port);
    }
  }
}

std::optional<Recorded::Statistics> Recorded::read_statistics(BlockOptions options) {
  using What = RecordedExtra::What;
  Statistics found;
  bool ours = false;
  while (options.next()) {
    const auto value = options.value();
    if (options.code() == statistics_os_drops && value.size() == sizeof(std::uint64_t)) {
      found.drops = options.order().u64(value, 0);
    } else if (options.code() == comment) {
      const auto text = options.text();
      ours = true;
      if (text == "netweir: begins") {
        found.what = What::begins;
      } else if (text == "netweir: looked") {
        found.what = What::looked;
      } else if (text == "netweir: emptied") {
        found.what = What::emptied;
      } else if (const auto listing = text.starts_with(listed)
                                          ? read_listing(text.substr(listed.size()))
                                          : std::nullopt;
                 listing) {
        found.what = What::listing;
        found.listing = *listing;
      } else {
        ours = false;
      }
    }
  }
  if (!ours) return std::nullopt;
  return found;
}

}  // namespace netweir::pcap
