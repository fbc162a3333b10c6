#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# reaperctl against the real module: what it shows is so, what it sets is set, and it ends with the code that was promised.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check and run
. "$(dirname "$0")/lib.sh"

command -v reaperctl >/dev/null || skip_all "no reaperctl"

# run COMMAND...: its status in $rc, what it printed in $out and $err.
run() {
	rc=0
	"$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	out=$(cat "$TMP/out")
	err=$(cat "$TMP/err")
}

# gives DESCRIPTION CODE STDOUT ARGS...: exit code and output; what failed said so in one line.
gives() {
	local description=$1 code=$2 stdout=$3
	shift 3
	run reaperctl "$@"
	check_is "$description" "$code: $stdout" "$rc: $out"
	check_is "$description: lines on stderr" "$((code > 0))" "$(wc -l <"$TMP/err")"
}

# says PATTERN: in the one line on stderr.
says() {
	check "that says $1" grep -q -- "$1" "$TMP/err"
}

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# As root of a user namespace that nobody made, with a network namespace of its own.
as_container_root() {
	as_nobody unshare --user --map-root-user --net "$@"
}

# fd_of PID INODE: the descriptor by which it holds that socket.
fd_of() {
	local link
	for link in "/proc/$1/fd/"*; do
		if [[ $(readlink "$link") == "socket:[$2]" ]]; then
			echo "${link##*/}"
			return
		fi
	done
	return 1
}

# holders_right NS PID N: list names PID and the right descriptor of N sockets, by /proc/net/tcp and /proc/PID/fd.
holders_right() {
	local inode fd n=0
	for inode in $(proc_net "$1" tcp tcp6 | awk '$4 == "08" && $10 != 0 { print $10 }'); do
		fd=$(fd_of "$2" "$inode") || continue
		grep -q "users:((\"leak\",pid=$2,fd=$fd))" "$TMP/out" || {
			echo "no pid=$2,fd=$fd (inode $inode) in:"
			cat "$TMP/out"
			return 1
		}
		n=$((n + 1))
	done
	((n == $3)) || {
		echo "$n sockets of $2 instead of $3"
		return 1
	}
}

