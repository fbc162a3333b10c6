#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scale-guest.sh HEALTHY STUCK...
# In the VM that counts instructions: what so many stuck sockets cost, with HEALTHY times as many healthy ones beside them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

healthy=$1
shift
# So many connections a process: each has a port of its own.
each=25000
pids=()
started=0

# many COUNT COMMAND...: so many connections of it, in as many processes as that takes; returns when all are there. What the
# command has to do with them is in steps.
many() {
	local left=$1 n
	shift
	while ((left > 0)); do
		n=$((left < each ? left : each))
		left=$((left - n))
		started=$((started + 1))
		"$@" -n "$n" -p $((1000 + started)) -a "127.0.0.$((started % 250 + 2))" "${steps[@]}" >"/tmp/many.$started" &
		pids+=($!)
		POLL=1 until_true 900 grep -sqE "^(ready|pause)" "/tmp/many.$started"
	done
}

stuck() {
	steps=()
	many "$1" leak -4 -k eof -c
}

# Both ends of a healthy connection are here, and count.
idle_pairs() {
	steps=(pause)
	# As many as it takes.
	each=10000 many "$1" duo -4
}

end_all() {
	((${#pids[@]} == 0)) || kill "${pids[@]}"
	wait "${pids[@]}" || :
	pids=()
}

# The peers' ends, in time-wait for a minute, are gone.
only_stuck() {
	calm
}

slab_bytes() {
	awk '$1 == "tcp_reaper_entry" { print $15 * $6 * 4096 }' /proc/slabinfo
}

in_close_wait() {
	awk '$4 == "08" { n++ } END { print n + 0 }' /proc/net/tcp
}

measure() {
	local n=$1 spent most there

	stuck "$n"
	((healthy == 0)) || idle_pairs $((n * healthy / 2))
	only_stuck
	# On 6.12 some are reset by their peers' kernel.
	there=$(in_close_wait)
	((there > n * 99 / 100)) || {
		echo "bench: only $there of $n are stuck" >&2
		exit 1
	}

	trace_begin
	insmod /tcp_reaper.ko mode=observe census_interval_s=0
	POLL=1 until_true 900 stat_is close_wait_tracked "$there"
	read -r spent most < <(trace_spent)
	figure "adopt-$n" reaper "$spent" ns
	figure "stretch-adopt-$n" reaper "$most" ns
	figure "memory-$n" reaper "$(slab_bytes)" bytes

	# Past the first looks, which are close together, and until shortly before the hour is over.
	idle 300
	trace_begin
	idle 2700
	read -r spent most < <(trace_spent)
	figure "rest-$n" reaper $((spent / 2700)) ns/s

	trace_begin
	echo 7200000 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	idle 1
	read -r spent most < <(trace_spent)
	figure "change-$n" reaper "$spent" ns
	figure "stretch-change-$n" reaper "$most" ns

	figure "list-$n" "/proc/net/tcp_reaper/sockets" "$(elapsed cat /proc/net/tcp_reaper/sockets)" ns
	figure "list-$n" /proc/net/tcp "$(elapsed cat /proc/net/tcp)" ns
	figure "list-$n" "ss -tan" "$(elapsed ss -tan)" ns

	echo enforce >/proc/sys/net/tcp_reaper/mode
	trace_begin
	echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	# Not so often that looking would be in the figure.
	POLL=20 until_true 900 stat_is close_wait_tracked 0
	read -r spent most < <(trace_spent)
	figure "reap-$n" reaper "$spent" ns
	figure "stretch-reap-$n" reaper "$most" ns
	(($(stat_of close_wait_reaped) == there))
	rmmod tcp_reaper
	end_all
	calm
}

# measure_other COUNT NAME COMMAND...: the same sockets, ended another way.
measure_other() {
	local n=$1 name=$2
	shift 2

	stuck "$n"
	((healthy == 0)) || idle_pairs $((n * healthy / 2))
	only_stuck
	figure "reap-$n" "$name" "$(elapsed "$@")" ns
	(($(in_close_wait) == 0))
	end_all
	calm
}

ulimit -n 1000000
sysctl -qw net.ipv4.tcp_max_orphans=4000000 fs.file-max=8000000 fs.nr_open=2000000 \
	net.ipv4.tcp_max_tw_buckets=4000000 net.ipv4.tcp_mem="4000000 4000000 4000000" \
	net.core.netdev_max_backlog=1000000 net.ipv4.ip_local_port_range="20000 65000" net.core.somaxconn=4096
for n; do
	measure "$n"
	measure_other "$n" "ss -K" ss -HtnK state close-wait
	if grep -qw bpf_sock_destroy /proc/kallsyms; then
		measure_other "$n" "BPF iterator" iterate /bench/destroy.bpf.o
	fi
done
