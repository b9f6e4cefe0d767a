# SPDX-License-Identifier: GPL-2.0-or-later
import sys

import judge as kit
import packets

ARP = packets.arp(3, "10.9.0.3")
FRAMES = {
    "arp": [packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.1")],
    "nd": [packets.ns(1, "fe80::1"), packets.na(2, "fe80::2")],
    "udp": [packets.udp(size=300)],
    "vlan": [packets.tagged(ARP, 300)],
    "vlan100": [packets.tagged(ARP, 100)],
    "qinq": [packets.tagged(ARP, ("ad", 200), 100)],
}
DATA, PROTO, COOKIE = 6, 14, 15  # PSAMPLE_ATTR_*
SAMPLES = {  # recording -> octets of DATA, PROTO
    "arp-ingress": [(f, 0x0806) for f in FRAMES["arp"]],
    "arp-egress": [(f, 0x0806) for f in FRAMES["arp"]],
    "arp-cookie": [(f, 0x0806) for f in FRAMES["arp"]],
    "nd-ingress": [(f, 0x86DD) for f in FRAMES["nd"]],
    "truncated": [(FRAMES["udp"][0][:64], 0x0800)],
    "vlan-ingress": [(ARP, 0x0806)],
    "vlan-egress": [(FRAMES["vlan"][0], 0x8100)],
    "qinq-ingress": [(packets.tagged(ARP, 100), 0x8100)],
    "qinq-egress": [(FRAMES["qinq"][0], 0x88A8)],
    "vlan-device": [(ARP, 0x0806)],
}


def judge(result):
    """What the kernel says is what recorded/README.md says that it does."""
    for name, expected in SAMPLES.items():
        found = [kit.attributes(payload[4:]) for _, payload in kit.messages(result.octets(name + ".nl"))]
        assert [(a[DATA], int.from_bytes(a[PROTO], sys.byteorder)) for a in found] == expected, name
        cookie = bytes.fromhex("0a0b0c0d0e0f10111213141516171819") if name == "arp-cookie" and result.kernel != "6.1" else None
        assert all(a.get(COOKIE) == cookie for a in found), name
    commands = {name: [payload[0] for kind, payload in kit.messages(result.octets(name + ".nl")) if kind != 3]
                for name in ("notify", "family", "config", "groups")}
    assert commands == {"notify": [1, 7, 7, 8, 8, 2], "family": [1], "config": [2, 2, 3, 3], "groups": [2, 2]}, commands
    links = [kind for kind, _ in kit.messages(result.octets("link.nl"))]
    assert links == [16] * 10 + [17], links
    filters = {name: [n for _, payload in kit.messages(result.octets(f"filters-{name}.nl")) if (n := payload.count(b"sample\0"))]
               for name in ("ingress", "egress", "block")}
    assert filters == {"ingress": [1, 1, 1], "egress": [2], "block": [1]}, filters
