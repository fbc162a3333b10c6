# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What another timeout would do, said and not done. Sourced by run.

try_root() {
	new_root
	knob close_wait_spare_unread 0
	knob established_timeout_ms 7200000
	knob fin_wait2_timeout_ms 0
	put proc/812/cgroup '0::/system.slice/orders.service'
	put proc/net/reaper/sockets \
		'class state age_ms idle_ms local remote uid inode rxq txq verdict timeout_ms action' \
		'close_wait CLOSE_WAIT 900000 600000 127.0.0.1:80 127.0.0.1:40312 1000 23456 1 0 wait 3600000 reset' \
		'close_wait CLOSE_WAIT 9000000 4000000 127.0.0.1:80 127.0.0.1:40313 1000 23400 9 0 due 3600000 reset' \
		'close_wait CLOSE_WAIT 9000000 599999 127.0.0.1:80 127.0.0.1:40314 1000 0 9 0 active 3600000 reset' \
		'close_wait CLOSE_WAIT 9000000 9000000 127.0.0.1:80 127.0.0.1:40315 1000 0 1 0 rule 0 reset' \
		'close_wait CLOSE_WAIT 9000000 9000000 127.0.0.1:80 127.0.0.1:40316 1000 0 1 0 wait 99000000 reset' \
		'close_wait CLOSE_WAIT 9000000 9000000 127.0.0.1:80 127.0.0.1:40317 1000 0 1 0 wait 60000 linger' \
		'orphan FIN_WAIT1 65000 30000 127.0.0.1:443 127.0.0.1:50000 0 0 0 1460 wait 300000 reset' \
		'established ESTABLISHED 7000000 7000000 127.0.0.1:1 127.0.0.1:2 0 23456 0 0 wait 7200000 probe'
	put proc/net/reaper/ages 'close_wait_recovered_age_ms_le_1000 50' 'close_wait_recovered_age_ms_le_300000 90' \
		'close_wait_recovered_age_ms_le_1800000 97' 'close_wait_recovered_age_ms_le_86400000 99' 'close_wait_recovered_age_ms_le_inf 100' \
		'orphan_recovered_age_ms_le_1000 7' 'orphan_recovered_age_ms_le_86400000 7' 'orphan_recovered_age_ms_le_inf 7'
}

LEFT='of 100 that left by themselves since the module was loaded were older: they would have been cut, but for those that made progress'

try_tests() {
	local before

	try_root
	before=$(cd "$ROOT" && find proc/sys -type f -exec grep -H . {} + | sort)
	t 0 'try close_wait.timeout_ms=10m' "close_wait.timeout_ms=10m, now 1h: 2 of 6 sockets would go; 1 is due as it is
       2  leaky in orders.service
3 to 10 $LEFT" ''
	check "$LABEL try: nothing is set" test "$before" = "$(cd "$ROOT" && find proc/sys -type f -exec grep -H . {} + | sort)"
	# At a bound of the histogram there is no doubt.
	capture tool try net.tcp_reaper.close_wait_timeout_ms=1800000
	check "$LABEL try: at a bound" grep -qx "3 $LEFT" "$TMP/out"
	capture tool try close_wait/timeout_ms=2d
	check "$LABEL try: above all bounds" grep -qx "0 to 1 $LEFT" "$TMP/out"
	capture tool try close_wait.timeout_ms=500
	check "$LABEL try: below all bounds; those not accepted; a rule's time, or what was acted on, is not touched" test \
		"$(sed 1d "$TMP/out" | paste -sd '|')" = "       2  leaky in orders.service|       1  (not accepted)|50 to 100 $LEFT"
	t 0 'try close_wait.timeout_ms=never' 'close_wait.timeout_ms=never, now 1h: 0 of 6 sockets would go; 1 is due as it is' ''
	t 0 'try orphan.timeout_ms=30s established.timeout_ms=1h' 'orphan.timeout_ms=30s, now 5m: 1 of 1 sockets would go; 0 are due as it is
       1  (orphans)
0 of 7 that left by themselves since the module was loaded were older: nobody would have been cut
established.timeout_ms=1h, now 2h: 1 of 1 sockets would go, 1 of them only be probed; 0 are due as it is
       1  leaky in orders.service
0 of 0 that left by themselves since the module was loaded were older: nobody would have been cut' ''
	knob close_wait_spare_unread 1
	capture tool try close_wait.timeout_ms=10m
	check "$LABEL try: spare_unread" grep -q ': 1 of 6 sockets would go' "$TMP/out"
	knob close_wait_spare_active 0
	knob close_wait_spare_unread 0
	capture tool try close_wait.timeout_ms=10m
	check "$LABEL try: without spare_active the age counts" grep -q ': 3 of 6 sockets would go' "$TMP/out"
	capture tool -j try close_wait.timeout_ms=10m
	check "$LABEL -j try" grep -qF '"tries":[{"class":"close_wait","timeout_ms":600000,"now_ms":3600000,"sockets":6,"go":3,"probed":0,"due":1,"holders":[{"name":"leaky","unit":"orders.service","sockets":2},{"name":"(not accepted)","sockets":1}],"left":{"all":100,"older_least":3,"older_most":10}}]' "$TMP/out"
	# A module of before has no ages, and no columns of timeouts.
	rm "$ROOT/proc/net/reaper/ages"
	t 0 'try orphan.timeout_ms=30s' 'orphan.timeout_ms=30s, now 5m: 1 of 1 sockets would go; 0 are due as it is
       1  (orphans)' ''
	t 1 'try fin_wait2.timeout_ms=1m' '' \
		'reaperctl: try: no fin_wait2 is looked for in the initial netns, as fin_wait2.timeout_ms is never; set a long time, and try again a while later'
	knob mode off
	t 1 'try orphan.timeout_ms=1m' '' \
		'reaperctl: try: nothing is tracked in the initial netns: its mode is off; set mode=observe, and try again a while later'
	for args in 'try orphan.max=3|try: orphan.max: only a CLASS.timeout_ms can be tried' 'try mode|try: mode: not KEY=VALUE' \
		'try orphan.timeout_ms=|try: orphan.timeout_ms=: not KEY=VALUE'; do
		t 2 "${args%|*}" '' "reaperctl: ${args#*|}; see reaperctl try --help"
	done
	capture tool try orphan.timeout_ms=soon
	check "$LABEL try: no time" test "$rc:${err%%;*}" = '2:reaperctl: try: orphan.timeout_ms=soon: not a time: 30s, 5m, 1h30m, 2d, milliseconds, or never'
	new_root
}
