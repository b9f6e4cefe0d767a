# SPDX-License-Identifier: GPL-2.0-or-later
"""`learn: ip` inside the networks of the interfaces' own addresses, as they come and go."""
import sys
import time

import harness
from harness import Run, bindings, sh, write
from veth import drop_pair, log_ingress, pair


def learnt(lines):
    """But for link-local ones, which are of every network."""
    return {(tuple(l.get("vlan", [])), l["binding"]["ip"]) for l in bindings(lines)
            if l["binding"]["evidence"] == "ip" and ":" not in l["binding"]["ip"]}


def test_the_networks_of_an_interface():
    pair("hosts")
    sh("ip", "-n", "hosts", "addr", "add", "10.9.40.2/24", "dev", "v1")
    mac = sh("ip", "netns", "exec", "hosts", "cat", "/sys/class/net/v1/address").stdout.strip()
    log_ingress("v0")
    write("c.yaml", "sources: [{name: f, type: nflog, group: 5, queue_timeout: 10ms}]\n"
                    "bindings: {learn: [ip]}\noutputs: [{type: json, events: [binding, packet, source]}]\n")
    run = Run("run", "-c", "c.yaml")
    run.wait_up("f")

    def seen(ip, before):
        """A packet from there has come."""
        run.wait_line(lambda l: l["event_type"] == "packet" and l["packet"].get("src_ip") == ip and l["seq"] > before)
        return run.lines()

    def say(source, to):
        before = max((l["seq"] for l in run.lines()), default=0)
        sh("ip", "netns", "exec", "hosts", "ping", "-c", "1", "-W", "1", "-I", source, to, check=False)
        return seen(source, before)

    assert learnt(say("10.9.0.2", "10.9.0.1")) == {((), "10.9.0.2")}
    assert learnt(say("10.9.40.2", "10.9.0.1")) == {((), "10.9.0.2")}, "a network that this host is not in"
    sh("ip", "addr", "add", "10.9.40.1/24", "dev", "v0")
    time.sleep(0.2)
    known = {((), "10.9.0.2"), ((), "10.9.40.2")}
    assert learnt(say("10.9.40.2", "10.9.0.1")) == known
    assert {l["binding"]["mac"] for l in bindings(run.lines())} == {mac}
    # A network that goes is no reason to forget; what comes from it later is nobody's here.
    sh("ip", "addr", "del", "10.9.40.1/24", "dev", "v0")
    sh("ip", "-n", "hosts", "addr", "add", "10.9.40.3/24", "dev", "v1")
    time.sleep(0.2)
    now = learnt(say("10.9.40.3", "10.9.0.1"))
    assert now == known, now
    # Behind a bridge: the port's networks are those of the bridge.
    sh("ip", "link", "add", "br0", "type", "bridge")
    sh("ip", "link", "set", "br0", "up")
    sh("ip", "addr", "flush", "dev", "v0")
    sh("ip", "link", "set", "v0", "master", "br0")
    sh("ip", "addr", "add", "10.9.40.1/24", "dev", "br0")
    time.sleep(0.2)
    assert learnt(say("10.9.40.3", "10.9.40.1")) == known | {((), "10.9.40.3")}
    assert run.stop() == 0, run.stderr()
    lines = run.lines()
    harness.validate(run.path)
    sh("ip", "link", "del", "br0")
    drop_pair("hosts")


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
