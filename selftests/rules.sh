#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rules: each word that a rule may match by, against real sockets of both kinds; the first match decides; what a verdict does to sockets
# that are tracked already; hits; the list is replaced as a whole or stays, by those who may.
# shellcheck disable=SC2317 # of functions that "inside" and poll_until run
. "$(dirname "$0")/lib.sh"

export RULES=/proc/net/tcp_reaper/rules
CGROUP=/sys/fs/cgroup/tcpr-rules-$$

# put NS TEXT [COUNT]: one write of the list, TEXT so many times over; what came of it.
put() {
	in_ns "$1" fileio put "$RULES" "${@:2}"
}

# list NS: the rules in one line each, without hits.
list() {
	proc_net "$1" tcp_reaper/rules | sed 's/ # hits [0-9]*$//'
}

# hits NS N: of the Nth rule.
hits() {
	proc_net "$1" tcp_reaper/rules | sed -n "$2s/.* # hits //p"
}

has_hits() {
	(($(hits "$1" "$2") > 0))
}

# ports VERDICT: the local ports of those tracked in a, with that verdict.
ports() {
	proc_net a tcp_reaper/sockets | awk -v verdict="$1" 'NR > 1 && $NF == verdict { sub(/.*:/, "", $5); print $5 }' | sort -n | paste -sd ' '
}

# matches MATCH PORT...: the rule's sockets are those with these local ports.
matches() {
	local out
	out=$(put a "$1 exempt")
	[[ $out == ok ]] || not_ok "$1 is refused: $out"
	check_is "$1" "${*:2}" "$(ports rule)"
}

# One lingering socket for each thing to match by, and by its port: even ones are IPv4, odd ones IPv6.
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

every_match() {
	local all="5000 5001 5002 5004 5006 5007 5008 5009 5010 5011" v4="5000 5002 5004 5006 5008 5010" v6="5001 5007 5009 5011"
	local id rport

	check_is "without rules all are due" "$all" "$(ports due)"
	matches "lport 5000" 5000
	matches "lport 5001" 5001
	matches "lport 5002-5007" 5002 5004 5006 5007
	matches "lport 1-4999"
	matches "lport 1-65535" "$all"
	matches "rport 5000-5011"
	rport=$(proc_net a tcp_reaper/sockets | awk '$5 ~ /:5001$/ { sub(/.*:/, "", $6); print $6 }')
	matches "rport $rport lport 5001" 5001
	matches "rport $((rport + 1)) lport 5001"
	matches "laddr 127.0.0.1" 5000 5002 5006 5008 5010
	matches "laddr 127.0.0.2" 5004
	matches "laddr 127.0.0.0/8" "$v4"
	matches "laddr 0.0.0.0/0" "$v4"
	matches "laddr 128.0.0.0/1"
	matches "laddr ::1" "$v6"
	matches "laddr ::/0" "$v6"
	matches "laddr ::/127" "$v6"
	matches "laddr ::2/127"
	matches "raddr 127.0.0.1" "$v4"
	matches "raddr 127.0.0.2"
	matches "raddr ::/64" "$v6"
	matches "raddr 2001:db8::/32"
	matches "uid 1234" 5006 5007
	matches "uid 1235"
	matches "uid 0" "${all/ 5006 5007/}"
	matches "mark 18" 5008 5009
	matches "mark 0x10/0x10" 5008 5009
	matches "mark 19"
	matches "mark 0/0xff" "${all/ 5008 5009/}"
	id=$(stat -c %i "$CGROUP")
	matches "cgroup $id" 5010 5011
	matches "cgroup $((id + 1))"
	matches "lport 5006-5007 uid 1234 laddr 127.0.0.0/8" 5006
	matches "lport 5006-5007 uid 0"
}

first_match() {
	put a 'lport 5000 close_wait_ms 0\nlport 5000-5001 exempt\nlport 5001-5002 close_wait_ms 0\nlport 1-65535 exempt\nlport 5011 close_wait_ms 0' >/dev/null
	check_is "the first match decides: rule 1 and 3" "5000 5002" "$(ports wait)"
	check_is "the first match decides: rule 2 and 4" "5001 5004 5006 5007 5008 5009 5010 5011" "$(ports rule)"
	check "what decides has hits" poll_until 3 has_hits a 4
	check_is "what never does has none" 0 "$(hits a 5)"
	put a 'lport 1 exempt' >/dev/null
	check_is "no match: the policy decides" "" "$(ports wait)$(ports rule)"
	put a "$(printf 'rport 1 exempt\\n%.0s' {1..1023})lport 5000 exempt" >/dev/null
	check_is "1,024 rules are taken" 1024 "$(list a | wc -l)"
	check_is "the last of them decides" 5000 "$(ports rule)"
	check "and has hits" poll_until 3 has_hits a 1024
}

