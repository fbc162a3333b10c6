#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# crowd-guest.sh ORPHANS
# In the VM that counts instructions: ORPHANS is orphan/max, and so many there are; then new ones come in every tick of 25 ms. How
# much of a CPU our workers take for that, the ends of the old ones included.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

n=$1

ulimit -n 1000000
sysctl -qw net.ipv4.tcp_max_orphans=4000000 net.ipv4.tcp_orphan_retries=15 net.ipv4.ip_local_port_range="2000 65000" \
	net.ipv4.tcp_mem="4000000 4000000 4000000"
load_reaper mode=enforce census_interval_s=0
echo 0 >/proc/sys/net/tcp_reaper/orphan_timeout_ms

# pile_up NAME OPTION...: orphans, and the process that knows their peers.
pids=()
pile_up() {
	local name=$1
	shift
	pile -4 -a "127.0.0.$((2 + ${#pids[@]}))" "$@" >"/tmp/$name" &
	pids+=($!)
	until_true 900 grep -sq '^ready' "/tmp/$name"
}

pile_up hoard -n "$n" -b 5000 -i 1
echo "$n" >/proc/sys/net/tcp_reaper/orphan_max
idle 5
before=$(stat_of orphan_evicted)
trace_begin
from=$(date +%s%N)
pile_up more -n 640 -b 10 -i 20
took=$(($(date +%s%N) - from))
# shellcheck disable=SC2119 # of all workers
spent=$(trace_spent)
evicted=$(($(stat_of orphan_evicted) - before))
((evicted > 0))
figure "crowd-$n" evicted "$evicted" orphans
share=$(awk -v s="$spent" -v t="$took" 'BEGIN { printf "%.1f", 100 * s / t }')
figure "crowd-$n" reaper "$share" "% of a CPU"
kill -TERM "${pids[@]}"
wait "${pids[@]}" || :
rmmod tcp_reaper
# The searches have 5 %, however large the table is (module/track/evict.c); the rest are the ends.
((${share%.*} < 10))
