#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every field of decode() against tshark: compare.py DUMP CAPTURE|DIR... [--mutate N]

DUMP prints what decode() says of each packet (dump.cpp). The captures are compared as they are, and
N times more with octets changed at random (editcap -E 0.02, seeds 1 to N). All fields that decode()
read must be equal; a field that it did not read, though tshark shows it, must be excused by where
it stopped; and where it stopped must be excused by ALLOWED. Ends with 1 where anything is not."""
import argparse
import collections
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import tshark  # noqa: E402
from captures import NFLOG, Capture  # noqa: E402
from view import FIELDS, View  # noqa: E402

# The field's layer; how deep each layer lies.
DEPTH = {"link": 0, "vlan": 1, "llc": 1, "arp": 2, "ipv4": 2, "ipv6": 2, "ipv6_extension": 3,
         "icmp": 4, "icmpv6": 4, "tcp": 4, "udp": 4, "sctp": 4, "other": 4}
LAYER = {"src_mac": 0, "dst_mac": 0, "tags": 1, "ether_type": 1, "version": 2, "src": 2, "dst": 2,
         "hop_limit": 2, "traffic_class": 2, "flow_label": 2, "ip_length": 2, "protocol": 3, "fragmented": 3,
         "later_fragment": 3, "authenticated": 3, "src_port": 4, "dst_port": 4, "tcp_flags": 4,
         "icmp_type": 4, "icmp_code": 4, "icmp_id": 4, "nd_type": 4, "nd_code": 4, "nd_target": 4,
         "nd_checksum": 4, "nd_source_links": 4, "nd_target_links": 4, "nd_options_ok": 4,
         "nd_source_link": 4, "nd_target_link": 4, "arp_operation": 2, "arp_sender_mac": 2,
         "arp_sender_ip": 2,
         "arp_target_mac": 2, "arp_target_ip": 2}

# Where decode() may stop although tshark goes on, and why. (stop, layer, test of tshark's view).
ALLOWED = {
    "cut by the capture, or the frame is shorter than its headers say": lambda n, t: (
        n["stop"] in ("cut", "malformed") and t.short),
    "more than eight VLANs, or sixteen tags": lambda n, t: (
        n["stop"] == "too_many_layers" and t.tags > len(t.kept_tags)),
    "a header that contradicts its length field": lambda n, t: (
        n["stop"] == "malformed" and t.contradicts),
    "ARP of another kind than Ethernet and IPv4, or another operation": lambda n, t: (
        n["stop"] == "unsupported" and n["at"] == "arp" and not t.arp_ethernet),
    "an EtherType or LLC that decode() does not know": lambda n, t: (
        n["stop"] == "unsupported" and n["at"] in ("link", "vlan", "llc", "other") and not t.known),
    "a header that goes on in the next fragment": lambda n, t: (
        n["stop"] == "unsupported" and t.more),
    "seen: what follows an extension header with a bad option": lambda n, t: t.gave_up,
    "an IP protocol that decode() does not know": lambda n, t: (
        n["stop"] == "unsupported" and t.upper == "other"),
}

# Fields that decode() read and tshark does not show, and why.
UNSEEN = {
    "seen: addresses of an Ethernet header that is cut": lambda key, layer, n, t: (
        layer == 0 and t.kept < 14),
    "seen: no ND option was reached, and true is the default": lambda key, layer, n, t: (
        key == "nd_options_ok" and n["stop"] != "done"),
    "seen: ports of an SCTP header that is cut": lambda key, layer, n, t: (
        key in ("src_port", "dst_port") and n["stop"] == "cut" and n["at"] == "sctp"),
    "seen: TCP or SCTP whose length is bogus": lambda key, layer, n, t: (
        layer == 4 and n["stop"] == "malformed" and n["at"] in ("tcp", "sctp")),
    "seen: an IPv4 header whose length is bogus": lambda key, layer, n, t: (
        layer in (2, 3) and n["stop"] == "malformed" and n["at"] == "ipv4"),
    "seen: what follows an extension header with a bad option": lambda key, layer, n, t: (
        layer == 4 and t.gave_up),
}


def differences(mine, view, unseen):
    """(differences, name of the excuse or None, fields equal) of one packet."""
    out, equal = [], 0
    depth = DEPTH[mine["at"]]
    done = mine["stop"] == "done"
    for key, layer in LAYER.items():
        a, b = mine.get(key), view.out.get(key)
        if a in (None, "0", "unknown") and b in (None, "0", "unknown"):
            continue
        if a == b:
            equal += 1
        elif a in (None, "0") and not done and layer >= depth:
            continue                                  # behind where it stopped
        elif b is None and (excused := next(
                (name for name, test in UNSEEN.items() if test(key, layer, mine, view)), None)):
            unseen[excused] += 1
        elif key == "protocol" and mine["stop"] == "malformed" and mine["at"] == "ipv6":
            unseen["seen: decode() enters no header of an IPv6 packet longer than its frame"] += 1
        elif layer == 3 and view.gave_up:
            unseen["seen: what follows an extension header with a bad option"] += 1
        elif key == "tags" and view.tags > len(view.kept_tags) and a == ",".join(view.kept_tags):
            unseen["seen: the first tags of too many"] += 1
        elif key == "nd_checksum" and a == "unknown" and mine["fragmented"] == "1":
            unseen["seen: decode() judges no checksum behind a Fragment header"] += 1
        elif key == "ip_length" and a == "0" and int(b) == view.wire - view.start:
            unseen["TSO: tshark shows the length that 0 stands for"] += 1
        elif (mine["stop"] == "cut" or mine["stop"] == "malformed") and key == "nd_checksum":
            continue                                  # not judged
        else:
            out.append("%s: decode() %s, tshark %s" % (key, a, b))
    excuse = None
    if not done:
        excuse = next((name for name, test in ALLOWED.items() if test(mine, view)), None)
        if excuse is None:
            out.append("decode() stopped as %s at %s, and nothing excuses it"
                       % (mine["stop"], mine["at"]))
    return out, excuse, equal


def dump(program, path):
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield dict(part.split("=", 1) for part in line.split("\t"))


def compare(program, path, link, totals):
    bad = 0
    mine = list(dump(program, path))
    theirs = list(tshark.run(path, FIELDS, display=None))
    if len(mine) != len(theirs):
        print("%s: decode() saw %d packets, tshark %d" % (path, len(mine), len(theirs)))
        return 1
    for a, fields in zip(mine, theirs):
        view = View(fields, link)
        out, excuse, equal = differences(a, view, totals)
        totals["packets"] += 1
        totals["fields"] += equal
        totals["stop: " + a["stop"]] += 1
        if excuse is not None:
            totals["allowed: " + excuse] += 1
        if out:
            bad += 1
            if bad <= 5:
                print("%s: packet %s (%s):\n  %s\n  %s" % (
                    path, a["n"], ":".join(fields["frame.protocols"]), "\n  ".join(out),
                    " ".join("%s=%s" % p for p in a.items())))
    return bad


def write_pcap(path, link, records):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
        for i, r in enumerate(records):
            f.write(struct.pack("<IIII", i, 0, len(r.data), r.wire) + r.data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutate", type=int, default=3, metavar="N")
    parser.add_argument("--keep", help="where to keep the mutated captures")
    parser.add_argument("dump")
    parser.add_argument("capture", nargs="+")
    args = parser.parse_args()
    paths = []
    for name in map(pathlib.Path, args.capture):
        paths += sorted(name.glob("*.pcap")) if name.is_dir() else [name]
    totals, bad = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(args.keep) if args.keep else pathlib.Path(folder)
        groups = collections.defaultdict(list)
        for path in paths:
            records = Capture(path).records
            if records and records[0].link != NFLOG:
                groups[records[0].link] += records
        for link, members in sorted(groups.items()):
            # One file a link type: starting tshark is what costs.
            whole = folder / ("link-%d.pcap" % link)
            write_pcap(whole, link, members)
            bad += compare(args.dump, whole, link, totals)
            for seed in range(1, args.mutate + 1):
                changed = folder / ("link-%d-seed-%d.pcap" % (link, seed))
                subprocess.run(["editcap", "-F", "nsecpcap", "-E", "0.02", "--seed", str(seed),
                                str(whole), str(changed)], check=True, stderr=subprocess.DEVNULL)
                bad += compare(args.dump, changed, link, totals)
    for name, count in sorted(totals.items()):
        print("%8d %s" % (count, name))
    print("%8d packets differ" % bad)
    return 1 if bad or not totals["packets"] else 0


if __name__ == "__main__":
    sys.exit(main())
