// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing network namespaces: by name, by process, or all there are.
 */
#include <errno.h>
#include <poll.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/netns.h"
#include "kernel/paths.h"
#include "kernel/proc.h"
#include "show/output.h"

/* linux/magic.h has it, but not in every libc's headers. */
#define NSFS 0x6e736673

/* "ip" mounts a namespace at once on the file that it made for it. */
#define MAKING_WAIT_MS 10
#define MAKING_WAITS 20

/* So many descriptors are for other things than namespaces. */
#define FDS_KEPT 16

static struct netns *add(struct netns_set *set)
{
	struct netns *ns;

	ns = mem_add(set);
	ns->fd = -1;
	return ns;
}

/* The machine's pid namespace; its number never changes (PROC_PID_INIT_INO). */
#define MACHINE_PIDS "pid:[4026531836]"

static void match_pids(const char *name, const char *target, void *arg)
{
	if (!strcmp(name, "pid") && !strcmp(target, MACHINE_PIDS))
		*(bool *)arg = true;
}

/*
 * Is it the machine's initial one? That is its process 1's; in a container,
 * where another process has that number, it is not to be told.
 */
static bool is_initial(uint64_t inode)
{
	static bool machine;
	static bool known_machine;
	uint64_t initial;

	if (!known_machine)
		kfile_links("/proc/self/ns", 0, SIZE_MAX, match_pids, &machine);
	known_machine = true;
	return machine && !kfile_inode(NETNS_INITIAL, &initial) &&
	       initial == inode;
}

/* Open @path as @ns. Return: 0 or a negative errno. */
static int open_at(struct netns *ns, const char *path)
{
	struct stat st;

	ns->fd = kfile_open(path);
	if (ns->fd < 0)
		return ns->fd;
	/* Of what was opened: by now the path may lead elsewhere. */
	if (fstat(ns->fd, &st))
		return -errno;
	ns->inode = st.st_ino;
	ns->initial = is_initial(ns->inode);
	return 0;
}

/* In a test's tree of plain files a name without rights is a stale one. */
static bool is_nsfs(const char *full, const struct stat *st)
{
	struct statfs fs;

	if (kfile_pseudo())
		return st->st_mode & 0444;
	return !statfs(full, &fs) && (unsigned long)fs.f_type == NSFS;
}

/**
 * netns_kind() - is there a namespace of that name?
 * @name: the name
 *
 * Return: what there is.
 */
enum netns_kind netns_kind(const char *name)
{
	char path[sizeof(NETNS_NAMES) + NAME_MAX + 2];
	enum netns_kind kind = NETNS_ABSENT;
	struct stat st;
	char *full;

	snprintf(path, sizeof(path), NETNS_NAMES "/%s", name);
	full = kfile_path(path);
	if (!stat(full, &st))
		kind = is_nsfs(full, &st) ? NETNS_THERE : NETNS_STALE;
	free(full);
	return kind;
}

struct name_search {
	uint64_t inode;
	char *name;
};

static void match_name(const char *name, const char *target, void *arg)
{
	struct name_search *search = arg;
	char path[sizeof(NETNS_NAMES) + NAME_MAX + 1];
	uint64_t inode;

	(void)target;
	snprintf(path, sizeof(path), NETNS_NAMES "/%s", name);
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

	if (kfile_inode(NETNS_OWN, &ns->inode))
		return RC_DONE;
	ns->initial = is_initial(ns->inode);
	search.inode = ns->inode;
	kfile_entries(NETNS_NAMES, match_name, &search);
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
	char path[sizeof(NETNS_NAMES) + NAME_MAX + 1];
	struct netns *ns;
	int err;

	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") ||
	    strchr(name, '/') || strlen(name) > NAME_MAX)
		return output_usage(NULL,
				    "-n %s: not a name of a network namespace",
				    name);
	set->name = name;
	ns = add(set);
	snprintf(ns->name, sizeof(ns->name), "%s", name);
	snprintf(path, sizeof(path), NETNS_NAMES "/%s", name);
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

	set->pid = pid;
	ns->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	err = open_at(ns, path);
	if (!err) {
		search.inode = ns->inode;
		kfile_entries(NETNS_NAMES, match_name, &search);
		return RC_DONE;
	}
	output_error("-p %d: %s: %s; %s", (int)pid, path, strerror(-err),
		     err == -ENOENT ? "no such process, or it has ended"
				    : "run it as root");
	return RC_FAILED;
}

