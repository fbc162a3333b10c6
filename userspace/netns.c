// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: which there are, what to call them, and entering one.
 * /proc/net and /proc/sys/net follow a single-threaded program into it, so
 * nothing needs to be mounted.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
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
#define OWN "/proc/self/ns/net"
#define INITIAL "/proc/1/ns/net"

/* Inode number of the namespace the program is in; 0: not known. */
static uint64_t here;

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

	if (kfile_inode(OWN, &ns->inode))
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
		output_error(
			"-n %s: not a name of a network namespace; see reaperctl --help",
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
		     err == -ENOENT ? "\"ip netns list\" shows the names" :
				      "run it as root");
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
		     err == -ENOENT ? "no such process, or it has ended" :
				      "run it as root");
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

/**
 * netns_set_free() - let go of the namespaces
 * @set: what was chosen
 */
void netns_set_free(struct netns_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->v[i].fd >= 0)
			close(set->v[i].fd);
	}
	free(set->v);
	memset(set, 0, sizeof(*set));
}

/**
 * netns_enter() - go there, for all that is read and written from now on
 * @ns: the namespace
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc netns_enter(const struct netns *ns)
{
	char label[NETNS_LABEL];
	const char *hint;

	/* To stay needs no right, as entering does even where one already is. */
	if (!here && kfile_inode(OWN, &here))
		here = 0;
	if (ns->fd < 0 || kfile_pseudo() || (here && ns->inode == here))
		return RC_DONE;
	if (!setns(ns->fd, CLONE_NEWNET)) {
		here = ns->inode;
		return RC_DONE;
	}
	if (errno == EPERM)
		hint = "it needs CAP_SYS_ADMIN: run it as root";
	else if (errno == EINVAL)
		hint = "that is no network namespace: \"ip netns delete\" removes a stale name";
	else
		hint = "try again";
	output_error("cannot enter %s: %s; %s", netns_label(label, ns),
		     strerror(errno), hint);
	return RC_FAILED;
}

/**
 * netns_each() - do something in each namespace
 * @set: the namespaces
 * @fn: called inside each
 * @arg: handed on to @fn
 *
 * Return: the first code that is not RC_DONE; all are visited nevertheless.
 */
enum rc netns_each(const struct netns_set *set,
		   enum rc (*fn)(const struct netns *ns, void *arg), void *arg)
{
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < set->n; i++) {
		enum rc got = netns_enter(&set->v[i]);

		if (got == RC_DONE)
			got = fn(&set->v[i], arg);
		rc = rc_first(rc, got);
	}
	if (set->unread) {
		output_error(
			"-a: %zu processes do not show their namespace to you, so some may be missing; run it as root",
			set->unread);
		rc = rc_first(rc, RC_FAILED);
	}
	return rc;
}

/**
 * netns_name() - what to call a namespace in a table
 * @text: room for it
 * @ns: the namespace
 *
 * Return: @text.
 */
const char *netns_name(char text[NETNS_LABEL], const struct netns *ns)
{
	if (*ns->name)
		snprintf(text, NETNS_LABEL, "%s", ns->name);
	else if (ns->initial)
		snprintf(text, NETNS_LABEL, "initial");
	else if (ns->pid)
		snprintf(text, NETNS_LABEL, "of pid %d", (int)ns->pid);
	else
		snprintf(text, NETNS_LABEL, "this one");
	return text;
}

/**
 * netns_label() - what to call a namespace in a sentence
 * @text: room for it
 * @ns: the namespace
 *
 * Return: @text.
 */
const char *netns_label(char text[NETNS_LABEL], const struct netns *ns)
{
	if (*ns->name)
		snprintf(text, NETNS_LABEL, "netns %s", ns->name);
	else if (ns->initial)
		snprintf(text, NETNS_LABEL, "the initial netns");
	else if (ns->pid)
		snprintf(text, NETNS_LABEL, "netns of pid %d", (int)ns->pid);
	else
		snprintf(text, NETNS_LABEL, "this netns");
	return text;
}

/**
 * netns_output() - say in JSON which namespace it is
 * @ns: the namespace
 */
void netns_output(const struct netns *ns)
{
	output_open("netns");
	if (*ns->name)
		output_string("name", ns->name);
	else if (ns->initial)
		output_string("name", "initial");
	else
		output_null("name");
	if (ns->pid)
		output_u64("pid", (uint64_t)ns->pid);
	else
		output_null("pid");
	output_u64("inode", ns->inode);
	output_close();
}

/**
 * netns_heading() - part the namespaces in text, if there may be several
 * @set: the namespaces
 * @ns: the one that comes now
 */
void netns_heading(const struct netns_set *set, const struct netns *ns)
{
	char label[NETNS_LABEL];

	if (!set->many)
		return;
	if (ns != set->v)
		output_line("%s", "");
	output_line("# %s (inode %" PRIu64 ")", netns_label(label, ns),
		    ns->inode);
}
