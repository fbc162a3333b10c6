#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# reaps_per_s: no more sockets of a namespace are reaped in a second, all of them are in the end, and those that had to wait are counted,
# each once. A change holds at once, another namespace is not slowed, nor is orphan/max.
# shellcheck disable=SC2317 # functions are called by check and poll_until
. "$(dirname "$0")/lib.sh"

# leaked NAME NS N
leaked() {
	background "$1" "$2" leak -k eof -n "$3" -w 60000
	await "$1" '^ready' >/dev/null || exit 1
	poll_until 5 stat_is "$2" close_wait_tracked "$3" || exit 1
}

# watch NS PER_S ALL: until all are reaped. More than so many in the seconds that have begun since the first is too many.
watch() {
	local t0 t n most worst=0
	t0=$(now_ms)
	until n=$(stat_of "$1" close_wait_reaped) t=$(now_ms) && ((n >= $3)); do
		most=$(($2 * ((t - t0) / 1000 + 1)))
		((n - most <= worst)) || worst=$((n - most))
		((t - t0 < 60000)) || break
		pause 0.05
	done
	took=$((t - t0))
	check_is "$1: at no time more than $2 for each second that has begun" 0 "$worst"
}

new_ns a b c || exit 1
load || exit 1
check_is "generous unless told otherwise" 10000 "$(knob a reaps_per_s)"
policy a reaps_per_s=10 close_wait/timeout_ms=500 orphan/timeout_ms=0
leaked slow a 40
leaked free b 40
policy b close_wait/timeout_ms=500 orphan/timeout_ms=0 mode=enforce
knob a mode enforce
watch a 10 40
check_between "40 at 10 a second take their time, ms" 2500 $((4000 + $(slack 3000))) "$took"
check_is "each that had to wait is counted, once" 30 "$(stat_of a braked)"
check_is "another namespace is not slowed" "40 0" "$(stat_of b close_wait_reaped) $(stat_of b braked)"

policy a reaps_per_s=1
leaked more a 30
check "with 1 nearly all wait" poll_until 5 stat_at_least a braked 50
check "and are shown as due" test "$(proc_net a reaper/sockets | grep -c ' due ')" -ge 20
knob a reaps_per_s 0
check "0 is no brake, at once" poll_until 2 stat_is a close_wait_reaped 70
stop slow free more

policy c reaps_per_s=1 orphan/timeout_ms=0 close_wait/timeout_ms=0 mode=enforce
background pile c pile -n 40 -b 40
await pile '^ready' >/dev/null || exit 1
knob c orphan/max 5
check "orphan/max is not slowed" poll_until 3 stat_is c orphan_evicted 35
check_is "and uses nothing up" 0 "$(stat_of c braked)"

finish
