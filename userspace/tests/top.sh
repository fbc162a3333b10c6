# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# The screen of top, in a real terminal of three sizes; the expected ones are in top/. Sourced by run.

# tm ARGS...: a tmux of our own, in this test's directory; another one for each start, as a killed one takes its time.
tm_n=0
tm() {
	TMUX='' tmux -S "$TMP/tmux$tm_n" -f /dev/null "$@"
}

# screen: what the terminal shows, without blanks at the ends of lines.
screen() {
	tm capture-pane -p 2>/dev/null | sed 's/ *$//'
}

screen_has() {
	screen | grep -qF -- "$1"
}

# start SIZE ARGS...: a shell in a terminal of that size, in which top runs.
start() {
	tm kill-server 2>/dev/null
	tm_n=$((tm_n + 1))
	tm new-session -d -x "${1%x*}" -y "${1#*x}" \
		"exec env PS1='prompt ' REAPERCTL_ROOT='$ROOT' TERM=screen LC_ALL=C.UTF-8 bash --norc --noprofile"
	wait_for screen_has 'prompt'
	tm send-keys "clear; $TMP/reaperctl ${*:2}; echo ended \$?" Enter
}

press() {
	tm send-keys "$1"
}

# as_expected NAME: the screen is, or soon becomes, that of top/NAME. With TOP_UPDATE=1 one that is not there yet is made.
as_expected() {
	local want=$here/top/$1

	if [ -n "${TOP_UPDATE-}" ] && [ ! -e "$want" ]; then
		wait_for screen_has 'q quit'
		screen >"$want"
	fi
	wait_for screen_is "$want" || true
	screen >"$TMP/screen"
	if cmp -s "$want" "$TMP/screen"; then
		ok "$LABEL top $1"
	else
		not_ok "$LABEL top $1" "$(diff -u "$want" "$TMP/screen")"
	fi
}

screen_is() {
	screen | cmp -s "$1" -
}

# shows_soon NAME TEXT
shows_soon() {
	if wait_for screen_has "$2"; then
		ok "$LABEL top: $1"
	else
		not_ok "$LABEL top: $1" "$(screen)"
	fi
}

top_keys() {
	start 80x24 -a top -d 200ms
	wait_for screen_has 'sort: sockets'
	press s
	shows_soon 'sort by age' 'sort: oldest'
	press s
	press s
	press s
	shows_soon 'sort by name' 'sort: name'
	press s
	shows_soon 'round again' 'sort: sockets'
	press n
	as_expected namespaces
	press n
	press p
	shows_soon 'paused' '[paused]'
	put proc/net/reaper/sockets "$HEADER" 'close_wait CLOSE_WAIT 5 5 127.0.0.1:80 127.0.0.1:1 1000 23456 1 0 wait'
	press p
	shows_soon 'goes on' ' 3 tracked, 0 due'
	# A file that goes bad while it is shown.
	put proc/net/reaper/sockets 'rubbish'
	shows_soon 'an error' 'line 1 has no column class'
	put proc/net/reaper/sockets "$HEADER"
	shows_soon 'and none again' ' 0 tracked, 0 due'
	press q
	shows_soon 'q ends it' 'ended 0'
}

top_clean() {
	local before

	start 80x24 top
	wait_for screen_has 'sort: sockets'
	before=$(tm display-message -p '#{alternate_on} #{cursor_flag}')
	check "$LABEL top: has the screen to itself, no cursor" test "$before" = '1 0'
	press C-c
	wait_for screen_has 'prompt'
	check "$LABEL top: ^C leaves the screen as it was" \
		test "$(tm display-message -p '#{alternate_on} #{cursor_flag}')" = '0 1'
	press 'stty -a | grep -o "[-]*echo\b"'
	press Enter
	shows_soon 'the terminal echoes again' 'echo'
	start 80x24 top -i 2 -d 0.1
	shows_soon 'ends by itself' 'ended 0'
}

# Without its terminal, and where no signal says so, it must not go on, and not spin.
top_gone() {
	local pid='' key

	for key in '' p; do
		tm kill-server 2>/dev/null
		tm_n=$((tm_n + 1))
		tm new-session -d -x 80 -y 24 \
			"trap '' HUP; echo \$\$ >'$TMP/pid'; exec env REAPERCTL_ROOT='$ROOT' TERM=screen '$TMP/reaperctl' top"
		wait_for screen_has 'q quit'
		[ -z "$key" ] || press "$key"
		pid=$(cat "$TMP/pid")
		tm kill-server
		if wait_for process_gone "$pid"; then
			ok "$LABEL top: ends without its terminal${key:+, paused}"
		else
			not_ok "$LABEL top: ends without its terminal${key:+, paused}"
			kill "$pid"
		fi
	done
}

process_gone() {
	! [ -e "/proc/$1" ]
}

# While the sockets are held by who held them, the other processes are let alone.
top_calls() {
	local calls

	if ! command -v strace >/dev/null; then
		skip "$LABEL top: system calls" 'no strace'
		return
	fi
	new_root
	perl -e 'for (10001 .. 12000) {
		my $dir = "$ARGV[0]/proc/$_";
		mkdir $dir; mkdir "$dir/fd";
		symlink "/dev/null", "$dir/fd/0";
	}' "$ROOT"
	rm -f "$TMP/calls"
	tm kill-server 2>/dev/null
	tm_n=$((tm_n + 1))
	tm new-session -d -x 80 -y 24 \
		"exec env REAPERCTL_ROOT='$ROOT' TERM=screen strace -o '$TMP/calls' '$TMP/reaperctl' top -d 100ms -i 4"
	wait_for grep -qs 'exited with 0' "$TMP/calls"
	calls=$(grep -c '/proc/1[0-2][0-9][0-9][0-9]/fd"' "$TMP/calls")
	# A socket that nobody holds is looked for once.
	check "$LABEL top: looks at 2000 processes that hold nothing once" test "$calls" = 2000
	new_root
}

top_resize() {
	start 80x24 top
	wait_for screen_has 'sort: sockets'
	tm resize-window -x 120 -y 40
	as_expected 120x40
	tm resize-window -x 40 -y 10
	as_expected 40x10
	tm resize-window -x 10 -y 3
	tm resize-window -x 80 -y 24
	as_expected 80x24
}

top_tests() {
	new_root
	facts 812 'S (sleeping)' 4242 1024
	if ! command -v tmux >/dev/null; then
		skip "$LABEL top" 'no tmux'
	else
		for size in 80x24 120x40 40x10; do
			start "$size" top
			as_expected "$size"
		done
		top_resize
		top_clean
		top_keys
		top_gone
		[ "$LABEL" != plain ] || top_calls
		tm kill-server
	fi
	new_root
	t 1 top '' 'reaperctl: top: not on a terminal; use status, list or metrics'
	t 2 'top -d 0.05' '' 'reaperctl: -d 0.05: not a time of 100ms or more: 2 (seconds), 0.5, 500ms, 1m; see reaperctl top --help'
	t 2 'top -d 10ms' '' 'reaperctl: -d 10ms: not a time of 100ms or more: 2 (seconds), 0.5, 500ms, 1m; see reaperctl top --help'
	t 2 'top -i x' '' 'reaperctl: -i x: not a number; see reaperctl top --help'
}
