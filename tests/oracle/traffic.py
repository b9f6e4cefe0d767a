#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`traffic` lines against an independent count: traffic.py NETWEIR CAPTURE|DIR...

Each capture is replayed with a total for each dimension alone, for all of them together, for prefixes of several
lengths, and with a bound of three lines. The packets and octets of every line must be what tshark's fields of the
packets add up to in that hour, by the greatest time so far; no line may be missing, none too many; the rest must be
what the lines leave; and what was sampled one in one has no estimate. Of NFLOG captures there is a second one with
marks and groups, made here. How far a packet was decoded is taken from its `packet` line, which packets.py compares:
what stands behind a `stop` is in no key. Ends with 1 where anything differs.

Left out: queue, which only psample's netlink messages have (tests/guest, tests/app/psample_replay_test.py), and the
interfaces of NFLOG captures, of which they have the number but no name (tests/app/traffic_kernel_test.py)."""
import argparse
import collections
import dataclasses
import ipaddress
import json
import pathlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "differential"))
import tshark  # noqa: E402
from captures import NFLOG, Capture, unwrap_nflog, write_pcapng  # noqa: E402
from compare import captures, nanoseconds, replay  # noqa: E402
from packets import expected  # noqa: E402
from view import FIELDS, View  # noqa: E402

MORE = ["ip.dsfield", "ipv6.tclass", "tcp.flags", "tcp.urgent_pointer", "ipv6.flow"]
BOUNDS = ((64, "0-64"), (127, "65-127"), (255, "128-255"), (511, "256-511"), (1023, "512-1023"), (1518, "1024-1518"))
DIMENSIONS = ("in_iface", "vlan", "src_ip", "dest_ip", "proto", "src_port", "dest_port", "dscp", "ecn", "length",
              "tcp_flags", "flow_label", "group", "prefix", "mark")
TOTALS = {d: dict(key=[d]) for d in DIMENSIONS} | {
    "all": dict(key=list(DIMENSIONS)),
    "p24-48": dict(key=["src_ip", "dest_ip"], v4=24, v6=48), "p0-0": dict(key=["src_ip"], v4=0, v6=0),
    "p9-65": dict(key=["dest_ip"], v4=9, v6=65), "p31-127": dict(key=["src_ip", "proto"], v4=31, v6=127),
    "three": dict(key=["src_ip", "dest_ip", "length"], top=3)}
HOUR = 3600 * 10 ** 9
SHOWN = 10
MARKS = (None, 7, 0x10000, 0xffffffff)


def number(values):
    return int(values[0], 0) if values else None


def key_of(record, fields, said, iface, totals):
    """What the packet is counted under and its octets, as tshark has them; `said`: its packet line."""
    view, packet = View(fields, record.link), said["packet"]
    want = expected(view)
    key = {k: want[k] for k in ("src_ip", "dest_ip", "proto", "src_port", "dest_port") if k in want}
    for k in list(key):
        if k not in packet:
            if "stop" not in packet:
                raise ValueError("no %s: %s" % (k, said))
            totals["behind a stop: " + k] += 1
            del key[k]
    for k in ("src_port", "dest_port"):
        if k in packet and k not in key and view.short:
            totals["not shown by tshark: " + k] += 1
            key[k] = packet[k]
    vlan = want.get("vlan", [])
    if len(said.get("vlan", [])) < min(len(vlan), 2) and "stop" not in packet:
        raise ValueError("no vlan: %s" % said)
    vlan = vlan[:len(said.get("vlan", []))][:2]
    if vlan:
        key["vlan"] = tuple(vlan)
    if "src_ip" in key and "src" in view.out:
        version = 6 if ":" in key["src_ip"] else 4
        octet = number(fields["ip.dsfield" if version == 4 else "ipv6.tclass"])
        key.update(dscp=octet >> 2, ecn=octet & 3)
        if version == 6:
            key["flow_label"] = number(fields["ipv6.flow"])
    if key.get("proto") == "TCP" and "src_port" in key and fields["tcp.urgent_pointer"]:  # the header's last field
        key["tcp_flags"] = number(fields["tcp.flags"]) & 0xff
    octets = record.wire or record.header + max(len(record.data) - (14 if record.link == 1 else 0),
                                                int(view.out.get("ip_length", 0)))
    key["length"] = next((name for bound, name in BOUNDS if octets <= bound), "1519-")
    key.update({k: v for k, v in (("group", record.group), ("prefix", record.prefix), ("mark", record.mark),
                                  ("in_iface", iface)) if v is not None})
    return key, octets


def cut(total, key):
    """The part of a packet's key that a total tells packets apart by."""
    out = {k: key[k] for k in total["key"] if k in key}
    for k in ("src_ip", "dest_ip"):
        if k in out:
            ip = ipaddress.ip_address(out[k])
            bits = total.get("v%d" % ip.version, ip.max_prefixlen)
            net = ipaddress.ip_network((ip, bits), strict=False)
            out[k] = net if bits < ip.max_prefixlen else ip
    return tuple(sorted(out.items(), key=lambda item: item[0]))


