# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Somebody without CAP_NET_ADMIN: samples cannot be had, and the error says what is needed.
load psample act_sample
pair v0 v1
mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
code=0
su -s /bin/sh nobody -c '/sbin/netweir run psample' >alone.jsonl 2>alone.err || code=$?
echo $code >alone.code
