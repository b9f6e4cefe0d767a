#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""same_events.py LIVE REPLAYED [--without FIELD,...]: whether the replay of a recording prints what the live run did.

LIVE and REPLAYED are files of native JSON lines. Compared, in order and to the last key: every binding, flow, nat,
packet and loss line. Left out, always:
  - lines of other types (hello, source, stats, alert, goodbye), and those that no source caused (EXPIRED, made by a
    timer; the losses of an output)
  - `seq`, which counts the lines left out too
  - `from` of a loss: when the live source had last looked at its socket's drop counter, which it does on a timer
--without names further fields, with dots: timestamp, binding.last_seen. It is for two processes that watched the same
packets, each with its own clock; the lines of one process need nothing.
The ledgers of the sources in LIVE must be in REPLAYED, with the same numbers.
Exit code 0: the same. 1: not, or there is nothing to compare."""
import argparse
import json
import sys

COMPARED = ("binding", "flow", "nat", "packet", "loss")
ALWAYS_WITHOUT = ("seq", "loss.from")
# What a run of another process cannot share: times of receipt, and names of its own.
OTHER_PROCESS = ("timestamp", "source.name", "source.group", "binding.first_seen", "binding.last_seen", "loss.to")


def drop(event, field):
    *path, last = field.split(".")
    for key in path:
        event = event.get(key, {})
    event.pop(last, None)


def comparable(lines, without=()):
    kept = []
    for line in lines:
        if line["event_type"] not in COMPARED or "source" not in line:
            continue
        line = json.loads(json.dumps(line))
        for field in (*ALWAYS_WITHOUT, *without):
            drop(line, field)
        kept.append(line)
    return kept


def ledgers(lines, without=()):
    if not lines or lines[-1]["event_type"] != "goodbye":
        return {}
    named = "source.name" not in without
    return {(l["name"] if named else "", l["type"]): {k: v for k, v in l.items() if k != "name"}
            for l in lines[-1]["goodbye"]["sources"]}


def differences(live, replayed, without=()):
    """What is not the same, one text each."""
    ours, theirs = comparable(live, without), comparable(replayed, without)
    problems = [] if ours else ["the live run has no line to compare: this says nothing"]
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        if json.dumps(a) != json.dumps(b):
            problems.append(f"line {number} of those compared:\n  live     {json.dumps(a)}\n  replayed {json.dumps(b)}")
            if len(problems) >= 5:
                return problems
    if len(ours) != len(theirs):
        more = ours[len(theirs):] or theirs[len(ours):]
        problems.append(f"{len(ours)} lines live, {len(theirs)} replayed; the first without its like: {json.dumps(more[0])}")
    there = ledgers(replayed, without)
    for key, ledger in ledgers(live, without).items():
        if there.get(key) != ledger:
            problems.append(f"ledger of {key}:\n  live     {ledger}\n  replayed {there.get(key)}")
    return problems


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("live")
    parser.add_argument("replayed")
    parser.add_argument("--without", default="", help="further fields to leave out")
    options = parser.parse_args()
    without = tuple(field for field in options.without.split(",") if field)
    problems = differences(read(options.live), read(options.replayed), without)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(comparable(read(options.live)))} lines, all the same; left out: {', '.join((*ALWAYS_WITHOUT, *without))}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
