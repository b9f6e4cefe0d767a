# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Netlink messages as the kernel makes them: what tests/guest/recorded/ keeps for the tests of decoders.

unload act_sample psample
recording notify notify
load psample
sleep 0.1
unload psample
recorded notify

load psample act_sample
pair v0 v1
recording family ask:psample
recorded family

recording config psample.config
sample v1 ingress 1 7 trunc 128
sample v0 egress 1 8
recording groups dump:psample:1
recorded groups
/sbin/tc filter del dev v1 ingress
/sbin/tc filter del dev v0 egress
recorded config

# one NAME INTERFACE SIDE FILE [WORD...]: the samples of what FILE.pcap holds, sent into v0.
one() {
  name=$1 where=$2 at=$3 file=$4
  shift 4
  sample "$where" "$at" 1 7 "$@"
  recording "$name" psample.packets
  send v0 "$file"
  recorded "$name"
  /sbin/tc filter del dev "$where" "$at"
}
one arp-ingress v1 ingress arp
one arp-egress v0 egress arp
one arp-cookie v1 ingress arp cookie 0a0b0c0d0e0f10111213141516171819
one truncated v1 ingress udp trunc 64
one vlan-ingress v1 ingress vlan
one vlan-egress v0 egress vlan
one qinq-ingress v1 ingress qinq
one qinq-egress v0 egress qinq
one nd-ingress v1 ingress nd

recording link link
/sbin/ip link add link v1 name v1.100 type vlan id 100
/sbin/ip link set v1.100 up
/sbin/ip link add link v1 name v1.ad type vlan proto 802.1ad id 200
/sbin/ip link set v1.100 down
/sbin/ip link set v1.100 name renamed0
/sbin/ip link set renamed0 up
/sbin/ip link del v1.ad
recorded link
recording links links
recorded links
sample renamed0 ingress 1 9
one vlan-device renamed0 ingress vlan100

# The rules of tc: of clsact, with several actions, of a shared block.
/sbin/ip link add d0 type dummy
/sbin/ip link add d1 type dummy
/sbin/tc qdisc add dev d0 clsact
/sbin/tc filter add dev d0 ingress pref 1 matchall action sample rate 1000 group 1
/sbin/tc filter add dev d0 ingress pref 2 protocol 802.1Q flower vlan_id 100 action sample rate 100 group 2 trunc 128
/sbin/tc filter add dev d0 ingress pref 3 protocol ip u32 match ip protocol 17 0xff action sample rate 10 group 3 trunc 64
/sbin/tc filter add dev d0 egress pref 1 protocol ip u32 match ip protocol 17 0xff action drop
/sbin/tc filter add dev d0 egress pref 2 matchall action mirred egress mirror dev d1 pipe \
  action sample rate 7 group 4 trunc 96 pipe action sample rate 9 group 5
/sbin/tc qdisc add dev d1 ingress_block 6 ingress
/sbin/tc filter add block 6 pref 8 chain 2 protocol arp flower action sample rate 5 group 6
recording qdiscs qdiscs
recorded qdiscs
recording filters-ingress filters:d0:0xfffffff2
recorded filters-ingress
recording filters-egress filters:d0:0xfffffff3
recorded filters-egress
recording filters-block filters:d1:0xffff0000
recorded filters-block
