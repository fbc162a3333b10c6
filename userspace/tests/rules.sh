# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# reaperctl rules. Sourced by run.

RULES=proc/net/reaper/rules

# rulefile LINE...: the file to load or check.
rulefile() {
	printf '%s\n' "$@" >"$TMP/rules"
}

# kernel_has NAME TEXT: what the pseudo kernel was given, byte for byte.
kernel_has() {
	local got

	got=$(cat "$ROOT/$RULES" && echo .)
	if [ "$got" = "$2
." ]; then
		ok "$LABEL rules: $1"
	else
		not_ok "$LABEL rules: $1" "wanted: $2
got: $got"
	fi
}

# wrong LINE WORD REASON: a line that check blames for that.
wrong() {
	rulefile 'lport 1 exempt' '# second' "$1"
	t 1 "rules check $TMP/rules" '' "reaperctl: $TMP/rules:3: word '$2': $3"
}

rules_usage() {
	local hint='see reaperctl rules --help'

	t 2 'rules frob' '' "reaperctl: rules: frob: neither show, load, check nor clear; $hint"
	t 2 'rules load' '' "reaperctl: rules: load: FILE is missing; $hint"
	t 2 'rules check' '' "reaperctl: rules: check: FILE is missing; $hint"
	t 2 'rules check a b' '' "reaperctl: rules: check: b is one too many; $hint"
	t 2 'rules show x' '' "reaperctl: rules: show: x is one too many; $hint"
	t 2 'rules clear x' '' "reaperctl: rules: clear: x is one too many; $hint"
	t 1 "rules check $TMP/nosuch" '' "reaperctl: $TMP/nosuch: cannot be read: No such file or directory"
	t 1 "rules check $TMP" '' "reaperctl: $TMP: cannot be read: Is a directory"
	capture tool rules --help
	check "$LABEL rules --help" grep -q '^Usage: reaperctl .*rules ' "$TMP/out"
}

rules_show() {
	local shown='lport 80 exempt # hits 3
raddr 10.0.0.0/8 uid 1000 orphan_ms 5 # hits 18446744073709551615'

	t 1 'rules show' '' 'reaperctl: /proc/net/reaper/rules: cannot be read in the initial netns: No such file or directory; try again; dmesg may say more'
	: >"$ROOT/$RULES"
	t 0 'rules show' '' ''
	t 0 '-j rules show' "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$INITIAL},\"rules\":[]}" ''
	put "$RULES" "$shown"
	t 0 'rules show' "$shown" ''
	t 0 rules "$shown" ''
	t 0 '-n blue -j rules show' "{\"netns\":{\"name\":\"blue\",\"pid\":null,\"inode\":$BLUE},\"rules\":[{\"rule\":\"lport 80 exempt\",\"hits\":3},{\"rule\":\"raddr 10.0.0.0/8 uid 1000 orphan_ms 5\",\"hits\":18446744073709551615}]}" ''
	t 0 '-a rules show' "# the initial netns (inode $INITIAL)
$shown

# netns blue (inode $BLUE)
$shown

# netns of pid 9000 (inode $POD)
$shown" ''
	put "$RULES" 'lport 80 exempt' 'lport 81 exempt # hits 4'
	t 1 'rules show' 'lport 80 exempt
lport 81 exempt # hits 4' 'reaperctl: /proc/net/reaper/rules: line 1 has no number of hits in the initial netns, 1 in all left out; do reaperctl and module have the same version (reaperctl version)?'
}

rules_load() {
	put "$RULES" 'lport 80 exempt # hits 3'
	rulefile '# ours' '' 'lport 80-80   exempt # web' 'laddr 2001:DB8::/32 action fin orphan_ms 1'
	t 0 "rules load $TMP/rules" '' ''
	kernel_has 'load' 'lport 80 exempt
laddr 2001:db8::/32 orphan_ms 1 action fin'
	t 0 "-j rules load $TMP/rules" "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$INITIAL},\"rules\":2}" ''
	t 0 "-a rules load $TMP/rules" '' ''
	rc=0
	printf 'uid 5 exempt' | tool rules load - >"$TMP/out" 2>"$TMP/err" || rc=$?
	kernel_has "load - (rc $rc)" 'uid 5 exempt'
	rulefile 'uid 6 exempt' 'uid 7' 'lport 0 exempt' 'uid 8 exempt'
	t 1 "rules load $TMP/rules" '' "reaperctl: $TMP/rules:2: word '7': no verdict after it
reaperctl: $TMP/rules:3: word '0': not within 1..65535
reaperctl: rules: nothing was changed"
	kernel_has 'nothing is loaded from a wrong file' 'uid 5 exempt'
	t 0 'rules clear' '' ''
	kernel_has 'clear' ''
	rulefile '# nothing'
	t 0 "rules load $TMP/rules" '' ''
	kernel_has 'load of nothing' ''

	put "$RULES" 'uid 5 exempt # hits 1'
	capture tool_unprivileged rules clear
	if [ "$rc:$out" = 1: ] && [ "$err" = 'reaperctl: rules: refused in the initial netns: /proc/net/reaper/rules: Permission denied; nothing was changed there; it needs CAP_NET_ADMIN, with netns_admin=N over the initial netns' ]; then
		ok "$LABEL rules clear without rights"
	else
		not_ok "$LABEL rules clear without rights" "rc $rc: $out $err"
	fi
	kernel_has 'nothing is cleared without rights' 'uid 5 exempt # hits 1'
}

rules_check() {
	rulefile 'lport 1 exempt' 'uid 4 action fin # last'
	t 0 "rules check $TMP/rules" '2 rules, nothing wrong' ''
	t 0 "-j rules check $TMP/rules" '{"rules":2}' ''
	wrong 'lprot 80 exempt' lprot 'no such word'
	wrong 'exempt' exempt 'a verdict without a match before it'
	wrong 'uid 0x5 exempt' 0x5 'not a number in decimal'
	wrong 'laddr 10.0.0.1/8 exempt' 10.0.0.1/8 'address has bits beyond its prefix length'
	wrong "$(printf 'uid\033 5 exempt')" 'uid\x1b' 'no such word'
	printf 'lport 1 exempt\n# \0\nlport 2' >"$TMP/rules"
	t 1 "rules check $TMP/rules" '' "reaperctl: $TMP/rules:2: holds a NUL byte
reaperctl: $TMP/rules:3: word '2': no verdict after it"
	seq -f 'uid %g exempt' 4096 >"$TMP/rules"
	t 0 "rules check $TMP/rules" '4096 rules, nothing wrong' ''
	echo 'uid 0 exempt' >>"$TMP/rules"
	t 1 "rules check $TMP/rules" '' "reaperctl: $TMP/rules: 4097 rules: more than 4096"
	check "$LABEL rules check /dev/zero ends" \
		test "$(tool rules check /dev/zero 2>&1)" = 'reaperctl: /dev/zero: cannot be read: File too large'
}

rules_cgroup() {
	local place=sys/fs/cgroup dir
	local note="reaperctl: $TMP/rules"

	# Where cgroup2 is not to be seen the path is taken as it is.
	: >"$ROOT/$RULES"
	rulefile 'cgroup /a exempt' 'cgroup /sys/fs/cgroup/b exempt'
	t 0 "rules load $TMP/rules" '' ''
	kernel_has 'a cgroup by path, unseen' $'cgroup /a exempt\ncgroup /b exempt'
	put proc/self/mounts 'proc /proc proc rw 0 0' "cgroup2 /$place cgroup2 rw 0 0"
	for dir in '' /a.slice /a.slice/b /7; do
		mkdir -p "$ROOT/$place$dir"
		: >"$ROOT/$place$dir/cgroup.procs"
	done
	mkdir "$ROOT/$place/other"
	: >"$ROOT/$RULES"
	rulefile 'cgroup /a.slice/b exempt' 'cgroup a.slice//b exempt' \
		"cgroup /$place/a.slice/b/ exempt" "cgroup /$place exempt" 'cgroup /7 exempt' 'cgroup 7/ exempt' 'cgroup / exempt'
	t 0 "rules load $TMP/rules" '' ''
	kernel_has 'a cgroup by path' "cgroup /a.slice/b exempt
cgroup /a.slice/b exempt
cgroup /a.slice/b exempt
cgroup / exempt
cgroup /7 exempt
cgroup /7 exempt
cgroup / exempt"
	rulefile 'cgroup /a.slice exempt' 'cgroup 77 exempt' 'cgroup /nosuch exempt' 'cgroup other exempt' 'cgroup /../x exempt'
	t 0 "rules check $TMP/rules" '5 rules, nothing wrong' "$note:2: note: cgroup 77: an id ends with its directory, as when a service is restarted; a path stays
$note:3: note: cgroup /nosuch: there is none now; the rule waits for one
$note:4: note: cgroup /other: there is none now; the rule waits for one"
	wrong 'cgroup 0x5 exempt' 0x5 'neither a path that begins with / nor an id in decimal'
	wrong 'cgroup /a.slice/../.. exempt' /a.slice/../.. 'an empty name, "." or ".." in a path'
	wrong 'cgroup /a.slice/* exempt' '/a.slice/*' 'no patterns: name the directory above'
	wrong 'cgroup /a.slice/b # exempt' /a.slice/b 'no verdict after it'
	wrong 'cgroup /a.slice cgroup /a.slice exempt' cgroup 'given twice'
	wrong "cgroup /$(printf '%01023d' 0) exempt" "/$(printf '%01023d' 0)" 'a path of more than 1023 bytes'
}

# No module: a file can be judged, and nothing else be done.
rules_unloaded() {
	local gone='reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper'

	rm -r "$ROOT/proc/net/reaper"
	rulefile 'lport 1 exempt'
	t 0 "rules check $TMP/rules" '1 rules, nothing wrong' ''
	t 2 'rules load' '' 'reaperctl: rules: load: FILE is missing; see reaperctl rules --help'
	t 3 "rules load $TMP/rules" '' "$gone"
	t 3 'rules show' '' "$gone"
	t 3 'rules clear' '' "$gone"
}

rules_tests() {
	rules_usage
	rules_show
	rules_load
	rules_check
	rules_cgroup
	rules_unloaded
	new_root
}
