// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading what may take for ever. A file of /proc about an epoll set waits for
 * the set's lock; who has a file of FUSE in the set holds that for as long as
 * the program behind it likes, and no signal ends the wait. So it is a child
 * that reads, into memory that both have; it is left behind if it does not come
 * back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/aside.h"

/* No file of the kernel's takes as long; so many may, then none is read. */
#define WAIT_MS 1000
#define STUCK_MAX 3

/* The child, if there is one. */
static struct {
	pid_t pid;
	int talk;
	int memory;
} child;

static int copy(const char *path, int to)
{
	char buf[65536];
	int fd = kfile_open(path);
	ssize_t got = fd;

	if (fd < 0)
		return fd;
	if (ftruncate(to, 0) || lseek(to, 0, SEEK_SET))
		got = -errno;
	while (got >= 0) {
		got = kfile_read(fd, buf, sizeof(buf));
		if (got <= 0)
			break;
		if (write(to, buf, got) != got)
			got = -EIO;
	}
	close(fd);
	return (int)got;
}

/*
 * Who reads what the tool prints is not to wait for the child, nor is it to
 * keep a namespace.
 */
static void let_go(int talk, int memory)
{
	int none = open("/dev/null", O_RDWR | O_CLOEXEC);
	int limit = (int)sysconf(_SC_OPEN_MAX);
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(none, fd);
	for (; fd < limit; fd++) {
		if (fd == talk || fd == memory)
			continue;
#ifdef SYS_close_range
		if (fd > talk && fd > memory &&
		    !syscall(SYS_close_range, fd, ~0U, 0))
			return;
#endif
		close(fd);
	}
}

static void serve(int talk, int memory)
{
	char path[ASIDE_PATH];
	ssize_t len;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	let_go(talk, memory);
	while ((len = recv(talk, path, sizeof(path), 0)) > 0) {
		int err = copy(path, memory);

		if (send(talk, &err, sizeof(err), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static int start(void)
{
	int talk[2];

	if (child.pid)
		return 0;
	child.memory = memfd_create("reaperctl", MFD_CLOEXEC);
	if (child.memory < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk)) {
		close(child.memory);
		return -ENFILE;
	}
	child.pid = fork();
	if (!child.pid) {
		close(talk[0]);
		serve(talk[1], child.memory);
	}
	close(talk[1]);
	child.talk = talk[0];
	if (child.pid > 0)
		return 0;
	close(child.talk);
	close(child.memory);
	child.pid = 0;
	return -EAGAIN;
}

/* It goes when what it waits for does. */
static void leave_behind(void)
{
	kill(child.pid, SIGKILL);
	close(child.talk);
	close(child.memory);
	child.pid = 0;
}

/**
 * aside_lines() - as kfile_lines(), of a file that may not come to its end
 * @path: the file, shorter than ASIDE_PATH
 * @fn: called for each line
 * @arg: handed on to @fn
 *
 * Return: as kfile_lines(); -ETIMEDOUT if nothing came.
 */
int aside_lines(const char *path, kfile_line_fn fn, void *arg)
{
	static unsigned int stuck;
	struct pollfd polled = { .events = POLLIN };
	/* Sent whole. */
	char asked[ASIDE_PATH] = "";
	int err;

	if (stuck >= STUCK_MAX)
		return -ETIMEDOUT;
	err = start();
	if (err)
		return err;
	snprintf(asked, sizeof(asked), "%s", path);
	polled.fd = child.talk;
	if (send(child.talk, asked, sizeof(asked), MSG_NOSIGNAL) < 0 ||
	    poll(&polled, 1, WAIT_MS) <= 0 ||
	    recv(child.talk, &err, sizeof(err), 0) != sizeof(err)) {
		stuck++;
		leave_behind();
		return -ETIMEDOUT;
	}
	if (err < 0)
		return err;
	lseek(child.memory, 0, SEEK_SET);
	return kfile_lines_of(dup(child.memory), fn, arg);
}
