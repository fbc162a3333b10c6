# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Root writes metrics into a directory of somebody else, who exchanges files and directories meanwhile. Sourced by run.

RACES=100
# A busy machine may leave the racer no time in so many; it is waited for.
RACES_MAX=5000
CHANCES=10

# raced COMMAND...: RACES times beside a racer; the command is given the file to write.
raced() {
	local dir=$TMP/race pid i

	rm -rf "$dir"
	mkdir -p "$dir/theirs/prom" "$dir/roots"
	echo secret >"$dir/secret"
	chmod 600 "$dir/secret"
	: >"$dir/count"
	chown -R 65534:65534 "$dir/theirs" "$dir/count"
	chmod 755 "$dir" "$dir/theirs" "$dir/theirs/prom" "$dir/roots"
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		perl "$here/racer.pl" "$dir/theirs" "$dir/secret" "$dir/roots" "$dir/count" &
	pid=$!
	for ((i = 0; i < RACES || (i < RACES_MAX && $(stat -c %s "$dir/count") < CHANCES); i++)); do
		"$@" "$dir/theirs/prom/tcp_reaper.prom" >/dev/null 2>&1
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
}

race_one() {
	tool -a metrics -P -o "$1"
}

racer_tests() {
	local dir=$TMP/race chances

	if [ "$(id -u)" -ne 0 ] || ! command -v perl setpriv >/dev/null; then
		skip 'a racer' 'not root, or no perl'
		return
	fi
	new_root
	raced race_one
	check "a racer: $RACES runs or more, and root's file is as it was" \
		test "$(stat -c '%a %U' "$dir/secret"):$(cat "$dir/secret")" = '600 root:secret'
	check 'a racer: nothing came into a directory of root' test -z "$(ls -A "$dir/roots")"
	chances=$(stat -c %s "$dir/count")
	check "a racer: it had its chances ($chances files exchanged)" test "$chances" -ge "$CHANCES"
	rm -rf "$dir"
}
