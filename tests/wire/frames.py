#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the test frames with scapy: frames.h on standard output, and with --corpus DIR the seeds of the
decoder's fuzz target. The tests read what this wrote; they do not run it."""
import os
import struct
import sys

from scapy.all import (ARP, BOOTP, DHCP, ICMP, IP, IPv6, LLC, SCTP, SNAP, TCP, UDP, AH, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q,
                       Dot3, Ether, GRE, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA,
                       ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU,
                       ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, ICMPv6NDOptUnknown, IPOption,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
                       IPv6ExtHdrSegmentRouting, Jumbo, Loopback, PadN, Raw, fragment, raw)

A, B, BCAST = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff"
IA, IB = "192.0.2.10", "192.0.2.11"
SA, SB, TGT = "fe80::a", "fe80::b", "2001:db8::a"
ALL = "ff02::1"


def eth(dst=B, **k):
    return Ether(src=A, dst=dst, **k)


def arp(op=1, **k):
    d = dict(op=op, hwsrc=A, psrc=IA, hwdst="00:00:00:00:00:00", pdst=IB)
    d.update(k)
    return ARP(**d)


def sll(x=A):
    return ICMPv6NDOptSrcLLAddr(lladdr=x)


def tll(x=A):
    return ICMPv6NDOptDstLLAddr(lladdr=x)


def six(**k):
    d = dict(src=SA, dst=ALL, hlim=255)
    d.update(k)
    return IPv6(**d)


def ns(**k):
    return ICMPv6ND_NS(tgt=TGT, **k)


def na(tgt=TGT, **k):
    return ICMPv6ND_NA(tgt=tgt, R=0, S=0, O=1, **k)


def cut_at(frame, offset, octets):
    """`frame` with `octets` written at `offset`."""
    b = bytearray(raw(frame))
    b[offset:offset + len(octets)] = octets
    return bytes(b)


def tags(*vids):
    p = eth(BCAST)
    for i, v in enumerate(vids):
        p = p / (Dot1AD(vlan=v) if i == 0 and len(vids) == 2 else Dot1Q(vlan=v))
    return p


def snap(payload, ethertype, head=None, oui=0):
    body = LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=oui, code=ethertype) / payload
    if head is None:
        return Dot3(src=A, dst=BCAST, len=len(body)) / body
    return head / Raw(struct.pack("!H", len(body)) + raw(body))


def dhcp(options, dport=68, len=None, **fixed):
    return (eth() / IP(src=IA, dst="192.0.2.50") / UDP(sport=67, dport=dport, len=len) /
            BOOTP(**{"op": 2, "yiaddr": "192.0.2.50", "chaddr": bytes.fromhex("020000000050"), "xid": 1, **fixed}) /
            DHCP(options=options))


