# SPDX-License-Identifier: GPL-2.0-or-later
"""A BPF program at the tc hooks: tags, exact loss, sampling, what it attaches and what it leaves alone."""
import fcntl
import math
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import bpf
import harness
from harness import Run, Skip, bindings, ledger, sh, validate, wait_for, write

MAC = bytes.fromhex("020000000001")


def setup():
    harness.private_netns()
    for scope in ("all", "default"):
        sh("sysctl", "-w", f"net.ipv6.conf.{scope}.disable_ipv6=1", check=False)
    usable = sh(harness.NETWEIR, "sources").stdout.split("tc_bpf", 1)[1].split("\n")
    if "not" in usable[0].split("by a BPF")[0]:
        raise Skip(f"tc_bpf: {usable[0].strip()} {usable[1].strip()}")
    if not shutil.which("bpftool"):
        raise Skip("no bpftool")


def veth(here, there):
    drop(here)
    sh("ip", "link", "add", here, "type", "veth", "peer", "name", there)
    for name in (here, there):
        sh("ip", "link", "set", name, "up")
    wait_for(lambda: all("state UP" in sh("ip", "link", "show", name).stdout for name in (here, there)), 30, "the carrier")


def drop(*names):
    for name in names:
        sh("ip", "link", "del", name, check=False)


def arp(host, tags=()):
    """An ARP reply of 192.0.2.HOST, behind its tags (TPID, TCI)."""
    head = bytes.fromhex("ffffffffffff") + MAC
    head += b"".join(struct.pack("!HH", *tag) for tag in tags)
    body = bytes.fromhex("0001080006040002") + MAC + bytes([192, 0, 2, host]) + MAC + bytes([192, 0, 2, host])
    return head + b"\x08\x06" + body + bytes(18)


class Sender:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((name, 0))
        self.sent = 0

    def send(self, frame, count=1):
        for _ in range(count):
            self.socket.send(frame)
        self.sent += count


