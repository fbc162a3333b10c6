# SPDX-License-Identifier: GPL-2.0-only
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
	t 0 apply 'netns gone: not there; its section waits for it' ''
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
reaperctl: apply: netns initial: skipped, it keeps what it has; mend that first'
}

# mistake LINE MESSAGE: in line 3 of the file; then its section is skipped, and the one after it is not.
mistake() {
	put "$CONF" '[netns initial]' 'mode = enforce' "$1" '[netns blue]' 'orphan.timeout_ms = 7s'
	knob orphan_timeout_ms 300000
	t 1 'apply -d' 'netns blue: orphan.timeout_ms: 5m -> 7s (/etc/tcp_reaper.conf:5)' "reaperctl: /etc/tcp_reaper.conf:3: $2
$SKIPPED"
	t 1 apply '' "reaperctl: /etc/tcp_reaper.conf:3: $2
$SKIPPED"
	knob_is orphan_timeout_ms 7000
	knob_is mode observe
}

SKIPPED='reaperctl: apply: netns initial: skipped, it keeps what it has; mend that first'

apply_bad() {
	conf_root
	mistake 'no.such = 5' 'no.such: no such setting; "reaperctl get" shows all'
	mistake 'just words' 'just words: neither [SECTION] nor KEY = VALUE'
	mistake '= 5' '= 5: neither [SECTION] nor KEY = VALUE'
	mistake 'orphan.timeout_ms = soon' 'orphan.timeout_ms = soon: not a time: 30s, 5m, 1h30m, 2d, milliseconds, or never'
	mistake 'orphan.timeout_ms = 99d' 'orphan.timeout_ms = 99d: more than 4294967295 ms, about 49 days'
	mistake 'orphan.timeout_ms =' 'orphan.timeout_ms = : not a time: 30s, 5m, 1h30m, 2d, milliseconds, or never'
	mistake 'mode = off' 'mode: given before, in line 2'
	mistake 'rules = file' 'rules = file: only "rules = none", or a line "rule = ..." for each'
	mistake 'rule = lport 0 exempt' "word '0': not within 1..65535"
	mistake 'rule = uid no-such-user exempt' "word 'no-such-user': no such user; a name, or a number"
	mistake 'rule = lport 1 close_wait_ms soon' "word 'soon': not a time: 30s, 5m, 1h30m, 2d, milliseconds, or never"
	mistake "$(printf '%0200d' 0) = 1" "$(printf '%0200d' 0) = 1: no such setting"
	apply_headings
	put "$CONF" '[template]' 'hook = none' 'rule = lport 1 exempt' '[netns blue]' 'orphan.timeout_ms = 8s'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:3: rule: the template has no rules
reaperctl: apply: template: skipped, it keeps what it has; mend that first'
	knob_is orphan_timeout_ms 8000
	put "$CONF" '[template]' 'hook = none'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:2: hook: no such setting of the template; /sys/module/tcp_reaper/parameters has them
reaperctl: apply: template: skipped, it keeps what it has; mend that first'
	printf '[netns initial]\nmode = off\0\n' >"$ROOT/$CONF"
	t 1 apply '' "reaperctl: /etc/tcp_reaper.conf:2: holds a NUL byte
$SKIPPED"
	# What could not be read may count more than all that was.
	t 1 'apply /nonexistent' '' 'reaperctl: /nonexistent: cannot be read: No such file or directory
reaperctl: apply: nothing was changed; mend that first'
	put "$CONF" '[netns initial]' 'mode = enforce'
	mkdir -p "$ROOT/etc/tcp_reaper.d/90-mine.conf"
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.d/90-mine.conf: cannot be read: Is a directory
reaperctl: apply: nothing was changed; mend that first'
	rmdir "$ROOT/etc/tcp_reaper.d/90-mine.conf"
	knob_is mode observe
	head -c 100000 /dev/urandom >"$ROOT/$CONF"
	capture tool apply
	check "$LABEL noise as a file" test "$rc:$(cat "$ROOT/proc/sys/net/tcp_reaper/mode")" = 1:observe
	t 2 'apply a b' '' 'reaperctl: apply: b is one too many; see reaperctl apply --help'
	t 2 '-a apply' '' 'reaperctl: apply is about the machine: not with -n, -p or -a; see reaperctl apply --help'
}

# heading LINE MESSAGE: in line 3; what is below it belongs to nobody, what is before and after it is good.
heading() {
	put "$CONF" '[netns initial]' 'orphan.timeout_ms = 7s' "$1" 'mode = enforce' '[netns blue]' 'close_wait.timeout_ms = 9s'
	knob orphan_timeout_ms 300000
	knob close_wait_timeout_ms 300000
	t 1 apply '' "reaperctl: /etc/tcp_reaper.conf:3: $2"
	knob_is orphan_timeout_ms 7000
	knob_is close_wait_timeout_ms 9000
	knob_is mode observe
}

