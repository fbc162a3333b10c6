#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A tenant's root who writes knobs and rules, and makes namespaces, from a process that gets next to no CPU (SCHED_IDLE beside busy threads)
# has no lock meanwhile that anybody waits for: its own worker, for which the end of any network namespace of this tenant's would wait, and
# for that the end of every other one. With a kernel that preempts (preempt=full) it is in the middle of such a call when it loses its CPU.
. "$(dirname "$0")/lib.sh"

IDLE=8
HOGS=20
CPU=1
ROUNDS=$(amount 8 100)
UNSHARE_MS=$(slack 1500)
GONE_MS=$(slack 4000)

UNPRIVILEGED=(setpriv --reuid 65534 --regid 65534 --clear-groups)

(($(nproc) > CPU)) || skip_all "one CPU"
load mode=observe || exit 1
# The other CPU is what there is to be had none of.
taskset -cp 0 $$ >/dev/null
# What the making and ending of namespaces takes beside busy threads alone.
for ((i = 0; i < HOGS; i++)); do
	background "hog$i" init "${UNPRIVILEGED[@]}" taskset -c $CPU sh -c 'while :; do :; done'
done
line=$(chrt -f 1 prompt unshare -n "$ROUNDS" -i 50)
diag "beside busy threads: $line"
# In one user namespace: knobs and rules of one namespace, with sockets for its worker, and others that come and go.
# shellcheck disable=SC2016 # for the inner shells
background writers init "${UNPRIVILEGED[@]}" unshare --user --map-root-user --net --pid --fork --kill-child bash -c '
	ip link set lo up
	echo enforce >/proc/sys/net/tcp_reaper/mode
	for i in $(seq '$IDLE'); do
		taskset -c '$CPU' chrt -i 0 bash -c "while :; do echo \$((RANDOM + 1000)) >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
			echo lport \$((RANDOM + 1)) exempt >/proc/net/reaper/rules; unshare --net sleep 0.1; done" &
	done
	bash -c "while :; do unshare --net sleep 0.3; done" &
	while :; do churn -4 -j 1 -n 50; sleep 0.1; done' >/dev/null
pause 3
# ends: how long it takes until a namespace is gone, and the device that ends with it, ms.
ends() {
	local from

	new_ns other && ip link add tcprv0 type veth peer name tcprv1 netns "$(ns_name other)" || return
	from=$(now_ms)
	del_ns other
	poll_until 60 no_device || return
	echo $(($(now_ms) - from))
}

no_device() {
	[[ ! -e /sys/class/net/tcprv0 ]]
}

line=$(chrt -f 1 prompt unshare -n "$ROUNDS" -i 100)
diag "beside writers that get no CPU: $line"
check_between "a namespace is made soon, ms" 0 "$UNSHARE_MS" "$(field max_ms "$line")"
longest=0
for ((i = 0; i < ROUNDS; i++)); do
	ms=$(ends)
	((${ms:-60000} <= longest)) || longest=${ms:-60000}
done
check_between "another is gone soon, ms" 0 "$GONE_MS" "$longest"
new_ns other || exit 1
policy other mode=observe
background stuck other leak -k eof -n 5
await stuck '^ready' >/dev/null || exit 1
check "what is stuck elsewhere is tracked" poll_until 5 stat_is other close_wait_tracked 5
stop stuck
stop writers
for ((i = 0; i < HOGS; i++)); do
	stop "hog$i"
done
finish
