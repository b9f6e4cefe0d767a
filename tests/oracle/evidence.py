# SPDX-License-Identifier: GPL-2.0-or-later
"""Which packets are evidence of a binding, from tshark's fields (docs/events.md has the rules).

What tshark cannot tell is read from the packet's octets: the list of ND options, for which tshark
shows neither where they end nor whether they were cut. Where it shows them, both must agree."""
import ipaddress
import re
import socket

ARP, IPV6 = 0x0806, 0x86DD
LINK_OCTETS = {"eth": 14, "sll": 16, "null": 4, "raw": 0, "ipv6": 0}
ND_FIXED = {133: 8, 134: 16, 135: 24, 136: 24}
ND_NAME = {133: "nd_rs", 134: "nd_ra", 135: "nd_ns", 136: "nd_na"}
MAX_TAGS = 8

# The layers that may stand before an ARP or ND message: link, tags, LLC/SNAP. Anything else
# (IPv4, GRE, VXLAN, MPLS, PPPoE, an ICMPv6 error that quotes, ...) is a tunnel or a quotation.
BELOW = re.compile(r"^(?:(eth|sll|null|raw)((?::ethertype|:vlan|:llc)*):)?"
                   r"(?:(arp)|ipv6((?::ipv6\.hopopts|:ipv6\.dstopts|:ipv6\.routing)*):(icmpv6))"
                   r"(?::|$)")


def number(fields, name, index=0):
    values = fields[name]
    return int(values[index], 0) if index < len(values) else None


def below(record, fields):
    """(VIDs, what, octets of link, tags and LLC, extension headers) or None where no ARP or ND
    message lies directly on the link. VIDs are those that remain without priority tags."""
    match = BELOW.match(":".join(fields["frame.protocols"]))
    if match is None:
        return None
    link, path, arp, extensions, _ = match.groups()
    path = path or ""
    tags, snaps = path.count(":vlan"), path.count(":llc")
    if snaps > 1 or len(fields["vlan.id"]) < tags:
        return None
    octets = LINK_OCTETS[link or "ipv6"]
    if link == "sll" and record.link == 276:
        octets = 20
    if snaps:
        wanted = (number(fields, "llc.dsap"), number(fields, "llc.ssap"),
                  number(fields, "llc.control"), number(fields, "llc.oui"))
        if wanted != (0xAA, 0xAA, 3, 0):
            return None
    # The EtherType in front of the payload: RARP is "arp" to tshark as well.
    if path.endswith(":llc"):
        ethertype = number(fields, "llc.type")
    elif tags:
        # A tag with an 802.3 length in it has no EtherType.
        ethertype = number(fields, "vlan.etype", tags - 1 - path.count(":vlan:llc"))
    elif link == "eth":
        ethertype = number(fields, "eth.type")
    elif link == "sll":
        ethertype = number(fields, "sll.etype")
    else:
        ethertype = IPV6
    if ethertype != (ARP if arp else IPV6):
        return None
    vids = [int(v, 0) for v in fields["vlan.id"][:tags]]
    vids = [v for v in vids if v != 0]
    if len(vids) > MAX_TAGS:
        return None
    octets += 4 * tags + 8 * snaps
    return vids, "arp" if arp else "nd", octets, extensions or ""


def bindable(ip, mac):
    if mac == "00:00:00:00:00:00" or int(mac[:2], 16) & 1:
        return False
    address = ipaddress.ip_address(ip)
    if address.version == 4:
        return not (ip in ("0.0.0.0", "255.255.255.255") or address.is_multicast or
                    ip.startswith("127."))
    return not (address.packed == bytes(16) or address.packed == bytes(15) + b"\1" or
                address.packed[0] == 0xFF)


