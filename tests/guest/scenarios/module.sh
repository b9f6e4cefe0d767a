# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# psample is not there, is loaded while netweir runs, is removed and loaded again.
unload act_sample psample
pair v0 v1
code=0
netweir run psample >absent.out 2>absent.err || code=$?
echo $code >absent.code
cat >netweir.yaml <<'Y'
sources:
  - {name: asic, type: psample}
Y
begin netweir run -c netweir.yaml
until_true 20 "retrying" reached netweir retrying
sleep 20
once_more() {
  stamp "$1.loaded"
  load psample act_sample
  until_true 5 "up" reached netweir up "$2"
  sample v1 ingress 1 7
  send v0 "$1"
  /sbin/tc filter del dev v1 ingress
}
once_more first 1
unload act_sample
stamp removed
unload psample
until_true 5 "the end" reached netweir retrying 2
sleep 2
once_more second 2
finish netweir
