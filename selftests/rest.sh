#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The host's worker rests for as long as it worked, however many of its sockets are due: live traffic goes first. (A tenant's rests longer;
# cpu_share.sh looks at that.)
. "$(dirname "$0")/lib.sh"

TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/workqueue
N=$(amount 3000 10000)
# Of a hundred: a half, and what a stretch may be longer than it was meant to be, as the emulated machine's clock goes on while it stands.
SHARE=65

[[ -e $TRACING/events ]] || mount -t tracefs tracefs $TRACING 2>/dev/null
[[ -e $EVENTS ]] || skip_all "no tracefs in this kernel"

events() {
	echo "$1" >$EVENTS/workqueue_execute_start/enable
	echo "$1" >$EVENTS/workqueue_execute_end/enable
}

# shellcheck disable=SC2317 # a trap
restore() {
	local status=$?
	events 0
	(exit "$status")
	cleanup
}

# share: of the time between its first stretch and its last so many hundredths were the worker's; and how many stretches there were.
share() {
	awk '
		function us(line) { match(line, /[0-9]+\.[0-9]+: workqueue/); return substr(line, RSTART, RLENGTH - 11) * 1e6 }
		/workqueue_execute_start/ && /owner_work \[tcp_reaper\]/ { match($0, /struct [^ ]+/); work = substr($0, RSTART, RLENGTH); from = us($0) }
		/workqueue_execute_end/ && from && index($0, work) {
			now = us($0)
			# What comes before the work begins, or after its end, are looks.
			if (now - from > 4000) {
				if (!first) first = from
				sum += now - from
				last_from = from
				last = now - from
				stretches++
			}
			from = 0
		}
		END { if (stretches > 1) printf "%d %d\n", 100 * (sum - last) / (last_from - first), stretches; else print "0 0" }' $TRACING/trace
}

load mode=enforce close_wait_timeout_ms=3600000 || exit 1
ulimit -n 100000
trap restore EXIT
before=$(stat_of init close_wait_reaped)
background leak init leak -4 -k eof -n "$N"
await leak '^ready' 120 >/dev/null || exit 1
check "$N stuck sockets are tracked" poll_until 60 stat_at_least init close_wait_tracked "$N"
: >$TRACING/trace
events 1
policy init close_wait/timeout_ms=1
check "all are reaped" poll_until 120 stat_at_least init close_wait_reaped $((before + N))
events 0
read -r part stretches < <(share)
diag "$stretches stretches, $part of 100"
check_between "it took several stretches" 4 100000 "$stretches"
check_between "between the first and the last the worker had half of a CPU, in 100" 10 $SHARE "$part"
stop leak
finish
