# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For tests of sockets that the kernel itself uses; taken in after lib.sh.

# connections NS PORT: both ends of those to or from it that are ESTABLISHED.
connections() {
	in_ns "$1" ss -Htn state established "( sport = :$2 or dport = :$2 )" | awk '{ print $3, $4 }' | sort | paste -sd ,
}

# verdicts NS PORT: what is said of those whose own or whose peer's port it is, each once.
verdicts() {
	proc_net "$1" reaper/sockets | awk -v port=":$2$" '$5 ~ port || $6 ~ port { print $11 }' | sort -u | paste -sd ,
}

# have MODULE...: all of them are there.
have() {
	local module
	for module; do
		modprobe -q "$module" || return
	done
}
