#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the captures of this folder anew, each with a program that is not netweir. dumpcap.pcapng is
# of the moment in which it is taken; its row in capture_file_test.cpp is what tshark says of it.
# Needs root for the namespace in which dumpcap and tcpdump capture.
set -eu
cd "$(dirname "$0")"

/usr/bin/python3 - <<'PYTHON'
from scapy.all import *
from scapy.utils import PcapNgWriter, PcapWriter

a, b = "02:00:00:00:00:01", "02:00:00:00:00:02"
packets = [
    Ether(src=a, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=a, psrc="192.0.2.1", pdst="192.0.2.2"),
    Ether(src=b, dst=a) / Dot1Q(vlan=300) / ARP(op=2, hwsrc=b, psrc="192.0.2.2", hwdst=a, pdst="192.0.2.1"),
    Ether(src=a, dst=b) / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=1000, dport=53) / Raw(b"x" * 33),
]
for n, p in enumerate(packets):
    p.time = Decimal("1714000000.000001") + n * Decimal("0.5")
wrpcap("scapy.pcap", packets)
wrpcap("scapy_nano.pcap", packets, nano=True)
wrpcap("scapy_big_endian.pcap", packets, endianness=">")
raw = [p[IP] for p in packets if IP in p]
raw[0].time = Decimal("1714000000.25")
wrpcap("scapy_raw.pcap", raw, linktype=101)
with PcapNgWriter("scapy.pcapng") as w:
    for p in packets:
        w.write(p)
PYTHON

editcap -F pcapng scapy.pcap editcap.pcapng
editcap -F nsecpcap scapy.pcap editcap_nsec.pcap
editcap -F modpcap scapy.pcap editcap_modified.pcap
editcap -F pcapng -s 40 scapy.pcap editcap_cut.pcapng
tcpdump -r scapy.pcap -w tcpdump.pcap 2>/dev/null
mergecap -F pcapng -w mergecap.pcapng scapy.pcap scapy_raw.pcap
tshark -r scapy_nano.pcap -F pcapng -w tshark.pcapng 2>/dev/null
cat editcap.pcapng mergecap.pcapng > sections.pcapng

unshare --net sh -c 'ip link set lo up; ping -q -c 5 -i 0.2 127.0.0.1 >/dev/null & dumpcap -q -i lo -c 4 -w dumpcap.pcapng; wait' 2>/dev/null

# What says which machine this was, octet for octet.
/usr/bin/python3 - <<'PYTHON'
import glob, platform, re
kernel = ("Linux " + platform.release()).encode()
for name in glob.glob("*.pcapng"):
    octets = open(name, "rb").read()
    octets = octets.replace(kernel, b"Linux".ljust(len(kernel), b"."))
    octets = re.sub(rb"Intel\(R\)[ -~]*|AMD [ -~]*", lambda m: b"." * len(m[0]), octets)
    open(name, "wb").write(octets)
PYTHON
chmod 644 ./*.pcap ./*.pcapng
