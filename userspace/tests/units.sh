# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Of which unit, container or pod a holder is, and what is asked of one alone. Sourced by run.

ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
POD_UID=6b0e4a2c-91f3-4d3e-8a55-0c1d2e3f4a5b

# unit CGROUP SHORT JSON: how a holder there is shown, and as which unit and pod.
unit() {
	put proc/812/cgroup "0::$1"
	capture tool list
	check "$LABEL list: $1" test "$rc:$err:$(grep -o 'fd=9))*.*' "$TMP/out")" = "0::fd=9))$2"
	capture tool -j list
	check "$LABEL -j list: $1" test "$(grep -o '"name":"leaky","pid":812,"fd":7[^}]*' "$TMP/out")" = "\"name\":\"leaky\",\"pid\":812,\"fd\":7$3"
}

units_shown() {
	new_root
	unit / '' ''
	unit /system.slice/orders.service ' in orders.service' ',"unit":"orders.service"'
	unit /system.slice/orders.service/app/ssh.service ' in orders.service' ',"unit":"orders.service"'
	unit "/system.slice/docker-$ID.scope" ' in docker-0123456789ab' ",\"unit\":\"docker-$ID.scope\""
	unit "/machine.slice/libpod-$ID.scope/container" ' in libpod-0123456789ab' ",\"unit\":\"libpod-$ID.scope\""
	unit "/docker/$ID" ' in 0123456789ab' ",\"unit\":\"$ID\""
	unit "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UID//-/_}.slice/cri-containerd-$ID.scope" \
		" in cri-containerd-0123456789ab of pod $POD_UID" ",\"unit\":\"cri-containerd-$ID.scope\",\"pod\":\"$POD_UID\""
	unit "/kubepods/besteffort/pod$POD_UID/$ID" " in 0123456789ab of pod $POD_UID" ",\"unit\":\"$ID\",\"pod\":\"$POD_UID\""
	# Anybody may make a directory of that name, where no kubelet is above it.
	unit "/user.slice/user-1000.slice/user@1000.service/x-pod$POD_UID/$ID" ' in user@1000.service' ',"unit":"user@1000.service"'
	put proc/812/cgroup $'0::/system.slice/a"\033[2J.service'
	capture tool list
	check "$LABEL list: a unit's name is escaped" grep -qF 'fd=9)) in a\x22\x1b[2J.service' "$TMP/out"
}

# of CGROUP NAME...: whose holder is there is asked for by each NAME; "!NAME": is not.
of() {
	local name want
	put proc/812/cgroup "0::$1"
	rm -f "$ROOT/proc/4711/cgroup"
	shift
	for name; do
		want=1
		[ "$name" = "${name#!}" ] || want=0
		capture tool list -U "${name#!}"
		check "$LABEL list -U $name" test "$rc:$err:$(grep -c users: "$TMP/out")" = "0::$want"
	done
}

units_wanted() {
	new_root
	of /system.slice/orders.service orders orders.service /system.slice /system.slice/orders.service / \
		'!order' '!orders.scope' '!/system' '!system.slice' '!ssh'
	of /user.slice/user@1.service/ssh.service '!ssh' '!ssh.service'
	of "/system.slice/docker-$ID.scope" 012345 "$ID" "docker-$ID" '!01234' '!123456' '!0123457'
	of "/kubepods/besteffort/pod$POD_UID/$ID" "$POD_UID" 012345 "/kubepods/besteffort/pod$POD_UID" '!pod'
	capture tool list -U orders -H worker
	check "$LABEL list -U and -H: both have to hold" test "$(grep -c users: "$TMP/out")" = 0
}

units_diagnosed() {
	new_root
	facts 812 'S (sleeping)' 4242 1024
	in_unit 812 /system.slice/orders.service
	capture tool diagnose -g 0 -U orders
	check "$LABEL diagnose -U" test "$rc:$(grep -c '^leaky in orders.service' "$TMP/out"):$(grep -c 'orphan' "$TMP/out")" = 0:1:0
	t 0 'diagnose -g 0 -U other' 'no socket of that unit lingers' ''
	put proc/net/reaper/log "$LOG_HEADER" '1700000000123 close_wait CLOSE_WAIT 1 1 10.0.0.1:80 10.0.0.2:4000 1000 23456 reset done'
	capture tool log
	check "$LABEL log: the holder's unit" grep -q 'worker,pid=4711,fd=9 in orders.service$' "$TMP/out"
}

units_counted() {
	new_root
	facts 812 'S (sleeping)' 4242 1024
	in_unit 812 /system.slice/orders.service
	capture tool metrics -U orders,absent
	has 'units that were named' \
		'tcp_reaper_unit_sockets{unit="orders"} 1' \
		'tcp_reaper_unit_sockets{unit="absent"} 0' \
		'tcp_reaper_unit_sockets{unit="other"} 0' \
		'tcp_reaper_unit_descriptors{unit="orders"} 4' \
		'tcp_reaper_unit_descriptors_limit{unit="orders"} 1024.000'
	capture tool metrics
	check "$LABEL metrics: no units unless asked for" test "$(grep -c unit "$TMP/out")" = 0
}

units_tests() {
	units_shown
	units_wanted
	units_diagnosed
	units_counted
	new_root
}
