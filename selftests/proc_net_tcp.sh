#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Scripts read /proc/net/tcp* to wait for a port: nothing of the module's may match that. Its own files are below /proc/net/reaper/.
# shellcheck disable=SC2317 # functions are run by "inside"
. "$(dirname "$0")/lib.sh"

export PORT=4711

# As scripts do; in a shell of each namespace, where the module has these files.
as_scripts_do() {
	local hex
	hex=$(printf %04X "$PORT")
	cat /proc/net/tcp* >/dev/null 2>/tmp/cat.err
	check_is "$1: cat /proc/net/tcp*" "0" "$?$(</tmp/cat.err)"
	grep -q ":$hex 00000000:0000 0A" /proc/net/tcp* 2>/tmp/grep.err
	check_is "$1: grep -q PORT /proc/net/tcp*, which is there" "0" "$?$(</tmp/grep.err)"
	# Without -q it goes on after a match, and tells of what it can't read.
	grep ":$hex 00000000:0000 0A" /proc/net/tcp* >/dev/null 2>/tmp/grep.err
	check_is "$1: grep PORT /proc/net/tcp*, which is there" "0" "$?$(</tmp/grep.err)"
	grep -q ":FFFF 00000000:0000 0A" /proc/net/tcp* 2>/tmp/grep.err
	check_is "$1: grep -q PORT /proc/net/tcp*, which is not" "1" "$?$(</tmp/grep.err)"
	cat /proc/net/tcp /proc/net/tcp6 | awk -v port=":$hex$" '$4 == "0A" && $2 ~ port { found = 1 } END { exit !found }'
	check_is "$1: awk finds it" 0 $?
	check_is "$1: nothing but what was there begins with tcp" "$BEFORE" "$(cd /proc/net && echo tcp*)"
	check_is "$1: the module's folder has its files" "$2" "$(cd /proc/net/reaper && echo ./* | sed 's,\./,,g')"
	for file in $2; do
		check "$1: $file can be read" cat "/proc/net/reaper/$file"
	done
	rm -f /tmp/cat.err /tmp/grep.err
}

new_ns a || exit 1
BEFORE=$(cd /proc/net && echo tcp*)
export BEFORE
check_is "what begins with tcp without the module" "tcp tcp6" "$BEFORE"
background listener a duo -p $PORT pause
background listener_init init duo -p $PORT pause
await listener '^pause' >/dev/null || exit 1
await listener_init '^pause' >/dev/null || exit 1
load || exit 1
as_scripts_do "the initial namespace" "ages log others rules sockets stats trial"
inside a as_scripts_do "another namespace" "ages log rules sockets stats trial"
new_ns late || exit 1
background listener_late late duo -p $PORT pause
await listener_late '^pause' >/dev/null || exit 1
inside late as_scripts_do "a namespace made later" "ages log rules sockets stats trial"
# A tenant's, with a /proc of its own.
check "in a /proc mounted there" in_ns a unshare --pid --fork --mount-proc sh -c 'cat /proc/net/tcp* >/dev/null && cat /proc/net/reaper/stats >/dev/null'
unload
check_is "without the module nothing is left" "" "$(ls -d /proc/net/*reaper* 2>/dev/null)"
finish
