#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is counted adds up: every socket that was taken in for tracking is tracked still, or recovered, or was reaped, evicted or forgotten;
# connections that are closed in time are seen and never taken in; those that left by themselves, and no others, are in ages by their age; a rule's hits are its sockets, however often they are looked at.
. "$(dirname "$0")/lib.sh"

CLEAN=200

# sum CLASS: what became of those that were taken in.
sum() {
	stats a | awk -v class="$1" '{ v[$1] = $2 } END {
		print v[class "_tracked"] + v[class "_recovered"] + v[class "_reaped"] + v[class "_evicted"] + v[class "_forgotten"] }'
}

# left CLASS BOUND: so many that left by themselves were no older.
left() {
	proc_net a reaper/ages | sed -n "s/^$1_recovered_age_ms_le_$2 //p"
}

# shellcheck disable=SC2317 # called by poll_until
left_is() {
	[[ $(left "$1" "$2") == "$3" ]]
}

# shellcheck disable=SC2317 # called by poll_until
oldest_is() {
	proc_net a reaper/sockets | awk -v min="$1" '$3 + 0 >= min { n++ } END { exit !n }'
}

adds_up() {
	local class

	for class in close_wait orphan; do
		check_is "$1: $class adds up" "$(stat_of a ${class}_taken)" "$(sum $class)"
		check_is "$1: so do the ages of those that left" "$(stat_of a ${class}_recovered)" "$(left $class inf)"
	done
}

# hits N: of the Nth rule.
hits() {
	proc_net a reaper/rules | sed -n "$1s/.* # hits //p"
}

# shellcheck disable=SC2317 # called by poll_until
has_hits() {
	[[ $(hits "$1") == "$2" ]]
}

rules() {
	check_is "rules are taken: $1" ok "$(in_ns a fileio put /proc/net/reaper/rules "$1")"
}

# A change of the policy has every socket looked at anew.
looks() {
	local i

	for ((i = 1; i <= 10; i++)); do
		knob a close_wait/timeout_ms $((3600000 + i))
		pause 0.1
	done
}

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=3600000 orphan/timeout_ms=3600000 orphan/max=0 mode=observe
in_ns a churn -4 -j 1 -n $CLEAN >/dev/null
check "the transitions of $CLEAN clean connections are seen" poll_until 5 stat_at_least a close_wait_seen $CLEAN
pause 0.5
check_between "next to none of them was taken in" 0 $((CLEAN / 10)) "$(stat_of a close_wait_taken)"
adds_up "clean connections"

# That they left is noticed a quarter of their age later.
young=$(left close_wait 1000) older=$(left close_wait 10000)
background leaving a leak -k eof -n 4
await leaving '^ready' >/dev/null || exit 1
check "4 grow older than a second" poll_until 5 oldest_is 1200
stop leaving
check "they leave, older than a second" poll_until 5 left_is close_wait 10000 $((older + 4))
check_is "which is told from younger ones" "$young" "$(left close_wait 1000)"
check_is "and from another class's" "$(stat_of a orphan_recovered)" "$(left orphan inf)"
adds_up "left by themselves"

taken=$(stat_of a close_wait_taken)
background five a leak -k eof -n 5 -p 5000
background two a leak -k eof -n 2 -p 5001
background stray a orphans -s fin_wait1 -n 10
for name in five two stray; do
	await "$name" '^ready' >/dev/null || exit 1
done
check "7 in CLOSE_WAIT are taken in" poll_until 5 stat_is a close_wait_taken $((taken + 7))
check "10 orphans are tracked" poll_until 5 stat_is a orphan_tracked 10
adds_up "tracked"

rules 'lport 5000 close_wait_ms 0\nlport 5001 exempt\nlport 5001 close_wait_ms 5'
check "a rule of 5 sockets has 5 hits" poll_until 5 has_hits 1 5
check "a rule of 2 sockets has 2" poll_until 5 has_hits 2 2
check_is "those that no timeout holds for never end, which is said" "5 never 2 rule" \
	"$(proc_net a reaper/sockets | awk '$1 == "close_wait" { n[$11]++ } END { print n["never"], "never", n["rule"], "rule" }')"
looks
check_is "however often they are looked at" "5 2 0" "$(hits 1) $(hits 2) $(hits 3)"
rules 'lport 5000-5001 exempt'
check "another list counts anew" poll_until 5 has_hits 1 7
for i in {1..20}; do
	in_ns a fileio put /proc/net/reaper/rules "lport 5000-5001 close_wait_ms $i" >/dev/null
	pause 0.05
done
check "and so does the twentieth" poll_until 5 has_hits 1 7
stop two
rules '\n'

knob a orphan/max 6
knob a mode enforce
check "4 orphans are evicted" poll_until 5 stat_is a orphan_evicted 4
policy a close_wait/timeout_ms=1000 mode=enforce
check "5 are reaped" poll_until 5 stat_is a close_wait_reaped 5
adds_up "reaped and evicted"
policy a close_wait/timeout_ms=3600000 mode=observe
background more a leak -k eof -n 3
await more '^ready' >/dev/null || exit 1
check "3 more are tracked" poll_until 5 stat_is a close_wait_tracked 3
knob a mode off
check_is "off: those that were tracked are forgotten" "3 0 6 0" \
	"$(stat_of a close_wait_forgotten) $(stat_of a close_wait_tracked) $(stat_of a orphan_forgotten) $(stat_of a orphan_tracked)"
adds_up "forgotten"
stop five stray more
finish
