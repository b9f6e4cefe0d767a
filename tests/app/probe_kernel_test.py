# SPDX-License-Identifier: GPL-2.0-or-later
"""netweir probe between two namespaces: what it says of times and losses, against tcpdump's times and tc's drops."""
import json
import math
import signal
import subprocess
import sys
import time

import harness
from harness import sh, wait_for

ENDS = ("pa", "pb")


def link():
    for ns in ENDS:
        sh("ip", "netns", "del", ns, check=False)
        sh("ip", "netns", "add", ns)
        sh("ip", "netns", "exec", ns, "sysctl", "-w", "net.ipv6.conf.default.disable_ipv6=1")
    sh("ip", "-n", "pa", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", "pb")
    sh("ip", "-n", "pa", "link", "set", "v0", "up")
    sh("ip", "-n", "pb", "link", "set", "v1", "up")
    for ns, name in (("pa", "v0"), ("pb", "v1")):  # before that its queue takes nothing
        wait_for(lambda ns=ns, name=name: "state UP" in sh("ip", "-n", ns, "link", "show", name).stdout, 30, "the carrier")


class Reflector:
    def __enter__(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", "pb", harness.NETWEIR, "probe", "--reflect", "v1"],
                                        stderr=subprocess.PIPE, text=True)
        assert "answering" in self.process.stderr.readline()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.said = self.process.communicate(timeout=10)[1]
        assert self.process.returncode == 0, self.said


def probe(*more, check=0):
    done = sh("ip", "netns", "exec", "pa", harness.NETWEIR, "probe", "v0", *more, check=False)
    assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
    return done


def short(told):
    return {key: value for key, value in told.items() if not key.endswith("_ns")}


def balanced(told):
    assert told["sent"] == told["received"] + told["lost"], short(told)


def test_every_probe_has_its_times():
    link()
    with Reflector() as r:
        told = json.loads(probe("--count", "5000", "--rate", "5000", "--timeout", "30s", "--json").stdout)
    balanced(told)
    assert told["sent"] == told["received"] == 5000, short(told)
    assert told["missing_timestamps"] == {"tx": 0, "rx": 0, "peer_rx": 0, "peer_tx": 0}, short(told)
    for name in ("round_trip_ns", "network_ns", "there_ns", "back_ns"):
        assert told[name]["count"] == 5000, name
        assert sum(n for _, n in told[name]["buckets"]) == 5000
    # Both ends have the same clock here: nothing arrives before it left.
    assert told["there_ns"]["min"] > 0 and told["back_ns"]["min"] > 0, short(told)
    assert told["clock_offset"] == "unknown"
    assert "answered 5000 probes" in r.said, r.said


def percentile(values, percent):
    return sorted(values)[max(1, math.ceil(percent / 100 * len(values))) - 1]


def test_percentiles_agree_with_tcpdump():
    link()
    # Replies wait at the other end, where nothing is lost: milliseconds, of which each probe has others.
    sh("tc", "-n", "pb", "qdisc", "add", "dev", "v1", "root", "tbf", "rate", "1mbit", "burst", "1540", "limit", "1000000")
    dump = subprocess.Popen(["ip", "netns", "exec", "pa", "tcpdump", "-i", "v0", "-w", "t.pcap", "--time-stamp-precision=nano", "-B", "32768", "--immediate-mode",
                             "ether proto 0x88b5"], stderr=subprocess.PIPE, text=True)
    while "listening" not in dump.stderr.readline():
        pass
    with Reflector():
        told = json.loads(probe("--count", "2000", "--rate", "1000", "--size", "80", "--timeout", "30s", "--json").stdout)
    time.sleep(0.5)
    dump.send_signal(signal.SIGINT)
    said = dump.communicate(timeout=10)[1]
    balanced(told)
    assert told["received"] == 2000, short(told)
    # tcpdump's own times, taken by another packet socket; the message by its octets: kind, then the sequence.
    left, came = {}, {}
    fields = sh("tshark", "-r", "t.pcap", "-T", "fields", "-e", "frame.time_epoch", "-e", "data.data").stdout
    for line in fields.splitlines():
        stamp, octets = line.split("\t")
        second, nano = stamp.split(".")
        kind, sequence = int(octets[10:12], 16), int(octets[32:40], 16)
        if kind in (1, 2):
            (left if kind == 1 else came)[sequence] = int(second) * 10**9 + int(nano.ljust(9, "0")[:9])
    trips = [came[n] - left[n] for n in left if n in came]
    assert len(trips) == 2000, (len(left), len(came), sorted(set(range(2000)) - set(left))[:5], sorted(set(range(2000)) - set(came))[-5:], said)
    for key, percent in (("p50", 50), ("p90", 90), ("p99", 99)):
        ours, theirs = told["round_trip_ns"][key], percentile(trips, percent)
        print(f"  {key}: {ours} ns, by tcpdump {theirs} ns ({100 * (ours - theirs) / theirs:+.2f} %)")
        # A few microseconds lie between the two places where times are taken.
        assert abs(ours - theirs) <= max(0.1 * theirs, 5000), (key, ours, theirs)


def test_losses_are_the_drops_of_the_queue():
    link()
    sh("tc", "-n", "pa", "qdisc", "add", "dev", "v0", "root", "tbf", "rate", "1mbit", "burst", "1540", "limit", "3000")
    with Reflector():
        told = json.loads(probe("--count", "4000", "--rate", "8000", "--timeout", "30s", "--json").stdout)
    balanced(told)
    dropped = json.loads(sh("tc", "-n", "pa", "-s", "-j", "qdisc", "show", "dev", "v0").stdout)[0]["drops"]
    print(f"  sent {told['sent']}, received {told['received']}, lost {told['lost']}, dropped by tbf {dropped}")
    assert told["lost"] == told["refused"] == dropped > 0, (short(told), dropped)
    assert told["missing_timestamps"]["tx"] == 0, short(told)


def test_two_ends_probe_each_other():
    link()
    ends = [subprocess.Popen(["ip", "netns", "exec", ns, harness.NETWEIR, "probe", dev, "--count", "900", "--rate", "300", "--timeout", "3s", "--json"],
                             stdout=subprocess.PIPE, text=True) for ns, dev in (("pa", "v0"), ("pb", "v1"))]
    answered = []
    for end in ends:
        told = json.loads(end.communicate(timeout=30)[0])
        assert end.returncode == 0
        balanced(told)
        answered.append(told["received"])
    # One of them is there a little later, and is gone a little earlier.
    assert min(answered) > 100, answered


def test_a_reflector_survives_its_neighbors():
    link()
    with Reflector() as r:
        sh("ip", "-n", "pb", "link", "set", "v1", "down")
        time.sleep(0.2)
        sh("ip", "-n", "pb", "link", "set", "v1", "up")
        wait_for(lambda: "state UP" in sh("ip", "-n", "pa", "link", "show", "v0").stdout, 30, "the carrier")
        # What is no probe, what is cut, what claims to come from everybody, replies and times that nobody asked for.
        hostile = '''
import random, socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("v0", 0))
random.seed(5)
for n in range(3000):
    body = bytes.fromhex("4e57505201") + bytes([random.randrange(5)]) + random.randbytes(random.randrange(400))
    source = b"\\xff" * 6 if n % 5 == 0 else bytes([2, 0, 0, 0, 0, n % 256])
    s.send(b"\\xff" * 6 + source + b"\\x88\\xb5" + body[:random.randrange(1, len(body))].ljust(46, b"\\x00"))
'''
        subprocess.run(["ip", "netns", "exec", "pa", "/usr/bin/python3", "-c", hostile], check=True)
        told = json.loads(probe("--count", "100", "--rate", "200", "--timeout", "30s", "--json").stdout)
        assert told["received"] == 100, short(told)
        assert r.process.poll() is None
    link()
    process = subprocess.Popen(["ip", "netns", "exec", "pb", harness.NETWEIR, "probe", "--reflect", "v1"], stderr=subprocess.PIPE, text=True)
    assert "answering" in process.stderr.readline()
    sh("ip", "-n", "pb", "link", "del", "v1")
    assert "no such interface" in process.communicate(timeout=30)[1] and process.returncode == 66


def test_what_it_says():
    link()
    with Reflector():
        text = probe("--count", "50", "--rate", "100", "--timeout", "30s").stdout
    for words in ("received 50, lost 0 (0.000 %)", "timestamps: all", "offset is not known", "round trip", "there", "back"):
        assert words in text, text
    nobody = probe("--count", "3", "--rate", "100", "--timeout", "50ms", check=69)
    assert "--reflect" in nobody.stderr and "lost 3" in nobody.stdout, nobody
    for more, words in ((("--rate", "0"), "--rate"), (("--to", "nobody"), "--to"), (("--timeout", "1h"), "--timeout"), (("--size", "10"), "--size")):
        assert words in probe(*more, check=64).stderr
    long = probe("--size", "2000", "--count", "1", check=71)
    assert "--size" in long.stderr, long
    gone = sh(harness.NETWEIR, "probe", "nosuch", check=False)
    assert gone.returncode == 66 and "ip link" in gone.stderr, gone
    for ns in ENDS:
        sh("ip", "netns", "del", ns)


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
