// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a message of a probe: what is read is written again octet for octet, and whatever
// it says the account still balances.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kit/steps.h"
#include "probe/account.h"
#include "probe/message.h"

namespace {

using namespace netweir;

void must(bool holds) {
  if (!holds) std::abort();
}

void written_again(Bytes octets, const probe::Message& message) {
  std::vector<std::uint8_t> out(probe::most_octets);
  const auto size = probe::encode(message, out);
  must(size > 0 && size <= octets.size());
  // The number of times is there in every message, and is read in one sort only.
  if (message.kind == probe::Kind::times)
    must(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size), octets.begin()));
  must(probe::encode(message, std::span(out).first(size - 1)) == 0);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes octets{data, size};
  const auto message = probe::decode(octets);
  if (!message) return 0;
  written_again(octets, *message);
  static probe::Account account(std::chrono::milliseconds{1}, 64);
  static std::uint32_t sent = 0;
  static AgeTime now{};
  const netweir::test::Steps steps(size, 20'000, 400);
  account.sent(sent, now);
  account.left(sent, message->came);
  account.answered(message->sequence, message->came, message->came);
  account.answered(sent++, message->came, message->came);
  for (std::size_t i = 0; i < message->count; ++i)
    account.answer_left(message->left[i].sequence, message->left[i].at);
  now += std::chrono::microseconds{100};
  account.age(now);
  const auto& t = account.totals();
  // Of those that are open, some have been answered.
  must(t.received + t.lost <= t.sent && t.sent <= t.received + t.lost + account.open());
  return 0;
}
