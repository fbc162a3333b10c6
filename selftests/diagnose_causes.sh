#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
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

	fd=$(sed -nE 's/^ +known +fd ([0-9]+):.*/\1/p' "$TMP/group" | head -n 1)
	at=$(sed -nE 's/^ +known +fd [0-9]+: ([^,]*),.*/\1/p' "$TMP/group" | head -n 1)
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

says unread "culprit, pid ${pid[unread]}," "3  the peer's end not taken: the peer has ended, and that is in the receive queue still" \
	"received 100 bytes (last" "0 of them read, sent 0 bytes" "the peer's end is not taken, 100 bytes before it not read" \
	"now    pid ${pid[unread]}: its only thread waits in" "then: no setting, as to end them loses up to 100 bytes of each, not yet read"
example unread
says leaked "culprit, pid ${pid[leaked]}," "3  the peer's end taken, not closed" "received 100 bytes (last" "all read" \
	"the peer's end is taken, with the last data or by a read() that returned 0" "maybe  a leak: the program is done with it and did not close it" \
	"do     if it is a leak: close() the descriptor" "until  then: reaperctl -n $(ns_name a) set mode=enforce" "ends each after 1h without progress"
example leaked
says forgotten "culprit, pid ${pid[forgotten]}," "3  the peer's end taken, not closed" "it is in none of the program's epoll sets"
says deaf "culprit, pid ${pid[deaf]}," "3  the peer's end not taken" "it is in an epoll set of the program, but not for input"
says write_only "culprit, pid ${pid[write_only]}," "3  in use, the peer's end not taken: it sends on after the peer's end, which it has not taken"
example write_only
says half_closed "culprit, pid ${pid[half_closed]}," "3  half-closed, in use: it has taken the peer's end and still sends, which is legal"
says backlog "never accepted, at 127.0.0.1:${port[backlog]}, where culprit, pid ${pid[backlog]}, listens" \
	"queue  3 of 3 in the backlog: it is full, and new clients get no answer" "of them 3 still connected, 0 ended" \
	"3  never accepted: the peer connected, and nobody called accept() for it"
says blocked "culprit, pid ${pid[blocked]}," "3  the peer takes nothing: data is queued to send, and none of it was taken for a while" "bytes are queued, and the peer"
example blocked
says stopped "culprit, pid ${pid[stopped]}," "3  process stopped: it gets no time to read or close anything" "do     kill -CONT ${pid[stopped]}"
says fin_wait2 "culprit, pid ${pid[fin_wait2]}," "3  waits for the peer's end: it ended its own side with shutdown(), the peer has not ended, and nothing comes"
says idle "culprit, pid ${pid[idle]}," "3  idle without keepalive: no data moves, and a dead peer would not be noticed" "probes each, which ends those whose peer does not answer,"
check "a probe is not counted as an end" stat_is a established_would_reap 0
check "but as a probe" stat_at_least a established_would_probe 3
says orphan "orphans, held by nobody" "made at 127.0.0.1:${port[orphan]}, where culprit, pid ${pid[orphan]}, listens: 3 sockets" "peers  127.0.0.1 (3)" \
	"3  closed, not finished: the program has let go"
check "descriptors and their limit are shown" grep -qE '^  descriptors [0-9]+ of [0-9]+' "$TMP/all"
check "again: what grew" diagnosed
check "nothing grew" grep -qE '^  sockets +3, \+0 since the last look' "$TMP/all"
kill -CONT "${pid[stopped]}"
finish
