// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/outputs.h"

#include <algorithm>
#include <iterator>

namespace netweir::run {
namespace {

/// The longest record that one event of a packet can make.
constexpr std::size_t record_octets = std::size_t{8} << 10U;
/// What a batch of packets can make; a file source waits for that much.
constexpr std::size_t batch_octets = std::size_t{1} << 20U;

constexpr EventType all_types[] = {EventType::hello,   EventType::binding, EventType::station,
                                   EventType::packet,  EventType::flow,    EventType::nat,
                                   EventType::traffic, EventType::loss,    EventType::source,
                                   EventType::alert,   EventType::stats,   EventType::goodbye};
static_assert(std::size(all_types) == event_types);

std::uint32_t mask(const SinkConfig& config) {
  std::uint32_t bits = 0;
  for (const auto& word : config.values.get<std::vector<std::string>>("events")) {
    for (const auto type : all_types) {
      if (word == name(type)) bits |= 1U << static_cast<unsigned>(type);
    }
  }
  return bits;
}

}  // namespace

Result<std::unique_ptr<Outputs::One>> Outputs::open(const SinkConfig& config,
                                                    std::string_view host) {
  auto sink = config.kind->open(config, host);
  if (!sink) return std::move(sink).error();
  auto one = std::make_unique<One>();
  one->config = config;
  one->box = std::make_unique<Outbox>(*std::move(sink), mask(config), Outbox::Limits{});
  return one;
}

void Outputs::add(std::unique_ptr<One> one) {
  all_.push_back(std::move(one));
  recount();
}

void Outputs::set_viewer(Viewer* viewer) {
  viewer_ = viewer;
  recount();
}

void Outputs::recount() {
  wanted_ = viewer_ == nullptr ? 0 : viewer_->wants();
  for (const auto& one : all_) {
    for (const auto type : all_types) {
      if (one->box->wants(type)) wanted_ |= 1U << static_cast<unsigned>(type);
    }
  }
}

void Outputs::write(const Event& event, WallTime now) {
  const auto type = event.type();
  if (viewer_ != nullptr && (viewer_->wants() & (1U << static_cast<unsigned>(type))) != 0)
    viewer_->event(event);
  for (auto& one : all_) {
    if (!one->box->wants(type)) continue;
    if (go_on_ && !one->box->has_room(record_octets)) {
      while (go_on_() && !one->box->wait_room(record_octets, std::chrono::milliseconds{100})) {
        one->gone = one->gone || one->box->state().gone;
        if (one->gone) break;
      }
    }
    one->box->write(event, now);
  }
}

void Outputs::flush() {
  for (auto& one : all_) one->box->flush();
}

bool Outputs::all_gone() const noexcept {
  return !all_.empty() &&
         std::all_of(all_.begin(), all_.end(), [](const auto& o) { return o->gone; });
}

bool Outputs::has_room() const noexcept {
  return std::all_of(all_.begin(), all_.end(),
                     [](const auto& o) { return o->gone || o->box->has_room(batch_octets); });
}

}  // namespace netweir::run
