#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Memory is bounded: by max_tracked for all, by 64 bytes for each tracked socket, index included, and by nothing at all for a healthy
# one. What did not fit, whether into the table or into a ring of the nursery, is found later.
. "$(dirname "$0")/lib.sh"

MANY=52000 # 50,000 and some, 13,000 behind each of 4 listeners
BYTES=64

# shellcheck disable=SC2317 # for poll_until
tracked() {
	(($(stat_of "$1" close_wait_tracked) + $(stat_of "$1" orphan_tracked) == $2))
}

# In the initial namespace, which may have all of it.
bounded() {
	local before hook

	reload max_tracked=100 census_interval_s=0 || return
	poll_until 10 stat_at_least init census_runs 1
	hook=$(template hook)
	background first init leak -k eof -n 150
	await first '^ready' >/dev/null
	check "tracking stops at max_tracked" poll_until 5 stat_is init close_wait_tracked 100
	check "track_failed counts the others" poll_until 5 stat_is init track_failed 50
	background other b leak -k eof -n 10
	await other '^ready' >/dev/null
	check "the bound holds for all namespaces together" poll_until 5 stat_is b track_failed 10
	check_is "and nothing there is tracked" 0 "$(stat_of b close_wait_tracked)"
	# Younger ones, the hook might still have been about to tell of.
	check "they grow old" poll_until 10 aged init 1100 150
	check "there too" poll_until 10 aged b 1100 10
	census init
	check_is "a census does not pass the bound" 100 "$(stat_of init close_wait_tracked)"
	before=$(stat_of init track_failed)
	template max_tracked 1000
	check "once it is raised, a census finds the others" poll_until 5 stat_is init close_wait_tracked 150
	check "there too" poll_until 5 stat_is b close_wait_tracked 10
	check_is "and none fails any more" "$before" "$(stat_of init track_failed)"
	check_is "nor is it held against the hook that there was no room" "0 0 $hook" \
		"$(stat_of init hook_missed) $(stat_of b hook_missed) $(template hook)"

	template max_tracked 10
	check_is "a lower bound throws nobody out" 150 "$(stat_of init close_wait_tracked)"
	background third init leak -k eof -n 5
	await third '^ready' >/dev/null
	check "but lets nobody in" poll_until 5 stat_at_least init track_failed $((before + 5))
	stop first
	check "sockets that end make room" poll_until 60 stat_is init close_wait_tracked 0
	stop other
	poll_until 60 stat_is b close_wait_tracked 0
	check "for those that had none" poll_until 5 stat_is init close_wait_tracked 5
	stop third
	check "and these go, too" poll_until 60 stat_is init close_wait_tracked 0

	template max_tracked 0
	background none init leak -k eof -n 5 -w 1500
	await none '^report' >/dev/null
	ended none
	check_is "max_tracked=0 tracks nothing" 0 "$(stat_of init close_wait_tracked)"
}

# Of 80, an eighth is for the initial namespace alone; of the other 70 each holds no more than it leaves free: 35, then 18.
shared() {
	local ns want many

	reload max_tracked=80 census_interval_s=0 || return
	poll_until 10 stat_at_least init census_runs 1
	while read -r ns many want; do
		background "share_$ns" "$ns" leak -k eof -n "$many"
		await "share_$ns" '^ready' >/dev/null
		check "$ns, with $many stuck: $want are its share" poll_until 5 stat_is "$ns" track_failed $((many - want))
		check_is "$ns: and tracked" "$want" "$(stat_of "$ns" close_wait_tracked)"
	done <<-END
		a 60 35
		b 40 18
		init 30 27
	END
	stop share_init
	check "nothing of the initial namespace is left" poll_until 60 stat_is init close_wait_tracked 0
	stop share_a
	check "what a gives back is b's at once, as far as its share goes" poll_until 10 stat_is b close_wait_tracked 35
	stop share_b
}

