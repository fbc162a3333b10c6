#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# reaperctl reload, as an upgrade has it: the module is exchanged under its namespaces; each keeps its policy, whoever made it, and its counters.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check
. "$(dirname "$0")/lib.sh"

command -v reaperctl >/dev/null || skip_all "no reaperctl"
[[ -e /vm/config && -n ${TCP_REAPER_KO:-} ]] || skip_all "not in a VM of its own"

knob_is() {
	check_is "$1: $2" "$3" "$(knob "$1" "$2")"
}

# A container's: no name, set by itself.
nameless_mode() {
	nsenter -t "$(pid_of nameless)" -n cat /proc/sys/net/tcp_reaper/mode
}

new_ns stopped enforced || exit 1
load close_wait_timeout_ms=600000 || exit 1
# Where modprobe finds it.
cp "$TCP_REAPER_KO" "/lib/modules/$(uname -r)/tcp_reaper.ko"
depmod -a || skip_all "no depmod"

template mode enforce
template orphan_timeout_ms 420000
policy init close_wait/timeout_ms=5000 mode=enforce
reaperctl set mode=observe
policy stopped close_wait/timeout_ms=1260000 mode=off
policy enforced orphan/timeout_ms=11000 close_wait/action=fin orphan/max=17 mode=enforce
printf '%s\n' 'lport 22 exempt' 'raddr 192.0.2.0/24 close_wait_ms 5000' | reaperctl -n "$(ns_name enforced)" rules load -
background nameless init unshare --net sh -c 'echo enforce >/proc/sys/net/tcp_reaper/mode; echo ready; exec sleep 600'
await nameless '^ready' >/dev/null || exit 1
check_is "a container enforces" enforce "$(nameless_mode)"
# What was counted, by a namespace that is gone as well; the sockets that are tracked are found anew.
new_ns counted gone || exit 1
for ns in counted gone; do
	policy $ns close_wait/timeout_ms=100 mode=enforce
	background "reaped_$ns" $ns leak -k eof -n 3 -p 5000
	await "reaped_$ns" '^ready' >/dev/null || exit 1
	check "$ns: three are reaped" poll_until 15 stat_is $ns close_wait_reaped 3
	stop "reaped_$ns"
done
policy counted close_wait/timeout_ms=600000
background leaving counted leak -k eof -n 2 -p 5002
await leaving '^ready' >/dev/null || exit 1
check "two more are tracked" poll_until 15 stat_is counted close_wait_tracked 2
stop leaving
check "and leave by themselves" poll_until 15 stat_at_least counted close_wait_recovered 2
background stuck counted leak -k eof -n 2 -p 5001
await stuck '^ready' >/dev/null || exit 1
check "and two are tracked" poll_until 15 stat_is counted close_wait_tracked 2
del_ns gone
ages() { grep '^close_wait_age_ms_'; }
recovered() { proc_net counted reaper/ages; }
others() { grep -E '^close_wait_(reaped|recovered|age_ms_.*) ' /proc/net/reaper/others; }
were=$(others) ages=$(stats counted | ages) recovered=$(recovered) taken=$(stat_of counted close_wait_taken)
before=$(stat -c %i /sys/module/tcp_reaper)
# Namespaces that are made while there is no module, and once there is, by who does what modprobe does; one's owner knows what it wants.
mkdir "$TMP/bin"
cat >"$TMP/bin/modprobe" <<-END
	#!/bin/sh
	[ "\$1" != --dry-run ] || exec $(command -v modprobe) "\$@"
	ip netns add $(ns_name amid)
	ip netns add $(ns_name own)
	$(command -v modprobe) "\$@" || exit
	ip netns add $(ns_name after)
	echo Y >/sys/module/tcp_reaper/parameters/netns_admin
	ip netns exec $(ns_name own) sh -c 'echo off >/proc/sys/net/tcp_reaper/mode'
	echo N >/sys/module/tcp_reaper/parameters/netns_admin
