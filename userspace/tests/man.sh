# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# reaperctl(8) against the tool and the module's source: nothing is left out, and its examples work as they stand. Sourced by run.

PAGE=$here/../man/reaperctl.8

# section NAME: the page's source of it.
section() {
	sed -n "/^\.Sh $1\$/,/^\.Sh /p" "$PAGE"
}

# names SECTION WHAT WORD...: each is an item or a command there.
names() {
	local in=$1 what=$2 word missing=

	shift 2
	for word; do
		section "$in" | grep -qE "^\.((It|Op) )?((Cm|Va) )?$word( |\$)" || missing+=" $word"
	done
	check "$LABEL $in has every $what" test "$#:$missing" != 0: -a -z "$missing"
}

# The examples: what stands after "# " in a line of its own, or in a display.
examples() {
	section EXAMPLES | sed -n -e 's/^\.Dl # //p' -e '/^\.Bd/,/^\.Ed/{ /^\./d; s/^# //; p; }'
}

man_examples() {
	local line text=
	local -a commands=()

	while IFS= read -r line; do
		text+=$line$'\n'
		# A here document goes on to its end.
		[[ $text == *'<<END'* && $line != END ]] || {
			commands+=("$text")
			text=
		}
	done < <(examples)
	check "$LABEL examples are found" test "${#commands[@]}" -ge 8
	mkdir -p "$TMP/bin" "$ROOT/etc/tcp_reaper.d"
	ln -sf "${TOOL[0]}" "$TMP/bin/reaperctl"
	put proc/net/reaper/log "$LOG_HEADER"
	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	for text in "${commands[@]}"; do
		if [[ $text == *'| jq'* ]] && ! command -v jq >/dev/null; then
			skip "$LABEL example: $text" 'no jq'
			continue
		fi
		capture env REAPERCTL_ROOT="$ROOT" PATH="$TMP/bin:$PATH" bash -o pipefail -ec "$text"
		check "$LABEL example: ${text%%$'\n'*}" test "$rc:$err" = 0:
	done
	new_root
}

# man_options VERB...: each option that the verb's help has stands with it in SYNOPSIS, and nothing else does.
man_options() {
	local verb has in_page wrong=

	for verb; do
		has=$(tool help "$verb" | sed -n 's/^  -\([a-zA-Z]\), --.*/\1/p' | sort | tr -d '\n')
		in_page=$(section SYNOPSIS | sed -n "/^\.\(Cm\|Op Cm\) $verb\( \|\$\)/,/^\.Nm/p" |
			sed -n 's/^\.Op Fl \([a-zA-Z]\)\( .*\)\{0,1\}$/\1/p' | sort | tr -d '\n')
		[ "$has" = "$in_page" ] || wrong+=" $verb: help $has, page $in_page;"
	done
	check "$LABEL SYNOPSIS has every option of each verb" test -z "$wrong"
}

man_tests() {
	local source=$here/../../module
	local -a verbs knobs stats
	local missing='' column

	mapfile -t verbs < <(sed -n 's/^\tVERB(\([a-z]*\)) .*/\1/p; s/^\tVERB(\([a-z]*\))$/\1/p' "$here/../verb/table.h")
	names SYNOPSIS verb "${verbs[@]}"
	names DESCRIPTION verb "${verbs[@]}"
	names 'EXIT STATUS' code 0 1 2 3
	mapfile -t knobs < <(sed -n 's/^\t{ IN(\([a-z0-9_]*\), \([a-z_]*\)).*/\1.\2/p' "$source/net/knobs.c")
	names SETTINGS setting mode reaps_per_s "${knobs[@]}"
	mapfile -t stats < <(sed -n '/^static const char \*const names/,/^};/s/^\t"\(close_wait_age_ms_le_\)\?\([a-z_]*\)[0-9]*",/\1\2/p' "$source/show/stats.c" |
		sed 's/^close_wait_age.*/close_wait_age_ms_le_BOUND/' | sort -u)
	names COUNTERS counter "${stats[@]}"
	mapfile -t stats < <(sed -n '/^#define CLASS_STATS/,/^$/p' "$source/show/stats.c" | grep -oE '"_[a-z_]+"' | tr -d '"' | sed 's/^/class/')
	names COUNTERS 'counter of a class' "${stats[@]}"
	man_options "${verbs[@]}"
	mapfile -t stats < <(tool complete list -S '' | cut -f 1)
	for column in "${stats[@]}"; do
		section DESCRIPTION | grep -A30 '^sorts by another column:' | grep -qw -- "$column" || missing+=" $column"
	done
	check "$LABEL DESCRIPTION has every column to sort by" test "${#stats[@]}:${missing-}" = 13:
	man_examples
}
