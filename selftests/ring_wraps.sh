#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A CPU's ring goes round many times, whatever its size: of each connection that is closed, first by one end and then by the other, three
# transitions are noted, or counted as lost. The worker reads some of them at a time, up to the ring's edge, while more are noted.
. "$(dirname "$0")/lib.sh"

N=$(many 2000)

# noted: transitions that the hook saw; what a census came upon is counted as seen, too.
noted() {
	stats a | awk '{ v[$1] = $2 } END { print v["close_wait_seen"] + v["orphan_seen"] - v["adopted"] + v["queue_lost"] }'
}

# shellcheck disable=SC2317 # called by poll_until
all_noted() {
	[[ $(noted) == $((3 * N)) ]]
}

new_ns a || exit 1
for records in 16 128 2048; do
	reload mode=observe census_interval_s=0 nursery_records=$records || exit 1
	line=$(in_ns a churn -4 -j 2 -n "$N")
	check_is "$records records: connections are closed by both ends" "$N 0" "$(field connections "$line") $(field errors "$line")"
	check "$records records: every transition is noted once, or counted as lost" poll_until 5 all_noted
	pause 0.3
	check_is "$records records: and none twice" $((3 * N)) "$(noted)"
	diag "$(stats a | grep -E '^(close_wait_seen|orphan_seen|adopted|queue_lost) ' | xargs)"
done
check_is "the usual size loses none of these" 0 "$(stat_of a queue_lost)"
check_is "and counts each in its class" "$N $((2 * N))" "$(stat_of a close_wait_seen) $(stat_of a orphan_seen)"
finish
