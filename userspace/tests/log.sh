# SPDX-License-Identifier: GPL-2.0-only
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

# counted N TEXT: so many lines of the output so far have it.
counted() {
	[ "$(grep -cF -- "$2" "$TMP/out")" = "$1" ]
}

# Other namespaces are looked at from time to time, and not kept in between.
log_follow_others() {
	local file=proc/net/reaper/log log_pid held

	put "$file" "$LOG_HEADER" "${LOG_ROWS[0]}"
	# Not by a function, so that the number is the tool's.
	REAPERCTL_ROOT=$ROOT "${TOOL[@]}" -a log -f >"$TMP/out" 2>"$TMP/err" &
	log_pid=$!
	wait_for counted 3 '127.0.0.1:40312'
	check "$LABEL -a log -f: what is there" counted 3 '127.0.0.1:40312'
	sleep 0.3
	held=$(find "/proc/$log_pid/fd" -lname "$ROOT/*")
	check "$LABEL -a log -f keeps no namespace" test -z "$held"
	put "$file" "$LOG_HEADER" "${LOG_ROWS[@]}"
	wait_for counted 3 '[2001:db8::2]:50000'
	check "$LABEL -a log -f: what comes, once" counted 3 '[2001:db8::2]:50000'
	: >"$ROOT/netns/late"
	process 9001 late "$ROOT/netns/late"
	wait_for counted 4 '[2001:db8::2]:50000'
	check "$LABEL -a log -f: a namespace that comes" counted 4 '[2001:db8::2]:50000'
	check "$LABEL -a log -f: what was there was said once" counted 4 '127.0.0.1:40312'
	# The oldest go as new ones come.
	put "$file" "$LOG_HEADER" "${LOG_ROWS[1]}" "${LOG_ROWS[0]/40312/40999}"
	wait_for counted 4 127.0.0.1:40999
	check "$LABEL -a log -f: the beginning is gone" counted 4 '[2001:db8::2]:50000'
	kill "$log_pid"
	wait "$log_pid" 2>/dev/null
	check "$LABEL -a log -f: no error" test ! -s "$TMP/err"
	REAPERCTL_ROOT=$ROOT timeout 20 "${TOOL[@]}" -n blue log -f >"$TMP/out" 2>"$TMP/err" &
	log_pid=$!
	wait_for counted 1 127.0.0.1:40999
	rm "$ROOT/run/netns/blue"
	wait "$log_pid"
	check "$LABEL -n NAME log -f ends with the name" grep -q '^reaperctl: -n blue: /run/netns/blue: No such file' "$TMP/err"
	new_root
}

# Who behaves and closes at once holds it no longer: who listens there does.
log_closed() {
	local row='1700000000123 close_wait CLOSE_WAIT 60000 60000 10.0.0.1:8080 10.0.0.2:4000 1000 77777 reset done'
	local orphan='1700000000124 orphan FIN_WAIT1 60000 60000 10.0.0.1:8080 10.0.0.2:4001 0 0 evict done'

	new_root
	put proc/net/reaper/log "$LOG_HEADER" "$row" "$orphan" "${row/8080/40000}" "${orphan/8080/40000}"
	listens 8080 23400
	process 813 'a",pid=1' "$ROOT/netns/initial" '3:socket:[23400]'
	process 1 systemd "$ROOT/netns/initial" '5:socket:[23400]'
	in_unit 812 /system.slice/leaky.service
	capture tool log
	check "$LABEL log: closed, and who listens there" test "$(grep -oE '  -.*$' "$TMP/out")" = \
		'  -; a\x22\x2cpid=1, pid 813; leaky in leaky.service, pid 812, listens there
  -; a\x22\x2cpid=1, pid 813; leaky in leaky.service, pid 812, listens there
  -; of uid 1000
  -'
	capture tool -j log
	check "$LABEL -j log: closed, and who listens there" test \
		"$(grep -o '"listens":"[^}]*' "$TMP/out" | sort -u)" = \
		'"listens":"a\\x22\\x2cpid=1, pid 813; leaky in leaky.service, pid 812"'
	# In none but the namespace of the socket: in the pseudo root all have the same.
	check "$LABEL -a log: closed, and who listens there" test "$(tool -a log | grep -c 'listens there$')" = 6
	new_root
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
	t 0 'log -n 1' "$LOG_HEAD
${LOG_LINES[1]}" ''
	t 0 'log -n 5' "$(tool log)" ''
	t 0 'log --lines=0' "$LOG_HEAD" ''
	t 0 'log -n 1 -n 2 --netns blue' "$(tool -n blue log)" ''
	t 0 'log --since 2023-11-14' "$(tool log)" ''
	t 0 'log -s 2023-11-14T22:13:21' "$LOG_HEAD
${LOG_LINES[1]}" ''
	t 0 'log -s 2023-11-15' "$LOG_HEAD" ''
	t 0 'log -s 10m' "$LOG_HEAD" ''
	t 0 'log -s 36500d -n 1' "$(tool log -n 1)" ''
	t 0 'log -s 00:00' "$LOG_HEAD" ''
	t 2 'log -s soon' '' 'reaperctl: -s soon: neither a span, as 10m, nor a time, as 16:30 or 2026-11-21 16:30:00; see reaperctl log --help'
	t 2 'log -n few' '' 'reaperctl: -n few: not a number; see reaperctl log --help'
	t 2 'log -n' '' 'reaperctl: -n: needs a value; see reaperctl log --help'
	capture tool log -s '2023-11-14 22:13:21' -j
	check "$LABEL log --since with a blank" test "$(grep -o '"class"' <<<"$out" | wc -l)" = 1
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
		"{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000000123,\"class\":\"close_wait\",\"state\":\"CLOSE_WAIT\",\"age_ms\":60000,\"idle_ms\":60000,\"local\":\"127.0.0.1:80\",\"remote\":\"127.0.0.1:40312\",\"uid\":1000,\"inode\":23456,\"action\":\"reset\",\"result\":\"done\",\"holders\":[{\"name\":\"leaky\",\"pid\":812,\"fd\":7},{\"name\":\"leaky\",\"pid\":812,\"fd\":12},{\"name\":\"worker\",\"pid\":4711,\"fd\":9}],\"holders_left_out\":0}" \
		"{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000000123,\"class\":\"close_wait\",\"state\":\"CLOSE_WAIT\",\"age_ms\":60000,\"idle_ms\":60000,\"local\":\"127.0.0.1:80\",\"remote\":\"127.0.0.1:40312\",\"uid\":1000,\"inode\":23456,\"action\":\"reset\",\"result\":\"done\",\"holders\":[{\"name\":\"leaky\",\"pid\":812,\"fd\":7},{\"name\":\"leaky\",\"pid\":812,\"fd\":12},{\"name\":\"worker\",\"pid\":4711,\"fd\":9}],\"holders_left_out\":0}
{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$i},\"time_ms\":1700000001000,\"class\":\"orphan\",\"state\":\"FIN_WAIT1\",\"age_ms\":5000,\"idle_ms\":200,\"local\":\"[2001:db8::1]:443\",\"remote\":\"[2001:db8::2]:50000\",\"uid\":0,\"inode\":0,\"action\":\"evict\",\"result\":\"failed\",\"holders\":[],\"holders_left_out\":0}" \
		-j log -f
	log_follow_others
	log_closed
	unset TZ
	new_root
}
