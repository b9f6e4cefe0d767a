# SPDX-License-Identifier: GPL-2.0-or-later
"""43 to 47: clocks, interfaces, configurations; all of it for long; privileges."""
import collections
import mmap
import os
import signal
import socket
import struct
import subprocess
import time

import flood_kernel_test as nflog
from faults.captures import ARP
from faults.outputs import Sender, up
from harness import ledger, nft, sh, wait_for, write
from trust import HERE, not_yet, number, stop_and_continue, tool

DAY = 86400 * 1_000_000_000


@number(43, "the clock is set a day back and forth, the machine sleeps, the process is stopped", ci=True)
def clocks(trial):
    with open("clock", "wb") as f:
        f.write(bytes(16))
    with open("clock", "r+b") as f:
        shared = mmap.mmap(f.fileno(), 16)
    write("c.yaml", "sources:\n  - {name: lo, type: pcap, interface: lo, snaplen: 128, filter: arp}\n"
                    "bindings: {expire_after: 36h}\n"
                    f"outputs:\n  - {{type: json, path: {os.getcwd()}/e.json}}\n")
    run = trial.run("run", "-c", "c.yaml", env={"LD_PRELOAD": tool(trial, "trust_shim.so"), "TRUST_CLOCK": f"{os.getcwd()}/clock"})
    up("e.json")
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("lo", 0))
    sent = 0

    def hosts():
        nonlocal sent
        for n in range(100):
            frame = bytearray(ARP)
            frame[11] = frame[27] = frame[31] = n + 1
            sender.send(bytes(frame))
            sent += 1
    hosts()
    for wall, boot in ((DAY, 0), (-DAY, 0), (0, 0)):  # somebody sets the clock
        shared[:] = struct.pack("=qq", wall, boot)
        # A step is one where two looks at the clocks agree, and it looks when packets come.
        for _ in range(4):
            time.sleep(0.3)
            hosts()
    time.sleep(0.3)
    before = run.sampler.now()
    stop_and_continue(run.process.pid, trial.size(2, 60))
    hosts()
    shared[:] = struct.pack("=qq", DAY, DAY)  # it slept for a day; bindings live 36 hours
    time.sleep(0.6)
    hosts()
    time.sleep(0.5)
    actions = [line["binding"]["action"] for line in run.lines("e.json") if line["event_type"] == "binding"]
    trial.check("EXPIRED" not in actions, f"{actions.count('EXPIRED')} bindings expired too early")
    shared[:] = struct.pack("=qq", 4 * DAY, 4 * DAY)  # three days more: now they are old
    wait_for(lambda: sum('"EXPIRED"' in line for line in open("e.json")) == 100, 10, "the end of all bindings")
    after = run.sampler.now()
    trial.check(after[4] - before[4] < 2, f"{after[4] - before[4]:.1f} s of CPU: it spins")
    hosts()
    time.sleep(0.5)
    trial.stop(run)
    lines = trial.verified("e.json", offered={"lo": sent})
    actions = [line["binding"]["action"] for line in lines if line["event_type"] == "binding"]
    trial.residue("bindings that were not NEW twice and EXPIRED once", actions.count("NEW") - 200 + actions.count("EXPIRED") - 100)
    jumps = [line["alert"] for line in lines if line["event_type"] == "alert"]
    trial.check(len(jumps) == 1 and jumps[0]["kind"] == "time_jump", f"alerts {jumps}: not one time_jump")
    trial.note("real time +1 d, -1 d, stopped, asleep for 1 d: none of 100 bindings expired, one time_jump; asleep for 3 d more: all did, once")


