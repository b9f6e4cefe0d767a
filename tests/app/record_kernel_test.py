# SPDX-License-Identifier: GPL-2.0-or-later
"""The flight recorder on live NFLOG: what it writes is read by tshark, and replayed to the same events."""
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time

import harness
from harness import Run, bindings, ledger, nft, sh, validate, wait_for, write

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "kit"))
import same_events  # noqa: E402

LOG = """
table netdev t {{
  chain i {{
    type filter hook ingress device "{dev}" priority 0
    counter {statements}
  }}
}}
"""
ARP = """
table arp a {
  chain i {
    type filter hook input priority 0
    counter log prefix "seen: " group 5
  }
}
"""
FLOOD = """
table ip f {{
  chain c {{
    type filter hook output priority 0
    udp dport 9 counter log group {group} queue-threshold {threshold} drop
  }}
}}
"""


def veth(ns, here="v0", net="10.7.0"):
    sh("ip", "netns", "add", ns)
    sh("ip", "link", "add", here, "type", "veth", "peer", "name", "p0", "netns", ns)
    sh("ip", "link", "set", here, "up")
    sh("ip", "addr", "add", f"{net}.1/24", "dev", here)
    sh("ip", "-n", ns, "link", "set", "p0", "up")
    sh("ip", "-n", ns, "addr", "add", f"{net}.2/24", "dev", "p0")


def clean(*names):
    for ns in names:
        sh("ip", "netns", "del", ns, check=False)
    for link in ("v0", "renamed0", "v1"):
        sh("ip", "link", "del", link, check=False)
    sh("nft", "flush", "ruleset")


def talk(ns, address="10.7.0.1"):
    """ARP and ND from inside; then with another MAC."""
    inside = ["ip", "netns", "exec", ns]
    sh(*inside, "ping", "-c", "2", "-i", "0.2", "-W", "1", address, check=False)


def move(ns, mac):
    sh("ip", "-n", ns, "link", "set", "p0", "address", mac)
    sh("ip", "-n", ns, "neigh", "flush", "all", check=False)
    talk(ns)


def flood(count, size=20):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 9))
    for _ in range(count):
        try:
            s.send(b"x" * size)
        except PermissionError:  # what a drop in the output hook looks like
            pass
    s.close()


