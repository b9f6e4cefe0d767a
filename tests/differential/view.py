# SPDX-License-Identifier: GPL-2.0-or-later
"""One packet in tshark's eyes, under the names that dump.cpp prints."""
import collections
import socket

FIELDS = """frame.number frame.cap_len frame.len frame.protocols eth.src eth.dst eth.type eth.len
 sll.etype sll.ltype
 vlan.priority vlan.dei vlan.id vlan.etype vlan.len llc.dsap llc.ssap llc.control llc.oui llc.type
 arp.hw.type arp.proto.type arp.hw.size arp.proto.size arp.opcode arp.src.hw_mac
 arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4
 ip.version ip.hdr_len ip.len ip.proto ip.ttl ip.dsfield ip.flags.mf ip.frag_offset ip.src ip.dst
 ipv6.version ipv6.tclass ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst ipv6.hopopts.nxt
 ipv6.dstopts.nxt ipv6.routing.nxt ipv6.fraghdr.nxt ipv6.fraghdr.offset ipv6.fraghdr.more
 ipv6.hopopts.len_oct ipv6.dstopts.len_oct ipv6.routing.len_oct
 ah.next_header ah.length null.family _ws.malformed _ws.short tcp.srcport tcp.dstport tcp.flags tcp.hdr_len
 udp.srcport udp.dstport udp.length
 sctp.srcport sctp.dstport icmp.type icmp.code icmp.ident icmpv6.type icmpv6.code
 icmpv6.echo.identifier icmpv6.checksum.status icmpv6.opt.type icmpv6.opt.length
 icmpv6.opt.src_linkaddr icmpv6.opt.target_linkaddr icmpv6.nd.ns.target_address
 icmpv6.nd.na.target_address icmpv6.nd.rd.target_address""".split()


def numeric(fields, name, index=0):
    values = fields[name]
    return int(values[index], 0) if index < len(values) else None


