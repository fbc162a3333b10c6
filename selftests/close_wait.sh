#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Leaked CLOSE_WAIT sockets are reset when their time is up: not earlier, not much later, whichever way they were leaked.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
LATEST=$((TIMEOUT + $(slack 600)))

# leaked NAME KIND OPTION...: leak them, and see each of them reaped in time, by its own clock.
leaked() {
	local name=$1 kind=$2 line n
	shift 2
	background "$name" a leak -k "$kind" -w 30000 "$@"
	await "$name" '^ready' >/dev/null || return 1
	line=$(await "$name" '^report' 40) || {
		not_ok "$name: no report"
		printf '%s\n' "$line"
		return 1
	}
	ended "$name"
	diag "$line"
	n=$(field n "$line")
	check_is "$name: poll of all $n owners woke" "$n" "$(field woken "$line")"
	check_is "$name: read gave ECONNABORTED to all" "$n" "$(field aborted "$line")"
	check_is "$name: no read said end of file" 0 "$(field eofs "$line")"
	check_between "$name: none before its time" "$TIMEOUT" "$LATEST" "$(field min_ms "$line")"
	check_between "$name: none late" "$TIMEOUT" "$LATEST" "$(field max_ms "$line")"
	[[ $* == *-c* ]] || check_is "$name: all peers saw RST" "$n" "$(field rst "$line")"
	check_is "$name: nothing left in CLOSE_WAIT" 0 "$(count_tcp a CLOSE_WAIT)"
}

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=0 mode=enforce

leaked "$(many 200) at once" eof -n "$(many 200)"
leaked "never read" unread -n 10
leaked "never accepted" backlog -n 10
leaked "write only" write -n 10
leaked "data queued" queued -n 10
leaked "peer closed" eof -n 10 -c
leaked "IPv6" eof -n 20 -6
leaked "dual-stack" unread -n 20 -m

reaped=$(stat_of a close_wait_reaped)
check_is "close_wait_reaped counts all of them" $((90 + $(many 200))) "$reaped"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
check "all are forgotten" poll_until 3 stat_is a close_wait_tracked 0
finish
