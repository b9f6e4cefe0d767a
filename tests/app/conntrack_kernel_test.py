# SPDX-License-Identifier: GPL-2.0-or-later
"""The conntrack source on the machine's own kernel: what is told equals what conntrack(8) sees, also after loss."""
import collections
import glob
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import harness
from harness import RUNNING, Run, ledger, nft, sh, validate, wait_for, write

RULE = """
table inet track {
  chain c {
    type filter hook output priority 0
    ct state new counter
  }
}
"""
TABLE = "/proc/sys/net/netfilter/nf_conntrack_"


def setup():
    harness.private_netns()


def sysctl(**values):
    for name, value in values.items():
        with open(TABLE + name, "w") as f:
            f.write(str(value))


def fresh(acct=1, timestamp=1, events=1):
    """A namespace whose table is empty and is told as the test wants it."""
    sh("nft", "flush", "ruleset")
    sysctl(acct=acct, timestamp=timestamp, events=events, udp_timeout=120)
    nft(RULE)
    sh("conntrack", "-F", check=False)


def flows(first, count):
    """`count` flows of one datagram each, to ports that nobody listens on."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    for n in range(first, first + count):
        s.sendto(b"x", (f"127.1.{n >> 12}.1", 10000 + (n & 0xfff)))
    s.close()


def kernel_flows(*options):
    """The kernel's table by conntrack(8): id, addresses and ports. Ids are hashes: two flows may share one."""
    listed = sh("conntrack", "-L", "-o", "id", *options).stdout
    flow = re.compile(r"src=(\S+) dst=(\S+) (?:sport=(\d+) dport=(\d+))?.* id=(\d+)")
    found = (flow.search(line) for line in listed.splitlines())
    return {(int(f[5]), f[1], f[2], int(f[3] or 0), int(f[4] or 0)) for f in found if f}


def key(flow):
    return (flow["id"], flow["src_ip"], flow["dest_ip"], flow.get("src_port", 0), flow.get("dest_port", 0))


def of(lines, action=None):
    return [l["flow"] for l in lines if l["event_type"] == "flow" and action in (None, l["flow"]["action"])]


def living(lines):
    """What was announced and has not ended; each at most once at a time."""
    alive = set()
    for f in of(lines):
        if f["action"] == "NEW":
            assert key(f) not in alive, f"announced twice: {f}"
            alive.add(key(f))
        elif f["action"] == "END":
            alive.discard(key(f))
    return alive


def wait_listing(run, reason, after=0, seconds=20.0):
    """The end of the first listing for `reason` that began after that many lines; returns how many lines then are."""
    def found():
        lines = run.lines()
        begun = False
        for n, l in enumerate(lines[after:], after):
            state = l.get("source", {}).get("state") if l["event_type"] == "source" else None
            if state == "resync_begin" and l["source"].get("reason") == reason:
                begun = True
            elif state == "resync_end" and begun:
                if "closed" in l["source"]:
                    return n + 1
                begun = False
        return None
    return wait_for(found, seconds, f"a listing for {reason}")


def configuration(**more):
    keys = "".join(f", {k}: {v}" for k, v in more.items())
    return write("c.yaml", f"""
sources:
  - {{name: ct, type: conntrack{keys}}}
outputs:
  - {{type: json, events: [flow, nat, loss, source, alert]}}
""")


