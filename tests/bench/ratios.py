#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints how many times its floor each part of the core takes, and fails where that is too much.

  ratios.py FILE.json        reads what a benchmark wrote with --benchmark_format=json
  ratios.py --run PROGRAM    runs the benchmark itself

Both sides of a ratio come from one run, interleaved; of each the least of its repetitions counts, which is
what a busy machine disturbs least.
"""
import json
import os
import subprocess
import sys

# of each program: what, its floor, at most
PAIRS = {
    "netweir_bench": [
        ("decode_frame/arp", "minimal_frame/arp", 3.0),
        ("decode_frame/udp", "minimal_frame/udp", 3.0),
        ("decode_frame/vlan_arp", "minimal_frame/vlan_arp", None),
        ("decode_frame/nd_na", "minimal_frame/nd_na", None),  # the floor checks no checksum
        ("observe_known", "bare_lookup", 4.0),
    ],
    "psample_bench": [
        ("decode_sample/tc", "bare_walk/tc", 3.0),
        ("decode_sample/driver", "bare_walk/driver", 3.0),
        ("message_to_frame/tc", "bare_walk/tc", None),
    ],
    "conntrack_bench": [
        ("decode_flow/tcp_new", "bare_walk/tcp_new", 3.0),
        ("decode_flow/tcp_destroy", "bare_walk/tcp_destroy", 3.0),
        ("decode_flow/tcp_new", "outer_walk/tcp_new", None),  # the floor goes into no nest
        ("decode_flow/tcp_destroy", "outer_walk/tcp_destroy", None),
    ],
    "totals_bench": [
        ("add_known/everything", "bare_lookup", 5.0),
        ("add_known/sampled", "bare_lookup", 5.0),
    ],
    "frame_bench": [
        ("read_ethernet", "bare_ethernet", 2.5),
        ("read_arp", "bare_arp", 2.5),
        ("build_udp", "bare_udp", 2.2),
        ("build_arp", "bare_udp", None),
    ],
    "mac_table_bench": [
        # 1.5 and 1.8 on a quiet machine, 2.9 where others use the same last cache
        ("lookup", "bare_lookup", 3.5),
        ("learn_known/at_full_speed", "bare_learn", 3.5),
        ("learn_known/each_recorded", "bare_learn", None),
        ("lookup_entry", "bare_lookup", None),
    ],
    "format_bench": [
        ("native", "native_by_hand", 2.0),
        ("packet", "packet_by_hand", 2.0),  # both with the Community ID of community_id
        ("netmon", "netmon_by_hand", 2.0),
    ],
}
TRIES = 3  # a neighbour on the machine can spoil a run; a slower decoder spoils all


def run(program):
    return subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_repetitions=15", "--benchmark_min_time=0.02",
         "--benchmark_enable_random_interleaving=true"],
        check=True, stdout=subprocess.PIPE).stdout


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--run":
        for _ in range(TRIES):
            if judge(json.loads(run(arguments[1]))) == 0:
                return 0
        return 1
    if len(arguments) == 1:
        with open(arguments[0], "rb") as f:
            return judge(json.load(f))
    print(__doc__, file=sys.stderr)
    return 64


def judge(report):
    least = {}
    for b in report["benchmarks"]:
        if b.get("run_type") == "iteration":
            name = b["run_name"].split("/repeats:")[0]
            least[name] = min(least.get(name, float("inf")), b["cpu_time"])
    failed = False
    for name, floor, most in PAIRS[os.path.basename(report["context"]["executable"])]:
        if name not in least or floor not in least:
            print(f"{name}: not in the report", file=sys.stderr)
            failed = True
            continue
        ratio = least[name] / least[floor]
        too_much = most is not None and ratio > most
        failed = failed or too_much
        bound = "" if most is None else f"  (at most {most:g}{', TOO MUCH' if too_much else ''})"
        print(f"{name:20} {least[name]:7.1f} ns  {floor:20} {least[floor]:7.1f} ns  {ratio:5.2f} times{bound}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
