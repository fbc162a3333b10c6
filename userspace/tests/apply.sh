# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Persistent policy: read, judged, put into force, saved. Sourced by run.

# The pseudo root has one set of knobs for all namespaces.
CONF=etc/tcp_reaper.conf

conf_root() {
	new_root
	mkdir "$ROOT/etc"
	put sys/module/tcp_reaper/parameters/mode observe
	put sys/module/tcp_reaper/parameters/close_wait_timeout_ms 3600000
	put sys/module/tcp_reaper/parameters/netns_admin Y
	chmod 444 "$ROOT/sys/module/tcp_reaper/parameters/hook"
	: >"$ROOT/proc/net/reaper/rules"
}

knob_is() {
	check "$LABEL $1 is $2" test "$(cat "$ROOT/proc/sys/net/tcp_reaper/$1")" = "$2"
}

parameter_is() {
	check "$LABEL parameter $1 is $2" test "$(cat "$ROOT/sys/module/tcp_reaper/parameters/$1")" = "$2"
}

apply_good() {
	conf_root
	t 0 apply '' ''
	put "$CONF" '# comment' '; another' '' '[template]' 'mode = enforce' \
		'close_wait_timeout_ms = 30m' '  [ netns   initial ]  ' \
		'close_wait.timeout_ms=2h # two' 'mode = enforce' \
		'[netns gone]' 'mode = off'
	t 0 'apply --dry-run' 'template: mode: observe -> enforce (/etc/tcp_reaper.conf:5)
template: close_wait_timeout_ms: 1h -> 30m (/etc/tcp_reaper.conf:6)
netns initial: close_wait.timeout_ms: 1h -> 2h (/etc/tcp_reaper.conf:8)
netns initial: mode: observe -> enforce (/etc/tcp_reaper.conf:9)
netns gone: not there; its section waits for it' ''
	knob_is mode observe
	parameter_is mode observe
	t 0 apply '' ''
	knob_is mode enforce
	knob_is close_wait_timeout_ms 7200000
	parameter_is mode enforce
	parameter_is close_wait_timeout_ms 1800000
	t 0 'apply -d' 'netns gone: not there; its section waits for it' ''
	# What comes later counts more; other names than *.conf do not count.
	mkdir -p "$ROOT/etc/tcp_reaper.d"
	put etc/tcp_reaper.d/20-b.conf '[netns initial]' 'mode = off'
	put etc/tcp_reaper.d/10-a.conf '[netns initial]' 'mode = observe' 'close_wait/timeout_ms = 1h'
	put etc/tcp_reaper.d/30-c.conf.dpkg-new '[netns initial]' 'mode = enforce'
	t 0 'apply --dry-run' 'netns initial: close_wait.timeout_ms: 2h -> 1h (/etc/tcp_reaper.d/10-a.conf:3)
netns initial: mode: enforce -> off (/etc/tcp_reaper.d/20-b.conf:2)
netns gone: not there; its section waits for it' ''
	t 0 '-j apply' '[{"section":"template","changes":[]},{"section":"netns initial","changes":[{"key":"close_wait.timeout_ms","old":"7200000","new":"3600000","file":"/etc/tcp_reaper.d/10-a.conf","line":3},{"key":"mode","old":"enforce","new":"off","file":"/etc/tcp_reaper.d/20-b.conf","line":2}]},{"section":"netns gone","state":"absent","changes":[]}]' ''
	knob_is mode off
	# A file of one's own, without a last newline.
	printf '[netns blue]\nmode = observe' >"$TMP/own.conf"
	t 0 "apply $TMP/own.conf" '' ''
	knob_is mode observe
	check "$LABEL apply - " eval 'printf "[netns blue]\nmode=enforce\n" | tool apply -'
	knob_is mode enforce
}

