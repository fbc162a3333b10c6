#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nginx and haproxy in front of a backend that leaks: the backend is named, and in enforce under load only its sockets are reaped.
# shellcheck source-path=SCRIPTDIR disable=SC2317 # functions are called through check
. "$(dirname "$0")/lib.sh"
. ./lib_proxies.sh

for program in reaperctl nginx haproxy; do
	command -v "$program" >/dev/null || skip_all "no $program"
done

NGINX_PORT=8001
HAPROXY_PORT=8002
LOAD_MS=15000

# answered PROXY LEAST: so many requests were answered, at least, and none was not; how many, in $answers.
answered() {
	local line
	line=$(await "load-$1" '^load' 120) || return 1
	ended "load-$1"
	diag "$1: $line"
	answers=$(field good "$line")
	check_is "$1: no request failed" 0 "$(field bad "$line")"
	check "$1: $answers answers" test "$answers" -ge "$2"
}

# put_under_load MS LEAST: both proxies at once. What the backend leaks is what nginx ends with a FIN, each of its answers: their
# number is in $leaks. haproxy ends its connections to a server by a reset, which no program can leak.
put_under_load() {
	background load-nginx a web load "$NGINX_PORT" "$1"
	background load-haproxy a web load "$HAPROXY_PORT" "$1"
	answered haproxy "$2"
	answered nginx "$2"
	leaks=$answers
}

# others_reaped: lines of the log about another port than the backend's.
others_reaped() {
	proc_net a reaper/log | awk -v port=":$port" 'NR > 1 && substr($6, length($6) - length(port) + 1) != port'
}

new_ns a || exit 1
load || exit 1
policy a close_wait/timeout_ms=3600000 orphan/timeout_ms=3600000 mode=observe
background backend a web serve
line=$(await backend '^ready') || exit 1
port=$(field port "$line")
backend=$(field pid "$line")
start_proxies a $NGINX_PORT $HAPROXY_PORT "$port" <<-END
	server {
		listen 127.0.0.1:$NGINX_PORT;
		location / { proxy_pass http://127.0.0.1:$port; }
	}
END

put_under_load 3000 10
check "each answer left a socket" poll_until 10 stat_is a close_wait_tracked "$leaks"
reaperctl -n "$(ns_name a)" diagnose -g 0 >"$TMP/said"
sed 's/^/#   /' "$TMP/said"
check "diagnose names the backend" grep -q "^web, pid $backend, uid 0: $leaks sockets" "$TMP/said"
check "and what is wrong with it" grep -qF "$leaks  the peer's end taken, not closed" "$TMP/said"
check_is "and nobody else" 1 "$(grep -c ', pid ' "$TMP/said")"

# A second in CLOSE_WAIT is enough, while everything goes on.
policy a close_wait/timeout_ms=1000 orphan/timeout_ms=1000 mode=enforce
first=$leaks
put_under_load "$LOAD_MS" "$(many 100)"
check "every socket of the backend was reaped" poll_until 20 stat_is a close_wait_reaped $((first + leaks))
check_is "and none is left" 0 "$(stat_of a close_wait_tracked)"
check_is "no orphan had to go" 0 "$(stat_of a orphan_reaped)"
check_is "the log has sockets of the backend only" "" "$(others_reaped)"
check_is "the log has all of them" $((first + leaks + 1)) "$(proc_net a reaper/log | wc -l)"
reaperctl -n "$(ns_name a)" log >"$TMP/log"
check_is "no holder in the log is a proxy" 0 "$(grep -cE 'nginx|haproxy' "$TMP/log")"
stop nginx haproxy backend
finish
