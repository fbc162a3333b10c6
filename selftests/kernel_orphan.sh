#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernel-owned sockets that are stuck in FIN_WAIT1 for ever, as tcp_close() stops their timers: they go with orphan/kernel_sockets=1, and
# only then. In CLOSE_WAIT, the kernel's own stay even so.
. "$(dirname "$0")/lib.sh"

TIMEOUT=1000

[[ -e kern_sock.ko ]] || skip_all "no kern_sock.ko: no kernel to build it for"

# How many are in FIN_WAIT1 without a timer, of both families.
immortal() {
	proc_net a tcp tcp6 | awk '$4 == "04" && substr($6, 1, 2) == "00" { n++ } END { print n + 0 }'
}

new_ns a || exit 1
load || exit 1
policy a orphan/timeout_ms=$TIMEOUT orphan/max=1 close_wait/timeout_ms=$TIMEOUT mode=enforce
check_is "kernel_sockets is off unless told otherwise" 0 "$(knob a orphan/kernel_sockets)"

for v6 in N Y; do
	knob a orphan/kernel_sockets 0
	spared=$(stat_of a spared_kernel)
	reaped=$(stat_of a orphan_reaped)
	check "ipv6=$v6: orphans of the kernel's own are made" in_ns a insmod ./kern_sock.ko pairs=2 orphans=5 ipv6=$v6
	start=$(now_ms)
	check_is "ipv6=$v6: five in FIN_WAIT1, two in CLOSE_WAIT" "5 2" "$(count_tcp a FIN_WAIT1) $(count_tcp a CLOSE_WAIT)"
	check_is "ipv6=$v6: no timer will ever end them" 5 "$(immortal)"
	check "ipv6=$v6: spared_kernel counts all" poll_until 5 stat_is a spared_kernel $((spared + 7))
	check "ipv6=$v6: they are left for three times their timeout" poll_until 6 reached $((start + 3 * TIMEOUT))
	check_is "ipv6=$v6: they are still there" "5 2" "$(immortal) $(count_tcp a CLOSE_WAIT)"
	check_is "ipv6=$v6: the list says why" 7 "$(proc_net a reaper/sockets | grep -c ' kernel ')"
	check_is "ipv6=$v6: not evicted either" 0 "$(stat_of a orphan_evicted)"

	policy a orphan/max=0 orphan/kernel_sockets=1
	check "ipv6=$v6: with kernel_sockets=1 they go at once" poll_until 2 stat_is a orphan_reaped $((reaped + 5))
	check_is "ipv6=$v6: none is left" 0 "$(count_tcp a FIN_WAIT1)"
	check "ipv6=$v6: a census comes by" census a
	check_is "ipv6=$v6: those in CLOSE_WAIT are not touched" "2 0" "$(count_tcp a CLOSE_WAIT) $(stat_of a close_wait_reaped)"
	policy a orphan/max=1
	check "ipv6=$v6: the rest goes with its module" rmmod kern_sock
done
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
finish
