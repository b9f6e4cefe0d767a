# SPDX-License-Identifier: GPL-2.0-or-later
"""ARP and VLAN tags."""
from frames import A, B, BROADCAST, C, D, ZERO, arp, eth, mac, reply, request, snap, v
from write import cut, pcap

import struct


def basic(out):
    pcap(out / "arp-basic.pcap", [
        eth(request(), pad=60),                              # NEW .1 A
        eth(reply(), src=B, dst=A, pad=60),                  # NEW .2 B, target .1 A again
        eth(request(), pad=60),                              # nothing new
        eth(request(sha=C), src=C, pad=60),                  # MOVED .1 A -> C
        eth(request(spa="192.0.2.3", sha=C), src=C),         # NEW .3 C: one MAC, two addresses
        eth(reply(sha=B, tha=D, tpa="192.0.2.4"), src=B, dst=D),  # target NEW .4 D
        eth(reply(sha=B, tha=A, tpa="192.0.2.1"), src=B, dst=A),  # target MOVED .1 C -> A
    ])


def gratuitous(out):
    pcap(out / "arp-gratuitous.pcap", [
        eth(request(tpa="192.0.2.1")),                       # announcement (RFC 5227)
        eth(request(spa="192.0.2.5", tpa="192.0.2.5", tha=BROADCAST, sha=B), src=B),
        eth(request(spa="192.0.2.6", tpa="192.0.2.6", tha=C, sha=C), src=C),
        eth(reply(sha=D, spa="192.0.2.7", tha=BROADCAST, tpa="192.0.2.7"), src=D),
        eth(reply(sha=D, spa="192.0.2.8", tha=D, tpa="192.0.2.8"), src=D),
        eth(reply(sha=D, spa="192.0.2.9", tha=ZERO, tpa="192.0.2.9"), src=D),
        eth(reply(sha=C, spa="192.0.2.7", tha=A, tpa="192.0.2.7"), src=C),  # MOVED, no target
        eth(reply(sha=D, spa="192.0.2.10", tha=BROADCAST, tpa="192.0.2.11"), src=D),
    ])


def probe(out):
    pcap(out / "arp-probe.pcap", [
        eth(request(spa="0.0.0.0", tpa="192.0.2.1")),        # probe: nothing
        eth(request(spa="0.0.0.0", tpa="192.0.2.1")),
        eth(reply(sha=B, spa="192.0.2.1", tha=A, tpa="0.0.0.0"), src=B, dst=A),  # the defender
        eth(request(spa="192.0.2.20", tpa="192.0.2.20")),    # announcement
        eth(request(spa="0.0.0.0", tpa="0.0.0.0")),
        eth(reply(spa="0.0.0.0", sha=B, tpa="192.0.2.21", tha=C), src=B),  # only the target binds
    ])


def proxy(out):
    frames = []
    for host in range(30, 36):
        ip = "192.0.2.%d" % host
        frames.append(eth(request(spa="192.0.2.1", tpa=ip)))
        frames.append(eth(reply(sha=B, spa=ip), src=B, dst=A))
    frames.append(eth(reply(sha=C, spa="192.0.2.33"), src=C, dst=A))  # the real one answers too
    frames.append(eth(reply(sha=B, spa="192.0.2.33"), src=B, dst=A))
    # The Ethernet source is another than the sender: the ARP counts.
    frames.append(eth(request(sha=D, spa="192.0.2.40"), src=A))
    frames.append(eth(reply(sha=D, spa="192.0.2.41", tpa="192.0.2.42", tha=C), src=A, dst=B))
    pcap(out / "arp-proxy.pcap", frames)


def never(out):
    frames = []
    for ip in ("0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.250", "127.0.0.1",
               "127.255.255.254"):
        frames.append(eth(request(spa=ip)))
        frames.append(eth(reply(spa=ip, tpa="198.51.100.1", tha=C)))
        frames.append(eth(reply(spa="198.51.100.2", sha=B, tpa=ip, tha=C)))
    for ip in ("0.1.2.3", "1.0.0.0", "126.255.255.255", "128.0.0.1", "169.254.1.1",
               "223.255.255.255", "240.0.0.1", "255.255.255.254", "192.0.2.0", "192.0.2.255"):
        frames.append(eth(request(spa=ip)))
        frames.append(eth(reply(spa=ip, sha=B, tpa=ip, tha=C)))
    for address in (ZERO, BROADCAST, "01:00:5e:00:00:01", "33:33:00:00:00:01",
                    "03:00:00:00:00:01"):
        frames.append(eth(request(sha=address, spa="203.0.113.1")))
        frames.append(eth(reply(sha=address, spa="203.0.113.2", tpa="203.0.113.3", tha=C)))
        frames.append(eth(reply(sha=B, spa="203.0.113.4", tpa="203.0.113.5", tha=address)))
    for i, address in enumerate(("00:00:00:00:00:01", "02:ff:ff:ff:ff:ff", "fe:ff:ff:ff:ff:ff",
                                 "00:01:00:00:00:00")):
        frames.append(eth(request(sha=address, spa="203.0.113.1%d" % i)))
    pcap(out / "arp-never.pcap", frames)


