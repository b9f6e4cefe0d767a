// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/decode.h"

#include <gtest/gtest.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conntrack/attribute_tree.h"
#include "conntrack/recorded.h"
#include "kit/hex.h"

namespace netweir::conntrack {
namespace {

using test::hex;
using Octets = std::vector<std::uint8_t>;
using Tree = std::vector<Attribute>;

constexpr WallTime receipt{std::chrono::seconds{42}};

bool take(const Octets& exact, FlowRecord& r, std::uint16_t type = new_message,
          std::uint16_t flags = NLM_F_CREATE | NLM_F_EXCL) {
  return decode(type, flags, exact, receipt, r);
}

void expect_inside(const FlowRecord& r, const Octets& message) {
  const auto inside = [&](std::string_view text) {
    const auto* b = reinterpret_cast<const std::uint8_t*>(text.data());
    return text.empty() ||
           (b >= message.data() && b + text.size() <= message.data() + message.size());
  };
  EXPECT_TRUE(inside(r.helper));
  EXPECT_TRUE(inside(r.secctx));
}

/// The tree of a recorded message, and the message that a changed one makes.
struct Changed {
  explicit Changed(std::string_view name)
      : message(recorded(name)), tree(read_tree(Bytes(message.payload).subspan(4))) {}
  Octets octets() const { return with_tree(message.payload, tree); }
  bool decodes() {
    kept = octets();
    return decode(message.type, message.flags, kept, receipt, record);
  }
  Attribute& at(std::initializer_list<std::uint16_t> path) { return *find(tree, path); }
  void add(std::uint16_t type, std::string_view value) { tree.push_back({type, hex(value), {}}); }

