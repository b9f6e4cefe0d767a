# SPDX-License-Identifier: GPL-2.0-or-later
"""NFLOG at full speed into buffers of several sizes: received + lost is what the nft counter says."""
import json
import signal
import socket
import sys
import threading
import time

import harness
from harness import Run, ledger, nft, sh, validate, wait_for, write

PACKETS = 200_000
RULE = """
table ip t {
  chain c {
    type filter hook output priority 0
    udp dport 9 counter log group 5 queue-threshold 1024 drop
  }
}
"""


def flood(count):
    """`count` datagrams to a port of loopback that the rule logs and drops."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 9))
    for _ in range(count):
        try:
            s.send(b"x" * 20)
        except PermissionError:  # what a drop in the output hook looks like
            pass
    s.close()


def offered():
    rules = json.loads(sh("nft", "-j", "list", "ruleset").stdout)["nftables"]
    for item in rules:
        for part in item.get("rule", {}).get("expr", []):
            if "counter" in part:
                return part["counter"]["packets"]
    raise AssertionError("no counter")


def one(size, most):
    sh("nft", "flush", "ruleset")
    nft(RULE)
    write("c.yaml", f"sources:\n  - {{name: f, type: nflog, group: 5, receive_buffer: {size}, receive_buffer_max: {most}}}\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("f")
    senders = [threading.Thread(target=flood, args=(PACKETS // 2,)) for _ in range(2)]
    run.process.send_signal(signal.SIGSTOP)   # a reader that gets no CPU for a while
    for s in senders:
        s.start()
    time.sleep(0.3)
    run.process.send_signal(signal.SIGCONT)
    for s in senders:
        s.join()
    time.sleep(0.5)   # the queue is read, the drop counter looked at
    flood(1)          # one more packet
    time.sleep(0.5)
    assert run.process.poll() is None, run.stderr()
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    l = ledger(lines, "f")
    truth = offered()
    print(f"  receive_buffer {size}: offered {truth}, received {l['received']}, lost {l['lost']}")
    assert truth == PACKETS + 1, truth
    assert l["received"] + l["lost"] == truth, (l, truth)
    assert l["lost_exact"] is True, l
    events = sum(x["loss"]["count"] for x in lines if x["event_type"] == "loss" and x["loss"]["unit"] == "packets")
    assert events == l["lost"], (events, l)
    validate(run.path)
    return l["lost"]


def test_4_kib():
    assert one("4KiB", "4KiB") > 0, "nothing was lost: this test says nothing"


def test_64_kib():
    one("64KiB", "64KiB")


def test_4_mib():
    one("4MiB", "4MiB")


def test_growing():
    one("4KiB", "8MiB")


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
