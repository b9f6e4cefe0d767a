# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {
    "frames": [packets.tagged(packets.arp(1, "10.9.0.1"), 100), packets.tagged(packets.arp(9, "10.9.0.9"), 300), packets.arp(9, "10.9.0.9"),
               packets.tagged(packets.udp(4, src="10.9.1.4"), 100), packets.tagged(packets.udp(5, src="10.9.2.5"), 100)],
    "later": [packets.tagged(packets.arp(2, "10.9.0.2"), ("ad", 200)), packets.tagged(packets.arp(3, "10.9.0.3"), ("ad", 200), 100)],
}


def judge(result):
    lines = result.lines("netweir")
    assert kit.bindings(lines) == [
        ("NEW", "10.9.0.1", packets.mac(1), 7, "v1.100", None, (100,)),
        ("NEW", "10.9.1.4", packets.mac(4), 7, "v1.100", None, (100,)),
        ("NEW", "10.9.0.2", packets.mac(2), 7, "outer", None, (200,)),
        ("NEW", "10.9.0.3", packets.mac(3), 20, "outer", None, (200, 100)),
    ], kit.bindings(lines)
