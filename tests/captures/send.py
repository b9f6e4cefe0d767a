#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends the frames of nflog.sh into an interface of its namespace: send.py INTERFACE."""
import socket
import sys
import time

from frames import (B, C, ICMPv6ND_NA, ICMPv6ND_NS, LL_A, LL_B, eth, lla, nd, reply, request,
                    mac, ns_octets, option, raw_nd, snap, v)

FRAMES = [
    eth(request(), pad=60), eth(reply(tpa="192.0.2.7", tha=C), src=B, pad=60),
    eth(request(sha=C), src=C, pad=60),
    eth(request(), tags=v(300), pad=64), eth(request(), tags=v(0x6000), pad=64),
    eth(request(), tags=[(0x88A8, 10), (0x8100, 20)], pad=68),
    eth(request(), tags=v(0, 100), pad=68),
    eth(request(spa="192.0.2.8"), 0x8035, pad=60),
    snap(request(spa="192.0.2.9"), pad=60),
    nd(ICMPv6ND_NS(tgt=LL_B) / lla(), dst="ff02::1"),
    nd(ICMPv6ND_NA(tgt=LL_B, S=0) / lla(B, 2), src=LL_B, dst="ff02::1", mac_src=B),
    nd(ICMPv6ND_NS(tgt=LL_B) / lla(C), src="fe80::c", dst="ff02::1", hlim=64),
    nd(ICMPv6ND_NS(tgt=LL_A) / lla(C), src="fe80::c", dst="ff02::1", tags=v(300)),
    # Cut behind its option by the bridge's rule.
    raw_nd(ns_octets(options=option(1, 1, mac(C)) + option(14, 1, b"nonce!")), src="fe80::d",
           dst="ff02::1"),
]

with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
    s.bind((sys.argv[1], 0))
    for f in FRAMES:
        s.send(f)
        time.sleep(0.01)
