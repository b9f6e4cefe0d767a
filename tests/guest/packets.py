# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames for the scenarios, made by scapy."""
import logging

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6  # noqa: E402
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

BROADCAST = "ff:ff:ff:ff:ff:ff"


def mac(number):
    return f"02:00:00:00:00:{number:02x}"


def tagged(frame, *tags):
    """The frame behind tags, outermost first: a VID is 802.1Q, ("ad", VID) is 802.1ad."""
    eth = Ether(bytes(frame))
    inner, kind = eth.payload, eth.type
    for number, tag in reversed(list(enumerate(tags))):
        layer, vid = (Dot1AD, tag[1]) if isinstance(tag, tuple) else (Dot1Q, tag)
        inner = layer(vlan=vid, type=kind) / inner
        kind = 0x88A8 if layer is Dot1AD else 0x8100
    return bytes(Ether(src=eth.src, dst=eth.dst, type=kind) / inner)


def arp(who, ip, target="10.9.0.254"):
    return bytes(Ether(src=mac(who), dst=BROADCAST) / ARP(op=1, hwsrc=mac(who), psrc=ip, pdst=target))


def ns(who, ip, target="fe80::fe"):
    return bytes(Ether(src=mac(who), dst=mac(0xFE)) / IPv6(src=ip, dst=target, hlim=255)
                 / ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=mac(who)))


def na(who, ip, to="fe80::fe"):
    return bytes(Ether(src=mac(who), dst=mac(0xFE)) / IPv6(src=ip, dst=to, hlim=255)
                 / ICMPv6ND_NA(tgt=ip, R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=mac(who)))


def udp(who=1, size=60, src="10.9.0.1", dst="10.9.0.2", sport=1000, dport=2000):
    """A frame of `size` octets."""
    head = Ether(src=mac(who), dst=mac(2)) / IP(src=src, dst=dst) / UDP(sport=sport, dport=dport)
    return bytes(head / Raw(bytes(size - len(head))))


def tcp(who=1, src="10.9.0.1", dst="10.9.0.2", sport=1000, dport=80):
    return bytes(Ether(src=mac(who), dst=mac(2)) / IP(src=src, dst=dst) / TCP(sport=sport, dport=dport, flags="S"))
