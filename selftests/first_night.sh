#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first night of docs/operating.md: enforce for one unit only, for a time. That unit's sockets go, at so many a second; another's, what is
# of no unit, and orphans stay; in the morning nothing is enforced any more, and what lingers then stays.
# shellcheck disable=SC2016,SC2317 # for inner shells; functions that poll_until runs
. "$(dirname "$0")/lib.sh"

TOP=/sys/fs/cgroup/tcpr-night-$$

over() {
	[[ -z $(proc_net a reaper/trial) ]]
}

[[ -e /sys/fs/cgroup/cgroup.procs ]] || skip_all "no cgroup2 at /sys/fs/cgroup"
new_ns a || exit 1
load || exit 1
service orders orders.service leak -k eof -n 12 -p 5000 || exit 1
service other other.service leak -k eof -n 3 -p 5001 || exit 1
service pile other.service pile -n 4 -b 4 || exit 1
background nobody a leak -k eof -n 2 -p 5002
await nobody '^ready' >/dev/null || exit 1
check "all are tracked" poll_until 10 stat_is a close_wait_tracked 17

check_is "the rule is taken" ok "$(in_ns a fileio put /proc/net/reaper/rules "cgroup /${TOP##*/}/orders.service close_wait_ms 1000")"
policy a close_wait/timeout_ms=0 orphan/timeout_ms=0
check "before, what is due is that unit's alone" poll_until 10 eval '(($(proc_net a reaper/sockets | grep -c " due ") == 12))'
check_is "and nothing else" "12 127.0.0.1:5000" \
	"$(proc_net a reaper/sockets | awk '$11 == "due" { print $5 }' | sort | uniq -c | awk '{ print $1, $2 }')"
check_is "the night begins" ok "$(in_ns a fileio put /proc/net/reaper/trial '8000 mode=enforce reaps_per_s=4')"
check "that unit's go" poll_until 7 stat_is a close_wait_reaped 12
check "not all in one second" test "$(stat_of a braked)" -ge 4
check_is "no other's do" "5 4" "$(count_tcp a CLOSE_WAIT) $(stat_of a orphan_tracked)"
check "the night ends" poll_until 15 over
check_is "as it was" "observe 10000" "$(knob a mode) $(knob a reaps_per_s)"
service orders2 orders.service leak -k eof -n 2 -p 5003 || exit 1
check "from then on that unit's are due" poll_until 5 eval '(($(proc_net a reaper/sockets | grep -c " due ") == 2))'
check_is "and stay" "12 7" "$(stat_of a close_wait_reaped) $(count_tcp a CLOSE_WAIT)"
stop orders orders2 other nobody pile
find "$TOP" -depth -type d -exec rmdir {} +
finish
