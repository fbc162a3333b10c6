#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The log: the last actions of a namespace and of no other, oldest first; poll and epoll wake on a new one, and when the namespace or
# the module goes, which nobody who holds the file can hinder.
# shellcheck disable=SC2317 # functions are called by check and poll_until
. "$(dirname "$0")/lib.sh"

HEADER="time_ms class state age_ms idle_ms local remote uid inode action result number rule cgroup"

# log NS: its lines without the header.
log() {
	proc_net "$1" reaper/log | sed 1d
}

# lines NAME: how many a logwatch has read, but the header. wakes NAME: how often it was woken.
lines() {
	grep '^line ' "$(output "$1")" | grep -vc "^line $HEADER"
}

wakes() {
	grep -c '^woke' "$(output "$1")"
}

has_lines() {
	(($(lines "$1") == $2))
}

is_waiting() {
	[[ $(tail -n 1 "$(output "$1")") == waiting ]]
}

# leaked NS N OPTION...: so many are leaked and reaped.
leaked() {
	local ns=$1 n=$2 line
	shift 2
	# None goes before all are there, however long that takes.
	knob "$ns" mode observe
	background leaked "$ns" leak -k eof -n "$n" -w "$(slack 20000)" "$@"
	await leaked '^ready' "$(slack 20)" >/dev/null
	knob "$ns" mode enforce
	line=$(await leaked '^report' "$(slack 30)")
	ended leaked
	[[ $(field aborted "$line") == "$n" ]]
}

# One that is stuck inside its poll() stays in the queue: only the unloading has to wait for it.
stuck_reader() {
	new_ns cold other || return
	ip link add until_it_goes type veth peer name veth0 netns "$(ns_name other)"
	# Its file is of that namespace, it is not.
	background stuck cold sh -c 'exec nsenter -t 1 -n stuckpoll </proc/self/net/reaper/log'
	if ! poll_until 20 printed stuck '^(stuck|no userfaultfd)$' || printed stuck '^no'; then
		ended stuck
		if (($? == KSFT_SKIP)); then
			skip "a stuck reader holds up nobody" "no userfaultfd in this kernel"
		else
			not_ok "a reader gets stuck: $(<"$(output stuck)")"
		fi
		return
	fi
	del_ns cold other
	check "a reader that can't leave holds up no other namespace" poll_until 20 no_link until_it_goes
	signal stuck USR1
	check "and leaves, later" await stuck '^left$' 10
	ended stuck
}

# shellcheck disable=SC2317 # for poll_until
no_link() {
	! ip link show "$1"
}

new_ns a b short || exit 1
load log_kb=32 || exit 1
for ns in a b short; do
	policy $ns close_wait/timeout_ms=200 mode=enforce
done

check_is "an empty log is a header" "$HEADER" "$(proc_net a reaper/log)"
check_is "it can be read, and not written" "-r--r--r--" "$(in_ns a stat -c %A /proc/net/reaper/log)"
background poll a logwatch
background epoll a logwatch -e
background bytes a logwatch -b 1
for name in poll epoll bytes; do
	check "$name: waits" poll_until 5 is_waiting $name
	check_is "$name: was not woken by nothing" 0 "$(wakes $name)"
done

before=$(date +%s%3N)
check "one is reaped" leaked a 1 -p 7001
after=$(date +%s%3N)
for name in poll epoll bytes; do
	check "$name: is woken, and reads a line" poll_until 2 has_lines $name 1
	check "$name: waits again" poll_until 2 is_waiting $name
done
read -r time class state age idle local remote uid inode action result number rule _ <<<"$(log a)"
check_between "time_ms is the time of day" "$before" "$after" "$time"
check_between "age_ms is the age" 200 $((200 + $(slack 600))) "$age"
check_between "idle_ms too" 200 "$age" "$idle"
check_is "so is the rest" "close_wait CLOSE_WAIT 127.0.0.1:7001 127.0.0.1 0 reset done 1 0" \
	"$class $state $local ${remote%:*} $uid $action $result $number $rule"
check_between "the inode is a socket's" 1 4294967295 "$inode"
check "one is reaped over IPv6" leaked a 1 -p 7001 -6
check_is "its addresses are in brackets" "[::1]:7001 [::1]" "$(log a | tail -n 1 | awk '{ sub(/:[0-9]*$/, "", $7); print $6, $7 }')"