apply_headings() {
	local bad

	heading '[netns blue' '[netns blue: no '\'']'\'' at the end'
	heading '[blue]' '[blue]: neither [template], [netns initial] nor [netns NAME]'
	heading '[netns]' '[netns]: neither [template], [netns initial] nor [netns NAME]'
	for bad in ../x a/b .. . 'a b' '"a' '"a"b' '"a\qb"' '""' "$(printf '%0256d' 0)"; do
		heading "[netns $bad]" "$bad: not a name of a network namespace; one with blanks is written as \"a b\""
	done
	put "$CONF" 'mode = enforce'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:1: mode: before the first section'
	knob_is mode observe
}

# Without the module, of another machine: cgroups and users are not looked for.
apply_check() {
	conf_root
	put "$CONF" '[template]' 'census_interval_s = 5m' '[netns "a b"]' 'mode = enforce' 'established.timeout_ms = never' \
		'close_wait.spare_unread = on' 'rule = uid of-that-machine cgroup /no/such.service close_wait_ms 5m'
	t 0 'apply --check' '2 sections, nothing wrong' ''
	echo 'rule = cgroup 77 exempt' >>"$ROOT/$CONF"
	t 0 'apply --check' '2 sections, nothing wrong' 'reaperctl: /etc/tcp_reaper.conf:8: note: cgroup 77: an id ends with its directory, as when a service is restarted; a path stays'
	sed -i '$d' "$ROOT/$CONF"
	mv "$ROOT/proc/net/reaper" "$ROOT/elsewhere"
	t 0 'apply -c' '2 sections, nothing wrong' ''
	t 0 "apply -c $ROOT/$CONF" '2 sections, nothing wrong' ''
	t 0 '-j apply -c' '{"sections":2,"state":"good"}' ''
	t 0 'apply --dry-run' '2 sections, nothing wrong' 'reaperctl: apply: module not loaded: only judged, as --check does; what it would change is not known'
	put "$CONF" '[template]' 'fin_wait2.timeout_ms = 1s' 'mode = on' '[netns initial]' 'mode = on' 'orphan.max = many' \
		'close_wait.action = probe' 'established.keepalive = 2' 'no.such = 1' 'rule = lport 0 exempt'
	t 1 'apply -c' '' "reaperctl: /etc/tcp_reaper.conf:2: fin_wait2.timeout_ms = 1s: no such setting of the template
reaperctl: /etc/tcp_reaper.conf:3: mode = on: no such value; it takes off|observe|enforce
reaperctl: /etc/tcp_reaper.conf:5: mode = on: no such value; it takes off|observe|enforce
reaperctl: /etc/tcp_reaper.conf:6: orphan.max = many: no such value; it takes a number up to 4294967295; 0 is none
reaperctl: /etc/tcp_reaper.conf:7: close_wait.action = probe: no such value; it takes reset|fin
reaperctl: /etc/tcp_reaper.conf:8: established.keepalive = 2: no such value; it takes 0|1
reaperctl: /etc/tcp_reaper.conf:9: no.such = 1: no such setting
reaperctl: /etc/tcp_reaper.conf:10: word '0': not within 1..65535"
	mv "$ROOT/elsewhere" "$ROOT/proc/net/reaper"
	t 2 'apply -f -c' '' 'reaperctl: apply: -f goes neither with -c, with -d nor with -; see reaperctl apply --help'
}

# Units and words are the same in a rule as in a setting.
apply_words() {
	conf_root
	put "$CONF" '[netns initial]' 'net.tcp_reaper.close_wait_timeout_ms = 5m' 'orphan_timeout_ms = never' \
		'rule = lport 1 close_wait_ms 5m orphan_ms never' 'rule = uid root exempt'
	t 0 apply '' ''
	knob_is close_wait_timeout_ms 300000
	knob_is orphan_timeout_ms 0
	check "$LABEL rules by words" test "$(cat "$ROOT/proc/net/reaper/rules")" = 'lport 1 close_wait_ms 300000 orphan_ms 0
uid 0 exempt'
}

# One namespace keeps all it has, others get theirs. The file of the kernel belongs to the tool's own process: see cases_set.
apply_refused() {
	conf_root
	ln -sf /proc/self/oom_score_adj "$ROOT/proc/sys/net/tcp_reaper/orphan_max"
	put "$CONF" '[netns initial]' 'mode = enforce' 'orphan.timeout_ms = 1s' 'orphan.max = 1001' \
		'[netns blue]' 'close_wait.spare_active = 0'
	t 1 apply '' 'reaperctl: /etc/tcp_reaper.conf:4: orphan.max = 1001: refused in netns initial: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; it takes a number up to 4294967295; 0 is none'
	knob_is mode observe
	knob_is orphan_timeout_ms 300000
	knob_is close_wait_spare_active 0
}

