// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories that rules name: which of them a cgroup is in, against a walk
 * over all of them, and paths as who is in a cgroup namespace writes and reads
 * them. KTAP on stdout; exit 1 if a row is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/shared/dirs.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define DIRS 40

static unsigned int row, failed;

static void result(bool ok, const char *what, const char *of)
{
	printf("%sok %u dirs: %s: %s\n", ok ? "" : "not ", ++row, what, of);
	failed += !ok;
}

/* The root of a cgroup namespace, a path there, and the same from the top. */
static const struct {
	const char *root;
	const char *path;
	const char *absolute; /* NULL: there is none */
} paths[] = {
	{ "", "/", "" },
	{ "", "/a/b", "/a/b" },
	{ "/box", "/", "/box" },
	{ "/box", "/a", "/box/a" },
	{ "/box", "/..", "" },
	{ "/box", "/../other", "/other" },
	{ "/box", "/../boxes", "/boxes" },
	{ "/boxes", "/../box", "/box" },
	{ "/a/b/c", "/../../x", "/a/x" },
	{ "/a/b/c", "/../../../x/y", "/x/y" },
	{ "/a/b/c", "/../..", "/a" },
	{ "", "/..", NULL },
	{ "/box", "/../../a", NULL },
};

static void test_paths(void)
{
	char deep[2 * TCP_REAPER_PATH_DEPTH + 1] = "";
	char out[TCP_REAPER_PATH_TEXT];
	char *name = malloc(TCP_REAPER_PATH_MAX + 1);
	unsigned int i;

	for (i = 0; i < ROWS(paths); i++) {
		const char *root = paths[i].root, *path = paths[i].path;
		const char *want = paths[i].absolute;
		int len =
			tcp_reaper_path_absolute(root, path, strlen(path), out);

		result(want ? len == (int)strlen(want) && !strcmp(out, want)
			    : len < 0,
		       "from the top", path);
		if (!want)
			continue;
		result(tcp_reaper_path_relative(root, want, strlen(want),
						out) == strlen(path) &&
			       !strcmp(out, path),
		       "and back", path);
	}
	for (i = 0; i < TCP_REAPER_PATH_DEPTH; i++)
		strcat(deep, "/a");
	result(tcp_reaper_path_absolute("", deep, strlen(deep), out) > 0,
	       "from the top", "the deepest");
	result(tcp_reaper_path_absolute("/a", deep, strlen(deep), out) < 0,
	       "refused", "one deeper");
	memset(name, 'n', TCP_REAPER_PATH_MAX);
	name[0] = '/';
	result(tcp_reaper_path_absolute("", name, TCP_REAPER_PATH_MAX, out) ==
		       TCP_REAPER_PATH_MAX,
	       "from the top", "the longest");
	result(tcp_reaper_path_absolute("/b", name, TCP_REAPER_PATH_MAX, out) <
		       0,
	       "refused", "one longer");
	free(name);
}

static bool is_in(const char *cgroup, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(cgroup, dir, len) &&
	       (!cgroup[len] || cgroup[len] == '/');
}

/* A path of names that come before and behind a slash, and of each other. */
static void make_up(char *path)
{
	static const char *const names[] = { "a", "a-b", "a.b",	 "ab",
					     "b", "b0",	 "\xff", "!" };
	int depth = rand() % 5;

	*path = 0;
	while (depth--)
		sprintf(path + strlen(path), "/%s",
			names[rand() % ROWS(names)]);
}

static unsigned int find(const struct tcp_reaper_dir *dirs, unsigned int n,
			 const char *cgroup)
{
	const char *names[TCP_REAPER_PATH_DEPTH];
	char copy[64];
	unsigned int depth = 0;
	char *at;

	strcpy(copy, cgroup);
	for (at = copy; (at = strchr(at, '/')); names[depth++] = at)
		*at++ = 0;
	return tcp_reaper_dirs_find(dirs, n, names, depth);
}

/* Does a rule that names @dir hold for @cgroup? */
static bool holds(const struct tcp_reaper_dir *dirs, unsigned int n,
		  const char *dir, unsigned int found)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (dirs[i].len == strlen(dir) &&
		    !memcmp(dirs[i].path, dir, dirs[i].len))
			return found >= i + 1 && found <= dirs[i].last;
	return false;
}

static void test_find(void)
{
	static char text[DIRS][64];
	struct tcp_reaper_dir dirs[DIRS];
	unsigned int round, i, k, n, wrong = 0, in = 0, out = 0;

	for (round = 0; round < 2000; round++) {
		unsigned int named = rand() % DIRS;

		memset(dirs, 0, sizeof(dirs));
		for (i = 0; i < named; i++) {
			make_up(text[i]);
			dirs[i].path = text[i];
			dirs[i].len = strlen(text[i]);
		}
		qsort(dirs, named, sizeof(*dirs), tcp_reaper_dirs_order);
		n = tcp_reaper_dirs_link(dirs, named);
		for (k = 0; k < 50; k++) {
			unsigned int found;
			char cgroup[64];

			make_up(cgroup);
			found = find(dirs, n, cgroup);
			for (i = 0; i < named; i++) {
				bool want = is_in(cgroup, text[i]);

				in += want;
				out += !want;
				if (holds(dirs, n, text[i], found) == want)
					continue;
				if (!wrong++)
					printf("# %s is %sin %s\n", cgroup,
					       want ? "" : "not ", text[i]);
			}
		}
	}
	result(!wrong && in > 10000 && out > 10000, "found",
	       "those above a cgroup, and no other");
}

int main(void)
{
	printf("TAP version 13\n");
	test_paths();
	test_find();
	printf("1..%u\n", row);
	return !!failed;
}
