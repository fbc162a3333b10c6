#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An owner whose connection is reaped with bytes unread is told so: never, not for a moment, does it see an end of file, for which it would
# take a stream that was cut for a whole one. Owners sleep, or look at that very moment.
. "$(dirname "$0")/lib.sh"

# owners KIND NS N OPTION...: N of them are cut.
owners() {
	local kind=$1 ns=$2 n=$3 line
	shift 3
	for f in -4 -6; do
		background "$kind$f" "$ns" cutoff "$f" -k "$kind" -n $((n / 2)) "$@"
		line=$(await "$kind$f" '^cutoff' 180) || exit 1
		ended "$kind$f"
		diag "$line"
		check_is "$kind$f: none was told of an end before its time" 0 "$(field ends "$line")"
		check_is "$kind$f: all were told of the abort first, or had read all" "$((n / 2)) of $((n / 2))" \
			"$(($(field aborted "$line") + $(field whole "$line"))) of $(field n "$line")"
		check_is "$kind$f: none was told of it twice" 0 "$(field again "$line")"
		check "$kind$f: many were cut" test "$(field aborted "$line")" -ge $((n / 4))
	done
}

new_ns idle strict || exit 1
load || exit 1
policy idle close_wait/timeout_ms=500 orphan/timeout_ms=0 mode=enforce
# There the clock is the age, so that one who reads is cut as well.
policy strict close_wait/timeout_ms=500 close_wait/spare_active=0 orphan/timeout_ms=0 mode=enforce

owners peek idle "$(amount 2000 12000)"
owners read strict "$(amount 1000 6000)" -b 60000
owners epoll idle "$(amount 400 1600)"
owners block idle "$(amount 200 400)"
check_is "nothing failed" "0 0" "$(stat_of idle reap_failed) $(stat_of strict reap_failed)"
finish
