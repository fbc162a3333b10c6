#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
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
	check "mistake: what is skipped" grep -qF "netns $(ns_name b): skipped" "$TMP/err"
	knob_is b orphan/timeout_ms 6000
	knob_is a orphan/timeout_ms 5000
	knob a orphan/timeout_ms 999
	check_is "as before" "$before" "$(reaperctl -n "$(ns_name a)" get)"
}

# A name that "ip netns add" left behind when it was interrupted, one whose mount is gone, and one that begins with a dot.
stale() {
	local rc=0
	touch "/run/netns/tcpr-$$-stale"
	new_ns dead
	ip netns add ".tcpr-$$"
	umount "/run/netns/$(ns_name dead)"
	knob a mode enforce
	ip netns exec ".tcpr-$$" sysctl -qw net.tcp_reaper.mode=enforce
	reaperctl -a set mode=observe >"$TMP/out" 2>"$TMP/err" || rc=$?
	check_is "-a set with stale names: exit code" 1 "$rc"
	check_is "-a set with stale names: done" "observe observe observe" "$(knob init mode) $(knob a mode) $(ip netns exec ".tcpr-$$" sysctl -n net.tcp_reaper.mode)"
	check "-a set names them" grep -qE "no namespace behind .*tcpr-$$-stale" "$TMP/err"
	check "and the other" grep -qE "no namespace behind .*$(ns_name dead)" "$TMP/err"
	check_is "in one line" 1 "$(wc -l <"$TMP/err")"
	rc=0
	reaperctl save - >"$TMP/out" 2>"$TMP/err" || rc=$?
	check_is "save with stale names: exit code" 1 "$rc"
	check_is "save: those that there are" 1 "$(grep -cxF "[netns .tcpr-$$]" "$TMP/out")"
	check "metrics" eval 'reaperctl -a metrics 2>/dev/null | grep -qx "tcp_reaper_namespaces_unread 0"'
	del_ns dead
	ip netns del ".tcpr-$$"
	rm "/run/netns/tcpr-$$-stale"
	knob a mode enforce
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

# What tcp_reaper(4) says to enter, as it stands there.
man_example() {
	local page=/usr/share/man/man4/tcp_reaper.4 text rc=0
	if [[ ! -e $page ]]; then
		skip "the example of tcp_reaper(4)" "not installed"
		return
	fi
	text=$(sed -n '/^[.]Sh EXAMPLES/,/^[.]Ed/{ /^[.]Bd/,/^[.]Ed/{ /^[.]/!p } }' "$page")
	in_ns a sh -ec "$text" >"$TMP/out" 2>&1 || rc=$?
	check_is "the example of tcp_reaper(4): exit code" 0 "$rc"
	knob_is a close_wait/timeout_ms 1800000
	knob_is a mode enforce
	check_is "and every namespace to come" "enforce 1800000" "$(template mode) $(template close_wait_timeout_ms)"
	template mode observe
	template close_wait_timeout_ms 3600000
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
	reaperctl -n "$(ns_name a)" metrics >"$TMP/metrics"
	check "metrics: the counter" grep -qx "tcp_reaper_reaped_total{netns=\"$(ns_name a)\",class=\"close_wait\"} 5" "$TMP/metrics"
	reaperctl -a metrics -H culprit >"$TMP/metrics"
	check "metrics: of all other namespaces together" grep -qx "tcp_reaper_reaped_total{netns=\"other\",class=\"close_wait\"} 5" "$TMP/metrics"
	check "metrics: no socket of the program is tracked" grep -qx 'tcp_reaper_holder_sockets{comm="culprit"} 0' "$TMP/metrics"
	check_between "metrics: its descriptors are there" 5 100 \
		"$(sed -n 's/^tcp_reaper_holder_descriptors{comm="culprit"} //p' "$TMP/metrics")"
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
stale
saved
man_example
followed
finish
