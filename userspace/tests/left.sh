# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What was reaped and is open still: who has it, how many descriptors are left, and whom nobody can make look guilty. Sourced by run.

# ended FIRST N [UID [ACTION [RESULT]]]: so many lines of the log, from that inode number on.
ended() {
	perl -e '
my ($first, $n, $uid, $action, $result) = @ARGV;
printf "1700000000%03d close_wait CLOSE_WAIT 60000 50000 10.0.0.1:80 10.0.0.2:%d %d %d %s %s\n",
	$_ % 1000, 20000 + $_, $uid, $first + $_, $action, $result for 0 .. $n - 1' \
		"$1" "$2" "${3-33}" "${4-reset}" "${5-done}" >>"$ROOT/proc/net/reaper/log"
}

# holds PID FIRST_FD N INODE: so many descriptors of sockets, from that inode number on.
holds() {
	perl -e '
my ($dir, $fd, $n, $inode) = @ARGV;
symlink "socket:[" . ($inode + $_) . "]", "$dir/" . ($fd + $_) or die $! for 0 .. $n - 1' \
		"$ROOT/proc/$1/fd" "$2" "$3" "$4"
}

# A namespace in which nothing lingers and nothing was ended yet; 812 has 4 descriptors of 64.
nothing_left() {
	new_root
	no_rows
	facts 812 'S (sleeping)' 4242 64
	in_unit 812 /system.slice/orders.service
}

left_diagnosed() {
	nothing_left
	ended 50000 40
	says 'all were closed' 'no socket lingers'
	holds 812 100 40 50000
	says 'reaped, not closed' \
		'leaky in orders.service, pid 812, uid 33: 40 reaped, not closed; 44 of 64 descriptors: it has to close them'
	never 'something is left' 'no socket lingers'
	holds 812 200 20 60000
	says 'the descriptors are used up' \
		'leaky in orders.service, pid 812, uid 33: 40 reaped, not closed; 64 of 64 descriptors: restart it'
	row 60000 60000 0 0 23456
	says 'beside what lingers' \
		'leaky in orders.service, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'leaky in orders.service, pid 812, uid 33: 40 reaped, not closed; 64 of 64 descriptors: restart it'
	no_rows
	facts 812 'S (sleeping)' 4242 unlimited
	says 'without a limit' \
		'leaky in orders.service, pid 812, uid 33: 40 reaped, not closed; 64 descriptors: it has to close them'
	capture tool diagnose -U other
	check "$LABEL diagnose -U: of another unit" test "$(head -n 1 "$TMP/out")" = 'no socket of that unit lingers'
	capture tool diagnose -U orders
	check "$LABEL diagnose -U: of that unit" grep -q '^leaky in orders.service, pid 812, uid 33: 40 reaped' "$TMP/out"
	if command -v jq >/dev/null; then
		j diagnose '.groups == [] and .left == [{"name":"leaky","pid":812,"processes":1,"unit":"orders.service","uid":33,"reaped":40,"descriptors":64,"descriptor_limit":null}]'
	fi
	find "$ROOT/proc/812/fd" -lname 'socket:\[500*' -delete
	says 'they were closed' 'no socket lingers'
}

# What was not ended, or has no file, is not left; what was ended twice is one socket.
left_lines() {
	nothing_left
	holds 812 100 40 50000
	ended 50000 3 33 reset failed
	ended 50010 3 33 probe
	ended 0 1
	says 'what was not ended' 'no socket lingers'
	ended 50020 2 33 fin
	ended 50020 2 33 linger
	ended 50030 1 33 evict
	says 'each once' \
		'leaky in orders.service, pid 812, uid 33: 3 reaped, not closed; 44 of 64 descriptors: it has to close them'
}

# What the log has lost is not told, but that there was more.
left_lost() {
	nothing_left
	ended 50000 38
	ended 0 1
	ended 50038 2 33 fin
	ended 50038 1 33 linger
	ended 50050 5 33 reset failed
	holds 812 100 40 50000
	put proc/net/reaper/stats 'close_wait_reaped 40' 'fin_wait2_reaped 1' 'established_reaped 0' 'orphan_reaped 7000'
	says 'the log has them all' \
		'leaky in orders.service, pid 812, uid 33: 40 reaped, not closed; 44 of 64 descriptors: it has to close them'
	put proc/net/reaper/stats 'close_wait_reaped 40' 'fin_wait2_reaped 1' 'established_reaped 1' 'orphan_reaped 7000'
	says 'the log has lost one' \
		'leaky in orders.service, pid 812, uid 33: at least 40 reaped, not closed; 44 of 64 descriptors: it has to close them'
	if command -v jq >/dev/null; then
		j diagnose '.left_lost == 1'
	fi
}

