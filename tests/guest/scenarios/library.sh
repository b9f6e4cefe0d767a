# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The example of the library, tests/install/example/psample.cpp, on samples.
load psample act_sample
pair v0 v1
sample v1 ingress 1 7
guest_example 3 >said 2>said.err &
example=$!
sleep 1 # it says nothing before the first sample
send v0 frames
code=0
wait $example || code=$?
echo $code >code
