# SPDX-License-Identifier: GPL-2.0-or-later
"""29 to 33: claims of who never was, at any rate, and names that want to be markup."""
import json
import os
import random
import resource
import socket
import struct
import subprocess
import time

import harness
from faults import captures
from harness import ledger, sh, wait_for, write
from trust import need, number, tool

HOSTS = 200


def veth():
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for link in ("v0", "v1"):
        sh("sysctl", "-w", f"net.ipv6.conf.{link}.disable_ipv6=1")
        sh("ip", "link", "set", link, "up")


def arp(host, mac=None):
    mac = mac or bytes([2, 0, 0, 0, 1, host])
    ip = bytes([10, 0, 0, host + 1])
    return b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + ip + bytes(6) + bytes([10, 0, 0, 254]) + bytes(18)


def announce(times=1):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("v1", 0))
    for _ in range(times):
        for host in range(HOSTS):
            s.send(arp(host))
    return HOSTS * times


CONFIG = """
sources:
  - {name: p, type: pcap, interface: v0, snaplen: 128, receive_buffer: 8MiB%s}
bindings: {max: %d}
outputs:
  - {type: json, path: %s/events.json, events: [binding, loss, source, alert]}
"""


def real_hosts(lines):
    """Of the 200: those whose binding ended, moved, or had to be made again."""
    broken = set()
    seen = set()
    for line in lines:
        if line["event_type"] != "binding":
            continue
        b = line["binding"]
        if not b["ip"].startswith("10.0.0."):
            continue
        if b["action"] == "NEW" and b["ip"] not in seen:
            seen.add(b["ip"])
        elif b["action"] != "REFRESHED":
            broken.add(b["ip"])
    return seen, broken


