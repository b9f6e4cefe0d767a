// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of tc's messages: nothing is read outside them, and what comes out is
// bounded.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "netlink/messages.h"
#include "psample/rules.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  netweir::netlink::each_message({data, size}, [](const netweir::netlink::Message& m) {
    std::array<netweir::psample::Rule, netweir::psample::actions_at_most> rules;
    const auto count = netweir::psample::read_rules(m.payload, rules).value_or(0);
    if (count > rules.size()) std::abort();
    for (std::size_t i = 0; i < count; ++i) {
      if (rules[i].classifier.empty()) std::abort();
    }
    if (const auto qdisc = netweir::psample::read_qdisc(m.payload);
        qdisc && netweir::psample::hooks(*qdisc).count > 2)
      std::abort();
  });
  return 0;
}
