# SPDX-License-Identifier: GPL-2.0-or-later
"""Totals of live sources, against the kernel's own counters, in a network namespace of the test's own."""
import calendar
import collections
import json
import math
import random
import signal
import socket
import sys
import time

import harness
from harness import Run, ledger, nft, sh, validate, wait_for, write

CONFIG = """
sources:
  - {name: firewall, type: nflog, group: 5, queue_timeout: 10ms}
  - {name: idle, type: nflog, group: 6}
traffic:
  - {name: rules, key: [prefix, mark, group], interval: 1s}
  - {name: hosts, key: [src_ip, dest_ip, proto, dest_port], interval: 2s, by: packets, top: 2}
  - {name: links, key: [in_iface, out_iface], interval: 3s}
  - {name: named, key: [proto], sources: [firewall]}
  - {name: none, key: [proto], sources: [idle]}
outputs:
  - {type: json, events: [traffic, loss, source]}
"""


def totals(lines, name):
    return [line for line in lines if line["event_type"] == "traffic" and line["traffic"]["name"] == name]


def counters(table):
    """(packets, octets) of each rule with a counter, in their order."""
    rules = json.loads(sh("nft", "-j", "list", "table", *table).stdout)["nftables"]
    return [(part["counter"]["packets"], part["counter"]["bytes"]) for item in rules
            for part in item.get("rule", {}).get("expr", []) if "counter" in part]


def intervals(lines, seconds):
    """Of one total: each is a multiple of its length, or ends where the program did; none overlaps another."""
    seen = sorted({(seconds_of(t["traffic"]["from"]), seconds_of(t["traffic"]["to"])) for t in lines})
    for number, (begin, end) in enumerate(seen):
        assert begin == int(begin) and int(begin) % seconds == 0, (begin, seconds)
        assert end == begin + seconds or number == len(seen) - 1, seen
        assert number == 0 or begin >= seen[number - 1][1], seen
    return len(seen)


def seconds_of(text):
    whole = time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(whole) + int(text[20:29]) / 1e9


