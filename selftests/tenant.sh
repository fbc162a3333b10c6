#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A hostile tenant: root in a user namespace with a network namespace of its own. It piles up stuck sockets to exhaust max_tracked, fills
# its log, loads as many rules as there may be, keeps files open: the host and the other tenants are served as before.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

# Stuck sockets of the tenant, and max_tracked; a multiple of 32, so that shares come out even.
HOARD=$(($(amount 1600 102400) / 32 * 32))
LOGGED=$(amount 3000 1000000)
RULES=4096

# A tenant's root: made by an unprivileged user, in two steps, as files of a network namespace get their owner when it is made.
# Each is another user: all namespaces of one user have one share, and one budget.
declare -A uids=()
uid_of() {
	[[ -n ${uids[$1]:-} ]] || uids[$1]=$((65534 - ${#uids[@]}))
	uid=${uids[$1]}
}

# tenant NAME SCRIPT: a shell of the tenant's, with its loopback up and its own /sys.
tenant() {
	local uid
	uid_of "$1"
	background "$1" init setpriv --reuid "$uid" --regid "$uid" --clear-groups unshare --user --map-root-user unshare --net --mount \
		bash -c "trap 'kill -KILL \$(jobs -p); exit' TERM; mount -t sysfs sysfs /sys && ip link set lo up && $2"
}

# hoard_script N: 12,800 connections a listener; the next begins when all of the one before are in CLOSE_WAIT.
hoard_script() {
	local rest=$1 n script="sysctl -qw net.ipv4.ip_local_port_range='1024 65535';"
	for (( ; rest > 0; rest -= n)); do
		n=$((rest > 12800 ? 12800 : rest))
		script+=" hoard $n || exit;"
	done
	# The shell stays for as long as they do: it is who they are found by.
	# shellcheck disable=SC2016 # for the inner shell
	printf '%s' 'sysctl -qw net.ipv4.tcp_max_tw_buckets=1000000; hoard() {
		local out=$(mktemp)
		leak -k eof -n "$1" >$out 2>&1 &
		until grep -q ^ready $out; do
			kill -0 $! || { cat $out; return 1; }
			sleep 0.2
		done
		cat $out
	}; ' "$script" ' wait'
}

# hoarded NAME N: all of them are in CLOSE_WAIT.
hoarded() {
	(($(grep -c '^ready' "$(output "$1")") == ($2 + 12799) / 12800))
}

# hoard NAME N SECONDS: a tenant who does; what it printed, if it does not in that time.
hoard() {
	tenant "$1" "$(hoard_script "$2")"
	poll_until "$3" hoarded "$1" "$2" || {
		cat "$(output "$1")"
		return 1
	}
}

# found_by_census NAME N: it takes the kernel a while to end a namespace, and what is tracked in it.
found_by_census() {
	census init
	stat_is "@$1" close_wait_tracked "$2"
}

# The arithmetic of module/track/table.c: an eighth is the host's; a tenant holds no more than it leaves free.
shares() {
	local pool=$((HOARD * 7 / 8)) free line

	reload max_tracked="$HOARD" mode=observe close_wait_timeout_ms=3600000 census_interval_s=0 || exit 1
	# So many FINs at a time overrun the queue of the loopback device, and the peers that then wait are more orphans than the kernel has.
	host_sysctl net.ipv4.tcp_max_orphans=$((HOARD * 3)) fs.file-max=$((HOARD * 6)) net.ipv4.tcp_mem="1000000 1000000 1000000" \
		net.core.netdev_max_backlog=1000000 || exit 1
	hoard hog "$HOARD" $((100 + HOARD / 25)) >"$TMP/hoard"
	check_is "a tenant hoards $HOARD stuck sockets" "" "$(<"$TMP/hoard")"
	check "it is tracked up to half of what is for tenants" poll_until 30 stat_is @hog close_wait_tracked $((pool / 2))
	check "and is told of the others" poll_until 30 stat_at_least @hog track_failed $((HOARD - pool / 2))

	free=$((pool - pool / 2))
	hoard second $((HOARD / 4)) $((100 + HOARD / 100)) >"$TMP/hoard"
	check_is "a second one hoards" "" "$(<"$TMP/hoard")"
	check "and gets half of the rest" poll_until 30 stat_is @second close_wait_tracked $((free / 2))
	hoard small $((HOARD / 32)) 100 >"$TMP/hoard"
	check_is "a third one has a few" "" "$(<"$TMP/hoard")"
	check "and all of them are tracked" poll_until 30 stat_is @small close_wait_tracked $((HOARD / 32))
	check_is "none of them was refused" 0 "$(stat_of @small track_failed)"

	policy init close_wait/timeout_ms=500 mode=enforce
	background host init leak -k unread -n $((HOARD / 8)) -w 60000
	line=$(await host '^report' 300)
	ended host
	check_is "the host's own are tracked and reaped" $((HOARD / 8)) "$(field aborted "$line")"
	check_is "none of them was refused" 0 "$(stat_of init track_failed)"

	stop hog
	check "what the first one leaves is the others', once a census finds theirs" poll_until 300 found_by_census second $((HOARD / 4))
	stop second small
	knob init mode off
}

# So many ends in one namespace: the log stays as long as it may be, in order, and the last one is its last.
logged() {
	local lines rest n

	reload || exit 1
	policy a close_wait/timeout_ms=1 mode=enforce
	for ((rest = LOGGED; rest > 0; rest -= n)); do
		n=$((rest > 10000 ? 10000 : rest))
		in_ns a leak -k unread -n "$n" -w 300000 | tail -n 1 >"$TMP/logged"
		[[ $(field alive "$(<"$TMP/logged")") == 0 ]] || break
	done
	lines=$(proc_net a reaper/log)
	check_is "$LOGGED are reaped, and logged" "$LOGGED" "$(stat_of a close_wait_reaped)"
	check_is "the last one is its last" "$LOGGED" "$(tail -n 1 <<<"$lines" | awk '{ print $12 }')"
	check_is "and the first tells how many it has no more" $((LOGGED + 2 - $(wc -l <<<"$lines"))) "$(awk 'NR == 2 { print $12 }' <<<"$lines")"
	check "in order" sort -nc <(sed 1d <<<"$lines" | cut -d ' ' -f 1)
	check_is "and nobody else's log has any" 1 "$(proc_net b reaper/log | wc -l)"
}

# Rules that cost most, by one who has many sockets to judge by them: others are served on time.
rules() {
	local line writer i

	for ((i = 0; i < RULES; i++)); do
		echo "raddr 198.51.100.0/24 lport 1-65535 established_ms 77"
	done >"$TMP/rules"
	# One write(2), as that is one list.
	check "a list as long as may be is taken" in_ns a dd if="$TMP/rules" of=/proc/net/reaper/rules bs=2M count=1 conv=notrunc
	check_is "all of it" "$RULES" "$(proc_net a reaper/rules | wc -l)"
	echo "uid 1 exempt" >>"$TMP/rules"
	check "one rule more is not" fails in_ns a dd if="$TMP/rules" of=/proc/net/reaper/rules bs=2M count=1 conv=notrunc
	check_is "and changes nothing" "$RULES" "$(proc_net a reaper/rules | wc -l)"
	policy a close_wait/timeout_ms=0 mode=enforce
	background many a leak -k eof -n "$(many 5000)"
	await many '^ready' 200 >/dev/null
	# Long lists again and again, for whose lock the records of its own connections wait.
	# shellcheck disable=SC2016 # for the inner shell
	for writer in w1 w2 w3 w4; do
		background $writer a sh -c 'while :; do
			fileio put /proc/net/reaper/rules "raddr 198.51.100.0/24 lport 1-65535 established_ms 77\n" "$1" || exit
		done' sh "$RULES"
	done
	background busy a sh -c 'while :; do churn -s 2; done'
	policy b close_wait/timeout_ms=500 mode=enforce
	background other b leak -k eof -n 10 -w 60000
	line=$(await other '^report' 70)
	ended other
	check_is "beside $RULES rules, written all the time, and $(many 5000) sockets, another's are reaped" 10 "$(field aborted "$line")"
	check_between "and soon, ms" 500 15000 "$(field max_ms "$line")"
	check "the writers still write" poll_until 5 grep -q '^ok' "$(output w1)"
	stop busy w1 w2 w3 w4
	stop many
}

fails() {
	! "$@"
}

# Files that its root keeps open outlive neither the namespace nor the module, and say nothing of what came after.
kept_open() {
	local line

	# shellcheck disable=SC2016 # for the inner shell
	tenant keeper 'exec 5<>/proc/net/reaper/rules 6<>/proc/sys/net/tcp_reaper/mode 7<>/sys/class/tcp_reaper/self/mode
		trap "for fd in 5 6 7; do echo off >&\$fd && echo wrote \$fd; done; echo tried" USR1
		fileio hold /proc/net/reaper/* /sys/class/tcp_reaper/self/mode &
		trap "kill $!" USR2
		wait; wait; wait'
	await keeper '^ready' >/dev/null
	check "the module is unloaded while a tenant keeps its files open" unload
	check "and loaded again" load
	signal keeper USR1
	await keeper '^tried' >/dev/null
	check_is "what the tenant writes to its old files goes nowhere" 0 "$(grep -c '^wrote' "$(output keeper)")"
	check_is "the new ones are as they were made" observe "$(nsenter -t "$(pid_of keeper)" -n cat /proc/sys/net/tcp_reaper/mode)"
	signal keeper USR2
	line=$(await keeper '^hold')
	check_is "and it reads nothing strange" 0 "$(field strange "$line")"
	check_between "but reads that they are gone" 1 1000000000 "$(field gone "$line")"
	stop keeper
}

patched() {
	awk '$1 == "patched" { print $2 }' /sys/kernel/tracing/kprobe_profile
}

# A tenant who turns its mode to and fro does not have the kernel's code patched, for which all CPUs would have to stop.
switched() {
	local event=/sys/kernel/tracing/events/tcp_reaper_test line patched

	if ! grep -qw arch_jump_label_transform_apply /proc/kallsyms; then
		skip "the kernel is not patched when a tenant writes" "no static keys in this kernel"
		return
	fi
	reload mode=off || exit 1
	template mode observe
	policy init mode=observe
	echo 'p:tcp_reaper_test/patched arch_jump_label_transform_apply' >>/sys/kernel/tracing/kprobe_events
	echo 1 >$event/patched/enable
	# shellcheck disable=SC2016 # for the inner shell
	tenant switcher 'cd /sys/class/tcp_reaper/self && while ((SECONDS < 4)); do
		echo observe >mode && echo off >mode && n=$((n + 1)) || break; done; echo "switched n=$n"'
	line=$(await switcher '^switched' 60)
	ended switcher
	patched=$(patched)
	check "a tenant turns its mode to and fro: $(field n "$line") times" test "$(field n "$line")" -gt 40
	check_is "and the kernel is not patched" 0 "$patched"
	echo 0 >$event/patched/enable
	echo '-:tcp_reaper_test/patched' >>/sys/kernel/tracing/kprobe_events
}

new_ns a b || exit 1
load || exit 1
switched
reload || exit 1
shares
logged
rules
kept_open
finish
