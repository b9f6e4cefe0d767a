# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: exit codes, errors, checks, replay; nothing here needs root."""
import json
import os
import signal
import subprocess
import sys
import time

import harness
from harness import Run, validate, write

ARP_REQUEST = bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000"
                            "1c0000201000000000000c0000202")


def pcap(path, packets, linktype=1, cut=0):
    """A classic little-endian microsecond capture: packets are (seconds, octets)."""
    octets = bytes.fromhex("d4c3b2a1020004000000000000000000ffff0000") + linktype.to_bytes(4, "little")
    for at, data in packets:
        octets += at.to_bytes(4, "little") + bytes(4) + len(data).to_bytes(4, "little") * 2 + data
    with open(path, "wb") as f:
        f.write(octets[: len(octets) - cut])
    return path


def netweir(*arguments, **more):
    return subprocess.run([harness.NETWEIR, *arguments], text=True, capture_output=True, timeout=60, **more)


def test_usage_errors_are_64():
    for arguments in [[], ["fly"], ["run", "nosuchkind:1"], ["run", "--nosuch"], ["replay"],
                      ["run", "nflog:5", "-c", "x.yaml"], ["run", "pcap:lo", "--format", "xml"],
                      ["run", "pcap:lo", "--events", "weather"], ["run", "pcap:lo", "pcap:lo"],
                      ["replay", "x.pcap", "--log-level", "loud"], ["top", "nosuchkind:1"], ["top", "pcap:lo", "pcap:lo"],
                      ["top", "pcap:lo", "-c", "x.yaml"], ["top", "pcap:lo", "--interval", "5"],
                      ["top", "pcap:lo", "--interval", "10ms"], ["top", "pcap:lo", "--interval", "2h"],
                      ["top", "pcap:lo", "--format", "native"]]:
        done = netweir(*arguments)
        assert done.returncode == 64, (arguments, done)
        assert done.stderr.startswith("netweir: error: "), done.stderr
        assert done.stdout == "", done.stdout


def test_help_and_version():
    for arguments in (["--help"], ["run", "--help"], ["replay", "--help"], ["check", "--help"], ["sources", "--help"], ["top", "--help"]):
        done = netweir(*arguments)
        assert done.returncode == 0 and "netweir" in done.stdout, done
    assert netweir("version").stdout == netweir("--version").stdout


def test_no_such_input_is_66():
    assert netweir("replay", "absent.pcap").returncode == 66
    done = netweir("check", "-c", "absent.yaml")
    assert done.returncode == 66 and "absent.yaml: No such file" in done.stderr, done
    assert netweir("run", "pcap:./absent.pcap").returncode == 66
    for how in ([], ["--json"]):
        done = netweir("top", "pcap:./absent.pcap", *how)
        assert done.returncode == 66 and "absent.pcap: No such file" in done.stderr, done
        assert "==" not in done.stdout, done.stdout
    assert netweir("top", "-c", "absent.yaml").returncode == 66


def test_bad_captures_are_65():
    for name, octets in [("empty", b""), ("text", b"hello, world, this is no capture\n" * 4),
                         ("gzip", bytes.fromhex("1f8b0800000000000003") + bytes(40))]:
        with open(name, "wb") as f:
            f.write(octets)
        done = netweir("replay", name)
        assert done.returncode == 65, (name, done)
        assert name in done.stderr, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["event_type"] == "goodbye", done.stdout


