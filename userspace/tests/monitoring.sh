# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# A real Prometheus scrapes a real node_exporter, which reads what the timer's service writes; the dashboard's queries are asked of it.
# Sourced by run.

MONITORING_PIDS=()

free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

textfile() {
	REAPERCTL_ROOT=$ROOT "$TMP/reaperctl" -a metrics -P -o "$TMP/textfile/tcp_reaper.prom"
}

# Serves the OpenMetrics text as such, which a scraper then parses strictly. In place of the shell it is called in, so that it ends
# when that is to.
openmetrics_server() {
	REAPERCTL_ROOT=$ROOT exec /usr/bin/python3 - "$1" "$TMP/reaperctl" <<-'END'
		import http.server, subprocess, sys
		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        text = subprocess.run([sys.argv[2], "-a", "metrics"], stdout=subprocess.PIPE).stdout
		        self.send_response(200)
		        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
		        self.end_headers()
		        self.wfile.write(text)
		    def log_message(self, *args):
		        pass
		http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
	END
}

ask() {
	promtool query instant "http://127.0.0.1:$PROMETHEUS" "$1" 2>&1
}

# answered QUERY PATTERN: what it said is in $said.
answered() {
	said=$(ask "$1") && grep -qE -- "$2" <<<"$said"
}

# answers QUERY PATTERN: soon its answer has a line like that.
answers() {
	if wait_for answered "$@"; then
		ok "prometheus: $1"
		sed 's/^/#   /; s/ @\[.*//' <<<"$said"
	else
		not_ok "prometheus: $1" "no $2 in: $said"
	fi
}

monitoring_start() {
	local exporter openmetrics

	exporter=$(free_port) PROMETHEUS=$(free_port) openmetrics=$(free_port)
	mkdir -p "$TMP/textfile" "$TMP/tsdb"
	cat >"$TMP/prometheus.yml" <<-END
		global:
		  scrape_interval: 1s
		  evaluation_interval: 1s
		rule_files: ["$(realpath "$here/../monitoring/alerts.yml")"]
		scrape_configs:
		  - job_name: node
		    static_configs: [{targets: ["127.0.0.1:$exporter"]}]
		  - job_name: openmetrics
		    static_configs: [{targets: ["127.0.0.1:$openmetrics"]}]
	END
	check 'promtool check config' promtool check config "$TMP/prometheus.yml"
	check 'what the timer has done' textfile
	prometheus-node-exporter "--web.listen-address=127.0.0.1:$exporter" --collector.disable-defaults \
		--collector.textfile "--collector.textfile.directory=$TMP/textfile" >"$TMP/exporter.log" 2>&1 &
	MONITORING_PIDS+=($!)
	openmetrics_server "$openmetrics" >"$TMP/openmetrics.log" 2>&1 &
	MONITORING_PIDS+=($!)
	prometheus "--config.file=$TMP/prometheus.yml" "--storage.tsdb.path=$TMP/tsdb" \
		"--web.listen-address=127.0.0.1:$PROMETHEUS" >"$TMP/prometheus.log" 2>&1 &
	MONITORING_PIDS+=($!)
}

monitoring_stop() {
	local pid

	for pid in "${MONITORING_PIDS[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	MONITORING_PIDS=()
}

# Every query of the dashboard; the variables as Grafana would fill them in.
dashboard() {
	local query

	while IFS= read -r query; do
		query=${query//\$__rate_interval/20s}
		query=${query//\$instance/.*}
		answers "$query" ' => '
	done < <(jq -r '.panels[].targets[].expr' "$here/../monitoring/dashboard.json")
}

# Counters move, so that a rate is one.
move_counters() {
	local file=$ROOT/proc/net/reaper/stats i

	for i in 1 2 3; do
		awk '$1 != "novel_counter" { print $1, $2 + 5 }' "$file" >"$TMP/stats" && cp "$TMP/stats" "$file"
		textfile
		answers 'tcp_reaper_seen_total{job="node",netns="initial",class="close_wait"}' "=> $((120 + 5 * i))\b"
	done
}

# rules_health: what Prometheus says of all rules.
rules_health() {
	perl -MHTTP::Tiny -e 'print HTTP::Tiny->new->get($ARGV[0])->{content}' \
		"http://127.0.0.1:$PROMETHEUS/api/v1/rules" |
		jq -r '[.data.groups[].rules[].health] | unique | join(" ")'
}

# day: no false alert, true increases, and as many series at its end as at its beginning.
day() {
	new_root
	rm -r "$ROOT/proc/812" "$ROOT/proc/4711"
	check 'a day of containers: no new series' day_of_containers
	[ -s "$TMP/day.yml" ] || return
	check 'a day of containers: no alert, increase() is true' promtool test rules "$TMP/day.yml"
	new_root
}

day_of_containers() {
	/usr/bin/python3 "$here/day.py" "$TMP/reaperctl" "$ROOT" "$(realpath "$here/../monitoring/alerts.yml")" >"$TMP/day.yml"
}

monitoring_tests() {
	local program

	for program in prometheus promtool prometheus-node-exporter jq; do
		if ! command -v "$program" >/dev/null; then
			skip 'monitoring' "no $program"
			return
		fi
	done
	check 'promtool check rules' promtool check rules "$here/../monitoring/alerts.yml"
	check 'promtool test rules' promtool test rules "$here/../monitoring/alerts_test.yml"
	day
	new_root
	facts 812 'S (sleeping)' 4242 1024
	put proc/net/reaper/stats "$(cat "$ROOT/proc/net/reaper/stats")" \
		'spared_unread 0' 'queue_lost 0' 'track_failed 0' 'reap_failed 0' \
		'orphan_evicted 0' 'close_wait_age_ms_le_inf 117'
	monitoring_start
	answers 'tcp_reaper_up{job="node"}' '=> 1 '
	answers 'up{job="openmetrics"}' '=> 1 '
	answers 'sum(tcp_reaper_sockets{job="openmetrics"})' '=> 9 '
	answers 'tcp_reaper_holder_descriptors{job="node"}' 'comm="other".* => 4 '
	answers 'node_textfile_scrape_error' '=> 0 '
	move_counters
	dashboard
	check 'the rules are loaded and healthy' test "$(rules_health)" = ok
	rm -r "$ROOT/proc/net/reaper"
	check 'the same without the module' textfile
	answers 'tcp_reaper_up{job="node"}' '=> 0 '
	answers 'absent(tcp_reaper_sockets{job="node"})' '=> 1 '
	monitoring_stop
	new_root
}
