#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh DIR [TEST...]: run installed tests by kselftest's own runner, and judge. DIR holds kselftest/ (the runner) and
# tcp_reaper/ (the tests, installed). Fails for a failed test, and for a skip that tcp_reaper/foreseen-skips does not name.
set -u

(($# >= 1)) || {
	echo "usage: guest.sh DIR [TEST...]" >&2
	exit 2
}
BASE_DIR=$(readlink -f "$1")
shift
cd "$BASE_DIR/tcp_reaper" || exit 1
if (($# == 0)); then
	for test in *.sh; do
		[[ $test == lib*.sh || $test == guest.sh ]] || set -- "$@" "$test"
	done
fi
for test; do
	[[ -x $test ]] || {
		echo "guest.sh: no test $test in $PWD" >&2
		exit 2
	}
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

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
	}' foreseen-skips "$log"
