# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# While psample is not there its fallback watches the interface; then it hands over, and back.
unload act_sample psample
pair v0 v1
cat >netweir.yaml <<'Y'
sources:
  - name: asic
    type: psample
    fallback: {type: pcap, interface: v1}
Y
begin netweir run -c netweir.yaml
until_true 20 "the fallback" reached netweir fallback
send v0 one
sleep 1
stamp loaded
load psample act_sample
until_true 5 "up" reached netweir up
sample v1 ingress 1 7
send v0 two
sleep 1
/sbin/tc filter del dev v1 ingress
unload act_sample
stamp removed
unload psample
until_true 5 "the fallback again" reached netweir fallback 2
send v0 three
finish netweir
