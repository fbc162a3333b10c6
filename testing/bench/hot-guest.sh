#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# hot-guest.sh CONNECTIONS ROUNDS VARIANT...
# In the VM that counts instructions: what a connection costs, opened and
# closed, with each variant of looking at it. Rounds go through all variants in
# turn, and the medians count.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

n=$1 rounds=$2
shift 2
beside=() # the programs that a variant needs

another_namespace() {
	unshare --net sleep 100000 &
	beside+=($!)
}

start() {
	case $1 in
	none) ;;
	reaper) load_reaper mode=enforce ;;
	reaper-observe) load_reaper mode=observe ;;
	reaper-off) insmod /tcp_reaper.ko mode=off ;;
	# Off here, but not in another namespace; -2: in two.
	reaper-off-here*)
		another_namespace
		[[ $1 != *-2 ]] || another_namespace
		load_reaper mode=enforce
		echo off >/proc/sys/net/tcp_reaper/mode
		;;
	# And in another namespace as well.
	reaper-beside)
		another_namespace
		load_reaper mode=enforce
		;;
	reaper-*) load_reaper mode=enforce hook="${1#reaper-}" ;;
	empty-*) insmod /bench/empty_hook.ko how="${1#empty-}" ;;
	bpf-*)
		follow "/bench/${1#bpf-}.bpf.o" >/tmp/follow &
		beside+=($!)
		until_true 20 grep -sq ready /tmp/follow
		;;
	esac
}

stop() {
	if loaded tcp_reaper; then
		rmmod tcp_reaper
	fi
	if loaded empty_hook; then
		rmmod empty_hook
	fi
	if ((${#beside[@]})); then
		kill "${beside[@]}"
		wait "${beside[@]}" || :
		beside=()
	fi
}

slabs_stay
declare -A took
for ((round = 0; round < rounds; round++)); do
	for variant; do
		start "$variant"
		calm
		read -r ns _ < <(conn -n "$n" -w $((n / 5)))
		took[$variant]+=" $ns"
		stop
	done
done
for variant; do
	# shellcheck disable=SC2086 # one word a round
	figure connection "$variant" "$(median ${took[$variant]})" instructions
	echo "# $variant:${took[$variant]}"
done
