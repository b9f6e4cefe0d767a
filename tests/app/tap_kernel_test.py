# SPDX-License-Identifier: GPL-2.0-or-later
"""A TAP device: who is asked for answers, mirrors are read, and what its queue did not take is counted."""
import json
import signal
import socket
import subprocess
import sys
import time

import harness
from harness import Run, bindings, ledger, sh, validate, wait_for, write
from veth import drop_pair, pair

ARP = bytes.fromhex("ffffffffffff02000000000108060001080006040001020000000001c0000201000000000000c0000202") + bytes(18)


def start(text, events="[binding, packet, loss, source]"):
    write("c.yaml", f"sources:\n  - {{name: t, type: tap, {text}}}\noutputs: [{{type: json, events: {events}}}]\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("t")
    return run


def from_the_device(name):
    """Frames that the host has received from it."""
    return json.loads(sh("ip", "-j", "-s", "link", "show", name).stdout)[0]["stats64"]["rx"]["packets"]


def reaches(command):
    return subprocess.run(command.split(), capture_output=True, timeout=20).returncode == 0


def test_ping_and_arping_reach_what_only_the_responder_holds():
    run = start('interface: tap0, mac: "02:00:00:00:00:01", addresses: [192.0.2.1/24, "2001:db8::1/64"], '
                'respond: [192.0.2.2, "2001:db8::2"]')
    assert reaches("ping -c 2 -i 0.2 -W 2 192.0.2.2")
    assert reaches("ping -c 2 -i 0.2 -W 2 2001:db8::2")
    assert reaches("arping -c 1 -w 2 -I tap0 192.0.2.2")
    assert not reaches("ping -c 1 -W 1 192.0.2.3")
    assert not reaches("ping -c 1 -W 1 2001:db8::3")
    assert not reaches("arping -c 1 -w 1 -I tap0 192.0.2.3")
    assert "02:00:00:00:00:00" in sh("ip", "neigh", "show", "192.0.2.2").stdout
    # What the host has received from the device are the answers to questions for those two, and nothing else.
    received = from_the_device("tap0")
    time.sleep(0.3)
    packets = [l["packet"] for l in run.lines() if l["event_type"] == "packet"]
    asked = {"192.0.2.2", "2001:db8::2", "ff02::1:ff00:2"}  # the last: the solicited-node address of the second
    questions = sum(p.get("dest_ip") in asked and p["proto"] in ("ARP", "ICMP", "IPv6-ICMP") for p in packets)
    print(f"  {len(packets)} frames into the device, {questions} of them for its addresses; {received} out of it")
    assert received == questions and received < len(packets), packets
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    assert not reaches("ip link show tap0"), "the device was ours"


def test_without_respond_it_is_silent():
    run = start("interface: tap1, addresses: [192.0.2.1/24]")
    assert not reaches("ping -c 1 -W 1 192.0.2.2")
    assert from_the_device("tap1") == 0
    assert run.stop() == 0


def test_what_the_queue_did_not_take_is_counted():
    sh("sysctl", "-w", "net.ipv6.conf.default.disable_ipv6=1")
    run = start("interface: tap2", "[loss, source]")
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("tap2", 0))
    sent = 0

    def send(count):
        nonlocal sent
        for _ in range(count):
            sender.send(ARP)
            sent += 1
    send(500)
    run.process.send_signal(signal.SIGSTOP)
    send(20000)
    run.process.send_signal(signal.SIGCONT)
    time.sleep(0.6)
    send(300)
    time.sleep(0.4)
    assert run.stop() == 0
    lines = run.lines()
    validate(run.path)
    l = ledger(lines, "t")
    print(f"  offered {sent}, received {l['received']}, lost {l['lost']}")
    assert l["received"] + l["lost"] == sent and l["lost"] > 0 and l["lost_exact"], (l, sent)
    sh("sysctl", "-w", "net.ipv6.conf.default.disable_ipv6=0")


def test_a_mirror_into_the_device():
    pair("mirrored")
    run = start("interface: tap3")
    sh("tc", "qdisc", "add", "dev", "v0", "clsact")
    try:
        sh("tc", "filter", "add", "dev", "v0", "ingress", "protocol", "all", "u32", "match", "u32", "0", "0",
           "action", "mirred", "egress", "mirror", "dev", "tap3")
    except subprocess.CalledProcessError as why:
        run.stop()
        drop_pair("mirrored")
        raise harness.Skip(f"no act_mirred or cls_u32 here: {why.stderr.strip()}")
    assert reaches("ping -c 1 -W 2 10.9.0.2")
    found = run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["ip"] == "10.9.0.2")
    mac = sh("ip", "netns", "exec", "mirrored", "cat", "/sys/class/net/v1/address").stdout.strip()
    assert found["binding"]["mac"] == mac, found
    assert run.stop() == 0
    drop_pair("mirrored")


def test_a_device_that_is_there_stays_and_one_that_goes_comes_back():
    sh("ip", "tuntap", "add", "tap4", "mode", "tap")
    run = start("interface: tap4, addresses: [192.0.2.1/24]")
    assert "192.0.2.1/24" in sh("ip", "addr", "show", "tap4").stdout
    sh("ip", "link", "del", "tap4")
    wait_for(lambda: sum(l["event_type"] == "source" and l["source"]["state"] == "up" for l in run.lines()) == 2, 5, "up again")
    assert run.stop() == 0
    sh("ip", "tuntap", "add", "tap5", "mode", "tap")
    run = start("interface: tap5")
    assert run.stop() == 0
    assert reaches("ip link show tap5"), "somebody else's device"
    sh("ip", "link", "del", "tap5")


def test_errors_say_what_mends():
    sh("ip", "link", "add", "dummy5", "type", "bridge")
    for name, words in (("dummy5", "another name"),):
        write("c.yaml", f"sources:\n  - {{name: t, type: tap, interface: {name}}}\n")
        run = Run("run", "-c", "c.yaml")
        wait_for(lambda: words in run.stderr(), 5, words)
        run.stop()


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
