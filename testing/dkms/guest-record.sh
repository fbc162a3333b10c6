#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In the machine of dkms/run-record: what was reaped is in the journal, once,
# whatever becomes of the service that writes it; by whom nobody else can say.
# shellcheck disable=SC2317 # functions are called through check
cd /root/payload || exit 1
# shellcheck source=guest-lib.sh
. ./guest-lib.sh

SERVICE=tcp-reaper-log.service
BURST=10000

reaped() { sed -n "s/^close_wait_reaped //p" /proc/net/reaper/stats; }
reaped_is() { [[ $(reaped) == "$1" ]]; }
main_pid() { systemctl show --property MainPID --value $SERVICE; }
main_pid_is_not() { [[ $(main_pid) != "$1" && $(main_pid) != 0 ]]; }

# entries FIELD [MATCH...]: that field of each entry of the service's.
entries() {
	journalctl --no-pager --quiet -o cat --output-fields="$1" "_SYSTEMD_UNIT=$SERVICE" "${@:2}"
}

# accounted NETNS: how many actions the journal has, and how many it says it has not; "twice" if it has one twice.
accounted() {
	local load
	load=$(entries TCP_REAPER_LOAD "TCP_REAPER_NETNS=$1" | tail -n 1)
	[[ -z $(entries TCP_REAPER_NUMBER "TCP_REAPER_NETNS=$1" "TCP_REAPER_LOAD=$load" | sort | uniq -d) ]] || echo twice
	{
		entries TCP_REAPER_NUMBER "TCP_REAPER_NETNS=$1" "TCP_REAPER_LOAD=$load" | sed 's/.*/1/'
		entries TCP_REAPER_LEFT_OUT "TCP_REAPER_NETNS=$1" "TCP_REAPER_LOAD=$load"
	} | awk '{ n += $1 } END { print n + 0 }'
}

accounted_is() { [[ $(accounted "$1") == "$2" ]]; }

# leaks UNIT N [PORT]: a service that leaks so many.
leaks() {
	systemd-run --quiet --unit="$1" --property=LimitNOFILE=65536 --collect perl "$PWD/leaky.pl" "${@:2}"
}

install_it() {
	# The journal of a machine that is to outlast its boots.
	mkdir -p /var/log/journal
	systemctl restart systemd-journald
	journalctl --flush
	shown apt-get -y install ./1.0.0/tcp-reaper-dkms_1.0.0_all.deb ./1.0.0/reaperctl_1.0.0_amd64.deb >/dev/null
	check "the service is enabled" systemctl is-enabled --quiet $SERVICE
	check "and runs, without the module" systemctl is-active --quiet $SERVICE
	shown modprobe tcp_reaper
	check "systemd finds it well enough shut off" systemd-analyze security --no-pager --threshold=30 $SERVICE
	touch /root/installed
}

in_the_morning() {
	shown reaperctl set close_wait.timeout_ms=1s mode=enforce
	leaks orders 4
	leaks others 2 8081
	check "a service's four sockets are reaped, and another's" poll 60 reaped_is 6
	check "each is in the journal" poll 60 accounted_is initial 6
	systemctl stop orders others
	shown reaperctl log --since 10m --unit orders
	check "the log says whose it was" is "$(reaperctl log --since 10m --unit orders | grep -c 'orders.service')" 4
	shown journalctl --no-pager -u orders.service
	check "and so does journalctl -u" is "$(journalctl --no-pager -q -u orders.service | grep -c 'reset done')" 4
	shown journalctl --no-pager -q -n 1 -o json-pretty MESSAGE_ID=5d1f3bd7f6b9449ab8e7bb9e37c92f4a
}

restarted() {
	systemctl restart $SERVICE
	leaks later 3
	check "started again, it goes on where it was" poll 60 accounted_is initial 9
	systemctl stop $SERVICE later
	leaks meanwhile 3
	poll 60 reaped_is 12
	systemctl start $SERVICE
	check "what came while it did not run is there, and nothing twice" poll 60 accounted_is initial 12
	systemctl stop meanwhile
	check "it holds no namespace" none "$(readlink "/proc/$(main_pid)"/fd/* | grep '^net:')"
}

