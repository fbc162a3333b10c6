#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/chains, inside the VM.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"

ulimit -n 1000000
entries=/proc/sys/net/ipv4/tcp_child_ehash_entries

# in_chains CHAINS SCRIPT: it runs in a namespace whose hash has so many, and says "ready" when all is there.
in_chains() {
	local before
	before=$(<$entries)
	echo "$1" >$entries
	: >/tmp/chains
	unshare -n sh -c "ip link set lo up; $2" >/tmp/chains &
	chains=$!
	POLL=5 until_true 900 grep -q '^ready' /tmp/chains
	echo "$before" >$entries
	calm
}

# steps_of WHAT: of one census, which has to take more than one; its namespace ends.
steps_of() {
	local steps spent
	trace_begin
	load_reaper mode=observe census_interval_s=0
	# shellcheck disable=SC2119 # of all workers
	spent=$(trace_spent)
	steps=$(grep -c 'workqueue_execute_start.*census_step' /tmp/trace)
	figure "$1" reaper "$steps" steps
	figure "$1" reaper "$spent" ns
	((steps > 1))
	rmmod tcp_reaper
	kill "$chains"
	wait "$chains" || :
}

in_chains 64 'exec leak -4 -k eof -c -n 11000'
steps_of "11000 stuck in 64 chains"
# Some 15 instructions each; 10,000 connections a process, as each has a port.
# shellcheck disable=SC2016 # for the inner shell
in_chains 512 'for i in $(seq 2 25); do
		duo -4 -n 10000 -p $((9000 + i)) -a 127.0.0.$i pause &
		pids="$pids $!"
	done >/tmp/duos
	trap "kill $pids" TERM
	until [ "$(grep -c "^pause" /tmp/duos)" = 24 ]; do sleep 5; done
	echo ready; wait'
steps_of "480000 healthy in 512 chains"
