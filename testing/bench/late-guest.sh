#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/late, inside the VM.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh
# shellcheck source-path=SCRIPTDIR source=sockets.sh disable=SC1091
. /bench/sockets.sh

n=0 bad=0

# result DESCRIPTION COMMAND...
result() {
	local description=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n late: $description"
	else
		bad=$((bad + 1))
		echo "not ok $n late: $description"
	fi
}

# reaped_on_time TIMEOUT_MS: a single one.
reaped_on_time() {
	local timeout_ms=$1 age_ms
	echo "$timeout_ms" >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	: >$tracing/trace
	stuck 1
	idle $((timeout_ms / 1000))
	POLL=1 until_true $((timeout_ms / 1000)) grep -q 'tcp_reaper_reap: ' $tracing/trace
	age_ms=$(sed -n 's/.*tcp_reaper_reap: .* age_ms=\([0-9]*\).*/\1/p' $tracing/trace)
	end_all
	result "of $timeout_ms ms: reaped after $age_ms" \
		test "$((age_ms - timeout_ms))" -le $((timeout_ms / 100 > 150 ? timeout_ms / 100 : 150))
}

# Older than 15 minutes: it is looked at each 229 s (25 ms, which are 7 jiffies, << 13; module/track/table.c), by a timer that may be 16 s late.
# In between come the changes.
changes_seen() {
	local i
	echo 86400000 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	stuck 1
	idle 1000
	for i in 1 2 3 4 5 6; do
		echo $((86400000 + i)) >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
		idle 229.9
		trace_begin
		echo $((96400000 + i)) >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
		idle 0.2
		echo 0 >$tracing/tracing_on
		cp $tracing/trace /tmp/trace
		result "a change, as the next look is overdue: it is looked at" grep -q 'execute_start: .* owner_work \[tcp_reaper\]' /tmp/trace
	done
	end_all
}

load_reaper mode=enforce census_interval_s=0
echo 1 >$tracing/events/tcp_reaper/tcp_reaper_reap/enable
for s in 60 113 227 301 433 655 701 919 1201 1740 2400 3600; do
	reaped_on_time $((s * 1000))
done
echo 0 >$tracing/events/tcp_reaper/tcp_reaper_reap/enable
changes_seen
rmmod tcp_reaper
echo "1..$n"
((bad == 0))
