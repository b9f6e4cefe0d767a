# SPDX-License-Identifier: GPL-2.0-or-later
"""What the soak sends, and the account that it keeps of what comes out."""
import collections
import json
import socket
import threading
import time

NFLOG_RATE, ARP_RATE, FLOW_RATE = 4000, 1000, 300  # a second
HOSTS = 60
ARP = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000"
                    "1c0000201000000000000c0000202") + bytes(18)


class Account:
    """The equations, from the lines of one output as its files are rotated away."""

    def __init__(self):
        self.residues = collections.Counter()
        self.seq = 0
        self.told = collections.Counter()
        self.flows = set()
        self.counts = collections.Counter()
        self.dropped = 0
        self.last = None
        self.exact = {}

    def lines(self, path):
        with open(path, "rb") as f:
            text = f.read()
        if text and not text.endswith(b"\n"):
            self.residues["half lines"] += 1
        for raw in text[:text.rfind(b"\n") + 1].splitlines():
            self.line(json.loads(raw))

    def line(self, line):
        self.residues["seq"] += abs(line["seq"] - self.seq - 1)
        self.seq = line["seq"]
        self.last = line
        kind = line["event_type"]
        self.counts[kind] += 1
        if kind == "loss":
            if "source" in line:
                self.told[line["source"]["name"]] += line["loss"]["count"]
                self.exact[line["source"]["name"]] = line["loss"]["exact"]
            else:
                self.dropped += line["loss"]["count"]
        elif kind == "flow" and not self.dropped:
            f = line["flow"]
            key = (f["id"], f["src_ip"], f["dest_ip"], f.get("src_port"), f.get("dest_port"))
            if f["action"] == "NEW":
                self.residues["flows begun twice"] += key in self.flows
                self.flows.add(key)
            elif f["action"] == "END":
                # The kernel's own end of a flow whose beginning was lost is told.
                self.residues["flows ended and never begun"] += key not in self.flows and f["reason"] != "kernel"
                self.flows.discard(key)

    def goodbye(self):
        for l in self.last["goodbye"]["sources"]:
            self.residues["ledger"] += abs(l["received"] - l["filtered"] - l["rejected"] - sum(l["decoded"].values()))
            if not self.dropped:  # else some of the loss lines may be among what was dropped
                self.residues["told"] += abs(l["lost"] - self.told[l["name"]])
        return {l["name"]: l for l in self.last["goodbye"]["sources"]}


class Load:
    """Three loads, each at its rate, each to be paused: then what was sent has been sent."""

    def __init__(self):
        self.over = threading.Event()
        self.paused = {name: threading.Event() for name in ("nflog", "arp", "flows")}
        self.idle = {name: threading.Event() for name in self.paused}
        self.sent = collections.Counter()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(("127.0.0.1", 9))
        self.flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.raw = None
        self.threads = [threading.Thread(target=self.go, args=(name, rate, act)) for name, rate, act in (
            ("nflog", NFLOG_RATE, self.log), ("arp", ARP_RATE, self.arp), ("flows", FLOW_RATE, self.new_flow))]

    def go(self, name, rate, act):
        tick = 0.02
        while not self.over.is_set():
            if self.paused[name].is_set():
                self.idle[name].set()
                time.sleep(0.01)
                continue
            self.idle[name].clear()
            begin = time.monotonic()
            for _ in range(int(rate * tick)):
                act()
            time.sleep(max(0.001, tick - (time.monotonic() - begin)))
        self.idle[name].set()

    def log(self):
        try:
            self.udp.send(b"x" * 30)
        except PermissionError:  # what a drop in the output hook looks like
            pass

    def arp(self):
        n = self.sent["arp"]
        frame = bytearray(ARP)
        host = n % HOSTS
        # Every thousandth comes from another MAC: a move.
        frame[11] = frame[27] = 200 if n % 1009 == 0 else host
        frame[31] = host + 1
        self.raw.send(bytes(frame))
        self.sent["arp"] += 1

    def new_flow(self):
        n = self.sent["flows"]
        try:
            self.flow.sendto(b"x", (f"127.9.{n >> 8 & 255}.{n & 255}", 20000 + (n >> 16) % 1000))
        except OSError:
            pass
        self.sent["flows"] += 1

    def pause(self, name):
        self.paused[name].set()
        self.idle[name].wait()

    def resume(self, name):
        self.paused[name].clear()
