// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which namespaces have got their section, so that a new one gets its own and
 * what an operator changed in the others stays; and which load of the module
 * has got its policy. udev says of each load, often more than once, and
 * systemd/loaded looks here whether there is anything to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/netns.h"
#include "kernel/paths.h"
#include "policy/applied.h"
#include "policy/name.h"
#include "show/output.h"

#define FILE_STATE DIR_STATE "/applied"
#define FILE_LOAD DIR_STATE "/load"
#define FILE_LOCK DIR_STATE "/lock"

/* ip makes an empty file, then mounts the namespace there. */
#define MOUNT_WAIT_MS 50
#define MOUNT_WAITS 40

/* A reload that is under way. */
#define SHARE_WAIT_MS 50
#define SHARE_WAITS 200

static bool stamp(struct applied_one *one, const char *name)
{
	char path[sizeof(NETNS_NAMES) + NAME_MAX + 2];

	snprintf(one->name, sizeof(one->name), "%s", name);
	if (!*name)
		strcpy(path, NETNS_INITIAL);
	else
		snprintf(path, sizeof(path), NETNS_NAMES "/%s", one->name);
	return !kfile_stamp(path, &one->inode, &one->ctime_ns);
}

static int take(const struct kline *line, void *arg)
{
	struct applied_one one = { .inode = 0 };
	struct applied *applied = arg;
	const char *text;
	int name = 0;

	if (line->bad ||
	    sscanf(line->text, "%" SCNu64 " %" SCNu64 " %n", &one.inode,
		   &one.ctime_ns, &name) != 2 ||
	    !name)
		return 0;
	text = line->text + name;
	/* Version 1.0 did not quote them. */
	if (*text != '"')
		snprintf(one.name, sizeof(one.name), "%s",
			 strcmp(text, "initial") ? text : "");
	else if (!name_unquote(one.name, text))
		return 0;
	*mem_add(applied) = one;
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
 * @name: the name; "": the initial one
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
 * @name: the name; "": the initial one
 */
void applied_add(struct applied *applied, const char *name)
{
	struct applied_one one;

	if (stamp(&one, name) && !applied_has(applied, name))
		*mem_add(applied) = one;
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
		char quoted[NAME_QUOTED];
		struct applied_one now;

		if (stamp(&now, one->name) && now.inode == one->inode &&
		    now.ctime_ns == one->ctime_ns)
			fprintf(file, "%" PRIu64 " %" PRIu64 " %s\n",
				one->inode, one->ctime_ns,
				name_quote_always(quoted, one->name));
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

/**
 * applied_named() - is there a namespace of that name?
 * @name: the name
 *
 * One that is just being made is waited for, for a moment.
 *
 * Return: what there is.
 */
enum netns_kind applied_named(const char *name)
{
	enum netns_kind is;
	int waits = 0;

	/* A mount makes no event that could be waited for. */
	while ((is = netns_kind(name)) == NETNS_STALE && waits++ < MOUNT_WAITS)
		poll(NULL, 0, MOUNT_WAIT_MS);
	return is;
}

/**
 * load_lock() - one load at a time, and nobody else's policy meanwhile
 *
 * Return: 0, until the program ends, or a negative errno.
 */
int load_lock(void)
{
	char *path = kfile_path(FILE_LOCK);
	int err = kfile_mkdir(DIR_STATE);
	int fd = -1;

	if (!err)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0600);
	if (!err && (fd < 0 || flock(fd, LOCK_EX)))
		err = -errno;
	free(path);
	return err;
}

/**
 * load_share() - until the program ends, no reload begins
 *
 * One that is under way gives back what it found, and would undo what is
 * changed meanwhile; so it is waited for, but not for ever: an emergency stop
 * comes first. Where there is no file nobody has reloaded since the boot.
 */
void load_share(void)
{
	char *path = kfile_path(FILE_LOCK);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int waits = 0;

	free(path);
	while (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB)) {
		if (waits++ == SHARE_WAITS) {
			output_error(
				"a reload of the module does not come to its end, and may undo this; look once more when it has");
			return;
		}
		poll(NULL, 0, SHARE_WAIT_MS);
	}
}

/**
 * load_served() - the module, as it is loaded now, has its policy
 *
 * Remembered as well as may be. Each load has an inode number of its own.
 */
void load_served(void)
{
	uint64_t inode;
	char text[24];

	if (kfile_inode(SYS_MODULE, &inode) || kfile_mkdir(DIR_STATE))
		return;
	snprintf(text, sizeof(text), "%" PRIu64 "\n", inode);
	kfile_save(FILE_LOAD, text);
}
