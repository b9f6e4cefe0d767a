# SPDX-License-Identifier: GPL-2.0-or-later
"""22 to 28: captures of every kind, whole and broken."""
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import verify
from harness import wait_for, write
from trust import ROOT, need, number, open_files

ARP = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000"
                    "1c0000201000000000000c0000202") + bytes(18)
MESSAGES = (239, 253)  # link types whose packets are netlink messages


def pcap(packets, link=1, order="<", magic=0xA1B2C3D4):
    """`packets`: (seconds, fraction, octets)."""
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for seconds, fraction, octets in packets:
        out.append(struct.pack(order + "IIII", seconds, fraction, len(octets), len(octets)) + octets)
    return b"".join(out)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def pcapng(packets, link=1, options=b""):
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", link, 0, 0) + options)]
    for seconds, fraction, octets in packets:
        ticks = seconds * 1_000_000 + fraction
        out.append(block(6, struct.pack("<IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(octets), len(octets)) + octets))
    return b"".join(out)


def twenty():
    frames = []
    for n in range(20):
        frame = bytearray(ARP)
        frame[31] = frame[41] = n + 1
        frames.append((1_700_000_000 + n, n, bytes(frame)))
    return frames


def put(path, octets):
    with open(path, "wb") as f:
        f.write(octets)
    return path


def replay(program, path, *more, limit=60):
    """(exit code, octets of standard output, of standard error)."""
    done = subprocess.run([program, "replay", path, *more], capture_output=True, timeout=limit)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def timed(program, path, *more, limit=100):
    """The same, and the seconds of CPU that it took: a busy machine is not its fault."""
    with open(f"{os.path.basename(path)}.stdout", "w+b") as out, open(f"{os.path.basename(path)}.stderr", "w+b") as err:
        child = subprocess.Popen([program, "replay", path, *more], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        end = time.monotonic() + limit
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                child.kill()
            time.sleep(0.002)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return child.returncode, out.read(), err.read().decode(errors="replace"), used.ru_utime + used.ru_stime


def lines_of(octets):
    assert octets.endswith(b"\n"), "half a line"
    return [json.loads(line) for line in octets.splitlines()]


def held(trial, path, code, out, err, packets=None):
    """What must hold for any capture. Returns what was received."""
    if not trial.check(code in (0, 65), f"{path}: ended with {code}: {err[-600:]}"):
        return 0
    if not out:
        trial.check(code == 65, f"{path}: nothing written, and yet code 0")
        return 0
    lines = lines_of(out)
    for name, value in verify.residues(lines).items():
        trial.residue(name.split()[0], value)
    own = lines[-1]["goodbye"]["sources"][0]
    if packets is not None:
        trial.residue("packets that no ledger has", packets - own["received"] - own["lost"])
    return own["received"]


def captures():
    found = glob.glob(os.path.join(ROOT, "tests/captures/*.pcap*")) + glob.glob(os.path.join(ROOT, "sources/pcap/testdata/*.pcap*"))
    return sorted(found + glob.glob(os.path.join(ROOT, "tests/record/data/*.pcapng")))


def counted(path):
    """(packets, whether they are all packets of a network) by capinfos."""
    shown = subprocess.run(["capinfos", "-c", "-E", "-T", "-M", path], text=True, capture_output=True)
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    if shown.returncode != 0 or len(rows) < 2:
        return None, False
    row = dict(zip(rows[0], rows[1]))
    kind = row.get("File encapsulation", "")
    return int(row["Number of packets"]), not re.search("netlink|nflog|per packet", kind, re.I)


def many(trial, jobs):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda job: job(), jobs))


@number(22, "every capture at hand, with ASan and UBSan", netns=False, ci=True)
def every_capture(trial):
    need("capinfos")
    program = os.path.join(trial.asan, "netweir")
    paths = captures()
    if trial.short:
        paths = paths[::4]

    def one(path):
        return path, *timed(program, path, "--events", "binding,packet,flow,loss"), counted(path)
    total = exact = 0
    for path, code, out, err, took, (packets, plain) in many(trial, [lambda p=p: one(p) for p in paths]):
        whole = plain and packets is not None and code == 0
        total += held(trial, path, code, out, err, packets if whole else None)
        exact += whole
        trial.check(took < 1 + os.path.getsize(path) / 1e6, f"{path} took {took:.1f} s of CPU")
    trial.note(f"{len(paths)} captures, {total} packets; of {exact} the number by capinfos is the ledger's; "
               + ("with ASan and UBSan" if trial.asan != trial.build else "without sanitizers: there is no such build"))


@number(23, "editcap -E 0.05 over every capture", netns=False, limit=900)
def changed_captures(trial):
    need("editcap", "capinfos")
    program = os.path.join(trial.asan, "netweir")
    seeds = trial.size(2, 100)
    paths = [p for p in captures() if os.path.getsize(p) < 200_000]

    def one(path):
        packets, plain = counted(path)
        failures = received = runs = 0
        told = []
        # One run of the program for all seeds of a capture.
        changed = []
        for seed in range(1, seeds + 1):
            name = f"{os.path.basename(path)}.{seed}"
            made = subprocess.run(["editcap", "-E", "0.05", "--seed", str(seed), path, name], capture_output=True)
            if made.returncode == 0:
                changed.append(name)
        if not changed:
            return path, 0, 0, 0, []
        done = subprocess.run([program, "replay", *changed, "--events", "binding,packet,flow,loss"], capture_output=True, timeout=300)
        if done.returncode not in (0, 65):
            told.append(f"{path}: ended with {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}")
        residue = 0
        if done.stdout:
            lines = lines_of(done.stdout)
            residue = sum(abs(v) for v in verify.residues(lines).values())
            received = sum(l["received"] for l in lines[-1]["goodbye"]["sources"] if l["type"] == "pcap")
            if plain and packets is not None and done.returncode == 0:
                residue += abs(packets * len(changed) - received)
        runs = len(changed)
        for name in changed:
            os.unlink(name)
        return path, runs, received, residue + failures, told
    total = received = 0
    for path, runs, got, residue, told in many(trial, [lambda p=p: one(p) for p in paths]):
        total += runs
        received += got
        trial.residue("ledgers, and packets that no ledger has", residue)
        for text in told:
            trial.check(False, text)
    trial.check(total > 0, "editcap made nothing")
    trial.note(f"{total} changed captures of {len(paths)}, {seeds} seeds each, {received} packets")


@number(24, "what tshark reads of the same frames", netns=False, limit=1800)
def tshark(trial):
    trial.ctest("^(differential|oracle)", limit=1700)


def expected_whole(octets, frames, kind):
    """How many packets are whole in the first octets of the file."""
    ends = []
    if kind == "pcap":
        at = 24
        for f in frames:
            at += 16 + len(f[2])
            ends.append(at)
    else:
        at = 28 + 20
        for f in frames:
            at += 32 + (len(f[2]) + 3 & ~3)
            ends.append(at)
    return sum(1 for end in ends if end <= octets), ends


@number(25, "a file cut at every octet; empty, of a wrong magic, of impossible lengths, clocks and link types", netns=False, ci=True, limit=1800)
def cut_files(trial):
    frames = twenty()
    for kind, whole in (("pcap", pcap(frames)), ("pcapng", pcapng(frames))):
        def one(size, whole=whole, kind=kind):
            path = put(f"cut.{kind}.{size}", whole[:size])
            result = replay(trial.netweir, path)
            os.unlink(path)
            return (size, *result)
        sizes = range(0, len(whole) + 1, trial.size(29, 1))
        for size, code, out, err in many(trial, [lambda s=s: one(s) for s in sizes]):
            expected, ends = expected_whole(size, frames, kind)
            received = held(trial, f"{kind} of {size} octets", code, out, err)
            trial.residue("whole packets before the cut that no ledger has", expected - received)
            clean = size in ends or (size == (24 if kind == "pcap" else 48)) or (kind == "pcapng" and size == 28)
            trial.check((code == 0) == clean, f"{kind} of {size} octets: code {code}")
    bad = {
        "magic": b"\xde\xad\xbe\xef" + pcap(frames)[4:],
        "caplen": pcap(frames[:1]) + struct.pack("<IIII", 1, 1, 1 << 31, 1 << 31) + b"x" * 100,
        "tsresol": pcapng(frames, options=struct.pack("<HHB3xHH", 9, 1, 0x7f, 0, 0)),
        "tsresol_2": pcapng(frames, options=struct.pack("<HHB3xHH", 9, 1, 0xff, 0, 0)),
        "block": pcapng(frames) + struct.pack("<II", 6, 0xfffffff0) + b"x" * 64,
        "nothing": b"",
    }
    for name, octets in bad.items():
        code, out, err = replay(trial.netweir, put(name, octets))
        held(trial, name, code, out, err)
        if name in ("magic", "caplen", "block"):
            trial.check(code == 65, f"{name}: code {code}")
    links = list(range(0, 301, trial.size(10, 1)))

    def link(number_):
        path = put(f"link.{number_}", pcap(frames[:2], number_))
        return (number_, *replay(trial.netweir, path))
    taken = 0
    for number_, code, out, err in many(trial, [lambda n=n: link(n) for n in links]):
        held(trial, f"link type {number_}", code, out, err, 2 if code == 0 and number_ not in MESSAGES else None)
        taken += code == 0
    trial.note(f"pcap and pcapng of 20 packets cut at every {trial.size('29th ', '')}octet; {len(links)} link types, {taken} of them decoded")


def layers():
    ethernet = bytes(12)
    ends = bytes(15) + b"\1" + bytes(15) + b"\2"

    def v6(first, body):
        return ethernet + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(body), first, 255) + ends + body

    def icmp(kind, options):
        body = bytes([kind, 0, 0, 0]) + bytes(12 if kind == 134 else 20) + options
        return v6(58, body)
    return {
        "vlan_10000": ethernet + b"\x81\x00\x00\x07" * 10000 + b"\x08\x06" + ARP[14:],
        "qinq_60000": ethernet + b"\x88\xa8\x00\x07" * 60000,
        "ext_1000": v6(60, b"\x3c\0\1\4\0\0\0\0" * 1000),
        "hop_8000": v6(0, b"\0\0\1\4\0\0\0\0" * 8000),
        "nd_zero": icmp(135, b"\1\0" + bytes(6)),
        "ra_200": icmp(134, b"\1\1\2\0\0\0\0\1" + b"\x19\1\0\0\0\0\0\0" * 200),
        "ra_8000": icmp(134, b"\x19\1\0\0\0\0\0\0" * 8000),
        "mpls": ethernet + b"\x88\x47" + b"\0\0\0\xff" * 10000,
        "ipip": ethernet + b"\x08\x00" + (b"\x45\0\xff\xff\0\0\0\0\x40\4\0\0" + bytes(8)) * 3000,
    }


@number(26, "10 000 VLAN tags, 1 000 extension headers, ND options without length, 200 options in an RA", netns=False, ci=True)
def deep(trial):
    frames = layers()
    copies = trial.size(20, 200)
    rates = {}
    for name, frame in {"plain": ARP, **frames}.items():
        path = put(name, pcap([(1_700_000_000 + n, 0, frame) for n in range(copies)]))
        code, out, err, took = timed(trial.netweir, path, "--events", "binding,packet")
        rates[name] = took / copies
        held(trial, name, code, out, err, copies)
        decoded = lines_of(out)[-1]["goodbye"]["sources"][0]["decoded"]
        if name in ("vlan_10000", "qinq_60000", "ext_1000", "hop_8000"):
            trial.check(decoded["too_many_layers"] == copies, f"{name}: {decoded}")
    worst = max(rates, key=rates.get)
    trial.check(rates[worst] < 0.02, f"{worst}: {1000 * rates[worst]:.1f} ms a packet")
    trial.note(f"{copies} of each; the dearest, {worst}, takes {1e6 * rates[worst]:.0f} us of CPU a packet, reading and process included; "
               f"an ARP packet {1e6 * rates['plain']:.0f}")


@number(27, "time: backwards, 80 years on, nanoseconds of 2 * 10^9", netns=False, ci=True)
def times(trial):
    """`run` of a file, where ageing and alerts are at work."""
    base = 1_700_000_000
    packets = []
    for n in range(200):
        frame = bytearray(ARP)
        frame[11] = frame[27] = frame[31] = n + 1
        packets.append((base + n, 0, bytes(frame)))
    again = [(base + 300 + n, 0, f[2]) for n, f in enumerate(packets)]
    jump = (base + 80 * 365 * 86400, 0, packets[0][2])
    back = (base - 86400 * 365, 5, packets[1][2])
    nano = (base + 500, 2_000_000_000, packets[2][2])
    put("t.pcap", pcap([*packets, jump, back, nano, *again], magic=0xA1B23C4D))
    write("c.yaml", "sources:\n  - {name: t, type: pcap, file: t.pcap}\n"
                    "outputs:\n  - {type: json, events: [binding, loss, source, alert]}\n")
    with open("out", "wb") as out:
        done = subprocess.run([trial.netweir, "run", "-c", "c.yaml"], stdout=out, stderr=subprocess.PIPE, timeout=30)
    trial.check(done.returncode == 0, done.stderr.decode()[-500:])
    lines = trial.verified("out", offered={"t": len(packets) * 2 + 3})
    actions = [line["binding"]["action"] for line in lines if line["event_type"] == "binding"]
    trial.check(actions.count("EXPIRED") == 0, f"{actions.count('EXPIRED')} bindings expired by one packet's time")
    trial.residue("hosts that were not NEW exactly once", actions.count("NEW") - 200)
    alerts = [line["alert"]["kind"] for line in lines if line["event_type"] == "alert"]
    trial.check(alerts.count("time_jump") == 1, f"alerts {alerts}: not one time_jump")
    trial.note(f"200 bindings, {actions.count('EXPIRED')} expired; alerts {alerts}")


def half_read(trial, path):
    """Reads the file until nobody takes its lines any more: it waits for room, with the file open."""
    child = subprocess.Popen([trial.netweir, "replay", path, "--events", "packet,loss"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: any(target.endswith(path) for target in open_files(child.pid)), 5, "its opening")
    return child


def finish(child, path):
    with open(path, "wb") as out:
        shutil.copyfileobj(child.stdout, out)
    return child.wait(30)


@number(28, "a pipe closed in the middle of a packet; a file replaced while it is read", netns=False, ci=True)
def pipes(trial):
    whole = pcap(twenty())
    child = subprocess.Popen([trial.netweir, "replay", "-"], stdin=subprocess.PIPE, stdout=open("out", "wb"), stderr=subprocess.PIPE)
    child.stdin.write(whole[:24 + 76 * 7 + 30])
    child.stdin.close()
    code = child.wait(10)
    trial.check(code == 65, f"a pipe closed in the middle: code {code}")
    lines = trial.verified("out")
    trial.residue("whole packets before the cut that no ledger has", 7 - lines[-1]["goodbye"]["sources"][0]["received"])
    # Replaced by rename while it is read: what was opened is read to its end.
    count, rest = 100_000, 75_000
    frames = [(1_700_000_000 + n, 0, ARP) for n in range(count)]
    put("big.pcap", pcap(frames))
    put("other.pcap", pcap(twenty()))
    child = half_read(trial, "big.pcap")
    os.rename("other.pcap", "big.pcap")
    trial.check(finish(child, "out2") == 0, "the one whose file was replaced")
    lines = trial.verified("out2")
    trial.residue("packets of the file that was replaced", count - lines[-1]["goodbye"]["sources"][0]["received"])
    # Cut short while it is read: the end is an end.
    put("big.pcap", pcap(frames))
    child = half_read(trial, "big.pcap")
    os.truncate("big.pcap", 24 + 76 * rest + 10)
    code = finish(child, "out3")
    lines = trial.verified("out3")
    received = lines[-1]["goodbye"]["sources"][0]["received"]
    trial.check(code == 65 and received == rest, f"a file cut short while it is read: code {code}, {received} of {rest}")
    trial.note(f"pipe: 7 of 7 whole packets, code 65; replaced: {count} of {count}; cut short: {received}, code {code}")
