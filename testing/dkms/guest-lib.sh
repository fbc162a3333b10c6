# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the programs of these machines share; sourced by them.
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# systemd gives services one, and ccache takes what is asked in another language
# for something else.
unset LANG
n=0 bad=0

# What this machine's compiler has been asked for before it was booted.
[[ -d /var/cache/ccache || ! -e ccache.tar ]] || tar -x -C /var/cache -f ccache.tar

say() { printf '\n## %s\n' "$*"; }

# shown COMMAND...: as in a transcript. Not to a terminal, which would get progress.
shown() {
	echo "\$ $*"
	"$@" 2>&1 </dev/null | cat
	return "${PIPESTATUS[0]}"
}

check() {
	local what=$1
	shift
	n=$((n + 1))
	if "$@" >/tmp/out 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' /tmp/out
		bad=$((bad + 1))
	fi
}

poll() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

is() {
	[[ $1 == "$2" ]] || {
		echo "expected '$2', got '$1'"
		return 1
	}
}

none() {
	[[ -z $* ]] || {
		printf '%s\n' "$@"
		return 1
	}
}

end() {
	trap - EXIT
	sync
	echo "rc $bad"
	sleep 1
	systemctl --force --force poweroff
}
trap end EXIT
