# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What diagnose makes of the facts, a cause each. Sourced by run.

# row AGE IDLE RXQ TXQ INODE [VERDICT [CLASS STATE PORT [REMOTE [TIMEOUT ACTION]]]]: a tracked socket.
row() {
	printf '%s\n' "${7-close_wait} ${8-CLOSE_WAIT} $1 $2 10.0.0.1:${9-80} ${10-10.0.0.2:$((40000 + row_n))} 1000 $5 $3 $4 ${6-wait}${11+ ${11} ${12}}" \
		>>"$ROOT/proc/net/reaper/sockets"
	row_n=$((row_n + 1))
}

# no_rows [COLUMN...]: of a module with these columns more than an older one.
no_rows() {
	row_n=1
	put proc/net/reaper/sockets "$HEADER${*:+ $*}"
}

# facts PID STATE START LIMIT [PARENT]: what else /proc has of a process.
facts() {
	put "proc/$1/status" 'Name:	x' "State:	$2" 'TracerPid:	77' 'Uid:	33	33	33	33'
	put "proc/$1/stat" "$1 (a (b) c) S ${5-1}$(printf ' %d' {5..21}) $3 1 1"
	put "proc/$1/limits" 'Limit                     Soft Limit           Hard Limit           Units' \
		"Max open files            $4                 524288               files"
}

# in_unit PID CGROUP: its cgroup, and a mount of cgroup2.
in_unit() {
	put "proc/$1/cgroup" "0::$2"
	put proc/self/mounts 'cgroup2 /cg cgroup2 rw,nosuid 0 0'
}

# listens PORT INODE [ADDRESS [WAITING]]: as /proc/net/tcp has it, at an IPv4 address in hex.
listens() {
	local at

	[ -e "$ROOT/proc/net/tcp" ] || put proc/net/tcp '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
	printf -v at '   0: %s:%04X 00000000:0000 0A 00000000:%08X 00:00000000 00000000     0        0 %d 1 0 100 0 0 10 0' \
		"${3-00000000}" "$1" "${4-0}" "$2"
	echo "$at" >>"$ROOT/proc/net/tcp"
}

# says NAME LINE...: diagnose prints these lines, among others, and nothing on stderr.
says() {
	local name=$1 line

	shift
	# shellcheck disable=SC2086 # one word, or none
	capture tool ${ARGS-} diagnose
	if [ "$rc" != 0 ] || [ -n "$err" ]; then
		not_ok "$LABEL diagnose $name" "rc $rc: $err"
		return
	fi
	for line; do
		if ! grep -qxF -- "$line" "$TMP/out"; then
			not_ok "$LABEL diagnose $name" "no line '$line' in:
$out"
			return
		fi
	done
	ok "$LABEL diagnose $name"
}

# never NAME PATTERN...: what diagnose printed last has no such line.
never() {
	local name=$1 pattern

	shift
	for pattern; do
		if grep -qE -- "$pattern" "$TMP/out"; then
			not_ok "$LABEL diagnose $name" "'$pattern' is in:
$out"
			return
		fi
	done
	ok "$LABEL diagnose $name"
}

