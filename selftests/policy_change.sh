#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A change of policy holds at once for sockets tracked already, of each class, IPv4 and IPv6: a timeout raised, lowered or switched off,
# the mode changed, a rule added or taken away.
# shellcheck disable=SC2317,SC2086 # functions are called by check and poll_until; a class is one word
. "$(dirname "$0")/lib.sh"

EACH=6
# What is only found by a census, of one a second, is found that much later.
PATIENCE=4

classes="close_wait orphan fin_wait2 established"

# make CLASS: three of each family, in the namespace of that name.
make() {
	local f
	for f in 4 6; do
		case $1 in
		close_wait) background $1$f $1 duo -$f -n 3 p:shut o:fin pause ;;
		orphan) background $1$f $1 pile -$f -n 3 -b 3 ;;
		fin_wait2) background $1$f $1 duo -$f -n 3 o:shut p:fin pause ;;
		established) background $1$f $1 duo -$f -n 3 -a "${address[$f]}" -N "$(ns_file far)" pause ;;
		esac
	done
}

made() {
	local f
	for f in 4 6; do
		await "$1$f" '^(pause|ready)' >/dev/null || exit 1
	done
	[[ $1 == orphan ]] && return
	for f in 4 6; do
		await "$1$f" '^pause' >/dev/null || exit 1
	done
}

# unmake CLASS: what is left, so that it does not come into the next round.
unmake() {
	local f
	for f in 4 6; do
		kill "$(pid_of "$1$f")"
	done
	for f in 4 6; do
		ended "$1$f"
	done
}

# alive CLASS: how many sockets there still are.
alive() {
	case $1 in
	close_wait) count_tcp $1 CLOSE_WAIT ;;
	orphan) count_tcp $1 FIN_WAIT1 ;;
	fin_wait2) count_tcp $1 FIN_WAIT2 ;;
	established) count_tcp $1 ESTABLISHED ;;
	esac
}

gone() {
	(($(alive "$1") == 0))
}

rules() {
	# shellcheck disable=SC2016 # for the inner shell
	in_ns "$1" sh -c 'printf "%s\n" "$2" >"$1"' sh /proc/net/reaper/rules "$2"
}

all_set() {
	local class
	for class in $classes; do
		knob $class $class/timeout_ms "$1"
	done
}

all_in() {
	local class
	for class in $classes; do
		knob $class mode "$1"
	done
}

all_ruled() {
	local class
	for class in $classes; do
		rules $class "${1//CLASS/$class}" || exit 1
	done
}

# round: new sockets, and a timeout that leaves time for a change before they go: "first" is when the first of them would, "last" when
# all would have gone.
round() {
	local class start write make
	start=$(now_ms)
	all_set 3600000
	all_in enforce
	write=$(($(now_ms) - start))
	start=$(now_ms)
	for class in $classes; do
		make $class
	done
	for class in $classes; do
		made $class
	done
	make=$(($(now_ms) - start))
	timeout=$((make + 3 * write + 2000))
	first=$((start + timeout))
	last=$((first + make + 1500))
	all_set $timeout
}

# all_alive WHAT: after they would have gone.
all_alive() {
	local class
	check "$1: the change came before they would go" test "$(now_ms)" -lt $first
	check "$1: time passes" poll_until 60 reached $last
	for class in $classes; do
		check_is "$1: $class: all are there" $EACH "$(alive $class)"
	done
}

# all_go WHAT: at once, and are counted.
all_go() {
	local class
	for class in $classes; do
		check "$1: $class: all go" poll_until $PATIENCE gone $class
		reaped[$class]=$((reaped[$class] + EACH))
		check "$1: $class: each is counted" poll_until 2 stat_is $class ${class}_reaped "${reaped[$class]}"
		unmake $class
	done
}

declare -A reaped=([close_wait]=0 [orphan]=0 [fin_wait2]=0 [established]=0)
declare -A address=([4]=192.0.2.1 [6]=2001:db8::1)

# shellcheck disable=SC2086 # words
new_ns $classes far || exit 1
veth_pair established far || exit 1
load || exit 1
template census_interval_s 1
for class in $classes; do
	policy $class close_wait/timeout_ms=0 orphan/timeout_ms=0
done
knob established established/action reset

round
all_set 3600000
all_alive "raised"
all_set 1000
all_go "lowered"

round
all_set 0
all_alive "switched off"
for class in fin_wait2 established; do
	check_is "switched off: $class: none is tracked" 0 "$(stat_of $class ${class}_tracked)"
done
all_set 1000
all_go "switched on"

round
all_in observe
all_alive "observe"
for class in $classes; do
	check "observe: $class: they would be reaped" poll_until $PATIENCE stat_is $class ${class}_would_reap $EACH
done
all_in off
for class in $classes; do
	check_is "off: $class: none is tracked" 0 "$(stat_of $class ${class}_tracked)"
	check_is "off: $class: all are there" $EACH "$(alive $class)"
done
# Adopted, close_wait and orphan have to wait out a time again: from the last sign of life, or from now.
all_set 500
all_in enforce
all_go "enforce"

round
all_ruled "uid 0 exempt"
all_alive "exempt by a rule"
# The peers of those in FIN_WAIT2 are in CLOSE_WAIT, in the same namespace.
check_is "exempt by a rule: each is counted" "$EACH $EACH $((2 * EACH))" \
	"$(stat_of close_wait spared_rule) $(stat_of orphan spared_rule) $(stat_of fin_wait2 spared_rule)"
all_ruled "uid 0 CLASS_ms 3600000"
for class in $classes; do
	check_is "given more time by a rule: $class: all are there" $EACH "$(alive $class)"
done
all_set 0
all_ruled "uid 0 CLASS_ms 500"
all_go "given less time by a rule"
all_ruled ""
for class in $classes; do
	check_is "$class: nothing failed" 0 "$(stat_of $class reap_failed)"
done
finish
