# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# `netweir sources`: what it suggests where nothing samples; that its commands work; the rules and groups there are.
load psample act_sample
pair v0 v1
/sbin/ip link add d0 type dummy
/sbin/ip link add d1 type dummy
mkdir -p /var
[ -e /var/run ] || ln -s /run /var/run
/sbin/ip netns add other
cat >c.yaml <<'END'
sources:
  - {name: asic, type: psample, fallback: {type: pcap, interface: v0}}
  - {name: there, type: psample, netns: other, interface_vlan: {x0: 300}}
  - {name: wire, type: pcap, interface: v1}
END
/sbin/tc qdisc add dev v1 clsact
/sbin/tc qdisc show >before
netweir sources --json >placeholder.json
netweir sources --json -c c.yaml >none.json
netweir sources -c c.yaml >none.txt
{ /sbin/tc qdisc show; /sbin/tc filter show dev v1 ingress; } >after

grep -v ' -n other ' none.txt | sed -n 's|.*to sample: tc|/sbin/tc|p' >suggested
sh -e ./suggested
/sbin/tc filter add dev v0 egress pref 2 protocol 802.1Q flower vlan_id 100 action sample rate 100 group 2 trunc 64
/sbin/tc filter add dev v0 egress pref 3 protocol ip u32 match ip protocol 17 0xff action sample rate 10 group 3
/sbin/tc filter add dev v0 egress pref 4 protocol ip u32 match ip protocol 6 0xff action drop
/sbin/tc filter add dev v0 egress pref 5 protocol arp basic action mirred egress mirror dev d0 pipe \
  action sample rate 7 group 4 trunc 96 pipe action sample rate 9 group 4294967295
/sbin/tc qdisc add dev d0 ingress_block 6 ingress
/sbin/tc filter add block 6 pref 8 chain 2 protocol 0x88cc matchall action sample rate 5 group 6
/sbin/tc qdisc add dev d1 root handle 1: prio
/sbin/tc filter add dev d1 parent 1: pref 6 protocol ipv6 matchall action sample rate 4294967295 group 7
for where in "v0 ingress" "v0 egress" "v1 ingress" "v1 egress" "d0 ingress" "d1 parent 1:"; do
  # shellcheck disable=SC2086  # words
  /sbin/tc -j filter show dev $where >"filters ${where%%:*}"
done
netweir sources --json -c c.yaml >some.json
netweir sources >some.txt
unshare -U netweir sources --json >unprivileged.json
/sbin/ip netns del other