def start(text, events="[binding, packet, loss, source]", name="t"):
    write("c.yaml", f"sources:\n  - {{name: {name}, type: tc_bpf, {text}}}\n"
                    f"outputs: [{{type: json, events: {events}}}]\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up(name)
    return run


def packets(run):
    return [l for l in run.lines() if l["event_type"] == "packet"]


def received(run):
    """The rest of the kernel's way to us is short."""
    time.sleep(0.3)
    return packets(run)


TAGS = [(), ((0x8100, 0),), ((0x8100, 1),), ((0x8100, 300),), ((0x8100, 4095),), ((0x8100, 0xe000 | 300),),
        ((0x88a8, 100), (0x8100, 200)), ((0x8100, 7), (0x8100, 8))]
VIDS = [None, None, [1], [300], [4095], [300], [100, 200], [7, 8]]


def check_tags(run, sender):
    for host, tags in enumerate(TAGS, 1):
        sender.send(arp(host, tags))
    wait_for(lambda: len(bindings(run.lines())) >= len(TAGS), 30, "all bindings")
    got = {l["binding"]["ip"]: l for l in bindings(run.lines())}
    for host, vids in enumerate(VIDS, 1):
        line = got[f"192.0.2.{host}"]
        assert line.get("vlan") == vids, (host, vids, line)
        assert line["binding"]["mac"] == "02:00:00:00:00:01"
    seen = [line for line in packets(run) if line["packet"]["src_mac"] == "02:00:00:00:00:01"]  # a bridge talks by itself
    for line, tags in zip(seen, TAGS):
        # 60 octets and its tags, without the one that the kernel keeps beside the packet.
        assert 60 + 4 * max(0, len(tags) - 1) <= line["packet"]["length"] <= 60 + 4 * len(tags), line
        assert line["packet"]["captured"] == line["packet"]["length"] and "stop" not in line["packet"], line
        assert line["packet"]["ether_type"] == 0x0806, line


def test_tags_at_ingress():
    for attach in ("tcx", "clsact"):
        veth("v0", "v1")
        run = start(f"interfaces: [v0], attach: {attach}")
        check_tags(run, Sender("v1"))
        assert all(l["in_iface"] == "v0" and l["packet"]["direction"] == "ingress" for l in packets(run))
        assert run.stop() == 0, run.stderr()
        validate(run.path)
        l = ledger(run.lines(), "t")
        assert l["received"] == len(TAGS) and l["lost"] == 0, l
        drop("v0")


def test_tags_at_egress_in_the_packet_and_beside_it():
    veth("v0", "v1")
    for attach in ("tcx", "clsact"):  # in the packet: as a socket sends it
        run = start(f"interfaces: [v1], direction: egress, attach: {attach}")
        check_tags(run, Sender("v1"))
        assert all(l["out_iface"] == "v1" and l["packet"]["direction"] == "egress" for l in packets(run))
        assert run.stop() == 0, run.stderr()
    veth("w0", "w1")  # beside it: as a bridge passes it on
    sh("ip", "link", "add", "br0", "type", "bridge")
    for command in ("v0 master br0", "w0 master br0", "br0 up"):
        sh("ip", "link", "set", *command.split())
    run = start("interfaces: [w0], direction: egress")
    time.sleep(0.2)
    check_tags(run, Sender("v1"))
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    drop("br0", "v0", "w0")


def test_received_and_lost_is_what_was_sent():
    for attach, size in (("tcx", "64KiB"), ("clsact", "64KiB"), ("tcx", "1MiB")):
        veth("v0", "v1")
        run = start(f"interfaces: [v0], receive_buffer: {size}, attach: {attach}", "[loss, source]")
        sender = Sender("v1")
        sender.send(arp(1), 500)
        run.process.send_signal(signal.SIGSTOP)
        sender.send(arp(1), 20000)
        run.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        sender.send(arp(1), 300)
        time.sleep(0.3)
        sender.send(arp(1), 40)  # the last of them is found by stop()
        assert run.stop() == 0, run.stderr()
        validate(run.path)
        l = ledger(run.lines(), "t")
        print(f"  {attach}, {size}: sent {sender.sent}, received {l['received']}, lost {l['lost']}")
        assert l["received"] + l["lost"] == sender.sent and l["lost"] > 0 and l["lost_exact"], (l, sender.sent)
        assert all(x["loss"]["cause"] == "receive_buffer" for x in run.lines() if x["event_type"] == "loss")
        drop("v0")


def test_the_mark_of_a_packet():
    veth("v0", "v1")
    run = start("interfaces: [v1], direction: both")
    sender = Sender("v1")
    sender.socket.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 77)
    sender.send(arp(1))
    wait_for(lambda: packets(run), 30, "a packet")
    assert packets(run)[0]["packet"]["tc_bpf"]["mark"] == 77, packets(run)
    assert run.stop() == 0
    validate(run.path)
    drop("v0")


def test_a_long_packet_is_cut():
    veth("v0", "v1")
    run = start("interfaces: [v0], snaplen: 100")
    Sender("v1").send(arp(1) + bytes(1000))
    (line,) = wait_for(lambda: packets(run), 30, "a packet")
    assert (line["packet"]["length"], line["packet"]["captured"]) == (1060, 100), line
    assert run.stop() == 0
    drop("v0")


def test_one_in_ten():
    veth("v0", "v1")
    run = start("interfaces: [v0], sample_rate: 10, receive_buffer: 8MiB", "[packet, loss, source]")
    sender = Sender("v1")
    sender.send(arp(1), 50000)
    time.sleep(0.5)
    assert run.stop() == 0
    seen = packets(run)
    l = ledger(run.lines(), "t")
    deviation = math.sqrt(50000 * 0.1 * 0.9)
    print(f"  {len(seen)} of {sender.sent}; standard deviation {deviation:.0f}")
    assert abs(len(seen) + l["lost"] - 5000) < 5 * deviation, len(seen)
    assert all(s["packet"]["sample_rate"] == 10 for s in seen)
    drop("v0")


def test_interfaces_by_pattern_with_rates_of_their_own():
    veth("va", "xa")
    veth("vb", "xb")
    veth("other", "xc")
    run = start('interfaces: ["v*"], sample_rate: 2, interface_sample_rate: {"va": 1, "v?": 50}', "[packet, source]")
    for name in ("xa", "xb", "xc"):
        Sender(name).send(arp(1), 5000)
    time.sleep(0.5)
    assert run.stop() == 0
    by = {}
    for l in packets(run):
        by.setdefault((l["in_iface"], l["packet"].get("sample_rate", 1)), []).append(l)
    print("  " + ", ".join(f"{name} 1/{rate}: {len(got)}" for (name, rate), got in sorted(by.items())))
    assert set(by) == {("va", 1), ("vb", 50)}, by.keys()
    assert len(by["va", 1]) == 5000 and abs(len(by["vb", 50]) - 100) < 50
    drop("va", "vb", "other")


