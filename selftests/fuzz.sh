#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Writes of all kinds to every file of the module, by one process that checks each, then by four at once, while connections come and go and
# sockets are stuck. TCP_REAPER_SEED=N repeats a run.
. "$(dirname "$0")/lib.sh"

WRITES=$(amount 10000 500000)
# Both rounds together are a million or, where each write takes so much longer, 50,000.
((WRITES <= 25000)) || ! checks_itself || WRITES=25000
SEED=${TCP_REAPER_SEED:-$((RANDOM + 1))}

# fuzz WORKERS
fuzz() {
	local line

	background "fuzz$1" a hammer -j "$1" -n "$WRITES" -s "$SEED" ${coverage:+-k "$TMP/kcov$1"}
	line=$(await "fuzz$1" '^hammer' 5000)
	ended "fuzz$1"
	check_is "$WRITES writes by $1: each ends as it should, and what is read could have been written (seed $SEED)" 0 $?
	sed 's/^/# /' "$(output "fuzz$1")"
	check "some were taken" test "$(field ok "$line")" -gt $((WRITES / 4))
	check "some were not" test "$(field einval "$line")" -gt $((WRITES / 10))
	check "some were out of range" test "$(field erange "$line")" -gt 0
}

# What the writers reached of the module's own code: "kcov OFFSET" for each place, to be looked up by testing/coverage.
coverage=
[[ -z ${TCP_REAPER_KCOV:-} ]] || coverage=1

new_ns a || exit 1
load || exit 1
background stuck a leak -k eof -n 50
await stuck '^ready' >/dev/null
background churn a sh -c 'while :; do chrt --idle 0 churn -s 2; done'
fuzz 1
fuzz 4
if [[ -n $coverage ]]; then
	text=$(</sys/module/tcp_reaper/sections/.text)
	sort -u "$TMP"/kcov* | while read -r at; do
		at=$((0x$at - text))
		((at < 0 || at > 1048576)) || printf 'kcov %x\n' "$at"
	done
fi
stop churn stuck
check "the module can be unloaded" unload
check "and loaded" load
policy a close_wait/timeout_ms=100 mode=enforce
background after a leak -k eof -n 10 -w 20000
line=$(await after '^report' 30)
ended after
check_is "and works as ever" 10 "$(field aborted "$line")"
finish
