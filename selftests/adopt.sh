#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sockets that were stuck before the module was loaded are found by the census at load, and reaped as any other.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
LATEST=$((TIMEOUT + $(slack 600)))

# What there is, and how many of them in each class. The peers of the orphans in FIN_WAIT2 have got a FIN and are held by a
# process that does not close them: they are in CLOSE_WAIT, and are adopted too.
leaks=("eof -n 20" "unread -n 5 -6" "backlog -n 5" "queued -n 3 -m")
LEAKED=33
strays=("fin_wait1 -n 5" "fin_wait1 -n 3 -z" "fin_wait2 -n 4 -6" "closing -n 5" "last_ack -n 5 -q 3000")
STRAY=22
PEERS=4

# at KEY NAME: what the line says that it begins with.
at() {
	field "$1" "$(grep ^ready "$(output "$2")")"
}

new_ns a || exit 1
for i in "${!leaks[@]}"; do
	read -r -a options <<<"${leaks[i]}"
	background "leak$i" a leak -w 240000 -k "${options[@]}"
	await "leak$i" '^ready' >/dev/null || exit 1
done
for i in "${!strays[@]}"; do
	read -r -a options <<<"${strays[i]}"
	background "stray$i" a orphans -w 240000 -s "${options[@]}"
	await "stray$i" '^ready' >/dev/null || exit 1
done
check_is "all leaks are there before the load" $((LEAKED + PEERS)) "$(count_tcp a CLOSE_WAIT)"

# All are counted before the first is reaped: a RST to one would end its other end before the census gets there.
load mode=observe close_wait_timeout_ms=$TIMEOUT orphan_timeout_ms=$TIMEOUT || exit 1
check "adopted counts every one of them, and nothing else" poll_until 3 stat_is a adopted $((LEAKED + PEERS + STRAY))
check_is "no other namespace has adopted one" 0 "$(stat_of init adopted)"
knob a mode enforce
loaded_ms=$(now_ms)

for i in "${!leaks[@]}"; do
	line=$(await "leak$i" '^report' 250)
	ended "leak$i"
	diag "$line"
	n=$(field n "$line")
	check_is "${leaks[i]}: all aborted" "$n" "$(field aborted "$line")"
	check_is "${leaks[i]}: all peers saw RST" "$n" "$(field rst "$line")"
	check_between "${leaks[i]}: in time" $TIMEOUT $((loaded_ms - $(at at_ms "leak$i") + LATEST + 10)) "$(field max_ms "$line")"
done
for i in "${!strays[@]}"; do
	line=$(await "stray$i" '^orphans' 250)
	ended "stray$i"
	diag "$line"
	check_is "${strays[i]}: none left" 0 "$(field left "$line")"
	check_between "${strays[i]}: in time" $TIMEOUT $((loaded_ms - $(at at_ms "stray$i") + LATEST + 10)) "$(field last_ms "$line")"
done
check_is "close_wait_reaped is exact" $((LEAKED + PEERS)) "$(stat_of a close_wait_reaped)"
# A reset of the peers of those in FIN_WAIT2 ends these too, if it comes first.
reaped=$(stat_of a orphan_reaped)
check_between "orphan_reaped counts all but those in FIN_WAIT2" $((STRAY - PEERS)) $STRAY "$reaped"
check_is "the others have recovered" $((STRAY - reaped)) "$(stat_of a orphan_recovered)"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
finish
