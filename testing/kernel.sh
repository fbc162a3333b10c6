# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced: which kernel to boot (KERNEL, else the newest Debian one in /boot, else
# that of this Debian release, unpacked into the cache), where its modules and
# headers are, and the module built for it, with build_options for make. Sets kernel,
# modules, kdir and ko; top is the root of this tree.

top=${top:?}

kernel=${KERNEL:-}
image=
if [[ -z $kernel ]]; then
	# None at all is no failure of who sources this.
	kernel=$(find /boot -maxdepth 1 -name "vmlinuz-*-$(dpkg --print-architecture)" | sort -V | tail -n 1)
fi
if [[ -z $kernel ]]; then
	image=$("$top/testing/vm/image") || exit 1
	kernel=$(echo "$image"/boot/vmlinuz-*)
fi
if [[ ! -e $kernel ]]; then
	echo "KERNEL=$kernel: no such image; name a file as /boot/vmlinuz-RELEASE, with /lib/modules/RELEASE beside it" >&2
	exit 1
fi
release=${kernel##*/vmlinuz-}
modules=$image/lib/modules/$release
kdir=/lib/modules/$release/build
if [[ -n $image && ! -e $kdir/include/config/kernel.release ]]; then
	kdir=$("$top/testing/vm/image" --headers) || exit 1
elif [[ ! -e $kdir/include/config/kernel.release ]]; then
	"$top/testing/deps" <(echo "linux-headers-$release # headers of the kernel that is booted: the module is built for it")
fi
echo "building the module for $release"
# Without a module there is nothing to be tested.
ko=$("$top/testing/build-ko" "$kdir" "${build_options[@]}") || exit 1
