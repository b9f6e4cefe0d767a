# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# libpcap on an interface: what is learned where there is no psample.
pair v0 v1
watch netweir run pcap:v1
send v0 frames
finish netweir
