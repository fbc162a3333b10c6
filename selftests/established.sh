#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Idle ESTABLISHED: "probe" switches keepalive on, so that a dead peer ends the socket with ETIMEDOUT and a live, silent one does not;
# "reset" ends idle ones. Where there is traffic, or a keepalive of the owner's own, nothing is touched.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
# Then keepalive's own time: it asks at once, as so long nothing has come, and gives up a second after each of two questions.
GIVES_UP=3000
LATEST=20000

# start NAME FAMILY OPTION... STEP...: the owners are "near", the peers "far".
start() {
	local address=192.0.2.1 name=$1 family=$2
	shift 2
	[[ $family == -4 ]] || address=2001:db8::1
	background "$name$family" near duo "$family" -a $address -N "$(ns_file far)" "$@"
	await "$name$family" '^ready' >/dev/null || exit 1
}

# line NAMEFAMILY STEP: what it printed for the step, the last time.
line() {
	grep "^$2" "$(output "$1")" | tail -n 1
}

# paused NAMEFAMILY N
paused() {
	await "$1" "^pause $2" 30 >/dev/null || exit 1
}

# The neighbour is there for good: else "no route" would come before ETIMEDOUT.
settle() {
	local mac
	mac=$(in_ns far cat /sys/class/net/veth0/address)
	for address in 192.0.2.2 2001:db8::2; do
		ip -n "$(ns_name near)" neigh replace $address lladdr "$mac" nud permanent dev veth0 || exit 1
	done
}

new_ns near far || exit 1
veth_pair near far || exit 1
settle
load || exit 1
template census_interval_s 1
check_is "established is off, and probes, unless told otherwise" "0 probe" \
	"$(knob near established/timeout_ms) $(knob near established/action)"
in_ns near sysctl -qw net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1 net.ipv4.tcp_keepalive_probes=2
policy near close_wait/timeout_ms=0 orphan/timeout_ms=0 mode=enforce

# "dead": the peer hears nothing any more. "silent": it lives, and says nothing. "own": the owner keeps it alive by itself, with a dead
# peer, in its own time. "tuned": the owner has set the times, but not the switch. "limited": the kernel would give it up after one lost
# probe, as it has TCP_USER_TIMEOUT. "busy": some traffic.
for f in -4 -6; do
	start silent $f -n 3 pause o:state o:settings o:send=10 o:acked=10000 p:read pause mark o:until=close,30000 o:error
	start dead $f -n 3 p:cut pause mark o:until=close,30000 o:error o:read
	start own $f -n 3 o:keep=100,50,5 o:keepalive p:cut pause o:state o:settings
	start tuned $f -n 3 o:keep=100,50,5 pause o:state o:settings
	start limited $f -n 3 o:usertimeout=100 pause o:state o:settings
	start sending $f -n 2 pause o:trickle=250,1 o:trickle=250,24 o:state o:settings
	start receiving $f -n 2 pause p:trickle=250,1 p:trickle=250,24 o:state o:settings
done
all=({silent,dead,own,tuned,limited,sending,receiving}{-4,-6})
for name in "${all[@]}"; do
	paused "$name" 1
done
check "a census comes by" census near
check_is "with 0 none is tracked" "0 0" "$(stat_of near established_tracked) $(stat_of near established_seen)"
for name in {sending,receiving}{-4,-6} dead{-4,-6}; do
	signal "$name" USR1
done
for name in {sending,receiving}{-4,-6}; do
	await "$name" '^.:trickle=250,1 ' >/dev/null || exit 1
done
policy near established/timeout_ms=$TIMEOUT

for f in -4 -6; do
	await dead$f '^done' 30 >/dev/null || exit 1
	line=$(line dead$f o:until)
	diag "dead$f: $line"
	check_is "dead$f: a peer that hears nothing is noticed" 3 "$(field n "$line")"
	check_between "dead$f: not before keepalive gives up" $GIVES_UP $LATEST "$(field min_ms "$line")"
	check_between "dead$f: not late" $GIVES_UP $LATEST "$(field max_ms "$line")"
	check_is "dead$f: it is a time-out for the owner" "o:error bytes=0 ETIMEDOUT=3" "$(line dead$f o:error)"
