#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# reaperctl diagnose: for each cause a program that has it, and the words that name it.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check
. "$(dirname "$0")/lib.sh"

command -v reaperctl >/dev/null || skip_all "no reaperctl"

BUGS="unread leaked forgotten deaf write_only half_closed backlog blocked stopped fin_wait2 idle orphan"
declare -A pid=()

# diagnosed: what it says of the namespace, in $TMP/all; of all programs, as each has a client with sockets of its own.
diagnosed() {
	reaperctl -n "$(ns_name a)" diagnose -g 0 >"$TMP/all"
}

# group FIRST: the paragraph that begins so.
group() {
	awk -v first="$1" 'index($0, first) == 1 { on = 1 } !NF { on = 0 } on' "$TMP/all"
}

# says BUG FIRST WORDS...: in its paragraph are these words.
says() {
	local bug=$1 first=$2 words

	shift 2
	group "$first" >"$TMP/group"
	sed 's/^/#   /' "$TMP/group"
	for words; do
		check "$bug: $words" grep -qF -- "$words" "$TMP/group"
	done
}

# The example's descriptor is a socket of the process, and of that address.
example() {
	local bug=$1 fd at

	fd=$(sed -nE 's/^ +e\.g\. +fd ([0-9]+):.*/\1/p' "$TMP/group" | head -n 1)
	at=$(sed -nE 's/^ +e\.g\. +fd [0-9]+: ([^,]*),.*/\1/p' "$TMP/group" | head -n 1)
	check "$bug: fd $fd is a socket" test -S "/proc/${pid[$bug]}/fd/$fd"
	check_is "$bug: at its port" "127.0.0.1:${port[$bug]}" "$at"
}

declare -A port=()
new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=3600000 orphan/timeout_ms=3600000 fin_wait2/timeout_ms=3600000 established/timeout_ms=2000 mode=observe
for bug in $BUGS; do
	background "$bug" a culprit "$bug" 3
done
for bug in $BUGS; do
	line=$(await "$bug" '^ready') || exit 1
	pid[$bug]=$(field pid "$line")
	port[$bug]=$(field port "$line")
done
# Nine bugs leave 3 each in CLOSE_WAIT, and so do the clients of fin_wait2; other clients are in FIN_WAIT2, as is the server of that.
check "30 tracked in close_wait" poll_until 10 stat_is a close_wait_tracked 30
check "3 orphans" poll_until 10 stat_is a orphan_tracked 3
# Progress after the FIN has to be seen, and idleness.
reached_after=$(($(now_ms) + 3500))
poll_until 10 reached "$reached_after"
census a
# Those of the program, and those of the clients of others; not those that have no owner.
held=$(proc_net a tcp tcp6 | awk '$4 == "05" && $10 { n++ } END { print n + 0 }')
check "those in fin_wait2 found" poll_until 30 stat_at_least a fin_wait2_tracked "$held"
check "the idle ones found" poll_until 10 stat_at_least a established_tracked 3
check "diagnose" diagnosed

says unread "culprit, pid ${pid[unread]}," "3  end of file not read: the peer has ended and the program never reads this socket" \
	"up to 100 bytes before that end are not read either" "do     read every connection until read() returns 0"
example unread
says leaked "culprit, pid ${pid[leaked]}," "3  end of file read, not closed: read() returned 0 and the descriptor was kept: a descriptor leak" \
	"do     close() the descriptor when read() returns 0" "until  then: reaperctl -n $(ns_name a) set mode=enforce" "ends each after 1h without progress"
example leaked
says forgotten "culprit, pid ${pid[forgotten]}," "3  end of file read, not closed" "it is in none of the program's epoll sets: forgotten there"
says deaf "culprit, pid ${pid[deaf]}," "3  end of file not read" "the program's epoll set does not wait for its input"
says write_only "culprit, pid ${pid[write_only]}," "3  write-only: it sends on after the peer's end, and never reads"
example write_only
says half_closed "culprit, pid ${pid[half_closed]}," "3  half-closed, in use: it has read the peer's end and still sends, which is legal"
says backlog "never accepted, at port ${port[backlog]}, where culprit, pid ${pid[backlog]}, listens" \
	"3  never accepted: the peer connected and ended, and nobody called accept(): the backlog is not drained"
says blocked "culprit, pid ${pid[blocked]}," "3  blocked with a full send queue: data is queued to send and the peer takes none of it" "bytes are queued"
example blocked
says stopped "culprit, pid ${pid[stopped]}," "3  process stopped: it gets no time to read or close anything" "do     kill -CONT ${pid[stopped]}"
says fin_wait2 "culprit, pid ${pid[fin_wait2]}," "3  waits for the peer's end: it ended its own side with shutdown() and the peer does not end"
says idle "culprit, pid ${pid[idle]}," "3  idle without keepalive: no data moves, and a dead peer would not be noticed"
says orphan "orphans, held by nobody" "3  closed, not finished: the program has let go"
check "descriptors and their limit are shown" grep -qE '^  descriptors [0-9]+ of [0-9]+' "$TMP/all"
check "again: what grew" diagnosed
check "nothing grew" grep -qE '^  sockets +3, \+0 since the last look' "$TMP/all"
kill -CONT "${pid[stopped]}"
finish
