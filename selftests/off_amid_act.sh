#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is counted adds up, also where the mode is turned off while sockets are being ended: each of them was either ended or forgotten, and
# is counted once.
. "$(dirname "$0")/lib.sh"

ROUNDS=$(amount 12 200)
N=2000

# sum: what became of those that were taken in.
sum() {
	stats a | awk '{ v[$1] = $2 } END { print v["close_wait_tracked"] + v["close_wait_recovered"] + v["close_wait_reaped"] +
		v["close_wait_evicted"] + v["close_wait_forgotten"] }'
}

# round ACTION I: off at another moment each time.
round() {
	local name=$1$2 before

	background "$name" a leak -k eof -n $N
	await "$name" '^ready' >/dev/null || return
	poll_until 5 stat_is a close_wait_tracked $N || return
	before=$(stat_of a close_wait_reaped)
	policy a close_wait/action="$1" mode=enforce close_wait/timeout_ms=1
	poll_until 5 stat_at_least a close_wait_reaped $((before + 1 + $2 * 20)) || return
	knob a mode off
	policy a close_wait/timeout_ms=3600000 mode=observe
	poll_until 5 stat_is a close_wait_tracked 0
	stop "$name"
}

new_ns a || exit 1
load || exit 1
for action in reset fin; do
	bad=0
	for ((i = 0; i < ROUNDS; i++)); do
		round $action "$i" || bad=1
	done
	check_is "$action: $ROUNDS times off while sockets are ended" 0 $bad
	diag "$action: $(stats a | grep -E '^close_wait_(taken|reaped|forgotten|recovered|tracked) ' | paste -sd ' ')"
	check_is "$action: each is counted once" "$(stat_of a close_wait_taken)" "$(sum)"
done
check "some were ended" stat_at_least a close_wait_reaped 10
check "some were forgotten" stat_at_least a close_wait_forgotten 10
finish