@number(44, "an interface renamed; deleted and made again, with another index and with the same; moved away; 100 times down and up", ci=True)
def interfaces(trial):
    def make(index=None):
        named = ["index", str(index)] if index else []
        sh("ip", "link", "add", "v0", *named, "type", "veth", "peer", "name", "v1")
        for link in ("v0", "v1"):
            sh("sysctl", "-w", f"net.ipv6.conf.{link}.disable_ipv6=1")
            sh("ip", "link", "set", link, "up")

    def send(count=1):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind(("v1", 0))
        for _ in range(count):
            s.send(ARP)
        s.close()
    make(100)
    sh("nft", "flush", "ruleset")
    nft("table arp t {\n chain c {\n type filter hook input priority 0\n counter log group 5\n }\n}\n")
    write("c.yaml", "sources:\n  - {name: p, type: pcap, interface: v0, snaplen: 128, filter: arp}\n"
                    "  - {name: f, type: nflog, group: 5, queue_timeout: 10ms}\n"
                    f"outputs:\n  - {{type: json, path: {os.getcwd()}/e.json, events: [binding, packet, loss, source, alert]}}\n")
    run = trial.run("run", "-c", "c.yaml")
    up("e.json", 2)
    longest = 0.0

    def ups():
        return sum(line["event_type"] == "source" and line["source"]["name"] == "p" and line["source"]["state"] == "up"
                   for line in run.lines("e.json"))

    def arrives(name, key):
        """How long until both have a packet of this interface. A new one has its queue when the kernel has seen its
        carrier, which all namespaces of the machine wait for in turn."""
        begin = time.monotonic()

        def found():
            send()
            lines = [line for line in run.lines("e.json") if line["event_type"] == "packet"]
            return {line["source"]["name"] for line in lines[key:] if line.get("in_iface") == name} >= {"p", "f"}
        try:
            wait_for(found, 30, f"packets of {name}")
        except AssertionError as why:
            trial.check(False, f"{why}: {collections.Counter((line['source']['name'], line.get('in_iface')) for line in run.lines('e.json')[-200:] if line['event_type'] == 'packet')}; "
                               f"{run.stderr()[-500:]}; {sh('ip', '-s', 'link').stdout}")
        return time.monotonic() - begin

    def count():
        return sum(line["event_type"] == "packet" for line in run.lines("e.json"))
    longest = max(longest, arrives("v0", 0))
    # Renamed under a capture: the same interface by another name (Linux 6.2 and later rename what is up).
    renamed = sh("ip", "link", "set", "v0", "name", "w0", check=False).returncode == 0
    if renamed:
        seen, lives = count(), ups()
        longest = max(longest, arrives("w0", seen))
        sh("ip", "link", "set", "w0", "name", "v0")
        longest = max(longest, arrives("v0", count()))
        trial.check(ups() == lives, "a rename ended the life of a capture")
    for index in (101, 100, 100):  # another index, then one that was another's, then the same again
        seen, lives = count(), ups()
        sh("ip", "link", "del", "v0")
        time.sleep(1.2 if trial.short else 3)
        begin = time.monotonic()
        make(index)
        wait_for(lambda: ups() > lives, 30, "up again")
        took = time.monotonic() - begin
        longest = max(longest, took)
        arrives("v0", seen)
    sh("ip", "netns", "add", "away")
    seen, lives = count(), ups()
    sh("ip", "link", "set", "v0", "netns", "away")
    time.sleep(1.2)
    # Its index is another's now: what comes there is not v0's.
    sh("ip", "link", "del", "v1", check=False)
    sh("ip", "link", "add", "x0", "index", "100", "type", "veth", "peer", "name", "x1")
    for link in ("x0", "x1"):
        sh("ip", "link", "set", link, "up")
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("x1", 0))

    def foreign_seen():
        s.send(ARP)
        return sum(line.get("in_iface") == "x0" for line in run.lines("e.json")) >= 10
    wait_for(foreign_seen, 30, "packets of x0")
    time.sleep(0.3)
    foreign = [line for line in run.lines("e.json") if line["event_type"] == "packet"][seen:]
    wrong = sum(line.get("in_iface") not in ("x0",) for line in foreign if line["source"]["name"] == "f")
    trial.residue("packets told of the wrong interface", wrong)
    sh("ip", "link", "del", "x0")
    make()
    wait_for(lambda: ups() > lives, 30, "up again")
    seen = count()
    for _ in range(trial.size(20, 100)):
        sh("ip", "link", "set", "v0", "down")
        sh("ip", "link", "set", "v0", "up")
    time.sleep(0.3)
    longest = max(longest, arrives("v0", seen))
    fds = run.sampler.now()[2]
    trial.stop(run)
    lines = trial.verified("e.json")
    truth = nflog.offered()
    trial.residue("offered f", truth - ledger(lines, "f")["received"] - ledger(lines, "f")["lost"])
    trial.check(longest <= (10 if trial.short else 2), f"resumed after {longest:.1f} s")
    trial.note(f"{'renamed and back; ' if renamed else ''}{ups()} lives; resumed within {longest:.1f} s; {fds} descriptors at the end; {len(foreign)} packets of another interface of the same index, "
               f"{wrong} told wrongly")


