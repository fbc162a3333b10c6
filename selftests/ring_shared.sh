#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A flood of transitions in one namespace fills a CPU's ring, and loses what does not fit; another namespace's few transitions on that CPU
# are all noted, as a part of the ring is for each. The ring's worker is kept from the CPU meanwhile, as by many busy threads.
. "$(dirname "$0")/lib.sh"

# Of the last quarter of 1024 records one thirty-second is for each owner: 7.
RECORDS=1024
FLOOD=1500
FEW=5
CPU=0
BUSY_S=8

(($(nproc) > 1)) || skip_all "one CPU"
new_ns flood few || exit 1
load mode=observe nursery_records=$RECORDS census_interval_s=0 || exit 1
host_sysctl kernel.sched_rt_runtime_us=-1
# What receives on that CPU is not to wait for the worker's turn.
ksoftirqd=$(awk -v name="(ksoftirqd/$CPU)" '$2 == name { print $1 }' /proc/[0-9]*/stat 2>/dev/null)
chrt -f -p 3 "$ksoftirqd"
mkfifo "$TMP/flood" "$TMP/few"
exec {flood}<>"$TMP/flood" {few}<>"$TMP/few"
# shellcheck disable=SC2016 # for the inner shell
begin=(sh -c 'read go <"$2" && exec leak -k eof -n "$1"' sh)
background flood flood taskset -c $CPU chrt -f 2 "${begin[@]}" $FLOOD "$TMP/flood"
background few few taskset -c $CPU chrt -f 2 "${begin[@]}" $FEW "$TMP/few"
pause 1
# For so long at most: the kernel itself waits for that CPU.
background busy init timeout $BUSY_S taskset -c $CPU chrt -f 1 sh -c 'while :; do :; done'
pause 0.2
echo go >&"$flood"
check "a flood of $FLOOD" await flood '^ready' 8
lost=$(stat_of flood queue_lost)
echo go >&"$few"
check "$FEW get stuck beside it" await few '^ready' 8
check_between "the flood is more than the ring has room for" 1 $FLOOD "$lost"
check_is "who has few loses none" 0 "$(stat_of few queue_lost)"
ended busy
chrt -o -p 0 "$ksoftirqd"
check "they are tracked" poll_until 60 stat_is few close_wait_tracked $FEW
check "as is the flood, a census seeing to what was lost" poll_until 60 stat_is flood close_wait_tracked $FLOOD
stop flood
stop few
finish
