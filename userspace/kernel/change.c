// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes that are made all or none: written one by one, and taken back, the
 * last first, when the kernel refuses one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/change.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/sockets.h"

/**
 * changes_add() - one more
 * @changes: zeroed at first; changes_free() it
 * @ns: in which namespace; NULL: it is of the whole machine
 * @path: the file, copied
 * @key: what a user calls it, copied
 *
 * Return: the change, for @value and @old to be set; until the next call.
 */
struct change *changes_add(struct changes *changes, const struct netns *ns,
			   const char *path, const char *key)
{
	struct change *change;

	change = mem_add(changes);
	*change = (struct change){ .ns = ns,
				   .path = mem_strdup(path),
				   .key = mem_strdup(key) };
	return change;
}

static int write_in(const struct netns **here, const struct change *change,
		    const char *value)
{
	if (change->ns && *here != change->ns) {
		if (netns_enter(change->ns) != RC_DONE)
			return -ESRCH;
		*here = change->ns;
	}
	return kfile_write(change->path, value);
}

static void count_due(const struct netns **here, struct change *change)
{
	if (!change->ns ||
	    (*here != change->ns && netns_enter(change->ns) != RC_DONE))
		return;
	*here = change->ns;
	change->begins = true;
	change->due = sockets_due(&change->probed);
}

static size_t take_back(const struct change **written, size_t n,
			const struct netns *here)
{
	size_t stayed = 0;

	while (n--) {
		if (write_in(&here, written[n], written[n]->old))
			stayed++;
	}
	return stayed;
}

/*
 * Nothing may be reaped by a policy that is half the old one: a mode that
 * touches no socket is written before all else, mode enforce after it.
 */
static int turn(const struct change *change)
{
	if (strcmp(change->key, "mode"))
		return 1;
	return strcmp(change->value, "enforce") ? 0 : 2;
}

/**
 * changes_write() - make them all, or none
 * @changes: with their values
 *
 * Return: 0, or the negative errno of the one that was refused.
 */
int changes_write(struct changes *changes)
{
	const struct change **written =
		mem_zalloc(changes->n, sizeof(*written));
	const struct netns *here = NULL;
	size_t n = 0;
	int err = 0;
	size_t i;
	int now;

	for (now = 0; now <= 2; now++) {
		for (i = 0; !err && i < changes->n; i++) {
			struct change *change = &changes->v[i];

			if (turn(change) != now)
				continue;
			/* Before it: afterwards they are gone. */
			if (now == 2 && strcmp(change->old, "enforce"))
				count_due(&here, change);
			err = write_in(&here, change, change->value);
			if (!err) {
				written[n++] = change;
				continue;
			}
			changes->refused = change;
			changes->stayed = take_back(written, n, here);
		}
	}
	free(written);
	return err;
}

/**
 * change_hint() - what to do about a refusal
 * @change: what was refused; NULL: not the value of a setting
 * @err: a negative errno
 *
 * Return: half a sentence, until the next call.
 */
const char *change_hint(const struct change *change, int err)
{
	static char takes[128];

	if (err == -EPERM || err == -EACCES)
		return "it needs CAP_NET_ADMIN, with netns_admin=N over the initial netns";
	if (change && (err == -EINVAL || err == -ERANGE)) {
		snprintf(takes, sizeof(takes), "it takes %s",
			 knob_values(change->key));
		return takes;
	}
	if (err == -EROFS)
		return "its file system is read-only here, as ProtectKernelTunables= in a unit and containers have it: run it outside";
	return "try again; dmesg may say more";
}

/**
 * changes_free() - forget them
 * @changes: all
 */
void changes_free(struct changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++) {
		free(changes->v[i].path);
		free(changes->v[i].key);
		free(changes->v[i].value);
		free(changes->v[i].old);
	}
	free(changes->v);
	memset(changes, 0, sizeof(*changes));
}
