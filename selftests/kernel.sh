# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced: which kernel to boot (KERNEL, else the newest Debian one), where its
# modules and headers are, and the module built for it. Sets kernel, modules,
# kdir and ko; top is the root of this tree.

top=${top:?}

kernel=${KERNEL:-}
if [[ -z $kernel ]]; then
	# shellcheck disable=SC2012
	kernel=$(ls -v /boot/vmlinuz-*-"$(dpkg --print-architecture)" 2>/dev/null | tail -n 1)
fi
if [[ ! -e $kernel ]]; then
	echo "no kernel to boot: apt-get install linux-image-amd64, or name one in KERNEL" >&2
	exit 1
fi
release=${kernel##*/vmlinuz-}
modules=/lib/modules/$release
kdir=$modules/build
if [[ ! -e $kdir/include/config/kernel.release ]]; then
	"$top/selftests/deps" <(echo "linux-headers-$release # build the module for the kernel that is booted")
fi
echo "building the module for $release"
ko=$("$top/selftests/build-ko" "$kdir")
