#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who may change what: an unprivileged user nothing; root only with CAP_NET_ADMIN; the root of a user namespace its own network
# namespace, unless netns_admin=N, and nothing beyond. With that, root in another network namespace, which a container's without a user
# namespace is, can't either; in the initial one it can, for any. Nothing of ours is world-writable, nothing shows a kernel address.
# shellcheck disable=SC2317 # of functions that "inside" runs
. "$(dirname "$0")/lib.sh"

export SYSFS=/sys/class/tcp_reaper/self
export SYSCTL=/proc/sys/net/tcp_reaper
export PARAMETERS=/sys/module/tcp_reaper/parameters

# Every file that can be written, with a good value that is not the one it has.
export KNOBS="$SYSFS/mode off
$SYSFS/reaps_per_s 77
$SYSFS/close_wait/timeout_ms 77
$SYSFS/close_wait/action fin
$SYSFS/close_wait/linger_ms 77
$SYSFS/close_wait/spare_active 0
$SYSFS/close_wait/spare_unread 1
$SYSFS/orphan/timeout_ms 77
$SYSFS/orphan/max 77
$SYSFS/orphan/kernel_sockets 1
$SYSFS/fin_wait2/timeout_ms 77
$SYSFS/established/timeout_ms 77
$SYSFS/established/action reset
$SYSFS/established/keepalive 1
$SYSCTL/mode enforce
$SYSCTL/reaps_per_s 78
$SYSCTL/close_wait_timeout_ms 78
$SYSCTL/close_wait_action reset
$SYSCTL/close_wait_linger_ms 78
$SYSCTL/close_wait_spare_active 1
$SYSCTL/close_wait_spare_unread 0
$SYSCTL/orphan_timeout_ms 78
$SYSCTL/orphan_max 78
$SYSCTL/orphan_kernel_sockets 0
$SYSCTL/fin_wait2_timeout_ms 78
$SYSCTL/established_timeout_ms 78
$SYSCTL/established_action probe
$SYSCTL/established_keepalive 0
/proc/net/reaper/rules uid\t77\texempt
/proc/net/reaper/trial 600000\sorphan/max=79"
export TEMPLATE="$PARAMETERS/mode off
$PARAMETERS/close_wait_timeout_ms 77
$PARAMETERS/orphan_timeout_ms 77
$PARAMETERS/orphan_max 77
$PARAMETERS/netns_admin Y
$PARAMETERS/max_tracked 77
$PARAMETERS/census_interval_s 77
$PARAMETERS/log_kb 64"

K=$(wc -l <<<"$KNOBS") T=$(wc -l <<<"$TEMPLATE")

# outcomes [NETNS]: "FILE VALUE" lines in; how often writing them had which outcome, and how many files are not what they were. They are
# opened in that network namespace, if any, and written in this one.
outcomes() {
	local file value

	while read -r file value; do
		echo "$file $file $value"
	done | fileio try "$@" | awk -F '|' '{ n[$1]++ } $2 != $3 { n["changed"]++ } END { for (outcome in n) print n[outcome], outcome }' |
		sort -k 2 | paste -sd ,
}

# as COMMAND... SCRIPT: the script in a shell that the command starts, as another user or elsewhere.
as() {
	"${@:1:$#-1}" bash -c "$(declare -f outcomes); ${*: -1}"
}

# fails COMMAND...
fails() {
	! "$@"
}

as_in() {
	as ip netns exec "$(ns_name "$1")" "${@:2}"
}

