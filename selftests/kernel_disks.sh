#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Disks over TCP, both ends in the kernel: NVMe's, iSCSI's, whose initiator is given a program's socket, and DRBD's. Their connections are
# idle for as long as nobody reads or writes, and are never reset.
#
# All is in the initial namespace, as iSCSI's initiator knows no other; rules of their ports see to it that nothing else is touched.
# shellcheck disable=SC2317 # functions are called by poll_until and trap
. "$(dirname "$0")/lib.sh"
. ./lib_owned.sh

TIMEOUT=1500
NVME_PORT=4420
PLAIN_PORT=4421
ISCSI_PORT=3260
DRBD_PORT=7788
PLAIN=3
NAME=iqn.2003-01.org.tcp-reaper:$$
CONFIGFS=$TMP/configfs
NVME=$CONFIGFS/nvmet
ISCSI=$CONFIGFS/target/iscsi/$NAME
RAM=$CONFIGFS/target/core/rd_mcp_$$/ram
DRBD=/lib/drbd/drbdsetup-84
MINOR=100
# What there is on this kernel; of each its disk, its ports, and its connections.
parts=()
declare -A disk=() ports=() before=()

end() {
	local status=$? part
	for part in "${parts[@]}"; do
		"end_$part"
	done
	umount "$CONFIGFS" 2>/dev/null
	(exit "$status")
	cleanup
}

# ---- NVMe ----------------------------------------------------------------------------------------------------------------------

# The administrator's queue has nothing to say for ten minutes either.
start_nvme() {
	if ! have nvmet-tcp nvme-tcp; then
		skip "NVMe over TCP" "no NVMe over TCP in this kernel"
		return
	fi
	parts+=(nvme)
	ports[nvme]=$NVME_PORT
	truncate -s 4M "$TMP/nvme" &&
		mkdir "$NVME/subsystems/$NAME" "$NVME/subsystems/$NAME/namespaces/1" "$NVME/ports/1" &&
		written "$NVME/subsystems/$NAME" attr_allow_any_host=1 namespaces/1/buffered_io=1 \
			namespaces/1/device_path="$TMP/nvme" namespaces/1/enable=1 &&
		written "$NVME/ports/1" addr_trtype=tcp addr_adrfam=ipv4 addr_traddr=127.0.0.1 addr_trsvcid=$NVME_PORT &&
		ln -s "$NVME/subsystems/$NAME" "$NVME/ports/1/subsystems/" || exit 1
	check "nvme: a host connects" written /dev \
		"nvme-fabrics=transport=tcp,traddr=127.0.0.1,trsvcid=$NVME_PORT,nqn=$NAME,nr_io_queues=1,keep_alive_tmo=600"
	check "nvme: there is a disk" poll_until 20 nvme_disk
	nvme_disk
}

