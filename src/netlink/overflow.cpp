// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/overflow.h"

#include <utility>

#include "netlink/receiver.h"

namespace netweir::netlink {

Overflow::Overflow(const SourceContext& context, int fd, std::uint32_t in_force,
                   const Settings& settings)
    : id_(context.id),
      privileged_(context.privileged),
      fd_(fd),
      buffer_(in_force, settings.most, settings.wanted, context.budget),
      load_(settings.sheds),
      read_(netlink::drops(fd)),
      acted_on_(read_) {}

std::uint32_t Overflow::drops() noexcept {
  read_ = netlink::drops(fd_);
  const auto refused = sampler_ ? sampler_->refused() : 0;
  return read_ + static_cast<std::uint32_t>(refused);
}

Overflow::Settings Overflow::settings(const Values& values) {
  return {values.octets("receive_buffer_max"), values.octets("receive_buffer"),
          values.text("overload") == "shed"};
}

void Overflow::look(const Now& now, Intake& intake) {
  if (const auto text = buffer_.shortfall()) intake.note({id_, Note::Level::warning, *text});
  const bool rose = std::exchange(acted_on_, read_) != read_;
  const bool lost = rose && !buffer_.grow(privileged_, fd_);
  switch (load_.look(now.age, lost)) {
    case Overload::Change::none:
      return;
    case Overload::Change::begins:
      return say(true, buffer_.limit() + (load_.one_in() > 1 ? "; " + shed() : ""), intake);
    case Overload::Change::rate:
      return say(true, shed(), intake);
    case Overload::Change::ends:
      return say(false, "a minute without loss", intake);
  }
}

/// Puts one_in() in force, and says so.
std::string Overflow::shed() {
  if (!sampler_) {
    auto map = privileged_.sampler(fd_);
    auto made = map ? Sampler::on(*map) : Result<Sampler>(std::move(map).error());
    if (!made) {
      const auto& error = made.error();
      load_.never_shed();
      return "nothing is shed: " + error.what + (error.mend.empty() ? "" : "; " + error.mend);
    }
    sampler_ = *std::move(made);
  }
  sampler_->keep_one_in(load_.one_in());
  if (load_.one_in() == 1) return "nothing is shed any more";
  return "a random one of " + std::to_string(load_.one_in()) + " is kept";
}

void Overflow::stop() noexcept {
  if (sampler_) sampler_->keep_one_in(1);
}

void Overflow::say(bool on, const std::string& reason, Intake& intake) const {
  intake.overloaded({id_, on, load_.one_in(), reason});
}

}  // namespace netweir::netlink
