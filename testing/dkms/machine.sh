# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian machine with systemd in QEMU; sourced by the programs that run one.
# WITHIN names a command to run each boot through, PATIENCE the seconds it may
# take: compilers are slow in an emulated machine.

dkms_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
read -r -a within <<<"${WITHIN:-}"

# open_machine DIRECTORY NAME: a disk over the one in what make-root made. Sets
# machine, work and payload, which the guest finds as /root/payload. What the last
# boot said is kept in build/dkms.
open_machine() {
	machine=$1
	work=$(mktemp -d)
	kept=$dkms_dir/../../build/dkms/$2
	mkdir -p "$kept"
	trap 'cp "$work"/{out,console} "$kept/"; rm -rf "$work"' EXIT
	payload=$work/payload
	mkdir "$payload"
	git -C "$dkms_dir" ls-files -z --cached --others --exclude-standard --full-name "$dkms_dir/../.." |
		(cd "$dkms_dir/../.." && tar -c --null --no-recursion --ignore-failed-read --files-from=- -f "$payload/tree.tar" 2>/dev/null)
	cp "$dkms_dir/guest-lib.sh" "$payload/"
	qemu-img create -q -f qcow2 -F raw -b "$machine/root.img" "$work/disk" || exit 1
}

# new_machine CODENAME VERSION...: a machine with the packages of these versions
# in $payload.
new_machine() {
	local version made
	made=$("$dkms_dir/make-root" "$1") || exit 1
	open_machine "$made" "$1"
	shift
	for version; do
		"$dkms_dir/../../debian/build" "$payload/$version" "$version" || exit 1
		rm -f "$payload/$version"/*{dbgsym*.deb,.tar.*,.dsc,.changes,.buildinfo}
	done
	compile_before "$@" >"$work/compiled" 2>&1 || {
		tail -n 20 "$work/compiled"
		exit 1
	}
}

# tree_within: the tree as /root/tree of the folder that is like the machine, in which
# one at a time compiles; $compiling is what holds the others off.
tree_within() {
	exec {compiling}>"$machine/compiling"
	flock "$compiling"
	rm -rf "$machine/root/root/tree"
	mkdir -p "$machine/root/root/tree"
	tar -x -C "$machine/root/root/tree" -f "$payload/tree.tar"
}

# compile_before VERSION...: what the machine's compiler will be asked for is asked
# of it here, in the same places; ccache.tar is what it remembers.
compile_before() {
	local root=$machine/root version build
	# shellcheck source=../vm/suite.sh disable=SC1091
	. "$dkms_dir/../vm/suite.sh"
	tree_within
	rm -rf "$root/var/lib/dkms/tcp-reaper"
	suite_within "$root" make -s -C /root/tree reaperctl || return
	for version; do
		for build in "$root"/lib/modules/*/build; do
			build=${build#"$root"}
			mkdir -p "$root/var/lib/dkms/tcp-reaper/$version"
			rm -rf "$root/var/lib/dkms/tcp-reaper/$version/build"
			dpkg-deb --fsys-tarfile "$payload/$version"/tcp-reaper-dkms_*.deb |
				tar -x -C "$root/var/lib/dkms/tcp-reaper/$version" --transform 's|^./usr/src/[^/]*|build|' --wildcards './usr/src/tcp-reaper-*' || return
			suite_within "$root" make -j"$(nproc)" -C "$build" M="/var/lib/dkms/tcp-reaper/$version/build" modules || return
		done
	done
	tar -c -C "$root/var/cache" -f "$payload/ccache.tar" ccache
	exec {compiling}<&-
}

# boot KERNEL ARGUMENTS [QEMU ARGUMENT...]: KERNEL is first or second. Shows what
# the guest says, which ends with "rc N", and a word of systemd's; it is in $work/out.
boot() {
	local dir=$machine/kernel/$1 arguments=$2 image release shown rc
	shift 2
	image=$(echo "$dir"/vmlinuz-*)
	release=${image##*/vmlinuz-}
	tar -c -C "$payload" -f "$work/payload.tar" .
	"$dkms_dir/../vm/mkinitramfs" --output "$work/initrd" --modules "$dir/lib/modules/$release" \
		--module virtio_blk --module crc32c_generic --module ext4 --copy "$dkms_dir/init:/init" || exit 1
	: >"$work/out"
	tail -n +1 -f "$work/out" --pid $$ > >(exec stdbuf -oL tr -d '\r') &
	shown=$!
	# A busy machine's emulated timer may not tick while the kernel watches, nor RCU's
	# thread run for seconds; what is done against speculation is slow to emulate, and so is a program that is
	# somewhere else each time.
	"${within[@]}" timeout "${PATIENCE:-5400}" qemu-system-x86_64 -M pc -accel tcg,thread=multi -cpu max \
		-smp 2 -m 2048 -nodefaults -display none -no-reboot -kernel "$image" -initrd "$work/initrd" \
		-append "console=ttyS0 panic=-1 oops=panic quiet no_timer_check rcupdate.rcu_cpu_stall_suppress=1 mitigations=off norandmaps $arguments" \
		-drive "file=$work/disk,if=virtio,cache=unsafe" -drive "file=$work/payload.tar,if=virtio,format=raw,readonly=on" \
		-serial "file:$work/console" -serial "file:$work/out" "$@" </dev/null || {
		echo "not ok - the machine did not end by itself; its console:"
		tail -n 30 "$work/console"
	}
	# tail looks once a second.
	sleep 2
	kill "$shown" 2>/dev/null
	if grep -E -f "$dkms_dir/../vm/complaints" "$work/console" | grep -v -E -f "$dkms_dir/../vm/harmless"; then
		echo "not ok - the kernel complains"
		return 1
	fi
	rc=$(tr -d '\r' <"$work/out" | sed -n 's/^rc //p' | tail -n 1)
	[[ -n $rc ]] || {
		echo "not ok - the machine ended before the test; its console:"
		tail -n 30 "$work/console"
	}
	[[ $rc == 0 ]]
}
