// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as rtnetlink's and the controller's messages: nothing is read outside them, names stay
// within bounds, and an interface that is known can be found again.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/generic.h"
#include "netlink/link_table.h"
#include "netlink/messages.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void inside(std::string_view text, netweir::Bytes all) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(text.data());
  must(text.empty() || (p >= all.data() && p + text.size() <= all.data() + all.size()));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 20000, 200);
  netweir::netlink::LinkTable table;
  auto& links = table.scope("");
  bool dumping = false;
  netweir::LinkId last = 0;
  netweir::netlink::each_message({data, size}, [&](const netweir::netlink::Message& m) {
    if (m.type == netweir::netlink::controller) {
      const auto family = netweir::netlink::read_family(m.payload);
      if (!family) return;
      inside(family->name, m.payload);
      must(family->group_count <= family->groups.size());
      for (std::size_t i = 0; i < family->group_count; ++i)
        inside(family->groups[i].name, m.payload);
      return;
    }
    const auto before = table.version();
    if ((m.flags & 2U) != 0 && !dumping) {  // NLM_F_MULTI: of a dump
      table.begin_dump("");
      dumping = true;
    }
    const bool taken = table.message("", m.type, m.payload);
    must(taken || table.version() == before || dumping);
    if ((m.flags & 2U) == 0 && dumping) {
      table.end_dump("");
      dumping = false;
    }
    std::uint32_t index = 0;
    if (m.payload.size() >= 8) std::memcpy(&index, m.payload.data() + 4, sizeof index);
    const auto id = links.by_index(index);
    const auto view = table.view(id);
    must(view.name.size() <= 255);
    if (id != 0 && taken && m.type == 16) must(!view.name.empty());
    bool ambiguous = false;
    (void)links.by_low_index(static_cast<std::uint16_t>(index), ambiguous);
    last = id;
  });
  for (const auto& known : table.networks(last))
    must(known.network.bits <= (known.network.ip.version == netweir::IpVersion::v4 ? 32 : 128));
  return 0;
}

// nlmsghdr and ifinfomsg, and the types of linux/if_link.h that matter.
NETWEIR_NETLINK_MUTATOR(32, 60, 3, [](std::uint16_t type) {
  const auto t = type & 0x3fffU;
  return t == 18 || t == 2 || t == 7 || t == 1;  // IFLA_LINKINFO and below; the controller's groups
})
