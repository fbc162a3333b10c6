# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Actions into the journal, and out of it. Sourced by run.

RECORD_HEADER='time_ms class state age_ms idle_ms local remote uid inode action result number rule cgroup'

# action NUMBER [CGROUP [INODE]]: a line of the log.
action() {
	printf '%d close_wait CLOSE_WAIT 60000 60000 10.0.0.1:80 10.0.0.2:%d 1000 %s reset done %d 2 %s\n' \
		$((1700000000000 + $1)) $((1000 + $1 % 60000)) "${3-777}" "$1" "${2-/system.slice/orders.service}"
}

# actions FIRST LAST: the log has these.
actions() {
	local i

	{
		echo "$RECORD_HEADER"
		for ((i = $1; i <= $2; i++)); do
			action $i
		done
	} >"$ROOT/proc/net/reaper/log"
}

# One namespace, so that no action is there thrice; a journal, and a journalctl.
journal_root() {
	new_root
	rm -r "$ROOT"/proc/{4711,9000} "$ROOT/run/netns/blue"
	put proc/sys/kernel/random/boot_id 0123-4567
	mkdir -p "$TMP/journal-bin"
	# Of what is asked for it knows TCP_REAPER_*, and how much that is, no more.
	cat >"$TMP/journal-bin/journalctl" <<-END
		#!/bin/sh
		echo "\$*" >>"$ROOT/asked"
		case \$* in
		*--sync*) exit ;;
		*_SYSTEMD_UNIT=tcp-reaper-log.service*) ;;
		*) exit 1 ;;
		esac
		exec awk -v wanted="\$*" '
			BEGIN { RS = ""; n = split(wanted, w, " ") }
			{ all = 1; for (i = 1; i <= n; i++) if (w[i] ~ /^TCP_REAPER_/ && !index("\n" \$0 "\n", "\n" w[i] "\n")) all = 0 }
			all { print \$0 "\n" }' "$ROOT/journal"
	END
	chmod 755 "$TMP/journal-bin/journalctl"
	: >"$ROOT/journal"
	python3 "$here/journal.py" "$ROOT" &
	journal_pid=$!
	wait_for test -S "$ROOT/run/systemd/journal/socket"
}

journal_stop() {
	kill "$journal_pid"
	wait "$journal_pid" 2>/dev/null
}

# record N ARGS...: what there is; then the journal has N entries.
record() {
	capture tool record --once "${@:2}"
	wait_for grep -qx "$1" "$ROOT/count"
	[ "$rc:$(cat "$ROOT/count")" = "0:$1" ]
}

# entries FIELD: of each entry, that.
entries() {
	sed -n "s/^$1=//p" "$ROOT/journal" | xargs
}

