# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A device with a clock (QEMU's 82574L, driver e1000e): whose timestamps netweir switches on and back, as hwstamp_ctl tells.
is_up() { /sbin/ip link show "$1" 2>/dev/null | grep -q LOWER_UP; }
# wire: both devices, which a hub joins, come into this namespace.
wire() {
  load e1000e
  for interface in eth0 eth1; do
    nsenter --net=/run/netns/first /sbin/ip link set $interface netns $$
    /sbin/ip link set $interface up
  done
  for interface in eth0 eth1; do until_true 10 "the link of $interface" is_up $interface; done
}
# setting FILE [INTERFACE]: tx_type and rx_filter (linux/net_tstamp.h) go to FILE.
setting() { hwstamp_ctl -i "${2:-eth0}" | awk '/^tx_type/ { t = $2 } /^rx_filter/ { r = $2 } END { print t, r }' >"$1"; }
# set_to TX_TYPE RX_FILTER: what somebody else does.
set_to() { hwstamp_ctl -i eth0 -t "$1" -r "$2" >/dev/null; }
# config FILE SOURCE...: a configuration of those sources on eth0, which tells of packets.
config() {
  file=$1
  shift
  echo 'sources:' >"$file"
  for source in "$@"; do echo "  - {type: af_packet, interface: eth0, $source}" >>"$file"; done
  echo 'outputs: [{type: json, events: [packet, loss, source]}]' >>"$file"
}
config ring.yaml 'name: wire, timestamps: hardware'
config batch.yaml 'name: wire, timestamps: both, receive: recvmmsg'

wire
pair v0 v1
for interface in eth0 v0; do ethtool -T $interface >$interface.ethtool; done
netweir sources --json >sources.json

setting 1.before
watch ring run -c ring.yaml
setting 1.running
send eth1 frames 3 1000
finish ring
setting 1.after
watch batch run -c batch.yaml
setting 2.running
send eth1 frames 3 1000
sleep 0.3
kill -TERM "$(cat batch.pid)"
wait "$(cat batch.pid)"
echo $? >batch.code
setting 2.after

# After SIGKILL it stays on, and then is somebody else's.
watch killed run -c ring.yaml
kill -KILL "$(cat killed.pid)"
wait "$(cat killed.pid)" || true
setting 3.killed
watch found run -c ring.yaml
finish found
setting 3.after

# It was set otherwise: 12 is HWTSTAMP_FILTER_PTP_V2_EVENT. Then somebody sets it otherwise meanwhile.
set_to 1 12
watch other run -c ring.yaml
setting 4.running
finish other
setting 4.after
watch between run -c ring.yaml
set_to 0 12
finish between
setting 5.after
set_to 0 0

# Of two sources the first to end leaves it on for the other.
config two.yaml 'name: one, timestamps: hardware' 'name: two, timestamps: hardware'
watch two run -c two.yaml
until_true 5 "both" reached two up 2
config two.yaml 'name: two, timestamps: hardware'
kill -HUP "$(cat two.pid)"
until_true 5 "the end of one" reached two down
sleep 0.3
setting 6.one
finish two
setting 6.after

# Its name and its link are not what it is.
watch renamed run -c ring.yaml
/sbin/ip link set eth0 down
/sbin/ip link set eth0 name wan0
/sbin/ip link set wan0 up
until_true 10 "the link of wan0" is_up wan0
setting 7.running wan0
send eth1 frames 3 1000
finish renamed
setting 7.after wan0
/sbin/ip link set wan0 down
/sbin/ip link set wan0 name eth0
/sbin/ip link set eth0 up
until_true 10 "the link of eth0" is_up eth0

netweir probe --reflect eth1 2>reflect.err &
echo $! >reflect.pid
until_true 5 "the reflector" grep -q answering reflect.err
netweir probe eth0 --count 50 --rate 50 --json >probe.json 2>probe.err &
echo $! >probe.pid
sleep 0.5
setting 8.running
setting 8.reflecting eth1
wait "$(cat probe.pid)"
setting 8.after
ethtool -S eth0 >statistics

# The driver goes, and comes again.
watch unloaded run -c ring.yaml
rmmod e1000e
code=0
wait "$(cat reflect.pid)" || code=$?
echo $code >reflect.code
until_true 5 "the end of eth0" reached unloaded retrying
wire
until_true 20 "eth0 once more" reached unloaded up 2
setting 9.running
send eth1 frames 3 1000
finish unloaded
setting 9.after
rmmod e1000e
