// SPDX-License-Identifier: GPL-2.0
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

#include "duration.h"
#include "kfile.h"
#include "look.h"
#include "mem.h"

#define DIR_ROOT "/run/reaperctl"
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
		strcpy(dir, DIR_ROOT);
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

/**
 * looks_load() - recall them all
 * @looks: zeroed; looks_free() it
 */
void looks_load(struct looks *looks)
{
	char path[PATH_MAX];

	if (place(path, false))
		kfile_lines(path, take, looks);
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
	size_t i;

	for (i = 0; i < looks->n; i++) {
		if (looks->v[i].netns == netns && !strcmp(looks->v[i].key, key))
			return &looks->v[i];
	}
	return NULL;
}

/**
 * looks_forget() - drop those at a namespace
 * @looks: all
 * @netns: the namespace
 */
void looks_forget(struct looks *looks, uint64_t netns)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < looks->n; i++) {
		if (looks->v[i].netns != netns)
			looks->v[kept++] = looks->v[i];
	}
	looks->n = kept;
}

/**
 * looks_add() - one more
 * @looks: all
 * @look: copied
 */
void looks_add(struct looks *looks, const struct look *look)
{
	if (looks->n == LOOKS_MAX)
		return;
	looks->v = mem_grow(looks->v, looks->n, &looks->cap, sizeof(*looks->v));
	looks->v[looks->n++] = *look;
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
	FILE *file;
	size_t i;

	if (!place(path, true))
		return;
	file = open_memstream(&text, &size);
	if (!file)
		return;
	for (i = 0; i < looks->n; i++) {
		const struct look *look = &looks->v[i];

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
