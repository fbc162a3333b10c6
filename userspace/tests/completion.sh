# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What comes next, asked of the tool and through each shell. Sourced by run.

# next ARGS WORD...: the words that may come after ARGS, without their meaning.
next() {
	local args=$1

	shift
	# shellcheck disable=SC2086 # split on purpose
	capture tool complete $args ''
	if [ "$rc:$err" = 0: ] && [ "$(cut -f 1 "$TMP/out")" = "$(printf '%s\n' "$@")" ]; then
		ok "$LABEL complete $args"
	else
		not_ok "$LABEL complete $args" "rc $rc: $out $err"
	fi
}

in_bash() {
	local dir=$TMP/bin

	REAPERCTL_ROOT=$ROOT PATH=$dir:$PATH bash --norc -c '
		. "$1"
		COMP_WORDBREAKS=$'\'' \t\n"><=;|&(:'\'' COMP_LINE=$2 COMP_POINT=${#2}
		_reaperctl
		printf "%s " "${COMPREPLY[@]}"' bash "$here/../completion/reaperctl.bash" "$1" 2>&1
}

in_zsh() {
	REAPERCTL_ROOT=$ROOT PATH=$TMP/bin:$PATH zsh -f -c '
		compdef() { :; }
		_files() { print -n "FILES "; }
		_describe() { print -rn -- "${(@)${(@P)2}%%:*} "; }
		file=$1
		words=(${=2})
		[[ $2 != *" " ]] || words+=("")
		CURRENT=$#words
		. $file' zsh "$here/../completion/_reaperctl" "$1" 2>&1
}

in_fish() {
	# shellcheck disable=SC2016 # for fish
	REAPERCTL_ROOT=$ROOT PATH=$TMP/bin:$PATH HOME=$TMP fish --no-config -c '
		source $argv[1]
		complete -C "$argv[2]"' "$here/../completion/reaperctl.fish" "$1" 2>&1 | cut -f 1 | sort | tr '\n' ' '
}

# shell NAME LINE WORDS: that shell offers these words.
shell() {
	local got

	got=$("in_$1" "$2")
	check "$LABEL $1 completes '$2'" test "$got" = "$3"
}

# A real shell in a real terminal, in a directory of its own. The command there
# says what it was given, but for "complete", which goes to the tool.
shell_start() {
	local dir=$TMP/cwd

	rm -rf "$dir" "$TMP/shells"
	mkdir -p "$dir" "$TMP/shells"
	printf '%s\n' '#!/bin/sh' "if [ \"\$1\" = complete ]; then '$TMP/reaperctl' \"\$@\"; echo >>'$TMP/completed'; exit; fi" \
		'printf "GOT:"; printf "<%s>" "$@"; echo' >"$TMP/shells/reaperctl"
	chmod 755 "$TMP/shells/reaperctl"
	cp "$here/../completion/_reaperctl" "$TMP/shells/"
	printf '%s\n' "fpath=('$TMP/shells' \$fpath)" 'autoload -Uz compinit' \
		"compinit -u -d '$TMP/shells/dump'" "PS1='prompt '" >"$TMP/shells/.zshrc"
	printf '%s\n' "PS1='prompt '" ". '$here/../completion/reaperctl.bash'" >"$TMP/shells/bashrc"
	case $1 in
	bash) set -- bash --noprofile --rcfile "$TMP/shells/bashrc" -i ;;
	zsh) set -- zsh -o noglobalrcs -i ;;
	fish) set -- fish --no-config -C "function fish_prompt; echo 'prompt '; end; source '$here/../completion/reaperctl.fish'" ;;
	esac
	tm kill-server 2>/dev/null
	tm_n=$((tm_n + 1))
	tm new-session -d -x 100 -y 40 -c "$dir" env "PATH=$TMP/shells:$PATH" "HOME=$TMP/shells" \
		"ZDOTDIR=$TMP/shells" "REAPERCTL_ROOT=$SHELL_ROOT" TERM=screen LC_ALL=C.UTF-8 "$@"
	wait_for screen_has 'prompt'
}

