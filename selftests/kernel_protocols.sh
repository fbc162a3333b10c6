#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sockets of TCP that something else in the kernel works by: SMC, which falls back to TCP; RDS; a 9P file system that was given a program's
# socket. They are let alone, idle or when the other end has closed. A socket that only io_uring holds is its program's, and is not.
# shellcheck disable=SC2317 # functions are called by poll_until and trap
. "$(dirname "$0")/lib.sh"
. ./lib_owned.sh

TIMEOUT=1500
RDS_PORT=16385
EACH=3
# What there is on this kernel.
parts=()

end() {
	local status=$?
	umount -l "$TMP/9p" 2>/dev/null
	(exit "$status")
	cleanup
}

# idle: for so long that whatever is reset would have been.
idle() {
	poll_until 20 reached $(($(now_ms) + 3 * TIMEOUT))
}

start_smc() {
	if ! have smc; then
		skip SMC "no SMC in this kernel"
		return
	fi
	background smc a duo -S -n $EACH pause p:send=10 o:drain=1000 p:shut o:fin pause o:read o:send=5 p:drain=1000
	smc_port=$(field port "$(await smc ^ready)") && await smc '^pause 1' >/dev/null || exit 1
	smc_before=$(connections a "$smc_port")
	parts+=(smc)
}

# In a mount namespace that is ours.
start_9p() {
	modprobe -q 9pnet_fd || : # which is a part of another on older kernels
	if ! have 9p; then
		skip 9P "no 9P in this kernel"
		return
	fi
	mkdir "$TMP/9p"
	background 9p init nsenter --net="$(ns_file a)" ./ninep "$TMP/9p"
	ninep_port=$(field port "$(await 9p ^ready)") || exit 1
	check "9p: it can be asked" stat -f "$TMP/9p"
	parts+=(9p)
}

start_rds() {
	if ! have rds_tcp; then
		skip RDS "no RDS in this kernel"
		return
	fi
	check "rds: messages go through" message
	# It opens the others of its eight connections in its own time.
	check "rds: its connections are there" poll_until 20 rds_settled
	rds_before=$(connections b "$RDS_PORT")
	parts+=(rds)
}

message() {
	nsenter --net="$(ns_file b)" ./takeover rds 192.0.2.1 192.0.2.2 "$(ns_file c)"
}

rds_settled() {
	local last=${rds_before:-} # of the last look: this is polled in one shell
	pause 1
	rds_before=$(connections b "$RDS_PORT")
	[[ -n $last && $rds_before == "$last" ]]
}

# A program's own, one by descriptors and one by io_uring.
start_ring() {
	background ring a duo -n $EACH p:keepalive o:ring o:ringread
	background ringfin a duo -n $EACH o:ring p:shut pause o:ringread
	if [[ $(await ring ^o:ring) == *none ]]; then
		skip io_uring "no io_uring in this kernel"
		ring=0
		return
	fi
	await ringfin '^pause 1' >/dev/null || exit 1
	ring=$EACH
}

new_ns a b c && veth_pair b c || exit 1
trap end EXIT
load census_interval_s=1 || exit 1
for ns in a b; do
	policy $ns close_wait/timeout_ms=0 orphan/timeout_ms=0 established/timeout_ms=0 established/action=reset mode=enforce
done
# RDS sets it.
policy b established/keepalive=1
start_smc
start_9p
start_rds
start_ring
background plain a duo -n $EACH p:keepalive mark o:until=close,60000 o:error
await plain ^ready >/dev/null || exit 1
for ns in a b; do
	policy $ns close_wait/timeout_ms=$TIMEOUT established/timeout_ms=$TIMEOUT
done
check "idle for three times the timeout" idle
await plain ^done 60 >/dev/null || exit 1
check_is "a program's own are reset meanwhile" "o:error bytes=0 ECONNABORTED=$EACH" "$(grep ^o:error "$(output plain)")"
if ((ring)); then
	check_is "io_uring: who reads is told, as any other program" "o:ringread bytes=0 ECONNABORTED=$ring" "$(await ring ^o:ringread)"
	check "io_uring: those in CLOSE_WAIT are reset as well" stat_is a close_wait_reaped "$ring"
	signal ringfin USR1
	check_is "io_uring: who reads these is told" "o:ringread bytes=0 ECONNABORTED=$ring" "$(await ringfin ^o:ringread)"
fi
check "a census comes by" census a
proc_net a reaper/sockets | sed 's/^/# /'

for part in "${parts[@]}"; do
	case $part in
	smc)
		check_is "smc: its connections are as they were" "$smc_before" "$(connections a "$smc_port")"
		check_is "smc: they are said to be the kernel's" kernel "$(verdicts a "$smc_port")"
		signal smc USR1
		await smc '^pause 2' >/dev/null || exit 1
		check_is "smc: bytes go through" "o:drain=1000 bytes=$((EACH * 10)) EAGAIN=$EACH" "$(grep ^o:drain "$(output smc)")"
		check "smc: idle in CLOSE_WAIT" idle
		check_is "smc: these are said to be the kernel's as well" kernel "$(verdicts a "$smc_port")"
		signal smc USR1
		await smc ^done >/dev/null || exit 1
		check_is "smc: the end, and an answer" \
			"o:read bytes=0 EOF=$EACH,o:send=5 bytes=$((EACH * 5)) all=$EACH,p:drain=1000 bytes=$((EACH * 5)) EAGAIN=$EACH" \
			"$(sed -n '/^pause 2/,/^done/{/:/p}' "$(output smc)" | paste -sd ,)"
		;;
	9p)
		check_is "9p: the kernel's end is said to be its own" kernel "$(verdicts a "$ninep_port")"
		check "9p: it can still be asked" stat -f "$TMP/9p"
		stop 9p
		check "9p: idle in CLOSE_WAIT" idle
		check_is "9p: this is said to be the kernel's as well" kernel "$(verdicts a "$ninep_port")"
		check "9p: it can be unmounted" umount "$TMP/9p"
		;;
	rds)
		check_is "rds: its connections are as they were" "$rds_before" "$(connections b "$RDS_PORT")"
		check_is "rds: they are said to be the kernel's" kernel "$(verdicts b $RDS_PORT)"
		check "rds: messages still go through" message
		check_is "rds: nothing was reset" 1 "$(proc_net b reaper/log | wc -l)"
		;;
	esac
done
check_is "nothing but programs' own was reset" "$((EACH + ring)) $ring $((1 + EACH + 2 * ring))" \
	"$(stat_of a established_reaped) $(stat_of a close_wait_reaped) $(proc_net a reaper/log | wc -l)"
check_is "nothing failed" "0 0" "$(stat_of a reap_failed) $(stat_of b reap_failed)"
finish
