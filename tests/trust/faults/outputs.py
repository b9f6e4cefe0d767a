# SPDX-License-Identifier: GPL-2.0-or-later
"""34 to 42: outputs that take nothing, and a program that is killed or gets no memory."""
import json
import os
import random
import resource
import signal
import socket
import subprocess
import threading
import time

import flood_kernel_test as nflog
import verify
from faults import captures
from harness import ledger, nft, sh, wait_for, write
from trust import ROOT, not_yet, number, tool

ARP = captures.ARP
BASE = "sources:\n  - {name: lo, type: pcap, interface: lo, snaplen: 128, filter: arp, receive_buffer: 16MiB}\nbindings: {refresh_after: 0s, limit: off}\n"


def configuration(*paths):
    """An event a packet, to each of the files."""
    outputs = "".join(f"  - {{type: json, path: {path}, events: [binding, loss, source, alert]}}\n" for path in paths)
    return write("c.yaml", BASE + "outputs:\n" + outputs)


class Sender:
    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind(("lo", 0))
        self.sent = 0

    def send(self, count):
        for _ in range(count):
            self.socket.send(ARP)
        self.sent += count  # loopback hands a frame to a capture once: pcap leaves the outgoing copy out


def up(path, count=1):
    wait_for(lambda: os.path.exists(path) and sum('"state":"up"' in line for line in open(path)) >= count, 5, "the source")


def whole_file(trial, path):
    """No half line, whatever the state of the program. Its lines."""
    with open(path, "rb") as f:
        text = f.read()
    trial.check(not text or text.endswith(b"\n"), f"half a line in {path}")
    return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]


def account(trial, lines, what):
    """An event a packet: those written and those that a `loss` line counts are all there were."""
    packets = lines[-1]["goodbye"]["sources"][0]["decoded"]["done"]
    bindings = sum(line["event_type"] == "binding" for line in lines)
    dropped = sum(line["loss"]["count"] for line in lines if line["event_type"] == "loss" and line["loss"]["cause"] == "output_full")
    trial.residue(f"events of {what}", packets - bindings - dropped)
    return packets, dropped


not_yet(34, "message bus down, killed, half open", "the bus output, which is not built yet")


@number(35, "disk full (64 KiB), freed again; /dev/full; a limit on the file's size; a read-only remount", ci=True)
def disk_full(trial):
    folder = os.getcwd()
    for name, size in (("disk", "64k"), ("disk2", "96m")):
        os.mkdir(name)
        sh("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", name)
    try:
        run = trial.run("run", "-c", configuration(f"{folder}/disk/e.json", f"{folder}/ok.json", f"{folder}/disk2/e.json"))
        up("ok.json")
        sender = Sender()
        sender.send(1000)
        wait_for(lambda: "No space left" in run.stderr(), 5, "the warning")
        whole_file(trial, "disk/e.json")
        sender.send(trial.size(30_000, 60_000))  # more than the queue of the full one takes
        time.sleep(0.5)
        sh("mount", "-o", "remount,ro", "disk2", check=False)
        readonly = "ro," in open("/proc/mounts").read().split("disk2", 1)[1].splitlines()[0]
        sender.send(1000)
        time.sleep(0.5)
        if readonly:
            sh("mount", "-o", "remount,rw", "disk2")
        else:
            trial.note("a file system with an open file cannot be made read-only here (EBUSY)")
        begin = time.monotonic()
        sh("mount", "-o", "remount,size=64m", "disk")
        size = os.path.getsize("disk/e.json")
        wait_for(lambda: os.path.getsize("disk/e.json") > size + 100_000, 8, "the rest, after room was made")
        took = time.monotonic() - begin
        trial.check(took <= 5, f"recovered after {took:.1f} s")
        sender.send(1000)
        time.sleep(1)
        trial.stop(run)
        for path in ("disk/e.json", "ok.json", "disk2/e.json"):
            lines = trial.verified(path, offered={"lo": sender.sent} if path == "ok.json" else None)
            packets, dropped = account(trial, lines, path)
            trial.check(path != "ok.json" or dropped == 0, f"the healthy output dropped {dropped}")
            trial.note(f"{path}: {packets} packets, {dropped} events dropped and counted")
    finally:
        for name in ("disk", "disk2"):
            sh("umount", "-l", name, check=False)
    # A limit on the size of files: SIGXFSZ is no end; what is written is whole lines.
    run = trial.run("run", "-c", configuration(f"{folder}/limited.json"),
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)))
    up("limited.json")
    Sender().send(1000)
    wait_for(lambda: "too large" in run.stderr(), 5, "the warning")
    whole_file(trial, "limited.json")
    run.process.send_signal(signal.SIGINT)
    trial.check(run.process.wait(6) in (0, 71, 73), f"ended with {run.process.returncode}: {run.stderr()[-300:]}")
    whole_file(trial, "limited.json")
    # /dev/full: it waits for room, and a signal ends it; it says so.
    captures.put("one.pcap", captures.pcap(captures.twenty()))
    with open("/dev/full", "wb") as full:
        child = subprocess.Popen([trial.netweir, "replay", "one.pcap"], stdout=full, stderr=subprocess.PIPE)
        time.sleep(0.5)
        child.send_signal(signal.SIGINT)
        _, text = child.communicate(timeout=10)
    trial.check(child.returncode in (0, 71, 73) and b" 0 events written" in text, f"/dev/full: {child.returncode} {text[-300:]}")


