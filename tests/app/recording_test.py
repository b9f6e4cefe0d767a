# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings without root: the replay of a stored one, and what the record verb refuses."""
import json
import os
import subprocess
import sys

import harness
from harness import validate, write

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "kit"))
import same_events  # noqa: E402

DATA = os.path.join(harness.ROOT, "tests", "record", "data")
RECORDING = os.path.join(DATA, "nflog.pcapng")


def netweir(*arguments, **more):
    return subprocess.run([harness.NETWEIR, *arguments], text=True, capture_output=True, timeout=60, **more)


def replay(*arguments, code=0):
    done = netweir("replay", *arguments)
    assert done.returncode == code, done
    write("out", done.stdout)
    validate("out")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_replay_of_a_stored_recording():
    live = same_events.read(os.path.join(DATA, "live.json"))
    problems = same_events.differences(live, replay(RECORDING), ("host",))
    assert not problems, "\n".join(problems)


def test_the_comparison_can_fail():
    live = same_events.read(os.path.join(DATA, "live.json"))
    again = replay(RECORDING)
    for field, value in (("timestamp", "2000-01-01T00:00:00.000000000Z"), ("in_iface", "x"), ("vlan", [1])):
        changed = json.loads(json.dumps(again))
        next(l for l in changed if l["event_type"] == "binding" and "vlan" in l)[field] = value
        assert same_events.differences(live, changed, ("host",)), field
    assert same_events.differences(live, [l for l in again if l["event_type"] != "loss"], ("host",))
    changed = json.loads(json.dumps(again))
    changed[-1]["goodbye"]["sources"][1]["lost"] += 1
    assert same_events.differences(live, changed, ("host",))
    assert same_events.differences([live[0]], [again[0]]), "nothing to compare"


def test_names_are_those_of_the_recording():
    lines = replay(RECORDING)
    assert {l["source"]["name"] for l in lines if l["event_type"] == "binding"} == {"firewall", "second"}
    assert [l["source"]["name"] for l in lines if l["event_type"] == "loss"] == ["burst"]
    assert [s["name"] for s in lines[-1]["goodbye"]["sources"]][1:] == ["burst", "second", "firewall"], lines[-1]


def test_a_recording_that_ends_in_the_middle():
    with open(RECORDING, "rb") as f:
        octets = f.read()
    with open("cut.pcapng", "wb") as f:
        f.write(octets[:-3])
    lines = replay("cut.pcapng", code=65)
    assert [l for l in lines if l["event_type"] == "binding"], lines


def test_a_recording_twice_is_two_recordings():
    """The second begins anew: nothing is lost between the two."""
    with open(RECORDING, "rb") as f:
        octets = f.read()
    for name in ("one.pcapng", "two.pcapng"):
        with open(name, "wb") as f:
            f.write(octets)
    once, twice = replay(RECORDING)[-1], replay("one.pcapng", "two.pcapng")[-1]
    for a, b in zip(once["goodbye"]["sources"][1:], [s for s in twice["goodbye"]["sources"] if s["type"] == "nflog"]):
        assert (b["received"], b["lost"]) == (2 * a["received"], 2 * a["lost"]), (a, b)


def test_tshark_reads_it():
    done = subprocess.run(["tshark", "-n", "-r", RECORDING, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.drop_count",
                           "-e", "netlink.family"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {r[0] for r in rows if r[2] == "0x000c"} == {"firewall", "second", "burst"}, rows
    assert sum(int(r[1]) for r in rows if r[1]) == 7, rows


def test_what_record_refuses():
    for arguments in (["record", "nflog:5"], ["record", "-w", "r", "-c", "x.yaml", "nflog:5"], ["record", "nflog:5", "-w", "-"],
                      ["record", "nflog:5", "-w", "r", "--rotate-size", "12 apples"], ["record", "nflog:5", "-w", "r", "--files", "0"],
                      ["record", "nflog:5", "-w", "r", "--rotate-time", "-5s"], ["record", "nflog:5", "-w", "r", "--rotate-size", "1"],
                      ["record", "nosuch:1", "-w", "r"], ["record", "nflog:5", "-w", "r", "--format", "xml"]):
        done = netweir(*arguments)
        assert done.returncode == 64 and done.stderr.startswith("netweir: error: "), (arguments, done)
        assert not os.path.exists("r"), arguments
    done = netweir("record", "pcap:eth0", "-w", "r")
    assert done.returncode == 64 and "pcap:eth0" in done.stderr and "tcpdump -i eth0" in done.stderr, done
    write("c.yaml", "sources:\n  - {name: a, type: nflog, group: 5}\n  - {name: wire, type: pcap, interface: swp1}\n")
    done = netweir("record", "-c", "c.yaml", "-w", "r")
    assert done.returncode == 64 and "source wire" in done.stderr and "tcpdump -i swp1" in done.stderr, done
    assert netweir("record", "-c", "absent.yaml", "-w", "r").returncode == 66
    assert netweir("record", "--help").returncode == 0


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
