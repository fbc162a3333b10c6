#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scale-guest.sh others|alone HEALTHY STUCK...
# In the VM that counts instructions: what so many stuck sockets cost, with HEALTHY times as many healthy ones beside them.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh
# shellcheck source-path=SCRIPTDIR source=sockets.sh disable=SC1091
. /bench/sockets.sh

others=$1 healthy=$2
shift 2

# Both ends of a healthy connection are here, and count.
idle_pairs() {
	steps=(pause)
	# As many as it takes.
	each=10000 many "$1" duo -4
}

# The peers' ends, in time-wait for a minute, are gone.
only_stuck() {
	calm
}

slab_bytes() {
	awk '$1 == "tcp_reaper_entry" { print $15 * $6 * 4096 }' /proc/slabinfo
}

measure() {
	local n=$1 spent there

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
	spent=$(trace_spent census_step)
	figure "adopt-$n" reaper "$spent" ns
	figure "memory-$n" reaper "$(slab_bytes)" bytes

	# Past the first looks, which are close together, and until shortly before the hour is over.
	idle 300
	trace_begin
	idle 2700
	spent=$(trace_spent)
	figure "rest-$n" reaper $((spent / 2700)) ns/s

	trace_begin
	echo 7200000 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	idle 1
	spent=$(trace_spent)
	figure "change-$n" reaper "$spent" ns

	figure "list-$n" "/proc/net/reaper/sockets" "$(elapsed cat /proc/net/reaper/sockets)" ns
	figure "list-$n" /proc/net/tcp "$(elapsed cat /proc/net/tcp)" ns
	figure "list-$n" "ss -tan" "$(elapsed ss -tan)" ns

	echo enforce >/proc/sys/net/tcp_reaper/mode
	trace_begin
	echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	# Not so often that looking would be in the figure.
	POLL=20 until_true 900 stat_is close_wait_tracked 0
	spent=$(trace_spent)
	figure "reap-$n" reaper "$spent" ns
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

for n; do
	measure "$n"
	[[ $others == others ]] || continue
	measure_other "$n" "ss -K" ss -HtnK state close-wait
	if grep -qw bpf_sock_destroy /proc/kallsyms; then
		measure_other "$n" "BPF iterator" iterate /bench/destroy.bpf.o
	fi
done