def flood(trial, what, count, filter_, most, share=1):
    veth()
    # Frames of these claims that nobody of the stack answers: v0 is only listened on.
    write("c.yaml", CONFIG % (filter_, most, os.getcwd()))
    run = trial.run("run", "-c", "c.yaml")
    wait_for(lambda: os.path.exists("events.json") and '"state":"up"' in open("events.json").read(), 5, "the source")
    offered = announce()
    time.sleep(1.2)  # a second apart: no flood
    offered += announce()
    time.sleep(0.5)
    known, broken = real_hosts(run.lines("events.json"))
    trial.check(len(known) == HOSTS and not broken, f"{len(known)} hosts before the flood, {len(broken)} broken")
    begin = time.monotonic()
    before = len(run.lines("events.json"))
    warm = None
    done = 0
    parts = 5
    for part in range(parts):
        out = sh(tool(trial, "trust_blast"), "v1", what, str(count // parts), "0", str(part + 1)).stdout
        done += int(out)
        if part == 0:
            warm = run.sampler.now()[1]
        if os.path.getsize("events.json") > 150_000_000:  # a flood goes in, a flood comes out: that has failed
            trial.check(False, f"{os.path.getsize('events.json') >> 20} MiB of events after {done} frames")
            break
    took = time.monotonic() - begin
    time.sleep(0.5)
    last = run.sampler.now()[1]
    offered += done + announce()
    time.sleep(0.8)
    trial.stop(run)
    lines = trial.verified("events.json", offered={"p": offered})
    during = [line for line in lines[before:] if line["event_type"] == "binding"]
    _, broken = real_hosts(lines)
    # docs/hostile-networks.md: of each action so many at once and so many a second; whoever was told NEW may be told EXPIRED.
    limit = 2 * share * (5000 + 100 * (took + 3)) + 3 * HOSTS
    trial.check(not broken, f"{len(broken)} of {HOSTS} hosts lost their bindings")
    trial.check(last <= warm * 1.1 + 1024, f"RSS grew from {warm} to {last} KiB after the first fifth")
    trial.check(len(during) <= limit, f"{len(during)} binding lines in {took:.1f} s: the limits allow {limit:.0f}")
    l = ledger(lines, "p")
    trial.note(f"{done} frames in {took:.1f} s, received {l['received']}, lost {l['lost']}; RSS {warm} -> {last} KiB; "
               f"{HOSTS - len(broken)} of {HOSTS} bindings survived; {len(during)} binding lines")
    alerts = {line["alert"]["kind"]: line["alert"].get("count", 0) for line in lines if line["event_type"] == "alert"}
    trial.check(alerts, "nothing is said of the flood")
    trial.note(f"alerts {alerts}")


@number(29, "ARP of random MACs and addresses at full speed; 200 real hosts", ci=True)
def arp_flood(trial):
    flood(trial, "arp", trial.size(300_000, 10_000_000), ", filter: arp", trial.size(4096, 65536))


@number(30, "the same with neighbour advertisements behind random VLAN tags", ci=True)
def nd_flood(trial):
    # VLANs that nobody has: the limit of the interface, four times that of a VLAN.
    flood(trial, "na", trial.size(300_000, 10_000_000), "", trial.size(4096, 65536), 4)


@number(31, "two MACs that claim one address in turns, 1000 times a second", limit=600, ci=True)
def ping_pong(trial):
    veth()
    window = trial.size(3, 180)
    write("c.yaml", "sources:\n  - {name: p, type: pcap, interface: v0, snaplen: 128, filter: arp}\n"
                    f"bindings:\n  damping: {{moves: 5, window: {window}s}}\n"
                    "outputs:\n  - {type: json, events: [binding, loss, source, alert]}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("p")
    seconds = trial.size(4, 130)
    sent = int(sh(tool(trial, "trust_blast"), "v1", "pingpong", str(1000 * seconds), "1000").stdout)
    time.sleep(0.5)
    lines = run.lines()
    moved = [line for line in lines if line["event_type"] == "binding" and line["binding"]["action"] == "MOVED"]
    duplicates = [line for line in lines if line["event_type"] == "alert" and line["alert"]["kind"] == "duplicate"]
    more = [line for line in lines if line["event_type"] == "alert" and line["alert"]["kind"] != "duplicate"]
    trial.check(len(moved) <= 5, f"{len(moved)} MOVED")
    begun = [line for line in duplicates if "silent until" in line["alert"].get("message", "")]
    trial.check(len(begun) == 1, f"it is told {len(begun)} times that moves are silent")
    trial.check(len(duplicates) <= 1 + seconds / 60, f"{len(duplicates) - 1} summaries in {seconds} s")
    trial.check(len(more) <= 1 + seconds / 60, f"{len(more)} other alerts in {seconds} s")
    time.sleep(window + 1.5)
    sent += int(sh(tool(trial, "trust_blast"), "v1", "pingpong", "2", "10").stdout)
    time.sleep(0.5)
    trial.stop(run)
    lines = trial.verified(run.path, offered={"p": sent})
    again = [line for line in lines if line["event_type"] == "binding" and line["binding"]["action"] == "MOVED"]
    trial.check(len(again) > len(moved), f"no MOVED after {window} s of quiet: {len(moved)}, then {len(again)}")
    trial.note(f"{sent} claims: {len(moved)} MOVED, an alert and {len(duplicates) - 1} summaries, {len(more)} others; "
               f"{len(again) - len(moved)} MOVED after {window} s of quiet")


def fnv(octets):
    h = 0x811C9DC5
    for o in octets:
        h = ((h ^ o) * 0x01000193) & 0xFFFFFFFF
    return h


def colliding(count):
    """Half of them fold to one value by XOR of their halves, half by the low 16 bits of FNV-1a."""
    found = [((n ^ 0x0A4D) << 16 | n) for n in range(1, 0xffff) if 11 <= (n ^ 0x0A4D) >> 8 < 224 and (n ^ 0x0A4D) >> 8 != 127]
    found = found[:count // 2]
    target = fnv(b"\x0a\x00\x00\x01") & 0xffff
    inverse = pow(0x01000193, -1, 1 << 16)
    last = target * inverse & 0xffff
    prefix = 11 << 16
    while len(found) < count and prefix < 126 << 16:
        h = fnv(struct.pack(">I", prefix)[1:])
        low = (h & 0xffff) ^ last
        if low < 256:
            found.append(prefix << 8 | low)
        prefix += 1
    return found


def children_cpu():
    """Seconds, to the microsecond: os.times() counts in ticks, of which a run takes one or two."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@number(32, "50 000 keys that collide under a naive hash (XOR, FNV)", netns=False, ci=True)
def collisions(trial):
    count, turns = trial.size((6_000, 20), (50_000, 5))
    keys = colliding(count)
    trial.check(len(keys) == count, f"only {len(keys)} keys")
    rng = random.Random(7)
    sets = {"colliding": keys, "random": rng.sample(range(11 << 24, 126 << 24), count)}
    times = {}
    for name, addresses in sets.items():
        packets = []
        for turn in range(turns):
            for n, ip in enumerate(addresses):
                mac = struct.pack(">BxI", 2, n)
                frame = b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + struct.pack(">I", ip) + bytes(6) + b"\x0a\0\0\1"
                packets.append((1_700_000_000 + turn, n, frame))
        captures.put(name + ".pcap", captures.pcap(packets))
        best = None
        for _ in range(5):
            before = children_cpu()
            code, out, err = captures.replay(trial.netweir, name + ".pcap", "--events", "binding")
            cpu = children_cpu() - before
            best = cpu if best is None else min(best, cpu)
            captures.held(trial, name, code, out, err, len(packets))
        times[name] = best
        new = sum(1 for line in captures.lines_of(out) if line["event_type"] == "binding" and line["binding"]["action"] == "NEW")
        trial.residue("keys that were not NEW exactly once", new - count)
    ratio = times["colliding"] / times["random"]
    trial.check(ratio <= 2, f"{ratio:.2f} times the time of random keys")
    trial.note(f"{count} keys, {turns} times each: {times['colliding']:.2f} s of CPU, random keys {times['random']:.2f} s (ratio {ratio:.2f})")


EVIL = [b'"><b>\x01\xff', b"\xe2\x80\xa8\\\"{", b"\x1b[31m\x7f\xc2\x85", b"<script>'"]
PREFIX = b"'},{'x':'\xe2\x80\xa8\xff\x01\\ <b>"


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


class Rtnetlink:
    """Links of any name: ip(8) may refuse what the kernel does not."""

    def __init__(self):
        self.socket = socket.socket(16, socket.SOCK_RAW, 0)
        self.socket.bind((0, 0))

    def ask(self, flags, body):
        self.socket.send(struct.pack("=IHHII", 16 + len(body), 16, 5 | flags, 1, 0) + body)
        return struct.unpack_from("=i", self.socket.recv(65536), 16)[0]

    def veth(self, name, peer):
        down, up = struct.pack("=BxHiII", 0, 0, 0, 0, 0), struct.pack("=BxHiII", 0, 0, 0, 1, 1)
        other = attribute(1, down + attribute(3, peer + b"\0"))
        info = attribute(1, b"veth\0") + attribute(2, other)
        made = self.ask(0x600, down + attribute(3, name + b"\0") + attribute(18, info))
        return made or self.ask(0, up + attribute(3, name + b"\0")) or self.ask(0, up + attribute(3, peer + b"\0"))


@number(33, "names and prefixes of quotes, markup, controls, U+2028 and octets that are no UTF-8", ci=True)
def names(trial):
    need("jq")
    links = Rtnetlink()
    for n, name in enumerate(EVIL):
        code = links.veth(name, b"p%d" % n)
        trial.check(code == 0, f"the kernel takes no interface {name}: {code}")
    rule = (b'table arp t {\n chain c {\n type filter hook input priority 0\n log group 5 prefix "' + PREFIX + b'"\n }\n}\n')
    done = subprocess.run(["nft", "-f", "-"], input=rule, capture_output=True)
    trial.check(done.returncode == 0, done.stderr.decode(errors="replace"))
    write("c.yaml", "sources:\n  - {name: \"\\\"><b>\", type: nflog, group: 5, queue_timeout: 10ms}\n"
                    "  - {name: any, type: pcap, interface: any, snaplen: 128, filter: arp}\n"
                    "outputs:\n  - {type: json, events: [binding, packet, loss, source, alert]}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("any")
    for n in range(len(EVIL)):
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind((f"p{n}", 0))
        for host in range(3):
            sender.send(arp(n * 10 + host))
    time.sleep(0.8)
    trial.stop(run)
    lines = trial.verified(run.path)
    with open(run.path, "rb") as f:
        text = f.read()
    done = subprocess.run(["jq", "-c", "."], input=text, capture_output=True)
    trial.check(done.returncode == 0, done.stderr.decode(errors="replace"))
    trial.residue("lines that jq reads otherwise than Python", len(done.stdout.splitlines()) - len(lines))
    harness.validate(run.path)
    shown = {line.get("in_iface") for line in lines} - {None}
    prefixes = {line["packet"]["nflog"]["prefix"] for line in lines if line["event_type"] == "packet" and "prefix" in line["packet"].get("nflog", {})}
    for name in EVIL:
        trial.check(name.decode(errors="replace") in shown, f"{name} is not among the interfaces seen: {shown}")
    trial.check(prefixes == {PREFIX.decode(errors="replace")}, f"prefixes seen: {prefixes}")
    trial.check(all(octet >= 0x20 and octet != 0x7f for octet in text if octet != 0x0a), "a control octet in the output")
    trial.note(f"{len(lines)} lines; interfaces {', '.join(sorted(json.dumps(n) for n in shown))}; prefix {json.dumps(min(prefixes, default=''))}")
