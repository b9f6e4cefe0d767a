#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes with scapy what the frame builder must make: built_frames.h on standard output. The tests read what this wrote;
they do not run it."""
import logging
import struct

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import (ARP, ICMP, IP, IPv6, LLC, SNAP, UDP, Dot1AD, Dot1Q, Dot3, Ether, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,  # noqa: E402
                       ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, Raw, raw)

A, B, BCAST, NONE = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
IA, IB, SA, SB, NODE = "192.0.2.10", "192.0.2.11", "2001:db8::a", "2001:db8::b", "ff02::1:ff00:b"


def arp(op=1, psrc=IA, hwdst=NONE, pdst=IB):
    return ARP(op=op, hwsrc=A, psrc=psrc, hwdst=hwdst, pdst=pdst)


def eth(dst=B):
    return Ether(src=A, dst=dst)


US = "02:00:00:00:00:99"


def echo4(kind, src, dst, a, b):
    return Ether(src=src, dst=dst) / IP(src=a, dst=b, id=0) / ICMP(type=kind, id=1, seq=2) / b"abcdefgh"


def echo6(layer, src, dst, a, b, tags=()):
    frame = Ether(src=src, dst=dst)
    for tag in tags:
        frame = frame / tag
    return frame / IPv6(src=a, dst=b) / layer(id=1, seq=2, data=b"abcdefghi")


def sum_of_zero():
    """UDP whose checksum would be 0: RFC 768 sends ffff."""
    for word in range(65536):
        frame = eth() / IP(src=IA, dst=IB, id=0) / UDP(sport=1000, dport=53) / struct.pack(">H", word)
        if raw(frame)[40:42] == b"\xff\xff":
            return frame
    raise AssertionError("no such word")


FRAMES = {
    "arp_request": eth(BCAST) / arp(),
    "arp_reply": eth() / arp(op=2, hwdst=B),
    "arp_announcement": eth(BCAST) / arp(pdst=IA),
    "arp_probe": eth(BCAST) / arp(psrc="0.0.0.0", pdst=IA),
    "arp_request_tagged": eth(BCAST) / Dot1AD(vlan=100) / Dot1Q(vlan=300, prio=5) / arp(),
    "udp4": eth() / IP(src=IA, dst=IB, ttl=64, tos=0xB8, id=7) / UDP(sport=1000, dport=53) / b"netweir",
    "udp6": eth() / IPv6(src=SA, dst=SB, hlim=64, tc=0xB8, fl=0x12345) / UDP(sport=1000, dport=53) / b"netweir",
    "udp_sum_of_zero": sum_of_zero(),
    "icmp4": eth() / IP(src=IA, dst=IB, id=0) / ICMP(id=1, seq=2) / b"abcdefgh",
    "solicitation": eth("33:33:ff:00:00:0b") / IPv6(src=SA, dst=NODE, hlim=255) / ICMPv6ND_NS(tgt=SB) / ICMPv6NDOptSrcLLAddr(lladdr=A),
    "detection": eth("33:33:ff:00:00:0b") / IPv6(src="::", dst=NODE, hlim=255) / ICMPv6ND_NS(tgt=SB),
    "advertisement": eth() / IPv6(src=SA, dst=SB, hlim=255) / ICMPv6ND_NA(tgt=SA, R=1, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=A),
    "echo4": echo4(8, A, US, IA, IB),
    "echo4_reply": echo4(0, US, A, IB, IA),
    "echo6": echo6(ICMPv6EchoRequest, A, US, SA, SB),
    "echo6_reply": echo6(ICMPv6EchoReply, US, A, SB, SA),
    "echo6_tagged": echo6(ICMPv6EchoRequest, A, US, SA, SB, [Dot1Q(vlan=300)]),
    "echo6_tagged_reply": echo6(ICMPv6EchoReply, US, A, SB, SA, [Dot1Q(vlan=300)]),
    "llc": Dot3(src=A, dst="01:80:c2:00:00:00") / LLC(dsap=0x42, ssap=0x42, ctrl=3) / Raw(bytes(range(35))),
    "snap": Dot3(src=A, dst=B) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0806) / arp(),
}


def main():
    print("// SPDX-License-Identifier: GPL-2.0-or-later")
    print("// Written by built_frames.py (scapy), from which it can be made again.")
    print("#pragma once\n\n#include <array>\n#include <string_view>\n\nnamespace netweir::test {\n")
    print("/// A frame of another program's making, padded to 60 octets.")
    print("struct BuiltFrame {\n  std::string_view name, hex;\n};\n\n// clang-format off")
    print(f"inline constexpr std::array<BuiltFrame, {len(FRAMES)}> built_frames{{{{")
    for name, frame in FRAMES.items():
        print(f'  {{"{name}", "{raw(frame).ljust(60, bytes(1)).hex()}"}},')
    print("}};\n// clang-format on\n\n}  // namespace netweir::test")


if __name__ == "__main__":
    main()
