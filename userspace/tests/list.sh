# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What list leaves out, and in which order it shows the rest. Sourced by run.

# shows ARGS LOCAL...: list with ARGS shows the sockets with these peers, in this order.
shows() {
	local args=$1 got

	shift
	# shellcheck disable=SC2086 # split on purpose
	capture tool list $args
	got=$(awk 'NR > 1 { print $8 }' <<<"$out")
	if [ "$rc" = 0 ] && [ -z "$err" ] && [ "$got" = "$(printf '%s\n' "$@")" ]; then
		ok "$LABEL list $args"
	else
		not_ok "$LABEL list $args" "rc $rc: $out $err"
	fi
}

list_tests() {
	local old=127.0.0.1:40313 orphan='[2001:db8::2]:50000' young=127.0.0.1:40312

	shows '' "$old" "$orphan" "$young"
	shows '-c close_wait' "$old" "$young"
	shows '-c orphan' "$orphan"
	shows '--class=orphan,close_wait' "$old" "$orphan" "$young"
	shows '-c fin_wait2' ''
	shows '-s CLOSE_WAIT' "$old" "$young"
	shows '-s close-wait' "$old" "$young"
	shows '-s fin-wait-1,last-ack' "$orphan"
	shows '-P 80' "$old" "$young"
	shows '-P 50000' "$orphan"
	shows '-P 40313-60000' "$old" "$orphan"
	shows '-P 81' ''
	shows '-H 812' "$young"
	shows '-H leaky' "$young"
	shows '-H worker -c close_wait' "$young"
	shows '-H 1' ''
	shows '-g 1m' "$old" "$orphan"
	shows '-g 65001' "$old"
	shows '-S age -r' "$young" "$orphan" "$old"
	shows '-S idle' "$young" "$orphan" "$old"
	shows '-S txq' "$orphan" "$young" "$old"
	shows '-S state' "$young" "$old" "$orphan"
	shows '-S remote' "$young" "$old" "$orphan"
	shows '-m 1' "$old"
	shows '-m 2 --reverse' "$young" "$orphan"
	shows '-m 0' ''
	local hint='see reaperctl list --help'
	t 2 'list -c close' '' "reaperctl: -c close: not close_wait, orphan, fin_wait2 or established; $hint"
	t 2 'list -c close_wait,' '' "reaperctl: -c close_wait,: not close_wait, orphan, fin_wait2 or established; $hint"
	t 2 'list -s listen' '' "reaperctl: -s listen: no state of a tracked socket; $hint"
	t 2 'list -g soon' '' "reaperctl: -g soon: not a time: 30s, 5m, 1h30m or milliseconds; $hint"
	for bad in 0 65536 80- 90-80 -5 8x 99999999999999999999; do
		t 2 "list --port=$bad" '' "reaperctl: -P $bad: not a port, nor a range of ports; $hint"
	done
	t 2 'list -S nothing' '' "reaperctl: -S nothing: no column to sort by; $hint"
	t 2 'list -m many' '' "reaperctl: -m many: not a number; $hint"
	t 2 'list -S' '' "reaperctl: -S: needs a value; $hint"
	t 2 'list --reverse=1' '' "reaperctl: -r: takes no value; $hint"
	if command -v jq >/dev/null; then
		j 'list -H leaky' '.sockets | length == 1 and .[0].holders[0].pid == 812'
	fi
}