@number(36, "rotation by rename and by copytruncate, a folder deleted, a symbolic link planted", ci=True)
def rotation(trial):
    folder = os.getcwd()
    os.mkdir("log")
    path = f"{folder}/log/e.json"
    run = trial.run("run", "-c", configuration(path))
    up("log/e.json")
    sender = Sender()
    pieces = []
    for turn in range(trial.size(5, 50)):
        sender.send(400)
        os.rename("log/e.json", f"log/e.{turn}")
        sender.send(400)
        run.process.send_signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists("log/e.json") and os.path.getsize("log/e.json"), 5, "the new file")
        pieces.append(f"log/e.{turn}")
    sender.send(100)
    time.sleep(0.5)
    # copytruncate: what is written after the truncation stands at its begin, not behind a hole.
    before = whole_file(trial, "log/e.json")
    with open("log/copied", "wb") as f:
        f.write(open("log/e.json", "rb").read())
    os.truncate("log/e.json", 0)
    pieces.append("log/copied")
    sender.send(100)
    time.sleep(0.5)
    with open("log/e.json", "rb") as f:
        trial.check(f.read(1) == b"{", "a hole at the begin of the truncated file")
    # The folder goes, and comes again: the next SIGHUP writes there.
    os.rename("log", "gone")
    pieces = [p.replace("log/", "gone/") for p in pieces] + ["gone/e.json"]
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "No such file" in run.stderr(), 5, "what it says of the folder")
    sender.send(100)
    os.mkdir("log")
    time.sleep(0.3)
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: os.path.exists("log/e.json") and os.path.getsize("log/e.json"), 5, "the file in the new folder")
    sender.send(100)
    time.sleep(0.5)
    # A symbolic link where the file was: it is not followed.
    write("victim", "precious\n")
    os.rename("log/e.json", "log/before")
    pieces.append("log/before")
    os.symlink(f"{folder}/victim", "log/e.json")
    run.process.send_signal(signal.SIGHUP)
    time.sleep(0.7)
    sender.send(100)
    time.sleep(0.5)
    trial.stop(run)
    trial.check(open("victim").read() == "precious\n", "what the link points to was written to")
    if not os.path.islink("log/e.json"):
        pieces.append("log/e.json")
    lines = [line for piece in pieces for line in whole_file(trial, piece)]
    for name, value in verify.residues(lines, {"lo": sender.sent}).items():
        trial.residue(name, value)
    packets, dropped = account(trial, lines, "all files")
    trial.note(f"{len(pieces)} files, {len(lines)} lines, {packets} packets, {dropped} events dropped; before truncation {len(before)} lines")


