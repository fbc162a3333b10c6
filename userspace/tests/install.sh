# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# make install: what goes where, that systemd takes the units, and that a conffile stays. Sourced by run.

# Where the links of the documents in $1 lead to that is not there.
dead_links() {
	local page link

	(cd "$1" && find . -name '*.md') | while read -r page; do
		grep -oE '\]\([^)#:]+[)#]' "$1/$page" | sed 's/^..//; s/.$//' | while read -r link; do
			[ -e "$1/$(dirname "$page")/$link" ] || echo "$page: $link"
		done
	done
}

# The documents that the man pages name, below $1.
missing_documents() {
	sed -n 's,^[.]Pa \(/usr/share/doc/[^ ]*\).*,\1,p' "$here"/../man/*.[48] | while read -r link; do
		[ -e "$1$link" ] || echo "$link"
	done
}

installed() {
	make -s -C "$here/.." install DESTDIR="$TMP/dest" >/dev/null
}

# By a DKMS that only notes what it is asked for, on a kernel without headers.
built_by_dkms() {
	local bin=$TMP/fakes

	mkdir -p "$bin"
	cat >"$bin/dkms" <<-END
		#!/bin/sh
		echo "\$*" >>"$bin/asked"
		[ "\$1" != status ] || printf 'tcp-reaper/0.9, 6.1.0, x86_64: installed\ntcp-reaper/1.0: added\n'
	END
	printf '#!/bin/sh\necho 9.9.9-own\n' >"$bin/uname"
	# The sources of another version are this machine's own.
	printf '#!/bin/sh\necho "rm $*" >>"%s"\n' "$bin/asked" >"$bin/rm"
	chmod 755 "$bin"/*
	PATH=$bin:$PATH "$here/../../installer/dkms" 1.0 >"$TMP/out" 2>&1
	check 'installer/dkms: another version goes' grep -qx 'remove tcp-reaper/0.9 --all' "$bin/asked"
	check 'installer/dkms: its sources, too' grep -qx 'rm -rf /usr/src/tcp-reaper-0.9' "$bin/asked"
	check 'installer/dkms: the running kernel is not among those it built for' \
		grep -q '^dkms-install: NOT for 9.9.9-own, which runs now' "$TMP/out"
	check 'installer/dkms: what to install' grep -q 'apt-get install linux-headers-9.9.9-own' "$TMP/out"
	if ls -d /lib/modules/*/build >/dev/null 2>&1; then
		check 'installer/dkms: anew, also where it was built before' grep -q '^build --force tcp-reaper/1.0 -k ' "$bin/asked"
		check 'installer/dkms: and put in place' grep -q '^install --force tcp-reaper/1.0 -k ' "$bin/asked"
		check 'installer/dkms: for which' grep -q '^dkms-install: built for: .*[0-9]' "$TMP/out"
	else
		skip 'installer/dkms: for which' 'no kernel headers'
	fi
	: >"$bin/asked"
	# shellcheck disable=SC2016 # for the inner shell
	printf '#!/bin/sh\necho "tcp-reaper-dkms: $2"\n' >"$bin/dpkg-query"
	chmod 755 "$bin/dpkg-query"
	PATH=$bin:$PATH "$here/../../installer/others" 1.0 >"$TMP/out" 2>&1
	check 'installer/others: a version beside that of a package goes' grep -qx 'remove tcp-reaper/0.9 --all' "$bin/asked"
	check 'installer/others: a package'\''s own sources stay' test -z "$(grep '^rm ' "$bin/asked")"
	rm "$bin/dpkg-query"
	: >"$bin/asked"
	PATH=$bin:$PATH "$here/../../installer/dkms" >"$TMP/out" 2>&1
	check 'installer/dkms: without a version all go, and none is built' test \
		"$(grep -oE '^(remove|build|install) .*' "$bin/asked" | xargs)" = 'remove tcp-reaper/0.9 --all remove tcp-reaper/1.0 --all'
}

