# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.arp(1, "10.9.0.1"), packets.udp()], "unseen": [packets.arp(9, "10.9.0.9")]}


def judge(result):
    lines = result.lines("netweir")
    assert kit.bindings(lines) == [("NEW", "10.9.0.1", packets.mac(1), 7, "v1", None, ())], kit.bindings(lines)
    assert len(kit.packets(lines)) == 18, len(kit.packets(lines))
    ledger = kit.ledger(lines, "psample")
    assert (ledger["received"], ledger["lost"], ledger["sequence_gaps"], ledger["sequence_late"]) == (18, 0, 0, 0), ledger
    assert kit.states(lines) == ["up", "down"], kit.states(lines)
