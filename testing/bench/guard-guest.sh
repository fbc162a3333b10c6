#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guard-guest.sh
# In the VM that counts instructions: few figures, each the mean of many rounds, that a change to the module would move.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

# One connection, healthy: what the machine, which does nothing else, spends with the module over none, at the same ports. By the clock, not
# by the process's own time: what the kernel frees later falls to the process or to ksoftirqd, as it happens.
connection() {
	local n=20000 rounds=5 round ns without=() with=()

	slabs_stay
	for ((round = 0; round < rounds; round++)); do
		read -r ns _ < <(conn -n $n -w 1000 -b 20000)
		without+=("$ns")
		load_reaper mode=enforce census_interval_s=0
		read -r ns _ < <(conn -n $n -w 1000 -b 20000)
		with+=("$ns")
		rmmod tcp_reaper
		echo "# without ${without[-1]}, with ${with[-1]}"
	done
	figure connection reaper "$(awk -v without="$(median "${without[@]}")" -v with="$(median "${with[@]}")" 'BEGIN { printf "%.0f", with - without }')" \
		instructions
}

# One connection a second, healthy, on a machine that does nothing else: what it is woken for besides, and how often.
lone() {
	local n=50 rounds=3 round spent less more without=() with=()

	for ((round = 0; round < rounds; round++)); do
		read -r spent less < <(busy conn -n $n -w 1 -b 20000 -p 1000)
		without+=("$spent")
		load_reaper mode=enforce census_interval_s=0
		read -r spent more < <(busy conn -n $n -w 1 -b 20000 -p 1000)
		with+=("$spent")
		rmmod tcp_reaper
		echo "# lone: without ${without[-1]}, woken $less times; with ${with[-1]}, $more times"
	done
	figure lone reaper "$(awk -v without="$(median "${without[@]}")" -v with="$(median "${with[@]}")" -v n=$n \
		'BEGIN { printf "%.0f", (with - without) / n }')" instructions
}

# A stuck socket: found by a census, at rest, reaped.
stuck() {
	local n=4000 spent leak

	ulimit -n 100000
	leak -4 -k eof -c -n "$n" >/tmp/leak &
	leak=$!
	POLL=1 until_true 300 grep -sq '^ready' /tmp/leak
	calm
	softirqs_at_once
	trace_begin
	insmod /tcp_reaper.ko mode=observe census_interval_s=0
	POLL=1 until_true 300 stat_is close_wait_tracked "$n"
	spent=$(trace_spent census_step)
	figure adopt reaper $((spent / n)) "instructions a socket"
	idle 300
	trace_begin
	idle 1000
	# shellcheck disable=SC2119 # of all workers
	spent=$(trace_spent)
	figure rest reaper $((spent / n)) "instructions a socket in 1000 s"
	echo enforce >/proc/sys/net/tcp_reaper/mode
	# It would wake up to the ends of its sockets, as often as it happens while our worker is at work: some 400 instructions a socket.
	kill -STOP "$leak"
	trace_begin
	echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	POLL=20 until_true 300 stat_is close_wait_tracked 0
	# shellcheck disable=SC2119 # of all workers
	spent=$(trace_spent)
	figure reap reaper $((spent / n)) "instructions a socket"
	rmmod tcp_reaper
	kill "$leak"
	kill -CONT "$leak"
	wait "$leak" || :
}

# At the same ports again and again: nothing stays in time-wait.
buckets=$(sysctl -n net.ipv4.tcp_max_tw_buckets)
sysctl -qw net.ipv4.tcp_max_tw_buckets=0
connection
lone
sysctl -qw net.ipv4.tcp_max_tw_buckets="$buckets"
stuck
