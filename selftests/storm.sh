#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything at once: owners that act on their sockets at the very moment of the reap; policy, rules and mode changed by four writers under
# churn; CPUs that go and come; a suspended worker; a clock that jumps. Healthy connections beside them notice nothing.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

EACH=$(many 200)
ROUNDS=$(($(amount 600 10000) / EACH))
WRITES=$(amount 4000 200000)
CYCLES=$(amount 40 50)
SUSPENDS=5

# A namespace whose owner changes nothing: short times, and nobody in it is ever that late.
healthy_begin() {
	rm -f "$TMP/enough"
	# shellcheck disable=SC2016 # for the inner shell
	background healthy "$1" sh -c 'until [ -e "$1" ]; do chrt --idle 0 churn -s 2 || exit; done' sh "$TMP/enough"
	await healthy '^churn' 60 >/dev/null
}

# healthy_end WHAT NS
healthy_end() {
	: >"$TMP/enough"
	ended healthy
	check_is "$1: no healthy connection failed" 0 "$(grep -vc ' errors=0$' "$(output healthy)")"
	check_is "$1: none was reaped" "0 0" "$(stat_of "$2" close_wait_reaped) $(stat_of "$2" orphan_reaped)"
	diag "$1: $(awk '{ split($2, f, "="); n += f[2] } END { print n }' "$(output healthy)") healthy connections"
}

races() {
	local kind line before raced

	healthy_begin calm
	policy racing close_wait/timeout_ms=1 close_wait/spare_active=0 mode=observe
	before=$(stat_of racing raced)
	for kind in close reset shut accept pass kill; do
		background "$kind" racing race -k "$kind" -n "$EACH" -r "$ROUNDS"
		line=$(await "$kind" '^race ' 900)
		ended "$kind"
		check_is "$kind at the moment of the reap: $ROUNDS times $EACH sockets, and nobody is hurt" 0 $?
		raced=$(stat_of racing raced)
		diag "$line, $((raced - before)) raced"
		before=$raced
	done
	check "in all of them: some raced" test "$raced" -gt 0
	check_is "none failed" 0 "$(stat_of racing reap_failed)"
	check_is "none is left" "0 0" "$(stat_of racing close_wait_tracked) $(count_tcp racing CLOSE_WAIT)"
	healthy_end races calm
}

# Four writers; the sockets of their namespace are theirs to lose.
writers() {
	local line

	healthy_begin calm
	background stuck written leak -k eof -n "$EACH"
	await stuck '^ready' >/dev/null
	background churn written sh -c 'while :; do churn -s 2; done'
	background writers written hammer -v -j 4 -n "$WRITES"
	line=$(await writers '^hammer' 900) || echo "$line"
	ended writers
	check_is "$WRITES changes of policy, rules and mode by four writers" 0 $?
	diag "$line"
	check_is "each was taken" "$WRITES" "$(field ok "$line")"
	stop churn stuck
	in_ns written sh -c ': >/proc/net/reaper/rules'
	policy written close_wait/timeout_ms=100 close_wait/action=reset close_wait/spare_active=0 close_wait/spare_unread=0 mode=enforce
	template max_tracked 1048576
	template census_interval_s 300
	background after written leak -k eof -n 10
	await after '^ready' >/dev/null
	check "and afterwards it works as ever" poll_until 10 none_stuck written
	stop after
	healthy_end writers calm
}

none_stuck() {
	(($(count_tcp "$1" CLOSE_WAIT) == 0))
}

# Nothing is lost with a CPU: not the records in its ring, not the worker that was due there.
hotplug() {
	local cpu=/sys/devices/system/cpu/cpu1/online i

	if [[ ! -w $cpu ]]; then
		skip "a CPU goes and comes" "no CPU can be taken offline here"
		return
	fi
	healthy_begin calm
	policy racing close_wait/timeout_ms=1 mode=observe
	background race racing race -k close -n "$EACH" -r "$ROUNDS"
	for ((i = 0; i < CYCLES; i++)); do
		if ! echo 0 >$cpu || ! echo 1 >$cpu; then
			break
		fi
	done
	check_is "a CPU goes and comes $CYCLES times" "$CYCLES" "$i"
	policy racing close_wait/timeout_ms=1 mode=observe
	await race '^race ' 900 >/dev/null
	ended race
	check_is "under churn and reaping, and nobody is hurt" 0 $?
	policy racing close_wait/timeout_ms=100 mode=enforce
	background left racing taskset -c 1 leak -k eof -n 20
	await left '^ready' >/dev/null
	echo 0 >$cpu
	check "what was seen on a CPU that is gone is reaped" poll_until 10 none_stuck racing
	echo 1 >$cpu
	stop left
	healthy_end hotplug calm
}

# Frozen, the worker does nothing; thawed, it goes on.
suspend() {
	local i

	if [[ ! -w /sys/power/pm_test ]]; then
		skip "the worker is suspended" "no pm_test here"
		return
	fi
	policy racing close_wait/timeout_ms=500 mode=enforce
	echo freezer >/sys/power/pm_test
	for ((i = 0; i < SUSPENDS; i++)); do
		background frozen racing leak -k eof -n 20
		await frozen '^ready' >/dev/null
		echo freeze >/sys/power/state
		check "suspended and back: the worker goes on" poll_until 20 none_stuck racing
		stop frozen
	done
	echo none >/sys/power/pm_test
	check "and was frozen" test "$(dmesg_since start | grep -c 'Freezing remaining freezable tasks')" -ge "$SUSPENDS"
}

# Ages are the machine's, not the calendar's.
clock() {
	local jump start

	policy racing close_wait/timeout_ms=8000 mode=enforce
	for jump in 86400 -172800 86400; do
		start=$(now_ms)
		background timed racing leak -k eof -n 10
		await timed '^ready' >/dev/null
		date -s "@$(($(date +%s) + jump))" >/dev/null
		census racing
		check_is "the clock is set by $jump s: nobody goes too soon" 10 "$(count_tcp racing CLOSE_WAIT)"
		check "but took less than the time they have" test $(($(now_ms) - start)) -lt 8000
		check "nor too late" poll_until 12 none_stuck racing
		stop timed
	done
}

new_ns calm racing written || exit 1
load || exit 1
policy calm close_wait/timeout_ms=20000 orphan/timeout_ms=20000 mode=enforce
races
writers
hotplug
suspend
clock
check "the module can be unloaded" unload
finish
