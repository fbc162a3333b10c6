#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tracepoints: their formats are as promised, they show what happens to a socket, and the usual programs understand them.
# shellcheck disable=SC2317 # functions are called by check and poll_until
. "$(dirname "$0")/lib.sh"

TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/tcp_reaper

[[ -e $TRACING/events ]] || mount -t tracefs tracefs $TRACING 2>/dev/null
[[ -e $TRACING/events ]] || skip_all "no tracefs in this kernel"

# fields EVENT: "type name;" of each of its own.
fields() {
	sed -nE 's/^\tfield:(.*);\toffset.*/\1/p' "$EVENTS/$1/format" | grep -v ' common_' | paste -sd ,
}

# trace EVENT [WORD...]: lines of the buffer that have all the words.
trace() {
	local word lines
	lines=$(grep " $1: " "$TRACING/trace" | sed 's/$/ /')
	shift
	for word; do
		lines=$(grep -F -- " $word" <<<"$lines")
	done
	printf '%s\n' "$lines"
}

# traced N EVENT [WORD...]
traced() {
	local n=$1
	shift
	(($(trace "$@" | grep -c netns=) == n))
}

hash_of() {
	sed -nE 's/.* hash=([0-9a-f]{8}) .*/\1/p' <<<"$1" | sort
}

clear_trace() {
	: >$TRACING/trace
}

restore() {
	local status=$?
	[[ ! -d $EVENTS ]] || echo 0 >"$EVENTS/enable"
	(exit "$status")
	cleanup
}

new_ns a b c near far || exit 1
veth_pair near far || exit 1
load || exit 1
trap restore EXIT

socket="u32 netns,u32 hash,u64 age_ms,u16 family,u16 sport,u16 dport,u8 class"
addresses="u8 saddr[16],u8 daddr[16]"
check_is "track has the fields that it had in version 1" "$socket,$addresses" "$(fields tcp_reaper_track)"
check_is "untrack too" "$socket,$addresses" "$(fields tcp_reaper_untrack)"
check_is "reap too" "$socket,u8 action,bool done,$addresses" "$(fields tcp_reaper_reap)"
check_is "there is no other event" "tcp_reaper_reap tcp_reaper_track tcp_reaper_untrack" \
	"$(cd "$EVENTS" && echo tcp_reaper_*)"

a=$(stat -L -c %i "$(ns_file a)")
near=$(stat -L -c %i "$(ns_file near)")
clear_trace
echo 1 >$EVENTS/enable
policy a close_wait/timeout_ms=500 close_wait/linger_ms=500 orphan/timeout_ms=0 fin_wait2/timeout_ms=0 mode=enforce
policy b close_wait/timeout_ms=500 mode=observe

for f in 4 6; do
	address=::ffff:127.0.0.1 family=-$f
	[[ $f == 4 ]] || address=::1
	background reset$f a leak -k eof $family -p 720$f -n 2 -w 20000
	await reset$f '^report' 20 >/dev/null && ended reset$f || exit 1
	where="saddr=$address sport=720$f daddr=$address"
	check "v$f: track: namespace, class, addresses" poll_until 3 traced 2 tcp_reaper_track "netns=$a " "class=close_wait $where "
	check "v$f: reap: so too, and what was done" poll_until 3 traced 2 tcp_reaper_reap "netns=$a " "class=close_wait $where " \
		"action=reset result=done "
	reap=$(trace tcp_reaper_reap "sport=720$f ")
	check_is "v$f: reap: the age" 2 "$(sed -nE 's/.*age_ms=([0-9]+).*/\1/p' <<<"$reap" | awk '$1 >= 500 && $1 <= 1100' | wc -l)"
	check "v$f: untrack: each" poll_until 3 eval "traced 2 tcp_reaper_untrack || traced 4 tcp_reaper_untrack"
	check_is "v$f: the hash tells which belong together" "$(hash_of "$(trace tcp_reaper_track "sport=720$f ")")" "$(hash_of "$reap")"
done
check_is "untrack: the same ones again" "$(hash_of "$(trace tcp_reaper_track)")" "$(hash_of "$(trace tcp_reaper_untrack)")"

clear_trace
background observed b leak -k eof -n 1 -w 1500
await observed '^report' 20 >/dev/null && ended observed
check "observed: tracked and untracked, in its own namespace" poll_until 3 traced 1 tcp_reaper_untrack "netns=$(stat -L -c %i "$(ns_file b)") "
check_is "observed: nothing is done" "" "$(trace tcp_reaper_reap)"

policy a close_wait/action=fin
background fin a duo -n 2 p:cut p:shut o:fin o:until=close,9000
await fin '^done' 20 >/dev/null || exit 1
check "fin: then linger" poll_until 3 traced 2 tcp_reaper_reap "class=close_wait " "action=linger result=done "
check_is "fin: of the same sockets" "$(hash_of "$(trace tcp_reaper_reap "action=linger ")")" \
	"$(hash_of "$(trace tcp_reaper_reap "action=fin ")")"
