# SPDX-License-Identifier: GPL-2.0
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

completion_tests() {
	local all='status list diagnose top get set rules log apply save metrics version'

	new_root
	mkdir -p "$TMP/bin"
	ln -sf "${TOOL[0]}" "$TMP/bin/reaperctl"
	# shellcheck disable=SC2086 # words
	next '' $all
	# shellcheck disable=SC2086 # words
	next '-aj' $all
	next '-n' blue
	next '--netns' blue
	# shellcheck disable=SC2086 # words
	next '-n blue' $all
	next '-p' 1 812 4711 9000
	next get mode close_wait.action close_wait.spare_active close_wait.timeout_ms orphan.timeout_ms
	next 'get mode' ''
	next 'list -c' close_wait orphan fin_wait2 established
	next 'list --state' close-wait fin-wait-1 fin-wait-2 closing last-ack established
	next 'list -S' class state age idle local remote uid inode rxq txq verdict
	next 'list -m' ''
	next 'list --holder' 1 812 4711 9000
	next 'rules' show load check clear
	next 'rules load' :files
	next apply :files
	next nosuch ''
	next 'nosuch more' ''
	capture tool complete list -
	check "$LABEL complete list -" test "$(cut -f 1 "$TMP/out" | tr '\n' ' ')" = '--class --state --port --holder --age --sort --reverse --max --help '
	capture tool complete --
	check "$LABEL complete --" test "$(cut -f 1 "$TMP/out" | tr '\n' ' ')" = '--netns --pid --all --json --help --version '
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
	shell bash "reaperctl apply $TMP/dir/o" "$TMP/dir/one.conf "
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
}
