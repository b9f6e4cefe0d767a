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
