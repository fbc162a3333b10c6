# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# The samples, judged by promtool and by the reference parser of OpenMetrics. Sourced by run.

# has NAME LINE...: the last output has these lines.
has() {
	local name=$1 line

	shift
	for line; do
		if ! grep -qxF -- "$line" "$TMP/out"; then
			not_ok "$LABEL metrics: $name" "no line '$line' in:
$out"
			return
		fi
	done
	ok "$LABEL metrics: $name"
}

# The strict parser. Debian's python3, which has the module, may not be the first in PATH.
openmetrics() {
	/usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
sys.exit(len(families) < 15)' <"$1"
}

refused() {
	! openmetrics "$1" 2>/dev/null
}

# promtool_content FILE: it has nothing to say.
promtool_content() {
	local said

	said=$(promtool check metrics 2>&1 <"$1") && [ -z "$said" ] && return
	echo "$said"
	return 1
}

judged() {
	if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
		capture tool "$@" metrics
		check "$LABEL $* metrics is OpenMetrics" openmetrics "$TMP/out"
		tool "$@" metrics -P >"$TMP/prometheus"
		check "$LABEL $* metrics -P is not" refused "$TMP/prometheus"
	else
		skip "$LABEL $* metrics is OpenMetrics" 'no python3-prometheus-client'
	fi
	if command -v promtool >/dev/null; then
		tool "$@" metrics -P >"$TMP/prometheus"
		check "$LABEL $* metrics -P: promtool check metrics" promtool_content "$TMP/prometheus"
	else
		skip "$LABEL $* metrics -P: promtool check metrics" 'no prometheus'
	fi
}

# Names only for what was asked for: by a section, by -H.
metrics_names() {
	mkdir -p "$ROOT/etc"
	put etc/tcp_reaper.conf '[netns blue]' 'mode = observe' '[netns red]' '[broken'
	capture tool -a metrics -H worker,leaky,absent
	check "$LABEL metrics: mistakes in the policy are for apply to report" test "$rc:$err" = 0:
	has 'a namespace with a section' \
		'tcp_reaper_netns_sockets{netns="blue",class="close_wait"} 1' \
		'tcp_reaper_netns_seen_total{netns="blue",class="close_wait"} 9' \
		'tcp_reaper_netns_timeout_seconds{netns="blue",class="orphan"} 300.000' \
		'tcp_reaper_netns_close_wait_age_seconds_count{netns="blue"} 7' \
		'tcp_reaper_sockets{netns="other",class="close_wait"} 2' \
		'tcp_reaper_seen_total{netns="other",class="close_wait"} 5000'
	has 'programs that were named' \
		'tcp_reaper_holder_sockets{comm="leaky"} 3' \
		'tcp_reaper_holder_sockets{comm="worker"} 0' \
		'tcp_reaper_holder_sockets{comm="absent"} 0' \
		'tcp_reaper_holder_sockets{comm="other"} 0' \
		'tcp_reaper_holder_descriptors{comm="leaky"} 4'
	judged -a
	capture tool -a metrics -l 0
	check "$LABEL metrics: past the limit" test "$(grep -c netns_ "$TMP/out")" = 0
	rm "$ROOT/etc/tcp_reaper.conf"
	# However often they call themselves something else.
	capture tool -a metrics
	cut -d'}' -f1 "$TMP/out" | sort >"$TMP/series"
	echo renamed >"$ROOT/proc/812/comm"
	mv "$ROOT/run/netns/blue" "$ROOT/run/netns/pod17"
	capture tool -a metrics
	check "$LABEL metrics: new names make no new series" cmp "$TMP/series" <(cut -d'}' -f1 "$TMP/out" | sort)
	mv "$ROOT/run/netns/pod17" "$ROOT/run/netns/blue"
	echo leaky >"$ROOT/proc/812/comm"
}

# In enforce no socket is tracked any more, but their descriptors are there.
metrics_reaped() {
	cp "$ROOT/proc/net/reaper/sockets" "$TMP/sockets"
	sed -i '2,$d' "$ROOT/proc/net/reaper/sockets"
	put proc/net/reaper/log "$LOG_HEADER" "${LOG_ROWS[@]/ 1000 / 33 }"
	capture tool -a metrics -H leaky
	has 'descriptors of what was ended' \
		'tcp_reaper_holder_sockets{comm="leaky"} 0' \
		'tcp_reaper_holder_descriptors{comm="leaky"} 4' \
		'tcp_reaper_holder_descriptors_limit{comm="leaky"} 1024.000'
	put proc/net/reaper/log "$LOG_HEADER"
	cp "$TMP/sockets" "$ROOT/proc/net/reaper/sockets"
}

