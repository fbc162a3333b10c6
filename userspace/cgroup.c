// SPDX-License-Identifier: GPL-2.0
/*
 * cgroups by path. The kernel knows them by id, which is the inode number of
 * their directory (of a 64-bit kernel).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "kfile.h"

#define MOUNTS "/proc/self/mounts"

/* Where cgroup2 is mounted; "" until it is found. */
static char mount[PATH_MAX];

/* Device, place, type and more; blanks in a place are escaped. */
static int find_mount(const struct kline *line, void *arg)
{
	char place[PATH_MAX];
	char type[16];

	(void)arg;
	if (line->bad ||
	    sscanf(line->text, "%*s %4095s %15s", place, type) != 2 ||
	    strcmp(type, "cgroup2") != 0)
		return 0;
	snprintf(mount, sizeof(mount), "%s", place);
	return 1;
}

static bool climbs(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, ".."))) {
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
		at += 2;
	}
	return false;
}

/**
 * cgroup_id() - the id of a cgroup
 * @path: below the mount of cgroup2, with or without that in front
 * @len: of @path
 * @id: the result
 *
 * Return: NULL, or what is wrong in a few words.
 */
const char *cgroup_id(const char *path, size_t len, uint64_t *id)
{
	char full[2 * PATH_MAX + 16];
	char name[PATH_MAX];
	const char *below = name;
	size_t dir;

	if (!*mount && kfile_lines(MOUNTS, find_mount, NULL) != 1)
		return "a cgroup by path, but no cgroup2 is mounted";
	if (len >= sizeof(name))
		return "too long for a path";
	memcpy(name, path, len);
	name[len] = '\0';
	if (strlen(name) < len || climbs(name))
		return "no path of a cgroup";
	dir = strlen(mount);
	if (!strncmp(name, mount, dir) && (!name[dir] || name[dir] == '/'))
		below += dir;
	/* Only a cgroup has this file; other files have inode numbers, too. */
	snprintf(full, sizeof(full), "%s/%s/cgroup.procs", mount, below);
	if (!kfile_exists(full))
		return "no such cgroup";
	*strrchr(full, '/') = '\0';
	return kfile_inode(full, id) ? "no such cgroup" : NULL;
}