def test_a_capture_that_ends_in_the_middle():
    path = pcap("cut.pcap", [(1000, ARP_REQUEST), (1001, ARP_REQUEST)], cut=5)
    with open("out", "wb") as out:
        done = subprocess.run([harness.NETWEIR, "replay", path], stdout=out, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 65, done
    lines = [json.loads(l) for l in open("out")]
    assert [l["event_type"] for l in lines if l["event_type"] == "binding"] == ["binding"], lines
    assert lines[-1]["event_type"] == "goodbye"
    validate("out")


def test_an_empty_capture_is_no_error():
    with open("out", "wb") as out:
        done = subprocess.run([harness.NETWEIR, "replay", pcap("none.pcap", [])], stdout=out)
    assert done.returncode == 0
    validate("out")


def test_replay_is_exact():
    path = pcap("a.pcap", [(1000 + i, ARP_REQUEST) for i in range(1000)])
    first = netweir("replay", path)
    assert first.returncode == 0 and first.stdout == netweir("replay", path).stdout
    lines = [json.loads(l) for l in first.stdout.splitlines()]
    assert lines[0]["timestamp"] == "1970-01-01T00:16:40.000000000Z", lines[0]
    assert lines[-1]["timestamp"] == "1970-01-01T00:33:19.000000000Z", lines[-1]
    assert [l["binding"]["action"] for l in lines if l["event_type"] == "binding"] == ["NEW", "REFRESHED"]
    by_pipe = subprocess.run([harness.NETWEIR, "replay", "-"], stdin=open(path, "rb"), capture_output=True, text=True)
    assert by_pipe.returncode == 0 and len(by_pipe.stdout.splitlines()) == len(lines), by_pipe
    netmon = netweir("replay", "--format", "netmon", path).stdout
    assert netmon.splitlines()[0] == ('{"ip":"192.0.2.1","mac":"02:00:00:00:00:01","event":"NEW","time":1000,'
                                      '"vid":null}'), netmon


def test_top_of_a_capture():
    path = pcap("a.pcap", [(1000, ARP_REQUEST), (1000, ARP_REQUEST), (5000, ARP_REQUEST)])
    done = netweir("top", "pcap:./" + path)
    assert done.returncode == 0 and done.stderr == "", done
    blocks = [b.split("\n")[0] for b in done.stdout.split("== ")[1:]]
    assert blocks == ["1970-01-01T00:16:40Z to 1970-01-01T00:16:41Z",
                      "1970-01-01T01:23:20Z to 1970-01-01T01:23:20Z", "end"], blocks
    assert done.stdout == netweir("top", "pcap:./" + path).stdout
    wide = netweir("top", "pcap:./" + path, "--interval", "1h").stdout
    assert wide.count("\n== ") == 2 and "1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z" in wide, wide
    write("c.yaml", "sources:\n  - {name: one, type: pcap, file: a.pcap}\n  - {name: two, type: pcap, file: a.pcap}\n"
                    "outputs: [{type: json, path: never}]\n")
    both = netweir("top", "-c", "c.yaml")
    rows = [l.split() for l in both.stdout.split("== end")[1].splitlines() if l.startswith("192.0.2.1 ")]
    assert both.returncode == 0 and [r[-3:] for r in rows] == [["3", "126", "one"], ["3", "126", "two"]], both
    assert not os.path.exists("never")
    cut = netweir("top", "pcap:./" + pcap("cut.pcap", [(1000, ARP_REQUEST), (1001, ARP_REQUEST)], cut=5))
    assert cut.returncode == 65 and "== end" in cut.stdout and "cut.pcap" in cut.stderr, cut
    with open("out", "wb") as out:
        done = subprocess.run([harness.NETWEIR, "top", "--json", "pcap:./" + path], stdout=out, timeout=60)
    assert done.returncode == 0
    validate("out")
    empty = netweir("top", "pcap:./" + pcap("none.pcap", []))
    assert empty.returncode == 0 and "== end\nSOURCE" in empty.stdout, empty


def test_events_choose_types():
    path = pcap("a.pcap", [(1000, ARP_REQUEST)])
    done = netweir("replay", "--events", "loss", path)
    assert [json.loads(l)["event_type"] for l in done.stdout.splitlines()] == ["hello", "goodbye"], done.stdout


def test_bindings_of_a_configuration_act_in_replay():
    write("c.yaml", "bindings: {refresh_after: 10s, expire_after: 1m}\n")
    path = pcap("a.pcap", [(1000, ARP_REQUEST), (1010, ARP_REQUEST), (1100, bytes(60))])
    done = netweir("replay", "-c", "c.yaml", path)
    assert done.returncode == 0, done
    lines = [json.loads(l) for l in done.stdout.splitlines()]
    assert [l["binding"]["action"] for l in lines if l["event_type"] == "binding"] == ["NEW", "REFRESHED", "EXPIRED"]
    netmon = netweir("replay", "-c", "c.yaml", "--format", "netmon", path)
    assert [json.loads(l)["event"] for l in netmon.stdout.splitlines()] == ["NEW", "REFRESHED"], netmon
    write("o.yaml", "outputs: [{type: json, path: out.json}]\n")
    assert netweir("replay", "-c", "o.yaml", "--format", "netmon", path).returncode == 64
    expired = [l for l in lines if l["event_type"] == "binding"][-1]
    assert expired["timestamp"] == "1970-01-01T00:17:50.000000000Z" and expired["binding"]["reason"] == "age", expired


def test_ten_errors_are_ten_messages():
    text = """host: [a]
sources:
  - name: a
    type: pcap
    interfase: eth0
  - name: a
    type: nflog
    group: 70000
    batch_size: 1GiB
    queue_timeout: 5 sec
  - name: c
    type: dropmon
bindings:
  learn: [arp, ndp]
  max: 0
  max: 5
outputs:
  - type: json
    format: xml
    events: [binding, flow]
"""
    write("bad.yaml", text)
    done = netweir("check", "-c", "bad.yaml")
    assert done.returncode == 78, done
    messages = [l for l in done.stderr.splitlines() if l.startswith("bad.yaml:") and ": error: " in l]
    assert len(messages) >= 10, done.stderr
    for message in messages:
        _, line, column, _ = message.split(":", 3)
        assert int(line) > 0 and int(column) > 0, message
        assert text.splitlines()[int(line) - 1].strip() in done.stderr, message
    assert "interface" in done.stderr, done.stderr


def test_check_and_effective():
    write("good.yaml", "sources:\n  - {name: a, type: pcap, interface: eth0}\n")
    done = netweir("check", "-c", "good.yaml")
    assert done.returncode == 0 and done.stdout == "good.yaml: valid: 1 source, 1 output\n", done
    effective = netweir("check", "-c", "good.yaml", "--effective").stdout
    write("effective.yaml", effective)
    assert netweir("check", "-c", "effective.yaml", "--effective").stdout == effective


def test_a_buffer_that_cannot_grow():
    """What would have no effect is refused where it is written, and not held against a large buffer."""
    kinds = {"pcap": "interface: eth0", "af_packet": "interface: eth0", "tc_bpf": "interfaces: [eth0]", "tap": "interface: tap0"}
    for kind, needs in kinds.items():
        write("c.yaml", f"sources:\n  - name: a\n    type: {kind}\n    {needs}\n    receive_buffer_max: 64MiB\n")
        done = netweir("check", "-c", "c.yaml")
        assert done.returncode == 78 and "c.yaml:5:5: error: `receive_buffer_max` has no effect here" in done.stderr, (kind, done)
        write("c.yaml", f"sources:\n  - {{name: a, type: {kind}, {needs}, receive_buffer: 64MiB}}\n")
        done = netweir("check", "-c", "c.yaml")
        assert (done.returncode == 78 and "`receive_buffer` has no effect here" in done.stderr) if kind == "tap" else done.returncode == 0, (kind, done)
    write("c.yaml", "sources: [{name: a, type: pcap, file: a.pcap, receive_buffer: 64MiB}]\n")
    done = netweir("check", "-c", "c.yaml")
    assert done.returncode == 78 and "c.yaml:1:47: error: has no effect on a file" in done.stderr, done


def test_sources_lists_every_kind():
    kinds = json.loads(netweir("sources", "--json").stdout)
    assert {"pcap", "nflog"} <= {k["name"] for k in kinds}, kinds
    assert all(k["usable"] or k["reason"] for k in kinds), kinds
    assert "pcap" in netweir("sources").stdout


def test_sources_looks_where_the_configuration_says():
    assert netweir("sources", "-c", "absent.yaml").returncode == 66
    write("bad.yaml", "sources:\n  - {name: a, type: nosuch}\n")
    assert netweir("sources", "-c", "bad.yaml").returncode == 78
    write("names.yaml", "sources:\n  - {name: a, type: pcap, interface: swp7}\n  - {name: any, type: pcap, interface: any}\n"
          "  - {name: s, type: psample, interface_vlan: {swp8: 300}, fallback: {type: pcap, interface: swp7}}\n")
    psample = next(k for k in json.loads(netweir("sources", "--json", "-c", "names.yaml").stdout) if k["name"] == "psample")
    if psample["built"]:
        expected = [] if psample["rules"] else [
            f"tc {what} add dev {dev} {then}" for dev in ("swp7", "swp8")
            for what, then in (("qdisc", "clsact"), ("filter", "ingress matchall action sample rate 1000 group 1 trunc 128"))]
        assert [s["command"] for s in psample["suggestions"]] == expected, psample
        text = netweir("sources", "-c", "names.yaml").stdout
        assert all("to sample: " + command in text for command in expected), text


def test_a_closed_pipe_ends_quietly():
    path = pcap("a.pcap", [(1000 + 700 * i, ARP_REQUEST) for i in range(20000)])
    process = subprocess.Popen([harness.NETWEIR, "replay", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(10) == 0
    assert process.stderr.read() == b""


def test_dev_full_is_said_and_ends():
    path = pcap("a.pcap", [(1000, ARP_REQUEST)])
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen([harness.NETWEIR, "replay", path], stdout=full, stderr=subprocess.PIPE)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
    text = process.stderr.read().decode()
    assert "events written" in text and code in (0, 71, 73), (code, text)


def test_a_slow_reader_gets_every_line():
    path = pcap("a.pcap", [(1000 + 700 * i, ARP_REQUEST) for i in range(40000)])
    process = subprocess.Popen([harness.NETWEIR, "replay", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(1.5)   # far more than the outbox holds is waiting
    out = process.stdout.read()
    assert process.wait(10) == 0
    with open("out", "wb") as f:
        f.write(out)
    validate("out")
    assert len(out.splitlines()) == 40000 + 4, len(out.splitlines())


def test_a_run_of_files_ends_by_itself():
    path = pcap("a.pcap", [(1000, ARP_REQUEST)])
    run = Run("run", "pcap:./a.pcap")
    assert run.process.wait(10) == 0, run.stderr()
    lines = run.lines()
    assert lines[-1]["goodbye"]["reason"] == "finished", lines[-1]
    validate(run.path)
    assert os.path.exists(path)


if __name__ == "__main__":
    harness.main(sys.modules[__name__])
