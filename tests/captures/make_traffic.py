# SPDX-License-Identifier: GPL-2.0-or-later
"""IP traffic, tunnels, and a mixed capture."""
import random

from frames import (B, LL_A, LL_B, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, IPv6,
                    arp, eth, lla, nd, raw, reply, request, snap, v)
from scapy.all import (GRE, ICMP, IP, SCTP, TCP, UDP, VXLAN, Ether, ICMPv6DestUnreach,
                       ICMPv6EchoRequest, ICMPv6PacketTooBig, IPOption_RR, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN)
from write import Packet, T0, cut, pcap


def ip4(payload, tags=(), **kw):
    return eth(raw(IP(src="192.0.2.1", dst="198.51.100.7", id=1, **kw) / payload), 0x0800, dst=B,
               tags=tags)


def ip6(payload, tags=(), **kw):
    return eth(raw(IPv6(src="2001:db8::1", dst="2001:db8::2", **kw) / payload), 0x86DD, dst=B,
               tags=tags)


def transport():
    return [TCP(sport=40000, dport=443, flags="S", seq=1, options=[("MSS", 1460), ("WScale", 7)]),
            TCP(sport=443, dport=40000, flags="SA", seq=5, ack=2),
            TCP(sport=40000, dport=443, flags="PA", seq=2, ack=6) / (b"x" * 100),
            TCP(sport=40000, dport=443, flags="FRPUEC"), UDP(sport=53, dport=33333) / b"answer",
            UDP(sport=5000, dport=5001), UDP(sport=5002, dport=5003, chksum=0) / b"no checksum",
            SCTP(sport=3868, dport=3869, tag=7)]


def traffic(out):
    frames = []
    for t in transport():
        frames += [ip4(t), ip6(t), ip4(t, tags=v(300)), ip6(t, tags=[(0x88A8, 10), (0x8100, 20)])]
    frames += [ip4(ICMP(type=8, id=3, seq=4) / b"ping"), ip4(ICMP(type=3, code=1) / bytes(28)),
               ip6(ICMPv6EchoRequest(id=3, seq=4, data=b"ping")),
               ip6(ICMPv6DestUnreach() / IPv6() / UDP()), ip6(ICMPv6PacketTooBig() / bytes(40))]
    frames += [ip4(UDP(sport=1, dport=2) / b"opt", options=[IPOption_RR(length=7)]),
               ip4(UDP(sport=1, dport=2) / b"ttl", ttl=1, tos=0xB8),
               ip4(TCP(sport=7, dport=9) / bytes(8), flags="DF", ttl=255),
               ip4(b"rest" * 10, proto=253), ip6(b"rest" * 10, nh=253, tc=0xB8, fl=0xABCDE),
               eth(raw(IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=9, dport=9)), 0x0800,
                   pad=60), snap(raw(IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=9, dport=9)),
                                 0x0800)]
    tso = bytearray(ip4(TCP(sport=1, dport=2) / (b"y" * 60)))
    tso[16:18] = b"\0\0"                                          # total length 0 (TSO)
    frames.append(bytes(tso))
    for chain in (IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0\0")]),
                  IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0\0\0")]),
                  IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::9"]),
                  IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting()):
        frames += [ip6(chain / TCP(sport=1, dport=2)), ip6(chain / UDP(sport=1, dport=2) / b"u")]
    pcap(out / "ip-traffic.pcap", frames)
    pcap(out / "ip-traffic-cut.pcap",
         [cut(f, n) for f in (frames[0], frames[1], frames[-2], frames[16 + 4]) for n in
          range(14, len(f), 3)])


