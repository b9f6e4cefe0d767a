# SPDX-License-Identifier: GPL-2.0-or-later
"""1 to 12: what the kernel could not hand over is counted, and nothing of the host's is held up."""
import signal
import socket
import subprocess
import threading
import time

import conntrack_kernel_test as ct
import flood_kernel_test as nflog
from harness import Skip, ledger, nft, sh, wait_for, write
from trust import netlink_sockets, number, stop_and_continue


def rule(threshold=1024, extra=""):
    sh("nft", "flush", "ruleset")
    nft(nflog.RULE.replace("1024", str(threshold)) + extra)


def nflog_run(trial, **keys):
    text = "".join(f", {k}: {v}" for k, v in keys.items())
    write("c.yaml", f"sources:\n  - {{name: f, type: nflog, group: 5{text}}}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("f")
    return run


def finish(trial, run, offered, source="f"):
    """One more packet makes the sum exact; then the equations."""
    time.sleep(0.6)
    nflog.flood(1)
    time.sleep(0.3)
    trial.stop(run)
    truth = nflog.offered()
    trial.check(truth == offered + 1, f"the load was to be {offered + 1} packets, the counter says {truth}")
    lines = trial.verified(run.path, offered={source: truth})
    l = ledger(lines, source)
    trial.check(l["lost_exact"], "the sum is not exact")
    trial.note(f"offered {truth}, received {l['received']}, lost {l['lost']}")
    return lines, l


@number(1, "NFLOG, receive buffer of 2304 octets, 1000 packets, reader stopped for 1 s", ci=True)
def small_buffer(trial):
    rule(50)
    run = nflog_run(trial, receive_buffer=2304, receive_buffer_max=2304)
    stop_and_continue(run.process.pid, 1.0, lambda: nflog.flood(1000))
    lines, l = finish(trial, run, 1000)
    trial.check(l["lost"] > 0, "nothing was lost: this says nothing")
    losses = [line["seq"] for line in lines if line["event_type"] == "loss"]
    trial.note(f"{len(losses)} loss lines")


@number(2, "NFLOG, 50 packets a batch, 128 KiB, a burst of 20 000", ci=True)
def burst(trial):
    rule(50)
    run = nflog_run(trial, receive_buffer="128KiB", receive_buffer_max="128KiB", queue_threshold=50)
    stop_and_continue(run.process.pid, 0.2, lambda: nflog.flood(20000))
    wait_for(lambda: netlink_sockets(run.process.pid), what="its socket")
    time.sleep(0.5)
    drops = max(s[2] for s in netlink_sockets(run.process.pid))
    _, l = finish(trial, run, 20000)
    trial.check(l["lost"] > 0 and drops > 0, "nothing was lost: this says nothing")
    trial.check(drops <= l["lost"] <= drops * 50, f"{l['lost']} packets cannot have been in {drops} batches")
    trial.note(f"the socket dropped {drops} batches")


@number(3, "a reader that is slow all the time", ci=True)
def slow_reader(trial):
    rule(10)
    run = nflog_run(trial, receive_buffer="64KiB", receive_buffer_max="64KiB", queue_threshold=10)
    seconds = trial.size(4, 60)
    over = time.monotonic() + seconds
    sent = 0
    before = run.sampler.now()
    while time.monotonic() < over:
        stop_and_continue(run.process.pid, 0.02, lambda: nflog.flood(2000))
        sent += 2000
        time.sleep(0.002)
    after = run.sampler.now()
    _, l = finish(trial, run, sent)
    trial.check(l["lost"] > 0, "nothing was lost: this says nothing")
    share = (after[4] - before[4]) / (after[0] - before[0])
    said = [line for line in run.stderr().splitlines() if "lost" in line]
    trial.check(share < 1, f"{share:.2f} of a core")
    trial.check(len(said) <= seconds / 10 + 3, f"{len(said)} lines about it in {seconds} s")
    trial.note(f"{100 * share:.0f} % of a core, {len(said)} log lines in {seconds} s")


@number(4, "loss at the tail, then silence", ci=True)
def tail(trial):
    rule(10)
    run = nflog_run(trial, receive_buffer=4096, receive_buffer_max=4096, queue_threshold=10)
    stop_and_continue(run.process.pid, 0.3, lambda: nflog.flood(2000))
    begin = time.monotonic()
    at_least = run.wait_line(lambda line: line["event_type"] == "loss" and not line["loss"]["exact"], 3)
    took = time.monotonic() - begin
    trial.check(took <= 1.0, f"it was said after {took:.1f} s")
    time.sleep(0.5)
    so_far = sum(line["loss"]["count"] for line in run.lines() if line["event_type"] == "loss")
    trial.check(so_far < 2000, "an exact loss was told before the next packet came")
    _, l = finish(trial, run, 2000)
    trial.note(f"at least {at_least['loss']['count']} told after {took:.2f} s, exact with the next packet")


@number(5, "20 000 conntrack flows into 128 KiB")
def conntrack_burst(trial):
    ct.fresh(acct=0, timestamp=0)
    run = trial.run("run", "-c", ct.configuration(receive_buffer="128KiB", receive_buffer_max="128KiB", resync_min="1s"))
    run.wait_up("ct")
    begun = ct.wait_listing(run, "dump")
    stop_and_continue(run.process.pid, 0.1, lambda: ct.flows(0, 10000))
    ct.flows(10000, 10000)
    ct.wait_listing(run, "resync", begun)
    wait_for(lambda: ct.living(run.lines()) == ct.kernel_flows(), 20, "the table of conntrack -L")
    table = ct.kernel_flows()
    trial.residue("flows that only one of conntrack -L and the events has", len(ct.living(run.lines()) ^ table))
    trial.check(len(table) == 20000, f"{len(table)} flows in the kernel")
    after = len(run.lines())
    stop_and_continue(run.process.pid, 0.1, lambda: sh("conntrack", "-F", check=False))
    ct.wait_listing(run, "resync", after)
    wait_for(lambda: not ct.living(run.lines()), 20, "the end of all flows")
    time.sleep(0.3)
    trial.stop(run)
    lines = trial.verified(run.path, offered={"ct": 40000})
    l = ledger(lines, "ct")
    trial.check(l["lost"] > 0, "nothing was lost: this says nothing")
    begins = ct.of(lines, "NEW")
    ends = ct.of(lines, "END")
    trial.residue("flows begun and not ended", len(begins) - len(ends))
    resync = sum(1 for f in ends if f["reason"] == "resync")
    trial.check(resync > 0, "no flow was ended by the resync")
    trial.note(f"offered 40000 events, received {l['received']}, lost {l['lost']}; {resync} flows ended by the resync")


@number(6, "another overrun during the resync and its cool-down", ci=True)
def overrun_again(trial):
    ct.fresh(acct=0, timestamp=0)
    run = trial.run("run", "-c", ct.configuration(receive_buffer="64KiB", receive_buffer_max="64KiB", resync_min="2s"))
    run.wait_up("ct")
    begun = ct.wait_listing(run, "dump")
    stop_and_continue(run.process.pid, 0.1, lambda: ct.flows(0, 8000))
    run.wait_line(lambda line: line["event_type"] == "source" and line["source"].get("state") == "resync_begin"
                  and line["source"].get("reason") == "resync")
    stop_and_continue(run.process.pid, 0.1, lambda: ct.flows(8000, 8000))
    first = ct.wait_listing(run, "resync", begun)
    wait_for(lambda: ct.living(run.lines()) == ct.kernel_flows(), 30, "the table of conntrack -L")
    trial.residue("flows that only one of conntrack -L and the events has", len(ct.living(run.lines()) ^ ct.kernel_flows()))
    trial.stop(run)
    lines = trial.verified(run.path)
    states = [line["source"]["state"] for line in lines if line["event_type"] == "source"
              and line["source"].get("state", "").startswith("resync")]
    open_now = 0
    for state in states:
        open_now += 1 if state == "resync_begin" else -1
        trial.check(0 <= open_now <= 1, f"two listings at once: {states}")
    begins = [line for line in lines if line["event_type"] == "source" and line["source"].get("state") == "resync_begin"
              and line["source"].get("reason") == "resync"]
    trial.check(len(begins) >= 2, f"{len(begins)} resyncs after two overruns ({first} lines)")
    trial.note(f"{len(begins)} resyncs, never two at once")


@number(7, "a table of 100 000 entries is listed again")
def large_table(trial):
    ct.fresh(acct=0, timestamp=0)
    size = trial.size(20000, 100000)
    run = trial.run("run", "-c", ct.configuration(receive_buffer="256KiB", receive_buffer_max="256KiB", resync_min="1s"))
    run.wait_up("ct")
    begun = ct.wait_listing(run, "dump")
    before = run.sampler.now()[1]
    stop_and_continue(run.process.pid, 0.1, lambda: ct.scan(size))
    created = int(sh("conntrack", "-C").stdout)
    if created < size:
        raise Skip(f"the kernel holds {created} of {size} flows (nf_conntrack_max)")
    ct.wait_listing(run, "resync", begun, 60)
    wait_for(lambda: ct.living(run.lines()) == ct.kernel_flows(), 60, "the table of conntrack -L")
    # Now one that nothing else disturbs: how long it takes, with new flows all the while.
    begun = len(run.lines())
    over = threading.Event()
    sent = []

    def trickle():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        n = 0
        while not over.wait(0.01):
            s.sendto(b"x", ("127.250.0.1", 1024 + n))
            sent.append(time.time())
            n += 1
    thread = threading.Thread(target=trickle)
    thread.start()
    stop_and_continue(run.process.pid, 0.05, lambda: [ct.flows(k * 4096, 4000) for k in range(2)])
    ct.wait_listing(run, "resync", begun, 60)
    time.sleep(0.5)
    over.set()
    thread.join()
    rss = run.sampler.now()[1]
    trial.stop(run, seconds=10)
    lines = trial.verified(run.path)
    marks = [(line["source"]["state"], stamp(line["timestamp"])) for line in lines[begun:] if line["event_type"] == "source"
             and line["source"].get("reason") == "resync"]
    first = next(at for state, at in marks if state == "resync_begin")
    last = next(at for state, at in marks if state == "resync_end" and at >= first)
    took = last - first
    trial.check(took < 2 * (5 if trial.short else 1), f"the resync took {took:.2f} s")
    trial.check(rss - before < 64 * 1024 + size * 0.7, f"RSS grew by {(rss - before) / 1024:.0f} MiB")
    trial.note(f"{created} flows listed in {took:.2f} s; RSS grew by {(rss - before) / 1024:.0f} MiB with the table")


def stamp(text):
    import datetime
    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp() + float("0." + text[20:29])


@number(8, "flows opened before the start, closed after it")
def old_flows(trial):
    ct.fresh(events=2)
    ct.flows(0, 50)
    run = trial.run("run", "-c", ct.configuration(reconcile="1s"))
    run.wait_up("ct")
    ct.wait_listing(run, "dump")
    begin = time.monotonic()
    sh("conntrack", "-D", "-p", "udp", "--orig-dst", "127.1.0.1")
    wait_for(lambda: len(ct.of(run.lines(), "END")) == 50, 10, "50 ends")
    took = time.monotonic() - begin
    trial.stop(run)
    lines = trial.verified(run.path)
    trial.residue("flows begun and not ended", len(ct.of(lines, "NEW")) - len(ct.of(lines, "END")))
    trial.check(took < 2.5, f"closed after {took:.1f} s; the interval is 1 s")
    trial.note(f"50 flows closed by the reconcile {took:.1f} s after they ended")


@number(9, "reliable: true and a worker that is stopped", ci=True)
def reliable(trial):
    ct.fresh(acct=0, timestamp=0)
    run = trial.run("run", "-c", ct.configuration(receive_buffer="64KiB", receive_buffer_max="64KiB", reliable="true",
                                                  resync_min="1s"))
    run.wait_up("ct")
    ct.wait_listing(run, "dump")
    seconds = trial.size(4, 30)
    refused = []

    def load():
        time.sleep(2.0)  # the watchdog's second
        over = time.monotonic() + seconds - 2.5
        while time.monotonic() < over:
            refused.append(ct.scan(2000))
            sh("conntrack", "-F", check=False)
            time.sleep(0.05)
    stop_and_continue(run.process.pid, seconds, load)
    trial.residue("datagrams of the host that were refused", sum(refused))
    left = int(sh("conntrack", "-C").stdout)
    trial.check(left < 2001, f"{left} flows are held for us")
    wait_for(lambda: "kept up with again" in run.stderr(), 10, "the end of the lag")
    ct.flows(20000, 10)
    wait_for(lambda: ct.living(run.lines()) == ct.kernel_flows(), 20, "the table of conntrack -L")
    trial.stop(run)
    trial.verified(run.path)
    trial.note(f"stopped for {seconds} s: of {2000 * len(refused)} new flows none was refused")


@number(10, "a larger buffer is not permitted (no CAP_NET_ADMIN in the first user namespace)", ci=True, netns=False)
def forced_buffer(trial):
    """In a user namespace of its own: SO_RCVBUFFORCE is refused there, the group is ours to bind."""
    write("c.yaml", "sources:\n  - {name: f, type: nflog, group: 5, receive_buffer: 32MiB, receive_buffer_max: 32MiB}\n")
    out = open("out", "wb")
    err = open("err", "wb")
    child = subprocess.Popen(["unshare", "--user", "--map-root-user", "--net", trial.netweir, "run", "-c", "c.yaml"],
                             stdout=out, stderr=err, stdin=subprocess.DEVNULL)
    try:
        time.sleep(1.5)
        if child.poll() is not None:
            text = open("err").read()
            if "unshare" in text:
                raise Skip(text.strip())
            raise AssertionError(f"ended with {child.returncode}: {text}")
        child.send_signal(signal.SIGINT)
        trial.check(child.wait(6) == 0, f"ended with {child.returncode}")
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    trial.verified("out")
    said = [line for line in open("err").read().splitlines() if "buffer" in line.lower()]
    trial.check(len(said) == 1, f"{len(said)} lines about the buffer: {said}")
    limit = int(open("/proc/sys/net/core/rmem_max").read())
    trial.check(any("32" in line for line in said), f"the wanted size is not in {said}")
    trial.note(f"rmem_max {limit}; it says: {said[0] if said else 'nothing'}")


@number(11, "steady overload: the buffer grows to its maximum, then `overloaded`, then `recovered`", limit=400)
def growth(trial):
    rule(1)
    run = nflog_run(trial, receive_buffer=4096, receive_buffer_max="64KiB", queue_threshold=1)
    sent = 0
    over = time.monotonic() + trial.size(8, 30)
    while time.monotonic() < over:
        stop_and_continue(run.process.pid, 0.02, lambda: nflog.flood(500))
        sent += 500
        time.sleep(0.002)
    port = max(netlink_sockets(run.process.pid), key=lambda s: s[2])[0]
    shown = sh("ss", "-a", "-m", "-f", "netlink").stdout
    trial.note(f"port {port}; ss -m: {'rb131072' if 'rb131072' in shown else 'its buffer is not 64 KiB'}")
    trial.check("rb131072" in shown, "the buffer has not grown to its maximum (twice 64 KiB, as the kernel accounts it)")
    states = [line["source"]["state"] for line in run.lines() if line["event_type"] == "source"]
    trial.check("overloaded" in states, f"states {states}: no `overloaded` under steady loss")
    if "overloaded" in states:
        run.wait_line(lambda line: line["event_type"] == "source" and line["source"].get("state") == "recovered", 90)
    finish(trial, run, sent)


@number(12, "AF_PACKET with a tiny buffer", ci=True)
def packet_socket(trial):
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for link in ("v0", "v1"):
        sh("sysctl", "-w", f"net.ipv6.conf.{link}.disable_ipv6=1")
        sh("ip", "link", "set", link, "up")
    write("c.yaml", "sources:\n  - {name: p, type: pcap, interface: v0, snaplen: 128, receive_buffer: 256KiB}\n"
                    "outputs:\n  - {type: json, events: [loss, source]}\n")
    run = trial.run("run", "-c", "c.yaml")
    run.wait_up("p")
    frame = bytes.fromhex("ffffffffffff020000000001080600010800060400010200000000"
                          "01c0000201000000000000c0000202") + bytes(18)
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("v1", 0))
    count = trial.size(40000, 400000)

    def send():
        for _ in range(count // 4):
            sender.send(frame)
    for _ in range(4):
        stop_and_continue(run.process.pid, 0.1, send)
        time.sleep(0.4)
    time.sleep(0.5)
    trial.stop(run)
    lines = trial.verified(run.path, offered={"p": count})
    l = ledger(lines, "p")
    trial.check(l["lost"] > 0, "nothing was lost: this says nothing")
    trial.note(f"offered {count}, received {l['received']}, lost {l['lost']}")
