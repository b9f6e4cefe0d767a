# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# 802.1Q and QinQ: in-line at egress; at ingress the kernel has taken the outer tag off, and the group tells it.
load psample act_sample
pair v0 v1
cat >netweir.yaml <<'Y'
sources:
  - {name: in, type: psample, groups: [10, 20], domain: in, group_vlan: {10: 100, 20: 200}}
  - {name: out, type: psample, groups: [1], domain: out}
outputs:
  - {type: json, path: "-", events: [binding, packet, loss, source, alert]}
Y
sample v0 egress 1 1
/sbin/tc qdisc add dev v1 clsact
/sbin/tc filter add dev v1 ingress protocol 802.1Q flower vlan_id 100 action sample rate 1 group 10
/sbin/tc filter add dev v1 ingress protocol 802.1ad flower vlan_id 200 action sample rate 1 group 20
begin netweir run -c netweir.yaml
until_true 20 "both sources" reached netweir up 2
send v0 frames
finish netweir
