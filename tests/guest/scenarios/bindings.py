# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [
    packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.1"), packets.ns(1, "fe80::1"), packets.na(2, "fe80::1"),
    packets.tcp(src="10.9.0.1", dst="10.9.0.2"), packets.udp(src="10.9.0.2", dst="10.9.0.1", size=200),
]}


def judge(result):
    lines = result.lines("netweir")
    for name, group, iface, direction in (("in", 7, "v1", "ingress"), ("out", 8, "v0", "egress")):
        own = [line for line in lines if line.get("source", {}).get("name") == name]
        where = ("v1", None) if name == "in" else (None, "v0")
        assert kit.bindings(own) == [
            ("NEW", "10.9.0.1", packets.mac(1), group, *where, ()),
            ("MOVED", "10.9.0.1", packets.mac(2), group, *where, ()),
            ("NEW", "fe80::1", packets.mac(1), group, *where, ()),
            ("MOVED", "fe80::1", packets.mac(2), group, *where, ()),
        ], kit.bindings(own)
        assert all("sample_rate" not in line["binding"] for line in own if line["event_type"] == "binding")
        moved = [line["binding"]["previous_mac"] for line in own if line.get("binding", {}).get("action") == "MOVED"]
        assert moved == [packets.mac(1)] * 2, moved
        seen = [(p.get("proto"), p.get("src_ip"), p.get("src_port"), p["length"], p["captured"], p.get("direction"))
                for p in kit.packets(own)]
        assert seen[4:] == [("TCP", "10.9.0.1", 1000, 54, 54, direction), ("UDP", "10.9.0.2", 1000, 200, 200, direction)], seen
        assert [len(f) for f in FRAMES["frames"]] == [p[3] for p in seen], seen
        ledger = kit.ledger(lines, name)
        # Each source has its own socket, which is offered what both rules sample.
        assert (ledger["received"], ledger["decoded"]["done"], ledger["filtered"], ledger["lost"]) == (12, 6, 6, 0), ledger
        assert ledger["sequence_gaps"] == 0, ledger
