#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In the machine of world/run: containers, as their engines make them.
# shellcheck disable=SC2016,SC2317 # what check evaluates; functions are called through it
cd /root/payload || exit 1
# shellcheck source=../dkms/guest-lib.sh
. ./guest-lib.sh

ENGINES="podman docker rootless runc crun cri"
T=/sys/module/tcp_reaper/parameters
declare -A pid=()

# What each container does: four sockets are leaked, and what became of them is in
# a file. It outlives them, or its namespace would go with them.
leaking='leak -n 4 -w 3600000 >/tmp/report; sleep 86400'

as_user() {
	(cd / && exec runuser -u somebody -- env XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus "$@")
}
podman_of() {
	if [[ $1 == rootless ]]; then
		as_user podman "${@:2}"
	else
		"$@"
	fi
}

# begin ENGINE NAME KEY=VALUE...: begins a container. OPTIONS are the engine's own;
# of runc and crun, changes to the configuration.
begin() {
	local engine=$1 name=$2 bundle=/run/bundle/$2
	shift 2
	case $engine in
	podman | rootless | docker)
		# shellcheck disable=SC2086 # words
		podman_of "$engine" run -d --name "$name" $OPTIONS "${@/#/--sysctl=net.tcp_reaper.}" stuck sh -c "$leaking"
		;;
	runc | crun)
		rm -rf "$bundle"
		mkdir -p "$bundle"
		(cd "$bundle" && runc spec && python3 - "$name" "$leaking" "$OPTIONS" "$@") <<-'END' || return
			import json, sys
			name, command, options, *sysctls = sys.argv[1:]
			with open("config.json") as file:
			    c = json.load(file)
			c["root"] = {"path": "/root/image"}
			c["process"].update(terminal=False, args=["sh", "-c", command])
			c["linux"].update(cgroupsPath="/boxes/" + name, sysctl={"net.tcp_reaper." + k: v for k, v in (s.split("=") for s in sysctls)})
			c["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
			exec(options)
			with open("config.json", "w") as file:
			    json.dump(c, file)
		END
		$engine run -d -b "$bundle" "$name" </dev/null >/dev/null 2>/tmp/refusal || {
			cat /tmp/refusal
			return 1
		}
		;;
	cri) python3 containers.d/cri.py start "$name" "$leaking" "$@" ;;
	esac
}

# start ENGINE NAME KEY=VALUE...: begins one, and finds its first process.
OPTIONS=""
start() {
	pid[$2]=none
	begin "$@" >/tmp/begun 2>&1 </dev/null || {
		cat /tmp/begun
		return 1
	}
	pid[$2]=$(pgrep -nf "^sh -c leak") && is_stuck "$2"
}
sockets() { nsenter -t "${pid[$1]}" -n ss -Htn state close-wait | wc -l; }
has() { (($(sockets "$1") == $2)); }
is_stuck() { poll 60 eval "has $1 4 || [[ \$(inner $1 close_wait_reaped) == 4 ]]"; }

# Seen from the host: a knob, a counter of the container's namespace.
knob() { nsenter -t "${pid[$1]}" -n cat "/proc/sys/net/tcp_reaper/$2"; }
inner() { nsenter -t "${pid[$1]}" -n awk -v "name=$2" '$1 == name { print $2 }' /proc/net/reaper/stats; }
inner_is() { [[ $(inner "$1" "$2") == "$3" ]]; }
policy() { echo "$(knob "$1" mode) $(knob "$1" close_wait_timeout_ms)"; }
own() { awk '/_(seen|taken|reaped) /' /proc/net/reaper/stats; }

# inside ENGINE NAME COMMAND: by a shell of the container's.
inside() {
	case $1 in
	podman | rootless | docker) podman_of "$1" exec "$2" sh -c "$3" ;;
	runc | crun) "$1" exec "$2" sh -c "$3" ;;
	cri) python3 containers.d/cri.py exec "$2" sh -c "$3" ;;
	esac
}

drop() {
	local engine=$1 name
	shift
	for name; do
		case $engine in
		podman | rootless) podman_of "$engine" rm -f -t 0 "$name" ;;
		docker) docker rm -f "$name" ;;
		runc | crun) "$engine" delete -f "$name" ;;
		cri) python3 containers.d/cri.py drop "$name" ;;
		esac || return
	done >/dev/null
}

