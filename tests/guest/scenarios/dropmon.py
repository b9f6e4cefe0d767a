# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import errno
import os
import sys

import judge as kit
import packets

sys.path.insert(0, os.path.join(kit.HERE, "..", "kit"))
import same_events  # noqa: E402


def checksum():
    frame = bytearray(packets.udp(dport=9))
    frame[40] ^= 0x5A
    return bytes(frame)


def ethertype():
    return bytes.fromhex("020000000002" "020000000001" "88b5") + bytes(46)


FRAMES = {"closed": [packets.udp(dport=9)], "checksum": [checksum()], "ethertype": [ethertype()],
          "arp": [packets.arp(1, "10.9.0.1")], "flood": [packets.arp(1, "10.9.0.1"), packets.udp(size=1000)]}


def seen(lines):
    """(reason, place without its offset) -> how many; and one packet of each."""
    count, example = collections.Counter(), {}
    for line in lines:
        if line["event_type"] == "packet":
            drop = line["packet"]["drop"]
            key = drop.get("reason"), drop["location"].split("+")[0]
            count[key] += 1
            example.setdefault(key[0], line)
    return count, example


def judge(result):
    assert result.number("absent.code") == 69 and "modprobe drop_monitor" in result.text("absent.err"), result.text("absent.err")
    assert result.number("namespace.code") == 69 and "nsenter" in result.text("namespace.err"), result.text("namespace.err")
    live = result.lines("live")
    count, example = seen(live)
    print(dict(count))
    reasons = collections.Counter()
    for (reason, _), n in count.items():
        reasons[reason] += n
    for reason, file, place in (("NO_SOCKET", "closed", "udp"), ("UDP_CSUM", "checksum", "udp"),
                                ("UNHANDLED_PROTO", "ethertype", "netif"), ("TC_INGRESS", "arp", "netif")):
        assert reasons[reason] == 5, (reason, count)
        line = example[reason]
        packet, frame = line["packet"], FRAMES[file][0]
        assert packet["length"] == len(frame) == packet["captured"], line
        assert packet["src_mac"] == "02:00:00:00:00:01", line
        assert packet["drop"]["origin"] == "software" and place in packet["drop"]["location"], line
        assert packet["drop"]["ifindex"] == result.number("ifindex") and "in_iface" not in line, line
        assert abs(kit.seconds(line["timestamp"]) - kit.seconds(live[0]["timestamp"])) < 60, line
    assert not any(r == "OTHERHOST" or r.startswith("NEIGH_") for r in reasons), reasons
    assert result.number("live.running") == errno.EBUSY and result.number("live.ended") == 0
    assert len(list(kit.messages(result.octets("drops.nl")))) >= 20

    assert result.number("summary.started") == 0 == result.number("summary.stopped")
    assert result.number("summary.code") != 0 and "summary" in result.text("summary.err"), result.text("summary.err")

    assert "joined" in result.text("joined.err") and "256 octets" in result.text("joined.err") and "dropwatch" in result.text("joined.err"), result.text("joined.err")
    assert seen(result.lines("joined"))[0].total() == 3
    assert result.number("joined.left") == errno.EBUSY
    again = result.lines("again")
    assert result.number("again.stopped") == 0 == result.number("again.stopped_both")
    assert [s for s in kit.states(again) if s != "down"] == ["up", "retrying", "up"], kit.states(again)
    assert "somebody else stopped" in str([line for line in again if line["event_type"] == "source"])
    assert seen(again)[0].total() == 4 + 2 and result.number("again.ended") == 0

    flood = result.lines("flood")
    ledger = kit.ledger(flood, "drops")
    offered = result.number("flood.offered")
    assert ledger["received"] + ledger["lost"] == offered == (5 * 1500 + 500) * 2, (ledger, offered)
    lost = collections.Counter()
    for line in flood:
        if line["event_type"] == "loss":
            lost[line["loss"]["cause"]] += line["loss"]["count"]
    print(ledger, dict(lost))
    assert lost["kernel_queue"] > 0 and lost["receive_buffer"] > 0 and lost.total() == ledger["lost"], lost
    shown = kit.packets(flood)
    last = kit.stamp(result.text("flood.end")) - kit.stamp(result.text("flood.begin"))
    assert 50 <= len(shown) <= 50 * (last + 1), (len(shown), last)
    assert ledger["filtered"] == ledger["received"] - len(shown) > 0, ledger
    assert all(p["captured"] <= 64 for p in shown)
    assert "above `limit`" in result.text("flood.err"), result.text("flood.err")
    assert result.number("flood.after") - result.number("flood.before") < 1024, "memory grows"

    recorder, replayed = result.lines("recorder"), result.lines("replayed")
    problems = same_events.differences(recorder, replayed)
    assert not problems, "\n".join(problems)
    ledger = kit.ledger(recorder, "dropmon")
    assert ledger["received"] + ledger["lost"] == 600, ledger
