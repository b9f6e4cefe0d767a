# SPDX-License-Identifier: GPL-2.0-or-later
"""A source that cannot keep up: says so, sheds where it was told to, and every packet is accounted for all the same."""
import signal
import sys
import time

import flood_kernel_test
import harness
from harness import Run, ledger, nft, wait_for, write

RULE = flood_kernel_test.RULE.replace("queue-threshold 1024", "queue-threshold 1")


def starved(run, seconds, burst=400):
    """Bursts that meet a reader that does not run."""
    sent = 0
    over = time.monotonic() + seconds
    while time.monotonic() < over:
        run.process.send_signal(signal.SIGSTOP)
        flood_kernel_test.flood(burst)
        sent += burst
        run.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    return sent


def reasons(run):
    return [line["source"]["reason"] for line in run.lines()
            if line["event_type"] == "source" and line["source"]["state"] == "overloaded"]


def go(overload):
    harness.sh("nft", "flush", "ruleset")
    nft(RULE)
    write("c.yaml", "sources:\n"
                    f"  - {{name: f, type: nflog, group: 5, receive_buffer: 64KiB, receive_buffer_max: 128KiB, overload: {overload}}}\n"
                    "traffic:\n  - {name: all, key: [group], interval: 1s}\n"
                    "outputs:\n  - {type: json, events: [packet, traffic, loss, source]}\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("f")
    starved(run, 8)
    wait_for(lambda: reasons(run), 5, "overloaded")
    time.sleep(0.5)
    said = reasons(run)
    flood_kernel_test.flood(2000)   # some are kept, and tell what is missing before them
    time.sleep(1.2)
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    harness.validate(run.path)
    l = ledger(lines, "f")
    truth = flood_kernel_test.offered()
    print(f"  {overload}: offered {truth}, received {l['received']}, lost {l['lost']}: {said}")
    assert l["received"] + l["lost"] == truth, (l, truth)
    assert "overloaded" in run.stderr() and "128" in said[0] or "131072" in said[0], said
    return lines, said, truth


def test_count_only():
    lines, said, _ = go("count")
    assert len(said) == 1 and "receive_buffer_max" in said[0], said
    assert {line["loss"]["cause"] for line in lines if line["event_type"] == "loss"} <= {"receive_buffer", "sequence_gap"}
    assert all("sample_rate" not in line["packet"] for line in lines if line["event_type"] == "packet")


def test_shed():
    lines, said, truth = go("shed")
    assert "a random one of 2 is kept" in said[0], said
    assert len(said) > 1, said
    most = max(int(s.split("one of ")[1].split()[0]) for s in said if "one of " in s)
    rates = {line["packet"].get("sample_rate", 1) for line in lines if line["event_type"] == "packet"}
    assert most in rates and rates <= {2 ** n for n in range(11)}, rates
    causes = {line["loss"]["cause"] for line in lines if line["event_type"] == "loss"}
    assert "shed" in causes, causes
    # Seldom looked at, and kept one in N: the estimate of all is near what was offered.
    estimate = sum(line["traffic"].get("est_packets", line["traffic"]["packets"]) for line in lines if line["event_type"] == "traffic")
    print(f"  estimated {estimate} of {truth}")
    assert abs(estimate - truth) < truth * 0.15, (estimate, truth)


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
