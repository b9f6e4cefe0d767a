// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace netweir::tc_bpf {
namespace {

/// The writers' side, in memory: the data lies twice in a row, as the kernel maps it.
struct Rig {
  static constexpr std::size_t octets = 128;
  alignas(8) std::array<std::uint8_t, 2 * octets> data{};
  unsigned long consumer = 0, producer = 0;
  Ring ring{&consumer, &producer, data.data(), octets};

  void put(std::uint32_t length, const std::string& text, unsigned long advance = 0) {
    for (const auto half : {std::size_t{0}, octets}) {
      for (std::size_t i = 0; i < text.size() + 8; ++i) {
        std::uint8_t header[8]{};
        std::memcpy(header, &length, sizeof length);
        const auto value = i < 8 ? header[i] : static_cast<std::uint8_t>(text[i - 8]);
        data[half + (producer + i) % octets] = value;
      }
    }
    producer += advance != 0 ? advance : (text.size() + 8 + 7) / 8 * 8;
  }
  void put(const std::string& text) { put(static_cast<std::uint32_t>(text.size()), text); }
  std::vector<std::string> take(std::size_t most = 100) {
    std::vector<std::string> got;
    const auto taken = ring.take(most, [&](Bytes b) { got.emplace_back(b.begin(), b.end()); });
    EXPECT_EQ(taken, got.size());
    return got;
  }
};

using Texts = std::vector<std::string>;

TEST(TcBpfRing, GivesRecordsInOrderAndKeepsTheirRoomUntilRelease) {
  Rig r;
  EXPECT_FALSE(r.ring.ready());
  r.put("a");
  r.put("longer than eight");
  r.put("");
  EXPECT_TRUE(r.ring.ready());
  EXPECT_EQ(r.take(2), (Texts{"a", "longer than eight"}));
  EXPECT_EQ(r.consumer, 0U);
  r.ring.release();
  EXPECT_EQ(r.consumer, 16U + 32U);
  EXPECT_EQ(r.take(), (Texts{""}));
  r.ring.release();
  EXPECT_EQ(r.consumer, r.producer);
  EXPECT_FALSE(r.ring.ready());
}

TEST(TcBpfRing, GoesRound) {
  Rig r;
  for (int i = 0; i < 100; ++i) {
    const auto text =
        "record number " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 30), '.');
    r.put(text);
    EXPECT_EQ(r.take(), (Texts{text}));
    r.ring.release();
  }
}

TEST(TcBpfRing, WaitsForOneThatIsBeingWritten) {
  Rig r;
  r.put("a");
  const auto at = r.producer;
  r.put(1 | BPF_RINGBUF_BUSY_BIT, "b");
  r.put("c");
  EXPECT_EQ(r.take(), (Texts{"a"}));
  EXPECT_FALSE(r.ring.ready());
  r.data[at + 3] = 0;
  EXPECT_TRUE(r.ring.ready());
  EXPECT_EQ(r.take(), (Texts{"b", "c"}));
}

TEST(TcBpfRing, LeavesOutWhatWasDiscarded) {
  Rig r;
  r.put(1 | BPF_RINGBUF_DISCARD_BIT, "x");
  r.put("b");
  r.put(1 | BPF_RINGBUF_DISCARD_BIT, "y");
  EXPECT_EQ(r.take(), (Texts{"b"}));
  r.ring.release();
  EXPECT_EQ(r.consumer, r.producer);
}

TEST(TcBpfRing, ALengthThatNoRingHasIsNotRead) {
  for (const std::uint32_t length : {121U, 128U, 0x3fffffffU}) {
    Rig r;
    r.put(length, "a");
    EXPECT_FALSE(r.ring.ready());
    EXPECT_EQ(r.take(), Texts{});
  }
}

}  // namespace
}  // namespace netweir::tc_bpf
