#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every knob through both of its windows, sysfs and sysctl: rights, default, good and bad values; a write holds at once, for sockets
# already tracked too. The counters in sysfs are those in procfs. The template holds for namespaces to come, and for no other.
# shellcheck disable=SC2317 # of functions that "inside" runs
. "$(dirname "$0")/lib.sh"

# KEY DEFAULT GOOD_VALUE...
export KNOBS='mode observe off observe enforce
reaps_per_s 10000 0 1 2000 4294967295
close_wait/timeout_ms 3600000 0 1 2000 4294967295
close_wait/action reset reset fin
close_wait/linger_ms 60000 0 1 2000 4294967295
close_wait/spare_active 1 0 1
close_wait/spare_unread 0 0 1
orphan/timeout_ms 300000 0 1 2000 4294967295
orphan/max 0 0 1 2000 4294967295
orphan/kernel_sockets 0 0 1
fin_wait2/timeout_ms 0 0 1 2000 4294967295
established/timeout_ms 0 0 1 2000 4294967295
established/action probe probe reset
established/keepalive 0 0 1'

export SYSFS=/sys/class/tcp_reaper/self
export SYSCTL=/proc/sys/net/tcp_reaper
export STATS=/proc/net/reaper/stats

# Value, errno, count: what no knob takes. To one made of words, a number is just another wrong word.
BAD_NUMBERS='\n EINVAL
x EINVAL
one EINVAL
observe EINVAL
\t1 EINVAL
1\t EINVAL
1x EINVAL
x1 EINVAL
1.5 EINVAL
+1 EINVAL
- EINVAL
0x10 EINVAL
1\0 EINVAL
\01 EINVAL
1\02 EINVAL
1\n\n EINVAL
1\n0 EINVAL
-1 ERANGE
-4294967295 ERANGE
4294967296 ERANGE
18446744073709551615 ERANGE
18446744073709551616 ERANGE
9 ERANGE 4096
9 ERANGE 1048576
x EINVAL 4096
x EINVAL 1048576'
BAD_WORDS='\n EINVAL
x EINVAL
Off EINVAL
OBSERVE EINVAL
off\t EINVAL
\toff EINVAL
off\0 EINVAL
\0off EINVAL
off\0x EINVAL
offx EINVAL
of EINVAL
off\n\n EINVAL
reset,reset EINVAL
0 EINVAL
1 EINVAL
-1 EINVAL
4294967296 EINVAL
0x1 EINVAL
9 EINVAL 4096
9 EINVAL 1048576
x EINVAL 4096
x EINVAL 1048576'
export BAD_NUMBERS BAD_WORDS

keys() {
	local key rest
	while read -r key rest; do
		echo "$key"
	done <<<"$KNOBS"
}

# What is there is what is expected, and no more; with the right owner and mode.
files_are_right() {
	local key name found
	found=$(cd "$SYSFS" && find . -type f ! -path './stats/*' ! -path './power/*' ! -name uevent | sort)
	check_is "sysfs has all knobs and no other" "$(keys | sed 's,^,./,' | sort)" "$found"
	found=$(cd "$SYSFS/stats" && find . -type f | sort)
	check_is "sysfs has all counters and no other" "$(sed 's,^,./,; s, .*,,' "$STATS" | sort)" "$found"
	found=$(cd "$SYSCTL" && find . -type f | sort)
	check_is "there is a sysctl for each knob and no other" "$(keys | sed 's,/,_,; s,^,./,' | sort)" "$found"
	found=$(for key in $(keys); do stat -c '%a %u %g' "$SYSFS/$key" "$SYSCTL/${key//\//_}"; done | sort -u)
	check_is "knobs are root's, and root's alone to write" "644 0 0" "$found"
	found=$(stat -c '%a %u %g' "$SYSFS"/stats/* | sort -u)
	check_is "counters in sysfs are there to read" "444 0 0" "$found"
	found=$(cd /proc/net/reaper && stat -c '%n %a %u %g' -- * | sort)
	check_is "files in procfs are there to read, rules and counters root's to write" "ages 644 0 0
log 444 0 0
rules 644 0 0
sockets 444 0 0
stats 644 0 0
trial 644 0 0" "$found"
	check_is "a counter can't be written" "open EACCES" "$(fileio put "$SYSFS/stats/adopted" 0)"
	for name in stats sockets log; do
		check "procfs: $name can't be written" test "$(fileio put "/proc/net/reaper/$name" 0)" != ok
	done
}

# Both windows show VALUE; no processes.
shows() {
	[[ $(<"$SYSFS/$1") == "$2" && $(<"$SYSCTL/${1//\//_}") == "$2" ]]
}

# try KEY FILE: lines of "VALUE OUTCOME [COUNT]" in; each is written to the file, and what did not come out as it should is printed. A
# value that is taken is then shown by both windows, after any other they show what they did.
try() {
	local key=$1 file=$2 other=$SYSFS/$1 now value outcome count answer i=0
	local -a values outcomes

	[[ $file == "$SYSCTL"* ]] || other=$SYSCTL/${key//\//_}
	now=$(<"$file")
	while read -r value outcome count; do
		values+=("$value $count") outcomes+=("$outcome")
	done
	while IFS='|' read -r answer _ value; do
		[[ ${outcomes[i]} != ok ]] || now=${values[i]% *} now=${now%\\n}
		[[ $answer == "${outcomes[i]}" && $value == "$now|$now" ]] ||
			echo "${values[i]}: $answer, then $value, not ${outcomes[i]}, then $now|$now"
		i=$((i + 1))
	done < <(printf '%s\n' "${values[@]/#/$file $other }" | fileio try)
	((i == ${#values[@]})) || echo "tried $i of ${#values[@]}"
}

# good_values KEY FILE DEFAULT GOOD...
good_values() {
	local key=$1 file=$2
	shift 3
	check_is "$file takes $*, with a newline or without" "" "$(printf '%s ok\n' "$@" "${@/%/\\n}" | try "$key" "$file")"
}

bad_values() {
	local key=$1 file=$2 bad=$BAD_NUMBERS now

	now=$(<"$SYSFS/$key")
	[[ $now == [0-9]* ]] || bad=$BAD_WORDS
	check_is "$file refuses what is no value, and stays as it was" "" "$(
		{
			cat <<<"$bad"
			printf '%s EINVAL\n' "\\s$now" "$now\\s" "\\s" "$now\\s$now"
			[[ $key != */spare_* && $key != */kernel_sockets ]] || echo "2 ERANGE"
		} | try "$key" "$file"
	)"
	check_is "$file: an empty write is no error" ok "$(fileio put "$file" "")"
	check "$file: and changes nothing" shows "$key" "$now"
}

