# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Several groups; a source that wants two of the three, and one that wants all.
load psample act_sample
pair v0 v1
/sbin/tc qdisc add dev v1 clsact
for group in 1 2 3; do
  /sbin/tc filter add dev v1 ingress protocol ip flower ip_proto udp dst_port 200$group action sample rate 1 group $group
done
begin some run psample:1,3 --events packet,loss,source
watch all run psample --events packet,loss,source
until_true 20 "the other" reached some up
send v0 frames 5
finish some
finish all