  RecordedMessage message;
  Tree tree;
  Octets kept;
  FlowRecord record{};
};

TEST(Decode, TheTreeOfTheTestsWritesWhatItRead) {
  for (const auto& m : recorded())
    EXPECT_EQ(with_tree(m.payload, read_tree(Bytes(m.payload).subspan(4))), m.payload) << m.name;
}

TEST(Decode, EveryTruncationIsRefusedUnlessItEndsAnAttributeBehindTheTuples) {
  for (const auto& m : recorded()) {
    std::vector<std::size_t> ends;  // where an attribute ends, its padding or not
    bool orig = false;
    bool reply = false;
    for (std::size_t at = 4; at < m.payload.size();) {
      std::uint16_t head[2] = {};
      std::memcpy(head, m.payload.data() + at, sizeof head);
      orig = orig || (head[1] & 0x3fffU) == CTA_TUPLE_ORIG;
      reply = reply || (head[1] & 0x3fffU) == CTA_TUPLE_REPLY;
      for (std::size_t i = head[0]; i <= ((head[0] + 3U) & ~3U); ++i) {
        if (orig && reply) ends.push_back(at + i);
      }
      at += (head[0] + 3U) & ~3U;
    }
    for (std::size_t n = 0; n < m.payload.size(); ++n) {
      const Octets part(m.payload.begin(), m.payload.begin() + static_cast<std::ptrdiff_t>(n));
      FlowRecord r;
      const bool taken = decode(m.type, m.flags, part, receipt, r);
      EXPECT_EQ(taken, std::find(ends.begin(), ends.end(), n) != ends.end()) << m.name << " " << n;
      if (taken) expect_inside(r, part);
    }
  }
}

using Path = std::vector<std::uint16_t>;

/// Calls each(attribute, path) for all attributes, those of nests too.
void each_attribute(Tree& tree, Path& path,
                    const std::function<void(Attribute&, const Path&)>& each) {
  for (auto& a : tree) {
    path.push_back(a.number());
    each(a, path);
    each_attribute(a.nest, path, each);
    path.pop_back();
  }
}

/// Octets that the attribute at a path must have (linux/netfilter/nfnetlink_conntrack.h); -1: it
/// may have any number, or is a nest.
int only_length(const Path& path) {
  const auto type = path.back();
  const auto outer = path.front();
  if (outer == CTA_TUPLE_ORIG || outer == CTA_TUPLE_REPLY || outer == CTA_TUPLE_MASTER) {
    if (path.size() == 2) return type == CTA_TUPLE_ZONE ? 2 : -1;
    if (path.size() == 3 && path[1] == CTA_TUPLE_IP) return type <= CTA_IP_V4_DST ? 4 : 16;
    if (path.size() == 3) {
      constexpr int of[] = {-1, 1, 2, 2, 2, 1, 1, 2, 1, 1};
      return of[type];
    }
    return -1;
  }
  if (outer == CTA_PROTOINFO && path.size() == 3) {
    constexpr int tcp[] = {-1, 1, 1, 1, 2, 2}, sctp[] = {-1, 1, 4, 4};
    return path[1] == CTA_PROTOINFO_TCP ? tcp[type] : sctp[type];
  }
  if ((outer == CTA_COUNTERS_ORIG || outer == CTA_COUNTERS_REPLY || outer == CTA_TIMESTAMP) &&
      path.size() == 2)
    return 8;
  if (path.size() > 1) return -1;
  switch (outer) {
    case CTA_STATUS:
    case CTA_TIMEOUT:
    case CTA_MARK:
    case CTA_USE:
    case CTA_ID:
      return 4;
    case CTA_ZONE:
      return 2;
    case 27:
      return 8;
    default:
      return -1;
  }
}

TEST(Decode, EveryLengthOfEveryAttribute) {
  std::size_t fixed = 0;
  for (const auto& m : recorded()) {
    Tree tree = read_tree(Bytes(m.payload).subspan(4));
    Path path;
    each_attribute(tree, path, [&](Attribute& a, const Path& at) {
      const auto before = a;
      const int only = only_length(at);
      fixed += only >= 0 ? 1 : 0;
      for (std::size_t length = 0; length <= 20; ++length) {
        a.type = at.back();  // a nest becomes octets
        a.value.resize(length);
        a.nest.clear();
        const auto message = with_tree(m.payload, tree);
        FlowRecord r;
        const bool taken = decode(m.type, m.flags, message, receipt, r);
        if (taken) expect_inside(r, message);
        if (only >= 0) {
          EXPECT_EQ(taken, length == static_cast<std::size_t>(only))
              << m.name << " " << testing::PrintToString(at) << " " << length;
        }
        a = before;
      }
    });
  }
  EXPECT_GT(fixed, 500U);
}

TEST(Decode, EveryPartOfATupleIsNeeded) {
  std::size_t parts = 0;
  for (const auto& m : recorded()) {
    for (const auto which :
         std::initializer_list<std::uint16_t>{CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_TUPLE_MASTER}) {
      Changed c(m.name);
      c.message = m;
      c.tree = read_tree(Bytes(m.payload).subspan(4));
      if (find(c.tree, {which}) == nullptr) continue;
      for (const auto nest : std::initializer_list<std::uint16_t>{CTA_TUPLE_IP, CTA_TUPLE_PROTO}) {
        auto& leaves = c.at({which, nest}).nest;
        const auto whole = leaves;
        for (std::size_t i = 0; i < whole.size(); ++i) {
          leaves.erase(leaves.begin() + static_cast<std::ptrdiff_t>(i));
          EXPECT_FALSE(c.decodes()) << m.name << " " << which << " " << nest << " " << i;
          leaves = whole;
          ++parts;
        }
      }
      EXPECT_TRUE(c.decodes()) << m.name;
    }
  }
  EXPECT_GT(parts, 400U);
}

TEST(Decode, NeedsBothTuplesOfOneVersionAndProtocol) {
  for (const std::size_t which : {0U, 1U}) {
    Changed c("udp_new");
    c.tree.erase(c.tree.begin() + static_cast<std::ptrdiff_t>(which));
    EXPECT_FALSE(c.decodes());
  }
  Changed c("udp_new");
  Changed v6("udp6_new");
  c.at({CTA_TUPLE_REPLY}) = v6.at({CTA_TUPLE_REPLY});
  EXPECT_FALSE(c.decodes());
  Changed mixed("udp_new");
  mixed.at({CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V4_DST}) =
      v6.at({CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_IP_V6_DST});
  EXPECT_FALSE(mixed.decodes());
  Changed protocol("udp_new");
  protocol.at({CTA_TUPLE_REPLY, CTA_TUPLE_PROTO, CTA_PROTO_NUM}).value = {6};
  EXPECT_FALSE(protocol.decodes());
  EXPECT_FALSE(take({}, c.record));
  EXPECT_FALSE(take(hex("02 00 0000"), c.record));
}

TEST(Decode, ReadsItsTwoMessagesOnly) {
  const auto& m = recorded("udp_new");
  FlowRecord r;
  for (const auto type :
       std::initializer_list<std::uint16_t>{0x101, 0x103, 0x104, 0x200, 0x202, 0x000, 0x400, 3})
    EXPECT_FALSE(take(m.payload, r, type)) << type;
}

TEST(Decode, TheFlagsTellWhat) {
  using What = FlowRecord::What;
  const auto& m = recorded("udp_new");
  FlowRecord r;
  const auto what = [&](std::uint16_t type, std::uint16_t flags) {
    EXPECT_TRUE(take(m.payload, r, type, flags));
    return r.what;
  };
  EXPECT_EQ(what(new_message, 0x600), What::created);
  EXPECT_EQ(what(new_message, NLM_F_CREATE), What::created);
  EXPECT_EQ(what(new_message, 0), What::updated);
  EXPECT_EQ(what(new_message, NLM_F_MULTI), What::listed);
  EXPECT_EQ(what(new_message, NLM_F_MULTI | NLM_F_DUMP_FILTERED), What::listed);
  EXPECT_EQ(what(delete_message, 0), What::destroyed);
  EXPECT_EQ(what(delete_message, 0xffff), What::destroyed);
}

TEST(Decode, OverwritesAllButTheSource) {
  FlowRecord r;
  r.source = 7;
  r.left = true;
  ASSERT_TRUE(take(recorded("helper_ftp_new").payload, r));
  EXPECT_EQ(r.helper, "ftp");
  EXPECT_FALSE(r.left);
  ASSERT_TRUE(take(recorded("protocol_253_new").payload, r));
  EXPECT_EQ(r.source, 7);
  EXPECT_TRUE(r.helper.empty());
  EXPECT_FALSE(r.orig.has_ports);
  EXPECT_EQ(r.orig.src_port, 0);
  EXPECT_EQ(r.has, FlowRecord::has_status | FlowRecord::has_timeout);
}

TEST(Decode, SkipsWhatItDoesNotKnow) {
  Changed c("tcp_new");
  c.add(28, "01");
  c.add(0x3fff, "010203");
  c.add(0, "");
  c.at({CTA_TUPLE_ORIG}).nest.push_back({99, hex("01"), {}});
  c.at({CTA_TUPLE_ORIG, CTA_TUPLE_IP}).nest.push_back({5, hex("01"), {}});
  c.at({CTA_TUPLE_ORIG, CTA_TUPLE_PROTO}).nest.push_back({10, hex("01"), {}});
  c.at({CTA_PROTOINFO}).nest.push_back({4, hex("ffffffff"), {}});
  c.at({CTA_PROTOINFO, CTA_PROTOINFO_TCP}).nest.push_back({6, hex("ff"), {}});
  ASSERT_TRUE(c.decodes());
  Changed plain("tcp_new");
  ASSERT_TRUE(plain.decodes());
  EXPECT_EQ(c.record.orig, plain.record.orig);
  EXPECT_EQ(c.record.has, plain.record.has);
}

TEST(Decode, FlagsOfTypesDoNotMatter) {
  for (const auto& m : recorded()) {
    Changed c(m.name);
    ASSERT_TRUE(c.decodes());
    const auto before = c.record;
    auto octets = c.kept;
    // every outer type: NLA_F_NESTED turned over, NLA_F_NET_BYTEORDER set
    for (std::size_t at = 4; at < octets.size();) {
      std::uint16_t head[2] = {};
      std::memcpy(head, octets.data() + at, sizeof head);
      head[1] = static_cast<std::uint16_t>((head[1] ^ 0x8000U) | 0x4000U);
      std::memcpy(octets.data() + at, head, sizeof head);
      at += (head[0] + 3U) & ~3U;
    }
    ASSERT_TRUE(decode(c.message.type, c.message.flags, octets, receipt, c.record)) << m.name;
    EXPECT_EQ(c.record.orig, before.orig);
    EXPECT_EQ(c.record.has, before.has);
    EXPECT_EQ(c.record.state, before.state);
    EXPECT_EQ(c.record.to_server, before.to_server);
  }
}

TEST(Decode, OfRepeatedAttributesTheLastCounts) {
  Changed c("mark_new");
  Changed other("zone_original_new");
  c.add(CTA_MARK, "00000007");
  c.tree.push_back(other.at({CTA_TUPLE_ORIG}));
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.mark, 7U);
  EXPECT_EQ(c.record.orig.dst_port, 3001);
  EXPECT_EQ(c.record.zone, 8);
  c.tree.push_back(Changed("udp_new").at({CTA_TUPLE_ORIG}));
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.orig.dst_port, 53);
  EXPECT_EQ(c.record.zone, 0);
  c.add(CTA_MARK, "0007");
  EXPECT_FALSE(c.decodes());
}