END
chmod 755 "$TMP/bin/modprobe"
# Where tenants may change nothing, the host's reload still can.
template netns_admin N

check "reload" env PATH="$TMP/bin:$PATH" reaperctl reload
check_is "the template: who may change" N "$(template netns_admin)"
template netns_admin Y
check "it is another load" test "$(stat -c %i /sys/module/tcp_reaper)" != "$before"
knob_is init mode observe
knob_is init close_wait/timeout_ms 5000
knob_is stopped mode off
knob_is stopped close_wait/timeout_ms 1260000
knob_is enforced mode enforce
knob_is enforced orphan/timeout_ms 11000
knob_is enforced orphan/max 17
knob_is enforced close_wait/action fin
check_is "its rules" 2 "$(proc_net enforced reaper/rules | grep -c '# hits 0$')"
check_is "a container still enforces" enforce "$(nameless_mode)"
check_is "its counters go on" "3 0" "$(stat_of counted close_wait_reaped) $(stat_of counted close_wait_evicted)"
check_is "its ages, too" "$ages" "$(stats counted | ages)"
check_is "and those of sockets that left" "$recovered" "$(recovered)"
check "of which there are some" grep -q 'close_wait_recovered_age_ms_le_inf [1-9]' <<<"$recovered"
check_is "what was tracked is forgotten" 2 "$(stat_of counted close_wait_forgotten)"
check "and found anew" poll_until 15 stat_is counted close_wait_tracked 2
check_is "which is counted" $((taken + 2)) "$(stat_of counted close_wait_taken)"
check_is "the sum of all namespaces, of the one that is gone as well" "$were" "$(others)"
check "which was counted" grep -qx 'close_wait_reaped 6' <<<"$were"
check_is "the template: mode" enforce "$(template mode)"
check_is "the template: another" "420000 600000" "$(template orphan_timeout_ms) $(template close_wait_timeout_ms)"
for ns in amid after; do
	check_is "made while the module was exchanged, as the template has it: $ns" "enforce 420000" "$(knob $ns mode) $(knob $ns orphan/timeout_ms)"
done
check_is "or as its owner does" off "$(knob own mode)"
for ns in amid after own; do
	ip netns delete "$(ns_name $ns)"
done
new_ns later
knob_is later mode enforce

rm "/lib/modules/$(uname -r)/tcp_reaper.ko"
depmod -a
before=$(stat -c %i /sys/module/tcp_reaper)
refused() { ! reaperctl reload 2>"$TMP/err"; }
check "without a module for this kernel it refuses" refused
check "says so" grep -q 'no module for this kernel is installed .*; nothing was done' "$TMP/err"
check_is "and leaves the loaded one" "$before" "$(stat -c %i /sys/module/tcp_reaper)"

# Only what can be a counter of an earlier load is taken, and all of it or nothing.
was=$(cat /proc/net/reaper/stats)
for text in 'close_wait_reaped' 'close_wait_reaped -1' 'close_wait_reaped 1 2' 'close_wait_tracked 1' 'no_such 1' \
	'close_wait_reaped 1\nno_such 1' 'close_wait_reaped 1\nclose_wait_reaped 1' 'close_wait_reaped 1\n\norphan_reaped 1' \
	'close_wait_age_ms_le_1000 2\nclose_wait_age_ms_le_inf 1' 'orphan_recovered_age_ms_le_1000 2\norphan_recovered_age_ms_le_inf 1'; do
	check_is "no counters: $text" EINVAL "$(fileio put /proc/net/reaper/stats "$text")"
done
check_is "nor is what would wrap" ERANGE "$(fileio put /proc/net/reaper/stats 'raced 9223372036854775807')"
check_is "nothing of them is counted" "$was" "$(cat /proc/net/reaper/stats)"
check_is "nobody adds them in another namespace" EPERM "$(in_ns counted fileio put /proc/net/reaper/stats 'raced 1')"
stop nameless stuck
finish