check "60 are reaped" leaked a 60 -p 7002
check "then 250" leaked a 250 -p 7003 -6
check_is "the log has them, the oldest first" "$(seq 312)" "$(log a | awk '{ print $12 }')"
log a | awk '{ print $1 }' >"$TMP/times"
check "their times only go forward" sort -nc "$TMP/times"
for name in poll epoll bytes; do
	check "$name: has read each line that there ever was" poll_until 5 has_lines $name 312
	check "$name: and waits" poll_until 2 is_waiting $name
	check_between "$name: was woken for a reason" 3 312 "$(wakes $name)"
	check_is "$name: has read none of them twice" 312 "$(grep '^line [0-9]' "$(output $name)" | sort -u | wc -l)"
done
check_is "another namespace's log is empty still" "$HEADER" "$(proc_net b reaper/log)"

# A reader that is too slow goes on with what there is.
signal poll STOP
for n in 462 612 762; do
	check "150 are reaped while one reader stands still" leaked a 150 -p 7004
	check "the others have read them all" poll_until 10 has_lines bytes $n
done
kept=$(log a | wc -l)
check_between "the log is of as many as 32 KiB have room for" 280 340 "$kept"
check_is "which are the last ones, the oldest first, and tell how many are gone" "$(seq $((763 - kept)) 762)" "$(log a | awk '{ print $12 }')"
signal poll CONT
check "poll: reads what there is" poll_until 5 has_lines poll $((312 + kept))
check_is "and its numbers tell how much it has missed" "$((763 - kept)) 762" \
	"$(sed -n '/^line [0-9]/s/.* done \([0-9]*\) .*/\1/p' "$(output poll)" | tail -n +313 | sed -n '1p;$p' | paste -sd ' ')"
check "poll: and waits" poll_until 2 is_waiting poll

# One poll() waits as often as it has descriptors, and a new line wakes all of them.
new_ns crowded || exit 1
policy crowded close_wait/timeout_ms=200 mode=enforce
unprivileged=(setpriv --reuid 65534 --regid 65534 --clear-groups)
background full crowded "${unprivileged[@]}" logwatch -n 1024
check "1,024 wait for one log" poll_until 5 is_waiting full
background late crowded "${unprivileged[@]}" logwatch
check "one more is refused" await late '^refused' 5
background late-epoll crowded "${unprivileged[@]}" logwatch -e
check "by epoll none may that is not root's, as others can wait for an epoll instance" await late-epoll '^refused' 5
background root crowded logwatch
check "but not if it is root's" poll_until 5 is_waiting root
check "one is reaped" leaked crowded 1
for name in full root; do
	check "$name: is woken, and reads a line" poll_until 5 has_lines $name 1
done
stop full
background next crowded "${unprivileged[@]}" logwatch
check "once they are gone, there is room" poll_until 5 is_waiting next
background next-epoll crowded "${unprivileged[@]}" logwatch -e
check "but none by epoll" await next-epoll '^refused' 5
stop late late-epoll root next next-epoll
check "each log has its own" is_waiting poll

# From outside, so that the namespace can go.
check "one is reaped in a third namespace" leaked short 1
background outside init logwatch -N "$(ns_file short)"
background outside-epoll init logwatch -e -N "$(ns_file short)"
for name in outside outside-epoll; do
	check "$name: has read the line" poll_until 5 has_lines $name 1
	check "$name: waits" poll_until 5 is_waiting $name
done
del_ns short
for name in outside outside-epoll; do
	check "$name: is told when the namespace goes" await $name '^gone EIO' 30
	check_is "$name: with nothing in between" "waiting woke gone" \
		"$(sed -n '/^waiting/,$p' "$(output $name)" | awk '{ print $1 }' | paste -sd ' ')"
done
check "the other namespaces' readers wait on" is_waiting poll
stuck_reader

# The module goes from under all of them.
check "the module can be unloaded, with its file held, polled and watched by epoll" timeout 60 rmmod tcp_reaper
for name in poll epoll bytes; do
	check "$name: is told" await $name '^gone EIO' 10
done
check "it can be loaded again, while they still hold the old file" load
check_is "the new log is empty" "$HEADER" "$(proc_net a reaper/log)"
finish
