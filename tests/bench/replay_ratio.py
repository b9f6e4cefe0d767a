#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Replays a capture of mixed packets beside tcpdump copying it: CPU time as a ratio, and memory.

  replay_ratio.py NETWEIR MIXED_CAPTURE [PACKETS]     five million packets where none are given

The least of several interleaved runs counts on both sides. Memory must not depend on the length: a
capture of a fifth of the packets takes about as much.
"""
import os
import subprocess
import sys
import tempfile

MOST = 1.5
RUNS = 5
MORE_MEMORY = 4096  # KiB: the binding table fills as hosts show up


def measure(command):
    """CPU seconds, and the largest resident set in KiB."""
    with open(os.devnull, "wb") as nothing:
        pid = os.posix_spawnp(command[0], command, os.environ,
                              file_actions=[(os.POSIX_SPAWN_DUP2, nothing.fileno(), 1),
                                            (os.POSIX_SPAWN_DUP2, nothing.fileno(), 2)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed: status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main(netweir, generator, packets="5000000"):
    with tempfile.TemporaryDirectory() as folder:
        whole, part = os.path.join(folder, "whole.pcap"), os.path.join(folder, "part.pcap")
        subprocess.run([generator, whole, packets], check=True)
        subprocess.run([generator, part, str(int(packets) // 5)], check=True)
        ours, theirs, memory = [], [], 0
        for _ in range(RUNS):
            theirs.append(measure(["tcpdump", "-r", whole, "-w", "/dev/null"])[0])
            cpu, memory = measure([netweir, "replay", whole])
            ours.append(cpu)
        _, less = measure([netweir, "replay", part])
        ratio = min(ours) / min(theirs)
        print(f"{packets} packets: netweir {min(ours):.2f} s, tcpdump -w /dev/null {min(theirs):.2f} s of CPU: "
              f"{ratio:.2f} times (at most {MOST}); {memory} KiB resident, {less} KiB for a fifth of them")
        return 0 if ratio <= MOST and memory - less <= MORE_MEMORY else 1


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
