# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the guest's parts of the benches share; sourced there.

# figure WORKLOAD VARIANT VALUE UNIT: a line of the result, in tabs.
figure() {
	printf 'figure\t%s\t%s\t%s\t%s\n' "$@"
}

# until_true SECONDS COMMAND...: polls for so long, every POLL seconds; idle time
# costs nothing where instructions are counted, looking does.
POLL=0.05
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || {
			echo "bench: not within its time: $*" >&2
			exit 1
		}
		read -rt "$POLL" <> <(:) || :
	done
}

# median VALUE...
median() {
	printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 }
		END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

stat_of() {
	awk -v name="$1" '$1 == name { print $2 }' /proc/net/reaper/stats
}

stat_is() {
	(($(stat_of "$1") == $2))
}

stat_at_least() {
	(($(stat_of "$1") >= $2))
}

no_time_wait() {
	(($(awk '$1 == "TCP:" { print $7 }' /proc/net/sockstat) == 0))
}

# Nothing is in time-wait: where one run ends, and the next begins.
calm() {
	POLL=5 until_true 200 no_time_wait
}

# An empty slab stays with its cache. How many pages a run gives back and takes anew is chance, and each is some 11,000 instructions: of 12 runs
# of 4,000 connections the least and the most were 250 instructions a connection apart, and 46 with this.
slabs_stay() {
	local file
	for file in /sys/kernel/slab/*/min_partial; do
		echo 100000 >"$file"
	done
}

loaded() {
	[[ -d /sys/module/$1 ]]
}

# Loaded, and past its first census.
load_reaper() {
	insmod /tcp_reaper.ko "$@"
	until_true 60 stat_at_least census_runs 1
}

tracing=/sys/kernel/tracing

# From here on, what our workers do is noted.
trace_begin() {
	local event

	echo 0 >$tracing/tracing_on
	echo 65536 >$tracing/buffer_size_kb
	: >$tracing/trace
	for event in workqueue/workqueue_execute_start workqueue/workqueue_execute_end sched/sched_switch; do
		echo 1 >$tracing/events/$event/enable
	done
	echo 1 >$tracing/tracing_on
}

# trace_spent [FUNCTION]: how long our workers, or that one alone, had a CPU since, in ns; where instructions are counted, that is how
# many, those of interrupts that came in between included. A worker that gives way in the middle to another, ours or not, does not count
# meanwhile: whether it does is chance. (%d of Debian 12's mawk ends at 31 bits.)
# shellcheck disable=SC2120 # without, of all of them
trace_spent() {
	echo 0 >$tracing/tracing_on
	# Read while it is in the kernel, it was seen to be empty for an awk, though not for a cp.
	cp $tracing/trace /tmp/trace
	awk -v ours="function ${1:-[a-z_]+} [[]tcp_reaper[]]" '
		function ns(line) { match(line, / [0-9]+\.[0-9]+: /); return substr(line, RSTART + 1, RLENGTH - 3) * 1e9 }
		function pid(line) { match(line, /-[0-9]+ +[[]/); return substr(line, RSTART + 1, RLENGTH - 2) + 0 }
		function next_pid(line) { match(line, /next_pid=[0-9]+/); return substr(line, RSTART + 9, RLENGTH - 9) + 0 }
		function off(pid, now) { if (pid in since) { sum += now - since[pid]; delete since[pid] } }
		/workqueue_execute_start/ && $0 ~ ours { p = pid($0); working[p] = 1; since[p] = ns($0) }
		/workqueue_execute_end/ { p = pid($0); off(p, ns($0)); delete working[p] }
		/sched_switch/ {
			off(pid($0), ns($0))
			p = next_pid($0)
			if (p in working) since[p] = ns($0)
		}
		END { if (!sum) { print "bench: no work was seen" >"/dev/stderr"; exit 1 }; printf "%.0f\n", sum }' /tmp/trace || return
	: >$tracing/trace
}

# busy COMMAND...: how long the only CPU was not idle meanwhile, in its cycles, which are instructions where those are counted; and how often it
# was woken.
busy() {
	echo 0 >$tracing/tracing_on
	echo x86-tsc >$tracing/trace_clock
	: >$tracing/trace
	echo 1 >$tracing/events/power/cpu_idle/enable
	echo 1 >$tracing/tracing_on
	"$@" >/dev/null
	echo 0 >$tracing/tracing_on
	echo 0 >$tracing/events/power/cpu_idle/enable
	cp $tracing/trace /tmp/trace
	echo local >$tracing/trace_clock
	awk '/cpu_idle: state=/ {
			match($0, / [0-9]+: cpu_idle/)
			now = substr($0, RSTART + 1, RLENGTH - 11) + 0
			if ($0 ~ /state=4294967295/) since = now
			else if (since) { sum += now - since; since = 0; woken++ }
		}
		END { if (!sum) { print "bench: no idle time was seen" >"/dev/stderr"; exit 1 }; printf "%.0f %d\n", sum, woken }' /tmp/trace
}

# softirqs_at_once: from here on, ksoftirqd has the CPU as soon as it wants it. Else, from the first time that it is woken, the packets
# that a worker sends on the loopback device wait for it, and what their receipt takes, 1,700 instructions each, is not the worker's:
# when it is first woken is chance.
softirqs_at_once() {
	local comm

	for comm in /proc/[0-9]*/comm; do
		if [[ $(<"$comm") == ksoftirqd/* ]]; then
			chrt --fifo --pid 1 "$(cut -d / -f 3 <<<"$comm")"
		fi
	done
}

# elapsed COMMAND...: how long it took, in ns; its output goes to /tmp/elapsed.
elapsed() {
	local from
	from=$(date +%s%N)
	"$@" >/tmp/elapsed
	echo $(($(date +%s%N) - from))
}

# idle SECONDS
idle() {
	read -rt "$1" <> <(:) || :
}
