#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who stays inside a read or write of one of the module's files, in a page fault of its own making, holds up nobody: no other network
# namespace's end, and while the module is unloaded no namespace's making. Unloading itself cannot end before that call does, as with every
# module that has such files: the kernel's log says so.
# shellcheck disable=SC2317 # functions are called by poll_until
. "$(dirname "$0")/lib.sh"

UNPRIVILEGED_FAULTS=/proc/sys/vm/unprivileged_userfaultfd
ENDED_S=$(($(slack 3000) / 1000))
EXTRA_MS=$(slack 20)
SAID="unloading waits for a program"

has_faults() {
	local status
	faulty read /proc/self/mem >"$TMP/faults" 2>&1
	status=$?
	((status != 4))
}

veth_gone() {
	[[ ! -d /sys/class/net/faulty0 ]]
}

# another_ends WHAT: a namespace that is nobody's business, which ends with all that it has.
another_ends() {
	new_ns other || exit 1
	ip link add faulty0 type veth peer name faulty1 netns "$(ns_name other)" || exit 1
	del_ns other
	check "$1: another namespace ends" poll_until "$ENDED_S" veth_gone
}

# stay NAME NS ARGUMENT...: somebody who stays inside.
stay() {
	local who=$1 ns=$2
	shift 2
	background "$who" "$ns" faulty "$@"
	await "$who" '^inside' >/dev/null || exit 1
}

said_so() {
	dmesg_since "unload$file" | grep -q "$SAID"
}

# named: whom the command that is said there finds; it is the reader.
named() {
	local command
	command=$(dmesg_since "unload$file" | sed -n "s/.*$SAID.*; \"\(.*\)\" names it$/\1/p")
	bash -c "$command" 2>/dev/null | cut -d / -f 3 | sort -u
}

gone() {
	[[ ! -d /sys/module/tcp_reaper ]]
}

made_without_files() {
	unshare --net sh -c '[ ! -e /proc/thread-self/net/reaper/stats ]'
}

has_faults || skip_all "no userfaultfd in this kernel"
was=
[[ ! -w $UNPRIVILEGED_FAULTS ]] || was=$(<$UNPRIVILEGED_FAULTS)

load || exit 1
for what in "read log" "read rules" "write rules" "read sockets" "read stats"; do
	new_ns a || exit 1
	# An empty file is read without a page.
	in_ns a sh -c 'echo "lport 7 exempt" >/proc/net/reaper/rules' || exit 1
	# shellcheck disable=SC2086 # two words
	set -- $what
	stay reader a -u "$1" "/proc/net/reaper/$2"
	del_ns a
	another_ends "$what"
	stop reader
done

line=$(chrt -f 1 prompt unshare -n 20 -i 50)
diag "before: $line"
usual=$(field median_ms "$line")
for file in /proc/net/reaper/log /proc/sys/net/tcp_reaper/mode; do
	loaded || load || exit 1
	dmesg_mark "unload$file"
	new_ns a || exit 1
	stay reader a read "$file"
	background unload init rmmod tcp_reaper
	check "$file: unloading waits, and says so" poll_until 15 said_so
	if [[ -e /proc/self/stack ]]; then
		check_is "$file: and how to find for whom" "$(pid_of reader)" "$(named)"
	else
		skip "$file: and how to find for whom" "no /proc/PID/stack in this kernel"
	fi
	check "$file: a namespace made meanwhile has no files" made_without_files
	line=$(chrt -f 1 prompt unshare -n 20 -i 50)
	diag "meanwhile: $line"
	check_between "$file: and is made as fast as before, ms" 0 \
		"$(awk -v usual="$usual" -v extra="$EXTRA_MS" 'BEGIN { print usual * 1.5 + extra }')" "$(field median_ms "$line")"
	another_ends "$file, meanwhile"
	stop reader
	check "$file: then it is unloaded" poll_until "$ENDED_S" gone
	ended unload
	del_ns a
done
[[ -z $was ]] || echo "$was" >$UNPRIVILEGED_FAULTS
finish
