#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a line of the log tells in the morning: the rule, and the cgroup as the reader may see it, after that is gone; a name cannot forge
# a line. Of a burst each is there or told as lost, and one tenant's log takes no more memory than it leaves to others.
# shellcheck disable=SC2016,SC2317 # for inner shells; functions that poll_until runs
. "$(dirname "$0")/lib.sh"

LOG=/proc/net/reaper/log
TOP=/sys/fs/cgroup/tcpr-log-$$
TOP_PATH=/${TOP##*/}
BURST=$(many 10000)
FORGED=$'a b\\c\t\x01d\x7f 9 9 /forged'
SHOWN='a\040b\134c\011\001d\177\0409\0409\040'

# told NS PORT: rule and cgroup of the line about that local port, and how many columns it has.
told() {
	proc_net "$1" reaper/log | awk -v port=":$2" 'substr($6, length($6) - length(port) + 1) == port { print $13, $14, NF }'
}

reaped() {
	check "$1 is reaped" poll_until 10 stat_at_least a close_wait_reaped "$2"
}

gone() {
	find "$1" -depth -type d -exec rmdir {} +
	[[ ! -d $1 ]]
}

places() {
	in_ns a fileio put /proc/net/reaper/rules "lport 1 exempt\ncgroup $TOP_PATH/orders close_wait_ms 2" >/dev/null
	service orders orders/deep leak -p 6000
	service forger "$FORGED" leak -p 6001
	reaped "each" 2
	stop orders forger
	check "their cgroups go" poll_until 10 gone "$TOP/orders"
	check_is "the log has the rule, and the cgroup that is gone" "2 $TOP_PATH/orders/deep 14" "$(told a 6000)"
	check_is "no name of a cgroup makes a column, or a line" "0 $TOP_PATH/$SHOWN/forged 14" "$(told a 6001)"
	in_ns a leak -p 6002 -w 2000 >/dev/null
	check_is "the root is /" "0 / 14" "$(told a 6002)"
	mkdir "$TOP/reader" "$TOP/reader/below"
	check_is "in a cgroup namespace a path begins where that does" "0 /../$SHOWN/forged 14" \
		"$(sh -c 'echo $$ >"$0/cgroup.procs" && exec unshare --cgroup ip netns exec "$1" cat "$2"' "$TOP/reader" "$(ns_name a)" "$LOG" |
			awk '$6 ~ /:6001$/ { print $13, $14, NF }')"
}

# Longer, and deeper, than a path may be.
deep() {
	service long "$(printf '%090d/' {1..12})" leak -p 6003
	service deep "$(printf '%d/' {1..40})" leak -p 6004
	reaped "each of those with a longer path than there may be" 5
	stop long deep
	check_is "it ends with a name" "0 $TOP_PATH$(printf '/%090d' {1..11}) 14" "$(told a 6003)"
	check_is "of the 32nd directory" "0 $TOP_PATH$(printf '/%d' {1..31}) 14" "$(told a 6004)"
}

# numbers FILE: each once and in order, those that are missing told apart: "first last lines".
numbers() {
	awk '$1 ~ /^[0-9]+$/ && NF == 14 { if (!first) first = $12; else if ($12 <= last) bad = 1; last = $12; n++ } END { print first, last, n, bad + 0 }' "$1"
}

burst() {
	local before first last lines bad
	before=$(stat_of a close_wait_reaped)
	background reader a logwatch
	poll_until 5 printed reader '^waiting'
	in_ns a leak -k unread -n "$BURST" -w 300000 >/dev/null
	check_is "$BURST are reaped at once" $((before + BURST)) "$(stat_of a close_wait_reaped)"
	proc_net a reaper/log >"$TMP/log"
	read -r first last lines bad <<<"$(numbers "$TMP/log")"
	check_is "the last line has the number of all" "$((before + BURST)) 0" "$last $bad"
	check_is "and the first how many are lost" "$last" $((first - 1 + lines))
	diag "$lines lines are kept, of $last"
	check "most are kept" test "$lines" -gt $((BURST / 2))
	poll_until 10 printed reader "^line .* $last [0-9]+ /"
	sed -n 's/^line //p' "$(output reader)" >"$TMP/read"
	read -r first last lines bad <<<"$(numbers "$TMP/read")"
	check_is "who follows has each, or its numbers tell of those it missed" "1 $((before + BURST)) 0" "$first $last $bad"
	diag "who follows has $lines of $last"
	stop reader
}

# used NS: kilobytes of lines, each with its cgroup's path.
used() {
	proc_net "$1" reaper/log | awk '{ n += 96 + length($14) } END { print int(n / 1024) }'
}

# One that logs as much as it can: no tenant has more than it leaves free, whatever log_kb says.
hoarder() {
	local half most=16 n before
	before=$(stat_of a close_wait_reaped)
	half=$(awk '$1 == "MemTotal:" { print int($2 / 64 / 2) }' /proc/meminfo)
	while ((2 * most <= half)); do
		most=$((2 * most))
	done
	template log_kb 65536
	n=$((most + most / 10))
	service hoarder "$(printf '%0235d/' 1 2 3 4)" leak -k unread -n "$n" -w 600000
	check "$n are reaped" poll_until 300 stat_is a close_wait_reaped $((before + n))
	stop hoarder
	check_between "a tenant's log has half of a 64th of the memory at most" $((most / 2)) "$most" "$(used a)"
	new_ns b
	policy b close_wait/timeout_ms=1 mode=enforce
	in_ns b leak -p 6005 -w 2000 >/dev/null
	check_is "and the next one has room" "0 / 14" "$(told b 6005)"
}

if ! grep -qs cgroup2 /proc/mounts; then
	skip "cgroups in the log" "no cgroup2"
	finish
fi
new_ns a || exit 1
load || exit 1
mkdir "$TOP" || exit 1
policy a close_wait/timeout_ms=1 mode=enforce
places
deep
burst
hoarder
check "the cgroups go" poll_until 10 gone "$TOP"
finish
