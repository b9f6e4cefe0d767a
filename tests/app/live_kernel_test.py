# SPDX-License-Identifier: GPL-2.0-or-later
"""Live NFLOG and live pcap, in network namespaces of the test's own."""
import json
import os
import signal
import subprocess
import sys
import time

import harness
from harness import Run, bindings, ledger, nft, read_to_end, sh, validate, wait_for, write
from veth import drop_pair, link, log_ingress, pair, ping


def test_two_sources_see_one_host_once():
    pair("one")
    log_ingress("v0", extra='prefix "seen: "')
    write("c.yaml", """
sources:
  - {name: firewall, type: nflog, group: 5, queue_timeout: 10ms}
  - {name: wire, type: pcap, interface: v0}
""")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("firewall")
    run.wait_up("wire")
    assert ping("10.9.0.2").returncode == 0
    mac = sh("ip", "netns", "exec", "one", "cat", "/sys/class/net/v1/address").stdout.strip()
    run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["ip"] == "10.9.0.2")
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    new = [l for l in bindings(lines) if l["binding"]["ip"] == "10.9.0.2"]
    assert [l["binding"]["action"] for l in new] == ["NEW"], new
    assert new[0]["binding"]["mac"] == mac and new[0]["in_iface"] == "v0", new
    validate(run.path)
    drop_pair("one")


def test_a_changed_mac_is_moved_and_the_prefix_is_there():
    pair("mv")
    log_ingress("v0", extra='prefix "a \\u00e9 b"')
    run = Run("run", "nflog:5", "--events", "binding,source")
    run.wait_up("nflog:5")
    ping("10.9.0.2")
    run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["action"] == "NEW"
                  and l["binding"]["ip"] == "10.9.0.2")
    sh("ip", "-n", "mv", "link", "set", "v1", "address", "02:00:00:00:77:77")
    sh("ip", "neigh", "flush", "all")
    ping("10.9.0.1", ns="mv")
    ping("10.9.0.2")
    moved = run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["action"] == "MOVED")
    assert moved["binding"]["mac"] == "02:00:00:00:77:77", moved
    assert "prefix" in moved["binding"], moved
    assert run.stop() == 0
    validate(run.path)
    drop_pair("mv")


def test_an_interface_that_goes_and_comes_back():
    pair("back")
    run = Run("run", "pcap:v0")
    run.wait_up("pcap:v0")
    ping("10.9.0.2")
    run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["ip"] == "10.9.0.2")
    for turn in range(3):
        sh("ip", "link", "del", "v0")
        run.wait_line(lambda l: l["event_type"] == "source" and l["source"].get("state") == "retrying"
                      and l["seq"] > turn)
        time.sleep(1.2)
        link("back", "v0", "v1", f"10.9.{turn + 1}")
        begin = time.monotonic()
        count = turn + 2
        wait_for(lambda: sum(1 for l in run.lines() if l["event_type"] == "source"
                             and l["source"].get("state") == "up") == count, 2, "up again")
        ping(f"10.9.{turn + 1}.2")
        run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["ip"] == f"10.9.{turn + 1}.2", 2)
        assert time.monotonic() - begin < 2.5
    assert run.stop() == 0
    validate(run.path)
    drop_pair("back")


def test_a_group_that_someone_holds():
    first = Run("run", "nflog:7")
    first.wait_up("nflog:7")
    second = Run("run", "nflog:7")
    code = second.process.wait(5)
    text = second.stderr()
    assert code == 71 and "port" in text and "7" in text, (code, text)
    write("c.yaml", "sources:\n  - {name: firewall, type: nflog, group: 7}\n  - {name: lo, type: pcap, interface: lo}\n")
    third = Run("run", "-c", "c.yaml")
    third.wait_line(lambda l: l["event_type"] == "source" and l["source"].get("state") == "retrying")
    third.wait_up("lo")
    assert first.stop() == 0
    third.wait_up("firewall", 35)
    assert third.stop() == 0
    validate(third.path)


def test_a_group_that_someone_holds_is_waited_for_also_alone():
    first = Run("run", "nflog:7")
    first.wait_up("nflog:7")
    write("c.yaml", "sources:\n  - {name: firewall, type: nflog, group: 7}\n")
    second = Run("run", "-c", "c.yaml")
    second.wait_line(lambda l: l["event_type"] == "source" and l["source"].get("state") == "retrying")
    time.sleep(0.5)
    assert second.process.poll() is None, second.stderr()
    assert first.stop() == 0
    second.wait_up("firewall", 35)
    assert second.stop() == 0
    validate(second.path)


