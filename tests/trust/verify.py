#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""verify.py FILE [--offered SOURCE=N]... [--open]: the equations of docs/reliability.md, from the lines alone.

Shares no code with netweir: it reads native JSON lines and prints the residue of each equation.

  seq       lines that are missing, or there twice: the last `seq` less the number of lines, and each step by itself
  ledger    received - (filtered + rejected + all ways that decoding ended), for each source
  told      lost, as the ledger has it, less the sum of the `loss` lines, for each source
  offered   N - (received + lost), for each source that --offered names
--open: the stream may end without goodbye (the program still runs, or was killed); then only `seq` can be had.
Exit code 0: every residue is 0. 1: not, or there is nothing to look at."""
import argparse
import collections
import json
import sys


def read(path):
    with open(path, "rb") as f:
        text = f.read()
    if not text.endswith(b"\n"):
        raise ValueError(f"{path} ends in the middle of a line")
    return [json.loads(line) for line in text.splitlines()]


def residues(lines, offered=None, unfinished=False, first=1):
    """name of the equation -> residue. `first` is the seq that the stream begins with."""
    found = collections.OrderedDict()
    found["seq"] = lines[-1]["seq"] - (first - 1) - len(lines)
    found["seq steps"] = sum(1 for before, line in zip(lines, lines[1:]) if line["seq"] != before["seq"] + 1)
    if unfinished:
        return found
    if lines[-1]["event_type"] != "goodbye":
        raise ValueError("no goodbye")
    told = collections.Counter()
    for line in lines:
        if line["event_type"] == "loss" and "source" in line:
            told[line["source"]["name"], line["source"]["type"]] += line["loss"]["count"]
    seen = collections.Counter()
    for ledger in lines[-1]["goodbye"]["sources"]:
        name, kind = ledger["name"], ledger["type"]
        found[f"ledger {name}"] = ledger["received"] - ledger["filtered"] - ledger["rejected"] - sum(ledger["decoded"].values())
        found[f"told {name}"] = ledger["lost"] - told.pop((name, kind), 0)
        seen[name] += ledger["received"] + ledger["lost"]
    for (name, _), count in told.items():
        found[f"told {name}, which has no ledger"] = count
    for name, count in (offered or {}).items():
        if name not in seen:
            raise ValueError(f"no ledger of {name}")
        found[f"offered {name}"] = count - seen[name]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--offered", action="append", default=[], metavar="SOURCE=N")
    parser.add_argument("--open", action="store_true")
    options = parser.parse_args()
    offered = {name: int(count) for name, _, count in (o.rpartition("=") for o in options.offered)}
    try:
        lines = read(options.file)
        if not lines:
            raise ValueError("no lines")
        found = residues(lines, offered, options.open, lines[0]["seq"] if options.open else 1)
    except (OSError, ValueError, KeyError) as why:
        print(f"{options.file}: {why}")
        return 1
    for name, residue in found.items():
        print(f"{residue:8d}  {name}")
    return 0 if not any(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