policy c orphan/max=5 mode=enforce
background evict c pile -n 12 -b 12
await evict '^ready' >/dev/null || exit 1
check "evict" poll_until 3 traced 7 tcp_reaper_reap "netns=$(stat -L -c %i "$(ns_file c)") " "class=orphan " "action=evict result=done "
stop evict

in_ns near sysctl -qw net.ipv4.tcp_keepalive_time=1
policy near established/timeout_ms=500 close_wait/timeout_ms=0 mode=enforce
background probe near duo -a 192.0.2.1 -p 7300 -N "$(ns_file far)" pause
await probe '^pause' >/dev/null || exit 1
template census_interval_s 1
check "probe" poll_until 10 traced 1 tcp_reaper_reap "netns=$near " "class=established saddr=::ffff:192.0.2.1 sport=7300 daddr=::ffff:192.0.2.2 " \
	"action=probe result=done "
policy near established/timeout_ms=0 fin_wait2/timeout_ms=500
background shut near duo -6 -a 2001:db8::1 -p 7301 -N "$(ns_file far)" o:shut o:until=close,20000
await shut '^done' 30 >/dev/null || exit 1
check "fin_wait2" poll_until 3 traced 1 tcp_reaper_reap "class=fin_wait2 saddr=2001:db8::1 sport=7301 daddr=2001:db8::2 " "action=reset result=done "
echo 0 >$EVENTS/enable

# filter and hist triggers need the names of the fields, and nothing else.
check "a filter on the fields" eval "echo 'action == 0 && done == 1 && class == 0 && sport == 7204' >$EVENTS/tcp_reaper_reap/filter"
echo 1 >$EVENTS/tcp_reaper_reap/enable
clear_trace
policy a close_wait/action=reset
for port in 7204 7205; do
	background one a leak -k eof -p $port -w 20000
	await one '^report' 20 >/dev/null && ended one
done
check "lets through what it should" traced 1 tcp_reaper_reap "sport=7204 "
check_is "and no more" 1 "$(trace tcp_reaper_reap | grep -c netns=)"
echo 0 >$EVENTS/tcp_reaper_reap/filter
echo 0 >$EVENTS/enable

# while_reaping COMMAND...: run it, reap one, and interrupt it.
while_reaping() {
	background tracer init "$@"
	poll_until 20 grep -q ^1 "$EVENTS/tcp_reaper_reap/enable" || return 1
	background one a leak -k eof -p 7206 -w 20000
	await one '^report' 20 >/dev/null && ended one
	poll_until 3 stat_is a close_wait_tracked 0
	signal tracer INT
	ended tracer
}

expected="class=close_wait saddr=::ffff:127.0.0.1 sport=7206 daddr=::ffff:127.0.0.1"
if command -v trace-cmd >/dev/null; then
	while_reaping trace-cmd record -q -e tcp_reaper -o "$TMP/trace.dat"
	trace-cmd report -i "$TMP/trace.dat" >"$TMP/report" 2>&1
	check "trace-cmd: records and prints track" grep -qE "tcp_reaper_track: +netns=$a .*$expected" "$TMP/report"
	check "trace-cmd: records and prints reap" grep -qE "tcp_reaper_reap: +netns=$a .*$expected .*action=reset result=done" "$TMP/report"
else
	skip "trace-cmd" "no trace-cmd here"
fi
if command -v perf >/dev/null; then
	while_reaping perf record -q -a -e 'tcp_reaper:*' -o "$TMP/perf.data"
	perf script -i "$TMP/perf.data" >"$TMP/report" 2>&1
	check "perf: records and prints track" grep -qE "tcp_reaper:tcp_reaper_track: +netns=$a .*$expected" "$TMP/report"
	check "perf: records and prints reap" grep -qE "tcp_reaper:tcp_reaper_reap: +netns=$a .*$expected .*action=reset result=done" "$TMP/report"
else
	skip "perf" "no perf here"
fi
if command -v bpftrace >/dev/null; then
	# shellcheck disable=SC2016 # bpftrace's own
	while_reaping bpftrace -e 'tracepoint:tcp_reaper:tcp_reaper_reap {
		printf("reap netns=%u class=%u sport=%u daddr=%s action=%u done=%u\n",
			args->netns, args->class, args->sport, ntop(args->daddr), args->action, args->done); }'
	check "bpftrace: reads the fields" grep -q "reap netns=$a class=0 sport=7206 daddr=::ffff:127.0.0.1 action=0 done=1" "$(output tracer)"
else
	skip "bpftrace" "no bpftrace here"
fi
finish
