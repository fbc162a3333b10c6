#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A rule that gives one port a short established_ms is nothing to the connections of others: those are not taken in for tracking by each
# census, and counted as seen, taken and recovered, only to be found healthy.
. "$(dirname "$0")/lib.sh"

N=50

idle() {
	background "$1" a duo -4 -n $N -p "$2" pause
	await "$1" '^ready' >/dev/null || exit 1
}

new_ns a || exit 1
load census_interval_s=1 || exit 1
idle others 9000
idle ruled 9100
policy a established/timeout_ms=3600000 established/action=reset mode=observe
check_is "a rule for one port is taken" ok "$(in_ns a fileio put /proc/net/reaper/rules 'lport 9100 established_ms 500')"
check "those that the rule is for are tracked" poll_until 20 stat_is a established_tracked $N
seen=$(stat_of a established_seen)
for i in 1 2 3; do
	check "census $i comes by" census a
done
pause 1
check_is "no other is tracked" $N "$(stat_of a established_tracked)"
check_is "none is counted as seen again" "$seen" "$(stat_of a established_seen)"
check_is "each that was taken in is one of the rule's" "$N 0" "$(stat_of a established_taken) $(stat_of a established_recovered)"
check_is "and is its hit" $N "$(proc_net a reaper/rules | sed -n 's/.* # hits //p')"
stop others ruled
finish