@number(37, "the reader of standard output goes away", ci=True)
def reader_gone(trial):
    read, written = os.pipe()
    run = trial.run("run", "-c", configuration('"-"', f"{os.getcwd()}/ok.json"), stdout=written)
    os.close(written)
    up("ok.json")
    sender = Sender()
    sender.send(100)
    time.sleep(0.3)
    os.close(read)
    sender.send(2000)
    time.sleep(0.7)
    trial.check(run.process.poll() is None, f"the daemon ended with {run.process.returncode}")
    sender.send(100)
    time.sleep(0.5)
    trial.stop(run)
    lines = trial.verified("ok.json", offered={"lo": sender.sent})
    account(trial, lines, "the output that is left")
    captures.put("many.pcap", captures.pcap([(1_700_000_000 + n * 1000, 0, ARP) for n in range(50_000)]))
    child = subprocess.Popen([trial.netweir, "replay", "many.pcap"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()
    err = child.stderr.read()
    code = child.wait(10)
    trial.check(code == 0 and b"error" not in err, f"`replay | head -1` ended with {code}: {err[-300:]}")
    trial.note(f"the daemon lives and its other output has all {sender.sent} packets; `replay | head -1` ends with {code}")


@number(38, "kill -9 at random times under load", ci=True, waits="state and spool (duplicate NEW of known bindings): there is no state database yet", limit=900)
def killed(trial):
    """SIGKILL may stop a write in its middle: then the next start ends that half line, and nothing else is broken."""
    seed = int(os.environ.get("NETWEIR_SEED") or time.time_ns() % 1_000_000)
    trial.note(f"seed {seed}")
    rng = random.Random(seed)
    folder = os.getcwd()
    over = threading.Event()
    sender = Sender()

    def load():
        while not over.wait(0.005):
            sender.send(50)
    thread = threading.Thread(target=load)
    thread.start()
    turns = trial.size(12, 200)
    lines = torn = 0
    try:
        for turn in range(turns):
            if turn % 3 == 0 and os.path.exists("e.json"):
                lines += streams(trial, "e.json", torn)
                torn = 0
                os.unlink("e.json")
            before = os.path.getsize("e.json") if os.path.exists("e.json") else 0
            run = trial.run("run", "-c", configuration(f"{folder}/e.json"))
            wait_for(lambda: '"state":"up"' in after(before), 5, "the source")
            time.sleep(rng.uniform(0, 0.25))
            run.process.kill()
            run.process.wait()
            run.sampler.end()
            torn += not after(before).endswith("\n")
    finally:
        over.set()
        thread.join()
    run = trial.run("run", "-c", configuration(f"{folder}/e.json"))
    time.sleep(0.5)
    trial.stop(run)
    lines += streams(trial, "e.json", torn)
    trial.note(f"{turns} times, it started every time; {lines} whole lines")


def after(offset):
    if not os.path.exists("e.json"):
        return ""
    with open("e.json", "rb") as f:
        f.seek(offset)
        return f.read().decode(errors="replace")


def streams(trial, path, torn):
    """A file that several processes have written to, one after the other; `torn` of them may have left half a line."""
    whole, broken, stream = 0, 0, []
    with open(path, "rb") as f:
        for raw in [*f.read().splitlines(), b'{"event_type":"hello","seq":1}']:
            try:
                line = json.loads(raw)
            except ValueError:
                broken += 1
                continue
            if line["event_type"] == "hello" and line["seq"] == 1 and stream:
                for name, value in verify.residues(stream, unfinished=True).items():
                    trial.residue(name, value)
                whole += len(stream)
                stream = []
            stream.append(line)
    trial.check(broken <= torn, f"{broken} broken lines, but {torn} were left in their middle")
    if torn:
        trial.note(f"{torn} ended in the middle of a line, which the next start ended")
    return whole


not_yet(39, "state and spool files with flipped octets, cut at each record", "a state database; there is none yet")


@number(40, "16 descriptors at most", ci=True, waits="5000 idle HTTP connections: there is no HTTP server yet")
def descriptors(trial):
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE)
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, queue_timeout: 10ms}\n  - {name: lo, type: pcap, interface: lo, filter: arp}\n"
                    f"outputs:\n  - {{type: json, path: {os.getcwd()}/e.json}}\n")
    run = trial.run("run", "-c", "c.yaml", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
    wait_for(lambda: run.process.poll() is not None or (os.path.exists("e.json") and '"state":"up"' in open("e.json").read()), 5, "a source")
    if run.process.poll() is not None:
        raise AssertionError(f"ended with {run.process.returncode}: {run.stderr()[-500:]}")
    nflog.flood(500)
    time.sleep(0.5)
    for _ in range(3):  # SIGHUP opens files: what cannot be opened changes nothing
        run.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
    nflog.flood(500)
    time.sleep(0.6)
    most = run.sampler.now()[2]
    trial.stop(run)
    lines = trial.verified("e.json", offered={"f": nflog.offered()})
    trial.note(f"{most} descriptors in use; received {ledger(lines, 'f')['received']} of 1000 packets")


not_yet(41, "slow-loris, huge headers, foreign Host and Origin", "an HTTP server; there is none yet")


@number(42, "malloc fails: each call of a run once, and every Nth", netns=False, ci=True, limit=1200)
def out_of_memory(trial):
    """Either all is as it should be, or a clean end that says why: never a signal."""
    shim = tool(trial, "trust_shim.so")
    captures.put("t.pcap", captures.pcap(captures.twenty()))
    # Without a filter for libpcap, whose compiler ends the process when it gets no memory (docs/reliability.md).
    sources = write("c.yaml", "".join(line for line in open(os.path.join(ROOT, "config", "netweir.yaml")) if "filter:" not in line))
    recording = os.path.join(ROOT, "tests/record/data/nflog.pcapng")
    commands = {"check": ["check", "-c", sources], "replay": ["replay", "t.pcap", "--events", "binding,packet,loss"],
                "recording": ["replay", recording], "sources": ["sources"]}
    total = clean = whole = 0
    ends = {}
    for name, command in commands.items():
        base = {**os.environ, "LD_PRELOAD": shim}
        subprocess.run([trial.netweir, *command], env={**base, "TRUST_COUNT": "count"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        calls = int(open("count").read())
        right = subprocess.run([trial.netweir, *command], capture_output=True).stdout
        points = [(n, 0) for n in range(1, calls + 1, max(1, calls // trial.size(60, 5000)))]
        points += [(n, n) for n in range(1, min(calls, 5000), max(1, min(calls, 5000) // trial.size(20, 500)))]

        def one(point, command=command, base=base):
            env = {**base, "TRUST_FAIL_FROM": str(point[0]), "TRUST_FAIL_EVERY": str(point[1])}
            return point, subprocess.run([trial.netweir, *command], env=env, capture_output=True, timeout=60)
        for point, done in captures.many(trial, [lambda p=p: one(p) for p in points]):
            total += 1
            text = done.stderr.decode(errors="replace")
            trial.check(done.returncode >= 0, f"{name}, allocation {point}: signal {-done.returncode}: {text[-300:]}")
            ends[done.returncode] = ends.get(done.returncode, 0) + 1
            if done.returncode == 0:
                whole += done.stdout == right
            elif done.returncode > 0:
                clean += 1
                trial.check(text.strip(), f"{name}, allocation {point}: ended with {done.returncode} and said nothing")
            trial.check(not done.stdout or done.stdout.endswith((b"\n", b"]")), f"{name}, allocation {point}: half a line")
    trial.note(f"{total} runs: {whole} as if nothing had been, {clean} ended cleanly; exit codes {dict(sorted(ends.items()))}")
