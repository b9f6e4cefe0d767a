#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does netweir say what the oracle says? compare.py NETWEIR [CAPTURE|DIR...]

Each capture is replayed in both formats; netmon lines must be equal octet for octet, native
binding events key by key. NETWEIR_CAPTURES=DIR[:DIR] adds every capture below those folders.
Ends with 1 where they differ, and shows the first differences with the packets they are of."""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import oracle

SUFFIXES = (".pcap", ".pcapng", ".cap")
SHOWN = 5
STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$")
KEYS = ("timestamp", "action", "domain", "ip", "mac", "previous_mac", "vlan", "evidence",
        "first_seen", "last_seen", "count")


class Failed(Exception):
    pass


def captures(names):
    for name in names:
        path = pathlib.Path(name)
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        else:
            yield path


def replay(netweir, path, extra):
    done = subprocess.run([netweir, "replay", *extra, str(path)], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)
    try:
        lines = done.stdout.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Failed("its output is not UTF-8: %s" % error) from None
    return lines, done.returncode, done.stderr.decode("utf-8", "replace")


def nanoseconds(text):
    match = STAMP.match(text or "")
    if match is None:
        raise Failed("not a time in UTC with nanoseconds: %r" % text)
    whole = datetime.datetime.fromisoformat(match.group(1)).replace(tzinfo=datetime.timezone.utc)
    return int(whole.timestamp()) * oracle.NS + int(match.group(2))


def of_netweir(lines):
    """The binding events among native lines; seq, hello and goodbye are checked on the way."""
    out = []
    for i, text in enumerate(lines):
        try:
            line = json.loads(text)
        except ValueError:
            raise Failed("line %d is not JSON: %s" % (i + 1, text)) from None
        if line.get("seq") != i + 1:
            raise Failed("line %d has seq %s" % (i + 1, line.get("seq")))
        if (line["event_type"] == "hello") != (i == 0):
            raise Failed("line %d: hello comes first, and only there" % (i + 1))
        if (line["event_type"] == "goodbye") != (i == len(lines) - 1):
            raise Failed("line %d: goodbye comes last, and only there" % (i + 1))
        if line["event_type"] != "binding":
            continue
        b = line["binding"]
        event = {k: b.get(k) for k in KEYS}
        event["timestamp"] = nanoseconds(line["timestamp"])
        event["vlan"] = line.get("vlan", [])
        for k in ("first_seen", "last_seen"):
            event[k] = nanoseconds(b.get(k))
        out.append(event)
    if not lines:
        raise Failed("it wrote no hello and no goodbye")
    return out


def of_oracle(event):
    out = {k: event.get(k) for k in KEYS}
    out["timestamp"] = event["at"]
    return out


def shown(event):
    if event is None:
        return "no event"
    if isinstance(event, str):
        return event
    return " ".join("%s=%s" % (k, v) for k, v in event.items() if v not in (None, []))


def differences(kind, path, expected, got, packets):
    """The first lines that differ, in words."""
    out, count = [], 0
    for i in range(max(len(expected), len(got))):
        want = expected[i] if i < len(expected) else None
        have = got[i] if i < len(got) else None
        if want == have:
            continue
        count += 1
        if count > SHOWN:
            break
        where = "packet %d" % packets[i] if i < len(packets) else "after the last"
        text = "%s: %s event %d (%s)" % (path, kind, i + 1, where)
        if isinstance(want, dict) and isinstance(have, dict):
            text += " differs in " + ", ".join(k for k in KEYS if want[k] != have[k])
        out.append("%s\n  oracle:  %s\n  netweir: %s" % (text, shown(want), shown(have)))
    if out and len(expected) != len(got):
        out.append("%s: %s: the oracle has %d events, netweir %d"
                   % (path, kind, len(expected), len(got)))
    return out


def compare(netweir, path):
    """(what differs, events) of one capture."""
    try:
        capture = oracle.Capture(path)
    except ValueError as error:
        _, code, _ = replay(netweir, path, ["--format", "netmon"])
        return ([] if code == 65 else
                ["%s: %s, and netweir ends with %d instead of 65" % (path, error, code)]), 0
    found = list(oracle.events([path]))
    out = []
    lines = [(oracle.netmon(e), e["packet"]) for e in found]
    lines = [(line, packet) for line, packet in lines if line is not None]
    try:
        got, code, errors = replay(netweir, path, ["--format", "netmon"])
        wanted = 65 if capture.truncated else 0
        if code != wanted:
            out.append("%s: netweir ends with %d instead of %d: %s"
                       % (path, code, wanted, errors.strip()))
        out += differences("netmon", path, [line for line, _ in lines], got,
                           [packet for _, packet in lines])
        got, code, errors = replay(netweir, path, [])
        if code != wanted:
            out.append("%s: netweir ends with %d instead of %d: %s"
                       % (path, code, wanted, errors.strip()))
        out += differences("native", path, [of_oracle(e) for e in found], of_netweir(got),
                           [e["packet"] for e in found])
    except Failed as error:
        out.append("%s: %s" % (path, error))
    return out, len(found)


def compare_all(netweir, paths):
    """State carries over from one capture to the next, in the order given."""
    found = list(oracle.events(paths))
    got, _, _ = replay(netweir, paths[0], [str(p) for p in paths[1:]] + ["--format", "netmon"])
    # replay puts its file last; the order asked for is kept by naming them all here.
    lines = [line for line in map(oracle.netmon, found) if line is not None]
    return differences("netmon", "%d captures in one replay" % len(paths), lines, got,
                       [e["packet"] for e in found if oracle.netmon(e) is not None])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("netweir")
    parser.add_argument("capture", nargs="*")
    args = parser.parse_args()
    names = list(args.capture)
    names += [d for d in os.environ.get("NETWEIR_CAPTURES", "").split(":") if d]
    paths = list(captures(names))
    if not paths:
        print("no captures", file=sys.stderr)
        return 2
    bad = total = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for path, (out, events) in zip(paths, pool.map(lambda p: compare(args.netweir, p), paths)):
            total += events
            if out:
                bad += 1
                print("\n".join(out))
    print("%d captures, %d binding events, %d captures differ" % (len(paths), total, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
