# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Settings for a time: the kernel is given all of them and the time at once, and takes them back. Sourced by run.

WRITTEN=proc/net/reaper/trial

# trial [LINE...]: what the module says of one.
trial() {
	rm -f "$ROOT/$WRITTEN"
	put $WRITTEN "$@"
	[ $# != 0 ] || : >"$ROOT/$WRITTEN"
}

trial_set() {
	local args

	trial
	t 0 'set --for 15m close_wait.timeout_ms=10m orphan/timeout_ms=1m mode=enforce' '1 socket is due and goes now
in 15m all goes back, unless "reaperctl set --keep" comes first' ''
	check "$LABEL set --for: one write has it all" test "$(cat "$ROOT/$WRITTEN")" = \
		'900000 close_wait/timeout_ms=600000 orphan/timeout_ms=60000 mode=enforce'
	check "$LABEL set --for: and is the only one" test "$(tool get mode) $(tool get close_wait.timeout_ms)" = 'observe 3600000'
	capture tool -j set -f 1h mode=off
	check "$LABEL -j set --for" grep -qF '"knobs":{"mode":"off"},"for_ms":3600000}' "$TMP/out"
	trial
	for args in '0' '7d1s' 'soon' '-1'; do
		t 2 "set --for $args mode=off" '' "reaperctl: set: --for $args: not a time up to a week: 30s, 5m, 1h30m, 2d; see reaperctl set --help"
	done
	t 2 'set --for 5m' '' 'reaperctl: set: KEY=VALUE... is missing; see reaperctl set --help'
	t 2 'set --keep mode=off' '' 'reaperctl: set: --keep stands alone: it keeps all that was set with --for; see reaperctl set --help'
	capture tool set --for 5m no.such=1
	check "$LABEL set --for: a key that is none" test "$rc:$(cat "$ROOT/$WRITTEN")" = 1:
	rm "$ROOT/$WRITTEN"
	t 1 'set --for 5m mode=off' '' 'reaperctl: set: refused in the initial netns: /proc/net/reaper/trial: No such file or directory; nothing was changed there; the module that is loaded cannot do that: reaperctl reload'
}

trial_kept() {
	trial
	t 1 'set --keep' '' 'reaperctl: set: nothing goes back in the initial netns: no trial was begun there, or it is over'
	t 1 '-a set --keep' '' 'reaperctl: set: nothing goes back in any namespace: no trial was begun, or it is over'
	trial 'left_ms 840000' 'mode enforce observe' 'close_wait/timeout_ms 600000 3600000'
	check "$LABEL status: what goes back, and when" test "$(tool status | grep -A1 '^trial')" = \
		'trial   mode = enforce, in 14m00s back to observe
        close_wait.timeout_ms = 10m, in 14m00s back to 1h'
	capture tool -j status
	check "$LABEL -j status: what goes back" grep -qF '"trial":{"left_ms":840000,"mode":"observe","close_wait.timeout_ms":3600000}' "$TMP/out"
	t 0 'set -k' 'kept: mode = enforce
kept: close_wait.timeout_ms = 600000' ''
	check "$LABEL set --keep: the module is told" test "$(cat "$ROOT/$WRITTEN")" = keep
	rm "$ROOT/$WRITTEN"
	t 1 'set --keep' '' 'reaperctl: set: nothing goes back in the initial netns: no trial was begun there, or it is over'
	check "$LABEL status: a module of before" test "$(tool status | grep -c '^trial')" = 0
}

# What is on trial is no policy to be saved, and persistent policy that says the same keeps it.
trial_policy() {
	conf_root
	trial 'left_ms 840000' 'close_wait/timeout_ms 600000 3600000'
	knob close_wait_timeout_ms 600000
	rm "$ROOT/run/netns/blue"
	t 1 'save -' '' 'reaperctl: save: close_wait.timeout_ms = 600000 is only on trial in the initial netns; nothing was saved; confirm by "reaperctl set --keep", or wait until it is over'
	put etc/tcp_reaper.conf '[netns initial]' 'close_wait.timeout_ms = 10m'
	capture tool apply -d
	check "$LABEL apply: what is on trial is to be written" grep -qF 'close_wait.timeout_ms: 1h -> 10m' "$TMP/out"
	put etc/tcp_reaper.conf '[netns initial]' 'close_wait.timeout_ms = 1h'
	capture tool apply
	check "$LABEL apply: what is not on trial, too" test "$(tool get close_wait.timeout_ms)" = 3600000
	trial
	put etc/tcp_reaper.conf '[netns initial]' 'close_wait.timeout_ms = 1h'
	check "$LABEL apply: else what is so is not" test -z "$(tool apply -d | grep close_wait)"
}

trial_reload() {
	local PATH=$TMP/bin:$PATH

	reload_root ': >reaper/trial'
	trial 'left_ms 840000' 'mode enforce observe' 'close_wait/timeout_ms 120000 240000'
	capture tool reload
	check "$LABEL reload: what is on trial is handed on as it was before" test "$rc $(tool get mode) $(tool get close_wait.timeout_ms)" = '0 observe 240000'
	check "$LABEL reload: and the trial after it, with the time that is left" test "$(cat "$ROOT/$WRITTEN")" = \
		'840000 mode=enforce close_wait/timeout_ms=120000'
	reload_root ': >reaper/trial; rm proc/sys/net/tcp_reaper/close_wait_timeout_ms'
	knob mode observe
	trial 'left_ms 840000' 'orphan/timeout_ms 120000 240000'
	capture tool reload
	check "$LABEL reload: no trial on half a policy" test "$rc:$(cat "$ROOT/$WRITTEN")" = 1:
	check "$LABEL reload: says so" grep -q 'what was on trial has gone back, as its policy is not whole' "$TMP/err"
	rm -r "${TMP:?}/bin"
}

set_for_tests() {
	new_root
	trial_set
	trial_kept
	trial_policy
	trial_reload
	new_root
}
