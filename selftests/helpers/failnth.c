// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth: one thing done again and again, and in the kernel another of its
 * allocations refused each time: the first, the second, and so on, until one
 * has gone by without that (Documentation/fault-injection, "fail-nth"). What is
 * done has to fail with ENOMEM then and change nothing, or to do without.
 *
 * Prints "failnth KIND allocations=N refused=N enomem=N other=N without=N
 * degraded=N wrong=N", where "refused" is how many times an allocation was,
 * "enomem" how many of those were told, "other" how many by another name (by
 * the kernel's own parts of a namespace), "without" in how many it was done all
 * the same, "degraded" how many loads took another hook than the best one,
 * "wrong" what was none of that: a line before tells each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

/* More than anything here allocates. */
#define NEVER 1000000000UL

static void usage(void)
{
	fprintf(stderr,
		"usage: failnth [-e EVERY] load KO [PARAMETERS]  and unload\n"
		"       failnth [-e EVERY] netns                 a network namespace\n"
		"       failnth [-e EVERY] write FILE TEXT COUNT TEXT, so many times over, in one write(2)\n"
		"       failnth [-e EVERY] read FILE             all of it\n"
		"  -e  only each EVERYth allocation\n"
		"Run where /proc/self/fail-nth is; which faults it makes is set in debugfs.\n");
	exit(2);
}

static int nth_fd;

/* The next allocations of this thread but one are made. */
static void refuse(unsigned long nth)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%lu", nth);

	if (pwrite(nth_fd, text, len, 0) != len)
		die("fail-nth");
}

/* How many of them are still to come; and from now on all are made. */
static unsigned long left_over(void)
{
	char text[24] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		die("fail-nth");
	refuse(0);
	return strtoul(text, NULL, 10);
}

static char *slurp(const char *file, size_t *len)
{
	size_t size = 1 << 20;
	char *text = malloc(size);
	ssize_t n;
	int fd;

	if (!text)
		die("memory");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", file);
	for (*len = 0; (n = read(fd, text + *len, size - *len)) > 0; *len += n)
		;
	if (n < 0)
		die("%s", file);
	close(fd);
	return text;
}

/**
 * struct deed - what is done
 * @name: the word for it
 * @prepare: before the first time; returns how many allocations come before any
 *	that is of interest
 * @act: does it, and returns 0 or an errno
 * @check: after each time, faults being off; returns what is wrong, or NULL
 * @any: others have a part in it, who may say something else than ENOMEM
 */
struct deed {
	const char *name;
	unsigned long (*prepare)(void);
	int (*act)(void);
	const char *(*check)(int error);
	bool any;
};

static const char *file, *parameters = "";
static char *text;
static size_t text_len;
static int file_fd = -1;

static int load(const char *with)
{
	return syscall(SYS_finit_module, file_fd, with, 0) ? errno : 0;
}

/* What the kernel's loader allocates before it comes to the module itself. */
static unsigned long prepare_load(void)
{
	file_fd = open(file, O_RDONLY | O_CLOEXEC);
	if (file_fd < 0)
		die("%s", file);
	refuse(NEVER);
	if (load("mode=nonsense") != EINVAL)
		die("%s: a bad parameter was taken", file);
	return NEVER - left_over();
}

static int act_load(void)
{
	return load(parameters);
}

/* Has it the hook that it has where nothing was refused? */
static bool best_hook(void)
{
	size_t len;
	char *hook = slurp("/sys/module/tcp_reaper/parameters/hook", &len);
	bool best = len > 6 && !memcmp(hook, "ftrace", 6);

	free(hook);
	return best;
}

static unsigned long degraded;

static const char *check_load(int error)
{
	bool there = !access("/sys/module/tcp_reaper", F_OK);

	if (error)
		return there ? "it is there, though" : NULL;
	if (!there)
		return "it is not there";
	if (!best_hook())
		degraded++;
	if (syscall(SYS_delete_module, "tcp_reaper", O_NONBLOCK))
		return "it can't be unloaded";
	return NULL;
}

static int home_fd;

static unsigned long prepare_netns(void)
{
	home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home_fd < 0)
		die("/proc/self/ns/net");
	return 0;
}

static int act_netns(void)
{
	return unshare(CLONE_NEWNET) ? errno : 0;
}

