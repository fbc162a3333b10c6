// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP sockets of a process that have no connection: that were ended, or never
 * had one. They are in no table of the kernel, so they are what its descriptors
 * have and its tables have not. Nothing is asked of the sockets themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/loose.h"
#include "kernel/proc.h"
#include "kernel/sockdiag.h"

/* So many descriptors are looked at. */
#define LINKS 65536

/* All but those whose program has none any more; a port alone is nothing. */
#define STATES (((1U << (TCP_CLOSING + 2)) - 2) & ~(1U << TCP_TIME_WAIT))

struct loose_socket {
	uint32_t inode;
	bool connected;
	bool still; /* after the tables were looked at */
};

struct loose_sockets {
	struct loose_socket *v;
	size_t n;
	size_t cap;
	pid_t pid;
};

/*
 * Its owner may put a file of FUSE in its place, and a question to that may
 * never be answered. What we have ourselves stays what it is, and to have it
 * without opening it asks nobody.
 */
static bool is_tcp(pid_t pid, const char *fd)
{
	char path[64];
	char target[64];
	char name[16];
	ssize_t len;
	int held;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, fd);
	held = open(path, O_PATH | O_CLOEXEC);
	if (held < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", held);
	len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	len = proc_socket(target) ? getxattr(path, "system.sockprotoname", name,
					     sizeof(name))
				  : -1;
	close(held);
	return len >= 3 && (size_t)len <= sizeof(name) &&
	       !strncmp(name, "TCP", 3);
}

static void collect(const char *name, const char *target, void *arg)
{
	struct loose_sockets *sockets = arg;
	uint64_t inode = proc_socket(target);

	if (inode && strlen(name) <= 10 && is_tcp(sockets->pid, name))
		mem_add(sockets)->inode = (uint32_t)inode;
}

static int by_inode(const void *a, const void *b)
{
	uint32_t x = ((const struct loose_socket *)a)->inode;
	uint32_t y = ((const struct loose_socket *)b)->inode;

	return x < y ? -1 : x > y;
}

/* Of several descriptors of one socket always the same. */
static struct loose_socket *find(struct loose_sockets *sockets, uint64_t inode)
{
	struct loose_socket key = { .inode = (uint32_t)inode };

	return bsearch(&key, sockets->v, sockets->n, sizeof(*sockets->v),
		       by_inode);
}

static void connect_it(const struct inet_diag_msg *msg, void *arg)
{
	struct loose_socket *socket = find(arg, msg->idiag_inode);

	if (socket)
		socket->connected = true;
}

static void see_again(const char *name, const char *target, void *arg)
{
	uint64_t inode = proc_socket(target);
	struct loose_socket *socket = inode ? find(arg, inode) : NULL;

	(void)name;
	if (socket)
		socket->still = true;
}

/**
 * loose_count() - how many TCP sockets of a process have no connection?
 * @pid: the process, of the network namespace the program is in
 * @least: fewer than so many are of no interest
 *
 * What comes and goes meanwhile is not counted: only what was there before the
 * tables were looked at, and is after that.
 *
 * Return: how many; 0 if it is not known, or of no interest.
 */
uint64_t loose_count(pid_t pid, uint64_t least)
{
	struct loose_sockets sockets = { .pid = pid };
	uint64_t n = 0;
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	/* What a test made up has no sockets. */
	if (!kfile_pseudo())
		kfile_links(path, 0, LINKS, collect, &sockets);
	if (sockets.n)
		qsort(sockets.v, sockets.n, sizeof(*sockets.v), by_inode);
	if (sockets.n && sockets.n >= least &&
	    sockdiag_each(STATES, 0, connect_it, &sockets))
		kfile_links(path, 0, LINKS, see_again, &sockets);
	for (i = 0; i < sockets.n; i++)
		n += sockets.v[i].still && !sockets.v[i].connected;
	free(sockets.v);
	return n >= least ? n : 0;
}
