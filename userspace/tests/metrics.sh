# SPDX-License-Identifier: GPL-2.0
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

metrics_tests() {
	new_root
	facts 812 'S (sleeping)' 4242 1024
	facts 4711 'S (sleeping)' 4242 unlimited
	capture tool metrics
	check "$LABEL metrics" test "$rc:$err" = 0:
	has 'one namespace' 'tcp_reaper_up 1' \
		"tcp_reaper_version_info{reaperctl=\"$VERSION\",module=\"1.2.3\"} 1" \
		'tcp_reaper_hook_info{hook="kprobe tcp_fin, tcp_close"} 1' \
		'tcp_reaper_hook_degraded 0' \
		'tcp_reaper_namespaces{mode="observe"} 1' \
		'# TYPE tcp_reaper_seen counter' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 120' \
		'tcp_reaper_sockets{netns="initial",class="orphan"} 1' \
		'tcp_reaper_spared_total{netns="initial",reason="active"} 2' \
		'tcp_reaper_census_runs_total{netns="initial"} 4' \
		'# UNIT tcp_reaper_oldest_age_seconds seconds' \
		'tcp_reaper_oldest_age_seconds{netns="initial",class="close_wait"} 3725.000' \
		'tcp_reaper_timeout_seconds{netns="initial",class="orphan"} 300.000' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="initial",le="1.0"} 100' \
		'tcp_reaper_holder_sockets{comm="leaky"} 1' \
		'tcp_reaper_holder_descriptors{comm="leaky"} 4' \
		'tcp_reaper_holder_descriptors_limit{comm="leaky"} 1024.000' \
		'# EOF'
	check "$LABEL metrics: # EOF is the end" test "$(tail -n 1 "$TMP/out")" = '# EOF'
	capture tool metrics -P
	has 'the older format' '# TYPE tcp_reaper_seen_total counter' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 120'
	check "$LABEL metrics -P: no # EOF" test "$(grep -c EOF "$TMP/out")" = 0
	put proc/net/reaper/stats 'close_wait_tracked 1' 'close_wait_seen 9' \
		'close_wait_age_ms_le_1000 3' 'close_wait_age_ms_le_60000 5' \
		'close_wait_age_ms_le_inf 7'
	capture tool -a metrics
	has 'all namespaces' 'tcp_reaper_namespaces{mode="observe"} 3' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 9' \
		'tcp_reaper_seen_total{netns="blue",class="close_wait"} 9' \
		'tcp_reaper_seen_total{netns="unnamed",class="close_wait"} 9' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="blue",le="60.0"} 5' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="blue",le="+Inf"} 7'
	judged
	judged -a
	put sys/module/tcp_reaper/parameters/hook 'none, census only; nmissed 7; a better hook was blind'
	capture tool metrics
	has 'a hook gone blind' 'tcp_reaper_hook_info{hook="none, census only"} 1' 'tcp_reaper_hook_degraded 1'
	put sys/module/tcp_reaper/parameters/hook 'kprobe tcp_fin, tcp_close'
	capture tool -a metrics --limit=1
	has 'past the limit' \
		'tcp_reaper_seen_total{netns="initial",class="close_wait"} 9' \
		'tcp_reaper_seen_total{netns="other",class="close_wait"} 18' \
		'tcp_reaper_close_wait_age_seconds_bucket{netns="other",le="+Inf"} 14'
	check "$LABEL metrics: no timeout of several" \
		test "$(grep -c '^tcp_reaper_timeout_seconds{netns="other"' "$TMP/out")" = 0
	printf 'a"b\\c\xff\n' >"$ROOT/proc/812/comm"
	capture tool metrics
	has 'a name with quotes' 'tcp_reaper_holder_sockets{comm="a\"b\\c'$'\xef\xbf\xbd''"} 1'
	judged
	t 2 'metrics -l x' '' 'reaperctl: -l x: not a number up to 100000; see reaperctl metrics --help'
	if command -v jq >/dev/null; then
		# An array of families, with or without -a.
		capture tool -j -a metrics
		check "$LABEL -j -a metrics" jq -e '.[] | select(.name == "tcp_reaper_seen") | .type == "counter" and (.samples[] | select(.labels == {"netns":"blue","class":"close_wait"}) | .value == "9")' "$TMP/out"
	fi
	rm "$ROOT/proc/net/reaper/stats"
	capture tool metrics
	check "$LABEL metrics without stats" test "$rc:$(wc -l <"$TMP/err"):$(tail -n 1 "$TMP/out")" = '1:1:# EOF'
	new_root
}
