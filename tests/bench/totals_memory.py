#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A scan of ten million addresses through `netweir replay` with totals: no more memory than one of a hundred thousand
takes, the heavy talkers right within the stated bound, and the lines add up.

  totals_memory.py NETWEIR SCAN_CAPTURE
"""
import json
import os
import subprocess
import sys
import tempfile

FEW, MANY = 100_000, 10_000_000
MAX = 65536
MORE_MEMORY = 4096  # KiB
CONFIG = """
traffic: [{name: t, key: [src_ip, dest_ip, proto], interval: 24h, top: 10, max: %d}]
outputs: [{type: json, events: [traffic]}]
""" % MAX


def scan(netweir, generator, config, packets):
    """The lines, and the largest resident set in KiB."""
    with tempfile.TemporaryFile() as out, subprocess.Popen([generator, str(packets)], stdout=subprocess.PIPE) as writer:
        reader = subprocess.Popen([netweir, "replay", "-", "-c", config], stdin=writer.stdout, stdout=out, stderr=subprocess.DEVNULL)
        writer.stdout.close()
        _, status, usage = os.wait4(reader.pid, 0)
        reader.returncode = os.waitstatus_to_exitcode(status)
        if reader.returncode != 0 or writer.wait() != 0:
            sys.exit("netweir ended with %d, the generator with %d" % (reader.returncode, writer.returncode))
        out.seek(0)
        lines = [json.loads(line) for line in out]
    return [line["traffic"] for line in lines if line["event_type"] == "traffic"], usage.ru_maxrss


def check(lines, packets):
    """What the rest's keys say, and by how much the heavy talkers are short at most."""
    heavy = packets // 100
    octets = heavy * 1514 + (packets - heavy) * 60
    bound = 2 * octets / MAX
    assert sum(t["packets"] for t in lines) == packets and sum(t["bytes"] for t in lines) == octets, lines
    short = 0
    for talker, t in zip(range(5), lines):
        truth = heavy // 5 * 1514
        assert t["src_ip"] in {"10.0.0.%d" % n for n in range(5)}, t
        assert truth - t["bytes"] <= min(bound, t.get("missed_at_most", 0)), (talker, t, truth, bound)
        short = max(short, truth - t["bytes"])
    assert lines[-1]["rest"] and lines[-1]["keys"] + len(lines) - 1 >= packets - heavy + 5, lines[-1]
    return short, bound


def main(netweir, generator):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(CONFIG)
        config.flush()
        few, memory_few = scan(netweir, generator, config.name, FEW)
        many, memory = scan(netweir, generator, config.name, MANY)
    check(few, FEW)
    short, bound = check(many, MANY)
    print("%d addresses: %d KiB resident, of %d addresses %d KiB; a heavy talker is short by %d octets, at most %d are allowed" % (
        MANY, memory, FEW, memory_few, short, bound))
    return 0 if memory - memory_few <= MORE_MEMORY else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