apply_rules() {
	conf_root
	put "$CONF" '[netns initial]' 'rule = lport 22 exempt' 'rule = raddr 192.0.2.0/24 close_wait_ms 5000 # why'
	t 0 'apply -d' 'netns initial: rules: other ones, 2 now (/etc/tcp_reaper.conf:2)' ''
	t 0 apply '' ''
	check "$LABEL rules are written" test "$(cat "$ROOT/proc/net/reaper/rules")" = 'lport 22 exempt
raddr 192.0.2.0/24 close_wait_ms 5000'
	put proc/net/reaper/rules 'lport 22 exempt # hits 7' 'raddr 192.0.2.0/24 close_wait_ms 5000 # hits 0'
	t 0 'apply -d' '' ''
	mkdir -p "$ROOT/etc/tcp_reaper.d"
	put etc/tcp_reaper.d/a.conf '[netns initial]' 'rules = none'
	t 0 'apply -d' 'netns initial: rules: other ones, 0 now (/etc/tcp_reaper.d/a.conf:2)' ''
	t 0 apply '' ''
	check "$LABEL rules are gone" test -z "$(tr -d '\n' <"$ROOT/proc/net/reaper/rules")"
	rm "$ROOT/proc/net/reaper/rules"
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.d/a.conf:2: rules: /proc/net/reaper/rules: No such file or directory; does the module know rules?
reaperctl: apply: nothing was changed; mend that first'
}

# mistake LINE MESSAGE: in line 3 of the file, and then nothing is changed.
mistake() {
	put "$CONF" '[netns initial]' 'mode = enforce' "$1"
	t 1 apply '' "reaperctl: /etc/tcp_reaper.conf:3: $2
reaperctl: apply: nothing was changed; mend that first"
	t 1 'apply -d' '' "reaperctl: /etc/tcp_reaper.conf:3: $2
reaperctl: apply: nothing was changed; mend that first"
}

apply_bad() {
	conf_root
	mistake 'no.such = 5' 'no.such: no such setting; "reaperctl get" shows all'
	mistake 'just words' 'just words: neither [SECTION] nor KEY = VALUE'
	mistake '= 5' '= 5: neither [SECTION] nor KEY = VALUE'
	mistake 'orphan.timeout_ms = soon' 'orphan.timeout_ms = soon: not a time: 30s, 5m, 1h30m or milliseconds'
	mistake 'orphan.timeout_ms = 99d' 'orphan.timeout_ms = 99d: more than 4294967295 ms, about 49 days'
	mistake 'orphan.timeout_ms =' 'orphan.timeout_ms = : not a time: 30s, 5m, 1h30m or milliseconds'
	mistake 'mode = off' 'mode: given before, in line 2'
	mistake '[netns blue' '[netns blue: no '\'']'\'' at the end'
	mistake '[blue]' '[blue]: neither [template], [netns initial] nor [netns NAME]'
	mistake '[netns]' '[netns]: neither [template], [netns initial] nor [netns NAME]'
	mistake '[netns ../x]' '../x: not a name of a network namespace'
	mistake 'rules = file' 'rules = file: only "rules = none", or a line "rule = ..." for each'
	mistake 'rule = lport 0 exempt' "word '0': not within 1..65535"
	mistake "$(printf '%0200d' 0) = 1" "$(printf '%0200d' 0) = 1: no such setting"
	knob_is mode observe
	put "$CONF" 'mode = enforce'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:1: mode: before the first section
reaperctl: apply: nothing was changed; mend that first'
	put "$CONF" '[template]' 'hook = none' 'rule = lport 1 exempt'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:3: rule: the template has no rules
reaperctl: /etc/tcp_reaper.conf:2: hook: no such setting of the template; /sys/module/tcp_reaper/parameters has them
reaperctl: apply: nothing was changed; mend that first'
	printf '[netns initial]\nmode = off\0\n' >"$ROOT/$CONF"
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:2: holds a NUL byte
reaperctl: apply: nothing was changed; mend that first'
	t 1 'apply /nonexistent' '' 'reaperctl: /nonexistent: cannot be read: No such file or directory
reaperctl: apply: nothing was changed; mend that first'
	head -c 100000 /dev/urandom >"$ROOT/$CONF"
	capture tool apply
	check "$LABEL noise as a file" test "$rc:$(tail -n 1 "$TMP/err")" = '1:reaperctl: apply: nothing was changed; mend that first'
	t 2 'apply a b' '' 'reaperctl: apply: b is one too many; see reaperctl apply --help'
	t 2 '-a apply' '' 'reaperctl: apply is about the machine: not with -n, -p or -a; see reaperctl apply --help'
}

