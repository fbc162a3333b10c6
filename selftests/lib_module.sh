# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Part of lib.sh: the module, its figures and its knobs.

loaded() {
	[[ -d /sys/module/tcp_reaper ]]
}

# load [PARAMETER=VALUE...]
load() {
	if [[ -n ${TCP_REAPER_KO:-} ]]; then
		insmod "$TCP_REAPER_KO" "$@"
	else
		modprobe tcp_reaper "$@"
	fi
}

unload() {
	! loaded || rmmod tcp_reaper
}

# reload [PARAMETER=VALUE...]
reload() {
	unload && load "$@"
}

# stats NS: all of them. stat_of NS NAME: one.
stats() {
	proc_net "$1" reaper/stats
}

stat_of() {
	local stat
	read_stat "$@" && printf '%s\n' "$stat"
}

# read_stat NS NAME: sets "stat", at the price of one process.
read_stat() {
	local all netns
	if [[ $1 == init ]]; then
		all=$(</proc/net/reaper/stats) || return
	else
		netns_path "$1"
		all=$(netfile "$netns" reaper/stats) || return
	fi
	all=$'\n'$all$'\n'
	[[ $all == *$'\n'"$2 "* ]] || return
	all=${all#*$'\n'"$2 "}
	stat=${all%%$'\n'*}
}

# stat_is NS NAME VALUE: for poll_until.
stat_is() {
	local stat
	read_stat "$1" "$2" && [[ $stat == "$3" ]]
}

stat_at_least() {
	local stat
	read_stat "$1" "$2" && ((stat >= $3))
}

# knob NS KEY [VALUE]: read or write /sys/class/tcp_reaper/self/KEY.
knob() {
	# shellcheck disable=SC2016 # for the inner shell
	if (($# > 2)); then
		in_ns "$1" sh -c 'printf %s "$2" >"/sys/class/tcp_reaper/self/$1"' sh "$2" "$3"
	else
		in_ns "$1" cat "/sys/class/tcp_reaper/self/$2"
	fi
}

# sysctl_knob NS KEY [VALUE]: the same by /proc/sys/net/tcp_reaper; KEY is close_wait_timeout_ms or close_wait/timeout_ms.
sysctl_knob() {
	local file=/proc/sys/net/tcp_reaper/${2//\//_}
	# shellcheck disable=SC2016 # for the inner shell
	if (($# > 2)); then
		in_ns "$1" sh -c 'printf %s "$2" >"$1"' sh "$file" "$3"
	else
		in_ns "$1" cat "$file"
	fi
}

# template NAME [VALUE]: read or write /sys/module/tcp_reaper/parameters/NAME.
template() {
	if (($# > 1)); then
		printf %s "$2" >"/sys/module/tcp_reaper/parameters/$1"
	else
		printf '%s\n' "$(<"/sys/module/tcp_reaper/parameters/$1")"
	fi
}

# policy NS KEY=VALUE...: several knobs by sysfs, mode last, as it is what arms the others. Any failure ends the test.
policy() {
	local ns=$1 pair pairs=() mode=()
	shift
	for pair; do
		if [[ $pair == mode=* ]]; then
			mode=("$pair")
		else
			pairs+=("$pair")
		fi
	done
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$ns" sh -c '
		for pair; do
			printf %s "${pair#*=}" >"/sys/class/tcp_reaper/self/${pair%%=*}" || exit
		done' sh "${pairs[@]}" "${mode[@]}" || exit 1
}

# census NS: have one made now, and wait for its end; NS is one whose mode is not off.
census() {
	local runs interval status=0
	runs=$(stat_of "$1" census_runs) && interval=$(template census_interval_s) || return 1
	template census_interval_s 1 || return 1
	poll_until 15 stat_at_least "$1" census_runs $((runs + 1)) || status=1
	template census_interval_s "$interval" || status=1
	return "$status"
}
