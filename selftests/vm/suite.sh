# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What suite and suite-run share; sourced by both.

suite_say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

suite_die()
{
	suite_say "$@"
	exit 1
}

# The directory all suites are kept in.
suite_cache()
{
	printf '%s\n' "${TCP_REAPER_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tcp_reaper}"
}

# suite_within ROOT COMMAND...: run a command in a chroot, with /proc mounted.
# The mount lives in a mount namespace of its own, so it ends with the command
# whatever ends the command, and nobody who removes ROOT can reach through it.
suite_within()
{
	local root=$1
	shift

	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private -- bash -c '
		root=$1
		shift
		mount -t proc -o nosuid,nodev,noexec proc "$root/proc" || exit 1
		exec chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 \
			TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			"$@"' suite-within "$root" "$@"
}
