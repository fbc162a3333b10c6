# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# The table of command lines: t RC ARGS STDOUT STDERR. Sourced by run.

USAGE_HINT='see reaperctl --help'

cases_usage() {
	t 0 -V "reaperctl $VERSION" ''
	t 0 --version "reaperctl $VERSION" ''
	t 2 frobnicate '' "reaperctl: frobnicate: no such command; $USAGE_HINT"
	t 2 '-x' '' "reaperctl: -x: no such option; $USAGE_HINT"
	t 2 '-jx' '' "reaperctl: -x: no such option; $USAGE_HINT"
	t 2 '--frob' '' "reaperctl: --frob: no such option; $USAGE_HINT"
	t 2 '--json=1' '' "reaperctl: -j: takes no value; $USAGE_HINT"
	t 2 '-n' '' "reaperctl: -n: needs a value; $USAGE_HINT"
	t 2 '-a -n blue' '' "reaperctl: only one of -n, -p and -a, and once; $USAGE_HINT"
	t 2 '-p 1 -p 1' '' "reaperctl: only one of -n, -p and -a, and once; $USAGE_HINT"
	t 2 '-p 12x list' '' "reaperctl: -p 12x: not the number of a process; $USAGE_HINT"
	t 2 '-p 0' '' "reaperctl: -p 0: not the number of a process; $USAGE_HINT"
	t 2 '-p 99999999999' '' "reaperctl: -p 99999999999: not the number of a process; $USAGE_HINT"
	t 2 '-n ../x' '' "reaperctl: -n ../x: not a name of a network namespace; $USAGE_HINT"
	t 2 'list extra' '' 'reaperctl: list: extra is one too many; see reaperctl list --help'
	t 2 'get a b' '' 'reaperctl: get: b is one too many; see reaperctl get --help'
	t 2 'list -x' '' 'reaperctl: -x: no such option; see reaperctl list --help'
	t 2 'get mode --frob' '' 'reaperctl: --frob: no such option; see reaperctl get --help'
	t 2 '-a version' '' 'reaperctl: version is about the machine: not with -n, -p or -a; see reaperctl version --help'
	t 2 'set' '' 'reaperctl: set: KEY=VALUE... is missing; see reaperctl set --help'
	t 1 '-n nosuch' '' 'reaperctl: -n nosuch: /run/netns/nosuch: No such file or directory; "ip netns list" shows the names'
	t 1 '-p 4712' '' 'reaperctl: -p 4712: /proc/4712/ns/net: No such file or directory; no such process, or it has ended'
}

# Options of all verbs before the verb or after it, names cut short, words mistyped.
cases_words() {
	local plain

	plain=$(tool -j -n blue list)
	t 0 'list -j -n blue' "$plain" ''
	t 0 'list -S age --json --netns=blue -r -r' "$(tool -n blue -j list -S age -r)" ''
	t 0 'list -o json -n blue' "$plain" ''
	t 0 '--output=json -n blue list' "$plain" ''
	t 0 'status -a -j' "$(tool -aj status)" ''
	t 0 'get mode -p 9000' observe ''
	t 0 '-o text get mode' observe ''
	t 2 'list -o xml' '' "reaperctl: -o xml: neither json nor text; $USAGE_HINT"
	t 2 'list -n' '' 'reaperctl: -n: needs a value; see reaperctl list --help'
	t 2 '-n blue list -a' '' "reaperctl: only one of -n, -p and -a, and once; $USAGE_HINT"
	t 2 'version -a' '' 'reaperctl: version is about the machine: not with -n, -p or -a; see reaperctl version --help'
	t 0 'list -V' "reaperctl $VERSION" ''

	t 0 'li' "$(tool list)" ''
	t 0 'ge mode' observe ''
	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	t 0 'ru s' "$(tool rules show)" ''
	rm "$ROOT/proc/net/reaper/rules"
	t 0 'v' "$(tool version)" ''
	t 2 'l' '' 'reaperctl: l: several commands begin so: list, log; see reaperctl --help'
	t 2 's mode=off' '' 'reaperctl: s: several commands begin so: status, set, save; see reaperctl --help'
	t 2 'compl' '' 'reaperctl: compl: no such command; see reaperctl --help'
	capture tool ''
	check "$LABEL an empty command is none" test "$rc:$err" = "2:reaperctl: : no such command; see reaperctl --help"

	t 2 'lsit' '' 'reaperctl: lsit: no such command; did you mean list? See reaperctl --help'
	t 2 'diagnos3' '' 'reaperctl: diagnos3: no such command; did you mean diagnose? See reaperctl --help'
	t 2 'xyz' '' 'reaperctl: xyz: no such command; see reaperctl --help'
	t 1 'get mod' '' 'reaperctl: mod: no such setting in the initial netns; did you mean mode? "reaperctl get" shows all'
	t 1 'set close_wait.timout_ms=5m' '' 'reaperctl: close_wait.timout_ms: no such setting in the initial netns; nothing was changed there; did you mean close_wait.timeout_ms? "reaperctl get" shows all'
	t 0 'help' "$(tool --help)" ''
	t 0 'help list' "$(tool list --help)" ''
	t 0 'help di' "$(tool diagnose -h)" ''
	t 0 '-h list' "$(tool list -h)" ''
	t 2 'help lsit' '' 'reaperctl: lsit: no such command; did you mean list? See reaperctl --help'
}

