#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /proc/net/reaper/trial: values that are set with an end to them. They hold at once and together, and at the end go back to what they were,
# whoever set them is gone; "keep" has them stay. What anybody sets meanwhile stays as set. A namespace may end, or the module go, meanwhile;
# a tenant with many, and writers who race, hold up nobody.
# shellcheck disable=SC2317 # functions are called by check and poll_until
. "$(dirname "$0")/lib.sh"

TRIAL=/proc/net/reaper/trial
NAMESPACES=$(amount 100 2000)
WRITES=$(amount 300 20000)

# put NS TEXT: what came of it.
put() {
	in_ns "$1" fileio put $TRIAL "$2"
}

# trial NS: without the time that is left.
trial() {
	proc_net "$1" reaper/trial | grep -v '^left_ms' | paste -sd ,
}

left() {
	proc_net "$1" reaper/trial | sed -n 's/^left_ms //p'
}

no_trial() {
	[[ -z $(proc_net "$1" reaper/trial) ]]
}

# values NS: of the knobs that are tried here.
values() {
	echo "$(knob "$1" mode) $(knob "$1" close_wait/timeout_ms) $(knob "$1" orphan/max)"
}

values_are() {
	[[ $(values "$1") == "$2" ]]
}

goes_back() {
	local start line

	policy a mode=observe close_wait/timeout_ms=3600000 orphan/max=1 orphan/timeout_ms=0
	check_is "with no trial there is nothing to read" "" "$(proc_net a reaper/trial)"
	background leaked a leak -k eof -n 5 -w 20000
	await leaked '^ready' >/dev/null || exit 1
	start=$(now_ms)
	check_is "a trial is taken" ok "$(put a '3000 close_wait/timeout_ms=500 mode=enforce')"
	check_is "and holds at once" "enforce 500 1" "$(values a)"
	check_is "it reads as what is, and was" "mode enforce observe,close_wait/timeout_ms 500 3600000" "$(trial a)"
	check_between "and how long it lasts, ms" 1 3000 "$(left a)"
	check "what is due goes meanwhile" poll_until 2 stat_is a close_wait_reaped 5
	ended leaked
	check "it goes back" poll_until 10 no_trial a
	check_between "when its time is over, ms" 3000 $((3000 + $(slack 1500))) $(($(now_ms) - start))
	check_is "to what was" "observe 3600000 1" "$(values a)"
	background later a leak -k eof -n 3
	await later '^ready' >/dev/null || exit 1
	check "which is in force" poll_until 5 stat_is a close_wait_tracked 3
	pause 1
	check_is "and touches nothing" "5 3" "$(stat_of a close_wait_reaped) $(count_tcp a CLOSE_WAIT)"

	put a '1000 mode=off' >/dev/null
	check_is "off for a time" "0 0" "$(stat_of a close_wait_tracked) $(proc_net a reaper/sockets | grep -c close_wait)"
	check "and they are found again" poll_until 10 stat_is a close_wait_tracked 3
	check_is "without blame for the hook" 0 "$(stat_of a hook_missed)"
	stop later
}

is_kept() {
	check_is "none is kept where there is none" ENOENT "$(put a keep)"
	put a '1500 orphan/max=7' >/dev/null
	check_is "one is kept" ok "$(put a keep)"
	check_is "and ends" "" "$(proc_net a reaper/trial)"
	check_is "only once" ENOENT "$(put a 'keep\n')"
	pause 2
	check_is "what was tried stays" "observe 3600000 7" "$(values a)"
}

set_meanwhile() {
	put a "$(slack 1500) orphan/max=8 close_wait/timeout_ms=600000 mode=enforce" >/dev/null
	knob a mode off
	sysctl_knob a close_wait_timeout_ms 600000
	check_is "what is set meanwhile is no trial's, not even as it was" "orphan/max 8 7" "$(trial a)"
	check "the rest goes back" poll_until 10 values_are a "off 600000 7"
	put a "$(slack 1500) orphan/max=8" >/dev/null
	knob a orphan/max 9
	check "a trial of which nothing is left is over" no_trial a
	check_is "as it says" ENOENT "$(put a keep)"

	policy a mode=observe orphan/max=7
	put a '1000 orphan/max=8' >/dev/null
	check_is "a second one" ok "$(put a '604800000 orphan/max=10 mode=off')"
	check_between "has the time of both, ms" 604790000 604800000 "$(left a)"
	check_is "and goes back to what was before the first" "mode off observe,orphan/max 10 7" "$(trial a)"
	put a '1 mode=off' >/dev/null
	check "both" poll_until 5 values_are a "observe 600000 7"
}

