# SPDX-License-Identifier: GPL-2.0-only
# People's targets; what the module is made of is in Kbuild. "make help".

# The kernel to build for: the running one's headers, else the newest there are.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -dv /lib/modules/*/build 2>/dev/null | tail -n 1))

# A kernel by clang wants its modules by clang.
llvm = $(if $(shell grep -s '^CONFIG_CC_IS_CLANG=y' $(KDIR)/.config),LLVM=1)

version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
src_dir := $(DESTDIR)/usr/src/tcp-reaper-$(version)
# What a build of the module needs, and no more.
module_files := Kbuild dkms.conf LICENSE $(wildcard module/*.[ch] module/*/*.[ch] \
	module/compat/*.sh module/compat/probe/*.c)
module_files := $(filter-out module/compat/config.h %.mod.c,$(module_files))

all: module reaperctl

module:
	@test -n "$(KDIR)" || { echo "make: no kernel headers: apt-get install linux-headers-amd64, or name them in KDIR" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(llvm) modules

reaperctl:
	$(MAKE) -C userspace

# What makes it last: a file that has the module loaded at boot, and, in this
# machine's own root, the units enabled.
modules_load := $(DESTDIR)/usr/lib/modules-load.d/tcp-reaper.conf
enable = $(if $(DESTDIR),,installer/enable)
# And where packages have put it, it is theirs.
ours = $(if $(DESTDIR),,@installer/ours)

install: all
	$(ours)
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	install -D -m 644 installer/tcp-reaper.conf $(modules_load)
	$(MAKE) -C userspace install
	$(enable)

# What DKMS builds from; a file that is gone from here is not to stay there.
dkms-source:
	$(ours)
	rm -rf $(src_dir)
	mkdir -p $(src_dir)
	tar -c $(module_files) | tar -x -C $(src_dir)
	install -m 755 installer/unload installer/others $(src_dir)
	$(if $(DESTDIR),install -D -m 644 installer/tcp-reaper.conf $(modules_load))

# The module is built by DKMS for every kernel with headers, and by itself for
# those to come. Where no kernel has it, none is to load it at boot.
dkms-install: reaperctl dkms-source
	$(MAKE) -C userspace install
ifeq ($(DESTDIR),)
	@installer/dkms $(version) || { \
		find /lib/modules -name 'tcp_reaper.ko*' | grep -q . || rm -f $(modules_load); \
		exit 1; \
	}
	install -D -m 644 installer/tcp-reaper.conf $(modules_load)
	@$(enable)
endif

uninstall:
	$(ours)
ifeq ($(DESTDIR),)
	@installer/disable
	@! command -v dkms >/dev/null || installer/dkms
endif
	rm -rf $(src_dir) $(modules_load)
	test ! -d $(dir $(modules_load)) || rmdir --ignore-fail-on-non-empty $(dir $(modules_load))
	for ko in $(wildcard $(DESTDIR)/lib/modules/*/extra/tcp_reaper.ko* \
			$(DESTDIR)/lib/modules/*/updates/tcp_reaper.ko*); do \
		rm -f $$ko; \
		depmod $(if $(DESTDIR),-b $(DESTDIR)) $$(basename $$(dirname $$(dirname $$ko))); \
	done
	$(MAKE) -C userspace uninstall
	$(if $(DESTDIR),,test ! -d /run/systemd/system || systemctl daemon-reload)

# Each target's packages are in packages files: a name, and what for.
deps-test:
	@testing/deps testing/packages testing/vm/packages \
		userspace/packages testing/fuzz/packages testing/bench/packages

check: deps-test
	@testing/deps testing/check.packages
	@testing/check

test: deps-test
	@$(if $(KERNELS),testing/matrix $(KERNELS),testing/run-all)

# One by name, wherever it is: make one T=orphan.
one:
	@testing/one $(T)

# The table of all kernels. It takes hours, and goes on where it was broken off.
matrix: deps-test
	@testing/matrix $(KERNELS)

test-arm64: deps-test
	@testing/deps testing/arm64.packages
	@testing/run-arm64

test-dkms: deps-test
	@testing/deps debian/packages installer/rpm/packages testing/dkms/packages
	@testing/dkms/run bookworm
	@testing/dkms/run trixie
	@testing/dkms/run-signed trixie
	@testing/dkms/run-record bookworm
	@testing/dkms/run-record trixie
	@testing/demo/clean bookworm
	@testing/demo/clean trixie

# In a booted Debian 13; the first time its packages are fetched, some minutes.
test-containers: deps-test
	@testing/deps testing/dkms/packages
	@testing/world/run $(@:test-%=%)

# selftests/ in a kernel's own tree, by the kernel's own kselftest.
test-in-tree: deps-test
	@testing/in-tree

# A kernel without ftrace that does not let tcp_fin be probed; its build is long.
test-hooks: deps-test
	@testing/hooks/run

# The module for other architectures: only builds.
test-cross: deps-test
	@testing/deps testing/cross.packages
	@testing/cross armhf mips64el ppc64el s390x

test-debug: deps-test
	@testing/run-all --debug

test-kcsan: deps-test
	@testing/run-all --kcsan

faults: deps-test
	@testing/faults

storm: deps-test
	@testing/storms

storm-debug: deps-test
	@testing/storms --debug

mutants: deps-test
	@testing/mutants/run

coverage: deps-test
	@testing/coverage

# The kernel's semantic patches: half a minute.
coccicheck: deps-test
	@testing/deps testing/coccicheck.packages
	@testing/coccicheck

# Some two hours, on a machine that does nothing else.
bench: deps-test
	@testing/deps testing/bench/packages testing/bench/plot.packages
	@testing/bench/run

packages: deps-test
	@testing/deps debian/packages installer/rpm/packages
	@debian/build build/packages
	@installer/rpm/build build/packages
	@ls build/packages

# Theirs alone: they are what somebody new tries first.
demo vm:
	@testing/deps testing/demo/packages
	@$(if $(filter vm,$@),testing/vm-shell,testing/demo/run)

clean:
	$(if $(KDIR),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C userspace clean
	$(MAKE) -C selftests clean
	rm -rf build

help:
	@echo 'make              tcp_reaper.ko for KDIR ($(KDIR)), and reaperctl'
	@echo 'make demo         boot a kernel in QEMU and watch stuck sockets being reaped'
	@echo 'make test         every test, in QEMU, on the newest Debian kernel in /boot, else that of'
	@echo '                  this Debian release, unpacked into the cache; KERNEL=IMAGE for another'
	@echo '                  KERNELS="6.1 6.12-rt": on those of other Debian suites instead'
	@echo 'make one T=NAME   one test by name, in the VM if it is of there; without T: which there are'
	@echo 'make matrix       every test on every kernel, from 5.10 to the newest backport, as a table'
	@echo 'make test-arm64   the core tests on arm64, emulated'
	@echo 'make test-dkms    the packages in Debian 12 and 13 with systemd; signed modules; the demo'
	@echo 'make test-containers  podman, docker, rootless, runc, crun, CRI in a Debian 13 with systemd'
	@echo 'make test-in-tree the core tests from the tree of Debian'"'"'s kernel source, by kselftest;'
	@echo '                  SUITE=backports: of the newest that Debian has'
	@echo 'make test-hooks   a kernel without ftrace that guards tcp_fin from kprobes, built at first use'
	@echo 'make test-cross   builds for armhf, mips64el, ppc64el, s390x'
	@echo 'make test-debug   the same on a kernel with KASAN and lockdep, built at first use'
	@echo 'make test-kcsan   the same on a kernel that watches for data races, built at first use'
	@echo 'make faults       each allocation of the module refused in its turn, on a kernel for that'
	@echo 'make storm        attacks in full: load and unload, namespaces, races, hostile tenants,'
	@echo '                  fuzzing, healthy connections; hours. make storm-debug: a tenth there'
	@echo 'make mutants      bugs put in on purpose: is each caught?'
	@echo 'make coverage     what the fuzzing of the files reaches, by KCOV'
	@echo 'make bench        what the module costs, in instructions, beside the alternatives'
	@echo 'make check        checkpatch, sparse, W=1, shellcheck, clang-format, circles of includes'
	@echo 'make coccicheck   the semantic patches that come with the kernel'
	@echo 'make packages     .deb by debhelper, looked at by lintian; .rpm, by rpmlint; in build/packages'
	@echo 'make vm           a root shell in the VM, with the module and the tests'
	@echo 'make install      module for KDIR, reaperctl and its man page (DESTDIR)'
	@echo 'make dkms-install sources to /usr/src, built by DKMS for every kernel; reaperctl'
	@echo 'make uninstall    undo either'
	@echo 'make clean'

.PHONY: all coccicheck module reaperctl install dkms-source dkms-install uninstall deps-test check test \
	one matrix test-arm64 test-dkms test-containers test-in-tree test-hooks test-cross test-debug test-kcsan faults packages storm storm-debug mutants coverage bench demo vm clean help