killed_in_a_burst() {
	local before i pid
	before=$(reaped)
	leaks burst $BURST
	for ((i = 0; i < 20; i++)); do
		pid=$(main_pid)
		[[ $pid == 0 ]] || kill -KILL "$pid"
		systemctl reset-failed $SERVICE
		systemctl start $SERVICE
		sleep 0.7
	done
	check "$BURST are reaped, while the service is killed all the time" poll 300 reaped_is $((before + BURST))
	check "each is in the journal once, or counted as left out" poll 120 accounted_is initial $((before + BURST))
	shown reaperctl log --since 10m -n 3
	shown journalctl --no-pager -q -n 2 -o cat MESSAGE_ID=b0b7a1c3e86c4d8fa0fd5a4f8f2c9d16
	systemctl stop burst
}

burst() {
	local before
	before=$(reaped)
	leaks burst $BURST
	check "$BURST are reaped" poll 300 reaped_is $((before + BURST))
	check "each is in the journal, or counted as left out" poll 120 accounted_is initial $((before + BURST))
	check "no more than 1000 of them for each second" eval \
		"journalctl -q -o short-unix '_SYSTEMD_UNIT=$SERVICE' | awk '{ if (!first) first = \$1; last = \$1 } END { exit NR > 1001 * (last - first + 3) }'"
	systemctl stop burst
}

# By a user who may make namespaces and cgroups, and write to the journal.
attacked() {
	local i forged before
	printf '%s\n' MESSAGE_ID=5d1f3bd7f6b9449ab8e7bb9e37c92f4a MESSAGE=forged TCP_REAPER_NETNS=initial TCP_REAPER_CLASS=forged \
		TCP_REAPER_STATE=x TCP_REAPER_LOCAL=1.1.1.1:1 TCP_REAPER_REMOTE=1.1.1.1:1 TCP_REAPER_ACTION=reset TCP_REAPER_RESULT=done \
		"TCP_REAPER_TIME_MS=$(date +%s)000" "_SYSTEMD_UNIT=$SERVICE" |
		setpriv --reuid 65534 --regid 65534 --clear-groups logger --journald
	journalctl --sync
	check "somebody's entry is in the journal" is "$(journalctl -q -o cat MESSAGE=forged | head -n 1)" forged
	check "and is none of the log's" none "$(reaperctl log --since 10m | grep forged)"
	forged=$(printf '/sys/fs/cgroup/user.slice/x\tPRIORITY=0 \033[31mMESSAGE=y')
	mkdir "$forged"
	before=$(reaped)
	sh -c 'echo $$ >"$0/cgroup.procs"; exec perl leaky.pl 1' "$forged" >/tmp/forger &
	check "one with a name that is none is reaped" poll 60 reaped_is $((before + 1))
	check "its name is one word" poll 60 eval "entries TCP_REAPER_CGROUP | grep -qF '/user.slice/x\011PRIORITY=0\040\033[31mMESSAGE=y'"
	check "and nobody's message" none "$(journalctl -q -o cat _SYSTEMD_UNIT=$SERVICE PRIORITY=0)"
	kill %1
	for ((i = 0; i < 40; i++)); do
		ip netns add "many$i"
		ip -n "many$i" link set lo up
		ip netns exec "many$i" sh -c "reaperctl set close_wait.timeout_ms=1ms mode=enforce >/dev/null; exec timeout 60 perl leaky.pl 1" >/dev/null &
	done
	check "of each of 40 namespaces it has what was reaped" poll 120 eval \
		"((\$(entries TCP_REAPER_NETNS | grep '^many' | sort -u | wc -l) == 40))"
	wait
	for ((i = 0; i < 40; i++)); do
		ip netns delete "many$i"
	done
	check "and goes on without them" systemctl is-active --quiet $SERVICE
}

after_reboot() {
	check "the module is loaded" poll 120 test -d /sys/module/tcp_reaper
	check "the log is empty" is "$(wc -l </proc/net/reaper/log)" 1
	shown reaperctl log --since 2h --unit orders
	check "what was done before the boot is told, and whose it was" is "$(reaperctl log --since 2h --unit orders | grep -c 'orders.service')" 4
	check "how many it has left out, as well" grep -q 'are no longer in the log' <(reaperctl log --since 2h)
	shown reaperctl set close_wait.timeout_ms=1s mode=enforce
	leaks again 2
	check "what comes is there, too" poll 60 accounted_is initial 2
	systemctl stop again
}

if [[ ! -e /root/installed ]]; then
	install_it
	in_the_morning
	restarted
	burst
	killed_in_a_burst
	attacked
else
	after_reboot
fi
check "nothing failed" none "$(journalctl -q -b -p warning "_SYSTEMD_UNIT=$SERVICE" -o cat)"
check "the kernel has nothing to complain of" none "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace')"
end
