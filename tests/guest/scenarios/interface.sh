# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# An interface is renamed, deleted, and another takes its index: each sample has the name of its time.
load psample act_sample
/sbin/ip link add v1 index 50 type veth peer name v0
/sbin/ip link set v0 up
/sbin/ip link set v1 up
sample v1 ingress 1 7
watch netweir run psample
send v0 one
/sbin/ip link set v1 down
/sbin/ip link set v1 name renamed
/sbin/ip link set renamed up
send v0 two
/sbin/ip link del renamed
/sbin/ip link add again index 50 type veth peer name v0
/sbin/ip link set v0 up
/sbin/ip link set again up
sample again ingress 1 7
send v0 three
finish netweir