# Whose are they? Not of a manager, not of a child that has copies, not of whoever was handed them.
left_owners() {
	local pid

	nothing_left
	ended 50000 5
	holds 812 100 5 50000
	holds 1 100 5 50000
	holds 4711 100 5 50000
	facts 4711 'S (sleeping)' 4243 1000 812
	says 'kept by a manager, copied to a child' \
		'leaky in orders.service, pid 812, uid 33: 5 reaped, not closed; 9 of 64 descriptors: it has to close them'
	never 'nobody else is accused' 'systemd' 'worker'
	nothing_left
	# A user hands sockets of its own to another's service.
	ended 50000 5 1000
	holds 812 100 5 50000
	says "a user's, in another's service" 'no socket lingers'
	ended 60000 2 0
	holds 812 200 2 60000
	says 'what root made for it' \
		'leaky in orders.service, pid 812, uid 33: 2 reaped, not closed; 11 of 64 descriptors: it has to close them'
	# Workers of one service: together, with that which is nearest to its limit.
	nothing_left
	ended 50000 10
	for pid in 901 902 903 904 905; do
		process "$pid" web "$ROOT/netns/initial" 0:/dev/null
		facts "$pid" 'S (sleeping)' "$pid" 100
		in_unit "$pid" /system.slice/web.service
		holds "$pid" 10 2 $((50000 + 2 * (pid - 901)))
	done
	facts 903 'S (sleeping)' 903 4
	says 'workers of a service' \
		'web in web.service, 5 processes (pid 901, 902, 903 and 2 more), uid 33: 10 reaped, not closed; 3 of 4 descriptors: restart it'
	put proc/903/comm $'x: 9 reaped\033[2J'
	says 'a forged name' \
		'x\x3a 9 reaped\x1b[2J in web.service, pid 903, uid 33: 2 reaped, not closed; 3 of 4 descriptors: restart it'
}

left_listed() {
	nothing_left
	ended 50000 3
	ended 50003 1 33 reset failed
	holds 812 100 4 50000
	capture tool list
	check "$LABEL list: without what is left" test "$rc:$(wc -l <"$TMP/out")" = 0:1
	capture tool list -v wait,left
	check "$LABEL list -v left" test "$rc:$err:$(grep -cE \
		'^close_wait +CLOSE_WAIT +[0-9]+d[0-9]+h .* 0  10.0.0.1:80  10.0.0.2:2000[0-2]  left +users:\(\("leaky",pid=812,fd=10[0-2]\)\) in orders.service$' \
		"$TMP/out")" = 0::3
	capture tool list -v left -P 20001 -H leaky -U orders -g 1h -s close-wait
	check "$LABEL list -v left, filtered" test "$rc:$err:$(grep -c 'fd=101' "$TMP/out"):$(wc -l <"$TMP/out")" = 0::1:2
	if command -v jq >/dev/null; then
		j 'list -v left' '.sockets | length == 3 and all(.verdict == "left" and .uid == 33 and .holders[0].unit == "orders.service")'
	fi
	rm "$ROOT/proc/812/fd/101"
	capture tool list -v left -P 20001
	check "$LABEL list -v left: closed meanwhile" test "$rc:$err:$(wc -l <"$TMP/out")" = 0::1
}

left_counted() {
	nothing_left
	ended 50000 40
	ended 51000 2 1000
	holds 812 100 40 50000
	holds 812 200 2 51000
	capture tool metrics -H leaky -U orders
	has 'what is left' \
		'tcp_reaper_holder_left{comm="leaky"} 40' \
		'tcp_reaper_holder_left{comm="other"} 0' \
		'tcp_reaper_holder_descriptors{comm="leaky"} 46' \
		'tcp_reaper_holder_descriptors_limit{comm="leaky"} 64.000' \
		'tcp_reaper_unit_left{unit="orders"} 40' \
		'tcp_reaper_unit_left{unit="other"} 0'
	find "$ROOT/proc/812/fd" -lname 'socket:\[50*' -delete
	capture tool metrics -H leaky
	has 'they were closed' 'tcp_reaper_holder_left{comm="leaky"} 0' 'tcp_reaper_holder_left{comm="other"} 0'
}

# A tenant has as many descriptors, of as many sockets and in as many processes, as it likes.
left_many() {
	local pid few many

	nothing_left
	ended 50000 200
	holds 812 100 40 50000
	few=$(peak diagnose)
	links "$ROOT/proc/812/fd" 50000 1000 20000
	holds 812 30000 20000 90000
	for pid in {10001..10160}; do
		process "$pid" "w$pid" "$ROOT/netns/initial" "3:socket:[$((40039 + pid))]"
		facts "$pid" 'S (sleeping)' "$pid" 1024
	done
	many=$(peak diagnose)
	printf '# diagnose: %d KB with 40 descriptors, %d KB with 40000 and 160 processes\n' "$few" "$many"
	check 'left: memory' test "$many" -lt $((few + 4000))
	check 'left: a socket of many descriptors is one' grep -q ': 40 reaped, not closed; 40044 of 64 descriptors: restart it$' "$TMP/out"
	check 'left: length of the line' test "$(wc -L <"$TMP/out")" -lt 300
	# More processes than are looked at, each with more of them, leave nobody else out.
	nothing_left
	ended 50000 2
	holds 812 100 2 50000
	ended 60000 900 1000
	for pid in {10001..10300}; do
		process "$pid" "w$pid" "$ROOT/netns/initial"
		put "proc/$pid/status" 'Uid:	1000	1000	1000	1000'
		holds "$pid" 3 3 $((60000 + 3 * (pid - 10001)))
	done
	says 'a crowd of a user' \
		'leaky in orders.service, pid 812, uid 33: 2 reaped, not closed; 6 of 64 descriptors: it has to close them'
	check 'left: a crowd is bounded' test "$(grep -c 'reaped, not closed' "$TMP/out")" = 256
}

left_tests() {
	left_diagnosed
	left_lines
	left_lost
	left_owners
	left_listed
	left_counted
	[ "$LABEL" != plain ] || left_many
	new_root
}