cases_get() {
	t 0 get 'mode = observe
close_wait.action = reset
close_wait.spare_active = 1
close_wait.timeout_ms = 3600000
orphan.timeout_ms = 300000' ''
	t 0 'get close_wait.timeout_ms' 3600000 ''
	t 0 'get close_wait/timeout_ms' 3600000 ''
	t 0 '-n blue get mode' observe ''
	t 0 '-p 9000 get mode' observe ''
	t 0 'get close_wait_timeout_ms' 3600000 ''
	t 0 'get net.tcp_reaper.close_wait_timeout_ms' 3600000 ''
	t 0 'get net/tcp_reaper/close_wait_timeout_ms' 3600000 ''
	t 1 'get close_wait.timeout' '' 'reaperctl: close_wait.timeout: no such setting in the initial netns; did you mean close_wait.timeout_ms? "reaperctl get" shows all'
	t 1 'get no.such' '' 'reaperctl: no.such: no such setting in the initial netns; "reaperctl get" shows all'
	t 0 '-a get mode' "# the initial netns (inode $INITIAL)
observe

# netns blue (inode $BLUE)
observe

# netns of pid 9000 (inode $POD)
observe" ''
	t 0 '-j get mode' "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$INITIAL},\"knobs\":{\"mode\":\"observe\"}}" ''
	t 0 '-j -a get orphan.timeout_ms' "[{\"netns\":{\"name\":\"initial\",\"pid\":1,\"inode\":$INITIAL},\"knobs\":{\"orphan.timeout_ms\":300000}},{\"netns\":{\"name\":\"blue\",\"pid\":null,\"inode\":$BLUE},\"knobs\":{\"orphan.timeout_ms\":300000}},{\"netns\":{\"name\":null,\"pid\":9000,\"inode\":$POD},\"knobs\":{\"orphan.timeout_ms\":300000}}]" ''
}

