# SPDX-License-Identifier: GPL-2.0-or-later
"""Times, link types and file formats."""
import struct

from frames import (A, B, C, ICMPv6ND_NA, ICMPv6ND_NS, IPv6, LL_A, LL_B, eth, lla, mac, nd,
                    raw, reply, request, v)
from write import (EN10MB, IPV4, IPV6, LOOP, NS, NULL, RAW, SLL, SLL2, T0, Packet, Pcapng, pcap)


def refresh(out):
    """REFRESHED at exactly 600 s after the key's last event, not a nanosecond before."""
    f, g = eth(request()), eth(request(sha=B))
    times = [(0, 5), (599, 999999999), (600, 4), (600, 5), (1200, 4), (1200, 5), (1500, 0),
             (1800, 4), (1800, 5), (9000, 0)]
    pcap(out / "time-refresh-ns.pcap", [Packet(f, T0 + s, ns) for s, ns in times], nano=True)
    pcap(out / "time-refresh.pcap", [
        Packet(f, T0), Packet(f, T0 + 599, 999999), Packet(f, T0 + 600), Packet(f, T0 + 1199, 1),
        Packet(g, T0 + 1250),                                    # MOVED starts the 600 s again
        Packet(g, T0 + 1800), Packet(g, T0 + 1849, 999999), Packet(g, T0 + 1850),
        Packet(eth(reply(tpa="192.0.2.3", tha=C)), T0 + 1860),
        Packet(eth(reply(tpa="192.0.2.3", tha=C)), T0 + 2460),   # both are due
        Packet(nd(ICMPv6ND_NS(tgt=LL_B) / lla()), T0 + 2500),
        Packet(nd(ICMPv6ND_NA(tgt=LL_A) / lla(A, 2), src=LL_A), T0 + 3100),
    ])


def back(out):
    f, g = eth(request()), eth(request(sha=B))
    pcap(out / "time-back.pcap", [
        Packet(f, T0 + 1000), Packet(f, T0 + 100), Packet(f, T0 + 1599), Packet(f, T0 + 1600),
        Packet(g, T0 + 500),                                      # MOVED, at an earlier time
        Packet(g, T0 + 1099), Packet(g, T0 + 1100),               # 600 s after that event
        Packet(g, T0 - 5000), Packet(f, T0 - 5000), Packet(f, T0 - 4400),
        Packet(eth(request(spa="192.0.2.3")), 0), Packet(eth(request(spa="192.0.2.3")), 599),
        Packet(eth(request(spa="192.0.2.3")), 600),
    ])


def ping_pong(out):
    frames = [eth(request(sha=(A, B)[i % 2])) for i in range(40)]
    frames += [eth(request(sha=(A, B, C)[i % 3]), tags=v(9)) for i in range(9)]
    pcap(out / "time-ping-pong.pcap", frames)


def far(out):
    """Seconds are unsigned 32-bit."""
    seconds = [0, 1, 2**31 - 1, 2**31, 2**31 + 600, 2**32 - 601, 2**32 - 1, 0]
    pcap(out / "time-far.pcap", [Packet(eth(request()), s) for s in seconds])
    pcap(out / "time-far-be-ns.pcap", [Packet(eth(request()), s, 999999999) for s in seconds],
         nano=True, order=">")


def fractions(out):
    """A fraction of a second or more is carried."""
    f = eth(request())
    pcap(out / "time-fraction.pcap", [
        Packet(f, T0, 1500000), Packet(f, T0 + 600, 1499999), Packet(f, T0 + 599, 2500000),
        Packet(f, T0, 2**32 - 1), Packet(eth(request(spa="192.0.2.9")), T0, 1000000),
        Packet(f, 2**32 - 1, 999999), Packet(eth(request(sha=B)), 2**32 - 1, 1999999)])
    pcap(out / "time-fraction-ns.pcap", [
        Packet(f, T0, NS), Packet(f, T0 + 600, NS - 1), Packet(f, T0 + 599, 2 * NS),
        Packet(eth(request(sha=B)), T0, 4 * NS), Packet(eth(request(sha=C)), T0, 2**32 - 1)],
        nano=True)


def links(out):
    def ns(n):
        return raw(IPv6(src="fe80::1:%x" % n, dst="ff02::1:ff00:b", hlim=255) /
                   ICMPv6ND_NS(tgt=LL_B) / lla())

    pcap(out / "link-raw.pcap", [ns(1), ns(2), b"\x45" + bytes(19), b"", b"\x60", ns(1)], RAW)
    pcap(out / "link-ipv6.pcap", [ns(1), ns(2), b"", ns(1)[:40]], IPV6)
    pcap(out / "link-ipv4.pcap", [b"\x45" + bytes(19), b"", ns(1)], IPV4)

    def sll(payload, protocol, kind=0, hatype=1, address=mac(A)):
        return struct.pack(">HHH8sH", kind, hatype, len(address), address.ljust(8, b"\0"),
                           protocol) + payload

    def sll2(payload, protocol, kind=0, hatype=1, address=mac(A), ifindex=3):
        return struct.pack(">HHIHBB8s", protocol, 0, ifindex, hatype, kind, len(address),
                           address.ljust(8, b"\0")) + payload

    tag = struct.pack(">HH", 300, 0x0806)
    for make, link, name in ((sll, SLL, "sll"), (sll2, SLL2, "sll2")):
        pcap(out / ("link-%s.pcap" % name), [
            make(request(), 0x0806), make(reply(), 0x0806, kind=4), make(ns(1), 0x86DD),
            make(tag + request(), 0x8100),
            make(struct.pack(">HH", 10, 0x8100) + tag + request(), 0x88A8),
            make(struct.pack(">HH", 0, 0x0806) + request(sha=B), 0x8100),
            make(ns(2), 0x86DD, hatype=772, address=b""),
            make(ns(3), 0x86DD, hatype=65534, address=b""),
            make(request(spa="192.0.2.7"), 0x0800), make(request(spa="192.0.2.7"), 0x8035),
            make(request(), 0x0806)[:20 if link == SLL2 else 16],
            make(request(spa="192.0.2.8"), 0x0806)[:-1],
            make(b"\xaa\xaa\x03\0\0\0\x08\x06" + request(spa="192.0.2.9"), 0x0004),
        ], link)

    families = (2, 24, 28, 30, 10, 7, 0)
    for order, name in (("<", "null-le"), (">", "null-be")):
        pcap(out / ("link-%s.pcap" % name),
             [struct.pack(order + "I", af) + ns(af) for af in families] +
             [struct.pack(order + "I", 2) + b"\x45" + bytes(19), b"", b"\x1e\0\0"], NULL)
    pcap(out / "link-loop.pcap", [struct.pack(">I", af) + ns(af) for af in families], LOOP)