# same_knobs NS: get shows what sysfs has.
same_knobs() {
	local key equals value
	while read -r key equals value; do
		[[ $equals == "=" && $(knob "$1" "${key//.//}") == "$value" ]] || {
			echo "$key is $value for get, $(knob "$1" "${key//.//}") for sysfs"
			return 1
		}
	done <"$TMP/out"
}

no_module() {
	local verb
	for verb in status list get "set mode=off"; do
		# shellcheck disable=SC2086 # words
		gives "no module: $verb" 3 "" $verb
		says "modprobe tcp_reaper"
	done
	run reaperctl version
	check_is "no module: version" 3 "$rc"
	gives "no module: bad usage is still that" 2 "" frobnicate
	run reaperctl --help
	check_is "no module: help" 0 "$rc"
}

usage() {
	gives "unknown command" 2 "" frobnicate
	says "reaperctl --help"
	gives "unknown option" 2 "" -x
	gives "set without KEY=VALUE" 2 "" set
	gives "not a time" 2 "" set close_wait.timeout_ms=soon
	gives "-n and -p" 2 "" -n x -p 1
	gives "unknown namespace" 1 "" -n tcpr-nosuch
	says "ip netns list"
	gives "no such process" 1 "" -p 4194304
	gives "unknown setting" 1 "" get no.such
	says "reaperctl get"
}

listing() {
	local pid line

	background held a leak -k eof -n 5
	background held6 a leak -6 -k eof -n 2
	background queue b leak -k backlog -n 1
	background orphans b orphans -s fin_wait1 -d kill -n 1
	await held '^ready' >/dev/null && await held6 '^ready' >/dev/null && await queue '^ready' >/dev/null || return 1
	await orphans '^ready' >/dev/null || return 1
	check "7 tracked in a" poll_until 5 stat_is a close_wait_tracked 7
	check "1 and 1 tracked in b" poll_until 5 stat_is b close_wait_tracked 1
	poll_until 5 stat_is b orphan_tracked 1

	run reaperctl -n "$(ns_name a)" list
	check_is "list: a socket a line" "0: 7" "$rc: $(grep -c '^close_wait  CLOSE_WAIT ' "$TMP/out")"
	line=$(await held '^ready')
	pid=$(field pid "$line")
	check "list: process and descriptor of 5" holders_right a "$pid" 5
	check "list: local address with its port" grep -q " 127.0.0.1:$(field port "$line") " "$TMP/out"
	line=$(await held6 '^ready')
	check "list: process and descriptor of 2 over IPv6" holders_right a "$(field pid "$line")" 2
	check "list: IPv6 address" grep -q " \[::1\]:$(field port "$line") " "$TMP/out"

	run reaperctl -p "$pid" list
	check_is "-p: the process's namespace" 7 "$(grep -c '^close_wait ' "$TMP/out")"
	run reaperctl -n "$(ns_name b)" list
	check "list: never accepted" grep -qE '^close_wait .* not accepted$' "$TMP/out"
	check "list: orphan" grep -qE '^orphan .* none$' "$TMP/out"
	run reaperctl list
	check_is "list: the own namespace has none" "0: 1" "$rc: $(wc -l <"$TMP/out")"
	run reaperctl -a list
	check_is "-a list: the sockets of both" "0: 9" "$rc: $(grep -cE '^(close_wait|orphan) ' "$TMP/out")"
	check "-a list: by name" grep -q "^# netns $(ns_name b) " "$TMP/out"
	check_is "-a list: the initial namespace first" "# the initial netns" "$(head -n 1 "$TMP/out" | sed 's/ (.*//')"

	run reaperctl -j -n "$(ns_name a)" list
	check_is "-j list: holders" "0: 5" "$rc: $(grep -o "{\"name\":\"leak\",\"pid\":$pid,\"fd\":[0-9]*}" "$TMP/out" | sort -u | wc -l)"
	run reaperctl -a -j list
	check_is "-a -j list: an array" "0: [{}]" "$rc: ${out:0:2}${out: -2}"

	run as_nobody reaperctl list
	check_is "list without rights" 0 "$rc"
	run as_nobody reaperctl -n "$(ns_name a)" list
	check_is "another namespace without rights" "1: " "$rc: $out"
	says "CAP_SYS_ADMIN"
}

screen() {
	local line
	run reaperctl -n "$(ns_name a)"
	check_is "status is the default" "$out" "$(reaperctl -n "$(ns_name a)" status)"
	check "status: mode" grep -q '^mode    observe: ' "$TMP/out"
	check "status: hook" grep -qF "hook    $(template hook)" "$TMP/out"
	line=$(grep '^close_wait ' "$TMP/out")
	# shellcheck disable=SC2086 # words
	set -- $line
	check_is "status: counters as in stats" "$(stat_of a close_wait_tracked) $(stat_of a close_wait_seen) $(stat_of a close_wait_reaped)" \
		"$4 $2 $6"
	check_is "status: timeout and action" "1h reset" "$8 $9"
	run reaperctl -j -n "$(ns_name a)" status
	check "-j status: the same" grep -q "\"close_wait\":{\"seen\":$2,\"taken\":$3,\"tracked\":$4," "$TMP/out"
	gives "version" 0 "$(reaperctl -V)
tcp_reaper $(cat /sys/module/tcp_reaper/version)" version
}

settings() {
	local a b
	a=$(ns_name a) b=$(ns_name b)

	run reaperctl -n "$a" get
	check "get: as sysfs" same_knobs a
	check_is "get: all of sysfs" "$(in_ns a find /sys/class/tcp_reaper/self/ -type f -perm -200 -not -path '*/power/*' -not -name uevent | wc -l)" \
		"$(wc -l <"$TMP/out")"
	gives "set" 0 "" -n "$a" set close_wait.timeout_ms=90s orphan/timeout_ms=1h30m
	check_is "set: sysfs" "90000 5400000" "$(knob a close_wait/timeout_ms) $(knob a orphan/timeout_ms)"
	check_is "set: no other namespace" "3600000" "$(knob b close_wait/timeout_ms)"
	gives "get KEY" 0 90000 -n "$a" get close_wait/timeout_ms

	gives "set that is refused" 1 "" -n "$a" set close_wait.timeout_ms=1s close_wait.spare_active=0 orphan.timeout_ms=1s close_wait.action=explode
	says "close_wait.action=explode"
	says "/proc/sys/net/tcp_reaper/close_wait_action: Invalid argument"
	check_is "refused: all as before" "90000 1 5400000 reset" \
		"$(knob a close_wait/timeout_ms) $(knob a close_wait/spare_active) $(knob a orphan/timeout_ms) $(knob a close_wait/action)"
	run reaperctl -a set close_wait.timeout_ms=1s close_wait.spare_active=7
	check_is "-a set that is refused: a line for each namespace" "1: 3" "$rc: $out$(wc -l <"$TMP/err")"
	check_is "-a refused: all as before" "90000 3600000" "$(knob a close_wait/timeout_ms) $(knob b close_wait/timeout_ms)"
	gives "-a set" 0 "" -a set close_wait.timeout_ms=2h
	check_is "-a set: each namespace" "7200000 7200000 7200000" \
		"$(knob init close_wait/timeout_ms) $(knob a close_wait/timeout_ms) $(knob b close_wait/timeout_ms)"
}

rights() {
	run as_nobody reaperctl set mode=off
	check_is "set without rights" "1: " "$rc: $out"
	says "CAP_NET_ADMIN"
	check_is "set without rights: as before" observe "$(knob init mode)"
	run as_container_root reaperctl set mode=off
	check_is "set as root of a container" "0: " "$rc: $err"
	template netns_admin N
	run as_container_root reaperctl set mode=off
	check_is "the same with netns_admin=N" "1: " "$rc: $out"
	says "netns_admin"
	template netns_admin Y
}

# From here on sockets end.
enforce() {
	gives "set mode=enforce" 0 "7 sockets are due and go now" -n "$(ns_name a)" set close_wait.timeout_ms=100ms mode=enforce
	check "enforce: all 7 reaped" poll_until 10 stat_is a close_wait_reaped 7
	run reaperctl -n "$(ns_name a)" list
	check_is "list: none left" "0: 1" "$rc: $(wc -l <"$TMP/out")"
	run reaperctl -n "$(ns_name a)"
	check "status: reaped" grep -qE '^close_wait +7 +7 +0 +0 +7 ' "$TMP/out"
	check_is "no other namespace" "1" "$(stat_of b close_wait_tracked)"
}

no_module
new_ns a b || exit 1
load mode=observe || exit 1
usage
listing
screen
settings
rights
enforce
finish