FRAMES = {
    # ARP
    "arp_request": eth(BCAST) / arp(),
    "arp_reply": eth() / arp(2, hwdst=B),
    "arp_gratuitous_request": eth(BCAST) / arp(1, pdst=IA),
    "arp_gratuitous_request_ff": eth(BCAST) / arp(1, pdst=IA, hwdst=BCAST),
    "arp_gratuitous_reply": eth(BCAST) / arp(2, pdst=IA, hwdst=A),
    "arp_gratuitous_reply_ff": eth(BCAST) / arp(2, pdst=IA, hwdst=BCAST),
    "arp_reply_ff": eth(BCAST) / arp(2, hwdst=BCAST),
    "arp_probe": eth(BCAST) / arp(1, psrc="0.0.0.0"),
    "arp_probe_reply": eth() / arp(2, hwdst=B, pdst="0.0.0.0"),
    "arp_reply_sender_zero": eth() / arp(2, psrc="0.0.0.0", hwdst=B),
    "arp_proxy_reply": eth() / arp(2, psrc="198.51.100.7", hwdst=B),
    "arp_sender_not_ethernet_source": eth() / arp(1, hwsrc="02:00:00:00:00:0c"),
    "arp_group_mac": eth() / arp(1, hwsrc="03:00:00:00:00:0a"),
    "arp_zero_mac": eth() / arp(1, hwsrc="00:00:00:00:00:00"),
    "arp_broadcast_ip": eth() / arp(1, psrc="255.255.255.255"),
    "arp_multicast_ip": eth() / arp(1, psrc="224.0.0.1"),
    "arp_multicast_ip_last": eth() / arp(1, psrc="239.255.255.255"),
    "arp_class_e_ip": eth() / arp(1, psrc="240.0.0.1"),
    "arp_loopback_ip": eth() / arp(1, psrc="127.0.0.1"),
    "arp_padded": raw(eth(BCAST) / arp()) + bytes(18),
    "arp_inverse_request": eth() / arp(8),
    "arp_operation_0": eth() / arp(0),
    "rarp_request": eth(BCAST, type=0x8035) / arp(3),
    "rarp_operation_in_arp": eth(BCAST) / arp(3),
    "arp_infiniband": eth(BCAST, type=0x806) / Raw(struct.pack("!HHBBH", 32, 0x800, 20, 4, 1) + bytes(range(48))),
    "arp_ieee802": eth(BCAST) / arp(hwtype=6),
    "arp_protocol_ipv6": eth(BCAST) / arp(ptype=0x86dd, plen=4),
    "arp_in_gre": eth() / IP(src=IA, dst=IB) / GRE(proto=0x806) / arp(),
    # VLAN
    "vlan_0_arp": tags(0) / arp(),
    "vlan_1_arp": tags(1) / arp(),
    "vlan_300_arp": tags(300) / arp(),
    "vlan_4095_arp": tags(4095) / arp(),
    "qinq_arp": tags(200, 300) / arp(),
    "qinq_priority_arp": tags(0, 100) / arp(),
    "vlan_9100_arp": eth(BCAST, type=0x9100) / Dot1Q(vlan=7) / arp(),
    "vlan_9200_arp": eth(BCAST, type=0x9200) / Dot1Q(vlan=7) / arp(),
    "vlan_eight_arp": tags(*range(1, 9)) / arp(),
    "vlan_nine_arp": tags(*range(1, 10)) / arp(),
    "vlan_udp": eth() / Dot1Q(vlan=5, prio=6) / IP(src=IA, dst=IB) / UDP(sport=4000, dport=53) / b"abcd",
    # 802.3
    "snap_arp": snap(arp(), 0x806),
    "snap_arp_padded": raw(snap(arp(), 0x806)) + bytes(10),
    "vlan_snap_arp": snap(arp(), 0x806, eth(BCAST, type=0x8100) / Raw(struct.pack("!H", 300))),
    "snap_vlan_arp": snap(Raw(struct.pack("!HH", 42, 0x806)) / arp(), 0x8100),
    "snap_cisco": snap(Raw(b"\x02\xb4\x00\x00"), 0x2000, oui=0xc),
    "snap_short_length": cut_at(snap(arp(), 0x806), 12, b"\x00\x20"),
    "snap_long_length": cut_at(snap(arp(), 0x806), 12, b"\x00\x60"),
    "stp": Dot3(src=A, dst="01:80:c2:00:00:00", len=38) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / Raw(bytes(35)),
    "length_1501": cut_at(eth() / Raw(bytes(1600)), 12, b"\x05\xdd"),
    "length_1535": cut_at(eth() / Raw(bytes(1600)), 12, b"\x05\xff"),
    "length_2": cut_at(eth() / Raw(bytes(46)), 12, b"\x00\x02"),
    "lldp": eth("01:80:c2:00:00:0e", type=0x88cc) / Raw(b"\x02\x07\x04\x02\x00\x00\x00\x00\x0a\x00\x00"),
    # IPv4
    "udp": eth() / IP(src=IA, dst=IB, tos=0xb8, ttl=63) / UDP(sport=4000, dport=53) / b"query",
    "udp_padded": raw(eth() / IP(src=IA, dst=IB) / UDP(sport=4000, dport=53) / b"q") + bytes(17),
    "udp_options": eth() / IP(src=IA, dst=IB, options=[IPOption(b"\x94\x04\x00\x00")]) / UDP(sport=1, dport=2),
    "tcp_syn": eth() / IP(src=IA, dst=IB) / TCP(sport=50000, dport=443, flags="S", options=[("MSS", 1460)]),
    "tcp_data": eth() / IP(src=IA, dst=IB) / TCP(sport=50000, dport=443, flags="PA") / (b"z" * 100),
    "tcp_tso": eth() / IP(src=IA, dst=IB, len=0) / TCP(sport=50000, dport=443, flags="A") / (b"z" * 100),
    "tcp_offset_16": cut_at(eth() / IP(src=IA, dst=IB) / TCP(sport=1, dport=2), 46, b"\x40"),
    "tcp_offset_60": cut_at(eth() / IP(src=IA, dst=IB) / TCP(sport=1, dport=2), 46, b"\xf0"),
    "sctp": eth() / IP(src=IA, dst=IB) / SCTP(sport=36412, dport=36413, tag=9),
    "icmp_echo": eth() / IP(src=IA, dst=IB) / ICMP(type=8, id=0x1234, seq=1) / b"ping",
    "icmp_unreachable": eth() / IP(src=IA, dst=IB) / ICMP(type=3, code=1) / IP(src=IB, dst=IA) / UDP(),
    "udp_first_fragment": fragment(IP(src=IA, dst=IB) / UDP(sport=7, dport=8) / (b"f" * 100), 64)[0],
    "udp_later_fragment": fragment(IP(src=IA, dst=IB) / UDP(sport=7, dport=8) / (b"f" * 100), 64)[1],
    "tcp_tiny_fragment": eth() / IP(src=IA, dst=IB, flags="MF", proto=6) / raw(TCP(sport=1, dport=2))[:8],
    "ipip": eth() / IP(src=IA, dst=IB) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(),
    "ospf": eth("01:00:5e:00:00:05") / IP(src=IA, dst="224.0.0.5", proto=89) / Raw(bytes(44)),
    "ipv4_version_5": cut_at(eth() / IP(src=IA, dst=IB) / UDP(), 14, b"\x55"),
    "ipv4_header_16": cut_at(eth() / IP(src=IA, dst=IB) / UDP(), 14, b"\x44"),
    "ipv4_header_60": cut_at(eth() / IP(src=IA, dst=IB) / UDP(), 14, b"\x4f"),
    "ipv4_total_19": eth() / IP(src=IA, dst=IB, len=19) / UDP(),
    "ipv4_total_long": eth() / IP(src=IA, dst=IB, len=29) / UDP(),
    "ipv4_total_24": eth() / IP(src=IA, dst=IB, len=24) / UDP(),
    "udp_length_7": eth() / IP(src=IA, dst=IB) / UDP(len=7) / b"abcd",
    "udp_length_0": eth() / IP(src=IA, dst=IB) / UDP(len=0) / b"abcd",
    "udp_length_long": eth() / IP(src=IA, dst=IB) / UDP(len=13) / b"abcd",
    "udp_length_short": eth() / IP(src=IA, dst=IB) / UDP(len=9) / b"abcd",
    # IPv6
    "udp6": eth() / IPv6(src=SA, dst=SB, tc=0xb8, hlim=64) / UDP(sport=546, dport=547) / b"dhcp",
    "tcp6_tso": eth() / IPv6(src=SA, dst=SB, plen=0) / TCP(sport=5, dport=6) / (b"z" * 50),
    "udp6_plen_0": eth() / IPv6(src=SA, dst=SB, plen=0) / UDP(sport=5, dport=6) / (b"z" * 50),
    "tcp6_jumbo": eth() / IPv6(src=SA, dst=SB, plen=0) / IPv6ExtHdrHopByHop(options=Jumbo(jumboplen=70000)) /
                  TCP(sport=5, dport=6) / (b"z" * 50),
    "udp6_jumbo": eth() / IPv6(src=SA, dst=SB, plen=0) / IPv6ExtHdrHopByHop(options=Jumbo(jumboplen=70000)) /
                  UDP(sport=5, dport=6, len=0) / (b"z" * 50),
    "udp6_hbh_plen_0": eth() / IPv6(src=SA, dst=SB, plen=0) / IPv6ExtHdrHopByHop(options=PadN(optdata=b"\0\0\0\0")) /
                       UDP(sport=5, dport=6) / (b"z" * 50),
    "udp6_extensions": eth() / IPv6(src=SA, dst=SB) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() /
                       IPv6ExtHdrRouting(addresses=[TGT], segleft=0) / UDP(sport=5, dport=6),
    "udp6_ah": eth() / IPv6(src=SA, dst=SB) / AH(nh=17, spi=1, seq=1, payloadlen=4, icv=b"\1" * 12) / UDP(sport=5, dport=6),
    "udp6_ah_short": eth() / IPv6(src=SA, dst=SB) / AH(nh=17, spi=1, seq=1, payloadlen=0, icv=b"") / UDP(),
    "udp6_atomic": eth() / IPv6(src=SA, dst=SB) / IPv6ExtHdrFragment(id=1) / UDP(sport=5, dport=6),
    "udp6_first_fragment": eth() / IPv6(src=SA, dst=SB) / IPv6ExtHdrFragment(id=1, m=1) /
                           UDP(sport=5, dport=6, len=1000) / (b"f" * 8),
    "udp6_later_fragment": eth() / IPv6(src=SA, dst=SB) / IPv6ExtHdrFragment(id=1, offset=2, nh=17) / Raw(b"f" * 16),
    "no_next": eth() / IPv6(src=SA, dst=SB, nh=59),
    "esp6": eth() / IPv6(src=SA, dst=SB, nh=50) / Raw(bytes(24)),
    "mobility": eth() / IPv6(src=SA, dst=SB, nh=135) / Raw(b"\x3b\x00\x00\x00\x00\x00\x00\x00"),
    "echo6": eth() / IPv6(src=SA, dst=SB) / ICMPv6EchoRequest(id=0x4321, seq=2),
    "ipv6_version_4": cut_at(eth() / IPv6(src=SA, dst=SB) / UDP(), 14, b"\x40"),
    "ipv6_plen_long": eth() / IPv6(src=SA, dst=SB, plen=9) / UDP(),
    "ipv6_plen_4": eth() / IPv6(src=SA, dst=SB, plen=4) / UDP(),
    "extension_long": eth() / IPv6(src=SA, dst=SB) / IPv6ExtHdrDestOpt(len=9) / UDP(),
    "extensions_16": eth() / IPv6(src=SA, dst=SB, nh=60) / Raw(b"\x3c\0\1\4\0\0\0\0" * 15 + b"\x11\0\1\4\0\0\0\0") /
                     raw(UDP(sport=5, dport=6)),
    "extensions_17": eth() / IPv6(src=SA, dst=SB, nh=60) / Raw(b"\x3c\0\1\4\0\0\0\0" * 16 + b"\x11\0\1\4\0\0\0\0") /
                     raw(UDP(sport=5, dport=6)),
    # Neighbor discovery
    "nd_ns": eth() / six() / ns() / sll(),
    "nd_na": eth() / six() / na() / tll(),
    "nd_rs": eth() / six(dst="ff02::2") / ICMPv6ND_RS() / sll(),
    "nd_ra": eth() / six() / ICMPv6ND_RA() / ICMPv6NDOptPrefixInfo(prefix="2001:db8::") / sll() / ICMPv6NDOptMTU(),
    "nd_redirect": eth() / six() / ICMPv6ND_Redirect(tgt=SB, dst=TGT) / tll(),
    "nd_ns_dad": eth() / six(src="::", dst="ff02::1:ff00:a") / ns(),
    "nd_ns_unspecified_option": eth() / six(src="::") / ns() / sll(),
    "nd_ns_no_option": eth() / six() / ns(),
    "nd_ns_target_option": eth() / six() / ns() / tll(),
    "nd_na_source_option": eth() / six() / na() / sll(),
    "nd_ns_multicast_target": eth() / six() / ICMPv6ND_NS(tgt="ff02::5") / sll(),
    "nd_na_multicast_target": eth() / six() / na("ff02::5") / tll(),
    "nd_na_target_unspecified": eth() / six() / na("::") / tll(),
    "nd_na_target_loopback": eth() / six() / na("::1") / tll(),
    "nd_ns_multicast_source": eth() / six(src="ff02::9") / ns() / sll(),
    "nd_na_hop_limit_254": eth() / six(hlim=254) / na() / tll(),
    "nd_na_code_1": eth() / six() / na(code=1) / tll(),
    "nd_na_bad_checksum": eth() / six() / na(cksum=0x1234) / tll(),
    "nd_na_group_mac": eth() / six() / na() / tll("03:00:00:00:00:01"),
    "nd_na_zero_mac": eth() / six() / na() / tll("00:00:00:00:00:00"),
    "nd_na_two_options": eth() / six() / na() / tll() / tll(B),
    "nd_ns_two_options": eth() / six() / ns() / sll() / sll(),
    "nd_na_both_options": eth() / six() / na() / sll(B) / tll(),
    "nd_na_unknown_option": eth() / six() / na() / ICMPv6NDOptUnknown(type=200, len=2, data=bytes(14)) / tll(),
    "nd_na_option_length_0": eth() / six() / na() / tll() / Raw(b"\xc8\x00\x00\x00\x00\x00\x00\x00"),
    "nd_na_option_overrun": eth() / six() / na() / tll() / Raw(b"\xc8\x02\x00\x00\x00\x00\x00\x00"),
    "nd_na_option_odd_tail": eth() / six() / na() / tll() / Raw(b"\xc8\x01\x00\x00"),
    "nd_na_option_length_2": eth() / six() / na() / Raw(b"\x02\x02" + bytes(14)),
    "nd_na_option_length_2_and_1": eth() / six() / na() / Raw(b"\x02\x02" + bytes(14)) / raw(tll()),
    "nd_na_short": eth() / six(nh=58) / Raw(raw(na())[:20]),
    "nd_na_fragment_header": eth() / six() / IPv6ExtHdrFragment(id=1) / na() / tll(),
    "nd_na_ah": eth() / six() / AH(nh=58, spi=1, seq=1, payloadlen=4, icv=b"\1" * 12) /
                raw(six() / na() / tll())[40:],
    "nd_na_hop_by_hop": eth() / six() / IPv6ExtHdrHopByHop() / na() / tll(),
    "nd_na_dest_options": eth() / six() / IPv6ExtHdrDestOpt() / na() / tll(),
    "nd_na_routing": eth() / six(dst=SB) / IPv6ExtHdrRouting(addresses=[TGT], segleft=0) / na() / tll(),
    "nd_na_routing_left": eth() / six(dst=SB) / IPv6ExtHdrRouting(addresses=[ALL, TGT], segleft=2) / na() / tll(),
    "nd_na_segment_left": eth() / six(dst=SB) / IPv6ExtHdrSegmentRouting(addresses=[TGT, SB], segleft=1, lastentry=1) /
                          na() / tll(),
    "nd_na_jumbo": eth() / six(plen=0) / IPv6ExtHdrHopByHop(options=Jumbo(jumboplen=70000)) / na() / tll(),
    "nd_na_padded": raw(eth() / six() / na() / tll()) + b"\xff" * 6,
    "nd_na_vlan": eth() / Dot1Q(vlan=77) / six() / na() / tll(),
    "nd_ra_32_options": eth() / six() / ICMPv6ND_RA() / Raw(raw(ICMPv6NDOptMTU()) * 31 + raw(sll())),
    "nd_ra_200_options": eth() / six() / ICMPv6ND_RA() / Raw(raw(sll()) + raw(ICMPv6NDOptMTU()) * 199),
    # Other link types: the packet begins with their header
    "raw_udp": IP(src=IA, dst=IB) / UDP(sport=4000, dport=53) / b"query",
    "raw_udp6": IPv6(src=SA, dst=SB) / UDP(sport=4000, dport=53) / b"query",
    "raw_arp": arp(),
    "raw_vlan_arp": Raw(struct.pack("!HH", 99, 0x806)) / arp(),
    "sll_arp": CookedLinux(pkttype=1, lladdrtype=1, lladdrlen=6, src=bytes.fromhex("02000000000a0000"), proto=0x806) / arp(),
    "sll_vlan_udp": CookedLinux(pkttype=0, lladdrtype=1, lladdrlen=6, src=bytes.fromhex("02000000000a0000"), proto=0x8100) /
                    Raw(struct.pack("!HH", 99, 0x800)) / IP(src=IA, dst=IB) / UDP(sport=4000, dport=53),
    "sll_llc_arp": CookedLinux(lladdrtype=1, lladdrlen=6, src=bytes.fromhex("02000000000a0000"), proto=4) /
                   LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0, code=0x806) / arp(),
    "sll_protocol_1": CookedLinux(lladdrtype=1, lladdrlen=6, src=bytes.fromhex("02000000000a0000"), proto=1) / Raw(bytes(30)),
    "sll_netlink": CookedLinux(lladdrtype=824, lladdrlen=0, proto=0x800) / Raw(bytes(40)),
    "sll_infiniband": CookedLinux(lladdrtype=32, lladdrlen=20, src=bytes(8), proto=0x800) / IP(src=IA, dst=IB) / UDP(),
    "sll2_nd_na": CookedLinuxV2(proto=0x86dd, ifindex=3, lladdrtype=1, pkttype=0, lladdrlen=6,
                                src=bytes.fromhex("02000000000a0000")) / six() / na() / tll(),
    "null_udp_le": Raw(b"\x02\0\0\0") / IP(src=IA, dst=IB) / UDP(sport=4000, dport=53),
    "null_udp_be": Raw(b"\0\0\0\x02") / IP(src=IA, dst=IB) / UDP(sport=4000, dport=53),
    "null_udp6_freebsd": Raw(b"\x1c\0\0\0") / IPv6(src=SA, dst=SB) / UDP(sport=4000, dport=53),
    "loop_udp6": Raw(b"\0\0\0\x18") / IPv6(src=SA, dst=SB) / UDP(sport=4000, dport=53),
    # flow labels
    "udp6_label": eth() / IPv6(src=SA, dst=SB, fl=0x12345) / UDP(sport=546, dport=547) / b"dhcp",
    "udp6_label_ones": eth() / IPv6(src=SA, dst=SB, tc=0xff, fl=0xfffff) / UDP(sport=546, dport=547),
    "udp6_class_ones": eth() / IPv6(src=SA, dst=SB, tc=0xff, fl=0) / UDP(sport=546, dport=547),
    "udp6_label_1": eth() / IPv6(src=SA, dst=SB, fl=1) / IPv6ExtHdrDestOpt() / UDP(sport=546, dport=547),
    # DHCP
    "dhcp_ack": dhcp([("message-type", "ack"), ("server_id", IA), ("lease_time", 3600), "end"]),
    "dhcp_ack_last": dhcp(["pad", ("server_id", IA), ("lease_time", 3600), "pad", ("message-type", "ack"), "end"]),
    "dhcp_offer": dhcp([("message-type", "offer"), ("server_id", IA), "end"]),
    "dhcp_no_end": dhcp([("server_id", IA), ("lease_time", 3600)]),
    "dhcp_ack_after_end": dhcp([("server_id", IA), "end", ("message-type", "ack")]),
    "dhcp_request": dhcp([("message-type", "ack"), "end"], op=1),
    "dhcp_infiniband": dhcp([("message-type", "ack"), "end"], htype=32),
    "dhcp_to_relay": dhcp([("message-type", "ack"), "end"], dport=67),
    "dhcp_udp_short": dhcp([("message-type", "ack"), "end"], len=240),
}
LINKS = {"raw_udp": 101, "raw_udp6": 101, "sll_arp": 113, "sll_vlan_udp": 113, "sll_llc_arp": 113,
         "sll_protocol_1": 113, "sll_netlink": 113, "sll_infiniband": 113, "sll2_nd_na": 276, "null_udp_le": 0,
         "null_udp_be": 0, "null_udp6_freebsd": 0, "loop_udp6": 108, "raw_arp": 101, "raw_vlan_arp": 101,
         "udp_first_fragment": 101, "udp_later_fragment": 101}
