#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
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

insmod /tcp_reaper.ko close_wait_timeout_ms=5000 orphan_timeout_ms=4000

say "Three programs, each with a kind of trouble"
cp /usr/bin/leak /tmp/leaky-server
/tmp/leaky-server -k unread -n 4 -p 8080 -w 60000 >/tmp/leak.out &
leaky=$!
echo "leaky-server: 4 clients said goodbye, the server never reads and never closes"
halfclose -n 2 -s 25 -p 8081 >/tmp/download.out &
download=$!
echo "halfclose: 2 clients have asked, closed their side, and go on downloading"
orphans -s fin_wait1 -d kill -n 3 -q 5000 -p 8082 -w 60000 >/tmp/orphans.out &
orphans=$!
echo "orphans: 3 clients whose owner was killed while their peer is cut off"
until_true 30 at_least close_wait_tracked 6
until_true 30 at_least orphan_tracked 3

say "Observe, the default: nothing is touched"
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
echo "the two that are left are the downloads:"
wait "$download"
cat /tmp/download.out

say "What the leaky server and its clients saw"
wait "$leaky" || :
grep -m 2 . /tmp/leak.out
tail -n 1 /tmp/leak.out
wait "$orphans" || :
tail -n 1 /tmp/orphans.out
echo "(its peers, cut off themselves, became orphans when it ended)"

say "The account"
nobody_left() { (($(stat close_wait_tracked) + $(stat orphan_tracked) == 0)); }
until_true 30 nobody_left
run reaperctl status
echo
echo "reaped: $leaked leaked CLOSE_WAIT, $orphaned orphans"
echo "rightly let alone: $(stat spared_active) half-closed downloads, every byte of which arrived"
((leaked == 4 && orphaned == 3 && $(stat spared_active) == 2))
rmmod tcp_reaper
