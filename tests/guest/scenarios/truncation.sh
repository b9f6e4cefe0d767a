# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Jumbo frames, cut to 64 and 128 octets by the rule and not at all.
load psample act_sample
pair v0 v1
/sbin/ip link set v0 mtu 9000
/sbin/ip link set v1 mtu 9000
watch netweir run psample --events packet,loss,source
sample v1 ingress 1 64 trunc 64
send v0 jumbo
/sbin/tc filter del dev v1 ingress
sample v1 ingress 1 128 trunc 128
send v0 jumbo
/sbin/tc filter del dev v1 ingress
sample v1 ingress 1 1
send v0 jumbo
finish netweir
