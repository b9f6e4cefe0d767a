# SPDX-License-Identifier: GPL-2.0-or-later
"""netweir top, on real traffic in namespaces of the test's own, in a real terminal (tmux)."""
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

import harness
from harness import ROOT, Run, is_running, nft, read_to_end, sh, validate, wait_for
from psample_replay_test import capture

CAPTURE = os.path.join(ROOT, "tests", "captures", "ip-traffic.pcap")
PORTS = [5001, 5002, 5003]
TERMINALS = []


class Terminal:
    """A shell in a tmux of its own, of so many columns and rows."""

    def __init__(self, width=100, height=30, env=None):
        self.socket = os.path.join(os.getcwd(), "tmux")
        for name in ("TMUX", "NO_COLOR", "COLUMNS", "LINES"):
            os.environ.pop(name, None)
        with open("tmux.conf", "w") as f:
            f.write("set -g default-terminal screen-256color\nset -g history-limit 5000\nset -s escape-time 0\n")
        with open("shell.rc", "w") as f:
            f.write("PS1='$ '\nset +o history\n")
        sets = [f"{k}={v}" for k, v in {"LC_ALL": "C.UTF-8", **(env or {})}.items()]
        self.tmux("-f", "tmux.conf", "new-session", "-d", "-s", "t", "-x", str(width), "-y", str(height),
                  " ".join(["env", *sets, "bash", "--noprofile", "--rcfile", "shell.rc", "-i"]))
        self.server = int(self.tmux("display-message", "-p", "#{pid}").strip())
        self.tops = []
        TERMINALS.append(self)
        wait_for(lambda: "$" in self.screen(), 10, "the prompt")
        self.run("stty -a > before; tty > tty")
        wait_for(lambda: os.path.exists("tty") and os.path.getsize("tty"), 5, "stty")

    def tmux(self, *arguments, check=True):
        return sh("tmux", "-S", self.socket, *arguments, check=check, timeout=20).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "t")

    def keys(self, *keys):
        self.tmux("send-keys", "-t", "t", *keys)

    def run(self, command):
        self.tmux("send-keys", "-t", "t", "-l", command)
        self.keys("Enter")

    def wait(self, pattern, seconds=10.0):
        found = None

        def look():
            nonlocal found
            found = re.search(pattern, self.screen(), re.M)
            return found
        try:
            return wait_for(look, seconds, repr(pattern))
        except AssertionError as why:
            raise AssertionError(f"{why}:\n{self.screen()}") from None

    def top(self, *arguments):
        self.run(f"{harness.NETWEIR} top {' '.join(arguments)}; echo ended with $?")
        self.wait(r"^netweir top ")
        self.tops.append(self.pid())
        return self.tops[-1]

    def pid(self):
        shell = self.tmux("display-message", "-p", "-t", "t", "#{pane_pid}").strip()
        return int(wait_for(lambda: sh("ps", "-o", "pid=", "--ppid", shell, check=False).stdout.split(), 5, "top")[0])

    def ended(self, code=0):
        """The program is over: the terminal is as it was."""
        self.wait(rf"^ended with {code}$")
        state = self.tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}")
        assert state.split() == ["0", "1", "0"], state
        before = open("before").read()
        self.run("stty -a > after; echo looked")
        self.wait("^looked$")
        # Of the terminal, not of a size that a test has changed.
        skip = re.compile(r"(rows|columns) \d+; ?")
        assert skip.sub("", open("after").read()) == skip.sub("", before), open("after").read()

    def close(self):
        self.tmux("kill-server", check=False)
        for pid in (self.server, *self.tops):
            try:
                wait_for(lambda: not is_running(pid), 5, "its end")
            except AssertionError:
                os.kill(pid, signal.SIGKILL)


def talk(count=20, octets=100, to="10.9.0.2", ports=PORTS):
    """So many datagrams to each port, over v0."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for port in ports:
            for _ in range(count):
                s.sendto(bytes(octets), (to, port))


def log_sent(prefix=""):
    nft(f"""
