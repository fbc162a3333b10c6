#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Readers of "sockets" who seek far out, as any user may, while sockets get stuck in their namespace, hold up nobody: another namespace's
# CLOSE_WAIT is tracked as soon as ever, a network namespace is made as fast, a census that is asked for is made. First 50 threads of an
# unprivileged user in a crowded namespace; then a tenant with as many rules as there may be, 20 threads, and a class switched on each
# second, which asks for a census.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

CROWD=$(amount 4000 20000)
TENANT_CROWD=$(many 2000)
RULES=4096
ROUNDS=$(amount 5 30)
# Without anybody it is 0.1 s; the two attacks made it 16 s and 25 s.
TRACKED_MS=$(slack 300)
# Making a namespace may take half again as long as beside others who want the CPUs, and what a slow machine adds by itself.
EXTRA_MS=$(slack 20)
LONGEST_MS=$(slack 1000)

UNPRIVILEGED=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# prompt_in NS WHAT [OPTION...]: how promptly that is done, measured by one who never waits for a CPU.
prompt_in() {
	in_ns "$1" chrt -f 1 prompt "$2" -n "$ROUNDS" "${@:3}"
}

# served WHO: others are, as if nobody read. It takes "usual", what making a namespace took beside others.
served() {
	local line

	line=$(prompt_in other track -w 5000)
	diag "beside $1: $line"
	check_is "beside $1, another namespace's stuck sockets are all tracked" "$ROUNDS 0" "$(field n "$line") $(field late "$line")"
	check_between "the last of them soon, ms" 0 "$TRACKED_MS" "$(field max_ms "$line")"
	# While a census is made, as that is of all namespaces.
	background unshares init chrt -f 1 prompt unshare -n $((ROUNDS * 4)) -i 300 -w 5000
	check "a census that is asked for is made" census other
	line=$(await unshares '^prompt' 120)
	ended unshares
	diag "beside $1: $line, usually $usual"
	check_between "a network namespace is made as fast as without, ms" 0 \
		"$(awk -v usual="$usual" -v extra="$EXTRA_MS" 'BEGIN { print usual * 1.5 + extra }')" "$(field median_ms "$line")"
	check_between "and never much later, ms" 0 "$LONGEST_MS" "$(field max_ms "$line")"
}

# read_by THREADS COMMAND...: that many readers begin.
read_by() {
	local threads=$1
	shift
	background readers init "$@" seekers -t "$threads"
	check "$threads threads read far out" await readers '^ready' 200
}

# still_read THREADS: they did all the time; then they end.
still_read() {
	signal readers TERM
	check_between "they read all the time" "$1" 1000000000000 "$(field calls "$(await readers '^seekers' 60)")"
	ended readers
}

unprivileged() {
	policy crowded mode=observe
	background crowd crowded leak -k eof -n "$CROWD"
	await crowd '^ready' 300 >/dev/null
	check "$CROWD stuck sockets are tracked" poll_until 120 stat_is crowded close_wait_tracked "$CROWD"
	read_by 50 ip netns exec "$(ns_name crowded)" "${UNPRIVILEGED[@]}"
	served "50 threads of uid 65534"
	still_read 50
	stop crowd
}

# Its own root does it all.
tenant() {
	local tenant

	# shellcheck disable=SC2016 # for the inner shell
	background tenant init "${UNPRIVILEGED[@]}" unshare --user --map-root-user unshare --net bash -c '
		ip link set lo up && echo observe >/proc/sys/net/tcp_reaper/mode &&
			fileio put /proc/self/net/reaper/rules "raddr 198.51.100.0/24 lport 1-65535 established_ms 77\n" "$1" &&
			exec leak -k eof -n "$2"' tenant "$RULES" "$TENANT_CROWD"
	check "a tenant has $RULES rules and $TENANT_CROWD stuck sockets" await tenant '^ready' 300
	check "they are tracked" poll_until 120 stat_is @tenant close_wait_tracked "$TENANT_CROWD"
	tenant=(nsenter -t "$(pid_of tenant)" -U -n)
	# shellcheck disable=SC2016 # for the inner shell
	background asks init "${tenant[@]}" bash -c 'cd /proc/sys/net/tcp_reaper && exec {never}<> <(:)
		while echo 0 >fin_wait2_timeout_ms && echo 3600000 >fin_wait2_timeout_ms; do
			echo asked
			read -rt 1.1 -u "$never"
		done'
	read_by 20 "${tenant[@]}"
	served "the tenant's 20 threads"
	still_read 20
	check_between "the tenant asked for a census again and again" 3 1000000 "$(grep -c '^asked' "$(output asks)")"
	stop asks
	check "afterwards a census that is asked for is made" census other
	stop tenant
}

new_ns crowded other || exit 1
load mode=off || exit 1
policy other mode=observe
# As many threads that want the CPUs, but nothing that is the module's.
background load crowded "${UNPRIVILEGED[@]}" seekers -t 50 -f /proc/self/net/snmp
await load '^ready' 60 >/dev/null
line=$(prompt_in other track)
diag "beside 50 threads that do no harm: $line"
check_between "beside 50 threads that do no harm, a stuck socket is tracked soon, ms" 0 "$TRACKED_MS" "$(field max_ms "$line")"
line=$(prompt_in init unshare)
diag "beside 50 threads that do no harm: $line"
usual=$(field median_ms "$line")
stop load
unprivileged
tenant
finish