metrics_file() {
	local dir=$TMP/prom

	mkdir -p "$dir/real" "$dir/there"
	ln -sfn real "$dir/link"
	capture tool -a metrics -P -o "$dir/real/x.prom"
	check "$LABEL metrics -o" test "$rc:$out:$err:$(stat -c %a "$dir/real/x.prom"):$(grep -c '^tcp_reaper_up 1$' "$dir/real/x.prom")" = 0:::644:1
	check "$LABEL metrics -o: nothing beside it" test "$(ls -A "$dir/real")" = x.prom
	t 1 "metrics -o $dir/link/x.prom" '' "reaperctl: metrics: $dir/link/x.prom: Not a directory; on the way to it is something else than a directory; a symbolic link is not followed"
	t 1 "metrics -o $dir/nosuch/x.prom" '' "reaperctl: metrics: $dir/nosuch/x.prom: No such file or directory; make its directory, which is that of node_exporter's --collector.textfile.directory"
	t 1 "metrics -o $dir/there" '' "reaperctl: metrics: $dir/there: Is a directory; it is as before"
	t 2 '-j metrics -o x' '' 'reaperctl: metrics: -o goes not with -j; see reaperctl metrics --help'
	# In place of a link, not where that leads.
	echo mine >"$TMP/other"
	ln -s "$TMP/other" "$dir/real/y.prom"
	capture tool metrics -P -o "$dir/real/y.prom"
	check "$LABEL metrics -o: a link is replaced" test "$rc:$(cat "$TMP/other")" = 0:mine -a ! -L "$dir/real/y.prom"
	mv "$ROOT/proc/net/reaper" "$ROOT/elsewhere"
	capture tool -a metrics -P -o "$dir/real/x.prom"
	check "$LABEL metrics -o without the module" test "$rc:$out:$err:$(grep -v '^#' "$dir/real/x.prom")" = '0:::tcp_reaper_up 0'
	t 3 '-a metrics' '' 'reaperctl: module not loaded: no /proc/net/reaper; modprobe tcp_reaper'
	mv "$ROOT/elsewhere" "$ROOT/proc/net/reaper"
	rm -r "$dir"
}

