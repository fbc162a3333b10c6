#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The units with a real systemd: policy at boot, whenever the module is loaded, and for what "ip netns add" makes; metrics twice a minute;
# a unit that a rule exempts by its path, started again and after a boot.
# It is PID 1 of a PID namespace, with udev, the project's units as they are installed, and next to no others.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check
. "$(dirname "$0")/lib.sh"

SYSTEMD=/lib/systemd/systemd
UDEVD=/lib/systemd/systemd-udevd
UNITS=/etc/systemd/system
INSTALLED=/usr/lib/systemd/system/tcp-reaper.service
BURST=10

for program in $SYSTEMD $UDEVD systemctl; do
	command -v "$program" >/dev/null || skip_all "no $program"
done
# It writes below /etc, and makes mounts shared.
[[ -e /vm/config ]] || skip_all "not in a VM of its own"
[[ -e $INSTALLED ]] || skip_all "no units installed"

# unit NAME LINE...
unit() {
	printf '%s\n' "${@:2}" >"$UNITS/$1"
}

# What Debian has of these does more than is needed here.
little_debian() {
	local target

	mkdir -p "$UNITS" /etc/tcp_reaper.d /run/udev /var/lib/prometheus/node-exporter
	for target in local-fs network-pre timers shutdown; do
		unit "$target.target" '[Unit]' 'DefaultDependencies=no'
	done
	unit sysinit.target '[Unit]' 'DefaultDependencies=no' 'Wants=systemd-udevd.service' 'After=systemd-udevd.service'
	unit basic.target '[Unit]' 'DefaultDependencies=no' 'Requires=sysinit.target' 'Wants=timers.target' 'After=sysinit.target timers.target'
	unit multi-user.target '[Unit]' 'Requires=basic.target' 'After=basic.target'
	unit systemd-udevd.service '[Unit]' 'DefaultDependencies=no' '[Service]' 'Type=notify' "ExecStart=$UDEVD"
	printf '[Manager]\nDefaultStandardOutput=kmsg\nLogTarget=kmsg\n' >/etc/systemd/system.conf
	printf 'root:x:0:\n' >>/etc/group
	[[ -s /etc/machine-id ]] || printf '%032d\n' 1 >/etc/machine-id
}

# boot: until everything is started that was enabled.
boot() {
	# PID 1 raises these, in whatever namespace it is.
	keep_sysctl net.unix.max_dgram_qlen fs.file-max fs.nr_open
	background systemd init unshare --pid --fork --kill-child --mount-proc --propagation slave \
		env container=test "$SYSTEMD" --system --unit=multi-user.target
	poll_until 60 running || {
		sed 's/^/# /' "$(output systemd)"
		dmesg | tail -n 30 | sed 's/^/# /'
		return 1
	}
}

# systemd's own PID, as it is seen from here.
init_pid() {
	awk -v parent="$(pid_of systemd)" '$4 == parent { print $1 }' /proc/[0-9]*/stat 2>/dev/null
}

inside_boot() {
	nsenter -t "$(init_pid)" -m -p "$@"
}

ctl() {
	inside_boot systemctl --no-pager "$@"
}

running() {
	[[ $(ctl is-system-running) == running ]]
}

halt() {
	signal systemd KILL
	ended systemd
	find /sys/fs/cgroup -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
}

# property UNIT NAME
property() {
	ctl show -P "$2" "$1"
}

# knob_becomes NS KEY VALUE: soon.
knob_becomes() {
	check "$1: $2 becomes $3" poll_until 20 knob_is "$@" || {
		knob "$1" "$2"
		ctl status 'tcp-reaper*' | sed 's/^/# /'
	}
}

knob_is() {
	[[ $(knob "$1" "$2") == "$3" ]]
}

pid_is() {
	[[ $(property "$1" MainPID) == "$2" ]]
}

at_boot() {
	boot || exit 1
	check_is "booted: nothing failed" "" "$(ctl --failed --no-legend)"
	knob_becomes init close_wait/timeout_ms 1260000
	check_is "the template" 420000 "$(template orphan_timeout_ms)"
	knob_becomes early orphan/timeout_ms 11000
	inside_boot udevadm settle
	check_is "the policy was applied once" 1 "$(runs)"
}

# How often the service has been at work since it was booted.
runs() {
	dmesg | grep -c 'Finished .*Policy of tcp_reaper[.]'
}

# What was set by hand stays whatever else is started.
others_start() {
	unit other.service '[Unit]' 'Description=Another' '[Service]' 'Type=oneshot' 'ExecStart=/bin/true'
	knob init close_wait/timeout_ms 999
	ctl daemon-reload
	ctl start other.service
	ctl restart tcp-reaper-netns.service
	pause 1
	check_is "other services start: what was set by hand stays" 999 "$(knob init close_wait/timeout_ms)"
	ctl reload tcp-reaper.service
	check_is "a reload of its own service brings the policy back" 1260000 "$(knob init close_wait/timeout_ms)"
}