diagnose_causes() {
	no_rows
	listens 80 23400
	row 60000 60000 0 0 23456
	facts 812 'S (sleeping)' 4242 1024
	says 'EOF taken, not closed' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		"  1  the peer's end taken, not closed: the peer has ended, all that it sent was taken, its end as well, and the descriptor is open" \
		'    known  fd 7: 10.0.0.1:80, peer 10.0.0.2:40001, CLOSE_WAIT for 1m00s' \
		"           the peer's end is taken, with the last data or by a read() that returned 0" \
		'    maybe  a leak: the program is done with it and did not close it; or an answer is still to be sent' \
		'    tell   strace -f -p 812 -e trace=network,read,write,close shows whether it still uses the descriptor' \
		'    do     if it is a leak: close() the descriptor on every path, errors too, whether the end comes as 0 or with the last data' \
		'    until  then: reaperctl set mode=enforce' \
		'           ends each after 1h without progress; its descriptor stays' \
		'  held by 2 processes at once, and open until each has closed it: leaky, pid 812; worker, pid 4711' \
		'  descriptors 4 of 1024'
	# The tool knows one bit: whether the end was taken. It says no more.
	never 'says no guess as a fact' 'read\(\) returned 0 and' 'never reads' 'it is told' 'forgotten there'
	no_rows
	row 60000 60000 1 0 23456
	row 61000 61000 101 0 23456
	knob close_wait_spare_unread 1
	says 'EOF not taken' \
		"  2  the peer's end not taken: the peer has ended, and that is in the receive queue still" \
		"           the peer's end is not taken, 100 bytes before it not read" \
		'    until  then: no setting, as to end them loses up to 100 bytes of each, not yet read'
	never 'proposes nothing that loses data' 'reaperctl set' 'spare_unread=0'
	knob mode enforce
	says 'EOF not taken, spared' \
		'    until  then tcp_reaper ends each after 1h without progress; its descriptor stays' \
		'           that loses up to 100 bytes of each, not yet read' \
		'           close_wait.spare_unread=1 is set, and lets them alone'
	knob mode observe
	rm "$ROOT/proc/sys/net/tcp_reaper/close_wait_spare_unread"
	no_rows
	row 60000 200 1 0 23456 active
	says 'write-only' \
		"  1  in use, the peer's end not taken: it sends on after the peer's end, which it has not taken" \
		'    until  then: no setting, as to end them loses what still moves'
	no_rows
	row 60000 200 0 0 23456 active
	says 'half-closed' \
		"  1  half-closed, in use: it has taken the peer's end and still sends, which is legal"
	no_rows
	row 60000 60000 1 87000 23456
	says 'blocked' \
		'  1  the peer takes nothing: data is queued to send, and none of it was taken for a while' \
		'           87000 bytes are queued that the peer has not taken'
	never 'blocked: nothing to lose data by' 'reaperctl set'
	no_rows
	row 60000 60000 1 0 23456
	facts 812 'T (stopped)' 4242 1024
	says 'stopped' \
		'  1  process stopped: it gets no time to read or close anything' \
		'    do     kill -CONT 812'
	facts 812 't (tracing stop)' 4242 1024
	says 'traced' '    do     let the debugger, pid 77, go on'
	facts 812 'S (sleeping)' 4242 1024
	no_rows
	row 60000 60000 1 0 4711 kernel
	row 60000 60000 1 0 55555
	row 60000 60000 0 0 23456 wait fin_wait2 FIN_WAIT2
	row 60000 60000 0 0 23456 wait established ESTABLISHED
	row 60000 60000 0 9 0 due orphan LAST_ACK
	row 100 100 0 0 23456
	says 'other classes' \
		'leaky, pid 812, uid 33: 2 sockets, the oldest for 1m00s' \
		"  1  waits for the peer's end: it ended its own side with shutdown(), the peer has not ended, and nothing comes" \
		'  1  idle without keepalive: no data moves, and a dead peer would not be noticed' \
		'orphans, held by nobody, made at port 80, where leaky, pid 812, listens: 1 socket, the oldest for 1m00s' \
		'    due    1 of them' \
		'a process that cannot be seen (run it as root, or in its pid namespace): 1 socket, the oldest for 1m00s' \
		'kernel: 1 socket, the oldest for 1m00s'
	knob fin_wait2_timeout_ms 0
	knob mode enforce
	says 'a class that is off' \
		'    until  then: reaperctl set fin_wait2.timeout_ms=10m' \
		'    until  then tcp_reaper ends each after 5m without progress'
	ARGS='-n blue' says 'in a named namespace' \
		'    until  then: reaperctl -n blue set fin_wait2.timeout_ms=10m'
	no_rows
	says 'nothing' 'no socket lingers'
	rm "$ROOT/proc/net/tcp"
}

