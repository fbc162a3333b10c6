# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# The log, whole and followed. Sourced by run.

LOG_HEADER='time_ms class state age_ms idle_ms local remote uid inode action result'
LOG_ROWS=(
	'1700000000123 close_wait CLOSE_WAIT 60000 60000 127.0.0.1:80 127.0.0.1:40312 1000 23456 reset done'
	'1700000001000 orphan FIN_WAIT1 5000 200 [2001:db8::1]:443 [2001:db8::2]:50000 0 0 evict failed'
)
LOG_HEAD='TIME                     CLASS        STATE           AGE  ACTION  RESULT  LOCAL                  REMOTE                 HOLDER'
LOG_LINES=(
	'2023-11-14 22:13:20.123  close_wait   CLOSE_WAIT    1m00s  reset   done    127.0.0.1:80           127.0.0.1:40312        leaky,pid=812,fd=7 leaky,pid=812,fd=12 worker,pid=4711,fd=9'
	'2023-11-14 22:13:21.000  orphan       FIN_WAIT1      5.0s  evict   failed  [2001:db8::1]:443      [2001:db8::2]:50000    -'
)

# lines_are N FILE: for the loop below.
lines_are() {
	[ "$(wc -l <"$2")" -ge "$1" ]
}

wait_for() {
	local end=$((SECONDS + 20))

	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# log_follow NAME FIRST SECOND ARGS...: what is printed first, then once a line more came.
log_follow() {
	local name=$1 first=$2 second=$3 fifo=$ROOT/proc/net/reaper/log pid got=0

	shift 3
	rm -f "$fifo"
	mkfifo "$fifo"
	exec 3<>"$fifo"
	printf '%s\n' "$LOG_HEADER" "${LOG_ROWS[0]}" >&3
	tool "$@" >"$TMP/out" 2>"$TMP/err" 3>&- &
	pid=$!
	wait_for lines_are "$(wc -l <<<"$first")" "$TMP/out"
	if [ "$(cat "$TMP/out")" = "$first" ]; then
		ok "$LABEL $name: what is there"
	else
		not_ok "$LABEL $name: what is there" "$(cat "$TMP/out" "$TMP/err")"
	fi
	printf '%s\n' "${LOG_ROWS[1]}" >&3
	exec 3>&-
	wait "$pid" || got=$?
	if [ "$got:$(cat "$TMP/out")" = "0:$second" ]; then
		ok "$LABEL $name: what comes"
	else
		not_ok "$LABEL $name: what comes" "rc $got: $(cat "$TMP/out" "$TMP/err")"
	fi
	rm "$fifo"
}

log_tests() {
	local TZ=UTC0 file=proc/net/reaper/log i=$INITIAL

	export TZ
	new_root
	i=$INITIAL
	put "$file" "$LOG_HEADER" "${LOG_ROWS[@]}"
	t 0 log "$LOG_HEAD
${LOG_LINES[0]}
${LOG_LINES[1]}" ''
	t 0 '-n blue log' "$LOG_HEAD
${LOG_LINES[0]}
${LOG_LINES[1]}" ''
	put "$file" "$LOG_HEADER"
	t 0 log "$LOG_HEAD" ''
	t 0 '-j log' "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"log\":[]}" ''
	# Another order and a column more are as good.
	put "$file" "result ${LOG_HEADER% result} mark" "done ${LOG_ROWS[0]% done} 7"
	t 0 log "$LOG_HEAD
${LOG_LINES[0]}" ''
	put "$file" "$LOG_HEADER" "${LOG_ROWS[0]}" 'short line' "${LOG_ROWS[1]}"
	bad 'log row cut short' log 'line 3 has not as many fields'
	put "$file" "${LOG_HEADER/ action/}" "${LOG_ROWS[0]}"
	bad 'log without a column' log 'line 1 has no column action'
	printf '%s\nno newline' "$LOG_HEADER" >"$ROOT/$file"
	bad 'log cut short' log 'line 2 is cut short'
	printf '%s\na\0b\n' "$LOG_HEADER" >"$ROOT/$file"
	bad 'log with NUL' log 'line 2 holds a NUL byte'
	: >"$ROOT/$file"
	bad 'empty log' log 'line 1 is missing'
	ln -sf /dev/zero "$ROOT/$file"
	bad 'log without end' log 'log: cannot be read .* File too large'
	rm "$ROOT/$file"
	bad 'no log' log 'log: cannot be read .* No such file'
	log_follow 'log -f' "$LOG_HEAD
${LOG_LINES[0]}" "$LOG_HEAD
${LOG_LINES[0]}
${LOG_LINES[1]}" log -f
	log_follow 'log --follow -j' \
		"{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000000123,\"class\":\"close_wait\",\"state\":\"CLOSE_WAIT\",\"age_ms\":60000,\"idle_ms\":60000,\"local\":\"127.0.0.1:80\",\"remote\":\"127.0.0.1:40312\",\"uid\":1000,\"inode\":23456,\"action\":\"reset\",\"result\":\"done\",\"holders\":[{\"name\":\"leaky\",\"pid\":812,\"fd\":7},{\"name\":\"leaky\",\"pid\":812,\"fd\":12},{\"name\":\"worker\",\"pid\":4711,\"fd\":9}]}" \
		"{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000000123,\"class\":\"close_wait\",\"state\":\"CLOSE_WAIT\",\"age_ms\":60000,\"idle_ms\":60000,\"local\":\"127.0.0.1:80\",\"remote\":\"127.0.0.1:40312\",\"uid\":1000,\"inode\":23456,\"action\":\"reset\",\"result\":\"done\",\"holders\":[{\"name\":\"leaky\",\"pid\":812,\"fd\":7},{\"name\":\"leaky\",\"pid\":812,\"fd\":12},{\"name\":\"worker\",\"pid\":4711,\"fd\":9}]}
{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000001000,\"class\":\"orphan\",\"state\":\"FIN_WAIT1\",\"age_ms\":5000,\"idle_ms\":200,\"local\":\"[2001:db8::1]:443\",\"remote\":\"[2001:db8::2]:50000\",\"uid\":0,\"inode\":0,\"action\":\"evict\",\"result\":\"failed\",\"holders\":[]}" \
		-j log -f
	unset TZ
	new_root
}
