#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sockets that are never touched, though they are in CLOSE_WAIT for longer than allowed: the kernel's own, MPTCP subflows, and those
# under TCP_REPAIR. An ordinary one beside them goes.
. "$(dirname "$0")/lib.sh"

TIMEOUT=1000

# spared REASON KIND: five of them, spared once each, unharmed.
spared() {
	local line
	check "spared_$1 counts 5" poll_until 5 stat_is a "spared_$1" 5
	line=$(await "$2" '^report' 20)
	ended "$2"
	diag "$line"
	check_is "$2: no owner was woken" 0 "$(field woken "$line")"
	check_is "$2: all of them still carry data" 5 "$(field alive "$line")"
}

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=$TIMEOUT mode=enforce

background plain a leak -k eof -n 5 -w 30000
background repair a leak -k repair -n 5 -w 4000
mptcp=
if [[ -e /proc/sys/net/mptcp/enabled ]]; then
	mptcp=1
	background mptcp a leak -k mptcp -n 5 -w 4000
fi

line=$(await plain '^report' 40)
ended plain
check_is "ordinary ones are reaped meanwhile" 5 "$(field aborted "$line")"

check "a census comes by" census a
spared repair repair
if [[ -n $mptcp ]]; then
	spared mptcp mptcp
else
	skip "MPTCP" "no MPTCP in this kernel"
fi

if [[ -e kern_sock.ko ]]; then
	check "kernel-owned sockets are made" in_ns a insmod ./kern_sock.ko pairs=5
	start=$(now_ms)
	check_is "five of them in CLOSE_WAIT" 5 "$(count_tcp a CLOSE_WAIT)"
	check "spared_kernel counts 5" poll_until 5 stat_is a spared_kernel 5
	check "they are left for three times their timeout" poll_until 6 reached $((start + 3 * TIMEOUT))
	check "a census comes by" census a
	check_is "they are still there" 5 "$(count_tcp a CLOSE_WAIT)"
	check_is "spared_kernel counts each once" 5 "$(stat_of a spared_kernel)"
	check "they go with their module" rmmod kern_sock
else
	skip "kernel-owned sockets" "no kern_sock.ko: no kernel to build it for"
fi
check_is "nothing else was reaped" "5 0" "$(stat_of a close_wait_reaped) $(stat_of a orphan_reaped)"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
finish