# By a systemctl that only notes what it is asked for, and of which "cat" fails, as where systemd does not run.
disabled() {
	local bin=$TMP/fakes dir=$TMP/metrics

	mkdir -p "$dir"
	touch "$dir/tcp_reaper.prom" "$dir/.tcp_reaper.prom.0123456789abcdef"
	cat >"$bin/systemctl" <<-END
		#!/bin/sh
		echo "\$*" >>"$bin/asked"
		case \$* in
		"show --property Environment "*) echo "Environment=TEXTFILE_DIRECTORY=$dir/ METRICS_OPTIONS=" ;;
		esac
		[ "\$2" != cat ]
	END
	# shellcheck disable=SC2016 # for the script that is written
	printf '#!/bin/sh\ncase $2 in ./* | %s/*) exec /bin/rm "$@" ;; esac\necho "rm $*" >>"%s"\n' "$TMP" "$bin/asked" >"$bin/rm"
	printf '#!/bin/sh\n' >"$bin/rmmod"
	chmod 755 "$bin"/*
	: >"$bin/asked"
	check 'installer/disable, where nothing is installed' env "PATH=$bin:$PATH" "$here/../../installer/disable"
	check 'installer/disable: what was enabled, also where systemd does not run' \
		grep -qxF -- '--quiet disable tcp-reaper.service' "$bin/asked"
	check 'installer/disable: the metrics go' test -z "$(ls -A "$dir")"

	# The directory is another user's, who puts a link in its place.
	mkdir "$TMP/elsewhere"
	touch "$TMP/elsewhere/tcp_reaper.prom"
	rmdir "$dir"
	ln -s elsewhere "$dir"
	check 'systemd/forget' env "PATH=$bin:$PATH" "$here/../systemd/forget"
	check 'systemd/forget: nothing behind a link is removed' test -e "$TMP/elsewhere/tcp_reaper.prom"
}

# By a module that is loaded, and a systemctl that notes what it is asked for.
served() {
	local bin=$TMP/loads

	mkdir -p "$bin"
	printf '#!/bin/sh\necho 7\n' >"$bin/stat"
	cat >"$bin/systemctl" <<-END
		#!/bin/sh
		case \$* in
		is-enabled*) cat "$bin/enabled" ;;
		*restart*) echo "\$*" >"$bin/asked" ;;
		esac
	END
	chmod 755 "$bin"/*
	echo enabled >"$bin/enabled"
	PATH=$bin:$PATH "$here/../systemd/loaded"
	check 'systemd/loaded: a load gets its policy' test -e "$bin/asked"
	rm -f "$bin/asked"
	echo disabled >"$bin/enabled"
	PATH=$bin:$PATH "$here/../systemd/loaded"
	check 'systemd/loaded: not where an operator has disabled that' test ! -e "$bin/asked"
}

# In a machine of which a package has a part, by a dpkg-query that says so.
packaged() {
	local bin=$TMP/packages

	mkdir -p "$bin"
	printf '#!/bin/sh\nexit 1\n' >"$bin/rpm"
	cp "$bin/rpm" "$bin/dpkg-query"
	chmod 755 "$bin"/*
	check 'installer/ours, where there are no packages of it' env "PATH=$bin:$PATH" "$here/../../installer/ours"
	# shellcheck disable=SC2016 # for the script that is written
	printf '#!/bin/sh\necho "tcp-reaper-dkms, reaperctl: $2"\n' >"$bin/dpkg-query"
	capture env "PATH=$bin:$PATH" "$here/../../installer/ours"
	check 'installer/ours: where there are, make leaves them alone' test "$rc" = 1
	check 'installer/ours: their names, once each' grep -qF '(reaperctl tcp-reaper-dkms)' "$TMP/err"
	printf '#!/bin/sh\nexit 1\n' >"$bin/dpkg-query"
	mkdir -p "$TMP/rpmdb"
	# To be asked has it make its database.
	cat >"$bin/rpm" <<-END
		#!/bin/sh
		[ "\$1" != --eval ] || { echo "$TMP/rpmdb"; exit; }
		touch "$TMP/rpmdb/made"
		echo reaperctl
	END
	check 'installer/ours: an rpm that knows of no packages' env "PATH=$bin:$PATH" "$here/../../installer/ours"
	PATH=$bin:$TMP/fakes:$PATH "$here/../../installer/others" 1.0 >/dev/null
	check 'is not asked, as that would leave a database' test ! -e "$TMP/rpmdb/made"
	touch "$TMP/rpmdb/packages"
	capture env "PATH=$bin:$PATH" "$here/../../installer/ours"
	check 'installer/ours: those of rpm, too' grep -qF '(reaperctl)' "$TMP/err"
}

install_tests() {
	local dest=$TMP/dest unit said

	built_by_dkms
	disabled
	packaged
	served
	mkdir -p "$dest/usr/lib/tcp-reaper"
	touch "$dest/usr/lib/tcp-reaper/textfile"
	check 'make install' installed
	check 'what an earlier version had is gone' test ! -e "$dest/usr/lib/tcp-reaper/textfile"
	for unit in usr/sbin/reaperctl usr/share/man/man8/reaperctl.8 usr/share/man/man4/tcp_reaper.4 \
		etc/tcp_reaper.conf etc/tcp_reaper.d \
		usr/share/bash-completion/completions/reaperctl \
		usr/lib/tcp-reaper/loaded usr/lib/tcp-reaper/renew usr/lib/tcp-reaper/settle usr/lib/tcp-reaper/forget \
		lib/udev/rules.d/90-tcp-reaper.rules usr/share/tcp-reaper/alerts.yml \
		usr/share/doc/reaperctl/README.md; do
		check "installed: $unit" test -e "$dest/$unit"
	done
	check 'installed: the documents, and what their links lead to' \
		test -e "$dest/usr/share/doc/reaperctl/docs/interface.md" -a -z "$(dead_links "$dest/usr/share/doc/reaperctl")"
	check 'installed: the documents that the man pages name' test -z "$(missing_documents "$dest")"
	echo '# mine' >>"$dest/etc/tcp_reaper.conf"
	check 'make install again' installed
	check 'the conffile stays' grep -qx '# mine' "$dest/etc/tcp_reaper.conf"
	if command -v systemd-analyze >/dev/null; then
		for unit in "$here"/../systemd/*.service "$here"/../systemd/*.timer; do
			# The programs are not installed here, nor their manual pages.
			said=$(systemd-analyze verify "$unit" 2>&1 | grep -vE "is not executable: No such file|Command 'man |^$")
			check "systemd-analyze verify ${unit##*/}" test -z "$said"
		done
		for unit in "$here"/../systemd/*.service; do
			check "systemd-analyze security ${unit##*/}: at most 3.0" \
				systemd-analyze security --no-pager --offline=true --threshold=30 "$unit"
			check "${unit##*/}: memory is bounded" grep -q '^MemoryMax=[0-9]' "$unit"
		done
		check 'tcp-reaper.service: started however often the module is loaded' \
			grep -qx 'StartLimitIntervalSec=0' "$here/../systemd/tcp-reaper.service"
		check 'tcp-reaper.service: it remains, so that nothing else starts it again' \
			grep -qx 'RemainAfterExit=yes' "$here/../systemd/tcp-reaper.service"
		check 'tcp-reaper.service: nor what it is wanted by' \
			grep -qx 'WantedBy=multi-user.target' "$here/../systemd/tcp-reaper.service"
	else
		skip 'systemd-analyze verify' 'no systemd'
	fi
	# What docs/operating.md has to keep the module out.
	mkdir -p "$TMP/modprobe.d"
	echo 'install tcp_reaper /bin/false' >"$TMP/modprobe.d/out.conf"
	check 'the module is kept out' test "$(modprobe -C "$TMP/modprobe.d" -n -v tcp_reaper 2>&1 | xargs)" = 'install /bin/false'
	check 'make uninstall' make -s -C "$here/.." uninstall DESTDIR="$dest"
	check 'nothing is left but what is the operator'\''s' \
		test "$(cd "$dest" && find . -type f)" = ./etc/tcp_reaper.conf
	rm "$dest/etc/tcp_reaper.conf"
	installed
	make -s -C "$here/.." uninstall DESTDIR="$dest"
	check 'nor that, where nobody has changed it' test -z "$(cd "$dest" && find . -type f)"
	check 'nor a folder that nothing else was in' test -z "$(cd "$dest" && find . -name '*completions' -o -name 'man*')"
	installed
	mkdir -p "$dest/usr/share/fish/vendor_completions.d"
	touch "$dest/usr/share/fish/vendor_completions.d/another.fish"
	make -s -C "$here/.." uninstall DESTDIR="$dest"
	check 'but those with files of others' test -e "$dest/usr/share/fish/vendor_completions.d/another.fish"
}
