#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A namespace's policy, counters and sockets are its own, and so is what /sys and /proc show in it. With tracked sockets in it, it
# goes away as before; a thousand of them come and go, and leave nothing.
. "$(dirname "$0")/lib.sh"

# How much longer making and ending a namespace may take with the module. It makes some 60 files in each: a third more time to make one,
# and none to end it. The rest is for the clock of a virtual machine whose host has other things to do; so is taking the better of two.
FACTOR=3
MANY=$(many 100)
THOUSAND=$(amount 1000 10000)

now() {
	local t=$EPOCHREALTIME
	echo $((${t/./} / 1000))
}

# entries N: so many sockets are tracked, in all namespaces together; to the page, as the kernel counts.
# shellcheck disable=SC2317 # for poll_until
entries() {
	awk -v n="$1" '$1 == "tcp_reaper_entry" && $2 >= n { found = 1 } END { exit !found }' /proc/slabinfo
}

# shellcheck disable=SC2317 # for poll_until
gone_from() {
	! ip -n "$(ns_name "$1")" link show veth0
}

# Waits until no namespace that was given up before is still being torn down. The kernel does that in batches, one after the other: when
# the first guard's device is gone, its batch is the last one to have any of them; when the second's is, that batch has ended.
# all_gone SECONDS
all_gone() {
	for _ in 1 2; do
		new_ns guard watcher && veth_pair guard watcher || return 1
		del_ns guard
		poll_until "$1" gone_from watcher || return 1
		del_ns watcher
	done
}

# Makes MANY namespaces with stuck sockets, lets all go at once. Sets made_ms and ended_ms.
time_many() {
	local began out
	began=$(now)
	# shellcheck disable=SC2016 # for the inner shell
	background many init sh -c 'exec netnses "-n$1" "-l$1" -w <"$2"' sh "$MANY" "$TMP/go"
	out=$(await many '^ready' 300) || {
		echo "$out"
		return 1
	}
	made_ms=$(($(now) - began))
	if loaded; then
		# Untracked, they would prove nothing.
		poll_until 10 entries "$MANY" || return 1
	fi
	began=$(now)
	echo >&"$go"
	ended many
	all_gone 60 || return 1
	ended_ms=$(($(now) - began))
}

# lesser NUMBER [NUMBER]: the smaller one.
lesser() {
	printf '%s\n' "$@" | sort -n | head -n 1
}

separate() {
	local line before

	policy a close_wait/timeout_ms=500 mode=enforce
	policy b close_wait/timeout_ms=77 mode=observe
	check_is "policies are their own" "enforce 500 observe 77 observe 3600000" \
		"$(for ns in a b init; do echo "$(knob $ns mode) $(knob $ns close_wait/timeout_ms)"; done | paste -sd ' ')"
	check_is "sysctls too" "500 77" "$(sysctl_knob a close_wait_timeout_ms) $(sysctl_knob b close_wait_timeout_ms)"

	before=$(stats init | grep -v census_runs)
	background in_b b leak -k eof -n 7
	await in_b '^ready' >/dev/null
	background in_a a leak -k eof -n 5 -w 10000
	line=$(await in_a '^report')
	ended in_a
	check_is "those of the one are reaped" 5 "$(field aborted "$line")"
	check_is "and counted there" "5 0" "$(stat_of a close_wait_reaped) $(stat_of a close_wait_would_reap)"
	check "those of the other would be" poll_until 3 stat_is b close_wait_would_reap 7
	check_is "but are not" "0 7" "$(stat_of b close_wait_reaped) $(count_tcp b CLOSE_WAIT)"
	check_is "each lists its own" "0 7" \
		"$(for ns in a b; do proc_net $ns reaper/sockets | sed 1d | wc -l; done | paste -sd ' ')"
	check_is "the third counted nothing" "$before" "$(stats init | grep -v census_runs)"
	stop in_b
}

# A namespace is its processes' and sockets', not ours; a file held open from outside does not keep it either.
goes_away() {
	local line

	new_ns c && veth_pair c b || exit 1
	background in_c c leak -k eof -n 50
	await in_c '^ready' >/dev/null
	check "50 are tracked" poll_until 3 stat_is c close_wait_tracked 50
	background reader c nsenter --net=/proc/1/ns/net fileio hold /sys/class/tcp_reaper/self/{mode,close_wait/timeout_ms,stats/adopted}
	await reader '^ready' >/dev/null
	stop in_c
	del_ns c
	check "a namespace goes away with its files open and its sockets tracked" poll_until 10 gone_from b
	check "and is really gone" all_gone 60
	signal reader TERM
	line=$(await reader '^hold')
	ended reader
	check_is "its files end in no strange way" 0 "$(field strange "$line")"
	check_between "but end" 3 1000000 "$(field gone "$line")"
	check_between "and were read before" 3 100000000 "$(field good "$line")"
}

other() {
	proc_net init reaper/others | awk -v name="$1" '$1 == name { print $2 }'
}

# shellcheck disable=SC2317 # for poll_until
other_is() {
	[[ $(other "$1") == "$2" ]]
}

# all_ended: of all that was taken in elsewhere a counter says how it ended.
# shellcheck disable=SC2317 # for poll_until
all_ended() {
	proc_net init reaper/others | awk '{ v[$1] = $2 } END { exit v["close_wait_taken"] != v["close_wait_recovered"] + v["close_wait_reaped"] + \
		v["close_wait_evicted"] + v["close_wait_forgotten"] }'
}