def wrong(out):
    frames = [eth(arp(op=op, sha=A, spa="192.0.2.%d" % (100 + op), tha=B,
                      tpa="192.0.2.%d" % (150 + op)))
              for op in (0, 3, 4, 5, 8, 9, 25)]
    frames.append(eth(arp(op=0x0100)))
    frames.append(eth(arp(op=0x0201)))
    # RARP, also with ARP's own operations; ARP's octets behind other EtherTypes.
    frames += [eth(arp(op=op), 0x8035) for op in (1, 2, 3, 4)]
    frames += [eth(request(), t) for t in (0x0800, 0x0805, 0x0807, 0x86DD, 0x88B5, 0x0608)]
    # Other hardware, protocol and lengths; 1 and 0x0800 alone count.
    frames += [eth(struct.pack(">HHBBH", h, p, hl, pl, 1) + mac(A) + bytes([192, 0, 2, 9]) +
                   mac(ZERO) + bytes([192, 0, 2, 10]), pad=80)
               for h, p, hl, pl in ((0, 0x800, 6, 4), (6, 0x800, 6, 4), (7, 0x800, 6, 4),
                                    (24, 0x800, 6, 4), (256, 0x800, 6, 4), (1, 0x801, 6, 4),
                                    (1, 0x86DD, 6, 4), (1, 0, 6, 4), (1, 8, 6, 4),
                                    (1, 0x800, 0, 4), (1, 0x800, 5, 4), (1, 0x800, 7, 4),
                                    (1, 0x800, 8, 4), (1, 0x800, 255, 4), (1, 0x800, 6, 0),
                                    (1, 0x800, 6, 3), (1, 0x800, 6, 5), (1, 0x800, 6, 16),
                                    (1, 0x800, 6, 255), (1, 0x800, 0, 0), (1, 0x800, 4, 6))]
    # InfiniBand (RFC 4391): hardware type 32, 20 octets.
    frames.append(eth(struct.pack(">HHBBH", 32, 0x800, 20, 4, 1) + bytes(range(20)) +
                      bytes([192, 0, 2, 11]) + bytes(20) + bytes([192, 0, 2, 12])))
    frames.append(eth(struct.pack(">HHBBH", 32, 0x800, 6, 4, 1) + mac(A) +
                      bytes([192, 0, 2, 11]) + bytes(6) + bytes([192, 0, 2, 12])))
    frames.append(eth(request(spa="192.0.2.99"), pad=60))    # the right one at the end
    pcap(out / "arp-wrong.pcap", frames)


def vids(out):
    frames = [eth(request())]
    for vid in (1, 2, 300, 4094, 4095):
        for prio in (0, 0x1000, 0xE000, 0xF000):
            frames.append(eth(request(), tags=v(vid | prio)))
    frames += [eth(request(sha=B), tags=v(300)), eth(request(sha=B)),
               eth(request(sha=C), tags=[(0x88A8, 300)]), eth(request(sha=D), tags=[(0x9100, 300)])]
    # Not tags: what is behind these EtherTypes is no ARP.
    frames += [eth(request(sha=D), tags=[(t, 300)]) for t in (0x9200, 0x9300, 0x88E7, 0x88E5,
                                                             0x893F, 0x8926, 0x9101)]
    pcap(out / "vlan-vids.pcap", frames)


def all_vids(out):
    """Every VID once, as an access port never shows them."""
    pcap(out / "vlan-every.pcap",
         [eth(request(spa="10.%d.%d.1" % (vid >> 8, vid & 255)), tags=v(vid))
          for vid in range(4096)])


def priority(out):
    pcap(out / "vlan-priority.pcap", [
        eth(request(), tags=v(0)), eth(request(sha=B)),               # one key
        eth(request(sha=C), tags=v(0x6000)), eth(request(sha=D), tags=v(0, 0)),
        eth(request(), tags=v(100)), eth(request(sha=B), tags=v(0, 100)),
        eth(request(sha=C), tags=v(100, 0)), eth(request(sha=D), tags=v(0, 0, 100, 0)),
        eth(request(), tags=v(100, 200)), eth(request(sha=B), tags=v(0, 100, 200)),
        eth(request(sha=C), tags=v(100, 0, 200)), eth(request(sha=D), tags=v(100, 200, 0)),
        eth(request(), tags=[(0x88A8, 0), (0x8100, 100)]),
        eth(request(sha=B), tags=[(0x88A8, 100), (0x8100, 0)]),
    ])