def told(lines, lossless):
    """(total, hour) -> key -> packets and octets, in the order of the lines; the rest's key is None."""
    found = collections.defaultdict(dict)
    for line in lines:
        t = line["traffic"]
        if lossless and "est_packets" in t:
            raise ValueError("not exact: %s" % line)
        key = {k: t[k] for k in DIMENSIONS if k in t}
        for k in ("src_ip", "dest_ip"):
            if k in key:
                key[k] = (ipaddress.ip_network if "/" in key[k] else ipaddress.ip_address)(key[k])
        if "length_class" in t:
            key["length"] = t["length_class"]
        if "vlan" in line:
            key["vlan"] = tuple(line["vlan"])
        if "in_iface" in line:
            key["in_iface"] = line["in_iface"]
        if "group" in line["source"]:
            key["group"] = line["source"]["group"]
        place = found[t["name"], nanoseconds(t["from"]) // HOUR]
        key = None if t.get("rest") else tuple(sorted(key.items(), key=lambda item: item[0]))
        if key in place or None in place:
            raise ValueError("twice, or behind the rest: %s" % line)
        place[key] = (t["packets"], t["bytes"])
        if key is None:
            place[key] += (t["keys"],)
    return found


def differences(name, want, got):
    """Of one total in one hour."""
    top = TOTALS[name].get("top")
    if top and len(want) > top:
        ranked = sorted((octets for _, octets in want.values()), reverse=True)
        shown = {k: v for k, v in got.items() if k is not None}
        if [v[1] for v in shown.values()] != ranked[:top]:
            yield "not the largest: %s of %s" % (shown, ranked)
        left = {k: v for k, v in want.items() if k not in shown}
        rest = (sum(v[0] for v in left.values()), sum(v[1] for v in left.values()), len(left))
        if got.get(None) != rest:
            yield "the rest: %s, tshark %s" % (got.get(None), rest)
        want = {k: v for k, v in want.items() if k in shown}
        got = shown
    for key in set(want) | set(got):
        if want.get(key) != got.get(key):
            yield "%s: %s, tshark %s" % (key and dict(key), got.get(key), want.get(key))


def interfaces(path):
    """Packet number -> name of its interface, as tshark has it."""
    if path.suffix != ".pcapng":
        return {}
    every = tshark.run(path, ["frame.number", "frame.interface_name"], display=None)
    names = {int(f["frame.number"][0]): (f["frame.interface_name"] or ["unknown"])[0] for f in every}
    return {n: name for n, name in names.items() if name != "unknown"}


def marked(path, folder):
    """The NFLOG capture with other groups, and NFULA_MARK (2) before the attributes that are there."""
    records = []
    for n, r in enumerate(Capture(path).records):
        mark, data = MARKS[n % len(MARKS)], r.data
        mark = b"" if mark is None else struct.pack("<HH", 8, 2) + struct.pack(">I", mark)
        data = data[:2] + struct.pack(">H", 5 + n % 3) + mark + data[4:]
        records.append(dataclasses.replace(r, data=data, wire=len(data)))
    out = pathlib.Path(folder, "marked-" + path.stem + ".pcapng")
    write_pcapng(out, records)
    return out


def check_nflog(path, pairs):
    """Group and prefix as tshark has them."""
    every = list(tshark.run(path, ["frame.number", "nflog.res_id", "nflog.prefix"], display=None))
    by_number = {int(f["frame.number"][0]): f for f in every}
    for original, record in pairs:
        f = by_number[original.number]
        if number(f["nflog.res_id"]) != record.group or (f["nflog.prefix"] or [None])[0] != record.prefix:
            raise ValueError("%s: packet %d: tshark has %s" % (path, original.number, f))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("netweir")
    parser.add_argument("capture", nargs="+")
    args = parser.parse_args()
    problems, compared, totals = [], collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "c.yaml")
        config.write_text("traffic:\n" + "".join(
            "  - {name: %s, key: [%s], interval: 1h, top: %d, prefix_v4: %d, prefix_v6: %d}\n" % (
                name, ", ".join(t["key"]), t.get("top", 65536), t.get("v4", 32), t.get("v6", 128))
            for name, t in TOTALS.items()) + "outputs: [{type: json, events: [packet, traffic]}]\n")
        work = []
        for path in captures(args.capture):
            try:
                capture = Capture(path)
            except ValueError:
                totals["files that are no captures"] += 1
                continue
            work.append((path, capture))
            if any(r.link == NFLOG for r in capture.records):
                path = marked(path, folder)
                work.append((path, Capture(path)))
        packets = []
        for path, capture in work:
            pairs = [(r, unwrap_nflog(r) if r.link == NFLOG else r) for r in capture.records]
            pairs = [(r, u) for r, u in pairs if u is not None]
            if any(r.link == NFLOG for r, _ in pairs):
                check_nflog(path, pairs)
            packets.append(pairs)
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as f:
            write_pcapng(f.name, [u for pairs in packets for _, u in pairs])
            every = iter(list(tshark.run(f.name, FIELDS + MORE, display=None)))
        for (path, capture), pairs in zip(work, packets):
            text, _, errors = replay(args.netweir, [path], ["-c", str(config)])
            lines = [json.loads(t) for t in text]
            said = [line for line in lines if line["event_type"] == "packet"]
            fields = [next(every) for _ in pairs]
            if len(said) != len(pairs):
                problems.append("%s: %d packets, %d lines: %s" % (path, len(pairs), len(said), errors))
                continue
            try:
                names, latest = interfaces(path), 0
                want = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
                for (original, record), f, line in zip(pairs, fields, said):
                    key, octets = key_of(record, f, line, names.get(original.number), totals)
                    totals["packets"] += 1
                    latest = max(latest, original.at)
                    for name, total in TOTALS.items():
                        cell = want[name, latest // HOUR][cut(total, key)]
                        cell[0] += 1
                        cell[1] += octets
                    for k in key:
                        compared[k] += 1
                lossless = all(s["lost"] == 0 for s in lines[-1]["goodbye"]["sources"])
                got = told([line for line in lines if line["event_type"] == "traffic"], lossless)
            except ValueError as error:
                problems.append("%s: %s" % (path, error))
                continue
            for place in set(want) | set(got):
                cells = {k: tuple(v) for k, v in want.get(place, {}).items()}
                totals["lines"] += len(cells)
                problems += ["%s: %s: %s" % (path, place, d) for d in differences(place[0], cells, got.get(place, {}))]
    for name, count in sorted(totals.items()):
        print("%8d %s" % (count, name))
    print("of the packets had a %s" % ", ".join("%s %d" % (k, compared[k]) for k in DIMENSIONS))
    problems += ["no packet had a %s" % k for k in DIMENSIONS if not compared[k]] if len(work) > 20 else []
    print("\n".join(problems[:SHOWN]))
    print("%8d differ" % len(problems))
    return 1 if problems or not totals["lines"] else 0


if __name__ == "__main__":
    sys.exit(main())