refused() {
	! begin "$1" "$2" "$3" >/tmp/words 2>&1 </dev/null || {
		echo "it was taken"
		drop "$1" "$2"
		return 1
	}
	tail -n 3 /tmp/words | sed 's/^/# /' >&3
	drop "$1" "$2" >/dev/null 2>&1
	grep -q "$4" /tmp/words && return
	cat /tmp/words
	return 1
}
exec 3>&1

# What reaperctl is to call the container. Below a user's systemd it is the user who gives names.
called() {
	case $1 in
	podman | docker) "$1" inspect -f '{{.Id}}' "$2" | cut -c 1-12 ;;
	rootless) echo user@1000.service ;;
	runc | crun) echo "$2" ;;
	cri) sed 's/.*"uid": "\([^"]*\)".*/\1/' "/run/cri-$2.json" ;;
	esac
}
listed() {
	local id
	id=$(called "$1" "$2")
	reaperctl -a -j list >/tmp/list && (($(grep -o "\"\(unit\|pod\)\":\"[^\"]*$id" /tmp/list | wc -l) >= 4)) && return
	echo "no $id in:"
	reaperctl -a list
	cat "/proc/${pid[$2]}/cgroup"
	return 1
}

set_template() {
	echo "$1" >$T/mode
	echo "$2" >$T/close_wait_timeout_ms
}

# unmasked ENGINE: what makes /proc/sys writable, so that nothing but rights is in the way.
unmasked() {
	case $1 in
	podman | rootless) echo --security-opt=unmask=ALL ;;
	docker) echo --security-opt=systempaths=unconfined ;;
	runc | crun) echo 'del c["linux"]["readonlyPaths"]' ;;
	esac
}
with_admin() {
	case $1 in
	podman | rootless | docker) echo --cap-add=NET_ADMIN ;;
	runc | crun) echo '; [c["process"]["capabilities"].setdefault(k, []).append("CAP_NET_ADMIN") for k in ("bounding", "effective", "permitted")]' ;;
	esac
}
write='cd /proc/sys/net/tcp_reaper; echo enforce >mode; echo enforce >/sys/class/tcp_reaper/self/mode; echo lport 1 exempt >/proc/net/reaper/rules; echo 1 >/sys/module/tcp_reaper/parameters/max_tracked'