# One namespace keeps all it has, others get theirs. The file of the kernel belongs to the tool's own process: see cases_set.
apply_refused() {
	conf_root
	ln -sf /proc/self/oom_score_adj "$ROOT/proc/sys/net/tcp_reaper/orphan_max"
	put "$CONF" '[netns initial]' 'mode = enforce' 'orphan.timeout_ms = 1s' 'orphan.max = 1001' \
		'[netns blue]' 'close_wait.spare_active = 0'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:4: orphan.max = 1001: refused in netns initial: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; reaperctl(8) says which values there are'
	knob_is mode observe
	knob_is orphan_timeout_ms 300000
	knob_is close_wait_spare_active 0
}

# Namespaces that come later get their section, and only they.
apply_new() {
	conf_root
	put "$CONF" '[template]' 'mode = enforce' '[netns initial]' 'mode = enforce' '[netns red]' 'orphan.timeout_ms = 1s'
	t 0 apply '' ''
	knob mode observe
	knob orphan_timeout_ms 5000
	t 0 'apply --new' '' ''
	knob_is mode observe
	knob_is orphan_timeout_ms 5000
	: >"$ROOT/run/netns/red"
	t 0 'apply --new' '' ''
	knob_is mode observe
	knob_is orphan_timeout_ms 1000
	# An operator's change stays, until the namespace is another one.
	knob orphan_timeout_ms 7000
	t 0 'apply --new' '' ''
	knob_is orphan_timeout_ms 7000
	rm "$ROOT/run/netns/red"
	: >"$ROOT/run/netns/red"
	t 0 'apply --new' '' ''
	knob_is orphan_timeout_ms 1000
	head -c 3000 /dev/urandom >"$ROOT/run/reaperctl/applied"
	t 0 'apply --new' '' ''
}

follower_said() {
	grep -qxF "$1" "$TMP/followed"
}

followed_twice() {
	[ "$(grep -c "^netns $1: " "$TMP/followed")" = 2 ]
}

# Each name as it comes, until it is ended.
apply_follow() {
	local pid i

	conf_root
	rm -rf "$ROOT/run/netns"
	put etc/tcp_reaper.conf '[netns red]' 'orphan.timeout_ms = 1s' '[netns n2]' 'mode = enforce' '[netns n3]' 'mode = off' '[netns n4]' 'mode = observe'
	REAPERCTL_ROOT=$ROOT "${TOOL[@]}" apply --follow >"$TMP/followed" 2>&1 &
	pid=$!
	check "$LABEL apply -f makes the directory" wait_for test -d "$ROOT/run/netns"
	: >"$ROOT/run/netns/red"
	check "$LABEL apply -f: a name" wait_for follower_said 'netns red: its section is in force'
	knob_is orphan_timeout_ms 1000
	knob orphan_timeout_ms 7000
	# Not one after the other: the second comes while the first is looked at.
	for i in 2 3 4; do
		: >"$ROOT/run/netns/n$i"
	done
	for i in 2 3 4; do
		check "$LABEL apply -f: name $i of a burst" wait_for follower_said "netns n$i: its section is in force"
	done
	knob_is orphan_timeout_ms 7000
	check "$LABEL apply -f: each once" test "$(wc -l <"$TMP/followed")" = 4
	mv "$ROOT/run/netns" "$ROOT/run/old"
	rm -r "$ROOT/run/old"
	check "$LABEL apply -f makes the directory again" wait_for test -d "$ROOT/run/netns"
	mv "$ROOT/proc/net/reaper" "$ROOT/elsewhere"
	: >"$ROOT/run/netns/n2"
	mv "$ROOT/elsewhere" "$ROOT/proc/net/reaper"
	: >"$ROOT/run/netns/red"
	check "$LABEL apply -f: after the module was away" wait_for followed_twice red
	kill "$pid"
	wait "$pid"
	t 2 'apply -f -d' '' 'reaperctl: apply: -f goes neither with -d nor with -; see reaperctl apply --help'
	t 2 'apply -f -' '' 'reaperctl: apply: -f goes neither with -d nor with -; see reaperctl apply --help'
}

