# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A VLAN device: its samples have no tag, and the device knows it.
load psample act_sample
pair v0 v1
/sbin/ip link add link v1 name v1.100 type vlan id 100
/sbin/ip link set v1.100 up
/sbin/ip addr add 10.9.1.254/24 dev v1.100 # the network of those whose source address is learned
sample v1.100 ingress 1 7
cat >netweir.yaml <<'Y'
sources:
  - {name: asic, type: psample, group_vlan: {20: 100}}
bindings: {learn: [arp, ip]}
Y
watch netweir run -c netweir.yaml
send v0 frames
# Made while it watches, with another kind of tag. Of two tags the kernel takes both off before tc sees the packet:
# the device tells the outer one, the group the inner one.
/sbin/ip link add link v1 name outer type vlan proto 802.1ad id 200
/sbin/ip link set outer up
/sbin/tc qdisc add dev outer clsact
/sbin/tc filter add dev outer ingress protocol 802.1Q flower vlan_id 100 action sample rate 1 group 20
/sbin/tc filter add dev outer ingress protocol arp matchall action sample rate 1 group 7
send v0 later
finish netweir
