# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The flight recorder, with events of the same process beside it: bindings, a tag from group_vlan, a renamed interface,
# and loss. Then the replay of what it wrote. Guards are off in a replay without -c, so here too.
load psample act_sample
pair v0 v1
cat >netweir.yaml <<'Y'
sources:
  - {name: asic, type: psample, receive_buffer: 64KiB, receive_buffer_max: 64KiB, group_vlan: {8: 300}}
bindings: {damping: off, limit: off}
Y
sample v1 ingress 1 7
begin live record -c netweir.yaml -w recording.pcapng --events binding,packet,loss,source
until_true 20 "netweir record" reached live up
send v0 bindings
/sbin/tc filter del dev v1 ingress
sample v1 ingress 3 8 trunc 64
/sbin/ip link set v1 down
/sbin/ip link set v1 name renamed
/sbin/ip link set renamed up
sleep 0.3
send v0 bindings 20
/sbin/tc filter del dev renamed ingress
sample renamed ingress 1 7
kill -STOP "$(cat live.pid)"
send v0 bindings 300
kill -CONT "$(cat live.pid)"
sleep 0.3
send v0 bindings
finish live
code=0
netweir replay recording.pcapng --events binding,packet,loss,source >replayed.jsonl 2>replayed.err || code=$?
echo $code >replayed.code
