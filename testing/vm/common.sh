# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the host side's programs share. Sourced with the caller's name as argument.

me=$1

die() {
	echo "$me: $*" >&2
	exit 2
}

note() {
	echo "$me: $*" >&2
}

# Kernels, initramfs bases and the answer about KVM outlive a run here.
cache_dir() {
	local dir=${TCP_REAPER_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tcp_reaper}

	mkdir -p "$dir" || die "cannot make the cache directory $dir: set TCP_REAPER_CACHE"
	echo "$dir"
}

# The newest stock kernel image of the machine.
newest_kernel() {
	find /boot -maxdepth 1 -name 'vmlinuz-*' | sort -V | tail -n 1
}