# Namespaces that come later get their section, and only they.
apply_new() {
	local absent='netns red: not there; its section waits for it'

	conf_root
	put "$CONF" '[template]' 'mode = enforce' '[netns initial]' 'mode = enforce' '[netns red]' 'orphan.timeout_ms = 1s'
	t 0 apply "$absent" ''
	knob mode observe
	knob orphan_timeout_ms 5000
	t 0 'apply --new' "$absent" ''
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
	t 2 'apply -f -d' '' 'reaperctl: apply: -f goes neither with -c, with -d nor with -; see reaperctl apply --help'
	t 2 'apply -f -' '' 'reaperctl: apply: -f goes neither with -c, with -d nor with -; see reaperctl apply --help'
}

# Names that are legal and unusual, one of which is another one's.
saved_names() {
	conf_root
	ln "$ROOT/netns/pod" "$ROOT/run/netns/a b"
	ln "$ROOT/netns/pod" "$ROOT/run/netns/initial"
	ln "$ROOT/netns/pod" "$ROOT/run/netns/"$'q"\\\nx]'
	t 0 save 'saved to /etc/tcp_reaper.d/90-saved.conf' ''
	check "$LABEL save: unusual names" test "$(grep '^.netns' "$ROOT/etc/tcp_reaper.d/90-saved.conf")" = '[netns initial]
[netns "a b"]
[netns blue]
[netns "initial"]
[netns "q\"\\\nx]"]'
	t 0 'apply -d' '' ''
	t 0 apply '' ''
	check "$LABEL apply recalls them" test "$(cut -d' ' -f3- "$ROOT/run/reaperctl/applied" | sort | paste -sd' ')" = \
		'"" "a b" "blue" "initial" "q\"\\\nx]"'
	rm "$ROOT/run/netns/initial" "$ROOT/run/netns/a b" "$ROOT/run/netns/"q*
}

# What could not be read is not taken for none; what changes meanwhile is not saved.
saved_unreadable() {
	local saved=$ROOT/etc/tcp_reaper.d/90-saved.conf

	conf_root
	mkdir "$ROOT/etc/tcp_reaper.d"
	echo '# mine' >"$saved"
	rm "$ROOT/proc/net/reaper/rules"
	capture tool save
	check "$LABEL save: rules that cannot be read" test "$rc:$(cat "$saved")" = '1:# mine'
	check "$LABEL save: says so" grep -q '^reaperctl: /proc/net/reaper/rules: cannot be read in the initial netns' "$TMP/err"
	put proc/net/reaper/rules 'no rule # hits 3'
	capture tool save
	check "$LABEL save: what apply would not take" test "$rc:$(cat "$saved")" = '1:# mine'
	: >"$ROOT/proc/net/reaper/rules"
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
	saved_names
	saved_unreadable
	saved_full
}

# In a file system that is full; and where a run before was killed while it wrote.
saved_full() {
	local dir=$ROOT/etc/tcp_reaper.d

	conf_root
	capture tool save
	touch -d '2 hours ago' "$dir/.90-saved.conf.0123456789abcdef" "$dir/.90-saved.conf.mine"
	touch "$dir/.90-saved.conf.fedcba9876543210"
	capture tool save
	check "$LABEL save: what a killed one left goes" test "$(cd "$dir" && echo .9*)" = \
		'.90-saved.conf.fedcba9876543210 .90-saved.conf.mine'
	if ! unshare --mount true 2>/dev/null; then
		skip "$LABEL save: full disk" 'no mount namespace'
		return
	fi
	# shellcheck disable=SC2016 # for the inner shell
	capture unshare --mount env "REAPERCTL_ROOT=$ROOT" bash -c 'mount -t tmpfs -o size=16k none "$1" && echo "# mine" >"$1/90-saved.conf" || exit 99
		cat /dev/zero >"$1/ballast" 2>/dev/null
		"${@:2}" save; echo "rc $? $(cd "$1" && ls -A | paste -sd" ") $(cat "$1/90-saved.conf")"' bash "$dir" "${TOOL[@]}"
	check "$LABEL save: full disk: the old file stays, and nothing beside it" test "$out" = 'rc 1 90-saved.conf ballast # mine'
	check "$LABEL save: full disk: says so" grep -q '^reaperctl: .*/90-saved.conf: No space left on device' "$TMP/err"
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
	rm -r "$ROOT/proc/net/reaper"
	t 3 'apply' '' 'reaperctl: module and reaperctl have different versions: no /proc/net/reaper; rmmod tcp_reaper, then modprobe tcp_reaper'
	rm "$ROOT/sys/module/tcp_reaper/initstate"
}

apply_tests() {
	apply_good
	apply_rules
	apply_bad
	apply_check
	apply_words
	apply_refused
	apply_new
	apply_follow
	saved
	conf_root
	mkdir -p "$ROOT/etc"
	cp "$here/../etc/tcp_reaper.conf" "$ROOT/etc/"
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
