# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The cookie of the action comes along, from kernel 6.11 on.
load psample act_sample
pair v0 v1
sample v1 ingress 1 7 cookie 0a0b0c0d0e0f10111213141516171819
watch netweir run psample --events packet,loss,source
send v0 frames
finish netweir
