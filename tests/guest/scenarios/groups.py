# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FRAMES = {"frames": [packets.udp(dport=2000 + port) for port in (1, 2, 3, 4)]}


def judge(result):
    for name, source, wanted, filtered in (("some", "psample:1,3", (1, 3), 5), ("all", "psample", (1, 2, 3), 0)):
        lines = result.lines(name)
        seen = [(line["source"]["group"], line["packet"]["dest_port"]) for line in lines if line["event_type"] == "packet"]
        assert seen == [(group, 2000 + group) for group in wanted] * 5, seen
        ledger = kit.ledger(lines, source)
        assert (ledger["received"], ledger["filtered"], ledger["lost"], ledger["sequence_gaps"]) == (15, filtered, 0, 0), ledger
