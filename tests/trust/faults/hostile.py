# SPDX-License-Identifier: GPL-2.0-or-later
"""16 to 21: netlink that is not the kernel's, not whole, or already somebody else's."""
import glob
import os
import random
import signal
import socket
import struct
import subprocess
import time

import conntrack_kernel_test as ct
import flood_kernel_test as nflog
from harness import ledger, nft, sh, wait_for, write
from trust import ROOT, netlink_sockets, number

AF_NETLINK, NETFILTER, ROUTE, GENERIC = 16, 12, 0, 16


def corpus(source):
    """The kernel's own datagrams: what a fuzzer found has a hash for its name."""
    for path in sorted(glob.glob(os.path.join(ROOT, "sources", source, "corpus", "message", "*"))):
        if len(os.path.basename(path)) == 40:
            continue
        with open(path, "rb") as f:
            yield os.path.basename(path), f.read()


@number(16, "a root process sends forged NFLOG and conntrack messages to our sockets", ci=True)
def forged(trial):
    ct.fresh()
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE + ct.RULE)
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, queue_timeout: 10ms}\n  - {name: ct, type: conntrack}\n"
                    "outputs:\n  - {type: json, events: [binding, packet, flow, loss, source, alert]}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("f")
    run.wait_up("ct")
    time.sleep(0.3)
    forger = socket.socket(AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    sent = 0
    ports = [port for port, _, _ in netlink_sockets(run.process.pid)]
    trial.check(len(ports) >= 2, f"{len(ports)} netfilter sockets")
    for port in ports:
        for source in ("nflog", "conntrack"):
            for _, octets in corpus(source):
                forger.sendto(octets, (port, 0))
                sent += 1
    time.sleep(0.5)
    before = [line for line in run.lines() if line["event_type"] in ("binding", "packet")]
    trial.check(before == [], f"events of forged packets: {before[:1]}")
    nflog.flood(100)
    time.sleep(0.4)
    trial.stop(run)
    lines = trial.verified(run.path, offered={"f": nflog.offered()})
    foreign = sum(l["foreign"] for l in lines[-1]["goodbye"]["sources"])
    trial.residue("forged messages that are not counted foreign", sent - foreign)
    trial.check(ledger(lines, "f")["lost"] == 0 and ledger(lines, "f")["rejected"] == 0, ledger(lines, "f"))
    helper = [line for line in lines if line["event_type"] == "flow" and line["flow"].get("helper") == "ftp"]
    trial.check(not helper, "a flow of a forged message")
    trial.check([line["source"]["state"] for line in lines if line["event_type"] == "source"
                 and line["source"]["state"] in ("down", "retrying")].count("retrying") == 0, "a source has died of it")
    trial.note(f"{sent} forged messages, {foreign} counted foreign, no event; 100 real packets behind them received")


def mutations(octets, thorough):
    """What the list names: cut at every octet, every wrong nla_len and nlmsg_len, attributes doubled and nested."""
    for cut in range(0, len(octets), 1 if thorough else 7):
        yield octets[:cut]
        if cut >= 16:  # with a length that agrees
            yield struct.pack("=I", cut) + octets[4:cut]
    for length in (0, 1, 15, 16, 19, len(octets) + 1, 65535, 0xffffffff):
        yield struct.pack("=I", length) + octets[4:]
    at = 20
    while at + 4 <= len(octets):
        real = struct.unpack_from("=H", octets, at)[0]
        for length in (0, 1, 3, 4, 65535):
            yield octets[:at] + struct.pack("=H", length) + octets[at + 2:]
        if real < 4 or at + real > len(octets):
            break
        whole = octets[at:at + ((real + 3) & ~3)]
        doubled = octets[:at] + whole + octets[at:]
        yield struct.pack("=I", len(doubled)) + doubled[4:]
        nest = octets[at:at + real]
        for _ in range(40):  # nests in nests
            nest = struct.pack("=HH", min(len(nest) + 4, 65535), 0x8001) + nest
        nested = octets[:at] + nest
        yield struct.pack("=I", len(nested)) + nested[4:]
        at += (real + 3) & ~3
    for kind in (2, 3, 4):  # NLMSG_ERROR, DONE, OVERRUN, short and whole
        for size in (0, 1, 3, 4, 20):
            yield struct.pack("=IHHII", 16 + size, kind, 0, 1, 0) + b"\xff" * size


def recording(path, datagrams):
    """A capture of LINKTYPE_NETLINK, by the draft; each datagram with its netlink family."""
    count = 0
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 253))
        for protocol, octets in datagrams:
            data = struct.pack(">HH10xH", 4, 824, protocol) + octets
            f.write(struct.pack("=IIII", 1_700_000_000 + count // 1000, count % 1000, len(data), len(data)) + data)
            count += 1
    return count


@number(17, "every recorded datagram cut at every octet, with every wrong length, doubled and nested attributes", ci=True, netns=False)
def corpus_replayed(trial):
    family = open(os.path.join(ROOT, "tests/guest/recorded/6.1/family.nl"), "rb").read()
    total = 0
    for source, protocol in (("nflog", NETFILTER), ("conntrack", NETFILTER), ("psample", GENERIC)):
        def datagrams():
            if protocol == GENERIC:
                yield protocol, family
            for _, octets in corpus(source):
                if protocol == GENERIC:
                    octets = octets[:4] + struct.pack("=H", 33) + octets[6:]
                for mutated in mutations(octets, not trial.short):
                    yield protocol, mutated
        count = recording(source + ".pcap", datagrams())
        total += count
        with open(source + ".out", "wb") as out:
            begin = time.monotonic()
            done = subprocess.run([os.path.join(trial.asan, "netweir"), "replay", source + ".pcap", "--events", "binding,packet,flow,nat,loss,alert"],
                                  stdout=out, stderr=subprocess.PIPE, timeout=250)
            took = time.monotonic() - begin
        trial.check(done.returncode == 0, f"{source}: ended with {done.returncode}: {done.stderr.decode(errors='replace')[-800:]}")
        lines = trial.verified(source + ".out")
        trial.note(f"{source}: {count} datagrams in {took:.1f} s, {len(lines)} lines")
    trial.note("with ASan and UBSan" if trial.asan != trial.build else "without sanitizers: there is no such build")


@number(18, "datagrams as large as they get: 65 531 octets a packet, full batches of 128 KiB", ci=True)
def large(trial):
    sh("ip", "link", "set", "lo", "mtu", "65536")
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE.replace("queue-threshold 1024 ", ""))
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, copy_range: 65531, batch_size: 128KiB, queue_threshold: 1000000, "
                    "receive_buffer: 32MiB}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("f")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 9))
    rng = random.Random(1)
    for n in range(600):
        try:
            s.send(bytes(65000 if n % 7 == 0 else rng.randrange(1, 65000)))
        except OSError:
            pass
        if n % 10 == 0:
            time.sleep(0.002)
    nflog.flood(3000)
    time.sleep(0.6)
    nflog.flood(1)
    time.sleep(0.4)
    trial.stop(run)
    truth = nflog.offered()
    lines = trial.verified(run.path, offered={"f": truth})
    l = ledger(lines, "f")
    trial.check(l["truncated"] == 0, f"{l['truncated']} datagrams were cut")
    trial.note(f"offered {truth}, received {l['received']}, lost {l['lost']}, truncated 0")


@number(19, "a second instance on the same group", ci=True)
def second_instance(trial):
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE)
    first = trial.run("run", "nflog:5")
    first.wait_up("nflog:5")
    port = next(port for port, _, _ in netlink_sockets(first.process.pid))
    second = trial.run("run", "nflog:5")
    code = second.process.wait(5)
    text = second.stderr()
    trial.check(code in (71, 77), f"the second ended with {code}")
    trial.check(str(port) in text and str(first.process.pid) in text, f"the holder (port {port}, process {first.process.pid}) is not in: {text}")
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5}\n")
    third = trial.run("run", "-c", "c.yaml")
    third.wait_line(lambda line: line["event_type"] == "source" and line["source"]["state"] == "retrying")
    tries = third.sampler
    nflog.flood(500)
    time.sleep(0.6)
    trial.stop(third)
    trial.stop(first)
    trial.verified(third.path)
    lines = trial.verified(first.path, offered={"nflog:5": nflog.offered()})
    l = ledger(lines, "nflog:5")
    trial.check(l["received"] == 500, f"the first received {l['received']} of 500")
    trial.check(tries.now()[4] < 1, "the one that waits spins")
    trial.note(f"the second is told of port {port} and process {first.process.pid}; the first received 500 of 500")