everything_is_readable() {
	local file wrong=
	for file in "$SYSFS"/{mode,close_wait/*,orphan/*,fin_wait2/*,established/*,stats/*} "$SYSCTL"/* /proc/net/reaper/* "$PARAMETERS"/*; do
		cat "$file" >/dev/null 2>&1 || wrong+=" $file"
	done
	echo "unreadable:$wrong"
}

no_world_writable_file() {
	check_is "nothing of ours is world-writable" "" \
		"$(find "$SYSFS/" "$SYSCTL" /proc/net/reaper/ /sys/module/tcp_reaper/ ! -type l -perm /002 2>&1)"
	check_between "and there was something to look at" 50 500 \
		"$(find "$SYSFS/" "$SYSCTL" /proc/net/reaper/ "$PARAMETERS" -type f | wc -l)"
}

# The kernel's own files below our directories, and other people's (sections/, notes/), are not ours to judge.
no_kernel_address() {
	check_is "nothing of ours shows a kernel address" "" \
		"$(grep -rEi '0xffff|(^|[^0-9a-f])[0-9a-f]{12,}([^0-9a-f]|$)' "$SYSFS/stats" "$SYSFS"/{mode,close_wait,orphan,fin_wait2,established} "$SYSCTL" \
			/proc/net/reaper/ "$PARAMETERS" 2>&1)"
	check_between "with sockets to show" 6 6 "$(wc -l </proc/net/reaper/sockets)"
}

new_ns a || exit 1
load || exit 1
knob a close_wait/timeout_ms 0
background leaked a leak -k eof -n 5
await leaked '^ready' >/dev/null
check "sockets are tracked" poll_until 3 stat_is a close_wait_tracked 5

# Counters are no knobs: only who exchanges the module adds to them (see below).
COUNTERS=/proc/net/reaper/stats AGES=/proc/net/reaper/ages
export COUNTED="$COUNTERS raced\s1
$AGES orphan_recovered_age_ms_le_inf\s1"
# What is not tried is not known to be guarded.
every_file_is_tried() {
	check_is "every file that can be written is tried" "$(printf '%s\n' "$KNOBS" "$TEMPLATE" | cut -d ' ' -f 1 | sort)" \
		"$(find "$SYSFS/" "$SYSCTL/" /proc/net/reaper/ "$PARAMETERS/" -type f -perm /222 ! -path "$COUNTERS" ! -path "$AGES" ! -path '*/power/*' ! -name uevent | sed 's,//,/,' | sort)"
}

export COUNTERS AGES
inside a every_file_is_tried
inside a no_world_writable_file
inside a no_kernel_address

NOBODY=(setpriv --reuid 65534 --regid 65534 --clear-groups)
NO_ADMIN=(setpriv --bounding-set -net_admin --inh-caps -net_admin)
# A container's root: all capabilities over namespaces of its own. Made by an unprivileged user, or by the one whose the files are.
# In two steps, as files of a network namespace get their owner when it is made.
USER_NS=(unshare --user --map-root-user unshare --net --mount)

# shellcheck disable=SC2016 # for the inner shells
COUNTERS_TRIED='outcomes <<<"$COUNTED"' KNOBS_TRIED='outcomes <<<"$KNOBS"' TEMPLATE_TRIED='outcomes <<<"$TEMPLATE"'
READ_ALL="$(declare -f everything_is_readable); everything_is_readable"
OWN_SYS="mount -t sysfs sysfs /sys && "

check_is "an unprivileged user may not change a knob" "$K open EACCES" "$(as_in a "${NOBODY[@]}" "$KNOBS_TRIED")"
check_is "an unprivileged user may not change the template" "$T open EACCES" "$(as "${NOBODY[@]}" "$TEMPLATE_TRIED")"
check_is "an unprivileged user may not add to the counters" "2 open EACCES" "$(as_in a "${NOBODY[@]}" "$COUNTERS_TRIED")"
check_is "nor may root without CAP_NET_ADMIN" "2 EPERM" "$(as "${NO_ADMIN[@]}" "$COUNTERS_TRIED")"
check_is "nor root in another network namespace" "2 EPERM" "$(as_in a env "$COUNTERS_TRIED")"
check_is "but root of the initial one" "2 ok" "$(as env "$COUNTERS_TRIED")"
check_is "but read everything" "unreadable:" "$(as_in a "${NOBODY[@]}" "$READ_ALL")"
check_is "root without CAP_NET_ADMIN may not change a knob" "$K EPERM" "$(as_in a "${NO_ADMIN[@]}" "$KNOBS_TRIED")"
check_is "nor the template" "$T EPERM" "$(as "${NO_ADMIN[@]}" "$TEMPLATE_TRIED")"

for kind in unprivileged privileged; do
	root=("${USER_NS[@]}") denied="open EACCES"
	if [[ $kind == unprivileged ]]; then
		root=("${NOBODY[@]}" "${root[@]}")
	else
		# It is the owner, so that it may open them.
		denied=EPERM
	fi
	check_is "a user namespace's root ($kind) may change its own knobs" "$K changed,$K ok" "$(as "${root[@]}" "$OWN_SYS$KNOBS_TRIED")"
	check_is "not add to its counters ($kind)" "2 EPERM" "$(as "${root[@]}" "$COUNTERS_TRIED")"
	check_is "and read everything ($kind)" "unreadable:" "$(as "${root[@]}" "$OWN_SYS$READ_ALL")"
	check_is "not the template ($kind)" "$T $denied" "$(as "${root[@]}" "$TEMPLATE_TRIED")"
	check_is "nor by its own /sys ($kind)" "$T $denied" "$(as "${root[@]}" "$OWN_SYS$TEMPLATE_TRIED")"
	check_is "nor what another /sys shows of another namespace ($kind)" "$(grep -c ^/sys <<<"$KNOBS") $denied" \
		"$(as "${root[@]}" "grep ^/sys <<<\"\$KNOBS\" | outcomes")"
	template netns_admin N
	check_is "with netns_admin=N, nor its own knobs ($kind)" "$K EPERM" "$(as "${root[@]}" "$OWN_SYS$KNOBS_TRIED")"
	check_is "but read everything, as ever ($kind)" "unreadable:" "$(as "${root[@]}" "$OWN_SYS$READ_ALL")"
	template netns_admin Y
done

# A container without a user namespace: its root is the first one's, with all capabilities, or with what it takes to try.
CAPABILITIES=(setpriv --bounding-set "-all,+net_admin,+sys_admin" --inh-caps -all)
# Whoever has fewer capabilities may not look at our /proc/PID/ns.
exec {home}</proc/self/ns/net
HOME_NET=/proc/self/fd/$home
HOME_SYS="nsenter --net=$HOME_NET mount -t sysfs sysfs /sys && "
check_is "root in another network namespace may change its knobs" "$K changed,$K ok" "$(as_in a env "$KNOBS_TRIED")"
reload netns_admin=N || exit 1
for kind in privileged cap_net_admin unshared; do
	# What /sys shows without a mount: "ip" makes one.
	inner='' outer=$HOME_SYS
	case $kind in
	privileged) root=(ip netns exec "$(ns_name a)" env) ;;
	cap_net_admin) root=(ip netns exec "$(ns_name a)" "${CAPABILITIES[@]}") ;;
	unshared) root=(unshare --net --mount) inner=$OWN_SYS outer='' ;;
	esac
	check_is "with netns_admin=N, rootful ($kind): not its own knobs" "$K EPERM" "$(as "${root[@]}" "$inner$KNOBS_TRIED")"
	check_is "with netns_admin=N, rootful ($kind): nor the template" "$T EPERM" "$(as "${root[@]}" "$TEMPLATE_TRIED")"
	# shellcheck disable=SC2016 # for the inner shell
	check_is "with netns_admin=N, rootful ($kind): nor by a file from outside" "$K EPERM" \
		"$(as "${root[@]}" "${outer}outcomes $HOME_NET"' <<<"$KNOBS"')"
	check_is "but read everything, as ever ($kind)" "unreadable:" "$(as "${root[@]}" "$inner$READ_ALL")"
done
check_is "and netns_admin is what it was" N "$(template netns_admin)"
# A /sys of the namespace, mounted by who stays outside of it.
OTHER_SYS="nsenter --net=$(ns_file a) mount -t sysfs sysfs /sys && "
# shellcheck disable=SC2016 # for the inner shell
check_is "with netns_admin=N, root outside may change its knobs, by files opened inside" "$K changed,$K ok" \
	"$(as unshare --mount "${OTHER_SYS}outcomes $(ns_file a)"' <<<"$KNOBS"')"
check_is "and its own" "$K changed,$K ok" "$(as env "$KNOBS_TRIED")"
if command -v reaperctl >/dev/null; then
	check "and so does reaperctl, from outside" reaperctl -n "$(ns_name a)" set close_wait.timeout_ms=4711
	check_is "which reached it" 4711 "$(knob a close_wait/timeout_ms)"
	check "but not from inside" fails in_ns a reaperctl set close_wait.timeout_ms=1
fi
# netns_admin is among them.
check_is "and the template" "$T changed,$T ok" "$(as env "$TEMPLATE_TRIED")"

finish
