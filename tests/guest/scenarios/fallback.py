# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FIRST = True
FRAMES = {"one": [packets.arp(1, "10.9.0.1")], "two": [packets.arp(2, "10.9.0.1")], "three": [packets.arp(3, "10.9.0.1")]}


def judge(result):
    lines = result.lines("netweir")
    states = [(line["source"]["type"], line["source"]["state"]) for line in lines if line["event_type"] == "source"]
    main = [state for state in states if state[1] in ("fallback", "up")]
    assert main[0] == ("pcap", "fallback") and main[-1] == ("pcap", "fallback") and ("psample", "up") in main, states
    learned = [(line["source"]["type"], line["binding"]["action"], line["binding"]["mac"]) for line in lines if line["event_type"] == "binding"]
    assert learned == [("pcap", "NEW", packets.mac(1)), ("psample", "MOVED", packets.mac(2)), ("pcap", "MOVED", packets.mac(3))], learned
    assert all(line["source"]["name"] == "asic" for line in lines if "source" in line)
    for kind, count in (("psample", 1), ("pcap", 2)):
        ledger = kit.ledger(lines, "asic", kind)
        assert (ledger["received"], ledger["lost"]) == (count, 0), ledger
    for stamp, state in (("loaded", ("psample", "up")), ("removed", ("pcap", "fallback"))):
        begin = kit.stamp(result.text(stamp))
        at = [kit.seconds(line["timestamp"]) for line in lines if line["event_type"] == "source"
              and (line["source"]["type"], line["source"]["state"]) == state]
        late = min(time for time in at if time > begin - 0.004) - begin
        assert late < 1, f"{state} came {late:.3f} s after {stamp}"
    gaps = [line["source"].get("gap") for line in lines if line["event_type"] == "source" and line["source"]["state"] in ("fallback", "up")]
    assert gaps[0] is None and len(gaps) == 3 and all(0 <= gap < 1 for gap in gaps[1:]), gaps
