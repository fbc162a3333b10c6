#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is hooked is said, and counts each transition once; the same sockets are found by any hook, and by none; one that has gone blind
# is noticed and replaced.
. "$(dirname "$0")/lib.sh"

KPROBES=/sys/kernel/debug/kprobes

# shellcheck disable=SC2317 # for poll_until
hook_says() {
	[[ $(template hook) =~ $1 ]]
}

# exact HOOK FAMILY N ORPHANS COMMAND...: the command opens N connections and ends them: one FIN of each leads to CLOSE_WAIT, and
# ORPHANS in all are closed while the other end does not know yet.
exact() {
	local hook=$1 family=$2 n=$3 orphans=$4 closed owners
	shift 4
	closed=$(stat_of a close_wait_seen) owners=$(stat_of a orphan_seen)
	in_ns a "$@" >"$TMP/exact" 2>&1 || not_ok "$hook, $family: $(<"$TMP/exact")"
	poll_until 3 stat_is a orphan_seen $((owners + orphans))
	# Whatever is yet to come, comes with the next tick: what is in the ring is settled before a census.
	census a
	check_is "$hook, $family: $n connections are $n CLOSE_WAITs and $orphans orphans-to-be" "$n $orphans" \
		"$(($(stat_of a close_wait_seen) - closed)) $(($(stat_of a orphan_seen) - owners))"
}

# found HOOK FAMILY OPTION...: stuck sockets of each class are tracked.
found() {
	local hook=$1 family=$2
	shift 2
	background stuck a leak -k eof -n 12 "$@"
	background orphans a orphans -s fin_wait1 -n 12 "$@"
	await stuck '^ready' >/dev/null
	await orphans '^ready' >/dev/null
	check "$hook, $family: stuck sockets are found" poll_until 5 stat_is a close_wait_tracked 12
	check "$hook, $family: orphans are found" poll_until 5 stat_is a orphan_tracked 12
	stop stuck orphans
	check "$hook, $family: and forgotten" poll_until 15 tracks_nothing
}

# shellcheck disable=SC2317 # for poll_until
tracks_nothing() {
	stat_is a close_wait_tracked 0 && stat_is a orphan_tracked 0
}

# hooked PARAMETER REGEX: with this hook.
hooked() {
	local hook=$1 lost

	reload hook="$hook" census_interval_s=0 || return
	check "hook=$hook: said to be /$2/" hook_says "$2"
	diag "$(template hook)"
	check "hook=$hook: the census of the beginning" poll_until 10 stat_at_least a census_runs 1
	exact "$hook" IPv4 100 200 churn -4 -n 100
	exact "$hook" IPv6 100 200 churn -6 -n 100
	# A process that dies closes its sockets last ones first. Of a half-closed connection that is the end in CLOSE_WAIT here, which
	# ends the other, whose owner has nothing to let go of any more.
	exact "$hook" dual-stack 20 20 leak -m -k eof -n 20 -w 1
	found "$hook" IPv4 -4
	found "$hook" IPv6 -6
	found "$hook" dual-stack -m
	lost="$(stat_of a hook_missed) $(stat_of a queue_lost) $(stat_of a adopted)"
	check_is "hook=$hook: nothing was missed or lost, or found otherwise" "0 0 0" "$lost"
	check "hook=$hook: no hit was skipped" hook_says "nmissed 0"
}

unhooked() {
	reload hook=none census_interval_s=1 || return
	check "hook=none: said to be none" hook_says '^none, census only'
	diag "$(template hook)"
	found none IPv4 -4
	found none IPv6 -6
	found none dual-stack -m
	check_is "hook=none: all by the census" 72 "$(stat_of a adopted)"
	check_is "hook=none: which blames nobody" 0 "$(stat_of a hook_missed)"
}

bad_words() {
	local word
	unload
	for word in "" nothing tcp_fin,tcp_set_state tcp_close 0; do
		check "hook=$word is refused" refused hook="$word"
	done
	for word in 0 15 17 2000 x -16 2097152; do
		check "nursery_records=$word is refused" refused nursery_records="$word"
	done
}

# shellcheck disable=SC2317 # for check
refused() {
	! load "$@" && ! loaded
}