TEST(Decode, NestsInNestsDoNotMatter) {
  Changed c("udp_new");
  Attribute deep{0x8000 | CTA_TUPLE_ORIG, {}, {}};
  for (int i = 0; i < 5000; ++i) {
    std::vector<Attribute> nest;
    nest.push_back(std::move(deep));
    deep = {static_cast<std::uint16_t>(0x8000U | 40U), {}, std::move(nest)};
  }
  c.tree.push_back(std::move(deep));
  EXPECT_TRUE(c.decodes());
}

TEST(Decode, ZonesOfDirections) {
  Changed c("udp_new");
  c.at({CTA_TUPLE_ORIG}).nest.push_back({CTA_TUPLE_ZONE, hex("0102"), {}});
  c.at({CTA_TUPLE_REPLY}).nest.push_back({CTA_TUPLE_ZONE, hex("0304"), {}});
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.zone, 0x0102);
  EXPECT_EQ(c.record.reply_zone, 0x0304);
  c.add(CTA_ZONE, "0005");
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.zone, 5);
  EXPECT_EQ(c.record.reply_zone, 5);
}

TEST(Decode, AnotherProtocolsStateIsRefused) {
  Changed c("udp_new");
  c.tree.push_back(Changed("tcp_new").at({CTA_PROTOINFO}));
  EXPECT_FALSE(c.decodes());
}

