# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What others' processes may be called and hold, and what that costs. Sourced by run.

# peak ARGS...: the most memory that the tool takes, in KB; Debian's python3 may not be the first in PATH.
peak() {
	REAPERCTL_ROOT=$ROOT /usr/bin/python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "w"), check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$TMP/out" "${TOOL[@]}" "$@"
}

# links DIR INODE FIRST N: descriptors of one socket.
links() {
	mkdir -p "$1"
	perl -e 'symlink "socket:[$ARGV[1]]", "$ARGV[0]/$_" or die $! for $ARGV[2] .. $ARGV[2] + $ARGV[3] - 1' "$@"
}

# A name must not look as if it had ended and another process came.
holders_forged() {
	put proc/812/comm 'a",pid=1,fd=3'
	put proc/net/reaper/log "$LOG_HEADER" "${LOG_ROWS[0]}"
	capture tool list
	check "$LABEL a forged name: list" grep -qF 'users:(("a\x22,pid=1,fd=3",pid=812,fd=7),' "$TMP/out"
	capture tool log
	check "$LABEL a forged name: log" grep -qF '  a"\x2cpid=1\x2cfd=3,pid=812,fd=7 ' <<<"${out//\\x22/\"}"
	put proc/812/comm 'b\",pid=1'
	capture tool list
	check "$LABEL a forged name with a backslash: list" grep -qF '(("b\x5c\x22,pid=1",pid=812,' "$TMP/out"
	put proc/812/comm 'x, pid 1, uid 0: '
	capture tool diagnose
	check "$LABEL a forged name: diagnose" grep -qF 'x\x2c pid 1\x2c uid 0\x3a , pid 812' "$TMP/out"
}

# What cannot be seen, or turns what can: by its number in Unicode.
holders_unseen() {
	local code char bytes seen

	for code in 0007 001b 007f 0085 009b 034f 061c 180e 2003 200b 200d 200e 2028 2029 202e 2060 2066 2069 \
		3000 fe0f feff fff9 d800 e0001 e0041 110000; do
		char=$(perl -e 'no warnings; binmode STDOUT, ":utf8"; print chr hex shift' "$code")
		bytes=$(printf %s "$char" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
		printf 'a%sb\n' "$char" >"$ROOT/proc/812/comm"
		capture tool list
		seen=$(grep -oF "(\"a${bytes}b\",pid=812,fd=7)" "$TMP/out")
		capture tool -j list
		if [ -n "$seen" ] && grep -qP '"a(\xef\xbf\xbd)+b"' "$TMP/out" && ! grep -qF "a${char}b" "$TMP/out"; then
			ok "$LABEL U+$code is not shown as it is"
		else
			not_ok "$LABEL U+$code is not shown as it is" "$out"
		fi
	done
	for char in 'grün' 中文 '€→' '😀'; do
		put proc/812/comm "$char"
		capture tool list
		check "$LABEL $char is" grep -qF "(\"$char\",pid=812" "$TMP/out"
	done
}

# A socket with very many descriptors costs no more than one with a few.
holders_many() {
	local few many file

	few=$(peak list)
	links "$ROOT/proc/812/fd" 23456 100 40000
	links "$ROOT/proc/4711/fd" 23456 100 10000
	many=$(peak list)
	printf '# list: %d KB with 3 descriptors, %d KB with 50003\n' "$few" "$many"
	check '50000 descriptors of one socket: memory' test "$many" -lt $((few + 1500))
	check '50000 descriptors of one socket: length of the line' \
		test "$(wc -L <"$TMP/out")" -lt 600
	check '50000 descriptors of one socket: what is left out is said' \
		grep -qE 'pid=4711,fd=[0-9]+\)\) and 49995 more descriptors$' "$TMP/out"
	tool -j list >"$TMP/out"
	check '50000 descriptors of one socket: and in JSON' \
		jq -e '.sockets[2] | (.holders | length) == 8 and .holders_left_out == 49995' "$TMP/out"
	# The first 1024 of each are looked at, then the rest of those that have more.
	new_root
	links "$ROOT/proc/812/fd" 1 100 5000
	links "$ROOT/proc/812/fd" 23456 9000 1
	rm "$ROOT/proc/812/fd/7" "$ROOT/proc/812/fd/12"
	tool list >"$TMP/out"
	check 'a descriptor after 5000 others is found' grep -qF 'pid=812,fd=9000' "$TMP/out"
	# Sockets that many processes share: 64 of those are named.
	new_root
	for file in {10001..10100}; do
		process "$file" "w$file" "$ROOT/netns/initial" '3:socket:[23456]'
	done
	tool -j list >"$TMP/out"
	check 'a socket of a hundred processes' \
		jq -e '.sockets[2] | (.holders | length) == 64 and .holders_left_out == 39' "$TMP/out"
	new_root
}

holders_tests() {
	new_root
	holders_forged
	new_root
	holders_unseen
	new_root
	[ "$LABEL" != plain ] || holders_many
}
