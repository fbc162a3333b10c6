# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests share. A test begins with
#	. "$(dirname "$0")/lib.sh"
# and ends with "finish"; one that ends in any other way has failed. In between it works in namespaces of its own (new_ns), which go
# away with it, as do the programs it started (background), its temporary directory $TMP and the module.
#
# The module is $TCP_REAPER_KO, else what modprobe finds; none of both: the test is skipped. A module that is there when the test
# begins is taken out, and put back at the end.
#
# Names of namespaces, programs and marks are short words of the test's choice. NS "init" is the namespace the test runs in.
set -u

KSFT_SKIP=4
TEST=$(basename "$0")
cd "$(dirname "$(readlink -f "$0")")" || exit 1
PATH=$PWD:$PATH
. ./lib_netns.sh
. ./lib_module.sh

declare -A pids=() sysctls=()
namespaces=()
tests=0
failures=0
finished=
was_loaded=
TMP=

# ---- results -----------------------------------------------------------------------------------------------------------------

# A line of explanation.
diag() {
	printf '# %s\n' "$*"
}

ok() {
	tests=$((tests + 1))
	printf 'ok %d - %s\n' "$tests" "$*"
}

not_ok() {
	tests=$((tests + 1))
	failures=$((failures + 1))
	printf 'not ok %d - %s\n' "$tests" "$*"
}

