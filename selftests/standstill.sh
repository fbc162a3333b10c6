#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A machine that stands still is no peer that is silent: connections with something to do each second outlive a stop of twice their
# timeout, as they had no chance to do it, and programs come before the reaper when it is over. What was stuck before is reaped still.
. "$(dirname "$0")/lib.sh"

TIMEOUT=4000
STOP=8000
ROUNDS=1
[[ ${TCP_REAPER_AMOUNT:-} != full ]] || ROUNDS=4
# Of each kind, with two connections each.
PROGRAMS=20
! checks_itself || PROGRAMS=6

new_ns a || exit 1
load || exit 1
template census_interval_s 1
policy a close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=0 fin_wait2/timeout_ms=$TIMEOUT \
	established/timeout_ms=$TIMEOUT established/action=reset mode=enforce

# What every kernel has against real-time tasks that take all: none has more than a part of each second, on newer ones as there is a server
# for all others, on each CPU.
guards=(/proc/sys/kernel/sched_rt_runtime_us)
for guard in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do
	[[ ! -e $guard ]] || guards+=("$guard")
done

# stand_still MS: the whole machine; prints for how long an ordinary task did not run.
stand_still() {
	local guard line was=() i
	for guard in "${guards[@]}"; do
		was+=("$(<"$guard")")
		if [[ $guard == /proc/* ]]; then
			echo -1 >"$guard"
		else
			echo 0 >"$guard"
		fi
	done
	line=$(standstill "$1")
	for i in "${!guards[@]}"; do
		echo "${was[i]}" >"${guards[i]}"
	done
	diag "$line" >&2
	field gap_ms "$line"
}

# Downloads whose clients have shut down their side, and connections on which something is said each second.
talkers=()
for ((i = 0; i < PROGRAMS; i++)); do
	talkers+=("download$i" "talk$i")
done
# totals PATTERN: the different lines of all talkers, and how many of each.
totals() {
	local name
	for name in "${talkers[@]}"; do
		grep "$1" "$(output "$name")"
	done | sort | uniq -c | sed 's/^ *//' | paste -sd ,
}

for ((round = 1; round <= ROUNDS; round++)); do
	for ((i = 0; i < PROGRAMS; i++)); do
		background "download$i" a duo -n 2 p:shut o:fin o:trickle=1000,20 o:state p:drain=1000
		background "talk$i" a duo -n 2 o:trickle=1000,20 o:state p:drain=1000
	done
	background stuck a duo -n 3 p:shut o:fin mark o:until=close,60000 o:error
	for name in "${talkers[@]}"; do
		await "$name" '^(o:fin|ready)' >/dev/null || exit 1
	done
	# The machine has other things to do.
	for ((i = 0; i < 8; i++)); do
		background "load$i" init sh -c 'while :; do :; done'
	done
	pause 1.5
	check_between "round $round: nobody runs for two timeouts" $((STOP - 500)) $((STOP + $(slack 2000))) "$(stand_still $STOP)"
	for ((i = 0; i < 8; i++)); do
		stop "load$i"
	done
	for name in "${talkers[@]}"; do
		await "$name" '^done' 60 >/dev/null || exit 1
		ended "$name"
	done
	check_is "round $round: all connections send what they have" "$((2 * PROGRAMS)) o:trickle=1000,20 bytes=40" "$(totals ^o:trickle)"
	check_is "round $round: and are there still" "$PROGRAMS o:state close_wait=2,$PROGRAMS o:state established=2" "$(totals ^o:state)"
	check_is "round $round: and all arrives" "$((2 * PROGRAMS)) p:drain=1000 bytes=40 EAGAIN=2" "$(totals ^p:drain)"
	await stuck '^done' 60 >/dev/null || exit 1
	ended stuck
	check_is "round $round: who does nothing is reaped" "o:error bytes=0 ECONNABORTED=3" "$(grep '^o:error' "$(output stuck)")"
done
check_is "none but the stuck ones is reaped" "$((3 * ROUNDS)) 0" \
	"$(stat_of a close_wait_reaped) $(stat_of a established_reaped)"
finish