# In use is what moved lately, not what moved once.
diagnose_moved() {
	new_root
	listens 80 23400
	facts 812 'S (sleeping)' 4242 1024
	no_rows
	row 62000 59000 0 0 23456
	says 'one late answer, then silence' \
		"  1  the peer's end taken, not closed: the peer has ended, all that it sent was taken, its end as well, and the descriptor is open"
	no_rows
	row 62000 9000 0 0 23456 due
	says 'due is not in use' \
		"  1  the peer's end taken, not closed: the peer has ended, all that it sent was taken, its end as well, and the descriptor is open"
	no_rows
	row 60000 300 501 0 23456
	says 'a queue that gets less' \
		"  1  in use, still being read: what came before the peer's end gets less, or is answered"
	never 'a slow reader is not accused' 'reaperctl set' ' a leak' 'forgotten'
	no_rows
	row 60000 300 0 0 23456 active fin_wait2 FIN_WAIT2
	says 'a receiver in FIN_WAIT2' \
		'  1  half-closed, receives on: it ended its own side with shutdown(), and data still comes, which is legal' \
		'    do     nothing, unless the program no longer wants that data'
	never 'a receiver is not accused' 'close\(\) the descriptor'
	# A client has a port above its server's, and nobody listens at it.
	no_rows
	row 60000 60000 1 0 23456 wait close_wait CLOSE_WAIT 50000 10.0.0.2:443
	says 'a client at rest' \
		"  1  a client's, ended by its server: the server has ended, and all data that it sent was read" \
		'    do     let the pool drop idle connections sooner than the server does, and close every answer that was read'
	never 'no alarm for a pool' 'never reads' 'read every connection'
}

# What keeps a process from doing anything.
diagnose_halted() {
	new_root
	listens 80 23400
	no_rows
	row 60000 60000 1 0 23456
	facts 812 'S (sleeping)' 4242 1024
	# By the name of a kernel's function nothing is told: others wait there, too.
	put proc/812/wchan do_freezer_trap
	in_unit 812 /system.slice/web.service
	put cg/system.slice/web.service/cgroup.events 'populated 1' 'frozen 0'
	says 'not frozen' \
		"  1  the peer's end not taken: the peer has ended, and that is in the receive queue still"
	put cg/system.slice/web.service/cgroup.events 'populated 1' 'frozen 1'
	says 'frozen' \
		'leaky in web.service, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'  1  process frozen: its cgroup is frozen, as cgroup.events says: it gets no time to read or close anything' \
		'    do     thaw it: "systemctl thaw web.service", or "docker unpause" and the like for a container'
	put proc/812/cgroup '5:freezer:/box' '0::/'
	put proc/self/mounts 'cgroup /v1 cgroup rw,freezer 0 0'
	put v1/box/freezer.state FROZEN
	says 'frozen, the older way' \
		'  1  process frozen: its cgroup is frozen, as cgroup.events says: it gets no time to read or close anything'
	put v1/box/freezer.state THAWED
	facts 812 'D (disk sleep)' 4242 1024
	put proc/812/task/812/stat '812 (a) D 1 1'
	put proc/812/task/812/wchan nfs_wait_bit_killable
	says 'state D' \
		'  1  process in state D: it waits inside the kernel, where no signal but at most SIGKILL reaches it' \
		"    now    pid 812: its only thread waits in the kernel, state D, in nfs_wait_bit_killable" \
		'    tell   cat /proc/812/stack and dmesg show what the kernel waits for'
	put proc/812/task/813/stat '813 (b) c) R 1 1'
	facts 812 'S (sleeping)' 4242 1024
	says 'threads' '    now    pid 812: 2 threads: 1 x runs; 1 x waits in the kernel, state D, in nfs_wait_bit_killable'
}

