// SPDX-License-Identifier: GPL-2.0-only
/*
 * faulty: who stays inside a read or write of a file for as long as it likes,
 * as what is read goes to, or what is written comes from, a page that is never
 * there (userfaultfd).
 *
 *	faulty read FILE
 *	faulty write FILE
 *
 * With -u it leaves its network namespace once it has opened FILE, so that
 * nothing but the file knows of that. Prints "inside" when it is. Exit status 4
 * if the kernel has no userfaultfd.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"
#include "sock.h"

static const char *const words[] = { "read", "write" };
static int faults;

static void usage(void)
{
	fprintf(stderr, "usage: faulty [-u] read|write FILE\n"
			"  -u  leave the network namespace in between\n");
	exit(2);
}

static void *watch(void *unused)
{
	fault_next(faults);
	say("inside");
	pause();
	return unused;
}

int main(int argc, char **argv)
{
	bool leave = false, write_it;
	size_t size = sysconf(_SC_PAGESIZE);
	pthread_t thread;
	char *page;
	int opt, fd;

	while ((opt = getopt(argc, argv, "u")) != -1) {
		if (opt != 'u')
			usage();
		leave = true;
	}
	if (argc - optind != 2)
		usage();
	write_it = word(argv[optind], words, 2);
	page = fault_pages(size, &faults);
	fd = open(argv[optind + 1], write_it ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		die("%s", argv[optind + 1]);
	if (leave && unshare(CLONE_NEWNET))
		die("unshare");
	if (pthread_create(&thread, NULL, watch, NULL))
		die("thread");
	if (write_it)
		opt = write(fd, page, 1);
	else
		opt = read(fd, page, size);
	die("it came out again with %d", opt);
}