cases_set() {
	t 0 'set close_wait.timeout_ms=30s orphan/timeout_ms=1h30m' '' ''
	t 0 'get close_wait.timeout_ms' 30000 ''
	t 0 'get orphan.timeout_ms' 5400000 ''
	t 0 'set close_wait.timeout_ms=500ms orphan.timeout_ms=2d' '' ''
	t 0 'get close_wait.timeout_ms' 500 ''
	t 0 'get orphan.timeout_ms' 172800000 ''
	t 0 'set close_wait.timeout_ms=4294967295' '' ''
	t 0 '-j set mode=enforce close_wait.timeout_ms=5m' "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$INITIAL},\"knobs\":{\"mode\":\"enforce\",\"close_wait.timeout_ms\":300000},\"due\":1}" ''
	t 0 'set mode=enforce' '' ''
	t 0 '-a set mode=observe' '' ''
	t 0 'set orphan.timeout_ms=1s mode=enforce' '1 socket is due and goes now' ''
	t 0 '-a set mode=observe orphan.timeout_ms=2d' '' ''
	sed -i 's/ wait$/ due/' "$ROOT/proc/net/reaper/sockets"
	t 0 '-n blue set mode=enforce' '2 sockets are due and go now' ''
	sed -i '2s/ due$/ wait/' "$ROOT/proc/net/reaper/sockets"
	t 0 'set mode=observe' '' ''
	sed -i '1s/$/ action/; 2s/wait$/due probe/; 3s/$/ reset/; 4s/active$/due probe/' "$ROOT/proc/net/reaper/sockets"
	t 0 'set mode=enforce' '1 socket is due and goes now, 2 idle ones are probed' ''
	t 0 'set mode=observe' '' ''
	sed -i '1s/ action$//; 2s/due probe$/wait/; 3s/ reset$//; 4s/due probe$/active/' "$ROOT/proc/net/reaper/sockets"
	# As status prints them, as sysctl(8) has them, as people write them.
	t 0 'set close_wait.timeout_ms=never orphan.timeout_ms=off' '' ''
	t 0 'get close_wait.timeout_ms' 0 ''
	t 0 'get orphan.timeout_ms' 0 ''
	t 0 'set net.tcp_reaper.close_wait_timeout_ms=5m close_wait_spare_active=off orphan_timeout_ms=2d' '' ''
	t 0 'get close_wait.timeout_ms' 300000 ''
	t 0 'get close_wait.spare_active' 0 ''
	t 0 'set close_wait.spare_active=on' '' ''
	t 0 'set close_wait.timeout_ms=90' '' 'reaperctl: set: close_wait.timeout_ms=90: a number alone is of milliseconds, so this is 90ms; 90s would be seconds'
	t 0 'set close_wait.timeout_ms=300000' '' ''
	# Nothing below may change a thing.
	local hint='see reaperctl set --help' bad
	for bad in 5x 1m1h 5m5m 1.5s -1 +1 s 5m0 99999999999999999999 \
		999999999999999999d 5mss; do
		t 2 "set mode=off orphan.timeout_ms=$bad" '' \
			"reaperctl: set: orphan.timeout_ms=$bad: not a time: 30s, 5m, 1h30m, 2d, milliseconds, or never; $hint"
	done
	t 2 'set mode=off orphan.timeout_ms=4294967296' '' "reaperctl: set: orphan.timeout_ms=4294967296: more than 4294967295 ms, about 49 days; $hint"
	t 2 'set mode=off orphan.timeout_ms=50d' '' "reaperctl: set: orphan.timeout_ms=50d: more than 4294967295 ms, about 49 days; $hint"
	t 2 'set mode=off orphan.timeout_ms' '' "reaperctl: set: orphan.timeout_ms: not KEY=VALUE; $hint"
	t 2 'set mode=off =5' '' "reaperctl: set: =5: not KEY=VALUE; $hint"
	t 2 'set mode=off orphan.timeout_ms=' '' "reaperctl: set: orphan.timeout_ms=: not KEY=VALUE; $hint"
	t 2 'set mode=off mode=enforce' '' "reaperctl: set: mode: given twice; $hint"
	t 2 'set orphan.timeout_ms=1 orphan/timeout_ms=2' '' "reaperctl: set: orphan/timeout_ms: given twice; $hint"
	t 2 'set orphan.timeout_ms=1 orphan_timeout_ms=2' '' "reaperctl: set: orphan_timeout_ms: given twice; $hint"
	t 1 'set mode=off no.such=1' '' 'reaperctl: no.such: no such setting in the initial netns; nothing was changed there; "reaperctl get" shows all'
	t 0 get 'mode = observe
close_wait.action = reset
close_wait.spare_active = 1
close_wait.timeout_ms = 300000
orphan.timeout_ms = 172800000' ''

	# A file of the real kernel that takes some values and refuses others,
	# and belongs to the tool's own process only.
	ln -sf /proc/self/oom_score_adj \
		"$ROOT/proc/sys/net/tcp_reaper/orphan_max"
	t 0 'set mode=off orphan.max=1000' '' ''
	t 1 'set mode=enforce close_wait.timeout_ms=1s orphan.max=1001' '' 'reaperctl: orphan.max=1001: refused in the initial netns: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; it takes a number up to 4294967295; 0 is none'
	t 0 'get mode' off ''
	t 0 'get close_wait.timeout_ms' 300000 ''
	t 1 '-a set mode=enforce orphan.max=1001' '' 'reaperctl: orphan.max=1001: refused in the initial netns: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; it takes a number up to 4294967295; 0 is none
reaperctl: orphan.max=1001: refused in netns blue: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; it takes a number up to 4294967295; 0 is none
reaperctl: orphan.max=1001: refused in netns of pid 9000: /proc/sys/net/tcp_reaper/orphan_max: Invalid argument; nothing was changed there; it takes a number up to 4294967295; 0 is none'
	t 0 'get mode' off ''
	cases_set_order
	new_root
	cases_stale
	cases_hidden
	cases_many_namespaces

	capture tool_unprivileged set mode=off
	if [ "$rc" = 1 ] && [ -z "$out" ] && [ "$err" = 'reaperctl: mode=off: refused in the initial netns: /proc/sys/net/tcp_reaper/mode: Permission denied; nothing was changed there; it needs CAP_NET_ADMIN, with netns_admin=N over the initial netns' ]; then
		ok "$LABEL set without rights"
	else
		not_ok "$LABEL set without rights" "rc $rc: $out $err"
	fi
	t 0 'get mode' observe ''
}