when_loaded() {
	local i before
	before=$(runs)
	unload
	load || exit 1
	knob_becomes init close_wait/timeout_ms 1260000
	knob_becomes early orphan/timeout_ms 11000
	inside_boot udevadm settle
	check_is "once a load" $((before + 1)) "$(runs)"
	# More than systemd lets a service be started in ten seconds.
	for ((i = 0; i < 8; i++)); do
		unload
		load || exit 1
	done
	knob_becomes init close_wait/timeout_ms 1260000
}

# One after the other, as fast as ip does it.
new_names() {
	local i names=()

	for ((i = 0; i < BURST; i++)); do
		names+=("burst$i")
	done
	new_ns "${names[@]}" || exit 1
	for i in "${names[@]}"; do
		knob_becomes "$i" orphan/timeout_ms 13000
	done
	del_ns burst0
	new_ns burst0
	knob_becomes burst0 orphan/timeout_ms 13000
	# An operator's own change stays when another one comes.
	knob burst1 orphan/timeout_ms 999
	del_ns burst2
	new_ns burst2
	knob_becomes burst2 orphan/timeout_ms 13000
	check "what an operator changed stays" knob_is burst1 orphan/timeout_ms 999
	check_is "it holds no namespace" "$(readlink /proc/1/ns/net)" \
		"$(inside_boot readlink "/proc/$(property tcp-reaper-netns.service MainPID)/ns/net")"
}

followed_again() {
	local before
	before=$(property tcp-reaper-netns.service MainPID)
	ctl kill --signal=SEGV tcp-reaper-netns.service
	check "a follower that died is started again" poll_until 30 eval "! pid_is tcp-reaper-netns.service $before && ! pid_is tcp-reaper-netns.service 0"
	new_ns late
	knob_becomes late orphan/timeout_ms 17000
}

metrics() {
	local prom=/var/lib/prometheus/node-exporter/tcp_reaper.prom
	check_is "the timer waits" active "$(property tcp-reaper-metrics.timer ActiveState)"
	ctl start tcp-reaper-metrics.service
	check "metrics are written" grep -q '^tcp_reaper_up 1$' "$prom"
	check "of all namespaces" grep -q "netns=\"$(ns_name early)\"" "$prom"
}

# started UNIT: again, with one stuck socket then.
started() {
	ctl restart "$1"
	check "$1 is started" poll_until 20 eval "! pid_is $1 0"
}

spares() {
	(($(stat_of init spared_rule) >= $1))
}

# What the policy exempts by its path stays whenever its service is started again, and after a boot.
exempted() {
	local spared reaped
	for name in orders others; do
		unit "$name.service" '[Unit]' "Description=$name" '[Service]' "ExecStart=$(command -v leak)"
	done
	ctl daemon-reload
	check_is "a rule of the policy names a unit" "cgroup /system.slice/orders.service exempt" "$(sed 's/ # hits.*//' /proc/net/reaper/rules)"
	knob init close_wait/timeout_ms 1
	knob init mode enforce
	for name in start restart boot; do
		[[ $name != boot ]] || reboot
		spared=$(stat_of init spared_rule) reaped=$(stat_of init close_wait_reaped)
		started orders.service
		started others.service
		check "$name: the unit that is exempt is spared" poll_until 20 spares $((spared + 1))
		check "$name: the other one is reaped" poll_until 20 stat_is init close_wait_reaped $((reaped + 1))
		check_is "$name: the tool names it" "in orders.service" "$(reaperctl list -U orders | grep -o 'in orders.service')"
	done
	ctl stop orders.service others.service
	knob init mode observe
}

reboot() {
	halt
	unload
	load || exit 1
	boot || exit 1
	knob_becomes init close_wait/timeout_ms 1260000
	knob init close_wait/timeout_ms 1
	knob init mode enforce
}

sections() {
	local i
	printf '%s\n' '[template]' 'orphan_timeout_ms = 7m' '[netns initial]' 'close_wait.timeout_ms = 21m' 'rule = cgroup /system.slice/orders.service exempt' \
		"[netns $(ns_name early)]" 'orphan.timeout_ms = 11s' "[netns $(ns_name late)]" 'orphan.timeout_ms = 17s'
	for ((i = 0; i < BURST; i++)); do
		printf '%s\n' "[netns $(ns_name "burst$i")]" 'orphan.timeout_ms = 13s'
	done
}

little_debian
sections >/etc/tcp_reaper.conf
mount --make-rshared /
check "systemctl enable" systemctl enable tcp-reaper.service tcp-reaper-netns.service tcp-reaper-metrics.timer
new_ns early || exit 1
load || exit 1
at_boot
others_start
when_loaded
new_names
followed_again
metrics
exempted
halt
rm -r "$UNITS" /etc/tcp_reaper.conf
finish
