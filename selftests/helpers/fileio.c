// SPDX-License-Identifier: GPL-2.0-only
/*
 * fileio: single system calls on the module's files, with their exact outcome.
 * A shell's echo may cut a value into several writes, can hold no NUL, and says
 * nothing of errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sock.h"

#define MAX_FILES 256

static volatile sig_atomic_t ended;

static const struct {
	int error;
	const char *name;
} errors[] = {
	{ EACCES, "EACCES" }, { EINVAL, "EINVAL" }, { EIO, "EIO" },
	{ ENODEV, "ENODEV" }, { ENOENT, "ENOENT" }, { ENOMEM, "ENOMEM" },
	{ EPERM, "EPERM" },   { ERANGE, "ERANGE" }, { EROFS, "EROFS" },
};

static void usage(void)
{
	fprintf(stderr,
		"usage: fileio put FILE TEXT [COUNT]  write TEXT, COUNT times over, in one write(2)\n"
		"       fileio try [NETNS]            for each line FILE OTHER TEXT [COUNT] of stdin: put, and say what came\n"
		"                                     of it, what FILE read before, what FILE and OTHER read now; all files\n"
		"                                     are opened, and read, in that network namespace, but written in ours\n"
		"       fileio read FILE SIZE         read(2) SIZE bytes at a time\n"
		"       fileio pread FILE SIZE        the same by pread(2)\n"
		"       fileio rewind FILE SIZE       read SIZE bytes, then from the beginning again\n"
		"       fileio hold FILE...           keep open and read again and again, until SIGTERM\n"
		"TEXT knows \\n, \\t, \\s for a blank, \\0 and \\\\. put prints \"ok\" or the name of the error, behind \"open \" if it was that.\n");
	exit(2);
}

static const char *name_of(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return strerror(error);
}

static size_t unescape(char *text)
{
	char *to = text;
	const char *from;

	for (from = text; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case 's':
			*to++ = ' ';
			break;
		case '0':
			*to++ = 0;
			break;
		case '\\':
			*to++ = '\\';
			break;
		default:
			usage();
		}
	}
	return to - text;
}

/* Network namespaces: ours, and the one that files are opened in; -1: none. */
static int home = -1, away = -1;

static void go(int netns)
{
	if (netns >= 0 && setns(netns, CLONE_NEWNET))
		die("setns");
}

static int open_away(const char *file, int flags)
{
	int fd;

	go(away);
	fd = open(file, flags | O_CLOEXEC);
	go(home);
	return fd;
}

/* Returns what came of it, in a word or two. */
static const char *put(const char *file, char *text, long count)
{
	size_t len = unescape(text);
	char *buf = malloc(len * count + 1);
	int fd = open_away(file, O_WRONLY);
	static char failed[64];
	const char *outcome = "ok";
	long i;

	if (!buf)
		die("malloc");
	for (i = 0; i < count; i++)
		memcpy(buf + i * len, text, len);
	if (fd < 0) {
		snprintf(failed, sizeof(failed), "open %s", name_of(errno));
		outcome = failed;
	} else if (write(fd, buf, len * count) < 0) {
		outcome = name_of(errno);
	}
	if (fd >= 0)
		close(fd);
	free(buf);
	return outcome;
}

static int open_to_read(const char *file)
{
	int fd = open_away(file, O_RDONLY);

	if (fd < 0)
		die("%s", file);
	return fd;
}

/* The first line of a file, without its newline. */
static const char *value_of(const char *file, char *buf, size_t size)
{
	int fd = open_to_read(file);
	ssize_t n = read(fd, buf, size - 1);

	if (n < 0)
		die("%s", file);
	close(fd);
	buf[n] = 0;
	buf[strcspn(buf, "\n")] = 0;
	return buf;
}

/* A line in and a line out for each value: a process a write would take most of
 * the time of a test.
 */