record_once() {
	journal_root
	actions 1 3
	check "$LABEL record: each action" record 3
	check "$LABEL record: by number" test "$(entries TCP_REAPER_NUMBER)" = '1 2 3'
	check "$LABEL record: and what it was" test "$(sed -n '/./!q;p' "$ROOT/journal" | grep -v '^_' | sort | grep -v TCP_REAPER_LOAD)" = \
		"MESSAGE=reset done: close_wait, 10.0.0.1:80 to 10.0.0.2:1001, after 1m00s, in orders.service
MESSAGE_ID=5d1f3bd7f6b9449ab8e7bb9e37c92f4a
OBJECT_SYSTEMD_UNIT=orders.service
PRIORITY=6
SYSLOG_IDENTIFIER=tcp_reaper
TCP_REAPER_ACTION=reset
TCP_REAPER_AGE_MS=60000
TCP_REAPER_CGROUP=/system.slice/orders.service
TCP_REAPER_CLASS=close_wait
TCP_REAPER_IDLE_MS=60000
TCP_REAPER_INODE=777
TCP_REAPER_LOCAL=10.0.0.1:80
TCP_REAPER_NETNS=initial
TCP_REAPER_NETNS_INODE=$INITIAL
TCP_REAPER_NUMBER=1
TCP_REAPER_REMOTE=10.0.0.2:1001
TCP_REAPER_RESULT=done
TCP_REAPER_RULE=2
TCP_REAPER_STATE=CLOSE_WAIT
TCP_REAPER_TIME_MS=1700000000001
TCP_REAPER_UID=1000
TCP_REAPER_UNIT=orders.service"
	actions 1 5
	check "$LABEL record: started again it goes on where it was" record 5
	check "$LABEL record: none twice" test "$(entries TCP_REAPER_NUMBER)" = '1 2 3 4 5'
	actions 9 10
	check "$LABEL record: what was overwritten meanwhile" record 8
	check "$LABEL record: is counted" test "$(entries TCP_REAPER_LEFT_OUT)" = 3
	# Another namespace came to the same number.
	actions 1 2
	check "$LABEL record: all of a namespace that has the number of one that is gone" record 10
	# Another load: the directory is another.
	actions 1 2
	mv "$ROOT/sys/module/tcp_reaper" "$ROOT/sys/module/was"
	cp -r "$ROOT/sys/module/was" "$ROOT/sys/module/tcp_reaper"
	check "$LABEL record: all of another load of the module" record 12
	actions 1 60
	check "$LABEL record: no more than so many a second" record 23 --rate 10
	check "$LABEL record: and how many more there are" test "$(tail -n 3 "$ROOT/journal" | grep MESSAGE= "$ROOT/journal" | tail -n 1)" = \
		'MESSAGE=48 more are left out, in namespace initial'
	actions 1 61
	check "$LABEL record: they are not sent later" record 24
	journal_stop
}

# Others than the initial namespace are tenants, perhaps: one that has very many takes half of what is left.
record_others() {
	journal_root
	process 900 one "$ROOT/netns/blue"
	process 901 two "$ROOT/netns/pod"
	actions 1 30
	check "$LABEL record: of others a tenth, of which each has half of what is left" record $((30 + 4 + 1 + 2 + 1)) --rate 80
	check "$LABEL record: and the rest is counted" test "$(entries TCP_REAPER_LEFT_OUT)" = '26 28'
	journal_stop
}

# Who is killed between sending and noting that it was sent does not know.
record_killed() {
	local line

	journal_root
	actions 1 3
	record 3
	line=$(sed -n 's/[.]$/?/; 2p' "$ROOT/run/reaperctl/recorded")
	sed -i "2s/.*/$line/" "$ROOT/run/reaperctl/recorded"
	check "$LABEL record: killed after it sent: not again" record 3
	sed -i "2s/.*/${line/ 3 / 4 }/" "$ROOT/run/reaperctl/recorded"
	actions 1 5
	check "$LABEL record: killed before it sent: it does" record 5
	check "$LABEL record: each once" test "$(entries TCP_REAPER_NUMBER)" = '1 2 3 4 5'
	check "$LABEL record: it has asked the journal" grep -q 'TCP_REAPER_NUMBER=4' "$ROOT/asked"
	# No journal: nothing is lost.
	journal_stop
	actions 1 6
	t 1 'record --once' '' 'reaperctl: record: journal: Connection refused; it is tried again'
	rm "$ROOT/run/systemd/journal/socket" "$ROOT/count"
	python3 "$here/journal.py" "$ROOT" &
	journal_pid=$!
	wait_for test -S "$ROOT/run/systemd/journal/socket"
	check "$LABEL record: what came while there was no journal" record 1
	check "$LABEL record: is there, once" test "$(entries TCP_REAPER_NUMBER)" = '1 2 3 4 5 6'
	journal_stop
}

