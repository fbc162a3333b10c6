#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "observe" touches nothing and counts what "enforce" would reap, each socket once; "enforce" then reaps them at once; "off" forgets
# what was tracked, and the next mode finds it again.
. "$(dirname "$0")/lib.sh"

TIMEOUT=1000

# What a socket is and holds, without the counters that retransmissions move. Time-wait is no socket.
picture() {
	proc_net a tcp tcp6 | awk '$4 != "06" && /:/ { print $2, $3, $4, $5, $8, $10 }' | sort
}

# The youngest tracked socket's age has reached $1.
# shellcheck disable=SC2317 # called by poll_until
all_older_than() {
	proc_net a reaper/sockets | awk -v age="$1" 'NR > 1 { n++; if ($3 < age) young = 1 } END { exit young || !n }'
}

# Of what the program printed, only what it began with.
forget_reports() {
	grep ^ready "$(output "$1")" >"$TMP/ready"
	cat "$TMP/ready" >"$(output "$1")"
}

lines() {
	proc_net a reaper/sockets | awk 'NR > 1 { n++ } END { print n + 0 }'
}

new_ns a || exit 1
load mode=off || exit 1
background seen a leak -k eof -n 20
background unread a leak -k unread -n 5 -6
background stray a orphans -s fin_wait1 -n 10
for name in seen unread stray; do
	await "$name" '^ready' >/dev/null || exit 1
done
check_is "off: nothing is tracked" "0 0" "$(stat_of a close_wait_tracked) $(stat_of a orphan_tracked)"
before=$(picture)

policy a close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=$TIMEOUT mode=observe
check "observe: 25 in CLOSE_WAIT would be reaped" poll_until 5 stat_is a close_wait_would_reap 25
check "observe: 10 orphans would be reaped" poll_until 5 stat_is a orphan_would_reap 10
background late a leak -k eof -n 3
await late '^ready' >/dev/null || exit 1
check "observe: those leaked meanwhile would be too" poll_until 5 stat_is a close_wait_would_reap 28
check "they are watched for three times their timeout" poll_until 10 all_older_than $((3 * TIMEOUT))
check "a census comes by" census a
check_is "observe: each is counted once" "28 10" "$(stat_of a close_wait_would_reap) $(stat_of a orphan_would_reap)"
check_is "observe: none is reaped" "0 0" "$(stat_of a close_wait_reaped) $(stat_of a orphan_reaped)"
check_is "observe: all are still listed" 38 "$(lines)"
for name in seen unread; do
	forget_reports "$name"
	signal "$name" USR1
	line=$(await "$name" '^report')
	check_is "observe: $name: no owner was woken, no peer saw an end" "0 0 0" \
		"$(field woken "$line") $(field rst "$line") $(field fin "$line")"
done
stop late
check "those that left by themselves are forgotten" poll_until 3 stat_is a close_wait_recovered 3
check_is "observe: every socket is as it was" "$before" "$(picture)"

policy a mode=enforce
written=$(now_ms)
check "enforce: all 35 are reaped" poll_until 3 stat_is a close_wait_reaped 25
check "enforce: the orphans too" poll_until 3 stat_is a orphan_reaped 10
for name in seen unread; do
	forget_reports "$name"
	signal "$name" USR1
	line=$(await "$name" '^report')
	check_is "enforce: $name: all owners were told, all peers saw RST" "$(field n "$line") $(field n "$line")" \
		"$(field aborted "$line") $(field rst "$line")"
	# The write takes its time, too: they may be gone before it has come back.
	gone=$(($(field at_ms "$(grep ^ready "$(output "$name")")") + $(field max_ms "$line" | cut -d. -f1)))
	check_between "enforce: $name: at once, by the owners' clock" -5000 600 $((gone - written))
done
check_is "would_reap stays as it was" "28 10" "$(stat_of a close_wait_would_reap) $(stat_of a orphan_would_reap)"
stop seen unread stray

policy a close_wait/timeout_ms=3600000 mode=enforce
background more a leak -k eof -n 5
await more '^ready' >/dev/null || exit 1
check "enforce: 5 new ones are tracked" poll_until 3 stat_is a close_wait_tracked 5
policy a mode=off
check "off: tracked no more" poll_until 1 stat_is a close_wait_tracked 0
check_is "off: none is listed" 0 "$(lines)"
check_is "off: they are still there" 5 "$(count_tcp a CLOSE_WAIT)"
policy a close_wait/timeout_ms=$TIMEOUT
policy a mode=observe
check "on again: a census finds them" poll_until 3 stat_is a close_wait_tracked 5
check "on again: they would be reaped" poll_until 5 stat_is a close_wait_would_reap 33
policy a mode=off
check "off: tracked no more" poll_until 1 stat_is a close_wait_tracked 0
policy a close_wait/timeout_ms=3600000
policy a mode=enforce
check "on again: adopted" poll_until 3 stat_is a close_wait_tracked 5
policy a close_wait/timeout_ms=$TIMEOUT
check "a shorter timeout holds for what is tracked already" poll_until 3 stat_is a close_wait_reaped 30
finish
