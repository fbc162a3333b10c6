#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What an operator does with the packages, in the machine of dkms/run. Its first
# boot ends with a second kernel installed, its second with all removed.
cd /root/payload || exit 1
# shellcheck source=guest-lib.sh
. ./guest-lib.sh

installed_for() {
	dkms status | grep -q "^tcp-reaper/$1, $2, .*: installed" &&
		[[ -n $(find "/lib/modules/$2/updates" -name 'tcp_reaper.ko*') ]]
}
mode_is() { [[ $(reaperctl get mode 2>/dev/null) == *"$1" ]]; }
timeout_is() { [[ $(reaperctl get close_wait.timeout_ms 2>/dev/null) == *"$1" ]]; }
running() { systemctl is-active --quiet "$1"; }
close_waits() { ss -Htn state close-wait | wc -l; }
few_close_waits() { (($(close_waits) == $1)); }
# What is left of us anywhere.
left() {
	find / -xdev \( -path /root -o -path /proc -o -path /sys -o -path /var/log -o -path /tmp \) -prune -o \
		\( -iname '*tcp[-_]reaper*' -o -iname '*reaperctl*' \) -print
	find /run -iname '*tcp[-_]reaper*' -o -iname '*reaperctl*'
	grep -l tcp_reaper /lib/modules/*/modules.* 2>/dev/null
	lsmod | grep tcp_reaper
	dkms status | grep tcp-reaper
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

first_boot() {
	local release second
	release=$(uname -r)
	grep PRETTY_NAME /etc/os-release
	shown uname -r
	shown dkms --version
	shown cat /proc/1/comm

	shown apt-get -y install ./1.0.0/tcp-reaper-dkms_1.0.0_all.deb ./1.0.0/reaperctl_1.0.0_amd64.deb
	shown dkms status
	check "DKMS built the module for the kernel that runs" installed_for 1.0.0 "$release"

	check "a kernel without what is needed is refused, with the reason" refused "$release"

	cat >/etc/tcp_reaper.conf <<-END
		# of the operator
		[netns initial]
		mode = enforce
		close_wait.timeout_ms = 2s
	END
	shown cat /etc/tcp_reaper.conf
	shown modprobe tcp_reaper
	check "the persistent policy is in force when the module has been loaded" poll 60 mode_is enforce
	check "all of it" timeout_is 2000
	shown systemctl --no-pager status tcp-reaper.service
	check "the unit for new namespaces runs" running tcp-reaper-netns.service
	shown reaperctl status
	perl ./leaky.pl >/tmp/leaky &
	poll 30 grep -q ready /tmp/leaky
	check "a leaking server holds four sockets in CLOSE_WAIT" poll 5 few_close_waits 4
	shown reaperctl list
	check "they are reaped" poll 20 few_close_waits 0
	kill %1

	shown apt-get -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		install ./1.0.1/tcp-reaper-dkms_1.0.1_all.deb ./1.0.1/reaperctl_1.0.1_amd64.deb
	shown dkms status
	check "after the upgrade there is the new module" installed_for 1.0.1 "$release"
	check "and no old one" none "$(dkms status | grep 1.0.0)"
	check "the conffile is the operator's" grep -q "of the operator" /etc/tcp_reaper.conf
	check "the policy is still in force" mode_is enforce
	check "and the unit for new namespaces runs" running tcp-reaper-netns.service
	shown modprobe -r tcp_reaper
	shown modprobe tcp_reaper
	check "the new module is loaded" is "$(cat /sys/module/tcp_reaper/version)" 1.0.1
	check "and has the policy" poll 60 mode_is enforce

	# shellcheck disable=SC2046
	shown apt-get -y install $(ls /root/second/*.deb)
	second=$(basename /boot/vmlinuz-*cloud* | sed s/vmlinuz-//)
	[[ -e /boot/vmlinuz-$second ]] || second=$(basename /lib/modules/*cloud*)
	shown dkms status
	check "a kernel installed afterwards has its module" installed_for 1.0.1 "$second"
	touch /root/second-boot
}

second_boot() {
	shown uname -r
	check "the module was loaded at boot" poll 60 test -d /sys/module/tcp_reaper
	check "with its policy" poll 60 mode_is enforce
	shown apt-get -y purge tcp-reaper-dkms reaperctl
	check "removal leaves nothing" none "$(left)"
	# dpkg keeps what an operator wrote there.
	check "no configuration either" none "$(ls -d /etc/tcp_reaper* 2>/dev/null)"
}

if [[ -e /root/second-boot ]]; then
	second_boot
else
	first_boot
fi
check "the kernel has nothing to complain of" none "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace')"
end