# A cgroup's name is whose it is.
record_forged() {
	local forged='/user.slice/a\040b\134\012PRIORITY=0\011MESSAGE=x\033[31m.service'

	journal_root
	process 900 $'x\nUNIT=y' "$ROOT/netns/initial" '3:socket:[778]'
	{
		echo "$RECORD_HEADER"
		action 1 "$forged"
		action 2 / 778
	} >"$ROOT/proc/net/reaper/log"
	record 2
	check "$LABEL record: no field is forged" test "$(entries PRIORITY)" = '6 6'
	check "$LABEL record: a name is not taken for a unit of the system" grep -qF 'in a b\x5c\x0aPRIORITY=0\x09MESSAGE=x\x1b[31m.service' "$ROOT/journal"
	check "$LABEL record: nor a program's" grep -q 'held by x\\x0aUNIT=y,pid=900,fd=3$' "$ROOT/journal"
	journal_stop
}

# The journal has what the log has no more.
recorded() {
	local TZ=UTC0

	export TZ
	journal_root
	actions 1 4
	record 4 --rate 10
	actions 5 30
	record 15 --rate 10
	actions 28 31
	# Two that the journal has, too.
	sed -i "1r "<(action 13; action 14) "$ROOT/proc/net/reaper/log"
	capture env "PATH=$TMP/journal-bin:$PATH" "REAPERCTL_ROOT=$ROOT" "${TOOL[@]}" -j log --since 2023-11-14
	check "$LABEL log --since: what the journal has, and then the log, each once" test \
		"$(jq -c '[.log[].number]' <<<"$out")" = '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,28,29,30,31]'
	check "$LABEL log --since: and how many none has" test "$(jq .lost <<<"$out")" = 13
	check "$LABEL log --since: whose it was" test "$(jq -r '.log[0].unit' <<<"$out")" = orders.service
	capture env "PATH=$TMP/journal-bin:$PATH" "REAPERCTL_ROOT=$ROOT" "${TOOL[@]}" log --since 2023-11-14 --unit orders -n 1
	check "$LABEL log --unit" grep -q 'orders.service; of uid 1000\|in orders.service' "$TMP/out"
	capture env "PATH=$TMP/journal-bin:$PATH" "REAPERCTL_ROOT=$ROOT" "${TOOL[@]}" log --since 2023-11-14 --unit other
	check "$LABEL log --unit: none of another" test "$(wc -l <"$TMP/out")" -le 2
	capture env "PATH=$TMP/journal-bin:$PATH" "REAPERCTL_ROOT=$ROOT" "${TOOL[@]}" log
	check "$LABEL log: how many it has no more" grep -qx '25 are no longer in the log' "$TMP/out"
	journal_stop
	unset TZ
}

# Who follows is told what it missed, and what another unit did is not shown.
record_followed() {
	local log_pid

	new_root
	{
		echo "$RECORD_HEADER"
		action 1
		action 2 /system.slice/others.service
	} >"$ROOT/proc/net/reaper/log"
	REAPERCTL_ROOT=$ROOT "${TOOL[@]}" -p 812 -j log -f -U orders >"$TMP/out" 2>"$TMP/err" &
	log_pid=$!
	wait_for lines_are 1 "$TMP/out"
	{
		echo "$RECORD_HEADER"
		action 5
		action 6 /system.slice/others.service
		action 7
	} >"$ROOT/proc/net/reaper/log.new"
	mv "$ROOT/proc/net/reaper/log.new" "$ROOT/proc/net/reaper/log"
	wait_for lines_are 3 "$TMP/out"
	kill "$log_pid"
	wait "$log_pid" 2>/dev/null
	check "$LABEL log -f -U: of one unit" test "$(jq -c '[.number, .unit]' "$TMP/out" | xargs)" = '[1,orders.service] [5,orders.service] [7,orders.service]'
	check "$LABEL log -f: how many it missed" grep -qx 'reaperctl: log: the initial netns: 2 were missed: .*' "$TMP/err"
}

record_tests() {
	local journal_pid PATH=$TMP/journal-bin:$PATH

	if ! command -v python3 >/dev/null; then
		skip 'record' 'no python3'
		return
	fi
	record_once
	record_others
	record_killed
	record_forged
	recorded
	record_followed
	new_root
	t 2 'record -r 9' '' 'reaperctl: -r 9: not a number from 10 to 1000000; see reaperctl record --help'
}
