/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_NETNS_H
#define REAPERCTL_NETNS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaperctl.h"

/**
 * struct netns - a network namespace
 * @fd: a descriptor of it, or -1: the one the program was started in
 * @inode: its inode number, 0 if not known
 * @initial: it is that of process 1
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
 * @many: -a was given
 * @unread: how many processes would not show theirs
 */
struct netns_set {
	struct netns *v;
	size_t n;
	size_t cap;
	bool many;
	size_t unread;
};

/* The namespace the program is in. */
#define NETNS_OWN "/proc/self/ns/net"

/* Room for netns_label(): the longest name and some words. */
#define NETNS_LABEL (NAME_MAX + 64)

enum rc netns_select_own(struct netns_set *set);
enum rc netns_select_name(struct netns_set *set, const char *name);
enum rc netns_select_pid(struct netns_set *set, pid_t pid);
enum rc netns_select_all(struct netns_set *set);
void netns_set_free(struct netns_set *set);

enum rc netns_enter(const struct netns *ns);
enum rc netns_each(const struct netns_set *set,
		   enum rc (*fn)(const struct netns *ns, void *arg), void *arg);
const char *netns_name(char text[NETNS_LABEL], const struct netns *ns);
const char *netns_label(char text[NETNS_LABEL], const struct netns *ns);
void netns_output(const struct netns *ns);
void netns_heading(const struct netns_set *set, const struct netns *ns);

#endif