nvme_disk() {
	local host
	for host in /sys/class/nvme/nvme*; do
		[[ $(<"$host/subsysnqn") != "$NAME" ]] || disk[nvme]=/dev/${host##*/}n1
	done
	[[ -b ${disk[nvme]:-} ]]
}

end_nvme() {
	local host=${disk[nvme]:-}
	host=${host##*/}
	[[ -z $host ]] || echo 1 >"/sys/class/nvme/${host%n1}/delete_controller"
	rm -f "$NVME/ports/1/subsystems/$NAME"
	rmdir "$NVME/ports/1" "$NVME/subsystems/$NAME/namespaces/1" "$NVME/subsystems/$NAME"
}

# ---- iSCSI ---------------------------------------------------------------------------------------------------------------------

start_iscsi() {
	local group=$ISCSI/tpgt_1
	if ! command -v iscsistart >/dev/null; then
		skip iSCSI "no iscsistart: open-iscsi is not installed"
		return
	fi
	if ! have iscsi_target_mod iscsi_tcp sd_mod; then
		skip iSCSI "no iSCSI in this kernel"
		return
	fi
	parts+=(iscsi)
	ports[iscsi]=$ISCSI_PORT
	mkdir -p "$RAM" "$CONFIGFS/target/iscsi" "$group/lun/lun_0" "$group/np/127.0.0.1:$ISCSI_PORT" &&
		written "$RAM" control=rd_pages=256 enable=1 &&
		ln -s "$RAM" "$group/lun/lun_0/" &&
		written "$group" attrib/authentication=0 attrib/generate_node_acls=1 attrib/demo_mode_write_protect=0 enable=1 || exit 1
	check "iscsi: an initiator logs in" timeout 60 iscsistart -i "$NAME-initiator" -t "$NAME" -g 1 -a 127.0.0.1 -p $ISCSI_PORT
	check "iscsi: there is a disk" poll_until 20 iscsi_disk
	iscsi_disk
}

iscsi_disk() {
	local session
	for session in /sys/class/iscsi_session/session*; do
		[[ $(<"$session/targetname") == "$NAME" ]] || continue
		set -- "$session"/device/target*/*/block/*
		disk[iscsi]=/dev/${1##*/}
	done
	[[ -b ${disk[iscsi]:-} ]]
}

# Without its target the initiator's end goes by itself, in two minutes.
end_iscsi() {
	local group=$ISCSI/tpgt_1
	[[ -z ${disk[iscsi]:-} ]] || echo 1 >"/sys/block/${disk[iscsi]##*/}/device/delete"
	written "$group" enable=0
	rm -f "$group/lun/lun_0/ram"
	rmdir "$group/np/127.0.0.1:$ISCSI_PORT" "$group/lun/lun_0" "$group" "$ISCSI" "$RAM" "${RAM%/*}"
}

# ---- DRBD ----------------------------------------------------------------------------------------------------------------------

# Two nodes on one machine: the first, which is used, has no disk of its own and goes to the second's.
start_drbd() {
	local here=ipv4:127.0.0.1:$DRBD_PORT there=ipv4:127.0.0.1:$((DRBD_PORT + 1))
	if [[ ! -x $DRBD ]]; then
		skip DRBD "no drbdsetup: drbd-utils is not installed"
		return
	fi
	if ! have drbd loop; then
		skip DRBD "no DRBD in this kernel"
		return
	fi
	parts+=(drbd)
	ports[drbd]=$DRBD_PORT
	mkdir -p /var/lib/drbd /run/lock /var/lock
	truncate -s 8M "$TMP/drbd" && loop=$(losetup -f) && losetup "$loop" "$TMP/drbd" || exit 1
	check "drbd: its second node gets a disk" drbd_says \
		"new-resource first" "new-minor first $MINOR 0" "new-resource second" "new-minor second $((MINOR + 1)) 0"
	check "drbd: with what it notes there" drbdmeta --force $((MINOR + 1)) v08 "$loop" internal create-md
	check "drbd: the nodes are told of each other" drbd_says "attach $((MINOR + 1)) $loop $loop internal" \
		"connect first $here $there --protocol=C --ping-int=120" "connect second $there $here --protocol=C --ping-int=120"
	check "drbd: they connect" poll_until 20 drbd_connected
	check "drbd: the first is used" drbd_says "primary $((MINOR + 1)) --force=yes" "secondary $((MINOR + 1))" "primary $MINOR"
	disk[drbd]=/dev/drbd$MINOR
}

# drbd_says COMMAND...: all of them done.
drbd_says() {
	local command
	for command; do
		# shellcheck disable=SC2086 # words
		$DRBD $command || return
	done
}

drbd_connected() {
	(($(grep -c cs:Connected /proc/drbd) == 2))
}

end_drbd() {
	drbd_says "down first" "down second" >/dev/null
	losetup -d "$loop"
}

# ---- all -----------------------------------------------------------------------------------------------------------------------

# written DIR FILE=VALUE...: into files below it, without an end of line.
written() {
	local dir=$1 pair
	shift
	for pair; do
		printf %s "${pair#*=}" >"$dir/${pair%%=*}" || return
	done
}

# rules LINE...
rules() {
	local text
	printf -v text '%s\n' "$@"
	printf %s "$text" >/proc/net/reaper/rules
}

mkdir "$CONFIGFS" || exit 1
trap end EXIT
load census_interval_s=1 || exit 1
policy init close_wait/timeout_ms=0 orphan/timeout_ms=0 established/timeout_ms=0 mode=enforce
have configfs
mount -t configfs configfs "$CONFIGFS" || skip_all "no configfs in this kernel"
start_nvme
start_iscsi
start_drbd
background plain init duo -n $PLAIN -p $PLAIN_PORT p:keepalive mark o:until=close,60000 o:error
await plain ^ready >/dev/null || exit 1
for part in "${parts[@]}"; do
	check "$part: it can be written and read" takeover io "${disk[$part]}"
	before[$part]=$(connections init "${ports[$part]}")
done
for port in $NVME_PORT $ISCSI_PORT $DRBD_PORT $PLAIN_PORT; do
	lines+=("lport $port established_ms $TIMEOUT close_wait_ms $TIMEOUT action reset")
	lines+=("rport $port established_ms $TIMEOUT close_wait_ms $TIMEOUT action reset")
done
check "their ports are told" rules "${lines[@]}"
start=$(now_ms)
check "idle for three times the timeout" poll_until 20 reached $((start + 3 * TIMEOUT))
await plain ^done 60 >/dev/null || exit 1
check_is "a program's own are reset meanwhile" "o:error bytes=0 ECONNABORTED=$PLAIN" "$(grep ^o:error "$(output plain)")"
check "a census comes by" census init
proc_net init reaper/sockets | sed 's/^/# /'

for part in "${parts[@]}"; do
	check_is "$part: its connections are as they were" "${before[$part]}" "$(connections init "${ports[$part]}")"
	check_is "$part: they are said to be the kernel's" kernel "$(verdicts init "${ports[$part]}")"
	check "$part: it can still be written and read" takeover io "${disk[$part]}"
	check_is "$part: by the same connections" "${before[$part]}" "$(connections init "${ports[$part]}")"
done
check "they are counted as spared" stat_at_least init spared_kernel $((2 * ${#parts[@]}))
check_is "nothing but the program's own was reset" "$PLAIN $((PLAIN + 1))" \
	"$(stat_of init established_reaped) $(proc_net init reaper/log | wc -l)"
check_is "nothing failed" 0 "$(stat_of init reap_failed)"
finish
