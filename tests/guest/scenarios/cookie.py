# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.udp(), packets.arp(1, "10.9.0.1")]}


def judge(result):
    cookies = [p.get("psample", {}).get("cookie") for p in kit.packets(result.lines("netweir"))]
    expected = None if result.kernel == "6.1" else "0a0b0c0d0e0f10111213141516171819"
    assert cookies == [expected] * 2, cookies