ALIASES = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(11))


@number(45, "reload of broken YAML, an alias bomb, 1 MiB of it, a file that cannot be read, none at all", ci=True)
def reloads(trial):
    good = ("sources:\n  - {name: lo, type: pcap, interface: lo, snaplen: 128, filter: arp}\nbindings: {refresh_after: 0s}\n"
            f"outputs:\n  - {{type: json, path: {os.getcwd()}/e.json, events: [binding, loss, source, alert]}}\n")
    write("c.yaml", good)
    run = trial.run("run", "-c", "c.yaml")
    up("e.json")
    sender = Sender()
    bad = {
        "broken": good + "nonsense: [\n", "unknown key": good + "nonsense: 1\n", "alias bomb": ALIASES, "nested": "[" * 10_000,
        "a MiB": good + "#" * (1 << 20), "a MiB of keys": "".join(f"k{n}: 1\n" for n in range(120_000)),
        "octets": "\x00\x01\x02" * 100, "empty": "",
    }
    slowest = 0.0
    begin_rss = run.sampler.now()[1]

    def reload(name, change):
        nonlocal slowest
        sender.send(50)
        said = run.stderr().count("nothing is changed")
        change()
        begin = time.monotonic()
        run.process.send_signal(signal.SIGHUP)
        wait_for(lambda: run.stderr().count("nothing is changed") > said, 8, f"what it says of {name}")
        slowest = max(slowest, time.monotonic() - begin)
        sender.send(50)
    for name, text in bad.items():
        reload(name, lambda text=text: write("c.yaml", text))
    reload("no file", lambda: os.unlink("c.yaml"))
    reload("a folder", lambda: os.mkdir("c.yaml"))
    os.rmdir("c.yaml")
    reload("a link to itself", lambda: os.symlink("c.yaml", "c.yaml"))
    os.unlink("c.yaml")
    status = dict(line.split(":", 1) for line in open(f"/proc/{run.process.pid}/status"))
    write("c.yaml", good)
    run.process.send_signal(signal.SIGHUP)
    time.sleep(0.7)
    sender.send(50)
    time.sleep(0.5)
    rss = run.sampler.now()[1]
    trial.stop(run)
    lines = trial.verified("e.json", offered={"lo": sender.sent})
    trial.residue("events of packets", ledger(lines, "lo")["decoded"]["done"] - sum(line["event_type"] == "binding" for line in lines))
    trial.check([line["source"]["state"] for line in lines if line["event_type"] == "source"] == ["up", "down"], "a source was touched by a broken file")
    trial.check(slowest < 2, f"a reload took {slowest:.1f} s")
    trial.check(rss < begin_rss + 65536, f"RSS grew from {begin_rss} to {rss} KiB")
    trial.note(f"{len(bad) + 3} broken files, each refused and said, the slowest in {slowest:.2f} s; all {sender.sent} packets received; "
               f"Uid {status['Uid'].split()[0]} as before")


@number(46, "mixed load and a random fault at intervals (tests/trust/soak)", netns=False, limit=6 * 3600)
def soak(trial):
    minutes = trial.size(0.5, float(os.environ.get("NETWEIR_SOAK_MINUTES", "60")))
    command = ["/usr/bin/python3", "-B", os.path.join(HERE, "soak"), "--build", trial.build, "--minutes", str(minutes), "--json", f"{os.getcwd()}/soak.json"]
    done = subprocess.run(command, text=True, capture_output=True)
    import json
    if not os.path.exists("soak.json"):
        raise AssertionError(done.stdout[-800:] + done.stderr[-800:])
    with open("soak.json") as f:
        told = json.load(f)
    for name, value in told["residues"].items():
        trial.residue(name, value)
    for problem in told["problems"]:
        trial.check(False, problem)
    trial.check(done.returncode == 0 or told["problems"] or any(told["residues"].values()), f"ended with {done.returncode}")
    trial.note(told["summary"])


not_yet(47, "privileges: no capability in the worker, seccomp, systemd-analyze", "the split into a privileged helper and a worker, which is not built yet")
