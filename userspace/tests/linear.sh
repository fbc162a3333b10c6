# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Ten times the sockets must not take a hundred times as long. Sourced by run.

# many N: N tracked sockets and one process that holds a fifth of them.
many() {
	new_root
	awk -v n="$1" 'BEGIN {
		print "class state age_ms idle_ms local remote uid inode rxq txq verdict"
		for (i = 1; i <= n; i++)
			printf "close_wait CLOSE_WAIT %d %d 10.0.0.1:80 10.%d.%d.%d:40000 1000 %d 1 0 wait\n",
				i * 7919 % 1000003, i, i / 65536, i / 256 % 256, i % 256, 500000 + i
	}' >"$ROOT/proc/net/reaper/sockets"
	# One process for all the links: ln would be one each.
	perl -e 'symlink "socket:[" . (500000 + 5 * $_) . "]", "$ARGV[0]/" . (100 + $_)
		or die $! for 1 .. $ARGV[1] / 5' "$ROOT/proc/812/fd" "$1"
}

# cost ARGS...: least CPU time of three runs, in ms.
cost() {
	local TIMEFORMAT='%3U %3S' best='' user system ms

	for _ in 1 2 3; do
		if ! { time tool "$@" >"$TMP/out"; } 2>"$TMP/time"; then
			# No number, so that whatever is asked of it fails.
			echo failed
			return
		fi
		read -r user system <"$TMP/time"
		ms=$((10#${user/./} + 10#${system/./}))
		if [ -z "$best" ] || [ "$ms" -lt "$best" ]; then
			best=$ms
		fi
	done
	echo "$best"
}

linear_tests() {
	local form small large args kb

	for form in '' -j; do
		many 10000
		# shellcheck disable=SC2086 # may be no word
		small=$(cost $form list)
		many 100000
		# shellcheck disable=SC2086 # may be no word
		large=$(cost $form list)
		printf '# %s list: 10000 sockets %d ms, 100000 sockets %d ms\n' \
			"$form" "$small" "$large"
		# A timer tick of slack, for a machine where 10000 take nothing.
		check "100000 sockets: $form list is linear" \
			test "$large" -lt $((15 * (small + 4)))
	done
	# A tenth of what a million may take, and what it takes for none.
	for args in list '-j list' '-j list -S remote -r' metrics; do
		# shellcheck disable=SC2086 # split on purpose
		kb=$(peak $args)
		printf '# %s: 100000 sockets take %d KB\n' "$args" "$kb"
		check "100000 sockets: $args takes at most 100 bytes for each" \
			test "$kb" -lt $((10000 + 6000))
	done
	tool list >"$TMP/out"
	check '100000 sockets: all are listed' \
		test "$(grep -c '^close_wait' "$TMP/out")" = 100000
	check '100000 sockets: their holders are' \
		test "$(grep -c 'users:(("leaky",pid=812,fd=' "$TMP/out")" = 20000
	new_root
}
