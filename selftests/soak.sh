#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs as they are, in enforce with times of two seconds: nginx with keepalive, sendfile and a proxy before it, curl slowly up and down, TLS
# by hand and idle for long, and connections of every kind that are half-closed and still at work. None of them is touched, but the sockets
# of one that leaks are, beside them; then as many healthy connections as there is time for.
# shellcheck disable=SC2317 # functions are called by poll_until
. "$(dirname "$0")/lib.sh"
. ./lib_proxies.sh

for program in nginx haproxy curl openssl; do
	command -v "$program" >/dev/null || skip_all "no $program"
done

HEALTHY=$(amount 20000 1000000)
TIMEOUT=2000

# What was ended so far, of all classes; a dead peer's connection would be, by the kernel's own keepalive.
reaped() {
	stats a | awk '/_(reaped|evicted) / { n += $2 } END { print n }'
}

# unharmed WHAT: nothing was reaped; if something was, the log says what.
unharmed() {
	check_is "$1: nothing was reaped" 0 "$(reaped)"
	check_is "$1: nothing failed" 0 "$(stat_of a reap_failed)"
	[[ $(reaped) == 0 ]] || proc_net a reaper/log | grep -v 'probe done$' | sed 's/^/# /'
}

kinds() {
	local kind line kinds=(send splice sendfile reuseport fastopen keepalive)

	# In 6.1 sock_map_update_common() takes a spinlock under a raw one; lockdep says so, and then no more.
	if [[ -e /proc/lockdep && $(uname -r) == 6.1.* ]]; then
		skip "sockmap" "lockdep and the sockmap of 6.1"
	else
		kinds+=(sockmap)
	fi
	if grep -qw tls /proc/sys/net/ipv4/tcp_available_ulp || modprobe -q tls; then
		kinds+=(tls)
	else
		skip "kTLS" "no kTLS in this kernel"
	fi
	if [[ -e /proc/sys/net/mptcp/enabled ]]; then
		kinds+=(mptcp)
	else
		skip "MPTCP" "no MPTCP in this kernel"
	fi
	for kind in "${kinds[@]}"; do
		background "$kind" a calm -k "$kind" -n 10 -t "$TIMEOUT"
	done
	for kind in "${kinds[@]}"; do
		line=$(await "$kind" '^calm' 120)
		ended "$kind"
		check_is "$kind: idle, half-closed, slow: all of it arrives" 10 "$(field good "$line")" || sed 's/^/# /' "$(output "$kind")"
	done
	unharmed "all kinds of connections"
	check "they were seen" stat_at_least a spared_active 1
}

programs() {
	local proxy

	mkdir "$TMP/www"
	head -c 400000 /dev/urandom >"$TMP/www/big"
	# What is put there goes through two more servers, by connections that are kept.
	start_proxies a 8001 8002 8001 <<-END
		sendfile on;
		tcp_nopush on;
		keepalive_timeout 60s;
		client_max_body_size 0;
		upstream back { server 127.0.0.1:8003; keepalive 4; }
		server {
			listen 127.0.0.1:8001 reuseport;
			root $TMP/www;
			location /up { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off; }
		}
		server { listen 127.0.0.1:8003; location / { proxy_pass http://127.0.0.1:8004; } }
		server { listen 127.0.0.1:8004; location / { return 200 taken; } }
	END
	for proxy in 8001 8002; do
		background "down$proxy" a curl -sS --limit-rate 80k -o "$TMP/down$proxy" "http://127.0.0.1:$proxy/big"
		background "up$proxy" a curl -sS --limit-rate 80k -T "$TMP/www/big" "http://127.0.0.1:$proxy/up"
		# One connection kept for ten answers.
		background "kept$proxy" a curl -sS -o /dev/null "http://127.0.0.1:$proxy/big?[1-10]"
	done
	for proxy in 8001 8002; do
		ended "down$proxy"
		check_is "curl: slowly down, by port $proxy" 0 $?
		check "curl: each byte, by port $proxy" cmp "$TMP/www/big" "$TMP/down$proxy"
		ended "up$proxy"
		check_is "curl: slowly up, by port $proxy" 0 $?
		check_is "curl: was answered, by port $proxy" taken "$(cat "$(output "up$proxy")")"
		ended "kept$proxy"
		check_is "curl: many by one connection, by port $proxy" 0 $?
	done
	unharmed "nginx, haproxy, curl"
}

# A session at a terminal: a line, nothing for long, a line.
session() {
	local fd

	trap '' PIPE
	printf '[req]\ndistinguished_name = dn\n[dn]\n' >"$TMP/req.cnf"
	openssl req -config "$TMP/req.cnf" -x509 -newkey rsa:2048 -nodes -subj /CN=vm -keyout "$TMP/key" -out "$TMP/cert" >/dev/null 2>&1
	mkfifo "$TMP/keys"
	background tls_server a openssl s_server -quiet -rev -accept 8005 -key "$TMP/key" -cert "$TMP/cert"
	check "a TLS server listens" poll_until 30 listens a 8005 || sed 's/^/# /' "$(output tls_server)"
	# shellcheck disable=SC2016 # for the inner shell
	background tls_client a sh -c 'exec openssl s_client -quiet -connect 127.0.0.1:8005 <"$1"' sh "$TMP/keys"
	exec {fd}<>"$TMP/keys"
	echo abc >&"$fd"
	check "a TLS session: a line" await tls_client '^cba$'
	check "and for seconds nothing" poll_until 10 reached $(($(now_ms) + 5 * TIMEOUT))
	echo def >&"$fd"
	check "and it is still there" await tls_client '^fed$'
	exec {fd}>&-
	stop tls_client tls_server
	unharmed "a TLS session"
}

new_ns a || exit 1
in_ns a sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.tcp_keepalive_time=1 net.ipv4.tcp_keepalive_intvl=1
load || exit 1
template census_interval_s 1
policy a close_wait/timeout_ms=$TIMEOUT orphan/timeout_ms=$((3 * TIMEOUT)) established/timeout_ms=$TIMEOUT mode=enforce
kinds
programs
session
background leak a leak -k eof -n 5 -w 20000
line=$(await leak '^report' 30)
ended leak
check_is "one that leaks, beside them, is ended" 5 "$(field aborted "$line")"
check_is "and it alone" 5 "$(reaped)"
stop nginx haproxy

background healthy a churn -n "$HEALTHY"
line=$(await healthy '^churn' 6000)
ended healthy
check_is "healthy connections: each one" "$HEALTHY 0" "$(field connections "$line") $(field errors "$line")"
check_is "none of them was reaped" 5 "$(reaped)"
diag "$(stat_of a close_wait_seen) times CLOSE_WAIT seen, $(stat_of a queue_lost) lost"
finish
