# SPDX-License-Identifier: GPL-2.0-or-later
"""The drop monitor where it is not: in a network namespace other than the first, and in a configuration that names one. What
it does where it is runs in the guest (tests/guest/scenarios/dropmon.sh): it is one for the whole host."""
import subprocess
import sys

import harness
from harness import Run, validate, wait_for, write


def netweir(*words):
    return subprocess.run([harness.NETWEIR, *words], text=True, capture_output=True, timeout=20, check=False)


def test_another_namespace_has_no_monitor():
    done = netweir("run", "dropmon")
    assert done.returncode == 69, done
    assert "NET_DM" in done.stderr and ("modprobe drop_monitor" in done.stderr or "nsenter" in done.stderr), done.stderr
    listed = netweir("sources").stdout
    assert "dropmon    not usable" in listed, listed


def test_it_waits_for_the_monitor():
    write("c.yaml", "sources:\n  - {name: d, type: dropmon}\n  - {name: w, type: pcap, interface: lo}\n"
                    "outputs: [{type: json, events: [source]}]\n")
    run = Run("run", "-c", "c.yaml")
    wait_for(lambda: [line for line in run.lines() if line.get("source", {}).get("state") == "retrying"], what="retrying")
    assert run.stop() == 0, run.stderr()
    validate(run.path)


def test_a_namespace_in_the_configuration_is_refused():
    write("c.yaml", "sources:\n  - name: d\n    type: dropmon\n    netns: blue\n")
    done = netweir("check", "-c", "c.yaml")
    assert done.returncode == 78 and "c.yaml:4:" in done.stderr + done.stdout, done
    assert "leave `netns` out" in done.stderr + done.stdout, done
    write("c.yaml", "sources:\n  - name: d\n    type: dropmon\n    origins: [software, firmware]\n    limit: 0\n")
    done = netweir("check", "-c", "c.yaml")
    assert done.returncode == 78 and "firmware" in done.stderr + done.stdout and "c.yaml:5:" in done.stderr + done.stdout, done


if __name__ == "__main__":
    harness.main(sys.modules[__name__], harness.private_netns)
