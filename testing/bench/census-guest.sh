#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/census, inside the VM.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

n=$1

held() {
	(($(grep -c ' 01 ' /proc/net/tcp) >= 2 * n))
}

# instructions: of the next census. Nothing else is there for our workers to do.
instructions() {
	local before spent
	before=$(stat_of census_runs)
	trace_begin
	echo 1 >/sys/module/tcp_reaper/parameters/census_interval_s
	until_true 60 stat_at_least census_runs $((before + 1))
	echo 0 >/sys/module/tcp_reaper/parameters/census_interval_s
	# shellcheck disable=SC2119 # of all workers
	spent=$(trace_spent)
	echo "$spent"
}

# each INSTRUCTIONS: of a socket, over those of an empty hash.
each() {
	awk -v n="$n" -v empty="$empty" -v all="$1" 'BEGIN { printf "%.1f", (all - empty) / (2 * n) }'
}

ulimit -n 1000000
load_reaper census_interval_s=0
empty=$(instructions)
duo -4 -n "$n" -p 9000 pause >/dev/null &
duo=$!
until_true 60 held
off=$(instructions)
echo 3600000 >/proc/sys/net/tcp_reaper/established_timeout_ms
on=$(instructions)
figure "empty hash" reaper "$empty" instructions
figure "healthy socket" reaper "$(each "$off")" instructions
figure "healthy socket" "established on" "$(each "$on")" instructions
kill "$duo"
wait "$duo" || :
rmmod tcp_reaper
