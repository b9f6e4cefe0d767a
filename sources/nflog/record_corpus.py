#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records what nfnetlink_log of the running kernel sends, one datagram a file.

Usage: unshare -n sources/nflog/record_corpus.py FOLDER
Needs root, nft, ip. Shares no code with netweir: the tests read what this wrote."""
import os
import socket
import struct
import subprocess
import sys
import time

AF_NETLINK, NETFILTER, ULOG_CONFIG = 16, 12, 4 << 8 | 1
folder = sys.argv[1]

RULES = """
table inet f {
  chain in { type filter hook input priority 0
    udp dport 1000 log prefix "in4 " group 1
    meta mark set 0x1234
    udp dport 1001 log prefix "in6" group 2
  }
  chain out { type filter hook output priority 0
    udp dport 1002 meta mark set 7 log group 3
  }
}
table ip g {
  chain in { type filter hook input priority 1
    udp dport 1003 log group 4 prefix "batch"
    udp dport 1010 log group 10 snaplen 20
  }
}
table ip6 g6 {
  chain in { type filter hook input priority 1
    icmpv6 type nd-neighbor-solicit log group 5 prefix "ns"
  }
}
table arp a {
  chain in { type filter hook input priority 0
    log group 6 prefix "arp"
  }
}
table netdev n {
  chain in { type filter hook ingress device v0 priority 0
    ether daddr 02:00:00:00:00:99 log group 7 prefix "netdev"
  }
}
table bridge b {
  chain in { type filter hook prerouting priority 0
    ether daddr 02:00:00:00:00:98 log group 8 prefix "bridge"
  }
  chain forwarded { type filter hook forward priority 0
    ether daddr 02:00:00:00:00:97 log group 9 prefix "forward"
  }
}
"""


def run(*command, text=None):
    subprocess.run(command, check=True, input=text, text=True)


def attribute(kind, octets):
    return struct.pack("=HH", len(octets) + 4, kind) + octets + b"\0" * (-len(octets) % 4)


def listen(group, qthresh=1, copy_range=256):
    s = socket.socket(AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    s.bind((0, 0))
    s.settimeout(2)
    body = struct.pack("!BBH", 0, 0, group)
    body += attribute(1, b"\1")  # BIND
    body += attribute(2, struct.pack("!IBB", copy_range, 2, 0))
    body += attribute(4, struct.pack("!I", 5))  # timeout, 1/100 s
    body += attribute(5, struct.pack("!I", qthresh))
    body += attribute(6, struct.pack("!H", 3))  # SEQ, SEQ_GLOBAL
    s.send(struct.pack("=IHHII", 16 + len(body), ULOG_CONFIG, 1, 0, 0) + body)
    return s


def keep(name, s):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(s.recv(1 << 18))


def mac(last):
    return b"\2\0\0\0\0" + bytes([last])


ARP = bytes.fromhex("0001080006040001" "020000000001" "c0000201" "000000000000" "c0000202")
SNAP_ARP = bytes.fromhex("aaaa030000000806") + ARP

run("ip", "link", "set", "lo", "up")
run("ip", "link", "add", "v0", "address", "02:00:00:00:00:10", "type", "veth",
    "peer", "name", "v1", "address", "02:00:00:00:00:01")
run("ip", "link", "add", "p0", "type", "veth", "peer", "name", "q0")
run("ip", "link", "add", "p1", "type", "veth", "peer", "name", "q1")
run("ip", "link", "add", "br0", "type", "bridge")
for port in ("p0", "p1"):
    run("ip", "link", "set", port, "master", "br0")
for name in ("v0", "v1", "p0", "q0", "p1", "q1", "br0"):
    run("ip", "link", "set", name, "up")
run("ip", "addr", "add", "192.0.2.2/24", "dev", "v0")
run("ip", "addr", "add", "2001:db8::2/64", "dev", "v0", "nodad")
run("nft", "-f", "-", text=RULES)
time.sleep(1)

raw = {}
for name in ("v1", "q0"):
    raw[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw[name].bind((name, 0))


def udp4(port, payload=b"netweir!"):
    u = struct.pack("!HHHH", 9, port, 8 + len(payload), 0) + payload
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(u), 1, 0, 64, 17, 0,
                    socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2"))
    total = sum(struct.unpack("!10H", h))
    total = (total & 0xffff) + (total >> 16)
    return h[:10] + struct.pack("!H", ~total & 0xffff) + h[12:] + u


def ethernet(destination, kind, payload, tags=b""):
    return destination + mac(1) + tags + struct.pack("!H", kind) + payload


def one(name, group, device, frame, **how):
    s = listen(group, **how)
    raw[device].send(frame)
    keep(name, s)


one("inet_input_v4", 1, "v1", ethernet(mac(0x10), 0x800, udp4(1000)))
one("ip_input_cut_at_20", 10, "v1", ethernet(mac(0x10), 0x800, udp4(1010)))
one("arp_input", 6, "v1", ethernet(b"\xff" * 6, 0x806, ARP))
for name, tags in (("untagged", ""), ("vlan_0", "81000000"), ("vlan_1", "81000001"),
                   ("vlan_300_pcp_5", "8100a12c"), ("vlan_4095", "81000fff"),
                   ("qinq_100_200", "88a80064810000c8")):
    one("netdev_arp_" + name, 7, "v1", ethernet(mac(0x99), 0x806, ARP, bytes.fromhex(tags)))
one("netdev_snap_arp", 7, "v1", mac(0x99) + mac(1) + struct.pack("!H", len(SNAP_ARP)) + SNAP_ARP)
one("netdev_snap_arp_vlan_300", 7, "v1", mac(0x99) + mac(1) + bytes.fromhex("8100012c") +
    struct.pack("!H", len(SNAP_ARP)) + SNAP_ARP)
one("bridge_prerouting_arp", 8, "q0", ethernet(mac(0x98), 0x806, ARP))
one("bridge_prerouting_arp_vlan_300", 8, "q0",
    ethernet(mac(0x98), 0x806, ARP, bytes.fromhex("8100012c")))
one("bridge_forward_v4", 9, "q0", ethernet(mac(0x97), 0x800, udp4(5)))

s6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s = listen(2)
s6.sendto(b"netweir!", ("::1", 1001))
keep("inet_input_v6_loopback", s)

s4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s = listen(3)
s4.sendto(b"netweir!", ("127.0.0.1", 1002))
keep("inet_output_uid_gid_mark", s)

s = listen(4, qthresh=5)
for i in range(5):
    s4.sendto(bytes([i]), ("127.0.0.1", 1003))
keep("batch_of_5", s)

ns = bytes.fromhex("8700000000000000") + socket.inet_pton(socket.AF_INET6, "2001:db8::2")
ns += bytes.fromhex("0101020000000001")
source = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
destination = socket.inet_pton(socket.AF_INET6, "ff02::1:ff00:2")
pseudo = source + destination + struct.pack("!II", len(ns), 58) + ns
total = sum(struct.unpack("!%dH" % (len(pseudo) // 2), pseudo))
while total >> 16:
    total = (total & 0xffff) + (total >> 16)
ns = ns[:2] + struct.pack("!H", ~total & 0xffff) + ns[4:]
ip6 = struct.pack("!IHBB", 0x60000000, len(ns), 58, 255) + source + destination + ns
one("ip6_input_ns", 5, "v1", ethernet(b"\x33\x33\xff\x00\x00\x02", 0x86dd, ip6))