PROTOCOLS = {"raw_arp": 0x0806, "raw_vlan_arp": 0x8100}


def header():
    print("// SPDX-License-Identifier: GPL-2.0-or-later")
    print("// Written by frames.py (scapy), from which it can be made again.")
    print("#pragma once\n\n#include <array>\n#include <cstdint>\n#include <string_view>\n")
    print("namespace netweir::test {\n")
    print("/// One packet of another program's making, whole.\nstruct Made {\n  std::string_view name, hex;")
    print("  std::uint16_t link = 1, protocol = 0;\n};\n")
    print("// clang-format off")
    print(f"inline constexpr std::array<Made, {len(FRAMES)}> made{{{{")
    for name, frame in FRAMES.items():
        link = LINKS.get(name, 1)
        print(f'  {{"{name}", "{raw(frame).hex()}", {link}, 0x{PROTOCOLS.get(name, 0):04x}}},')
    print("}};\n// clang-format on\n\n}  // namespace netweir::test")


def corpus(folder):
    # link type, protocol (2 octets), metadata tag's presence, split, cut, packet: see decode_fuzz.cpp
    links = [1, 101, 228, 229, 113, 276, 0, 108]
    for i, (name, frame) in enumerate(FRAMES.items()):
        link = links.index(LINKS.get(name, 1))
        octets = raw(frame)
        head = struct.pack("!BHBBH", link, PROTOCOLS.get(name, 0), i & 3, i % 40, len(octets) // 2)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(head + octets)


if len(sys.argv) == 3 and sys.argv[1] == "--corpus":
    corpus(sys.argv[2])
else:
    header()