flush ruleset
table ip t {{
  chain o {{
    type filter hook postrouting priority 0
    udp dport 5000-5999 log {prefix} group 5
  }}
}}
""")


def world():
    """v0 (10.9.0.1) here, v1 (10.9.0.2) in the namespace `far`; UDP that leaves is logged to group 5."""
    sh("ip", "link", "del", "v0", check=False)
    sh("ip", "netns", "del", "far", check=False)
    sh("ip", "netns", "add", "far")
    sh("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", "far")
    sh("ip", "addr", "add", "10.9.0.1/24", "dev", "v0")
    sh("ip", "link", "set", "v0", "up")
    sh("ip", "-n", "far", "link", "set", "v1", "up")
    sh("ip", "-n", "far", "addr", "add", "10.9.0.2/24", "dev", "v1")
    mac = sh("ip", "netns", "exec", "far", "cat", "/sys/class/net/v1/address").stdout.strip()
    sh("ip", "neigh", "replace", "10.9.0.2", "lladdr", mac, "dev", "v0")
    log_sent()


def close_all():
    while TERMINALS:
        TERMINALS.pop().close()


def in_terminal(test):
    """Each test has its world, and its terminal is closed however it ends."""
    def run():
        world()
        try:
            test()
        finally:
            close_all()
    return run


@in_terminal
def test_what_is_sent_is_what_is_shown():
    t = Terminal()
    t.top("nflog:5")
    t.wait(r"nflog:5 +nflog +up")
    talk()
    # 20 datagrams to three ports, of 100 octets and 28 of headers; NFLOG of an IP hook has no link header.
    octets = 20 * 3 * 128
    t.wait(rf"^10\.9\.0\.1 +10\.9\.0\.2 +\d+ +\S+ +60 +{octets} +nflog:5")
    t.wait(rf"^- +v0 +\d+ +\S+ +60 +{octets} +nflog:5")
    t.wait(r"^nflog:5 +nflog +up +\S+ +0 +60 +0 +0")
    t.keys("4")
    for port in PORTS:
        t.wait(rf"^UDP +{port} +\S+ +\S+ +20 +2560 +nflog:5")
    t.wait(r"\[4 Protocols 1-3/3\]")
    t.wait(r"^10\.9\.0\.1 +10\.9\.0\.2 +0 +0 +60")  # an interval without traffic
    t.keys("q")
    t.ended()


@in_terminal
def test_sort_and_filter():
    t = Terminal()
    t.top("nflog:5", "--interval", "200ms")
    t.wait(r"nflog:5 +nflog +up")
    t.keys("4")
    for index, port in enumerate(PORTS):
        talk(count=index + 1, octets=1000 - 400 * index, ports=[port])

    def order():
        return re.findall(r"^UDP +(\d+) ", t.screen(), re.M)

    def sorted_as(ports, what):
        wait_for(lambda: order() == [str(p) for p in ports], 5, f"{ports} {what}, not {order()}")
    wait_for(lambda: len(order()) == 3, 5, "three rows")
    t.keys("s")
    t.wait(r"PACKETSv")
    sorted_as([5003, 5002, 5001], "by packets")  # 3, 2, 1
    t.keys("r")
    t.wait(r"PACKETS\^")
    sorted_as([5001, 5002, 5003], "by packets, the other way round")
    t.keys("Right")
    t.wait(r"BYTESv")
    sorted_as([5002, 5001, 5003], "by octets")  # 2 x 628, 1028, 3 x 228
    t.keys("Left", "Left", "Left", "Left")
    t.wait(r"TO PORTv")
    sorted_as([5001, 5002, 5003], "by port")
    t.keys("/")
    t.wait(r"^/_ ")
    t.keys("5", "0", "0", "2")
    t.wait(r"^/5002_")
    sorted_as([5002], "is left by the filter")
    t.wait(r"\[4 Protocols 1-1/1, 2 hidden\]")
    t.keys("Enter")
    t.wait(r"filter: 5002")
    t.keys("Escape")
    sorted_as([5001, 5002, 5003], "are there again")
    t.keys("p")
    t.wait(r"PAUSED")
    talk(count=1, ports=[5999])
    time.sleep(1)
    assert "5999" not in t.screen(), t.screen()
    t.keys("p")
    t.wait(r"^UDP +5999 ")
    t.keys("?")
    t.wait(r"PgUp, PgDn")
    t.keys("x")
    t.wait(r"^UDP +5999 ")
    t.keys("q")
    t.ended()


@in_terminal
def test_every_size():
    t = Terminal()
    t.top("nflog:5", "--interval", "200ms")
    t.wait(r"nflog:5 +nflog +up")
    talk()
    t.wait(r"^10\.9\.0\.1 +10\.9\.0\.2 ")
    for width, height in [(20, 5), (1, 1), (2, 3), (200, 60), (40, 8), (100, 30)]:
        t.tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))
        time.sleep(0.5)
        lines = t.screen().splitlines()
        assert len(lines) <= height and all(len(l) <= width for l in lines), (width, height, lines)
        if width >= 20:
            assert any("10.9.0.1" in l for l in lines), (width, height, lines)
            assert lines[0].startswith("netweir top"), lines
            assert lines[-1].startswith("q quit"), (width, height, lines)
    t.keys("q")
    t.ended()


@in_terminal
def test_the_terminal_is_given_back_after_each_signal():
    t = Terminal()
    for how, code in [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGHUP, 0), (signal.SIGQUIT, 0),
                      (signal.SIGUSR1, 138), (signal.SIGXCPU, 152)]:
        pid = t.top("nflog:5")
        t.wait(r"nflog:5 +nflog +up")
        os.kill(pid, how)
        t.ended(code)
        t.run("clear")
        t.wait(r"\A\$")
    t.top("nflog:5")
    t.keys("C-c")
    t.ended(0)


@in_terminal
def test_the_terminal_is_given_back_after_a_crash():
    t = Terminal(env={"ASAN_OPTIONS": "handle_segv=1:detect_leaks=0"})
    t.run("ulimit -c 0")
    for how in (signal.SIGSEGV, signal.SIGABRT):
        pid = t.top("nflog:5")
        t.wait(r"nflog:5 +nflog +up")
        os.kill(pid, how)
        found = t.wait(r"^ended with (\d+)$").group(1)
        assert found != "0", t.screen()
        t.ended(found)
        t.run("clear")
        t.wait(r"\A\$")


@in_terminal
def test_stopped_and_continued():
    t = Terminal()
    pid = t.top("nflog:5", "--interval", "200ms")
    t.wait(r"nflog:5 +nflog +up")
    for stop in (lambda: os.kill(pid, signal.SIGTSTP), lambda: t.keys("C-z")):
        stop()
        t.wait(r"Stopped")
        state = t.tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{cursor_flag}")
        assert state.split() == ["0", "1"], state
        t.run("stty -a > stopped; echo looked")
        t.wait("^looked$")
        assert open("stopped").read() == open("before").read()
        talk(count=7)
        t.run("clear; fg")
        t.wait(r"^netweir top ")
    t.wait(r"^10\.9\.0\.1 +10\.9\.0\.2 +\S+ +\S+ +42 ")
    t.keys("q")
    t.wait(r"^netweir: |\$ $|info: ")
    state = t.tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{cursor_flag}")
    assert state.split() == ["0", "1"], state
    t.run("stty -a > after; echo looked again")
    t.wait("^looked again$")
    assert open("after").read() == open("before").read()


@in_terminal
def test_a_terminal_that_goes_away():
    # LeakSanitizer stops the process at its end (PTRACE_ATTACH) and waits for that; the SIGCONT that comes with the
    # hangup takes the stop back, and then it waits for ever.
    t = Terminal(env={"ASAN_OPTIONS": "detect_leaks=0"})
    pid = t.top("nflog:5", "--interval", "100ms")
    t.wait(r"nflog:5 +nflog +up")
    t.tmux("kill-session", "-t", "t", check=False)
    wait_for(lambda: not is_running(pid), 5, "its end")
    # Also one that takes no notice of the hangup, with nobody left who would stop it.
    master, slave = os.openpty()
    process = subprocess.Popen(["setsid", harness.NETWEIR, "top", "nflog:5"], stdin=slave, stdout=slave, stderr=slave,
                               env={**os.environ, "TERM": "xterm"})
    harness.RUNNING.append(process)
    os.close(slave)
    wait_for(lambda: b"netweir top" in os.read(master, 65536), 10, "its screen")
    os.close(master)
    assert process.wait(5) == 0


@in_terminal
def test_a_terminal_that_takes_no_output():
    t = Terminal()
    pid = t.top("nflog:5", "--interval", "100ms")
    t.wait(r"nflog:5 +nflog +up")
    t.keys("C-s")
    for i in range(20):
        talk(count=1, ports=range(5000 + 10 * i, 5010 + 10 * i))
        time.sleep(0.1)
    t.keys("C-q")
    t.wait(r"^10\.9\.0\.1 +10\.9\.0\.2 +\S+ +\S+ +200 ")
    t.wait(r"^nflog:5 +nflog +up +\S+ +0 +200 +0 ")
    t.keys("C-s")
    time.sleep(0.5)
    os.kill(pid, signal.SIGTERM)
    t.ended()
    # One whose other end is not read at all, and is full.
    master, slave = os.openpty()
    process = subprocess.Popen(["setsid", harness.NETWEIR, "top", "nflog:5", "--interval", "100ms"], stdin=slave,
                               stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm"})
    harness.RUNNING.append(process)
    os.close(slave)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
    for i in range(60):
        talk(count=1, ports=range(5000 + 10 * i, 5010 + 10 * i))
        os.write(master, b"\x0c")  # draw all again
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    os.close(master)


@in_terminal
def test_keys_come_from_the_terminal_where_standard_input_is_a_capture():
    t = Terminal()
    t.run(f"cat {CAPTURE} | {harness.NETWEIR} top pcap:-; echo ended with $?")
    t.wait(r"read to the end; q quits")
    t.keys("4")
    t.wait(r"\[4 Protocols 1-")
    t.keys("q")
    t.ended()


@in_terminal
def test_colours_unless_they_are_unwanted():
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        t = Terminal(env=env)
        t.tmux("pipe-pane", "-t", "t", "cat > raw")
        with open("c.yaml", "w") as f:
            f.write("sources:\n  - {name: gone, type: pcap, interface: nosuch}\n  - {name: log, type: nflog, group: 5}\n")
        t.top("-c", "c.yaml")
        t.wait(r"^gone +pcap +retrying")
        t.wait(r"^log +nflog +up")
        t.keys("q")
        t.ended()
        assert (b"\x1b[31m" in open("raw", "rb").read()) == coloured
        t.close()
        os.unlink("raw")


@in_terminal
def test_the_log_waits_until_the_terminal_is_given_back():
    t = Terminal()
    sh("ip", "link", "add", "gone", "type", "veth", "peer", "name", "peer")
    sh("ip", "link", "set", "peer", "up")
    sh("ip", "link", "set", "gone", "up")
    t.top("nflog:5", "pcap:gone", "--interval", "200ms")
    t.wait(r"pcap:gone +pcap +up")
    sh("ip", "link", "del", "gone")
    t.wait(r"^source pcap:gone: retrying")
    t.wait(r"pcap:gone +pcap +retrying")
    assert t.screen().count("retrying") == 2, t.screen()  # its row and the status line
    t.keys("q")
    t.ended()
    t.wait(r"warning: source pcap:gone: retrying")
    process = t.screen()
    assert re.search(r"^\d{4}-\d\d-\d\dT.*info: source nflog:5: up", process, re.M), process


@in_terminal
def test_a_group_that_is_held_says_by_whom():
    t = Terminal()
    holder = Run("run", "nflog:5")
    holder.wait_up("nflog:5")
    second = Run("run", "nflog:5")
    code = second.process.wait(5)
    t.run(f"{harness.NETWEIR} top nflog:5; echo ended with $?")
    t.ended(code)
    text = re.sub(r"\n", "", t.screen())
    assert f"port id {holder.process.pid}" in text, text
    lines = Run("top", "nflog:5")
    assert lines.process.wait(5) == code
    assert lines.stderr().splitlines()[-2:] == second.stderr().splitlines()[-2:], (lines.stderr(), second.stderr())
    assert open(lines.path).read() == ""
    assert holder.stop() == 0


@in_terminal
def test_hostile_names_do_not_reach_the_terminal():
    sh("ip", "link", "del", "v0")
    name = b'"><b>\x01\xff\x1b[7m'
    hostile = os.fsdecode(name)
    sh("ip", "link", "add", hostile, "type", "veth", "peer", "name", "v1", "netns", "far")
    sh("ip", "addr", "add", "10.9.0.1/24", "dev", hostile)
    sh("ip", "link", "set", hostile, "up")
    sh("ip", "-n", "far", "link", "set", "v1", "up")
    sh("ip", "-n", "far", "addr", "add", "10.9.0.2/24", "dev", "v1")
    log_sent('prefix "\x1b]0;owned\x07\x1b[31m"')
    t = Terminal(width=120)
    t.tmux("pipe-pane", "-t", "t", "cat > raw")
    t.top("nflog:5", "--interval", "200ms")
    t.wait(r"nflog:5 +nflog +up")
    talk()
    t.wait(r'^- +"><b>\\x01\\xff\\x1b\[7m ')
    t.keys("q")
    t.ended()
    raw = open("raw", "rb").read()
    assert name not in raw and b"owned" not in raw and b"\x01" not in raw, raw
    title = t.tmux("display-message", "-p", "-t", "t", "#{pane_title}")
    assert "owned" not in title, title
    run = Run("top", "nflog:5", "--interval", "200ms", env={"LC_ALL": "C.UTF-8"})
    wait_for(lambda: "nflog:5" in open(run.path).read(), 5, "a block")
    talk()
    wait_for(lambda: "10.9.0.2" in open(run.path).read(), 5, "the talkers")
    assert run.stop() == 0
    text = open(run.path, "rb").read()
    assert b"\x1b" not in text and b"\x01" not in text and b"\\x01\\xff" in text, text
    text.decode()


@in_terminal
def test_plain_lines_in_a_pipe():
    run = Run("top", "nflog:5", "--interval", "300ms")
    wait_for(lambda: open(run.path).read().count("\n== ") >= 2, 5, "three intervals")
    talk()
    wait_for(lambda: re.search(r"^10\.9\.0\.1 +10\.9\.0\.2 ", open(run.path).read(), re.M), 5, "the talkers")
    assert run.stop() == 0
    text = open(run.path).read()
    assert re.match(r"== \S+Z to \S+Z\nSOURCE ", text), text
    end = text[text.index("\n== end\n"):]
    assert re.search(r"^10\.9\.0\.1 +10\.9\.0\.2 +\S+ +\S+ +60 +7680 +nflog:5$", end, re.M), end
    assert re.search(r"^nflog:5 +nflog +down +\S+ +0 +60 +0 +0 ", end, re.M), end
    intervals = re.findall(r"^== (\S+) to (\S+)$", text, re.M)
    assert all(a[1] == b[0] for a, b in zip(intervals[:-1], intervals[1:-1])), intervals
    # A reader that closes ends it, quietly.
    process = subprocess.run(f"{harness.NETWEIR} top nflog:5 --interval 100ms | head -n 1; echo ${{PIPESTATUS[0]}}",
                             shell=True, executable="/bin/bash", capture_output=True, text=True, timeout=10)
    assert process.stdout.splitlines()[-1] == "0" and process.stdout.startswith("== "), process


@in_terminal
def test_a_reader_that_stops_does_not_stop_receiving():
    read, written = os.pipe()
    run = Run("top", "nflog:5", "--interval", "100ms", stdout=written)
    os.close(written)
    text = os.read(read, 65536)
    # A pipe holds 64 KiB: more intervals than that.
    for i in range(60):
        talk(count=1, ports=range(5000 + 10 * i, 5010 + 10 * i))
        time.sleep(0.1)
    run.process.send_signal(signal.SIGTERM)
    text += read_to_end(read)
    assert run.process.wait(5) == 0, run.stderr()
    assert re.search(rb"^nflog:5 +nflog +down +\S+ +0 +600 +0 ", text[text.index(b"\n== end\n"):], re.M), text[-3000:]


@in_terminal
def test_json_is_events():
    run = Run("top", "nflog:5", "--json", "--interval", "300ms")
    run.wait_up("nflog:5")
    talk()
    run.wait_line(lambda l: l["event_type"] == "traffic" and l["traffic"]["name"] == "protocols")
    time.sleep(0.5)
    assert run.stop(signal.SIGHUP) == 0
    validate(run.path)
    lines = run.lines()
    assert {l["event_type"] for l in lines} == {"hello", "source", "traffic", "goodbye"}, lines
    for name in ("interfaces", "talkers", "protocols"):
        of = [l["traffic"] for l in lines if l["event_type"] == "traffic" and l["traffic"]["name"] == name]
        assert sum(t["packets"] for t in of) == 60 and sum(t["bytes"] for t in of) == 60 * 128, of


@in_terminal
def test_a_capture():
    def tshark(*fields):
        options = [o for f in fields for o in ("-e", f)]
        return [l.split("\t") for l in sh("tshark", "-r", CAPTURE, "-T", "fields", *options).stdout.splitlines()]
    frames = tshark("frame.len", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst")
    want = {}
    for length, *ends in frames:
        # Of a packet in a packet the outer addresses count.
        ip4, ip6, to4, to6 = (e.split(",")[0] for e in ends)
        key = (ip4 or ip6 or "-", to4 or to6 or "-")
        packets, octets = want.get(key, (0, 0))
        want[key] = (packets + 1, octets + int(length))
    total = sum(int(f[0]) for f in frames)
    done = sh(harness.NETWEIR, "top", "pcap:" + CAPTURE)
    end = done.stdout[done.stdout.index("\n== end\n"):]
    rows = re.findall(r"^(\S+) +(\S+) +\S+ +\S+ +(\d+) +(\d+) +pcap:", end, re.M)
    talkers = {(a, b): (int(p), int(o)) for a, b, p, o in rows if (a, b) in want}
    assert talkers == want, (talkers, want)
    assert ("-", "-", str(len(frames)), str(total)) in rows, rows
    protocols = re.search(r"^PROTO.*?\n\n", end, re.M | re.S).group(0)
    assert sum(int(n) for n in re.findall(r" (\d+) +\d+ +pcap:", protocols)) == len(frames), protocols
    # The intervals are the packets': each second that has one.
    seconds = {l[0].split(".")[0] for l in tshark("frame.time_epoch")}
    assert len(re.findall(r"^== \S+ to ", done.stdout, re.M)) == len(seconds), done.stdout
    # On a terminal the last screen stays.
    t = Terminal(width=120)
    t.top("pcap:" + CAPTURE)
    t.wait(r"read to the end; q quits")
    for (a, b), (packets, octets) in want.items():
        t.wait(rf"^{re.escape(a)} +{re.escape(b)} +\S+ +\S+ +{packets} +{octets} ")
    t.keys("q")
    t.ended()
    t.run(f"{harness.NETWEIR} top pcap:./absent.pcap; echo ended with $?")
    t.ended(66)
    validated = Run("top", "--json", "pcap:" + CAPTURE)
    assert validated.process.wait(10) == 0
    validate(validated.path)
    lines = [l["traffic"] for l in validated.lines() if l["event_type"] == "traffic" and l["traffic"]["name"] == "talkers"]
    assert sum(l["packets"] for l in lines) == len(frames) and sum(l["bytes"] for l in lines) == total


def test_samples_say_how_uncertain_they_are():
    capture("samples.pcap", ["driver"] * 40)  # 1 in 100
    json_lines = Run("top", "--json", "pcap:./samples.pcap")
    assert json_lines.process.wait(10) == 0
    said = next(l["traffic"] for l in json_lines.lines() if l["event_type"] == "traffic" and l["traffic"]["name"] == "protocols")
    assert said["packets"] == 40 and said["est_packets"] == 4000, said
    half = max(said["est_packets_high"] - 4000, 4000 - said["est_packets_low"])
    end = sh(harness.NETWEIR, "top", "pcap:./samples.pcap", env={**os.environ, "LC_ALL": "C"}).stdout.split("== end\n")[1]
    found = re.search(r"^ARP +- +~4.00k \+-(\S+) +~\S+ \+-\S+ +~4000 \+-(\S+) +~240000 ", end, re.M)
    assert found and found.group(1) == found.group(2) == f"{half / 1000:.2f}k", (end, said)
    utf8 = sh(harness.NETWEIR, "top", "pcap:./samples.pcap", env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
    assert f"~4000 \u00b1{found.group(2)}" in utf8, utf8


@in_terminal
def test_terminals_without_a_screen_get_lines():
    t = Terminal(env={"TERM": "dumb"})
    t.run(f"{harness.NETWEIR} top pcap:{CAPTURE}; echo ended with $?")
    t.ended()
    text = t.tmux("capture-pane", "-p", "-S", "-", "-t", "t")
    assert "has no screen: plain lines" in re.sub("\n", "", text) and "== end" in text, text


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
