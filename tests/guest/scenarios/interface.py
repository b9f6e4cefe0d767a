# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"one": [packets.arp(1, "10.9.0.1")], "two": [packets.arp(2, "10.9.0.2")], "three": [packets.arp(3, "10.9.0.3")]}


def judge(result):
    lines = result.lines("netweir")
    assert kit.bindings(lines) == [
        ("NEW", "10.9.0.1", packets.mac(1), 7, "v1", None, ()),
        ("NEW", "10.9.0.2", packets.mac(2), 7, "renamed", None, ()),
        ("NEW", "10.9.0.3", packets.mac(3), 7, "again", None, ()),
    ], kit.bindings(lines)
    assert kit.states(lines) == ["up", "down"], "psample itself never went away"
