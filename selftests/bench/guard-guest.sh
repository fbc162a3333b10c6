#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guard-guest.sh
# In the VM that counts instructions: few figures, each the mean of many rounds, that a change to the module would move.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

# One connection, healthy: what its own process spends over none, at the same ports, and what our worker spends on it.
connection() {
	local n=16000 warm=2000 rounds=3 round own worker sum=0 cpu

	for ((round = 0; round < rounds; round++)); do
		calm
		read -r _ own < <(conn -n $n -w $warm -b 20000)
		load_reaper mode=enforce census_interval_s=0
		calm
		trace_begin
		read -r _ cpu < <(conn -n $n -w $warm -b 20000)
		idle 1
		worker=$(trace_spent)
		rmmod tcp_reaper
		sum=$(awk -v sum="$sum" -v own="$own" -v cpu="$cpu" -v worker="$worker" -v n=$((n + warm)) \
			'BEGIN { printf "%.1f", sum + cpu - own + worker / n }')
		echo "# without $own, with $cpu, worker $worker for $((n + warm))"
	done
	figure connection reaper "$(awk -v sum="$sum" -v n=$rounds 'BEGIN { printf "%.0f", sum / n }')" instructions
}

# A stuck socket: found by a census, at rest, reaped.
stuck() {
	local n=4000 spent leak

	ulimit -n 100000
	leak -4 -k eof -c -n "$n" >/tmp/leak &
	leak=$!
	POLL=1 until_true 300 grep -q '^ready' /tmp/leak
	calm
	trace_begin
	insmod /tcp_reaper.ko mode=observe census_interval_s=0
	POLL=1 until_true 300 stat_is close_wait_tracked "$n"
	spent=$(trace_spent)
	figure adopt reaper $((spent / n)) "instructions a socket"
	idle 300
	trace_begin
	idle 1000
	spent=$(trace_spent)
	figure rest reaper $((spent / n)) "instructions a socket in 1000 s"
	echo enforce >/proc/sys/net/tcp_reaper/mode
	trace_begin
	echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	POLL=20 until_true 300 stat_is close_wait_tracked 0
	spent=$(trace_spent)
	figure reap reaper $((spent / n)) "instructions a socket"
	rmmod tcp_reaper
	kill "$leak"
	wait "$leak" || :
}

connection
stuck
