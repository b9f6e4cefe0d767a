# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The rule is deleted and made again: the group's numbers begin again, and nothing was lost.
load psample act_sample
pair v0 v1
watch netweir run psample --events binding,packet,loss,source,alert
for _ in 1 2 3; do
  sample v1 ingress 1 7
  send v0 frames 3
  /sbin/tc filter del dev v1 ingress
  send v0 unseen
done
finish netweir
