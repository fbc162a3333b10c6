#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# attack-guest.sh CONNECTIONS ROUNDS
# In the VM that counts instructions: the worst that a client can do, which is to open and half-close as fast as it can, while
# the server never closes. Per connection, from the first SYN to an hour later, with the module and without it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

n=$1 rounds=$2

half_close() {
	leak -4 -k eof -n "$n" -w 1 >/dev/null
}

declare -A took
for ((round = 0; round < rounds; round++)); do
	for variant in none reaper; do
		calm
		[[ $variant == none ]] || load_reaper mode=enforce
		took[$variant]+=" $(($(elapsed half_close) / n))"
		if [[ $variant == reaper ]]; then
			POLL=1 until_true 60 stat_is close_wait_tracked 0
			rmmod tcp_reaper
		fi
	done
done
for variant in none reaper; do
	# shellcheck disable=SC2086 # one word a round
	figure half-close "$variant" "$(median ${took[$variant]})" instructions
done
