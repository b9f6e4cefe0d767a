# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A reader that cannot keep up says `overloaded` and keeps a random one of N: what came and what was lost is what tc
# sampled, and the rate says what is kept.
load psample act_sample
pair v0 v1
cat >c.yaml <<Y
sources:
  - {name: asic, type: psample, receive_buffer: 32KiB, receive_buffer_max: 64KiB, overload: shed}
traffic:
  - {name: all, key: [group], interval: 1s}
outputs:
  - {type: json, events: [packet, traffic, loss, source]}
Y
sample v1 ingress 1 7
watch shed run -c c.yaml
starve() {
  kill -STOP "$(cat shed.pid)"
  send v0 frames 200
  kill -CONT "$(cat shed.pid)"
  sleep 0.02
}
rounds=0
while [ $rounds -lt 400 ] && ! grep -q "random one of" shed.jsonl; do
  starve
  rounds=$((rounds + 1))
done
until_true 5 "shedding" grep -q "random one of" shed.jsonl
send v0 frames 2000 100 # some are kept, and tell what is missing before them
sleep 1.2
finish shed
sampled v1 ingress shed.sampled
