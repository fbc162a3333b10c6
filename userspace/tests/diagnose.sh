# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What diagnose makes of the facts, a cause each. Sourced by run.

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
		"  1  ended by its server: by its ports it is a client's; the server has ended, and all data that it sent was read" \
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
	never 'exempt ones do not end' 'ends each' '^    until'
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
	never 'probed already: keepalive is on' 'SO_KEEPALIVE' 'a rule gives'
	no_rows
	row 60000 60000 0 1 0 wait orphan FIN_WAIT1
	says 'an orphan whose end alone is queued' '           its own end is sent, and not acknowledged'
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
	diagnose_rules
	new_root
	diagnose_epoll
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