each_window() {
	local key line file
	while read -r -a line; do
		key=${line[0]}
		check_is "$key starts as ${line[1]}" "${line[1]}" "$(<"$SYSFS/$key")"
		check "$key: both windows show it" shows "$key" "${line[1]}"
		for file in "$SYSFS/$key" "$SYSCTL/${key//\//_}"; do
			good_values "$key" "$file" "${line[@]:1}"
			bad_values "$key" "$file"
		done
		fileio put "$SYSFS/$key" "${line[1]}" >/dev/null
	done <<<"$KNOBS"
}

one_sysctl_write_is_one_value() {
	local file=$SYSCTL/close_wait_timeout_ms
	(
		printf 12
		printf 34
	) >"$file" 2>/dev/null
	check_is "two writes to a sysctl don't add up to one value" 12 "$(<"$file")"
	check "sysctl(8) sets it" sysctl -q net.tcp_reaper.close_wait_timeout_ms=77
	check "and sysfs shows it" shows close_wait/timeout_ms 77
}

stats_agree() {
	local name value wrong=
	while read -r name value; do
		[[ $(<"$SYSFS/stats/$name") == "$value" ]] || wrong+=" $name"
	done <"$STATS"
	check_is "each counter in sysfs is the one in procfs" "" "$wrong"
	check_between "some of them have counted" 3 100 "$(awk '$2 { n++ } END { print n }' "$STATS")"
}

oldest_is() {
	proc_net "$1" reaper/sockets | awk -v min="$2" '$3 + 0 >= min { n++ } END { exit !n }'
}

at_once() {
	local began written line ready

	policy a close_wait/timeout_ms=3600000 orphan/timeout_ms=0 mode=enforce
	background lowered a leak -k eof -n 5 -w 20000
	ready=$(await lowered '^ready')
	check "sockets grow old" poll_until 10 oldest_is a 1200
	began=$(now_ms)
	knob a close_wait/timeout_ms 1000
	written=$(now_ms)
	line=$(await lowered '^report')
	line=$(awk -v t="$(field at_ms "$ready")" -v age="$(field max_ms "$line")" 'BEGIN { printf "%d", t + age }')
	check_between "a lower timeout is due at once, at ms of uptime" "$began" $((written + 600)) "$line"
	ended lowered

	policy a close_wait/timeout_ms=4000
	background raised a leak -k eof -n 5 -w 20000
	await raised '^ready' >/dev/null
	check "they are tracked" poll_until 2 stat_is a close_wait_tracked 5
	sysctl_knob a close_wait_timeout_ms 6000
	line=$(await raised '^report')
	check_between "a higher timeout is waited for" 6000 6600 "$(field min_ms "$line")"
	ended raised

	policy a close_wait/timeout_ms=0
	background off a leak -k eof -n 5
	await off '^ready' >/dev/null
	check "those that are never due are tracked" poll_until 2 stat_is a close_wait_tracked 5
	knob a mode off
	check_is "mode=off forgets them at once" 0 "$(stat_of a close_wait_tracked)"
	check_is "and lists none" 1 "$(proc_net a reaper/sockets | wc -l)"
	check_is "their sockets stay" 5 "$(count_tcp a CLOSE_WAIT)"
	knob a mode observe
	check "mode=observe adopts them" poll_until 4 stat_is a close_wait_tracked 5
	check_is "by a census" 5 "$(stat_of a adopted)"
	check_is "without blame for the hook" 0 "$(stat_of a hook_missed)"
	stop off
}

