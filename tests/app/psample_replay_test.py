#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""psample_replay_test.py NETWEIR: what no tc rule makes a kernel send (sources/psample/make_messages.py), as packets of
LINKTYPE_NETLINK behind a kernel's own description of the family: replay prints it."""
import json
import math
import os
import random
import struct
import subprocess
import sys

import harness
from harness import validate, write

LINKTYPE_NETLINK, NETLINK_GENERIC, ARPHRD_NETLINK = 253, 16, 824
AT = 1_700_000_001


def content(*path):
    with open(os.path.join(harness.ROOT, *path), "rb") as f:
        return f.read()


def message(name):
    return content("sources", "psample", "corpus", "message", name)


def capture(path, names):
    capture_of(path, [message(name) for name in names])


def capture_of(path, messages):
    """The family first (its number is 33 there), then the messages, each with that number."""
    datagrams = [content("tests", "guest", "recorded", "6.1", "family.nl")]
    datagrams += [octets[:4] + struct.pack("=H", 33) + octets[6:] for octets in messages]
    cooked = struct.pack(">HH10xH", 0, ARPHRD_NETLINK, NETLINK_GENERIC)
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, LINKTYPE_NETLINK))
        for octets in datagrams:
            data = cooked + octets
            f.write(struct.pack("=IIII", AT, 0, len(data), len(data)) + data)


def replayed(*names):
    capture("messages.pcap", names)
    return replay("--events", "packet,binding,loss")


def replay(*options):
    done = subprocess.run([harness.NETWEIR, "replay", "messages.pcap", *options], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    write("out", done.stdout)
    validate("out")
    return [json.loads(line) for line in done.stdout.splitlines()]


def packet(name):
    lines = [line for line in replayed(name) if line["event_type"] == "packet"]
    assert len(lines) == 1, lines
    return lines[0]


def test_a_driver_says_queue_occupancy_and_latency():
    line = packet("driver")
    assert line["source"]["group"] == 7 and line["packet"]["sample_rate"] == 100, line
    assert line["packet"]["psample"] == {"queue": 3, "occupancy": 4096, "latency": 1_500_000}, line
    assert line["timestamp"] == "2023-11-14T22:13:20.123456789Z", line
    assert line["packet"]["length"] == 60 and line["packet"]["proto"] == "ARP", line


def test_a_cookie_and_a_probability():
    assert packet("cookie")["packet"]["psample"] == {"cookie": "c0ffee00ff"}
    rate = packet("probability")["packet"]["sample_rate"]
    assert abs(rate - 4) < 1e-6, rate
    assert "sample_rate" not in packet("rate_0")["packet"]


def test_tunnels_of_every_kernel():
    v4 = {"id": 100, "src_ip": "192.0.2.1", "dest_ip": "192.0.2.2", "tos": 16, "ttl": 64, "src_port": 4660,
          "dest_port": 4789, "dont_fragment": True, "csum": True}
    assert packet("tunnel_v4")["packet"]["psample"]["tunnel"] == v4
    assert packet("tunnel_linux_5_8")["packet"]["psample"]["tunnel"] == v4
    assert packet("tunnel_v6")["packet"]["psample"]["tunnel"] == {
        "id": 1000, "src_ip": "2001:db8::1", "dest_ip": "2001:db8::2", "ttl": 255, "oam": True, "ipv4_info_bridge": True,
        "geneve_options": "0102800100000007", "erspan_options": "01000000000000000000000a"}


def test_other_link_layers():
    for name, ip in (("raw_v4", "8.0.0.1"), ("sflow_v4", "8.0.0.1"), ("infiniband", "10.9.0.9"), ("raw_v6", "fe80::9"), ("sflow_v6", "fe80::9")):
        line = packet(name)["packet"]
        assert line["src_ip"] == ip and "src_mac" not in line, (name, line)


def test_open_vswitch_counts_nothing():
    lines = replayed(*["unsequenced"] * 5)
    ledger = lines[-1]["goodbye"]["sources"][0]
    assert ledger["received"] == 5 and ledger["lost"] == 0, ledger
    assert [line["event_type"] for line in lines if line["event_type"] == "loss"] == []
    assert sum(line["event_type"] == "binding" for line in lines) == 1, lines


def test_what_no_kernel_sends_is_rejected():
    bad = ["bad_short_iif", "bad_long_group", "bad_no_group", "bad_tunnel_port", "bad_tunnel_overrun", "bad_attribute_length_0"]
    ledger = replayed("driver", *bad)[-1]["goodbye"]["sources"][0]
    assert (ledger["received"], ledger["rejected"], ledger["decoded"]["done"]) == (7, 6, 1), ledger


OUT_TC, LATENCY, GROUP, SEQ = 10, 12, 3, 4  # PSAMPLE_ATTR_* of linux/psample.h


def changed(octets, **values):
    """The message with other values in attributes that it has, or without them (None)."""
    at, out = 20, octets[:20]
    wanted = {{"queue": OUT_TC, "latency": LATENCY, "group": GROUP, "seq": SEQ}[k]: v for k, v in values.items()}
    while at < len(octets):
        length, kind = struct.unpack_from("=HH", octets, at)
        attribute = octets[at:at + (length + 3 & ~3)]
        at += len(attribute)
        if kind in wanted:
            if wanted[kind] is None:
                continue
            attribute = attribute[:4] + wanted[kind].to_bytes(length - 4, sys.byteorder) + attribute[length:]
        out += attribute
    return struct.pack("=I", len(out)) + out[4:]


def test_totals_by_group_and_queue_have_their_latencies():
    """What only drivers say (mlxsw, netdevsim), which the kernels of the guest have not: so messages of a driver,
    with other queues, groups and latencies."""
    chance, driver = random.Random(4), message("driver")
    latencies, messages = {}, []
    for number in range(3000):
        group, queue = 7 + number % 2, chance.choice((0, 3, 3, 3, 7, None))
        latency = None if number % 50 == 0 else int(chance.lognormvariate(13, 1.5))
        latencies.setdefault((group, queue), []).append(latency)
        messages.append(changed(driver, group=group, seq=number // 2, queue=queue, latency=latency))
    capture_of("messages.pcap", messages)
    write("c.yaml", "traffic: [{name: q, key: [group, queue], interval: 24h, latency: true}]\n"
                    "outputs: [{type: json, events: [traffic]}]\n")
    lines = [line for line in replay("-c", "c.yaml") if line["event_type"] == "traffic"]
    assert len(lines) == len(latencies) == 8, lines
    for line in lines:
        t = line["traffic"]
        every = latencies[line["source"]["group"], t.get("queue")]
        known = sorted(value for value in every if value is not None)
        assert t["packets"] == len(every) and t["est_packets"] == 100 * len(every), (t, len(every))
        told = t["latency"]
        assert told["count"] == len(known) and abs(told["mean"] - sum(known) / len(known)) <= 1, (told, len(known))
        for key, share in (("p50", 0.5), ("p99", 0.99)):
            truth = known[math.ceil(share * len(known)) - 1]
            assert abs(told[key] / truth - 1) < 0.06, (key, told, truth)


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
