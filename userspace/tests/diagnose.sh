# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What diagnose makes of the facts, a cause each. Sourced by run.

# row AGE IDLE RXQ TXQ INODE [VERDICT [CLASS STATE PORT]]: a tracked socket.
row() {
	printf '%s\n' "${7-close_wait} ${8-CLOSE_WAIT} $1 $2 10.0.0.1:${9-80} 10.0.0.2:$((40000 + row_n)) 1000 $5 $3 $4 ${6-wait}" \
		>>"$ROOT/proc/net/reaper/sockets"
	row_n=$((row_n + 1))
}

no_rows() {
	row_n=1
	put proc/net/reaper/sockets "$HEADER"
}

# facts PID STATE START LIMIT: what else /proc has of a process.
facts() {
	put "proc/$1/status" 'Name:	x' "State:	$2" 'TracerPid:	77' 'Uid:	33	33	33	33'
	put "proc/$1/stat" "$1 (a (b) c) S 1$(printf ' %d' {5..21}) $3 1 1"
	put "proc/$1/limits" 'Limit                     Soft Limit           Hard Limit           Units' \
		"Max open files            $4                 524288               files"
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

diagnose_causes() {
	no_rows
	row 60000 60000 0 0 23456
	facts 812 'S (sleeping)' 4242 1024
	says 'EOF read, not closed' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'  1  end of file read, not closed: read() returned 0 and the descriptor was kept: a descriptor leak' \
		'    e.g.   fd 7: 10.0.0.1:80, peer 10.0.0.2:40001, CLOSE_WAIT for 1m00s' \
		'           check with: ls -l /proc/812/fd/7' \
		'    do     close() the descriptor when read() returns 0, on every path, errors too' \
		'    until  then: reaperctl set mode=enforce' \
		'           ends each after 1h without progress; its descriptor stays' \
		'  held by 2 processes at once: each must close its descriptor (did a child inherit it?)' \
		'  descriptors 4 of 1024'
	no_rows
	row 60000 60000 1 0 23456
	row 61000 61000 101 0 23456
	says 'EOF not read' \
		'  2  end of file not read: the peer has ended and the program never reads this socket' \
		'           up to 100 bytes before that end are not read either'
	no_rows
	row 60000 200 1 0 23456 active
	says 'write-only' \
		"  1  write-only: it sends on after the peer's end, and never reads, so it does not see that end" \
		'    until  then: reaperctl set close_wait.spare_active=0 mode=enforce'
	no_rows
	row 60000 200 0 0 23456 active
	says 'half-closed' \
		"  1  half-closed, in use: it has read the peer's end and still sends, which is legal"
	no_rows
	row 60000 60000 1 87000 23456
	says 'blocked' \
		'  1  blocked with a full send queue: data is queued to send and the peer takes none of it' \
		'           up to 87000 bytes are queued'
	no_rows
	row 60000 60000 1 0 0
	put proc/net/tcp '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' \
		'   0: 00000000:0050 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 23400 1 0 100 0 0 10 0' \
		'   1: 0100007F:0050 0200007F:9C41 08 00000000:00000000 00:00000000 00000000     0        0 999 1 0 100 0 0 10 0'
	says 'never accepted' \
		'never accepted, at port 80, where leaky, pid 812, listens with fd 3: 1 socket, the oldest for 1m00s' \
		'  1  never accepted: the peer connected and ended, and nobody called accept(): the backlog is not drained'
	rm "$ROOT/proc/net/tcp"
	says 'never accepted, listener not seen' \
		'never accepted, at port 80: 1 socket, the oldest for 1m00s'
	no_rows
	row 60000 60000 1 0 23456
	facts 812 'T (stopped)' 4242 1024
	says 'stopped' \
		'  1  process stopped: it gets no time to read or close anything' \
		'    do     kill -CONT 812'
	facts 812 't (tracing stop)' 4242 1024
	says 'traced' '    do     let the debugger, pid 77, go on'
	facts 812 'S (sleeping)' 4242 1024
	put proc/812/wchan do_freezer_trap
	says 'frozen' '    do     thaw its cgroup, as "docker unpause" does'
	rm "$ROOT/proc/812/wchan"
	no_rows
	row 60000 60000 1 0 4711 kernel
	row 60000 60000 1 0 55555
	row 60000 60000 0 0 23456 wait fin_wait2 FIN_WAIT2
	row 60000 60000 0 0 23456 wait established ESTABLISHED
	row 60000 60000 0 9 0 due orphan LAST_ACK
	row 100 100 0 0 23456
	says 'other classes' \
		'leaky, pid 812, uid 33: 2 sockets, the oldest for 1m00s' \
		"  1  waits for the peer's end: it ended its own side with shutdown() and the peer does not end" \
		'  1  idle without keepalive: no data moves, and a dead peer would not be noticed' \
		'orphans, held by nobody: 1 socket, the oldest for 1m00s' \
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
}

diagnose_epoll() {
	local name

	no_rows
	row 60000 60000 1 0 23456
	facts 812 'S (sleeping)' 4242 1024
	ln -s 'anon_inode:[eventpoll]' "$ROOT/proc/812/fd/5"
	put proc/812/fdinfo/5 'pos:	0' 'flags:	02' 'tfd:        3 events:       19 data: 3'
	says 'forgotten by epoll' \
		"           it is in none of the program's epoll sets: forgotten there"
	put proc/812/fdinfo/5 'tfd:        7 events:       1c data: 7  pos:0 ino:5ba0 sdev:8'
	says 'epoll for writing' \
		"           the program's epoll set does not wait for its input"
	put proc/812/fdinfo/5 'tfd:        7 events: 40000000 data: 7'
	says 'EPOLLONESHOT' \
		'           it was armed once in an epoll set (EPOLLONESHOT), and not again'
	put proc/812/fdinfo/5 'tfd:        7 events:     2019 data: 7'
	says 'epoll for reading' \
		'           an epoll set of the program waits for its input: it is told, and does nothing'
	for name in 'tfd: x' 'tfd: 7 events:' "$(printf '%09999d' 1)"; do
		put proc/812/fdinfo/5 "$name"
		says 'rubbish in fdinfo' \
			"           it is in none of the program's epoll sets: forgotten there"
	done
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
	says 'growth' \
		'  sockets     2, +1 since the last look, 1m40s ago' \
		'  descriptors 8 of 104, +4 since the last look, 1m40s ago'
	# The clock goes on meanwhile.
	check "$LABEL growth: the end ahead" grep -qE \
		'^           at this rate they are used up in 4[0-2]m[0-9]+s$' "$TMP/out"
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
