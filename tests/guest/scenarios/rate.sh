# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# One in 100 and one in 1: every sample says for how many it stands, and the sum is an estimate of what was sent.
load psample act_sample
pair v0 v1
sample v1 ingress 100 100
sample v0 egress 1 1
watch netweir run psample:100 --events binding,packet,loss,source
send v0 arp 20000
cp sent sent.100
finish netweir
/sbin/tc filter del dev v1 ingress
watch every run psample:1 --events packet,loss,source
send v0 arp 200
cp sent sent.1
finish every
