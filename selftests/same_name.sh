#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another module has functions that are called as the ones hooked, and gives them what is no socket: they are none of the hook's business,
# whichever of the two modules comes first.
# shellcheck disable=SC2317 # functions are called by poll_until and check
. "$(dirname "$0")/lib.sh"

CALLS=100
FUNCTIONS=/sys/kernel/tracing/enabled_functions
KPROBES=/sys/kernel/debug/kprobes/list

[[ -e same_name.ko ]] || skip_all "no same_name.ko: no kernel to build it for"

# call WHEN: it counts what it was asked for, as it came back from each.
call() {
	local called
	called=$(<"/sys/module/same_name/parameters/calls")
	check "$1: they are called" fileio put /sys/module/same_name/parameters/call $CALLS
	check_is "$1: and nothing happens" $((2 * CALLS)) $(($(<"/sys/module/same_name/parameters/calls") - called))
}

# not_hooked WHEN: as far as the kernel lists what is hooked.
not_hooked() {
	[[ ! -r $FUNCTIONS ]] || check_is "$1: they are not hooked" "" "$(grep -F '[same_name]' $FUNCTIONS)"
	[[ ! -r $KPROBES ]] || check_is "$1: nor probed" "" "$(grep -F same_name $KPROBES)"
}

# works WHEN: the kernel's own, of the same names, are hooked as ever.
works() {
	background stuck a leak -k eof -n 5 -w 20000
	await stuck '^report .* aborted=5 ' >"$TMP/report"
	check "$1: the kernel's own are hooked" test -s "$TMP/report"
	ended stuck
	check_is "$1: and nothing was missed" 0 "$(stat_of a hook_missed)"
}

new_ns a || exit 1
for hook in ftrace tcp_fin; do
	unload
	check "hook=$hook: the other module is there first" insmod ./same_name.ko
	if ! load hook=$hook census_interval_s=0; then
		not_ok "hook=$hook: load"
		continue
	fi
	diag "$(template hook)"
	policy a close_wait/timeout_ms=300 mode=enforce
	not_hooked "hook=$hook, before"
	works "hook=$hook, before"
	call "hook=$hook, before"
	check "hook=$hook: the other module goes" rmmod same_name
	check "hook=$hook: and comes again" insmod ./same_name.ko
	not_hooked "hook=$hook, after"
	works "hook=$hook, after"
	call "hook=$hook, after"
	unload
	call "hook=$hook, without"
	rmmod same_name
done
finish
