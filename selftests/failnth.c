// SPDX-License-Identifier: GPL-2.0
/*
 * failnth: something done again and again, and each time the next allocation of
 * the kernel fails in it, until it needs no more than were granted.
 *
 * Prints "failnth what=W allocations=N failed=N good=N undone=N": how many
 * allocations were failed, how often the whole failed with ENOMEM, succeeded
 * nevertheless, or ended in any other way. Exit status 0 only without the last.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

#define MAX_TEXT (2 * 1024 * 1024)

static const char *what;
static const char *file;
static char text[MAX_TEXT];
static size_t text_len;
static long begin_at = 1;
static int nth_fd;

static void usage(void)
{
	fprintf(stderr,
		"usage: failnth [-b FIRST] load FILE    the module, and unload it\n"
		"       failnth [-b FIRST] netns        a network namespace, and leave it\n"
		"       failnth [-b FIRST] write FILE   stdin, in one write(2)\n"
		"       failnth [-b FIRST] read FILE    open it, read it to its end\n"
		"       failnth count load|netns|... [FILE]  only say how many allocations there are\n");
	exit(2);
}

static int do_load(void)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int rc = syscall(SYS_finit_module, fd, "", 0);
	int error = errno;

	close(fd);
	errno = error;
	return rc;
}

static int do_write(void)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int rc, error;

	if (fd < 0)
		return -1;
	rc = write(fd, text, text_len) == (ssize_t)text_len ? 0 : -1;
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

static int do_read(void)
{
	static char buf[65536];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int error;
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0);
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static int act(void)
{
	if (!strcmp(what, "load"))
		return do_load();
	if (!strcmp(what, "netns"))
		return unshare(CLONE_NEWNET);
	if (!strcmp(what, "write"))
		return do_write();
	return do_read();
}

/* Between two attempts, with nothing failing. */
static void undo(int rc)
{
	if (strcmp(what, "load") || rc)
		return;
	while (syscall(SYS_delete_module, "tcp_reaper", O_NONBLOCK))
		if (errno != EBUSY && errno != EAGAIN)
			die("cannot unload");
}

/* Fails the nth allocation; returns how many there were beyond it, 0 if it came
 * to it.
 */
static long attempt(long nth, int *rc, int *error)
{
	char buf[32] = "";

	snprintf(buf, sizeof(buf), "%ld", nth);
	if (pwrite(nth_fd, buf, strlen(buf), 0) < 0)
		die("fail-nth");
	errno = 0;
	*rc = act();
	*error = errno;
	memset(buf, 0, sizeof(buf));
	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) < 0 ||
	    pwrite(nth_fd, "0", 1, 0) != 1)
		die("fail-nth");
	undo(*rc);
	return atol(buf);
}

int main(int argc, char **argv)
{
	long nth, left, failed = 0, good = 0, undone = 0;
	bool count = false;
	int opt, rc, error;

	while ((opt = getopt(argc, argv, "+b:")) != -1) {
		if (opt != 'b')
			usage();
		begin_at = number(optarg, 1, 1000000);
	}
	argv += optind;
	if (*argv && !strcmp(*argv, "count")) {
		count = true;
		argv++;
	}
	if (!*argv)
		usage();
	what = *argv++;
	if (strcmp(what, "netns")) {
		file = *argv++;
		if (!file || (strcmp(what, "load") && strcmp(what, "write") &&
			      strcmp(what, "read")))
			usage();
	}
	if (*argv)
		usage();
	if (!strcmp(what, "write"))
		text_len = fread(text, 1, sizeof(text), stdin);
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		die("fail-nth");
	/* What is done once for good is done. */
	rc = act();
	if (rc)
		die("%s", what);
	undo(rc);
	if (count) {
		left = attempt(1000000, &rc, &error);
		say("failnth what=%s allocations=%ld", what, 1000000 - left);
		return 0;
	}
	for (nth = begin_at;; nth++) {
		left = attempt(nth, &rc, &error);
		if (left)
			break;
		if (!rc)
			good++;
		else if (error == ENOMEM)
			failed++;
		else
			undone++;
		if (rc && error != ENOMEM)
			say("allocation %ld: %s", nth, strerror(error));
	}
	say("failnth what=%s allocations=%ld failed=%ld good=%ld undone=%ld",
	    what, nth - begin_at, failed, good, undone);
	return undone || rc;
}
