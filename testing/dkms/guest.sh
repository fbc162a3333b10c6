#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A week of an operator's, in the machine of dkms/run: a boot each for the day of
# the installation by README, the days after its reboot, and the days with
# another kernel, at whose end nothing is left.
# shellcheck disable=SC2317 # functions are called through check
cd /root/payload || exit 1
# shellcheck source=guest-lib.sh
. ./guest-lib.sh

CONF=/etc/tcp_reaper.conf
PROM=/var/lib/prometheus/node-exporter/tcp_reaper.prom
UNITS="tcp-reaper.service tcp-reaper-netns.service tcp-reaper-log.service tcp-reaper-metrics.timer"
release=$(uname -r)
# The same to look for: that of Debian 13 has a plus sign.
release_re=${release//+/[+]}

installed_for() {
	dkms status | grep -q "^tcp-reaper/$1, $2, .*: installed" &&
		[[ -n $(find "/lib/modules/$2/updates" -name 'tcp_reaper.ko*') ]]
}
knob() { cat "/proc/sys/net/tcp_reaper/$1" 2>/dev/null; }
knob_is() { [[ $(knob "$1") == "$2" ]]; }
in_own() { ip netns exec own cat "/proc/sys/net/tcp_reaper/$1"; }
own_is() { [[ $(in_own mode) == "$1" ]]; }
in_box() { ip netns exec box cat "/proc/sys/net/tcp_reaper/$1"; }
in_nameless() { nsenter -t "$nameless" -n cat "/proc/sys/net/tcp_reaper/$1"; }
running() { systemctl is-active --quiet "$1"; }
enabled() { systemctl is-enabled --quiet "$@"; }
close_waits() { ss -Htn state close-wait | wc -l; }
few_close_waits() { (($(close_waits) == $1)); }
prom_age() { echo $(($(date +%s) - $(stat -c %Y "$PROM"))); }
fresh() { [[ -e $PROM ]] && (($(prom_age) <= 60)) && grep -qx 'tcp_reaper_up 1' "$PROM"; }
gone() {
	local unit
	# The policy's own unit too: one that stays active is not started by the next installation.
	for unit in $UNITS; do
		! running "$unit" || return 1
	done
	[[ ! -d /sys/module/tcp_reaper && ! -e $PROM ]]
}
said() { grep -qE "$1" /tmp/said; }
newest_build() { is "$(cat /sys/module/tcp_reaper/srcversion)" "$(modinfo -F srcversion tcp_reaper)"; }

# seen: what an operator looks at after a step.
seen() {
	if command -v reaperctl >/dev/null; then
		shown reaperctl status
	fi
	# shellcheck disable=SC2086 # words
	shown systemctl is-active $UNITS
	[[ ! -e $PROM ]] || echo "$PROM: $(prom_age) s old"
}

# kept COMMAND...: as shown, and for said.
kept() {
	shown "$@" | tee /tmp/said
	return "${PIPESTATUS[0]}"
}

# What is left of us anywhere, but what an operator wrote.
left() {
	find / -xdev \( -path /root -o -path /proc -o -path /sys -o -path /var/log -o -path /tmp -o -path $CONF -o -path /etc/sysctl.d \) -prune -o \
		\( -iname '*tcp[-_]reaper*' -o -iname '*reaperctl*' \) -print
	find /run \( -iname '*tcp[-_]reaper*' -o -iname '*reaperctl*' \) ! -path '/run/log/*' ! -path '/run/systemd/*'
	find /etc/systemd -xtype l -print
	grep -l tcp_reaper /lib/modules/*/modules.* 2>/dev/null
	lsmod | grep tcp_reaper
	dkms status | grep tcp-reaper
}

# A service as any other, which needs what all services need.
another_service() { systemd-run --quiet --wait true; }

# Another one's use of the module: a trigger of tracefs, as perf and bpftrace have it.
trigger=/sys/kernel/tracing/events/sched/sched_process_exit/trigger
in_use() { echo enable_event:tcp_reaper:tcp_reaper_reap >$trigger && [[ $(cat /sys/module/tcp_reaper/refcnt) != 0 ]]; }
in_use_no_more() { echo '!enable_event:tcp_reaper:tcp_reaper_reap' >$trigger && rmmod tcp_reaper; }

# As in a container, where the module that /sys shows is the host's.
in_container() {
	mkdir -p /tmp/container
	# shellcheck disable=SC2016 # for the inner shell
	printf '#!/bin/sh\n[ "$2" = --container ]\n' >/tmp/container/systemd-detect-virt
	chmod 755 /tmp/container/systemd-detect-virt
	PATH=/tmp/container:$PATH "$@"
}

# What make of an earlier version left in DKMS.
other_version() {
	cp -r /usr/src/tcp-reaper-1.0.1 /usr/src/tcp-reaper-0.9
	sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="0.9"/' /usr/src/tcp-reaper-0.9/dkms.conf
	dkms add tcp-reaper/0.9
}

# As an earlier version left it: its unit did not remain, was wanted by what each
# service needs, and nobody noted which load has its policy.
as_earlier() {
	local unit=tcp-reaper.service state=/var/lib/systemd/deb-systemd-helper-enabled
	mkdir -p $state/sysinit.target.wants
	mv $state/multi-user.target.wants/$unit $state/sysinit.target.wants/
	sed -i s/multi-user/sysinit/ $state/$unit.dsh-also
	systemctl --quiet disable $unit
	mkdir -p /etc/systemd/system/sysinit.target.wants
	ln -s "$(systemctl show --property FragmentPath --value $unit)" /etc/systemd/system/sysinit.target.wants/
	systemctl daemon-reload
	systemctl stop $unit
	rm /run/reaperctl/load
}

# at_most_3 UNIT: how exposed systemd finds it.
at_most_3() {
	local rc=0
	systemd-analyze security --no-pager --threshold=30 "$1" >/tmp/security || rc=$?
	tail -n 1 /tmp/security >>/tmp/exposed
	return $rc
}
exposed() {
	local unit
	: >/tmp/exposed
	for unit in tcp-reaper.service tcp-reaper-netns.service tcp-reaper-log.service tcp-reaper-metrics.service; do
		check "systemd-analyze security $unit: at most 3.0" at_most_3 $unit
	done
	cat /tmp/exposed
}

# A kernel without kprobes is passed over, and it is said why.
refused() {
	local out
	mkdir -p /tmp/without
	grep -v '^CONFIG_KPROBES=' "/lib/modules/$1/build/.config" >/tmp/without/.config
	out=$(dkms build tcp-reaper/1.0.0 -k "$1-without" --kernelsourcedir /tmp/without 2>&1 </dev/null)
	(($? == 77)) && grep -q 'has no CONFIG_KPROBES' <<<"$out" && return
	echo "$out"
	return 1
}

policy() {
	cat >$CONF <<-END
		# of the operator
		[netns initial]
		mode = enforce
		close_wait.timeout_ms = 2s
		[netns own]
		mode = enforce
	END
}

leak() {
	perl ./leaky.pl >/tmp/leaky &
	poll 30 grep -q ready /tmp/leaky
	check "a leaking server holds four sockets in CLOSE_WAIT" poll 5 few_close_waits 4
	shown reaperctl list
	check "they are reaped" poll 30 few_close_waits 0
	kill $!
	wait $! 2>/dev/null
}

# What the leaking server's sockets were counted as, in all: they are the initial namespace's.
reaped() { awk '$1 == "close_wait_reaped" { print $2 }' /proc/net/reaper/stats; }

apart() { [[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]; }
# Two namespaces that only an operator has told what to do, one of them without a name.
namespaces() {
	ip netns add box
	unshare --net sleep 86400 &
	nameless=$!
	poll 20 apart "$nameless"
	nsenter -t "$nameless" -n sysctl -qw net.tcp_reaper.mode=enforce
	reaperctl -n box set mode=enforce orphan.timeout_ms=77s
	echo 'lport 22 exempt' | reaperctl -n box rules load -
}
namespaces_keep() {
	check "$1: a container started with a sysctl still enforces" is "$(in_nameless mode)" enforce
	check "$1: a named namespace, too" is "$(in_box mode) $(in_box orphan_timeout_ms)" "enforce 77000"
	check "$1: with its rules" eval 'ip netns exec box grep -q "^lport 22 exempt" /proc/net/reaper/rules'
}

all_tracked() { grep -qx 'close_wait_tracked 4' /proc/net/reaper/stats; }
all_due() { (($(reaperctl list -v due | grep -c '"perl"') == 4)); }
counted_due() { grep -qx 'close_wait_would_reap 4' /proc/net/reaper/stats; }
# What README has somebody do on the first day, with a time that somebody who tests has.
first_day() {
	say "The first day: what would be reaped?"
	perl ./leaky.pl >/tmp/leaky &
	poll 30 grep -q ready /tmp/leaky
	poll 5 all_tracked
	kept reaperctl diagnose
	check "who leaks is named" said 'perl'
	kept reaperctl try close_wait.timeout_ms=1
	check "what another time would do can be asked" said '4 of 4 sockets would go'
	shown reaperctl set close_wait.timeout_ms=2s
	check "what would go is found" poll 30 all_due
	kept reaperctl list -v due
	check "with who holds it" said 'CLOSE_WAIT .*127\.0\.0\.1:8080 .*due .*"perl"'
	check "and counted" poll 10 counted_due
	shown reaperctl status
	check "nothing is touched" is "$(close_waits)" 4
	echo 'lport 5432 exempt' >/tmp/rules
	kept reaperctl rules check /tmp/rules
	check "a rule is judged before it holds" said '^1 rules, nothing wrong'
	shown reaperctl set close_wait.timeout_ms=1h
	kill $!
	wait $! 2>/dev/null
}

by_readme() {
	say "Monday: installed by README"
	grep PRETTY_NAME /etc/os-release
	shown uname -r
	shown dkms --version
	# The machine has no network; what README has apt-get install is there.
	mkdir -p /root/tree /var/lib/prometheus/node-exporter
	tar -x -C /root/tree -f tree.tar
	mv "/lib/modules/$release/build" /root/build
	kept make -s -C /root/tree dkms-install
	check "make dkms-install, without headers: it says that the running kernel has no module" said "^dkms-install: NOT for $release_re"
	check "and none is to be loaded at boot" test ! -e /usr/lib/modules-load.d/tcp-reaper.conf
	mv /root/build "/lib/modules/$release/"
	kept make -s -C /root/tree dkms-install
	check "make dkms-install: DKMS built the module for the kernel that runs" installed_for 1.0.0 "$release"
	check "it says for which it built" said "^dkms-install: built for:.* $release_re"
	check "and what it enabled" said '^enabled at each boot: .*tcp-reaper.service tcp-reaper-netns.service tcp-reaper-log.service'
	check "a kernel without what is needed is refused, with the reason" refused "$release"
	shown modprobe tcp_reaper
	check "loaded, it observes" poll 30 knob_is mode observe
	first_day
	policy
	echo 'net.tcp_reaper.orphan_timeout_ms = 66000' >/etc/sysctl.d/90-reaper.conf
	shown cat $CONF /etc/sysctl.d/90-reaper.conf
	seen
	exposed
}

after_reboot() {
	local before
	say "Tuesday: after a reboot"
	check "the module was loaded at boot" poll 60 test -d /sys/module/tcp_reaper
	check "with its policy" poll 60 knob_is mode enforce
	check "all of it" knob_is close_wait_timeout_ms 2000
	check "and what sysctl.d says" knob_is orphan_timeout_ms 66000
	check "the unit for new namespaces runs" running tcp-reaper-netns.service
	seen
	# By now udev has said all it has to say of the module.
	udevadm settle
	shown journalctl --no-pager -b -u tcp-reaper.service
	check "the policy was applied once" is "$(journalctl -b -u tcp-reaper.service | grep -c 'Starting ')" 1
	leak

	say "Services are restarted, the module is loaded again and again"
	shown systemctl restart tcp-reaper.service
	check "a restart keeps the policy in force" knob_is mode enforce
	shown reaperctl set mode=observe
	shown another_service
	check "the start of another service does not undo what was set by hand" knob_is mode observe
	ip netns add odd
	printf '%s\n' '[netns odd]' 'mode = abc' >/etc/tcp_reaper.d/10-bad.conf
	shown systemctl restart tcp-reaper.service
	check "a policy with a bad section: what is good of it comes into force" knob_is mode enforce
	check "and the unit says that it failed" systemctl is-failed --quiet tcp-reaper.service
	shown reaperctl set mode=observe
	shown another_service
	sleep 2
	check "nor does it where that unit failed" knob_is mode observe
	rm /etc/tcp_reaper.d/10-bad.conf
	ip netns delete odd
	for _ in 1 2 3 4 5 6 7 8; do
		modprobe -r tcp_reaper
		modprobe tcp_reaper
	done
	check "after eight loads in a row the last one has its policy" poll 30 knob_is mode enforce
	check "and what sysctl.d says" poll 5 knob_is orphan_timeout_ms 66000

	say "Wednesday: git pull && make dkms-install, of the same version"
	namespaces
	before=$(cat /sys/module/tcp_reaper/srcversion)
	sed -i 's/^MODULE_DESCRIPTION("/&Anew: /' /root/tree/module/main.c
	shown reaperctl set mode=observe
	leaked=$(reaped)
	systemctl --quiet mask --now tcp-reaper-netns.service
	kept make -s -C /root/tree dkms-install
	check "a unit that the operator has masked is left so, and named" said '^masked here, and left so: tcp-reaper-netns.service'
	systemctl --quiet unmask tcp-reaper-netns.service
	systemctl start tcp-reaper-netns.service
	check "the module that is loaded is the new build" newest_build
	check "it counts on" is "$(reaped)" "$leaked"
	check "which is another one" test "$(cat /sys/module/tcp_reaper/srcversion)" != "$before"
	check "what was set by hand has stayed" knob_is mode observe
	check "so has the policy" knob_is close_wait_timeout_ms 2000
	namespaces_keep "installed anew"
	seen

	say "make uninstall"
	kept make -s -C /root/tree uninstall
	check "the module is gone, and what reported it" gone
	check "what stays is named" said "left, .*$CONF"
	check "nothing else is left" none "$(left)"
	rm $CONF /etc/sysctl.d/90-reaper.conf
}

by_packages() {
	say "Thursday: the packages"
	kept apt-get -y install ./1.0.0/tcp-reaper-dkms_1.0.0_all.deb ./1.0.0/reaperctl_1.0.0_amd64.deb
	check "DKMS built the module for the kernel that runs" installed_for 1.0.0 "$release"
	policy
	shown modprobe tcp_reaper
	check "the persistent policy is in force when the module has been loaded" poll 60 knob_is mode enforce
	shown systemctl enable --now tcp-reaper-metrics.timer
	systemctl start tcp-reaper-metrics.service
	check "metrics are written" fresh
	ip netns delete box
	kill "$nameless"
	namespaces
	seen

	say "make, where packages are"
	kept make -s -C /root/tree dkms-install
	check "make leaves alone what packages installed, and names them" said 'installed here by packages \(reaperctl tcp-reaper-dkms\)'
	check "all of it" none "$(dpkg --verify tcp-reaper-dkms reaperctl | grep -v " $CONF\$")"

	leak
	leaked=$(reaped)
	check "which is counted" test "$leaked" -ge 4
	ip netns add own
	check "a new namespace gets its own section" poll 30 own_is enforce
	touch /run/netns/stale

	say "An emergency stop, then an upgrade that nobody attends, from an earlier version, and that is interrupted"
	as_earlier
	kept reaperctl -a set mode=observe
	check "a stale name in /run/netns is named" said 'no namespace behind stale, left out'
	check "and holds nothing up" is "$(knob mode) $(in_box mode) $(in_nameless mode) $(in_own mode)" "observe observe observe observe"
	nsenter -t "$nameless" -n sysctl -qw net.tcp_reaper.mode=enforce
	reaperctl -n box set mode=enforce
	kept dpkg --unpack ./1.0.1/tcp-reaper-dkms_1.0.1_all.deb ./1.0.1/reaperctl_1.0.1_amd64.deb
	check "interrupted: the module is there, and the emergency stop holds" knob_is mode observe
	kept reaperctl status
	check "the tool works, and says that the module is another one's" said 'module +1\.0\.0, but reaperctl 1\.0\.1'
	kept dpkg --force-confdef --force-confold --configure -a
	check "after the upgrade there is the new module" installed_for 1.0.1 "$release"
	check "and no old one" none "$(dkms status | grep 1.0.0)"
	check "the new one is loaded" is "$(cat /sys/module/tcp_reaper/version)" 1.0.1
	udevadm settle
	sleep 2
	another_service
	udevadm trigger --action=add --subsystem-match=module
	udevadm settle
	sleep 2
	check "the emergency stop holds" knob_is mode observe
	check "also where the policy's section says otherwise" own_is observe
	check "the counters go on" is "$(reaped)" "$leaked"
	rm /run/netns/stale
	ip netns delete own
	check "the policy's unit is enabled" enabled tcp-reaper.service
	check "where no other service starts it" test ! -L /etc/systemd/system/sysinit.target.wants/tcp-reaper.service
	check "the rest of the policy is as it was" knob_is close_wait_timeout_ms 2000
	namespaces_keep upgraded
	check "the conffile is the operator's" grep -q "of the operator" $CONF
	check "the unit for new namespaces runs" running tcp-reaper-netns.service
	check "the timer of the metrics runs" running tcp-reaper-metrics.timer
	check "and they are fresh" poll 60 fresh
	seen
	shown systemctl reload tcp-reaper.service
	check "the operator has the policy applied again" knob_is mode enforce

	say "Friday: a new kernel"
	# shellcheck disable=SC2046 # words
	kept apt-get -y install $(ls /root/second/*.deb)
	second=$(basename /boot/vmlinuz-*cloud* | sed s/vmlinuz-//)
	[[ -e /boot/vmlinuz-$second ]] || second=$(basename /lib/modules/*cloud*)
	shown dkms status
	check "a kernel installed afterwards has its module" installed_for 1.0.1 "$second"
}

leave() {
	say "Saturday: the new kernel, and away with it"
	check "the module was loaded at boot" poll 60 test -d /sys/module/tcp_reaper
	check "with its policy" poll 60 knob_is mode enforce
	check "metrics are written" poll 90 fresh
	shown reaperctl save
	seen
	kept apt-get -y remove tcp-reaper-dkms reaperctl
	check "removed: the module is gone, and what reported it" gone
	check "the operator's policy stays" grep -q "of the operator" $CONF
	seen
	kept apt-get -y purge tcp-reaper-dkms reaperctl
	check "purged: nothing is left" none "$(left)"
	# dpkg keeps what an operator wrote there.
	check "no configuration either" none "$(ls -d /etc/tcp_reaper* 2>/dev/null)"

	say "Sunday: installed again"
	shown other_version
	kept apt-get -y install ./1.0.1/tcp-reaper-dkms_1.0.1_all.deb ./1.0.1/reaperctl_1.0.1_amd64.deb
	check "an earlier version that make has left in DKMS goes" none "$(dkms status | grep 0.9)" "$(ls -d /usr/src/tcp-reaper-0.9 2>/dev/null)"
	shown modprobe tcp_reaper
	sleep 2
	check "nothing of the old policy comes back" knob_is mode observe
	seen
	shown reaperctl set mode=enforce
	check "a removal in a container" in_container /usr/src/tcp-reaper-1.0.1/unload
	check "leaves the host's module as it is" knob_is mode enforce
	# A file of the package is damaged, and somebody uses the module.
	rm /usr/lib/tcp-reaper/forget
	check "the module is in use" in_use
	ip netns add box
	reaperctl -a set mode=enforce
	kept apt-get -y purge tcp-reaper-dkms reaperctl
	check "purged while the module is in use: it is said that it stays" said 'cannot be taken out, as somebody uses it'
	check "in how many namespaces it is off, which is all" said 'switched off in ([0-9]+) of \1 namespaces'
	check "and it is off, everywhere" is "$(knob mode) $(in_box mode)" "off off"
	ip netns delete box
	check "it goes when it is used no more" in_use_no_more
	check "at the end nothing is left" none "$(left)"
}

by_rpm() {
	say "The RPMs, for real: Debian's rpm knows of no packages, so their dependencies are not asked for"
	kept rpm -i --nodeps rpm/1.0.0/*.rpm
	check "DKMS built the module for the kernel that runs" installed_for 1.0.0 "$release"
	shown modprobe tcp_reaper
	policy
	shown systemctl restart tcp-reaper.service
	check "its policy comes into force" poll 30 knob_is mode enforce
	# shellcheck disable=SC2086 # words
	check "the units are enabled" enabled ${UNITS% *}
	seen
	shown reaperctl set mode=observe
	kept rpm -U --nodeps rpm/1.0.1/*.rpm
	check "after an upgrade there is the new module" installed_for 1.0.1 "$release"
	check "and no old one" none "$(dkms status | grep 1.0.0)"
	check "the new one is loaded" is "$(cat /sys/module/tcp_reaper/version)" 1.0.1
	another_service
	udevadm settle
	sleep 2
	check "the emergency stop holds" knob_is mode observe
	check "the unit for new namespaces runs" running tcp-reaper-netns.service
	seen
	kept rpm -e reaperctl tcp-reaper-dkms
	check "erased: the module is gone, and what reported it" gone
	check "nothing is left but what the operator wrote" none "$(left | grep -v "^$CONF")"
}

if [[ ! -e /root/installed ]]; then
	touch /root/installed
	by_readme
elif [[ ! -e /root/packaged ]]; then
	touch /root/packaged
	after_reboot
	by_packages
else
	leave
	by_rpm
fi
check "the kernel has nothing to complain of" none "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace')"
end
