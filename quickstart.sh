#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From nothing to events: installs what the build needs, builds a release, shows the main job live, cleans up.
set -euo pipefail
top=$(dirname "$(readlink -f "$0")")
cd "$top"
build=build/quickstart
netweir=$top/$build/netweir

usage() {
  cat <<'USAGE'
usage: ./quickstart.sh
Builds netweir into build/quickstart and shows it at work for some ten seconds: as root on real packets between
two network namespaces of its own, otherwise on a capture. Nothing of the show stays but its events, in
build/quickstart/events.json. NO_COLOR is honoured.
USAGE
}

bold="" green="" yellow="" red="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
fi
say() { printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
die() {
  printf '%squickstart: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# Reads native events, keeps them in a file and prints one line for each binding.
show_events() { # FILE
  local line action ip mac previous source evidence
  : >"$1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case $line in
      *'"event_type":"binding"'*) ;;
      *'"event_type":"loss"'* | *'"event_type":"alert"'*)
        printf '   %s%s%s\n' "$red" "$line" "$plain"
        continue
        ;;
      *) continue ;;
    esac
    field action "$line" action
    field ip "$line" ip
    field mac "$line" mac
    field previous_mac "$line" previous
    field evidence "$line" evidence
    field name "$line" source
    local colour=$green
    [ "$action" != MOVED ] || colour=$yellow
    printf '   %s%-9s%s %-26s is at %s%s  %s, %s\n' "$colour" "$action" "$plain" "$ip" "$mac" \
      "${previous:+, was at $previous}" "$source" "$evidence"
  done
}
field() { # KEY LINE VARIABLE: the first string of that name; empty if there is none
  local pattern="\"$1\":\"([^\"]*)\""
  if [[ $2 =~ $pattern ]]; then printf -v "$3" '%s' "${BASH_REMATCH[1]}"; else printf -v "$3" ''; fi
}

