# SPDX-License-Identifier: GPL-2.0-or-later
"""`station` events live: a host moves from one port of a bridge to another, and is gone at last."""
import sys

import harness
from harness import Run, sh, write
from veth import drop_pair

MAC = "02:00:00:00:00:77"


def port(ns, dev):
    sh("ip", "netns", "add", ns)
    sh("ip", "link", "add", dev, "type", "veth", "peer", "name", "e", "netns", ns)
    sh("ip", "link", "set", dev, "master", "br0", "up")


def plug(ns):
    sh("ip", "-n", ns, "link", "set", "e", "address", MAC, "up")
    sh("ip", "-n", ns, "addr", "add", "10.9.0.2/24", "dev", "e")


def ping(ns):
    sh("ip", "netns", "exec", ns, "ping", "-c", "1", "-W", "2", "10.9.0.1")


def fdb():
    """Behind which port the kernel's bridge has it."""
    lines = sh("bridge", "fdb", "show", "br", "br0").stdout.splitlines()
    return [line.split()[2] for line in lines if line.startswith(MAC) and "permanent" not in line]


def station(run, action, **want):
    return run.wait_line(lambda l: l["event_type"] == "station" and l["station"]["mac"] == MAC
                         and l["station"]["action"] == action and all(l.get(k) == v for k, v in want.items()), 20)


def test_a_station_moves_between_ports():
    sh("ip", "link", "add", "br0", "type", "bridge")
    sh("ip", "addr", "add", "10.9.0.1/24", "dev", "br0")
    sh("ip", "link", "set", "br0", "up")
    port("here", "p1")
    port("there", "p2")
    write("c.yaml", "sources:\n"
                    "  - {name: one, type: pcap, interface: p1}\n  - {name: two, type: pcap, interface: p2}\n"
                    "stations: {max_age: 3s}\n"
                    "outputs: [{type: json, events: [station, stats, source]}]\nstats: 1s\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("one")
    run.wait_up("two")
    plug("here")
    ping("here")
    assert station(run, "NEW")["in_iface"] == "p1"
    assert fdb() == ["p1"]
    sh("ip", "-n", "here", "link", "set", "e", "down")
    plug("there")
    ping("there")
    moved = station(run, "MOVED")
    assert (moved["in_iface"], moved["station"]["previous_iface"]) == ("p2", "p1"), moved
    assert fdb() == ["p2"]
    sh("ip", "-n", "there", "link", "set", "e", "down")
    gone = station(run, "EXPIRED")
    assert gone["in_iface"] == "p2" and gone["station"]["reason"] == "age", gone
    assert 3 <= gone["station"]["idle"] < 6, gone
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    mine = [l["station"]["action"] for l in lines if l["event_type"] == "station" and l["station"]["mac"] == MAC]
    assert mine == ["NEW", "MOVED", "EXPIRED"], mine
    # The host's own MAC lives behind no port, although it sent there.
    own = sh("cat", "/sys/class/net/br0/address", check=False).stdout.strip()
    assert own not in {l["station"]["mac"] for l in lines if l["event_type"] == "station"}, own
    assert any(l["event_type"] == "stats" and l["stats"]["stations"]["count"] > 0 for l in lines)
    harness.validate(run.path)
    sh("ip", "link", "del", "br0")
    drop_pair("here", "p1")
    drop_pair("there", "p2")


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