# One that had no room gets a census as soon as its own share has some again.
room_again() {
	reload max_tracked=80 census_interval_s=0 || return
	poll_until 10 stat_at_least init census_runs 1
	background early a leak -k eof -n 35
	await early '^ready' >/dev/null
	check "a share is full" poll_until 5 stat_is a close_wait_tracked 35
	background late a leak -k eof -n 20
	await late '^ready' >/dev/null
	check "those that come late have no room" poll_until 5 stat_is a track_failed 20
	stop early
	check "they are tracked once it has room" poll_until 10 stat_is a close_wait_tracked 20
	check_is "by a census" 20 "$(stat_of a adopted)"
	stop late
}

slab() {
	awk -v n="$1" '$1 == "tcp_reaper_entry" { print $n }' /proc/slabinfo
}

# Everything that the kernel has in slabs, in bytes: our entries are in it, and what it keeps about them.
slab_bytes() {
	# What is only kept for a later use would come and go.
	echo 2 >/proc/sys/vm/drop_caches
	awk '$1 == "Slab:" { printf "%.0f", $2 * 1024 }' /proc/meminfo
}

page_bytes() {
	awk '$1 == "KernelPageSize:" { print $2 * 1024; exit }' /proc/self/smaps
}

# The index by the rule of module/track/table.c: it doubles when there are more than 4 entries a bucket of 8 bytes.
index_bytes() {
	local buckets=8
	while ((buckets * 4 < $1)); do
		buckets=$((buckets * 2))
	done
	echo $((buckets * 8))
}

small() {
	local i pages bytes before after

	# With a memory cgroup, some caches cost more.
	mkdir "$TMP/cgroup"
	if mount -t cgroup2 none "$TMP/cgroup" && echo +memory >"$TMP/cgroup/cgroup.subtree_control"; then
		mkdir "$TMP/cgroup/tcp_reaper_test"
		diag "with a memory cgroup"
	fi 2>/dev/null
	reload mode=off census_interval_s=0 || return
	for i in 1 2 3 4; do
		background "many$i" a leak -k eof -n $((MANY / 4))
		# Two at a time: as many as there are CPUs, usually.
		((i % 2)) || await "many$i" '^ready' 120 >/dev/null
	done
	for i in 1 2 3 4; do
		await "many$i" '^ready' 120 >/dev/null || return
	done
	check_is "there are sockets enough" "$MANY" "$(count_tcp a CLOSE_WAIT)"
	check_is "an entry is 56 bytes" 56 "$(slab 4)"
	check_is "none is there yet" 0 "$(slab 3)"
	before=$(slab_bytes)
	policy a close_wait/timeout_ms=0 mode=observe
	check "all are adopted" poll_until 60 stat_is a close_wait_tracked "$MANY"
	after=$(slab_bytes)
	check_is "by a census" "$MANY" "$(stat_of a adopted)"
	check_is "none failed" 0 "$(stat_of a track_failed)"

	pages=$(($(slab 15) * $(slab 6)))
	bytes=$(((pages * $(page_bytes) + $(index_bytes "$MANY") + MANY - 1) / MANY))
	diag "$MANY tracked: $pages pages of entries, an index of $(index_bytes "$MANY") bytes"
	check_between "bytes a tracked socket, its index included" 56 "$BYTES" "$bytes"
	bytes=$(((after - before + $(index_bytes "$MANY") + MANY - 1) / MANY))
	# What was freed meanwhile of other things makes it less: no more is what counts.
	check_between "bytes a tracked socket, by what the kernel's slabs have grown" 1 "$BYTES" "$bytes"

	check_is "the others, healthy or not in a class, have none" "$MANY" "$(sockets_listed)"
	background healthy a churn -n 3000
	await healthy '^churn' 60 >/dev/null
	ended healthy
	check "healthy connections leave nothing tracked" poll_until 5 tracked a "$MANY"
	check_between "and no memory, in pages" "$pages" $((pages + 2)) $(($(slab 15) * $(slab 6)))

	knob a mode off
	check_is "mode=off forgets them" 0 "$(stat_of a close_wait_tracked)"
	check "and gives the memory back" poll_until 10 shrunk 10
	stop many1 many2 many3 many4
	umount "$TMP/cgroup" 2>/dev/null
}

