#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# /proc/net/reaper/stats and sockets to the letter; what they say of a socket is what /proc/net/tcp says; and each socket is in a
# reading once, however it is read, while the table grows and shrinks.
. "$(dirname "$0")/lib.sh"

STATS='close_wait_tracked close_wait_seen close_wait_recovered close_wait_reaped close_wait_would_reap close_wait_evicted close_wait_taken close_wait_forgotten
orphan_tracked orphan_seen orphan_recovered orphan_reaped orphan_would_reap orphan_evicted orphan_taken orphan_forgotten
fin_wait2_tracked fin_wait2_seen fin_wait2_recovered fin_wait2_reaped fin_wait2_would_reap fin_wait2_evicted fin_wait2_taken fin_wait2_forgotten
established_tracked established_seen established_recovered established_reaped established_would_reap established_evicted established_taken established_forgotten
spared_active spared_unread spared_rule spared_kernel spared_mptcp spared_repair spared_ulp
adopted raced reap_failed hook_missed queue_lost census_runs track_failed established_would_probe braked
close_wait_age_ms_le_1000 close_wait_age_ms_le_10000 close_wait_age_ms_le_60000 close_wait_age_ms_le_300000
close_wait_age_ms_le_1800000 close_wait_age_ms_le_3600000 close_wait_age_ms_le_21600000 close_wait_age_ms_le_86400000
close_wait_age_ms_le_inf close_wait_age_ms_sum'
BOUNDS='1000
10000
60000
300000
1800000
3600000
21600000
86400000
inf'
HEADER='class state age_ms idle_ms local remote uid inode rxq txq verdict timeout_ms action'
# Columns, one regular expression each.
N='[0-9]{1,20}'
PORT='[1-9][0-9]{0,4}'
ADDRESS="([0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:]{2,39}(:[0-9]{1,3}(\\.[0-9]{1,3}){3})?\\]):$PORT"
LINE="^(close_wait CLOSE_WAIT|orphan (FIN_WAIT1|FIN_WAIT2|CLOSING|LAST_ACK)|fin_wait2 FIN_WAIT2|established ESTABLISHED) \
$N $N $ADDRESS $ADDRESS $N $N $N $N (wait|due|never|active|unread|rule|kernel|mptcp|repair|ulp) $N (reset|fin|probe|probing|linger)\$"

# started NAME: it has made its sockets; or else there is no point in going on.
started() {
	local out
	out=$(await "$1" '^ready' 200) || {
		echo "$out"
		exit 1
	}
}

# sockets NS: without the header.
sockets() {
	proc_net "$1" reaper/sockets | sed 1d
}

# What /proc/net/tcp has to say of the same: local remote uid inode rxq txq. CLOSE_WAIT, accepted or not, and orphans.
expected() {
	proc_net "$1" tcp tcp6 | awk '
		function hex(s,   i, n) {
			for (i = 1; i <= length(s); i++)
				n = n * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1
			return n
		}
		function v4(s) {
			return hex(substr(s, 7, 2)) "." hex(substr(s, 5, 2)) "." hex(substr(s, 3, 2)) "." hex(substr(s, 1, 2))
		}
		function endpoint(s,   part) {
			split(s, part, ":")
			if (length(part[1]) == 8)
				return v4(part[1]) ":" hex(part[2])
			if (part[1] == "00000000000000000000000001000000")
				return "[::1]:" hex(part[2])
			if (part[1] ~ /^0000000000000000FFFF0000/)
				return "[::ffff:" v4(substr(part[1], 25)) "]:" hex(part[2])
			if (part[1] == "B80D0120000000000000000001000000")
				return "[2001:db8::1]:" hex(part[2])
			if (part[1] == "B80D0120000000000000000002000000")
				return "[2001:db8::2]:" hex(part[2])
			return s
		}
		$4 == "08" || ($4 ~ /04|05|09|0B/ && !$10) {
			split($5, queue, ":")
			print endpoint($2), endpoint($3), $4 == "08" ? $8 : "-", $10, hex(queue[2]), hex(queue[1])
		}' | sort
}

