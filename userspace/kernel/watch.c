// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for `ip netns add`. A path unit of systemd would miss a name that is
 * made while the service it starts is at work: its next start is merged into
 * the one that runs. The queue of an inotify forgets nothing.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "kernel/kfile.h"
#include "kernel/netns.h"
#include "kernel/watch.h"
#include "show/output.h"

/* A name gets its namespace by a mount, which makes no event. */
#define AGAIN_MS 1000
#define AGAINS 300

/* Watch the directory, which "ip" would make as well. Return: 0 or a negative
 * errno. */
static int begin(int fd)
{
	char *path = kfile_path(NETNS_NAMES);
	int err = kfile_mkdir(NETNS_NAMES);

	if (!err && inotify_add_watch(fd, path,
				      IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF |
					      IN_ONLYDIR) < 0)
		err = -errno;
	free(path);
	return err;
}

/* Forget what has happened. Return: whether the directory is gone. */
static bool drain(int fd)
{
	char buf[4096]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool gone = false;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		const char *at = buf;

		while (at < buf + got) {
			const struct inotify_event *event = (const void *)at;

			gone |= !!(event->mask & IN_IGNORED);
			at += sizeof(*event) + event->len;
		}
	}
	return gone;
}

/**
 * watch_names() - do something now, and whenever a namespace gets a name
 * @fn: does it
 * @arg: handed on to @fn
 *
 * Return: RC_FAILED after a line on stderr, if it cannot be waited; else it
 * does not.
 */
enum rc watch_names(watch_fn fn, void *arg)
{
	struct pollfd polled = {
		.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		.events = POLLIN,
	};
	int err = polled.fd < 0 ? -errno : begin(polled.fd);
	int agains = 0;

	while (!err) {
		bool again = false;
		int got;

		fn(&again, arg);
		again = again && agains++ < AGAINS;
		do {
			got = poll(&polled, 1, again ? AGAIN_MS : -1);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			err = -errno;
		} else if (got) {
			agains = 0;
			if (drain(polled.fd))
				err = begin(polled.fd);
		}
	}
	output_error("apply: " NETNS_NAMES ": %s; run it as root",
		     strerror(-err));
	if (polled.fd >= 0)
		close(polled.fd);
	return RC_FAILED;
}
