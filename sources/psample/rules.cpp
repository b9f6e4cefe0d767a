// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/rules.h"

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_sample.h>

#include <cstring>

#include "netlink/attributes.h"

namespace netweir::psample {
namespace {

using netlink::Attributes;

constexpr std::uint32_t magic_block = 0xffffffff;  // TCM_IFINDEX_MAGIC_BLOCK

/// Where a classifier's options have its actions and its flags (linux/pkt_cls.h).
struct Classifier {
  std::string_view kind;
  std::uint16_t actions;
  std::uint16_t flags;  ///< 0 = it is never in hardware
};
constexpr std::array classifiers{
    Classifier{"matchall", TCA_MATCHALL_ACT, TCA_MATCHALL_FLAGS},
    Classifier{"flower", TCA_FLOWER_ACT, TCA_FLOWER_FLAGS},
    Classifier{"u32", TCA_U32_ACT, TCA_U32_FLAGS},
    Classifier{"bpf", TCA_BPF_ACT, TCA_BPF_FLAGS_GEN},
    Classifier{"basic", TCA_BASIC_ACT, 0},
    Classifier{"fw", TCA_FW_ACT, 0},
    Classifier{"route", TCA_ROUTE4_ACT, 0},
    Classifier{"flow", TCA_FLOW_ACT, 0},
    Classifier{"cgroup", TCA_CGROUP_ACT, 0},
};

const Classifier* classifier(std::string_view kind) noexcept {
  for (const auto& c : classifiers) {
    if (c.kind == kind) return &c;
  }
  return nullptr;
}

/// The text of an attribute, up to its first NUL.
std::string_view text(Bytes octets) noexcept {
  const std::string_view all(reinterpret_cast<const char*>(octets.data()), octets.size());
  return all.substr(0, all.find('\0'));
}

/// The struct tcmsg that tc's messages begin with.
struct Head {
  std::int32_t ifindex = 0;
  std::uint32_t handle = 0, parent = 0, info = 0;
};
std::optional<Head> head(Bytes payload) noexcept {
  if (payload.size() < sizeof(tcmsg)) return std::nullopt;
  tcmsg m{};
  std::memcpy(&m, payload.data(), sizeof m);
  return Head{m.tcm_ifindex, m.tcm_handle, m.tcm_parent, m.tcm_info};
}

/// The options of a `sample` action. False: malformed, or without rate or group.
bool read_sample(Bytes options, Rule& rule) noexcept {
  bool rate = false;
  bool group = false;
  Attributes a(options);
  while (a.next()) {
    switch (a.type()) {
      case TCA_SAMPLE_RATE:
        rule.rate = a.scalar<std::uint32_t>().value_or(0);
        rate = true;
        break;
      case TCA_SAMPLE_TRUNC_SIZE:
        rule.truncation = a.scalar<std::uint32_t>().value_or(0);
        break;
      case TCA_SAMPLE_PSAMPLE_GROUP:
        rule.group = a.scalar<std::uint32_t>().value_or(0);
        group = true;
        break;
      default:
        break;
    }
  }
  return a.ok() && rate && group;
}

/// One action: its options, where it is `sample`. False: malformed.
bool read_action(Bytes action, std::optional<Bytes>& sample) noexcept {
  std::string_view kind;
  std::optional<Bytes> options;
  Attributes a(action);
  while (a.next()) {
    if (a.type() == TCA_ACT_KIND) kind = text(a.data());
    if (a.type() == TCA_ACT_OPTIONS) options = a.data();
  }
  if (!a.ok()) return false;
  if (kind != "sample") return true;
  sample = options;
  return options.has_value();
}

/// The options of a filter. `rule` has what is the same in all of its actions.
std::optional<std::size_t> read_options(Bytes options, const Classifier& of, Rule rule,
                                        std::array<Rule, actions_at_most>& out) noexcept {
  Bytes actions;
  Attributes a(options);
  while (a.next()) {
    if (a.type() == of.actions) actions = a.data();
    if (of.flags == 0 || a.type() != of.flags) continue;
    const auto flags = a.scalar<std::uint32_t>().value_or(0);
    rule.in_hardware = (flags & TCA_CLS_FLAGS_IN_HW) != 0;
    rule.skip_software = (flags & TCA_CLS_FLAGS_SKIP_SW) != 0;
  }
  if (!a.ok()) return std::nullopt;
  std::size_t count = 0;
  Attributes each(actions);
  while (each.next()) {
    std::optional<Bytes> sample;
    if (!read_action(each.data(), sample)) return std::nullopt;
    if (!sample) continue;
    if (count == out.size()) return std::nullopt;
    out[count] = rule;
    if (!read_sample(*sample, out[count])) return std::nullopt;
    ++count;
  }
  if (!each.ok()) return std::nullopt;
  return count;
}

}  // namespace

std::optional<std::size_t> read_rules(Bytes payload,
                                      std::array<Rule, actions_at_most>& out) noexcept {
  const auto h = head(payload);
  if (!h) return std::nullopt;
  Rule rule;
  if (static_cast<std::uint32_t>(h->ifindex) == magic_block)
    rule.block = h->parent;
  else
    rule.ifindex = h->ifindex;
  rule.preference = static_cast<std::uint16_t>(h->info >> 16U);
  // The EtherType is in network order.
  std::array<std::uint8_t, 2> protocol{};
  const auto low = static_cast<std::uint16_t>(h->info);
  std::memcpy(protocol.data(), &low, sizeof low);
  rule.protocol = static_cast<std::uint16_t>((protocol[0] << 8U) | protocol[1]);

  std::string_view kind;
  Bytes options;
  Attributes a(payload.subspan(sizeof(tcmsg)));
  while (a.next()) {
    switch (a.type()) {
      case TCA_KIND:
        kind = text(a.data());
        break;
      case TCA_CHAIN:
        rule.chain = a.scalar<std::uint32_t>().value_or(0);
        break;
      case TCA_OPTIONS:
        options = a.data();
        break;
      default:
        break;
    }
  }
  if (!a.ok()) return std::nullopt;
  const auto* of = classifier(kind);
  if (of == nullptr) return 0;
  rule.classifier = of->kind;
  return read_options(options, *of, rule, out);
}

std::optional<Qdisc> read_qdisc(Bytes payload) noexcept {
  const auto h = head(payload);
  if (!h) return std::nullopt;
  Qdisc qdisc{h->ifindex, h->handle, {}};
  Attributes a(payload.subspan(sizeof(tcmsg)));
  while (a.next()) {
    if (a.type() == TCA_KIND) qdisc.kind = text(a.data());
  }
  if (!a.ok()) return std::nullopt;
  return qdisc;
}

Hooks hooks(const Qdisc& qdisc) noexcept {
  constexpr std::uint32_t fixed = 0xffff0000;
  if (qdisc.handle == 0) return {};
  if (qdisc.kind == "ingress") return {{{{fixed, true}, {}}}, 1};
  if (qdisc.kind == "clsact")
    return {{{{fixed | TC_H_MIN_INGRESS, true}, {fixed | TC_H_MIN_EGRESS, false}}}, 2};
  return {{{{qdisc.handle, false}, {}}}, 1};
}

}  // namespace netweir::psample
