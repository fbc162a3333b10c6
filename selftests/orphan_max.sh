#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# orphan/max: a namespace past its cap loses its oldest orphans within a tick, and no other loses any; so one noisy container does not
# push the host to net.ipv4.tcp_max_orphans, from where on the kernel ends anybody's. That it would is shown first, without the module.
. "$(dirname "$0")/lib.sh"

# Of the kernel's orphans; when one is slow to go, it counts double.
LIMIT=600
# A quarter of a second, and what it takes to read /proc/net/tcp meanwhile; once in a while the host has other things to do.
# A tenant's worker rests in between, for longer where a kernel takes its time for each.
TICK=$((1000 * patience))
SLOWEST=$((2000 * patience))

too_many() {
	dmesg_since "$1" | grep -c "too many orphaned sockets"
}

# started NAME...: wait until they are; the test ends if they are not.
started() {
	local name
	for name; do
		await "$name" '^ready' 60 >"$TMP/line" || {
			cat "$TMP/line"
			exit 1
		}
	done
}

# pile_now NAME: what it says now.
pile_now() {
	local n
	n=$(grep -c ^pile "$(output "$1")")
	signal "$1" USR1
	# shellcheck disable=SC2016 # for the inner shell
	poll_until 5 sh -c '[ "$(grep -c ^pile "$1")" -gt "$2" ]' sh "$(output "$1")" "$n" || return 1
	grep ^pile "$(output "$1")" | tail -n 1
}

left() {
	field left "$(pile_now "$1")"
}

# shellcheck disable=SC2317 # for poll_until
left_is() {
	[[ $(left "$1") == "$2" ]]
}

orphans_now() {
	awk '/^TCP:/ { print $5 }' /proc/net/sockstat
}

# shellcheck disable=SC2317 # for poll_until
no_more_orphans_than() {
	(($(orphans_now) <= $1))
}

# shellcheck disable=SC2317 # a trap
restore() {
	local status=$?
	echo "$limit" >/proc/sys/net/ipv4/tcp_max_orphans
	(exit "$status")
	cleanup
}

# Earlier tests may have left some.
before=$(orphans_now)
limit=$(</proc/sys/net/ipv4/tcp_max_orphans)
trap restore EXIT
echo $((before + LIMIT)) >/proc/sys/net/ipv4/tcp_max_orphans

new_ns noisy quiet || exit 1
dmesg_mark alone
background quiet quiet pile -n 50 -b 50
background noisy noisy pile -n 1000 -b 50
started quiet noisy
check_between "without the module the kernel has too many orphans" 1 100000 "$(too_many alone)"
check_between "without the module it ends some" 0 999 "$(left noisy)"
stop noisy quiet
del_ns noisy quiet

check "those end with their peers" poll_until 30 no_more_orphans_than "$before"

new_ns noisy quiet noisy6 ruled flood slow || exit 1
load orphan_timeout_ms=0 || exit 1
policy noisy orphan/max=100 mode=enforce
policy quiet mode=enforce
dmesg_mark loaded
background quiet quiet pile -n 50 -b 50
started quiet
background noisy noisy pile -n 1000 -b 50 -c 100
started noisy
line=$(grep ^ready "$(output noisy)")
diag "$line"
check_between "past the cap, the oldest are gone within a tick, ms" 1 $TICK "$(field median_ms "$line")"
check_between "and never much later, ms" 1 $SLOWEST "$(field slowest_ms "$line")"
check_is "the cap holds after each batch" 100 "$(field settled "$line")"
line=$(pile_now noisy)
check_is "of 1,000 orphans 100 are left: the youngest" "100 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,50,50" \
	"$(field left "$line") $(field batches "$line")"
check_is "the kernel has not had too many orphans" 0 "$(too_many loaded)"
check_is "they are counted as evicted, not as reaped" "900 0 100" \
	"$(stat_of noisy orphan_evicted) $(stat_of noisy orphan_reaped) $(stat_of noisy orphan_tracked)"
