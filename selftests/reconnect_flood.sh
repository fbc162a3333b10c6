#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A CPU's ring is not held up by a record that looks as if its transition were under way for good: that of a socket reset by its owner,
# whose memory, four-tuple and hash the next connection has. Any client with a source port of its own makes such ones, here an unprivileged
# user, on the same CPU as those who are to be served as ever.
. "$(dirname "$0")/lib.sh"

ROUNDS=$(amount 8 60)
CHURN_S=$(amount 8 60)
# Without anybody it is 0.1 s; the attack made it 1.8 s.
TRACKED_MS=$(slack 300)
CPU=0

# seen WHO: what becomes stuck on that CPU is tracked soon.
seen() {
	local line

	line=$(in_ns other taskset -c $CPU chrt -f 1 prompt track -n "$ROUNDS" -i 333)
	diag "$1: $line"
	check_is "$1, stuck sockets of that CPU are all tracked" "$ROUNDS 0" "$(field n "$line") $(field late "$line")"
	check_between "the last of them soon, ms" 0 "$TRACKED_MS" "$(field max_ms "$line")"
}

# busy WHO: none of the events of a namespace with many of them are lost.
busy() {
	local line

	line=$(in_ns busy taskset -c $CPU churn -j 1 -s "$CHURN_S")
	diag "$1: $line, close_wait_seen $(stat_of busy close_wait_seen), queue_lost $(stat_of busy queue_lost)"
	check_is "$1, healthy connections fail nowhere" 0 "$(field errors "$line")"
	check_between "$1, there are many of them" "$(many 1000)" 1000000000 "$(field connections "$line")"
	check_is "$1, no event of a busy namespace is lost" 0 "$(stat_of busy queue_lost)"
}

new_ns other busy client || exit 1
load mode=observe || exit 1
seen "without"
busy "without"
reload mode=observe || exit 1
background client client taskset -c $CPU setpriv --reuid 65534 --regid 65534 --clear-groups reconnect -i 400
check "a client resets its connection and connects again from the same port" await client '^ready'
seen "beside it"
busy "beside it"
signal client TERM
check_between "it did all the time" "$((ROUNDS / 2 + CHURN_S))" 1000000 "$(field n "$(await client '^reconnect')")"
ended client
finish
