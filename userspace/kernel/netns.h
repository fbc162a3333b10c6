/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_NETNS_H
#define REAPERCTL_NETNS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/rc.h"

/**
 * struct netns - a network namespace
 * @fd: a descriptor of it, or -1: the one the program was started in
 * @inode: its inode number, 0 if not known
 * @initial: it is the machine's first one
 * @name: its name with `ip netns`, or ""
 * @pid: a process in it, if it was found by that; else 0
 */
struct netns {
	int fd;
	uint64_t inode;
	bool initial;
	char name[NAME_MAX + 1];
	pid_t pid;
};

/**
 * struct netns_set - some namespaces, each once
 * @v: the namespaces
 * @n: how many
 * @cap: how many there is room for
 * @known: the numbers of @v, a tree of <search.h>, if all were chosen
 * @many: chosen as all there are
 * @name: chosen by this name, or NULL
 * @pid: chosen by this process, or 0
 * @unread: how many processes would not show theirs
 * @left_out: how many could not be opened, the first of which was said
 * @fd_end: descriptors from this on are for other things
 * @stale: names behind which there is no namespace, as in a sentence; or NULL
 */
struct netns_set {
	struct netns *v;
	size_t n;
	size_t cap;
	void *known;
	bool many;
	const char *name;
	pid_t pid;
	size_t unread;
	size_t left_out;
	int fd_end;
	char *stale;
};

/**
 * enum netns_kind - what is behind a name of `ip netns`
 * @NETNS_ABSENT: nothing
 * @NETNS_STALE: a file that is to become one, or never did
 * @NETNS_THERE: a namespace
 */
enum netns_kind {
	NETNS_ABSENT,
	NETNS_STALE,
	NETNS_THERE,
};

/* Where the names are. */
#define NETNS_NAMES "/run/netns"

/* The namespace the program is in. */
#define NETNS_OWN "/proc/self/ns/net"

/* Room for netns_label(): the longest name and some words. */
#define NETNS_LABEL (NAME_MAX + 64)

enum netns_kind netns_kind(const char *name);
enum rc netns_select_own(struct netns_set *set);
enum rc netns_select_name(struct netns_set *set, const char *name);
enum rc netns_select_pid(struct netns_set *set, pid_t pid);
enum rc netns_select_all(struct netns_set *set);
enum rc netns_select_again(struct netns_set *set);
void netns_set_free(struct netns_set *set);
void netns_let_go(struct netns_set *set);

bool netns_try(const struct netns *ns);
enum rc netns_enter(const struct netns *ns);
enum rc netns_each(const struct netns_set *set,
		   enum rc (*fn)(const struct netns *ns, void *arg), void *arg);
enum rc netns_missing(const struct netns_set *set);
const char *netns_name(char text[NETNS_LABEL], const struct netns *ns);
const char *netns_label(char text[NETNS_LABEL], const struct netns *ns);
void netns_output(const struct netns *ns);
void netns_heading(const struct netns_set *set, const struct netns *ns);

#endif