def test_interfaces_that_come_and_go():
    run = start('interfaces: ["late*"]')
    for i in range(3):
        veth(f"late{i}", f"x{i}")
        wait_for(lambda: bpf.programs(f"late{i}") == ["netweir_ingress"], 30, "the program")
        Sender(f"x{i}").send(arp(10 + i), 5)
        drop(f"late{i}")
    for _ in range(2):  # the same index and name at once
        sh("ip", "link", "del", "late9", check=False)
        sh("ip", "link", "add", "late9", "index", "7777", "type", "veth", "peer", "name", "x9")
    wait_for(lambda: bpf.programs("late9") == ["netweir_ingress"], 30, "the program")
    drop("late9")
    veth("later", "x")
    wait_for(lambda: bpf.programs("later"), 30, "the program")
    sh("ip", "link", "set", "later", "name", "elsewhere")
    wait_for(lambda: not bpf.programs("elsewhere"), 30, "a renamed interface is left")
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    assert ledger(run.lines(), "t")["received"] == 15, ledger(run.lines(), "t")
    assert len([l for l in run.lines() if l["event_type"] == "source" and l["source"]["state"] == "up"]) == 1
    drop("elsewhere")


def test_the_end_of_the_only_interface_is_the_lifes():
    veth("v0", "v1")
    run = start("interfaces: [v0]")
    drop("v0")
    gone = run.wait_line(lambda l: l["event_type"] == "source" and l["source"].get("state") == "retrying")
    assert "no interface v0" in gone["source"]["reason"] and "ip link" in gone["source"]["reason"], gone
    veth("v0", "v1")
    wait_for(lambda: bpf.programs("v0") == ["netweir_ingress"], 30, "a new life")
    assert run.stop() == 0
    drop("v0")


def test_killed_and_started_again_with_tcx_beside_somebody_elses():
    veth("v0", "v1")
    theirs = bpf.foreign_link("v0")
    before = len(bpf.links())
    assert bpf.programs("v0") == ["foreign"]
    for _ in range(2):
        run = start("interfaces: [v0], attach: tcx, direction: both")
        assert bpf.programs("v0") == ["netweir_ingress", "foreign"], bpf.programs("v0")
        assert bpf.programs("v0", "egress") == ["netweir_egress"]
        run.process.kill()
        run.process.wait()
        wait_for(lambda: bpf.programs("v0") == ["foreign"], 30, "gone with its process")
    run = start("interfaces: [v0], attach: tcx, direction: both")
    assert bpf.programs("v0") == ["netweir_ingress", "foreign"]
    Sender("v1").send(arp(1), 10)
    assert len(received(run)) == 10
    assert run.stop() == 0
    assert bpf.programs("v0") == ["foreign"] and bpf.programs("v0", "egress") == []
    assert len(bpf.links()) == before
    os.close(theirs)
    drop("v0")


def test_killed_and_started_again_with_clsact_beside_somebody_elses():
    for own_qdisc in (False, True):
        veth("v0", "v1")
        theirs = []
        if own_qdisc:
            sh("tc", "qdisc", "add", "dev", "v0", "clsact")
            sh("tc", "filter", "add", "dev", "v0", "ingress", "bpf", "bytecode", "1,6 0 0 0")
            theirs = bpf.filters("v0")
            assert len(theirs) == 1
            text = sh("tc", "filter", "show", "dev", "v0", "ingress").stdout

        def ours(direction):
            return [n for n in bpf.filters("v0", direction) if n.startswith("netweir:")]
        for _ in range(3):
            run = start("interfaces: [v0], attach: clsact, direction: both")
            assert len(ours("ingress")) == 1 and len(ours("egress")) == 1, bpf.filters("v0")
            assert len(bpf.filters("v0")) == 1 + len(theirs)
            Sender("v1").send(arp(1), 10)
            assert len(received(run)) == 10
            run.process.kill()
            run.process.wait()
            assert len(ours("ingress")) == 1, "it outlives its process"
        # Another netweir that lives keeps its own.
        alive = start("interfaces: [v0], attach: clsact", name="alive")
        assert len(ours("ingress")) == 1 and len(ours("egress")) == 0
        run = start("interfaces: [v0], attach: clsact")
        assert len(ours("ingress")) == 2
        assert run.stop() == 0
        assert len(ours("ingress")) == 1
        alive.process.kill()
        alive.process.wait()
        # What it left goes too where the next is attached by tcx.
        run = start("interfaces: [v0], attach: tcx")
        assert ours("ingress") == [] and bpf.programs("v0") == ["netweir_ingress"]
        assert run.stop() == 0
        assert bpf.filters("v0") == theirs and bpf.programs("v0") == []
        assert bpf.qdiscs("v0") == (["clsact"] if own_qdisc else []), bpf.qdiscs("v0")
        if own_qdisc:
            assert sh("tc", "filter", "show", "dev", "v0", "ingress").stdout == text
        left = [p for p in bpf.json.loads(sh("bpftool", "-j", "prog", "show").stdout) if p.get("name", "").startswith("netweir_")]
        assert left == [], left
        drop("v0")


