#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# spare_active is exact: data sent, and data acknowledged, after the FIN restarts the clock; retransmissions, and a zero-window peer that
# acknowledges only probes, do not.
. "$(dirname "$0")/lib.sh"

# Were retransmissions progress, they would put an end off to three seconds and the timeout.
TIMEOUT=3000
LATEST=5000
# They do move the stamp by which it is known when data was sent; so it may seem later, by the time between two looks at most.
LATER=5600

# ended_between NAME LOW HIGH: all three connections, in ms from the mark.
ended_between() {
	local line
	await "$1" '^done' >/dev/null || return 1
	line=$(grep '^o:until=close,20000' "$(output "$1")")
	check_is "$1: all end" 3 "$(field n "$line")"
	check_between "$1: the first not before its time" "$2" "$3" "$(field min_ms "$line")"
	check_between "$1: the last not late" "$2" "$3" "$(field max_ms "$line")"
}

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=$TIMEOUT mode=enforce
check_is "spare_active is on unless told otherwise" 1 "$(knob a close_wait/spare_active)"

for f in -4 -6; do
	background "silent$f" a duo $f -n 3 mark p:shut o:fin o:until=close,20000
	background "retransmitting$f" a duo $f -n 3 p:cut o:send=100 mark p:shut o:fin o:until=close,20000
	background "acknowledged$f" a duo $f -n 3 p:cut o:send=100 mark p:shut o:fin o:until=close,300 p:heal o:acked=5000 o:until=close,20000
	background "sent$f" a duo $f -n 3 p:cut mark p:shut o:fin o:until=close,1000 mark o:send=100 o:until=close,20000
	background "zero-window$f" a duo $f -n 3 o:buffers=4194304,65536 o:send=1000000 mark p:shut o:fin o:until=close,20000
	background "zero-window-fed$f" a duo $f -n 3 o:buffers=4194304,65536 mark p:shut o:fin o:send=1000000 o:until=close,20000
done
for f in -4 -6; do
	ended_between "silent$f" $TIMEOUT $LATEST
	ended_between "retransmitting$f" $TIMEOUT $LATEST
	# The mark is when the program saw the ACK, which came some time before.
	ended_between "acknowledged$f" $((TIMEOUT - 500)) $LATEST
	check_is "acknowledged$f: after the FIN" 3 "$(field n "$(grep '^o:acked' "$(output "acknowledged$f")")")"
	ended_between "sent$f" $TIMEOUT $LATER
	ended_between "zero-window$f" $TIMEOUT $LATEST
	ended_between "zero-window-fed$f" $TIMEOUT $LATER
done
check_is "all were reaped" 36 "$(stat_of a close_wait_reaped)"
check_between "those that went on were spared for a time" 6 24 "$(stat_of a spared_active)"
finish