def from_arp(fields):
    """(ip, mac, evidence) of an ARP packet, the sender first."""
    if (number(fields, "arp.hw.type"), number(fields, "arp.proto.type"),
            number(fields, "arp.hw.size"), number(fields, "arp.proto.size")) != (1, 0x800, 6, 4):
        return []
    operation = number(fields, "arp.opcode")
    names = ("arp.src.hw_mac", "arp.src.proto_ipv4", "arp.dst.hw_mac", "arp.dst.proto_ipv4")
    if operation not in (1, 2) or any(not fields[n] for n in names):
        return []                                     # not all 28 octets are there
    sha, spa, tha, tpa = (fields[n][0] for n in names)
    if operation == 1:
        return [(spa, sha, "arp_announce" if spa == tpa else "arp_request")]
    out = [(spa, sha, "arp_reply")]
    if tpa != spa:
        out.append((tpa, tha, "arp_reply_target"))
    return out


def nd_options(message, kept):
    """([(type, length, body)] seen whole, sound) of the octets behind the fixed part. `message`
    is as long as IPv6 says; only its first `kept` octets were captured (the rest is zeros)."""
    out, pos, seen = [], 0, []
    while pos < len(message):
        if pos + 2 > len(message):
            return out, False, seen                   # an octet too few for any option
        if pos + 2 > kept:
            break
        kind, length = message[pos], message[pos + 1]
        seen.append((kind, length))
        if length == 0 or pos + 8 * length > len(message):
            return out, False, seen
        if pos + 8 * length > kept:
            break
        out.append((kind, length, message[pos + 2:pos + 8 * length]))
        pos += 8 * length
    return out, True, seen


def from_nd(record, fields, octets, extensions):
    kind = number(fields, "icmpv6.type")
    if kind not in ND_FIXED or number(fields, "icmpv6.code") != 0:
        return []
    if number(fields, "ipv6.hlim") != 255:
        return []
    data = record.data[:12] + b"\0\0\0\0" + record.data[12:] if record.tag else record.data
    wire = record.wire + (4 if record.tag else 0)
    length = number(fields, "ipv6.plen")
    if record.wire and octets + 40 + length > wire:
        return []                     # the packet says more than the frame had: no cut explains it
    start = octets + 40
    for name in ("hopopts", "dstopts", "routing"):
        headers = extensions.count("ipv6." + name)
        start += sum(int(v, 0) for v in fields["ipv6.%s.len_oct" % name][:headers])
    end = octets + 40 + length
    kept = min(len(data), end)
    fixed = ND_FIXED[kind]
    if kept - start < fixed:
        return []
    if kept == end and number(fields, "icmpv6.checksum.status") != 1:
        return []
    message = data[start + fixed:kept] + bytes(end - kept)
    options, sound, seen = nd_options(message, kept - start - fixed)
    shown = list(zip(fields["icmpv6.opt.type"], fields["icmpv6.opt.length"]))
    for mine, theirs in zip(seen, shown):
        if mine != (int(theirs[0], 0), int(theirs[1], 0)):
            raise RuntimeError("packet %d: option %s, tshark says %s"
                               % (record.number, mine, theirs))
    if not sound:
        return []
    src = fields["ipv6.src"][0]
    target = None
    if kind == 135:
        target = fields["icmpv6.nd.ns.target_address"][0]
    elif kind == 136:
        target = fields["icmpv6.nd.na.target_address"][0]
    if target is not None and ipaddress.ip_address(target).is_multicast:
        return []
    wanted = [(n, body) for k, n, body in options if k == (2 if kind == 136 else 1)]
    if len(wanted) != 1 or wanted[0][0] != 1:
        return []
    ip = target if kind == 136 else src
    ip = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, ip))
    return [(ip, ":".join("%02x" % o for o in wanted[0][1]), ND_NAME[kind])]


def evidence(record, fields):
    """(VIDs, [(ip, mac, evidence)]) of a packet, in the order in which they count."""
    found = below(record, fields)
    if found is None:
        return [], []
    vids, what, octets, extensions = found
    claims = from_arp(fields) if what == "arp" else from_nd(record, fields, octets, extensions)
    return vids, [c for c in claims if bindable(c[0], c[1])]