# The same columns of ours. An orphan has no uid in /proc/net/tcp.
shown() {
	sockets "$1" | awk '{ print $5, $6, $1 == "orphan" ? "-" : $7, $8, $9, $10 }' | sort
}

stats_format() {
	check_is "stats has these names, in this order" "$(tr ' ' '\n' <<<"$STATS")" "$(stats a | cut -d ' ' -f 1)"
	check_is "and after each one number" "" "$(stats a | grep -vE '^[a-z0-9_]+ [0-9]+$')"
	check_is "ages has a histogram for each class, with the same bounds" \
		"$(for class in close_wait orphan fin_wait2 established; do echo "${class}_recovered_age_ms_le_${BOUNDS//$'\n'/$'\n'${class}_recovered_age_ms_le_}"; done)" \
		"$(proc_net a reaper/ages | cut -d ' ' -f 1)"
	check_is "and after each one number" "" "$(proc_net a reaper/ages | grep -vE '^[a-z0-9_]+ [0-9]+$')"
	check_is "others has the counters among them" "$(tr ' ' '\n' <<<"$STATS" | grep -v _tracked)" \
		"$(proc_net init reaper/others | cut -d ' ' -f 1)"
	check_is "and after each one number" "" "$(proc_net init reaper/others | grep -vE '^[a-z0-9_]+ [0-9]+$')"
}

sockets_format() {
	local name column

	new_ns c && veth_pair a c || exit 1
	check_is "with nothing tracked there is the header" "$HEADER" "$(proc_net a reaper/sockets)"
	background v4 a setpriv --reuid 1234 --regid 1234 --clear-groups leak -4 -k eof -n 3
	background v6 a setpriv --reuid 4294967294 --regid 1234 --clear-groups leak -6 -k unread -n 3
	background mapped a leak -m -k queued -n 3
	background backlog a leak -4 -k backlog -n 3
	# Of this one the owners' end is here, at 192.0.2.1 and 2001:db8::1, the peers' end there.
	background far4 a leak -4 -k eof -n 2 -a 192.0.2.1 -N "$(ns_file c)"
	background far6 a leak -6 -k unread -n 2 -a 2001:db8::1 -N "$(ns_file c)"
	# To cut its peers off takes rights.
	background fin_wait1 a setpriv --reuid 1234 --regid 1234 --clear-groups --inh-caps +net_admin --ambient-caps +net_admin \
		orphans -s fin_wait1 -q 5000 -n 3
	background last_ack a orphans -6 -s last_ack -n 3
	background closing a orphans -s closing -n 3
	for name in v4 v6 mapped backlog far4 far6 fin_wait1 last_ack closing; do
		started "$name"
	done
	check "16 are tracked" poll_until 5 stat_is a close_wait_tracked 16
	check "and 9 orphans" poll_until 5 stat_is a orphan_tracked 9
	check_is "the header" "$HEADER" "$(proc_net a reaper/sockets | head -n 1)"
	check_is "each line has the columns" "" "$(sockets a | grep -vE "$LINE")"
	check_is "addresses, uid, inode and queues are those of /proc/net/tcp" "$(expected a)" "$(shown a)"
	check_between "which has them" 25 25 "$(expected a | wc -l)"
	check_between "with bytes to read" 8 25 "$(sockets a | awk '$9 > 1' | wc -l)"
	check_between "and bytes to send" 3 25 "$(sockets a | awk '$10 > 1' | wc -l)"
	check_is "uid as the owner has it, of orphans too" "6 1234 3 4294967294 16 0" \
		"$(sockets a | awk '{ n[$7]++ } END { print n[1234], 1234, n["4294967294"], "4294967294", n[0], 0 }')"
	check_is "orphans have no inode" 9 "$(sockets a | awk '$1 == "orphan" && $8 == 0' | wc -l)"
	check_is "states and classes" "close_wait CLOSE_WAIT 16 orphan CLOSING 3 orphan FIN_WAIT1 3 orphan LAST_ACK 3" \
		"$(sockets a | cut -d ' ' -f 1,2 | sort | uniq -c | awk '{ print $2, $3, $1 }' | paste -sd ' ')"
	for column in 5 6; do
		check "column $column has IPv4, IPv6 and mapped addresses" \
			has_kinds "$(sockets a | cut -d ' ' -f $column | sed 's/:[0-9]*$//' | sort -u | paste -sd ' ')"
	done
	stop mapped backlog far4 far6 last_ack closing
}

# shellcheck disable=SC2317 # for check
has_kinds() {
	[[ " $1 " == *" 127.0.0.1 "* && $1 == *"[::1]"* && $1 == *"[::ffff:127.0.0.1]"* && $1 == *192.0.2.* && $1 == *"[2001:db8::"* ]]
}

now() {
	local t=$EPOCHREALTIME
	echo $((${t/./} / 1000))
}

# shellcheck disable=SC2317 # for poll_until
past() {
	(($(now) >= $1))
}

# Between two readings each socket's age and idle time has grown by the time between them, to the length of the readings.
ages_grow() {
	local t0 t1 t2 t3

	t0=$(now)
	sockets a >"$TMP/young"
	t1=$(now)
	poll_until 2 past $((t1 + 1000))
	t2=$(now)
	sockets a >"$TMP/old"
	t3=$(now)
	check_is "ages and idle times grow by the clock" 9 "$(awk -v least=$((t2 - t1 - 10)) -v most=$((t3 - t0 + 10)) '
		FNR == NR { age[$5 $6] = $3; idle[$5 $6] = $4; next }
		$3 - age[$5 $6] >= least && $3 - age[$5 $6] <= most &&
			$4 - idle[$5 $6] >= least && $4 - idle[$5 $6] <= most { n++ }
		END { print n + 0 }' "$TMP/young" "$TMP/old")"
}

verdicts() {
	sockets a | awk -v class="$1" '$1 == class { print $11 }' | sort | uniq -c | awk '{ print $1, $2 }' | paste -sd ' '
}

# shellcheck disable=SC2317 # for poll_until
verdicts_are() {
	[[ $(verdicts "$1") == "$2" ]]
}

# v4, v6 and fin_wait1 are still there: 3 sockets each.
time_and_verdict() {
	local spared

	poll_until 15 verdicts_are close_wait "6 wait"
	ages_grow
	check_is "none has been idle for longer than it is old" 0 "$(sockets a | awk '$4 > $3' | wc -l)"
	check_is "those that are not due wait" "6 wait / 3 wait" "$(verdicts close_wait) / $(verdicts orphan)"
	policy a close_wait/timeout_ms=500 orphan/timeout_ms=500
	check_is "those whose time is up are due" "6 due / 3 due" "$(verdicts close_wait) / $(verdicts orphan)"
	policy a close_wait/timeout_ms=0 orphan/timeout_ms=0
	check_is "those that have no timeout never go" "6 never / 3 never" "$(verdicts close_wait) / $(verdicts orphan)"
	stop v4 v6 fin_wait1
	check "all go" poll_until 15 stat_is a close_wait_tracked 0

	background busy a halfclose -n 4 -s $((6 * patience)) -i 300
	started busy
	policy a close_wait/timeout_ms=1500
	check "those that transfer are spared as active" poll_until 5 verdicts_are close_wait "4 active"
	spared=$(sockets a | awk '$3 > 1500 && $4 < 1500' | wc -l)
	check_is "old, but not idle" 4 "$spared"
	await busy '^halfclose' >/dev/null
	ended busy
	policy a close_wait/timeout_ms=0
}

# complete WHAT FILE KEYS: the reading in FILE has each of KEYS, nothing twice, and one header.
complete() {
	local keys=$TMP/keys
	awk '$1 == "close_wait" { print $5, $6 }' "$2" | sort >"$keys"
	check_is "$1: nothing twice" "" "$(uniq -d "$keys" | head -n 3)"
	# What is not among them is there but once.
	check_is "$1: nothing left out" "" "$(sort "$keys" "$keys" "$3" | uniq -u | head -n 3)"
	check_is "$1: one header, in front" "1:$HEADER" "$(grep -n class "$2")"
	check_is "$1: no broken line" "" "$(sed 1d "$2" | grep -vE "$LINE" | head -n 3)"
	diag "$1: $(wc -l <"$keys") lines for $(wc -l <"$3") sockets"
}

# begin_reading NAME SIZE: somebody reads, SIZE bytes at a time, and gets no further than a pipe is long, and some bytes.
begin_reading() {
	local fd header

	mkfifo "$TMP/$1.pipe"
	# shellcheck disable=SC2016 # for the inner shell
	background "$1" a sh -c 'exec fileio read /proc/net/reaper/sockets "$1" >"$2"' sh "$2" "$TMP/$1.pipe"
	exec {fd}<"$TMP/$1.pipe"
	# By now it has begun.
	IFS= read -r -u "$fd" header
	pipes[$1]=$fd
	headers[$1]=$header
}

# end_reading NAME WHAT: the pipe is emptied, and what came through is judged.
end_reading() {
	local fd=${pipes[$1]}

	{
		echo "${headers[$1]}"
		cat <&"$fd"
	} >"$TMP/reading"
	exec {fd}<&-
	ended "$1"
	check_is "$2" 0 $?
	check "$2: it has some of those that came or went" test "$(wc -l <"$TMP/reading")" -gt 1550
	complete "$2" "$TMP/reading" "$TMP/before"
}

readings() {
	local file=/proc/net/reaper/sockets way began all
	local -A pipes=() headers=()

	background many a leak -k eof -n 1500
	started many
	check "1500 are tracked" poll_until 10 stat_is a close_wait_tracked 1500
	sockets a | awk '{ print $5, $6 }' | sort >"$TMP/before"
	for way in "dd bs=64 if=$file" "dd bs=1 if=$file count=20000" "fileio pread $file 64" "fileio pread $file 5000" "fileio rewind $file 3000" \
		"fileio read $file 1000000"; do
		# shellcheck disable=SC2086 # words
		in_ns a $way >"$TMP/reading" 2>/dev/null
		if [[ $way == *count* ]]; then
			# The last line is cut off where the count ends.
			check_is "$way: no broken line" "" "$(sed '1d;$d' "$TMP/reading" | grep -vE "$LINE" | head -n 3)"
			check_is "$way: as much as was asked for" 20000 "$(wc -c <"$TMP/reading")"
		else
			complete "$way" "$TMP/reading" "$TMP/before"
		fi
	done
	check_is "a part of stats from the middle" "$(stats a | tail -c +101 | head -c 100)" \
		"$(in_ns a dd bs=100 skip=1 count=1 if=/proc/net/reaper/stats 2>/dev/null)"

	begin_reading reader1 64
	begin_reading reader2 500
	all=$((1500 + $(many 5000)))
	background more a leak -k eof -n $((all - 1500))
	started more
	check "the table grows" poll_until 10 stat_is a close_wait_tracked $all
	end_reading reader1 "read while the table grows"
	end_reading reader2 "by a second one too"

	began=$EPOCHREALTIME
	sockets a | awk '{ print $5, $6 }' | sort -u >"$TMP/all"
	diag "$all sockets are read in $(((${EPOCHREALTIME/./} - ${began/./}) / 1000)) ms"
	check_is "$all lines are shown" $all "$(wc -l <"$TMP/all")"

	begin_reading reader3 64
	stop more
	check "the table shrinks" poll_until 20 stat_is a close_wait_tracked 1500
	end_reading reader3 "read while the table shrinks"
	stop many
}

# In which order they are listed is not to tell where they lie in memory: it is another for each load.
order() {
	background order a leak -k eof -n 30
	started order
	check "30 are tracked" poll_until 10 stat_is a close_wait_tracked 30
	sockets a | awk '{ print $6 }' >"$TMP/order"
	reload mode=observe || return
	check "by the module loaded anew, too" poll_until 10 stat_is a close_wait_tracked 30
	check_is "they are the same" "$(sort "$TMP/order")" "$(sockets a | awk '{ print $6 }' | sort)"
	check "in another order" test "$(<"$TMP/order")" != "$(sockets a | awk '{ print $6 }')"
	stop order
}

new_ns a || exit 1
load || exit 1
stats_format
sockets_format
time_and_verdict
readings
order
finish
