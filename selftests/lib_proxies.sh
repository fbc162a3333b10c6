# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# nginx and haproxy, for the tests that have them; after lib.sh.

# nginx_conf: what stands in its section "http", on stdin.
nginx_conf() {
	local dir
	cat <<-END
		user root;
		daemon off;
		worker_processes 2;
		pid $TMP/nginx.pid;
		error_log stderr warn;
		events { worker_connections 1024; }
		http {
			access_log off;
			$(for dir in client_body proxy fastcgi uwsgi scgi; do echo "${dir}_temp_path $TMP/$dir;"; done)
			$(cat)
		}
	END
}

# haproxy_conf PORT BACKEND_PORT
haproxy_conf() {
	cat <<-END
		defaults
			mode http
			timeout connect 10s
			timeout client 60s
			timeout server 60s
		frontend front
			bind 127.0.0.1:$1
			default_backend back
		backend back
			server backend 127.0.0.1:$2
	END
}

# listens NS PORT: for poll_until.
listens() {
	(($(count_tcp "$1" LISTEN "$2") > 0))
}

# start_proxies NS NGINX_PORT HAPROXY_PORT BACKEND_PORT: nginx with the "http" section on stdin, haproxy before the backend.
start_proxies() {
	nginx_conf >"$TMP/nginx.conf"
	haproxy_conf "$3" "$4" >"$TMP/haproxy.cfg"
	background nginx "$1" nginx -p "$TMP" -e stderr -c "$TMP/nginx.conf"
	background haproxy "$1" haproxy -db -f "$TMP/haproxy.cfg"
	check "nginx listens" poll_until 30 listens "$1" "$2" || sed 's/^/# /' "$(output nginx)"
	check "haproxy listens" poll_until 30 listens "$1" "$3" || sed 's/^/# /' "$(output haproxy)"
}