by_tool() {
	local file=$TMP/rules
	if ! command -v reaperctl >/dev/null; then
		skip "reaperctl rules" "no reaperctl"
		return
	fi
	printf '%s\n' "cgroup /${CGROUP##*/} exempt # ours" 'uid 1234 exempt' >"$file"
	check "reaperctl rules load" reaperctl -n "$(ns_name a)" rules load "$file"
	check_is "a cgroup by path, and a user" "5006 5007 5010 5011" "$(ports rule)"
	check_is "reaperctl rules show" "$(list a)" "$(reaperctl -n "$(ns_name a)" rules show | sed 's/ # hits.*//')"
	# shellcheck disable=SC2016 # for eval
	check "reaperctl rules show, written again" eval 'reaperctl -n "$(ns_name a)" rules show | reaperctl -n "$(ns_name a)" rules load -'
	check_is "is the same" "cgroup $(stat -c %i "$CGROUP") exempt
uid 1234 exempt" "$(list a)"
	check "reaperctl rules clear" reaperctl -n "$(ns_name a)" rules clear
	check_is "leaves none" "" "$(list a)"
}

# refused WHAT OUTCOME TEXT [COUNT]: it is, and the list is as before.
refused() {
	check_is "$1 is refused" "$2" "$(put a "${@:3}")"
	check_is "and the list is as before" "lport 80 exempt" "$(list a)"
}

whole_or_not_at_all() {
	local canonical='lport 80-90 rport 1 laddr 10.0.0.0/8 raddr 2001:db8::/32 uid 0 mark 0x1/0xff cgroup 18446744073709551615 close_wait_ms 1 orphan_ms 2 fin_wait2_ms 3 established_ms 4 action fin'

	check_is "rules with comments and empty lines are taken" ok "$(put a '# ours\n\n \tlport 80-80 exempt # web\nuid 5 action reset')"
	check_is "and read in one form" $'lport 80 exempt\nuid 5 action reset' "$(list a)"
	put a "$canonical" >/dev/null
	check_is "all words at once" "$canonical" "$(list a)"
	check_is "what is read can be written" ok "$(put a "$(proc_net a tcp_reaper/rules)")"
	check_is "and is the same" "$canonical" "$(list a)"
	check_is "another namespace has rules of its own" "" "$(list b)"

	check_is "a list is taken without a newline at its end" ok "$(put a 'lport 80 exempt')"
	refused "a wrong rule" EINVAL 'lport 81 exempt\nlport 0 exempt'
	refused "a rule without a verdict" EINVAL 'lport 81'
	refused "a rule without a match" EINVAL 'exempt'
	refused "a NUL" EINVAL 'lport 81 exempt\0'
	refused "a NUL in a comment" EINVAL 'lport 81 exempt # \0'
	refused "a list of 4,097" "Argument list too long" 'lport 81 exempt\n' 4097
	refused "more than 1.5 MiB" "Argument list too long" '#\n' 786433
	check_is "a list of 4,096 is taken" ok "$(put a 'lport 81 exempt\n' 4096)"
	check_is "and all of them read" "4096 lport 81 exempt" "$(list a | uniq -c | awk '{ $1 = $1 } 1')"
	check_is "an empty line clears it" "ok " "$(put a '\n') $(list a)"
	put a 'lport 80 exempt' >/dev/null
	check_is "an unprivileged user may not write it" "open EACCES" \
		"$(in_ns a setpriv --reuid 65534 --regid 65534 --clear-groups fileio put "$RULES" '\n')"
	check_is "nor root without CAP_NET_ADMIN" EPERM \
		"$(in_ns a setpriv --bounding-set -net_admin --inh-caps -net_admin fileio put "$RULES" '\n')"
	check_is "and it is as before" "lport 80 exempt" "$(list a)"
	check_is "the file has the right mode" "644 0 0" "$(in_ns a stat -c '%a %u %g' "$RULES")"
}

# Two lists in turn, until a file appears, while others read: nobody sees a mixture.
flip() {
	until [[ -e $1 ]]; do
		fileio put "$RULES" 'lport 1 exempt\n' 200
		fileio put "$RULES" 'lport 2 exempt\n' 200
	done | uniq
}

