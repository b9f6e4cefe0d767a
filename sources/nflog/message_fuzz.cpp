// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram: nothing is read outside them, and every message that is the kernel's
// packet message becomes one frame or is counted rejected.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/messages.h"
#include "netweir/link.h"
#include "netweir/source.h"
#include "nflog/decode.h"
#include "nflog/decoder.h"

namespace netweir {
namespace {

class NoLinks final : public Links {
 public:
  LinkId by_index(std::uint32_t ifindex) override { return ifindex; }
  LinkId by_low_index(std::uint16_t low, bool&) override { return low; }
  LinkId by_name(std::string_view) override { return 0; }
};

class Check final : public Intake {
 public:
  explicit Check(Bytes all) : all_(all) {}
  void frames(std::span<const Frame> batch) override {
    for (const auto& f : batch) {
      inside(f.data.data(), f.data.size());
      inside(f.link_header.data(), f.link_header.size());
      const auto prefix = f.nflog->prefix;
      inside(reinterpret_cast<const std::uint8_t*>(prefix.data()), prefix.size());
      if (prefix.find('\0') != std::string_view::npos) std::abort();
      if (f.link == linktype::ethernet && f.link_header.size() < 14) std::abort();
      ++units;
    }
  }
  void flows(std::span<const netweir::FlowRecord>) override {}
  bool listing(const netweir::FlowListing&) override { return false; }
  void loss(const Loss& loss) override { lost += loss.count; }
  void note(const Note&) override {}
  void count(const Counts& counts) override { units += counts.rejected; }
  std::uint64_t units = 0, lost = 0;

 private:
  void inside(const std::uint8_t* p, std::size_t size) const {
    if (size != 0 && (p < all_.data() || p + size > all_.data() + all_.size())) std::abort();
  }
  Bytes all_;
};

}  // namespace
}  // namespace netweir

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 3000, 15);
  netweir::NoLinks links;
  netweir::Check check({data, size});
  netweir::nflog::Decoder decoder(
      0, links, netweir::nflog::Losses(0, netweir::nflog::Losses::Start::recording));
  std::uint64_t packets = 0;
  netweir::netlink::each_message({data, size}, [&](const netweir::netlink::Message& m) {
    packets += m.type == netweir::nflog::packet_message ? 1 : 0;
    decoder.message({m.type, m.flags, m.payload, netweir::WallTime{}}, check);
  });
  decoder.flush(check);
  if (check.units != packets || decoder.packets() != packets) std::abort();
  return 0;
}

// nlmsghdr and nfgenmsg, and the types of linux/netfilter/nfnetlink_log.h.
NETWEIR_NETLINK_MUTATOR(20, 24, 1, [](std::uint16_t type) {
  return (type & 0x3fffU) == 21;  // NFULA_VLAN
})