# Where /proc has no process of others it is said, as nothing can be counted.
cases_hidden() {
	local hidden='/proc shows you no processes of others (hidepid=)'

	rm -r "$ROOT/proc/1" "$ROOT/proc/4711" "$ROOT/proc/812"
	capture tool list
	check "$LABEL hidepid: list" test "$rc:$err" = "0:reaperctl: holders of 1 sockets not shown: $hidden; run it as root"
	capture tool -a get mode
	check "$LABEL hidepid: -a" test "$rc:$err" = "1:reaperctl: -a: $hidden, so some may be missing; run it as root"
	new_root
}

# Anybody may make more namespaces than root may have descriptors.
cases_many_namespaces() {
	local i

	for i in {1..60}; do
		: >"$ROOT/netns/many$i"
		process $((20000 + i)) many "$ROOT/netns/many$i"
	done
	capture prlimit --nofile=40:40 env REAPERCTL_ROOT="$ROOT" "${TOOL[@]}" -a get mode
	check "$LABEL more namespaces than descriptors: two lines say so" test "$rc:$(grep -c . "$TMP/err")" = 1:2
	check "$LABEL more namespaces than descriptors: the others are served" test "$(grep -c '^observe$' "$TMP/out")" -ge 15
	check "$LABEL more namespaces than descriptors: how many" grep -qE '^reaperctl: -a: [45][0-9] namespaces in all left out$' "$TMP/err"
	new_root
}

# A name without a namespace is named, and keeps nobody from what can be done.
cases_stale() {
	local stale='reaperctl: -a: /run/netns: no namespace behind .old, stale, left out; "ip netns delete" removes a stale name'

	: >"$ROOT/run/netns/stale"
	: >"$ROOT/run/netns/.old"
	chmod 0 "$ROOT/run/netns/stale" "$ROOT/run/netns/.old"
	ln "$ROOT/netns/pod" "$ROOT/run/netns/.hidden"
	: >"$ROOT/proc/net/reaper/rules"
	knob mode enforce
	capture tool -a set mode=observe
	check "$LABEL -a set with a stale name" test "$rc:$out:$(cat "$ROOT/proc/sys/net/tcp_reaper/mode")" = 1::observe
	check "$LABEL -a set names it" grep -qE '^reaperctl: -a: /run/netns: no namespace behind (\.old, stale|stale, \.old), left out' "$TMP/err"
	rm -f "$ROOT/run/netns/.old"
	t 1 '-a get mode' "# the initial netns (inode $INITIAL)
observe

# netns .hidden (inode $POD)
observe

# netns blue (inode $BLUE)
observe" "${stale/.old, /}"
	t 0 '-n .hidden get mode' observe ''
	capture tool -a status
	check "$LABEL -a status with a stale name" test "$rc:$(grep -c '^mode' "$TMP/out"):$err" = "1:3:${stale/.old, /}"
	capture tool -a metrics
	check "$LABEL -a metrics with a stale name" test "$rc:$(grep -c '^tcp_reaper_namespaces{mode="observe"} 3$' "$TMP/out"):$err" = "1:1:${stale/.old, /}"
	capture tool save -
	check "$LABEL save with a stale name" test "$rc:$(grep '^.netns' "$TMP/out" | paste -sd' '):$err" = \
		'1:[netns initial] [netns .hidden] [netns blue]:reaperctl: save: /run/netns/stale: no namespace behind it, left out; "ip netns delete" removes a stale name'
	new_root
}