# settled: the screen has been the same for a while.
settled() {
	local before='' now same=0 end=$((SECONDS + 20))

	while [ "$same" -lt 5 ] && [ "$SECONDS" -lt "$end" ]; do
		sleep 0.05
		now=$(screen)
		same=$([ "$now" = "$before" ] && echo $((same + 1)) || echo 0)
		before=$now
	done
}

got_nothing() {
	! screen_has 'GOT:'
}

# entered: what was typed is run. Where more than one process has the digits in
# its number, fish's list is still open, and ENTER takes the first of it.
entered() {
	for _ in 1 2 3 4 5; do
		tm send-keys Enter
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			! screen_has 'GOT:' || return 0
			sleep 0.2
		done
	done
	return 1
}

# types TEXT: with TAB, TAB again, which shows a list where there are several, then ENTER.
types() {
	tm send-keys C-l
	wait_for got_nothing
	: >"$TMP/completed"
	tm send-keys -l "$1"
	tm send-keys Tab
	# The tool was asked what there is, and the shell has shown it.
	wait_for test -s "$TMP/completed"
	settled
	tm send-keys Tab
	settled
	screen >"$TMP/listed"
	entered
	screen >"$TMP/screen"
}

# typed NAME WORDS: the command was given these words, nothing else was run, and
# the terminal saw nothing but text.
typed() {
	local made title

	made=$(ls -A "$TMP/cwd")
	title=$(tm display-message -p '#{pane_title}')
	if [ -z "$made" ] && [ "$title" != own ] && grep -qF -- "GOT:$2" "$TMP/screen" &&
		! grep -qP '\xe2\x80[\x8b\xa8\xae]' "$TMP/listed"; then
		ok "$1"
	else
		not_ok "$1" "made: $made, title: $title
$(cat "$TMP/listed" "$TMP/screen")"
	fi
}

# named NAME: a process of that name, its number in $hostile.
named() {
	perl -e 'open my $f, ">", "/proc/$$/comm" or die; syswrite $f, $ARGV[0]; close $f; sleep 300' "$1" &
	hostile=$!
	wait_for grep -qF "${1%%$'\n'*}" "/proc/$hostile/comm"
}

# Others' names, through each shell: of processes, and of namespaces.
shells() {
	local sh hostile all=() SHELL_ROOT=

	if ! command -v tmux >/dev/null; then
		skip 'shells' 'no tmux'
		return
	fi
	# No number of a process begins with 0; fish then takes one that has the digits.
	named $'x\n098;id>oo'
	all+=("$hostile")
	# Nor is the other one's the same but for the last digit: fish would take one of them.
	until named $'\e]0;own\a\xe2\x80\xae\xe2\x80\x8b' && [ "${hostile%?}" != "${all[0]%?}" ]; do
		kill "$hostile"
	done
	all+=("$hostile")
	new_root
	SHELL_ROOT=$ROOT
	: >"$ROOT/run/netns/evil;id>oo \$(id>oo) \`id>oo\`"
	: >"$ROOT/run/netns/"$'new\n097;id>oo'
	: >"$ROOT/run/netns/"$'esc\e]0;own\a'
	: >"$ROOT/run/netns/co:lon\\back"
	for sh in bash zsh fish; do
		if ! command -v "$sh" >/dev/null; then
			skip "$sh" "no $sh"
			continue
		fi
		SHELL_ROOT='' shell_start "$sh"
		types 'reaperctl list -H 098'
		typed "$sh: a process whose name has a line of its own" '<list><-H><'
		types "reaperctl list -H ${hostile%?}"
		typed "$sh: a process whose name turns the terminal" "<list><-H><${hostile%?}"
		shell_start "$sh"
		types 'reaperctl -n evi'
		typed "$sh: a namespace whose name is commands" "<-n><evil;id>oo \$(id>oo) \`id>oo\`>"
		types 'reaperctl -n 097'
		typed "$sh: a namespace whose name has a line of its own" '<-n><097>'
		types 'reaperctl -n es'
		typed "$sh: a namespace whose name cannot be shown" '<-n><es>'
		types 'reaperctl -n co'
		typed "$sh: a namespace with a colon and a backslash" '<-n><co:lon\back>'
		mkdir -p "$TMP/odd"
		: >"$TMP/odd/o;id>oo"
		types "reaperctl apply $TMP/odd/o"
		typed "$sh: a file whose name is commands" "<apply><$TMP/odd/o;id>oo>"
	done
	tm kill-server
	kill "${all[@]}"
	wait "${all[@]}" 2>/dev/null
	new_root
}

