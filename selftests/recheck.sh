#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is decided is looked at again when it is done: a change that comes in between saves whatever is not yet reaped.
. "$(dirname "$0")/lib.sh"

# So many that to reap them takes longer than to change one's mind; they are decided on by the batch.
STUCK=$(many 1000)
TRIES=6

# Sets midway: whether it was switched off while they went; and lost: how many went after that.
switch_off() {
	local left

	policy a close_wait/timeout_ms=1 mode=observe
	background stuck a leak -k eof -n "$STUCK"
	await stuck '^ready' 100 >/dev/null
	poll_until 10 stat_is a close_wait_tracked "$STUCK"
	# One shell, as there is little time from the first that goes to the last.
	# shellcheck disable=SC2016 # for the inner shell
	in_ns a bash -c 'cd /sys/class/tcp_reaper/self
		read -r before <stats/close_wait_reaped
		echo enforce >mode
		while ((SECONDS < 10)) && read -r now <stats/close_wait_reaped && ((now == before)); do :; done
		echo observe >mode'
	left=$(count_tcp a CLOSE_WAIT)
	# Two ticks, and their acts.
	poll_until 10 reached $(($(now_ms) + 1000))
	lost=$((left - $(count_tcp a CLOSE_WAIT)))
	midway=$((left > 0 && left < STUCK))
	diag "$left of $STUCK were left, then $lost went"
	stop stuck
}

new_ns a || exit 1
load || exit 1
caught=0 most=0
for ((try = 0; try < TRIES; try++)); do
	switch_off
	caught=$((caught + midway))
	((lost <= most)) || most=$lost
done
check "switched off while they went, at least once" test $caught -gt 0
# The one whose act had begun.
check_between "whatever was left then stays, but for one" 0 1 $most
finish
