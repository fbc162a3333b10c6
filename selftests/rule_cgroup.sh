#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Rules that name a cgroup by its path: it and what is below, whoever lives there: a service that is started again, what it left behind,
# what is below it, a tenant in a cgroup namespace; a thousand of them cost a look no more than as many ids.
# shellcheck disable=SC2016,SC2317 # for inner shells; functions that poll_until runs
. "$(dirname "$0")/lib.sh"

RULES=/proc/net/reaper/rules
TOP=/sys/fs/cgroup/tcpr-paths-$$
TOP_PATH=/${TOP##*/}
PILE=$(amount 2000 12000)

# rules TEXT: of namespace a, from outside; what came of it.
rules() {
	in_ns a fileio put "$RULES" "$@"
}

# rules_of NS: without their hits.
rules_of() {
	in_ns "$1" sed 's/ # hits.*//' "$RULES"
}

# verdict_of PORT: of the sockets with that local port, each once.
verdict_of() {
	proc_net a reaper/sockets | awk -v port=":$1" 'index($5 " ", port " ") { print $11 }' | sort -u
}

verdict_is() {
	[[ $(verdict_of "$1") == "$2" ]]
}

# gone DIRECTORY: with all below it.
gone() {
	find "$1" -depth -type d -exec rmdir {} +
	[[ ! -d $1 ]]
}

# restart NAME CGROUP COMMAND...: its cgroup is another then.
restart() {
	local id
	id=$(stat -c %i "$TOP/$2")
	stop "$1"
	check "$1: its cgroup goes" poll_until 5 gone "$TOP/$2"
	service "$@"
	[[ $(stat -c %i "$TOP/$2") != "$id" ]]
	check_is "$1: its cgroup has another id" 0 $?
}

below_and_beside() {
	service orders orders leak -p 5000
	service deeper orders/a/b leak -6 -p 5001
	service beside orders-2 leak -p 5002
	service above . leak -p 5003
	check_is "a path is taken" ok "$(rules "cgroup $TOP_PATH/orders exempt")"
	check_is "and read as it is written" "cgroup $TOP_PATH/orders exempt" "$(rules_of a)"
	check "in the cgroup: exempt" poll_until 5 verdict_is 5000 rule
	check "below it, too" poll_until 5 verdict_is 5001 rule
	check "in one whose name begins alike: not" poll_until 5 verdict_is 5002 due
	check "nor above" poll_until 5 verdict_is 5003 due
	rules "cgroup $TOP_PATH/orders/a exempt\ncgroup $TOP_PATH/orders close_wait_ms 0\ncgroup $TOP_PATH exempt" >/dev/null
	check_is "several paths: the first that matches decides" "never rule rule rule" \
		"$(verdict_of 5000) $(verdict_of 5001) $(verdict_of 5002) $(verdict_of 5003)"
	rules "cgroup / exempt" >/dev/null
	check_is "the root has all below it" "rule rule" "$(verdict_of 5001) $(verdict_of 5003)"
	check_is "more than 32 directories are none" EINVAL "$(rules "cgroup $(printf '/a%.0s' {1..33}) exempt")"
	check_is "as is what leads out of the hierarchy" EINVAL "$(rules "cgroup /../a exempt")"
	check_is "more than 1 MiB of paths is too much" "Argument list too long" "$(rules "cgroup /$(printf '%0300d' 0) exempt\n" 4096)"
	check_is "which changes nothing" "cgroup / exempt" "$(rules_of a)"
	stop deeper beside above
}

restarted() {
	rules "cgroup $TOP_PATH/orders exempt" >/dev/null
	policy a mode=enforce
	service other other leak -p 5004
	check "others are reaped" poll_until 5 stat_is a close_wait_reaped 1
	stop other
	restart orders orders leak -p 5000
	service other other leak -p 5004
	check "others are reaped again" poll_until 5 stat_is a close_wait_reaped 2
	check_is "those of the restarted service are exempt" rule "$(verdict_of 5000)"
	stop orders other
	# Gone with its directory, and left to the kernel. Any other orphan is gone by then.
	rules "cgroup $TOP_PATH/left exempt" >/dev/null
	policy a orphan/timeout_ms=1
	service left left orphans -s fin_wait1 -n 3
	service lost lost orphans -s fin_wait1 -n 2
	check "orphans of others are reaped" poll_until 5 stat_is a orphan_reaped 2
	check_is "those of the named cgroup are not" 3 "$(stat_of a orphan_tracked)"
	stop lost left
}

# The owner's name and path as who is in a cgroup namespace, and who is not, sees them.
tenant() {
	mkdir "$TOP/box" "$TOP/box/svc" || return 1
	chown -R 65534:65534 "$TOP/box"
	cat >"$TMP/tenant.sh" <<'END'
trap 'kill $(jobs -p); exit' TERM
rules=/proc/net/reaper/rules
ip link set lo up
echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
echo enforce >/proc/sys/net/tcp_reaper/mode
fileio put "$rules" 'cgroup /svc exempt'
leak -p 5011 &
echo $BASHPID >"$1/svc/cgroup.procs"
leak -p 5010 &
while :; do
	text=$(cat "$rules")
	echo "read: ${text//$'\n'/;}"
	fileio put "$rules" "$text"
	sleep 0.3
done
END
	chmod 755 "$TMP" && chmod 644 "$TMP/tenant.sh"
	background tenant init sh -c 'echo $$ >"$0/cgroup.procs" && exec setpriv --reuid 65534 --regid 65534 --clear-groups \
		unshare --user --map-root-user unshare --net --cgroup bash "$1" "$0"' "$TOP/box" "$TMP/tenant.sh"
	check "a tenant's rule is taken" await tenant '^ok' 10
	check "and reads as it wrote it" await tenant '^read: cgroup /svc exempt' 10
	check_is "from outside it is the whole path" "cgroup $TOP_PATH/box/svc exempt" "$(proc_net @tenant reaper/rules | sed 's/ # hits.*//')"
	check "what it names is exempt" poll_until 10 spares tenant 1
	check "what is beside is reaped" poll_until 10 stat_is @tenant close_wait_reaped 1
	printf 'cgroup %s exempt\n' "$TOP_PATH/box/svc" "$TOP_PATH/box" "$TOP_PATH/else" |
		nsenter --net="$(ns_file @tenant)" sh -c 'cat >/proc/self/net/reaper/rules' || not_ok "the host writes a tenant's rules"
	check "what is outside is told by the way there" await tenant 'cgroup /svc exempt.*cgroup / exempt.*cgroup /\.\./else exempt' 10
	check_is "and can be written as it is read" $'cgroup '"$TOP_PATH/box/svc exempt"$'\ncgroup '"$TOP_PATH/box exempt"$'\ncgroup '"$TOP_PATH/else exempt" \
		"$(proc_net @tenant reaper/rules | sed 's/ # hits.*//')"
	stop tenant
}

spares() {
	(($(stat_of "@$1" spared_rule) >= $2))
}

# look: the fastest of some reads of all tracked sockets, which looks at each, in us.
look() {
	local i begin us best=999999999
	for ((i = 0; i < 12; i++)); do
		begin=${EPOCHREALTIME/./}
		in_ns a cat /proc/net/reaper/sockets >/dev/null
		us=$((${EPOCHREALTIME/./} - begin))
		((us >= best)) || best=$us
	done
	echo "$best"
}

# A thousand rules, of which the last one is the service's.
thousand() {
	local none ids paths i
	policy a mode=observe
	service pile pile/by/the/way leak -n "$PILE" -p 5020
	check "sockets to look at" poll_until 20 stat_at_least a close_wait_tracked "$PILE"
	rules '\n' >/dev/null
	none=$(look)
	rules "$(printf 'cgroup %d exempt\\n' {900001..900999})cgroup $(stat -c %i "$TOP/pile/by/the/way") exempt" >/dev/null
	check_is "a thousand ids: the last one decides" rule "$(verdict_of 5020)"
	ids=$(look)
	rules "$(for i in {1..999}; do printf 'cgroup %s/pile/by/the/way/%d exempt\\n' "$TOP_PATH" "$i"; done)cgroup $TOP_PATH/pile exempt" >/dev/null
	check_is "a thousand paths: the last one decides" rule "$(verdict_of 5020)"
	paths=$(look)
	diag "reading $PILE sockets: $none us without rules, $ids us with 1,000 ids, $paths us with 1,000 paths"
	check_between "1,000 paths cost no more than twice what 1,000 ids do" 0 $((2 * ids)) "$paths"
	policy a mode=enforce
	service other other leak -p 5004
	check "others are reaped" poll_until 30 stat_is a close_wait_reaped 3
	check_is "none of theirs is" "$PILE" "$(stat_of a close_wait_tracked)"
	stop pile other
}

if ! grep -qs cgroup2 /proc/mounts; then
	skip "rules by path" "no cgroup2"
	finish
fi
new_ns a || exit 1
load || exit 1
mkdir "$TOP" || exit 1
policy a close_wait/timeout_ms=1 orphan/timeout_ms=0 mode=observe
below_and_beside
restarted
tenant
thousand
check "the cgroups go" poll_until 10 gone "$TOP"
finish
