#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# rate-guest.sh SECONDS ROUNDS
# In a VM with two CPUs: connections a second on both, with the module and without it, in turn; what counts is the median of the
# ratios, as the speed of the machine below is nobody's to keep.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh

seconds=$1 rounds=$2
ratios=()

# connections: as many as there were time for.
connections() {
	local line
	line=$(churn -4 -s "$seconds")
	[[ $line == *" errors=0" ]]
	line=${line#*connections=}
	echo "${line%% *}"
}

without() {
	none=$(connections)
}

with() {
	load_reaper mode=enforce
	reaper=$(connections)
	rmmod tcp_reaper
}

for ((round = 0; round < rounds; round++)); do
	# Whoever comes second finds the other's sockets in time-wait.
	if ((round % 2)); then
		with
		without
	else
		without
		with
	fi
	ratios+=("$(awk -v a="$reaper" -v b="$none" 'BEGIN { printf "%.4f", a / b }')")
	echo "# none $none, reaper $reaper: ${ratios[-1]}"
done
figure rate reaper/none "$(median "${ratios[@]}")" ratio
# Where the median of all such pairs lies, with a probability of 95 %: by their order alone, whatever their distribution.
read -r low high < <(printf '%s\n' "${ratios[@]}" | sort -g | awk '
	{ at[NR] = $1 }
	END { while (root * root < NR) root += 0.01
	      half = 0.98 * root; low = int(NR / 2 - half); high = int(NR / 2 + 1 + half) + 1
	      print at[low < 1 ? 1 : low], at[high > NR ? NR : high] }')
figure rate "at least" "$low" ratio
figure rate "at most" "$high" ratio
