#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Held FIN_WAIT2: the owner shut its side down and waits for a FIN that never comes. Such a socket ends after fin_wait2/timeout_ms; one
# that still receives, or whose owner still reads, does not.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
LATEST=4000
# What the owner or the peer did is seen at a look, and these are a quarter of the age apart.
LATER=6000

new_ns a || exit 1
load || exit 1
check_is "fin_wait2 is off unless told otherwise" 0 "$(knob a fin_wait2/timeout_ms)"
policy a close_wait/timeout_ms=0 mode=enforce
for f in 4 6; do
	background silent$f a duo -$f -n 5 o:shut p:fin pause mark o:until=close,20000 o:error o:read p:error
	background receiving$f a duo -$f -n 3 o:shut p:fin pause p:trickle=250,20 o:state mark o:until=close,20000 o:read p:drain=2000
	background reading$f a duo -$f -n 3 p:send=100 o:shut p:fin pause o:sip=250,20 o:state mark o:until=close,20000
	background finishing$f a duo -$f -n 3 o:shut p:fin pause p:shut o:drain=3000 p:state
done
for f in 4 6; do
	for name in silent receiving reading finishing; do
		await $name$f '^pause' >/dev/null || exit 1
	done
done
check "a census comes by" census a
check_is "with 0 none is tracked" 0 "$(stat_of a fin_wait2_tracked)"

policy a fin_wait2/timeout_ms=$TIMEOUT
switched=$(now_ms)
for f in 4 6; do
	for name in silent receiving reading finishing; do
		signal $name$f USR1
	done
done
told=$(($(now_ms) - switched))
check "switched on, a census finds them" poll_until 3 stat_at_least a fin_wait2_seen 22
found=$(($(now_ms) - switched))
for f in 4 6; do
	await silent$f '^done' 20 >/dev/null || exit 1
	line=$(grep ^o:until "$(output silent$f)")
	diag "v$f: $line; found within $found ms"
	check_is "v$f: silent: all end" 5 "$(field n "$line")"
	check_between "v$f: silent: not before the time after the switch" $((TIMEOUT - told)) $((LATEST + found)) "$(field min_ms "$line")"
	check_between "v$f: silent: not late after they were found" $((TIMEOUT - told)) $((LATEST + found)) "$(field max_ms "$line")"
	check_is "v$f: silent: the owner is told, and can read no more" "o:error bytes=0 ECONNABORTED=5, o:read bytes=0 EOF=5" \
		"$(grep ^o:error "$(output silent$f)"), $(grep ^o:read "$(output silent$f)")"
	# In CLOSE_WAIT a RST is EPIPE.
	check_is "v$f: silent: the peer gets RST" "p:error bytes=0 EPIPE=5" "$(grep ^p:error "$(output silent$f)")"
done

for f in 4 6; do
	for name in receiving reading; do
		await $name$f '^done' 30 >/dev/null || exit 1
		line=$(grep ^o:until "$(output $name$f)")
		check_is "v$f: $name: none is touched for more than twice the timeout" "o:state fin_wait2=3" "$(grep ^o:state "$(output $name$f)")"
		check_is "v$f: $name: all end once nothing comes any more" 3 "$(field n "$line")"
		check_between "v$f: $name: not before their time" $((TIMEOUT - 400)) $LATER "$(field min_ms "$line")"
		check_between "v$f: $name: not late" $((TIMEOUT - 400)) $LATER "$(field max_ms "$line")"
	done
	check_is "v$f: receiving: no byte was lost" 60 "$(field bytes "$(grep ^p:trickle "$(output receiving$f)")")"
	await finishing$f '^done' >/dev/null || exit 1
	check_is "v$f: one whose peer does finish ends in order" "o:drain=3000 bytes=0 EOF=3" "$(grep ^o:drain "$(output finishing$f)")"
done
check_is "all are counted" 22 "$(stat_of a fin_wait2_reaped)"
check "those that ended in order have recovered" poll_until 5 stat_is a fin_wait2_tracked 0
check_is "each that was seen was reaped, or has recovered" "$(stat_of a fin_wait2_seen)" \
	$(($(stat_of a fin_wait2_reaped) + $(stat_of a fin_wait2_recovered)))
check_is "the log says so" "fin_wait2 FIN_WAIT2 reset done 22" \
	"$(proc_net a reaper/log | awk 'NR > 1 { n[$2 " " $3 " " $10 " " $11]++ } END { for (a in n) print a, n[a] }')"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
finish
