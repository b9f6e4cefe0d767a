# SPDX-License-Identifier: GPL-2.0-or-later
"""How each program is set up, and where it says what it received and lost."""
import glob
import json
import os
import re
import signal
import subprocess
import time

import conntrack_kernel_test as ct
import harness
from harness import sh, wait_for, write
from trust import netlink_sockets


def octets(size):
    number, unit = re.fullmatch(r"(\d+)(KiB|MiB)?", str(size)).groups()
    return int(number) * {None: 1, "KiB": 1024, "MiB": 1 << 20}[unit]


def text(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return ""


class Program:
    package = program = ""
    nflog = conntrack = False

    def start(self, *command, **more):
        self.process = subprocess.Popen(command, stdout=open("stdout", "wb"), stderr=open("stderr", "wb"), stdin=subprocess.DEVNULL, **more)
        harness.RUNNING.append(self.process)
        return self.process

    def bound(self, group=5):
        """Its socket is there and, of NFLOG, the kernel has the group."""
        def there():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.program} ended with {self.process.returncode}: {text('stderr')[-300:]} {text('log')[-300:]}")
            held = [line.split() for line in text("/proc/net/netfilter/nfnetlink_log").splitlines()]
            return any(int(row[0]) == group for row in held if row)
        wait_for(there, 10, f"{self.program} on group {group}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(8)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def told(self):
        """Packets or events that it says were lost; None: it gives no number."""
        return None

    def says(self):
        return ""


class Netweir(Program):
    package, program, nflog, conntrack = "", "netweir", True, True

    def log(self, buffer, threshold, path='"-"'):
        write("c.yaml", f"sources:\n  - {{name: f, type: nflog, group: 5, receive_buffer: {buffer}, receive_buffer_max: {buffer}, "
                        f"queue_threshold: {threshold}}}\noutputs:\n  - {{type: json, path: {path}, events: [packet, loss, source]}}\n")
        self.out = "stdout" if path == '"-"' else path
        self.start(harness.NETWEIR, "run", "-c", "c.yaml")
        self.bound()

    def track(self, buffer):
        self.out = "stdout"
        ct.configuration(receive_buffer=buffer, receive_buffer_max=buffer, resync_min="1s")
        self.start(harness.NETWEIR, "run", "-c", "c.yaml")
        wait_for(lambda: "resync_end" in text("stdout"), 10, "netweir")

    def lines(self):
        return [json.loads(line) for line in text(self.out).splitlines()]

    def received(self):
        return self.lines()[-1]["goodbye"]["sources"][0]["received"]

    def told(self):
        return self.lines()[-1]["goodbye"]["sources"][0]["lost"]

    def events(self):
        return sum(line["event_type"] in ("packet", "flow") for line in self.lines())

    def flows(self):
        return len(ct.living([json.loads(line) for line in text("stdout").splitlines()]))


ULOGD = """
[global]
logfile="log"
loglevel=3
{plugins}
{stack}
[log1]
group=5
bind=1
netlink_socket_buffer_size={buffer}
netlink_socket_buffer_maxsize={buffer}
netlink_qthreshold={threshold}
[ct1]
hash_enable=0
event_mask=0x00000005
netlink_socket_buffer_size={buffer}
netlink_socket_buffer_maxsize={buffer}
[json1]
sync=1
file="{path}"
"""


class Ulogd(Program):
    package, program, nflog, conntrack = "ulogd2 ulogd2-json", "ulogd", True, True

    def configure(self, stack, plugins, buffer, threshold, path):
        folder = os.path.dirname(glob.glob("/usr/lib/*/ulogd/ulogd_output_JSON.so")[0])
        loaded = "\n".join(f'plugin="{folder}/ulogd_{p}.so"' for p in plugins)
        write("ulogd.conf", ULOGD.format(plugins=loaded, stack="stack=" + stack, buffer=buffer, threshold=threshold, path=path))
        self.out = path
        self.start("ulogd", "-c", "ulogd.conf")

    def log(self, buffer, threshold, path="ulogd.json"):
        self.configure("log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON",
                       ("inppkt_NFLOG", "raw2packet_BASE", "filter_IFINDEX", "filter_IP2STR", "output_JSON"), octets(buffer), threshold, path)
        self.bound()

    def track(self, buffer):
        self.configure("ct1:NFCT,ip2str1:IP2STR,json1:JSON", ("inpflow_NFCT", "filter_IP2STR", "output_JSON"), octets(buffer), 1, "ulogd.json")
        wait_for(lambda: netlink_sockets(self.process.pid), 10, "ulogd")
        time.sleep(0.5)

    def received(self):
        return text(self.out).count("\n")

    events = received

    def flows(self):
        new = {e["ct.id"] for e in map(json.loads, text(self.out).splitlines()) if e.get("ct.event") == 1}
        return len(new)

    def says(self):
        lost = [line for line in text("log").splitlines() if re.search("los|overrun|buffer", line, re.I)]
        return f"{len(lost)} log lines, such as \"{lost[0].split('>', 1)[-1].strip()}\"" if lost else "nothing"


class Uacctd(Program):
    package, program, nflog = "pmacct", "uacctd", True

    def log(self, buffer, threshold, path="uacctd.json"):
        self.out = path
        write("uacctd.conf", f"daemonize: false\nuacctd_group: 5\nuacctd_nl_size: {octets(buffer)}\nuacctd_threshold: {threshold}\n"
                             f"plugins: print\naggregate: src_host,dst_host,proto\nprint_refresh_time: 1\nprint_output: json\nprint_output_file: {os.path.abspath(path)}\n"
                             "print_output_file_append: true\nplugin_pipe_size: 67108864\nplugin_buffer_size: 65536\n")
        self.start("uacctd", "-f", "uacctd.conf", preexec_fn=os.setsid)
        self.bound()

    def stop(self):
        time.sleep(2.5)  # its refresh time
        return super().stop()

    def received(self):
        return sum(json.loads(line).get("packets", 0) for line in text(self.out).splitlines() if line.startswith("{") and line.endswith("}"))

    events = received

    def says(self):
        lost = [line for line in (text("stderr") + text("stdout")).splitlines() if re.search("los|overrun|buffer space|missing|drop", line, re.I)]
        return f"{len(lost)} log lines, such as \"{lost[0][:90]}\"" if lost else "nothing"


class Tcpdump(Program):
    package, program, nflog = "tcpdump", "tcpdump", True

    def log(self, buffer, threshold, path="tcpdump.pcap"):
        self.out = path
        self.start("tcpdump", "-Z", "root", "-n", "-U", "-i", "nflog:5", "-B", str(max(1, octets(buffer) // 1024)), "-w", path)
        self.bound()

    def received(self):
        shown = sh("tcpdump", "-n", "-r", self.out, "-c", "1000000", check=False).stdout
        return shown.count("\n")

    events = received

    def told(self):
        found = re.search(r"(\d+) packets dropped by kernel", text("stderr"))
        return int(found[1]) if found else None

    def says(self):
        return "; ".join(line for line in text("stderr").splitlines() if "packet" in line and "captured" not in line)


class Conntrackd(Program):
    package, program, conntrack = "conntrackd", "conntrackd", True

    def track(self, buffer):
        folder = os.getcwd()
        write("conntrackd.conf", f"""General {{
  HashSize 65536
  HashLimit 1048576
  LogFile {folder}/log
  LockFile {folder}/lock
  UNIX {{ Path {folder}/ctl }}
  NetlinkBufferSize {octets(buffer)}
  NetlinkBufferSizeMaxGrowth {octets(buffer)}
  NetlinkOverrunResync 2
}}
Stats {{ LogFile on }}
""")
        self.start("conntrackd", "-C", "conntrackd.conf")
        wait_for(lambda: os.path.exists("ctl"), 10, "conntrackd")
        time.sleep(0.5)

    def ask(self, word):
        return sh("conntrackd", "-C", "conntrackd.conf", *word.split(), check=False).stdout

    def flows(self):
        return sum("src=" in line for line in self.ask("-i").splitlines())

    def says(self):
        return " ".join(line.strip() for line in self.ask("-s").splitlines() if "overrun" in line.lower() or "lost" in line.lower()) or \
            "; ".join(line for line in text("log").splitlines() if "overrun" in line.lower())[:120] or "nothing"
