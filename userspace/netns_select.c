// SPDX-License-Identifier: GPL-2.0
/*
 * Choosing network namespaces: by name, by process, or all there are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kfile.h"
#include "mem.h"
#include "netns.h"
#include "output.h"
#include "proc.h"

#define NAMED "/run/netns"
#define INITIAL "/proc/1/ns/net"

static struct netns *add(struct netns_set *set)
{
	struct netns *ns;

	set->v = mem_grow(set->v, set->n, &set->cap, sizeof(*set->v));
	ns = &set->v[set->n++];
	memset(ns, 0, sizeof(*ns));
	ns->fd = -1;
	return ns;
}

/* Open @path as @ns. Return: 0 or a negative errno. */
static int open_at(struct netns *ns, const char *path)
{
	uint64_t initial;
	struct stat st;

	ns->fd = kfile_open(path);
	if (ns->fd < 0)
		return ns->fd;
	/* Of what was opened: by now the path may lead elsewhere. */
	if (fstat(ns->fd, &st))
		return -errno;
	ns->inode = st.st_ino;
	ns->initial = !kfile_inode(INITIAL, &initial) && initial == ns->inode;
	return 0;
}

struct name_search {
	uint64_t inode;
	char *name;
};

static void match_name(const char *name, const char *target, void *arg)
{
	struct name_search *search = arg;
	char path[sizeof(NAMED) + NAME_MAX + 1];
	uint64_t inode;

	(void)target;
	snprintf(path, sizeof(path), NAMED "/%s", name);
	/* Of several names the first in the alphabet, so it stays the same. */
	if (!kfile_inode(path, &inode) && inode == search->inode &&
	    (!*search->name || strcmp(name, search->name) < 0))
		snprintf(search->name, NAME_MAX + 1, "%s", name);
}

/**
 * netns_select_own() - choose the namespace the program was started in
 * @set: empty
 *
 * Return: RC_DONE; what is not known about it is left out.
 */
enum rc netns_select_own(struct netns_set *set)
{
	struct netns *ns = add(set);
	struct name_search search = { .name = ns->name };
	uint64_t initial;

	if (kfile_inode(NETNS_OWN, &ns->inode))
		return RC_DONE;
	ns->initial = !kfile_inode(INITIAL, &initial) && initial == ns->inode;
	search.inode = ns->inode;
	kfile_entries(NAMED, match_name, &search);
	return RC_DONE;
}

/**
 * netns_select_name() - choose a namespace by its name with `ip netns`
 * @set: empty
 * @name: the name
 *
 * Return: RC_DONE, or another code after a line on stderr.
 */
enum rc netns_select_name(struct netns_set *set, const char *name)
{
	char path[sizeof(NAMED) + NAME_MAX + 1];
	struct netns *ns;
	int err;

	if (!*name || *name == '.' || strchr(name, '/') ||
	    strlen(name) > NAME_MAX) {
		output_error("-n %s: not a name of a network namespace; see reaperctl --help",
			     name);
		return RC_USAGE;
	}
	ns = add(set);
	snprintf(ns->name, sizeof(ns->name), "%s", name);
	snprintf(path, sizeof(path), NAMED "/%s", name);
	err = open_at(ns, path);
	if (!err)
		return RC_DONE;
	output_error("-n %s: %s: %s; %s", name, path, strerror(-err),
		     err == -ENOENT ? "\"ip netns list\" shows the names"
				    : "run it as root");
	return RC_FAILED;
}

/**
 * netns_select_pid() - choose the namespace a process is in
 * @set: empty
 * @pid: the process
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc netns_select_pid(struct netns_set *set, pid_t pid)
{
	struct netns *ns = add(set);
	struct name_search search = { .name = ns->name };
	char path[64];
	int err;

	ns->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	err = open_at(ns, path);
	if (!err) {
		search.inode = ns->inode;
		kfile_entries(NAMED, match_name, &search);
		return RC_DONE;
	}
	output_error("-p %d: %s: %s; %s", (int)pid, path, strerror(-err),
		     err == -ENOENT ? "no such process, or it has ended"
				    : "run it as root");
	return RC_FAILED;
}

static bool known(const struct netns_set *set, uint64_t inode)
{
	size_t i;

	/* Most processes are in the same namespace as the one before. */
	for (i = set->n; i--;) {
		if (set->v[i].inode == inode)
			return true;
	}
	return false;
}

/* Take @path into @set if it is new there. Return: 0 or a negative errno. */
static int take(struct netns_set *set, const char *path, const char *name,
		pid_t pid)
{
	struct netns *ns;
	uint64_t inode;
	int err;

	err = kfile_inode(path, &inode);
	if (err || known(set, inode))
		return err;
	ns = add(set);
	err = open_at(ns, path);
	if (!err) {
		snprintf(ns->name, sizeof(ns->name), "%s", name);
		ns->pid = pid;
		/* It became another one meanwhile: taken by its own path. */
		if (ns->inode == inode)
			return 0;
	}
	if (ns->fd >= 0)
		close(ns->fd);
	set->n--;
	return err;
}

static void take_name(const char *name, const char *target, void *arg)
{
	char path[sizeof(NAMED) + NAME_MAX + 1];

	(void)target;
	snprintf(path, sizeof(path), NAMED "/%s", name);
	take(arg, path, name, 0);
}

static void take_pid(pid_t pid, void *arg)
{
	struct netns_set *set = arg;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	err = take(set, path, "", pid);
	/* A process that has ended, or is about to, is in none. */
	if (err == -EACCES || err == -EPERM)
		set->unread++;
	else if (err && err != -ENOENT && err != -ESRCH)
		output_error("-a: %s: %s; namespace left out", path,
			     strerror(-err));
}

/* The initial one, those with a name by name, the others by process. */
static int by_kind(const void *a, const void *b)
{
	const struct netns *x = a;
	const struct netns *y = b;

	if (x->initial != y->initial)
		return x->initial ? -1 : 1;
	if (!*x->name != !*y->name)
		return *x->name ? -1 : 1;
	if (*x->name)
		return strcmp(x->name, y->name);
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/**
 * netns_select_all() - choose every namespace that a name or a process reaches
 * @set: empty
 *
 * What can't be looked at is counted in @set; netns_each() reports it.
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc netns_select_all(struct netns_set *set)
{
	struct rlimit limit;

	set->many = true;
	/* One descriptor a namespace, so that none goes away on the way. */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	kfile_entries(NAMED, take_name, set);
	proc_each(take_pid, set);
	if (!set->n) {
		output_error(
			"-a: /proc shows no namespace; run it as root, with /proc mounted");
		return RC_FAILED;
	}
	qsort(set->v, set->n, sizeof(*set->v), by_kind);
	return RC_DONE;
}
