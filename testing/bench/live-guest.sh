#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/live, inside the VM.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh disable=SC1091
. /bench/lib.sh
# shellcheck source-path=SCRIPTDIR source=sockets.sh disable=SC1091
. /bench/sockets.sh

n=$1

# requests VARIANT ARGUMENT...: sets p99_us.
requests() {
	local variant=$1 line name
	shift
	line=$(request "$@")
	for name in n p50_us p90_us p99_us max_us took_ms; do
		figure "live-$n" "$variant $name" "$(grep -o " $name=[^ ]*" <<<"$line" | cut -d = -f 2)" "${name##*_}"
	done
	p99_us=$(grep -o " p99_us=[^ ]*" <<<"$line" | cut -d = -f 2)
}

load_reaper mode=observe census_interval_s=0
echo 1 >/proc/sys/net/tcp_reaper/close_wait_timeout_ms
stuck "$n"
POLL=1 until_true 900 stat_at_least close_wait_would_reap "$n"
calm
idle 5
requests "alone, kept" -k -t 2000
requests alone -t 3000
alone=$p99_us
requests reaping -r
stat_at_least close_wait_reaped "$n"
end_all
((p99_us <= 2 * alone && p99_us <= alone + 2000)) || {
	echo "bench: p99 is $p99_us us beside reaping, and $alone us without"
	exit 1
}
