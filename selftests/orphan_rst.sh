#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The peer of an orphan that is reaped hears of it: else it would hold a connection that is none any more, for ever.
. "$(dirname "$0")/lib.sh"

TIMEOUT=2000
# How much later than the end of the orphans the peers may have heard.
HEARD=$(slack 1000)

# What to make: a name, then the options of orphans. What keeps them is that the peers hear nothing but a RST.
cases=(
	"FIN_WAIT1|-s fin_wait1 -d kill -n 5"
	"FIN_WAIT1, crash, IPv6|-s fin_wait1 -d segv -n 5 -6"
	"FIN_WAIT1, data queued|-s fin_wait1 -d term -n 5 -q 5000"
	"FIN_WAIT1, close in a living process|-s fin_wait1 -d close -n 5 -m"
	"FIN_WAIT1, over a link|-s fin_wait1 -d kill -n 5 -a 192.0.2.2"
	"FIN_WAIT2|-s fin_wait2 -d kill -n 5"
	"FIN_WAIT2, exit, IPv6|-s fin_wait2 -d exit -n 5 -6"
	"FIN_WAIT2, close in a living process|-s fin_wait2 -d close -n 5 -m"
	"FIN_WAIT2, over a link|-s fin_wait2 -d term -n 5 -a 192.0.2.2"
	"FIN_WAIT2, over a link, IPv6|-s fin_wait2 -d kill -n 5 -6 -a 2001:db8::2"
)

new_ns near far || exit 1
veth_pair near far || exit 1
load || exit 1
policy near orphan/timeout_ms=$TIMEOUT close_wait/timeout_ms=0 mode=enforce

for i in "${!cases[@]}"; do
	read -r -a options <<<"${cases[i]#*|}"
	[[ ${options[*]} != *-a* ]] || options+=(-N "$(ns_file far)")
	background "case$i" near orphans -e -w $((TIMEOUT + $(slack 4000))) "${options[@]}"
done
for i in "${!cases[@]}"; do
	name=${cases[i]%%|*}
	line=$(await "case$i" '^orphans' 60) || exit 1
	ended "case$i"
	diag "$name: $line"
	check_is "$name: all are reaped" 0 "$(field left "$line")"
	check "$name: not before their time" test "$(printf '%.0f' "$(field first_ms "$line")")" -ge $TIMEOUT
	check_is "$name: all peers got a RST" "$(field n "$line")" "$(field rst "$line")"
	last=$(printf '%.0f' "$(field last_ms "$line")")
	check_between "$name: no later than the orphans go" $TIMEOUT $((last + HEARD)) "$(field told_ms "$line")"
done
check_is "orphan_reaped counts each once" $((5 * ${#cases[@]})) "$(stat_of near orphan_reaped)"
check_is "nothing failed" 0 "$(stat_of near reap_failed)"
# What got a RST is gone on both sides.
check_is "no peer is left" "0 0 0 0" \
	"$(count_tcp near ESTABLISHED) $(count_tcp near CLOSE_WAIT) $(count_tcp far ESTABLISHED) $(count_tcp far CLOSE_WAIT)"
finish
