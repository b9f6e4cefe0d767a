# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Every packet is sampled, faster than a stopped reader reads: what came and what was lost is what tc sampled.
load psample act_sample
pair v0 v1
for size in 4KiB 64KiB 1MiB; do
  cat >$size.yaml <<Y
sources:
  - {name: asic, type: psample, receive_buffer: $size, receive_buffer_max: $size}
Y
  sample v1 ingress 1 7
  watch $size run -c $size.yaml
  send v0 frames 1000
  kill -STOP "$(cat $size.pid)"
  send v0 frames 2000
  kill -CONT "$(cat $size.pid)"
  send v0 frames 1000
  finish $size
  sampled v1 ingress $size.sampled
  /sbin/tc filter del dev v1 ingress
done
