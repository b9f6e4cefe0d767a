// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of tc's messages: nothing is read outside them, and what comes out is
// bounded.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/messages.h"
#include "psample/rules.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 3000, 15);
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

// nlmsghdr and tcmsg, and the types of linux/rtnetlink.h and of the nests in TCA_OPTIONS.
NETWEIR_NETLINK_MUTATOR(36, 20, 4, [](std::uint16_t type) { return type < 20 || type > 0x8000; })
