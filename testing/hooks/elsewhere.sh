#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On the kernel of hooks/run: no ftrace, and tcp_fin on the blacklist of kprobes.
# shellcheck source=../../selftests/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # for poll_until
hook_says() {
	[[ $(template hook) =~ $1 ]]
}

# sees NAME: a leaked socket and an orphan are found.
sees() {
	background "leak$1" a leak -k eof -n 8
	background "orphans$1" a orphans -s fin_wait1 -n 8
	await "leak$1" '^ready' >/dev/null
	await "orphans$1" '^ready' >/dev/null
	check "$1: stuck sockets are found" poll_until 10 stat_is a close_wait_tracked 8
	check "$1: orphans are found" poll_until 10 stat_is a orphan_tracked 8
	stop "leak$1" "orphans$1"
}

new_ns a || exit 1
check "tcp_fin may not be probed here" grep -q 'tcp_fin' /sys/kernel/debug/kprobes/blacklist
check "and there is no ftrace of functions" test ! -e /proc/sys/kernel/ftrace_enabled

load || exit 1
diag "$(template hook)"
check "the next best hook is said" hook_says '^tracepoint inet_sock_set_state'
check "and why not the better one" eval 'dmesg_since start | grep -q "hook: no kprobe on tcp_fin: error -22"'
sees tracepoint

reload hook=tcp_set_state || exit 1
diag "$(template hook)"
check "a kprobe without ftrace" hook_says '^kprobe tcp_set_state \((breakpoint|jump)\)'
sees breakpoint

reload hook=none census_interval_s=1 || exit 1
diag "$(template hook)"
check "no hook at all" hook_says '^none, census only'
sees census
finish