def test_sessions_from_begin_to_end():
    fresh()
    run = Run("run", "conntrack", "--events", "flow,loss,source")
    run.wait_up("conntrack")
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    other, _ = server.accept()
    client.sendall(b"x" * 5000)
    received = 0
    while received < 5000:
        received += len(other.recv(8192))
    name = client.getsockname(), server.getsockname()
    sh("ping", "-c", "1", "127.0.0.1")
    sh("ping", "-c", "1", "::1")
    other.close()
    client.close()
    listed = sh("conntrack", "-L", "-p", "tcp", "-o", "id").stdout
    flow_id = int(re.search(r" id=(\d+)", listed)[1])
    time.sleep(0.3)
    deleted = sh("conntrack", "-D", "-p", "tcp", "-o", "id").stdout
    run.wait_line(lambda l: l["event_type"] == "flow" and l["flow"]["action"] == "END")
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    validate(run.path)
    tcp = [f for f in of(lines) if f["proto"] == "TCP"]
    assert [f["action"] for f in tcp][0] == "NEW" and tcp[-1]["action"] == "END", tcp
    for f in tcp:
        assert (f["src_ip"], f["src_port"]) == name[0] and (f["dest_ip"], f["dest_port"]) == name[1], f
        assert f["id"] == flow_id and f["community_id"].startswith("1:"), f
        assert "reply" not in f and "nat" not in f and f["reason"] == "kernel", f
    states = [f["state"] for f in tcp if f["action"] == "UPDATE"]
    assert states[:2] == ["SYN_RECV", "ESTABLISHED"] and "TIME_WAIT" in states, states
    end = tcp[-1]
    # conntrack(8) printed the counters when it deleted the flow.
    packets = [int(n) for n in re.findall(r"packets=(\d+)", deleted)]
    octets = [int(n) for n in re.findall(r"bytes=(\d+)", deleted)]
    assert [end["pkts_toserver"], end["pkts_toclient"]] == packets, (end, deleted)
    assert [end["bytes_toserver"], end["bytes_toclient"]] == octets, (end, deleted)
    assert octets[0] > 5000 and end["duration"] > 0.2 and end["start"] < end["end"], end
    icmp = [f for f in of(lines, "NEW") if f["proto"] in ("ICMP", "IPv6-ICMP")]
    assert sorted((f["proto"], f["icmp_type"], f["src_ip"]) for f in icmp) == [
        ("ICMP", 8, "127.0.0.1"), ("IPv6-ICMP", 128, "::1")], icmp
    l = ledger(lines, "conntrack")
    assert l["unit"] == "events" and l["received"] == l["decoded"]["done"] and l["lost"] == 0, l


def test_20000_flows_into_128_kib():
    fresh(acct=0, timestamp=0)
    run = Run("run", "-c", configuration(receive_buffer="128KiB", receive_buffer_max="128KiB", resync_min="1s"))
    run.wait_up("ct")
    begun = wait_listing(run, "dump")
    os.kill(run.process.pid, signal.SIGSTOP)  # a reader that gets no CPU for a while
    flows(0, 10000)
    os.kill(run.process.pid, signal.SIGCONT)
    flows(10000, 10000)
    wait_listing(run, "resync", begun)
    wait_for(lambda: living(run.lines()) == kernel_flows(), 20, "the table of conntrack -L")
    created = len(kernel_flows())
    assert created == 20000, created
    after = len(run.lines())
    os.kill(run.process.pid, signal.SIGSTOP)
    for part in range(4):
        sh("conntrack", "-D", "-p", "udp", "--orig-dst", f"127.1.{part}.1")
    os.kill(run.process.pid, signal.SIGCONT)
    wait_listing(run, "resync", after)
    wait_for(lambda: living(run.lines()) == kernel_flows(), 20, "the table of conntrack -L")
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    validate(run.path)
    ended = 20000 - len(kernel_flows())
    assert ended == 4 * 4096 - 0, ended
    l = ledger(lines, "ct")
    losses = sum(x["loss"]["count"] for x in lines if x["event_type"] == "loss" and x["loss"]["unit"] == "events"
                 and x.get("source"))
    print(f"  offered {created + ended}, received {l['received']}, lost {l['lost']}")
    assert l["received"] + l["lost"] == created + ended and l["lost_exact"], l
    assert l["lost"] == losses > 0, (l, losses)
    ends = collections.Counter(key(f) for f in of(lines, "END"))
    assert len(ends) == ended and set(ends.values()) == {1}, (len(ends), ended)
    reasons = collections.Counter(f["reason"] for f in of(lines, "END"))
    print(f"  ends by {dict(reasons)}")
    assert reasons["resync"] > 0 and reasons["kernel"] > 0, reasons
    for f in of(lines, "END"):
        if f["reason"] == "resync":
            assert f["counters"] == "unknown" and f["end_from"] <= f["end_to"] and "end" not in f, f


