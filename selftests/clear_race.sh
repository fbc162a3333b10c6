#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mode=off forgets every socket, while workers look at them and end them: whatever an entry's words hold, neither of the two loses what the
# other wrote. Several namespaces turn their mode to and fro, and change knobs and rules, beside sockets of all classes that are due; first
# as fast as it goes, then with workers held up before a store of the module now and then, wherever that is.
# shellcheck disable=SC2317 # functions are run by "background" and poll_until
. "$(dirname "$0")/lib.sh"

NAMES=(a b c d e f)
ROUND_S=$(amount 25 600)
((ROUND_S >= 8)) || ROUND_S=8
OPTIMIZED=/proc/sys/debug/kprobes-optimization
# Stuck sockets, and when their owner has had enough of them: then come new ones.
STUCK=30

# again NAME NS COMMAND...: until it is told to stop; then how often. It may well fail: sockets are ended while it still makes others.
again() {
	# shellcheck disable=SC2016 # for the inner shell
	background "$1" "$2" bash -c '
		stop=$1 n=0
		shift
		until [[ -e $stop ]]; do
			"$@" >/dev/null 2>&1
			n=$((n + 1))
		done
		echo "ran n=$n"' bash "$TMP/enough" "${@:3}"
}

# writer NAME NS VALUES...: "FILE VALUE" lines, one after the other at odd intervals, by one shell; then how many writes there were.
writer() {
	# shellcheck disable=SC2016 # for the inner shell
	background "$1" "$2" bash -c '
		exec {never}<> <(:)
		stop=$1 n=0
		shift
		until [[ -e $stop ]]; do
			for line; do
				printf "%b" "${line#* }" >"${line%% *}" || exit
				n=$((n + 1))
				((RANDOM % 2)) || read -rt "0.$((RANDOM % 4))$((RANDOM % 10))" -u "$never"
			done
		done
		echo "wrote n=$n"' bash "$TMP/enough" "${@:3}"
}

SYSCTL=/proc/sys/net/tcp_reaper
RULES=/proc/net/reaper/rules

# chaser NAME NS: turns the mode off the moment that a worker is held up, before all else that wants the CPU, and on again; then how often.
chaser() {
	# shellcheck disable=SC2016 # for the inner shell
	background "$1" "$2" chrt --rr 1 bash -c '
		exec {never}<> <(:)
		n=0 before=0
		until [[ -e $1 ]]; do
			read -r now </sys/module/slow_stores/parameters/held_up
			if [[ $now == "$before" ]]; then
				read -rt 0.002 -u "$never"
				continue
			fi
			echo off >"$2" || exit
			read -rt "0.0$((RANDOM % 10))" -u "$never"
			echo enforce >"$2" || exit
			n=$((n + 2))
			read -r before </sys/module/slow_stores/parameters/held_up
		done
		echo "wrote n=$n"' bash "$TMP/enough" $SYSCTL/mode
}

