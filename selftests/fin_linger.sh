#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# close_wait/action=fin: what is queued arrives, then a FIN; what was received stays readable; what does not end in linger_ms is reset.
# With action=reset the same sockets lose what is queued, and their peers get a RST.
. "$(dirname "$0")/lib.sh"

# How late one may be is for close_wait.sh to say: here it is for a slow machine.
TIMEOUT=1000
LATEST=3000
MB=1048576

# What to do: a namespace, a name, how many, then the steps of duo.
cases=(
	"graceful queued 3 o:buffers=4194304,65536 o:send=$MB mark p:shut o:fin o:until=last_ack,15000 p:drain=20000 o:until=close,15000 o:error"
	"resetting queued 3 o:buffers=4194304,65536 o:send=$MB mark p:shut o:fin o:until=close,15000 o:read p:drain=3000"
	"graceful unread 3 p:send=100 mark p:shut o:fin o:until=close,15000 o:read o:error p:drain=1000"
	"lingering unread 3 p:send=100 mark p:shut o:fin p:cut o:until=last_ack,15000 o:read o:send=1 pause"
	"graceful blocked 1 mark p:shut o:fin o:push=10000"
	"graceful unaccepted 3 p:send=100 p:shut p:drain=5000 accept o:state o:read"
	"lingering deaf 3 p:cut o:send=1000 mark p:shut o:fin o:until=last_ack,15000 o:until=close,15000 o:error p:state"
	"lingering closed 3 p:cut mark p:shut o:fin o:until=last_ack,15000 o:close pause"
	"patient deaf 3 p:cut o:send=1000 mark p:shut o:fin o:until=last_ack,15000 o:until=close,2500 o:state"
)

# line NS NAME FAMILY STEP [NTH]: what the step printed, the NTH time.
line() {
	grep "^$4 " "$(output "$1-$2-$3")" | sed -n "${5:-1}p"
}

# on_time WHAT LINE [TIMES]: all three, by a clock that was started just before the FIN; after so many times the timeout.
on_time() {
	local low=$((TIMEOUT * ${3:-1})) high=$((LATEST * ${3:-1}))
	check_is "$1: all of them" 3 "$(field n "$2")"
	check_between "$1: not before the time" $low $high "$(field min_ms "$2")"
	check_between "$1: not late" $low $high "$(field max_ms "$2")"
}

new_ns graceful resetting lingering patient || exit 1
load || exit 1
policy graceful close_wait/timeout_ms=$TIMEOUT close_wait/action=fin orphan/timeout_ms=0 mode=enforce
policy resetting close_wait/timeout_ms=$TIMEOUT close_wait/action=reset orphan/timeout_ms=0 mode=enforce
policy lingering close_wait/timeout_ms=$TIMEOUT close_wait/action=fin close_wait/linger_ms=$TIMEOUT orphan/timeout_ms=0 mode=enforce
policy patient close_wait/timeout_ms=$TIMEOUT close_wait/action=fin close_wait/linger_ms=0 orphan/timeout_ms=0 mode=enforce
check_is "linger_ms is a minute unless told otherwise" 60000 "$(knob graceful close_wait/linger_ms)"

for family in -4 -6; do
	for case in "${cases[@]}"; do
		read -r ns name n steps <<<"$case"
		[[ $name != unaccepted ]] || n="$n -b"
		# shellcheck disable=SC2086 # words
		background "$ns-$name$family" "$ns" duo $family -n $n $steps
	done
done
for family in 4 6; do
	for case in "${cases[@]}"; do
		read -r ns name _ <<<"$case"
		await "$ns-$name-$family" '^(done|pause)' 40 >/dev/null || not_ok "$ns $name v$family came to its end"
	done
done

