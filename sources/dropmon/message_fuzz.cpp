// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of the family: nothing is read outside them, and every alert becomes one
// frame or is counted filtered or rejected.
#include <cstdint>
#include <cstdlib>

#include "dropmon/decode.h"
#include "dropmon/decoder.h"
#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/messages.h"
#include "netweir/link.h"
#include "netweir/source.h"

namespace netweir {
namespace {

class SomeLinks final : public Links {
 public:
  LinkId by_index(std::uint32_t ifindex) override { return ifindex; }
  LinkId by_low_index(std::uint16_t, bool&) override { std::abort(); }
  LinkId by_name(std::string_view) override { std::abort(); }
};

class Check final : public Intake {
 public:
  explicit Check(Bytes all) : all_(all) {}
  void frames(std::span<const Frame> batch) override {
    for (const auto& f : batch) {
      inside(f.data);
      if (f.drop == nullptr) std::abort();
      inside(f.drop->cookie);
      for (const auto text :
           {f.drop->reason, f.drop->symbol, f.drop->trap, f.drop->trap_group, f.drop->port}) {
        inside({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        if (text.size() > 63 || text.find('\0') != std::string_view::npos) std::abort();
      }
      ++units;
    }
  }
  void flows(std::span<const netweir::FlowRecord>) override {}
  bool listing(const netweir::FlowListing&) override { return false; }
  void loss(const Loss& loss) override {
    if (loss.count == 0) std::abort();
  }
  void note(const Note&) override {}
  void count(const Counts& counts) override { units += counts.rejected + counts.filtered; }
  std::uint64_t units = 0;

 private:
  void inside(Bytes octets) const {
    const auto* p = octets.data();
    if (!octets.empty() && (p < all_.data() || p + octets.size() > all_.data() + all_.size()))
      std::abort();
  }
  Bytes all_;
};

}  // namespace
}  // namespace netweir

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 3000, 15);
  netweir::SomeLinks links;
  netweir::Check check({data, size});
  netweir::dropmon::Filter filter;
  if (size > 0 && (data[size - 1] & 1U) != 0) filter.hide = {"*a*b", "NO_*"};
  netweir::dropmon::Decoder decoder(0, links, filter);
  decoder.limit(size % 3 == 0 ? 1 : 0);
  netweir::netlink::each_message({data, size}, [&](const netweir::netlink::Message& m) {
    decoder.message({m.type, m.flags, m.payload, netweir::WallTime{}}, check);
    (void)netweir::dropmon::read_config(m.payload);
  });
  decoder.flush(check);
  if (check.units != decoder.alerts()) std::abort();
  return 0;
}

// nlmsghdr and genlmsghdr, and the types of linux/net_dropmon.h.
NETWEIR_NETLINK_MUTATOR(20, 24, 1, [](std::uint16_t type) {
  const auto t = type & 0x3fffU;
  return t == 4 || t == 12 || t == 13;  // NET_DM_ATTR_IN_PORT, _STATS, _HW_STATS
})
