#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does netweir say what the oracle says? compare.py NETWEIR [CAPTURE|DIR...]

Each capture is replayed in both formats; netmon lines must be equal octet for octet, native
binding events key by key. NETWEIR_CAPTURES=DIR[:DIR] adds every capture below those folders; such a
file that tshark cannot read is named and counted, and no failure.
Ends with 1 where they differ, and shows the first differences with the packets they are of."""
import argparse
import datetime
import difflib
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
import oracle  # noqa: E402

LINKS = (0, 1, 101, 108, 113, 228, 229, 239, 253, 276)
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


def replay(netweir, paths, extra):
    done = subprocess.run([netweir, "replay", *extra, *map(str, paths)], capture_output=True,
                          check=False, stdin=subprocess.DEVNULL)
    try:
        lines = done.stdout.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise Failed("its output is not UTF-8: %s" % error) from None
    return lines, done.returncode, done.stderr.decode("utf-8", "replace").strip()


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


def ledger(name, lines, packets):
    """Every packet of the captures is in goodbye's ledgers, and they balance."""
    sources = json.loads(lines[-1])["goodbye"]["sources"]
    out = []
    for s in sources:
        parts = s["filtered"] + s["rejected"] + sum(s["decoded"].values())
        if s["received"] != parts:
            out.append("%s: received %d, the parts are %d: %s" % (name, s["received"], parts, s))
    received = sum(s["received"] for s in sources)
    if received != packets:
        out.append("%s: %d packets, netweir received %d" % (name, packets, received))
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
    """The first lines that differ, in words. Lines are aligned, so that one that is missing does
    not make all that follow differ."""
    out, count = [], 0
    matcher = difflib.SequenceMatcher(None, [shown(e) for e in expected], [shown(g) for g in got],
                                      autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes() if expected != got else []:
        if tag == "equal":
            continue
        for k in range(max(i2 - i1, j2 - j1)):
            want = expected[i1 + k] if i1 + k < i2 else None
            have = got[j1 + k] if j1 + k < j2 else None
            count += 1
            if count > SHOWN:
                continue
            at = i1 + k if want is not None else i1 - 1
            where = "%s packet %d" % ("of" if want is not None else "after",
                                      packets[at] if 0 <= at < len(packets) else 0)
            text = "%s: %s event %d (%s)" % (path, kind, i1 + k + 1, where)
            if isinstance(want, dict) and isinstance(have, dict):
                text += " differs in " + ", ".join(x for x in KEYS if want[x] != have[x])
            out.append("%s\n  oracle:  %s\n  netweir: %s" % (text, shown(want), shown(have)))
    if out:
        out.append("%s: %s: %d events differ; the oracle has %d, netweir %d"
                   % (path, kind, count, len(expected), len(got)))
    return out


def exit_codes(capture):
    """What netweir may end with: 65 where the file is damaged, or its link type not ours."""
    if capture.truncated:
        return (65,)
    return (0,) if all(r.link in LINKS for r in capture.records) else (0, 65)


def compare(netweir, paths):
    """(what differs, events) of one replay of these captures."""
    out, name = [], " ".join(map(str, paths))
    try:
        read = [oracle.Capture(p) for p in paths]
    except ValueError as error:
        _, code, _ = replay(netweir, paths, ["--format", "netmon"])
        if code != 65:
            out.append("%s: %s, and netweir ends with %d instead of 65" % (name, error, code))
        return out, 0
    wanted = (65,) if any(c.truncated for c in read) else exit_codes(read[0])
    found = list(oracle.events(paths))
    lines = [(oracle.netmon(e), e["packet"]) for e in found]
    lines = [(line, packet) for line, packet in lines if line is not None]
    try:
        for kind, extra in (("netmon", ["--format", "netmon"]), ("native", [])):
            got, code, errors = replay(netweir, paths, extra)
            if code not in wanted:
                out.append("%s: netweir ends with %d instead of %s: %s"
                           % (name, code, " or ".join(map(str, wanted)), errors))
            if kind == "netmon":
                out += differences(kind, name, [line for line, _ in lines], got,
                                   [packet for _, packet in lines])
            else:
                out += differences(kind, name, [of_oracle(e) for e in found], of_netweir(got),
                                   [e["packet"] for e in found])
                out += ledger(name, got, sum(len(c.records) for c in read))
    except Failed as error:
        out.append("%s: %s" % (name, error))
    return out, len(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--together", action="store_true",
                        help="one replay of all: the state carries over")
    parser.add_argument("netweir")
    parser.add_argument("capture", nargs="*")
    args = parser.parse_args()
    ours = list(captures(args.capture))
    others = list(captures(d for d in os.environ.get("NETWEIR_CAPTURES", "").split(":") if d))
    if not ours and not others:
        print("no captures", file=sys.stderr)
        return 2
    runs = [ours] if args.together else [[p] for p in ours + others]

    def guarded(paths):
        try:
            return compare(args.netweir, paths), None
        except (RuntimeError, KeyError, IndexError, struct.error) as error:
            return ([], 0), "%s: %s" % (type(error).__name__, error)

    bad = total = unread = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for paths, ((out, events), error) in zip(runs, pool.map(guarded, runs)):
            total += events
            if error is not None:
                # On captures of our own that is a fault of the oracle; others may be any file.
                unread += 1
                bad += 0 if paths[0] in others else 1
                print("%s: not compared: %s" % (paths[0], error))
            if out:
                bad += 1
                print("\n".join(out))
    print("%d replays, %d binding events; %d differ, %d not compared"
          % (len(runs), total, bad, unread))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
