#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An owner in CLOSE_WAIT that still reads what the peer left is not idle, and gets all of it. The end of file is nothing left: to read it
# starts no clock anew. Where spare_active is off, only the age counts.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
# That somebody read is seen when the socket is next looked at, which is within one timeout.
LATEST=$((2 * TIMEOUT + $(slack 600)))

# line NAME STEP: what it printed for the step, the last time.
line() {
	grep "^$2" "$(output "$1")" | tail -n 1
}

# ms_at_end NAME: when the socket went, of one that looks 200 ms at a time.
ms_at_end() {
	field max_ms "$(grep -m 1 '^o:until=close,[0-9]* n=3' "$(output "$1")")"
}

# start NAME NS FAMILY STEP...
start() {
	local name=$1 ns=$2 f=$3
	shift 3
	background "$name-$f" "$ns" duo -"$f" -n 3 "$@"
}

new_ns sparing strict late || exit 1
load || exit 1
policy sparing close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=0 mode=enforce
policy strict close_wait/timeout_ms=$TIMEOUT close_wait/spare_active=0 orphan/timeout_ms=0 mode=enforce

policy late close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=0 mode=off

# For three timeouts: the end of file is read over and over, and waited for in between.
looks=()
for ((i = 0; i < 3 * TIMEOUT / 200; i++)); do
	looks+=("o:read" "o:until=close,200")
done
for f in 4 6; do
	start reader sparing $f p:send=60000 p:close mark o:fin o:sip=100,60,1000 o:state mark "${looks[@]}"
	# Each time it has nearly been too long.
	start seldom sparing $f p:send=6000 p:close o:fin o:sip=1500,6,1000 o:state o:read
	start peer_waits sparing $f p:send=6000 p:shut o:fin o:sip=1000,6,1000 o:state o:send=10 p:drain=1000
	start end sparing $f mark p:close o:fin o:until=close,1300 o:read o:until=close,20000 o:error
	start sender sparing $f p:shut o:fin o:trickle=500,16 o:state p:drain=1000
	# Nobody has looked at it when its time seems to be up.
	start found late $f p:send=60000 p:close mark o:fin o:sip=100,60,1000 o:state
	start aged strict $f p:send=60000 p:close mark o:fin o:sip=100,60,1000 o:error o:until=close,20000
done
pause $(((TIMEOUT + 1000) / 1000))
knob late mode enforce
for f in 4 6; do
	for name in reader seldom peer_waits end sender aged found; do
		await $name-$f '^done' 60 >/dev/null || exit 1
		ended $name-$f
	done
	check_is "v$f: who reads 1,000 bytes each 100 ms gets all" "o:sip=100,60,1000 bytes=180000" "$(line reader-$f o:sip)"
	check_is "v$f: and is there still" "o:state close_wait=3" "$(line reader-$f o:state)"
	check_is "v$f: and gets a clean end" "o:read bytes=0 EOF=3" "$(grep -m 1 '^o:read' "$(output reader-$f)")"
	check_between "v$f: and is reaped, a timeout after its last byte, however often it reads the end" $TIMEOUT $LATEST \
		"$(ms_at_end reader-$f)"
	check_is "v$f: and its owner is told" 3 "$(grep -o '^o:read.*ECONNABORTED=[0-9]*' "$(output reader-$f)" | awk -F= '{ n += $NF } END { print n + 0 }')"
	check_is "v$f: who reads each 1.5 s gets all" "o:sip=1500,6,1000 bytes=18000" "$(line seldom-$f o:sip)"
	check_is "v$f: and a clean end" "o:state close_wait=3, o:read bytes=0 EOF=3" "$(line seldom-$f o:state), $(line seldom-$f o:read)"
	check_is "v$f: where the peer waits for an answer, it gets one" "o:send=10 bytes=30 all=3, p:drain=1000 bytes=30 EAGAIN=3" \
		"$(line peer_waits-$f o:send), $(line peer_waits-$f p:drain)"
	check_is "v$f: who only reads the end is reaped" "o:read bytes=0 EOF=3, o:error bytes=0 ECONNABORTED=3" \
		"$(line end-$f o:read), $(line end-$f o:error)"
	check_between "v$f: a timeout after the FIN, in time" $TIMEOUT $((TIMEOUT + $(slack 600))) "$(ms_at_end end-$f)"
	check_is "v$f: who sends is there still" "o:trickle=500,16 bytes=48, o:state close_wait=3, p:drain=1000 bytes=48 EAGAIN=3" \
		"$(line sender-$f o:trickle), $(line sender-$f o:state), $(line sender-$f p:drain)"
	check_is "v$f: who is found by a census while it reads gets all" "o:sip=100,60,1000 bytes=180000, o:state close_wait=3" \
		"$(line found-$f o:sip), $(line found-$f o:state)"
	line=$(line aged-$f o:sip)
	check_is "v$f: without spare_active who reads is cut" 3 "$(field ECONNABORTED "$line")"
	# 1,000 bytes are 100 ms.
	check_between "v$f: when its time is up" $((3 * TIMEOUT * 10 - 6000)) $((3 * (TIMEOUT + $(slack 600)) * 10)) "$(field bytes "$line")"
done
finish