# Whatever the order of the words: orphan.max is refused, and whether mode was
# written before that shows by the time of its file.
cases_set_order() {
	local mode=$ROOT/proc/sys/net/tcp_reaper/mode before

	touch -d 2001-01-01 "$mode"
	before=$(stat -c %y "$mode")
	capture tool set mode=enforce orphan.max=1001
	check "$LABEL enforce is written last" \
		test "$rc:$(stat -c %y "$mode")" = "1:$before"
	capture tool set orphan.max=1001 mode=observe
	check "$LABEL another mode is written first" \
		test "$rc:$(stat -c %y "$mode")" != "1:$before"
	t 0 'get mode' off ''
}

cases_show() {
	local screen="netns   initial (inode $INITIAL)
mode    observe: counts what would be reaped, touches no socket
hook    kprobe tcp_fin, tcp_close

CLASS       SEEN  TAKEN  TRACKED  RECOVERED  REAPED  WOULD-REAP  TIMEOUT  ACTION
close_wait   120    119        2        117       0           1       1h  reset
orphan        40     40        1         39       0           0       5m  -

spared  active 2: old enough, but something moved lately
health  adopted 1: no hook saw them, a census found them; right after the load that is normal
        census_runs 4: walks over all connections
other   novel_counter 18446744073709551615
others  6 sockets are tracked in 2 other namespaces: reaperctl -a"

	t 0 '' "$screen" ''
	# The histogram's, which say nothing to a person.
	echo 'close_wait_age_ms_sum 23840' >>"$ROOT/proc/net/reaper/stats"
	t 0 status "$screen" ''
	sed -i '$d' "$ROOT/proc/net/reaper/stats"
	knob reaps_per_s 50
	echo 'braked 7' >>"$ROOT/proc/net/reaper/stats"
	capture tool status
	check "$LABEL status: the brake, and those that waited" test "$(grep -c -e '^brake   at most 50 reaps a second$' \
		-e 'braked 7: due, and had to wait, as reaps_per_s' "$TMP/out")" = 2
	knob reaps_per_s 0
	check "$LABEL status: no brake" test "$(tool status | sed -n 4p)" = 'brake   none'
	sed -i '$d' "$ROOT/proc/net/reaper/stats"
	rm "$ROOT/proc/sys/net/tcp_reaper/reaps_per_s"
	t 0 list 'CLASS       STATE         AGE  IDLE  RECV-Q  SEND-Q  LOCAL              REMOTE               VERDICT  HOLDER
close_wait  CLOSE_WAIT  1h02m  0.0s       0       0  127.0.0.1:80       127.0.0.1:40313      active   not accepted
orphan      FIN_WAIT1   1m05s  0.4s       0    1460  [2001:db8::1]:443  [2001:db8::2]:50000  due      none
close_wait  CLOSE_WAIT   5.2s  5.2s       1       0  127.0.0.1:80       127.0.0.1:40312      wait     users:(("leaky",pid=812,fd=7),("leaky",pid=812,fd=12),("worker",pid=4711,fd=9))' ''
	t 0 version "reaperctl $VERSION
tcp_reaper $VERSION" ''
	t 0 '-j version' "{\"reaperctl\":\"$VERSION\",\"module\":\"$VERSION\"}" ''
	# An upgrade that did not reach the kernel.
	put sys/module/tcp_reaper/version 0.9
	t 0 version "reaperctl $VERSION
tcp_reaper 0.9
module  0.9, but reaperctl $VERSION: \"reaperctl reload\" loads the one that is installed" ''
	capture tool status
	check "$LABEL status: a module of another version" grep -q '^module  0.9, but reaperctl' "$TMP/out"
	put sys/module/tcp_reaper/version "$VERSION"
	put proc/net/reaper/sockets 'class state age_ms idle_ms local remote uid inode rxq txq verdict'
	t 0 diagnose 'no socket lingers
6 sockets are tracked in 2 other namespaces: reaperctl -a diagnose' ''
	check "$LABEL with -a there is no other namespace" test "$(tool -a diagnose | grep -c other)" = 0
	t 0 '-n blue status' "${screen/initial (inode $INITIAL)/blue (inode $BLUE)}" ''
}

