# SPDX-License-Identifier: GPL-2.0-or-later
"""Writers of pcap and pcapng files that can also write what libraries refuse to."""
import struct

NS = 1_000_000_000
T0 = 1714000000

EN10MB, RAW, LOOP, NULL, SLL = 1, 101, 108, 0, 113
IPV4, IPV6, NFLOG, SLL2 = 228, 229, 239, 276


class Packet:
    """Octets with a time (seconds, fraction in the file's unit) and a length on the wire."""

    def __init__(self, data, seconds=None, fraction=0, wire=None):
        self.data = bytes(data)
        self.seconds = seconds
        self.fraction = fraction
        self.wire = len(self.data) if wire is None else wire


def timed(packets, start=T0, step=1):
    """Bare octets become packets, `step` seconds apart."""
    out = []
    for i, p in enumerate(packets):
        if not isinstance(p, Packet):
            p = Packet(p)
        if p.seconds is None:
            p.seconds = start + i * step
        out.append(p)
    return out


def cut(packet, length, **kw):
    return Packet(packet[:length], wire=len(packet), **kw)


def pcap(path, packets, link=EN10MB, nano=False, order="<", snaplen=262144):
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)
    for p in timed(packets):
        out += struct.pack(order + "IIII", p.seconds, p.fraction, len(p.data), p.wire) + p.data
    with open(path, "wb") as f:
        f.write(out)


class Pcapng:
    """Blocks, one after another, in any byte order."""

    def __init__(self, order="<"):
        self.out = b""
        self.section(order)

    def block(self, kind, body):
        body += b"\0" * (-len(body) % 4)
        total = len(body) + 12
        self.out += struct.pack(self.order + "II", kind, total) + body
        self.out += struct.pack(self.order + "I", total)

    def options(self, options):
        out = b""
        for code, value in options:
            out += struct.pack(self.order + "HH", code, len(value)) + value
            out += b"\0" * (-len(value) % 4)
        return out + struct.pack(self.order + "HH", 0, 0) if options else b""

    def section(self, order, length=-1):
        self.order = order
        self.block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length))

    def interface(self, link=EN10MB, snaplen=262144, tsresol=None, tsoffset=None, name=None):
        options = []
        if name is not None:
            options.append((2, name))
        if tsresol is not None:
            options.append((9, bytes([tsresol])))
        if tsoffset is not None:
            options.append((14, struct.pack(self.order + "q", tsoffset)))
        self.block(1, struct.pack(self.order + "HHI", link, 0, snaplen) + self.options(options))

    def enhanced(self, data, units, interface=0, wire=None, options=()):
        """An Enhanced Packet Block; `units` is the time in the interface's resolution."""
        wire = len(data) if wire is None else wire
        head = struct.pack(self.order + "IIIII", interface, (units >> 32) & 0xFFFFFFFF,
                           units & 0xFFFFFFFF, len(data), wire)
        data += b"\0" * (-len(data) % 4)
        self.block(6, head + data + self.options(list(options)))

    def simple(self, data, wire=None):
        wire = len(data) if wire is None else wire
        self.block(3, struct.pack(self.order + "I", wire) + data)

    def obsolete(self, data, units, interface=0):
        """A Packet Block (type 2), as old Wireshark wrote it."""
        head = struct.pack(self.order + "HHIIII", interface, 0xFFFF, units >> 32,
                           units & 0xFFFFFFFF, len(data), len(data))
        self.block(2, head + data)

    def write(self, path):
        with open(path, "wb") as f:
            f.write(self.out)
