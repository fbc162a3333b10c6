# SPDX-License-Identifier: GPL-2.0
# People's targets; what the module is made of is in Kbuild. "make help".

# The kernel to build for: the running one's headers, else the newest there are.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(shell ls -dv /lib/modules/*/build 2>/dev/null | tail -n 1))
# The kernel that tests and the demo boot: the newest Debian one.
KERNEL ?= $(shell ls -v /boot/vmlinuz-*-$(shell dpkg --print-architecture 2>/dev/null) 2>/dev/null | tail -n 1)

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

install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	$(MAKE) -C userspace install

# What DKMS builds from.
dkms-source:
	mkdir -p $(src_dir)
	tar -c $(module_files) | tar -x -C $(src_dir)

# The module is built by DKMS for every kernel with headers, and by itself for
# those to come.
dkms-install: reaperctl dkms-source
	$(MAKE) -C userspace install
ifeq ($(DESTDIR),)
	@ls -d /lib/modules/*/build >/dev/null 2>&1 || { echo "make: no kernel headers to build for: apt-get install linux-headers-amd64" >&2; exit 1; }
	set -e; for build in /lib/modules/*/build; do \
		kernel=$$(basename $$(dirname $$build)); \
		dkms install tcp-reaper/$(version) -k $$kernel; \
	done
endif

uninstall:
ifeq ($(DESTDIR),)
	test ! -e /var/lib/dkms/tcp-reaper/$(version) || dkms remove tcp-reaper/$(version) --all
endif
	rm -rf $(src_dir)
	for ko in $(wildcard $(DESTDIR)/lib/modules/*/extra/tcp_reaper.ko* \
			$(DESTDIR)/lib/modules/*/updates/tcp_reaper.ko*); do \
		rm -f $$ko; \
		depmod $(if $(DESTDIR),-b $(DESTDIR)) $$(basename $$(dirname $$(dirname $$ko))); \
	done
	$(MAKE) -C userspace uninstall

# Each target's packages are in packages files: a name, and what for.
deps-test:
	@selftests/deps selftests/packages selftests/vm/packages \
		userspace/packages selftests/fuzz/packages selftests/bench/packages

check: deps-test
	@selftests/deps selftests/check.packages
	@selftests/check

test: deps-test
	@$(if $(KERNELS),selftests/matrix $(KERNELS),selftests/run-all)

# The table of all kernels. It takes hours, and goes on where it was broken off.
matrix: deps-test
	@selftests/matrix $(KERNELS)

test-arm64: deps-test
	@selftests/deps selftests/arm64.packages
	@selftests/run-arm64

test-dkms: deps-test
	@selftests/deps debian/packages selftests/dkms/packages
	@selftests/dkms/run bookworm
	@selftests/dkms/run trixie
	@selftests/dkms/run-signed trixie

# This folder in a kernel's own tree, by the kernel's own kselftest.
test-in-tree: deps-test
	@selftests/in-tree

# A kernel without ftrace that does not let tcp_fin be probed; its build is long.
test-hooks: deps-test
	@selftests/hooks/run

# The module for other architectures: only builds.
test-cross: deps-test
	@selftests/deps selftests/cross.packages
	@selftests/cross armhf mips64el ppc64el s390x

test-debug: deps-test
	@selftests/run-all --debug

test-kcsan: deps-test
	@selftests/run-all --kcsan

faults: deps-test
	@selftests/faults

storm: deps-test
	@selftests/storms

storm-debug: deps-test
	@selftests/storms --debug

mutants: deps-test
	@selftests/mutants/run

coverage: deps-test
	@selftests/coverage

# The kernel's semantic patches: half a minute.
coccicheck: deps-test
	@selftests/deps selftests/coccicheck.packages
	@selftests/coccicheck

# Some two hours, on a machine that does nothing else.
bench: deps-test
	@selftests/deps selftests/bench/packages selftests/bench/plot.packages
	@selftests/bench/run

packages: deps-test
	@selftests/deps debian/packages rpm/packages
	@debian/build build/packages
	@rpm/build build/packages
	@ls build/packages

demo: deps-test
	@selftests/demo/run

vm: deps-test
	@selftests/vm-shell

clean:
	$(if $(KDIR),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C userspace clean
	$(MAKE) -C selftests clean
	rm -rf build

help:
	@echo 'make              tcp_reaper.ko for KDIR ($(KDIR)), and reaperctl'
	@echo 'make demo         boot a kernel in QEMU and watch stuck sockets being reaped'
	@echo 'make test         every test, in QEMU; KERNEL=IMAGE for another kernel than'
	@echo '                  $(KERNEL)'
	@echo '                  KERNELS="6.1 6.12-rt": on those of other Debian suites instead'
	@echo 'make matrix       every test on every kernel, from 5.10 to 7.2, as a table'
	@echo 'make test-arm64   the core tests on arm64, emulated'
	@echo 'make test-dkms    the packages in Debian 12 and 13 with systemd; signed modules'
	@echo 'make test-in-tree the core tests from the tree of Debian'"'"'s kernel source, by kselftest'
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
	matrix test-arm64 test-dkms test-in-tree test-hooks test-cross test-debug test-kcsan faults packages storm storm-debug mutants coverage bench demo vm clean help
