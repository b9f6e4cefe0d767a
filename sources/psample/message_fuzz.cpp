// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of the family: nothing is read outside them, and every sample becomes
// one frame or is counted filtered or rejected. The mutator works on attributes and mends the
// lengths around them most of the time, so that what it makes gets past the first check.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

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

#ifdef NETWEIR_FUZZ
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t header = 20;  // nlmsghdr and genlmsghdr
constexpr std::size_t tunnel = 8;

struct Attribute {
  std::uint16_t type = 0;
  std::vector<std::uint8_t> value;
};

std::vector<Attribute> split(const std::uint8_t* data, std::size_t size) {
  std::vector<Attribute> out;
  for (std::size_t at = 0; at + 4 <= size;) {
    std::uint16_t head[2] = {};
    std::memcpy(head, data + at, sizeof head);
    const std::size_t length = std::clamp<std::size_t>(head[0], 4, size - at);
    out.push_back({head[1], {data + at + 4, data + at + length}});
    at += (length + 3) & ~std::size_t{3};
  }
  return out;
}

void append(std::vector<std::uint8_t>& out, const Attribute& a, std::size_t length) {
  const std::uint16_t head[2] = {static_cast<std::uint16_t>(length), a.type};
  const auto* octets = reinterpret_cast<const std::uint8_t*>(head);
  out.insert(out.end(), octets, octets + sizeof head);
  out.insert(out.end(), a.value.begin(), a.value.end());
  out.resize((out.size() + 3) & ~std::size_t{3});
}

std::vector<std::uint8_t> join(const std::vector<Attribute>& attributes, std::minstd_rand& random) {
  std::vector<std::uint8_t> out;
  const bool spoil = random() % 8 == 0;
  const auto which = attributes.empty() ? 0 : random() % attributes.size();
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto length = attributes[i].value.size() + 4;
    append(out, attributes[i], spoil && i == which ? random() % 65536 : length);
  }
  return out;
}

void mutate(std::vector<Attribute>& attributes, std::minstd_rand& random, int depth) {
  const std::size_t sizes[] = {0, 1, 2, 4, 8, 16};
  const auto any = [&] { return random() % attributes.size(); };
  switch (attributes.empty() ? 0 : random() % 6) {
    case 0: {  // one more
      Attribute a;
      a.type = static_cast<std::uint16_t>(random() % 18);
      a.value.resize(sizes[random() % 6]);
      for (auto& octet : a.value) octet = static_cast<std::uint8_t>(random());
      attributes.insert(
          attributes.begin() + static_cast<std::ptrdiff_t>(random() % (attributes.size() + 1)),
          std::move(a));
      break;
    }
    case 1:  // one less
      attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(any()));
      break;
    case 2:  // another type
      attributes[any()].type = static_cast<std::uint16_t>(random() % 18);
      break;
    case 3:  // another length
      attributes[any()].value.resize(sizes[random() % 6]);
      break;
    case 4:  // another place
      std::swap(attributes[any()], attributes[any()]);
      break;
    default: {  // another value, or a change in the nest
      auto& a = attributes[any()];
      if (a.type == tunnel && depth == 0) {
        auto inner = split(a.value.data(), a.value.size());
        mutate(inner, random, depth + 1);
        a.value = join(inner, random);
      } else if (!a.value.empty()) {
        a.value.resize(LLVMFuzzerMutate(a.value.data(), a.value.size(), a.value.size()));
      }
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  std::minstd_rand random(seed);
  if (size < header || max_size < header || random() % 16 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  auto attributes = split(data + header, size - header);
  mutate(attributes, random, 0);
  auto body = join(attributes, random);
  body.resize(std::min(body.size(), max_size - header));
  std::copy(body.begin(), body.end(), data + header);
  const auto length = static_cast<std::uint32_t>(header + body.size());
  std::memcpy(data, &length, sizeof length);
  return length;
}
#endif
