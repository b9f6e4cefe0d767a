# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import math
import random

import judge as kit
import packets

LENGTHS = (64, 576, 1514, 64)  # of a large talker, one after the other
LARGE = {f"10.9.1.{n}": [packets.udp(size=size, src=f"10.9.1.{n}") for size in LENGTHS] for n in range(1, 21)}
SMALL = {f"10.9.2.{n}": [packets.udp(size=60 + 10 * n, src=f"10.9.2.{n}")] for n in range(1, 61)}
EQUAL = {f"10.9.3.{n}": [packets.udp(size=(80, 1000)[i % 2], src=f"10.9.3.{n}") for i in range(20)] for n in range(1, 61)}
SHUFFLES = 6
ROUNDS = 500
EACH_SIDE = 3.3  # standard deviations: one in two thousand is wrongly refused


def shuffled(turn):
    frames = [frame for talker in EQUAL.values() for frame in talker]
    random.Random(turn).shuffle(frames)
    return frames


FRAMES = {"talkers": [frame for talker in (LARGE | SMALL).values() for frame in talker]}
FRAMES |= {f"shuffled{turn}": shuffled(turn) for turn in range(SHUFFLES)}


def least(trials):
    """Of so many intervals of 95 %, how many have the truth in them at least."""
    return math.floor(0.95 * trials - EACH_SIDE * math.sqrt(0.95 * 0.05 * trials))


def totals(lines, name):
    found = [line for line in lines if line["event_type"] == "traffic" and line["traffic"]["name"] == name]
    assert not any(line["traffic"].get("rest") for line in found), name
    return found


def covered(lines, talkers, rounds, what):
    """How many of the talkers have their truth in the interval, of packets and of octets."""
    told = {line["traffic"]["src_ip"]: line["traffic"] for line in totals(lines, "talkers")}
    inside = collections.Counter()
    for ip, frames in talkers.items():
        truth = {"packets": rounds * len(frames), "bytes": rounds * sum(len(frame) for frame in frames)}
        for unit, value in truth.items():
            t = told.get(ip, {})  # of a talker that was not sampled: no line, which is 0 to 0
            inside[unit] += t.get(f"est_{unit}_low", 0) <= value <= t.get(f"est_{unit}_high", 0)
    seen = sum(told[ip]["packets"] for ip in talkers if ip in told) / len(talkers)
    print(f"{what}: {len(talkers)} talkers of {seen:.0f} samples each: {dict(inside)} intervals have the truth, at least {least(len(talkers))} expected")
    return inside


def check(lines, talkers, rounds, what):
    inside = covered(lines, talkers, rounds, what)
    assert all(inside[unit] >= least(len(talkers)) for unit in ("packets", "bytes")), (what, inside)


def judge(result):
    lines = result.lines("all")
    sent, ledger = result.number("all.sent"), kit.ledger(lines, "asic")
    assert sent == result.number("all.sampled") == ROUNDS * len(FRAMES["talkers"]), sent
    assert ledger["lost"] == 0, ledger
    assert sum(line["traffic"]["packets"] for line in totals(lines, "talkers")) == ledger["received"]
    # Ingress and egress saw every packet: each talker twice.
    check(lines, LARGE, 2 * ROUNDS, "large, 1 in 100")
    check(lines, SMALL, 2 * ROUNDS, "small, 1 in 100")
    rules = {(line["source"].get("group"), line.get("in_iface"), line.get("out_iface")): line["traffic"] for line in totals(lines, "rules")}
    assert set(rules) == {(1, "v1", None), (2, None, "v0")}, rules
    assert not any("queue" in t or "latency" in t for t in rules.values()), rules

    lines = result.lines("lossy")
    ledger = kit.ledger(lines, "asic")
    rounds = 2 * SHUFFLES
    sent = rounds * len(FRAMES["shuffled0"])
    assert result.number("lossy.sampled") == sent, sent
    assert ledger["lost_exact"] and ledger["lost"] > 0.2 * ledger["received"], ledger
    check(lines, EQUAL, rounds, f"1 in 4, {ledger['lost']} of {ledger['lost'] + ledger['received']} lost")
