#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sockets that a program made and handed to the kernel: a disk's (nbd) and an NFS server's. They are the kernel's, idle for as long as
# nobody reads or writes, and are never reset; a program's own, as idle, is.
# shellcheck disable=SC2317 # functions are called by poll_until and trap
. "$(dirname "$0")/lib.sh"
. ./lib_owned.sh

TIMEOUT=2000
NFS_PORT=2049
PLAIN=3
# What there is on this kernel.
parts=()
mounts=()

# What is exported is held by the server, and by what it was told.
end_mounts() {
	local i cache
	for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
		if [[ ${mounts[i]} == */export ]]; then
			echo 0 >"$TMP/nfsd/threads"
			for cache in nfsd.fh nfsd.export auth.unix.ip; do
				nsenter --net="$(ns_file a)" ./fileio put /proc/net/rpc/$cache/flush "1\n" >/dev/null
			done
		fi
		umount "${mounts[i]}"
	done
	mounts=()
}

end() {
	local status=$?
	end_mounts
	(exit "$status")
	cleanup
}

# mounted SOURCE NAME TYPE OPTIONS: as seen from namespace "a", in our own tree.
mounted() {
	mkdir -p "$TMP/$2"
	nsenter --net="$(ns_file a)" ./takeover mount "$1" "$TMP/$2" "$3" "$4" || return
	mounts+=("$TMP/$2")
}

# known FILE LINE: what the NFS server would ask its programs for.
known() {
	local outcome
	outcome=$(nsenter --net="$(ns_file a)" ./fileio put "/proc/net/rpc/$1/channel" "$2\n") && return
	diag "$1: $2: $outcome"
	return 1
}

# free_nbd: sets "disk" to one that nobody uses.
free_nbd() {
	local dir
	modprobe -q nbd || return
	for dir in /sys/block/nbd*; do
		disk=/dev/${dir##*/}
		[[ ! -e $disk || -e $dir/pid || $(<"$dir/size") != 0 ]] || return 0
	done
	return 1
}

start_nbd() {
	if ! free_nbd; then
		skip "a disk over TCP" "no nbd in this kernel"
		return
	fi
	background nbd a takeover nbd "$disk"
	nbd_port=$(field port "$(await nbd '^ready')") || exit 1
	check "nbd: there is a disk" poll_until 10 has_size
	check "nbd: it can be written and read" takeover io "$disk"
	parts+=(nbd)
}

has_size() {
	(($(<"/sys/block/${disk##*/}/size") == 2048))
}

# 0x2412: any port, asynchronous, no check of subtrees, named by a number. The numbers behind it: nobody, nobody, and that.
start_nfs() {
	local until=$(($(date +%s) + 3600))

	if ! modprobe -q nfsd || ! modprobe -q nfsv4; then
		skip "an NFS server" "no NFS in this kernel"
		return
	fi
	mounted nfsd nfsd nfsd "" && mounted export export tmpfs size=4m || exit 1
	echo "-2 -3 +4 +4.1 +4.2" >"$TMP/nfsd/versions" 2>/dev/null || echo "-3 +4 +4.1 +4.2" >"$TMP/nfsd/versions"
	known auth.unix.ip "nfsd 127.0.0.1 $until everybody" || exit 1
	known nfsd.export "everybody $TMP/export $until $((0x2412)) -2 -2 0" || exit 1
	known nfsd.fh "everybody 1 \\\\x00000000 $until $TMP/export" || exit 1
	check "nfsd: it gets its socket" nsenter --net="$(ns_file a)" ./takeover nfsd $NFS_PORT "$TMP/nfsd"
	echo 2 >"$TMP/nfsd/threads" || exit 1
	# Some kernels see for themselves that nobody comes back from before, and refuse.
	echo Y 2>/dev/null >"$TMP/nfsd/v4_end_grace" || :
	check "nfsd: it can be mounted" mounted 127.0.0.1:/ nfs nfs4 \
		"vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1,port=$NFS_PORT,sec=sys,proto=tcp,soft,timeo=100"
	check "nfsd: it can be written and read" takeover io "$TMP/nfs/file"
	nfs_before=$(connections a $NFS_PORT)
	parts+=(nfs)
}

new_ns a || exit 1
trap end EXIT
load census_interval_s=1 || exit 1
policy a close_wait/timeout_ms=0 orphan/timeout_ms=0 established/timeout_ms=0 established/action=reset mode=enforce
start_nbd
start_nfs
# With keepalive of their own, the other ends stay, and tell nothing before.
background plain a duo -n $PLAIN p:keepalive mark o:until=close,60000 o:error
await plain '^ready' >/dev/null || exit 1
ss_before=$(connections a "${nbd_port:-1}")
diag "nbd: $ss_before"
diag "NFS: ${nfs_before:-}"
policy a established/timeout_ms=$TIMEOUT
start=$(now_ms)
check "idle for three times the timeout" poll_until 20 reached $((start + 3 * TIMEOUT))
await plain '^done' 60 >/dev/null || exit 1
check_is "a program's own are reset meanwhile" "o:error bytes=0 ECONNABORTED=$PLAIN" "$(grep ^o:error "$(output plain)")"
check "a census comes by" census a
proc_net a reaper/sockets | sed 's/^/# /'

for part in "${parts[@]}"; do
	case $part in
	nbd)
		check_is "nbd: its connection is as it was" "$ss_before" "$(connections a "$nbd_port")"
		check_is "nbd: it is said to be the kernel's" kernel "$(proc_net a reaper/sockets | awk -v port=":$nbd_port$" '$5 ~ port { print $11 }')"
		check "nbd: it can still be written and read" takeover io "$disk"
		;;
	nfs)
		check_is "nfsd: its connection is as it was" "$nfs_before" "$(connections a $NFS_PORT)"
		check_is "nfsd: it is said to be the kernel's" kernel "$(proc_net a reaper/sockets | awk -v port=":$NFS_PORT$" '$5 ~ port { print $11 }')"
		check "nfsd: it can still be written and read" takeover io "$TMP/nfs/file"
		check_is "nfsd: by the same connection" "$nfs_before" "$(connections a $NFS_PORT)"
		;;
	esac
done
check "they are counted as spared" stat_at_least a spared_kernel ${#parts[@]}
check_is "nothing but the program's own was reset" "$PLAIN $((PLAIN + 1))" "$(stat_of a established_reaped) $(proc_net a reaper/log | wc -l)"
check_is "nothing failed" 0 "$(stat_of a reap_failed)"
end_mounts
[[ " ${parts[*]} " != *" nbd "* ]] || stop nbd
finish
