# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.tagged(packets.arp(1, "10.9.0.1"), 100), packets.tagged(packets.arp(2, "10.9.0.2"), ("ad", 200), 100)]}


def judge(result):
    lines = result.lines("netweir")
    seen = sorted(kit.bindings(lines), key=str)
    assert seen == sorted([
        ("NEW", "10.9.0.1", packets.mac(1), 1, None, "v0", (100,)),
        ("NEW", "10.9.0.2", packets.mac(2), 1, None, "v0", (200, 100)),
        ("NEW", "10.9.0.1", packets.mac(1), 10, "v1", None, (100,)),
        ("NEW", "10.9.0.2", packets.mac(2), 20, "v1", None, (200, 100)),
    ], key=str), seen
    # The octets tell that the outer tag was not there at ingress.
    sizes = sorted((line["source"]["group"], line["packet"]["captured"]) for line in lines if line["event_type"] == "packet")
    assert sizes == [(1, 46), (1, 50), (10, 42), (20, 46)], sizes