# storm WHAT ACTION [CHASED]: in all namespaces, for ROUND_S seconds; ends with every mode off.
storm() {
	local what=$1 action=$2 chased=${3:-} ns name times n=0 bad=0 started
	local writers=(rules knobs "${NAMES[@]/#/mode-}")

	rm -f "$TMP/enough"
	for ns in "${NAMES[@]}"; do
		policy "$ns" established/timeout_ms=1 established/action="$action" close_wait/timeout_ms=1 orphan/timeout_ms=1 mode=enforce
		again "idle-$ns" "$ns" duo -n $STUCK o:until=close,700
		again "closed-$ns" "$ns" leak -k eof -n $((STUCK / 3)) -w 700
		again "orphans-$ns" "$ns" orphans -s fin_wait1 -d close -n 5 -w 700
		if [[ -n $chased ]]; then
			chaser "mode-$ns" "$ns"
			continue
		fi
		writer "mode-$ns" "$ns" "$SYSCTL/mode off" "$SYSCTL/mode enforce"
		writers+=("modes-$ns")
		writer "modes-$ns" "$ns" "$SYSCTL/mode observe" "$SYSCTL/mode enforce" "$SYSCTL/mode off" "$SYSCTL/mode enforce"
	done
	writer rules a "$RULES uid\t77\texempt\n" "$RULES rport\t1\testablished_ms\t1\n" "$RULES #\n"
	writer knobs b "$SYSCTL/close_wait_spare_active 0" "$SYSCTL/orphan_max 3" "$SYSCTL/established_timeout_ms 0" \
		"$SYSCTL/close_wait_action fin" "$SYSCTL/established_timeout_ms 1" "$SYSCTL/orphan_max 0" \
		"$SYSCTL/close_wait_action reset" "$SYSCTL/close_wait_spare_active 1"
	started=$SECONDS
	poll_until "$((ROUND_S + 1))" passed $((started + ROUND_S))
	: >"$TMP/enough"
	for ns in "${NAMES[@]}"; do
		for name in idle closed orphans; do
			ended "$name-$ns"
			times=$(field n "$(await "$name-$ns" '^ran')") || bad=$((bad + 1))
			n=$((n + ${times:-0}))
		done
	done
	check "$what: there were sockets again and again ($n)" test "$n" -ge $((3 * ${#NAMES[@]}))
	n=0
	for name in "${writers[@]}"; do
		ended "$name" || bad=$((bad + 1))
		times=$(field n "$(await "$name" '^wrote')") || bad=$((bad + 1))
		n=$((n + ${times:-0}))
	done
	check_is "$what: every write was taken" 0 "$bad"
	check "$what: and there were many ($n)" test "$n" -gt $((10 * ROUND_S))
	n=0
	for ns in "${NAMES[@]}"; do
		n=$((n + $(stat_of "$ns" established_seen)))
		policy "$ns" mode=off
	done
	check "$what: idle ones were tracked ($n)" test "$n" -gt $((STUCK * ${#NAMES[@]}))
	for ns in "${NAMES[@]}"; do
		check_is "$what: with mode=off nothing is tracked in $ns" "0 0 0 0" "$(stats "$ns" |
			awk '$1 ~ /_tracked$/ { v[n++] = $2 } END { print v[0], v[1], v[2], v[3] }')"
	done
}

passed() {
	((SECONDS >= $1))
}

# It still does what it is for.
works() {
	local line
	policy a close_wait/timeout_ms=200 established/timeout_ms=0 mode=enforce
	in_ns a fileio put $RULES "#\n" >/dev/null
	background after a leak -k eof -n 10 -w 30000
	line=$(await after '^report' 60)
	ended after
	check_is "$1: afterwards stuck ones are reaped" 10 "$(field aborted "$line")"
	policy a mode=off
}

# The module's functions, but for the last one.
slow_stores() {
	local first last
	read -r first last < <(awk '$NF == "[tcp_reaper]" && tolower($2) == "t" { print $1 }' /proc/kallsyms | sort | sed -n '1p;$p' | paste -sd ' ')
	# In their simple form they come and go without patching what others run.
	[[ ! -e $OPTIMIZED ]] || echo 0 >"$OPTIMIZED"
	insmod ./slow_stores.ko from=0x"$first" to=0x"$last" ms=50 one_in=200 wide=1 \
		functions=tcp_abort,tcp_disconnect,tcp_done,tcp_set_keepalive,tcp_shutdown
}

new_ns "${NAMES[@]}" || exit 1
load census_interval_s=1 mode=off || exit 1
storm "by itself" reset
works "by itself"

if [[ ! -e slow_stores.ko ]]; then
	skip "workers that are held up" "no slow_stores.ko: no kernel to build it for"
elif [[ $(uname -m) != x86_64 ]]; then
	skip "workers that are held up" "stores are found on x86-64 only"
elif check "workers are held up before stores" slow_stores; then
	diag "$(</sys/module/slow_stores/parameters/stores) stores of the module"
	for action in reset probe; do
		storm "held up, $action" $action chased
	done
	works "held up"
	diag "held up $(</sys/module/slow_stores/parameters/held_up) times"
	check "they were held up" test "$(</sys/module/slow_stores/parameters/held_up)" -gt 100
	check "the module is unloaded" unload
	check "and what held up goes" rmmod slow_stores
	[[ ! -e $OPTIMIZED ]] || echo 1 >"$OPTIMIZED"
fi
finish
