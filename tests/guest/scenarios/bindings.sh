# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# ARP, ND, TCP and UDP sampled at tc ingress and at tc egress.
load psample act_sample
pair v0 v1
cat >netweir.yaml <<'Y'
sources:
  - {name: in, type: psample, groups: [7], domain: in, group_direction: {7: ingress}}
  - {name: out, type: psample, groups: [8], domain: out, group_direction: {8: egress}}
outputs:
  - {type: json, path: "-", events: [binding, packet, loss, source, alert]}
Y
sample v1 ingress 1 7
sample v0 egress 1 8
begin netweir run -c netweir.yaml
until_true 20 "both sources" reached netweir up 2
send v0 frames
finish netweir
