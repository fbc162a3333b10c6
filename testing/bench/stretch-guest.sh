#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/stretch, inside the VM.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh
# shellcheck source-path=SCRIPTDIR source=sockets.sh disable=SC1091
. /bench/sockets.sh

n=$1
late=

# measuring PID: its thread is there.
measuring() {
	local threads=("/proc/$1/task"/*)
	((${#threads[@]} > 1))
}

# longest WORKLOAD VARIANT COMMAND...: while it runs; a thread that is before all others is to run each 0.5 ms.
longest() {
	local workload=$1 variant=$2 cyclictest most
	shift 2
	cyclictest --default-system -q -N -m -p 90 -i 500 >/tmp/cyclictest 2>&1 &
	cyclictest=$!
	until_true 10 measuring "$cyclictest"
	"$@" >/tmp/while
	kill -TERM "$cyclictest"
	wait "$cyclictest" || :
	most=$(sed -n 's/^T: 0 .* Max: *//p' /tmp/cyclictest)
	figure "$workload" "$variant" "$most" ns
	((most < 10000000)) || late+=" $workload"
}

adopt() {
	echo observe >/proc/sys/net/tcp_reaper/mode
	POLL=1 until_true 900 stat_is close_wait_tracked "$there"
}

change() {
	echo 7200000 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	idle 2
}

would_reap() {
	echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
	POLL=1 until_true 900 stat_is close_wait_would_reap "$there"
}

reap() {
	echo enforce >/proc/sys/net/tcp_reaper/mode
	POLL=1 until_true 900 stat_is close_wait_tracked 0
}

stuck "$n"
calm
there=$(in_close_wait)
((there > n * 99 / 100))
longest rest none idle 2
# The kernel patches itself for that, which takes a while.
insmod /tcp_reaper.ko mode=off census_interval_s=0
longest "adopt-$n" reaper adopt
longest "change-$n" reaper change
longest "list-$n" /proc/net/reaper/sockets cat /proc/net/reaper/sockets
longest "list-$n" /proc/net/tcp cat /proc/net/tcp
longest "observe-$n" reaper would_reap
longest "reap-$n" reaper reap
(($(stat_of close_wait_reaped) == there))
rmmod tcp_reaper
end_all
[[ -z $late ]] || {
	echo "bench: longer than 10 ms:$late" >&2
	exit 1
}
