// SPDX-License-Identifier: GPL-2.0-only
/*
 * netfile: prints files below /proc/net of another network namespace. It spares
 * nsenter and a shell for each look that a test takes: processes are what costs
 * most in an emulated machine.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "sock.h"

static void print(const char *name)
{
	char path[256], buf[65536];
	ssize_t n;
	int fd;

	/* Not /proc/self, which may be another thread's. */
	if (snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name) >=
	    (int)sizeof(path))
		die("%s: too long", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", path);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		/* Who has read enough may have gone. */
		if (write(STDOUT_FILENO, buf, n) != n)
			_exit(1);
	}
	if (n < 0)
		die("%s", path);
	close(fd);
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc < 3) {
		fprintf(stderr, "usage: netfile NETNS FILE...\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s", argv[1]);
	for (i = 2; i < argc; i++)
		print(argv[i]);
	return 0;
}
