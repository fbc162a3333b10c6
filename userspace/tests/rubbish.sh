# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# What the files should never hold: reported in one line with 1, shown for the
# rest, never a crash. Sourced by run.

HEADER='class state age_ms idle_ms local remote uid inode rxq txq verdict'
ROW='close_wait CLOSE_WAIT 5 5 127.0.0.1:80 127.0.0.1:1 1000 23456 1 0 wait'

# bad NAME VERB PATTERN: VERB ends with 1, one line on stderr that matches;
# with -j as well, and then stdout is JSON or empty.
bad() {
	local name=$1 verb=$2 pattern=$3 json

	for json in '' -j; do
		# shellcheck disable=SC2086 # may be no word
		capture tool $json "$verb"
		if [ "$rc" != 1 ] || [ "$(wc -l <"$TMP/err")" != 1 ] ||
			! grep -q -- "$pattern" "$TMP/err"; then
			not_ok "$LABEL $name: $json $verb" "rc $rc: $err"
		elif [ -n "$json" ] && command -v jq >/dev/null &&
			! jq . <"$TMP/out" >/dev/null 2>&1; then
			not_ok "$LABEL $name: $json $verb" "no JSON: $out"
		else
			ok "$LABEL $name: $json $verb"
		fi
	done
}

sockets() {
	put proc/net/reaper/sockets "$@"
}

rubbish_sockets() {
	sockets "$HEADER" "$ROW" 'close_wait CLOSE_WAIT 5' "$ROW"
	bad 'row cut short' list 'line 3 has not as many fields'
	capture tool list
	check "$LABEL row cut short: two rows left" \
		test "$(grep -c '^close_wait' "$TMP/out")" = 2
	sockets "$HEADER" "$ROW more"
	bad 'row too long' list 'line 2 has not as many fields'
	printf '%s\n%s' "$HEADER" "$ROW" >"$ROOT/proc/net/reaper/sockets"
	bad 'no last newline' list 'line 2 is cut short'
	sockets "$HEADER" "${ROW/ 5 5 / 99999999999999999999 5 }"
	bad 'huge number' list 'line 2 has no number as age_ms'
	sockets "$HEADER" "${ROW/ 23456 / -1 }"
	bad 'negative number' list 'line 2 has no number as inode'
	sockets "${HEADER/ age_ms/}" "$ROW"
	bad 'missing column' list 'line 1 has no column age_ms'
	sockets "$HEADER $(printf 'c%d ' {1..40})"
	bad 'too many columns' list 'line 1 has too many columns'
	sockets "$HEADER" "${ROW/127.0.0.1:80/$(printf '%0200d' 1)}"
	bad 'long address' list 'line 2 has too long a local'
	: >"$ROOT/proc/net/reaper/sockets"
	bad 'empty file' list 'line 1 is missing'
	printf '%s\n%s\nclose\0wait\n' "$HEADER" "$ROW" \
		>"$ROOT/proc/net/reaper/sockets"
	bad 'NUL byte' list 'line 3 holds a NUL byte'
	sockets "$HEADER" "$(printf '%010000d' 1)" "$ROW"
	bad 'long line' list 'line 2 is too long'
	ln -sf /dev/zero "$ROOT/proc/net/reaper/sockets"
	bad 'no end' list 'sockets: cannot be read in the initial netns: File too large'
	rm "$ROOT/proc/net/reaper/sockets"
	bad 'no file' list 'sockets: cannot be read .* No such file'
	mkdir "$ROOT/proc/net/reaper/sockets"
	bad 'a directory' list 'sockets: cannot be read .* Is a directory'
	new_root
	# Columns in another order, and one more, are as good.
	sockets "extra verdict ${HEADER/ verdict/}" "7 wait ${ROW/ wait/}"
	t 0 list 'CLASS       STATE        AGE  IDLE  RECV-Q  SEND-Q  LOCAL         REMOTE       VERDICT  HOLDER
close_wait  CLOSE_WAIT  0.0s  0.0s       1       0  127.0.0.1:80  127.0.0.1:1  wait     users:(("leaky",pid=812,fd=7),("leaky",pid=812,fd=12),("worker",pid=4711,fd=9))' ''
	new_root
}

