#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Golden captures: run.py NETWEIR [CASE...] [--show] [--write]

A case is a folder of this one: `input` names its captures (of tests/captures, one a line, replayed
in one go), `config.yaml`, if there, is given with -c and an output added, `netmon` and `native` are the lines to come
out. `oracle`, if there, holds the options with which tests/oracle/oracle.py says the same; --write
makes the expected lines again from the oracle, never from netweir: look at the difference before
you keep it. --show prints what changed, whole.

`packet`, if there, has the `packet` lines that come out with --events packet; --write makes them by
tests/oracle/packets.py.

netmon is compared octet for octet. Of the native format the binding (or packet) lines are, after what differs
between machines and releases was taken out: `seq`, which must be contiguous, and `host`, `source`,
`in_iface` and `out_iface`; `hello` must come first and `goodbye` last, and their `version`,
`instance` and ledgers are not looked at. Order and spelling of all other keys count."""
import argparse
import difflib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CAPTURES = HERE.parent / "captures"
ORACLE = HERE.parent / "oracle" / "oracle.py"
OUTPUTS = """
outputs:
  - type: json
    path: "-"
    format: %s
    events: [binding]
"""
MASKED = ("seq", "host", "source", "in_iface", "out_iface")


def inputs(case):
    return [str(CAPTURES / line) for line in (case / "input").read_text().split()]


def masked(lines, event_type):
    """The lines of that type without what differs between machines."""
    out, problems = [], []
    for i, text in enumerate(lines):
        line = json.loads(text)
        wanted = "hello" if i == 0 else "goodbye" if i == len(lines) - 1 else None
        if line.get("seq") != i + 1:
            problems.append("line %d: seq %s" % (i + 1, line.get("seq")))
        if (wanted or line["event_type"] in ("hello", "goodbye")) and line["event_type"] != wanted:
            problems.append("line %d: %s where %s should be" % (i + 1, line["event_type"], wanted))
        if line["event_type"] == event_type:
            problems += ["line %d: no %s" % (i + 1, k) for k in ("host", "source") if k not in line]
            out.append(json.dumps({k: v for k, v in line.items() if k not in MASKED},
                                  separators=(",", ":"), ensure_ascii=False))
    if len(lines) < 2:
        problems.append("no hello and goodbye")
    return out, problems


def replay(netweir, case, kind):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        options = ["--events", "packet"] if kind == "packet" else ["--format", kind]
        if (case / "config.yaml").exists():
            config.write((case / "config.yaml").read_text() + OUTPUTS % kind)
            config.flush()
            options = ["-c", config.name]
        done = subprocess.run([netweir, "replay", *options, *inputs(case)], capture_output=True,
                              check=False, stdin=subprocess.DEVNULL)
    lines = done.stdout.decode("utf-8").splitlines()
    problems = [] if done.returncode == 0 else [
        "exit code %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace").strip())]
    if kind != "netmon":
        lines, more = masked(lines, "packet" if kind == "packet" else "binding")
        problems += more
    return lines, problems


def oracle(case, kind):
    if kind == "packet":
        return subprocess.run([sys.executable, "-B", str(ORACLE.with_name("packets.py")), "--lines",
                               *inputs(case)], capture_output=True, check=True, text=True).stdout
    options = (case / "oracle").read_text().split() if (case / "oracle").exists() else []
    done = subprocess.run([sys.executable, "-B", str(ORACLE), "--format", kind, *options,
                           *inputs(case)], capture_output=True, check=True, text=True)
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print all that changed")
    parser.add_argument("--write", action="store_true", help="expected lines from the oracle")
    parser.add_argument("netweir", nargs="?")
    parser.add_argument("case", nargs="*")
    args = parser.parse_args()
    if args.write:
        names = ([args.netweir] if args.netweir else []) + args.case
    else:
        names = args.case
    cases = [HERE / n for n in names] or sorted(p.parent for p in HERE.glob("*/input"))
    bad = 0
    for case in cases:
        for kind in ("netmon", "native") + (("packet",) if (case / "packet").exists() else ()):
            if args.write:
                (case / kind).write_text(oracle(case, kind))
                continue
            expected = (case / kind).read_text().splitlines()
            got, problems = replay(args.netweir, case, kind)
            change = list(difflib.unified_diff(expected, got, "%s/%s" % (case.name, kind),
                                               "netweir", lineterm="", n=1))
            if change and not args.show and len(change) > 12:
                change = change[:12] + ["... (--show prints all)"]
            if change or problems:
                bad += 1
                print("\n".join(["%s, %s:" % (case.name, kind), *problems, *change]))
    if not args.write:
        print("%d golden cases, %d of their outputs differ" % (len(cases), bad))
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