def formats(out):
    packets = [Packet(eth(request()), T0, 1), Packet(eth(reply(tpa="192.0.2.3")), T0 + 1, 999999),
               Packet(eth(request(sha=B), tags=v(300)), T0 + 2, 3)]
    pcap(out / "format-be.pcap", packets, order=">")
    pcap(out / "format-be-ns.pcap", packets, order=">", nano=True)
    pcap(out / "format-empty.pcap", [])
    pcap(out / "format-truncated.pcap", packets)
    for name, less in (("format-truncated.pcap", 5),):
        whole = (out / name).read_bytes()
        (out / name).write_bytes(whole[:-less])
    # The link type field's upper bits: 4 octets of FCS, which are there.
    fcs = [Packet(p.data + b"\xde\xad\xbe\xef", p.seconds, p.fraction) for p in packets]
    pcap(out / "format-fcs.pcap", fcs, link=EN10MB | 0x04000000 | (2 << 28))


def pcapng(out):
    ns = raw(IPv6(src="fe80::2:1", dst="ff02::1:ff00:b", hlim=255) / ICMPv6ND_NS(tgt=LL_B) / lla())
    t = T0 * 10**6
    f = Pcapng()
    f.interface(EN10MB, name=b"eth0")
    f.interface(RAW, tsresol=9, name=b"tun0")
    f.interface(EN10MB, tsresol=3)
    f.interface(EN10MB, tsresol=0x80 | 10)                       # 2^-10 s
    f.interface(EN10MB, tsresol=0)                               # seconds
    f.interface(EN10MB, tsresol=12)                              # finer than a nanosecond
    f.enhanced(eth(request()), t)
    f.enhanced(ns, T0 * NS + 600 * NS + 7, 1)
    f.enhanced(eth(request(spa="192.0.2.3")), T0 * 1000 + 1, 2)
    f.enhanced(eth(request(spa="192.0.2.4")), T0 * 1024 + 1023, 3)
    f.enhanced(eth(request(spa="192.0.2.5")), T0 + 5, 4)
    f.enhanced(eth(request(spa="192.0.2.6")), 1_700_000 * 10**12 + 123456789999, 5)
    f.block(5, struct.pack("<III", 0, 0, 0))                     # interface statistics
    f.block(4, struct.pack("<HHHH", 0, 0, 0, 0))                 # name resolution
    f.block(0x0BAD, struct.pack("<I", 32473) + b"custom")        # custom
    f.interface(EN10MB, tsresol=6, tsoffset=3600)                # after packets
    f.enhanced(eth(request(spa="192.0.2.7")), t, 6)
    f.interface(EN10MB, tsresol=6, tsoffset=-3600)
    f.enhanced(eth(request(spa="192.0.2.7")), t, 7)
    f.enhanced(eth(request()), t + 599_999_999, 0)
    f.enhanced(eth(request()), t + 600_000_000, 0, options=[(1, b"a comment")])
    f.obsolete(eth(request(spa="192.0.2.8")), t + 1, 0)
    f.write(out / "pcapng-interfaces.pcapng")

    f = Pcapng("<")
    f.interface(EN10MB)
    f.enhanced(eth(request()), t)
    f.section(">")
    f.interface(RAW, tsresol=9)
    f.interface(EN10MB)
    f.enhanced(ns, T0 * NS, 0)
    f.enhanced(eth(request()), t + 600 * 10**6, 1)
    f.section("<")
    f.interface(SLL)
    f.enhanced(struct.pack(">HHH8sH", 0, 1, 6, mac(A), 0x0806) + request(sha=B), t + 1)
    f.section(">", length=0)
    f.write(out / "pcapng-sections.pcapng")

    f = Pcapng(">")
    f.interface(EN10MB, snaplen=60)
    f.simple(eth(request()))                                     # without a time: 0
    f.enhanced(eth(request(spa="192.0.2.3")), t)
    f.simple(eth(request(sha=B)))                                # the time before
    f.simple((eth(request(spa="192.0.2.4")) + bytes(100))[:60], wire=142)
    f.enhanced(eth(request(sha=B)), t + 600 * 10**6)
    f.simple(eth(request(spa="192.0.2.5")))
    f.write(out / "pcapng-simple.pcapng")

    f = Pcapng()
    f.write(out / "pcapng-empty.pcapng")
    f.interface(EN10MB)
    f.enhanced(eth(request()), t)
    f.enhanced(eth(request(sha=B)), t)
    f.out = f.out[:-9]
    f.write(out / "pcapng-truncated.pcapng")


ALL = (refresh, back, ping_pong, far, fractions, links, formats, pcapng)
