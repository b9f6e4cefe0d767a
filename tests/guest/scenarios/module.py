# SPDX-License-Identifier: GPL-2.0-or-later
import judge as kit
import packets

FIRST = True
FRAMES = {"first": [packets.arp(1, "10.9.0.1")], "second": [packets.arp(2, "10.9.0.1")]}


def judge(result):
    assert result.number("absent.code") == 69, "a kernel feature is absent: " + result.text("absent.err")
    lines = result.lines("netweir")
    states = kit.states(lines)
    # Said once, however often it is tried again.
    assert states == ["retrying", "up", "retrying", "up", "down"], states
    reasons = [line["source"].get("reason", "") for line in lines if line["event_type"] == "source"]
    assert "modprobe" in reasons[0] or "modprobe" in result.text("netweir.err"), "no command that helps"
    assert result.text("netweir.err").count("modprobe") <= 2, result.text("netweir.err")
    at = [kit.seconds(line["timestamp"]) for line in lines if line["event_type"] == "source"]
    for number, stamp in ((1, "first.loaded"), (2, "removed"), (3, "second.loaded")):
        # The file system counts time in steps of 4 ms.
        late = 0.004 + at[number] - kit.stamp(result.text(stamp))
        assert 0 <= late < 1, f"{states[number]} came {late:.3f} s after {stamp}"
    assert kit.bindings(lines) == [
        ("NEW", "10.9.0.1", packets.mac(1), 7, "v1", None, ()),
        ("MOVED", "10.9.0.1", packets.mac(2), 7, "v1", None, ()),
    ], kit.bindings(lines)
    ledger = kit.ledger(lines, "asic")
    assert (ledger["received"], ledger["lost"]) == (2, 0), ledger
