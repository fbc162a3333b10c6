#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Shows, in TAP, that the runner passes what is well and fails whatever is not.
# shellcheck disable=SC2016 # the guest's shell expands what is quoted here

set -uo pipefail

here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Where there is none in /boot, the one that the tests have.
top=$(realpath "$here/../..")
# shellcheck source=../kernel.sh
. "$top/testing/kernel.sh" >&2

count=0
failures=0
: >"$work/out"

result() {
	local verdict=$1

	shift
	count=$((count + 1))
	if [ "$verdict" = 0 ]; then
		echo "ok $count $*"
		return
	fi
	echo "not ok $count $*"
	failures=$((failures + 1))
	sed 's/^/# /' "$work/err" "$work/out"
}

# expect NAME STATUS REGEX [OPTION...] -- COMMAND...: the runner's exit status, and
# what it says on stderr.
expect() {
	local name=$1 want=$2 regex=$3 status=0

	shift 3
	"$here/run" --kernel "$kernel" --modules "$modules" --timeout 120 "$@" >"$work/out" 2>"$work/err" || status=$?
	echo "exit status $status" >>"$work/err"
	[ "$status" = "$want" ] && grep -q -E -e "$regex" "$work/err"
	result $? "$name"
}

# judged NAME STATUS: what the judge says of $work/run.
judged() {
	local status=0

	"$here/judge" "$work/run" 2>"$work/err" || status=$?
	echo "exit status $status" >>"$work/err"
	[ "$status" = "$2" ]
	result $? "$1"
}

echo "TAP version 13"

# The judge alone, on a run that went well but for one line of the console.
mkdir "$work/run"
echo "ended 0" >"$work/run/ending"
printf '%s\n' start "status 0" end >"$work/run/verdict"
while IFS= read -r line; do
	printf '[    1.000000] %s\r\n' "boot" "$line" "more" >"$work/run/console"
	judged "judge refuses: $line" 1