rubbish_stats() {
	local line

	for line in noname 'name ' ' 5' 'a-b 5' 'a -5' 'a 5 6' 'a 5x' \
		'a 18446744073709551616' 'adopted 1' "$(printf '%0100d' 1) 5"; do
		new_root
		printf '%s\n' "$line" >>"$ROOT/proc/net/reaper/stats"
		bad "stats line '${line:0:20}'" status "line $(wc -l <"$ROOT/proc/net/reaper/stats") .* 1 in all left out"
	done
	new_root
	printf 'a%d 1\n' {1..6000} >"$ROOT/proc/net/reaper/stats"
	bad 'too many stats' status 'line 4097 is one too many'
	head -c 100000 /dev/urandom >"$ROOT/proc/net/reaper/stats"
	bad 'noise as stats' status 'stats: line 1 '
	new_root
}

rubbish_knobs() {
	knob mode "$(printf '%01000d' 1)"
	bad 'long value' get 'mode: cannot be read .* File too large'
	printf 'ob\0serve\n' >"$ROOT/proc/sys/net/tcp_reaper/mode"
	bad 'NUL in value' get 'mode: cannot be read .* Bad message'
	bad 'NUL in mode' status 'mode: cannot be read .* Bad message'
	rm "$ROOT"/proc/sys/net/tcp_reaper/*
	bad 'no settings' get 'no settings in the initial netns'
	new_root
	# A class this tool does not know is a setting like another.
	knob novel_thing 'some words'
	t 0 'get novel_thing' 'some words' ''
	: >"$ROOT/proc/sys/net/tcp_reaper/novel_thing"
	t 0 'get novel_thing' '' ''
	new_root
}

# A process may call itself anything; a terminal and a JSON reader survive.
rubbish_names() {
	printf 'a\033[2J\xff\n' >"$ROOT/proc/812/comm"
	printf 'na\0me\n' >"$ROOT/proc/4711/comm"
	capture tool list
	if [ "$rc" = 0 ] && grep -qF '("a\x1b[2J\xff",pid=812' "$TMP/out" &&
		grep -qF '("?",pid=4711,fd=9)' "$TMP/out"; then
		ok "$LABEL unprintable names: list"
	else
		not_ok "$LABEL unprintable names: list" "rc $rc: $out $err"
	fi
	capture tool -j list
	check "$LABEL unprintable names: -j list is UTF-8" \
		iconv -f UTF-8 -t UTF-16 -o /dev/null "$TMP/out"
	rm "$ROOT/proc/812/comm"
	rm "$ROOT/proc/812/fd/7"
	ln -s 'socket:[99999999999999999999999999]' "$ROOT/proc/812/fd/7"
	ln -s 'socket:[23456' "$ROOT/proc/812/fd/99"
	ln -s 'socket:[23456]' "$ROOT/proc/812/fd/4294967299"
	: >"$ROOT/proc/812/fd/13"
	t 0 '-j get mode' "{\"netns\":{\"name\":\"initial\",\"pid\":null,\"inode\":$INITIAL},\"knobs\":{\"mode\":\"observe\"}}" ''
	capture tool list
	check "$LABEL odd descriptors: list" grep -qF \
		'users:(("?",pid=812,fd=12),("?",pid=4711,fd=9))' "$TMP/out"
	new_root
}

rubbish_hook() {
	put sys/module/tcp_reaper/parameters/hook 'one' 'two'
	capture tool
	check "$LABEL hook of two lines" grep -qxF 'hook    one;two' "$TMP/out"
	rm "$ROOT/sys/module/tcp_reaper/parameters/hook"
	capture tool
	check "$LABEL no hook" grep -q '^hook    not known' "$TMP/out"
	printf '1\0\n' >"$ROOT/sys/module/tcp_reaper/version"
	bad 'bad version' version "module's version is not known"
	new_root
}

# readers FILE: the verbs that read it.
readers() {
	case $1 in
	*/stats) printf '%s\n' status '-j -a metrics' ;;
	*/sockets) printf '%s\n' list '-a diagnose' '-j -a metrics' ;;
	*/log) printf '%s\n' log '-j -a metrics' ;;
	*/rules) printf '%s\n' 'rules show' 'save -' 'apply --new' ;;
	proc/net/tcp*) printf '%s\n' '-a diagnose' log ;;
	proc/812/*) printf '%s\n' list '-a diagnose' '-j -a metrics' ;;
	*/looks) echo '-a diagnose' ;;
	*/applied | etc/*) echo 'apply --new' ;;
	*) printf '%s\n' "${NOISE_VERBS[@]}" ;;
	esac
}

# What another user may choose, and what turns or ends a line or a terminal.
HOSTILE=$'\e]0;own\a\e[2J\xe2\x80\xae\xe2\x80\xa8\x9b31m\r\x7f'

# raw TEXT: does it hold any of that as it is, or another control?
raw() {
	[[ $1 =~ [$'\x01'-$'\x08'$'\x0b'-$'\x1f'$'\x7f'$'\x9b'] || $1 == *$'\xe2\x80\xae'* || $1 == *$'\xe2\x80\xa8'* ]]
}

# Each text that the tool reads, with that in the place of a word, one after the other.
rubbish_hostile() {
	local file verb leaks old words i

	new_root
	facts 812 'S (sleeping)' 4242 1024
	in_unit 812 /system.slice/leaky.service
	listens 80 23400
	ln -s 'anon_inode:[eventpoll]' "$ROOT/proc/812/fd/5"
	put proc/812/fdinfo/5 'tfd:        7 events:       19 data: 3'
	put proc/812/task/812/stat '812 (x) S'
	put proc/812/task/812/syscall '0 0x3 0x0'
	put proc/812/task/812/wchan 'wait_woken'
	put proc/net/reaper/log "$LOG_HEADER" "${LOG_ROWS[@]}"
	put proc/net/reaper/rules 'lport 22 exempt # hits 7'
	put etc/tcp_reaper.conf '[netns initial]' 'mode = enforce' 'rule = lport 1 exempt' '[netns blue]' 'mode = off'
	put run/reaperctl/applied '1 2 "blue"'
	for file in proc/net/reaper/{stats,sockets,log,rules,others} proc/net/tcp \
		proc/sys/net/tcp_reaper/{mode,close_wait_timeout_ms,close_wait_action} \
		proc/812/{comm,status,stat,limits,cgroup} proc/812/fdinfo/5 proc/812/task/812/{stat,syscall,wchan} \
		run/reaperctl/applied etc/tcp_reaper.conf sys/module/tcp_reaper/{version,parameters/hook}; do
		slurp old "$ROOT/$file"
		leaks=
		read -r -d '' -a words <<<"$old"
		for i in "${!words[@]}"; do
			# Of the many, each kind of word.
			[ "$i" -lt 40 ] || break
			printf '%s\n' "${old/"${words[i]}"/"${words[i]}$HOSTILE"}" >"$ROOT/$file"
			mapfile -t verbs < <(readers "$file")
			for verb in "${verbs[@]}"; do
				# shellcheck disable=SC2086 # split on purpose
				capture tool $verb
				# What is to be a file has the kernel's words as they are.
				! raw "$out$err" || [ "$verb" = 'save -' ] || leaks+=" ${words[i]}: $verb"
			done
		done
		printf '%s\n' "$old" >"$ROOT/$file"
		check "$LABEL what is hostile in $file" test -z "$leaks"
	done
	leaks=
	ln -s "/tmp/$HOSTILE" "$ROOT/proc/812/fd/0"
	put proc/812/task/812/syscall '0 0x0 0x0'
	: >"$ROOT/run/netns/a$HOSTILE"
	chmod 0 "$ROOT/run/netns/a$HOSTILE"
	ln "$ROOT/netns/pod" "$ROOT/run/netns/b$HOSTILE"
	for verb in diagnose '-a list' '-a status' '-a diagnose' '-a log' '-a get' '-j -a list' '-j -a diagnose' \
		'-a metrics' 'save -' '-a rules' "-n b$HOSTILE list" "-n c$HOSTILE list" "list -H $HOSTILE" \
		"list -A $HOSTILE" "list -S $HOSTILE" "$HOSTILE" "get $HOSTILE" "set $HOSTILE=1" "set mode=$HOSTILE" \
		"-o $HOSTILE list" "log -s $HOSTILE" "apply /nonexistent$HOSTILE" "rules load /nonexistent$HOSTILE" \
		"metrics -o /nonexistent$HOSTILE/x" "rules $HOSTILE" "help $HOSTILE" "--$HOSTILE"; do
		IFS=' ' read -r -a words <<<"$verb"
		capture tool "${words[@]}"
		# A file that is to be read again has them as they are.
		! raw "$out$err" || [ "$verb" = 'save -' ] || leaks+=" ${words[0]} ${words[1]-}"
	done
	check "$LABEL hostile names of namespaces and files, and words" test -z "$leaks"
	rm -f "$ROOT/run/netns/"[ab]$'\e'*
	new_root
}

NOISE_VERBS=(status list '-a diagnose' get 'rules show' log '-j -a metrics' 'apply --new' 'save -' version)

# Noise in one file after another: each verb ends, with a code of its own, and says at most something.
rubbish_noise() {
	local file noise verb rc crashed verbs

	for file in proc/net/reaper/{stats,sockets,log,rules} proc/net/tcp{,6} \
		proc/sys/net/tcp_reaper/mode proc/812/{comm,status,stat,limits,wchan} \
		proc/812/fdinfo/{5,7} run/reaperctl/{looks,applied} etc/tcp_reaper.conf \
		sys/module/tcp_reaper/{version,parameters/mode,parameters/hook}; do
		crashed=
		for noise in random empty long nuls directory; do
			new_root
			mkdir -p "$ROOT/${file%/*}"
			ln -s 'anon_inode:[eventpoll]' "$ROOT/proc/812/fd/5"
			rm -f "$ROOT/$file"
			case $noise in
			random) head -c 20000 /dev/urandom >"$ROOT/$file" ;;
			empty) : >"$ROOT/$file" ;;
			long) printf '%0100000d' 7 >"$ROOT/$file" ;;
			nuls) head -c 5000 /dev/zero >"$ROOT/$file" ;;
			directory) mkdir "$ROOT/$file" ;;
			esac
			# Once all of them, in case one reads more than it is thought to.
			verbs=("${NOISE_VERBS[@]}")
			[ "$noise" = random ] || mapfile -t verbs < <(readers "$file")
			for verb in "${verbs[@]}"; do
				rc=0
				# shellcheck disable=SC2086 # split on purpose
				tool $verb >"$TMP/out" 2>"$TMP/err" || rc=$?
				slurp err "$TMP/err"
				[ "$rc" -le 3 ] && [[ $err != *ERROR:* && $err != *'runtime error'* ]] ||
					crashed+=" $noise: $verb: $rc"
			done
		done
		check "$LABEL noise in $file" test -z "$crashed"
	done
	new_root
}

rubbish_tests() {
	# What is said is the same for each build.
	[ "$LABEL" != plain ] || rubbish_hostile
	# It is the sanitizers that see what happens.
	[ "$LABEL" = plain ] || rubbish_noise
	rubbish_sockets
	rubbish_stats
	rubbish_knobs
	rubbish_names
	rubbish_hook
}
