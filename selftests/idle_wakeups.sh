#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A quiet machine stays quiet: a lone connection wakes the module up once, and no connection never.
. "$(dirname "$0")/lib.sh"

TRACING=/sys/kernel/tracing
EVENT=$TRACING/events/workqueue/workqueue_execute_start
N=$(amount 20 200)
# Between two of them: whatever one set in motion is over by then.
APART_S=0.4
# One that is interrupted between its two ends may be two, once in a while.
ODD=$((N / 10))

[[ -e $TRACING/events ]] || mount -t tracefs tracefs $TRACING 2>/dev/null
[[ -e $EVENT ]] || skip_all "no tracefs in this kernel"

# shellcheck disable=SC2317 # a trap
restore() {
	local status=$?
	echo 0 >"$EVENT/enable"
	(exit "$status")
	cleanup
}

# woken COMMAND...: how often workers of the module ran meanwhile, but for the census, which has its interval.
woken() {
	: >$TRACING/trace
	echo 1 >$EVENT/enable
	"$@" || exit 1
	pause "$APART_S"
	echo 0 >$EVENT/enable
	sed -nE 's/.*function[= ]+([a-z_]+).*\[tcp_reaper\].*/\1/p' $TRACING/trace | sort | uniq -c >"$TMP/woken"
	diag "$(paste -sd , "$TMP/woken")" >&2
	awk '$2 != "census_step" { n += $1 } END { print n + 0 }' "$TMP/woken"
}

# One after the other, with both ends on one CPU.
# shellcheck disable=SC2317 # called by woken
connections() {
	local i
	for ((i = 0; i < N; i++)); do
		in_ns a taskset -c 0 churn -4 -n 1 -j 1 >/dev/null || return
		pause "$APART_S"
	done
}

new_ns a || exit 1
load mode=enforce || exit 1
trap restore EXIT
pause 2
check_is "no connection wakes no worker" 0 "$(woken pause 3)"
check_between "$N lone connections wake one each" $((N - ODD)) $((N + ODD)) "$(woken connections)"
check_is "nothing is tracked then" 0 "$(stat_of a close_wait_tracked)"
finish
