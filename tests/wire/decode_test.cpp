// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "netweir/packet.h"
#include "wire/describe.h"
#include "wire/frames.h"
#include "wire/same.h"

namespace netweir::test {
namespace {

using Octets = std::vector<std::uint8_t>;

struct Case {
  std::string_view name, expected;
};

// clang-format off
constexpr std::array cases{std::to_array<Case>({
    {"arp_request", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"arp_reply", "done arp 0a>0b type=0806 op=2 02:00:00:00:00:0a/192.0.2.10 02:00:00:00:00:0b/192.0.2.11"},
    {"arp_gratuitous_request", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.10"},
    {"arp_gratuitous_request_ff", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 ff:ff:ff:ff:ff:ff/192.0.2.10"},
    {"arp_gratuitous_reply", "done arp 0a>ff type=0806 op=2 02:00:00:00:00:0a/192.0.2.10 02:00:00:00:00:0a/192.0.2.10"},
    {"arp_gratuitous_reply_ff", "done arp 0a>ff type=0806 op=2 02:00:00:00:00:0a/192.0.2.10 ff:ff:ff:ff:ff:ff/192.0.2.10"},
    {"arp_reply_ff", "done arp 0a>ff type=0806 op=2 02:00:00:00:00:0a/192.0.2.10 ff:ff:ff:ff:ff:ff/192.0.2.11"},
    {"arp_probe", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/0.0.0.0 00:00:00:00:00:00/192.0.2.11"},
    {"arp_probe_reply", "done arp 0a>0b type=0806 op=2 02:00:00:00:00:0a/192.0.2.10 02:00:00:00:00:0b/0.0.0.0"},
    {"arp_reply_sender_zero", "done arp 0a>0b type=0806 op=2 02:00:00:00:00:0a/0.0.0.0 02:00:00:00:00:0b/192.0.2.11"},
    {"arp_proxy_reply", "done arp 0a>0b type=0806 op=2 02:00:00:00:00:0a/198.51.100.7 02:00:00:00:00:0b/192.0.2.11"},
    {"arp_sender_not_ethernet_source", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0c/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"arp_group_mac", "done arp 0a>0b type=0806 op=1 03:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"arp_zero_mac", "done arp 0a>0b type=0806 op=1 00:00:00:00:00:00/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"arp_broadcast_ip", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0a/255.255.255.255 00:00:00:00:00:00/192.0.2.11"},
    {"arp_multicast_ip", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0a/224.0.0.1 00:00:00:00:00:00/192.0.2.11"},
    {"arp_multicast_ip_last", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0a/239.255.255.255 00:00:00:00:00:00/192.0.2.11"},
    {"arp_class_e_ip", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0a/240.0.0.1 00:00:00:00:00:00/192.0.2.11"},
    {"arp_loopback_ip", "done arp 0a>0b type=0806 op=1 02:00:00:00:00:0a/127.0.0.1 00:00:00:00:00:00/192.0.2.11"},
    {"arp_padded", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"arp_inverse_request", "unsupported arp 0a>0b type=0806"},
    {"arp_operation_0", "unsupported arp 0a>0b type=0806"},
    {"rarp_request", "unsupported link 0a>ff type=8035"},
    {"rarp_operation_in_arp", "unsupported arp 0a>ff type=0806"},
    {"arp_infiniband", "unsupported arp 0a>ff type=0806"},
    {"arp_ieee802", "unsupported arp 0a>ff type=0806"},
    {"arp_protocol_ipv6", "unsupported arp 0a>ff type=0806"},
    {"arp_in_gre", "unsupported other 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=47 hops=64 len=52"},
    {"vlan_0_arp", "done arp 0a>ff 8100:0 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_1_arp", "done arp 0a>ff 8100:1 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_300_arp", "done arp 0a>ff 8100:300 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_4095_arp", "done arp 0a>ff 8100:4095 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"qinq_arp", "done arp 0a>ff 88a8:200 8100:300 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"qinq_priority_arp", "done arp 0a>ff 88a8:0 8100:100 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_9100_arp", "done arp 0a>ff 9100:7 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_9200_arp", "unsupported link 0a>ff type=9200"},
    {"vlan_eight_arp", "done arp 0a>ff 8100:1 8100:2 8100:3 8100:4 8100:5 8100:6 8100:7 8100:8 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_nine_arp", "too_many_layers vlan 0a>ff 8100:1 8100:2 8100:3 8100:4 8100:5 8100:6 8100:7 8100:8"},
    {"vlan_udp", "done udp 0a>0b 8100:49157 type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 4000>53"},
    {"snap_arp", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"snap_arp_padded", "done arp 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"vlan_snap_arp", "done arp 0a>ff 8100:300 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"snap_vlan_arp", "done arp 0a>ff 8100:42 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"snap_cisco", "unsupported llc 0a>ff"},
    {"snap_short_length", "malformed arp 0a>ff type=0806"},
    {"snap_long_length", "malformed llc 0a>ff type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"stp", "unsupported llc 0a>00"},
    {"length_1501", "unsupported link 0a>0b"},
    {"length_1535", "unsupported link 0a>0b"},
    {"length_2", "malformed llc 0a>0b"},
    {"lldp", "unsupported link 0a>0e type=88cc"},
    {"udp", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=63 len=33 class=b8 4000>53"},
    {"udp_padded", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=29 4000>53"},
    {"udp_options", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 1>2"},
    {"tcp_syn", "done tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=44 50000>443 flags=02"},
    {"tcp_data", "done tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=140 50000>443 flags=18"},
    {"tcp_tso", "done tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=0 50000>443 flags=10"},
    {"tcp_offset_16", "malformed tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=40 1>2 flags=02"},
    {"tcp_offset_60", "malformed tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=40 1>2 flags=02"},
    {"sctp", "done sctp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=132 hops=64 len=32 36412>36413"},
    {"icmp_echo", "done icmp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=1 hops=64 len=32 icmp=8.0 id=1234"},
    {"icmp_unreachable", "done icmp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=1 hops=64 len=56 icmp=3.1"},
    {"udp_first_fragment", "done udp 192.0.2.10>192.0.2.11 proto=17 hops=64 len=84 fragmented 7>8"},
    {"udp_later_fragment", "done ipv4 192.0.2.10>192.0.2.11 proto=17 hops=64 len=64 fragmented later"},
    {"tcp_tiny_fragment", "unsupported tcp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=6 hops=64 len=28 fragmented 1>2"},
    {"ipip", "unsupported other 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=4 hops=64 len=48"},
    {"ospf", "unsupported other 0a>05 type=0800 192.0.2.10>224.0.0.5 proto=89 hops=64 len=64"},
    {"ipv4_version_5", "malformed ipv4 0a>0b type=0800"},
    {"ipv4_header_16", "malformed ipv4 0a>0b type=0800"},
    {"ipv4_header_60", "malformed ipv4 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=28"},
    {"ipv4_total_19", "malformed ipv4 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=19"},
    {"ipv4_total_long", "malformed ipv4 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=29"},
    {"ipv4_total_24", "malformed udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=24 53>53"},
    {"udp_length_7", "malformed udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 53>53"},
    {"udp_length_0", "malformed udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 53>53"},
    {"udp_length_long", "malformed udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 53>53"},
    {"udp_length_short", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=32 53>53"},
    {"udp6", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=52 class=b8 546>547"},
    {"tcp6_tso", "done tcp 0a>0b type=86dd fe80::a>fe80::b proto=6 hops=64 len=0 5>6 flags=02"},
    {"udp6_plen_0", "malformed udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=40"},
    {"tcp6_jumbo", "done tcp 0a>0b type=86dd fe80::a>fe80::b proto=6 hops=64 len=0 5>6 flags=02"},
    {"udp6_jumbo", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=0 5>6"},
    {"udp6_hbh_plen_0", "malformed ipv6_extension 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=0"},
    {"udp6_extensions", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=88 5>6"},
    {"udp6_ah", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=72 authenticated 5>6"},
    {"udp6_ah_short", "malformed ipv6_extension 0a>0b type=86dd fe80::a>fe80::b proto=51 hops=64 len=60"},
    {"udp6_atomic", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=56 fragmented 5>6"},
    {"udp6_first_fragment", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=64 fragmented 5>6"},
    {"udp6_later_fragment", "done ipv6_extension 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=64 fragmented later"},
    {"no_next", "done ipv6 0a>0b type=86dd fe80::a>fe80::b proto=59 hops=64 len=40"},
    {"esp6", "unsupported other 0a>0b type=86dd fe80::a>fe80::b proto=50 hops=64 len=64"},
    {"mobility", "unsupported other 0a>0b type=86dd fe80::a>fe80::b proto=135 hops=64 len=48"},
    {"echo6", "done icmpv6 0a>0b type=86dd fe80::a>fe80::b proto=58 hops=64 len=48 icmp=128.0 id=4321"},
    {"ipv6_version_4", "malformed ipv6 0a>0b type=86dd"},
    {"ipv6_plen_long", "malformed ipv6 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=49"},
    {"ipv6_plen_4", "malformed udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=44 53>53"},
    {"extension_long", "malformed ipv6_extension 0a>0b type=86dd fe80::a>fe80::b proto=60 hops=64 len=56"},
    {"extensions_16", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=176 5>6"},
    {"extensions_17", "too_many_layers ipv6_extension 0a>0b type=86dd fe80::a>fe80::b proto=60 hops=64 len=184"},
    {"nd_ns", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=135.0 nd=135 target=2001:db8::a src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_na", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_rs", "done icmpv6 0a>0b type=86dd fe80::a>ff02::2 proto=58 hops=255 len=56 icmp=133.0 nd=133 target=- src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_ra", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=104 icmp=134.0 nd=134 target=- src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_redirect", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=88 icmp=137.0 nd=137 target=fe80::b src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_ns_dad", "done icmpv6 0a>0b type=86dd ::>ff02::1:ff00:a proto=58 hops=255 len=64 icmp=135.0 nd=135 target=2001:db8::a src*0 tgt*0 sum=right"},
    {"nd_ns_unspecified_option", "done icmpv6 0a>0b type=86dd ::>ff02::1 proto=58 hops=255 len=72 icmp=135.0 nd=135 target=2001:db8::a src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_ns_no_option", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=64 icmp=135.0 nd=135 target=2001:db8::a src*0 tgt*0 sum=right"},
    {"nd_ns_target_option", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=135.0 nd=135 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_source_option", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_ns_multicast_target", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=135.0 nd=135 target=ff02::5 src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_na_multicast_target", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=ff02::5 src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_target_unspecified", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=:: src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_target_loopback", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=::1 src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_ns_multicast_source", "done icmpv6 0a>0b type=86dd ff02::9>ff02::1 proto=58 hops=255 len=72 icmp=135.0 nd=135 target=2001:db8::a src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_na_hop_limit_254", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=254 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_code_1", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.1 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_bad_checksum", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=wrong"},
    {"nd_na_group_mac", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=03:00:00:00:00:01 sum=right"},
    {"nd_na_zero_mac", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=00:00:00:00:00:00 sum=right"},
    {"nd_na_two_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*2=02:00:00:00:00:0b sum=right"},
    {"nd_ns_two_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=135.0 nd=135 target=2001:db8::a src*2=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_na_both_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*1=02:00:00:00:00:0b tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_unknown_option", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=88 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_option_length_0", "malformed icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a spoilt sum=right"},
    {"nd_na_option_overrun", "malformed icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a spoilt sum=right"},
    {"nd_na_option_odd_tail", "malformed icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=76 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a spoilt sum=right"},
    {"nd_na_option_length_2", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1 sum=right"},
    {"nd_na_option_length_2_and_1", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=88 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*2=02:00:00:00:00:0a sum=right"},
    {"nd_na_short", "malformed icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=60 icmp=136.0 nd=136 target=- src*0 tgt*0 sum=wrong"},
    {"nd_na_fragment_header", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 fragmented icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=unknown"},
    {"nd_na_ah", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=96 authenticated icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_hop_by_hop", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_dest_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=80 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_routing", "done icmpv6 0a>0b type=86dd fe80::a>fe80::b proto=58 hops=255 len=96 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_routing_left", "done icmpv6 0a>0b type=86dd fe80::a>fe80::b proto=58 hops=255 len=112 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_segment_left", "done icmpv6 0a>0b type=86dd fe80::a>fe80::b proto=58 hops=255 len=112 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_jumbo", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=0 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=unknown"},
    {"nd_na_padded", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_na_vlan", "done icmpv6 0a>0b 8100:77 type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"nd_ra_32_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=312 icmp=134.0 nd=134 target=- src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"nd_ra_200_options", "done icmpv6 0a>0b type=86dd fe80::a>ff02::1 proto=58 hops=255 len=1656 icmp=134.0 nd=134 target=- src*1=02:00:00:00:00:0a tgt*0 sum=right"},
    {"raw_udp", "done udp 192.0.2.10>192.0.2.11 proto=17 hops=64 len=33 4000>53"},
    {"raw_udp6", "done udp fe80::a>fe80::b proto=17 hops=64 len=53 4000>53"},
    {"raw_arp", "done arp type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"raw_vlan_arp", "done arp 8100:99 type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"sll_arp", "done arp type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"sll_vlan_udp", "done udp 8100:99 type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=28 4000>53"},
    {"sll_llc_arp", "done arp type=0806 op=1 02:00:00:00:00:0a/192.0.2.10 00:00:00:00:00:00/192.0.2.11"},
    {"sll_protocol_1", "unsupported link"},
    {"sll_netlink", "unsupported link"},
    {"sll_infiniband", "done udp type=0800 192.0.2.10>192.0.2.11 proto=17 hops=64 len=28 53>53"},
    {"sll2_nd_na", "done icmpv6 type=86dd fe80::a>ff02::1 proto=58 hops=255 len=72 icmp=136.0 nd=136 target=2001:db8::a src*0 tgt*1=02:00:00:00:00:0a sum=right"},
    {"null_udp_le", "done udp 192.0.2.10>192.0.2.11 proto=17 hops=64 len=28 4000>53"},
    {"null_udp_be", "done udp 192.0.2.10>192.0.2.11 proto=17 hops=64 len=28 4000>53"},
    {"null_udp6_freebsd", "done udp fe80::a>fe80::b proto=17 hops=64 len=48 4000>53"},
    {"loop_udp6", "done udp fe80::a>fe80::b proto=17 hops=64 len=48 4000>53"},
    {"udp6_label", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=52 label=12345 546>547"},
    {"udp6_label_ones",
     "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=48 class=ff label=fffff 546>547"},
    {"udp6_class_ones", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=48 class=ff 546>547"},
    {"udp6_label_1", "done udp 0a>0b type=86dd fe80::a>fe80::b proto=17 hops=64 len=56 label=00001 546>547"},
    {"dhcp_ack", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=284 67>68 ack=02:00:00:00:00:50/192.0.2.50"},
    {"dhcp_ack_last", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=286 67>68 ack=02:00:00:00:00:50/192.0.2.50"},
    {"dhcp_offer", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=278 67>68"},
    {"dhcp_no_end", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=280 67>68"},
    {"dhcp_ack_after_end", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=278 67>68"},
    {"dhcp_request", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=272 67>68"},
    {"dhcp_infiniband", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=272 67>68"},
    {"dhcp_to_relay", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=272 67>67"},
    {"dhcp_udp_short", "done udp 0a>0b type=0800 192.0.2.10>192.0.2.50 proto=17 hops=64 len=272 67>68"},
})};
// clang-format on

Frame frame_of(const Made& made, Bytes data, std::size_t wire_len) {
  Frame f;
  f.data = data;
  f.wire_len = static_cast<std::uint32_t>(wire_len);
  f.link = made.link;
  f.protocol = made.protocol;
  return f;
}

// In storage of its very length, so that the address sanitizer sees a step beyond.
Octets first(const Octets& octets, std::size_t n) {
  Octets prefix(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(n));
  prefix.shrink_to_fit();
  return prefix;
}

TEST(Decode, Table) {
  ASSERT_EQ(cases.size(), made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    ASSERT_EQ(cases[i].name, made[i].name);
    const auto octets = hex(made[i].hex);
    EXPECT_EQ(describe(decode(frame_of(made[i], octets, octets.size()))), cases[i].expected)
        << made[i].name;
  }
}

// Every length from none to all of it: a capture that ends early is `cut`, and what it says is
// true.
TEST(Decode, EveryTruncationOfACapture) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    for (const std::size_t wire_len : {octets.size(), std::size_t{0}}) {
      const auto whole = decode(frame_of(m, octets, wire_len));
      for (std::size_t n = 0; n <= octets.size(); ++n) {
        const auto shorter = first(octets, n);
        const auto p = decode(frame_of(m, shorter, wire_len));
        EXPECT_EQ(contradiction(p, whole), "") << m.name << " at " << n << ": " << describe(p);
        EXPECT_TRUE(p.stop == Stop::cut || p.stop == whole.stop)
            << m.name << " at " << n << ": " << describe(p);
      }
    }
  }
}

// The same octets where the packet itself ends there: never `cut`.
TEST(Decode, EveryTruncationOnTheWire) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    for (std::size_t n = 1; n <= octets.size(); ++n) {
      const auto shorter = first(octets, n);
      const auto p = decode(frame_of(m, shorter, n));
      EXPECT_NE(p.stop, Stop::cut) << m.name << " at " << n << ": " << describe(p);
    }
  }
}

// A wire length below what was captured is no reason to doubt the octets.
TEST(Decode, WireLengthBelowCapture) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    EXPECT_TRUE(same(decode(frame_of(m, octets, 1)), decode(frame_of(m, octets, octets.size()))))
        << m.name;
  }
}

TEST(Decode, LinkHeaderApartAtEverySplit) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    for (const std::size_t wire_len : {octets.size(), octets.size() + 9, std::size_t{0}}) {
      const auto joined = decode(frame_of(m, octets, wire_len));
      // Beyond the link layer only short packets are joined again.
      const auto most = octets.size() < 512 ? octets.size() : 14;
      for (std::size_t n = 0; n <= most; ++n) {
        const auto head = first(octets, n);
        const Octets tail(octets.begin() + static_cast<std::ptrdiff_t>(n), octets.end());
        auto f = frame_of(m, tail, wire_len);
        f.link_header = head;
        const auto p = decode(f);
        EXPECT_TRUE(same(p, joined)) << m.name << " at " << n << ": " << describe(p);
      }
    }
  }
}

// A frame whose whole capture is in the link header, however long, is read or cut, never blamed.
TEST(Decode, LinkHeaderHoldsEverything) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    auto f = frame_of(m, {}, octets.size());
    f.link_header = octets;
    const auto whole = decode(frame_of(m, octets, octets.size()));
    const auto p = decode(f);
    EXPECT_EQ(contradiction(p, whole), "") << m.name << ": " << describe(p);
    EXPECT_TRUE(p.stop == Stop::cut || p.stop == whole.stop) << m.name;
  }
}

const Made& find(std::string_view name) {
  for (const auto& m : made) {
    if (m.name == name) return m;
  }
  ADD_FAILURE() << "no frame " << name;
  return made[0];
}

// The frame without its first tag, which becomes metadata.
Packet with_metadata(const Octets& octets, std::size_t wire_len) {
  Octets without(octets.begin(), octets.begin() + 12);
  without.insert(without.end(), octets.begin() + 16, octets.end());
  Frame f;
  f.data = without;
  f.wire_len = static_cast<std::uint32_t>(wire_len);
  f.tagged = true;
  f.tag = {static_cast<std::uint16_t>(octets[12] << 8U | octets[13]),
           static_cast<std::uint16_t>(octets[14] << 8U | octets[15])};
  return decode(f);
}

TEST(Decode, TagInlineOrAsMetadata) {
  for (const auto& m : made) {
    const auto octets = hex(m.hex);
    if (m.link != linktype::ethernet || octets.size() < 16) continue;
    const auto tpid = octets[12] << 8U | octets[13];
    if (tpid != 0x8100 && tpid != 0x88a8 && tpid != 0x9100) continue;
    for (std::size_t n = 18; n <= octets.size(); ++n) {
      const auto shorter = first(octets, n);
      Frame f;
      f.data = shorter;
      f.wire_len = static_cast<std::uint32_t>(octets.size());
      EXPECT_TRUE(same(decode(f), with_metadata(shorter, octets.size() - 4)))
          << m.name << " at " << n;
    }
  }
}

TEST(Decode, EveryTagInlineOrAsMetadata) {
  for (const auto* name : {"vlan_1_arp", "qinq_arp", "vlan_snap_arp", "nd_na_vlan"}) {
    auto octets = hex(find(name).hex);
    for (unsigned tci = 0; tci <= 0xffff; tci += tci < 4095 ? 1 : 0x111) {
      octets[14] = static_cast<std::uint8_t>(tci >> 8U);
      octets[15] = static_cast<std::uint8_t>(tci);
      Frame f;
      f.data = octets;
      f.wire_len = static_cast<std::uint32_t>(octets.size());
      const auto p = decode(f);
      ASSERT_EQ(p.stop, Stop::done);
      ASSERT_EQ(p.vlan[0].tci, tci);
      ASSERT_EQ(p.vlan[0].vid(), tci & 0xfffU);
      ASSERT_TRUE(same(p, with_metadata(octets, octets.size() - 4))) << name << " tci " << tci;
    }
  }
}

Packet ethernet_with(std::string_view type, std::string_view unit, std::size_t times) {
  auto octets = hex("02000000000b02000000000a");
  const auto announced = hex(type), one = hex(unit);
  octets.insert(octets.end(), announced.begin(), announced.end());
  for (std::size_t i = 0; i < times; ++i) octets.insert(octets.end(), one.begin(), one.end());
  Frame f;
  f.data = octets;
  f.wire_len = static_cast<std::uint32_t>(octets.size());
  return decode(f);
}

int vids_of(const Packet& p) {
  int n = 0;
  for (std::size_t i = 0; i < p.tags; ++i) n += p.vlan[i].vid() != 0 ? 1 : 0;
  return n;
}

TEST(Decode, MetadataTagCountsAmongTheEight) {
  const auto eight = hex(find("vlan_eight_arp").hex);
  Frame f;
  f.data = eight;
  f.wire_len = static_cast<std::uint32_t>(eight.size());
  f.tagged = true;
  f.tag = {0x88a8, 9};
  const auto p = decode(f);
  EXPECT_EQ(p.stop, Stop::too_many_layers);
  EXPECT_EQ(p.at, Layer::vlan);
  EXPECT_EQ(p.tags, 8);
  EXPECT_FALSE(p.has_arp);
}

TEST(Decode, PriorityTagsDoNotCountAmongTheEight) {
  const auto eight = hex(find("vlan_eight_arp").hex);
  Frame f;
  f.data = eight;
  f.wire_len = static_cast<std::uint32_t>(eight.size());
  f.tagged = true;
  f.tag = {0x88a8, 0};
  const auto p = decode(f);
  EXPECT_EQ(p.stop, Stop::done);
  EXPECT_EQ(p.tags, 9);
  EXPECT_TRUE(p.has_arp);
  EXPECT_EQ(vids_of(p), 8);
}

TEST(Decode, ManyPriorityTagsAreBounded) {
  const auto p = ethernet_with("8100", "00008100", 10000);
  EXPECT_EQ(p.stop, Stop::too_many_layers);
  EXPECT_EQ(p.tags, max_tags);
}

TEST(Decode, MetadataTagOfAPacketWithoutLinkHeader) {
  const auto octets = hex(find("raw_arp").hex);
  auto f = frame_of(find("raw_arp"), octets, 0);
  f.tagged = true;
  f.tag = {0x8100, 42};
  const auto p = decode(f);
  EXPECT_EQ(p.stop, Stop::done);
  EXPECT_TRUE(p.has_arp);
  ASSERT_EQ(p.tags, 1);
  EXPECT_EQ(p.vlan[0].vid(), 42);
}

TEST(Decode, CookedSourceAddress) {
  for (const auto* name : {"sll_arp", "sll2_nd_na"}) {
    const auto octets = hex(find(name).hex);
    const auto p = decode(frame_of(find(name), octets, octets.size()));
    EXPECT_EQ(text(p.src_mac), "02:00:00:00:00:0a");
    EXPECT_FALSE(p.ethernet);  // there is no destination
  }
  const auto octets = hex(find("sll_infiniband").hex);
  EXPECT_TRUE(decode(frame_of(find("sll_infiniband"), octets, octets.size())).src_mac.is_zero());
}

TEST(Decode, TenThousandTags) {
  const auto p = ethernet_with("8100", "00058100", 10000);
  EXPECT_EQ(p.stop, Stop::too_many_layers);
  EXPECT_EQ(p.at, Layer::vlan);
  EXPECT_EQ(p.tags, 8);
}

TEST(Decode, AThousandExtensionHeaders) {
  for (const std::string_view kind : {"3c", "2b", "00"}) {
    std::string head = "86dd 60000000 1f40 " + std::string(kind) + "40 ";
    head += "fe80000000000000000000000000000a fe80000000000000000000000000000b";
    const auto p = ethernet_with(head, std::string(kind) + "00010400000000", 1000);
    EXPECT_EQ(p.stop, Stop::too_many_layers);
    EXPECT_EQ(p.at, Layer::ipv6_extension);
    EXPECT_EQ(text(p.src), "fe80::a");
  }
}

TEST(Decode, NestedLlcIsBounded) {
  // 802.3 length, SNAP, tag, 802.3 length, SNAP, tag, ...
  const auto p = ethernet_with("0400", "aaaa03000000 8100 0005 0300", 100);
  EXPECT_NE(p.stop, Stop::done);
  EXPECT_LE(p.tags, 8);
}

TEST(Decode, APacketUsedAgainSaysTheSame) {
  Packet used;
  for (const auto& before : made) {
    for (const auto& m : made) {
      const auto first_octets = hex(before.hex), octets = hex(m.hex);
      decode(frame_of(before, first_octets, first_octets.size()), used);
      const auto frame = frame_of(m, octets, octets.size());
      decode(frame, used);
      ASSERT_EQ(describe(used), describe(decode(frame))) << before.name << ", then " << m.name;
    }
  }
}

TEST(Decode, ChecksumIsUnknownWhereThePacketIsCut) {
  const auto octets = hex(find("nd_na_bad_checksum").hex);
  const auto& m = find("nd_na_bad_checksum");
  EXPECT_EQ(decode(frame_of(m, octets, octets.size())).nd.checksum, Checksum::wrong);
  const auto shorter = first(octets, octets.size() - 1);
  EXPECT_EQ(decode(frame_of(m, shorter, octets.size())).nd.checksum, Checksum::unknown);
  // NFLOG does not say how long the packet was: IPv6 does.
  EXPECT_EQ(decode(frame_of(m, octets, 0)).nd.checksum, Checksum::wrong);
}

// A source-routed message is checked against its last destination (RFC 8200, section 8.1); of a
// routing type that we do not know, the last destination is not known either.
TEST(Decode, ChecksumBehindAnUnknownRoutingHeader) {
  auto octets = hex(find("nd_na_routing_left").hex);
  octets[14 + 40 + 2] = 253;  // RFC 4727: experimental
  EXPECT_EQ(decode(frame_of(made[0], octets, octets.size())).nd.checksum, Checksum::unknown);
  octets[14 + 40 + 3] = 0;  // no segments left: the header's destination, and so a wrong sum
  EXPECT_EQ(decode(frame_of(made[0], octets, octets.size())).nd.checksum, Checksum::wrong);
}

TEST(Decode, EveryLinkTypeTakesAnything) {
  const auto octets = hex(find("udp6").hex);
  for (unsigned link = 0; link < 512; ++link) {
    for (const unsigned protocol : {0U, 4U, 0x0800U, 0x0806U, 0x8100U, 0x86ddU, 0xffffU}) {
      for (std::size_t n = 0; n <= octets.size(); ++n) {
        const auto shorter = first(octets, n);
        Frame f;
        f.data = shorter;
        f.link = static_cast<std::uint16_t>(link);
        f.protocol = static_cast<std::uint16_t>(protocol);
        f.wire_len = static_cast<std::uint32_t>(octets.size());
        const auto p = decode(f);
        ASSERT_LE(p.tags, max_tags);
      }
    }
  }
  Frame f;
  f.data = octets;
  f.link = linktype::nflog;
  EXPECT_EQ(decode(f).stop, Stop::unsupported);
  f.link = linktype::netlink;
  EXPECT_EQ(decode(f).stop, Stop::unsupported);
}

TEST(Decode, AnEmptyFrame) {
  Frame f;
  EXPECT_EQ(decode(f).stop, Stop::cut);
  f.wire_len = 60;
  EXPECT_EQ(decode(f).stop, Stop::cut);
  f.link = linktype::raw;
  EXPECT_EQ(decode(f).stop, Stop::cut);
  f.tagged = true;
  EXPECT_EQ(decode(f).tags, 1);
}

}  // namespace
}  // namespace netweir::test
