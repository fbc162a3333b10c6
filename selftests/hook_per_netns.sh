#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each namespace's transitions are noted from when its mode is no longer off until it is off again, whoever else asks for theirs.
# shellcheck disable=SC2317 # functions are called by poll_until and in the background
. "$(dirname "$0")/lib.sh"

NAMES=(a b c)
declare -A expected=([a]=0 [b]=0 [c]=0)

# seen NS: its transitions that the hook told of; a census that comes by, as whenever one begins to ask, sees some as well, and adopts them.
seen() {
	stats "$1" | awk '$1 == "close_wait_seen" || $1 == "orphan_seen" { n += $2 } $1 == "adopted" { n -= $2 } END { print n }'
}

all_seen() {
	[[ $(for ns in "${NAMES[@]}"; do seen "$ns"; done | paste -sd ' ') == "$1" ]]
}

# asking WHEN [NS...]: from now on, these ask and no others. 10 connections in each namespace, opened and closed, are a FIN and two closes
# each; those of who does not ask come first, so that they would be settled by then.
asking() {
	local when=$1 ns mode askers
	shift
	askers=" $* "
	for ns in "${NAMES[@]}"; do
		[[ $askers == *" $ns "* ]] && mode=observe || mode=off
		[[ $(knob "$ns" mode) == "$mode" ]] || policy "$ns" mode=$mode
	done
	for ns in "${NAMES[@]}"; do
		[[ $askers == *" $ns "* ]] || in_ns "$ns" churn -4 -j 1 -n 10 >/dev/null || not_ok "$when: churn in $ns"
	done
	for ns; do
		in_ns "$ns" churn -4 -j 1 -n 10 >/dev/null || not_ok "$when: churn in $ns"
		expected[$ns]=$((expected[$ns] + 30))
	done
	for ns in "${NAMES[@]}"; do
		set -- "$@" "${expected[$ns]}"
	done
	shift $(($# - ${#NAMES[@]}))
	check "$when: noted in$(printf ' %s' "${NAMES[@]}"): $*" poll_until 5 all_seen "$*"
}

# Whoever else asks meanwhile, or stops to, nothing is lost of one that does.
flapping() {
	local before n

	before=$(seen a)
	# shellcheck disable=SC2016 # for the inner shell
	background flapping init bash -c 'until [[ -e $1 ]]; do
			for mode in observe off; do
				for ns in "$2" "$3"; do
					nsenter --net="$ns" sh -c "echo $mode >/proc/sys/net/tcp_reaper/mode" || exit
				done
				sleep "0.$((RANDOM % 2))"
			done
			sleep "$((RANDOM % 2)).2"
			echo flap
		done' bash "$TMP/enough" "$(ns_file b)" "$(ns_file c)"
	# shellcheck disable=SC2016 # for the inner shell
	background churn a sh -c 'until [ -e "$1" ]; do churn -n 500 || exit; done' sh "$TMP/enough"
	check "flapping: others ask and stop to, 8 times" poll_until 60 flaps 8
	: >"$TMP/enough"
	ended flapping
	check_is "flapping: no error" 0 $?
	ended churn
	check_is "flapping: no connection failed" 0 $?
	n=$(awk '{ split($2, f, "="); n += f[2] } END { print n }' "$(output churn)")
	check_between "flapping: connections meanwhile" 500 1000000000 "$n"
	# Half of them begin with the client's close, half with the server's: a FIN and two closes, each.
	check "flapping: all of theirs were noted, of $n" poll_until 5 seen_is a $((before + 3 * n))
	check_is "flapping: none were lost" "0 0" "$(stat_of a queue_lost) $(stat_of a hook_missed)"
	expected[a]=$((before + 3 * n))
}

flaps() {
	(($(grep -c flap "$(output flapping)") >= $1))
}

seen_is() {
	(($(seen "$1") == $2))
}

new_ns "${NAMES[@]}" || exit 1
# A ring has room for what churn does while its worker is late.
load mode=off census_interval_s=0 nursery_records=65536 || exit 1
template mode observe
asking "nobody has yet"
asking "the first" a
asking "a second one" a b
asking "the first no longer" b
asking "another at once" b c
asking "all" a b c
asking "a single one again" c
asking "another instead" a
asking "no more"
asking "another at once, where there was one" b
asking "and one more" b c
asking "nobody again"
asking "all at once" a b c
flapping
new_ns late || exit 1
in_ns late churn -4 -j 1 -n 10 >/dev/null
check "a new namespace asks as the template does" poll_until 5 seen_is late 30
del_ns late
asking "one has gone" a b
finish
