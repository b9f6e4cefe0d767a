# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.udp(size=400)]}


def judge(result):
    lines = result.lines("shed")
    ledger = kit.ledger(lines, "asic")
    offered = result.number("shed.sampled")
    assert ledger["received"] + ledger["lost"] == offered, f"{ledger}, but tc sampled {offered}"
    lost = {}
    for line in lines:
        if line["event_type"] == "loss":
            lost[line["loss"]["cause"]] = lost.get(line["loss"]["cause"], 0) + line["loss"]["count"]
    assert lost.get("shed", 0) > 0 and lost.get("receive_buffer", 0) > 0, lost
    assert sum(lost.values()) == ledger["lost"], (lost, ledger)
    said = [line["source"]["reason"] for line in lines
            if line["event_type"] == "source" and line["source"]["state"] == "overloaded"]
    assert "a random one of 2 is kept" in said[0], said
    rates = {packet.get("sample_rate", 1) for packet in kit.packets(lines)}
    assert len(rates) > 1 and rates <= {2 ** n for n in range(11)}, rates
    # What the rate says is kept stands for what was shed; what the buffer lost comes on top.
    estimate = sum(line["traffic"].get("est_packets", line["traffic"]["packets"]) for line in lines if line["event_type"] == "traffic")
    assert abs(estimate - offered) < offered * 0.2, (estimate, offered)