# What save writes is what apply takes, and changes nothing.
saved() {
	local saved=$ROOT/etc/tcp_reaper.d/90-saved.conf

	conf_root
	knob orphan_timeout_ms 0
	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	t 0 save 'saved to /etc/tcp_reaper.d/90-saved.conf' ''
	check "$LABEL save: all" test "$(grep -v '^#' "$saved")" = '
[template]
close_wait_timeout_ms = 1h
mode = observe
netns_admin = Y

[netns initial]
mode = observe
close_wait.action = reset
close_wait.spare_active = 1
close_wait.timeout_ms = 1h
orphan.timeout_ms = 0
rule = lport 22 exempt

[netns blue]
mode = observe
close_wait.action = reset
close_wait.spare_active = 1
close_wait.timeout_ms = 1h
orphan.timeout_ms = 0
rule = lport 22 exempt'
	t 0 'apply -d' '' ''
	knob mode enforce
	t 0 'apply -d' 'netns initial: mode: enforce -> observe (/etc/tcp_reaper.d/90-saved.conf:10)
netns blue: mode: enforce -> observe (/etc/tcp_reaper.d/90-saved.conf:18)' ''
	capture tool save -
	check "$LABEL save -" grep -qxF 'mode = enforce' "$TMP/out"
	check "$LABEL save -: no file" grep -qxF 'mode = observe' "$saved"
	: >"$ROOT/proc/net/reaper/rules"
	capture tool save -
	check "$LABEL save: no rules" test "$(grep -c '^rules = none$' "$TMP/out")" = 2
	printf 'a\0b' >"$ROOT/proc/sys/net/tcp_reaper/mode"
	capture tool save
	check "$LABEL save: unreadable" test "$rc:$(grep -c 'mode = observe' "$saved")" = 1:3
	t 2 'save x' '' 'reaperctl: save: x: only - for standard output; see reaperctl save --help'
	capture tool_unprivileged save
	check "$LABEL save without rights" test "$rc:$(grep -c 'mode = observe' "$saved")" = 1:3
}

# sleeping PID: of the tool itself, not of the shell it comes from.
sleeping() {
	grep -q '(reaperctl) S ' "/proc/$1/stat"
}

# A module that is just being loaded is waited for.
apply_coming() {
	local pid

	put sys/module/tcp_reaper/initstate coming
	put etc/tcp_reaper.conf '[netns initial]' 'orphan.timeout_ms = 4s'
	REAPERCTL_ROOT=$ROOT "${TOOL[@]}" apply >"$TMP/out" 2>&1 &
	pid=$!
	check "$LABEL apply: loaded meanwhile: is waited for" wait_for sleeping "$pid"
	mv "$ROOT/elsewhere" "$ROOT/proc/net/reaper"
	put sys/module/tcp_reaper/initstate live
	wait "$pid"
	check "$LABEL apply: loaded meanwhile" test $? = 0
	knob_is orphan_timeout_ms 4000
	put sys/module/tcp_reaper/initstate live
	rm -r "$ROOT/proc/net/reaper"
	t 3 'apply' '' 'reaperctl: module and reaperctl have different versions: no /proc/net/reaper; rmmod tcp_reaper, then modprobe tcp_reaper'
	rm "$ROOT/sys/module/tcp_reaper/initstate"
}

apply_tests() {
	apply_good
	apply_rules
	apply_bad
	apply_refused
	apply_new
	apply_follow
	saved
	conf_root
	cp "$here/../etc/tcp_reaper.conf" "$ROOT/etc/tcp_reaper.conf" 2>/dev/null ||
		{ mkdir -p "$ROOT/etc" && cp "$here/../etc/tcp_reaper.conf" "$ROOT/etc/"; }
	t 0 'apply -d' '' ''
	# Its examples are right.
	sed -i 's/^#\([[a-z]\)/\1/' "$ROOT/etc/tcp_reaper.conf"
	put sys/module/tcp_reaper/parameters/orphan_timeout_ms 0
	knob orphan_max 0
	capture tool apply -d
	check "$LABEL the conffile's examples" test "$rc:$(grep -c -- '->' "$TMP/out"):$err" = 0:4:
	cp -r "$ROOT/proc/net/reaper" "$ROOT/elsewhere"
	rm -r "$ROOT/proc/net/reaper"
	t 3 apply '' 'reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper'
	apply_coming
	t 3 save '' 'reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper'
	new_root
}