completion_tests() {
	local verbs='status list diagnose top try get set rules log record apply save metrics reload help version'

	new_root
	mkdir -p "$TMP/bin"
	ln -sf "${TOOL[0]}" "$TMP/bin/reaperctl"
	# shellcheck disable=SC2086 # words
	next '' $verbs
	# shellcheck disable=SC2086 # words
	next '-aj' $verbs
	next '-n' blue
	next '--netns' blue
	# shellcheck disable=SC2086 # words
	next '-n blue' $verbs
	next '-p' 1 812 4711 9000
	next get mode close_wait.action close_wait.spare_active close_wait.timeout_ms orphan.timeout_ms
	next 'get mode' ''
	next 'list -c' close_wait orphan fin_wait2 established
	next 'list --state' close-wait fin-wait-1 fin-wait-2 closing last-ack established
	next 'list -S' class state age idle local remote uid inode rxq txq verdict timeout action
	next 'list -m' ''
	next 'list -v' wait never due active unread rule kernel mptcp repair ulp left
	next 'list -n' blue
	next 'list --output' json text
	next 'log -n' ''
	# shellcheck disable=SC2086 # words
	next help $verbs
	next 'list --holder' 1 812 4711 9000
	next 'rules' show load check clear
	next 'rules load' :files
	next apply :files
	next nosuch ''
	next 'nosuch more' ''
	capture tool complete list -
	check "$LABEL complete list -" test "$(cut -f 1 "$TMP/out" | tr '\n' ' ')" = '--class --state --port --address --verdict --holder --unit --age --sort --reverse --max --netns --pid --all --json --output --help --version '
	capture tool complete --
	check "$LABEL complete --" test "$(cut -f 1 "$TMP/out" | tr '\n' ' ')" = '--netns --pid --all --json --output --help --version '
	capture tool complete
	check "$LABEL complete says what a word means" grep -qxF "diagnose	who leaks sockets, why, and what to do" "$TMP/out"
	capture tool --help
	check "$LABEL complete is not for people" test "$(grep -c '^  complete' "$TMP/out")" = 0
	for line in 'reaperctl di' 'reaperctl list -c or'; do
		local want='diagnose '
		[ "$line" = 'reaperctl di' ] || want='orphan '
		shell bash "$line" "$want"
		! command -v fish >/dev/null || shell fish "$line" "$want"
	done
	shell bash 'reaperctl set mode=e' 'enforce '
	shell bash 'reaperctl set close_wait.ti' 'close_wait.timeout_ms '
	mkdir -p "$TMP/dir"
	: >"$TMP/dir/one.conf"
	if command -v zsh >/dev/null; then
		shell zsh 'reaperctl rules ' 'show load check clear '
		shell zsh 'reaperctl apply ' 'FILES '
	else
		skip "$LABEL zsh" 'no zsh'
	fi
	if command -v fish >/dev/null; then
		shell fish "reaperctl apply $TMP/dir/o" "$TMP/dir/one.conf "
		shell fish 'reaperctl set mode=e' 'mode=enforce '
	else
		skip "$LABEL fish" 'no fish'
	fi
	# What a shell does with the words is the same for each build.
	[ "$LABEL" != plain ] || shells
}
