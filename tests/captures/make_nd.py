# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 neighbor discovery."""
import struct

from frames import (A, B, BROADCAST, C, D, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA,
                    ICMPv6ND_Redirect, ICMPv6ND_RS, LL_A, LL_B, ZERO, IPv6, checksummed, eth, lla,
                    mac, na_octets, nd, ns_octets, option, raw, raw_nd, snap, v, v6)
from scapy.all import (ICMPv6EchoRequest, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                       IPv6ExtHdrRouting, PadN, RouterAlert)
from write import IPV6, cut, pcap

SLLA = option(1, 1, mac(A))
TLLA = option(2, 1, mac(A))


def kinds():
    return [
        nd(ICMPv6ND_NS(tgt=LL_B) / lla()),
        nd(ICMPv6ND_NA(tgt=LL_B, R=0, S=1, O=1) / lla(B, 2), src=LL_B, dst=LL_A, mac_src=B),
        nd(ICMPv6ND_RS() / lla(C), src="fe80::c", dst="ff02::2", mac_src=C),
        nd(ICMPv6ND_RA() / lla(D) / ICMPv6NDOptMTU() /
           ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64), src="fe80::d",
           dst="ff02::1", mac_src=D),
        nd(ICMPv6ND_Redirect(tgt="fe80::e", dst="2001:db8::1") / lla("02:00:00:00:00:0e", 2),
           src="fe80::d", dst=LL_A, mac_src=D),
    ]


def basic(out):
    frames = kinds()
    frames += [nd(ICMPv6ND_NS(tgt=LL_B) / lla(B)),                      # MOVED
               nd(ICMPv6ND_NA(tgt="2001:db8::99", S=0, O=1) / lla(C, 2), src="fe80::c",
                  dst="ff02::1"),                                       # unsolicited, global target
               nd(ICMPv6ND_NA(tgt=LL_B, R=0, S=1, O=0) / lla(C, 2), src=LL_B, dst=LL_A),
               nd(ICMPv6ND_RS() / lla(C), src="2001:db8::5", dst="ff02::2"),
               nd(ICMPv6EchoRequest() / b"ping", src=LL_A, dst=LL_B)]
    frames += [nd(ICMPv6ND_NS(tgt=LL_B) / lla(D), src="2001:db8::7", tags=v(300)),
               nd(ICMPv6ND_NS(tgt=LL_B) / lla(D), src="2001:db8::7",
                  tags=[(0x88A8, 10), (0x8100, 20)]),
               nd(ICMPv6ND_NS(tgt=LL_B) / lla(D), src="2001:db8::7", tags=v(0))]
    pcap(out / "nd-basic.pcap", frames)


def without(out):
    """Without the option wanted, or with the other one."""
    pcap(out / "nd-without.pcap", [
        nd(ICMPv6ND_NS(tgt=LL_B)), nd(ICMPv6ND_NA(tgt=LL_B), src=LL_B),
        nd(ICMPv6ND_RS(), dst="ff02::2"), nd(ICMPv6ND_RA(), dst="ff02::1"),
        nd(ICMPv6ND_NS(tgt=LL_B) / lla(B, 2)), nd(ICMPv6ND_NA(tgt=LL_B) / lla(B, 1), src=LL_B),
        nd(ICMPv6ND_RS() / lla(B, 2), dst="ff02::2"), nd(ICMPv6ND_RA() / lla(B, 2), dst="ff02::1"),
        nd(ICMPv6ND_NS(tgt=LL_B) / lla(B, 2) / lla(A, 1)),              # the other does not matter
        nd(ICMPv6ND_NA(tgt=LL_B) / lla(A, 1) / lla(B, 2), src=LL_B),
        nd(ICMPv6ND_RS() / lla(C, 1) / lla(B, 2), src="fe80::c", dst="ff02::2"),
        nd(ICMPv6ND_NS(tgt=LL_B) / lla(D, 1), src="::"),                # duplicate detection
        nd(ICMPv6ND_RS() / lla(D, 1), src="::", dst="ff02::2"),
        nd(ICMPv6ND_RA() / lla(D, 1), src="::", dst="ff02::1"),
        nd(ICMPv6ND_NA(tgt="fe80::77") / lla(D, 2), src="::", dst="ff02::1"),
    ])


