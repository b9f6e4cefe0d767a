# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of somebody else at a tc hook, and what is attached there, by bpf(2) itself: Debian 12's tools know no tcx."""
import ctypes
import json
import os
import socket
import struct

from harness import sh

PROG_LOAD, PROG_QUERY, LINK_CREATE = 5, 16, 28
SCHED_CLS = 3
TCX = {"ingress": 46, "egress": 47}
LIBC = ctypes.CDLL(None, use_errno=True)
NR_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]


def bpf(command, attributes):
    """The descriptor, or 0, and the attributes as the kernel left them."""
    octets = ctypes.create_string_buffer(bytes(attributes), 128)
    done = LIBC.syscall(NR_BPF, command, octets, len(octets))
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done, octets.raw


def foreign_program(name=b"foreign"):
    """A program that lets everything pass: r0 = -1; exit."""
    code = struct.pack("<BBhiBBhi", 0xb7, 0, 0, -1, 0x95, 0, 0, 0)
    octets = ctypes.create_string_buffer(code, len(code))
    license_ = ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, struct.pack("<IIQQIIQII16s", SCHED_CLS, 2, ctypes.addressof(octets), ctypes.addressof(license_),
                                      0, 0, 0, 0, 0, name))[0]


def foreign_link(interface, direction="ingress"):
    """Attached by tcx as long as the descriptor that it returns is open."""
    program = foreign_program()
    try:
        return bpf(LINK_CREATE, struct.pack("<IIII", program, socket.if_nametoindex(interface), TCX[direction], 0))[0]
    finally:
        os.close(program)


def programs(interface, direction="ingress"):
    """The names of what is attached by tcx, in order."""
    ids = (ctypes.c_uint32 * 64)()
    _, answer = bpf(PROG_QUERY, struct.pack("<IIIIQI", socket.if_nametoindex(interface), TCX[direction], 0, 0,
                                            ctypes.addressof(ids), len(ids)))
    count = struct.unpack_from("<I", answer, 24)[0]
    return [json.loads(sh("bpftool", "-j", "prog", "show", "id", str(i)).stdout)["name"] for i in ids[:count]]


def links():
    """Every BPF link of the system."""
    return json.loads(sh("bpftool", "-j", "link", "show").stdout or "[]")


def filters(interface, direction="ingress"):
    """The filters of cls_bpf at clsact: their names."""
    text = sh("tc", "-j", "filter", "show", "dev", interface, direction, check=False).stdout.strip()
    found = [f.get("options", {}) for f in json.loads(text or "[]")]
    return [o["bpf_name"] if "bpf_name" in o else "bytecode" for o in found if o]


def qdiscs(interface):
    return [q["kind"] for q in json.loads(sh("tc", "-j", "qdisc", "show", "dev", interface).stdout) if q["kind"] in ("clsact", "ingress")]
