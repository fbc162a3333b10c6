#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench/census, inside the VM.
set -euo pipefail

n=$1
tracing=/sys/kernel/tracing
stats=/proc/net/tcp_reaper/stats

# until_true COMMAND...: polls for a minute.
until_true() {
	local end=$((SECONDS + 60))
	until "$@"; do
		((SECONDS < end)) || exit 1
		read -rt 0.2 <> <(:) || :
	done
}
runs() { awk '$1 == "census_runs" { print $2 }' "$stats"; }
ran() { (($(runs) > $1)); }
held() { (($(grep -c ' 01 ' /proc/net/tcp) >= $1)); }

# instructions: of the next census, from its steps.
instructions() {
	local before
	: >$tracing/trace
	before=$(runs)
	echo 1 >/sys/module/tcp_reaper/parameters/census_interval_s
	until_true ran "$before"
	echo 0 >/sys/module/tcp_reaper/parameters/census_interval_s
	awk '/workqueue_execute_start.*census_step/ { t = stamp($0); open = 1 }
	     /workqueue_execute_end.*census_step/ && open { sum += stamp($0) - t; open = 0; done = 1 }
	     function stamp(line) { match(line, /[0-9]+\.[0-9]+:/); return substr(line, RSTART, RLENGTH - 1) * 1e9 }
	     END { if (!done) exit 1; printf "%d", sum }' $tracing/trace
}

ulimit -n 1000000
insmod /tcp_reaper.ko census_interval_s=0
echo 1 >$tracing/events/workqueue/enable
empty=$(instructions)
duo -4 -n "$n" -p 9000 pause >/dev/null &
duo=$!
until_true held $((2 * n))
off=$(instructions)
echo 3600000 >/proc/sys/net/tcp_reaper/established_timeout_ms
on=$(instructions)
echo "census of an empty hash: $empty instructions"
awk -v n="$n" -v e="$empty" -v off="$off" -v on="$on" 'BEGIN {
	printf "a healthy socket: %.0f instructions\n", (off - e) / (2 * n)
	printf "the same with established/timeout_ms on: %.0f\n", (on - e) / (2 * n) }'
kill "$duo"
wait "$duo" || :
rmmod tcp_reaper
