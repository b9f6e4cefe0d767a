# SPDX-License-Identifier: GPL-2.0-or-later
"""dropmon_replay_test.py NETWEIR: what devices trap (sources/dropmon/make_messages.py) and what a kernel dropped in the
guest, as packets of LINKTYPE_NETLINK behind the kernel's own description of the family: replay prints it."""
import json
import os
import struct
import subprocess
import sys

import harness
from harness import ledger, validate, write

LINKTYPE_NETLINK, NETLINK_GENERIC, ARPHRD_NETLINK = 253, 16, 824
AT = 1_700_000_001
KERNELS = {"6.1": 32, "6.12": 34}  # the number of NET_DM there


def content(*path):
    with open(os.path.join(harness.ROOT, *path), "rb") as f:
        return f.read()


def split(octets):
    """The messages of a file of tests/guest/recorded, each a datagram."""
    while octets:
        length = (int.from_bytes(octets[:4], sys.byteorder) + 3) & ~3
        yield octets[:length]
        octets = octets[length:]


def replay(datagrams, kernel, *options):
    datagrams = [content("tests", "guest", "recorded", kernel, "dropmon-family.nl"), *datagrams]
    cooked = struct.pack(">HH10xH", 0, ARPHRD_NETLINK, NETLINK_GENERIC)
    with open("messages.pcap", "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, LINKTYPE_NETLINK))
        for number, octets in enumerate(datagrams):
            data = cooked + octets[:4] + (octets[4:6] if number == 0 else struct.pack("=H", KERNELS[kernel])) + octets[6:]
            f.write(struct.pack("=IIII", AT, 0, len(data), len(data)) + data)
    done = subprocess.run([harness.NETWEIR, "replay", "messages.pcap", *(options or ("--events", "packet,binding,loss"))],
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    write("out", done.stdout)
    validate("out")
    return [json.loads(line) for line in done.stdout.splitlines()]


def messages(*names):
    return [content("sources", "dropmon", "corpus", "message", name) for name in names]


def drops(lines):
    return [line["packet"]["drop"] for line in lines if line["event_type"] == "packet"]


def test_what_a_device_traps():
    for kernel in KERNELS:
        lines = replay(messages("hardware", "hardware_cookie", "hardware_no_port", "hardware_tunnel"), kernel)
        assert drops(lines) == [
            {"origin": "hardware", "trap": "source_mac_is_multicast", "trap_group": "l2_drops", "ifindex": 7, "port": "swp1"},
            {"origin": "hardware", "trap": "ingress_flow_action_drop", "trap_group": "acl_drops", "ifindex": 7, "port": "swp1",
             "cookie": "c0ffee00ff"},
            {"origin": "hardware", "trap": "blackhole_route", "trap_group": "l3_drops"},
            {"origin": "hardware", "trap": "decap_error", "trap_group": "tunnel_drops", "ifindex": 70000, "port": "swp32s3"}], lines
        packet = [line for line in lines if line["event_type"] == "packet"]
        assert packet[0]["timestamp"] == "2023-11-14T22:13:20.123456789Z" and packet[0]["packet"]["dest_port"] == 53, packet
        assert packet[3]["vlan"] == [300], packet


def test_what_a_kernel_dropped():
    for kernel in KERNELS:
        lines = replay(list(split(content("tests", "guest", "recorded", kernel, "drops.nl"))), kernel)
        seen = drops(lines)
        assert [d["reason"] for d in seen].count("NO_SOCKET") == 5 and all("location" in d and "pc" not in d for d in seen), seen
        learned = {line["binding"]["ip"] for line in lines if line["event_type"] == "binding"}
        assert learned == {"10.9.0.1"}, learned  # by the ARP requests that tc dropped
        assert ledger(lines, "messages.pcap")["received"] == 25


def test_losses_of_the_monitors_queue():
    lines = replay(messages("stats_0", "software", "stats_5_2", "software", "stats_5_9", "stats_0", "stats_5_2"), "6.12")
    kinds = [line["event_type"] for line in lines if line["event_type"] in ("packet", "loss")]
    assert kinds == ["packet", "loss", "packet", "loss", "loss"], kinds
    lost = [line["loss"] for line in lines if line["event_type"] == "loss"]
    assert [(l["cause"], l["count"], l["exact"]) for l in lost] == [("kernel_queue", 7, True)] * 3, lost
    assert ledger(lines, "messages.pcap")["lost"] == 21


def test_any_octets_and_what_no_kernel_sends():
    names = sorted(os.listdir(os.path.join(harness.ROOT, "sources", "dropmon", "corpus", "message")))
    lines = replay(messages(*names), "6.12")
    rejected = sum(name.startswith("bad_") and "stats" not in name and "config" not in name for name in names)
    counts = ledger(lines, "messages.pcap")
    assert counts["rejected"] == rejected == 6, counts
    assert {"origin": "unknown"}.items() <= drops(replay(messages("origin_later"), "6.12"))[0].items()
    assert drops(replay(messages("software_any_octets"), "6.12"))[0]["reason"] == "a\ufffd\n\"", lines
    assert drops(replay(messages("software_no_symbol"), "6.12"))[0]["pc"] == 0xFFFFFFFF81234567


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