TEST(Decode, CountersNeedBothDirectionsAndBothNumbers) {
  for (const auto direction :
       std::initializer_list<std::uint16_t>{CTA_COUNTERS_ORIG, CTA_COUNTERS_REPLY}) {
    for (const std::size_t which : {0U, 1U}) {
      Changed c("udp_destroy");
      auto& nest = c.at({direction}).nest;
      nest.erase(nest.begin() + static_cast<std::ptrdiff_t>(which));
      ASSERT_TRUE(c.decodes());
      EXPECT_TRUE((c.record.has & FlowRecord::has_counters) == 0);
    }
  }
  // the 32-bit numbers of old kernels
  Changed c("udp_destroy");
  for (const auto direction :
       std::initializer_list<std::uint16_t>{CTA_COUNTERS_ORIG, CTA_COUNTERS_REPLY})
    c.at({direction}).nest = {{CTA_COUNTERS32_PACKETS, hex("80000001"), {}},
                              {CTA_COUNTERS32_BYTES, hex("ffffffff"), {}}};
  ASSERT_TRUE(c.decodes());
  EXPECT_TRUE((c.record.has & FlowRecord::has_counters) != 0);
  EXPECT_EQ(c.record.to_server, (FlowCounters{0x80000001, 0xffffffff}));
  EXPECT_EQ(c.record.to_client, (FlowCounters{0x80000001, 0xffffffff}));
  for (const auto type :
       std::initializer_list<std::uint16_t>{CTA_COUNTERS32_PACKETS, CTA_COUNTERS32_BYTES}) {
    Changed wrong("udp_destroy");
    wrong.at({CTA_COUNTERS_ORIG}).nest.push_back({type, hex("0000000000000001"), {}});
    EXPECT_FALSE(wrong.decodes());
  }
}

