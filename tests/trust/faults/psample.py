# SPDX-License-Identifier: GPL-2.0-or-later
"""13 to 15: psample, in the guest, whose kernel has it (tests/guest)."""
import json
import os
import subprocess

import psample_replay_test
import verify
from harness import Skip
from trust import ROOT, number

KERNEL = "6.1"


def guest(trial, *scenarios):
    """Boots it for these scenarios; their folders."""
    command = ["/usr/bin/python3", "-B", os.path.join(ROOT, "tests/guest/run"), "--build", trial.build, KERNEL, *scenarios]
    done = subprocess.run(command, text=True, capture_output=True, timeout=560)
    if "SKIPPED" in done.stdout:
        raise Skip(done.stdout.strip()[-300:])
    trial.check(done.returncode == 0, done.stdout[-1500:])
    for scenario in scenarios:
        trial.check(f"ok      {KERNEL} {scenario}" in done.stdout, f"no verdict of {scenario}")
    return os.path.join(ROOT, "build", "guest", KERNEL, "results")


@number(13, "psample: every packet sampled, faster than a stopped reader reads (guest)", netns=False, limit=600)
def blast(trial):
    folder = os.path.join(guest(trial, "blast"), "blast")
    for size in ("4KiB", "64KiB", "1MiB"):
        with open(os.path.join(folder, size + ".sampled")) as f:
            sampled = int(f.read())
        lines = verify.read(os.path.join(folder, size + ".jsonl"))
        for name, value in verify.residues(lines, {"asic": sampled}).items():
            trial.residue(name, value)
        l = lines[-1]["goodbye"]["sources"][0]
        trial.note(f"{size}: tc sampled {sampled}, received {l['received']}, lost {l['lost']}")


@number(14, "psample: the rule is deleted and made again, its numbers begin anew (guest)", netns=False, limit=600)
def rule(trial):
    lines = verify.read(os.path.join(guest(trial, "rule"), "rule", "netweir.jsonl"))
    for name, value in verify.residues(lines).items():
        trial.residue(name, value)
    l = lines[-1]["goodbye"]["sources"][0]
    trial.check(l["lost"] == 0 and l["sequence_gaps"] == 0, f"a new sequence was taken for loss: {json.dumps(l)}")
    trial.note(f"received {l['received']}, lost {l['lost']}")


@number(15, "psample: a stream whose sequence numbers are all 0, as Open vSwitch's", netns=False, ci=True)
def unsequenced(trial):
    count = trial.size(500, 20000)
    lines = psample_replay_test.replayed(*["unsequenced"] * count)
    for name, value in verify.residues(lines, {lines[-1]["goodbye"]["sources"][0]["name"]: count}).items():
        trial.residue(name, value)
    l = lines[-1]["goodbye"]["sources"][0]
    trial.check(l["lost"] == 0, f"loss is told of numbers that are none: {l['lost']}")
    trial.note(f"{count} datagrams of sequence number 0: received {l['received']}, lost {l['lost']}")
