#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules: each word that a rule may match by, against real sockets of both kinds; the first match decides; what a verdict does to sockets
# that are tracked already; hits; the list is replaced as a whole or stays, by those who may.
# shellcheck disable=SC2317 # of functions that "inside" and poll_until run
. "$(dirname "$0")/lib.sh"

export RULES=/proc/net/reaper/rules
CGROUP=/sys/fs/cgroup/tcpr-rules-$$
# Where sockets to match by are owned: even ports are IPv4, odd ones IPv6.
export ALL="5000 5001 5002 5004 5006 5007 5008 5009 5010 5011"
export V4="5000 5002 5004 5006 5008 5010" V6="5001 5007 5009 5011"

# For the inside of a namespace. They start few processes, as there are many checks.

# put TEXT [COUNT]: one write of the list, TEXT so many times over; what came of it.
put() {
	fileio put "$RULES" "$@"
}

# The rules without their hits.
list() {
	local -a lines
	mapfile -t lines <"$RULES"
	((${#lines[@]} == 0)) || printf '%s\n' "${lines[@]% # hits *}"
}

# hits N: of the Nth rule.
hits() {
	local -a lines
	mapfile -t lines <"$RULES"
	echo "${lines[$1 - 1]##* # hits }"
}

# shellcheck disable=SC2317 # called by poll_until
has_hits() {
	(($(hits "$1") > 0))
}

# ports VERDICT: those of ALL whose sockets have that verdict.
ports() {
	local port found=" " with=
	local -a line
	while read -r -a line; do
		[[ ${line[10]:-} != "$1" ]] || found+="${line[4]##*:} "
	done </proc/net/reaper/sockets
	for port in $ALL; do
		[[ $found != *" $port "* ]] || with+=" $port"
	done
	echo "${with# }"
}

# matches MATCH PORT...: the rule's sockets are those with these local ports.
matches() {
	local out
	out=$(put "$1 exempt")
	[[ $out == ok ]] || not_ok "$1 is refused: $out"
	check_is "$1" "${*:2}" "$(ports rule)"
}

# One lingering socket for each thing to match by.
make_sockets() {
	local name
	mkdir "$CGROUP" || return 1
	background v4 a leak -p 5000
	background v6 a leak -6 -p 5001
	background mapped a leak -m -p 5002
	background other a leak -p 5004 -a 127.0.0.2
	background uid4 a setpriv --reuid 1234 --clear-groups leak -p 5006
	background uid6 a setpriv --reuid 1234 --clear-groups leak -6 -p 5007
	background mark4 a leak -M 18 -p 5008
	background mark6 a leak -M 18 -6 -p 5009
	# "ip netns exec" has a /sys of its own, without cgroups.
	# shellcheck disable=SC2016 # for the inner shell
	background cgroup4 init sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CGROUP" ip netns exec "$(ns_name a)" leak -p 5010
	# shellcheck disable=SC2016 # for the inner shell
	background cgroup6 init sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CGROUP" ip netns exec "$(ns_name a)" leak -6 -p 5011
	SOCKETS=(v4 v6 mapped other uid4 uid6 mark4 mark6 cgroup4 cgroup6)
	for name in "${SOCKETS[@]}"; do
		await "$name" '^ready' >/dev/null || return 1
	done
}

# every_match ID: of the cgroup.
every_match() {
	local rport
	local -a line

	check_is "without rules all are due" "$ALL" "$(ports due)"
	matches "lport 5000" 5000
	matches "lport 5001" 5001
	matches "lport 5002-5007" 5002 5004 5006 5007
	matches "lport 1-4999"
	matches "lport 1-65535" "$ALL"
	matches "rport 5000-5011"
	while read -r -a line; do
		[[ ${line[4]} != *:5001 ]] || rport=${line[5]##*:}
	done </proc/net/reaper/sockets
	matches "rport $rport lport 5001" 5001
	matches "rport $((rport + 1)) lport 5001"
	matches "laddr 127.0.0.1" 5000 5002 5006 5008 5010
	matches "laddr 127.0.0.2" 5004
	matches "laddr 127.0.0.0/8" "$V4"
	matches "laddr 0.0.0.0/0" "$V4"
	matches "laddr 128.0.0.0/1"
	matches "laddr ::1" "$V6"
	matches "laddr ::/0" "$V6"
	matches "laddr ::/127" "$V6"
	matches "laddr ::2/127"
	matches "raddr 127.0.0.1" "$V4"
	matches "raddr 127.0.0.2"
	matches "raddr ::/64" "$V6"
	matches "raddr 2001:db8::/32"
	matches "uid 1234" 5006 5007
	matches "uid 1235"
	matches "uid 0" "${ALL/ 5006 5007/}"
	matches "mark 18" 5008 5009
	matches "mark 0x10/0x10" 5008 5009
	matches "mark 19"
	matches "mark 0/0xff" "${ALL/ 5008 5009/}"
	matches "cgroup $1" 5010 5011
	matches "cgroup $(($1 + 1))"
	matches "lport 5006-5007 uid 1234 laddr 127.0.0.0/8" 5006
	matches "lport 5006-5007 uid 0"
}

first_match() {
	put 'lport 5000 close_wait_ms 0\nlport 5000-5001 exempt\nlport 5001-5002 close_wait_ms 0\nlport 1-65535 exempt\nlport 5011 close_wait_ms 0' >/dev/null
	check_is "the first match decides: rule 1 and 3" "5000 5002" "$(ports never)"
	check_is "the first match decides: rule 2 and 4" "5001 5004 5006 5007 5008 5009 5010 5011" "$(ports rule)"
	check "what decides has hits" poll_until 3 has_hits 4
	check_is "what never does has none" 0 "$(hits 5)"
	put 'lport 1 exempt' >/dev/null
	check_is "no match: the policy decides" "" "$(ports never)$(ports wait)$(ports rule)"
	put "$(printf 'rport 1 exempt\\n%.0s' {1..1023})lport 5000 exempt" >/dev/null
	check_is "1,024 rules are taken" 1024 "$(list | wc -l)"
	check_is "the last of them decides" 5000 "$(ports rule)"
	check "and has hits" poll_until 3 has_hits 1024
}

by_tool() {
	local file=$TMP/rules
	if ! command -v reaperctl >/dev/null; then
		skip "reaperctl rules" "no reaperctl"
		return
	fi
	printf '%s\n' "cgroup /${CGROUP##*/} exempt # ours" 'uid 1234 exempt' >"$file"
	check "reaperctl rules load" reaperctl -n "$(ns_name a)" rules load "$file"
	check_is "a cgroup by path, and a user" "5006 5007 5010 5011" "$(inside a ports rule)"
	check_is "reaperctl rules show" "$(inside a list)" "$(reaperctl -n "$(ns_name a)" rules show | sed 's/ # hits.*//')"
	# shellcheck disable=SC2016 # for eval
	check "reaperctl rules show, written again" eval 'reaperctl -n "$(ns_name a)" rules show | reaperctl -n "$(ns_name a)" rules load -'
	check_is "is the same" "cgroup /${CGROUP##*/} exempt
uid 1234 exempt" "$(inside a list)"
	check "reaperctl rules clear" reaperctl -n "$(ns_name a)" rules clear
	check_is "leaves none" "" "$(inside a list)"
}

# refused WHAT OUTCOME TEXT [COUNT]: it is, and the list is as before.
refused() {
	check_is "$1 is refused" "$2" "$(put "${@:3}")"
	check_is "and the list is as before" "lport 80 exempt" "$(list)"
}

whole_or_not_at_all() {
	local canonical='lport 80-90 rport 1 laddr 10.0.0.0/8 raddr 2001:db8::/32 uid 0 mark 0x1/0xff cgroup 18446744073709551615 close_wait_ms 1 orphan_ms 2 fin_wait2_ms 3 established_ms 4 action fin'

	check_is "rules with comments and empty lines are taken" ok "$(put '# ours\n\n \tlport 80-80 exempt # web\nuid 5 action reset')"
	check_is "and read in one form" $'lport 80 exempt\nuid 5 action reset' "$(list)"
	put "$canonical" >/dev/null
	check_is "all words at once" "$canonical" "$(list)"
	check_is "what is read can be written" ok "$(put "$(<"$RULES")")"
	check_is "and is the same" "$canonical" "$(list)"

	check_is "a list is taken without a newline at its end" ok "$(put 'lport 80 exempt')"
	refused "a wrong rule" EINVAL 'lport 81 exempt\nlport 0 exempt'
	refused "a rule without a verdict" EINVAL 'lport 81'
	refused "a rule without a match" EINVAL 'exempt'
	refused "a NUL" EINVAL 'lport 81 exempt\0'
	refused "a NUL in a comment" EINVAL 'lport 81 exempt # \0'
	refused "a list of 4,097" "Argument list too long" 'lport 81 exempt\n' 4097
	refused "more than 3 MiB" "Argument list too long" '#\n' 1572865
	check_is "3 MiB are taken" "ok " "$(put '#\n' 1572864) $(list)"
	check_is "a list of 4,096 is taken" ok "$(put 'lport 81 exempt\n' 4096)"
	check_is "and all of them read" "4096 lport 81 exempt" "$(list | uniq -c | awk '{ $1 = $1 } 1')"
	check_is "an empty line clears it" "ok " "$(put '\n') $(list)"
	put 'lport 80 exempt' >/dev/null
	check_is "an unprivileged user may not write it" "open EACCES" \
		"$(setpriv --reuid 65534 --regid 65534 --clear-groups fileio put "$RULES" '\n')"
	check_is "nor root without CAP_NET_ADMIN" EPERM \
		"$(setpriv --bounding-set -net_admin --inh-caps -net_admin fileio put "$RULES" '\n')"
	check_is "and it is as before" "lport 80 exempt" "$(list)"
	check_is "the file has the right mode" "644 0 0" "$(stat -c '%a %u %g' "$RULES")"
}

# Two lists in turn, until a file appears, while others read: nobody sees a mixture.
flip() {
	until [[ -e $1 ]]; do
		fileio put "$RULES" 'lport 1 exempt\n' 100
		fileio put "$RULES" 'lport 2 exempt\n' 100
	done | uniq
}

mixtures() {
	local i line mixed=0 one=0 two=0
	local -a seen
	fileio put "$RULES" 'lport 1 exempt\n' 100 >/dev/null
	flip "$1" >"$1.flip" &
	for ((i = 0; i < 60; i++)); do
		mapfile -t seen <"$RULES"
		((${#seen[@]} == 100)) || mixed=$((mixed + 1))
		for line in "${seen[@]}"; do
			[[ $line == "${seen[0]% # *} # "* ]] || mixed=$((mixed + 1))
		done
		[[ ${seen[0]} != "lport 1 "* ]] || one=$((one + 1))
		[[ ${seen[0]} != "lport 2 "* ]] || two=$((two + 1))
	done
	touch "$1"
	wait
	check_is "no reader of 100 rules that are replaced sees a mixture" 0 "$mixed"
	check_between "readers saw the one list" 3 57 "$one"
	check_between "and the other" 3 57 "$two"
	check_is "and writers had no error" ok "$(<"$1.flip")"
}

# rules NS TEXT: from outside; a check only if it fails.
rules() {
	local out
	out=$(in_ns "$1" fileio put "$RULES" "$2")
	[[ $out == ok ]] || not_ok "rules '$2' are refused: $out"
}

aged() {
	proc_net a reaper/sockets | awk -v age="$1" 'NR > 1 { n++; old += $3 >= age } END { exit !n || old != n }'
}

verdicts() {
	local line spared

	rules a '\n'
	policy a close_wait/timeout_ms=0 orphan/timeout_ms=0 mode=enforce
	background sooner a leak -n 5 -p 5020
	background later a leak -n 5 -6 -p 5021
	await sooner '^ready' >/dev/null
	await later '^ready' >/dev/null
	check "sockets grow old" poll_until 10 aged 700
	check_is "the policy reaps none" 0 "$(stat_of a close_wait_reaped)"
	rules a 'lport 5020 close_wait_ms 500'
	check "a rule with a shorter timeout holds at once" poll_until 2 stat_is a close_wait_reaped 5
	spared=$(stat_of a spared_rule)
	rules a 'lport 5021 exempt'
	knob a close_wait/timeout_ms 500
	check "an exempt socket is spared, and counted once" poll_until 3 stat_is a spared_rule $((spared + 5))
	check "however long" poll_until 10 aged 2000
	check_is "and not reaped, nor counted again" "5 $((spared + 5))" "$(stat_of a close_wait_reaped) $(stat_of a spared_rule)"
	rules a '\n'
	check "without its rule it is reaped at once" poll_until 2 stat_is a close_wait_reaped 10
	for name in sooner later; do
		signal "$name" USR1
		line=$(await "$name" '^report')
		check_is "$name: owners woke, peers saw RST" "5 5" "$(field aborted "$line") $(field rst "$line")"
	done
	stop sooner later

	rules a 'lport 5022 action fin'
	background fin a leak -n 5 -p 5022 -w 20000
	background reset a leak -n 5 -p 5023 -w 20000
	line=$(await fin '^report')
	check_is "action fin: peers saw FIN" "5 0" "$(field fin "$line") $(field rst "$line")"
	line=$(await reset '^report')
	check_is "beside it: RST" "0 5" "$(field fin "$line") $(field rst "$line")"
	ended fin
	ended reset

	knob a close_wait/timeout_ms 0
	rules a 'laddr 127.0.0.0/8 orphan_ms 500'
	background orphans4 a orphans -s fin_wait1 -n 5
	background orphans6 a orphans -s fin_wait1 -n 5 -6
	await orphans4 '^ready' >/dev/null
	await orphans6 '^ready' >/dev/null
	check "orphan_ms: the rule's are reaped" poll_until 5 stat_is a orphan_reaped 5
	check "others grow old" poll_until 5 aged 1200
	check_is "and stay" 5 "$(stat_of a orphan_reaped)"
	stop orphans4 orphans6
}

# Classes that only a census finds, and that no policy has a timeout for here.
verdicts_by_census() {
	local name

	check_is "no timeout: none in FIN_WAIT2 or ESTABLISHED is tracked" "0 0" "$(stat_of a fin_wait2_seen) $(stat_of a established_seen)"
	# The peers of leaked sockets hold theirs in FIN_WAIT2.
	background half4 a leak -n 3 -p 5030
	background half6 a leak -6 -n 3 -p 5031
	for name in half4 half6; do
		await "$name" '^ready' >/dev/null
	done
	# Never accepted: ESTABLISHED at both ends.
	for name in 5030 5031; do
		# shellcheck disable=SC2016 # for the inner shell
		background "idle$name" a bash -c 'exec 3<>"/dev/tcp/$0" && echo ready && ! read -r <&3 && echo ended' \
			"$([[ $name == 5030 ]] && echo 127.0.0.1 || echo ::1)/$name"
		await "idle$name" '^ready' >/dev/null
	done
	template census_interval_s 1
	rules a 'rport 5031 fin_wait2_ms 500 established_ms 700 action reset'
	check "fin_wait2_ms: the rule's are reaped" poll_until 10 stat_is a fin_wait2_reaped 3
	check "established_ms: the rule's, too" poll_until 10 stat_is a established_reaped 1
	check "its owner is told" await idle5031 '^ended'
	check "two more censuses come by" poll_until 10 stat_at_least a census_runs $(($(stat_of a census_runs) + 2))
	check_is "others are not touched" "3 1" "$(stat_of a fin_wait2_reaped) $(stat_of a established_reaped)"
	rules a '\n'
	template census_interval_s 300
	stop half4 half6 idle5030
	ended idle5031
}

new_ns a b || exit 1
load || exit 1
check_is "a namespace starts without rules" "" "$(inside a list)"
inside a whole_or_not_at_all
check_is "another namespace has rules of its own" "" "$(inside b list)"
inside a mixtures "$TMP/flipped"
rules a '\n' >/dev/null

policy a close_wait/timeout_ms=1 mode=observe
make_sockets || exit 1
check "sockets to match are tracked" poll_until 5 stat_is a close_wait_tracked "${#SOCKETS[@]}"
inside a every_match "$(stat -c %i "$CGROUP")"
inside a first_match
by_tool
stop "${SOCKETS[@]}"
check "the cgroup goes" poll_until 5 rmdir "$CGROUP"
verdicts
verdicts_by_census
finish