class View:
    """A packet in tshark's eyes, under decode()'s names."""

    def __init__(self, fields, link):
        self.fields, self.link = fields, link
        self.out, self.start = {}, 0
        self.tags = 0
        self.known = self.contradicts = self.arp_ethernet = self.more = False
        self.gave_up = False
        self.upper = None
        self.path = [p for p in ":".join(fields["frame.protocols"]).split(":") if p != "ethertype"]
        self.kept, self.wire = numeric(fields, "frame.cap_len"), numeric(fields, "frame.len")
        self.short = self.kept < self.wire
        self.offset = {1: 14, 113: 16, 276: 20, 0: 4, 108: 4}.get(link, 0)
        self.short |= self.kept < self.offset
        self.walk()

    def next(self, *names):
        if self.path and self.path[0] in names:
            return self.path.pop(0)
        return None

    def walk(self):
        f, out = self.fields, self.out
        link = self.next("eth", "sll", "null", "raw")
        if link == "eth" and self.kept >= 14:
            out["src_mac"] = f["eth.src"][0].replace(":", "")
            out["dst_mac"] = f["eth.dst"][0].replace(":", "")
        ethertype = numeric(f, "eth.type" if link == "eth" else "sll.etype")
        tags, etypes = [], list(f["vlan.etype"])
        while self.path and self.path[0] in ("vlan", "llc"):
            if self.next("llc"):
                self.offset += 8
                good = [numeric(f, n) for n in ("llc.dsap", "llc.ssap", "llc.control", "llc.oui")]
                ethertype = numeric(f, "llc.type") if good == [0xAA, 0xAA, 3, 0] else None
                if ethertype is None:
                    self.path = []
                continue
            self.next("vlan")
            i = len(tags)
            if i >= len(f["vlan.id"]) or ethertype is None:
                self.short = True
                break
            self.offset += 4
            if self.kept < self.offset:
                self.short = True
                break                                 # without the EtherType behind it
            tci = (numeric(f, "vlan.priority", i) << 13 | numeric(f, "vlan.dei", i) << 12 |
                   numeric(f, "vlan.id", i))
            tags.append("%04x.%04x" % (ethertype, tci))
            if self.path and self.path[0] == "llc" or not etypes:
                ethertype = None
            else:
                ethertype = int(etypes.pop(0), 0)
        self.tags = len(tags)
        # What decode() keeps: sixteen tags, of which eight may name a VLAN.
        self.kept_tags = []
        for tag in tags[:16]:
            vlans = sum(not t.endswith("000") for t in self.kept_tags)
            if vlans == 8 and not tag.endswith("000"):
                break
            self.kept_tags.append(tag)
        self.short |= self.kept < self.offset
        if tags:
            out["tags"] = ",".join(tags)
        if ethertype is not None:
            out["ether_type"] = str(ethertype)
        length = numeric(f, "eth.len")
        if length is None and f["vlan.len"]:
            length = numeric(f, "vlan.len")
        if length is not None:
            self.contradicts |= length + 14 + 4 * self.tags > self.wire or length < 36
        family = numeric(f, "null.family")
        self.known = (ethertype in (0x0806, 0x0800, 0x86DD) or link is None or
                      (link == "raw" and self.path[:1] != ["data"]) or
                      (link == "null" and family in (2, 24, 28, 30)))
        self.contradicts |= ethertype == 0            # an 802.3 length of 0, to tshark a type
        self.start = self.offset
        if ethertype == 0x0806 and self.next("arp"):
            self.arp()
        elif (ethertype in (None, 0x0800)) and self.path and self.path[0] == "ip":
            self.next("ip")
            self.ipv4()
        elif (ethertype in (None, 0x86DD)) and self.path and self.path[0] == "ipv6":
            self.next("ipv6")
            self.ipv6()
        else:
            # An IP header whose version is not what the link says, or too short for one.
            self.contradicts |= self.known
            self.short |= self.known and self.wire < self.offset + 20

    def arp(self):
        f = self.fields
        self.short |= self.kept < self.offset + 8
        kind = [numeric(f, n) for n in ("arp.hw.type", "arp.proto.type", "arp.hw.size",
                                        "arp.proto.size")]
        self.arp_ethernet = kind == [1, 0x800, 6, 4] and numeric(f, "arp.opcode") in (1, 2)
        names = ("arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4")
        if kind != [1, 0x800, 6, 4] or any(not f[n] for n in names):
            self.short |= self.arp_ethernet
            return
        self.out.update(arp_operation=f["arp.opcode"][0])
        for mine, theirs in zip(("arp_sender_mac", "arp_target_mac"), names[0::2]):
            self.out[mine] = f[theirs][0].replace(":", "")
        for mine, theirs in zip(("arp_sender_ip", "arp_target_ip"), names[1::2]):
            self.out[mine] = socket.inet_aton(f[theirs][0]).hex()

    def ipv4(self):
        f, out = self.fields, self.out
        self.short |= self.kept < self.offset + 20
        if not f["ip.dst"] or numeric(f, "ip.version") != 4:
            self.contradicts = True
            return
        header, length = numeric(f, "ip.hdr_len"), numeric(f, "ip.len")
        self.contradicts |= (header < 20 or (length != 0 and length < header) or
                             self.offset + length > self.wire)
        self.short |= self.kept < self.offset + header
        out.update(version="4", src=socket.inet_aton(f["ip.src"][0]).hex(),
                   dst=socket.inet_aton(f["ip.dst"][0]).hex(), protocol=f["ip.proto"][0],
                   hop_limit=f["ip.ttl"][0], traffic_class=str(numeric(f, "ip.dsfield")), flow_label="0",
                   authenticated="0", ip_length=str(length))
        offset = numeric(f, "ip.frag_offset")
        self.more = numeric(f, "ip.flags.mf") == 1
        out["fragmented"] = str(int(numeric(f, "ip.flags.mf") == 1 or offset > 0))
        out["later_fragment"] = str(int(offset > 0))
        end = self.offset + length if length else self.wire
        if offset == 0:
            self.transport(self.offset + header, min(end, self.wire))

    def ipv6(self):
        f, out = self.fields, self.out
        self.short |= self.kept < self.offset + 40
        if not f["ipv6.dst"] or numeric(f, "ipv6.version") != 6:
            self.contradicts = True
            return
        length, start = numeric(f, "ipv6.plen"), self.offset + 40
        self.contradicts |= start + length > self.wire
        out.update(version="6", src=socket.inet_pton(socket.AF_INET6, f["ipv6.src"][0]).hex(),
                   dst=socket.inet_pton(socket.AF_INET6, f["ipv6.dst"][0]).hex(),
                   hop_limit=f["ipv6.hlim"][0], traffic_class=str(numeric(f, "ipv6.tclass")),
                   flow_label=str(numeric(f, "ipv6.flow")),
                   ip_length=str(length + 40))
        end = start + length
        following, fragmented, offset, authenticated = numeric(f, "ipv6.nxt"), 0, 0, 0
        seen = collections.Counter()
        while self.path:
            name = self.next("ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah")
            if name is None:
                break
            values = f["ah.next_header" if name == "ah" else name + ".nxt"]
            if seen[name] >= len(values):
                self.short = True
                break
            before = following
            following = int(values[seen[name]], 0)
            if name == "ipv6.fraghdr":
                fragmented, offset = 1, numeric(f, "ipv6.fraghdr.offset", seen[name]) or 0
                self.more |= numeric(f, "ipv6.fraghdr.more", seen[name]) == 1
                start += 8
            else:
                authenticated |= name == "ah"
                octets = f["ah.length" if name == "ah" else name + ".len_oct"]
                if seen[name] >= len(octets):
                    following, self.short = before, True
                    break
                octets = int(octets[seen[name]], 0)
                start += 4 * (octets + 2) if name == "ah" else octets
                self.contradicts |= name == "ah" and octets < 1      # RFC 4302: 12 octets at least
            seen[name] += 1
            self.contradicts |= start > end
            self.gave_up = not self.path and bool(f["_ws.malformed"] or f["_ws.short"])
            if start > min(self.kept, end) or (name == "ah" and octets < 1):
                following = before                    # of this header only the front is there
                self.short |= start > self.kept
                authenticated -= name == "ah"
                break
        out.update(protocol=str(following), fragmented=str(fragmented),
                   later_fragment=str(int(offset > 0)), authenticated=str(authenticated))
        if offset == 0:
            self.transport(start, min(end, self.wire))

    def transport(self, start, end):
        f, out = self.fields, self.out
        name = self.path[0] if self.path else None
        self.upper = name if name in ("tcp", "udp", "sctp", "icmp", "icmpv6") else "other"
        room = end - start if start is not None else None
        need = {"tcp": 20, "udp": 8, "sctp": 12, "icmp": 4, "icmpv6": 4}.get(name, 0)
        if room is not None:
            self.contradicts |= room < need
            self.short |= self.kept < start + need
        protocol = int(out["protocol"])
        if name is None and protocol in (1, 6, 17, 58, 132):
            self.contradicts = True                  # nothing follows
        if self.upper in ("tcp", "udp", "sctp") and f[name + ".dstport"]:
            out.update(src_port=f[name + ".srcport"][0], dst_port=f[name + ".dstport"][0])
        if name == "tcp":
            if f["tcp.flags"]:
                out["tcp_flags"] = str(numeric(f, "tcp.flags") & 0xFF)
            header = numeric(f, "tcp.hdr_len")
            self.contradicts |= header is not None and (
                header < 20 or (room is not None and header > room))
            self.short |= room is not None and header is not None and self.kept < start + header
        if name == "udp" and f["udp.length"]:
            length = numeric(f, "udp.length")
            jumbo = length == 0 and out["version"] == "6"
            self.contradicts |= not jumbo and (length < 8 or (room is not None and length > room))
        for kind in ("icmp", "icmpv6"):
            if name == kind and f[kind + ".code"]:
                out.update(icmp_type=f[kind + ".type"][0], icmp_code=f[kind + ".code"][0])
                ident = "icmp.ident" if kind == "icmp" else "icmpv6.echo.identifier"
                if f[ident] and int(out["icmp_type"]) in ((0, 8) if kind == "icmp" else (128, 129)):
                    out["icmp_id"] = str(numeric(f, ident))
        if name == "icmpv6" and 133 <= int(out.get("icmp_type", 0)) <= 137:
            self.nd(start)

    def nd(self, start):
        f, out = self.fields, self.out
        kind = int(out["icmp_type"])
        fixed = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}[kind]
        if start is None:
            return
        end = self.offset + 40 + numeric(f, "ipv6.plen")
        self.contradicts |= end < start + fixed
        if min(self.kept, end) >= start + 4:
            out.update(nd_type=out["icmp_type"], nd_code=out["icmp_code"])
        self.short |= self.kept < start + fixed
        if self.kept < start + fixed or end < start + fixed:
            return
        target = {135: "ns", 136: "na", 137: "rd"}.get(kind)
        if target and f["icmpv6.nd.%s.target_address" % target]:
            out["nd_target"] = socket.inet_pton(
                socket.AF_INET6, f["icmpv6.nd.%s.target_address" % target][0]).hex()
        self.options(start + fixed, end)
        status = numeric(f, "icmpv6.checksum.status")
        if status is not None and end <= self.wire:
            out["nd_checksum"] = {0: "wrong", 1: "right"}.get(status, "unknown")


    def options(self, pos, end):
        """ND options: how many of each kind are there whole, and whether one spoils the message."""
        f, out = self.fields, self.out
        count, good = collections.Counter(), True
        names = {1: "icmpv6.opt.src_linkaddr", 2: "icmpv6.opt.target_linkaddr"}
        links = {}
        for kind, length in zip(f["icmpv6.opt.type"], f["icmpv6.opt.length"]):
            kind, length = int(kind, 0), int(length, 0)
            if length == 0 or pos + 8 * length > end:
                good = False
                break
            pos += 8 * length
            if pos > self.kept:
                break
            if kind in names:
                value = f[names[kind]][count[kind]:count[kind] + 1]
                links[kind] = value[0].replace(":", "") if value and length == 1 else None
                count[kind] += 1
        good &= pos + 1 != end                        # one octet is no option
        self.contradicts |= not good
        out.update(nd_source_links=str(count[1]), nd_target_links=str(count[2]),
                   nd_options_ok=str(int(good)))
        for kind, name in ((1, "nd_source_link"), (2, "nd_target_link")):
            if links.get(kind):
                out[name] = links[kind]
