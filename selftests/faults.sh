#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory that is not to be had: each allocation of a load, of a new namespace, of a write and of a read is refused in its turn, and what the
# worker asks for, always. All end in ENOMEM and as if nothing had been, or do without; what was missed meanwhile is found afterwards.
# shellcheck disable=SC2317 # functions are called by poll_until
. "$(dirname "$0")/lib.sh"

DEBUG=/sys/kernel/debug
# A load has some thousands; a storm takes them all.
if [[ ${TCP_REAPER_AMOUNT:-} == full ]]; then
	EVERY=1
else
	EVERY=7
fi
RULES=/proc/net/reaper/rules

[[ -e $DEBUG/failslab && -e $DEBUG/fail_page_alloc && -e /proc/self/fail-nth ]] || skip_all "no faults on order in this kernel"

# Who gets no memory for a cache or a sysctl is shown where, by dump_stack(); whatever is wrong has a line of its own as well.
HARMLESS+='|Call Trace:'

# fault NAME=VALUE...: of both kinds of faults.
fault() {
	local pair
	for pair; do
		echo "${pair#*=}" >"$DEBUG/failslab/${pair%%=*}"
		echo "${pair#*=}" >"$DEBUG/fail_page_alloc/${pair%%=*}"
	done
}

# Any allocation may fail, and the kernel need not tell of it.
fault verbose=0 ignore-gfp-wait=N
echo N >"$DEBUG/fail_page_alloc/ignore-gfp-highmem"
echo 0 >"$DEBUG/fail_page_alloc/min-order"

# refused DESCRIPTION AT-LEAST DEED...: each allocation of a deed, in its turn.
refused() {
	local description=$1 least=$2 line
	shift 2
	failnth "$@" >"$TMP/refused" 2>&1
	check_is "$description: each ends well" 0 $?
	line=$(grep '^failnth ' "$TMP/refused") || line=
	sed 's/^/# /' "$TMP/refused"
	check "$description: so many were refused" test "$(field refused "$line")" -ge "$least"
}

loads() {
	refused "load" 100 -e "$EVERY" load "$TCP_REAPER_KO"
	check "after all that it can be loaded" load
	check_is "whole" 0 "$(grep -vc ^ftrace /sys/module/tcp_reaper/parameters/hook)"
}

# Each load finds containers that write to the first file they can, while it may still fail; what they changed goes with it.
loads_beside_writers() {
	local name ns line

	new_ns w x || exit 1
	for name in w1 w2 x1 x2; do
		ns=${name%[12]}
		# shellcheck disable=SC2016 # for the inner shell
		background $name "$ns" bash -c '
			exec {never}<> <(:)
			until [[ -e $1 ]]; do
				for file in /proc/sys/net/tcp_reaper/mode /sys/class/tcp_reaper/self/mode; do
					for mode in off enforce observe; do
						[[ ! -e $file ]] || { echo $mode >$file && n=$((n + 1)); }
					done
				done 2>/dev/null
				read -rt 0.01 -u "$never"
			done
			echo "wrote n=$n"' bash "$TMP/enough"
	done
	refused "load beside writers" 100 -e "$EVERY" load "$TCP_REAPER_KO"
	: >"$TMP/enough"
	for name in w1 w2 x1 x2; do
		line=$(await $name '^wrote')
		ended $name
		check "load beside writers: $name wrote at times" test "$(field n "$line")" -gt 0
	done
	check_is "load beside writers: none of them is any worse for the kernel" "" "$(dmesg_complaints start)"
	check "load beside writers: after all that it can be loaded" load
	check_is "load beside writers: and works" observe "$(knob w mode)"
	check "load beside writers: and can be unloaded" unload
	del_ns w x
}

namespaces() {
	refused "a namespace" 100 -e "$EVERY" netns
	check "none of them is left" poll_until 60 one_namespace
}

# The module tells how many there are, in its way: a device each.
one_namespace() {
	(($(slab_objects net_namespace) <= 2))
}

slab_objects() {
	awk -v cache="$1" '$1 == cache { print $2 }' /proc/slabinfo
}