def wrong(out):
    frames = []
    for hlim in (0, 1, 64, 254):
        for m, s in ((ICMPv6ND_NS(tgt=LL_B) / lla(), LL_A),
                     (ICMPv6ND_NA(tgt=LL_B) / lla(B, 2), LL_B), (ICMPv6ND_RS() / lla(), LL_A),
                     (ICMPv6ND_RA() / lla(), LL_A)):
            frames.append(nd(m, src=s, hlim=hlim))
    for f in kinds()[:4]:
        bad = bytearray(f)
        bad[14 + 40 + 2] ^= 0x55
        frames.append(bytes(bad))                                       # checksum
        bad[14 + 40 + 2:14 + 40 + 4] = b"\0\0"
        frames.append(bytes(bad))                                       # checksum 0
        flipped = bytearray(f)
        flipped[-1] ^= 1
        frames.append(bytes(flipped))                                   # damaged in its last octet
    for code in (1, 2, 255):
        frames += [nd(ICMPv6ND_NS(tgt=LL_B, code=code) / lla()),
                   nd(ICMPv6ND_NA(tgt=LL_B, code=code) / lla(B, 2), src=LL_B),
                   nd(ICMPv6ND_RS(code=code) / lla()), nd(ICMPv6ND_RA(code=code) / lla())]
    frames.append(nd(ICMPv6ND_NS(tgt="fe80::77") / lla(D), src="fe80::d"))  # the right one
    pcap(out / "nd-wrong.pcap", frames)


def options(out):
    def ns(opts, n, base=ns_octets):
        return raw_nd(base(options=opts), src="fe80::%x" % (0x100 + n))

    lists = [
        b"", SLLA, SLLA + SLLA, SLLA + option(1, 1, mac(B)), SLLA + option(14, 1, b"nonce!"),
        option(14, 1, b"nonce!") + SLLA, option(200, 1, bytes(6)) + SLLA,
        option(200, 3, bytes(22)) + SLLA, SLLA + option(200, 255, bytes(255 * 8 - 2)),
        option(0, 1, bytes(6)) + SLLA, option(255, 1, bytes(6)) + SLLA,
        # length 0, first, between and last; alone
        option(1, 0, mac(A)), SLLA + option(14, 0, bytes(6)), option(14, 0, bytes(6)) + SLLA,
        SLLA + option(1, 0, bytes(6)) + SLLA, SLLA + option(2, 0, bytes(6)),
        # overruns, by one unit and by all
        option(1, 2, mac(A)), SLLA + option(14, 2, bytes(6)), option(14, 255, bytes(6)) + SLLA,
        SLLA + option(1, 255, bytes(6)),
        # length 2
        option(1, 2, mac(A) + bytes(8)), SLLA + option(1, 2, mac(B) + bytes(8)),
        option(1, 2, mac(B) + bytes(8)) + SLLA, option(2, 2, bytes(14)) + SLLA,
        # octets left over that are no option
        SLLA + b"\0", SLLA + b"\1", SLLA + b"\1\1", SLLA + b"\0\0\0\0", SLLA + b"\x0e\1\0\0\0\0\0",
        SLLA[:7], SLLA[:2],
        # addresses that bind nothing
        option(1, 1, mac(ZERO)), option(1, 1, mac(BROADCAST)),
        option(1, 1, mac("33:33:00:00:00:01")),
        option(14, 1, b"nonce!") * 31 + SLLA,
        option(14, 1, b"nonce!") * 40 + SLLA, SLLA + option(14, 1, b"nonce!") * 60,
    ]
    pcap(out / "nd-options.pcap", [ns(o, i) for i, o in enumerate(lists)])
    swapped = [raw_nd(na_octets(target="fe80::%x" % (0x200 + i), options=o))
               for i, o in enumerate([TLLA, TLLA + TLLA, TLLA + SLLA, SLLA + TLLA, SLLA,
                                      TLLA + option(2, 0, bytes(6)), option(2, 2, bytes(14)),
                                      SLLA + SLLA + TLLA, option(1, 2, bytes(14)) + TLLA,
                                      option(2, 1, mac(ZERO)), TLLA + b"\0\0\0"])]
    pcap(out / "nd-options-na.pcap", swapped)