# Help is on stdout, with 0, for the tool and for each verb it names.
cases_help() {
	local verb

	capture tool --help
	case $rc:$err:$out in
	0::Usage:\ reaperctl*) ok "$LABEL --help" ;;
	*) not_ok "$LABEL --help" "rc $rc: $err $out" ;;
	esac
	for verb in status list diagnose top get set rules log record apply save metrics help version; do
		check "$LABEL --help names $verb" grep -q "^  $verb " "$TMP/out"
	done
	for verb in status list diagnose top get set rules log record apply save metrics help version; do
		capture tool "$verb" --help
		case $rc:$err:$out in
		0::Usage:\ reaperctl*\ "$verb"*) ok "$LABEL $verb --help" ;;
		*) not_ok "$LABEL $verb --help" "rc $rc: $err $out" ;;
		esac
	done
	t 0 'set mode=off -h' "$(tool set -h)" ''
	t 0 'get mode' observe ''
}

# No module: 3, and what to do; help and bad usage are as ever.
cases_unloaded() {
	local gone='reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper'

	rm -r "$ROOT/proc/net/reaper" "$ROOT/proc/sys/net/tcp_reaper" "$ROOT/sys/module/tcp_reaper"
	t 3 '' '' "$gone"
	t 3 '-j list' '' "$gone"
	t 3 '-a get' '' "$gone"
	t 3 'set mode=off' '' "$gone"
	t 3 'diagnose' '' "$gone"
	t 3 'top' '' "$gone"
	t 3 'log -f' '' "$gone"
	t 3 '-a metrics' '' "$gone"
	t 3 'version' "reaperctl $VERSION" "$gone"
	t 3 '-j version' "{\"reaperctl\":\"$VERSION\",\"module\":null}" "$gone"
	t 2 'get a b' '' 'reaperctl: get: b is one too many; see reaperctl get --help'
	# Where /proc shows processes alone nothing can be told of the module.
	rm -r "$ROOT/proc/net" "$ROOT/proc/sys"
	local hidden='reaperctl: no /proc/net, so the module cannot be seen: /proc is mounted with subset=pid, as ProcSubset=pid in a unit does, or not at all; run it where /proc is whole'
	t 1 list '' "$hidden"
	t 1 version "reaperctl $VERSION" "$hidden"
	new_root
}

# A unit with ProtectKernelTunables=, and most containers: dmesg has no word of that.
cases_read_only() {
	local verb

	if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
		skip "$LABEL read-only settings" 'not root, or no mount namespace'
		return
	fi
	for verb in 'set mode=off' 'rules clear' 'apply'; do
		put proc/net/reaper/rules ''
		put etc/tcp_reaper.conf '[netns initial]' 'mode = off'
		# shellcheck disable=SC2016,SC2086 # for the other shell; split on purpose
		capture env REAPERCTL_ROOT="$ROOT" unshare -m bash -c \
			'mount --bind "$1/proc" "$1/proc" && mount -o remount,ro,bind "$1/proc" && shift && exec "$@"' \
			bash "$ROOT" "${TOOL[@]}" $verb
		check "$LABEL read-only: $verb" test "$rc:$(grep -c 'Read-only file system; .*its file system is read-only here, as ProtectKernelTunables= in a unit and containers have it: run it outside$' "$TMP/err")" = 1:1
	done
	new_root
}

