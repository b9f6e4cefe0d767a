# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Totals of a random 1 in 100: large and small talkers at once, each a trial of whether the truth lies in its interval.
# Then a random 1 in 4 with losses: a small buffer whose reader stops. No kernel rule says queue or latency.
load psample act_sample
pair v0 v1
traffic() {
  cat <<'Y'
traffic:
  - {name: talkers, key: [src_ip], interval: 24h, top: 1000}
  - {name: rules, key: [group, in_iface, out_iface, queue], interval: 24h, latency: true}
outputs: [{type: json, events: [traffic, loss, source]}]
Y
}
{
  echo "sources: [{name: asic, type: psample}]"
  traffic
} >all.yaml
sample v1 ingress 100 1
sample v0 egress 100 2
watch all run -c all.yaml
send v0 talkers 500
cp sent all.sent
finish all
sampled v1 ingress all.sampled
/sbin/tc filter del dev v1 ingress
/sbin/tc filter del dev v0 egress

{
  echo "sources: [{name: asic, type: psample, receive_buffer: 16KiB, receive_buffer_max: 16KiB}]"
  traffic
} >lossy.yaml
sample v1 ingress 4 1
watch lossy run -c lossy.yaml
for turn in 0 1 2 3 4 5; do
  kill -STOP "$(cat lossy.pid)"
  send v0 shuffled$turn
  kill -CONT "$(cat lossy.pid)"
  sleep 0.05
  send v0 shuffled$turn
  sleep 0.05
done
finish lossy
sampled v1 ingress lossy.sampled