# engine ENGINE: all that a container of its has for itself.
engine() {
	local e=$1 before
	say "$e"
	lsmod | grep -q '^tcp_reaper ' || modprobe tcp_reaper
	set_template observe 3600000
	before=$(own)
	check "$e: a container with a policy by sysctl" start "$e" own mode=enforce close_wait_timeout_ms=2000
	[[ -d /proc/${pid[own]} ]] || return
	check "$e: its own policy is inside" is \
		"$(inside "$e" own 'cd /proc/sys/net/tcp_reaper; cat mode close_wait_timeout_ms' | xargs)" "enforce 2000"
	check "$e: what it leaks is reaped" poll 60 inner_is own close_wait_reaped 4
	check "$e: and counted inside" is "$(inside "$e" own 'grep close_wait_reaped /proc/net/reaper/stats')" "close_wait_reaped 4"
	check "$e: its program is told" eval "inside $e own 'cat /tmp/report' | grep -q 'aborted=4'"

	OPTIONS=$(unmasked "$e")
	check "$e: a container without one" start "$e" plain
	OPTIONS=""
	check "$e: has the template" is "$(policy plain)" "observe 3600000"
	check "$e: what it leaks is tracked" poll 60 inner_is plain close_wait_tracked 4
	inside "$e" plain "$write" >/tmp/words 2>&1
	sort /tmp/words | uniq -c | sed "s/^/# /"
	check "$e: without NET_ADMIN nothing can be changed" is "$(policy plain) $(nsenter -t "${pid[plain]}" -n cat /proc/net/reaper/rules)" "observe 3600000 "
	check "$e: reaperctl list names the container" listed "$e" plain
	check "$e: a value that is none is refused, with the reason" refused "$e" bad mode=abc '[Ii]nvalid argument'
	check "$e: so is a number too large" refused "$e" bad orphan_timeout_ms=4294967296 'out of range\|result not representable'

	set_template enforce 2000
	check "$e: a container begun after the template was changed" start "$e" late
	set_template observe 3600000
	check "$e: has that" is "$(policy late)" "enforce 2000"
	check "$e: and is reaped by it" poll 60 inner_is late close_wait_reaped 4
	check "$e: the others stay as they were" is "$(inner plain close_wait_reaped) $(policy plain)" "0 observe 3600000"
	if [[ $e != cri ]]; then
		OPTIONS="$(unmasked "$e") $(with_admin "$e")"
		check "$e: a container with NET_ADMIN" start "$e" admin
		OPTIONS=""
		inside "$e" admin "$write" >/dev/null 2>&1
		check "$e: changes its own policy" is "$(policy admin) $(policy plain)" "enforce 3600000 observe 3600000"
		drop "$e" admin
	fi
	check "$e: the host counts nothing of theirs" is "$(own)" "$before"
	check "$e: they are removed" drop "$e" own plain late
}
podman() { if [[ $# == 0 ]]; then engine podman; else command podman "$@"; fi; }
docker() { if [[ $# == 0 ]]; then engine docker; else command docker "$@"; fi; }
rootless() { engine rootless; }
runc() { if [[ $# == 0 ]]; then engine runc; else command runc "$@"; fi; }
crun() { if [[ $# == 0 ]]; then engine crun; else command crun "$@"; fi; }
cri() { engine cri; }

gone() { ! lsmod | grep -q '^tcp_reaper '; }
running() { kill -0 "${pid[life-$1]}" && [[ $(inside "$1" "life-$1" 'echo there') == there ]]; }
# Loaded after, unloaded under, loaded anew, and upgraded under containers of each engine.
life() {
	local e was
	say "The module comes and goes under running containers"
	modprobe -r tcp_reaper
	for e in $ENGINES; do
		check "$e: a container without a module" start "$e" "life-$e"
		check "$e: one that asks for a policy is refused, with the reason" refused "$e" bad mode=enforce '[Nn]o such file'
	done
	modprobe tcp_reaper
	for e in $ENGINES; do
		check "$e: what was stuck before the load is found" poll 60 inner_is "life-$e" adopted 4
		check "$e: and only observed" is "$(policy "life-$e")" "observe 3600000"
		reaperctl -p "${pid[life-$e]}" set mode=enforce close_wait.timeout_ms=50m
	done
	was=$(cat /sys/module/tcp_reaper/srcversion)
	install -m 644 2.ko "$installed"
	check "the module is upgraded" shown reaperctl reload
	check "to another one" test "$(cat /sys/module/tcp_reaper/srcversion)" != "$was"
	for e in $ENGINES; do
		check "$e: the container keeps its policy" is "$(policy "life-$e")" "enforce 3000000"
		check "$e: and its stuck sockets" poll 60 inner_is "life-$e" close_wait_tracked 4
	done
	check "the module is taken out" modprobe -r tcp_reaper
	for e in $ENGINES; do
		check "$e: the container runs" running "$e"
		check "$e: with its sockets" has "life-$e" 4
	done
	install -m 644 1.ko "$installed"
	modprobe tcp_reaper
	for e in $ENGINES; do
		reaperctl -p "${pid[life-$e]}" set mode=enforce close_wait.timeout_ms=1s
		check "$e: in the end they are reaped" poll 60 inner_is "life-$e" close_wait_reaped 4
		check "$e: the container is removed" drop "$e" "life-$e"
	done
}

# removed ENGINE N: so many containers with stuck sockets; how long their removal takes, in ms.
namespaces() { lsns -t net -n | wc -l; }
removed() {
	local i from before
	before=$(namespaces)
	OPTIONS=$NETWORK
	for ((i = 0; i < $2; i++)); do
		begin "$1" "many$i" >/tmp/begun 2>&1 </dev/null || return
	done
	OPTIONS=""
	poll 120 eval "((\$(pgrep -cx leak) == $2))"
	from=$(date +%s%N)
	for ((i = 0; i < $2; i++)); do
		drop "$1" "many$i" || return
	done
	until (($(namespaces) <= before)); do sleep 0.05; done
	echo $((($(date +%s%N) - from) / 1000000)) >/tmp/took
}
# many: as many removed with the module as without it, in turn.
NETWORK=""
many_of() {
	local e=$1 number=$2 with without
	lsmod | grep -q '^tcp_reaper ' && modprobe -r tcp_reaper
	# What comes first finds nothing in the caches.
	removed "$e" 3 >/dev/null
	check "$e: $number containers with stuck sockets, without the module" removed "$e" "$number"
	without=$(cat /tmp/took)
	modprobe tcp_reaper
	set_template enforce 3600000
	check "$e: the same with it" removed "$e" "$number"
	with=$(cat /tmp/took)
	set_template observe 3600000
	echo "# $e: $number removed in $without ms without, $with ms with the module"
	# What an emulated machine's disk and engine do to one of two runs is more than any module.
	check "$e: removed no slower" test "$with" -le $((without * 5 / 4 + 1000))
	check "$e: nothing waits for a namespace's end" none "$(dmesg | grep unregister_netdevice)"
}
many() {
	say "Many containers removed"
	many_of crun 50
	many_of podman 10
}

# A rule by path, for who is in a slice: of the host's namespace, as a container's rules go with it.
rule() {
	local e
	say "A rule for a slice exempts a container that is made anew"
	lsmod | grep -q '^tcp_reaper ' || modprobe tcp_reaper
	echo 'cgroup /orders.slice exempt' | reaperctl rules load -
	reaperctl set mode=enforce close_wait.timeout_ms=2s
	for e in podman docker; do
		for _ in first second; do
			OPTIONS="--network=host --cgroup-parent=orders.slice"
			check "$e: a container of the slice" start "$e" orders
			check "$e: is tracked" poll 60 eval '(($(reaperctl list -v rule | grep -c CLOSE_WAIT) == 4))'
			OPTIONS="--network=host"
			check "$e: one that is not" start "$e" other
			check "$e: is reaped" poll 60 eval "inside $e other 'cat /tmp/report' | grep -q aborted=4"
			check "$e: the exempt one is not" has orders 4
			check "$e: made anew" drop "$e" orders other
			OPTIONS=""
		done
	done
	reaperctl rules clear
	reaperctl set mode=observe close_wait.timeout_ms=1h
}

# The image: a shell and the program that leaks.
prepare() {
	local applet
	say "Engines"
	mkdir -p /root/image/{bin,proc,sys,dev,tmp,etc}
	cp /bin/busybox leak /root/image/bin/
	for applet in sh cat grep echo sleep; do
		ln -s busybox "/root/image/bin/$applet"
	done
	echo 'nobody:x:0:0::/:/bin/sh' >/root/image/etc/passwd
	tar -c -C /root/image -f image.tar .
	install -m 755 reaperctl /usr/sbin/
	installed=/lib/modules/$(uname -r)/updates/tcp_reaper.ko
	install -D -m 644 1.ko "$installed"
	depmod -a
	mkdir -p /etc/containerd /etc/cni/net.d
	cat >/etc/containerd/config.toml <<-'END'
		version = 2
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "docker.io/library/pause:latest"
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		    runtime_type = "io.containerd.runc.v2"
		    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
		      SystemdCgroup = true
	END
	cat >/etc/cni/net.d/10-pods.conf <<-'END'
		{ "cniVersion": "0.4.0", "name": "pods", "type": "ptp", "ipam": { "type": "host-local", "subnet": "10.99.0.0/16" } }
	END
	check "containerd and docker run" systemctl start containerd docker
	# A user's network is made like the machine's, which has none but this.
	ip link add name wire type dummy
	ip address add 192.0.2.1/24 dev wire
	ip link set wire up
	ip route add default via 192.0.2.2
	useradd -m -u 1000 -s /bin/bash somebody
	loginctl enable-linger somebody
	check "a user's systemd runs" poll 60 test -S /run/user/1000/bus
	cp image.tar /home/somebody/
	check "podman has the image" podman import -q image.tar stuck
	check "docker has it" eval 'docker import -c "ENV PATH=/bin" image.tar stuck && docker import -c "CMD [\"/bin/sleep\", \"86400\"]" image.tar pause'
	check "a user's podman has it" as_user podman import -q /home/somebody/image.tar stuck
	check "containerd has it" eval 'docker save stuck pause >saved.tar && ctr -n k8s.io images import saved.tar'
	shown podman --version
	shown docker --version
	shown containerd --version
	shown uname -r
}

read -r -a parts <wanted
((${#parts[@]})) || read -r -a parts <<<"$ENGINES life many rule"
prepare
for part in "${parts[@]}"; do
	from=$SECONDS
	"$part"
	echo "# $part: $((SECONDS - from)) s"
done
check "the kernel has nothing to complain of" none "$(dmesg | grep -E 'BUG:|WARNING:|Call Trace|unregister_netdevice')"
end
