# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# The module exchanged under its namespaces' policies, by programs that do to the pseudo root what the kernel would; and once a load of it gets
# its policy. Sourced by run.

# reload_root [LINE...]: a module under a policy, and what the next load of it does besides.
reload_root() {
	conf_root
	knob mode enforce
	knob close_wait_timeout_ms 120000
	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	put sys/module/tcp_reaper/parameters/mode enforce
	put proc/net/reaper/stats 'orphan_tracked 2' 'orphan_reaped 30' 'orphan_evicted 0' 'orphan_forgotten 4' \
		'close_wait_age_ms_le_1000 5' 'close_wait_age_ms_le_inf 6'
	put proc/net/reaper/ages 'orphan_recovered_age_ms_le_1000 0' 'orphan_recovered_age_ms_le_inf 7'
	# Two living namespaces beside the initial one, and what is gone.
	put proc/net/reaper/others 'orphan_reaped 61' 'orphan_evicted 0' 'orphan_forgotten 8' \
		'close_wait_age_ms_le_1000 10' 'close_wait_age_ms_le_inf 15'
	mkdir -p "$TMP/bin"
	cat >"$TMP/bin/rmmod" <<-END
		#!/bin/sh
		mv "$ROOT/proc/net/reaper" "$ROOT/reaper"
	END
	cat >"$TMP/bin/modprobe" <<-END
		#!/bin/sh
		[ "\$1" != --dry-run ] || exit 0
		echo "\$*" >"$TMP/modprobe"
		cd "$ROOT" || exit 1
		echo observe >proc/sys/net/tcp_reaper/mode
		echo observe >sys/module/tcp_reaper/parameters/mode
		echo 3600000 >proc/sys/net/tcp_reaper/close_wait_timeout_ms
		: >reaper/rules
		: >reaper/ages
		echo orphan_reaped 0 >reaper/stats
		echo orphan_reaped 0 >reaper/others
		echo 2.0.0 >sys/module/tcp_reaper/version
		${1-}
		mv reaper proc/net/reaper
	END
	chmod 755 "$TMP/bin/rmmod" "$TMP/bin/modprobe"
}

reload_tests() {
	local PATH=$TMP/bin:$PATH

	reload_root
	t 0 reload "tcp_reaper 2.0.0 is loaded, $VERSION was; each of 3 namespaces keeps its policy and counters; log and ages begin anew" ''
	knob_is mode enforce
	knob_is close_wait_timeout_ms 120000
	check "$LABEL reload: the rules" test "$(cat "$ROOT/proc/net/reaper/rules")" = 'lport 22 exempt'
	parameter_is mode enforce
	check "$LABEL reload: the counters; what was tracked is forgotten" test "$(cat "$ROOT/proc/net/reaper/stats")" = \
		'orphan_reaped 30
orphan_forgotten 6
close_wait_age_ms_le_1000 5
close_wait_age_ms_le_inf 6'
	check "$LABEL reload: the ages of those that left by themselves" test "$(cat "$ROOT/proc/net/reaper/ages")" = 'orphan_recovered_age_ms_le_inf 7'
	check "$LABEL reload: those of namespaces that are gone" test "$(cat "$ROOT/proc/net/reaper/others")" = \
		'orphan_reaped 1
close_wait_age_ms_le_inf 3'
	# The parameters come in the order of their directory.
	check "$LABEL reload: loaded to observe, with the template" \
		test "$(tr ' ' '\n' <"$TMP/modprobe" | sort | tr '\n' ' ')" = \
		'close_wait_timeout_ms=3600000 mode=observe netns_admin=Y tcp_reaper '
	check "$LABEL reload: udev has nothing to apply" test "$(cat "$ROOT/run/reaperctl/load")" = "$(stat -c %i "$ROOT/sys/module/tcp_reaper")"

	reload_root
	rc=0
	tool reload >&- 2>"$TMP/err" || rc=$?
	check "$LABEL reload >&-" test "$rc:$(cat "$ROOT/run/reaperctl/lock")" = 1:

	reload_root 'rm proc/sys/net/tcp_reaper/close_wait_timeout_ms'
	capture tool reload
	check "$LABEL reload: what the new module lacks fails" test "$rc" = 1
	check "$LABEL reload: and is named" grep -qx 'reaperctl: netns blue: close_wait.timeout_ms = 120000: not handed over: No such file or directory' "$TMP/err"
	knob_is mode observe

	# As one that takes none: a file that is not there.
	reload_root 'rm reaper/stats reaper/others'
	capture tool reload
	check "$LABEL reload: a new module that takes no counters" test "$rc" = 1
	check "$LABEL reload: says whose" grep -qx 'reaperctl: netns blue: counters: not handed over, they begin anew: No such file or directory' "$TMP/err"
	check "$LABEL reload: of those that are gone, too" grep -q '^reaperctl: namespaces that are gone: counters: not handed over' "$TMP/err"
	knob_is mode enforce

	reload_root 'exit 1'
	capture tool reload
	check "$LABEL reload: a module that cannot be loaded" test "$rc" = 1
	check "$LABEL reload: says what holds now" grep -q 'the new module could not be loaded .* the old one is gone' "$TMP/err"

	reload_root
	printf '#!/bin/sh\nexit 1\n' >"$TMP/bin/modprobe"
	t 1 reload '' 'reaperctl: reload: no module for this kernel is installed (dkms status); nothing was done'
	knob_is mode enforce

	# What is changed while a reload is under way comes after it, which would undo it.
	reload_root
	for args in 'set mode=off' 'apply' 'rules clear' 'save'; do
		mkdir -p "$ROOT/run/reaperctl"
		rm -f "$TMP/released"
		flock "$ROOT/run/reaperctl/lock" sh -c "echo >'$TMP/locked'; sleep 0.4; echo >'$TMP/released'" &
		until [ -e "$TMP/locked" ]; do sleep 0.02; done
		# shellcheck disable=SC2086 # split on purpose
		capture tool $args
		check "$LABEL $args: after the reload that is under way" test -e "$TMP/released"
		rm "$TMP/locked"
		wait $!
	done
	flock "$ROOT/run/reaperctl/lock" sh -c "echo >'$TMP/locked'; exec sleep 60" &
	until [ -e "$TMP/locked" ]; do sleep 0.02; done
	capture tool set mode=off
	check "$LABEL set: one that does not end does not hold it up" test "$rc" = 0
	check "$LABEL set: and it is said" grep -q 'a reload of the module does not come to its end, and may undo this' "$TMP/err"
	knob_is mode off
	kill %%
	rm "$TMP/locked"

	# systemd/loaded asks this file; so a load's own event finds nothing to do.
	reload_root
	capture tool apply
	check "$LABEL apply: this load is served" test "$(cat "$ROOT/run/reaperctl/load")" = "$(stat -c %i "$ROOT/sys/module/tcp_reaper")"
	rm "$ROOT/run/reaperctl/load"
	for args in '-d' '-N'; do
		capture tool apply "$args"
		check "$LABEL apply $args: it is not" test ! -e "$ROOT/run/reaperctl/load"
	done
	rm -r "${TMP:?}/bin"
	new_root
}