static int by_inode(const void *a, const void *b)
{
	return a < b ? -1 : a > b;
}

/* Take @path into @set if it is new there. Return: 0 or a negative errno. */
static int take(struct netns_set *set, const char *path, const char *name,
		pid_t pid)
{
	struct netns *ns;
	uint64_t inode;
	int err;

	err = kfile_inode(path, &inode);
	if (err || tfind((void *)(uintptr_t)inode, &set->known, by_inode))
		return err;
	ns = add(set);
	err = open_at(ns, path);
	if (!err && ns->fd >= set->fd_end)
		err = -EMFILE;
	if (!err) {
		snprintf(ns->name, sizeof(ns->name), "%s", name);
		ns->pid = pid;
		/* It became another one meanwhile: taken by its own path. */
		if (ns->inode == inode) {
			mem_or_die(tsearch((void *)(uintptr_t)inode,
					   &set->known, by_inode));
			return 0;
		}
	}
	if (ns->fd >= 0)
		close(ns->fd);
	set->n--;
	return err;
}

static void add_stale(struct netns_set *set, const char *name)
{
	char *all;

	if (asprintf(&all, "%s%s%s", set->stale ? set->stale : "",
		     set->stale ? ", " : "", name) < 0)
		return;
	free(set->stale);
	set->stale = all;
}

/* What is gone, or about to be, is in no namespace, or is none. */
static void left_out(struct netns_set *set, const char *path, int err)
{
	if (!err || err == -ENOENT || err == -ESRCH)
		return;
	/* Anybody may have made very many: the first will do. */
	if (!set->left_out++)
		output_error("-a: %s: %s; namespace left out", path,
			     strerror(-err));
}

static void take_name(const char *name, const char *target, void *arg)
{
	/* However many are stale, they are waited for together. */
	static int waits;
	char path[sizeof(NETNS_NAMES) + NAME_MAX + 1];
	struct netns_set *set = arg;
	enum netns_kind kind;

	(void)target;
	while ((kind = netns_kind(name)) == NETNS_STALE &&
	       waits++ < MAKING_WAITS)
		poll(NULL, 0, MAKING_WAIT_MS);
	snprintf(path, sizeof(path), NETNS_NAMES "/%s", name);
	if (kind == NETNS_STALE)
		add_stale(set, name);
	else if (kind == NETNS_THERE)
		left_out(set, path, take(set, path, name, 0));
}

static void take_pid(pid_t pid, void *arg)
{
	struct netns_set *set = arg;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	err = take(set, path, "", pid);
	if (err == -EACCES || err == -EPERM)
		set->unread++;
	else
		left_out(set, path, err);
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
	set->fd_end = INT_MAX;
	/* One descriptor a namespace, so that none goes away on the way. */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		/* Who makes very many is not to leave us without any. */
		if (limit.rlim_cur < INT_MAX)
			set->fd_end = (int)limit.rlim_cur - FDS_KEPT;
	}
	kfile_entries(NETNS_NAMES, take_name, set);
	proc_each(take_pid, set);
	if (!set->n) {
		output_error(
			"-a: /proc shows no namespace; run it as root, with /proc mounted");
		return RC_FAILED;
	}
	qsort(set->v, set->n, sizeof(*set->v), by_kind);
	return RC_DONE;
}

/**
 * netns_select_again() - choose in the same way as before: some may have come
 * @set: chosen; what was in it is gone
 *
 * Return: RC_DONE, or another code after a line on stderr.
 */
enum rc netns_select_again(struct netns_set *set)
{
	struct netns_set was = *set;
	enum rc rc;

	netns_set_free(set);
	if (was.many)
		rc = netns_select_all(set);
	else if (was.name)
		rc = netns_select_name(set, was.name);
	else if (was.pid)
		rc = netns_select_pid(set, was.pid);
	else
		rc = netns_select_own(set);
	return rc;
}
