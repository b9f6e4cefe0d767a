#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The binding events of captures, by the rules of docs/events.md, over tshark.

oracle.py [--format netmon|native] CAPTURE...   the state carries over from one to the next

An implementation of its own: nothing here was taken from netweir's code. The native lines have
only the keys that do not depend on the machine: no seq, host, source and interfaces."""
import argparse
import json
import sys
from datetime import datetime, timezone

sys.dont_write_bytecode = True
import evidence  # noqa: E402
import tshark  # noqa: E402
from captures import NS, Capture  # noqa: E402

REFRESH_AFTER = 600 * NS


class Tracker:
    """(domain, first two VIDs, IP) -> MAC."""

    def __init__(self, refresh_after=REFRESH_AFTER):
        self.refresh_after = refresh_after
        self.bindings = {}

    def observe(self, at, vids, ip, mac, why):
        """The event of one claim, or None."""
        key = (tuple(vids[:2]), ip)
        known = self.bindings.get(key)
        previous = None
        if known is None:
            known = self.bindings[key] = {"mac": mac, "first": at, "count": 0}
            action = "NEW"
        elif known["mac"] != mac:
            action, previous = "MOVED", known["mac"]
            known["mac"] = mac
        elif at - known["event"] >= self.refresh_after:
            action = "REFRESHED"
        else:
            action = None
        known["count"] += 1
        known["last"] = at
        if action is None:
            return None
        known["event"] = at
        return {"at": at, "action": action, "domain": "default", "ip": ip, "mac": mac,
                "previous_mac": previous, "vlan": list(vids), "evidence": why,
                "first_seen": known["first"], "last_seen": known["last"],
                "count": known["count"]}


def events(paths, refresh_after=REFRESH_AFTER, learn=("arp", "nd")):
    """The events of the captures, each with `file` and `packet`, in order."""
    tracker = Tracker(refresh_after)
    for path in paths:
        for record, fields in tshark.packets(path, Capture(path)):
            vids, claims = evidence.evidence(record, fields)
            for ip, mac, why in claims:
                if why.split("_")[0] not in learn:
                    continue
                event = tracker.observe(record.at, vids, ip, mac, why)
                if event is not None:
                    event.update(file=str(path), packet=record.number, prefix=record.prefix)
                    yield event


def rfc3339(at):
    moment = datetime.fromtimestamp(at // NS, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ".%09dZ" % (at % NS)


def netmon(event):
    """One line, or None: the format knows ARP only."""
    if not event["evidence"].startswith("arp"):
        return None
    line = {"ip": event["ip"], "mac": event["mac"]}
    if event["action"] == "MOVED":
        line["previous_mac"] = event["previous_mac"]
    line.update(event=event["action"], time=event["at"] // NS,
                vid=event["vlan"][0] if event["vlan"] else None)
    return json.dumps(line, separators=(",", ":"))


def native(event):
    line = {"timestamp": rfc3339(event["at"]), "event_type": "binding"}
    if event["vlan"]:
        line["vlan"] = event["vlan"]
    binding = {"action": event["action"], "domain": event["domain"], "ip": event["ip"],
               "mac": event["mac"]}
    if event["action"] == "MOVED":
        binding["previous_mac"] = event["previous_mac"]
    binding.update(evidence=event["evidence"], first_seen=rfc3339(event["first_seen"]),
                   last_seen=rfc3339(event["last_seen"]), count=event["count"])
    if event["prefix"]:
        binding["prefix"] = event["prefix"]
    line["binding"] = binding
    return json.dumps(line, separators=(",", ":"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=("native", "netmon"), default="native")
    parser.add_argument("--packets", action="store_true", help="say which packet each line is of")
    parser.add_argument("--refresh-after", type=int, default=600, metavar="SECONDS")
    parser.add_argument("--learn", default="arp,nd")
    parser.add_argument("capture", nargs="+")
    args = parser.parse_args()
    for event in events(args.capture, args.refresh_after * NS, args.learn.split(",")):
        line = (netmon if args.format == "netmon" else native)(event)
        if line is not None:
            print(("%d\t%s" % (event["packet"], line)) if args.packets else line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
