# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What suite, suite-run and others that make chroots share; sourced.

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

# Where this machine gets Debian, or its security updates, from.
# $1 is the label in the archive's Release file.
suite_mirror()
{
	apt-get indextargets --format "\$(SITE)" 'Created-By: Packages' \
		"Origin: Debian" "Label: $1" | sort -u | head -n 1
}

# suite_sources CODENAME [backports]: the codename, then its apt sources, with
# its security updates or its backports.
suite_sources()
{
	local debian security signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg

	debian=$(suite_mirror Debian)
	security=$(suite_mirror Debian-Security)
	[ -n "$debian" ] ||
		suite_die "no Debian mirror in this machine's apt sources; add one and run apt-get update"

	printf '%s\n' "$1"
	printf 'deb [%s] %s %s main\n' "$signed" "$debian" "$1"
	if [ "${2:-}" = backports ]; then
		printf 'deb [%s] %s %s-backports main\n' "$signed" "$debian" "$1"
	elif [ -n "$security" ]; then
		printf 'deb [%s] %s %s-security main\n' "$signed" "$security" "$1"
	fi
}

# A mirror may have dropped an old suite, which is nobody's failure here: status 4,
# as a kselftest has it that was skipped. $1 is the codename, $2 an apt source.
suite_carried()
{
	local url=${2#*] }

	url=${url%% *}
	[ "$(curl -s -L -o /dev/null -w '%{http_code}' "$url/dists/$1/Release")" = 404 ] || return 0
	suite_say "$url no longer has $1"
	exit 4
}

# Tell dpkg in chroot $1 that an initramfs generator is there. Every kernel image
# depends on one, and runs it; the real one takes half a minute.
suite_no_initramfs()
{
	local dir=$1/var/cache/no-initramfs

	mkdir -p "$dir/DEBIAN"
	cat > "$dir/DEBIAN/control" <<-EOF
		Package: no-initramfs
		Version: 1
		Architecture: all
		Provides: linux-initramfs-tool
		Maintainer: tcp_reaper <root@localhost>
		Description: stands in for an initramfs generator
	EOF
	dpkg-deb --build --root-owner-group "$dir" "$dir.deb" >/dev/null
	suite_within "$1" dpkg --install /var/cache/no-initramfs.deb >/dev/null
	rm -r "$dir" "$dir.deb"
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
