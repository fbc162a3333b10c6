# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of reaperctl for bash: the tool itself knows what may come next.

_reaperctl() {
	local line=${COMP_LINE:0:COMP_POINT} words=() word cur cut c

	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=('')
	cur=${words[-1]}
	# bash parts words at = and :, and replaces what is behind the last.
	cut=
	for c in = :; do
		[[ $COMP_WORDBREAKS != *$c* || $cur != *$c* || ${cur%"${cur##*"$c"}"} != "$cut"* ]] ||
			cut=${cur%"${cur##*"$c"}"}
	done
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		if [[ $word == :files ]]; then
			# Names of files are bash's own matter, which quotes them.
			compopt -o default
		elif [[ $word == "$cur"* ]]; then
			# What is put into the line is read again, as a command.
			printf -v word %q "${word#"$cut"}"
			COMPREPLY+=("$word")
		fi
	done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
}
complete -F _reaperctl reaperctl
