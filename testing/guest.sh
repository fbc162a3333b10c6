#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh DIR [TEST...]: run installed tests by kselftest's own runner, and judge. DIR holds kselftest/ (the runner) and
# tcp_reaper/ (the tests, installed). Fails for a failed test, and for a skip that foreseen-skips beside this script does not name.
set -u

(($# >= 1)) || {
	echo "usage: guest.sh DIR [TEST...]" >&2
	exit 2
}
here=$(dirname "$(readlink -f "$0")")
BASE_DIR=$(readlink -f "$1")
shift
cd "$BASE_DIR/tcp_reaper" || exit 1
if (($# == 0)); then
	for test in *.sh; do
		[[ $test == lib*.sh ]] || set -- "$@" "$test"
	done
fi
for test; do
	[[ -x $test ]] || {
		echo "guest.sh: no test $test in $PWD" >&2
		exit 2
	}
done

log=$(mktemp)
trap 'rm -f "$log" "$log.sysctls"' EXIT

# The initial namespace's own. Not compared: what a module brings along, and what nobody can write, as the list of TCP's ULPs,
# which is longer once a test has had "tls" loaded. Of the rest of /proc/sys, much of
# which the kernel changes by itself, what tests change; and which CPUs there are.
list_sysctls() {
	find /proc/sys/net /proc/sys/fs/file-max /proc/sys/kernel/{ftrace_enabled,printk,sched_rt_runtime_us} \
		/proc/sys/vm/unprivileged_userfaultfd /sys/devices/system/cpu/cpu*/online -type f -perm /200 -exec grep -Hs . {} + 2>/dev/null
}
list_sysctls >"$log.sysctls"

# Shown by way of a file: what a test leaves running holds up nobody.
# Appended to: the runner opens its own output anew, and appends.
# The runner is written for sh without options.
(
	set +u
	# shellcheck disable=SC1091 # from the kernel
	. "$BASE_DIR/kselftest/runner.sh"
	run_many "$@"
) >>"$log" 2>&1 &
runner=$!
tail -n +1 -f --pid="$runner" "$log"
wait "$runner"

status=0
left=$(list_sysctls | awk -F : 'NR == FNR { was[$1] = $0; next } $1 in was && was[$1] != $0 { print "  " $0 ", was " was[$1] }' "$log.sysctls" -)
if [[ -n $left ]]; then
	printf 'sysctls that the tests did not put back:\n%s\n' "$left"
	status=1
fi

awk -v wanted=$# -v release="$(uname -r)" '
	FILENAME == ARGV[1] {
		# Of one kernel only: its version, before the test.
		if ($1 ~ /^[0-9]+\.[0-9]+$/) {
			if (index(release, $1 ".") != 1)
				next
			sub(/^[^ \t]+[ \t]+/, "")
		}
		if ($0 !~ /^#/ && NF > 1) {
			test = $1
			sub(/^[^ \t]+[ \t]+/, "")
			foreseen[test, $0] = 1
		}
		next
	}
	# Results of single checks are nested: behind "# ".
	/^# selftests: / {
		name = $NF
		reasons = 0
		next
	}
	/^#.*# SKIP / {
		reason = $0
		sub(/.*# SKIP /, "", reason)
		reasons++
		if (!((name, reason) in foreseen))
			unforeseen = unforeseen "\n  " name ": " reason
		next
	}
	/^ok .*# SKIP/ {
		skipped++
		if (!reasons)
			unforeseen = unforeseen "\n  " name ": without a reason"
		next
	}
	/^ok / { passed++ }
	/^not ok / {
		failed++
		names = names "\n  " $0
	}
	END {
		if (names)
			print "failed:" names
		if (unforeseen)
			print "skipped, which was not foreseen:" unforeseen
		lost = wanted - passed - failed - skipped
		if (lost)
			print lost " tests gave no result"
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit !!(failed || unforeseen || lost || !wanted)
	}' "$here/foreseen-skips" "$log" && exit "$status"