# Who holds it, who was started by whom, and who has to do something.
diagnose_owners() {
	local pid

	new_root
	no_rows
	listens 80 23400
	for pid in 901 902 903 904 905; do
		process $pid web "$ROOT/netns/initial" "3:socket:[70$pid]" '4:socket:[70900]'
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) 900
		in_unit $pid /system.slice/web.service
		row 60000 60000 1 0 "70$pid"
	done
	says 'workers of a service' \
		'web in web.service, 5 processes (pid 901, 902, 903 and 2 more), uid 33: 5 sockets, the oldest for 1m00s'
	check "$LABEL diagnose: one group for all workers" test "$(grep -c 'uid 33' "$TMP/out")" = 1
	no_rows
	row 60000 60000 1 0 70900
	says 'a socket of all workers' \
		'  held by 5 processes at once, and open until each has closed it: web in web.service, 5 processes (pid 901, 902, 903 and 2 more)' \
		'          fork() copied it: the process that does not serve it should close it'
	# Without a service they are one program by their descent.
	no_rows
	for pid in 901 902 903 904 905; do
		rm "$ROOT/proc/$pid/cgroup"
		row 60000 60000 1 0 "70$pid"
	done
	process 900 web "$ROOT/netns/initial"
	facts 900 'S (sleeping)' 1 1000
	facts 905 'S (sleeping)' 1 1905 1
	rm "$ROOT/proc/net/tcp"
	says 'workers of a session' \
		'web, 4 processes (pid 901, 902, 903 and 1 more), uid 33: 4 sockets, the oldest for 1m00s' \
		'web, pid 905, uid 33: 1 socket, the oldest for 1m00s'

	# systemd keeps the listener; the service has it, too.
	new_root
	no_rows
	listens 80 23400
	ln -s 'socket:[23400]' "$ROOT/proc/1/fd/30"
	ln -s 'socket:[23456]' "$ROOT/proc/1/fd/31"
	facts 812 'S (sleeping)' 4242 1024
	row 60000 60000 1 0 0
	says 'socket activation, not accepted' \
		'never accepted, at port 80, where leaky, pid 812, listens: 1 socket, the oldest for 1m00s'
	no_rows
	row 60000 60000 1 0 23456
	says 'Accept=yes: the service, not systemd' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s'
	# One process for each connection is one program, in a service of its own each or in none.
	no_rows
	for pid in 931 932 933; do
		process $pid billing "$ROOT/netns/initial" "3:socket:[70$pid]"
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) 1
		in_unit $pid "/system.slice/system-billing.slice/billing@$pid-10.0.0.1:80-10.0.0.2:40$pid.service"
		row 60000 60000 0 0 "70$pid"
	done
	says 'Accept=yes: its instances are one service' \
		'billing in billing@.service, 3 processes (pid 931, 932, 933), uid 33: 3 sockets, the oldest for 1m00s'
	in_unit 933 /system.slice/postgresql@15-main.service
	in_unit 932 /system.slice/postgresql@14-main.service
	says 'instances of another kind are not' \
		'billing in postgresql@15-main.service, pid 933, uid 33: 1 socket, the oldest for 1m00s'
	rm "$ROOT"/proc/812/fd/* "$ROOT"/proc/4711/fd/*
	rm "$ROOT"/proc/93[123]/cgroup
	says 'inetd: one for each connection' \
		'billing, 3 processes (pid 931, 932, 933), uid 33: 3 sockets, the oldest for 1m00s'
	rm -r "$ROOT"/proc/93[123]
	no_rows
	row 60000 60000 1 0 0
	says 'socket activation without its service' \
		'never accepted, at port 80, where systemd, pid 1, listens for a service that does not run or has let go of it (systemctl list-sockets names it): 1 socket, the oldest for 1m00s' \
		'    do     start the service, or stop its socket as well'
	never 'nobody is told to trace systemd' 'strace'
	no_rows
	row 60000 60000 1 0 23456
	says 'systemd alone has a connection' \
		'systemd, pid 1, which keeps it for a service (systemctl list-sockets, systemctl list-units): 1 socket, the oldest for 1m00s'

	# Who listened first looks after those that accept.
	new_root
	no_rows
	listens 80 70000
	for pid in 940 941 942; do
		process $pid gunicorn "$ROOT/netns/initial" '5:socket:[70000]'
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) $((pid == 940 ? 1 : 940))
	done
	row 60000 60000 79 0 0
	says 'pre-fork: whether a worker accepts' \
		'never accepted, at port 80, where gunicorn, 3 processes (pid 940, 941, 942), listens: 1 socket, the oldest for 1m00s' \
		'    tell   ss -ltn shows the queue (Recv-Q of Send-Q); strace -f -p 941 shows whether accept() is called'

	# A program that another one started, and that does not know of it.
	new_root
	no_rows
	listens 80 23400
	facts 812 'S (sleeping)' 4242 1024
	process 930 'sleep' "$ROOT/netns/initial" '9:socket:[70930]'
	facts 930 'S (sleeping)' 1 1024 812
	row 60000 60000 1 0 70930
	says 'inherited' \
		'sleep, pid 930, inherited from leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'    do     in leaky: open connections with O_CLOEXEC (accept4() with SOCK_CLOEXEC), so that what it starts does not get them; this one stays until sleep ends'
	facts 930 'S (sleeping)' 1 1024 1
	says 'inherited, and its parent has ended' \
		'sleep, pid 930, inherited from leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s'
	facts 930 'S (sleeping)' 1 1024 812
	ln -s 'socket:[70930]' "$ROOT/proc/812/fd/20"
	says 'inherited, and its parent has it, too' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'          inherited, or kept for it, by sleep, pid 930; O_CLOEXEC keeps a descriptor from what a program starts'
	rm "$ROOT/proc/812/fd/20" "$ROOT/proc/930/fd/9"
	ln -s 'socket:[70930]' "$ROOT/proc/930/fd/0"
	says 'started with its connection, as by inetd' 'sleep, pid 930, uid 33: 1 socket, the oldest for 1m00s'

	# A name of another's choice is not taken for words of ours.
	put proc/812/comm 'a", pid 1'
	no_rows
	row 60000 60000 1 0 23456
	says 'a name with words in it' 'a\x22\x2c pid 1, pid 812, uid 33: 1 socket, the oldest for 1m00s'
}

diagnose_listeners() {
	new_root
	process 940 alpha "$ROOT/netns/initial" '3:socket:[70940]'
	process 941 beta "$ROOT/netns/initial" '3:socket:[70941]'
	no_rows
	listens 80 70940 0100000A 2
	listens 80 70941 00000000 1
	row 60000 60000 1 0 0
	row 60000 60000 1 0 0
	printf 'close_wait CLOSE_WAIT 9000 9000 10.0.0.9:80 10.0.0.2:50000 1000 0 1 0 wait\n' >>"$ROOT/proc/net/reaper/sockets"
	says 'two listeners at a port' \
		'never accepted, at 10.0.0.1:80, where alpha, pid 940, listens with fd 3: 2 sockets, the oldest for 1m00s' \
		'never accepted, at port 80, where beta, pid 941, listens with fd 3: 1 socket, the oldest for 9.0s' \
		'  1  never accepted: the peer connected, and nobody called accept() for it' \
		'  queue  2 in the backlog'
	# IPv6, and SO_REUSEPORT.
	put proc/net/tcp6 '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' \
		'   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000005 00:00000000 00000000     0        0 70942 1 0 100 0 0 10 0' \
		'   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000006 00:00000000 00000000     0        0 70942 1 0 100 0 0 10 0'
	process 942 gamma "$ROOT/netns/initial" '3:socket:[70942]'
	printf 'close_wait CLOSE_WAIT 9000 9000 [::ffff:10.0.0.1]:80 [::ffff:10.0.0.2]:50000 1000 0 1 0 wait\n' >>"$ROOT/proc/net/reaper/sockets"
	says 'two families at a port' \
		'never accepted, at 10.0.0.1:80, where alpha, pid 940, listens with fd 3: 2 sockets, the oldest for 1m00s' \
		'never accepted, at port 80, where gamma, pid 942, listens with fd 3: 1 socket, the oldest for 9.0s' \
		'  queue  5, 6 in the backlog'
	rm "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6"
	no_rows
	row 60000 60000 1 0 0
	says 'never accepted, listener not seen' \
		'never accepted, at port 80: 1 socket, the oldest for 1m00s'

	# Orphans by who makes them, and their peers by number.
	no_rows
	listens 80 70940 0100000A
	for _ in 1 2 3; do
		row 60000 60000 0 9 0 wait orphan FIN_WAIT1 80 10.1.0.1:4000$_
	done
	row 60000 60000 0 9 0 wait orphan FIN_WAIT1 80 10.1.0.2:40000
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 81 10.1.0.2:40001
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 50001 10.1.0.3:443
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 50002 10.1.0.3:443
	says 'orphans' \
		'orphans, held by nobody, made at 10.0.0.1:80, where alpha, pid 940, listens: 4 sockets, the oldest for 1m00s' \
		'  peers  10.1.0.1 (3), 10.1.0.2 (1)' \
		'orphans, held by nobody, made at port 81, where nobody listens now: 1 socket, the oldest for 50.0s' \
		'orphans, held by nobody, of clients of port 443: 2 sockets, the oldest for 50.0s' \
		'  peers  10.1.0.3 (2)'
}

# What rules and probes do is told by the module, a socket each.
diagnose_rules() {
	new_root
	listens 80 23400
	facts 812 'S (sleeping)' 4242 1024
	knob mode enforce
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 wait close_wait CLOSE_WAIT 80 10.0.0.2:40001 4000 reset
	says 'a rule gives a time-out' \
		'    until  then tcp_reaper ends each after 4s without progress, by a rule; its descriptor stays'
	row 61000 61000 0 0 23456 wait close_wait CLOSE_WAIT 80 10.0.0.2:40002 3600000 reset
	says 'a rule gives some a time-out' \
		'    until  then tcp_reaper ends each after 4s to 1h without progress, by a rule; its descriptor stays'
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 rule close_wait CLOSE_WAIT 80 10.0.0.2:40001 0 reset
	says 'exempt' '    rules  1 of them are exempt: tcp_reaper lets them alone'
	never 'exempt ones do not end' 'ends each'
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 wait close_wait CLOSE_WAIT 80 10.0.0.2:40001 0 reset
	says 'a rule gives none' '    until  a rule gives them no time-out: tcp_reaper lets them alone'
	knob established_timeout_ms 0
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 due established ESTABLISHED 80 10.0.0.2:40001 4000 probe
	says 'a probe ends nothing' \
		'    until  then tcp_reaper probes each, which ends those whose peer does not answer, after 4s without progress, by a rule; its descriptor stays'
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 wait established ESTABLISHED 80 10.0.0.2:40001 0 probing
	says 'probed already' \
		'  1  idle, and asked by tcp_reaper: no data moves; tcp_reaper has switched keepalive on, so that a dead peer is noticed'
	never 'probed already: keepalive is on' 'SO_KEEPALIVE'
	no_rows timeout_ms action
	row 60000 60000 0 4100000 23456 due established ESTABLISHED 80 10.0.0.2:40001 4000 reset
	says 'a closed window' \
		'  1  the peer takes nothing: data is queued to send, and none of it was taken for a while' \
		'           4100000 bytes are queued that the peer has not taken' \
		'           that loses up to 4100000 bytes of each, not yet sent or acknowledged'
	never 'a closed window is no idleness' 'SO_KEEPALIVE'
	knob mode observe
	no_rows timeout_ms action
	row 60000 60000 0 0 23456 wait close_wait CLOSE_WAIT 80 10.0.0.2:40001 4000 fin
	says 'a proposal knows the rule' \
		'    until  then: reaperctl set mode=enforce' \
		'           ends each with a FIN after 4s without progress, by a rule; its descriptor stays'
}

# Real sockets and processes, below made-up files of the module: what the
# kernel tells of them.
diagnose_real() {
	local helper pid child line request

	if ! command -v python3 >/dev/null; then
		skip "$LABEL diagnose: real sockets" 'no python3'
		return
	fi
	new_root
	python3 "$here/diagnose.py" "$TMP/ready" &
	helper=$!
	for _ in {1..300}; do
		[ ! -e "$TMP/ready" ] || break
		sleep 0.1
	done
	rm -rf "${ROOT:?}/proc/"[0-9]*
	for pid in /proc/[0-9]*; do
		ln -s "$pid" "$ROOT/proc/"
	done
	# Those of the program alone.
	while read -r line; do
		[ "${line%%=*}" != row ] || echo "${line#row=}" >>"$TMP/rows"
		[ "${line%%=*}" != request ] || request=${line#request=}
		[ "${line%%=*}" != tcp ] || echo "${line#tcp=}" >>"$TMP/tcp"
		[ "${line%%=*}" != pid ] || pid=${line#pid=}
		[ "${line%%=*}" != child ] || child=${line#child=}
	done <"$TMP/ready"
	listens 1 1
	cat "$TMP/tcp" >>"$ROOT/proc/net/tcp"
	put proc/net/reaper/sockets "$HEADER"
	cat "$TMP/rows" >>"$ROOT/proc/net/reaper/sockets"
	rm "$TMP/rows" "$TMP/tcp" "$TMP/ready"
	says 'real sockets' "           the peer's end is not taken, 30 bytes before it not read"
	check "$LABEL diagnose: what was received and read" \
		grep -qE '^           received 100 bytes \(last [0-9.]+s ago\), 70 of them read, sent 7 bytes \(last [0-9.]+s ago\)$' "$TMP/out"
	check "$LABEL diagnose: a closed window" \
		grep -qE "^           [1-9][0-9]* bytes are queued, and the peer's window is closed: it has no room$" "$TMP/out"
	check "$LABEL diagnose: what the thread does" \
		grep -qE "^    now    pid $pid: 2 threads: .*1 x waits in recvfrom\(\) on this very socket" "$TMP/out"
	check "$LABEL diagnose: who inherited it" \
		grep -qE "^sleep( in [^ ]*)?, pid $child, inherited from python3( in [^ ]*)?, pid $pid, uid" "$TMP/out"
	check "$LABEL diagnose: a backlog full of what has ended" \
		grep -qxF '  queue  3 of 2 in the backlog: it is full, and new clients get no answer' "$TMP/out"
	check "$LABEL diagnose: of what it is full" \
		grep -qxF '         0 of them are connections still, 3 have ended and stay until accept() takes them' "$TMP/out"
	check "$LABEL diagnose: what alone helps" grep -q '^  do     only accept() makes room' "$TMP/out"
	# The only one without a setting to be proposed, of those in mode observe.
	check "$LABEL diagnose: an orphan whose peer lives is not to be ended" grep -qxF \
		'    until  then: no setting, as to end them loses up to 70000 bytes of each, not yet sent or acknowledged' "$TMP/out"
	put proc/net/reaper/sockets "$HEADER" "$request"
	says 'a request without an answer' \
		'    maybe  it works, or has others work, on the request that it has read, and looks at the connection again when it answers, as gunicorn, php-fpm, PostgreSQL and a proxy do' \
		'           or the program has forgotten it, or is held back (flow control, no thread free) and reads on later'
	kill "$helper"
	wait "$helper" 2>/dev/null
	check "$LABEL diagnose: no process of the test stays" test ! -e "/proc/$child"
}

# Whoever has a file of FUSE in an epoll set holds up all who read of that set.
diagnose_stuck_set() {
	local server tool_pid pid inode ended=

	if [ "$(id -u)" -ne 0 ] || [ ! -w /dev/fuse ] || ! command -v python3 >/dev/null; then
		skip "$LABEL diagnose: a stuck epoll set" 'not root, no /dev/fuse or no python3'
		return
	fi
	mkdir -p "$TMP/fuse"
	rm -f "$TMP/stuck"*
	unshare -m python3 "$here/fuse.py" "$TMP/fuse" "$TMP/stuck" &
	server=$!
	if ! wait_for test -e "$TMP/stuck.polled"; then
		kill -KILL "$server"
		skip "$LABEL diagnose: a stuck epoll set" 'no FUSE'
		return
	fi
	read -r pid inode <"$TMP/stuck"
	new_root
	no_rows
	row 60000 60000 1 0 "$inode"
	rm -rf "${ROOT:?}/proc/"[0-9]*
	ln -s "/proc/$pid" "$ROOT/proc/"
	# Nor has who reads what it says to wait.
	(REAPERCTL_ROOT=$ROOT "${TOOL[@]}" diagnose 2>&1 | cat >"$TMP/out") &
	tool_pid=$!
	! wait_for process_ended "$tool_pid" || ended=1
	# That frees whoever waits, in any case.
	kill -KILL "$server"
	wait "$server" "$tool_pid" 2>/dev/null
	check "$LABEL diagnose: a stuck epoll set is not waited for" test -n "$ended"
	check "$LABEL diagnose: and its process is told" grep -q "^python3.*, pid $pid" "$TMP/out"
	never 'of such a set nothing is claimed' 'epoll set'
	new_root
}

# process_ended PID: it has, though nobody waited for it yet.
process_ended() {
	! grep -qs '^State:	[^ZX]' "/proc/$1/status"
}

diagnose_epoll() {
	local name

	no_rows
	listens 80 23400
	row 60000 60000 1 0 23456
	facts 812 'S (sleeping)' 4242 1024
	ln -s 'anon_inode:[eventpoll]' "$ROOT/proc/812/fd/5"
	put proc/812/fdinfo/5 'pos:	0' 'flags:	02' 'tfd:        3 events:       19 data: 3'
	says 'in no epoll set' \
		"           it is in none of the program's epoll sets"
	put proc/812/fdinfo/5 'tfd:        7 events:       1c data: 7  pos:0 ino:5ba0 sdev:8'
	says 'epoll for writing' \
		"           it is in an epoll set of the program, but not for input"
	put proc/812/fdinfo/5 'tfd:        7 events: 40000000 data: 7'
	says 'EPOLLONESHOT' \
		'           it was armed once in an epoll set (EPOLLONESHOT), and not again'
	put proc/812/fdinfo/5 'tfd:        7 events:     2019 data: 7'
	says 'epoll for reading' \
		'           it is in an epoll set of the program, for input'
	for name in 'tfd: x' 'tfd: 7 events:' "$(printf '%09999d' 1)"; do
		put proc/812/fdinfo/5 "$name"
		says 'rubbish in fdinfo' \
			"           it is in none of the program's epoll sets"
	done
	rm "$ROOT/proc/net/tcp"
}

diagnose_growth() {
	local now looks=$ROOT/run/reaperctl/looks fd

	new_root
	facts 812 'S (sleeping)' 4242 104
	no_rows
	row 60000 60000 0 0 23456
	says 'first look' '  descriptors 4 of 104'
	check "$LABEL the look is kept" grep -qE '^[0-9]+ [0-9]+ pid.812.4242 1 4$' "$looks"
	# As if that was 100 s ago: the clock is the kernel's, since boot.
	now=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
	awk -v then=$((now - 100000)) '{ $1 = then; print }' "$looks" >"$looks.new"
	mv "$looks.new" "$looks"
	for fd in 20 21 22 23; do
		ln -s 'socket:[23456]' "$ROOT/proc/812/fd/$fd"
	done
	row 50000 50000 0 0 23456
	# 4 in 100 s, and room for 96: 2400 s.
	says 'growth'
	check "$LABEL growth: of sockets" grep -qE '^  sockets     2, \+1 since the last look, 1m4[0-5]s ago$' "$TMP/out"
	check "$LABEL growth: of descriptors" grep -qE '^  descriptors 8 of 104, \+4 since the last look, 1m4[0-5]s ago$' "$TMP/out"
	# The clock goes on meanwhile.
	check "$LABEL growth: the end ahead" grep -qE \
		'^           at this rate they are used up in 4[0-3]m[0-9]+s$' "$TMP/out"
	says 'no growth'
	check "$LABEL no growth" grep -qE '^  sockets     2, \+0 since the last look, [0-9.]+s ago$' "$TMP/out"
	check "$LABEL no growth: no end" test "$(grep -c 'at this rate' "$TMP/out")" = 0
	facts 812 'S (sleeping)' 4243 104
	capture tool diagnose
	check "$LABEL a new process of the same number has no past" \
		test "$(grep -c 'since the last look' "$TMP/out")" = 0
	head -c 5000 /dev/urandom >"$looks"
	says 'rubbish in the looks' '  descriptors 8 of 104'
	rm -r "$ROOT/run/reaperctl"
	: >"$ROOT/run/reaperctl"
	says 'no place for looks' '  descriptors 8 of 104'
}

diagnose_tests() {
	new_root
	diagnose_causes
	diagnose_moved
	diagnose_halted
	diagnose_owners
	diagnose_listeners
	diagnose_rules
	diagnose_real
	new_root
	diagnose_epoll
	diagnose_stuck_set
	diagnose_growth
	new_root
	t 2 'diagnose -g soon' '' 'reaperctl: -g soon: not a time: 30s, 5m, 1h30m or milliseconds; see reaperctl diagnose --help'
	if command -v jq >/dev/null; then
		j diagnose '.groups | length == 3 and all(.sockets == 1)'
		j diagnose '.groups | map(.kind) == ["process", "not_accepted", "orphan"]'
		j diagnose '.groups[0] | .name == "leaky" and .pid == 812 and .causes[0].example.fd == 7'
		j '-a diagnose -g 10s' 'length == 3 and all(.groups | length == 2)'
	fi
	put proc/812/status 'State:' "$(printf '\001')" 'Uid:	-1' "$(printf '%09999d' 1)"
	put proc/812/stat '812 (x'
	put proc/812/limits 'Max open files' 'Max open files   unlimited'
	says 'rubbish about a process' \
		'leaky, pid 812: 1 socket, the oldest for 5.2s' \
		'  descriptors 4, no limit'
	new_root
}