for f in 4 6; do
	line=$(line graceful queued $f o:send=$MB)
	check_is "v$f: 1 MB is queued in each" $((3 * MB)) "$(field bytes "$line")"
	on_time "v$f: fin, 1 MB queued" "$(line graceful queued $f o:until=last_ack,15000)"
	check_is "v$f: fin, 1 MB queued: the peer gets every byte, and a FIN" "p:drain=20000 bytes=$((3 * MB)) EOF=3" \
		"$(line graceful queued $f p:drain=20000)"
	check_is "v$f: fin, 1 MB queued: then the connection ends" 3 "$(field n "$(line graceful queued $f o:until=close,15000)")"
	check_is "v$f: fin, 1 MB queued: without an error" "o:error bytes=0 none=3" "$(line graceful queued $f o:error)"

	on_time "v$f: reset, 1 MB queued" "$(line resetting queued $f o:until=close,15000)"
	check_is "v$f: reset, 1 MB queued: the owner is told" "o:read bytes=0 ECONNABORTED=3" "$(line resetting queued $f o:read)"
	line=$(line resetting queued $f p:drain=3000)
	check_is "v$f: reset, 1 MB queued: the peer gets RST" 3 "$(field ECONNRESET "$line")"
	check_between "v$f: reset, 1 MB queued: what was queued is lost" 1 $((2 * MB)) "$(field bytes "$line")"

	on_time "v$f: fin, unread" "$(line graceful unread $f o:until=close,15000)"
	check_is "v$f: fin, unread: the owner can still read it" "o:read bytes=300 EOF=3" "$(line graceful unread $f o:read)"
	check_is "v$f: fin, unread: there is no error" "o:error bytes=0 none=3" "$(line graceful unread $f o:error)"
	check_is "v$f: fin, unread: the peer gets a FIN" "p:drain=1000 bytes=0 EOF=3" "$(line graceful unread $f p:drain=1000)"
	check_is "v$f: fin, unread: before the FIN is acknowledged too" "o:read bytes=300 EOF=3" "$(line lingering unread $f o:read)"
	check_is "v$f: fin: the owner can send no more" "o:send=1 bytes=0 EPIPE=3" "$(line lingering unread $f o:send=1)"

	line=$(line graceful blocked $f o:push=10000)
	check_is "v$f: fin: a writer that is blocked is woken" 1 "$(field EPIPE "$line")"
	check_between "v$f: fin: and that in time" $TIMEOUT $((LATEST + 1000)) "$(field ms "$line")"

	check_is "v$f: fin, never accepted: there is nobody to send for, and the peer gets RST" "p:drain=5000 bytes=0 ECONNRESET=3" \
		"$(line graceful unaccepted $f p:drain=5000)"
	check_is "v$f: fin, never accepted: what came is there when accept comes, then the error" "o:read bytes=300 ECONNABORTED=3" \
		"$(line graceful unaccepted $f o:read)"

	on_time "v$f: the peer is silent: fin" "$(line lingering deaf $f o:until=last_ack,15000)"
	on_time "v$f: the peer is silent: reset after linger_ms" "$(line lingering deaf $f o:until=close,15000)" 2
	check_is "v$f: the peer is silent: the owner is told" "o:error bytes=0 ECONNABORTED=3" "$(line lingering deaf $f o:error)"
	check_is "v$f: the peer is silent: with linger_ms=0 for ever" 0 "$(field n "$(line patient deaf $f o:until=close,2500)")"
	check_is "v$f: the peer is silent: with linger_ms=0 it stays at the FIN" "o:state last_ack=3" "$(line patient deaf $f o:state)"
done

# What the owner closed after our FIN is no orphan of its own: linger_ms ends it, and it was counted.
for f in 4 6; do
	port=$(field port "$(grep ^ready "$(output "lingering-closed-$f")")")
	check "v$f: closed after our FIN: linger_ms ends it" poll_until 4 test "$(count_tcp lingering LAST_ACK "$port")" = 0
	check_is "v$f: closed after our FIN: none is left" 0 "$(count_tcp lingering LAST_ACK "$port")"
done
check "all are forgotten" poll_until 5 stat_is lingering close_wait_tracked 0
check_is "each is counted once, when the FIN was sent" "20 6 18 6" \
	"$(for ns in graceful resetting lingering patient; do stat_of $ns close_wait_reaped; done | paste -sd ' ')"
check_is "none has recovered, none was an orphan's, nothing failed" "0 0 0" \
	"$(for stat in close_wait_recovered orphan_reaped reap_failed; do stat_of lingering $stat; done | paste -sd ' ')"
check_is "the log says what was done" "fin 14 reset 6, fin 18 linger 18" \
	"$(for ns in graceful lingering; do
		proc_net $ns reaper/log | awk 'NR > 1 { n[$10]++ } END { for (a in n) print a, n[a] }' | sort | paste -sd ' '
	done | paste -sd , | sed 's/,/, /g')"

# kTLS would need a last record: a FIN is not for it, a reset is.
if grep -qw tls /proc/sys/net/ipv4/tcp_available_ulp || modprobe -q tls; then
	background tls4 graceful duo -4 -n 3 o:tls mark p:shut o:fin o:until=last_ack,2000 o:state pause o:until=close,3000 p:drain=1000
	background tls6 graceful duo -6 -n 3 o:tls mark p:shut o:fin o:until=last_ack,2000 o:state pause o:until=close,3000 p:drain=1000
	for f in 4 6; do
		await tls$f '^pause' >/dev/null || not_ok "tls$f paused"
		diag "$(grep ^o:tls "$(output tls$f)")"
		check_is "v$f: kTLS: spared" "o:state close_wait=3" "$(grep ^o:state "$(output tls$f)")"
	done
	check_is "kTLS: counted" 6 "$(stat_of graceful spared_ulp)"
	check_is "kTLS: the list says so" 6 "$(proc_net graceful reaper/sockets | grep -c ' ulp ')"
	policy graceful close_wait/action=reset
	for f in 4 6; do
		signal tls$f USR1
		await tls$f '^done' >/dev/null || not_ok "tls$f ended"
		check_is "v$f: kTLS: a reset is for it" 3 "$(field n "$(grep ^o:until=close "$(output tls$f)")")"
		check_is "v$f: kTLS: its peer gets RST" 3 "$(field ECONNRESET "$(grep ^p:drain "$(output tls$f)")")"
	done
else
	skip "kTLS" "no kTLS in this kernel"
fi
finish
