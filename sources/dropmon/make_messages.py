#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make_messages.py: writes the messages that no guest makes its kernel send, octet by octet after linux/net_dropmon.h and
the order of net/core/drop_monitor.c, as datagrams into corpus/message: what devices trap, other link layers, answers,
other kernels. What software drops make the kernel send was recorded (tests/guest)."""
import pathlib
import struct

from scapy.all import IP, TCP, UDP, Dot1Q, Ether, IPv6, raw

folder = pathlib.Path(__file__).parent / "corpus" / "message"
FAMILY = 0x1D
ALERT, START, PACKET_ALERT, CONFIG_NEW, STATS_NEW = 1, 3, 5, 7, 9
NESTED = 0x8000
SOFTWARE, HARDWARE = 0, 1
AT = 1_700_000_000_123_456_789
UDP4 = raw(Ether(src="02:00:00:00:00:09", dst="02:00:00:00:00:01") / IP(src="10.9.0.9", dst="10.9.0.2") /
           UDP(sport=1000, dport=53) / b"netweir")
RAW4 = raw(IP(src="8.0.0.1", dst="10.9.0.2") / TCP(sport=1, dport=2))
RAW6 = raw(IPv6(src="2001:db8::9", dst="2001:db8::1") / UDP(sport=1, dport=2))
TAGGED = raw(Ether(src="02:00:00:00:00:09", dst="02:00:00:00:00:01") / Dot1Q(vlan=300) / IP(src="10.9.0.9", dst="10.9.0.2") /
             UDP(sport=1, dport=2))
LARGE = UDP4 + bytes(0xFFFF - 8 - len(UDP4))


def attr(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def u8(kind, value):
    return attr(kind, struct.pack("=B", value))


def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def u64(kind, value):
    """As nla_put_u64_64bit on machines that must align: behind an attribute NET_DM_ATTR_PAD. x86 does without."""
    return attr(8, b"") + attr(kind, struct.pack("=Q", value))


def text(kind, value):
    return attr(kind, value if isinstance(value, bytes) else value.encode() + b"\0")


def message(command, *attributes):
    body = struct.pack("=BBH", command, 2, 0) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), FAMILY, 0, 0, 0) + body


def tail(data, proto, size, at=AT):
    octets = u64(5, at) + u32(10, len(data) if size is None else size)
    return octets + (u16(6, proto) + attr(7, data) if data else b"")


def software(data=UDP4, *more, proto=0x0800, size=None, reason="NO_SOCKET", symbol="__udp4_lib_rcv+0x9a5/0xb00", iif=3, at=AT,
             origin=SOFTWARE, pc=0xFFFFFFFF81234567):
    reason = text(23, reason) if reason is not None else b""
    symbol = text(3, symbol) if symbol is not None else b""
    port = attr(4, u32(0, iif) if iif else b"")
    return message(PACKET_ALERT, u16(14, origin), u64(2, pc), reason, symbol, port, tail(data, proto, size, at), *more)


def hardware(data=UDP4, *, proto=0x0800, size=None, group="l2_drops", trap="source_mac_is_multicast", port=(7, "swp1"), cookie=b""):
    port = attr(4, u32(0, port[0]) + text(1, port[1])) if port else b""
    cookie = attr(22, cookie) if cookie else b""
    return message(PACKET_ALERT, u16(14, HARDWARE), text(15, group), text(16, trap), port, cookie, tail(data, proto, size))


def stats(software_drops, hardware_drops):
    return message(STATS_NEW, attr(12, u64(0, software_drops)), attr(13, u64(0, hardware_drops)))


MESSAGES = {
    "software": software(),
    "software_linux_5_10": software(reason=None),
    "software_module": software(reason="NETFILTER_DROP", symbol="nft_do_chain+0x5be/0x620 [nf_tables]", iif=0),
    "software_cut": software(UDP4[:40], size=1514),
    "software_empty": software(b"", size=60),
    "software_raw_v4": software(RAW4, reason="TCP_CSUM", symbol="tcp_v4_rcv+0x6d/0xdc0"),
    "software_raw_v6": software(RAW6, proto=0x86DD),
    "software_tagged": software(TAGGED, proto=0x8100),
    "software_large": software(LARGE, size=70000),
    "software_no_symbol": software(symbol=None),
    "software_any_octets": software(reason=b"a\xff\n\"\0rest", symbol=b"\xc3\x28" + b"x" * 200),
    "software_time_far": software(at=2**64 - 1),
    "software_later_attribute": software(UDP4, attr(200, b"\1\2\3"), attr(0, b"")),
    "origin_later": software(origin=9),
    "hardware": hardware(),
    "hardware_cookie": hardware(trap="ingress_flow_action_drop", group="acl_drops", cookie=bytes.fromhex("c0ffee00ff")),
    "hardware_no_port": hardware(port=None, trap="blackhole_route", group="l3_drops"),
    "hardware_tunnel": hardware(TAGGED, proto=0x8100, trap="decap_error", group="tunnel_drops", port=(70000, "swp32s3")),
    "stats_0": stats(0, 0),
    "stats_5_2": stats(5, 2),
    "stats_5_9": stats(5, 9),
    "config_packet": message(CONFIG_NEW, u8(1, 1), u32(9, 256), u32(11, 1000)),
    "config_summary": message(CONFIG_NEW, u8(1, 0), u32(9, 0), u32(11, 1000)),
    "summary": message(ALERT, attr(0, struct.pack("=IQI", 1, 0xFFFFFFFF81234567, 3))),
    "summary_hardware": message(ALERT, attr(0, b"\0" * 4), attr(17, attr(18, text(16, "decap_error") + u32(19, 4)))),
    # What no kernel sends.
    "bad_no_origin": message(PACKET_ALERT, u64(2, 1), tail(UDP4, 0x0800, None)),
    "bad_short_origin": message(PACKET_ALERT, attr(14, b"\0"), tail(UDP4, 0x0800, None)),
    "bad_long_size": message(PACKET_ALERT, u16(14, 0), attr(10, b"\0" * 8)),
    "bad_port": message(PACKET_ALERT, u16(14, 0), attr(4, u16(0, 3))),
    "bad_port_overrun": message(PACKET_ALERT, u16(14, 0), attr(4, b"\xff\xff\0\0")),
    "bad_attribute_length_0": message(PACKET_ALERT, u16(14, 0), b"\0\0\7\0"),
    "bad_stats": message(STATS_NEW, attr(12, u32(0, 5))),
    "bad_stats_none": message(STATS_NEW),
    "bad_config": message(CONFIG_NEW, u32(9, 256)),
    "command": message(START, attr(20, b"")),
}

folder.mkdir(parents=True, exist_ok=True)
for name, octets in MESSAGES.items():
    (folder / name).write_bytes(octets)
