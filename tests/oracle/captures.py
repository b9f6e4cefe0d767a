# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader of pcap and pcapng by their drafts (draft-ietf-opsawg-pcap, -pcapng), for what tshark
does not tell: fractions of a second or more, resolutions finer than a nanosecond, the time of a
packet without one. tshark reads the same file, and the oracle checks that both saw the same."""
import dataclasses
import struct

NS = 1_000_000_000
UNKNOWN = 65536          # how much longer a packet of unknown length is made for tshark
EN10MB, RAW, IPV4, IPV6, NFLOG = 1, 101, 228, 229, 239


@dataclasses.dataclass
class Record:
    number: int          # as tshark counts: custom and journal blocks are frames to it
    at: int              # nanoseconds since 1970
    link: int
    data: bytes
    wire: int            # octets on the wire; never less than was captured; 0 = not known
    plain_time: bool     # tshark can tell this time
    tag: tuple = ()      # (TPID, TCI) that came as metadata
    prefix: str | None = None
    group: int | None = None
    mark: int | None = None
    header: int = 0      # octets of the link header that NFLOG gives apart


class Capture:
    def __init__(self, path):
        self.records = []
        self.truncated = False
        self.counted = 0
        with open(path, "rb") as f:
            self.octets = f.read()
        if len(self.octets) < 4:
            raise ValueError("no capture: shorter than its magic")
        magic = self.octets[:4]
        if magic == b"\x0a\x0d\x0d\x0a":
            self.pcapng()
        elif magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
            self.pcap("<", magic[0] == 0x4D)
        elif magic in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
            self.pcap(">", magic[3] == 0x4D)
        else:
            raise ValueError("no capture: magic %s" % magic.hex())

    def add(self, at, link, data, wire, plain_time=True):
        self.counted += 1
        self.records.append(Record(self.counted, at, link, data, max(wire, len(data)), plain_time))

    def pcap(self, order, nano):
        if len(self.octets) < 24:
            self.truncated = True
            return
        link = struct.unpack_from(order + "I", self.octets, 20)[0] & 0xFFFF
        unit = 1 if nano else 1000
        pos = 24
        while pos < len(self.octets):
            if len(self.octets) - pos < 16:
                self.truncated = True
                return
            seconds, fraction, kept, wire = struct.unpack_from(order + "IIII", self.octets, pos)
            pos += 16
            if len(self.octets) - pos < kept:
                self.truncated = True
                return
            self.add(seconds * NS + fraction * unit, link, self.octets[pos:pos + kept], wire,
                     fraction * unit < NS)
            pos += kept

    def pcapng(self):
        order, interfaces, last = "<", [], 0
        pos = 0
        while pos < len(self.octets):
            if len(self.octets) - pos < 12:
                self.truncated = True
                return
            if self.octets[pos:pos + 4] == b"\x0a\x0d\x0d\x0a":
                order = "<" if self.octets[pos + 8:pos + 12] == b"\x4d\x3c\x2b\x1a" else ">"
                interfaces = []
            kind, total = struct.unpack_from(order + "II", self.octets, pos)
            if total < 12 or total % 4 or len(self.octets) - pos < total:
                self.truncated = True
                return
            body = self.octets[pos + 8:pos + total - 4]
            pos += total
            if kind == 1:
                interfaces.append(self.interface(order, body))
            elif kind in (2, 6):
                if kind == 6:
                    index, high, low, kept, wire = struct.unpack_from(order + "IIIII", body)
                else:
                    index, _, high, low, kept, wire = struct.unpack_from(order + "HHIIII", body)
                if index >= len(interfaces) or len(body) < 20 + kept:
                    self.truncated = True
                    return
                link, _, per_second, offset = interfaces[index]
                units = high << 32 | low
                last = offset * NS + units * NS // per_second
                self.add(last, link, body[20:20 + kept], wire, per_second <= NS)
            elif kind == 3 and interfaces:
                link, snaplen, _, _ = interfaces[0]
                wire = struct.unpack_from(order + "I", body)[0]
                kept = min(wire, len(body) - 4, snaplen or wire)
                self.add(last, link, body[4:4 + kept], wire, False)
            elif kind in (0x0BAD, 0x40000BAD, 9):
                self.counted += 1

    @staticmethod
    def interface(order, body):
        link, _, snaplen = struct.unpack_from(order + "HHI", body)
        per_second, offset, pos = 10**6, 0, 8
        while pos + 4 <= len(body):
            code, length = struct.unpack_from(order + "HH", body, pos)
            value = body[pos + 4:pos + 4 + length]
            pos += 4 + length + (-length % 4)
            if code == 0:
                break
            if code == 9 and length == 1:
                exponent = value[0] & 0x7F
                per_second = 2**exponent if value[0] & 0x80 else 10**exponent
            elif code == 14 and length == 8:
                offset = struct.unpack(order + "q", value)[0]
        return link, snaplen, per_second, offset


def unwrap_nflog(record):
    """The packet that an NFLOG record (LINKTYPE_NFLOG) carries: family, version 0, big-endian
    group, then the kernel's attributes in the recording machine's order, here little-endian.
    None where there is nothing to look at. The time is the record's, as for every capture, although
    the kernel may have put an earlier one into NFULA_TIMESTAMP."""
    data = record.data
    if len(data) < 4:
        return None
    family, attributes, pos = data[0], {}, 4
    while pos + 4 <= len(data):
        length, kind = struct.unpack_from("<HH", data, pos)
        if length < 4 or pos + length > len(data):
            break
        attributes[kind & 0x3FFF] = data[pos + 4:pos + length]
        pos += length + (-length % 4)
    payload = attributes.get(9)
    if payload is None or 1 not in attributes or len(attributes[1]) < 4:
        return None
    protocol = struct.unpack_from(">H", attributes[1])[0]
    hwtype = struct.unpack(">H", attributes[15])[0] if len(attributes.get(15, b"")) == 2 else None
    out = dataclasses.replace(record, data=payload, wire=0)   # no attribute tells the length
    out.prefix = attributes.get(10, b"").split(b"\0")[0].decode("utf-8", "replace") or None
    out.group = struct.unpack_from(">H", data, 2)[0]
    out.mark = struct.unpack(">I", attributes[2])[0] if 2 in attributes else None
    out.header = len(attributes.get(21, attributes.get(16, b"")[:14])) if hwtype == 1 else 0
    if family in (2, 10):
        out.link = RAW
        return out
    if family == 3:
        protocol = 0x0806
    out.link = EN10MB
    header = attributes.get(21, attributes.get(16, b""))   # NFULA_L2HDR, else NFULA_HWHEADER
    if hwtype != 1 or len(header) != 14:
        header = bytes(12) + struct.pack(">H", protocol)
    # 802.3 has its length in the header; the kernel calls it ETH_P_802_2 or ETH_P_802_3.
    out.data = header[:12] + (struct.pack(">H", protocol) if protocol >= 0x600 else
                              header[12:]) + payload
    nested, pos, tpid, tci = attributes.get(20, b""), 0, None, None
    while pos + 4 <= len(nested):
        length, kind = struct.unpack_from("<HH", nested, pos)
        if length < 4:
            break
        if kind & 0x3FFF == 1:
            tpid = struct.unpack_from(">H", nested, pos + 4)[0]
        elif kind & 0x3FFF == 2:
            tci = struct.unpack_from(">H", nested, pos + 4)[0]
        pos += length + (-length % 4)
    if tci is not None:
        out.tag = (tpid or 0x8100, tci)
    return out


def write_pcapng(path, records):
    """Any records as tshark can read them; the metadata tag goes in-line, outermost."""
    links = sorted({r.link for r in records})
    out = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    for link in links:
        out += struct.pack("<IIHHI", 1, 32, link, 0, 0)
        out += struct.pack("<HHB3xHHI", 9, 1, 9, 0, 0, 32)
    blocks = [out]
    for r in records:
        data = r.data
        if r.tag:
            data = data[:12] + struct.pack(">HH", *r.tag) + data[12:]
        wire = (r.wire + len(data) - len(r.data)) if r.wire else len(data) + UNKNOWN
        at = r.at % 2**64
        total = 32 + len(data) + (-len(data) % 4)
        blocks.append(struct.pack("<IIIIIII", 6, total, links.index(r.link), at >> 32,
                                  at & 0xFFFFFFFF, len(data), wire) + data +
                      b"\0" * (-len(data) % 4) + struct.pack("<I", total))
    with open(path, "wb") as f:
        f.write(b"".join(blocks))
