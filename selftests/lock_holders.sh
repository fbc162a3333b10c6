#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Owners who hold a socket's lock for as long as they like, in a page fault of their own making, hold up nobody else. One tenant holds one
# in each of its many namespaces, caught where it can be just as the module begins with that socket: another tenant's are reaped in time,
# and the module is unloaded at once, while network namespaces are made as fast as ever.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

# A work queue has 256 workers, so with more it is in full that another tenant goes without.
HELD=$(amount 50 260)
# How long each tries to catch a worker; not fewer on a slow kernel.
TRY_MS=2000
[[ ${TCP_REAPER_AMOUNT:-} != full ]] || TRY_MS=10000
TIMEOUT=1000
LATEST=$((TIMEOUT + $(slack 1500)))
# Unloading waits for RCU and for hooks to go, but for nobody's socket.
UNLOADED_MS=$(slack 3000)
EXTRA_MS=$(slack 20)
LONGEST_MS=$(slack 500)
UNPRIVILEGED_FAULTS=/proc/sys/vm/unprivileged_userfaultfd

# tenant NAME UID COMMAND...: as root of a user namespace.
tenant() {
	local name=$1 uid=$2
	shift 2
	background "$name" init setpriv --reuid "$uid" --regid "$uid" --clear-groups unshare --user --map-root-user "$@"
}

# Another tenant's few.
others() {
	local line

	# shellcheck disable=SC2016 # for the inner shell
	tenant other 65533 unshare --net bash -c 'cd /proc/sys/net/tcp_reaper && ip link set lo up && echo "$1" >close_wait_timeout_ms &&
		echo enforce >mode && exec leak -k eof -n 3 -w 20000' other $TIMEOUT
	line=$(await other '^report' 60)
	ended other
	diag "$1: $line"
	check_is "$1, another tenant's stuck sockets are reaped" 3 "$(field aborted "$line")"
	check_between "in time, ms" $TIMEOUT $LATEST "$(field max_ms "$line")"
}

held_or_ended() {
	printed held '^ready' || [[ ! -d /proc/$(pid_of held)/ns || $(</proc/"$(pid_of held)"/stat) == *") Z "* ]]
}

prompt_unshare() {
	chrt -f 1 prompt unshare -n 20 -i 50
}

gone() {
	[[ ! -d /sys/module/tcp_reaper ]]
}

unloaded() {
	local usual line start

	line=$(prompt_unshare)
	diag "before: $line"
	usual=$(field median_ms "$line")
	background unshares init chrt -f 1 prompt unshare -n 60 -i 50
	start=$(now_ms)
	# shellcheck disable=SC2016 # for the inner shell
	background unload init bash -c 'read -r from _ </proc/uptime; rmmod tcp_reaper || exit; read -r to _ </proc/uptime
		echo "unloaded $from $to"'
	check "the module is unloaded, with $HELD sockets held" poll_until 12 gone
	check_between "soon, ms" 0 "$UNLOADED_MS" $(($(now_ms) - start))
	# Only now: else whoever waits for them would have waited for good.
	stop held
	line=$(await unshares '^prompt' 60)
	ended unshares
	ended unload
	diag "meanwhile: $line"
	check_between "meanwhile a network namespace is made as fast as before, ms" 0 \
		"$(awk -v usual="$usual" -v extra="$EXTRA_MS" 'BEGIN { print usual * 1.5 + extra }')" "$(field median_ms "$line")"
	check_between "each of them, ms" 0 "$(awk -v usual="$usual" -v longest="$LONGEST_MS" 'BEGIN { print usual + longest }')" \
		"$(field max_ms "$line")"
}

load mode=off || exit 1
others "without"
# The hostile one is no root: its page faults are its own affair on many a system.
was=
if [[ -w $UNPRIVILEGED_FAULTS ]]; then
	was=$(<$UNPRIVILEGED_FAULTS)
	echo 1 >$UNPRIVILEGED_FAULTS
fi
tenant held 65534 held -n "$HELD" -j 4 -w "$TRY_MS"
poll_until $((60 + HELD * (TRY_MS / 1000))) held_or_ended
if ! line=$(await held '^(ready|no userfaultfd)' 1); then
	not_ok "$HELD sockets are held"
	diag "$line"
	# Whoever waits for one of them would have waited for good.
	stop held
elif [[ $line == no* ]]; then
	skip "owners who hold their locks hold up nobody" "no userfaultfd in this kernel"
else
	diag "$line"
	others "beside $HELD held sockets"
	unloaded
fi
[[ -z $was ]] || echo "$was" >$UNPRIVILEGED_FAULTS
finish
