# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark says of the packets that have an ARP or ICMPv6 layer."""
import os
import subprocess
import tempfile

from captures import NFLOG, unwrap_nflog, write_pcapng

FIELDS = """frame.number frame.time_epoch frame.cap_len frame.len frame.protocols
 eth.type vlan.id vlan.etype sll.etype sll.ltype llc.dsap llc.ssap llc.control llc.oui llc.type
 arp.hw.type arp.proto.type arp.hw.size arp.proto.size arp.opcode
 arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4
 ipv6.plen ipv6.hlim ipv6.src ipv6.dst
 ipv6.hopopts.len_oct ipv6.dstopts.len_oct ipv6.routing.len_oct
 icmpv6.type icmpv6.code icmpv6.checksum.status icmpv6.opt.type icmpv6.opt.length
 icmpv6.nd.ns.target_address icmpv6.nd.na.target_address""".split()

# Every tag is dissected by one dissector, nothing is put together from several frames, and no
# frame is guessed at.
OPTIONS = ["-n", "-d", "ethertype==0x88a8,vlan", "-o", "ip.defragment:FALSE", "-o",
           "ipv6.defragment:FALSE", "-o", "eth.fcs:Never", "-o", "gui.max_tree_items:10000000",
           "-o", "tcp.desegment_tcp_streams:FALSE", "-o", "arp.detect_duplicate_ips:FALSE"]


def run(path, fields, extra=(), display="arp or icmpv6"):
    """One list of field values (each a list, in order of occurrence) a frame that `display`
    selects. A capture that ends in the middle is read up to there."""
    with tempfile.TemporaryDirectory() as empty:
        env = dict(os.environ, WIRESHARK_CONFIG_DIR=empty, HOME=empty, LC_ALL="C.UTF-8", TZ="UTC")
        command = ["tshark", *OPTIONS, *extra, "-r", str(path), "-T", "fields", "-E",
                   "separator=/t", "-E", "occurrence=a", "-E", "aggregator=;"]
        if display:
            command += ["-Y", display]
        for f in fields:
            command += ["-e", f]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    # 2: the capture ends in the middle. Anything else that fails must not pass for silence.
    if done.returncode not in (0, 2):
        raise RuntimeError("tshark failed (%d): %s" % (done.returncode, done.stderr.strip()))
    for line in done.stdout.splitlines():
        values = line.split("\t")
        yield {f: (v.split(";") if v else []) for f, v in zip(fields, values)}


def packets(path, capture):
    """(record, fields) of each packet that may be evidence, in order."""
    records = capture.records
    skipped = capture.counted != len(records)
    if skipped or any(r.link == NFLOG for r in records):
        unwrapped = [unwrap_nflog(r) if r.link == NFLOG else r for r in records]
        records = [r for r in unwrapped if r is not None]
        if not records:
            return
        with tempfile.NamedTemporaryFile(suffix=".pcapng") as f:
            write_pcapng(f.name, records)
            for fields in run(f.name, FIELDS):
                record = records[int(fields["frame.number"][0]) - 1]
                tag = 4 if record.tag else 0
                check(path, record, fields, len(record.data) + tag,
                      record.wire and record.wire + tag)
                yield record, fields
        return
    by_number = {r.number: r for r in records}
    for fields in run(path, FIELDS):
        record = by_number[int(fields["frame.number"][0])]
        check(path, record, fields, len(record.data), record.wire)
        yield record, fields


def check(path, record, fields, kept, wire):
    """Both readers of the file saw the same packet."""
    where = "%s: packet %d" % (path, record.number)
    if int(fields["frame.cap_len"][0]) != kept:
        raise RuntimeError("%s: tshark has %s octets, the oracle's reader %d"
                           % (where, fields["frame.cap_len"][0], kept))
    if wire and int(fields["frame.len"][0]) != wire:
        raise RuntimeError("%s: tshark says %s octets on the wire, the oracle's reader %d"
                           % (where, fields["frame.len"][0], wire))
    if record.plain_time and record.at >= 0 and fields["frame.time_epoch"]:
        seconds, _, fraction = fields["frame.time_epoch"][0].partition(".")
        at = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
        if at != record.at:
            raise RuntimeError("%s: tshark's time is %d, the oracle's reader's %d"
                               % (where, at, record.at))
