#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the captures of this folder again: make.py [DIR]. The same octets each time.

nflog-*.pcap are not made here: tests/captures/nflog.sh records them from a kernel."""
import pathlib
import subprocess
import sys

import make_arp
import make_files
import make_nd
import make_traffic


def mutated(out):
    """Captures with octets changed at random (editcap -E), seeded."""
    for source, seed in (("mixed.pcap", 1), ("nd-options.pcap", 2), ("vlan-deep.pcap", 3)):
        target = out / ("mutated-%s" % source)
        limit = ["-r", str(out / source), str(target), "1-1500"]
        subprocess.run(["editcap", "-F", "pcap", "-E", "0.02", "--seed", str(seed), *limit],
                       check=True, stderr=subprocess.DEVNULL)


def main():
    out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    out.mkdir(parents=True, exist_ok=True)
    for module in (make_arp, make_nd, make_files, make_traffic):
        for make in module.ALL:
            make(out)
    mutated(out)


main()