bad_template() {
	local name=$1 value errno out before wrong=
	before=$(template "$name")
	while read -r value errno; do
		out=$(fileio put "/sys/module/tcp_reaper/parameters/$name" "$value")
		[[ $out == "$errno" ]] || wrong+="; $value: $out, not $errno"
		[[ $(template "$name") == "$before" ]] || wrong+="; $value changes it"
	done
	check_is "parameters/$name refuses what is no value, and stays as it was" "" "$wrong"
}

# templated NS: the knobs that have a template.
templated() {
	echo "$(knob "$1" mode) $(knob "$1" close_wait/timeout_ms) $(knob "$1" orphan/timeout_ms) $(knob "$1" orphan/max)"
}

templates() {
	local name
	for name in close_wait_timeout_ms orphan_timeout_ms orphan_max max_tracked census_interval_s log_kb; do
		bad_template "$name" <<-'END'
			\n EINVAL
			x EINVAL
			-1 EINVAL
			1x EINVAL
			4294967296 ERANGE
		END
	done
	bad_template mode <<-'END'
		\n EINVAL
		x EINVAL
		0 EINVAL
		offx EINVAL
		Off EINVAL
	END
	bad_template netns_admin <<-'END'
		\n EINVAL
		x EINVAL
		2 EINVAL
	END
	for name in hook nursery_records; do
		check_is "parameters/$name can't be written" "open EACCES" \
			"$(fileio put "/sys/module/tcp_reaper/parameters/$name" 16)"
	done
	check_is "parameters have the right modes" "444 hook
444 nursery_records
644 census_interval_s
644 close_wait_timeout_ms
644 log_kb
644 max_tracked
644 mode
644 netns_admin
644 orphan_max
644 orphan_timeout_ms" "$(cd /sys/module/tcp_reaper/parameters && stat -c '%a %n' -- * | sort)"
	template max_tracked 0x10000
	check_is "a parameter takes a number as C has it" 65536 "$(template max_tracked)"
	template max_tracked 1048576
	template mode enforce
	template close_wait_timeout_ms 1234
	template orphan_timeout_ms 5678
	template orphan_max 9
	check_is "the template reads as written" "enforce 1234 5678 9" \
		"$(template mode) $(template close_wait_timeout_ms) $(template orphan_timeout_ms) $(template orphan_max)"
	new_ns later
	check_is "a new namespace starts with it" "enforce 1234 5678 9" "$(templated later)"
	check_is "what has no template starts as ever" "reset 1" "$(knob later close_wait/action) $(knob later close_wait/spare_active)"
	check_is "a namespace that was there stays as it was" "observe 0 0 0" "$(templated a)"
}

# The example of tcp_reaper(4), line by line. testing/documented names it.
manual_example() (
	set -e
	sysctl net.tcp_reaper.close_wait_timeout_ms=1800000
	sysctl net.tcp_reaper.mode=enforce
	cd /sys/module/tcp_reaper/parameters
	echo 1800000 >close_wait_timeout_ms
	echo enforce >mode
) >/dev/null

manual() {
	inside a manual_example
	new_ns to_come
	check_is "the example of tcp_reaper(4) sets what it says, here" "enforce 1800000" "$(knob a mode) $(knob a close_wait/timeout_ms)"
	check_is "and in a namespace to come" "enforce 1800000" "$(knob to_come mode) $(knob to_come close_wait/timeout_ms)"
}

new_ns a || exit 1
load || exit 1
# The kernel's own count of its memory, in kB, a 64th of it, 64 bytes each.
by_memory=$(awk '$1 == "MemTotal:" { n = int($2 / 4); print(n < 65536 ? 65536 : (n > 16777216 ? 16777216 : n)) }' /proc/meminfo)
check_is "parameters start as documented" "observe 3600000 300000 0 Y $by_memory 300 1024" "$(cd /sys/module/tcp_reaper/parameters &&
	echo "$(<mode) $(<close_wait_timeout_ms) $(<orphan_timeout_ms) $(<orphan_max) $(<netns_admin) $(<max_tracked) $(<census_interval_s) $(<log_kb)")"
# Only censuses that are asked for: counters stand still otherwise.
template census_interval_s 0
inside a files_are_right
inside a each_window
inside a one_sysctl_write_is_one_value
at_once
inside a stats_agree
templates
manual
reload mode=off close_wait_timeout_ms=11 orphan_timeout_ms=22 orphan_max=23 census_interval_s=33 max_tracked=44 netns_admin=N || exit 1
check_is "parameters are taken at load, for namespaces that are there too" "off 11 22 23" "$(templated a)"
finish
