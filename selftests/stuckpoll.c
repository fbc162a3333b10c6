// SPDX-License-Identifier: GPL-2.0
/*
 * stuckpoll: polls its standard input, and can't come back. Behind that stands
 * an epoll instance, whose lock is held by a thread that waits for a page: so
 * poll() sleeps in the second file, in the queue of the first. SIGUSR1 brings
 * the page.
 *
 * Prints "stuck", and later "left". Exit status 4 if the kernel has no
 * userfaultfd.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sock.h"

static int epoll_fd;
static void *page; /* not there yet */
static volatile pid_t poller;

static int faults_of(size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		say("no userfaultfd");
		exit(4);
	}
	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)page;
	range.range.len = size;
	if (page == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		die("userfaultfd");
	return fd;
}

static void *hold_lock(void *unused)
{
	if (epoll_wait(epoll_fd, page, 1, -1) != 1)
		die("epoll_wait");
	return unused;
}

static void *do_poll(void *unused)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = epoll_fd, .events = POLLIN } };

	poller = gettid();
	if (poll(fds, 2, -1) < 1)
		die("poll");
	return unused;
}

static bool sleeps_for_good(pid_t thread)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		die("%s", path);
	fclose(f);
	return state == 'D';
}

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	long size = sysconf(_SC_PAGESIZE);
	int fd = faults_of(size), ready = eventfd(1, EFD_CLOEXEC), signal;
	struct uffdio_zeropage zero = { .range.len = size };
	struct pollfd fault = { .fd = fd, .events = POLLIN };
	pthread_t holder, sleeper;
	sigset_t set;
	int tries;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || epoll_fd < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ready, &event))
		die("epoll");
	if (pthread_create(&holder, NULL, hold_lock, NULL) ||
	    poll(&fault, 1, 10000) != 1 ||
	    pthread_create(&sleeper, NULL, do_poll, NULL))
		die("threads");
	for (tries = 0; !poller || !sleeps_for_good(poller); tries++) {
		if (tries == 10000)
			die("poll() does not get stuck");
		usleep(1000);
	}
	say("stuck");
	if (sigwait(&set, &signal))
		die("sigwait");
	zero.range.start = (uintptr_t)page;
	if (ioctl(fd, UFFDIO_ZEROPAGE, &zero) || pthread_join(holder, NULL) ||
	    pthread_join(sleeper, NULL))
		die("the page");
	say("left");
	return 0;
}
