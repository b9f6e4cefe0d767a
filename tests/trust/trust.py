# SPDX-License-Identifier: GPL-2.0-or-later
"""What the numbers of the trust suite are made of.

A number is a function `(trial)` behind @number(...). Its verdict comes from its run: an exception or a check that
does not hold fails it, and so does a residue that is not 0."""
import dataclasses
import glob
import importlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "app"), HERE]
import harness  # noqa: E402
import verify  # noqa: E402
from harness import Run, Skip, sh  # noqa: E402

ALL = {}
LAST = 47


@dataclasses.dataclass
class Number:
    number: int
    title: str
    act: object = None      # None: not applicable yet
    waits: str = ""         # what of it is not applicable yet, and for what it waits
    ci: bool = False        # has a form of some seconds that ctest runs
    netns: bool = True      # in a network namespace of its own
    limit: int = 300        # seconds; of the long form


def number(n, title, **more):
    def enter(function):
        ALL[n] = Number(n, title, function, **more)
        return function
    return enter


def not_yet(n, title, waits):
    ALL[n] = Number(n, title, None, waits)


def load():
    for path in sorted(glob.glob(os.path.join(HERE, "faults", "[a-z]*.py"))):
        importlib.import_module("faults." + os.path.basename(path)[:-3])
    missing = set(range(1, LAST + 1)) - set(ALL)
    assert not missing, f"nothing says what becomes of {sorted(missing)}"
    return dict(sorted(ALL.items()))


class Sampler:
    """RSS, descriptors, threads and CPU time of a process, ten times a second."""

    def __init__(self, pid):
        self.pid = pid
        self.rows = []  # (seconds, RSS in KiB, descriptors, threads, CPU seconds)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.begin = time.monotonic()
        self.thread.start()

    def look(self):
        try:
            with open(f"/proc/{self.pid}/status") as f:
                status = dict(line.split(":", 1) for line in f)
            with open(f"/proc/{self.pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
            fds = len(os.listdir(f"/proc/{self.pid}/fd"))
            cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            return time.monotonic() - self.begin, int(status["VmRSS"].split()[0]), fds, int(status["Threads"]), cpu
        except (OSError, KeyError, ValueError, IndexError):
            return None

    def follow(self):
        while not self.over.wait(0.1):
            row = self.look()
            if row is None:
                return
            self.rows.append(row)

    def now(self):
        return self.look() or (self.rows[-1] if self.rows else (0, 0, 0, 0, 0))

    def end(self):
        self.over.set()
        self.thread.join()

    def summary(self):
        if not self.rows:
            return None
        last = self.rows[-1]
        return {"rss_kib_max": max(r[1] for r in self.rows), "rss_kib_last": last[1],
                "fds_max": max(r[2] for r in self.rows), "threads_max": max(r[3] for r in self.rows),
                "cpu_seconds": round(last[4], 2), "seconds": round(last[0], 1)}


class Trial:
    def __init__(self, build, asan, short):
        self.build, self.asan, self.short = build, asan, short
        self.residues = {}
        self.problems = []
        self.notes = []
        self.samplers = []

    @property
    def netweir(self):
        return harness.NETWEIR

    def size(self, short, long):
        """How much: of the form of some seconds, and of the whole one."""
        return short if self.short else long

    def check(self, holds, what):
        if not holds:
            self.problems.append(str(what)[:500])
        return bool(holds)

    def note(self, text):
        self.notes.append(str(text))

    def residue(self, name, value):
        """Adds to an equation; what is counted twice under one name must be 0 each time."""
        self.residues[name] = self.residues.get(name, 0) + abs(value)

    def run(self, *arguments, **more):
        run = Run(*arguments, **more)
        sampler = Sampler(run.process.pid)
        self.samplers.append(sampler)
        run.sampler = sampler
        return run

    def stop(self, run, how=signal.SIGINT, seconds=5.0):
        code = run.stop(how, seconds)
        run.sampler.end()
        self.check(code == 0, f"ended with {code}: {run.stderr()[-400:]}")
        return code

    def verified(self, path, **more):
        """The lines of a whole stream; the residues of its equations are ours."""
        lines = verify.read(path)
        for name, value in verify.residues(lines, **more).items():
            self.residue(name, value)
        return lines

    def ctest(self, pattern, build=None, limit=300):
        """Runs tests that ctest knows: they must be there, and none may be skipped."""
        build = build or self.build
        done = subprocess.run(["ctest", "--test-dir", build, "-R", pattern, "--output-on-failure", "--no-tests=error"],
                              text=True, capture_output=True, timeout=limit)
        ran = done.stdout.count(" Passed ")
        self.check(done.returncode == 0, f"ctest -R {pattern}: {done.stdout[-1500:]}")
        if "***Skipped" in done.stdout and ran == 0:
            raise Skip(f"ctest -R {pattern} was skipped: {done.stdout[-300:]}")
        self.check(ran > 0, f"ctest -R {pattern}: nothing ran")
        self.note(f"{ran} tests of ctest -R '{pattern}'")

    def process(self):
        rows = [s.summary() for s in self.samplers]
        rows = [r for r in rows if r]
        if not rows:
            return None
        return {key: (sum if key.endswith("seconds") else max)(r[key] for r in rows) for key in rows[0]}


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"needs {program}")


def open_files(pid):
    """What the descriptors of a process are, as /proc says; those that close meanwhile are left out."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(f"/proc/{pid}/fd/{fd}")
        except OSError:
            continue


def netlink_sockets(pid, protocol=12):
    """(port id, groups, drops) of the netlink sockets of a process in our namespace: those whose inode it holds."""
    inodes = {target[8:-1] for target in open_files(pid) if target.startswith("socket:[")}
    found = []
    with open("/proc/net/netlink") as f:
        for line in f.readlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and int(fields[1]) == protocol:
                found.append((int(fields[2]), int(fields[3], 16), int(fields[8])))
    return found


def tool(trial, name):
    """A program that the build has made for this suite."""
    path = os.path.join(trial.build, "tests", "trust", name)
    if not os.path.exists(path):
        raise Skip(f"{path} is not built")
    return path


def stop_and_continue(pid, seconds, work=None):
    """A reader that gets no CPU for a while; `work` is done meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        if work:
            work()
        time.sleep(max(0.0, seconds - (time.monotonic() - begin)))
    finally:
        os.kill(pid, signal.SIGCONT)


def clean():
    sh("nft", "flush", "ruleset", check=False)
