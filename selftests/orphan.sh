#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Orphans that the kernel would hold on to are gone within their timeout, in each state and however their owner died. The same ones are
# made without the module first: there the kernel still holds them at that time.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
LATEST=$((TIMEOUT + $(slack 600)))

# What to make: a name, then the options of orphans.
cases=(
	"FIN_WAIT1, SIGKILL|-s fin_wait1 -d kill -n 20"
	"FIN_WAIT1, SIGTERM, data queued|-s fin_wait1 -d term -n 5 -q 5000"
	"FIN_WAIT1, crash, IPv6|-s fin_wait1 -d segv -n 5 -6"
	"FIN_WAIT1, exit, dual-stack peer|-s fin_wait1 -d exit -n 5 -m"
	"FIN_WAIT1, close in a living process|-s fin_wait1 -d close -n 5"
	"FIN_WAIT1, zero window|-s fin_wait1 -d kill -n 3 -z"
	"FIN_WAIT2, SIGKILL|-s fin_wait2 -d kill -n 5"
	"FIN_WAIT2, crash|-s fin_wait2 -d segv -n 5 -6"
	"FIN_WAIT2, close in a living process|-s fin_wait2 -d close -n 5"
	"CLOSING, SIGKILL|-s closing -d kill -n 5"
	"CLOSING, SIGTERM, data queued|-s closing -d term -n 5 -q 5000"
	"CLOSING, exit, IPv6|-s closing -d exit -n 5 -6"
	"LAST_ACK, SIGKILL|-s last_ack -d kill -n 5"
	"LAST_ACK, crash, data queued|-s last_ack -d segv -n 5 -q 5000"
	"LAST_ACK, SIGTERM, IPv6|-s last_ack -d term -n 5 -6"
	"LAST_ACK, zero window|-s last_ack -d exit -n 3 -z"
	"FIN_WAIT1, link down|-s fin_wait1 -d kill -n 5 -a 192.0.2.2 -i veth0"
	"LAST_ACK, link down|-s last_ack -d term -n 5 -a 192.0.2.2 -i veth0"
	"FIN_WAIT2, link down, IPv6|-s fin_wait2 -d exit -n 5 -6 -a 2001:db8::2 -i veth0"
)

# start CASE: in namespace "a", or, if its link is to go down, in a pair of namespaces of its own.
start() {
	local options ns=a
	read -r -a options <<<"${cases[$1]#*|}"
	if [[ ${options[*]} == *-i* ]]; then
		ns=near$1
		new_ns "near$1" "far$1" || exit 1
		veth_pair "near$1" "far$1" || exit 1
		options+=(-N "$(ns_file "far$1")")
		! loaded || policy "$ns" "${reap[@]}"
	fi
	background "case$1" "$ns" orphans -w "$WATCH" "${options[@]}"
	await "case$1" '^ready' >/dev/null || exit 1
}

# result CASE: the line it ends with; its namespaces go.
result() {
	await "case$1" '^orphans' 20 || return 1
	ended "case$1"
	[[ ${cases[$1]} != *-i* ]] || del_ns "near$1" "far$1"
}

# each FUNCTION: of all cases a few at a time, as what they do is mostly to wait.
each() {
	local i j
	for ((i = 0; i < ${#cases[@]}; i += 5)); do
		for ((j = i; j < i + 5 && j < ${#cases[@]}; j++)); do
			start "$j"
		done
		for ((j = i; j < i + 5 && j < ${#cases[@]}; j++)); do
			result "$j" >"$TMP/line"
			"$1" "${cases[j]%%|*}" "$(<"$TMP/line")"
		done
	done
}

# shellcheck disable=SC2317 # called by each
still_there() {
	check_is "without the module: $1: the kernel holds them" "$(field n "$2")" "$(field left "$2")"
}

# shellcheck disable=SC2317 # called by each
gone() {
	diag "$2"
	check_is "$1: none left" 0 "$(field left "$2")"
	check_between "$1: the first not before its time" "$TIMEOUT" "$LATEST" "$(field first_ms "$2")"
	check_between "$1: the last not late" "$TIMEOUT" "$LATEST" "$(field last_ms "$2")"
}

total() {
	local entry n=0
	for entry in "${cases[@]}"; do
		[[ $entry == *-i* ]] || n=$((n + $(sed -E 's/.*-n ([0-9]+).*/\1/' <<<"$entry")))
	done
	echo "$n"
}

new_ns a || exit 1
WATCH=$LATEST
each still_there
del_ns a

# What the first round left is the kernel's to end; it is in namespaces that are gone.
new_ns a || exit 1
load || exit 1
reap=("orphan/timeout_ms=$TIMEOUT" close_wait/timeout_ms=0 mode=enforce)
policy a "${reap[@]}"
WATCH=8000
each gone
check_is "orphan_reaped counts each once" "$(total)" "$(stat_of a orphan_reaped)"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
check "all are forgotten" poll_until 3 stat_is a orphan_tracked 0

# An orphan whose peer still takes what was left to send gets the time to send it.
background slow a orphans -s fin_wait1 -n 3 -r 400 -w $((3 * TIMEOUT))
line=$(await slow '^orphans' 30)
diag "$line"
check_is "a peer that reads slowly: none is reaped in three times the timeout" 3 "$(field left "$line")"
finish