done <<'END'
BUG: kernel NULL pointer dereference, address: 0000000000000008
kernel BUG at mm/slub.c:440!
WARNING: CPU: 1 PID: 77 at net/core/sock.c:1 f+0x1/0x2
Call Trace:
BUG: KASAN: use-after-free in f+0x1/0x2 [m]
UBSAN: array-index-out-of-bounds in net/a.c:1:2
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: inconsistent lock state
INFO: lockdep is turned off.
WARNING: suspicious RCU usage
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
WARNING: held lock freed!
[ BUG: Invalid wait context ]
BUG: sleeping function called from invalid context at mm/slab.h:1
BUG: scheduling while atomic: a/1/0x2
refcount_t: underflow; use-after-free.
unregister_netdevice: waiting for veth0 to become free. Usage count = 2
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
general protection fault, probably for non-canonical address 0x1: 0000 [#1]
Oops: 0000 [#1] PREEMPT SMP
INFO: task kworker/0:1:9 blocked for more than 120 seconds.
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [a:1]
ODEBUG: free active (active state 0) object type: timer_list
Unable to handle kernel paging request at virtual address 0000000000000008
list_add corruption. prev->next should be next
BUG: KCSAN: data-race in tcp_reaper_watch [tcp_reaper] / tcp_ack
BUG: KCSAN: data-race in tcp_ack / settle [tcp_reaper]
END

while IFS= read -r line; do
	printf '[    1.000000] %s\r\n' "boot" "$line" "more" >"$work/run/console"
	judged "judge accepts: $line" 0
done <<'END'
Kernel command line: console=ttyS0 oops=panic debug_WARNING: BUG:
rcu: Preemptible hierarchical RCU implementation.
rcu: 	RCU lockdep checking is enabled.
Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
kmemleak: Kernel memory leak detector initialized (mem pool available: 35719)
kasan: KernelAddressSanitizer initialized
tcp_reaper: loading out-of-tree module taints kernel.
leaky[77]: segfault at 0 ip 0000000000401000 sp 00007ffc00000000 error 4
Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on
BUG: KCSAN: data-race in tcp_ack / tcp_poll
END

printf 'boot\n' >"$work/run/console"
printf '%s\n' start "status 0" "leak unreferenced object" end >"$work/run/verdict"
judged "judge refuses a leak" 1
printf '%s\n' start "status 0" "complaint x" end >"$work/run/verdict"
judged "judge refuses what the guest found in dmesg" 1
printf '%s\n' start "status 0" >"$work/run/verdict"
judged "judge refuses a guest that did not finish" 1
printf '%s\n' start end >"$work/run/verdict"
judged "judge refuses a verdict without a status" 1

# Whom the judge blames. In memory there is no breakpoint, so it is QEMU's; or there is.
blamed() {
	local name=$1 want=$2 where

	echo "$3" >"$work/run/accel"
	for where in $5; do
		printf '[    1.000000] %s\n' "$4" "RIP: 0010:$where/0x140" "Code: 66 2e 0f 1f 84 00 $6"
	done >"$work/run/console"
	"$here/judge" "$work/run" 2>"$work/err"
	[ "$(grep -c '^vm: EMULATOR: ' "$work/err")" = "$want" ]
	result $? "$name"
}
stuck='watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [a:1]'
blamed "a breakpoint that is gone: the emulator's" 1 tcg "$stuck" tcp_fin+0x0 '<0f> 1f 44 00 00 53'
blamed "5.10 has other nops" 1 tcg "$stuck" tcp_close+0x0 '66 90 <66> 66 66 66 90 41 54'
blamed "under a probe too" 1 tcg "$stuck" tcp_fin+0x4 '<e8> 1f 44 00 00 53'
blamed "a loop is the kernel's own" 0 tcg "$stuck" tcp_fin+0x9 '<e8> 1f 44 00 00 53'
blamed "what a static call patches, twice" 1 tcg "$stuck" 'f+0x19 f+0x19' '53 <e8> 1f 44 00 00 53'
blamed "a static key" 1 tcg "$stuck" 'f+0x19 f+0x19' '53 <eb> 1f 44 00 00 53'
blamed "it is not always the same: a loop" 0 tcg "$stuck" 'f+0x19 f+0x29' '53 <e8> 1f 44 00 00 53'
blamed "behind a pause: it waits for another one" 0 tcg "$stuck" 'f+0x19 f+0x19' 'f3 90 <eb> f4 44 00 00 53'
blamed "one to itself is a loop" 0 tcg "$stuck" 'f+0x19 f+0x19' '53 <eb> fe 44 00 00 53'
others=$(printf '%s\n' "$stuck" 'RIP: 0010:smp_call_function_many_cond+0x12f/0x260' 'Code: f3 90 <8b> 42 08' 'NMI backtrace for cpu 0' \
	'RIP: 0010:kprobe_int3_handler+0x1f/0x120' 'Code: 48 <89> fb 48' ' exc_int3+0xa/0x60' ' asm_exc_int3+0x35/0x40')
blamed "another one hangs at it, with its interrupts off" 1 tcg "$others" f+0x1a '53 <e8> 1f 44 00 00 53'
blamed "or at one that is there" 0 tcg "$others" f+0x1a '53 cc <1f> 44 00 00 53'
blamed "with KVM it is the kernel's own" 0 kvm "$stuck" tcp_fin+0x0 '<0f> 1f 44 00 00 53'
blamed "one that the kernel dies of: the emulator's" 1 tcg 'Oops: int3: 0000 [#1] PREEMPT SMP NOPTI' f+0x9 '53 66 <90> e8'
blamed "one that is there is the kernel's own" 0 tcg 'Oops: int3: 0000 [#1] PREEMPT SMP NOPTI' f+0x9 '53 cc <90> e8'
blamed "any other death is the kernel's own" 0 tcg 'Oops: 0000 [#1] PREEMPT SMP NOPTI' f+0x0 '<0f> 1f 44 00 00 53'

# Whole runs.
expect "a command that succeeds" 0 'ok:' -- \
	bash -c 'echo out; echo err >&2; echo again >/dev/stderr'
printf 'out\nerr\nagain\n' | diff - "$work/out" >>"$work/err"
result $? "its output, and nothing else"

mkdir "$work/dir"
echo text >"$work/dir/a file"
cp "$(command -v env)" "$work/dir/program"
expect "files, programs and modules get there" 0 'ok:' \
	--copy "$work/dir" --copy "$work/dir/a file:/etc/other" \
	--prog nproc --module dummy --cpus 3 -- \
	bash -ec 'cd dir; [ "$(cat "a file" /etc/other)" = text$'"'\n'"'text ]
		[ "$(./program A=b bash -c "echo \$A")" = b ]
		[ "$(nproc)" = 3 ]
		ip link add d0 type dummy; ip netns add n; ip link set d0 netns n
		unshare -Urn true; [ "$1" = "one two" ]' -- "one two"
expect "what is left running does not hold the machine up" 0 'ok:' -- \
	sh -c 'sleep 1000 & exit 0'
expect "a command that fails" 1 'exited with status 3' -- sh -c 'exit 3'
expect "a command that is skipped" 4 'SKIP' -- sh -c 'exit 4'
expect "a command that is not there" 1 'exited with status 127' -- no-such-command
expect "a command that is killed" 1 'killed by signal 9' -- sh -c 'kill -9 $$'
expect "a warning on the console" 1 'kernel complained' -- \
	sh -c 'echo "WARNING: at x" >/dev/kmsg; dmesg -c >/dev/null'
expect "a warning in dmesg alone" 1 'kernel complained' --append quiet -- \
	sh -c 'echo "<5>WARNING: at x" >/dev/kmsg'
expect "one that is harmless in this run" 0 'ok:' --harmless 'WARNING: at [x]' -- \
	sh -c 'echo "WARNING: at x" >/dev/kmsg'
expect "a skipped command does not excuse a warning" 1 'kernel complained' -- \
	sh -c 'echo "WARNING: at x" >/dev/kmsg; exit 4'
expect "a panic" 1 'FAIL: panic: .*sysrq' -- sh -c 'echo c >/proc/sysrq-trigger'
expect "a guest that goes away" 1 'without a verdict' -- sh -c 'reboot -f'
expect "a command that does not end" 1 'FAIL: time-out: the command was still running' \
	--timeout 20 -- sh -c 'while :; do :; done'
expect "a guest that hangs" 1 'FAIL: hang: no sign of life' --timeout 30 -- \
	sh -c 'echo -1 >/proc/sys/kernel/sched_rt_runtime_us
		for cpu in 0 1; do
			taskset $((cpu + 1)) chrt -f 99 sh -c "while :; do :; done" &
		done; wait'
expect "counted instructions" 0 'ok:' --icount -- sh -c '[ "$(nproc)" = 1 ]'
mkdir "$work/bin"
printf '#!/bin/sh\nkill -SEGV $$\n' >"$work/bin/qemu-system-$(uname -m)"
chmod 755 "$work/bin/qemu-system-$(uname -m)"
PATH=$work/bin:$PATH expect "an emulator that crashes is said to have" 2 '^vm: EMULATOR: qemu-system-.* crashed$' \
	--accel tcg -- true
expect "an option that is not known" 2 'usage' --no-such-option x -- true

# carried NAME STATUS CODENAME: what suite_carried says of a mirror that has one suite.
carried() {
	local status=0

	# shellcheck source-path=SCRIPTDIR source=suite.sh disable=SC1091
	(. "$here/suite.sh" && suite_carried "$3" "deb [signed-by=x] http://127.0.0.1:$port $3 main") >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$2" ]
	result $? "$1"
}

mkdir -p "$work/mirror/dists/kept"
touch "$work/mirror/dists/kept/Release"
port=$((20000 + $$ % 10000))
busybox httpd -f -p "127.0.0.1:$port" -h "$work/mirror" &
mirror=$!
trap 'kill $mirror; rm -rf "$work"' EXIT
curl -s --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null "http://127.0.0.1:$port/"
carried "a mirror that has the suite" 0 kept
carried "a mirror that has dropped it" 4 gone
kill "$mirror"
wait "$mirror" 2>/dev/null
trap 'rm -rf "$work"' EXIT
carried "a mirror that does not answer is not one that has dropped it" 0 gone

echo "1..$count"
[ "$failures" = 0 ]
