// SPDX-License-Identifier: GPL-2.0
/*
 * Which namespaces have got their section, so that a new one gets its own and
 * what an operator changed in the others stays.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "applied.h"
#include "kfile.h"
#include "mem.h"

#define DIR_STATE "/run/reaperctl"
#define FILE_STATE DIR_STATE "/applied"
#define DIR_NAMES "/run/netns"
#define INITIAL "/proc/1/ns/net"

/* linux/magic.h has it, but not in every libc's headers. */
#define NSFS 0x6e736673

/* ip makes an empty file, then mounts the namespace there. */
#define MOUNT_WAIT_MS 50
#define MOUNT_WAITS 40

static bool stamp(struct applied_one *one, const char *name)
{
	char path[sizeof(DIR_NAMES) + NAME_MAX + 2];

	snprintf(one->name, sizeof(one->name), "%s", name);
	if (!strcmp(name, "initial"))
		strcpy(path, INITIAL);
	else
		snprintf(path, sizeof(path), DIR_NAMES "/%s", one->name);
	return !kfile_stamp(path, &one->inode, &one->ctime_ns);
}

static void add(struct applied *applied, const struct applied_one *one)
{
	applied->v = mem_grow(applied->v, applied->n, &applied->cap,
			      sizeof(*applied->v));
	applied->v[applied->n++] = *one;
}

static int take(const struct kline *line, void *arg)
{
	struct applied_one one;

	if (!line->bad && sscanf(line->text, "%" SCNu64 " %" SCNu64 " %255s",
				 &one.inode, &one.ctime_ns, one.name) == 3)
		add(arg, &one);
	return 0;
}

/**
 * applied_load() - recall them
 * @applied: zeroed; applied_free() it
 */
void applied_load(struct applied *applied)
{
	kfile_lines(FILE_STATE, take, applied);
}

/**
 * applied_has() - has the namespace of that name got its section?
 * @applied: those that have
 * @name: the name, or "initial"
 *
 * Return: true if the one that has the name now has got it.
 */
bool applied_has(const struct applied *applied, const char *name)
{
	struct applied_one now;
	size_t i;

	if (!stamp(&now, name))
		return false;
	for (i = 0; i < applied->n; i++) {
		const struct applied_one *one = &applied->v[i];

		if (!strcmp(one->name, name) && one->inode == now.inode &&
		    one->ctime_ns == now.ctime_ns)
			return true;
	}
	return false;
}

/**
 * applied_add() - it has, now
 * @applied: those that have
 * @name: the name, or "initial"
 */
void applied_add(struct applied *applied, const char *name)
{
	struct applied_one one;

	if (stamp(&one, name) && !applied_has(applied, name))
		add(applied, &one);
}

/**
 * applied_save() - remember those that are still there, as well as may be
 * @applied: those that have
 */
void applied_save(const struct applied *applied)
{
	char *text = NULL;
	size_t size;
	FILE *file;
	size_t i;

	if (kfile_mkdir(DIR_STATE))
		return;
	file = open_memstream(&text, &size);
	if (!file)
		return;
	for (i = 0; i < applied->n; i++) {
		const struct applied_one *one = &applied->v[i];
		struct applied_one now;

		if (stamp(&now, one->name) && now.inode == one->inode &&
		    now.ctime_ns == one->ctime_ns)
			fprintf(file, "%" PRIu64 " %" PRIu64 " %s\n",
				one->inode, one->ctime_ns, one->name);
	}
	if (!fclose(file) && text)
		kfile_save(FILE_STATE, text);
	free(text);
}

/**
 * applied_free() - let go of them
 * @applied: those that have
 */
void applied_free(struct applied *applied)
{
	free(applied->v);
	memset(applied, 0, sizeof(*applied));
}

static enum applied_name look(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return APPLIED_ABSENT;
	return kfile_pseudo() || (unsigned long)fs.f_type == NSFS
		       ? APPLIED_THERE
		       : APPLIED_MAKING;
}

/**
 * applied_named() - is there a namespace of that name?
 * @name: the name
 *
 * One that is just being made is waited for, for a moment.
 *
 * Return: what there is.
 */
enum applied_name applied_named(const char *name)
{
	char path[sizeof(DIR_NAMES) + NAME_MAX + 2];
	enum applied_name is;
	char *full;
	int waits = 0;

	snprintf(path, sizeof(path), DIR_NAMES "/%s", name);
	full = kfile_path(path);
	/* A mount makes no event that could be waited for. */
	while ((is = look(full)) == APPLIED_MAKING && waits++ < MOUNT_WAITS)
		poll(NULL, 0, MOUNT_WAIT_MS);
	free(full);
	return is;
}