HOLDER = """
import socket, struct, sys, time
s = socket.socket(16, 3, 12)
s.bind((0, 0))
command = struct.pack("=BxHHxB", 0, 0, 0, 0)
def request(group):
    attribute = struct.pack("=HHBxxx", 5, 1, 1)
    body = struct.pack("=BB", 0, 0) + struct.pack(">H", group) + attribute
    return struct.pack("=IHHII", 16 + len(body), 4 << 8 | 1, 5, 1, 0) + body
s.send(request(5))
answer = s.recv(4096)
print(struct.unpack_from("=i", answer, 16)[0], flush=True)
time.sleep(float(sys.argv[1]))
"""


@number(20, "the group is held by another program, and freed later", ci=True)
def stolen(trial):
    seconds = trial.size(1.5, 20)
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE)
    holder = subprocess.Popen(["/usr/bin/python3", "-c", HOLDER, str(seconds)], stdout=subprocess.PIPE, text=True)
    trial.check(holder.stdout.readline().strip() == "0", "the other program could not bind the group")
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_line(lambda line: line["event_type"] == "source" and line["source"]["state"] == "retrying")
    nflog.flood(100)  # the other program's
    holder.wait(seconds + 5)
    begin = time.monotonic()
    run.wait_up("f", 35)
    took = time.monotonic() - begin
    trial.check(took <= 30, f"bound after {took:.1f} s")
    nflog.flood(100)
    time.sleep(0.5)
    trial.stop(run)
    lines = trial.verified(run.path, offered={"f": nflog.offered() - 100})
    trial.note(f"bound {took:.1f} s after it was free; received {ledger(lines, 'f')['received']} of 100")


