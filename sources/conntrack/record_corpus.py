#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records what ctnetlink of the running kernel sends, one datagram a file, and what conntrack(8) printed of it.

Usage: unshare -n sources/conntrack/record_corpus.py FOLDER
Makes FOLDER/corpus/message/<name> and FOLDER/testdata/conntrack.txt. Needs root, nft, ip, conntrack, scapy. The namespace is a router
between a client on a1 and a server on b1, which are frames of ours. Shares no code with netweir."""
import atexit
import os
import select
import socket
import struct
import subprocess
import sys
import time

from scapy.all import (GRE, ICMP, IP, TCP, UDP, Ether, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6, Raw, SCTP, SCTPChunkCookieAck,
                       SCTPChunkCookieEcho, SCTPChunkInit, SCTPChunkInitAck, in4_chksum)

AF_NETLINK, NETFILTER, NEW, GET = 16, 12, 0x100, 0x101
folder = sys.argv[1]
CLIENT, SERVER, CLIENT6, SERVER6 = "192.0.2.10", "198.51.100.20", "2001:db8:1::10", "2001:db8:2::20"
SNAT, DNAT, SNAT6 = "203.0.113.7", "203.0.113.9", "2001:db8:3::7"

RULES = """
table inet f {
  ct helper ftp { type "ftp" protocol tcp; l3proto ip; }
  chain raw { type filter hook prerouting priority raw
    udp dport 3000 ct zone set 7
    iifname "b0" udp sport 3000 ct zone set 7
    udp dport 3001 ct original zone set 8
    udp dport 3002 ct reply zone set 9
    udp sport 3002 ct zone set 9
  }
  chain early { type filter hook prerouting priority -100
    udp dport 4000 ct mark set 0x1234abcd
    udp dport 4001 ct label set 0
    udp dport 4001 ct label set 9
    udp dport 4001 ct label set 127
    tcp dport 21 ct helper set "ftp"
  }
  chain forward { type filter hook forward priority 0
    ct state invalid counter
    udp sport 4000 ct mark set 0x55
  }
}
table ip n {
  chain pre { type nat hook prerouting priority dstnat
    ip daddr 203.0.113.9 tcp dport 8080 dnat to 198.51.100.20:80
  }
  chain post { type nat hook postrouting priority srcnat
    udp dport 5000 snat to 203.0.113.7:40123
    icmp id 77 snat to 203.0.113.7
    ip daddr 198.51.100.20 tcp dport 80 ct status dnat snat to 203.0.113.7
  }
}
table ip6 n6 {
  chain post { type nat hook postrouting priority srcnat
    udp dport 5000 snat to 2001:db8:3::7
  }
}
"""


def run(*command, text=None):
    subprocess.run(command, check=True, input=text, text=True)


def sysctl(name, value):
    with open("/proc/sys/net/" + name, "w") as f:
        f.write(str(value))


def events():
    s = socket.socket(AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    s.bind((0, 1 | 2 | 4))
    s.settimeout(5)
    return s


def mac(last):
    return "02:00:00:00:00:%02x" % last


run("ip", "link", "set", "lo", "up")
raw = {}
for name, number in (("a", 1), ("b", 2)):
    run("ip", "link", "add", name + "0", "address", mac(number), "type", "veth", "peer", "name", name + "1")
    sysctl("ipv6/conf/" + name + "1/disable_ipv6", 1)
    for end in "01":
        run("ip", "link", "set", name + end, "up")
    raw[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw[name].bind((name + "1", 0))
for address, device in (("192.0.2.1/24", "a0"), ("198.51.100.1/24", "b0"), ("2001:db8:1::1/64", "a0"), ("2001:db8:2::1/64", "b0")):
    run("ip", "addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
for address, device in ((CLIENT, "a0"), (SERVER, "b0"), (CLIENT6, "a0"), (SERVER6, "b0")):
    run("ip", "neigh", "add", address, "lladdr", mac(0x99), "dev", device)  # nobody's: what is forwarded ends there
for name, value in (("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1), ("netfilter/nf_conntrack_acct", 1),
                    ("netfilter/nf_conntrack_timestamp", 1), ("netfilter/nf_conntrack_events", 1), ("netfilter/nf_conntrack_checksum", 0)):
    sysctl(name, value)
run("nft", "-f", "-", text=RULES)
time.sleep(1)

listener = events()
OPTIONS = ["-o", "id,ktimestamp,extended"]
printer = subprocess.Popen(["conntrack", "-E"] + OPTIONS, stdout=subprocess.PIPE, env=dict(os.environ, TZ="UTC"))
atexit.register(printer.terminate)
time.sleep(1)
for sub in ("corpus/message", "testdata"):
    os.makedirs(os.path.join(folder, sub), exist_ok=True)
printed = open(os.path.join(folder, "testdata", "conntrack.txt"), "w")
pending = b""


def line():
    global pending
    while b"\n" not in pending:
        if not select.select([printer.stdout], [], [], 5)[0]:
            sys.exit("conntrack printed no line; so far: %r" % pending)
        pending += os.read(printer.stdout.fileno(), 65536)
    first, pending = pending.split(b"\n", 1)
    return first.decode().strip()


def quiet():
    return not select.select([listener], [], [], 0.2)[0]


def keep(name, text, octets):
    with open(os.path.join(folder, "corpus", "message", name), "wb") as f:
        f.write(octets)
    for one in text:
        printed.write("%s: %s\n" % (name, " ".join(one.split())))
    print(name, *text, sep="\n  ")


def expect(*names):
    """One event each; those without a name are read and left out."""
    for name in names:
        octets = listener.recv(1 << 16)
        text = line()
        if name:
            keep(name, [text], octets)
    if not quiet():
        sys.exit("more than %s: %s" % (names[-1], line()))


def send(side, packet):
    raw[side].send(bytes(Ether(dst=mac(1 if side == "a" else 2), src=mac(0x10)) / packet))


def there(payload, dst=SERVER, src=None, **more):
    v6 = ":" in dst
    send("a", (IPv6 if v6 else IP)(src=src or (CLIENT6 if v6 else CLIENT), dst=dst, **more) / payload)


def back(payload, dst=CLIENT, src=None, **more):
    v6 = ":" in dst
    send("b", (IPv6 if v6 else IP)(src=src or (SERVER6 if v6 else SERVER), dst=dst, **more) / payload)


def delete(*what):
    subprocess.run(["conntrack", "-D"] + list(what), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tcp(sport, dport, flags, seq, ack):
    return TCP(sport=sport, dport=dport, flags=flags, seq=seq, ack=ack, window=65535)


# TCP, from the first packet to the last
there(tcp(1000, 80, "S", 100, 0))
expect("tcp_new")
back(tcp(80, 1000, "SA", 500, 101))
expect("tcp_syn_recv")
there(tcp(1000, 80, "A", 101, 501))
expect("tcp_established")
there(tcp(1000, 80, "PA", 101, 501) / Raw(b"x" * 100))
there(tcp(1000, 80, "FA", 201, 501))
expect("tcp_fin_wait")
back(tcp(80, 1000, "A", 501, 202))
expect("")
back(tcp(80, 1000, "FA", 501, 202))
expect("tcp_last_ack")
there(tcp(1000, 80, "A", 202, 502))
expect("tcp_time_wait")
delete("-p", "tcp", "--sport", "1000")
expect("tcp_destroy")

there(tcp(1001, 80, "S", 100, 0), SERVER6)
expect("tcp6_new")
back(tcp(80, 1001, "SA", 500, 101), CLIENT6)
expect("tcp6_syn_recv")
back(tcp(80, 1001, "RA", 501, 101), CLIENT6)
expect("tcp6_close")
delete("-f", "ipv6", "-p", "tcp")
expect("tcp6_destroy")

there(UDP(sport=1000, dport=53) / Raw(b"question"))
expect("udp_new")
back(UDP(sport=53, dport=1000) / Raw(b"the answer"))
expect("udp_update")
delete("-p", "udp")
expect("udp_destroy")

there(UDP(sport=1000, dport=53) / Raw(b"question"), SERVER6)
expect("udp6_new")
delete("-f", "ipv6", "-p", "udp")
expect("")

lite = struct.pack("!HHHH", 1000, 2000, 0, 0) + b"payload!"
total = in4_chksum(136, IP(src=CLIENT, dst=SERVER, proto=136), lite)
there(Raw(lite[:6] + struct.pack("!H", total) + lite[8:]), proto=136)
expect("udplite_new")
delete("-p", "udplite")
expect("udplite_destroy")

there(ICMP(type=8, id=76, seq=1))
expect("icmp_new")
back(ICMP(type=0, id=76, seq=1))
expect("icmp_update")
delete("-p", "icmp")
expect("icmp_destroy")

there(ICMPv6EchoRequest(id=0x4321, seq=1), SERVER6)
expect("icmpv6_new")
back(ICMPv6EchoReply(id=0x4321, seq=1), CLIENT6)
expect("")
delete("-f", "ipv6", "-p", "icmpv6")
expect("icmpv6_destroy")

there(SCTP(sport=1000, dport=36412, tag=0) / SCTPChunkInit(init_tag=7, a_rwnd=65535, n_out_streams=1, n_in_streams=1, init_tsn=1))
expect("sctp_new")
back(SCTP(sport=36412, dport=1000, tag=7) / SCTPChunkInitAck(init_tag=9, a_rwnd=65535, n_out_streams=1, n_in_streams=1, init_tsn=1))
expect("sctp_update")
there(SCTP(sport=1000, dport=36412, tag=9) / SCTPChunkCookieEcho(cookie=b"cook"))
expect("")
back(SCTP(sport=36412, dport=1000, tag=7) / SCTPChunkCookieAck())
expect("sctp_established")
delete("-p", "sctp")
expect("sctp_destroy")

request = struct.pack("!HHBBHBBH", 1000, 2000, 4, 0, 0, 0 << 1 | 1, 0, 0) + b"\0" * 8  # RFC 4340, DCCP-Request, X=1
there(Raw(request), proto=33)
expect("dccp_new")
delete("-p", "33")
expect("")

there(GRE(key_present=1, key=99) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP())
expect("gre_new")
delete("-p", "gre")
expect("gre_destroy")

there(Raw(b"experiment"), proto=253)
expect("protocol_253_new")
back(Raw(b"answer"), proto=253)
expect("")
delete("-p", "253")
expect("protocol_253_destroy")

# address translation
there(UDP(sport=1000, dport=5000) / Raw(b"x"))
expect("snat_udp_new")
back(UDP(sport=5000, dport=40123) / Raw(b"xy"), SNAT)
expect("snat_udp_update")
delete("-p", "udp")
expect("snat_udp_destroy")
there(UDP(sport=1000, dport=5000) / Raw(b"x"), SERVER6)
expect("snat_udp6_new")
delete("-f", "ipv6", "-p", "udp")
expect("")
there(ICMP(type=8, id=77, seq=1))
expect("snat_icmp_new")
delete("-p", "icmp")
expect("")
there(tcp(1002, 8080, "S", 100, 0), DNAT)
expect("dnat_and_snat_tcp_new")
delete("-p", "tcp")
expect("dnat_and_snat_tcp_destroy")

for port, name in ((3000, "zone"), (3001, "zone_original"), (3002, "zone_reply")):
    there(UDP(sport=1000, dport=port) / Raw(b"x"))
    expect(name + "_new")
    delete("-p", "udp")
    expect("zone_destroy" if port == 3000 else "")

there(UDP(sport=1000, dport=4000) / Raw(b"x"))
expect("mark_new")
back(UDP(sport=4000, dport=1000) / Raw(b"x"))
expect("mark_update")
delete("-p", "udp")
expect("mark_destroy")
there(UDP(sport=1000, dport=4001) / Raw(b"x"))
expect("labels_0_9_127_new")
delete("-p", "udp")
expect("labels_0_9_127_destroy")

# FTP: the helper, and a session that it expected
there(tcp(1003, 21, "S", 100, 0))
expect("helper_ftp_new")
back(tcp(21, 1003, "SA", 500, 101))
expect("")
there(tcp(1003, 21, "A", 101, 501))
expect("")
there(tcp(1003, 21, "PA", 101, 501) / Raw(b"USER me\r\n"))  # from its end on the helper reads lines
there(tcp(1003, 21, "PA", 110, 501) / Raw(b"PORT 192,0,2,10,200,1\r\n"))
time.sleep(0.2)
back(tcp(20, 200 << 8 | 1, "S", 900, 0))
expect("expected_new")


def dump(family):
    s = socket.socket(AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    s.bind((0, 0))
    s.settimeout(5)
    s.send(struct.pack("=IHHIIBBH", 20, GET, 0x301, 0, 0, family, 0, 0))
    return s.recv(1 << 16)


def listing(family):
    return subprocess.run(["conntrack", "-L", "-f", family] + OPTIONS, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, env=dict(os.environ, TZ="UTC")).stdout.splitlines()


there(ICMP(type=8, id=80, seq=1))
expect("")
there(ICMPv6EchoRequest(id=80, seq=1), SERVER6)
expect("")
there(tcp(1004, 80, "S", 100, 0), SERVER6)
expect("")
for name, number, family in (("dump_v4", socket.AF_INET, "ipv4"), ("dump_v6", socket.AF_INET6, "ipv6")):
    while True:  # until no timeout has changed meanwhile
        before = listing(family)
        octets = dump(number)
        if listing(family) == before:
            break
    keep(name, before, octets)

delete("-p", "tcp", "--sport", "20")
expect("")
delete("-p", "tcp", "--sport", "1003")
expect("helper_ftp_destroy")

# as the kernel is without our sysctls
sysctl("netfilter/nf_conntrack_acct", 0)
sysctl("netfilter/nf_conntrack_timestamp", 0)
there(UDP(sport=1005, dport=53) / Raw(b"x"))
expect("plain_udp_new")
delete("-p", "udp")
expect("plain_udp_destroy")

printed.close()
