# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of reaperctl for bash: the tool itself knows what may come next.

_reaperctl() {
	local line=${COMP_LINE:0:COMP_POINT} words=() word cur cut

	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=('')
	cur=${words[-1]}
	# bash takes KEY=VALUE for three words, and replaces the last.
	cut=
	[[ $COMP_WORDBREAKS != *=* || $cur != *=* ]] || cut=${cur%"${cur##*=}"}
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		if [[ $word == :files ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r word; do
				COMPREPLY+=("$word")
			done < <(compgen -f -- "$cur")
		elif [[ $word == "$cur"* ]]; then
			COMPREPLY+=("${word#"$cut"}")
		fi
	done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
}
complete -F _reaperctl reaperctl
