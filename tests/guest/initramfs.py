# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's root file system: busybox, ip, tc, ethtool, hwstamp_ctl, our programs with their libraries, modules, scenarios and their
frames, as a cpio archive (newc: Documentation/driver-api/early-userspace/buffer-format.rst)."""
import os
import re
import shutil
import struct
import subprocess

from kernels import Unavailable

MODULES = ["virtio_pci", "virtio_console", "psample", "act_sample", "act_vlan", "cls_matchall", "cls_flower", "cls_basic", "cls_bpf", "cls_u32", "act_gact", "act_mirred",
           "sch_ingress", "sch_prio", "veth", "dummy", "8021q", "drop_monitor", "e1000e"]
FOLDERS = ["bin", "sbin", "proc", "sys", "dev", "tmp", "run", "out", "modules", "scenarios"]


class Archive:
    def __init__(self):
        self.parts = []
        self.inode = 0
        self.folders = set()

    def entry(self, path, mode, data=b""):
        self.inode += 1
        name = path.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.parts += [header, b"\0" * (-len(header) % 4), data, b"\0" * (-len(data) % 4)]

    def folder(self, path):
        if path and path not in self.folders:
            self.folder(os.path.dirname(path))
            self.folders.add(path)
            self.entry(path, 0o040755)

    def file(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        self.entry(path, 0o100000 | mode, data)

    def copy(self, path, source, mode=0o644):
        with open(source, "rb") as f:
            self.file(path, f.read(), mode)

    def write(self, path):
        self.entry("TRAILER!!!", 0)
        with open(path, "wb") as f:
            f.writelines(self.parts)


def pcap(frames):
    """A pcap file of Ethernet frames, in this machine's order."""
    parts = [struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for number, frame in enumerate(frames):
        parts += [struct.pack("=IIII", number, 0, len(frame), len(frame)), bytes(frame)]
    return b"".join(parts)


def find(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Unavailable(f"{name} is missing: config/install-packages run guest")
    return path


def libraries(program):
    done = subprocess.run(["ldd", program], text=True, capture_output=True, check=False)
    return re.findall(r"(/\S+) \(0x", done.stdout)


def build(path, here, kernel, programs, scenarios):
    """Writes the archive. `scenarios`: name -> {file name -> frames}."""
    archive = Archive()
    for folder in FOLDERS:
        archive.folder(folder)
    archive.copy("bin/busybox", find("busybox"), 0o755)
    archive.copy("init", os.path.join(here, "init"), 0o755)
    archive.copy("common.sh", os.path.join(here, "common.sh"))
    archive.file("run-scenario", b'. /common.sh\n. "/scenarios/$1.sh"\n')
    needed = set()
    for program in [*map(find, ("ip", "tc", "ethtool", "hwstamp_ctl")), *programs]:
        archive.copy("sbin/" + os.path.basename(program), program, 0o755)
        needed.update(libraries(program))
    for library in sorted(needed):
        archive.copy(library.lstrip("/"), library, 0o755)
    order = kernel.modules(MODULES)
    for name, data in order.items():
        archive.file(f"modules/{name}.ko", data)
    archive.file("modules/order", "".join(name + "\n" for name in order).encode())
    archive.file("scenarios/order", "".join(name + "\n" for name in scenarios).encode())
    for name, frames in scenarios.items():
        archive.copy(f"scenarios/{name}.sh", os.path.join(here, "scenarios", name + ".sh"))
        for file, packets in frames.items():
            archive.file(f"scenarios/{name}/{file}.pcap", pcap(packets))
    archive.write(path)
