#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What was reaped and is open still: a program that leaks 40 sockets has them reaped, and its descriptors stay. Who it is, and how many
# descriptors it has left, is in diagnose, list and metrics until it closes them.
# shellcheck source-path=SCRIPTDIR disable=SC2016,SC2317 # for inner shells; functions are called through check and poll_until
. "$(dirname "$0")/lib.sh"

command -v reaperctl >/dev/null || skip_all "no reaperctl"

UNIT=tcpr-$$.service
CGROUP=/sys/fs/cgroup/system.slice/$UNIT

tool() {
	reaperctl -n "$(ns_name a)" "$@" >"$TMP/out"
}

# shows LINE ARGS...: it prints that line, among others.
shows() {
	local line=$1
	shift
	tool "$@"
	grep -qxF -- "$line" "$TMP/out" && return
	cat "$TMP/out"
	return 1
}

listed_is() {
	tool list -v left && (($(grep -c " left .*users:((\"culprit\",pid=$pid,fd=" "$TMP/out") == $1))
}

# service NAME CGROUP LIMIT N: a culprit in a cgroup, with so many descriptors at most.
service() {
	mkdir -p "$2" || return 1
	background "$1" init sh -c 'echo $$ >"$0/cgroup.procs" && ulimit -n "$1" && shift && exec "$@"' "$2" "$3" \
		ip netns exec "$(ns_name a)" culprit leaked "$4"
	await "$1" '^ready' >/dev/null
}

new_ns a || exit 1
load mode=observe close_wait_timeout_ms=100 || exit 1
service leaky "$CGROUP" 56 40 || exit 1
pid=$(field pid "$(await leaky '^ready')")
check "40 tracked" poll_until 10 stat_is a close_wait_tracked 40
check "before: none is left" shows 'tcp_reaper_unit_left{unit="tcpr-'$$'"} 0' metrics -U "tcpr-$$"
policy a mode=enforce
check "40 reaped" poll_until 10 stat_is a close_wait_reaped 40
fds=$(find "/proc/$pid/fd" -type l | wc -l)
check_between "their descriptors stay, beside a listener and what it was started with" 44 48 "$fds"
check "list: nothing is tracked" shows \
	'CLASS  STATE  AGE  IDLE  RECV-Q  SEND-Q  LOCAL  REMOTE  VERDICT  HOLDER' list
check "list -v left: 40, with process and descriptor" listed_is 40
check "diagnose says so" shows \
	"culprit in $UNIT, pid $pid, uid 0: 40 reaped, not closed; $fds of 56 descriptors: restart it" diagnose
check "diagnose -U as well" shows \
	"culprit in $UNIT, pid $pid, uid 0: 40 reaped, not closed; $fds of 56 descriptors: restart it" diagnose -U "tcpr-$$"
check "metrics: what is left of the program" shows 'tcp_reaper_holder_left{comm="culprit"} 40' metrics -H culprit -U "tcpr-$$"
check "metrics: of the unit" grep -qxF 'tcp_reaper_unit_left{unit="tcpr-'$$'"} 40' "$TMP/out"
check "metrics: its descriptors" grep -qxF 'tcp_reaper_unit_descriptors{unit="tcpr-'$$'"} '"$fds" "$TMP/out"
check "metrics: and their limit" grep -qxF 'tcp_reaper_unit_descriptors_limit{unit="tcpr-'$$'"} 56.000' "$TMP/out"

signal leaky USR1
check "it closes them" await leaky '^closed n=40'
check "diagnose: nothing is left" shows 'no socket lingers' diagnose
check "list -v left: none" listed_is 0
check "metrics: none" shows 'tcp_reaper_unit_left{unit="tcpr-'$$'"} 0' metrics -U "tcpr-$$"
stop leaky

# A user leaks as well, under a name that clears the screen, and hands what was reaped to a service of root's.
cp "$(command -v culprit)" "$TMP/x"$'\033[2J'
chmod -R go+rX "$TMP"
background user a setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/x"$'\033[2J' leaked 5
await user '^ready' >/dev/null || exit 1
pid=$(field pid "$(await user '^ready')")
check "the user's are reaped" poll_until 10 stat_is a close_wait_reaped 45
tool diagnose
check "diagnose: the user's, its name escaped" grep -qE \
	"^x\\\\x1b\\[2J[^,]*, pid $pid, uid 65534: 5 reaped, not closed; [0-9]+ of [0-9]+ descriptors: it has to close them\$" "$TMP/out"
background service init sh -c 'echo $$ >"$0/cgroup.procs" && exec culprit takes "$1"' "$CGROUP" "$pid"
line=$(await service '^ready') || exit 1
stop user
pid=$(field pid "$line")
check "list -v left: the service has them now" listed_is 5
check "diagnose: which is no fault of its" shows 'no socket lingers' diagnose
check "metrics: nor there" shows 'tcp_reaper_unit_left{unit="tcpr-'$$'"} 0' metrics -U "tcpr-$$"
stop service

# An upgrade begins a new log: what that knew is told by what the descriptors are, where they are nearly used up.
if [[ -e /vm/config && -n ${TCP_REAPER_KO:-} ]]; then
	service again "$CGROUP" 56 40 || exit 1
	background busy a sh -c 'ulimit -n 56 && exec culprit idle 40'
	await busy '^ready' >/dev/null || exit 1
	pid=$(field pid "$(await again '^ready')")
	check "40 more reaped" poll_until 10 stat_is a close_wait_reaped 85
	cp "$TCP_REAPER_KO" "/lib/modules/$(uname -r)/tcp_reaper.ko"
	depmod -a
	check "reload" reaperctl reload
	check_is "the counters go on" 85 "$(stat_of a close_wait_reaped)"
	fds=$(find "/proc/$pid/fd" -type l | wc -l)
	check "diagnose: sockets without a connection" shows \
		"culprit in $UNIT, pid $pid, uid 0: $fds of 56 descriptors, 40 of them TCP sockets without a connection in this network namespace: restart it, unless it uses another one" diagnose
	check_is "live connections are none" 0 "$(grep -c "pid $(pid_of busy)," "$TMP/out")"
	signal again USR1
	check "it closes them, too" await again '^closed n=40'
	tool diagnose
	check_is "diagnose: no more" 0 "$(grep -c "pid $pid," "$TMP/out")"
	stop again busy
else
	skip "after a reload" "not in a VM of its own"
fi
poll_until 5 rmdir "$CGROUP"
finish
