# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # rc, out, INITIAL and the like are for those who source it
# TAP, and a pseudo root with what the kernel would show. Sourced by run.

tap_n=0
tap_failed=0

# What capture saw last.
rc=0
out=
err=

# ok NAME: a test passed. not_ok NAME [DETAIL]: it did not.
ok() {
	tap_n=$((tap_n + 1))
	printf 'ok %d %s\n' "$tap_n" "$1"
}

not_ok() {
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d %s\n' "$tap_n" "$1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

skip() {
	tap_n=$((tap_n + 1))
	printf 'ok %d %s # SKIP %s\n' "$tap_n" "$1" "$2"
}

# check NAME COMMAND...: passes if the command does.
check() {
	local name=$1 said

	shift
	if said=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$* said: $said"
	fi
}

# tool ARGS...: the tool under test on the pseudo root.
tool() {
	REAPERCTL_ROOT=$ROOT "${TOOL[@]}" "$@"
}

# As somebody without rights, which root's tests need as well.
tool_unprivileged() {
	if [ "$(id -u)" -eq 0 ]; then
		REAPERCTL_ROOT=$ROOT setpriv --reuid 65534 --regid 65534 \
			--clear-groups "${TOOL[@]}" "$@"
	else
		tool "$@"
	fi
}

# slurp NAME FILE: the file as $NAME, like $(cat FILE), each NUL as "?"; without a process.
slurp() {
	local parts text IFS='?'

	mapfile -d '' -t parts <"$2"
	text=${parts[*]}
	while [[ $text == *$'\n' ]]; do
		text=${text%$'\n'}
	done
	printf -v "$1" %s "$text"
}

# capture COMMAND...: run it, for rc, out and err to be looked at.
capture() {
	rc=0
	"$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	slurp out "$TMP/out"
	slurp err "$TMP/err"
}

# t RC ARGS STDOUT STDERR: a row of the table; ARGS are split at blanks.
t() {
	local want_rc=$1 args=$2 want_out=$3 want_err=$4

	# shellcheck disable=SC2086 # split on purpose
	capture tool $args
	if [ "$rc" = "$want_rc" ] && [ "$out" = "$want_out" ] &&
		[ "$err" = "$want_err" ]; then
		ok "$LABEL reaperctl $args"
	else
		not_ok "$LABEL reaperctl $args" "wanted rc $want_rc, stdout:
$want_out
stderr: $want_err
got rc $rc, stdout:
$out
stderr: $err"
	fi
}

# put PATH TEXT...: a file of the pseudo root, a line for each TEXT.
put() {
	[ -d "$ROOT/${1%/*}" ] || mkdir -p "$ROOT/${1%/*}"
	printf '%s\n' "${@:2}" >"$ROOT/$1"
}

# process PID COMM NETNS_FILE [FD:TARGET...]: a fake process.
process() {
	local pid=$1 fd

	put "proc/$pid/comm" "$2"
	mkdir -p "$ROOT/proc/$pid/fd" "$ROOT/proc/$pid/ns"
	ln "$3" "$ROOT/proc/$pid/ns/net"
	for fd in "${@:4}"; do
		ln -s "${fd#*:}" "$ROOT/proc/$pid/fd/${fd%%:*}"
	done
}

knob() {
	put "proc/sys/net/tcp_reaper/$1" "$2"
}

# A new pseudo root: a module in mode observe, three sockets, two processes
# that hold two of them, a third in another namespace.
new_root() {
	rm -rf "$ROOT"
	mkdir -p "$ROOT/run/netns" "$ROOT/netns"
	: >"$ROOT/netns/initial"
	: >"$ROOT/netns/blue"
	: >"$ROOT/netns/pod"
	{ read -r INITIAL && read -r BLUE && read -r POD; } < <(stat -c %i "$ROOT"/netns/{initial,blue,pod})
	ln "$ROOT/netns/blue" "$ROOT/run/netns/blue"
	process 1 systemd "$ROOT/netns/initial" 0:/dev/null
	process self reaperctl "$ROOT/netns/initial"
	# The pid namespace of the machine, and no container's.
	ln -s 'pid:[4026531836]' "$ROOT/proc/self/ns/pid"
	process 812 leaky "$ROOT/netns/initial" '3:socket:[23400]' \
		'7:socket:[23456]' '8:pipe:[23456]' '12:socket:[23456]'
	process 4711 worker "$ROOT/netns/blue" '9:socket:[23456]' '5:socket:[]'
	process 9000 pause "$ROOT/netns/pod"
	put sys/module/tcp_reaper/version "${VERSION-}"
	put sys/module/tcp_reaper/parameters/hook 'kprobe tcp_fin, tcp_close'
	knob mode observe
	knob close_wait_timeout_ms 3600000
	knob close_wait_action reset
	knob close_wait_spare_active 1
	knob orphan_timeout_ms 300000
	put proc/net/reaper/stats \
		'close_wait_tracked 2' 'close_wait_seen 120' \
		'close_wait_recovered 117' 'close_wait_reaped 0' \
		'close_wait_would_reap 1' 'close_wait_evicted 0' \
		'close_wait_taken 119' 'close_wait_forgotten 0' \
		'orphan_tracked 1' 'orphan_seen 40' 'orphan_recovered 39' \
		'orphan_reaped 0' 'orphan_would_reap 0' 'orphan_taken 40' 'spared_active 2' \
		'spared_kernel 0' 'adopted 1' 'raced 0' 'hook_missed 0' \
		'census_runs 4' 'close_wait_age_ms_le_1000 100' \
		'novel_counter 18446744073709551615'
	: >"$ROOT/proc/net/reaper/trial"
	put proc/net/reaper/log 'time_ms class state age_ms idle_ms local remote uid inode action result'
	put proc/net/reaper/others 'close_wait_seen 5000' 'close_wait_reaped 4000' \
		'spared_active 30' 'hook_missed 2' 'close_wait_age_ms_le_1000 100' \
		'close_wait_age_ms_le_inf 4100' 'close_wait_age_ms_sum 12345678'
	put proc/net/reaper/sockets \
		'class state age_ms idle_ms local remote uid inode rxq txq verdict' \
		'close_wait CLOSE_WAIT 5230 5230 127.0.0.1:80 127.0.0.1:40312 1000 23456 1 0 wait' \
		'orphan FIN_WAIT1 65000 400 [2001:db8::1]:443 [2001:db8::2]:50000 0 0 0 1460 due' \
		'close_wait CLOSE_WAIT 3725000 12 127.0.0.1:80 127.0.0.1:40313 1000 0 0 0 active'
}