# with_hook HOOK: with this hook, past the censuses that adopt, and with something reported.
with_hook() {
	reload hook="$1" census_interval_s=0 || return
	poll_until 10 stat_at_least a census_runs 1
	census a
	dmesg_mark blind
}

# shellcheck disable=SC2317 # for check
refused_off() {
	! echo 0 2>/dev/null >"$1"
}

# Who has hooked by ftrace keeps it on; where it is off, kprobes would be blind as well, and another hook is found.
ftrace_off() {
	local enabled=/proc/sys/kernel/ftrace_enabled word

	if [[ ! -e $enabled || $BEST != ^ftrace* ]]; then
		skip "ftrace that is switched off" "not hooked by ftrace"
		return
	fi
	reload hook=ftrace || return
	check "ftrace is not switched off under the hook" refused_off "$enabled"
	found "after the attempt" IPv4 -4
	unload
	echo 0 >$enabled
	for word in auto tcp_fin tcp_set_state; do
		reload hook=$word census_interval_s=0 || return
		case $word in
		tcp_set_state) check "ftrace is off, hook=$word: none" hook_says '^none, census only' ;;
		*) check "ftrace is off, hook=$word: the tracepoint" hook_says '^tracepoint inet_sock_set_state' ;;
		esac
		diag "$(template hook)"
		[[ $word == tcp_set_state ]] || found "ftrace is off, hook=$word" IPv4 -4
	done
	unload
	echo 1 >$enabled
}

# A hook that sees nothing of a socket of the module's own, when it is loaded, gives way to the next one. One that goes blind later stays, and
# hook_missed counts what a census finds in its place.
blind_kprobes() {
	if [[ ! -e $KPROBES/enabled ]] && ! mount -t debugfs debugfs /sys/kernel/debug; then
		skip "kprobes that are switched off" "no debugfs"
		return
	fi
	unload
	echo 0 >$KPROBES/enabled
	dmesg_mark blind
	load hook=tcp_set_state census_interval_s=0
	check "kprobes are off at load: the next hook is taken" hook_says '^none, census only.*a better hook was blind'
	check "the log says so" test "$(dmesg_since blind | grep -c 'tcp_reaper: hook: .* sees nothing')" = 1
	echo 1 >$KPROBES/enabled
	policy a close_wait/timeout_ms=100 mode=enforce
	background census_only a leak -k eof -n 8 -w 20000
	await census_only '^ready' >/dev/null
	census a
	check "without a hook sockets are reaped" await census_only '^report .* aborted=8 '
	ended census_only
	policy a close_wait/timeout_ms=0 mode=observe

	with_hook tcp_set_state || return
	echo 0 >$KPROBES/enabled
	background unseen a leak -k eof -n 8
	await unseen '^ready' >/dev/null
	# Younger ones, the hook might still have been about to tell of.
	check "kprobes go off later: sockets grow old" poll_until 5 aged a 1100 8
	census a
	check "and are found all the same" poll_until 5 stat_is a close_wait_tracked 8
	check "hook_missed counts them" poll_until 5 stat_is a hook_missed 8
	echo 1 >$KPROBES/enabled
	stop unseen

	reload hook=auto || return
	check "loaded anew, it sees again" hook_says "$BEST"
	found "after blindness" IPv4 -4
}

# What "auto" comes to: ftrace where it hands out arguments, kprobes elsewhere.
best_hook() {
	load hook=ftrace || return
	hook_says '^ftrace ' && BEST='^ftrace tcp_fin, tcp_close; nmissed 0$' || BEST=$FIN_CLOSE
	unload
}

FIN_CLOSE='^kprobe tcp_fin \((ftrace|jump|breakpoint)\), tcp_close \((ftrace|jump|breakpoint)\); nmissed 0$'
new_ns a || exit 1
best_hook || exit 1
load || exit 1
hooked auto "$BEST"
hooked tcp_fin "$FIN_CLOSE"
hooked tracepoint '^tracepoint inet_sock_set_state; nmissed 0$'
hooked tcp_set_state '^kprobe tcp_set_state \((ftrace|jump|breakpoint)\); nmissed 0$'
unhooked
bad_words
ftrace_off
blind_kprobes
finish
