# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# JSON, judged by a reader that is not ours. Sourced by run.

# j ARGS FILTER: ARGS succeed and jq says true to FILTER.
j() {
	local args=$1 filter=$2

	# shellcheck disable=SC2086 # split on purpose
	capture tool -j $args
	if [ "$rc" = 0 ] && [ -z "$err" ] &&
		jq -e "$filter" <"$TMP/out" >/dev/null 2>&1; then
		ok "$LABEL -j $args: $filter"
	else
		not_ok "$LABEL -j $args: $filter" "rc $rc: $err $out"
	fi
}

json_tests() {
	if ! command -v jq >/dev/null; then
		skip "$LABEL JSON" 'no jq'
		return
	fi
	j status '.mode == "observe" and .hook == "kprobe tcp_fin, tcp_close"'
	j status '.classes.close_wait | .tracked == 2 and .would_reap == 1'
	j status '.classes.close_wait.knobs == {"action":"reset","spare_active":1,"timeout_ms":3600000}'
	j status '.classes.orphan.knobs == {"timeout_ms":300000}'
	j status '.classes | has("fin_wait2") | not'
	j status '.spared == {"active":2,"kernel":0}'
	j status '.health.census_runs == 4 and .other.close_wait_age_ms_le_1000 == 100'
	j '-a status' 'map(.netns.name) == ["initial","blue",null]'
	j '-a status' '.[2].netns.pid == 9000'
	j list '.sockets | map(.age_ms) == [3725000,65000,5230]'
	j list '.sockets[2].holders == [{"name":"leaky","pid":812,"fd":7},{"name":"leaky","pid":812,"fd":12},{"name":"worker","pid":4711,"fd":9}]'
	j list '.sockets[0].holders == [] and .sockets[0].inode == 0'
	j list '.sockets[1] | .local == "[2001:db8::1]:443" and .txq == 1460 and .rxq == 0 and .uid == 0 and .state == "FIN_WAIT1"'
	j '-a list' 'length == 3 and all(.sockets | length == 3)'
	j get '.knobs | length == 5'
	# jq reads doubles; 64 bits are checked as text.
	capture tool -j status
	case $out in
	*'"novel_counter":18446744073709551615'*) ok "$LABEL 64-bit counter" ;;
	*) not_ok "$LABEL 64-bit counter" "$out" ;;
	esac
}
