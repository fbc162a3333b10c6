# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Twice the processes, namespaces or listeners must not take more than some
# twice the time. Sourced by run. GROWTH=N makes a machine of N processes.

# crowd PROCESSES NAMESPACES: each process is a program of its own that listens, and holds a
# tracked socket; they are spread over the namespaces, and every other one of these has a name.
crowd() {
	new_root
	perl -we '
		my ($root, $processes, $namespaces) = @ARGV;
		sub put { my ($file, @lines) = @_; open my $f, ">", $file or die "$file: $!"; print $f @lines; close $f }
		for (1 .. $namespaces) {
			put "$root/netns/$_";
			link "$root/netns/$_", "$root/run/netns/ns$_" or die $! if $_ % 2;
		}
		my @rows = "class state age_ms idle_ms local remote uid inode rxq txq verdict\n";
		my @listen = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
		for my $i (1 .. $processes) {
			my $dir = "$root/proc/" . (10000 + $i);
			mkdir $_ or die "$_: $!" for $dir, "$dir/fd", "$dir/ns", "$dir/task", "$dir/task/" . (10000 + $i);
			put "$dir/comm", "program$i\n";
			put "$dir/stat", 10000 + $i, " (x) S 1 ", join(" ", 5 .. 21), " 42 1 1\n";
			symlink "socket:[" . (500000 + $i) . "]", "$dir/fd/3" or die $!;
			symlink "socket:[" . (900000 + $i) . "]", "$dir/fd/4" or die $!;
			my $ns = $i % $namespaces + 1;
			link "$root/netns/$ns", "$dir/ns/net" or die $!;
			my $port = 1024 + $i;
			push @rows, "close_wait CLOSE_WAIT 60000 60000 10.0.0.1:$port 10.0.0.2:40000 1000 " . (500000 + $i) . " 1 0 wait\n";
			push @listen, sprintf("   0: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 0 100 0 0 10 0\n",
				$port, 900000 + $i);
		}
		put "$root/proc/net/reaper/sockets", $namespaces > 1 ? @rows[0 .. 3] : @rows;
		put "$root/proc/net/tcp", $namespaces > 1 ? @listen[0 .. 3] : @listen;
	' "$ROOT" "$1" "$2"
}

# grows NAMESPACES VERB...: each of the verbs, with half the crowd and with all of it.
grows() {
	local n=${GROWTH-8000} namespaces=$1 verb i large
	local small=()

	shift
	crowd $((n / 2)) $(((namespaces + 1) / 2))
	for verb; do
		# shellcheck disable=SC2086 # split on purpose
		small+=("$(cost $verb)")
	done
	crowd "$n" "$namespaces"
	i=0
	for verb; do
		# shellcheck disable=SC2086 # split on purpose
		large=$(cost $verb)
		printf '# %s: %d processes, %d namespaces: %d ms, half of them %d ms\n' \
			"$verb" "$n" "$namespaces" "$large" "${small[i]}"
		# Some ticks of slack, for what takes next to nothing.
		check "twice the processes, $namespaces namespaces: $verb" \
			test "$large" -le $(((small[i] + 8) * 5 / 2))
		i=$((i + 1))
	done
}

# Whoever started something with vfork() is in state D, and is looked at twice, 50 ms apart: not all of a thousand.
grows_stuck() {
	local began=$SECONDS pid

	crowd 400 1
	for pid in "$ROOT"/proc/10[0-9][0-9][0-9]; do
		printf 'State:\tD (disk sleep)\n' >"$pid/status"
	done
	tool diagnose >"$TMP/out"
	check '400 processes in state D take 10 s at most' test $((SECONDS - began)) -le 10
	check '400 processes in state D: some are called so' grep -q 'process in state D' "$TMP/out"
}

# A server of many threads: they are looked at once, not for each of its sockets, nor for each of its listeners.
grows_threads() {
	local few many

	new_root
	perl -we '
		my $root = shift;
		for my $t (1 .. 400) {
			my $dir = "$root/proc/812/task/" . (812 + $t);
			mkdir "$root/proc/812/task"; mkdir $dir or die $!;
			for (["stat", "1 (x) S 1"], ["syscall", "202 0x1"], ["wchan", "futex_wait"]) {
				open my $f, ">", "$dir/$_->[0]" or die $!; print $f "$_->[1]\n"; close $f
			}
		}' "$ROOT"
	listens 80 23400
	no_rows
	rows_of 3000
	few=$(cost list)
	many=$(cost diagnose)
	printf '# 3000 sockets of a server of 400 threads: list %d ms, diagnose %d ms\n' "$few" "$many"
	check '400 threads and 3000 sockets' test "$many" -le $((few * 5 + 200))
	rm "$ROOT/proc/net/tcp"
	no_rows
	perl -e 'for (1 .. 1500) { symlink "socket:[" . (800000 + $_) . "]", "$ARGV[0]/proc/812/fd/" . (10000 + $_) or die $!;
		printf STDERR "close_wait CLOSE_WAIT 60000 60000 10.0.0.1:%d 10.0.0.2:40000 1000 0 1 0 wait\n", 2000 + $_;
		printf "   0: 00000000:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 0 100 0 0 10 0\n",
			2000 + $_, 800000 + $_ }' "$ROOT" >"$TMP/listen" 2>>"$ROOT/proc/net/reaper/sockets"
	listens 1 1
	cat "$TMP/listen" >>"$ROOT/proc/net/tcp"
	many=$(cost diagnose)
	printf '# 1500 listeners of a process of 400 threads: diagnose %d ms\n' "$many"
	check '400 threads and 1500 listeners' test "$many" -le 5000
}

# many_lines: a full log.
many_lines() {
	perl -e 'print "$ARGV[0]\n"; print "1790000000000 close_wait CLOSE_WAIT 5000 5000 10.0.0.1:80 10.0.0.2:$_ 1000 0 reset done\n" for 1 .. 256' \
		'time_ms class state age_ms idle_ms local remote uid inode action result' >"$ROOT/proc/net/reaper/log"
}

# rows_of N: sockets of process 812.
rows_of() {
	perl -e 'for (1 .. $ARGV[1]) { symlink "socket:[" . (600000 + $_) . "]", "$ARGV[0]/proc/812/fd/" . (100 + $_) or die $!;
		printf "close_wait CLOSE_WAIT 60000 60000 10.0.0.1:80 10.0.0.2:%d 1000 %d 0 0 wait\n", 1024 + $_, 600000 + $_ }' \
		"$ROOT" "$1" >>"$ROOT/proc/net/reaper/sockets"
	ln -s 'socket:[23400]' "$ROOT/proc/812/fd/9"
}

growth_tests() {
	# The second time diagnose has what it remembers of each.
	grows 1 list diagnose '-j diagnose' metrics
	check 'each of them was found' grep -q '^tcp_reaper_sockets{' <(tool metrics)
	grows $((${GROWTH-8000} / 4)) '-a get mode' '-a log' '-a metrics' status
	# What a namespace costs while the others are read; in KB.
	crowd 2000 2000
	local one many full
	many=$(peak -a log)
	crowd 2000 2
	one=$(peak -a log)
	crowd 2000 2000
	many_lines
	full=$(peak -a log)
	printf '# -a log: %d KB with 2000 full ones\n' "$full"
	check '2000 namespaces with full logs: -a log takes 40 MB at most' test "$full" -lt 40000
	printf '# -a log: %d KB with 2000 namespaces, %d KB with 2\n' "$many" "$one"
	check '2000 namespaces: -a log takes at most 4 KB for each' test "$many" -lt $((one + 8000))
	grows_threads
	grows_stuck
	new_root
}
