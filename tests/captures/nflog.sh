#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records nflog-*.pcap from this machine's kernel: frames sent into one end of a veth pair, logged
# by nftables at the other, written by tcpdump. Needs root; everything happens in a network
# namespace that ends with the script. Times differ at each run, so the captures are kept.
set -euo pipefail
if [[ ${1:-} != inside ]]; then
  exec unshare --net --mount "$0" inside "${1:-$(dirname "$0")}"
fi
out=$(realpath "$2")
here=$(dirname "$(realpath "$0")")

record() {  # record NAME SECONDS: log group 5 into nflog-NAME.pcap while frames are sent
  tcpdump -Z root -i nflog:5 -w "$out/nflog-$1.pcap" -U 2>/dev/null &
  local tcpdump=$!
  sleep 1
  /usr/bin/python3 -B "$here/send.py" v0
  sleep 1
  kill -INT "$tcpdump"
  wait "$tcpdump" || true
  nft flush ruleset
}

ip link set lo up
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ethtool -K v0 rxvlan off txvlan off 2>/dev/null || true
sleep 1

nft -f - <<'RULES'
table netdev watch {
  chain in {
    type filter hook ingress device v1 priority 0
    log group 5 snaplen 256 prefix "netdev"
  }
}
RULES
record netdev

nft -f - <<'RULES'
table arp watch {
  chain in {
    type filter hook input priority 0
    log group 5 snaplen 256 prefix "arp"
  }
}
table ip6 watch {
  chain in {
    type filter hook prerouting priority 0
    log group 5 snaplen 256
  }
}
RULES
record layer3

ip link add br0 type bridge
ip link set br0 up
ip link set v1 master br0
sleep 1
nft -f - <<'RULES'
table bridge watch {
  chain in {
    type filter hook prerouting priority 0
    log group 5 snaplen 76 prefix "a bridge"
  }
}
RULES
record bridge
