#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A reader of "sockets" that gets next to no CPU, as one with SCHED_IDLE beside busy threads, does not have its namespace's lock meanwhile:
# what becomes stuck there is tracked as soon as ever. Any user can be such a reader, of the host's file too. Other readers beside it see to
# it that the lock is often handed from one to the next.
. "$(dirname "$0")/lib.sh"

CROWD=$(amount 2000 20000)
ROUNDS=$(amount 30 200)
IDLE=20
HOGS=20
CPU=1
# Beside as many busy threads that read nothing it is 0.3 s; one reader that slept with the lock made it 5 s and more.
TRACKED_MS=$(slack 1000)

UNPRIVILEGED=(setpriv --reuid 65534 --regid 65534 --clear-groups)

(($(nproc) > CPU)) || skip_all "one CPU"
new_ns crowded || exit 1
load mode=observe || exit 1
background crowd crowded leak -k eof -n "$CROWD"
await crowd '^ready' 300 >/dev/null
check "$CROWD stuck sockets are tracked" poll_until 120 stat_is crowded close_wait_tracked "$CROWD"
for ((i = 0; i < HOGS; i++)); do
	background "hog$i" init "${UNPRIVILEGED[@]}" taskset -c $CPU sh -c 'while :; do :; done'
done
background idle crowded "${UNPRIVILEGED[@]}" taskset -c $CPU chrt -i 0 seekers -t $IDLE -i 60000
background readers crowded "${UNPRIVILEGED[@]}" taskset -c 0 seekers -t 4 -i 60000
check "others read as ever" await readers '^ready' 200
line=$(in_ns crowded taskset -c 0 chrt -f 1 prompt track -n "$ROUNDS" -i 100)
diag "beside readers that get no CPU: $line"
check_is "stuck sockets are all tracked" "$ROUNDS 0" "$(field n "$line") $(field late "$line")"
check_between "the last of them soon, ms" 0 "$TRACKED_MS" "$(field max_ms "$line")"
signal readers TERM
check_between "others read all the time" "$ROUNDS" 1000000000 "$(field calls "$(await readers '^seekers' 60)")"
ended readers
stop idle
for ((i = 0; i < HOGS; i++)); do
	stop "hog$i"
done
stop crowd
finish
