# SPDX-License-Identifier: GPL-2.0-or-later
import math

import judge as kit
import packets

FRAMES = {"arp": [packets.arp(1, "10.9.0.1")]}
FALSE_ALARM = 1e-6  # at most, with a kernel that samples each packet with probability 1/100


def bounds(trials, probability):
    """The least and the most successes that are not outside FALSE_ALARM, half of it on each side; exact."""
    def mass(k):
        return math.exp(math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
                        + k * math.log(probability) + (trials - k) * math.log1p(-probability))
    low, tail = 0, mass(0)
    while tail < FALSE_ALARM / 2:
        low += 1
        tail += mass(low)
    middle = int(trials * probability)
    total, high = 1 - sum(mass(k) for k in range(middle + 1)), middle
    while total >= FALSE_ALARM / 2:
        high += 1
        total -= mass(high)
    return low, high


def judge(result):
    lines = result.lines("netweir")
    sent = result.number("sent.100")
    assert sent == 20000, sent
    seen = kit.packets(lines)
    assert seen and all(p["sample_rate"] == 100 for p in seen), "a sample without its rate"
    ledger = kit.ledger(lines, "psample:100")
    samples = ledger["decoded"]["done"] + ledger["lost"]
    assert len(seen) == ledger["decoded"]["done"], ledger
    low, high = bounds(sent, 1 / 100)
    assert 130 < low < 140 and 270 < high < 280, (low, high)  # the test of this test: 200 +- about 4.9 times 14
    assert low <= samples <= high, f"{samples} samples of {sent}: not between {low} and {high}"
    estimate = sum(p["sample_rate"] for p in seen) * samples / len(seen)
    assert low * 100 <= round(estimate) <= high * 100, estimate
    learned = [line["binding"] for line in lines if line["event_type"] == "binding"]
    assert [(b["action"], b["ip"], b["sample_rate"]) for b in learned] == [("NEW", "10.9.0.1", 100)], learned
    every = result.lines("every")
    ledger = kit.ledger(every, "psample:1")
    assert ledger["decoded"]["done"] + ledger["lost"] == result.number("sent.1") == 200, ledger
    assert all("sample_rate" not in p for p in kit.packets(every))