def test_another_network_namespace():
    sh("ip", "netns", "add", "inner")
    sh("ip", "link", "add", "v0", "netns", "inner", "type", "veth", "peer", "name", "v1")
    sh("ip", "-n", "inner", "link", "set", "v0", "up")
    sh("ip", "link", "set", "v1", "up")
    for attach in ("tcx", "clsact"):
        run = start(f"interfaces: [v0], netns: inner, attach: {attach}")
        Sender("v1").send(arp(1), 10)
        seen = received(run)
        assert len(seen) == 10 and all(l["in_iface"] == "v0" for l in seen), seen
        assert run.stop() == 0, run.stderr()
    sh("ip", "netns", "del", "inner")


def test_a_device_without_link_header():
    sh("ip", "tuntap", "add", "tun7", "mode", "tun")
    sh("ip", "addr", "add", "198.51.100.1/24", "dev", "tun7")
    sh("ip", "link", "set", "tun7", "up")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, 0x400454ca, struct.pack("16sH22x", b"tun7", 0x1001))
    run = start("interfaces: [tun7], direction: both")
    sh("ping", "-c", "1", "-W", "1", "198.51.100.2", check=False)
    line = wait_for(lambda: packets(run), 30, "a packet")[0]
    assert line["packet"]["proto"] == "ICMP" and line["packet"]["dest_ip"] == "198.51.100.2", line
    assert line["packet"]["length"] == 84 and "src_mac" not in line["packet"], line
    assert run.stop() == 0
    os.close(device)
    drop("tun7")


def test_a_link_type_that_cannot_be_decoded():
    sh("ip", "tuntap", "add", "tun8", "mode", "tun")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, 0x400454ca, struct.pack("16sH22x", b"tun8", 0x1001))  # TUNSETIFF
    fcntl.ioctl(device, 0x400454cd, 778)  # TUNSETLINK: ARPHRD_IPGRE
    run = start('interfaces: ["tun*"]')  # a pattern goes on without it
    wait_for(lambda: "link type of 778" in run.stderr(), 30, "a note")
    assert run.stop() == 0
    write("c.yaml", "sources:\n  - {name: t, type: tc_bpf, interfaces: [tun8]}\n")
    run = Run("run", "-c", "c.yaml")
    wait_for(lambda: "retrying: interface tun8 has a link type of 778" in run.stderr(), 30, "an error")
    assert run.stop() == 0
    os.close(device)
    drop("tun8")


def test_errors_say_what_mends():
    veth("v0", "v1")
    without = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", harness.NETWEIR, "run", "tc_bpf:v0"],
                             capture_output=True, text=True, timeout=20)
    assert without.returncode == 77 and "CAP_BPF and CAP_NET_ADMIN" in without.stderr, without
    said = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", harness.NETWEIR, "sources"],
                          capture_output=True, text=True, timeout=20).stdout
    assert "CAP_BPF" in said.split("tc_bpf", 1)[1], said
    none = subprocess.run([harness.NETWEIR, "run", "tc_bpf:nowhere"], capture_output=True, text=True, timeout=20)
    assert none.returncode != 0 and "no interface nowhere" in none.stderr, none
    drop("v0")


if __name__ == "__main__":
    harness.main(sys.modules[__name__], setup)