done
# The last look may have come before the first unanswered question.
check "they are counted" poll_until 5 stat_is near established_reaped 6
for f in -4 -6; do
	for name in sending receiving; do
		await $name$f '^done' 30 >/dev/null || exit 1
		check_is "$name$f: none is touched" "o:state established=2" "$(line $name$f o:state)"
		check_is "$name$f: no keepalive is set" 0 "$(field keepalive "$(line $name$f o:settings)")"
	done
	for name in own tuned limited silent; do
		signal $name$f USR1
	done
	for name in own tuned; do
		await $name$f '^done' >/dev/null || exit 1
		check_is "$name$f: it stays" "o:state established=3" "$(line $name$f o:state)"
		check_is "$name$f: the owner's times are its own" 100,50,5 "$(field keep "$(line $name$f o:settings)")"
	done
	await limited$f '^done' >/dev/null || exit 1
	check_is "limited$f: none is probed" "o:state established=3 0" \
		"$(line limited$f o:state) $(field keepalive "$(line limited$f o:settings)")"
	check_is "own$f: its keepalive is on" 1 "$(field keepalive "$(line own$f o:settings)")"
	check_is "tuned$f: keepalive was switched on" 1 "$(field keepalive "$(line tuned$f o:settings)")"
	paused silent$f 2
	check_is "silent$f: a live, silent peer: it stays" "o:state established=3" "$(line silent$f o:state)"
	check_is "silent$f: it was probed, by the namespace's times" "o:settings n=3 keepalive=1 keep=1,1,2" "$(line silent$f o:settings)"
	check_is "silent$f: and still carries data" "p:read bytes=30 EAGAIN=3" "$(line silent$f p:read)"
done
check_is "the log says what was done: dead, silent and tuned ones were probed" "established probe done 18" \
	"$(proc_net near reaper/log | awk 'NR > 1 { n[$2 " " $10 " " $11]++ } END { for (a in n) print a, n[a] }')"

# The peers' namespace is cut off while they are being probed.
for f in -4 -6; do
	signal silent$f USR1
done
check "the peers' link goes down" ip -n "$(ns_name far)" link set veth0 down
for f in -4 -6; do
	await silent$f '^done' 30 >/dev/null || exit 1
	line=$(line silent$f o:until)
	check_is "silent$f: the peer's namespace is cut off: all end" 3 "$(field n "$line")"
	check_between "silent$f: not late" 1000 $LATEST "$(field max_ms "$line")"
	check_is "silent$f: it is a time-out for the owner" "o:error bytes=0 ETIMEDOUT=3" "$(line silent$f o:error)"
done
check "they are counted" poll_until 5 stat_is near established_reaped 12

check "the link comes back" ip -n "$(ns_name far)" link set veth0 up
# shellcheck disable=SC2317 # for poll_until
reachable() {
	ip -n "$(ns_name far)" -6 addr show dev veth0 | grep -q 2001:db8::2 ||
		ip -n "$(ns_name far)" -6 addr add 2001:db8::2/64 dev veth0 nodad
	in_ns near ping -c 1 -W 1 192.0.2.2 && in_ns near ping -6 -c 1 -W 1 2001:db8::2
}
check "and with it the peers" poll_until 20 reachable

policy near established/timeout_ms=0 established/action=reset
for f in -4 -6; do
	start idle $f -n 3 mark o:until=close,30000 o:error p:drain=2000
	start unread $f -n 3 p:send=10 mark o:until=close,30000 o:error o:read
	start kept $f -n 3 o:keepalive pause o:state
	start talking $f -n 2 o:trickle=250,40 o:state
done
policy near established/timeout_ms=$TIMEOUT
for f in -4 -6; do
	for name in idle unread; do
		await $name$f '^done' 30 >/dev/null || exit 1
		line=$(line $name$f o:until)
		check_is "reset: $name$f: all end" 3 "$(field n "$line")"
		check_between "reset: $name$f: not before the time" $TIMEOUT 30000 "$(field min_ms "$line")"
		check_is "reset: $name$f: the owner is told" "o:error bytes=0 ECONNABORTED=3" "$(line $name$f o:error)"
	done
	check_is "reset: idle$f: the peer gets RST" "p:drain=2000 bytes=0 ECONNRESET=3" "$(line idle$f p:drain)"
	await talking$f '^done' 30 >/dev/null || exit 1
	check_is "reset: talking$f: none is touched" "o:state established=2" "$(line talking$f o:state)"
	signal kept$f USR1
	await kept$f '^done' >/dev/null || exit 1
	check_is "reset: kept$f: with keepalive none is touched" "o:state established=3" "$(line kept$f o:state)"
done
check_is "nothing failed" 0 "$(stat_of near reap_failed)"
finish
