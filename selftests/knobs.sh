#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every knob through both of its windows, sysfs and sysctl: rights, default, good and bad values; a write holds at once, for sockets
# already tracked too. The counters in sysfs are those in procfs. The template holds for namespaces to come, and for no other.
# shellcheck disable=SC2317 # of functions that "inside" runs
. "$(dirname "$0")/lib.sh"

# KEY DEFAULT GOOD_VALUE...
export KNOBS='mode observe off observe enforce
close_wait/timeout_ms 3600000 0 1 2000 4294967295
close_wait/action reset reset
close_wait/spare_active 1 0 1
orphan/timeout_ms 300000 0 1 2000 4294967295'

export SYSFS=/sys/class/tcp_reaper/self
export SYSCTL=/proc/sys/net/tcp_reaper
export STATS=/proc/net/tcp_reaper/stats

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
	found=$(stat -c '%a %u %g' /proc/net/tcp_reaper/* | sort -u)
	check_is "files in procfs are there to read" "444 0 0" "$found"
	check_is "a counter can't be written" "open EACCES" "$(fileio put "$SYSFS/stats/adopted" 0)"
	for name in stats sockets; do
		check "procfs: $name can't be written" test "$(fileio put "/proc/net/tcp_reaper/$name" 0)" != ok
	done
}

# Both windows show VALUE; no processes.
shows() {
	[[ $(<"$SYSFS/$1") == "$2" && $(<"$SYSCTL/${1//\//_}") == "$2" ]]
}

# good_values KEY FILE DEFAULT GOOD...
good_values() {
	local key=$1 file=$2 value out
	shift 3
	for value; do
		out=$(fileio put "$file" "$value")
		shows "$key" "$value" || out="$out, but reads $(<"$SYSFS/$key") and $(<"$SYSCTL/${key//\//_}")"
		check_is "$file takes $value" ok "$out"
		check_is "$file takes $value with a newline" ok "$(fileio put "$file" "$value\\n")"
	done
}

bad_values() {
	local key=$1 file=$2 bad=$BAD_NUMBERS value errno count out before wrong=
	[[ $(<"$SYSFS/$key") == [0-9]* ]] || bad=$BAD_WORDS
	before=$(<"$SYSFS/$key")
	while read -r value errno count; do
		out=$(fileio put "$file" "$value" ${count:+"$count"})
		[[ $out == "$errno" ]] || wrong+="; $value${count:+ $count times}: $out, not $errno"
		shows "$key" "$before" || wrong+="; $value changes it"
	done < <(
		cat <<<"$bad"
		[[ $key != */spare_active ]] || echo "2 ERANGE"
	)
	# The builtin read cannot give us these: a blank in front and behind, nothing at all.
	for value in " $before" "$before " " " "$before $before"; do
		out=$(fileio put "$file" "$value")
		[[ $out == EINVAL ]] || wrong+="; '$value': $out, not EINVAL"
		shows "$key" "$before" || wrong+="; '$value' changes it"
	done
	fileio put "$file" "" >/dev/null
	shows "$key" "$before" || wrong+="; an empty write changes it"
	check_is "$file refuses what is no value, and stays as it was" "" "$wrong"
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

# milliseconds since STAMP, of EPOCHREALTIME
ms_since() {
	local now=$EPOCHREALTIME
	echo $(((${now/./} - ${1/./}) / 1000))
}

oldest_is() {
	proc_net "$1" tcp_reaper/sockets | awk -v min="$2" '$3 + 0 >= min { n++ } END { exit !n }'
}

at_once() {
	local began line

	policy a close_wait/timeout_ms=3600000 orphan/timeout_ms=0 mode=enforce
	background lowered a leak -k eof -n 5 -w 20000
	await lowered '^ready' >/dev/null
	check "sockets grow old" poll_until 10 oldest_is a 1200
	began=$EPOCHREALTIME
	knob a close_wait/timeout_ms 1000
	await lowered '^report' >/dev/null
	check_between "a lower timeout is due at once, in ms" 0 700 "$(ms_since "$began")"
	ended lowered

	policy a close_wait/timeout_ms=1500
	background raised a leak -k eof -n 5 -w 20000
	await raised '^ready' >/dev/null
	check "they are tracked" poll_until 2 stat_is a close_wait_tracked 5
	sysctl_knob a close_wait_timeout_ms 3000
	line=$(await raised '^report')
	check_between "a higher timeout is waited for" 3000 3600 "$(field min_ms "$line")"
	ended raised

	policy a close_wait/timeout_ms=0
	background off a leak -k eof -n 5
	await off '^ready' >/dev/null
	check "those that are never due are tracked" poll_until 2 stat_is a close_wait_tracked 5
	knob a mode off
	check_is "mode=off forgets them at once" 0 "$(stat_of a close_wait_tracked)"
	check_is "and lists none" 1 "$(proc_net a tcp_reaper/sockets | wc -l)"
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

templates() {
	local name
	for name in close_wait_timeout_ms orphan_timeout_ms max_tracked census_interval_s; do
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
644 max_tracked
644 mode
644 netns_admin
644 orphan_timeout_ms" "$(cd /sys/module/tcp_reaper/parameters && stat -c '%a %n' -- * | sort)"
	template mode enforce
	template close_wait_timeout_ms 1234
	template orphan_timeout_ms 5678
	check_is "the template reads as written" "enforce 1234 5678" \
		"$(template mode) $(template close_wait_timeout_ms) $(template orphan_timeout_ms)"
	new_ns later
	check_is "a new namespace starts with it" "enforce 1234 5678" \
		"$(knob later mode) $(knob later close_wait/timeout_ms) $(knob later orphan/timeout_ms)"
	check_is "what has no template starts as ever" "reset 1" "$(knob later close_wait/action) $(knob later close_wait/spare_active)"
	check_is "a namespace that was there stays as it was" "observe 0 0" \
		"$(knob a mode) $(knob a close_wait/timeout_ms) $(knob a orphan/timeout_ms)"
}

new_ns a || exit 1
load || exit 1
check_is "parameters start as documented" "observe 3600000 300000 Y 1048576 300" "$(cd /sys/module/tcp_reaper/parameters &&
	echo "$(<mode) $(<close_wait_timeout_ms) $(<orphan_timeout_ms) $(<netns_admin) $(<max_tracked) $(<census_interval_s)")"
# Only censuses that are asked for: counters stand still otherwise.
template census_interval_s 0
inside a files_are_right
inside a each_window
inside a one_sysctl_write_is_one_value
at_once
inside a stats_agree
templates
reload mode=off close_wait_timeout_ms=11 orphan_timeout_ms=22 census_interval_s=33 max_tracked=44 netns_admin=N || exit 1
check_is "parameters are taken at load, for namespaces that are there too" "off 11 22" \
	"$(knob a mode) $(knob a close_wait/timeout_ms) $(knob a orphan/timeout_ms)"
finish
