# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"jumbo": [packets.udp(size=9014), packets.udp(size=100)]}


def judge(result):
    lines = result.lines("netweir")
    seen = [(line["source"]["group"], line["packet"]["length"], line["packet"]["captured"], line["packet"].get("dest_port"))
            for line in lines if line["event_type"] == "packet"]
    assert seen == [
        (64, 9014, 64, 2000), (64, 100, 64, 2000), (128, 9014, 128, 2000), (128, 100, 100, 2000), (1, 9014, 9014, 2000), (1, 100, 100, 2000),
    ], seen
    ledger = kit.ledger(lines, "psample")
    assert (ledger["received"], ledger["lost"], ledger["truncated"], ledger["rejected"]) == (6, 0, 0, 0), ledger