# skip DESCRIPTION REASON: one check that cannot be made here. REASON has to be in testing/foreseen-skips for the VM to accept it.
skip() {
	tests=$((tests + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

# skip_all REASON: nothing of this test can be done here.
skip_all() {
	printf '1..0 # SKIP %s\n' "$*"
	finished=1
	exit "$KSFT_SKIP"
}

# check DESCRIPTION COMMAND...: ok if the command succeeds; what it printed is shown if it does not.
check() {
	local description=$1 out
	shift
	if out=$("$@" 2>&1); then
		ok "$description"
		return 0
	fi
	not_ok "$description"
	diag "failed: $*"
	[[ -z $out ]] || diag "${out//$'\n'/$'\n# '}"
	explain "$*" 2>&1 | sed 's/^/# /'
	return 1
}

# explain COMMAND: what the module says of itself, where one of its figures is not what it should be.
explain() {
	[[ $1 =~ stat_(is|at_least)\ ([^ ]+) ]] || return 0
	stats "${BASH_REMATCH[2]}" | grep -v ' 0$'
	template hook
	dmesg_since start | grep tcp_reaper: | tail -n 5
}

# check_is DESCRIPTION EXPECTED ACTUAL: ok if both are the same string.
check_is() {
	if [[ $2 == "$3" ]]; then
		ok "$1"
		return 0
	fi
	not_ok "$1"
	diag "expected '$2', got '$3'"
	return 1
}

# check_between DESCRIPTION LOW HIGH ACTUAL: decimal fractions are allowed.
check_between() {
	local low high actual
	if thousandths low "$2" && thousandths high "$3" && thousandths actual "$4" && ((low <= actual && actual <= high)); then
		ok "$1 ($4)"
		return 0
	fi
	not_ok "$1"
	diag "expected $2..$3, got '$4'"
	return 1
}

# thousandths VARIABLE NUMBER: sets the variable to so many; 1 if it is no number.
thousandths() {
	[[ $2 =~ ^(-?)([0-9]+)(\.([0-9]+))?$ ]] || return 1
	local part=${BASH_REMATCH[4]}000
	printf -v "$1" %d "${BASH_REMATCH[1]}$((10#${BASH_REMATCH[2]} * 1000 + 10#${part:0:3}))"
}

# Ends the test: the plan, and the exit status. The kernel's log since the start is a check of its own.
finish() {
	local complaints

	unload
	complaints=$(dmesg_complaints start)
	check_is "the kernel has nothing to complain of" "" "$complaints"
	printf '1..%d\n' "$tests"
	finished=1
	exit $((failures > 0))
}

# ---- waiting -----------------------------------------------------------------------------------------------------------------

# poll_until SECONDS COMMAND...: until the command succeeds; 1 if it does not in time, which is three times as long where checks_itself.
poll_until() {
	local end=$((SECONDS + $1 * patience + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		pause 0.05
	done
}

# pause SECONDS: as sleep, without a process. What is waited for never comes.
pause() {
	[[ -n ${never:-} ]] || exec {never}<> <(:)
	read -rt "$1" -u "$never" || :
}

# now_ms: the clock the helpers measure by, to 10 ms.
now_ms() {
	local up
	read -r up _ </proc/uptime
	printf %d $((10#${up/./} * 10))
}

# reached MS: whether now_ms is past that; for poll_until.
reached() {
	(($(now_ms) >= $1))
}

# ---- programs ----------------------------------------------------------------------------------------------------------------

# background NAME NS COMMAND...: start it; its output goes to the file "output NAME".
background() {
	local name=$1 ns=$2
	shift 2
	: >"$(output "$name")"
	in_ns_exec "$ns" "$@" </dev/null >>"$(output "$name")" 2>&1 &
	pids[$name]=$!
}

output() {
	printf '%s/%s.out' "$TMP" "$1"
}

# pid_of NAME: of a program started by background.
pid_of() {
	printf '%s' "${pids[$1]}"
}

# await NAME REGEX [SECONDS]: until a line of its output matches, then print that line; 1 if none does, and to stderr all it printed.
await() {
	local line
	if ! poll_until "${3:-20}" printed "$1" "$2"; then
		diag "$1 did not print /$2/, but:" >&2
		sed 's/^/# /' "$(output "$1")" >&2
		return 1
	fi
	printf '%s\n' "$line"
}

# printed NAME REGEX: sets "line" to the last line that matches.
printed() {
	local lines each status=1
	mapfile -t lines <"$TMP/$1.out"
	for each in "${lines[@]}"; do
		if [[ $each =~ $2 ]]; then
			# shellcheck disable=SC2034 # await's
			line=$each
			status=0
		fi
	done
	return "$status"
}

# ended NAME: wait for its end; returns its exit status.
ended() {
	local status=0
	wait "${pids[$1]}" || status=$?
	unset "pids[$1]"
	return "$status"
}

# signal NAME SIGNAL
signal() {
	kill "-$2" "${pids[$1]}"
}

# stop NAME...: SIGTERM, and wait.
stop() {
	local name
	for name; do
		kill "${pids[$name]}" 2>/dev/null
		ended "$name"
	done
	return 0
}

# service NAME CGROUP COMMAND...: a program in a cgroup of TOP, its sockets in namespace a; until it says that it is ready.
service() {
	local name=$1 cgroup=$TOP/$2
	shift 2
	mkdir -p "$cgroup" || return 1
	# shellcheck disable=SC2016 # for the inner shell
	background "$name" init sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" ip netns exec "$(ns_name a)" "$@"
	await "$name" '^ready' >/dev/null
}

# field KEY LINE: the VALUE of the last KEY=VALUE in a line of words.
field() {
	[[ " $2" =~ .*\ $1=([^\ ]*) ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

# ---- this kernel --------------------------------------------------------------------------------------------------------------

# checks_itself: a kernel that takes many times as long for each packet: with lockdep (and what comes with it), or KCSAN.
checks_itself() {
	[[ -e /proc/lockdep || -e /sys/kernel/debug/kcsan ]]
}

patience=1
! checks_itself || patience=3

# many N: N of something, or a tenth on such a kernel.
many() {
	local n=$1
	if checks_itself; then
		n=$(($1 / 10))
		((n >= 3)) || n=$(($1 < 3 ? $1 : 3))
	fi
	echo "$n"
}

# slack MS: how much later than its time something may come, which is five times as much there.
slack() {
	if checks_itself; then
		echo $(($1 * 5))
	else
		echo "$1"
	fi
}

# amount USUAL FULL: how much of something, where more finds more: as much as there is time for among all the other tests or, with
# TCP_REAPER_AMOUNT=full, what a storm is; a tenth of either where many says so.
amount() {
	if [[ ${TCP_REAPER_AMOUNT:-} == full ]]; then
		many "$2"
	else
		many "$1"
	fi
}

# ---- the kernel's log --------------------------------------------------------------------------------------------------------

# dmesg_mark NAME: a line in the log to count from.
dmesg_mark() {
	echo "tcp_reaper selftest $TEST $$ mark $1" >/dev/kmsg
}

# dmesg_since NAME: the lines after it.
dmesg_since() {
	dmesg | awk -v mark="tcp_reaper selftest $TEST $$ mark $1" 'seen { print } index($0, mark) { seen = 1 }'
}

# What is no complaint: data races in which no module has part. A test that provokes others adds them.
HARMLESS='BUG: KCSAN: [^]]*$'

# dmesg_complaints NAME: the first lines after it that no healthy kernel prints.
dmesg_complaints() {
	dmesg_since "$1" | grep -vE "$HARMLESS" | grep -E -m 5 \
		'BUG:|WARNING:|Call Trace|KASAN:|UBSAN:|Oops|general protection|refcount_t:|suspicious RCU|possible (circular|recursive) locking|inconsistent lock|invalid context|scheduling while atomic|unregister_netdevice: waiting|blocked for more than'
}

# ---- sysctls -----------------------------------------------------------------------------------------------------------------

# keep_sysctl NAME...: of the initial namespace, put back at the end, whoever changes them.
keep_sysctl() {
	local name
	for name; do
		[[ -n ${sysctls[$name]:-} ]] || sysctls[$name]=$(sysctl -n "$name") || return
	done
}

# host_sysctl NAME=VALUE...: the same, and set.
host_sysctl() {
	local pair
	for pair; do
		keep_sysctl "${pair%%=*}" && sysctl -qw "$pair" || return
	done
}

# ---- beginning and end -------------------------------------------------------------------------------------------------------

cleanup() {
	local status=$? name

	for name in "${!pids[@]}"; do
		kill -KILL "${pids[$name]}" 2>/dev/null
		wait "${pids[$name]}" 2>/dev/null
	done
	[[ ! -d /sys/module/kern_sock ]] || rmmod kern_sock
	unload 2>/dev/null
	[[ ! -d /sys/module/same_name ]] || rmmod same_name
	for name in "${namespaces[@]}"; do
		ip netns del "$(ns_name "$name")"
	done
	for name in "${!sysctls[@]}"; do
		sysctl -qw "$name=${sysctls[$name]}"
	done
	rm -rf "$TMP"
	[[ -z $was_loaded ]] || load
	if [[ -z $finished ]]; then
		echo "Bail out! $TEST ended before its end"
		exit 1
	fi
	exit "$status"
}

begin() {
	echo "TAP version 13"
	((EUID == 0)) || {
		finished=1
		echo "1..0 # SKIP must be root"
		exit "$KSFT_SKIP"
	}
	if [[ -n ${TCP_REAPER_KO:-} ]]; then
		[[ -r $TCP_REAPER_KO ]] || skip_all "no module file $TCP_REAPER_KO"
	elif ! modprobe -qn tcp_reaper; then
		skip_all "no module: set TCP_REAPER_KO, or install it"
	fi
	TMP=$(mktemp -d) || exit 1
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
	if loaded; then
		was_loaded=1
		unload || exit 1
	fi
	dmesg_mark start
	# What pause needs, once for all subshells.
	pause 0
}

begin
