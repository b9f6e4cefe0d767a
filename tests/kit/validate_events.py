#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads native JSON lines from standard input and says what is wrong with them.

Every line against docs/event.schema.json; keys in their order; seq from 1 without a gap; hello
first, goodbye last; every ledger balances, and lists what the loss lines say.
  --open       the stream may end without a goodbye (the program was killed, or still runs)
  --appended   several streams one behind the other, as in a file that was appended to
  --most N     of each shape of a line only the first N, and every 50th, are held against the schema
Exit code 0: all is well. 1: it is not, or there is no line at all.
"""
import argparse
import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs" / "event.schema.json"
ENVELOPE = ["timestamp", "event_type", "seq", "host", "source", "in_iface", "out_iface", "vlan"]
ENDS = ["src_ip", "src_port", "dest_ip", "dest_port", "icmp_type", "icmp_code", "icmp_id"]
INNER = {
    "hello": ["version", "schema", "instance", "sources"],
    "binding": ["action", "reason", "domain", "ip", "mac", "previous_mac", "evidence", "first_seen",
                "last_seen", "count", "sample_rate", "prefix"],
    "station": ["action", "reason", "domain", "mac", "previous_iface", "duration", "idle", "sample_rate"],
    "packet": ["src_mac", "dest_mac", "ether_type", "proto", "src_ip", "src_port", "dest_ip",
               "dest_port", "icmp_type", "icmp_code", "hardware_timestamp", "length", "captured", "stop", "sample_rate",
               "direction", "community_id", "psample", "nflog", "drop", "tc_bpf"],
    "psample": ["queue", "occupancy", "latency", "cookie", "ambiguous_iface", "tunnel"],
    "tunnel": ["id", "src_ip", "dest_ip", "tos", "ttl", "src_port", "dest_port", "dont_fragment",
               "csum", "oam", "ipv4_info_bridge", "geneve_options", "erspan_options"],
    "nflog": ["prefix", "hook", "mark", "uid", "gid", "phys_in", "phys_out"],
    "drop": ["origin", "reason", "location", "pc", "trap", "trap_group", "ifindex", "port", "cookie"],
    "tc_bpf": ["mark", "hash", "queue"],
    "flow": ["action", "id", "proto", *ENDS, "reply", "nat", "zone", "reply_zone", "mark", "labels", "helper",
             "secctx", "state", "status", "timeout", "pkts_toserver", "pkts_toclient", "bytes_toserver",
             "bytes_toclient", "counters", "start", "end", "end_from", "end_to", "duration", "community_id",
             "master", "reason"],
    "reply": ENDS,
    "translation": ["type", *ENDS],
    "master": ["proto", *ENDS],
    "nat": ["action", "proto", *ENDS, "type", *("translated_" + key for key in ENDS), "zone", "reply_zone", "id",
            "end_from", "end_to", "reason", "community_id"],
    "traffic": ["name", "from", "to", "rest", "keys", "proto", "src_ip", "src_port", "dest_ip", "dest_port", "dscp",
                "ecn", "length_class", "tcp_flags", "flow_label", "queue", "prefix", "mark", "packets", "bytes",
                "est_packets", "est_packets_error", "est_packets_low", "est_packets_high", "est_bytes",
                "est_bytes_error", "est_bytes_low", "est_bytes_high", "missed_at_most", "latency"],
    "latency": ["count", "mean", "p50", "p99"],
    "loss": ["unit", "count", "exact", "cause", "from", "to"],
    "source": ["name", "type", "group", "state", "reason", "added", "closed", "unchanged", "gap"],
    "alert": ["kind", "message", "count", "domain", "ip", "mac", "previous_mac", "src_mac"],
    "stats": ["sources", "outputs", "bindings", "stations"],
    "goodbye": ["reason", "sources"],
}


class Checker:
    def __init__(self, appended, most=None):
        self.most = most
        self.shapes = {}
        schema = json.loads(SCHEMA.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.appended = appended
        self.problems = 0
        self.seq = 0
        self.instance = None
        self.ended = False
        self.lost = {}
        self.counts = {}

    def complain(self, number, text):
        self.problems += 1
        print(f"line {number}: {text}", file=sys.stderr)

    def order(self, number, event):
        kind = event["event_type"]
        known = ENVELOPE + [kind]
        at = [known.index(key) for key in event if key in known]
        if at != sorted(at):
            self.complain(number, f"keys out of order: {list(event)}")
        self.inner(number, event[kind], kind)
        if kind == "packet":
            packet = event["packet"]
            self.inner(number, packet.get("psample", {}), "psample")
            self.inner(number, packet.get("psample", {}).get("tunnel", {}), "tunnel")
            self.inner(number, packet.get("nflog", {}), "nflog")
            self.inner(number, packet.get("drop", {}), "drop")
            self.inner(number, packet.get("tc_bpf", {}), "tc_bpf")
        if kind == "traffic":
            self.traffic(number, event["traffic"])
        if kind == "flow":
            flow = event["flow"]
            self.inner(number, flow.get("reply", {}), "reply")
            self.inner(number, flow.get("nat", {}), "translation")
            self.inner(number, flow.get("master", {}), "master")

    def traffic(self, number, traffic):
        self.inner(number, traffic.get("latency", {}), "latency")
        for unit in ("packets", "bytes"):
            value = traffic.get(f"est_{unit}")
            if value is not None and not traffic[f"est_{unit}_low"] <= value <= traffic[f"est_{unit}_high"]:
                self.complain(number, f"est_{unit} {value} is outside its interval")

    def inner(self, number, keys, kind):
        at = [INNER[kind].index(key) for key in keys if key in INNER[kind]]
        if at != sorted(at):
            self.complain(number, f"keys of {kind} out of order: {list(keys)}")

    def hello(self, number, event):
        instance = event["hello"]["instance"]
        if event["seq"] == 1:
            if self.instance is not None and not self.appended:
                self.complain(number, "a second stream begins")
            self.seq = 0
            self.lost = {}
            self.ended = False
        elif self.instance not in (None, instance):
            self.complain(number, f"instance {instance} in the stream of {self.instance}")
        self.instance = instance

    def goodbye(self, number, event):
        self.ended = True
        names = set()
        for ledger in event["goodbye"]["sources"]:
            name = (ledger["name"], ledger["type"])
            if name in names:
                self.complain(number, f"two ledgers of {name}")
            names.add(name)
            self.balance(number, ledger, name)
            self.lost.pop(name, None)
        for name in self.lost:
            self.complain(number, f"no ledger of {name}, which has lost something")

    def balance(self, number, ledger, name):
        total = ledger["filtered"] + ledger["rejected"] + sum(ledger["decoded"].values())
        if ledger["received"] != total:
            self.complain(number, f"ledger of {name}: received {ledger['received']}, sum {total}")
        told = self.lost.get(name, 0)
        if told > ledger["lost"]:
            self.complain(number, f"ledger of {name}: lost {ledger['lost']}, but told {told}")

    def event(self, number, event):
        kind = event["event_type"]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.order(number, event)
        if self.ended and not (self.appended and kind == "hello"):
            self.complain(number, "a line after goodbye")
        if kind == "hello":
            self.hello(number, event)
        elif self.instance is None:
            self.complain(number, f"begins with {kind}, not hello")
            self.instance = ""
        if event["seq"] != self.seq + 1 and not (kind == "hello" and self.seq == 0):
            self.complain(number, f"seq {event['seq']} after {self.seq}")
        self.seq = event["seq"]
        if kind == "loss" and "source" in event and event["loss"]["unit"] in ("packets", "events"):
            name = (event["source"]["name"], event["source"]["type"])
            self.lost[name] = self.lost.get(name, 0) + event["loss"]["count"]
        elif kind == "goodbye":
            self.goodbye(number, event)
        elif kind == "stats":
            for ledger in event["stats"]["sources"]:
                self.balance(number, ledger, (ledger["name"], ledger["type"]))

    def line(self, number, line):
        if not line.endswith(b"\n"):
            self.complain(number, "half a line")
        try:
            text = line.decode("utf-8")
            if len(text.splitlines()) != 1:
                self.complain(number, "more than one line, or none")
            event = json.loads(text, object_pairs_hook=self.unique)
        except ValueError as error:
            self.complain(number, f"{error}: {line[:200]!r}")
            return
        problems = list(self.validator.iter_errors(event)) if self.is_due(event) else []
        for problem in problems:
            where = "/".join(str(part) for part in problem.absolute_path)
            self.complain(number, f"{where}: {problem.message[:300]}")
        if not problems:
            self.event(number, event)

    def is_due(self, event):
        """Whether the schema is to be asked: of a long file, for the first lines of each shape and every 50th."""
        if self.most is None or not isinstance(event, dict):
            return True
        shape = str([(key, list(value) if isinstance(value, dict) else None) for key, value in event.items()])
        seen = self.shapes[shape] = self.shapes.get(shape, 0) + 1
        return seen <= self.most or seen % 50 == 0

    @staticmethod
    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"a key twice: {keys}")
        return dict(pairs)


def check(lines, appended=False, unfinished=False, most=None):
    """The checker after all `lines` (octets, each with its newline)."""
    checker = Checker(appended, most)
    number = 0
    for number, line in enumerate(lines, 1):
        checker.line(number, line)
    if number == 0:
        checker.complain(0, "no lines")
    elif not checker.ended and not unfinished:
        checker.complain(number, "ends without goodbye")
    return checker


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--appended", action="store_true")
    parser.add_argument("--most", type=int)
    options = parser.parse_args()
    checker = check(sys.stdin.buffer, options.appended, options.open, options.most)
    total = ", ".join(f"{count} {kind}" for kind, count in checker.counts.items())
    print(f"{total or 'no lines'}; {checker.problems} problems", file=sys.stderr)
    return 0 if checker.problems == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
