#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# spare_unread leaves alone whose owner has bytes to read, for as long as it has them; a FIN is no byte. Without it they go.
. "$(dirname "$0")/lib.sh"

TIMEOUT=1000
LATEST=3000

# result NAME STEP
result() {
	grep "^$2 " "$(output "$1")"
}

# shellcheck disable=SC2317 # for poll_until
listed() {
	(($(proc_net sparing reaper/sockets | grep -c ' unread ') == $1))
}

new_ns sparing usual || exit 1
load || exit 1
check_is "spare_unread is off unless told otherwise" 0 "$(knob usual close_wait/spare_unread)"
policy sparing close_wait/timeout_ms=$TIMEOUT close_wait/spare_unread=1 mode=enforce
policy usual close_wait/timeout_ms=$TIMEOUT mode=enforce

for f in 4 6; do
	background unread$f sparing duo -$f -n 3 p:send=100 mark p:shut o:fin o:until=close,3000 o:sip=10,1 pause \
		o:read o:until=close,15000 o:error p:drain=1000
	background left$f sparing duo -$f -n 3 -b p:send=100 p:shut p:until=close,3000 pause p:drain=3000
	background nothing$f sparing duo -$f -n 3 mark p:shut o:fin o:until=close,15000
	background read$f sparing duo -$f -n 3 p:send=100 mark p:shut o:fin o:read o:until=close,15000
	background usual$f usual duo -$f -n 3 p:send=100 mark p:shut o:fin o:until=close,15000
done
for f in 4 6; do
	await unread$f '^pause' >/dev/null && await left$f '^pause' >/dev/null || exit 1
	check_is "v$f: unread: none goes in three times the timeout" 0 "$(field n "$(result unread$f o:until=close,3000)")"
	check_is "v$f: never accepted: none goes either" 0 "$(field n "$(result left$f p:until=close,3000)")"
	for name in nothing read usual; do
		await $name$f '^done' >/dev/null || exit 1
		line=$(result $name$f o:until=close,15000)
		check_is "v$f: $name: all go" 3 "$(field n "$line")"
		check_between "v$f: $name: in time" $TIMEOUT $LATEST "$(field min_ms "$line")"
		check_between "v$f: $name: in time" $TIMEOUT $LATEST "$(field max_ms "$line")"
	done
done
check_is "spared_unread counts each once" 12 "$(stat_of sparing spared_unread)"
check "the list says so, of those of whom a part was read too, once that is long ago" poll_until 5 listed 12

for f in 4 6; do
	signal unread$f USR1
	await unread$f '^done' >/dev/null || exit 1
	check_is "v$f: the rest can be read" "o:read bytes=297 EOF=3" "$(result unread$f o:read)"
	check_is "v$f: then they go" 3 "$(field n "$(result unread$f o:until=close,15000)")"
	check_is "v$f: reset" "o:error bytes=0 ECONNABORTED=3, p:drain=1000 bytes=0 ECONNRESET=3" \
		"$(result unread$f o:error), $(result unread$f p:drain=1000)"
done

# A write takes effect at once.
policy sparing close_wait/spare_unread=0
for f in 4 6; do
	signal left$f USR1
	await left$f '^done' >/dev/null || exit 1
	check_is "v$f: without it, those left go too" "p:drain=3000 bytes=0 ECONNRESET=3" "$(result left$f p:drain=3000)"
done
check_is "all are counted" "24 6" "$(stat_of sparing close_wait_reaped) $(stat_of usual close_wait_reaped)"
finish
