#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh DIR LIST: in the VM, each line "NAME TEST" of LIST with /mutants/NAME.ko; what the test and the kernel say of it comes
# between "begins NAME" and "ends NAME RC".
set -u

cd "$1/tcp_reaper" || exit 1
leaks=/sys/kernel/debug/kmemleak

while read -r name test <&3; do
	echo "begins $name"
	dmesg -c >/dev/null
	TCP_REAPER_KO=/mutants/$name.ko "./$test" </dev/null
	rc=$?
	dmesg | grep -E -f /vm/complaints | sed 's/^/kernel: /'
	# What is younger than 5 s is none.
	if [[ $name == leaked_log && -e $leaks ]]; then
		sleep 6
		echo scan >$leaks
		echo scan >$leaks
		sed 's/^/leak: /' $leaks
		echo clear >$leaks
	fi
	echo "ends $name $rc"
done 3<"$2"
