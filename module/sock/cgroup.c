// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which cgroup a socket was made: its id, and its path by names.
 *
 * The hierarchy is cgroup2's alone, in which nothing can be renamed or moved. A
 * socket holds its cgroup, a cgroup those above it, and each its name, removed
 * or not, so that whoever has the socket reads them all without a lock.
 */
#include <linux/cgroup.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/sock.h>

#include "cgroup.h"

#ifdef CONFIG_SOCK_CGROUP_DATA

/* Nobody lives so deep. */
#define DEPTH_MAX 1024

static struct cgroup *cgroup_of(const struct sock *sk)
{
	return sock_cgroup_ptr((void *)&sk->sk_cgrp_data);
}

/* Marked as RCU's since 741c10b096bc ("kernfs: Use RCU to access
 * kernfs_node::name."): for those that can be renamed.
 */
static const char *name_of(const struct cgroup *cgroup)
{
	return (__force const char *)READ_ONCE(cgroup->kn->name);
}

/*
 * The names from below the root on, of no more than the uppermost. Before 6.1
 * the kernel goes up level by level, and anybody with a subtree may make it as
 * deep as they like: what is that deep is in the root alone.
 */
static unsigned int names_of(struct cgroup *cgroup,
			     const char *names[TCP_REAPER_PATH_DEPTH])
{
	unsigned int depth, i;

	if (cgroup->level > DEPTH_MAX)
		return 0;
	if (cgroup->level > TCP_REAPER_PATH_DEPTH)
		cgroup = cgroup_ancestor(cgroup, TCP_REAPER_PATH_DEPTH);
	depth = cgroup->level;
	for (i = depth; i; i--) {
		names[i - 1] = name_of(cgroup);
		cgroup = cgroup_parent(cgroup);
	}
	return depth;
}

/**
 * tcp_reaper_cgroup_id - the id of the cgroup in which a socket was made
 * @sk: the socket, pinned
 *
 * Context: any.
 * Return: the id; 0 if it has none.
 */
u64 tcp_reaper_cgroup_id(const struct sock *sk)
{
	struct cgroup *cgroup = cgroup_of(sk);

	return cgroup ? cgroup_id(cgroup) : 0;
}

/**
 * tcp_reaper_cgroup_names - the path of the cgroup in which a socket was made
 * @sk: the socket, pinned, as long as the names are read
 * @names: the answer: the names from below the root on
 *
 * Context: any.
 * Return: how many; 0 for the root. Of a cgroup that is deeper those below are
 * left out.
 */
unsigned int tcp_reaper_cgroup_names(const struct sock *sk,
				     const char *names[TCP_REAPER_PATH_DEPTH])
{
	struct cgroup *cgroup = cgroup_of(sk);

	return cgroup ? names_of(cgroup, names) : 0;
}

/**
 * tcp_reaper_cgroup_root - the root of the current process's cgroup namespace
 * @path: the answer, from the hierarchy's root: "" or "/a/b"
 *
 * Context: process context.
 * Return: 0; -EINVAL if that is too deep or too long to be a rule's path, of
 * which as much is answered as has room.
 */
int tcp_reaper_cgroup_root(char path[TCP_REAPER_PATH_MAX + 1])
{
	/* A set of cgroups keeps its own for as long as there is it. */
	struct cgroup *root = current->nsproxy->cgroup_ns->root_cset->dfl_cgrp;
	const char *names[TCP_REAPER_PATH_DEPTH];
	unsigned int i, depth = names_of(root, names);
	size_t end = 0;

	for (i = 0; i < depth; i++) {
		size_t len = strlen(names[i]);

		if (end + 1 + len > TCP_REAPER_PATH_MAX)
			break;
		path[end++] = '/';
		memcpy(path + end, names[i], len);
		end += len;
	}
	path[end] = 0;
	return i < root->level ? -EINVAL : 0;
}

#else

u64 tcp_reaper_cgroup_id(const struct sock *sk)
{
	return 0;
}

unsigned int tcp_reaper_cgroup_names(const struct sock *sk,
				     const char *names[TCP_REAPER_PATH_DEPTH])
{
	return 0;
}

int tcp_reaper_cgroup_root(char path[TCP_REAPER_PATH_MAX + 1])
{
	*path = 0;
	return 0;
}

#endif
