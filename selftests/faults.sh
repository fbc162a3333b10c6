#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Each allocation of the module fails once, one after the other: while it is loaded, while a namespace is made, rules are loaded, files are
# read and written; then those of its worker, which tracks, reaps, logs and evicts. Each ends in ENOMEM or in nothing at all, and
# afterwards everything works. That nothing leaks is kmemleak's to say, at the end of the machine.
# shellcheck disable=SC2317 # functions are called by poll_until
. "$(dirname "$0")/lib.sh"

SLAB=/sys/kernel/debug/failslab
PAGES=/sys/kernel/debug/fail_page_alloc

[[ -d $SLAB && -e /proc/self/fail-nth ]] || skip_all "no fault injection here"

# fault_injection SLAB PAGES: whether slab objects, and pages for them, can be refused.
fault_injection() {
	local dir
	for dir in $SLAB $PAGES; do
		echo 0 >"$dir"/verbose
		echo N >"$dir"/ignore-gfp-wait
		echo Y >"$dir"/task-filter
		echo 0 >"$dir"/probability
		echo -1 >"$dir"/times
	done
	[[ ! -e $SLAB/cache-filter ]] || echo N >$SLAB/cache-filter
	echo N >$PAGES/ignore-gfp-highmem
	# An order of 99 is none.
	echo "$1" >$PAGES/min-order
}

# each WHAT OPTION...: with failnth; the kernel's log meanwhile is looked at here, without what the kernel has to say of its own of a
# sysctl or a kobject that could not be registered, and of memory that it is told it has not.
each() {
	local what=$1 line
	shift
	echo "tcp_reaper selftest $TEST $$ mark $what" >/dev/kmsg
	dmesg -n 1
	background failnth "${NS:-a}" failnth "$@" </dev/null
	line=$(await failnth '^failnth' 900)
	ended failnth
	check_is "$what: each ends in ENOMEM, or in nothing" 0 $?
	diag "$line"
	check "$what: some of them mattered" test "$(field failed "$line")" -gt 0
	check_is "$what: the kernel has nothing to complain of" "" "$(dmesg_since "$what" | grep -E "$COMPLAINTS" | head -n 3)"
	dmesg -C
	dmesg -n 7
	dmesg_mark start
}
COMPLAINTS='BUG:|WARNING:|KASAN:|UBSAN:|ODEBUG:|Oops|general protection|refcount_t:|suspicious RCU|possible (circular|recursive) locking|inconsistent lock|invalid context|scheduling while atomic|held lock freed'

allocations() {
	field allocations "$(in_ns a failnth count "$@")"
}

works() {
	local line

	background "works$1" a leak -k eof -n 5 -w 20000
	line=$(await "works$1" '^report' 30)
	ended "works$1"
	check_is "$1: afterwards it reaps as ever" 5 "$(field aborted "$line")"
}

# Its worker has no fail-nth of its own: a part of all allocations of all workers fails, the next ones included.
workers_fail() {
	local pid
	# From kthreadd they get it.
	echo "$1" >/proc/2/make-it-fail
	for pid in /proc/[0-9]*; do
		[[ $(<"$pid/comm") != kworker/u* ]] || echo "$1" >"$pid/make-it-fail"
	done 2>/dev/null
}

# fail PERCENT: of the allocations of those who can.
fail() {
	echo "$1" >"$SLAB/probability"
}

in_workers() {
	local chance

	for chance in 100 30; do
		reload mode=observe census_interval_s=0 || exit 1
		poll_until 10 stat_at_least a census_runs 1
		workers_fail 1
		fail "$chance"
		background stuck a leak -k eof -n 60
		await stuck '^ready' >/dev/null
		if ((chance == 100)); then
			check "no memory: none is tracked, and that is counted" poll_until 10 stat_is a track_failed 60
		else
			check "hardly any memory: some are not tracked" poll_until 10 stat_at_least a track_failed 1
		fi
		fail 0
		census a
		check "with memory, a census finds them ($chance %)" poll_until 10 stat_is a close_wait_tracked 60
		fail "$chance"
		policy a close_wait/timeout_ms=300 mode=enforce
		check "to reap takes no memory ($chance %)" poll_until 10 stat_is a close_wait_reaped 60
		((chance < 100)) || check_is "a log does, and is empty" 1 "$(proc_net a tcp_reaper/log | wc -l)"
		stop stuck

		background pile a pile -n 40 -b 40
		fail 0
		await pile '^ready' >/dev/null
		check "orphans are tracked" poll_until 10 stat_is a orphan_tracked 40
		fail "$chance"
		knob a orphan/max 10
		if ((chance == 100)); then
			check "too many, and no memory to choose by: nothing happens" poll_until 3 stat_is a orphan_tracked 40
		fi
		fail 0
		knob a orphan/max 11
		check "with memory the oldest go ($chance %)" poll_until 10 stat_is a orphan_tracked 11
		check_is "and are counted" 29 "$(stat_of a orphan_evicted)"
		stop pile
		workers_fail 0
	done
}

new_ns a || exit 1
fault_injection 99
before=$(allocations netns)
NS=init each load load "$TCP_REAPER_KO"
load || exit 1
after=$(allocations netns)
diag "a namespace is $before allocations without the module, $after with it"
check "of which some are the module's" test "$after" -gt "$before"
policy a close_wait/timeout_ms=300 mode=enforce
works load
# The module's come last but for those of the devices.
each netns -b $((before - 200 > 0 ? before - 200 : 1)) netns
works netns

policy a close_wait/timeout_ms=0 mode=observe
background tracked a leak -k eof -n 20
await tracked '^ready' >/dev/null
poll_until 10 stat_is a close_wait_tracked 20
for file in rules sockets stats log; do
	each "read $file" read /proc/net/tcp_reaper/$file
done
for file in mode stats/adopted; do
	each "read $file" read /sys/class/tcp_reaper/self/$file
done
in_ns a sh -c 'echo "lport 1-65535 uid 0 close_wait_ms 77" >/proc/net/tcp_reaper/rules'
check_is "what was read is still so" 20 "$(proc_net a tcp_reaper/sockets | sed 1d | wc -l)"
stop tracked
in_workers
works workers
finish
