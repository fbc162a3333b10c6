#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A tenant whose sockets are all in one chain, in a hash of its own (net.ipv4.tcp_child_ehash_entries=1), makes nobody's worker but its own
# walk through it: neither for each of its connections that end, nor, again and again from its head, for a census; and another's next
# census does not wait for that. What is stuck in the chain is found, all the same.
# shellcheck disable=SC2317 # functions are called by poll_until
. "$(dirname "$0")/lib.sh"

PAIRS=$(amount 8000 20000)
STUCK=20
WINDOW_S=$(amount 10 30)
# As /proc/PID/stat counts time, on every kernel.
TICK_MS=10
# What its worker may take, and what that may have saved up; the rings' workers took 8 % of what its own processes had.
SHARE_PERCENT=5
CREDIT_MS=$(slack 400)
CENSUS_S=$(slack 3)

[[ -e /proc/sys/net/ipv4/tcp_child_ehash_entries ]] || skip_all "one hash for all namespaces"

# workers_ms: CPU time of all workers of the kernel.
workers_ms() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v ms=$TICK_MS '/[(]kworker\// { sub(/.*\) /, ""); sum += $12 + $13 } END { print sum * ms }'
}

load mode=off || exit 1
new_ns other || exit 1
policy other mode=observe
# shellcheck disable=SC2016 # for the inner shell
background tenant init prlimit --nofile=$((PAIRS * 3)) setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --net bash -c '
	echo 1 >/proc/sys/net/ipv4/tcp_child_ehash_entries && exec unshare --net bash -c "
		ip link set lo up && echo observe >/proc/sys/net/tcp_reaper/mode && exec idle $1"' tenant "$PAIRS"
check "a tenant has $PAIRS connections in one chain" await tenant '^ready' 400
pid=$(pid_of tenant)
check_is "in a hash of its own" 1 "$(netfile "/proc/$pid/ns/net" ../sys/net/ipv4/tcp_ehash_entries 2>/dev/null ||
	nsenter -t "$pid" -U -n cat /proc/sys/net/ipv4/tcp_ehash_entries)"
# Before its worker has much to rest for.
background stuck init nsenter -t "$pid" -U -n leak -k eof -n $STUCK
await stuck '^ready' 60 >/dev/null
check "what is stuck in the chain is found" poll_until 60 stat_is "@tenant" close_wait_tracked $STUCK
background churn init nsenter -t "$pid" -U -n churn -4 -j "$(nproc)" -s $((WINDOW_S + 5))
pause 2
before=$(workers_ms)
start=$(now_ms)
pause "$WINDOW_S"
elapsed=$(($(now_ms) - start))
spent=$(($(workers_ms) - before))
line=$(await churn '^churn' 60)
ended churn
diag "$line; workers took $spent ms of $elapsed"
check_between "its connections come and go meanwhile" "$(many 100)" 1000000000 "$(field connections "$line")"
check_between "workers take a small part of a CPU, ms" 0 $((elapsed * SHARE_PERCENT / 100 + CREDIT_MS)) "$spent"
template census_interval_s 1
start=$(now_ms)
runs=$(stat_of other census_runs)
check "others' censuses follow each other" poll_until 60 stat_at_least other census_runs $((runs + 2))
check_between "each after a second and a rest, ms" 0 $((CENSUS_S * 1000)) $((($(now_ms) - start) / 2))
check "the tenant's are made, too" poll_until 60 stat_at_least "@tenant" census_runs 2
stop stuck
stop tenant
finish