TEST(Decode, TimesBeyondAWallTimeAreAsAbsent) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  Changed c("udp_destroy");
  const auto all = [&](std::string_view value) {
    for (auto* a : {find(c.tree, {27}), find(c.tree, {CTA_TIMESTAMP, CTA_TIMESTAMP_START}),
                    find(c.tree, {CTA_TIMESTAMP, CTA_TIMESTAMP_STOP})})
      a->value = hex(value);
    EXPECT_TRUE(c.decodes());
  };
  all("7fffffffffffffff");
  EXPECT_EQ(c.record.at.time_since_epoch().count(), most);
  EXPECT_EQ(c.record.start.time_since_epoch().count(), most);
  EXPECT_EQ(c.record.stop.time_since_epoch().count(), most);
  EXPECT_FALSE(c.record.at_is_receipt);
  for (const auto* beyond : {"8000000000000000", "ffffffffffffffff"}) {
    all(beyond);
    EXPECT_EQ(c.record.at, receipt);
    EXPECT_TRUE(c.record.at_is_receipt);
    EXPECT_TRUE((c.record.has & (FlowRecord::has_start | FlowRecord::has_stop)) == 0);
    EXPECT_EQ(c.record.start, WallTime{});
  }
}

TEST(Decode, HelperAndSecurityContextAreTexts) {
  Changed c("helper_ftp_new");
  auto& name = c.at({CTA_HELP, CTA_HELP_NAME}).value;
  const auto helper = [&](std::string_view text) {
    name = hex(text);
    EXPECT_TRUE(c.decodes());
    return c.record.helper;
  };
  EXPECT_EQ(helper(""), "");
  EXPECT_EQ(helper("00"), "");
  EXPECT_EQ(helper("66"), "f");
  EXPECT_EQ(helper("66006700"), "f");
  EXPECT_EQ(helper("ff0a1b"), "\xff\n\x1b");
  EXPECT_EQ(helper("61616161 61616161 61616161 61616161 61616161").size(), 15U);

  // CTA_SECCTX: no module here gives packets a context. A nest with a string, as
  // ctnetlink_dump_secctx() of the kernel puts it (NLA_NUL_STRING).
  c.tree.push_back({0x8000 | CTA_SECCTX, {}, {{CTA_SECCTX_NAME, hex("75 3a 72 3a 74 00"), {}}}});
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.secctx, "u:r:t");
  c.at({CTA_SECCTX}).nest[0].value = Octets(5000, 'x');
  ASSERT_TRUE(c.decodes());
  EXPECT_EQ(c.record.secctx.size(), 5000U);
  expect_inside(c.record, c.kept);
  c.at({CTA_SECCTX}).nest.clear();
  ASSERT_TRUE(c.decodes());
  EXPECT_TRUE(c.record.secctx.empty());
}

TEST(Decode, LabelsOfEveryLength) {
  if constexpr (std::endian::native != std::endian::little) GTEST_SKIP() << "recorded in the other";
  Changed c("labels_0_9_127_new");
  auto& labels = c.at({CTA_LABELS}).value;
  const auto whole = labels;
  for (std::size_t length = 0; length <= 40; ++length) {
    labels = whole;
    labels.resize(length, 0xff);
    EXPECT_EQ(c.decodes(), length <= 16 && length % 4 == 0) << length;
    if (length > 16 || length % 4 != 0) continue;
    std::array<std::uint8_t, 16> expected{};
    std::copy_n(whole.begin(), length, expected.begin());
    EXPECT_EQ(c.record.labels, expected);
    EXPECT_TRUE((c.record.has & FlowRecord::has_labels) != 0);
  }
}

using Session = std::unique_ptr<nf_conntrack, void (*)(nf_conntrack*)>;

Session session() {
  return {nfct_new(), [](nf_conntrack* ct) { nfct_destroy(ct); }};
}