def send(count, port, size, mark=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if mark:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    for _ in range(count):
        try:
            s.sendto(b"x" * size, ("127.0.0.1", port))
        except PermissionError:  # what a drop in the output hook looks like
            pass
    s.close()


def test_sums_are_the_counters():
    nft("""
table ip t {
  chain c {
    type filter hook output priority 0
    udp dport 9 counter log group 5 prefix "nine: " drop
    udp dport 10 counter log group 5 prefix "ten" drop
  }
}
""")
    run = Run("run", "-c", write("c.yaml", CONFIG))
    run.wait_up("firewall")
    chance = random.Random(1)
    begin = time.monotonic()
    while time.monotonic() - begin < 3.2:
        send(chance.randrange(1, 60), 9, chance.randrange(1, 1400))
        send(chance.randrange(1, 40), 10, chance.randrange(1, 300), chance.choice((0, 7, 0x7fffffff)))
        time.sleep(0.02)
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    rules = counters(("ip", "t"))
    packets, octets = sum(r[0] for r in rules), sum(r[1] for r in rules)
    book = ledger(lines, "firewall")
    assert (book["received"], book["lost"], book["filtered"], book["rejected"]) == (packets, 0, 0, 0), (book, rules)
    for name, seconds in (("rules", 1), ("hosts", 2), ("links", 3), ("named", 60)):
        found = totals(lines, name)
        assert sum(l["traffic"]["packets"] for l in found) == packets, (name, packets)
        assert sum(l["traffic"]["bytes"] for l in found) == octets, (name, octets)   # output has no link header yet
        assert not any("est_packets" in l["traffic"] for l in found), name
        print("  %s: %d intervals, %d lines, %d packets" % (name, intervals(found, seconds), len(found), packets))
    assert totals(lines, "none") == []
    of_rule, of_mark = collections.Counter(), collections.Counter()
    for line in totals(lines, "rules"):
        t = line["traffic"]
        assert line["source"]["group"] == 5, line
        of_rule[t["prefix"]] += t["packets"]
        of_rule[t["prefix"] + " bytes"] += t["bytes"]
        of_mark[t.get("mark")] += t["packets"]
    assert of_rule == {"nine: ": rules[0][0], "nine:  bytes": rules[0][1], "ten": rules[1][0], "ten bytes": rules[1][1]}, (of_rule, rules)
    assert set(of_mark) == {None, 7, 0x7fffffff}, of_mark
    assert {l.get("out_iface") for l in totals(lines, "links")} == {"lo"}, totals(lines, "links")
    hosts = [l["traffic"] for l in totals(lines, "hosts")]
    assert {(t["src_ip"], t["dest_ip"], t["proto"]) for t in hosts} == {("127.0.0.1", "127.0.0.1", "UDP")}, hosts
    validate(run.path)


def test_the_link_header_counts_where_it_is_there():
    nft("""
table netdev i {
  chain c {
    type filter hook ingress device "lo" priority 0
    ip protocol udp counter log group 5
  }
}
""")
    run = Run("run", "-c", write("c.yaml", CONFIG))
    run.wait_up("firewall")
    send(100, 19, 72)
    time.sleep(0.3)
    assert run.stop() == 0, run.stderr()
    found = totals(run.lines(), "named")
    ((packets, octets),) = counters(("netdev", "i"))
    assert packets == 100 and octets == 100 * (20 + 8 + 72), (packets, octets)
    assert [(l["traffic"]["packets"], l["traffic"]["bytes"]) for l in found] == [(100, 100 * (14 + 20 + 8 + 72))], found
    assert {l.get("in_iface") for l in totals(run.lines(), "links")} == {"lo"}
    sh("nft", "flush", "ruleset")


def test_with_losses_the_interval_has_the_truth():
    """200 talkers in random order into a small buffer whose reader stops now and then: what was lost is known, but not
    of whom. Of each talker, and of all together, the truth is what nft counted."""
    talkers, rounds = 200, 40
    nft("table ip t {\n  set s {\n    type inet_service\n    size 1024\n    flags dynamic\n    counter\n  }\n"
        "  chain c {\n    type filter hook output priority 0\n    udp dport 1000-1999 counter log group 5 drop\n  }\n}\n")
    # One packet a message: the kernel drops them one by one, not a batch of neighbours.
    write("c.yaml", """
sources:
  - {name: firewall, type: nflog, group: 5, queue_threshold: 1, receive_buffer: 32KiB, receive_buffer_max: 32KiB}
traffic:
  - {name: ports, key: [dest_port], interval: 24h, top: 1000}
  - {name: all, key: [proto], interval: 24h}
outputs:
  - {type: json, events: [traffic, loss, source]}
""")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("firewall")
    chance = random.Random(3)
    truth, octets = collections.Counter(), collections.Counter()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(rounds):
        order = [1000 + n % talkers for n in range(talkers * 5)]
        chance.shuffle(order)
        if number % 2:
            run.process.send_signal(signal.SIGSTOP)
        for port in order:
            size = chance.choice((20, 500, 1400))
            truth[port] += 1
            octets[port] += 28 + size
            try:
                s.sendto(b"x" * size, ("127.0.0.1", port))
            except PermissionError:
                pass
        run.process.send_signal(signal.SIGCONT)
        time.sleep(0.02)
    s.close()
    time.sleep(0.5)
    send(1, 1999, 20)   # tells what was lost last
    truth[1999] += 1
    octets[1999] += 48
    time.sleep(0.5)
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    book = ledger(lines, "firewall")
    ((packets, size),) = counters(("ip", "t"))
    assert packets == sum(truth.values()) and size == sum(octets.values()), (packets, size)
    assert book["received"] + book["lost"] == packets and book["lost_exact"], book
    assert packets / 10 < book["lost"], book
    (whole,) = [l["traffic"] for l in totals(lines, "all")]
    assert whole["packets"] == book["received"] and whole["est_packets"] == packets, (whole, book)
    assert whole["est_packets_low"] <= packets <= whole["est_packets_high"], whole
    covered, bytes_covered, trials = 0, 0, 0
    for line in totals(lines, "ports"):
        t = line["traffic"]
        if t["dest_port"] == 1999:
            continue
        trials += 1
        covered += t["est_packets_low"] <= truth[t["dest_port"]] <= t["est_packets_high"]
        bytes_covered += t["est_bytes_low"] <= octets[t["dest_port"]] <= t["est_bytes_high"]
    assert trials == talkers, trials
    least = math.floor(trials * 0.95 - 3.3 * math.sqrt(trials * 0.95 * 0.05))
    print("  offered %d, lost %d; of %d talkers %d packets and %d octets in their intervals, at least %d expected" % (
        packets, book["lost"], trials, covered, bytes_covered, least))
    assert covered >= least and bytes_covered >= least, (covered, bytes_covered, least)
    validate(run.path)
    sh("nft", "flush", "ruleset")


def test_a_reload_begins_anew():
    base = "sources:\n  - {name: lo, type: pcap, interface: lo}\noutputs:\n  - {type: json, events: [traffic, source]}\n"
    write("c.yaml", base + "traffic:\n  - {name: old, key: [dest_port], interval: 24h}\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("lo")
    send(20, 21, 10)
    time.sleep(0.7)
    write("c.yaml", base + "traffic:\n  - {name: new, key: [dest_port], interval: 24h}\n")
    run.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "totals begin anew" in run.stderr(), 5, "the reload")
    send(30, 22, 10)
    time.sleep(0.7)
    assert run.stop() == 0, run.stderr()
    found = {(l["traffic"]["name"], l["traffic"].get("dest_port")): l["traffic"]["packets"]
             for l in run.lines() if l["event_type"] == "traffic"}
    assert found["old", 21] == 20 and found["new", 22] == 30 and ("new", 21) not in found, found
    validate(run.path)


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
