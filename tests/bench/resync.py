#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""resync.py NETWEIR [FLOWS]: how long a listing of the flow table takes while live events keep coming.

In a network namespace of its own: FLOWS (100000) flows are made, then, at about 5000 a second, more, while netweir
lists the table once a second. Prints the median and the longest time from resync_begin to resync_end, and what was
lost meanwhile. Needs root."""
import datetime
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
import conntrack_kernel_test as conntrack  # noqa: E402
import harness  # noqa: E402


def seconds(line):
    stamp = line["timestamp"]
    return datetime.datetime.fromisoformat(stamp[:19]).timestamp() + float("0" + stamp[19:-1])


def main():
    harness.NETWEIR = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    harness.private_netns()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        conntrack.fresh()
        conntrack.scan(count)
        run = harness.Run("run", "-c", conntrack.configuration(reconcile="1s"))
        run.wait_up("ct")
        conntrack.wait_listing(run, "dump", 0, 60)
        made = 0
        end = time.monotonic() + 10
        while time.monotonic() < end:
            conntrack.flows(made % 60000, 500)
            made += 500
            time.sleep(0.1)
        assert run.stop() == 0, run.stderr()
        took = []
        begun = None
        for line in run.lines():
            state = line.get("source", {}).get("state")
            if state == "resync_begin":
                begun = seconds(line)
            elif state == "resync_end" and begun is not None:
                took.append(seconds(line) - begun)
        ledger = harness.ledger(run.lines(), "ct")
        print(f"{count} flows, {made} more meanwhile: {len(took)} listings, the first {took[0]:.3f} s, then median "
              f"{statistics.median(took[1:]):.3f} s, longest {max(took[1:]):.3f} s; received {ledger['received']}, "
              f"lost {ledger['lost']}")
        os.chdir("/")


if __name__ == "__main__":
    main()
