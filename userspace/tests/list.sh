# SPDX-License-Identifier: GPL-2.0-only
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

# narrow WIDTH TEXT [VERB [LINES]]: in a terminal so wide it prints no line that is wider, and all of TEXT in one.
narrow() {
	tm kill-server 2>/dev/null
	tm_n=$((tm_n + 1))
	rm -f "$TMP/narrow"
	tm new-session -d -x "$1" -y 24 \
		"env REAPERCTL_ROOT='$ROOT' TERM=screen LC_ALL=${CHARSET-C.UTF-8} $TMP/reaperctl ${3-list}; touch $TMP/narrow; exec sleep 60"
	wait_for test -e "$TMP/narrow"
	wait_for screen_has "$2" || true
	if [ "$(screen | grep -c .)" = "${4-4}" ] && screen_has "$2"; then
		ok "$LABEL ${3-list} in $1 columns${CHARSET+ of $CHARSET}"
	else
		not_ok "$LABEL ${3-list} in $1 columns${CHARSET+ of $CHARSET}" "$(screen)"
	fi
}

list_narrow() {
	if ! command -v tmux >/dev/null; then
		skip "$LABEL list on a terminal" 'no tmux'
		return
	fi
	narrow 200 'close_wait  CLOSE_WAIT   5.2s  5.2s       1       0  127.0.0.1:80       127.0.0.1:40312      wait     users:(("leaky",pid=812,fd=7),("leaky",pid=812,fd=12),("worker",pid=4711,fd=9))'
	narrow 120 'CLOSE_WAIT   5.2s  5.2s  127.0.0.1:80       127.0.0.1:40312      wait     users:(("leaky",pid=812,fd=7),("leaky",pid=81~'
	narrow 80 '5.2s  127.0.0.1:80       wait     users:(("leaky",pid=812,fd=7),("leaky",pid=8~'
	narrow 40 '5.2s  users:(("leaky",pid=812,fd=7),("~'
	# A character may take two columns.
	put proc/812/comm '中文中文中'
	narrow 40 '5.2s  users:(("中文中文中",pid=812,fd=~'
	put proc/812/comm 'grün'
	narrow 120 '"grün"'
	CHARSET=C narrow 120 '"gr\xc3\xbcn"'
	put proc/812/comm leaky
	sed 's/_evicted 0/_evicted 5/' -i "$ROOT/proc/net/reaper/stats"
	narrow 200 'EVICTED  WOULD-REAP  TIMEOUT  ACTION' status 11
	narrow 60 'CLASS       TRACKED  RECOVERED  REAPED  TIMEOUT  ACTION' status 14
	sed 's/_evicted 5/_evicted 0/' -i "$ROOT/proc/net/reaper/stats"
	tm kill-server
}

# ends: the ends of some sockets, sorted by them.
ends() {
	local kept end

	slurp kept "$ROOT/proc/net/reaper/sockets"
	put proc/net/reaper/sockets 'class state age_ms idle_ms local remote uid inode rxq txq verdict'
	for end in 10.0.0.10:80 10.0.0.9:80 '[::1]:9' 9.0.0.1:9 10.0.0.10:9; do
		echo "close_wait CLOSE_WAIT 5 5 10.0.0.1:80 $end 0 0 0 0 wait" >>"$ROOT/proc/net/reaper/sockets"
	done
	tool list -S remote | awk 'NR > 1 { printf "%s ", $8 }'
	printf '%s\n' "$kept" >"$ROOT/proc/net/reaper/sockets"
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
	shows '-A 127.0.0.1' "$old" "$young"
	shows '-A 127.0.0.0/8 -r' "$young" "$old"
	shows '-A 2001:db8::2' "$orphan"
	shows '--address=2001:db8::/32' "$orphan"
	shows '-A 0.0.0.0/0' "$old" "$young"
	shows '-A ::/0' "$orphan"
	shows '-A 10.0.0.0/8' ''
	shows '-v due' "$orphan"
	shows '--verdict=wait,active' "$old" "$young"
	shows '-v never' ''
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
	check "$LABEL list -S remote: ends are numbers" test "$(ends)" = '9.0.0.1:9 10.0.0.9:80 10.0.0.10:9 10.0.0.10:80 [::1]:9 '
	shows '-m 1' "$old"
	shows '-m 2 --reverse' "$young" "$orphan"
	shows '-m 0' ''
	list_narrow
	local hint='see reaperctl list --help'
	t 2 'list -c close' '' "reaperctl: -c close: not close_wait, orphan, fin_wait2 or established; $hint"
	t 2 'list -c close_wait,' '' "reaperctl: -c close_wait,: not close_wait, orphan, fin_wait2 or established; $hint"
	t 2 'list -s listen' '' "reaperctl: -s listen: no state of a tracked socket; $hint"
	t 2 'list -v done' '' "reaperctl: -v done: not wait, never, due, active, unread, rule, kernel, mptcp, repair, ulp or left; $hint"
	t 2 'list -A 10.0.0.256' '' "reaperctl: -A 10.0.0.256: not an address or prefix; $hint"
	t 2 'list -A 10.0.0.1/8' '' "reaperctl: -A 10.0.0.1/8: address has bits beyond its prefix length; $hint"
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
