# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A program at the tc hooks: by cls_bpf on a kernel without tcx (6.1), by tcx on one that has it (6.12). Tags, exact
# loss, and what kill -9 leaves, beside a filter of somebody else.
pair v0 v1
/sbin/tc qdisc add dev v1 clsact
/sbin/tc filter add dev v1 ingress pref 5 bpf bytecode "1,6 0 0 0"
filters() { /sbin/tc filter show dev v1 "$1" | grep -c "netweir:" || true; }
cat >netweir.yaml <<'Y'
sources:
  - {name: edge, type: tc_bpf, interfaces: ["v1"], direction: both}
outputs:
  - {type: json, path: "-", events: [binding, packet, loss, source, alert]}
Y
watch killed run -c netweir.yaml
filters ingress >killed.running
kill -KILL "$(cat killed.pid)"
wait "$(cat killed.pid)" || true
filters ingress >killed.left

watch netweir run -c netweir.yaml
filters ingress >running
send v0 frames
finish netweir
filters ingress >left
/sbin/tc filter show dev v1 ingress >foreign

cat >loss.yaml <<'Y'
sources:
  - {name: edge, type: tc_bpf, interfaces: [v1], receive_buffer: 64KiB}
Y
watch loss run -c loss.yaml
kill -STOP "$(cat loss.pid)"
send v0 frames 1000
kill -CONT "$(cat loss.pid)"
send v0 frames 100
finish loss

/sbin/tc qdisc del dev v1 clsact
watch own run -c netweir.yaml
send v0 frames
finish own
/sbin/tc qdisc show dev v1 >own.qdiscs
