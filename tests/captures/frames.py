# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames for the captures, put together by scapy."""
import logging
import struct

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.config import conf  # noqa: E402

conf.ipv6_enabled = True
from scapy.all import (ARP, IPv6, ICMPv6ND_NA, ICMPv6ND_NS,  # noqa: E402
                       ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6NDOptDstLLAddr,
                       ICMPv6NDOptSrcLLAddr, raw)

A, B, C, D = ("02:00:00:00:00:%02x" % i for i in (0xA, 0xB, 0xC, 0xD))
ZERO, BROADCAST = "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"
LL_A, LL_B = "fe80::a", "fe80::b"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def arp(op=1, sha=A, spa="192.0.2.1", tha=ZERO, tpa="192.0.2.2", **kw):
    return raw(ARP(hwtype=1, ptype=0x0800, hwlen=6, plen=4, op=op, hwsrc=sha, psrc=spa,
                   hwdst=tha, pdst=tpa) if not kw else
               ARP(**{**dict(hwtype=1, ptype=0x0800, hwlen=6, plen=4, op=op, hwsrc=sha,
                             psrc=spa, hwdst=tha, pdst=tpa), **kw}))


def request(sha=A, spa="192.0.2.1", tpa="192.0.2.2", **kw):
    return arp(1, sha, spa, kw.pop("tha", ZERO), tpa, **kw)


def reply(sha=B, spa="192.0.2.2", tha=A, tpa="192.0.2.1", **kw):
    return arp(2, sha, spa, tha, tpa, **kw)


def eth(payload, ethertype=0x0806, src=A, dst=BROADCAST, tags=(), pad=0):
    """Ethernet II; `tags` are (TPID, TCI) pairs, outermost first; padded to `pad` octets."""
    out = mac(dst) + mac(src)
    for tpid, tci in tags:
        out += struct.pack(">HH", tpid, tci)
    out += struct.pack(">H", ethertype) + payload
    return out + b"\0" * max(0, pad - len(out))


def snap(payload, ethertype=0x0806, src=A, dst=BROADCAST, tags=(), oui=b"\0\0\0", length=None,
         llc=b"\xaa\xaa\x03", pad=0):
    """802.3 with LLC/SNAP (RFC 1042)."""
    body = llc + oui + struct.pack(">H", ethertype) + payload
    return eth(body, len(body) if length is None else length, src, dst, tags, pad)


def v(*vids):
    return [(0x8100, vid) for vid in vids]


def nd(message, src=LL_A, dst="ff02::1:ff00:b", hlim=255, mac_src=A, tags=(), chain=None, **kw):
    """An Ethernet frame with an ND message; `chain` are extension headers before it."""
    ip = IPv6(src=src, dst=dst, hlim=hlim, **kw)
    return eth(raw(ip / chain / message if chain is not None else ip / message), 0x86DD, mac_src,
               "33:33:00:00:00:01", tags)


def lla(address=A, kind=1):
    return (ICMPv6NDOptSrcLLAddr if kind == 1 else ICMPv6NDOptDstLLAddr)(lladdr=address)


def option(kind, length, body):
    return bytes([kind, length]) + body


def checksummed(src, dst, message):
    """Fills in the ICMPv6 checksum (RFC 4443, section 2.3) of hand-made octets."""
    import socket
    pseudo = (socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) +
              struct.pack(">II", len(message), 58))
    message = message[:2] + b"\0\0" + message[4:]
    data = pseudo + message + (b"\0" if len(message) % 2 else b"")
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return message[:2] + struct.pack(">H", ~total & 0xFFFF) + message[4:]


def v6(payload, src=LL_A, dst="ff02::1:ff00:b", hlim=255, next_header=58, length=None):
    import socket
    return (struct.pack(">IHBB", 6 << 28, len(payload) if length is None else length,
                        next_header, hlim) +
            socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) +
            payload)


def ns_octets(target=LL_B, options=b""):
    import socket
    return struct.pack(">BBHI", 135, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, target) + options


def na_octets(target=LL_A, options=b"", flags=0x60000000):
    import socket
    return (struct.pack(">BBHI", 136, 0, 0, flags) + socket.inet_pton(socket.AF_INET6, target) +
            options)


def raw_nd(octets, src=LL_A, dst="ff02::1:ff00:b", tags=(), pad=0, **kw):
    """Hand-made ND octets with a right checksum, in IPv6, in Ethernet."""
    return eth(v6(checksummed(src, dst, octets), src, dst, **kw), 0x86DD, A, "33:33:00:00:00:01",
               tags, pad)