writes() {
	fileio put $RULES "lport 7 exempt\n" >/dev/null
	refused "a rule" 2 write $RULES $'rport 1 exempt\n' 1
	refused "4096 rules" 2 write $RULES $'raddr 198.51.100.0/24 lport 1-65535 established_ms 77\n' 4096
	: >$RULES
	refused "sysfs" 1 write /sys/class/tcp_reaper/self/close_wait/timeout_ms 4711 1
	refused "sysctl" 1 write /proc/sys/net/tcp_reaper/close_wait_timeout_ms 4711 1
	refused "the template" 1 write /sys/module/tcp_reaper/parameters/close_wait_timeout_ms 4711 1
}

reads() {
	local file

	background stuck init leak -k eof -n 20
	await stuck '^ready' >/dev/null
	poll_until 10 stat_is init close_wait_tracked 20
	fileio put $RULES "lport 7 exempt\n" >/dev/null
	for file in /proc/net/reaper/{stats,sockets,rules,log} /proc/sys/net/tcp_reaper/mode /sys/module/tcp_reaper/parameters/hook \
		/sys/class/tcp_reaper/self/{mode,close_wait/timeout_ms,stats/close_wait_seen}; do
		refused "reading $file" 1 read "$file"
	done
	stop stuck
	: >$RULES
}

# workers 0|1: whether the kernel's workers, ours among them, get memory.
workers() {
	local pid

	for pid in /proc/[0-9]*; do
		[[ $(<"$pid/comm") == @(kworker|kthreadd)* ]] && echo "$1" >"$pid/make-it-fail"
	done 2>/dev/null
	if (($1)); then
		fault task-filter=Y times=-1 probability=100
	else
		fault probability=0 task-filter=N
	fi
}

none_stuck() {
	(($(count_tcp init CLOSE_WAIT) == 0))
}

# The worker gets none: what it has, it reaps; the others it finds as soon as there is some.
worker() {
	local failed

	policy init close_wait/timeout_ms=3600000 close_wait/spare_active=0 mode=enforce
	background before init leak -k eof -n 20
	await before '^ready' >/dev/null
	check "20 are tracked" poll_until 10 stat_is init close_wait_tracked 20
	failed=$(stat_of init track_failed)
	workers 1
	background during init leak -k eof -n 20
	await during '^ready' 60 >/dev/null
	check "while there is no memory, others are not" poll_until 30 stat_at_least init track_failed $((failed + 20))
	check_is "and those that are stay so" 20 "$(stat_of init close_wait_tracked)"
	check "status says so" grep -q track_failed <(reaperctl status)
	check "metrics, too" grep -qE '^tcp_reaper_track_failed_total.* [1-9]' <(reaperctl metrics)
	knob init close_wait/timeout_ms 100
	check "what is known is reaped without memory" poll_until 30 stat_is init close_wait_reaped 20
	check_is "the connections of those that are not are as they were" 20 "$(count_tcp init CLOSE_WAIT)"
	background healthy init churn -n 50
	line=$(await healthy '^churn' 60)
	check_is "healthy ones come and go" 0 "$(field errors "$line")"
	workers 0
	census init
	check_is "the log has none of them" 1 "$(wc -l </proc/net/reaper/log)"
	check "when there is memory again, a census finds the rest, and they go" poll_until 60 none_stuck
	check_is "each once" 40 "$(stat_of init close_wait_reaped)"
	check_is "what the log has no memory for is counted in its numbers" "$(seq 21 40)" "$(awk 'NR > 1 { print $12 }' /proc/net/reaper/log)"
	stop before during
}

# orphan/max needs memory for the ages.
eviction() {
	policy init orphan/timeout_ms=0 orphan/max=0 mode=enforce
	background pile init orphans -s fin_wait1 -n 30
	await pile '^ready' >/dev/null
	check "30 orphans" poll_until 10 stat_is init orphan_tracked 30
	workers 1
	knob init orphan/max 10
	background more init churn -n 20
	await more '^churn' 60 >/dev/null
	ended more
	check_is "without memory too many orphans stay" 30 "$(stat_of init orphan_tracked)"
	workers 0
	check "with it, the oldest go" poll_until 30 stat_is init orphan_tracked 10
	stop pile
}

unload
loads_beside_writers
loads
namespaces
writes
reads
worker
eviction
finish