def replay(*files):
    with open("replayed", "wb") as out:
        done = subprocess.run([harness.NETWEIR, "replay", *files], stdout=out, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    validate("replayed")
    return [json.loads(line) for line in open("replayed")]


def same(live, replayed, without=()):
    problems = same_events.differences(live, replayed, without)
    assert not problems, "\n".join(problems)


def tshark(path, *fields, filter_=None):
    command = ["tshark", "-n", "-r", path, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    if filter_:
        command += ["-Y", filter_]
    done = subprocess.run(command, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def recorded(run, path="r.pcapng", seconds=10):
    """Until the recorder has written something."""
    wait_for(lambda: os.path.exists(path) and os.path.getsize(path) > 0, seconds, path)


def test_one_process_live_and_replayed():
    """Events and recording of one process: the replay is the same to the last key, `seq` aside."""
    veth("one")
    nft(ARP)
    write("c.yaml", "sources:\n  - {name: firewall, type: nflog, group: 5, queue_timeout: 10ms, domain: lab, "
                    "interface_vlan: {v0: 300, renamed0: 300}}\n")
    run = Run("record", "-c", "c.yaml", "-w", "r.pcapng", "--events", "binding,loss,source")
    run.wait_up("firewall")
    talk("one")
    sh("ip", "link", "set", "v0", "down")
    sh("ip", "link", "set", "v0", "name", "renamed0")
    sh("ip", "link", "set", "renamed0", "up")
    sh("ip", "addr", "replace", "10.7.0.1/24", "dev", "renamed0")
    move("one", "02:00:00:00:00:77")
    run.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["action"] == "MOVED")
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    live = run.lines()
    validate(run.path)
    again = replay("r.pcapng")
    same(live, again)
    moved = [l for l in bindings(again) if l["binding"]["action"] == "MOVED"]
    assert {l["in_iface"] for l in bindings(again)} >= {"v0", "renamed0"}, "names of the time"
    assert moved and moved[0]["binding"]["domain"] == "lab" and moved[0]["vlan"] == [300], moved
    assert moved[0]["source"] == {"name": "firewall", "type": "nflog", "group": 5}, moved
    assert "datagrams recorded, 0 not; 1 file" in run.stderr(), run.stderr()
    clean("one")


def test_another_process_live():
    """A second group of the same rule, read by a process of its own."""
    veth("two")
    live = Run("run", "nflog:6", "--events", "binding,loss,source")
    live.wait_up("nflog:6")
    recorder = Run("record", "nflog:5", "-w", "r.pcapng", "--log-level", "info")
    wait_for(lambda: "up" in recorder.stderr(), 10, "the recorder")
    # The rule is there only while both are: the kernel itself talks too.
    nft(LOG.format(dev="v0", statements='log prefix "a" group 5 log prefix "a" group 6'))
    talk("two")
    move("two", "02:00:00:00:00:78")
    live.wait_line(lambda l: l["event_type"] == "binding" and l["binding"]["action"] == "MOVED")
    sh("nft", "flush", "ruleset")
    time.sleep(0.3)
    assert live.stop() == 0 and recorder.stop() == 0, recorder.stderr()
    assert open(recorder.path).read() == "", "record prints no events unless asked"
    same(live.lines(), replay("r.pcapng"), same_events.OTHER_PROCESS)
    clean("two")


def test_tshark_reads_it():
    veth("ts")
    nft(LOG.format(dev="v0", statements='log prefix "seen: " group 5'))
    run = Run("record", "nflog:5", "-w", "r.pcapng", "--events", "source")
    run.wait_up("nflog:5")
    begin = time.time()
    talk("ts")
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    interfaces = sh("capinfos", "r.pcapng").stdout
    assert "Number of interfaces in file: 2" in interfaces, interfaces
    assert "Name = nflog:5" in interfaces and "Description = nflog" in interfaces, interfaces
    assert "Encapsulation = Linux Netlink" in interfaces and "Time precision = nanoseconds (9)" in interfaces, interfaces
    assert "netweir" in interfaces, interfaces
    rows = tshark("r.pcapng", "frame.interface_name", "frame.interface_description", "netlink.family", "netlink.hdr_type",
                  "frame.time_epoch", filter_="netlink-netfilter")
    assert rows and all(r[:3] == ["nflog:5", "nflog", "0x000c"] for r in rows), rows
    assert all("0x0400" in r[3].split(",") for r in rows), rows  # NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET
    assert all(begin - 1 < float(r[4]) < begin + 10 for r in rows), rows
    assert tshark("r.pcapng", "frame.number", filter_="netlink-route"), "the interfaces"
    names = [r[0] for r in tshark("r.pcapng", "netlink-route.ifla_ifname") if r[0]]
    assert any("v0" in n for n in names), names
    malformed = tshark("r.pcapng", "frame.number", filter_="_ws.malformed")
    assert not malformed, malformed
    clean("ts")


def loss(threshold):
    nft(FLOOD.format(group=5, threshold=threshold))
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, receive_buffer: 64KiB, receive_buffer_max: 64KiB}\n")
    run = Run("record", "-c", "c.yaml", "-w", "r.pcapng", "--events", "binding,loss,source")
    run.wait_up("f")
    flood(10)
    time.sleep(0.2)
    for _ in range(2):
        run.process.send_signal(signal.SIGSTOP)
        flood(5000)
        run.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        flood(3)
        time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    live = run.lines()
    l = ledger(live, "f")
    assert l["lost"] > 0 and l["lost_exact"], l
    assert l["received"] + l["lost"] == 10 + 2 * 5003, l
    again = replay("r.pcapng")
    same(live, again)
    drops = sum(int(r[0]) for r in tshark("r.pcapng", "frame.drop_count") if r[0])
    assert drops > 0, "epb_dropcount"
    sh("nft", "flush", "ruleset")


def test_loss_of_single_packets():
    loss(1)


def test_loss_of_batches():
    loss(64)


def test_a_second_life_begins_its_numbers_again():
    nft(FLOOD.format(group=5, threshold=1))
    first = Run("run", "nflog:5")
    first.wait_up("nflog:5")
    flood(50)
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5}\n  - {name: g, type: nflog, group: 15}\n")
    run = Run("record", "-c", "c.yaml", "-w", "r.pcapng", "--events", "loss,source,binding")
    run.wait_up("g")
    assert first.stop() == 0
    run.wait_up("f", 35)
    flood(5)
    time.sleep(0.3)
    assert run.stop() == 0
    again = replay("r.pcapng")
    assert ledger(again, "f")["received"] == 5 and ledger(again, "f")["lost"] == 0, again[-1]
    assert ledger(run.lines(), "f") == ledger(again, "f")
    sh("nft", "flush", "ruleset")