/// A nlmsghdr and an nfgenmsg with room behind them.
struct Built {
  Built() {
    auto* h = header();
    h->nlmsg_len = NLMSG_LENGTH(4);
    h->nlmsg_type = new_message;
  }
  nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(storage.data()); }
  Octets payload() { return {storage.data() + 16, storage.data() + header()->nlmsg_len}; }
  alignas(nlmsghdr) std::array<std::uint8_t, 4096> storage{};
};

// The tracker of DCCP left Linux in 6.17 and wrote its state before: libnetfilter_conntrack does.
TEST(Decode, DccpAsLibnetfilterConntrackWritesIt) {
  const auto ct = session();
  nfct_set_attr_u8(ct.get(), ATTR_L3PROTO, AF_INET);
  nfct_set_attr_u32(ct.get(), ATTR_IPV4_SRC, 0x0100000a);
  nfct_set_attr_u32(ct.get(), ATTR_IPV4_DST, 0x0200000a);
  nfct_set_attr_u8(ct.get(), ATTR_L4PROTO, IPPROTO_DCCP);
  nfct_set_attr_u16(ct.get(), ATTR_PORT_SRC, 0x0100);
  nfct_set_attr_u16(ct.get(), ATTR_PORT_DST, 0x0200);
  nfct_setobjopt(ct.get(), NFCT_SOPT_SETUP_REPLY);
  nfct_set_attr_u8(ct.get(), ATTR_DCCP_STATE, 4);
  nfct_set_attr_u8(ct.get(), ATTR_DCCP_ROLE, 1);
  nfct_set_attr_u64(ct.get(), ATTR_DCCP_HANDSHAKE_SEQ, 7);
  Built built;
  ASSERT_EQ(nfct_nlmsg_build(built.header(), ct.get()), 0);
  const auto payload = built.payload();
  FlowRecord r;
  ASSERT_TRUE(take(payload, r));
  EXPECT_EQ(r.orig.protocol, 33);
  EXPECT_TRUE(r.orig.has_ports);
  EXPECT_EQ(r.orig.src_port, 1);
  EXPECT_EQ(r.orig.dst_port, 2);
  EXPECT_EQ(r.reply.src_port, 2);
  EXPECT_TRUE((r.has & FlowRecord::has_state) != 0);
  EXPECT_EQ(r.state, 4);
  Tree tree = read_tree(Bytes(payload).subspan(4));
  constexpr std::size_t lengths[] = {0, 1, 1, 8};
  for (std::uint16_t type = 1; type <= 3; ++type) {
    auto& a = *find(tree, {CTA_PROTOINFO, CTA_PROTOINFO_DCCP, type});
    const auto whole = a.value;
    for (std::size_t length = 0; length <= 20; ++length) {
      a.value.resize(length);
      EXPECT_EQ(take(with_tree(payload, tree), r), length == lengths[type])
          << type << " " << length;
    }
    a.value = whole;
  }
}

/// Why decode() is ours: on a CTA_MARK of 2 octets the library's parser ends the process.
TEST(DecodeDeathTest, AMarkOfTwoOctetsIsMalformedAndEndsLibnetfilterConntrack) {
  Changed c("mark_new");
  c.at({CTA_MARK}).value.resize(2);
  EXPECT_FALSE(c.decodes());

  Octets message(16);
  message.insert(message.end(), c.kept.begin(), c.kept.end());
  const auto parse = [&] {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(message.size());
    header.nlmsg_type = new_message;
    std::memcpy(message.data(), &header, sizeof header);
    const auto ct = session();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-cstyle-cast)
    return nfct_nlmsg_parse(reinterpret_cast<const nlmsghdr*>(message.data()), ct.get());
  };
  EXPECT_EXIT((void)parse(), testing::ExitedWithCode(1), "");
  // and reads it where nothing is wrong
  c.at({CTA_MARK}).value.resize(4);
  ASSERT_TRUE(c.decodes());
  message.resize(16);
  message.insert(message.end(), c.kept.begin(), c.kept.end());
  EXPECT_EQ(parse(), 0);
}

}  // namespace
}  // namespace netweir::conntrack
