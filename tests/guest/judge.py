# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what a scenario brought out of the guest.

scenarios/NAME.sh acts in the guest. scenarios/NAME.py makes its frames, and judges:
  FRAMES   optional: file name -> frames (octets), there as $frames/FILE.pcap
  KERNELS  optional: the only kernels it runs on
  FIRST    optional: runs before the others, where psample has never been loaded
  judge(result)   raises AssertionError"""
import datetime
import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "kit"))
import validate_events  # noqa: E402


def load(name):
    spec = importlib.util.spec_from_file_location("scenario_" + name, os.path.join(HERE, "scenarios", name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(kernel=None):
    """Of the scenarios that run on that kernel, in their order; of all."""
    found = sorted(f[:-3] for f in os.listdir(os.path.join(HERE, "scenarios")) if f.endswith(".sh"))
    found = [name for name in found if kernel in getattr(load(name), "KERNELS", [kernel])] if kernel else found
    return sorted(found, key=lambda name: (not getattr(load(name), "FIRST", False), name))


def frames(name):
    return {file: [bytes(frame) for frame in packets] for file, packets in getattr(load(name), "FRAMES", {}).items()}


class Result:
    def __init__(self, kernel, folder):
        self.kernel = kernel
        self.folder = folder

    def octets(self, file):
        with open(os.path.join(self.folder, file), "rb") as f:
            return f.read()

    def text(self, file):
        return self.octets(file).decode(errors="replace").strip()

    def number(self, file):
        return int(self.text(file))

    def has(self, file):
        return os.path.exists(os.path.join(self.folder, file))

    def lines(self, name):
        """The events of the run NAME, each line against the schema; it ended with 0 when it was asked to."""
        path = os.path.join(self.folder, name + ".jsonl")
        with open(path, "rb") as f:
            text = f.readlines()
        problems = validate_events.check(text).problems
        assert problems == 0, f"{problems} problems in {path}"
        assert self.text(name + ".code") == "0", f"{name} ended with {self.text(name + '.code')}"
        return [json.loads(line) for line in text]

    def story(self):
        told = []
        for file in sorted(os.listdir(self.folder)) if os.path.isdir(self.folder) else []:
            if file in ("log", "status") or file.endswith((".err", ".jsonl")):
                told.append(f"--- {file}\n" + "\n".join(self.text(file).splitlines()[-40:]))
        return "\n".join(told) or "nothing came out of the guest"


def judge(name, result):
    assert result.has("status"), "the scenario did not end: no verdict"
    assert result.number("status") == 0, f"the scenario ended with {result.number('status')}"
    load(name).judge(result)


def messages(octets):
    """(type, payload) of each netlink message."""
    at = 0
    while at < len(octets):
        length = int.from_bytes(octets[at:at + 4], sys.byteorder)
        assert 16 <= length <= len(octets) - at, f"length {length} at {at} of {len(octets)}"
        yield int.from_bytes(octets[at + 4:at + 6], sys.byteorder), octets[at + 16:at + length]
        at += (length + 3) & ~3


def attributes(payload):
    """type -> octets of a run of netlink attributes (the last of each type)."""
    found, at = {}, 0
    while at + 4 <= len(payload):
        length = int.from_bytes(payload[at:at + 2], sys.byteorder)
        kind = int.from_bytes(payload[at + 2:at + 4], sys.byteorder) & 0x3FFF
        assert 4 <= length <= len(payload) - at, f"attribute of {length} at {at}"
        found[kind] = payload[at + 4:at + length]
        at += (length + 3) & ~3
    return found


def bindings(lines):
    """(action, IP, MAC, group, interface in, out, VIDs) of each binding event."""
    return [(line["binding"]["action"], line["binding"]["ip"], line["binding"]["mac"], line["source"].get("group"),
             line.get("in_iface"), line.get("out_iface"), tuple(line.get("vlan", ()))) for line in lines if line["event_type"] == "binding"]


def packets(lines):
    return [line["packet"] for line in lines if line["event_type"] == "packet"]


def states(lines):
    return [line["source"]["state"] for line in lines if line["event_type"] == "source"]


def ledger(lines, name, kind=None):
    for one in lines[-1]["goodbye"]["sources"]:
        if one["name"] == name and kind in (None, one["type"]):
            return one
    raise AssertionError(f"no ledger of {name}: {lines[-1]}")


def seconds(timestamp):
    """Seconds since 1970 of an event's timestamp."""
    whole = datetime.datetime.fromisoformat(timestamp[:19] + "+00:00").timestamp()
    return whole + int(timestamp[20:29]) / 1e9


def stamp(text):
    """The same of what stamp() in common.sh wrote: 2026-01-02 03:04:05.123456789 +0000."""
    return seconds(text.replace(" ", "T", 1).split(" ")[0] + "Z")
