// SPDX-License-Identifier: GPL-2.0-only
/*
 * What diagnose counted when it was last called, so that it can say what grew.
 * In /run, for the numbers mean nothing after a boot; of a user without rights
 * in his own part of it. Without either nothing is remembered.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "find/look.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"

#define FILE_NAME "looks"

/* Processes come and go: what is older than a week is of one that went. */
#define AGE_MAX (7 * 86400000ULL)
#define LOOKS_MAX 65536

/* Return: false if there is no place. */
static bool place(char path[PATH_MAX], bool make)
{
	const char *own = secure_getenv("XDG_RUNTIME_DIR");
	char dir[PATH_MAX - sizeof(FILE_NAME)];

	if (!geteuid() || kfile_pseudo())
		strcpy(dir, DIR_STATE);
	else if (!own || *own != '/' ||
		 snprintf(dir, sizeof(dir), "%s/reaperctl", own) >=
			 (int)sizeof(dir))
		return false;
	if (make && kfile_mkdir(dir))
		return false;
	snprintf(path, PATH_MAX, "%s/" FILE_NAME, dir);
	return true;
}

/**
 * look_now_ms() - the clock of all looks
 *
 * Return: milliseconds since boot.
 */
uint64_t look_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static int take(const struct kline *line, void *arg)
{
	struct look look;
	uint64_t now = look_now_ms();

	if (line->bad ||
	    sscanf(line->text,
		   "%" SCNu64 " %" SCNu64 " %63s %" SCNu64 " %" SCNu64,
		   &look.time_ms, &look.netns, look.key, &look.sockets,
		   &look.fds) != 5)
		return 0;
	if (look.time_ms <= now && now - look.time_ms < AGE_MAX)
		looks_add(arg, &look);
	return 0;
}

static int by_who(const void *a, const void *b)
{
	const struct look *x = a;
	const struct look *y = b;

	if (x->netns != y->netns)
		return x->netns < y->netns ? -1 : 1;
	return strcmp(x->key, y->key);
}

/**
 * looks_load() - recall them all
 * @looks: zeroed; looks_free() it
 */
void looks_load(struct looks *looks)
{
	char path[PATH_MAX];

	if (place(path, false))
		kfile_lines(path, take, looks);
	looks->old = looks->n;
	if (looks->n)
		qsort(looks->v, looks->n, sizeof(*looks->v), by_who);
}

/**
 * looks_find() - the last look at somebody
 * @looks: all
 * @netns: the namespace
 * @key: who
 *
 * Return: the look, or NULL.
 */
const struct look *looks_find(const struct looks *looks, uint64_t netns,
			      const char *key)
{
	struct look wanted = { .netns = netns };

	snprintf(wanted.key, sizeof(wanted.key), "%s", key);
	return looks->old ? bsearch(&wanted, looks->v, looks->old,
				    sizeof(*looks->v), by_who)
			  : NULL;
}

/**
 * looks_forget() - drop those that were recalled of a namespace
 * @looks: all
 * @netns: the namespace
 */
void looks_forget(struct looks *looks, uint64_t netns)
{
	size_t low = 0;
	size_t high = looks->old;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (looks->v[mid].netns < netns)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < looks->old && looks->v[low].netns == netns; low++)
		looks->v[low].time_ms = 0;
}

/**
 * looks_add() - one more
 * @looks: all
 * @look: copied
 */
void looks_add(struct looks *looks, const struct look *look)
{
	if (looks->n - looks->old == LOOKS_MAX)
		return;
	*mem_add(looks) = *look;
}

/**
 * looks_save() - remember them for the next call, as well as may be
 * @looks: all
 */
void looks_save(const struct looks *looks)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t size;
	size_t kept = 0;
	FILE *file;
	size_t i;

	if (!place(path, true))
		return;
	file = open_memstream(&text, &size);
	if (!file)
		return;
	/* The new ones are last, and the last to be left out. */
	for (i = looks->n; i-- && kept < LOOKS_MAX;) {
		const struct look *look = &looks->v[i];

		if (!look->time_ms)
			continue;
		kept++;
		fprintf(file,
			"%" PRIu64 " %" PRIu64 " %s %" PRIu64 " %" PRIu64 "\n",
			look->time_ms, look->netns, look->key, look->sockets,
			look->fds);
	}
	if (!fclose(file) && text)
		kfile_save(path, text);
	free(text);
}

/**
 * looks_free() - let go of them
 * @looks: all
 */
void looks_free(struct looks *looks)
{
	free(looks->v);
	memset(looks, 0, sizeof(*looks));
}