static const char *check_netns(int error)
{
	bool whole = !access("/proc/thread-self/net/reaper/log", F_OK) &&
		     !access("/proc/sys/net/tcp_reaper/mode", F_OK);

	if (error)
		return NULL;
	if (setns(home_fd, CLONE_NEWNET))
		die("setns");
	return whole ? NULL : "files of ours are missing in it";
}

static char *before;
static size_t before_len;

/* All of it, by one write(2); returns 0 or an errno. */
static int put(const char *what, size_t len)
{
	int error = 0, fd = open(file, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, what, len);
	if (n < 0)
		error = errno;
	else if ((size_t)n != len)
		error = EIO;
	close(fd);
	return error;
}

static unsigned long prepare_write(void)
{
	before = slurp(file, &before_len);
	if (!before_len)
		die("%s: empty: it could not be written back", file);
	return 0;
}

static int act_write(void)
{
	return put(text, text_len);
}

/* A refused one leaves what was there; one that was taken is taken back. */
static const char *check_write(int error)
{
	size_t len;
	char *now = slurp(file, &len);
	bool same = len == before_len && !memcmp(now, before, len);

	free(now);
	if (error)
		return same ? NULL : "but it has changed";
	if (same)
		return "but it has not changed";
	if (put(before, before_len))
		die("%s: to take it back", file);
	return NULL;
}

static unsigned long prepare_read(void)
{
	text = malloc(1 << 20);
	if (!text)
		die("memory");
	return 0;
}

static int act_read(void)
{
	ssize_t n = 0;
	int fd, error;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	while ((n = read(fd, text, 1 << 20)) > 0)
		;
	error = n < 0 ? errno : 0;
	close(fd);
	return error;
}

static const char *check_read(int error)
{
	(void)error;
	return NULL;
}

static const struct deed deeds[] = {
	{ "load", prepare_load, act_load, check_load, false },
	{ "netns", prepare_netns, act_netns, check_netns, true },
	{ "write", prepare_write, act_write, check_write, false },
	{ "read", prepare_read, act_read, check_read, false },
};

static const struct deed *deed_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (!strcmp(deeds[i].name, name))
			return &deeds[i];
	usage();
	return NULL;
}

/* TEXT, COUNT times over. */
static void repeat(const char *what, unsigned long count)
{
	size_t len = strlen(what);
	unsigned long i;

	text = malloc(len * count + 1);
	if (!text)
		die("memory");
	for (i = 0; i < count; i++)
		memcpy(text + i * len, what, len);
	text_len = len * count;
}

int main(int argc, char **argv)
{
	unsigned long nth, first, every = 1, refused = 0, enomem = 0;
	unsigned long without = 0, wrong = 0;
	const struct deed *deed;
	bool reached;
	int c;

	while ((c = getopt(argc, argv, "e:")) != -1) {
		if (c != 'e')
			usage();
		every = strtoul(optarg, NULL, 10);
	}
	argv += optind;
	argc -= optind;
	if (!argc || !every)
		usage();
	deed = deed_named(argv[0]);
	if (argc > 1)
		file = argv[1];
	if (!strcmp(deed->name, "load") && argc == 3)
		parameters = argv[2];
	else if (!strcmp(deed->name, "write") && argc == 4)
		repeat(argv[2], strtoul(argv[3], NULL, 10));
	else if (argc != 1 + !!strcmp(deed->name, "netns"))
		usage();

	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		die("fail-nth");
	first = deed->prepare() + 1;
	for (nth = first, reached = true; reached; nth += every) {
		const char *complaint;
		int error;

		refuse(nth);
		error = deed->act();
		reached = !left_over();
		complaint = deed->check(error);
		if (reached)
			refused++;
		if (!complaint && error &&
		    !(reached && (error == ENOMEM || deed->any)))
			complaint = "is no answer";
		if (complaint) {
			say("%s, allocation %lu%s: %s, %s", deed->name, nth,
			    reached ? " refused" : "",
			    error ? strerror(error) : "done", complaint);
			wrong++;
		} else if (reached) {
			enomem += error == ENOMEM;
			without += !error;
		}
	}
	say("failnth %s allocations=%lu refused=%lu enomem=%lu other=%lu without=%lu degraded=%lu wrong=%lu",
	    deed->name, nth - every - first, refused, enomem,
	    refused - enomem - without - wrong, without, degraded, wrong);
	return wrong ? 1 : 0;
}