# What a namespace counted is in the host's sum when it is gone, and stays there; no other one sees that sum.
others_stay() {
	local reaped age before forgotten

	reaped=$(other close_wait_reaped)
	forgotten=$(other close_wait_forgotten)
	before=$(stats init | grep -v census_runs)
	new_ns d e
	policy d close_wait/timeout_ms=500 mode=enforce
	background in_d d leak -k eof -n 30 -w 10000
	await in_d '^report' >/dev/null
	ended in_d
	check "30 reaped elsewhere are in the sum" poll_until 5 other_is close_wait_reaped $((reaped + 30))
	age=$(other close_wait_age_ms_sum)
	check_between "their ages are added up, ms" 15000 3000000 "$age"
	check_between "and counted" 30 100000 "$(other close_wait_age_ms_le_inf)"
	check_is "the initial namespace's own counters are another thing" "$before" "$(stats init | grep -v census_runs)"
	background in_d d leak -k eof -n 5
	policy d close_wait/timeout_ms=3600000
	check "5 more are tracked there" poll_until 5 stat_is d close_wait_tracked 5
	policy d mode=off
	check "those that are forgotten there are in the sum" poll_until 5 other_is close_wait_forgotten $((forgotten + 5))
	stop in_d
	check "another namespace does not see the sum" in_ns e test ! -e /proc/net/reaper/others -a -e /proc/net/reaper/stats
	del_ns d
	check "when it is gone" all_gone 60
	check_is "what it counted stays" $((reaped + 30)) "$(other close_wait_reaped)"
	check "and of all that was taken in it says how it ended" poll_until 5 all_ended
	del_ns e
}

# From 6.1 on a namespace may have an established hash of its own, where a walk over the common one finds nothing.
own_hash() {
	local sysctl=/proc/sys/net/ipv4/tcp_child_ehash_entries before size line

	if [[ ! -e $sysctl ]]; then
		skip "a namespace with an established hash of its own" "one hash for all namespaces"
		return
	fi
	before=$(<$sysctl)
	echo 64 >$sysctl
	new_ns own
	echo "$before" >$sysctl
	size=$(in_ns own cat /proc/sys/net/ipv4/tcp_ehash_entries)
	check_is "a namespace has a hash of its own" 64 "$size"
	background in_own own leak -k eof -n 20 -w 30000
	await in_own '^ready' >/dev/null
	check "the hook's finds are found in it" poll_until 3 stat_is own close_wait_tracked 20
	knob own mode off
	check_is "forgotten" 0 "$(stat_of own close_wait_tracked)"
	policy own close_wait/timeout_ms=500 mode=observe
	check "a census finds them" poll_until 5 stat_is own adopted 20
	knob own mode enforce
	line=$(await in_own '^report')
	ended in_own
	check_is "they are reaped" 20 "$(field aborted "$line")"
	background in_own own leak -k eof -n 20
	await in_own '^ready' >/dev/null
	stop in_own
	del_ns own
	check "it goes away" all_gone 60
}

# Files of a namespace that are still open when it is gone, by who has left it: they do not keep it, and say so.
left_open() {
	new_ns left
	background left_it left bash -c "exec 3>/sys/class/tcp_reaper/self/mode 4>/proc/sys/net/tcp_reaper/mode 5>/proc/net/reaper/rules
		exec nsenter --net=/proc/1/ns/net bash -c 'echo ready; until [[ -e $TMP/left ]]; do sleep 0.1; done
			for fd in 3 4 5; do echo off >&\$fd; done 2>&1 | sed s/.*:/said:/'"
	await left_it '^ready' >/dev/null || return
	del_ns left
	check "a namespace whose files are open goes away" all_gone 60
	touch "$TMP/left"
	ended left_it
	check_is "and they take nothing any more" $'said: No such device\nsaid: No such file or directory\nsaid: Input/output error' \
		"$(grep '^said' "$(output left_it)")"
}

mkfifo "$TMP/go"
exec {go}<>"$TMP/go"

plain_made='' plain_ended='' with_made='' with_ended=''
for _ in 1 2; do
	unload
	time_many || exit 1
	plain_made=$(lesser "$made_ms" ${plain_made:+"$plain_made"}) plain_ended=$(lesser "$ended_ms" ${plain_ended:+"$plain_ended"})
	load || exit 1
	time_many || exit 1
	with_made=$(lesser "$made_ms" ${with_made:+"$with_made"}) with_ended=$(lesser "$ended_ms" ${with_ended:+"$with_ended"})
done
diag "$MANY namespaces: made in $plain_made ms without the module, $with_made ms with it; gone in $plain_ended ms, $with_ended ms"
check_between "$MANY namespaces are made as fast as before, ms" 1 $((plain_made * FACTOR)) "$with_made"
check_between "$MANY namespaces go away as fast as before, ms" 1 $((plain_ended * FACTOR)) "$with_ended"

new_ns a b
check_is "a new namespace starts from the template" "observe 3600000 300000" \
	"$(knob a mode) $(knob a close_wait/timeout_ms) $(knob a orphan/timeout_ms)"
separate
others_stay
goes_away
left_open
own_hash

background thousand init netnses -n "$THOUSAND" -l 20
await thousand '^netnses' 3000 >/dev/null
ended thousand
check_is "$THOUSAND namespaces with stuck sockets come and go" 0 $?
# It takes the kernel some 40 ms to end one, with the module or without.
check "and are gone" all_gone $((60 + THOUSAND / 10))
# What is left of them would be in the way of this, and be complained of.
check "the module can be unloaded" unload
check_is "and leaves no slab" "" "$(grep tcp_reaper /proc/slabinfo)"
finish