def qinq(out):
    pcap(out / "vlan-qinq.pcap", [
        eth(request(), tags=[(0x88A8, 10), (0x8100, 20)]),
        eth(request(sha=B), tags=[(0x8100, 10), (0x8100, 20)]),
        eth(request(sha=C), tags=[(0x9100, 10), (0x8100, 20)]),
        eth(request(sha=D), tags=[(0x88A8, 10), (0x88A8, 20)]),
        eth(request(sha=A), tags=[(0x9100, 10), (0x9100, 20)]),
        eth(request(sha=B), tags=[(0x8100, 10), (0x88A8, 20)]),
        eth(request(), tags=[(0x88A8, 20), (0x8100, 10)]),            # the other way round
        eth(request(), tags=[(0x88A8, 10)]), eth(request(), tags=[(0x8100, 20)]),
        eth(request(), tags=[(0x88A8, 10), (0x8100, 10)]),
        eth(reply(tpa="192.0.2.77", tha=D), tags=[(0x88A8, 10), (0x8100, 20)]),
    ])


def deep(out):
    frames = []
    for n in range(1, 13):                                            # nine and more: nothing
        frames.append(eth(request(), tags=v(*range(10, 10 + n))))
    frames.append(eth(request(sha=B), tags=v(10, 11, 99)))            # the key is 10, 11
    frames.append(eth(request(sha=C), tags=v(10, 11, 98, 97, 96)))
    frames.append(eth(request(sha=D), tags=[(0x88A8, 10), (0x9100, 11), (0x88A8, 12)]))
    frames.append(eth(request(sha=A), tags=v(10, 11, 0, 13, 14, 0, 15)))
    pcap(out / "vlan-deep.pcap", frames)


def deep_priority(out):
    """Eight tags that count, and priority tags among them."""
    pcap(out / "vlan-deep-priority.pcap", [
        eth(request(), tags=v(*range(10, 18)) + v(0)),
        eth(request(sha=B), tags=v(0) + v(*range(10, 18))),
        eth(request(sha=C), tags=v(*([0] * 9))),
        eth(request(sha=D), tags=v(0, 1, 0, 2, 0, 3, 0, 4, 0)),
        eth(request(sha=D), tags=v(*range(10, 19)) + v(0)),
    ])


def snap_frames(out):
    frames = [
        snap(request()), snap(reply(), src=B, dst=A, pad=64),
        snap(request(sha=B), tags=v(300)), snap(request(), tags=[(0x88A8, 10), (0x8100, 20)]),
        snap(request(sha=B), tags=v(0)),
    ]
    # Other OUIs, SAPs and controls are not RFC 1042.
    frames += [snap(request(spa="192.0.2.50"), oui=bytes.fromhex(o))
               for o in ("00000c", "0000f8", "080007", "0080c2", "000001")]
    frames += [snap(request(spa="192.0.2.51"), llc=bytes.fromhex(x))
               for x in ("424203", "aaaa13", "aaabf3", "aa4203", "ffff03", "aaaaaf")]
    frames += [snap(request(spa="192.0.2.52"), 0x8035), snap(request(spa="192.0.2.52"), 0x0800)]
    frames.append(snap(request(spa="192.0.2.53", sha=C), pad=60))
    pcap(out / "snap.pcap", frames)


def snap_length(out):
    """The 802.3 length and what is really there."""
    whole = 8 + 28
    frames = [snap(request(spa="192.0.2.%d" % (60 + i)), length=length, pad=60)
              for i, length in enumerate((0, 3, 7, 8, whole - 1, whole, whole + 1, 46))]
    frames += [snap(request(spa="192.0.2.70")), snap(request(spa="192.0.2.71"), tags=v(7), pad=64)]
    frames.append(cut(snap(request(spa="192.0.2.72"), length=100, pad=114), 50))
    pcap(out / "snap-length.pcap", frames)
    # More than the frame has, and nothing was cut: the 28 octets are all there.
    pcap(out / "snap-overlong.pcap",
         [snap(request(spa="192.0.2.80"), length=37), snap(request(spa="192.0.2.81"), length=1500),
          snap(request(spa="192.0.2.82"), length=1501, pad=60),
          snap(request(spa="192.0.2.83"), length=1535, pad=60)])


def cuts(out):
    for name, frame in (("plain", eth(request(), pad=60)), ("tagged", eth(reply(), tags=v(300))),
                        ("qinq", eth(reply(), tags=[(0x88A8, 10), (0x8100, 20)])),
                        ("snap", snap(reply(), tags=v(300)))):
        pcap(out / ("cut-arp-%s.pcap" % name),
             [cut(frame, n) for n in range(0, len(frame) + 1)], snaplen=96)
    # Short on the wire too: nothing was cut, the frame ends.
    frame = eth(reply())
    pcap(out / "short-arp.pcap", [frame[:n] for n in range(0, len(frame) + 1)])


ALL = (basic, gratuitous, probe, proxy, never, wrong, vids, all_vids, priority, qinq, deep,
       deep_priority, snap_frames, snap_length, cuts)
