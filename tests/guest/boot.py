# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a kernel under plain emulation; its results come back as files."""
import os
import re
import shutil
import subprocess
import tarfile

import initramfs
import kernels

LIMIT = 500  # seconds, for a machine that is busy with other things; alone it takes about 60
TROUBLE = re.compile(r"Kernel panic|BUG: |Oops|double fault|general protection|WARNING: CPU|unable to handle|Out of memory|guest: cannot|guest: over")


def qemu(kernel, archive, folder):
    # cx16=off: with cmpxchg16b, kernel 6.12 double-faults under the emulation of QEMU 7.2. KVM is not asked for:
    # where it exists it may be nested, and hangs.
    command = [initramfs.find("qemu-system-x86_64"), "-accel", "tcg", "-cpu", "max,cx16=off", "-m", "512", "-icount", "shift=1,sleep=off", "-rtc", "clock=vm", "-nodefaults", "-no-user-config",
               "-display", "none", "-no-reboot", "-serial", f"file:{folder}/console", "-kernel", kernel.image, "-initrd", archive,
               "-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={folder}/results.tar",
               "-device", "virtserialport,chardev=results,name=results",
               # Two devices with a clock on a hub, whose frames stay in here; without boot ROMs.
               "-netdev", "hubport,id=wire0,hubid=0", "-device", "e1000e,netdev=wire0,romfile=",
               "-netdev", "hubport,id=wire1,hubid=0", "-device", "e1000e,netdev=wire1,romfile=",
               "-append", "console=ttyS0 quiet panic=-1 oops=panic mitigations=off"]
    with open(os.path.join(folder, "qemu"), "w") as log:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=LIMIT, check=False)
            return "" if done.returncode == 0 else f"qemu ended with {done.returncode}"
        except subprocess.TimeoutExpired:
            return f"the guest did not end within {LIMIT} s"


def unpack(path, folder):
    """What the guest wrote, also where it was cut in the middle: archives one behind the other."""
    try:
        with tarfile.open(path, "r|", ignore_zeros=True) as archive:
            for member in archive:
                parts = member.name.rstrip("/").split("/")
                if member.isreg() and ".." not in parts and not member.name.startswith("/"):
                    target = os.path.join(folder, *parts)
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    with open(target, "wb") as f:
                        shutil.copyfileobj(archive.extractfile(member), f)
    except (tarfile.TarError, OSError, EOFError):
        pass


def read(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def boot(version, root, here, build, folder, scenarios):
    """Runs the scenarios in a guest; their folders are then in `folder`/results. Returns what went wrong: a list."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "results"))
    initramfs.find("qemu-system-x86_64")
    kernel = kernels.obtain(version, kernels.cache_folder(root))
    programs = [os.path.join(build, "netweir"), *(os.path.join(build, "tests", "guest", n) for n in ("guest_send", "guest_record", "guest_example"))]
    archive = os.path.join(folder, "initramfs")
    initramfs.build(archive, here, kernel, programs, scenarios)
    ended = qemu(kernel, archive, folder)
    os.unlink(archive)
    results = os.path.join(folder, "results")
    unpack(os.path.join(folder, "results.tar"), results)
    console = read(os.path.join(folder, "console"))
    problems = [ended] if ended else []
    problems += [line for line in console.splitlines() if TROUBLE.search(line)]
    if not os.path.exists(os.path.join(results, "end")):
        problems.append("the guest did not come to its end")
    return problems
