# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.1"), packets.tagged(packets.arp(3, "10.9.0.3"), 300)]}


def judge(result):
    lines = result.lines("netweir")
    assert kit.bindings(lines) == [
        ("NEW", "10.9.0.1", packets.mac(1), None, "v1", None, ()),
        ("MOVED", "10.9.0.1", packets.mac(2), None, "v1", None, ()),
        ("NEW", "10.9.0.3", packets.mac(3), None, "v1", None, (300,)),
    ], kit.bindings(lines)
    ledger = kit.ledger(lines, "pcap:v1")
    assert (ledger["received"], ledger["lost"]) == (3, 0), ledger