static void try(void)
{
	char line[1024], before[64], now[64], then[64];
	const char *outcome;

	while (fgets(line, sizeof(line), stdin)) {
		char *file = strtok(line, " \n");
		char *other = strtok(NULL, " \n");
		char *text = strtok(NULL, " \n");
		char *count = strtok(NULL, " \n");

		if (!text)
			usage();
		value_of(file, before, sizeof(before));
		outcome =
			put(file, text, count ? number(count, 1, 1 << 24) : 1);
		say("%s|%s|%s|%s", outcome, before,
		    value_of(file, now, sizeof(now)),
		    value_of(other, then, sizeof(then)));
	}
}

static void copy(const char *file, size_t size, bool positioned)
{
	char *buf = malloc(size);
	int fd = open_to_read(file);
	size_t done = 0;
	ssize_t n;

	if (!buf)
		die("malloc");
	for (;;) {
		n = positioned ? pread(fd, buf, size, done)
			       : read(fd, buf, size);
		if (n < 0)
			die("%s", file);
		if (!n)
			break;
		if (fwrite(buf, 1, n, stdout) != (size_t)n)
			die("stdout");
		done += n;
	}
	if (fflush(stdout))
		die("stdout");
}

static void again(const char *file, size_t size)
{
	char *buf = malloc(size);
	int fd = open_to_read(file);
	ssize_t n;

	if (!buf)
		die("malloc");
	if (read(fd, buf, size) <= 0 || lseek(fd, 0, SEEK_SET))
		die("%s", file);
	while ((n = read(fd, buf, size)) > 0)
		if (fwrite(buf, 1, n, stdout) != (size_t)n)
			die("stdout");
	if (n < 0 || fflush(stdout))
		die("%s", file);
}

static void on_term(int signal)
{
	(void)signal;
	ended = 1;
}

/* How reading ends once the module or the namespace is gone: in sysfs, in
 * procfs, for a sysctl. */
static bool means_gone(int error)
{
	return error == ENODEV || error == EIO || error == ENOENT;
}

static void hold(char **files)
{
	struct sigaction action = { .sa_handler = on_term };
	long good = 0, gone = 0, strange = 0;
	int fds[MAX_FILES], i, n = 0;
	char buf[4096];

	if (sigaction(SIGTERM, &action, NULL))
		die("sigaction");
	for (; *files; files++) {
		if (n == MAX_FILES)
			die("too many files");
		fds[n++] = open_to_read(*files);
	}
	say("ready files=%d", n);
	while (!ended) {
		for (i = 0; i < n; i++) {
			ssize_t got;

			do
				got = read(fds[i], buf, 100);
			while (got > 0);
			if (!got)
				good++;
			else if (means_gone(errno))
				gone++;
			else if (errno != EINTR)
				strange++;
			/* Fails for what is gone, as reading does, but in other
			 * ways. */
			lseek(fds[i], 0, SEEK_SET);
		}
		/* Nothing left to read: no need to burn a CPU till the end. */
		if (gone > 10L * n && !ended)
			usleep(10000);
	}
	say("hold good=%ld gone=%ld strange=%ld", good, gone, strange);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "put") && (argc == 4 || argc == 5)) {
		verb = put(argv[2], argv[3],
			   argc == 5 ? number(argv[4], 1, 1 << 24) : 1);
		say("%s", verb);
		return !!strcmp(verb, "ok");
	}
	if (!strcmp(verb, "try") && (argc == 2 || argc == 3)) {
		if (argc == 3) {
			home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
			away = open(argv[2], O_RDONLY | O_CLOEXEC);
			if (home < 0 || away < 0)
				die("%s", argv[2]);
		}
		try();
	} else if (!strcmp(verb, "read") && argc == 4)
		copy(argv[2], number(argv[3], 1, 1 << 24), false);
	else if (!strcmp(verb, "pread") && argc == 4)
		copy(argv[2], number(argv[3], 1, 1 << 24), true);
	else if (!strcmp(verb, "rewind") && argc == 4)
		again(argv[2], number(argv[3], 1, 1 << 24));
	else if (!strcmp(verb, "hold") && argc > 2)
		hold(argv + 2);
	else
		usage();
	return 0;
}
