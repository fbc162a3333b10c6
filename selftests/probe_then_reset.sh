#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A keepalive that the module set is no wish of the owner's: what was probed is reset once that is the policy, also after mode=off and by a
# module loaded anew. One that the owner set leaves a socket to its owner, unless established/keepalive says that these count too; then
# they are probed at once, whatever time the owner chose. A window that is shut keeps a probe from asking, but not a reset.
. "$(dirname "$0")/lib.sh"

TIMEOUT=1000
# Two questions of keepalive, a second each, after a timeout and a census.
DROPPED=$((TIMEOUT + $(slack 9000)))
# The mark is before the change of policy; what has to be found again is, by a census each second.
RESET=$((TIMEOUT + $(slack 3000)))

# start NAME NS STEP...: three connections each; the owners are in the namespace, the peers in its "far".
start() {
	local name=$1 ns=$2
	shift 2
	background "$name" "$ns" duo -n 3 -a 192.0.2.1 -N "$(ns_file "far_$ns")" "$@"
}

# line NAME STEP: what it printed for the step, the last time.
line() {
	grep "^$2" "$(output "$1")" | tail -n 1
}

# go NAME...: on from where they pause.
go() {
	local name
	for name; do
		signal "$name" USR1
	done
}

# paused N NAME...
paused() {
	local n=$1 name
	shift
	for name; do
		await "$name" "^pause $n" 30 >/dev/null || exit 1
	done
}

# acted NS ACTION N: that many acts are in its log; for poll_until.
# shellcheck disable=SC2317 # for poll_until
acted() {
	(($(proc_net "$1" reaper/log | awk -v action="$2" '$2 == "established" && $10 == action' | wc -l) == $3))
}

# are_reset WHAT NAME: within the time, and their owners are told.
are_reset() {
	local line
	await "$2" '^done' 40 >/dev/null || exit 1
	line=$(line "$2" o:until=close,20000)
	diag "$line"
	check_is "$1: all are reset" "3, o:error bytes=0 ECONNABORTED=3" "$(field n "$line"), $(line "$2" o:error)"
	check_between "$1: in time" 0 $RESET "$(field max_ms "$line")"
}

# off_and_back NS KEY=VALUE...: off and back, with another policy.
off_and_back() {
	knob "$1" mode off
	policy "$@" mode=enforce
}

parts="once back again owned"
for ns in $parts; do
	new_ns "$ns" "far_$ns" || exit 1
	veth_pair "$ns" "far_$ns" || exit 1
	in_ns "$ns" sysctl -qw net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=2
done
load || exit 1
template census_interval_s 1
probe=("established/timeout_ms=$TIMEOUT" established/action=probe)
reset=("established/timeout_ms=$TIMEOUT" established/action=reset)
for ns in $parts; do
	policy "$ns" close_wait/timeout_ms=0 orphan/timeout_ms=0 mode=enforce
done

# To be probed: peers that are there and say nothing; "shut" has more to send than its peer takes.
for ns in once back again; do
	start "silent_$ns" "$ns" pause o:settings pause mark o:until=close,20000 o:error
done
start shut once p:buffers=4096,4096 o:buffers=8192,8192 o:push=300 pause o:settings mark o:until=close,4000 pause mark \
	o:until=close,20000 o:error
paused 1 silent_{once,back,again} shut
for ns in once back again; do
	policy "$ns" "${probe[@]}"
done
check "once: they are probed, and those with a window shut" poll_until 30 acted once probe 6
check "back: they are probed" poll_until 10 acted back probe 3
check "again: they are probed" poll_until 10 acted again probe 3
go silent_{once,back,again} shut
paused 2 silent_{once,back,again} shut
for ns in once back again; do
	check_is "$ns: keepalive is on" 1 "$(field keepalive "$(line silent_$ns o:settings)")"
done
check_is "shut: a probe ends none" 0 "$(field n "$(line shut o:until=close,4000)")"

go silent_once shut
policy once "${reset[@]}"
are_reset "once: probe, then reset" silent_once
are_reset "shut: probe, then reset" shut
go silent_back
off_and_back back "${reset[@]}"
are_reset "back: probe, off, then reset" silent_back

# The owner's own: its time is hours away. Of those beside it keepalive is the module's.
start kept owned o:keepalive o:keep=7200,1,2 pause o:state o:settings pause mark o:until=close,20000 o:error
start plain owned mark o:until=close,20000 o:error
paused 1 kept
policy owned "${reset[@]}"
are_reset "owned: without a keepalive" plain
check "owned: a census comes by" census owned
go kept
paused 2 kept
check_is "owned: with the owner's keepalive all stay" "o:state established=3" "$(line kept o:state)"
check_is "owned: and none is acted on" "0 3" "$(proc_net owned reaper/log | grep -c ' probe ') $(stat_of owned established_reaped)"
if check_is "the knob is off unless told otherwise" 0 "$(knob owned established/keepalive 2>/dev/null)" &&
	check_is "by sysctl too" 0 "$(sysctl_knob owned established_keepalive)"; then
	go kept
	policy owned established/keepalive=1
	check_is "it is one knob" 1 "$(sysctl_knob owned established_keepalive)"
	are_reset "owned: established/keepalive, reset" kept

	policy owned "${probe[@]}"
	start dead owned o:keepalive o:keep=7200,1,2 p:cut mark o:until=close,60000 o:error
	start alive owned o:keepalive o:keep=7200,1,2 pause o:state o:settings o:send=10 o:acked=10000 p:read pause mark \
		o:until=close,20000 o:error
	await dead '^done' 70 >/dev/null || exit 1
	line=$(line dead o:until=close,60000)
	diag "$line"
	check_is "owned: established/keepalive, probe: a dead peer is noticed" "3, o:error bytes=0 ETIMEDOUT=3" \
		"$(field n "$line"), $(line dead o:error)"
	check_between "owned: as soon as the questions are out" $TIMEOUT $DROPPED "$(field max_ms "$line")"
	check "owned: those whose peer lives are probed" acted owned probe 6
	go alive
	paused 2 alive
	check_is "owned: and stay" "o:state established=3" "$(line alive o:state)"
	check_between "owned: probed again after a timeout of silence, s" 1 $((TIMEOUT / 1000 + 2)) \
		"$(field keep "$(line alive o:settings)" | cut -d , -f 1)"
	check_is "owned: and still carry data" "p:read bytes=30 EAGAIN=3" "$(line alive p:read)"
	go alive
	policy owned "${reset[@]}"
	are_reset "owned: probe, then reset" alive
fi

check_is "nothing failed" "0 0 0 0" "$(for ns in $parts; do stat_of "$ns" reap_failed; done | paste -sd ' ')"
check "again: the module is loaded anew" reload
template census_interval_s 1
go silent_again
policy again close_wait/timeout_ms=0 orphan/timeout_ms=0 "${reset[@]}" mode=enforce
are_reset "again: probe, another module, then reset" silent_again
finish
