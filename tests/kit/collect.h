// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "netweir/link.h"
#include "netweir/source.h"

namespace netweir::test {

/// An Intake that keeps everything, copied: frames outlive their source.
class Collect final : public Intake {
 public:
  struct Kept {
    Frame frame;  ///< its views point into the vectors beside it
    std::vector<std::uint8_t> link_header, data;
    std::string prefix;
    NflogExtra nflog{};
    PsampleExtra psample{};
    TcBpfExtra tc_bpf{};
    std::vector<std::uint8_t> cookie;
    DropExtra drop{};
    std::vector<std::string> drop_texts;
  };
  struct KeptLoss {
    Loss loss;
    std::string cause;
    std::size_t after = 0;  ///< frames that came before it
  };
  struct KeptFlow {
    FlowRecord record;
    std::string helper, secctx;
  };
  struct KeptListing {
    FlowListing listing;
    std::size_t after = 0;  ///< flows that came before it
  };
  std::deque<Kept> kept;
  std::deque<KeptFlow> flow;
  std::vector<KeptListing> listings;
  std::vector<KeptLoss> losses;
  std::vector<std::string> notes;
  struct KeptOverload {
    Overloaded state;
    std::string reason;
  };
  std::vector<KeptOverload> overloads;
  Counts counts{};
  std::uint64_t lost = 0;
  bool exact = true;

  void frames(std::span<const Frame> batch) override {
    for (const auto& f : batch) {
      auto& k = kept.emplace_back();
      k.link_header.assign(f.link_header.begin(), f.link_header.end());
      k.data.assign(f.data.begin(), f.data.end());
      k.frame = f;
      k.frame.link_header = k.link_header;
      k.frame.data = k.data;
      if (f.nflog != nullptr) {
        k.nflog = *f.nflog;
        k.prefix = std::string(f.nflog->prefix);
        k.nflog.prefix = k.prefix;
        k.frame.nflog = &k.nflog;
      }
      if (f.psample != nullptr) {
        k.psample = *f.psample;
        k.cookie.assign(f.psample->cookie.begin(), f.psample->cookie.end());
        k.psample.cookie = k.cookie;
        k.frame.psample = &k.psample;
      }
      if (f.drop != nullptr) {
        k.drop = *f.drop;
        k.drop_texts.reserve(5);
        for (auto* text :
             {&k.drop.reason, &k.drop.symbol, &k.drop.trap, &k.drop.trap_group, &k.drop.port})
          *text = k.drop_texts.emplace_back(*text);
        k.cookie.assign(f.drop->cookie.begin(), f.drop->cookie.end());
        k.drop.cookie = k.cookie;
        k.frame.drop = &k.drop;
      }
      if (f.tc_bpf != nullptr) {
        k.tc_bpf = *f.tc_bpf;
        k.frame.tc_bpf = &k.tc_bpf;
      }
    }
  }
  void flows(std::span<const FlowRecord> batch) override {
    for (const auto& record : batch) {
      auto& k = flow.emplace_back();
      k.record = record;
      k.helper = std::string(record.helper);
      k.secctx = std::string(record.secctx);
      k.record.helper = k.helper;
      k.record.secctx = k.secctx;
    }
  }
  bool listing(const FlowListing& l) override {
    listings.push_back({l, flow.size()});
    return false;
  }
  void loss(const Loss& l) override {
    losses.push_back({l, std::string(l.cause), kept.size()});
    losses.back().loss.cause = {};
    lost += l.count;
    exact = l.exact;
  }
  void note(const Note& n) override { notes.emplace_back(n.text); }
  void overloaded(const Overloaded& o) override {
    overloads.push_back({o, std::string(o.reason)});
    overloads.back().state.reason = {};
  }
  void count(const Counts& c) override {
    counts.filtered += c.filtered;
    counts.rejected += c.rejected;
    counts.malformed += c.malformed;
    counts.foreign += c.foreign;
    counts.truncated += c.truncated;
    counts.sequence_gaps += c.sequence_gaps;
    counts.sequence_late += c.sequence_late;
  }
};

/// Links that name what a test tells them.
class FixedLinks final : public Links {
 public:
  LinkId by_index(std::uint32_t ifindex) override { return ifindex == 0 ? 0 : ifindex + 1000; }
  LinkId by_low_index(std::uint16_t low, bool& ambiguous) override {
    ambiguous = false;
    return by_index(low);
  }
  LinkId by_name(std::string_view name) override {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return static_cast<LinkId>(i + 1);
    }
    names.emplace_back(name);
    return static_cast<LinkId>(names.size());
  }
  std::vector<std::string> names;
};

}  // namespace netweir::test
