// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that are not there: whoever touches one, be it the kernel on the way of
 * a system call, waits until this program lets it have one (userfaultfd).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "sock.h"

/*
 * Returns @size bytes of them; their faults are to be read from @faults. The
 * program ends with status 4 if the kernel has no userfaultfd.
 */
char *fault_pages(size_t size, int *faults)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *pages;

	*faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (*faults < 0) {
		say("no userfaultfd");
		exit(4);
	}
	pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)pages;
	range.range.len = size;
	if (pages == MAP_FAILED || ioctl(*faults, UFFDIO_API, &api) ||
	    ioctl(*faults, UFFDIO_REGISTER, &range))
		die("userfaultfd");
	return pages;
}

/* Waits for somebody to touch one, and returns which. */
char *fault_next(int faults)
{
	struct uffd_msg msg;

	do {
		if (read(faults, &msg, sizeof(msg)) != sizeof(msg))
			die("userfaultfd");
	} while (msg.event != UFFD_EVENT_PAGEFAULT);
	return (char *)(uintptr_t)(msg.arg.pagefault.address &
				   -sysconf(_SC_PAGESIZE));
}

/* Whoever touched @page gets one of zeroes. */
void fault_end(int faults, char *page)
{
	struct uffdio_zeropage zero = {
		.range.start = (uintptr_t)page,
		.range.len = sysconf(_SC_PAGESIZE),
	};

	if (ioctl(faults, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
}
