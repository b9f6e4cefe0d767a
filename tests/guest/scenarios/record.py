# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

VLAN_ARP = packets.arp(3, "10.9.0.3")
FRAMES = {
    "arp": [packets.arp(1, "10.9.0.1"), packets.arp(2, "10.9.0.1")],
    "nd": [packets.ns(1, "fe80::1"), packets.na(2, "fe80::2")],
    "udp": [packets.udp(size=300)],
    "vlan": [packets.tagged(VLAN_ARP, 300)],
    "vlan100": [packets.tagged(VLAN_ARP, 100)],
    "qinq": [packets.tagged(VLAN_ARP, ("ad", 200), 100)],
}


def judge(result):
    pass
