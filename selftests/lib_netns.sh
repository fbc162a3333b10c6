# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Part of lib.sh: network namespaces, and the sockets in them.

# new_ns NAME...: network namespaces with loopback up, deleted at the end.
new_ns() {
	local name
	for name; do
		ip netns add "$(ns_name "$name")" || return 1
		namespaces+=("$name")
		ip -n "$(ns_name "$name")" link set lo up || return 1
	done
}

# del_ns NAME...: earlier than at the end.
del_ns() {
	local name other left
	for name; do
		ip netns del "$(ns_name "$name")"
		left=()
		for other in "${namespaces[@]}"; do
			[[ $other == "$name" ]] || left+=("$other")
		done
		namespaces=("${left[@]}")
	done
}

# ns_name NAME: as "ip netns" knows it.
ns_name() {
	printf 'tcpr-%d-%s' "$$" "$1"
}

# ns_file NS: @PROGRAM is the namespace of a program started by background, whichever it is.
ns_file() {
	local netns
	netns_path "$1"
	printf %s "$netns"
}

# netns_path NS: sets "netns" to that.
netns_path() {
	if [[ $1 == @* ]]; then
		# shellcheck disable=SC2154 # lib.sh's
		netns=/proc/${pids[${1#@}]}/ns/net
	else
		netns=/run/netns/tcpr-$$-$1
	fi
}

# in_ns NS COMMAND...: with the /sys of that namespace.
in_ns() {
	local ns=$1
	shift
	if [[ $ns == init ]]; then
		"$@"
	else
		ip netns exec "$(ns_name "$ns")" "$@"
	fi
}

# inside NS FUNCTION [ARG...]: a function of the test, in a shell of its own over there, which spares a process a command. Its checks
# count here; of variables it has those that are exported.
inside() {
	local ns=$1 line ended=
	shift
	while IFS= read -r line; do
		if [[ $line == "inside ended" ]]; then
			ended=1
		elif [[ $line =~ ^ok\ [0-9]+\ -\ (.*) ]]; then
			ok "${BASH_REMATCH[1]}"
		elif [[ $line =~ ^not\ ok\ [0-9]+\ -\ (.*) ]]; then
			not_ok "${BASH_REMATCH[1]}"
		else
			printf '%s\n' "$line"
		fi
	done < <(in_ns "$ns" bash -c "$(declare -f)
		tests=0 failures=0
		\"\$@\"
		echo 'inside ended'" inside "$@" 2>&1)
	[[ -n $ended ]] || not_ok "$1 in $ns ended before its end"
}

# As in_ns, in place of this (sub)shell.
in_ns_exec() {
	local ns=$1
	shift
	[[ $ns == init ]] || set -- ip netns exec "$(ns_name "$ns")" "$@"
	exec "$@"
}

# veth_pair NS1 NS2: "veth0" in each, 192.0.2.1/2001:db8::1 and 192.0.2.2/2001:db8::2.
veth_pair() {
	local a b n=1 ns
	a=$(ns_name "$1") b=$(ns_name "$2")
	ip link add veth0 netns "$a" type veth peer name veth0 netns "$b" || return 1
	for ns in "$a" "$b"; do
		ip -n "$ns" addr add "192.0.2.$n/24" dev veth0 &&
			ip -n "$ns" addr add "2001:db8::$n/64" dev veth0 nodad &&
			ip -n "$ns" link set veth0 up || return 1
		n=$((n + 1))
	done
	# The kernel sees a carrier, and then gives IPv6 its routes, in its own time.
	for ns in "$a" "$b"; do
		# shellcheck disable=SC2016 # for the inner shell
		poll_until 5 sh -c 'ip -n "$1" link show veth0 | grep -q "state UP" && ip -n "$1" -6 route | grep -q ^2001:db8::/64' sh "$ns" ||
			return 1
	done
}

# count_tcp NS STATE [PORT]: sockets in a state (ESTABLISHED, CLOSE_WAIT, ...) of both families, with that local port if given.
count_tcp() {
	local code port
	case $2 in
	ESTABLISHED) code=01 ;;
	FIN_WAIT1) code=04 ;;
	FIN_WAIT2) code=05 ;;
	CLOSE_WAIT) code=08 ;;
	LAST_ACK) code=09 ;;
	LISTEN) code=0A ;;
	CLOSING) code=0B ;;
	*)
		diag "count_tcp: unknown state $2"
		return 1
		;;
	esac
	printf -v port %04X "${3:-0}"
	proc_net "$1" tcp tcp6 | awk -v code="$code" -v port="$port" '
		$4 == code && (port == "0000" || substr($2, length($2) - 3) == port) { n++ }
		END { print n + 0 }'
}

# aged NS MS N: N sockets in CLOSE_WAIT have heard nothing for so long, as the kernel tells; for poll_until.
aged() {
	local last
	last=$(in_ns "$1" ss -Htni state close-wait | grep -oE 'lastrcv:[0-9]+|lastack:[0-9]+' | awk -F: -v ms="$2" '
		/lastack/ && $2 >= ms { n++ } END { print n + 0 }')
	((last >= $3))
}

# proc_net NS FILE...: files below /proc/net of a namespace.
proc_net() {
	local ns=$1 netns
	shift
	if [[ $ns == init ]]; then
		(cd /proc/net && cat "$@")
	else
		netns_path "$ns"
		netfile "$netns" "$@"
	fi
}
