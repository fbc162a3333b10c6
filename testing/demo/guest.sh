#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demo, inside the VM.
set -euo pipefail

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() {
	printf '$ %s\n' "$*"
	"$@"
}
stat() { awk -v n="$1" '$1 == n { print $2 }' /proc/net/reaper/stats; }
# until SECONDS COMMAND...: polls, and says what was waited for in vain.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || {
			echo "demo: waited in vain for: $*" >&2
			return 1
		}
		read -rt 0.1 <> <(:) || :
	done
}
at_least() { (($(stat "$1") >= $2)); }

# field FILE NAME: of the last line of a program's account.
field() { tail -n 1 "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }
seconds() { awk -v ms="$1" 'BEGIN { printf "%.1f s", ms / 1000 }'; }
# ended PID WHAT: waits for it; says every three seconds that it does.
ended() {
	local next=$((SECONDS + 3))
	while kill -0 "$1" 2>/dev/null; do
		if ((SECONDS >= next)); then
			echo "  ... $2, $((SECONDS - begun)) s after the start"
			next=$((SECONDS + 3))
		fi
		read -rt 0.1 <> <(:) || :
	done
	wait "$1" || :
}

insmod /tcp_reaper.ko close_wait_timeout_ms=5000 orphan_timeout_ms=4000
begun=$SECONDS

say "Three programs, each with a kind of trouble"
cp /usr/bin/leak /tmp/leaky-server
/tmp/leaky-server -k unread -n 4 -p 8080 -w 60000 >/tmp/leak.out &
leaky=$!
echo "leaky-server: 4 clients said goodbye, the server never reads and never closes"
halfclose -n 2 -s 20 -p 8081 >/tmp/download.out &
download=$!
echo "halfclose: 2 clients have asked, closed their side, and go on downloading for 20 s"
orphans -s fin_wait1 -d kill -n 3 -q 5000 -p 8082 -w 60000 >/tmp/orphans.out &
orphans=$!
echo "orphans: 3 clients whose owner was killed while their peer is cut off"
until_true 30 at_least close_wait_tracked 6
until_true 30 at_least orphan_tracked 3

say "Observe, the default: nothing is touched"
echo "  ... waiting until the 4 and the 3 are due: after 5 s and 4 s here, an hour and 5 minutes by default"
until_true 30 at_least close_wait_would_reap 4
until_true 30 at_least orphan_would_reap 3
run reaperctl status
run reaperctl list

say "Enforce: what is stuck goes, what works stays"
run reaperctl set mode=enforce
until_true 30 at_least close_wait_reaped 4
until_true 30 at_least orphan_reaped 3
run reaperctl list
leaked=$(stat close_wait_reaped) orphaned=$(stat orphan_reaped)
echo "The two that are left are the downloads. SEEN has each socket that came so far, those that went at once as well;"
echo "TAKEN has those that stayed, REAPED those of them that were ended:"
run reaperctl status

say "What each side saw"
ended "$leaky" "waiting for the leaky server to look at its sockets"
echo "leaky-server: $(field /tmp/leak.out aborted) of its $(field /tmp/leak.out n) sockets failed with ECONNABORTED, the last $(seconds "$(field /tmp/leak.out max_ms)") after its client's goodbye;"
echo "  its clients: $(field /tmp/leak.out rst) of $(field /tmp/leak.out n) were told by a RST"
ended "$orphans" "waiting for the peers of the orphans"
echo "orphans: the last of $(field /tmp/orphans.out n) was gone $(seconds "$(field /tmp/orphans.out last_ms)") after its owner was killed; $(field /tmp/orphans.out left) are left"
ended "$download" "the downloads go on, as they may"
echo "downloads: $(field /tmp/download.out ended) of $(field /tmp/download.out n) ended whole, $(field /tmp/download.out received) of $(field /tmp/download.out sent) bytes arrived, $(field /tmp/download.out failed) errors"

say "In the end"
nobody_left() { (($(stat close_wait_tracked) + $(stat orphan_tracked) == 0)); }
until_true 30 nobody_left
echo "reaped: $leaked leaked CLOSE_WAIT, $orphaned orphans"
echo "rightly let alone: $(stat spared_active) half-closed downloads, every byte of which arrived"
((leaked == 4 && orphaned == 3 && $(stat spared_active) == 2))
rmmod tcp_reaper
