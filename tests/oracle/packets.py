#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`packet` lines against tshark: packets.py NETWEIR CAPTURE|DIR...
                               packets.py --lines CAPTURE...

Each capture is replayed with --events packet: one line a packet, in order. What a line says must be
what tshark says of that packet (addresses, ports, ICMP, VIDs, EtherType, protocol, Community ID) or
the file itself (time, lengths); of a packet that was decoded to its end the line must have all that
tshark has. Community IDs are computed here as well, from tshark's fields. Ends with 1 where anything
differs.

--lines prints the lines as tshark has them, with the keys that do not depend on the machine, for
captures of packets that decode to their end (`stop` is no field of tshark's) and are not NFLOG's."""
import argparse
import base64
import collections
import hashlib
import json
import pathlib
import socket
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "differential"))
import tshark  # noqa: E402
from captures import NFLOG, Capture, unwrap_nflog, write_pcapng  # noqa: E402
from compare import LINKS, captures, nanoseconds, replay  # noqa: E402
from oracle import rfc3339  # noqa: E402
from view import FIELDS, View  # noqa: E402

NAMES = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 33: "DCCP", 47: "GRE", 50: "ESP", 51: "AH",
         58: "IPv6-ICMP", 132: "SCTP", 136: "UDPLite"}
EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)   # RFC 7045, section 4; those that hold others
# https://github.com/corelight/community-id-spec: the ICMP types that answer each other.
ANSWERS = {1: ((8, 0), (13, 14), (15, 16), (10, 9), (17, 18)),
           58: ((128, 129), (130, 131), (133, 134), (135, 136), (139, 140), (144, 145))}
SHOWN = 10
ORDER = ("src_mac", "dest_mac", "ether_type", "proto", "src_ip", "src_port", "dest_ip", "dest_port",
         "icmp_type", "icmp_code", "length", "captured", "community_id")


def mac(text):
    return ":".join(text[i:i + 2] for i in range(0, 12, 2))


def address(text):
    octets = bytes.fromhex(text)
    return socket.inet_ntop(socket.AF_INET if len(octets) == 4 else socket.AF_INET6, octets)


def community_id(src, dst, protocol, out):
    """Of the fields of a View, or None."""
    ports, directed = b"", False
    if protocol in ANSWERS:
        if "icmp_type" not in out:
            return None
        kind, code = int(out["icmp_type"]), int(out["icmp_code"])
        pairs = dict(ANSWERS[protocol]) | {b: a for a, b in ANSWERS[protocol]}
        directed = kind not in pairs
        ends = [kind, pairs.get(kind, code)]
    elif protocol in (6, 17, 132):
        if "src_port" not in out:
            return None
        ends = [int(out["src_port"]), int(out["dst_port"])]
    else:
        ends = None
    if ends is not None:
        if (dst, ends[1]) < (src, ends[0]) and not directed:
            src, dst, ends = dst, src, ends[::-1]
        ports = struct.pack(">HH", *ends)
    elif dst < src:
        src, dst = dst, src
    digest = hashlib.sha1(b"\0\0" + src + dst + bytes([protocol, 0]) + ports).digest()
    return "1:" + base64.b64encode(digest).decode()


def expected(view):
    """The keys of a line, as tshark has them."""
    out, want = view.out, {}
    if "src_mac" in out:
        want.update(src_mac=mac(out["src_mac"]), dest_mac=mac(out["dst_mac"]))
    if out.get("ether_type", "0") != "0":
        want["ether_type"] = int(out["ether_type"])
    if "arp_sender_ip" in out:
        want.update(proto="ARP", src_ip=address(out["arp_sender_ip"]),
                    dest_ip=address(out["arp_target_ip"]))
    elif "src" in out:
        want.update(src_ip=address(out["src"]), dest_ip=address(out["dst"]))
        protocol = int(out["protocol"])
        if out["version"] == "4" or protocol not in EXTENSIONS:
            want["proto"] = NAMES.get(protocol, protocol)
            want["community_id"] = community_id(bytes.fromhex(out["src"]),
                                                bytes.fromhex(out["dst"]), protocol, out)
    for mine, theirs in (("src_port", "src_port"), ("dest_port", "dst_port"),
                         ("icmp_type", "icmp_type"), ("icmp_code", "icmp_code")):
        if theirs in out:
            want[mine] = int(out[theirs])
    vids = [int(tag[-3:], 16) for tag in out.get("tags", "").split(",") if tag]
    want["vlan"] = [v for v in vids if v]
    return {k: v for k, v in want.items() if v not in (None, [])}


def has_tunnel(path):
    """More than one IP header: tshark's Community ID is of the innermost. RoCE has ends of its own."""
    return sum(p in ("ip", "ipv6") for p in path) != 1 or "infiniband" in path


def compare(line, record, original, fields, totals):
    view = View(fields, record.link)
    want, got = expected(view), dict(line["packet"])
    if "vlan" in line:
        got["vlan"] = line["vlan"]
    out = []
    nflog = original.link == NFLOG
    if nflog:
        for key in ("src_mac", "dest_mac", "ether_type"):   # the oracle makes a header of its own
            if key not in got:
                want.pop(key, None)
        prefix = got.get("nflog", {}).get("prefix")
        if prefix != record.prefix:
            out.append("prefix: %s, the file %s" % (prefix, record.prefix))
    else:
        want.update(captured=len(record.data))
        if record.wire:
            want.update(length=record.wire)
    stop = got.pop("stop", None)
    for key in ("nflog", "psample") + (("captured",) if nflog else ()):
        got.pop(key, None)
    for key in sorted(set(want) | set(got)):
        if key not in got and stop is not None:
            continue                                  # behind where decoding stopped
        if key in got and key not in want and view.short:
            totals["not shown by tshark: " + key] += 1
            continue
        if key == "vlan" and stop == "too_many_layers" and got[key] == want[key][:len(got[key])]:
            continue
        if got.get(key) != want.get(key):
            out.append("%s: %s, tshark %s" % (key, got.get(key), want.get(key)))
        else:
            totals["equal: " + key] += 1
    theirs = (fields["communityid"] or [None])[0]
    if "community_id" in got and theirs and not has_tunnel(view_path(fields)) and not view.more:
        if theirs == got["community_id"]:
            totals["equal: tshark's own Community ID"] += 1
        elif stop == "cut":
            # tshark leaves out the ports of a header that is not whole; the one made here does not.
            totals["tshark's own Community ID differs: a header is cut"] += 1
        else:
            out.append("community_id: %s, tshark's own %s" % (got["community_id"], theirs))
    at = nanoseconds(line["timestamp"])
    if original.plain_time and at != original.at:
        out.append("time: %d, the file %d" % (at, original.at))
    totals["lines"] += 1
    totals["stop: %s" % stop] += 1
    return out


def dissect(records):
    """tshark's fields of each record, by one tshark."""
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as f:
        write_pcapng(f.name, records)
        return list(tshark.run(f.name, FIELDS + ["communityid"],
                               ["--enable-protocol", "communityid"], display=None))


def lines_of(paths):
    records = [r for path in paths for r in Capture(path).records]
    for record, fields in zip(records, dissect(records)):
        want = expected(View(fields, record.link))
        want.update(length=record.wire, captured=len(record.data))
        line = {"timestamp": rfc3339(record.at), "event_type": "packet"}
        if "vlan" in want:
            line["vlan"] = want["vlan"]
        line["packet"] = {k: want[k] for k in ORDER if k in want}
        yield json.dumps(line, separators=(",", ":"))


def view_path(fields):
    return ":".join(fields["frame.protocols"]).split(":")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("netweir")
    parser.add_argument("capture", nargs="*")
    args = parser.parse_args()
    if args.lines:
        print("\n".join(lines_of([args.netweir, *args.capture])))
        return 0
    lines, packets = [], []                           # of all captures: tshark starts once
    totals, problems = collections.Counter(), []
    for path in captures(args.capture):
        try:
            capture = Capture(path)
        except ValueError:
            continue
        text, _, errors = replay(args.netweir, [path], ["--events", "packet"])
        found = [json.loads(t) for t in text]
        found = [f for f in found if f["event_type"] == "packet"]
        pairs = [(r, unwrap_nflog(r) if r.link == NFLOG else r) for r in capture.records]
        pairs = [(path, r, u) for r, u in pairs if u is not None]
        if len(found) != len(pairs):
            problems.append("%s: %d packets, %d lines: %s" % (path, len(pairs), len(found), errors))
            continue
        lines += found
        packets += pairs
    every = dissect([u for _, _, u in packets])
    if len(every) != len(packets):
        problems.append("%d packets, tshark has %d" % (len(packets), len(every)))
    differ = 0
    for line, (path, original, record), fields in zip(lines, packets, every):
        if record.link not in LINKS:
            continue
        out = compare(line, record, original, fields, totals)
        if out:
            differ += 1
            if differ <= SHOWN:
                problems.append("%s: packet %d (%s):\n  %s\n  %s" % (
                    path, original.number, ":".join(fields["frame.protocols"]), "\n  ".join(out),
                    json.dumps(line)))
    for name, count in sorted(totals.items()):
        print("%8d %s" % (count, name))
    print("\n".join(problems))
    print("%8d lines differ" % differ)
    return 1 if problems or not totals["lines"] else 0


if __name__ == "__main__":
    sys.exit(main())
