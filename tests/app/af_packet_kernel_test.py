# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet sockets: VLANs are learned with their VIDs, and what a small ring did not take is counted."""
import json
import signal
import socket
import sys
import time

import harness
from harness import Run, ledger, sh, validate, wait_for, write



def arp(host, tags=b""):
    mac = bytes([2, 0, 0, 0, 0, host])
    return (b"\xff" * 6 + mac + tags + bytes.fromhex("08060001080006040001") + mac + bytes([192, 0, 2, host]) + bytes(6)
            + bytes([192, 0, 2, 254]) + bytes(18))


def tag(vid, tpid=0x8100):
    return tpid.to_bytes(2, "big") + vid.to_bytes(2, "big")


def veth():
    sh("ip", "link", "del", "v0", check=False)
    sh("sysctl", "-w", "net.ipv6.conf.default.disable_ipv6=1")
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for link in ("v0", "v1"):
        sh("ip", "link", "set", link, "up")
    wait_for(lambda: sh("ip", "-o", "link", "show", "type", "veth").stdout.count("state UP") == 2, 30, "the carrier")


def sender(interface="v0"):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    return s


def start(text, events="[binding, loss, source]"):
    write("c.yaml", f"sources:\n  - {{name: p, type: af_packet, interface: v1, {text}}}\noutputs: [{{type: json, events: {events}}}]\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("p")
    return run


def learns_vids(receive):
    veth()
    run = start(f"receive: {receive}")
    s = sender()
    cases = {1: (b"", []), 2: (tag(0), []), 3: (tag(1), [1]), 4: (tag(300), [300]), 5: (tag(4095), [4095]),
             6: (tag(100, 0x88A8) + tag(200), [100, 200])}
    for host, (tags, _) in cases.items():
        s.send(arp(host, tags))

    def found():
        return [l for l in run.lines() if l["event_type"] == "binding"]
    wait_for(lambda: len(found()) == len(cases), 30, "all bindings")
    for line in found():
        host = int(line["binding"]["ip"].split(".")[3])
        # VID 0 is a priority tag, of no VLAN.
        assert line.get("vlan", []) == cases[host][1], (cases[host], line)
        assert line["in_iface"] == "v1", line
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    l = ledger(run.lines(), "p")
    assert l["received"] == len(cases) and l["lost"] == 0, l
    sh("ip", "link", "del", "v0")


def test_a_ring_learns_bindings_with_their_vid():
    learns_vids("ring")


def test_messages_learn_bindings_with_their_vid():
    learns_vids("recvmmsg")


def test_received_and_lost_are_what_was_sent():
    veth()
    for receive in ("ring", "recvmmsg"):
        run = start(f"receive: {receive}, receive_buffer: 64KiB", "[loss, source]")
        s = sender()
        for _ in range(500):
            s.send(arp(1))
        run.process.send_signal(signal.SIGSTOP)
        for _ in range(20000):
            s.send(arp(1))
        run.process.send_signal(signal.SIGCONT)
        time.sleep(0.6)
        for _ in range(300):
            s.send(arp(1))
        assert run.stop() == 0, run.stderr()
        validate(run.path)
        l = ledger(run.lines(), "p")
        print(f"  {receive}: offered 20800, received {l['received']}, lost {l['lost']}")
        assert l["received"] + l["lost"] == 20800 and l["lost"] > 0 and l["lost_exact"], l
    sh("ip", "link", "del", "v0")


def test_the_interface_goes_and_comes_back():
    veth()
    run = start("sample_rate: 1")
    sh("ip", "link", "del", "v0")
    run.wait_line(lambda l: l["event_type"] == "source" and l["source"]["state"] in ("down", "retrying"))
    veth()
    wait_for(lambda: sum(l["event_type"] == "source" and l["source"]["state"] == "up" for l in run.lines()) == 2, 30, "up again")
    s = sender()
    s.send(arp(9))
    run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["ip"] == "192.0.2.9")
    assert run.stop() == 0
    sh("ip", "link", "del", "v0")


def test_sources_tell_whose_times_an_interface_gives():
    veth()
    kinds = {kind["name"]: kind for kind in json.loads(sh(harness.NETWEIR, "sources", "--json").stdout)}
    told = {item["interface"]: item for item in kinds["af_packet"]["interfaces"]}
    for link in ("v0", "v1"):  # drivers/net/veth.c: ethtool_op_get_ts_info, the kernel's alone
        assert told[link] == {"interface": link, "software_rx": True, "software_tx": True, "hardware_rx": False, "hardware_tx": False}, told
    assert "lo" not in told
    run = start("timestamps: hardware")
    wait_for(lambda: "timestamps of v1" in run.stderr() and "ethtool -T v1" in run.stderr(), 30, "that it has none")
    assert run.stop() == 0
    sh("ip", "link", "del", "v0")


def test_errors_say_what_is_wrong():
    for text, words in (("timestamps: both", "recvmmsg"), ("fanout: lb", "no effect"), ("filter: 'host nosuch'", "nosuch"),
                        ("receive: mmap", "ring"), ("sample_rate: 0", "sample_rate")):
        write("c.yaml", f"sources:\n  - {{name: p, type: af_packet, interface: v1, {text}}}\n")
        done = sh(harness.NETWEIR, "check", "-c", "c.yaml", check=False)
        assert done.returncode != 0 and words in done.stderr, (text, done.stderr)


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