SQUATTER = """
import os, socket, sys, time
os.setgroups([]); os.setgid(65534); os.setuid(65534)
held = []
for protocol in (0, 12, 16):
    s = socket.socket(16, 3, protocol)
    s.bind((int(sys.argv[1]), 0))
    held.append(s)
print("held", flush=True)
time.sleep(60)
"""


@number(21, "an unprivileged process squats on the port id that is our process id", ci=True)
def squatted(trial):
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE)
    read, start = os.pipe()
    child = os.fork()
    if child == 0:  # waits, so that its process id is known; then it is netweir
        try:
            os.close(start)
            os.read(read, 1)
            out = os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            err = os.open("err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(out, 1)
            os.dup2(err, 2)
            os.execv(trial.netweir, [trial.netweir, "run", "nflog:5", "pcap:lo"])
        finally:
            os._exit(127)
    squatter = subprocess.Popen(["/usr/bin/python3", "-c", SQUATTER, str(child)], stdout=subprocess.PIPE, text=True)
    try:
        trial.check(squatter.stdout.readline().strip() == "held", "the port ids could not be squatted on")
        os.write(start, b"x")
        wait_for(lambda: os.path.exists("out") and sum(1 for line in open("out") if '"state":"up"' in line) == 2, 5, "both sources")
        ports = [port for port, _, _ in netlink_sockets(child)]
        trial.check(child not in ports, f"its ports {ports}")
        nflog.flood(100)
        time.sleep(0.5)
    finally:
        os.kill(child, signal.SIGINT)
        _, status = os.waitpid(child, 0)
        squatter.kill()
        squatter.wait()
    trial.check(os.waitstatus_to_exitcode(status) == 0, f"ended with {status}")
    lines = trial.verified("out", offered={"nflog:5": nflog.offered()})
    trial.note(f"port id {child} was taken; received {ledger(lines, 'nflog:5')['received']} of 100")
