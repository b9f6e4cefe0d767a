#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make_messages.py: writes the messages that no tc rule makes the kernel send, octet by octet after
linux/psample.h, as datagrams into corpus/message: drivers' attributes, tunnels, other kernels' numbers, other
link layers. What tc does make the kernel send was recorded (tests/guest)."""
import pathlib
import struct

from scapy.all import ARP, ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IP, TCP, UDP, Dot1Q, Ether, IPv6, raw

folder = pathlib.Path(__file__).parent / "corpus" / "message"
FAMILY = 0x1D
SAMPLE, NEW_GROUP, DEL_GROUP = 0, 2, 3
NESTED = 0x8000
ETHERNET_ARP = raw(Ether(src="02:00:00:00:00:09", dst="ff:ff:ff:ff:ff:ff") /
                   ARP(op=1, hwsrc="02:00:00:00:00:09", psrc="10.9.0.9", pdst="10.9.0.2")).ljust(60, b"\0")
ETHERNET_UDP = raw(Ether(src="02:00:00:00:00:09", dst="02:00:00:00:00:01") / IP(src="10.9.0.9", dst="10.9.0.2") /
                   UDP(sport=1000, dport=53) / b"netweir")


def attr(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def u64(kind, value):
    return attr(kind, struct.pack("=Q", value))


def message(command, *attributes):
    body = struct.pack("=BBH", command, 1, 0) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), FAMILY, 0, 0, 0) + body


def sample(data, *more, iif=3, seq=1, rate=100, group=7, size=None, proto=None, at=1_700_000_000_123_456_789):
    first = [u16(0, iif)] if iif else []
    proto = [u16(14, proto)] if proto is not None else []
    return message(SAMPLE, *first, *more, u32(2, size if size is not None else len(data)), u32(3, group), u32(4, seq),
                   u32(5, rate), u64(13, at), *proto, attr(6, data))


V4_TUNNEL = (attr(0, bytes.fromhex("0000000000000064")) + attr(1, bytes([192, 0, 2, 1])) + attr(2, bytes([192, 0, 2, 2])) +
             attr(3, b"\x10") + attr(4, b"\x40") + attr(5, b"") + attr(6, b"") + attr(9, b"\x12\x34") + attr(10, b"\x12\xb5"))
V6_TUNNEL = (attr(0, bytes.fromhex("00000000000003e8")) + attr(12, bytes.fromhex("20010db8000000000000000000000001")) +
             attr(13, bytes.fromhex("20010db8000000000000000000000002")) + attr(4, b"\xff") + attr(7, b"") +
             attr(8, bytes.fromhex("0102800100000007")) + attr(15, bytes.fromhex("01000000000000000000000a")) + attr(16, b""))
RAW4 = raw(IP(src="8.0.0.1", dst="10.9.0.2") / TCP(sport=1, dport=2))
RAW6 = raw(IPv6(src="fe80::9", dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt="fe80::9", R=0, S=0, O=1) /
           ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:09"))
IPOIB = b"\0" * 20 + b"\x08\x00\0\0" + raw(IP(src="10.9.0.9", dst="10.9.0.2") / UDP(sport=1, dport=2))
LARGE = ETHERNET_UDP + bytes(65_535 - 200 - len(ETHERNET_UDP))

MESSAGES = {
    "driver": sample(ETHERNET_ARP, u16(1, 5), u16(10, 3), u64(11, 4096), u64(12, 1_500_000), proto=0x0806),
    "cookie": sample(ETHERNET_ARP, attr(15, bytes.fromhex("c0ffee00ff")), proto=0x0806),
    "probability": sample(ETHERNET_ARP, attr(16, b""), rate=0x40000000, proto=0x0806),
    "probability_0": sample(ETHERNET_ARP, attr(16, b""), rate=0, proto=0x0806),
    "rate_0": sample(ETHERNET_ARP, rate=0, proto=0x0806),
    "unsequenced": sample(ETHERNET_ARP, seq=0, proto=0x0806),
    "linux_4_11": message(SAMPLE, u16(0, 3), u16(1, 4), u32(2, len(ETHERNET_ARP)), u32(3, 7), u32(4, 9), u32(5, 100),
                          attr(6, ETHERNET_ARP)),
    "tunnel_v4": sample(ETHERNET_UDP, attr(8, V4_TUNNEL), proto=0x0800),
    "tunnel_v6": sample(ETHERNET_UDP, attr(8 | NESTED, V6_TUNNEL), proto=0x0800),
    "tunnel_linux_5_8": sample(ETHERNET_UDP, attr(7, V4_TUNNEL)),
    "tunnel_linux_5_8_flag": sample(ETHERNET_UDP, attr(7, attr(5, b""))),
    "raw_v4": sample(RAW4, proto=0x0800),
    "raw_v4_cut": sample(raw(IP(src="8.0.0.1", dst="10.9.0.2", len=1500) / TCP())[:24], size=1500, proto=0x0800),
    "raw_v4_merged": sample(raw(IP(src="9.0.0.1", dst="10.9.0.2", len=1500) / TCP()), size=4000, proto=0x0800),
    "raw_v6": sample(RAW6, proto=0x86DD),
    "sflow_v4": sample(RAW4, proto=11),
    "sflow_v6": sample(RAW6, proto=12),
    "infiniband": sample(IPOIB, proto=0x0800),
    "tag": sample(raw(Ether(src="02:00:00:00:00:09", dst="ff:ff:ff:ff:ff:ff") / Dot1Q(vlan=300) /
                      ARP(op=1, hwsrc="02:00:00:00:00:09", psrc="10.9.0.9", pdst="10.9.0.2")), proto=0x8100),
    "later_attribute": sample(ETHERNET_ARP, attr(200, b"\1\2\3"), attr(9, b"\0" * 4), proto=0x0806),
    "empty": sample(b"", size=60, proto=0x0806),
    "ifindex_16_bits": sample(ETHERNET_ARP, u16(1, 0xFFFF), iif=0xFFFE, proto=0x0806),
    "time_far": sample(ETHERNET_ARP, at=2**64 - 1, proto=0x0806),
    "large": sample(LARGE, proto=0x0800),
    "new_group": message(NEW_GROUP, u32(3, 7), u32(7, 1), u32(4, 0)),
    "new_group_linux_5_8": message(NEW_GROUP, u32(3, 7), u32(8, 2), u32(4, 5)),
    "del_group": message(DEL_GROUP, u32(3, 7), u32(7, 0), u32(4, 12)),
    # What no kernel sends.
    "bad_short_iif": message(SAMPLE, attr(0, b"\1"), u32(3, 7), attr(6, ETHERNET_ARP)),
    "bad_long_group": message(SAMPLE, attr(3, b"\0" * 8), attr(6, ETHERNET_ARP)),
    "bad_no_group": message(SAMPLE, u16(0, 3), u32(2, 60), u32(4, 1), u32(5, 1), attr(6, ETHERNET_ARP)),
    "bad_tunnel_port": sample(ETHERNET_UDP, attr(8, attr(9, b"\1")), proto=0x0800),
    "bad_tunnel_overrun": sample(ETHERNET_UDP, attr(8, b"\xff\xff\0\0"), proto=0x0800),
    "bad_attribute_length_0": message(SAMPLE, u32(3, 7), b"\0\0\6\0"),
}

folder.mkdir(parents=True, exist_ok=True)
for name, octets in MESSAGES.items():
    (folder / name).write_bytes(octets)
