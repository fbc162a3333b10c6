#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# latency-guest.sh STUCK TIMEOUT_MS
# In the VM that counts instructions: from a socket's deadline to its RST, when STUCK of them fall due as close together as one
# CPU can make them, with other connections coming and going. By the kernel's own tracepoint of state changes: into CLOSE_WAIT, and
# out of it, no clock of ours.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

n=$1 timeout_ms=$2

load_reaper mode=enforce census_interval_s=0
echo "$timeout_ms" >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
ulimit -n 1000000
sysctl -qw net.ipv4.tcp_max_orphans=4000000 fs.file-max=8000000 fs.nr_open=2000000 \
	net.ipv4.tcp_max_tw_buckets=4000000 net.ipv4.tcp_mem="4000000 4000000 4000000" \
	net.core.netdev_max_backlog=1000000 net.ipv4.ip_local_port_range="2000 65000"

echo 131072 >"$tracing/buffer_size_kb"
echo mono >"$tracing/trace_clock"
# 7 is CLOSE, 8 CLOSE_WAIT; and only the ports of those that are stuck.
echo '(newstate == 8 || (oldstate == 8 && newstate == 7)) && sport >= 1001 && sport <= 1020' \
	>"$tracing/events/sock/inet_sock_set_state/filter"
echo 1 >"$tracing/events/sock/inet_sock_set_state/enable"
each=$((n < 25000 ? n : 25000))
pids=()
for ((i = 1; i * each <= n; i++)); do
	leak -4 -k eof -c -n "$each" -p $((1000 + i)) -a "127.0.0.$i" >"/tmp/leak.$i" &
	pids+=($!)
done
for ((i = 1; i * each <= n; i++)); do
	POLL=1 until_true 900 grep -q "^ready" "/tmp/leak.$i"
done
churn -4 -j 1 -s $((timeout_ms / 1000 + 10)) >/tmp/churn &
churn=$!
POLL=5 until_true 900 stat_at_least close_wait_reaped "$n"
wait "$churn"
echo 0 >"$tracing/tracing_on"
awk -v timeout="$timeout_ms" '
	function ms(line) { match(line, /[0-9]+\.[0-9]+: inet_sock/); return substr(line, RSTART, RLENGTH - 11) * 1e3 }
	function key(line) { match(line, /sport=[0-9]+ dport=[0-9]+/); return substr(line, RSTART, RLENGTH) }
	/newstate=TCP_CLOSE_WAIT/ {
		at[key($0)] = ms($0)
		if (!first) first = ms($0)
		last = ms($0)
	}
	/oldstate=TCP_CLOSE_WAIT/ && key($0) in at { print ms($0) - at[key($0)] - timeout }
	END { print first, last >"/tmp/span" }' $tracing/trace | sort -g >/tmp/late
(($(wc -l </tmp/late) == n))
figure "latency-$n" p50 "$(sed -n "$((n / 2))p" /tmp/late)" ms
figure "latency-$n" p99 "$(sed -n "$((n * 99 / 100))p" /tmp/late)" ms
figure "latency-$n" least "$(head -n 1 /tmp/late)" ms
figure "latency-$n" most "$(tail -n 1 /tmp/late)" ms
figure "latency-$n" "due within" "$(awk '{ print $2 - $1 }' /tmp/span)" ms
kill "${pids[@]}"
