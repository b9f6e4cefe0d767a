# SPDX-License-Identifier: GPL-2.0-or-later
"""Veth pairs between the namespace of a test and others, and what is logged of them."""
from harness import nft, sh


def pair(ns, here="v0", there="v1", net="10.9.0"):
    """A veth pair: `here` in this namespace (NET.1), `there` in namespace `ns` (NET.2)."""
    sh("ip", "netns", "add", ns)
    link(ns, here, there, net)


def link(ns, here, there, net):
    sh("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", ns)
    sh("ip", "link", "set", here, "up")
    sh("ip", "addr", "add", f"{net}.1/24", "dev", here)
    sh("ip", "-n", ns, "link", "set", "lo", "up")
    sh("ip", "-n", ns, "link", "set", there, "up")
    sh("ip", "-n", ns, "addr", "add", f"{net}.2/24", "dev", there)


def drop_pair(ns, here="v0"):
    sh("ip", "link", "del", here, check=False)
    sh("ip", "netns", "del", ns, check=False)
    sh("nft", "flush", "ruleset")


def ping(address, count=1, ns=None):
    inside = ["ip", "netns", "exec", ns] if ns else []
    return sh(*inside, "ping", "-c", str(count), "-i", "0.2", "-W", "1", address, check=False)


def log_ingress(dev, group=5, extra=""):
    nft(f"""
table netdev t {{
  chain i {{
    type filter hook ingress device "{dev}" priority 0
    counter log group {group} {extra}
  }}
}}
""")