metrics_tests() {
	new_root
	facts 812 'S (sleeping)' 4242 1024
	facts 4711 'S (sleeping)' 4242 unlimited
	capture tool metrics
	check "$LABEL metrics" test "$rc:$err" = 0:
	has 'one namespace' 'tcp_reaper_up 1' \
		"tcp_reaper_version_info{reaperctl=\"$VERSION\",module=\"$VERSION\"} 1" \
		'tcp_reaper_hook_info{hook="kprobe tcp_fin, tcp_close"} 1' \
		'tcp_reaper_hook_degraded 0' \
		'tcp_reaper_namespaces{mode="observe"} 1' \
		'# TYPE tcp_reaper_seen counter' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 120' \
		'tcp_reaper_taken_total{netns="initial",class="close_wait"} 119' \
		'tcp_reaper_forgotten_total{netns="initial",class="close_wait"} 0' \
		'tcp_reaper_sockets{netns="initial",class="orphan"} 1' \
		'tcp_reaper_spared_total{netns="initial",reason="active"} 2' \
		'tcp_reaper_census_runs_total{netns="initial"} 4' \
		'# UNIT tcp_reaper_oldest_age_seconds seconds' \
		'tcp_reaper_oldest_age_seconds{netns="initial",class="close_wait"} 3725.000' \
		'tcp_reaper_timeout_seconds{netns="initial",class="orphan"} 300.000' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="initial",le="1.0"} 100' \
		'tcp_reaper_namespaces_unread 0' \
		'tcp_reaper_holder_sockets{comm="other"} 1' \
		'tcp_reaper_holder_descriptors{comm="other"} 4' \
		'tcp_reaper_holder_descriptors_limit{comm="other"} 1024.000' \
		'# EOF'
	check "$LABEL metrics: # EOF is the end" test "$(tail -n 1 "$TMP/out")" = '# EOF'
	capture tool metrics -P
	has 'the older format' '# TYPE tcp_reaper_seen_total counter' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 120'
	check "$LABEL metrics -P: no # EOF" test "$(grep -c EOF "$TMP/out")" = 0
	put proc/net/reaper/stats 'close_wait_tracked 1' 'close_wait_seen 9' \
		'close_wait_age_ms_le_1000 3' 'close_wait_age_ms_le_60000 5' \
		'close_wait_age_ms_le_inf 7' 'close_wait_age_ms_sum 90500'
	capture tool -a metrics
	has 'all namespaces' 'tcp_reaper_namespaces{mode="observe"} 3' \
		'tcp_reaper_sockets{netns="initial",class="close_wait"} 1' \
		'tcp_reaper_sockets{netns="other",class="close_wait"} 2' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 9' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="initial",le="60.0"} 5' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="initial",le="+Inf"} 7' \
		'tcp_reaper_close_wait_age_seconds_count{netns="initial"} 7' \
		'tcp_reaper_close_wait_age_seconds_sum{netns="initial"} 90.500' \
		'tcp_reaper_close_wait_age_seconds_count{netns="other"} 4100' \
		'tcp_reaper_close_wait_age_seconds_sum{netns="other"} 12345.678'
	has 'counters of the others are of all that there were' \
		'tcp_reaper_seen_total{netns="other",class="close_wait"} 5000' \
		'tcp_reaper_reaped_total{netns="other",class="close_wait"} 4000' \
		'tcp_reaper_spared_total{netns="other",reason="active"} 30' \
		'tcp_reaper_hook_missed_total{netns="other"} 2'
	check "$LABEL metrics: no timeout of several" \
		test "$(grep -c '^tcp_reaper_timeout_seconds{netns="other"' "$TMP/out")" = 0
	check "$LABEL metrics: no name that nobody asked for" \
		test "$(grep -oE '(netns|comm)="[^"]*"' "$TMP/out" | sort -u | paste -sd' ')" = 'comm="other" netns="initial" netns="other"'
	judged
	judged -a
	metrics_names
	metrics_reaped
	put sys/module/tcp_reaper/parameters/hook 'none, census only; nmissed 7; a better hook was blind'
	capture tool metrics
	has 'a hook gone blind' 'tcp_reaper_hook_info{hook="none, census only"} 1' 'tcp_reaper_hook_degraded 1'
	put sys/module/tcp_reaper/parameters/hook 'kprobe tcp_fin, tcp_close'
	printf 'a"b\\c\n' >"$ROOT/proc/812/comm"
	capture tool metrics '-Ha"b\c'
	has 'a name with quotes' 'tcp_reaper_holder_sockets{comm="a\"b\\c"} 1'
	judged
	metrics_file
	t 2 'metrics -l x' '' 'reaperctl: -l x: not a number up to 100000; see reaperctl metrics --help'
	if command -v jq >/dev/null; then
		# An array of families, with or without -a.
		capture tool -j -a metrics
		check "$LABEL -j -a metrics: others" jq -e '.[] | select(.name == "tcp_reaper_close_wait_age_seconds") | .samples[] | select(.suffix == "_count" and .labels == {"netns":"other"}) | .value == "4100"' "$TMP/out"
		check "$LABEL -j -a metrics" jq -e '.[] | select(.name == "tcp_reaper_seen") | .type == "counter" and (.samples[] | select(.labels == {"netns":"initial","class":"close_wait"}) | .value == "9")' "$TMP/out"
	fi
	rm "$ROOT/proc/net/reaper/stats"
	capture tool metrics
	check "$LABEL metrics without stats" test "$rc:$(wc -l <"$TMP/err"):$(tail -n 1 "$TMP/out")" = '1:1:# EOF'
	has 'what is missing is counted' 'tcp_reaper_namespaces_unread 1'
	capture tool -a metrics -P -o "$TMP/metrics.prom"
	check "$LABEL metrics -o without stats: written, and no success" test "$rc:$(grep -c '^tcp_reaper_namespaces_unread 3$' "$TMP/metrics.prom")" = 1:1
	check "$LABEL metrics -o without stats: no counter is made up" \
		test "$(grep -c '^tcp_reaper_seen_total{netns="initial"' "$TMP/metrics.prom")" = 0
	new_root
}