def addresses(out):
    frames = []
    for src in ("::1", "ff02::1", "ff00::", "::", "::2", "::ffff:192.0.2.1", "::192.0.2.1",
                "fe80::", "fec0::1", "2001:db8::", "2001:db8:0:0:1:0:0:1", "2001:db8:0:1:1:1:1:1",
                "64:ff9b::c000:201", "fd00::1", "2001:0:0:1::1", "1::", "1:0:0:2::", "::1:0:0",
                "2001:db8::1:0:0:1", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"):
        frames.append(nd(ICMPv6ND_NS(tgt=LL_B) / lla(), src=src))
    for tgt in ("::1", "::", "ff02::1", "ff02::1:ff00:1", "2001:db8::1", "::ffff:192.0.2.9",
                "0:0:1::"):
        frames.append(nd(ICMPv6ND_NA(tgt=tgt) / lla(B, 2), src=LL_B, dst="ff02::1"))
    frames += [nd(ICMPv6ND_NS(tgt="ff02::1") / lla(), src="fe80::aa"),      # a multicast target
               nd(ICMPv6ND_NS(tgt="ff02::1:ff00:b") / lla(), src="fe80::ab"),
               nd(ICMPv6ND_NA(tgt="fe80::b5") / lla(B, 2), src="ff02::1", dst=LL_A),
               nd(ICMPv6ND_NS(tgt=LL_B) / lla(), src="fe80::ac", dst=LL_B),  # unicast probe
               nd(ICMPv6ND_RA() / lla(), src="2001:db8::ad", dst="ff02::1"),  # not link-local
               nd(ICMPv6ND_NA(tgt=LL_B, S=1) / lla(C, 2), src=LL_B, dst="ff02::1"),
               nd(ICMPv6ND_NS(tgt=LL_B) / lla(ZERO), src="fe80::ae"),
               nd(ICMPv6ND_NA(tgt="fe80::af") / lla(BROADCAST, 2), src=LL_B)]
    pcap(out / "nd-addresses.pcap", frames)


def extensions(out):
    m = ICMPv6ND_NS(tgt=LL_B) / lla()
    hbh = IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"\0\0")])
    dst = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)])
    rh = IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::42"])
    rh_empty = IPv6ExtHdrRouting(type=0, segleft=0, addresses=[])
    frag = IPv6ExtHdrFragment(id=7)
    chains = [hbh, dst, rh, rh_empty, hbh / dst, dst / rh, hbh / dst / rh / dst, dst / dst,
              frag, hbh / frag, frag / dst, dst / frag,
              IPv6ExtHdrFragment(id=8, m=1), IPv6ExtHdrFragment(id=9, offset=4),
              hbh / dst / hbh]
    chains.append(IPv6ExtHdrRouting(type=0, segleft=1, addresses=["2001:db8::42"]))
    frames = [nd(m, src="fe80::3:%x" % i, chain=c) for i, c in enumerate(chains)]
    octets = checksummed("fe80::4:1", LL_B, ns_octets(options=SLLA))
    # AH (RFC 4302), whose length counts 4-octet units less 2
    ah = bytes([58, 4]) + b"\0\0" + struct.pack(">II", 1, 1) + bytes(12)
    frames.append(eth(v6(ah + octets, "fe80::4:1", LL_B, next_header=51), 0x86DD))
    for nh in (0, 43, 44, 50, 51, 59, 60, 135, 139, 140, 253):               # unknown or wrong
        frames.append(eth(v6(octets, "fe80::4:1", LL_B, next_header=nh), 0x86DD))
    for nh in (135, 139, 140, 253, 254):            # headers that may not precede, well-formed
        frames.append(eth(v6(bytes([58, 0]) + bytes(6) + octets, "fe80::4:1", LL_B, next_header=nh),
                          0x86DD))
    for n in (1, 3, 6, 8):                                                   # many in a row
        src = "fe80::5:%x" % n
        o = checksummed(src, LL_B, ns_octets(options=SLLA))
        chain = (bytes([60, 0, 1, 4, 0, 0, 0, 0]) * (n - 1) + bytes([58, 0, 1, 4, 0, 0, 0, 0]))
        frames.append(eth(v6(chain + o, src, LL_B, next_header=60), 0x86DD))
    # ND inside IPv6 and inside IPv4 is in a tunnel.
    inner = raw(IPv6(src="fe80::6", dst=LL_B, hlim=255) / m)
    frames.append(eth(v6(inner, "fe80::7", LL_B, next_header=41), 0x86DD))
    pcap(out / "nd-extension.pcap", frames)


