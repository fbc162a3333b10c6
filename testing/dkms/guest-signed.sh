#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In the machine of dkms/run-signed: its first boot installs, its second enrols
# the key, its third loads the module.
cd /root/payload || exit 1
# shellcheck source=guest-lib.sh
. ./guest-lib.sh

install_it() {
	shown grep -o module.sig_enforce=1 /proc/cmdline
	shown cat /sys/module/module/parameters/sig_enforce
	shown apt-get -y install ./1.0.0/tcp-reaper-dkms_1.0.0_all.deb ./1.0.0/reaperctl_1.0.0_amd64.deb
	shown dkms status
	shown modinfo -F signer tcp_reaper
	check "DKMS signed the module" test -n "$(modinfo -F signer tcp_reaper)"
	shown modprobe tcp_reaper
	check "a kernel that does not trust the key refuses the module" refused
	openssl x509 -inform DER -in /var/lib/dkms/mok.pub
	touch /root/installed
}

refused() { ! modprobe tcp_reaper && [[ ! -d /sys/module/tcp_reaper ]]; }

enrol() {
	local db=/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f
	mountpoint -q /sys/firmware/efi/efivars || mount -t efivarfs efivarfs /sys/firmware/efi/efivars
	check "the key is put into the firmware's database" dd if=db of=$db bs=64k
	touch /root/enrolled
}

load_it() {
	shown modprobe tcp_reaper
	check "the module is loaded" test -d /sys/module/tcp_reaper
	shown cat /sys/module/module/parameters/sig_enforce
	shown grep tcp_reaper /proc/modules
	shown reaperctl status
	# O: out of the tree. An E would be a signature that was not verified.
	check "and does not taint the kernel as unsigned" is "$(cat /sys/module/tcp_reaper/taint)" O
}

if [[ ! -e /root/installed ]]; then
	install_it
elif [[ ! -e /root/enrolled ]]; then
	enrol
else
	load_it
fi
check "the kernel has nothing to complain of" none "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace')"
end
