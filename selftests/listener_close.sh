#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A listener goes while what waits in its queue is being reaped: the kernel ends those sockets without asking who has locked them, and
# warns if somebody has. Nothing is warned of, and nothing is ended twice.
# shellcheck disable=SC2317 # round is called by check
. "$(dirname "$0")/lib.sh"

ROUNDS=$(amount 12 200)
WAITING=$(amount 1500 4000)

# round N: the listener goes some milliseconds after the reaping begins, each time a little later.
round() {
	knob a mode observe
	background waiting a leak -k backlog -n "$WAITING"
	await waiting '^ready' 60 >/dev/null || return
	poll_until 20 stat_is a close_wait_tracked "$WAITING" || return
	knob a mode enforce
	pause "0.$(printf %03d $(($1 * 7 % 40)))"
	signal waiting KILL
	ended waiting
	poll_until 20 stat_is a close_wait_tracked 0
}

new_ns a || exit 1
load || exit 1
# A FIN is no way out: it is one socket more that nobody has accepted.
policy a close_wait/timeout_ms=1 reaps_per_s=0
for action in reset fin; do
	knob a close_wait/action "$action"
	for ((i = 0; i < ROUNDS / 2; i++)); do
		check "$action, $i: all are gone" round "$i"
	done
done
check_between "some were reaped, and some went with the listener" 1 $((ROUNDS * WAITING - 1)) "$(stat_of a close_wait_reaped)"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
finish
