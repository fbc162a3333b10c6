// SPDX-License-Identifier: GPL-2.0-only
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
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.h"
#include "sock.h"

static int epoll_fd;
static void *page; /* not there yet */
static volatile pid_t poller;

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
	int fd, ready = eventfd(1, EFD_CLOEXEC), signal;
	pthread_t holder, sleeper;
	sigset_t set;
	int tries;

	page = fault_pages(sysconf(_SC_PAGESIZE), &fd);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || epoll_fd < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ready, &event))
		die("epoll");
	if (pthread_create(&holder, NULL, hold_lock, NULL))
		die("threads");
	fault_next(fd);
	if (pthread_create(&sleeper, NULL, do_poll, NULL))
		die("threads");
	for (tries = 0; !poller || !sleeps_for_good(poller); tries++) {
		if (tries == 10000)
			die("poll() does not get stuck");
		usleep(1000);
	}
	say("stuck");
	if (sigwait(&set, &signal))
		die("sigwait");
	fault_end(fd, page);
	if (pthread_join(holder, NULL) || pthread_join(sleeper, NULL))
		die("the page");
	say("left");
	return 0;
}
