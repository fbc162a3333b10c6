# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What diagnose says of real processes, below made-up files of the module. Sourced by run.

# Real sockets and processes, below made-up files of the module: what the
# kernel tells of them.
processes_real() {
	local helper pid child line request late nothing

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
		[ "${line%%=*}" != late ] || late=${line#late=}
		[ "${line%%=*}" != nothing ] || nothing=${line#nothing=}
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
		grep -qxF '  queue  3 of 2 in the backlog: it is full, and new clients get no answer until accept() makes room' "$TMP/out"
	check "$LABEL diagnose: of what it is full" \
		grep -qxF '         of them 0 still connected, 3 ended, which stay until accept() takes them' "$TMP/out"
	check "$LABEL diagnose: what alone helps" grep -q '^  do     only accept() makes room' "$TMP/out"
	# The only one without a setting to be proposed, of those in mode observe.
	check "$LABEL diagnose: an orphan whose peer lives is not to be ended" grep -qxF \
		'    until  then: no setting, as to end them loses up to 70000 bytes of each, not yet sent or acknowledged' "$TMP/out"
	put proc/net/reaper/sockets "$HEADER" "$request"
	says 'a request without an answer' \
		'    maybe  it works, or has others work, on the request that it has read, and looks at the connection again when it answers, as gunicorn, php-fpm, PostgreSQL and a proxy do' \
		'           or the program has forgotten it, or is held back (flow control, no thread free) and reads on later'
	put proc/net/reaper/sockets "$HEADER" "$late"
	says 'the end taken late, and nothing sent' \
		"  1  the peer's end taken, not closed: the peer has ended, all that it sent was taken, its end as well, and the descriptor is open"
	never 'nobody is said to send who does not' 'still sends' 'sends on'
	put proc/net/reaper/sockets "$HEADER" "$nothing"
	capture tool diagnose
	check "$LABEL diagnose: nothing was read" grep -q ', 0 of them read' "$TMP/out"
	never 'of what was not read it is no request that was' 'request that it has read'
	kill "$helper"
	wait "$helper" 2>/dev/null
	check "$LABEL diagnose: no process of the test stays" test ! -e "/proc/$child"
}

# Whoever has a file of FUSE in an epoll set holds up all who read of that set.
processes_stuck_set() {
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

processes_tests() {
	processes_real
	processes_stuck_set
	new_root
}
