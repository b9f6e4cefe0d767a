// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of the family: nothing is read outside them, and every sample becomes
// one frame or is counted filtered or rejected.
#include <cstdint>
#include <cstdlib>

#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/messages.h"
#include "netweir/link.h"
#include "netweir/source.h"
#include "psample/decode.h"
#include "psample/decoder.h"

namespace netweir {
namespace {

class SomeLinks final : public Links {
 public:
  LinkId by_index(std::uint32_t ifindex) override { return ifindex; }
  LinkId by_low_index(std::uint16_t low, bool& ambiguous) override {
    ambiguous = low % 7 == 0;
    return ambiguous ? 0 : low;
  }
  LinkId by_name(std::string_view) override { return 0; }
};

class Check final : public Intake {
 public:
  explicit Check(Bytes all) : all_(all) {}
  void frames(std::span<const Frame> batch) override {
    for (const auto& f : batch) {
      inside(f.data);
      if (!(f.one_in >= 1) || f.one_in > 4294967295.0) std::abort();
      if (f.psample != nullptr) {
        inside(f.psample->cookie);
        if ((f.psample->has & PsampleExtra::has_tunnel) != 0) {
          inside(f.psample->tunnel.geneve_options);
          inside(f.psample->tunnel.erspan_options);
        }
      }
      ++units;
    }
  }
  void flows(std::span<const netweir::FlowRecord>) override {}
  bool listing(const netweir::FlowListing&) override { return false; }
  void loss(const Loss&) override { std::abort(); }  // a recording's losses are not the decoder's
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
  netweir::psample::GroupSettings settings;
  if (size > 0 && (data[size - 1] & 1U) != 0) settings.wanted = {7};
  settings.of[7] = {300, netweir::Direction::egress};
  netweir::psample::Decoder decoder(0, links, settings);
  netweir::netlink::each_message({data, size}, [&](const netweir::netlink::Message& m) {
    decoder.message({m.type, m.flags, m.payload, netweir::WallTime{}}, check);
  });
  decoder.flush(check);
  if (check.units != decoder.samples()) std::abort();
  return 0;
}

// nlmsghdr and genlmsghdr, and the types of linux/psample.h.
NETWEIR_NETLINK_MUTATOR(20, 18, 1, [](std::uint16_t type) {
  return (type & 0x3fffU) == 8;  // PSAMPLE_ATTR_TUNNEL
})