def lengths(out):
    o = ns_octets(options=SLLA)
    frames = [raw_nd(o, src="fe80::8:0", pad=120)]                           # padding behind
    frames.append(raw_nd(o, src="fe80::8:1") + b"\1\1" + mac(B))             # an option as padding
    whole = checksummed("fe80::8:2", LL_B, o)
    for length in (4, 8, 23, 24, 25, 31):                                    # shorter than it is
        frames.append(eth(v6(whole, "fe80::8:2", LL_B, length=length), 0x86DD))
    for i in range(1, 8):                                       # shorter, and the checksum fits
        frames.append(raw_nd(o[:-i], src="fe80::8:3"))
    bad_version = bytearray(raw_nd(o, src="fe80::8:4"))
    bad_version[14] = 0x40
    frames.append(bytes(bad_version))
    bad_version[14] = 0x50
    frames.append(bytes(bad_version))
    for n in (0, 4, 7, 8, 16, 23, 24):                                       # the fixed part alone
        frames.append(raw_nd(ns_octets()[:max(n, 4)], src="fe80::8:5"))
    for kind, size in ((133, 8), (134, 16), (136, 24)):
        for n in (4, size - 1, size):
            body = bytes([kind, 0, 0, 0]) + bytes(size - 4)
            frames.append(raw_nd((body[:n] + (SLLA if n == size else b"")), src="fe80::8:6"))
    pcap(out / "nd-length.pcap", frames)


def overlong(out):
    """The IPv6 length says more than the whole frame holds; nothing was cut."""
    o = ns_octets(options=SLLA)
    whole = checksummed("fe80::9:1", LL_B, o)
    frames = [eth(v6(whole, "fe80::9:1", LL_B, length=length), 0x86DD)
              for length in (33, 40, 1000, 65535)]
    frames.append(eth(v6(whole, "fe80::9:1", LL_B, length=0), 0x86DD))
    pcap(out / "nd-overlong.pcap", frames)


def snap_nd(out):
    m = v6(checksummed("fe80::a:1", LL_B, ns_octets(options=SLLA)), "fe80::a:1", LL_B)
    pcap(out / "nd-snap.pcap", [snap(m, 0x86DD), snap(m, 0x86DD, tags=v(5))])


def cuts(out):
    ra = nd(ICMPv6ND_RA() / ICMPv6NDOptMTU() / lla(D) /
            ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64), src="fe80::d", dst="ff02::1")
    two = raw_nd(ns_octets(options=SLLA + option(1, 1, mac(B))), src="fe80::b:2")
    zero = raw_nd(ns_octets(options=SLLA + option(14, 0, bytes(6))), src="fe80::b:3")
    over = raw_nd(ns_octets(options=SLLA + option(14, 9, bytes(6))), src="fe80::b:4")
    wrong_sum = bytearray(raw_nd(ns_octets(options=SLLA + option(14, 1, b"nonce!"))))
    wrong_sum[14 + 40 + 2] ^= 0x55                    # not judged where it was cut
    tagged = nd(ICMPv6ND_NA(tgt=LL_B) / lla(B, 2) / lla(A, 1), src=LL_B, tags=v(300))
    chained = nd(ICMPv6ND_NS(tgt=LL_B) / lla(), src="fe80::b:5",
                 chain=IPv6ExtHdrHopByHop(options=[RouterAlert()]))
    for name, frame in (("ns", kinds()[0]), ("na", tagged), ("rs", kinds()[2]), ("ra", ra),
                        ("two", two), ("zero", zero), ("over", over), ("sum", bytes(wrong_sum)),
                        ("chain", chained)):
        pcap(out / ("cut-nd-%s.pcap" % name), [cut(frame, n) for n in range(14, len(frame) + 1)])
    frame = kinds()[0]
    pcap(out / "short-nd.pcap", [frame[:n] for n in range(14, len(frame) + 1)])
    # Padding cut away is nothing lost.
    padded = raw_nd(ns_octets(options=SLLA), src="fe80::b:6", pad=120)
    pcap(out / "cut-nd-padding.pcap", [cut(padded, n) for n in range(80, 121)])
    pcap(out / "link-ipv6-cut.pcap", [cut(frame[14:], n) for n in range(0, len(frame) - 13)], IPV6)


ALL = (basic, without, wrong, options, addresses, extensions, lengths, overlong, snap_nd, cuts)
