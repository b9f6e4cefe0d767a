# SPDX-License-Identifier: GPL-2.0-or-later
import json

import judge as kit
import packets

KERNELS = ["6.12"]  # the cloud kernel has no driver of a device with a clock
FRAMES = {"frames": [packets.arp(1, "10.9.0.1")]}

# tx_type and rx_filter as hwstamp_ctl tells them: "0 1" = all that is received, "1 1" = all that is sent too.
SETTINGS = {"1.before": "0 0", "1.running": "0 1", "1.after": "0 0", "2.running": "0 1", "2.after": "0 0", "3.killed": "0 1", "3.after": "0 1",
            "4.running": "1 1", "4.after": "1 12", "5.after": "0 12", "6.one": "0 1", "6.after": "0 0", "7.running": "0 1", "7.after": "0 0",
            "8.running": "1 1", "8.reflecting": "1 1", "8.after": "0 0", "9.running": "0 1", "9.after": "0 0"}


def as_ethtool_tells(text):
    clock = text.split("PTP Hardware Clock: ")[1].split()[0]
    transmit, receive = text.split("Hardware Transmit Timestamp Modes:")[1].split("Hardware Receive Filter Modes:")
    told = {"software_rx": "software-receive" in text, "software_tx": "software-transmit" in text,
            "hardware_rx": "hardware-receive" in text and "all" in receive.split(),
            "hardware_tx": "hardware-transmit" in text and "on" in transmit.split()}
    return told if clock == "none" else {**told, "ptp_clock": int(clock)}


def judge(result):
    kind = next(k for k in json.loads(result.text("sources.json")) if k["name"] == "af_packet")
    listed = {i.pop("interface"): i for i in kind["interfaces"]}
    for interface in ("eth0", "v0"):
        expected = as_ethtool_tells(result.text(interface + ".ethtool"))
        assert listed[interface] == expected, (interface, listed, expected)
    assert listed["eth0"]["hardware_rx"] and not listed["v0"]["hardware_rx"], listed

    settings = {file: result.text(file) for file in SETTINGS}
    assert settings == SETTINGS, {file: (settings[file], SETTINGS[file]) for file in SETTINGS if settings[file] != SETTINGS[file]}

    states = {"ring": ["up", "down"], "batch": ["up", "down"], "renamed": ["up", "down"], "unloaded": ["up", "retrying", "up", "down"]}
    for name, expected in states.items():
        lines = result.lines(name)
        came = [s for n, s in enumerate(kit.states(lines)) if s != "retrying" or kit.states(lines)[n - 1] != s]
        assert came == expected, (name, came)
        ours = [p for p in kit.packets(lines) if p["src_mac"] == packets.mac(1)]
        ledger = kit.ledger(lines, "wire")
        assert len(ours) == 3 and ledger["lost"] == 0 and ledger["lost_exact"], (name, len(ours), ledger)
    for name in ("found", "other", "between"):
        assert kit.states(result.lines(name)) == ["up", "down"], name
    assert sorted(kit.states(result.lines("two"))) == ["down", "down", "up", "up"], kit.states(result.lines("two"))

    # The emulated device takes the setting and gives no times: the kernel's are there for every frame.
    told = json.loads(result.text("probe.json"))
    assert (told["sent"], told["received"]) == (50, 50), told
    assert set(told["missing_timestamps"].values()) == {0}, told["missing_timestamps"]
    assert told["round_trip_ns"]["min"] > 0 and told["network_ns"]["min"] > 0, told
    asked = dict(line.split(": ") for line in result.text("statistics").splitlines() if "tx_hwtstamp" in line)
    assert sum(map(int, asked.values())) > 0, f"the driver was asked for no time of a sent frame: {asked}"
    assert result.number("reflect.code") == 66, result.text("reflect.err")
