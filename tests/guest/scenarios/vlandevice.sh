# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A VLAN device: its samples have no tag, and the device knows it.
load act_sample
pair v0 v1
/sbin/ip link add link v1 name v1.100 type vlan id 100
/sbin/ip link set v1.100 up
sample v1.100 ingress 1 7
watch netweir run psample
send v0 frames
# Made while it watches, with another kind of tag.
/sbin/ip link add link v1 name inner type vlan proto 802.1ad id 200
/sbin/ip link set inner up
sample inner ingress 1 7
send v0 later
finish netweir
