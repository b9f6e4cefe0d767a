#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""traffic_page_test.py NETWEIR: the examples of docs/traffic.md are what the program takes and prints."""
import json
import os
import re
import subprocess
import sys

import harness
from harness import ROOT, write


def blocks(kind):
    with open(os.path.join(ROOT, "docs", "traffic.md")) as f:
        return re.findall(r"^```%s\n(.*?)^```" % kind, f.read(), re.S | re.M)


def test_the_example_is_what_replay_prints():
    config = write(os.path.abspath("c.yaml"), blocks("yaml")[0])
    done = subprocess.run([harness.NETWEIR, "replay", "tests/captures/ip-traffic.pcap", "-c", config], cwd=ROOT, text=True,
                          capture_output=True, timeout=60, check=True)
    printed = [json.loads(line) for line in done.stdout.splitlines()[1:-1]]
    shown = [json.loads(line) for line in blocks("json")[0].splitlines()]
    for line in printed:
        line["host"] = "vm"
    assert len(shown) == 3 and shown == printed, done.stdout


def test_the_other_one_is_taken():
    config = write("c.yaml", blocks("yaml")[1])
    done = subprocess.run([harness.NETWEIR, "check", "-c", config], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
