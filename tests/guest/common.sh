# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the scenarios share. Runs under busybox sh -eu, in a network namespace of its own, in /out/SCENARIO.
mount -t proc proc /proc
# No ND, MLD or DAD of the guest's own in the counts.
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
/sbin/ip link set lo up
frames=/scenarios/$1 # its frames, FILE.pcap

fail() {
  echo "FAILED: $*"
  exit 1
}

# load MODULE...: those and what they need; those that are there already are passed over.
load() {
  for module in "$@"; do
    [ -d "/sys/module/$module" ] || insmod "/modules/$module.ko"
  done
}

# pair A B: a veth pair, both ends up.
pair() {
  /sbin/ip link add "$1" type veth peer name "$2"
  /sbin/ip link set "$1" up
  /sbin/ip link set "$2" up
}

# sample INTERFACE ingress|egress RATE GROUP [WORD...]: a rule that samples everything there.
sample() {
  interface=$1 side=$2 rate=$3 group=$4
  shift 4
  /sbin/tc qdisc add dev "$interface" clsact 2>/dev/null || true
  /sbin/tc filter add dev "$interface" "$side" matchall action sample rate "$rate" group "$group" "$@"
}

# until_true SECONDS WHAT COMMAND...: fails when the command has not become true by then.
until_true() {
  tries=$(($1 * 20)) what=$2
  shift 2
  while ! "$@"; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || fail "$what did not come"
    sleep 0.05
  done
}

is_loaded() { [ -d "/sys/module/$1" ]; }
try_unload() { ! is_loaded "$1" || rmmod "$1" 2>/dev/null; }
# unload MODULE...: namespaces that have just ended may still hold them for a moment.
unload() {
  for module in "$@"; do until_true 5 "the end of $module" try_unload "$module"; done
}

# recording NAME WORD...: what netlink says goes to NAME.nl until `recorded NAME`.
recording() {
  name=$1
  shift
  guest_record "$name.nl" 20 "$@" >"$name.ready" &
  echo $! >"$name.pid"
  until_true 5 "the recorder" grep -q ready "$name.ready"
}
recorded() {
  sleep 0.2
  recorder=$(cat "$1.pid")
  kill -TERM "$recorder"
  wait "$recorder" || fail "the recorder of $1 ended with $?"
  rm "$1.pid" "$1.ready"
}

# begin NAME ARGUMENT...: netweir in the background. Its events go to NAME.jsonl, the rest to NAME.err.
begin() {
  run=$1
  shift
  : >"$run.jsonl" # there before anybody looks
  netweir "$@" >"$run.jsonl" 2>"$run.err" &
  echo $! >"$run.pid"
}
# reached NAME STATE [COUNT]: whether sources have been in STATE so often by now, once unless told.
reached() { [ "$(grep -cF "\"state\":\"$2\"" "$1.jsonl")" -ge "${3:-1}" ]; }
# watch NAME ARGUMENT...: as begin, and waits until the first source is up.
watch() {
  begin "$@"
  until_true 20 "netweir $1" reached "$1" up
}
# finish NAME: asks it to stop; its exit code goes to NAME.code.
finish() {
  sleep 0.3
  code=0
  kill -INT "$(cat "$1.pid")"
  wait "$(cat "$1.pid")" || code=$?
  echo $code >"$1.code"
}
# send INTERFACE FILE [ROUNDS [PAUSE_US]]: the frames of FILE, sent into INTERFACE.
send() {
  interface=$1 file=$2
  shift 2
  guest_send "$interface" "$frames/$file.pcap" "$@" >sent
}
# sampled INTERFACE SIDE FILE: how many packets the sample action there has had, says tc.
sampled() {
  /sbin/tc -s filter show dev "$1" "$2" | sed -n 's/.*Sent [0-9]* bytes \([0-9]*\) pkt.*/\1/p' | head -n 1 >"$3"
}
# stamp FILE: the time now goes to FILE, in ns that events can be compared with.
stamp() {
  : >"$1"
  time=$(stat -c %y "$1")
  echo "$time" >"$1"
}
