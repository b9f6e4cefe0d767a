# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess
import sys

import judge as kit
import packets

sys.path.insert(0, os.path.join(kit.HERE, "..", "kit"))
import same_events  # noqa: E402

FRAMES = {"bindings": [packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.2"), packets.arp(3, "10.9.0.1")]}
FIELDS = ["sample_group", "sample_rate", "timestamp", "proto", "origsize"]


def tshark(path):
    """What somebody else reads in the recording: FIELDS of each sample (messages about groups have no time)."""
    command = ["tshark", "-r", path, "-Y", "psample.timestamp", "-T", "fields"]
    for field in FIELDS:
        command += ["-e", "psample." + field]
    done = subprocess.run(command, check=True, text=True, capture_output=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def judge(result):
    live, replayed = result.lines("live"), result.lines("replayed")
    problems = same_events.differences(live, replayed)
    assert not problems, "\n".join(problems)
    ledger = kit.ledger(live, "asic")
    assert ledger["lost"] > 0 and ledger["received"] > 6, ledger
    ifaces = {line.get("in_iface") for line in live if line["event_type"] == "packet"}
    assert ifaces == {"v1", "renamed"}, ifaces
    assert any(line.get("vlan") == [300] for line in live if line["event_type"] == "binding"), "no tag of group_vlan"
    shown = [line for line in live if line["event_type"] == "packet"]
    rows = tshark(os.path.join(result.folder, "recording.pcapng"))
    assert len(rows) == len(shown) == ledger["received"], (len(rows), len(shown), ledger)
    for row, line in zip(rows, shown):
        group, rate, timestamp, proto, size = row
        assert int(group, 0) == line["source"]["group"], (row, line)
        assert int(rate, 0) == line["packet"].get("sample_rate", 1), (row, line)
        assert int(proto, 0) == 0x0806 == line["packet"]["ether_type"], (row, line)
        assert int(size, 0) == line["packet"]["length"], (row, line)
        assert timestamp, row
