#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Persistent policy against the real module: all of a section or nothing, new namespaces, save; and log and metrics of what it did.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check
. "$(dirname "$0")/lib.sh"

command -v reaperctl >/dev/null || skip_all "no reaperctl"

# conf LINE...: a file of sections.
conf() {
	printf '%s\n' "$@" >"$TMP/conf"
}

# apply CODE ARGS...: apply the file; what it printed is in $TMP/out and $TMP/err.
apply() {
	local want=$1 rc=0
	shift
	reaperctl apply "$@" "$TMP/conf" >"$TMP/out" 2>"$TMP/err" || rc=$?
	check_is "apply $*: exit code" "$want" "$rc"
	((rc == want)) || sed 's/^/# /' "$TMP/out" "$TMP/err"
}

knob_is() {
	check_is "$1: $2" "$3" "$(knob "$1" "$2")"
}

sections() {
	conf '[template]' 'orphan_timeout_ms = 7m' '[netns initial]' 'close_wait.timeout_ms = 20m' \
		"[netns $(ns_name a)]" 'mode = enforce' 'close_wait.timeout_ms = 1h' 'orphan.timeout_ms = 0' \
		'rule = lport 22 exempt' 'rule = raddr 192.0.2.0/24 close_wait_ms 5000' \
		"[netns $(ns_name later)]" 'orphan.timeout_ms = 11s'
	apply 0 --dry-run
	check "dry run: the template" grep -q '^template: orphan_timeout_ms: 5m -> 7m (' "$TMP/out"
	check "dry run: a namespace" grep -qF "netns $(ns_name a): mode: observe -> enforce ($TMP/conf:6)" "$TMP/out"
	check "dry run: one that is not there" grep -qF "netns $(ns_name later): not there" "$TMP/out"
	knob_is a mode observe
	apply 0
	check_is "the template" 420000 "$(template orphan_timeout_ms)"
	knob_is init close_wait/timeout_ms 1200000
	knob_is a mode enforce
	knob_is a close_wait/timeout_ms 3600000
	knob_is a orphan/timeout_ms 0
	knob_is b orphan/timeout_ms 300000
	check_is "rules" 2 "$(proc_net a reaper/rules | grep -c '# hits 0$')"
	apply 0 --dry-run
	check_is "applied: no difference but who is not there" 1 "$(wc -l <"$TMP/out")"
}

new_namespaces() {
	knob a orphan/timeout_ms 999
	new_ns later
	knob_is later orphan/timeout_ms 420000
	apply 0 --new
	knob_is later orphan/timeout_ms 11000
	knob_is a orphan/timeout_ms 999
	knob later orphan/timeout_ms 888
	apply 0 --new
	knob_is later orphan/timeout_ms 888
	del_ns later
	new_ns later
	apply 0 --new
	knob_is later orphan/timeout_ms 11000
}

refusals() {
	local before
	before=$(reaperctl -n "$(ns_name a)" get)
	conf "[netns $(ns_name a)]" 'mode = observe' 'orphan.timeout_ms = 5s' 'close_wait.action = explode' \
		"[netns $(ns_name b)]" 'orphan.timeout_ms = 6s'
	apply 1
	check "refused: file, line, what" grep -qF "$TMP/conf:4: close_wait.action = explode: refused in netns $(ns_name a): " "$TMP/err"
	check_is "refused: as before" "$before" "$(reaperctl -n "$(ns_name a)" get)"
	knob_is b orphan/timeout_ms 6000
	conf "[netns $(ns_name a)]" 'orphan.timeout_ms = 5s' "[netns $(ns_name b)]" 'orphan.timeout_ms = 1s' 'no.such = 1'
	apply 1
	check "mistake: file, line, what" grep -qF "$TMP/conf:5: no.such: no such setting" "$TMP/err"
	check_is "mistake: as before" "$before" "$(reaperctl -n "$(ns_name a)" get)"
	knob_is b orphan/timeout_ms 6000
}

saved() {
	reaperctl save - >"$TMP/conf"
	apply 0 --dry-run
	check_is "saved: no difference" "" "$(cat "$TMP/out")"
	check "saved: the rules" grep -qx 'rule = lport 22 exempt' "$TMP/conf"
	knob a mode off
	apply 0
	knob_is a mode enforce
	setpriv --reuid 65534 --regid 65534 --clear-groups reaperctl apply - <"$TMP/conf" >"$TMP/out" 2>"$TMP/err"
	check "without rights" grep -qE 'run it as root|CAP_' "$TMP/err"
}

# What is reaped is in the log, as it happens, and in the metrics.
followed() {
	local log
	background follow a reaperctl log -f
	await follow '^TIME' >/dev/null || return 1
	background victim a culprit leaked 5
	await victim '^ready' >/dev/null || return 1
	policy a close_wait/timeout_ms=200 mode=enforce
	check "5 reaped" poll_until 10 stat_is a close_wait_reaped 5
	log=$(output follow)
	# shellcheck disable=SC2016 # for the inner shell
	check "log -f shows them" poll_until 10 sh -c '[ "$(grep -c "close_wait .* reset " "$1")" = 5 ]' sh "$log"
	check "and who held them" grep -qE "culprit,pid=$(pid_of victim),fd=[0-9]+" "$log"
	check_is "log: the same" "$(grep -c reset "$log")" "$(reaperctl -n "$(ns_name a)" log | grep -c ' reset ')"
	reaperctl -a metrics >"$TMP/metrics"
	check "metrics: the counter" grep -qx "tcp_reaper_reaped_total{netns=\"$(ns_name a)\",class=\"close_wait\"} 5" "$TMP/metrics"
	check "metrics: all namespaces" grep -q "^tcp_reaper_sockets{netns=\"initial\",class=\"close_wait\"} " "$TMP/metrics"
	check_is "metrics: a whole document" "# EOF" "$(tail -n 1 "$TMP/metrics")"
	unload
	check "log -f ends with the module" eval 'ended follow; (($? == 3))'
	stop victim
}

new_ns a b || exit 1
load mode=observe || exit 1
sections
new_namespaces
refusals
saved
followed
finish
