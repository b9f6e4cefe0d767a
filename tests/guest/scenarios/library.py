# SPDX-License-Identifier: GPL-2.0-or-later
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.1"), packets.udp(size=400)]}


def judge(result):
    assert result.number("code") == 0, result.text("said.err")
    assert result.text("said").splitlines() == [
        "group 7, number 0, one in 1: 42 of 42 octets, protocol 0x0806",
        "group 7, number 1, one in 1: 42 of 42 octets, protocol 0x0806",
        "group 7, number 2, one in 1: 400 of 400 octets, protocol 0x0800",
    ], result.text("said")
