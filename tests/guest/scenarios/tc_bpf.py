# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.tagged(packets.arp(2, "10.9.0.2"), 0), packets.tagged(packets.arp(3, "10.9.0.3"), 1),
                     packets.tagged(packets.arp(4, "10.9.0.4"), 4095), packets.tagged(packets.arp(5, "10.9.0.5"), ("ad", 200), 100)]}
VLANS = [(), (), (1,), (4095,), (200, 100)]


def judge(result):
    by_filter = 1 if result.kernel == "6.1" else 0
    counts = {name: result.number(name) for name in ("killed.running", "killed.left", "running", "left")}
    assert counts == {"killed.running": by_filter, "killed.left": by_filter, "running": by_filter, "left": 0}, counts
    assert "bytecode" in result.text("foreign") and "pref 5" in result.text("foreign"), result.text("foreign")
    for run in ("netweir", "own"):
        lines = result.lines(run)
        got = [(b["binding"]["ip"], tuple(b.get("vlan", ()))) for b in lines if b["event_type"] == "binding"]
        assert got == [(f"10.9.0.{n}", vlans) for n, vlans in enumerate(VLANS, 1)], got
        ledger = kit.ledger(lines, "edge")
        assert (ledger["received"], ledger["lost"]) == (len(VLANS), 0), ledger
        assert all(p["direction"] == "ingress" for p in kit.packets(lines))
    ledger = kit.ledger(result.lines("loss"), "edge")
    assert ledger["received"] + ledger["lost"] == 1100 * len(VLANS) and ledger["lost"] > 0 and ledger["lost_exact"], ledger
    assert "clsact" not in result.text("own.qdiscs"), result.text("own.qdiscs")