check_is "the log says so" "orphan evict done 900" \
	"$(proc_net noisy reaper/log | awk 'NR > 1 { n[$2 " " $10 " " $11]++ } END { for (a in n) print a, n[a] }')"
check_is "another namespace has lost none" "50 50 0" "$(left quiet) $(stat_of quiet orphan_tracked) $(stat_of quiet orphan_evicted)"

# For those there are already, too: a lower cap, within a batch of the same age; and for a process that dies with all it has.
policy noisy orphan/max=30
check "a lower cap holds at once" poll_until 1 stat_is noisy orphan_evicted 970
check_is "for sockets just as old, too" "30 30" "$(left noisy) $(field batches "$(pile_now noisy)" | awk -F, '{ print $NF }')"
policy noisy orphan/max=0
stop noisy
background noisy noisy pile -n 300 -b 300
started noisy
check "without a cap they are all tracked" poll_until 5 stat_at_least noisy orphan_tracked 300
check_is "and left alone" "300 970" "$(left noisy) $(stat_of noisy orphan_evicted)"
policy noisy orphan/max=100
check "a cap that is set later holds for them" poll_until 1 stat_is noisy orphan_tracked 100
check "for all of those that were made at once" poll_until 1 left_is noisy 100

# Those that are still inside close() can't go, and are counted; once they are out of it, the cap holds.
policy slow orphan/max=10 mode=enforce
background slow slow pile -l 2 -n 20 -b 20
started slow
check "none goes while it is still being closed" poll_until 2 stat_is slow orphan_tracked 20
check "but afterwards" poll_until 10 stat_is slow orphan_evicted 10
check_is "so that as many are left as may be" 10 "$(left slow)"
stop slow

# Many more than go at a time, and others come while they go.
echo 100000 >/proc/sys/net/ipv4/tcp_max_orphans
policy flood orphan/max=100 mode=enforce
background flood flood pile -n $(($(many 800) * 2)) -b "$(many 800)" -c 100
await flood '^ready' 120 >"$TMP/line" || {
	cat "$TMP/line"
	exit 1
}
check_is "the cap holds for those, too, that come while others go" 100 "$(field settled "$(<"$TMP/line")")"
stop flood
echo $((before + LIMIT)) >/proc/sys/net/ipv4/tcp_max_orphans

policy noisy6 orphan/max=20 mode=observe
background noisy6 noisy6 pile -6 -n 60 -b 10 -i 60
started noisy6
check "IPv6: observe counts whom it would have evicted" poll_until 3 stat_is noisy6 orphan_would_reap 40
check_is "IPv6: but touches none" "60 0" "$(left noisy6) $(stat_of noisy6 orphan_evicted)"
policy noisy6 mode=enforce
check "IPv6: enforce evicts them" poll_until 3 stat_is noisy6 orphan_evicted 40
check_is "IPv6: the youngest are left" "0,0,0,0,10,10" "$(field batches "$(pile_now noisy6)")"

# Those whom a rule exempts stay, however old; the others have the rest of the room.
# shellcheck disable=SC2016 # for the inner shell
in_ns ruled sh -c 'echo "rport 7001 exempt" >/proc/net/reaper/rules' || exit 1
policy ruled orphan/max=30 mode=enforce
background exempt ruled pile -p 7001 -n 20 -b 20
started exempt
background others ruled pile -p 7101 -n 60 -b 10 -i 60
started others
check "a rule: of the others the oldest are evicted" poll_until 3 stat_is ruled orphan_evicted 50
check_is "a rule: none of those it exempts" "20 10" "$(left exempt) $(left others)"
in_ns ruled sh -c 'echo >/proc/net/reaper/rules' || exit 1
policy ruled orphan/max=10
poll_until 5 left_is exempt 0
check_is "without the rule those go, as they are the oldest" "0 10" "$(left exempt) $(left others)"
check_is "nothing failed" 0 "$(stat_of noisy reap_failed)"
stop noisy quiet noisy6 exempt others
finish