def counters():
    """Of conntrack -S, over all CPUs."""
    total = collections.Counter()
    for name, value in re.findall(r"(\w+)=(\d+)", sh("conntrack", "-S").stdout):
        total[name] += int(value)
    return total


def scan(count):
    """`count` one-way flows; how many of their datagrams the kernel refused."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    refused = 0
    for n in range(count):
        try:
            s.sendto(b"x", (f"127.{2 + (n >> 16)}.{n >> 8 & 255}.{n & 255}", 9))
        except OSError:
            refused += 1
    s.close()
    return refused


def test_a_stopped_reader_costs_the_host_nothing():
    fresh(acct=0, timestamp=0)
    before = counters()
    assert scan(300_000) == 0
    alone = counters() - before
    fresh(acct=0, timestamp=0)
    run = Run("run", "-c", configuration(resync_min="1s"))
    run.wait_up("ct")
    begun = wait_listing(run, "dump")
    os.kill(run.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    before = counters()
    assert scan(300_000) == 0
    watched = counters() - before
    time.sleep(max(0.0, 10 - (time.monotonic() - begin)))
    os.kill(run.process.pid, signal.SIGCONT)
    print(f"  conntrack -S alone {dict(alone)}, watched {dict(watched)}")
    for name in ("drop", "insert_failed", "error"):
        assert watched[name] == alone[name] == 0, (name, watched, alone)
    wait_listing(run, "resync", begun, 60)
    wait_for(lambda: living(run.lines()) == kernel_flows(), 60, "the table of conntrack -L")
    assert run.stop() == 0, run.stderr()
    l = ledger(run.lines(), "ct")
    print(f"  received {l['received']}, lost {l['lost']}")
    assert l["lost"] > 0 and l["lost_exact"], l


ULOGD = """
[global]
logfile="ulogd.log"
{plugins}
stack=ct1:NFCT,ip2str1:IP2STR,json1:JSON
[ct1]
hash_enable=0
event_mask=0x00000005
netlink_socket_buffer_size=8388608
netlink_socket_buffer_maxsize=8388608
[json1]
file="ulogd.json"
"""


def test_nothing_is_missing_that_others_see():
    fresh()
    folder = os.path.dirname(glob.glob("/usr/lib/*/ulogd/ulogd_inpflow_NFCT.so")[0])
    plugins = ("inpflow_NFCT", "filter_IP2STR", "output_JSON")
    write("ulogd.conf", ULOGD.format(plugins="\n".join(f'plugin="{folder}/ulogd_{p}.so"' for p in plugins)))
    run = Run("run", "-c", configuration())
    run.wait_up("ct")
    wait_listing(run, "dump")
    others = [subprocess.Popen(["ulogd", "-c", "ulogd.conf"], stderr=subprocess.DEVNULL),
              subprocess.Popen(["conntrack", "-E", "-e", "NEW,DESTROY", "-o", "id", "-b", "8388608"],
                               stdout=open("conntrack.out", "w"), stderr=subprocess.DEVNULL)]
    RUNNING.extend(others)
    wait_for(lambda: sum(int(l.split()[3], 16) != 0 for l in open("/proc/net/netlink").readlines()[1:]
                         if l.split()[1] == "12") == 3, what="three listeners")
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    for n in range(8):
        flows(1000 * n, 1000)
        for _ in range(20):
            client = socket.create_connection(server.getsockname())
            server.accept()[0].close()
            client.close()
        sh("ping", "-c", "1", "127.0.0.1")
        sh("ping", "-c", "1", "::1")
        time.sleep(0.1)
    sh("conntrack", "-F")
    wait_for(lambda: len(of(run.lines(), "END")) >= 8000 + 160 + 16, 30, "the ends")
    time.sleep(2)
    for p in others:
        p.send_signal(signal.SIGINT)
        p.wait(10)
    assert run.stop() == 0, run.stderr()
    assert ledger(run.lines(), "ct")["lost"] == 0
    ours = collections.Counter((f["action"], f["id"]) for f in of(run.lines()) if f["action"] != "UPDATE")
    kinds = {"NEW": "NEW", "DESTROY": "END", 1: "NEW", 4: "END"}
    conntrack = collections.Counter((kinds[m[1]], int(m[2]))
                                    for m in re.finditer(r"\[(NEW|DESTROY)\].* id=(\d+)", open("conntrack.out").read()))
    ulogd = collections.Counter((kinds[e["ct.event"]], e["ct.id"]) for e in map(json.loads, open("ulogd.json")))
    for name, theirs in (("conntrack -E", conntrack), ("ulogd2", ulogd)):
        print(f"  {name}: {sum(theirs.values())} events, netweir: {sum(ours.values())}")
        assert sum(theirs.values()) > 1000, name  # they lose some, and say so
        assert not theirs - ours, (name, list((theirs - ours).items())[:5])


def test_flows_older_than_us_are_ended_by_the_reconcile():
    fresh(events=2)  # the kernel's default: no events of flows that are older than the first listener
    flows(0, 50)
    run = Run("run", "-c", configuration(reconcile="1s", interim="1s"))
    run.wait_up("ct")
    begun = wait_listing(run, "dump")
    old = [f for f in of(run.lines(), "NEW")]
    assert len(old) == 50 and {f["reason"] for f in old} == {"dump"}, len(old)
    assert "older than the first listener" in run.stderr(), run.stderr()
    sh("conntrack", "-D", "-p", "udp", "--orig-dst", "127.1.0.1")
    wait_for(lambda: len(of(run.lines(), "END")) == 50, 10, "50 ends")
    wait_listing(run, "reconcile", begun)
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    ends = of(run.lines(), "END")
    assert {f["reason"] for f in ends} == {"reconcile"} and len({key(f) for f in ends}) == 50, ends[:2]


def test_long_flows_have_interim_counters():
    fresh()
    run = Run("run", "-c", configuration(reconcile="1s", interim="1s"))
    run.wait_up("ct")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 9))
    sent = 0
    for _ in range(14):
        for _ in range(10):
            try:
                s.send(b"x" * 100)
                sent += 1
            except ConnectionRefusedError:  # of the one before: this one was not sent
                pass
        time.sleep(0.25)
    time.sleep(1.2)
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    updates = [f for f in of(run.lines(), "UPDATE") if f.get("reason") == "reconcile"]
    counts = [f["pkts_toserver"] for f in updates]
    assert len(counts) >= 3 and counts == sorted(set(counts)) and counts[-1] == sent, (counts, sent)


def test_translations():
    for ns in ("inside", "outside"):
        sh("ip", "netns", "add", ns)
    try:
        for ns, link, ours, theirs in (("inside", "vi", "10.1.0.1", "10.1.0.2"),
                                       ("outside", "vo", "203.0.113.1", "203.0.113.9")):
            sh("ip", "link", "add", link, "type", "veth", "peer", "name", "e0", "netns", ns)
            sh("ip", "addr", "add", ours + "/24", "dev", link)
            sh("ip", "link", "set", link, "up")
            sh("ip", "-n", ns, "addr", "add", theirs + "/24", "dev", "e0")
            sh("ip", "-n", ns, "link", "set", "e0", "up")
            sh("ip", "-n", ns, "route", "add", "default", "via", ours)
        sh("sysctl", "-w", "net.ipv4.ip_forward=1")
        fresh()
        nft("""table ip nat {
  chain post { type nat hook postrouting priority 100; oifname vo meta l4proto udp snat to 203.0.113.1:40000-40999; }
  chain pre { type nat hook prerouting priority -100; iifname vo tcp dport 8080 dnat to 10.1.0.2:80; }
}""")
        run = Run("run", "conntrack", "--events", "nat,flow,source")
        run.wait_up("conntrack")
        code = ("import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('10.1.0.2',5555));"
                "s.sendto(b'x',('203.0.113.9',53))")
        sh("ip", "netns", "exec", "inside", "/usr/bin/python3", "-c", code)
        server = subprocess.Popen(["ip", "netns", "exec", "inside", "/usr/bin/python3", "-c",
                                   "import socket; s=socket.create_server(('10.1.0.2',80)); c,a=s.accept(); c.recv(1)"])
        time.sleep(0.5)
        sh("ip", "netns", "exec", "outside", "/usr/bin/python3", "-c",
           "import socket; s=socket.create_connection(('203.0.113.1',8080)); s.send(b'x')")
        server.wait(10)
        known = sh("conntrack", "-L", "-p", "udp", "-o", "id").stdout
        time.sleep(0.3)
        sh("conntrack", "-D", "-p", "udp", "--orig-src", "10.1.0.2")
        run.wait_line(lambda l: l["event_type"] == "nat" and l["nat"]["action"] == "DELETE")
        assert run.stop() == 0, run.stderr()
        validate(run.path)
        lines = run.lines()
        # conntrack(8) names the translated port as the destination of the answers.
        port = int(re.search(r"src=203.0.113.9 dst=203.0.113.1 sport=53 dport=(\d+)", known)[1])
        udp = [l["nat"] for l in lines if l["event_type"] == "nat" and l["nat"]["proto"] == "UDP"]
        assert [n["action"] for n in udp] == ["CREATE", "DELETE"], udp
        for n in udp:
            assert (n["src_ip"], n["src_port"], n["translated_src_ip"], n["translated_src_port"], n["type"]) == (
                "10.1.0.2", 5555, "203.0.113.1", port, "snat"), n
        tcp = [l["nat"] for l in lines if l["event_type"] == "nat" and l["nat"]["proto"] == "TCP"]
        assert len(tcp) >= 1 and tcp[0]["type"] == "dnat", tcp
        assert (tcp[0]["dest_ip"], tcp[0]["dest_port"], tcp[0]["translated_dest_ip"], tcp[0]["translated_dest_port"]) == (
            "203.0.113.1", 8080, "10.1.0.2", 80), tcp
        flow = next(f for f in of(lines, "NEW") if f["proto"] == "UDP" and "nat" in f)
        assert flow["nat"] == {"type": "snat", "src_ip": "203.0.113.1", "src_port": port}, flow
    finally:
        for ns in ("inside", "outside"):
            sh("ip", "netns", "del", ns)


def test_filters():
    fresh()
    rules = """table inet marks {
  chain c { type filter hook output priority -1; udp dport 10001 ct mark set 0x15; udp dport 10002 ct mark set 0x25; }
}"""
    nft(rules)
    flows(1, 3)
    sh("ping", "-c", "1", "127.0.0.1")
    cases = (
        ({"protocols": "[icmp]"}, lambda f: f["proto"] == "ICMP", 1, 1),
        ({"protocols": "[tcp]"}, lambda f: f["proto"] == "TCP", 0, 0),
        ({"mark": '"0x10/0xf0"'}, lambda f: f.get("mark") == 0x15, 1, 1),
        ({"networks": "[127.1.0.0/16]"}, lambda f: f["dest_ip"].startswith("127.1."), 3, 3),
        ({"protocols": "[udp]", "networks": "[127.0.0.0/8]", "mark": "0"}, lambda f: "mark" not in f, 1, 1),
        ({"zones": "[7]"}, lambda f: f.get("zone") == 7, 0, 0),
    )
    for keys, fits, listed, told in cases:
        run = Run("run", "-c", configuration(reconcile="1s", **keys))
        run.wait_up("ct")
        begun = wait_listing(run, "dump")
        found = of(run.lines(), "NEW")
        assert len(found) == listed and all(fits(f) for f in found), (keys, found)
        flows(0x3001, 3)
        sh("ping", "-c", "1", "127.0.0.1")
        # Nothing is ended that lives on: a filtered listing says nothing of the others.
        begun = wait_listing(run, "reconcile", begun)
        wait_listing(run, "reconcile", begun)
        assert run.stop() == 0, run.stderr()
        validate(run.path)
        lines = run.lines()
        assert all(fits(f) for f in of(lines)), keys
        events = [f for f in of(lines, "NEW") if f["reason"] == "kernel"]
        assert len(events) == told, (keys, events)
        assert not of(lines, "END"), (keys, of(lines, "END"))
        sh("conntrack", "-D", "-p", "udp", "--orig-dst", "127.1.3.1", check=False)
        sh("conntrack", "-D", "-p", "icmp", check=False)
        sh("ping", "-c", "1", "127.0.0.1")


def test_a_mark_that_leaves_the_filter():
    fresh()
    nft("table inet marks { chain c { type filter hook output priority -1; udp dport 10001 ct mark set 0x15; }; }")
    run = Run("run", "-c", configuration(reconcile="1s", mark="0x15"))
    run.wait_up("ct")
    flows(1, 1)
    run.wait_line(lambda l: l["event_type"] == "flow" and l["flow"]["action"] == "NEW")
    sh("conntrack", "-U", "-p", "udp", "--orig-dst", "127.1.0.1", "-m", "99")
    ended = run.wait_line(lambda l: l["event_type"] == "flow" and l["flow"]["action"] == "END")
    assert ended["flow"]["reason"] == "filter", ended
    assert run.stop() == 0, run.stderr()
    validate(run.path)


def test_reliable_never_holds_the_table_for_a_stopped_reader():
    fresh(acct=0, timestamp=0)
    run = Run("run", "-c", configuration(receive_buffer="64KiB", receive_buffer_max="64KiB", reliable="true",
                                         resync_min="1s"))
    run.wait_up("ct")
    wait_listing(run, "dump")
    os.kill(run.process.pid, signal.SIGSTOP)
    time.sleep(2.5)  # the watchdog's second
    flows(0, 5000)
    sh("conntrack", "-D", "-p", "udp")
    left = int(sh("conntrack", "-C").stdout)
    os.kill(run.process.pid, signal.SIGCONT)
    assert left == 0, f"{left} flows were held for us"
    wait_for(lambda: "kept up with again" in run.stderr(), 10, "the end of the lag")
    flows(20000, 10)
    wait_for(lambda: living(run.lines()) == kernel_flows(), 20, "the table of conntrack -L")
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    assert ledger(run.lines(), "ct")["lost_exact"] is False


def test_a_recording_tells_the_same():
    fresh()
    write("c.yaml", "sources: [{name: ct, type: conntrack, receive_buffer: 64KiB, receive_buffer_max: 64KiB, "
                    "resync_min: 1s, reconcile: 2s}]\n")
    flows(0, 20)
    run = Run("record", "-c", "c.yaml", "-w", "r.pcapng", "--events", "flow,nat,loss,source")
    run.wait_up("ct")
    begun = wait_listing(run, "dump")
    os.kill(run.process.pid, signal.SIGSTOP)
    flows(20, 2000)
    sh("conntrack", "-D", "-p", "udp", "--orig-dst", "127.1.0.1")
    os.kill(run.process.pid, signal.SIGCONT)
    wait_listing(run, "resync", begun)
    sh("ping", "-c", "1", "::1")
    time.sleep(2.5)
    assert run.stop() == 0, run.stderr()
    validate(run.path)
    with open("replay.out", "wb") as out:
        subprocess.run([harness.NETWEIR, "replay", "r.pcapng", "--events", "flow,nat,loss,source"], stdout=out,
                       check=True, stderr=subprocess.DEVNULL)
    validate("replay.out")
    done = subprocess.run(["/usr/bin/python3", os.path.join(harness.ROOT, "tests/kit/same_events.py"), run.path,
                           "replay.out"], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    print("  " + done.stdout.strip().replace("\n", "\n  "))
    shown = sh("tshark", "-r", "r.pcapng", "-Y", "netlink-netfilter", "-T", "fields", "-e", "frame.number").stdout
    assert len(shown.split()) > 100, shown[:200]


if __name__ == "__main__":
    harness.main(sys.modules[__name__], setup)
