# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.udp(size=400)]}


def judge(result):
    received = []
    for size in ("4KiB", "64KiB", "1MiB"):
        lines = result.lines(size)
        ledger = kit.ledger(lines, "asic")
        offered = result.number(size + ".sampled")
        assert offered == 8000, offered
        assert ledger["received"] + ledger["lost"] == offered, f"{size}: {ledger}, but tc sampled {offered}"
        assert ledger["lost"] > 0 and ledger["lost_exact"], f"{size}: {ledger}"
        told = [line["loss"] for line in lines if line["event_type"] == "loss"]
        assert sum(loss["count"] for loss in told) == ledger["lost"], told
        assert {(loss["unit"], loss["cause"], loss["exact"]) for loss in told} == {("packets", "receive_buffer", True)}, told
        assert ledger["sequence_gaps"] - ledger["sequence_late"] <= ledger["lost"], ledger
        received.append(ledger["received"])
    assert received == sorted(received), f"a larger buffer received less: {received}"