def fragments(out):
    data = raw(UDP(sport=1000, dport=2000) / bytes(range(240)))
    frames = []
    for off in range(0, len(data), 80):
        part = data[off:off + 80]
        last = off + 80 >= len(data)
        frames.append(ip4(part, proto=17, frag=off // 8, flags=0 if last else "MF"))
        frames.append(ip6(IPv6ExtHdrFragment(id=9, offset=off // 8, m=0 if last else 1, nh=17) /
                          part))
    frames.append(ip6(IPv6ExtHdrFragment(id=10, nh=17) / data))   # atomic
    # An NS in two fragments (RFC 6980): nothing is learned, together or apart.
    ns = raw(IPv6(src=LL_A, dst=LL_B, hlim=255) / ICMPv6ND_NS(tgt=LL_B) / lla())[40:]
    for off, more in ((0, 1), (16, 0)):
        part = ns[off:off + 16] if more else ns[off:]
        frames.append(eth(raw(IPv6(src=LL_A, dst=LL_B, hlim=255) /
                              IPv6ExtHdrFragment(id=11, offset=off // 8, m=more, nh=58) / part),
                          0x86DD))
    pcap(out / "ip-fragments.pcap", frames)


def tunnels(out):
    inner = Ether(eth(request(spa="203.0.113.9")))
    inner_nd = Ether(nd(ICMPv6ND_NS(tgt=LL_B) / lla()))
    ns = IPv6(src="fe80::9", dst=LL_B, hlim=255) / ICMPv6ND_NS(tgt=LL_B) / lla()
    frames = [
        ip4(UDP(sport=5555, dport=4789, chksum=0) / VXLAN(vni=7) / inner),
        ip4(UDP(sport=5555, dport=4789, chksum=0) / VXLAN(vni=7) / inner_nd),
        ip6(UDP(sport=5555, dport=4789) / VXLAN(vni=7) / inner),
        ip4(GRE(proto=0x6558) / inner), ip4(GRE(proto=0x0806) / request(spa="203.0.113.9")),
        ip4(GRE(proto=0x86DD) / ns), ip4(raw(ns), proto=41), ip6(ns, hlim=255),
        ip4(GRE(proto=0x6558) / inner, tags=v(300)),
        eth(b"\x00\x01\x01\xff" + raw(ns), 0x8847), eth(b"\x00\x01\x01\xff" + request(), 0x8847),
        eth(b"\x11\x00\x00\x01" + bytes([0, 98, 0, 0x57]) + raw(ns), 0x8864),
        # An ICMP error that quotes an ND message.
        ip6(ICMPv6DestUnreach() / ns, hlim=255),
        eth(request(spa="203.0.113.10")),
    ]
    pcap(out / "ip-tunnels.pcap", frames)


def mixed(out, name="mixed.pcap", seed=7, count=4000):
    rng = random.Random(seed)

    def address(n):
        return "02:00:00:00:%02x:%02x" % (n >> 8, n & 255)

    clock = T0 * 10**6
    packets = []
    for _ in range(count):
        clock += rng.choice((1000, 100_000, 400_000, 1_000_000, -50_000))
        if rng.random() < 0.002:
            clock += 700 * 10**6
        host, peer = rng.randrange(40), rng.randrange(40)
        tags = rng.choice(([], [], [], v(1), v(300), v(0), v(0, 300), [(0x88A8, 10), (0x8100, 20)],
                           [(0x9100, 10), (0x8100, 20)], v(10, 20, 30)))
        who = address(host if rng.random() < 0.97 else rng.randrange(40))
        ip, other = "10.0.0.%d" % host, "10.0.0.%d" % peer
        ll = "fe80::%x" % (host + 1)
        kind = rng.randrange(14)
        if kind < 3:
            f = eth(request(sha=who, spa=ip, tpa=other), tags=tags, pad=60)
        elif kind < 5:
            f = eth(reply(sha=who, spa=ip, tha=address(peer), tpa=other), tags=tags)
        elif kind == 5:
            f = eth(request(sha=who, spa=rng.choice((ip, "0.0.0.0")), tpa=ip), tags=tags)
        elif kind == 6:
            f = snap(reply(sha=who, spa=ip, tha=address(peer), tpa=other), tags=tags)
        elif kind == 7:
            f = nd(ICMPv6ND_NS(tgt=LL_B) / lla(who), src=ll, tags=tags,
                   hlim=rng.choice((255, 255, 255, 64)))
        elif kind == 8:
            f = nd(ICMPv6ND_NA(tgt="2001:db8::%x" % (host + 1)) / lla(who, 2), src=ll, tags=tags)
        elif kind == 9:
            f = nd(rng.choice((ICMPv6ND_RS, ICMPv6ND_RA))() / lla(who), src=ll, tags=tags)
        elif kind == 10:
            f = ip4(rng.choice(transport()), tags=tags)
        elif kind == 11:
            f = ip6(rng.choice(transport()), tags=tags)
        elif kind == 12:
            f = eth(arp(op=rng.choice((1, 2, 3)), sha=who, spa=ip), tags=tags,
                    ethertype=rng.choice((0x0806, 0x8035)))
        else:
            f = ip4(UDP(sport=1, dport=4789, chksum=0) / VXLAN(vni=7) /
                    Ether(eth(request(sha=who, spa=ip))), tags=tags)
        kept = len(f) if rng.random() < 0.9 else rng.randrange(20, 90)
        packets.append(Packet(f[:kept], clock // 10**6, clock % 10**6, len(f)))
    pcap(out / name, packets)


ALL = (traffic, fragments, tunnels, mixed)
