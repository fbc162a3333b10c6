#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Loaded and unloaded again and again while connections come and go on all CPUs, sockets are stuck, are being reaped, and the
# module's files are being read: nobody notices, and nothing is left.
. "$(dirname "$0")/lib.sh"

ROUNDS=$(amount 50 200)
STUCK=30

nothing_left() {
	local left

	left=$(
		grep tcp_reaper /proc/slabinfo /proc/modules /proc/kallsyms
		find /proc/net/reaper /proc/sys/net/tcp_reaper /sys/class/tcp_reaper 2>/dev/null
		[[ ! -r /sys/kernel/tracing/enabled_functions ]] || grep -E '^tcp_(fin|close|set_state) ' /sys/kernel/tracing/enabled_functions
		[[ ! -r /sys/kernel/debug/kprobes/list ]] || grep -E 'tcp_(fin|close|set_state)' /sys/kernel/debug/kprobes/list
	)
	check_is "$1: nothing of the module is left" "" "$left"
}

# The connections get what time is left, or there would be hardly any rounds.
under_churn() {
	local round nmissed lost=0 missed=0 adopted=0 seen=0 tracked line errors from ms longest=0

	# The kernel gives up on them after 100 s, unless told otherwise.
	in_ns a sysctl -qw net.ipv4.tcp_orphan_retries=15
	background orphans a orphans -s fin_wait1 -n 10
	await orphans '^ready' >/dev/null
	background stuck a leak -k eof -n "$STUCK"
	await stuck '^ready' >/dev/null
	# shellcheck disable=SC2016 # for the inner shell
	background churn a sh -c 'until [ -e "$1" ]; do chrt --idle 0 churn -s 2 || exit; done' sh "$TMP/enough"
	await churn '^churn' 30 >/dev/null

	for ((round = 1; round <= ROUNDS; round++)); do
		if ! load; then
			not_ok "round $round: load"
			break
		fi
		# In every fifth round it is given the time to find the stuck ones.
		if ((round % 5 == 0)); then
			poll_until 10 stat_at_least a close_wait_tracked "$STUCK" || diag "round $round: not all were adopted"
		fi
		nmissed=$(template hook)
		nmissed=${nmissed##*nmissed } nmissed=${nmissed%%;*}
		missed=$((missed + nmissed))
		# shellcheck disable=SC2046 # three numbers
		set -- $(stats a | awk '{ v[$1] = $2 } END { print v["queue_lost"], v["close_wait_seen"], v["close_wait_tracked"] }')
		lost=$((lost + $1)) seen=$((seen + $2)) tracked=$3
		((round % 5)) || ((tracked < STUCK)) || adopted=$((adopted + 1))
		from=$(date +%s%N)
		if ! unload; then
			not_ok "round $round: unload"
			break
		fi
		ms=$((($(date +%s%N) - from) / 1000000))
		((ms <= longest)) || longest=$ms
	done
	check_is "$ROUNDS rounds while connections come and go" $((ROUNDS + 1)) "$round"
	check_is "each time when there was time for it, all stuck ones were adopted" $((ROUNDS / 5)) "$adopted"
	diag "in $ROUNDS rounds: close_wait_seen $seen, nmissed $missed, queue_lost $lost; the longest unload took $longest ms"
	check "the hook was at work" test "$seen" -gt "$ROUNDS"

	: >"$TMP/enough"
	ended churn
	check_is "the connections noticed nothing" 0 $?
	errors=$(grep -vc ' errors=0$' "$(output churn)")
	line=$(awk '{ split($2, f, "="); n += f[2] } END { print n }' "$(output churn)")
	check_is "not one of them" 0 "$errors"
	diag "$line connections"
	check "and there were many" test "$line" -gt $((ROUNDS * 10))
	check_is "stuck sockets are as they were" "$STUCK" "$(count_tcp a CLOSE_WAIT)"
	check_is "orphans too" 10 "$(count_tcp a FIN_WAIT1)"
	stop stuck orphans
	nothing_left "after $ROUNDS rounds"
}

# Armed and unloaded by one shell. Sets midway: how often it was done with some of them, and not with all.
reap_and_unload() {
	local left before=

	midway=0 left=$(many 8000)
	background many b leak -k eof -n "$left"
	await many '^ready' 200 >/dev/null
	while ((left)) && [[ $left != "$before" ]]; do
		before=$left
		load mode=observe || return
		check "$left stuck sockets are adopted" poll_until 15 stat_is b close_wait_tracked "$left"
		policy b close_wait/timeout_ms=1
		in_ns b sh -c 'echo enforce >/proc/sys/net/tcp_reaper/mode; rmmod tcp_reaper'
		check_is "unloaded while it reaps" 0 $?
		left=$(count_tcp b CLOSE_WAIT)
		diag "unloaded with $left of $before left"
		((left == 0 || left == before)) || midway=$((midway + 1))
	done
	stop many
}

# The machine's load decides who is faster, so it may take more than one attempt.
while_reaping() {
	local midway=0 attempt

	for attempt in 1 2 3; do
		reap_and_unload
		((midway == 0)) || break
	done
	check "some were left, and some not (attempt $attempt)" test "$midway" -gt 0
	nothing_left "after reaping"
}

# Nobody who has a file open, or reads it this moment, keeps the module; and nobody reads what is no more.
while_read() {
	local began name line

	background stuck a leak -k eof -n "$STUCK"
	await stuck '^ready' >/dev/null
	load || return
	poll_until 5 stat_is a close_wait_tracked "$STUCK"
	# shellcheck disable=SC2016 # for the inner shell
	for name in proc sysfs; do
		case $name in
		proc) line='exec fileio hold /proc/net/reaper/* /proc/sys/net/tcp_reaper/*' ;;
		sysfs) line='exec fileio hold /sys/class/tcp_reaper/self/mode /sys/class/tcp_reaper/self/*/[a-z]*_ms \
			/sys/class/tcp_reaper/self/stats/* /sys/module/tcp_reaper/parameters/*' ;;
		esac
		background "$name" a bash -c "$line"
		await "$name" '^ready' >/dev/null
	done
	began=$SECONDS
	check "unloaded while its files are read" unload
	check_between "without waiting for anybody, seconds" 0 10 $((SECONDS - began))
	check "and loaded again" load
	check "and unloaded again" unload
	for name in proc sysfs; do
		signal "$name" TERM
		line=$(await "$name" '^hold')
		ended "$name"
		diag "$name: $line"
		check_is "$name: reading ended in no strange way" 0 "$(field strange "$line")"
		check "$name: but ended" test "$(field gone "$line")" -gt 0
		check "$name: and had gone well before" test "$(field good "$line")" -gt 0
	done
	stop stuck
	nothing_left "after being read"
}

new_ns a b || exit 1
nothing_left "before the first load"
under_churn
while_reaping
while_read
finish
