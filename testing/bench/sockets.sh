# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sockets by the thousand, for the guest's parts of the benches; sourced there, after lib.sh.

ulimit -n 1000000
sysctl -qw net.ipv4.tcp_max_orphans=4000000 fs.file-max=8000000 fs.nr_open=2000000 \
	net.ipv4.tcp_max_tw_buckets=4000000 net.ipv4.tcp_mem="4000000 4000000 4000000" \
	net.core.netdev_max_backlog=1000000 net.ipv4.ip_local_port_range="20000 65000" net.core.somaxconn=4096

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

end_all() {
	((${#pids[@]} == 0)) || kill "${pids[@]}"
	wait "${pids[@]}" || :
	pids=()
}

in_close_wait() {
	awk '$4 == "08" { n++ } END { print n + 0 }' /proc/net/tcp
}
