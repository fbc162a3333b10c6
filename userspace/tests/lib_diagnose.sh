# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Facts of processes and sockets, and what diagnose says of them. Sourced by run.

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
