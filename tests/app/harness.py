# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the netweir program as a user would, and reads back what it writes.

A test module calls main(): its functions test_* run in order, each in a folder of its own. Kernel tests
call private_netns() first; what they make vanishes with the process.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VALIDATE = os.path.join(ROOT, "tests", "kit", "validate_events.py")
SKIP = 77
NETWEIR = ""
RUNNING = []


class Skip(Exception):
    pass


def sh(*command, check=True, **more):
    return subprocess.run(command, check=check, text=True, capture_output=True, **more)


def private_netns():
    """A network and a mount namespace of our own, with its own /run/netns."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newns, clone_newnet = 0x00020000, 0x40000000
    if os.geteuid() != 0:
        raise Skip("needs root")
    if libc.unshare(clone_newns | clone_newnet) != 0:
        raise Skip("unshare: " + os.strerror(ctypes.get_errno()))
    sh("mount", "--make-rprivate", "/", check=False)  # refused in a chroot, whose / is no mount point
    os.makedirs("/run/netns", exist_ok=True)
    sh("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
    sh("ip", "link", "set", "lo", "up")


def nft(rules):
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def wait_for(condition, seconds=10.0, what="the condition"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds} s")


def is_running(pid):
    """Not of a process that has ended and waits for its parent: that may be an init that looks once in a while."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def read_to_end(descriptor):
    octets = b""
    while part := os.read(descriptor, 1 << 20):
        octets += part
    return octets


class Run:
    """A netweir process whose standard output goes to a file; lines() reads what is there so far."""

    def __init__(self, *arguments, stdout=None, env=None, **more):
        self.path = tempfile.mktemp(dir=os.getcwd(), suffix=".out")
        self.errors = self.path + ".err"
        out = stdout if stdout is not None else open(self.path, "wb")
        self.process = subprocess.Popen([NETWEIR, *arguments], stdout=out, stderr=open(self.errors, "wb"),
                                        stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, **more)
        if stdout is None:
            out.close()
        RUNNING.append(self.process)

    def stderr(self):
        with open(self.errors, "r", errors="replace") as f:
            return f.read()

    def lines(self, path=None):
        with open(path or self.path, "rb") as f:
            text = f.read()
        whole = text[: text.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()]

    def wait_line(self, match, seconds=10.0):
        def found():
            return next((l for l in self.lines() if match(l)), None)
        try:
            return wait_for(found, seconds, "the line")
        except AssertionError:
            raise AssertionError(f"no such line; stdout:\n{open(self.path).read()}\nstderr:\n{self.stderr()}") from None

    def wait_up(self, source, seconds=10.0):
        return self.wait_line(lambda l: l["event_type"] == "source" and l["source"]["name"] == source
                              and l["source"].get("state") == "up", seconds)

    def stop(self, how=signal.SIGINT, seconds=5.0):
        """Asks it to stop; it must, within 5 s. Returns the exit code."""
        begin = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(seconds + 5)
        took = time.monotonic() - begin
        assert took <= seconds, f"stopping took {took:.1f} s"
        return code


def ledger(lines, source, kind=None):
    last = lines[-1]
    assert last["event_type"] == "goodbye", last
    for l in last["goodbye"]["sources"]:
        if l["name"] == source and kind in (None, l["type"]):
            return l
    raise AssertionError(f"no ledger of {source} in {last}")


def bindings(lines):
    return [l for l in lines if l["event_type"] == "binding"]


def validate(path):
    """The lines against the schema; of all of them seq, order of keys, hello, goodbye and the ledgers."""
    done = subprocess.run(["/usr/bin/python3", VALIDATE, "--most", "500"], stdin=open(path, "rb"), text=True, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[:2000]


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def main(module, setup=None):
    global NETWEIR
    NETWEIR = os.path.abspath(sys.argv[1])
    only = sys.argv[2:]
    try:
        if setup:
            setup()
    except Skip as why:
        need = os.environ.get("NETWEIR_REQUIRE", "").split(",")
        print(f"SKIPPED: {why}")
        sys.exit(1 if "kernel" in need else SKIP)
    failed = 0
    ran = 0
    for name, test in list(vars(module).items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        ran += 1
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            begin = time.monotonic()
            try:
                test()
                print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
            except Exception:  # a test that fails in any way has failed
                failed += 1
                traceback.print_exc()
                print(f"FAILED  {name}", flush=True)
            os.chdir("/")
            for process in RUNNING:  # of a test that failed
                if process.poll() is None:
                    process.kill()
                    process.wait()
            RUNNING.clear()
    print(f"{ran} run, {failed} failed")
    sys.exit(1 if failed or not ran else 0)