def test_foreign_datagrams():
    run = Run("record", "nflog:5", "-w", "r.pcapng", "--events", "source,loss")
    run.wait_up("nflog:5")
    port = int(open("/proc/net/netfilter/nfnetlink_log").read().split()[1])
    stranger = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    stranger.bind((0, 0))
    message = (20).to_bytes(4, "little") + b"\x00\x04" + bytes(14)
    stranger.sendto(message, (port, 0))
    time.sleep(0.5)
    assert run.stop() == 0
    live = ledger(run.lines(), "nflog:5")
    assert live["foreign"] == 1 and live["received"] == 0, live
    assert ledger(replay("r.pcapng"), "nflog:5") == live
    comments = [r[0] for r in tshark("r.pcapng", "frame.comment") if r[0]]
    assert comments == [f"netweir: sender port id {stranger.getsockname()[0]}"], comments


def test_rotation():
    veth("rot")
    nft(FLOOD.format(group=5, threshold=1))
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, queue_timeout: 10ms}\n")
    write("r.pcapng", "what stood there before\n")
    run = Run("record", "-c", "c.yaml", "-w", "r.pcapng", "--rotate-size", "16KiB", "--files", "4", "--events", "source")
    run.wait_up("f")
    for _ in range(20):
        flood(50)
        time.sleep(0.02)
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    files = sorted(glob.glob("r-*.pcapng")) + ["r.pcapng"]
    assert len(files) == 4, files
    assert int(files[-2].split("-")[1].split(".")[0]) > 4, files
    total, last = 0, None
    for path in files:
        assert os.path.getsize(path) < 32 << 10, (path, os.path.getsize(path))
        assert "Number of interfaces in file: 2" in sh("capinfos", path).stdout, path
        names = [r[0] for r in tshark(path, "netlink-route.ifla_ifname") if r[0]]
        assert any("v0" in n for n in names), (path, names)
        lines = replay(path)
        l = ledger(lines, "f")
        assert l["lost"] == 0 and l["received"] > 0, l
        total += l["received"]
        times = [float(r[0]) for r in tshark(path, "frame.time_epoch", filter_="frame.interface_name == \"f\"")]
        assert times == sorted(times) and (last is None or times[0] >= last), path
        last = times[-1]
    lines = replay(*files)
    assert ledger(lines, "f")["received"] == total, "several files, one ledger"
    clean("rot")


def test_a_signal_rotates():
    nft(FLOOD.format(group=5, threshold=1))
    run = Run("record", "nflog:5", "-w", "r.pcapng", "--events", "source")
    run.wait_up("nflog:5")
    flood(5)
    recorded(run)
    time.sleep(0.2)
    run.process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    flood(7)
    wait_for(lambda: os.path.exists("r-000001.pcapng"), 5, "the file before")
    time.sleep(0.2)
    assert run.stop() == 0
    assert [ledger(replay(p), "nflog:5")["received"] for p in ("r-000001.pcapng", "r.pcapng")] == [5, 7]
    sh("nft", "flush", "ruleset")


def test_a_disk_that_is_full():
    os.mkdir("disk")
    sh("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", "disk")
    nft(FLOOD.format(group=5, threshold=1))
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, copy_range: 4KiB}\n")
    run = Run("record", "-c", "c.yaml", "-w", "disk/r.pcapng", "--rotate-size", "off", "--events", "source,loss")
    run.wait_up("f")
    offered = 0
    for _ in range(24):   # some 24 MB against a queue of 16 MiB
        flood(700, 1400)
        offered += 700
        time.sleep(0.05)
    wait_for(lambda: "No space left" in run.stderr() and "not recorded" in run.stderr(), 10, "the warnings")
    assert tshark("disk/r.pcapng", "frame.number"), "whole blocks only"
    sh("mount", "-o", "remount,size=64m", "disk")
    wait_for(lambda: "written again" in run.stderr(), 10, "the end of it")
    time.sleep(1)
    flood(10, 1400)
    offered += 10
    time.sleep(0.5)
    assert run.stop() == 0, run.stderr()
    live = ledger(run.lines(), "f")
    assert live["received"] + live["lost"] == offered, (live, offered)
    again = ledger(replay("disk/r.pcapng"), "f")
    assert again["received"] < live["received"], "nothing was dropped: this test says nothing"
    assert again["received"] + again["lost"] == offered and again["lost_exact"], (again, offered)
    text = run.stderr()
    assert f"{live['received'] - again['received']} not;" in text, (text, live, again)
    sh("umount", "disk")
    sh("nft", "flush", "ruleset")


def test_a_file_that_cannot_be_made():
    run = Run("record", "nflog:5", "-w", "absent/r.pcapng")
    assert run.process.wait(10) == 73 and "absent/r.pcapng: No such file" in run.stderr(), run.stderr()


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