# What was received, lost and bound; fails where the show did not show it.
summary() { # FILE [PACKETS that the rules counted]
  local last rest received lost accounted=0 pattern='"name":"([^"]*)","type":"([^"]*)","unit":"([^"]*)","received":([0-9]+)(.*)'
  last=$(tail -n 1 "$1")
  [[ $last == *'"event_type":"goodbye"'* ]] || die "netweir said no goodbye; its last line: $last"
  say "What was received, lost and bound (what two sources see is told once, by the first)"
  rest=$last
  while [[ $rest =~ $pattern ]]; do
    local name=${BASH_REMATCH[1]} type=${BASH_REMATCH[2]} unit=${BASH_REMATCH[3]}
    received=${BASH_REMATCH[4]} rest=${BASH_REMATCH[5]}
    lost="?"
    if [[ $rest =~ \"lost\":([0-9]+) ]]; then lost=${BASH_REMATCH[1]}; fi
    [ "$type" != nflog ] || accounted=$((received + lost))
    printf '   %-10s %-6s received %s %s, lost %s\n' "$name" "$type" "$received" "$unit" "$lost"
  done
  local new moved
  new=$(grep -c '"action":"NEW"' "$1" || true)
  moved=$(grep -c '"action":"MOVED"' "$1" || true)
  if [ -n "${2:-}" ]; then
    [ "$2" -eq $accounted ] || die "the rules logged $2 packets, netweir accounts for $accounted"
    printf '   %-17s counted  %s packets in the rules themselves: each is accounted for\n' "nft" "$2"
  fi
  printf '   %s addresses bound, %s moved to another MAC\n' "$new" "$moved"
  if [ "$new" -eq 0 ] || [ "$moved" -eq 0 ]; then die "there should have been a NEW and a MOVED among the events"; fi
  say "One of the lines, as netweir wrote it"
  grep -m 1 '"action":"MOVED"' "$1"
}

show_capture() {
  say "Bindings in a capture: netweir replay config/quickstart.pcap"
  "$netweir" replay config/quickstart.pcap 2>"$build/replay.log" | show_events "$build/events.json" ||
    { cat "$build/replay.log" >&2; die "netweir replay failed"; }
  summary "$build/events.json"
}

# The live show. Runs inside namespaces of its own: all that it makes there goes when it ends, however that is.
show_live() { # WORK: a folder for what it leaves to the caller
  local work=$1 reader=""
  pid="" # of netweir; the trap outlives this function
  trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns || die "cannot mount a tmpfs on /run/netns"

  say "Two network namespaces, joined by a veth pair"
  ip netns add observer
  ip netns add neighbor
  local in_observer=(nsenter --net=/run/netns/observer) in_neighbor=(nsenter --net=/run/netns/neighbor) end ip6=yes
  ip -n neighbor link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns observer
  ip -n neighbor addr add 192.0.2.1/24 dev eth0
  ip -n observer addr add 192.0.2.2/24 dev eth0
  ip -n neighbor addr add 2001:db8::1/64 dev eth0 nodad 2>/dev/null && ip -n observer addr add 2001:db8::2/64 dev eth0 nodad 2>/dev/null || ip6=no
  [ $ip6 = yes ] || printf '   no IPv6 here: ARP only\n'
  for end in neighbor observer; do ip -n $end link set eth0 up; done

  say "netweir run -c config/quickstart.yaml"
  mkfifo "$work/events"
  show_events "$work/events.json" <"$work/events" &
  reader=$!
  # It dies with this script even if that is killed.
  setpriv --pdeathsig KILL "${in_observer[@]}" "$netweir" run -c "$top/config/quickstart.yaml" >"$work/events" 2>"$work/log" &
  pid=$!
  local tries=0
  until [ "$(grep -c '"state":"up"' "$work/events.json" 2>/dev/null || true)" = 2 ]; do
    if ! kill -0 $pid 2>/dev/null || [ $((tries += 1)) -gt 50 ]; then
      cat "$work/log" >&2
      die "netweir did not start both sources within 5 s"
    fi
    sleep 0.1
  done

  # Only now, so that the rules' own counters are what netweir was offered.
  "${in_observer[@]}" nft -f - <<'RULES' || die "nft refused the rules (does this kernel have nf_tables with netdev and NFLOG?)"
table netdev quickstart {
  chain ingress {
    type filter hook ingress device "eth0" priority 0; policy accept;
    ether type arp counter log group 5
    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } counter log group 5
  }
}
RULES

  greet() {
    "${in_neighbor[@]}" ping -q -c 2 -i 0.2 -W 1 192.0.2.2 >/dev/null || die "ping 192.0.2.2 failed"
    [ $ip6 = no ] || "${in_neighbor[@]}" ping -q -c 2 -i 0.2 -W 1 2001:db8::2 >/dev/null || die "ping 2001:db8::2 failed"
    sleep 0.5
  }
  printf '   nft logs ARP and IPv6 ND that arrive to group 5; the neighbor pings the observer\n'
  greet
  printf '   the neighbor changes its MAC, and pings again\n'
  ip -n neighbor link set eth0 address 02:00:00:00:00:99
  greet

  # Nothing arrives any more, and what has arrived is counted: now both sides can be compared.
  ip -n neighbor link set eth0 down
  local counted
  counted=$("${in_observer[@]}" nft list table netdev quickstart | awk '/counter packets/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }')

  kill -INT $pid
  tries=0
  while kill -0 $pid 2>/dev/null; do
    [ $((tries += 1)) -le 60 ] || die "netweir did not end within 6 s of SIGINT"
    sleep 0.1
  done
  local status=0
  wait $pid || status=$?
  pid=""
  wait $reader || true
  [ $status -eq 0 ] || { cat "$work/log" >&2; die "netweir ended with $status"; }
  summary "$work/events.json" "$counted"
}

case ${1:-} in
  "") ;;
  --live) show_live "$2"; exit 0 ;; # by this script itself, inside unshare
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 64 ;;
esac

say "Packages that are missing (config/packages)"
config/install-packages build run || die "packages"

say "Release build in $build"
mkdir -p $build
{ cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DNETWEIR_TESTS=OFF && cmake --build $build --target netweir; } >$build/log 2>&1 ||
  { tail -n 40 $build/log >&2; die "the build failed (all of it: $build/log)"; }
printf '   %s\n' "$("$netweir" version | head -n 1)"

if [ "$(id -u)" -ne 0 ]; then
  printf '   not root: the show is a capture instead of live packets\n'
  show_capture
elif ! reason=$(unshare --net --mount true 2>&1); then
  printf '   no namespaces here (%s): the show is a capture instead of live packets\n' "$reason"
  show_capture
else
  work=$(mktemp -d)
  had_netns=$([ -d /run/netns ] && echo yes || echo no)
  clean() {
    [ ! -f "$work/events.json" ] || cp "$work/events.json" $build/events.json
    rm -rf "$work"
    # The show's own mount was over it.
    [ "$had_netns" = yes ] || rmdir /run/netns 2>/dev/null || true
  }
  trap clean EXIT
  unshare --net --mount "$top/quickstart.sh" --live "$work"
fi

interface=$(ip -o route show default 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }' || true)
say "To try next"
try() { printf '   %-62s %s\n' "$1" "$2"; }
try "$build/netweir run pcap:${interface:-eth0}" "the hosts around this machine, live (as root)"
try "$build/netweir replay --format netmon config/quickstart.pcap" "a capture, in netmon's format"
try "$build/netweir sources" "what this machine can observe with; how to mend what it cannot"
