#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The time that the kernel's workers spend on a tenant's behalf is bounded, however many namespaces it has and however often it asks for
# work: one with four namespaces, 100 stuck sockets and as many rules as there may be in each, which writes a knob in each of them again and
# again, gets 5 % of one CPU from them, and others keep the rest.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

WINDOW_S=$(amount 20 60)
RULES=4096
NETS=4
# What it may save up while it is quiet, and then spend at once.
BURST_MS=$(slack 200)
# As /proc/PID/stat counts time, on every kernel.
TICK_MS=10

# The tenant: prints "net PID" for each namespace, and "ready" for each whose sockets are stuck.
tenant() {
	# shellcheck disable=SC2016 # for the inner shell
	background tenant init setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user bash -c '
		trap "kill -KILL \$(jobs -p); exit" TERM
		for ((i = 0; i < $1; i++)); do
			unshare --net bash -c "ip link set lo up &&
				fileio put /proc/self/net/reaper/rules \"raddr 198.51.100.0/24 lport 1-65535 established_ms 77\\n\" $2 &&
				exec leak -k eof -n 100" &
			echo "net $!"
		done
		wait' tenant "$NETS" "$RULES"
	check "a tenant has $NETS namespaces with $RULES rules and 100 stuck sockets each" poll_until 200 lines "^ready" "$NETS"
	mapfile -t nets < <(awk '$1 == "net" { print $2 }' "$(output tenant)")
}

lines() {
	(($(grep -c "$1" "$(output tenant)") == $2))
}

# mode MODE: in all its namespaces.
mode() {
	local pid
	for pid in "${nets[@]}"; do
		# shellcheck disable=SC2016 # for the inner shell
		nsenter -t "$pid" -U -n sh -c 'echo "$1" >/proc/sys/net/tcp_reaper/mode' sh "$1"
	done
}

tracked() {
	local pid
	for pid in "${nets[@]}"; do
		[[ $(netfile "/proc/$pid/ns/net" reaper/stats) == *"close_wait_tracked 100"* ]] || return 1
	done
}

# cpu_times PATTERN: CPU time in ms of the processes whose line in /proc/PID/stat matches, one a line with its PID before.
cpu_times() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v pattern="$1" -v ms="$TICK_MS" '
		{ line = $0; sub(/.*\) /, "") } line ~ pattern { print substr(line, 1, index(line, " ") - 1), ($12 + $13) * ms }'
}

# spent BEFORE AFTER: what was spent between two of those, by whoever was there at the end.
spent() {
	awk 'NR == FNR { before[$1] = $2; next } { sum += $2 - before[$1] } END { print sum + 0 }' <(echo "$1") <(echo "$2")
}

# measure INTERVAL_S: the tenant writes a knob of each namespace so often; sets "workers_ms", what the kernel's workers take meanwhile,
# "bystanders", the parts in 1000 of all CPUs that those get who only count, "elapsed" in ms and "writes". A loop's progress is the CPU time
# that it is given: what else is done by the machine that emulates this one does not count.
measure() {
	local i start before after bystanders_before spinners=^0 cpu

	for cpu in $(seq 0 $(($(nproc) - 1))); do
		background "count$cpu" init taskset -c "$cpu" bash -c 'while :; do :; done'
		spinners+="|^$(pid_of "count$cpu") "
	done
	for i in "${!nets[@]}"; do
		# shellcheck disable=SC2016 # for the inner shell
		background "writer$i" init nsenter -t "${nets[i]}" -U -n bash -c 'cd /proc/sys/net/tcp_reaper && exec {never}<> <(:)
			trap "echo writes=\$n; exit" TERM
			for ((n = 0; ; n++)); do
				echo $((3600000 + n % 2)) >close_wait_timeout_ms || exit
				read -rt "$1" -u "$never"
			done' writer "$1"
	done
	start=$(now_ms)
	before=$(cpu_times '[(]kworker/')
	bystanders_before=$(cpu_times "$spinners")
	pause "$WINDOW_S"
	after=$(cpu_times '[(]kworker/')
	bystanders=$(spent "$bystanders_before" "$(cpu_times "$spinners")")
	elapsed=$(($(now_ms) - start))
	workers_ms=$(spent "$before" "$after")
	bystanders=$((bystanders * 1000 / elapsed / $(nproc)))
	writes=0
	for i in "${!nets[@]}"; do
		signal "writer$i" TERM
		writes=$((writes + $(field writes " $(await "writer$i" '^writes=')")))
		ended "writer$i"
	done
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		stop "count$cpu"
	done
	diag "a knob each $1 s: $writes writes, $workers_ms ms of workers in $elapsed ms, bystanders have $bystanders of 1000"
}

# asks INTERVAL_S
asks() {
	local usual_workers usual_bystanders

	mode off
	measure "$1"
	usual_workers=$workers_ms
	usual_bystanders=$bystanders
	mode observe
	check "all its sockets are tracked" poll_until 300 tracked
	measure "$1"
	check_between "a knob each $1 s in $NETS namespaces: it is written that often" $((WINDOW_S * NETS)) 1000000000 "$writes"
	check_between "the workers' time is bounded, ms" -1000 $((elapsed * 5 / 100 + BURST_MS)) $((workers_ms - usual_workers))
	check_between "and a bystander gets nine tenths of what it had, in 1000" $((usual_bystanders * 9 / 10)) 1100 "$bystanders"
}

load mode=off || exit 1
tenant
asks 0.04
[[ ${TCP_REAPER_AMOUNT:-} != full ]] || asks 0.2
stop tenant
finish