def test_sigint_that_was_ignored_still_stops():
    run = Run("run", "pcap:lo", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    run.wait_up("pcap:lo")
    assert run.stop() == 0
    assert run.lines()[-1]["goodbye"]["reason"] == "SIGINT"
    term = Run("run", "pcap:lo")
    term.wait_up("pcap:lo")
    assert term.stop(signal.SIGTERM) == 0
    assert term.lines()[-1]["goodbye"]["reason"] == "SIGTERM"


def test_no_permission_is_77():
    def drop():
        os.setgid(65534)
        os.setuid(65534)
    os.chmod(".", 0o777)
    run = Run("run", "nflog:9", preexec_fn=drop)
    assert run.process.wait(5) == 77, run.stderr()
    assert "CAP_NET_ADMIN" in run.stderr(), run.stderr()


def test_netns_option():
    sh("ip", "netns", "add", "deep")
    sh("ip", "-n", "deep", "link", "set", "lo", "up")
    pair_in = ["ip", "-n", "deep", "link", "add", "d0", "type", "veth", "peer", "name", "d1"]
    sh(*pair_in)
    sh("ip", "-n", "deep", "link", "set", "d0", "up")
    write("c.yaml", "sources:\n  - {name: there, type: pcap, interface: d0, netns: deep}\n"
                    "  - {name: log, type: nflog, group: 3, netns: deep}\n"
                    "  - {name: nowhere, type: pcap, interface: x0, netns: absent}\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("there")
    run.wait_up("log")
    run.wait_line(lambda l: l["event_type"] == "source" and l["source"]["name"] == "nowhere"
                  and "absent" in l["source"].get("reason", ""))
    held = sh("ip", "netns", "exec", "deep", "cat", "/proc/net/netfilter/nfnetlink_log").stdout.split()
    assert held and held[0] == "3", held
    assert run.stop() == 0
    sh("ip", "netns", "del", "deep")


def test_reload_and_rotation():
    base = "sources:\n  - {name: lo, type: pcap, interface: lo}\n"
    out = f"outputs:\n  - {{type: json, path: {os.getcwd()}/events.json}}\n"
    write("c.yaml", base + out)
    run = Run("run", "-c", "c.yaml")
    wait_for(lambda: os.path.exists("events.json") and any(
        l["event_type"] == "source" for l in run.lines("events.json")), 5, "the source")
    os.rename("events.json", "events.1")
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: os.path.exists("events.json") and run.lines("events.json"), 5, "the new file")
    first = run.lines("events.json")[0]
    last_of_old = run.lines("events.1")[-1]
    assert first["event_type"] == "hello" and first["seq"] == last_of_old["seq"] + 1, (first, last_of_old)
    write("c.yaml", base + "nonsense: [\n")
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "nothing is changed" in run.stderr(), 5, "the error")
    assert "c.yaml:" in run.stderr()
    write("c.yaml", base + "  - {name: second, type: nflog, group: 12}\n" + out)
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: any(l["event_type"] == "source" and l["source"]["name"] == "second"
                         and l["source"]["state"] == "up" for l in run.lines("events.json")), 5, "the new source")
    write("c.yaml", base + out)
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: any(l["event_type"] == "source" and l["source"]["name"] == "second"
                         and l["source"]["state"] == "down" for l in run.lines("events.json")), 5, "its end")
    assert run.stop() == 0
    lines = run.lines("events.json")
    names = [l["name"] for l in lines[-1]["goodbye"]["sources"]]
    assert names == ["lo", "second"], names
    seqs = [l["seq"] for l in run.lines("events.1") + lines]
    assert seqs == list(range(1, len(seqs) + 1)), seqs


def test_a_reader_that_stops():
    """A reader stopped for a while: no half line; what did not fit is counted, and announced in the stream."""
    read, written = os.pipe()
    write("c.yaml", "sources:\n  - {name: lo, type: pcap, interface: lo, snaplen: 128}\n"
                    "bindings: {refresh_after: 0s, limit: off, arp_flood: 0}\n")
    run = Run("run", "-c", "c.yaml", stdout=written)
    os.close(written)
    time.sleep(0.7)
    # Some 30 MB of events against an outbox of 4 MiB: every ARP packet is a REFRESHED.
    frame = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000"
                          "1c0000201000000000000c0000202") + bytes(18)
    sender = __import__("socket").socket(17, 3)
    sender.bind(("lo", 0))
    for i in range(60000):
        sender.send(frame)
        if i % 2000 == 0:
            time.sleep(0.01)
    time.sleep(10)
    run.process.send_signal(signal.SIGINT)
    text = read_to_end(read)
    code = run.process.wait(10)
    assert code == 0, run.stderr()
    assert text.endswith(b"\n")
    lines = [json.loads(l) for l in text.splitlines()]
    assert [l["seq"] for l in lines] == list(range(1, len(lines) + 1))
    dropped = sum(l["loss"]["count"] for l in lines if l["event_type"] == "loss" and l["loss"]["unit"] == "events")
    assert dropped > 0
    last = lines[-1]
    assert last["event_type"] == "goodbye"
    announced = sum(1 for l in lines if l["event_type"] == "loss")
    packets = last["goodbye"]["sources"][0]["decoded"]["done"]
    # An event a packet, and hello, up, down and goodbye: each is a line or counted as dropped.
    assert len(lines) - announced + dropped == packets + 4, (len(lines), announced, dropped, packets)


def test_a_small_disk():
    os.mkdir("disk")
    sh("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "disk")
    write("c.yaml", "sources:\n  - {name: lo, type: pcap, interface: lo, snaplen: 128}\n"
                    "bindings: {refresh_after: 0s}\n"
                    f"outputs:\n  - {{type: json, path: {os.getcwd()}/disk/events.json}}\n")
    run = Run("run", "-c", "c.yaml")
    wait_for(lambda: os.path.exists("disk/events.json") and os.path.getsize("disk/events.json"), 5, "the file")
    time.sleep(0.3)
    frame = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000"
                          "1c0000201000000000000c0000202") + bytes(18)
    sender = __import__("socket").socket(17, 3)
    sender.bind(("lo", 0))
    for _ in range(1000):
        sender.send(frame)
    wait_for(lambda: "No space left" in run.stderr(), 5, "the warning")
    with open("disk/events.json", "rb") as f:
        assert f.read().endswith(b"\n"), "half a line"
    sh("mount", "-o", "remount,size=16m", "disk")
    wait_for(lambda: len(run.lines("disk/events.json")) > 1000, 5, "the rest, after room was made")
    assert run.stop() == 0
    lines = run.lines("disk/events.json")
    validate("disk/events.json")
    assert len(bindings(lines)) == lines[-1]["goodbye"]["sources"][0]["decoded"]["done"], lines[-1]
    sh("umount", "disk")


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