is_refused() {
	local text errno before wrong=

	put a '100000 orphan/max=8' >/dev/null
	before="$(values a) $(trial a)"
	while read -r errno text; do
		[[ $(put a "$text") == "$errno" ]] || wrong+=" $text: $(put a "$text"), not $errno;"
	done <<-'END'
		EINVAL 1000
		EINVAL 1000 orphan/max=8\n mode=off
		EINVAL 1000\s
		EINVAL mode=off
		EINVAL \s1000\smode=off
		EINVAL -1\smode=off
		EINVAL 01\smode=off
		EINVAL 1000s\smode=off
		EINVAL 1000\smode
		EINVAL 1000\smode=
		EINVAL 1000\smode=of
		EINVAL 1000\s=off
		EINVAL 1000\smode=off\s
		EINVAL 1000\s\smode=off
		EINVAL 1000\smode=off\smode=off
		EINVAL 1000\smode=off\sorphan.max=1
		EINVAL 1000\smode=off\sorphan_max=1
		EINVAL 1000\smode=off\smax=1
		EINVAL 1000\smode=off\srules=none
		EINVAL 1000\smode=off\0\sorphan/max=1
		EINVAL kept
		EINVAL keep\smode=off
		ERANGE 0\smode=off
		ERANGE 604800001\smode=off
		ERANGE 18446744073709551617\smode=off
		ERANGE 1000\smode=off\sorphan/max=4294967296
		ERANGE 1000\smode=off\sorphan/kernel_sockets=2
	END
	check_is "what is none is refused" "" "$wrong"
	check_is "and changes nothing" "$before" "$(values a) $(trial a)"
	put a keep >/dev/null
}

# Four who set trials and settings as fast as they can; "keep" is none's. Both values of a knob were somebody's wish.
race() {
	local i

	policy a orphan/max=1 close_wait/timeout_ms=1000 mode=observe
	for i in 1 2 3 4; do
		# shellcheck disable=SC2016 # for the inner shell
		background "racer$i" a sh -c 'i=0; while [ $i -lt "$1" ]; do echo "$2" >'$TRIAL'; i=$((i + 1)); done' sh "$WRITES" \
			"$((i * 3)) orphan/max=$((i + 1)) mode=$([[ $i == 1 ]] && echo off || echo enforce)"
	done
	# shellcheck disable=SC2016 # for the inner shell
	background knobs a sh -c 'i=0; while [ $i -lt "$1" ]; do echo 77 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms; i=$((i + 1)); done' sh "$WRITES"
	for i in racer1 racer2 racer3 racer4 knobs; do
		ended "$i"
		check_is "$i: each write was taken" 0 $?
	done
	check "after any number of trials it is as before the first" poll_until 10 values_are a "observe 77 1"
	check "and there is none" no_trial a
}

# A user's many, all over in the same moment, beside the host's.
many_at_once() {
	local start ended

	# shellcheck disable=SC2016 # for the inner shells
	background tenant init setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user bash -c '
		for ((i = 0; i < $1; i++)); do
			unshare --net sh -c "echo 8000 mode=off orphan/max=3 >'$TRIAL'; exec sleep 1000" &
		done
		echo ready
		wait' bash "$NAMESPACES"
	await tenant '^ready' 60 >/dev/null || exit 1
	pause 5
	start=$(now_ms)
	for ((i = 0; i < 10; i++)); do
		put a '100 orphan/max=5' >/dev/null
		check "beside $NAMESPACES of a tenant's it goes back" poll_until 3 no_trial a
	done
	ended=$(($(now_ms) - start))
	check_between "ten in a row, ms" 1000 $((1000 + $(slack 6000))) $ended
	pkill -P "$(pid_of tenant)"
	stop tenant
}

ends_meanwhile() {
	new_ns b c || exit 1
	put b '1000 mode=off' >/dev/null
	del_ns b
	put c '1000 mode=off' >/dev/null
	put a '1500 orphan/max=5' >/dev/null
	pause 1.5
	check "a namespace that ended with one disturbs no other" poll_until 5 no_trial a
	put c '2000 mode=off close_wait/timeout_ms=5' >/dev/null
	check "the module goes amid one" unload
	load || exit 1
	check_is "and knows of none when it comes" "observe 3600000 0 " "$(values c) $(trial c)"
	pause 2
	check_is "nor later" "observe 3600000 0 " "$(values c) $(trial c)"
}

new_ns a || exit 1
load || exit 1
goes_back
is_kept
set_meanwhile
is_refused
race
many_at_once
ends_meanwhile
finish