sockets_listed() {
	proc_net a reaper/sockets | sed 1d | wc -l
}

# shellcheck disable=SC2317 # for poll_until
shrunk() {
	# What the kernel keeps in reserve (since 6.18, more of it) is not ours.
	echo 1 2>/dev/null >/sys/kernel/slab/tcp_reaper_entry/shrink
	(($(slab 15) <= $1))
}

# A burst on each CPU at once that lets no worker in between: no ring of 16 takes that.
lost() {
	local each cpus cpu n

	each=$(many 1000)
	cpus=$(grep -c '^processor' /proc/cpuinfo)
	n=$((each * cpus))
	reload nursery_records=16 census_interval_s=0 || return
	check_is "nursery_records is what was asked for" 16 "$(template nursery_records)"
	poll_until 10 stat_at_least a census_runs 1
	for ((cpu = 0; cpu < cpus; cpu++)); do
		background "burst$cpu" a taskset -c "$cpu" chrt --fifo 1 leak -k eof -n "$each"
	done
	for ((cpu = 0; cpu < cpus; cpu++)); do
		await "burst$cpu" '^ready' 200 >/dev/null
	done
	check "a small ring loses some" poll_until 5 stat_at_least a queue_lost 1
	check "a census that nobody had to ask for finds them" poll_until 10 stat_is a close_wait_tracked $n
	check_between "as it says" 1 $n "$(stat_of a adopted)"
	check_is "and blames nobody" 0 "$(stat_of a hook_missed)"
	diag "queue_lost $(stat_of a queue_lost), adopted $(stat_of a adopted)"
	if command -v reaperctl >/dev/null; then
		check "status says so" grep -qE '(health| ) +queue_lost [1-9]' <(in_ns a reaperctl status)
		check "metrics, too" grep -qE '^tcp_reaper_queue_lost_total.* [1-9]' <(in_ns a reaperctl metrics)
	else
		skip "status and metrics say so" "no reaperctl"
	fi
	policy a close_wait/timeout_ms=100 mode=enforce
	check "all are reaped" poll_until 10 stat_is a close_wait_reaped $n
	for ((cpu = 0; cpu < cpus; cpu++)); do
		stop "burst$cpu"
	done
}

# A ring that was drained out of turn, as it was half full, is empty when the tick comes that its first record asked for; what is noted
# after that is seen to all the same.
out_of_turn() {
	local round runs

	# Of 16 places 8 are for handlers that interrupt each other; the fifth record is past half of the rest.
	reload nursery_records=16 census_interval_s=0 || return
	poll_until 10 stat_at_least a census_runs 1
	census a
	runs=$(stat_of a census_runs)
	for round in 1 2 3; do
		background "five$round" a taskset -c 0 leak -k eof -n 5
		await "five$round" '^ready' >/dev/null
		poll_until 1 reached $(($(now_ms) + 400))
		background "one$round" a taskset -c 0 leak -k eof -n 1
		await "one$round" '^ready' >/dev/null
		check "out of turn, $round: the next is seen to" poll_until 5 stat_is a close_wait_tracked $((6 * round))
	done
	check_is "out of turn: not by a census" "$runs" "$(stat_of a census_runs)"
	stop five{1,2,3} one{1,2,3}
}

new_ns a b || exit 1
in_ns a sysctl -qw net.ipv4.ip_local_port_range="1024 65535"
load || exit 1
bounded
shared
room_again
lost
out_of_turn
if [[ $(slab 4) != 56 ]]; then
	skip "bytes a tracked socket" "slab debugging makes all objects larger"
else
	small
fi
finish
