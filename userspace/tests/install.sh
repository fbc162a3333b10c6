# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# make install: what goes where, that systemd takes the units, and that a conffile stays. Sourced by run.

installed() {
	make -s -C "$here/.." install DESTDIR="$TMP/dest" >/dev/null
}

install_tests() {
	local dest=$TMP/dest unit said

	check 'make install' installed
	for unit in usr/sbin/reaperctl usr/share/man/man8/reaperctl.8 usr/share/man/man4/tcp_reaper.4 \
		usr/lib/tcp-reaper/textfile etc/tcp_reaper.conf etc/tcp_reaper.d \
		usr/share/bash-completion/completions/reaperctl \
		lib/udev/rules.d/90-tcp-reaper.rules usr/share/tcp-reaper/alerts.yml; do
		check "installed: $unit" test -e "$dest/$unit"
	done
	echo '# mine' >>"$dest/etc/tcp_reaper.conf"
	check 'make install again' installed
	check 'the conffile stays' grep -qx '# mine' "$dest/etc/tcp_reaper.conf"
	if command -v systemd-analyze >/dev/null; then
		for unit in "$here"/../systemd/*.service "$here"/../systemd/*.timer; do
			# The programs are not installed here, nor their manual pages.
			said=$(systemd-analyze verify "$unit" 2>&1 | grep -vE "is not executable: No such file|Command 'man |^$")
			check "systemd-analyze verify ${unit##*/}" test -z "$said"
		done
	else
		skip 'systemd-analyze verify' 'no systemd'
	fi
	check 'make uninstall' make -s -C "$here/.." uninstall DESTDIR="$dest"
	check 'nothing is left but what is the operator'\''s' \
		test "$(cd "$dest" && find . -type f)" = ./etc/tcp_reaper.conf
}
