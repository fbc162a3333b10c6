# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # rc, out, err, LABEL and the like are of run and lib.sh
# Whose a socket is, as diagnose and list tell it: the program, its service, who listens. Sourced by run.

# Who holds it, who was started by whom, and who has to do something.
owners_programs() {
	local pid

	new_root
	no_rows
	listens 80 23400
	for pid in 901 902 903 904 905; do
		process $pid web "$ROOT/netns/initial" "3:socket:[70$pid]" '4:socket:[70900]'
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) 900
		in_unit $pid /system.slice/web.service
		row 60000 60000 1 0 "70$pid"
	done
	says 'workers of a service' \
		'web in web.service, 5 processes (pid 901, 902, 903 and 2 more), uid 33: 5 sockets, the oldest for 1m00s'
	check "$LABEL diagnose: one group for all workers" test "$(grep -c 'uid 33' "$TMP/out")" = 1
	no_rows
	row 60000 60000 1 0 70900
	says 'a socket of all workers' \
		'  held by 5 processes at once, and open until each has closed it: web in web.service, 5 processes (pid 901, 902, 903 and 2 more)' \
		'          fork() copied it: the process that does not serve it should close it'
	# Without a service they are one program by their descent.
	no_rows
	for pid in 901 902 903 904 905; do
		rm "$ROOT/proc/$pid/cgroup"
		row 60000 60000 1 0 "70$pid"
	done
	process 900 web "$ROOT/netns/initial"
	facts 900 'S (sleeping)' 1 1000
	facts 905 'S (sleeping)' 1 1905 1
	rm "$ROOT/proc/net/tcp"
	says 'workers of a session' \
		'web, 4 processes (pid 901, 902, 903 and 1 more), uid 33: 4 sockets, the oldest for 1m00s' \
		'web, pid 905, uid 33: 1 socket, the oldest for 1m00s'

	# systemd keeps the listener; the service has it, too.
	new_root
	no_rows
	listens 80 23400
	ln -s 'socket:[23400]' "$ROOT/proc/1/fd/30"
	ln -s 'socket:[23456]' "$ROOT/proc/1/fd/31"
	facts 812 'S (sleeping)' 4242 1024
	row 60000 60000 1 0 0
	says 'socket activation, not accepted' \
		'never accepted, at port 80, where leaky, pid 812, listens: 1 socket, the oldest for 1m00s'
	no_rows
	rm "$ROOT/proc/4711/fd/9"
	row 60000 60000 1 0 23456
	says 'Accept=yes: the service, not systemd' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'          kept for it by systemd, pid 1, until it has ended'
	# One process for each connection is one program, in a service of its own each or in none.
	no_rows
	for pid in 931 932 933; do
		process $pid billing "$ROOT/netns/initial" "3:socket:[70$pid]"
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) 1
		in_unit $pid "/system.slice/system-billing.slice/billing@$pid-10.0.0.1:80-10.0.0.2:40$pid.service"
		row 60000 60000 0 0 "70$pid"
	done
	says 'Accept=yes: its instances are one service' \
		'billing in billing@.service, 3 processes (pid 931, 932, 933), uid 33: 3 sockets, the oldest for 1m00s'
	in_unit 933 /system.slice/postgresql@15-main.service
	in_unit 932 /system.slice/postgresql@14-main.service
	says 'instances of another kind are not' \
		'billing in postgresql@15-main.service, pid 933, uid 33: 1 socket, the oldest for 1m00s'
	rm "$ROOT"/proc/812/fd/* "$ROOT"/proc/4711/fd/*
	rm "$ROOT"/proc/93[123]/cgroup
	says 'inetd: one for each connection' \
		'billing, 3 processes (pid 931, 932, 933), uid 33: 3 sockets, the oldest for 1m00s'
	rm -r "$ROOT"/proc/93[123]
	no_rows
	row 60000 60000 1 0 0
	says 'socket activation without its service' \
		'never accepted, at port 80, where systemd, pid 1, listens for a service that does not run or has let go of it (systemctl list-sockets names it): 1 socket, the oldest for 1m00s' \
		'    do     start the service, or stop its socket as well'
	never 'nobody is told to trace systemd' 'strace'
	no_rows
	row 60000 60000 1 0 23456
	says 'systemd alone has a connection' \
		'systemd, pid 1, which keeps it for a service (systemctl list-sockets, systemctl list-units): 1 socket, the oldest for 1m00s'

	# Who listened first looks after those that accept.
	new_root
	no_rows
	listens 80 70000
	for pid in 940 941 942; do
		process $pid gunicorn "$ROOT/netns/initial" '5:socket:[70000]'
		facts $pid 'S (sleeping)' 1 $((1000 + pid)) $((pid == 940 ? 1 : 940))
	done
	row 60000 60000 79 0 0
	says 'pre-fork: whether a worker accepts' \
		'never accepted, at port 80, where gunicorn, 3 processes (pid 940, 941, 942), listens: 1 socket, the oldest for 1m00s' \
		'    tell   ss -ltn shows the queue (Recv-Q of Send-Q); strace -f -p 941 shows whether accept() is called'

	# A program that another one started, and that does not know of it.
	new_root
	no_rows
	listens 80 23400
	facts 812 'S (sleeping)' 4242 1024
	process 930 'sleep' "$ROOT/netns/initial" '9:socket:[70930]'
	facts 930 'S (sleeping)' 1 1024 812
	row 60000 60000 1 0 70930
	says 'inherited' \
		'sleep, pid 930, inherited from leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'    do     in leaky: open connections with O_CLOEXEC (accept4() with SOCK_CLOEXEC), so that what it starts does not get them; this one stays until sleep ends'
	facts 930 'S (sleeping)' 1 1024 1
	says 'inherited, and its parent has ended' \
		'sleep, pid 930, inherited from leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s'
	facts 930 'S (sleeping)' 1 1024 812
	ln -s 'socket:[70930]' "$ROOT/proc/812/fd/20"
	says 'inherited, and its parent has it, too' \
		'leaky, pid 812, uid 33: 1 socket, the oldest for 1m00s' \
		'          inherited, or kept for it, by sleep, pid 930; O_CLOEXEC keeps a descriptor from what a program starts'
	rm "$ROOT/proc/812/fd/20" "$ROOT/proc/930/fd/9"
	ln -s 'socket:[70930]' "$ROOT/proc/930/fd/0"
	says 'started with its connection, as by inetd' 'sleep, pid 930, uid 33: 1 socket, the oldest for 1m00s'

	# What a user, or who is in a container, calls a cgroup is no service of the machine.
	new_root
	no_rows
	row 60000 60000 1 0 23456
	facts 812 'S (sleeping)' 4242 1024
	local path name
	while read -r path name; do
		in_unit 812 "$path"
		says "$path" "leaky${name:+ in $name}, pid 812, uid 33: 1 socket, the oldest for 1m00s"
	done <<-END
		/user.slice/user-1000.slice/user@1000.service/ssh.service user@1000.service
		/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service
		/user.slice/user-1000.slice/session-3.scope
		/system.slice/web.service/ssh.service web.service
		/system.slice/docker-0af.scope/system.slice/ssh.service docker-0af.scope
		/docker/0af 0af
		/docker/0af/init.scope 0af
		/docker/0af/system.slice/ssh.service 0af
		/kubepods.slice/kubepods-pod7.slice/cri-containerd-1b.scope cri-containerd-1b.scope
		/kubepods/burstable/pod7/1b 1b
		/init.scope
		/init init
		/
	END
	ln -s '/tmp/a; 7 x runs, b' "$ROOT/proc/812/fd/0"
	put proc/812/task/812/stat '812 (x) S'
	put proc/812/task/812/syscall '0 0x0 0x0'
	says 'a file whose name has words in it' '    now    pid 812: its only thread waits in read() on fd 0, /tmp/a\x3b 7 x runs\x2c b'

	# A name of another's choice is not taken for words of ours.
	put proc/812/comm 'a", pid 1'
	no_rows
	row 60000 60000 1 0 23456
	says 'a name with words in it' 'a\x22\x2c pid 1, pid 812, uid 33: 1 socket, the oldest for 1m00s'
}

owners_listeners() {
	new_root
	process 940 alpha "$ROOT/netns/initial" '3:socket:[70940]'
	process 941 beta "$ROOT/netns/initial" '3:socket:[70941]'
	no_rows
	listens 80 70940 0100000A 2
	listens 80 70941 00000000 1
	row 60000 60000 1 0 0
	row 60000 60000 1 0 0
	printf 'close_wait CLOSE_WAIT 9000 9000 10.0.0.9:80 10.0.0.2:50000 1000 0 1 0 wait\n' >>"$ROOT/proc/net/reaper/sockets"
	says 'two listeners at a port' \
		'never accepted, at 10.0.0.1:80, where alpha, pid 940, listens with fd 3: 2 sockets, the oldest for 1m00s' \
		'never accepted, at port 80, where beta, pid 941, listens with fd 3: 1 socket, the oldest for 9.0s' \
		'  1  never accepted: the peer connected, and nobody called accept() for it' \
		'  queue  2 in the backlog'
	# IPv6, and SO_REUSEPORT.
	put proc/net/tcp6 '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode' \
		'   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000005 00:00000000 00000000     0        0 70942 1 0 100 0 0 10 0' \
		'   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000006 00:00000000 00000000     0        0 70942 1 0 100 0 0 10 0'
	process 942 gamma "$ROOT/netns/initial" '3:socket:[70942]'
	printf 'close_wait CLOSE_WAIT 9000 9000 [::ffff:10.0.0.1]:80 [::ffff:10.0.0.2]:50000 1000 0 1 0 wait\n' >>"$ROOT/proc/net/reaper/sockets"
	says 'two families at a port' \
		'never accepted, at 10.0.0.1:80, where alpha, pid 940, listens with fd 3: 2 sockets, the oldest for 1m00s' \
		'never accepted, at port 80, where gamma, pid 942, listens with fd 3: 1 socket, the oldest for 9.0s' \
		'  queue  5, 6 in the backlog'
	rm "$ROOT/proc/net/tcp" "$ROOT/proc/net/tcp6"
	no_rows
	row 60000 60000 1 0 0
	says 'never accepted, listener not seen' \
		'never accepted, at port 80: 1 socket, the oldest for 1m00s'

	# Orphans by who makes them, and their peers by number.
	no_rows
	listens 80 70940 0100000A
	for _ in 1 2 3; do
		row 60000 60000 0 9 0 wait orphan FIN_WAIT1 80 10.1.0.1:4000$_
	done
	row 60000 60000 0 9 0 wait orphan FIN_WAIT1 80 10.1.0.2:40000
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 81 10.1.0.2:40001
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 50001 10.1.0.3:443
	row 50000 50000 0 9 0 wait orphan FIN_WAIT1 50002 10.1.0.3:443
	says 'orphans' \
		'orphans, held by nobody, made at 10.0.0.1:80, where alpha, pid 940, listens: 4 sockets, the oldest for 1m00s' \
		'  peers  10.1.0.1 (3), 10.1.0.2 (1)' \
		'orphans, held by nobody, made at port 81, where nobody listens now: 1 socket, the oldest for 50.0s' \
		'orphans, held by nobody, of clients of port 443: 2 sockets, the oldest for 50.0s' \
		'  peers  10.1.0.3 (2)'
}

owners_tests() {
	owners_programs
	owners_listeners
	new_root
}