mixtures() {
	local i line mixed=0 one=0 two=0
	local -a seen
	fileio put "$RULES" 'lport 1 exempt\n' 200 >/dev/null
	flip "$1" >"$1.flip" &
	for ((i = 0; i < 200; i++)); do
		mapfile -t seen <"$RULES"
		((${#seen[@]} == 200)) || mixed=$((mixed + 1))
		for line in "${seen[@]}"; do
			[[ $line == "${seen[0]% # *} # "* ]] || mixed=$((mixed + 1))
		done
		[[ ${seen[0]} != "lport 1 "* ]] || one=$((one + 1))
		[[ ${seen[0]} != "lport 2 "* ]] || two=$((two + 1))
	done
	touch "$1"
	wait
	check_is "no reader of 200 rules that are replaced sees a mixture" 0 "$mixed"
	check_between "readers saw the one list" 5 195 "$one"
	check_between "and the other" 5 195 "$two"
	check_is "and writers had no error" ok "$(<"$1.flip")"
}

aged() {
	proc_net a tcp_reaper/sockets | awk -v age="$1" 'NR > 1 { n++; old += $3 >= age } END { exit !n || old != n }'
}

verdicts() {
	local line spared

	put a '\n' >/dev/null
	policy a close_wait/timeout_ms=0 orphan/timeout_ms=0 mode=enforce
	background sooner a leak -n 5 -p 5020
	background later a leak -n 5 -6 -p 5021
	await sooner '^ready' >/dev/null
	await later '^ready' >/dev/null
	check "sockets grow old" poll_until 10 aged 700
	check_is "the policy reaps none" 0 "$(stat_of a close_wait_reaped)"
	put a 'lport 5020 close_wait_ms 500' >/dev/null
	check "a rule with a shorter timeout holds at once" poll_until 2 stat_is a close_wait_reaped 5
	spared=$(stat_of a spared_rule)
	put a 'lport 5021 exempt' >/dev/null
	knob a close_wait/timeout_ms 500
	check "an exempt socket is spared, and counted once" poll_until 3 stat_is a spared_rule $((spared + 5))
	check "however long" poll_until 10 aged 2000
	check_is "and not reaped, nor counted again" "5 $((spared + 5))" "$(stat_of a close_wait_reaped) $(stat_of a spared_rule)"
	put a '\n' >/dev/null
	check "without its rule it is reaped at once" poll_until 2 stat_is a close_wait_reaped 10
	for name in sooner later; do
		signal "$name" USR1
		line=$(await "$name" '^report')
		check_is "$name: owners woke, peers saw RST" "5 5" "$(field aborted "$line") $(field rst "$line")"
	done
	stop sooner later

	put a 'lport 5022 action fin' >/dev/null
	background fin a leak -n 5 -p 5022 -w 20000
	background reset a leak -n 5 -p 5023 -w 20000
	line=$(await fin '^report')
	check_is "action fin: peers saw FIN" "5 0" "$(field fin "$line") $(field rst "$line")"
	line=$(await reset '^report')
	check_is "beside it: RST" "0 5" "$(field fin "$line") $(field rst "$line")"
	ended fin
	ended reset

	knob a close_wait/timeout_ms 0
	put a 'laddr 127.0.0.0/8 orphan_ms 500' >/dev/null
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
	put a 'rport 5031 fin_wait2_ms 500 established_ms 700 action reset' >/dev/null
	check "fin_wait2_ms: the rule's are reaped" poll_until 10 stat_is a fin_wait2_reaped 3
	check "established_ms: the rule's, too" poll_until 10 stat_is a established_reaped 1
	check "its owner is told" await idle5031 '^ended'
	check "two more censuses come by" poll_until 10 stat_at_least a census_runs $(($(stat_of a census_runs) + 2))
	check_is "others are not touched" "3 1" "$(stat_of a fin_wait2_reaped) $(stat_of a established_reaped)"
	put a '\n' >/dev/null
	template census_interval_s 300
	stop half4 half6 idle5030
	ended idle5031
}

new_ns a b || exit 1
load || exit 1
check_is "a namespace starts without rules" "" "$(list a)"
whole_or_not_at_all
inside a mixtures "$TMP/flipped"
put a '\n' >/dev/null

policy a close_wait/timeout_ms=1 mode=observe
make_sockets || exit 1
check "sockets to match are tracked" poll_until 5 stat_is a close_wait_tracked "${#SOCKETS[@]}"
every_match
first_match
by_tool
stop "${SOCKETS[@]}"
check "the cgroup goes" poll_until 5 rmdir "$CGROUP"
verdicts
verdicts_by_census
finish