# A container: its process 1 is not the machine's, and its netns not the initial one.
cases_container() {
	ln -sfn 'pid:[4026532201]' "$ROOT/proc/self/ns/pid"
	t 0 'status' "$(tool -p 1 status | sed "1s/of pid 1/this one/")" ''
	check "$LABEL a container's netns is not called the initial one" \
		test "$(tool status | head -1)" = "netns   this one (inode $INITIAL)"
	t 0 '-j get mode' "{\"netns\":{\"name\":null,\"pid\":null,\"inode\":$INITIAL},\"knobs\":{\"mode\":\"observe\"}}" ''
	check "$LABEL nor with -a" test -z "$(tool -a status | grep initial)"
	new_root
}

# A module whose folder has another name, as it once was, is of another version;
# one that is on its way in or out is none yet, or no more.
cases_other_version() {
	local other='reaperctl: module and reaperctl have different versions: no /proc/net/reaper; rmmod tcp_reaper, then modprobe tcp_reaper'
	local gone='reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper' state

	mv "$ROOT/proc/net/reaper" "$ROOT/proc/net/tcp_reaper"
	put sys/module/tcp_reaper/initstate live
	t 3 '' '' "$other"
	t 3 'set mode=off' '' "$other"
	t 3 'save' '' "$other"
	t 3 'version' "reaperctl $VERSION
tcp_reaper $VERSION" "$other"
	for state in coming going; do
		put sys/module/tcp_reaper/initstate "$state"
		t 3 'list' '' "$gone"
	done
	new_root
}

cases_full_disk() {
	local verb

	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	put proc/net/reaper/log "$LOG_HEADER" "${LOG_ROWS[0]}"
	put etc/tcp_reaper.conf '[netns initial]' 'mode = observe' 'orphan.timeout_ms = 1s'
	for verb in status list '-aj list' diagnose '-j diagnose' 'get mode' '-j set mode=off' 'set mode=enforce' rules '-j rules' \
		'rules check /dev/null' log '-j log' 'log -f' '-a log -f' '-aj log -f' 'apply -d' 'apply -c' '-j apply' 'save -' \
		'-a metrics' 'metrics -P' '-j metrics' help 'help list' 'list -h' -V version 'complete set'; do
		rc=0
		# shellcheck disable=SC2086 # split on purpose
		REAPERCTL_ROOT=$ROOT timeout 20 "${TOOL[@]}" $verb >/dev/full 2>"$TMP/err" || rc=$?
		check "$LABEL $verb > /dev/full" test "$rc:$(cat "$TMP/err")" = \
			'1:reaperctl: standard output: No space left on device; output is cut short'
	done
	# Who reads may go while there is nothing to say: after the heading.
	rm "$ROOT/proc/net/reaper/log"
	mkfifo "$ROOT/proc/net/reaper/log"
	exec 8<>"$ROOT/proc/net/reaper/log"
	echo "$LOG_HEADER" >&8
	for verb in 'log -f' '-a log -f'; do
		rc=0
		: >"$TMP/rc"
		# shellcheck disable=SC2086 # split on purpose
		(REAPERCTL_ROOT=$ROOT timeout 20 "${TOOL[@]}" $verb 2>/dev/null || echo $? >"$TMP/rc") | head -n 1 >"$TMP/out"
		check "$LABEL $verb whose reader has gone ends" test "$(grep -c '^TIME' "$TMP/out"):$(cat "$TMP/rc")" = 1:
		rm -f "$ROOT/proc/net/reaper/log"
		put proc/net/reaper/log "$LOG_HEADER"
	done
	exec 8>&-
	new_root
	cases_closed
}

# Whichever of the three is closed, nothing that is written goes into a file of ours.
cases_closed() {
	local verb

	for verb in list '-j -a list' metrics help 'complete get'; do
		rc=0
		# shellcheck disable=SC2086 # split on purpose
		tool $verb >&- 2>"$TMP/err" || rc=$?
		check "$LABEL $verb >&-" test "$rc:$(cat "$TMP/err")" = '1:reaperctl: standard output: Bad file descriptor; output is cut short'
	done
	rc=0
	tool set mode=off orphan.timeout_ms=1d <&- >&- 2>&- || rc=$?
	t 0 'get mode' off ''
	t 0 'get orphan.timeout_ms' 86400000 ''
	check "$LABEL set with nothing open" test "$rc" = 0
	new_root
}
