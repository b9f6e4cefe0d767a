# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Drops of this kernel: why and where; joined where monitoring runs already; limits under a flood. The family is in
# the first network namespace only, the drops are in this one.
program=/sbin/netweir recorder_program=/sbin/guest_record
netweir() { exec nsenter --net=/run/netns/first $program "$@"; }
guest_record() { exec nsenter --net=/run/netns/first $recorder_program "$@"; }
# monitor COMMAND[:FLAG...] FILE: a command of NET_DM; the errno of the answer goes to FILE.
monitor() { (guest_record /dev/null 0.1 "request:NET_DM:$1") | head -n 1 >"$2"; }
config=2 start=3 stop=4 stop_both=4:20:21

# The family comes while netweir waits for it.
code=0
(netweir run dropmon) >absent.out 2>absent.err || code=$?
echo $code >absent.code
cat >c.yaml <<'Y'
sources:
  - {name: drops, type: dropmon, hide: [OTHERHOST, "NEIGH_*"]}
outputs:
  - {type: json, events: [packet, loss, source]}
Y
begin live run -c c.yaml
until_true 20 "retrying" reached live retrying
load drop_monitor
until_true 5 "up" reached live up
code=0
$program run dropmon >namespace.out 2>namespace.err || code=$?
echo $code >namespace.code

# Reasons: no socket, a wrong checksum, a protocol that nobody speaks, a rule of tc.
pair v0 v1
/sbin/ip link set v1 address 02:00:00:00:00:02
/sbin/ip addr add 10.9.0.2/24 dev v1
/sbin/ip neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 dev v1
/sbin/ip -o link show v1 | cut -d: -f1 >ifindex # sysfs is of the first namespace
recording family ask:NET_DM
recorded family
recording drops NET_DM.events
for file in closed checksum ethertype; do
  send v0 $file 5
  sleep 0.1
done
/sbin/tc qdisc add dev v1 clsact
/sbin/tc filter add dev v1 ingress matchall action drop
send v0 arp 5
recorded drops
monitor $config live.running
finish live
monitor $config live.ended

# Somebody else's monitoring, in alert mode summary: what is set without us.
monitor $start summary.started
code=0
(netweir run dropmon) >summary.out 2>summary.err || code=$?
echo $code >summary.code
monitor $stop summary.stopped

# What a killed netweir leaves is joined, and left. When somebody stops it, it is started again.
watch killed run dropmon --events packet,source
kill -KILL "$(cat killed.pid)"
wait "$(cat killed.pid)" || true
watch joined run dropmon --events packet,source
send v0 arp 3
finish joined
monitor $config joined.left
watch again run -c c.yaml
monitor $stop again.stopped # software alone
until_true 10 "another start" grep -q "started again" again.err
send v0 arp 4
sleep 0.3
monitor $stop_both again.stopped_both
until_true 10 "another life" reached again up 2
send v0 arp 2
finish again
monitor $config again.ended

# A flood: the monitor's queue and our buffer are small, and so is what is let through.
cat >flood.yaml <<'Y'
sources:
  - {name: drops, type: dropmon, limit: 50, queue_length: 8, truncation: 64, receive_buffer: 64KiB, receive_buffer_max: 64KiB}
outputs:
  - {type: json, events: [packet, loss, source]}
Y
watch flood run -c flood.yaml
/sbin/tc filter del dev v1 ingress
/sbin/tc filter add dev v1 ingress matchall action drop
memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(cat flood.pid)/status"; }
stamp flood.begin
send v0 flood 1500
memory >flood.before
kill -STOP "$(cat flood.pid)"
send v0 flood 500 100 # so slow that the monitor's queue takes all
kill -CONT "$(cat flood.pid)"
for _ in 1 2 3 4; do send v0 flood 1500; done
sleep 0.5
memory >flood.after
stamp flood.end
finish flood
sampled v1 ingress flood.offered

# Recorded and replayed: the same.
begin recorder record dropmon -w recording.pcapng --events packet,loss,source
until_true 20 "netweir record" reached recorder up
send v0 flood 300
sleep 0.5
finish recorder
code=0
(netweir replay recording.pcapng --events packet,loss,source) >replayed.jsonl 2>replayed.err || code=$?
echo $code >replayed.code
unload drop_monitor
