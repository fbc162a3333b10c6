// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directories that rules name by path, and in which of them a cgroup is. It is
 * found by its own name and those above it: whoever lives at a path later, in
 * a cgroup made anew, is found as well.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "dirs.h"

/* The length of the name at the begin of @text, which may be at its end. */
static size_t name_len(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);

	return slash ? (size_t)(slash - text) : len;
}

static bool is_up(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

/**
 * tcp_reaper_path_check - is it a path as rules have it?
 * @text: the path; at its begin, ".." for what is above who writes it
 * @len: of @text
 *
 * Names have no wildcards, so that some can be given a meaning one day.
 *
 * Return: what is wrong with it, or NULL.
 */
const char *tcp_reaper_path_check(const char *text, size_t len)
{
	unsigned int depth = 0;
	bool ups = true;
	size_t i, n;

	if (len > TCP_REAPER_PATH_MAX)
		return "a path of more than 1023 bytes";
	for (i = 0; i < len; i++)
		if (strchr("*?[", text[i]))
			return "no patterns: name the directory above";
	for (i = 0; len > 1 && i < len; i += n + 1) {
		const char *name = text + i + 1;

		n = name_len(name, len - i - 1);
		ups = ups && is_up(name, n);
		if (!n || (n == 1 && *name == '.') || (is_up(name, n) && !ups))
			return "an empty name, \".\" or \"..\" in a path";
		if (!ups && ++depth > TCP_REAPER_PATH_DEPTH)
			return "a path of more than 32 directories";
	}
	return NULL;
}

/**
 * tcp_reaper_path_absolute - a path from the hierarchy's root
 * @base: where @path begins, from the root: "" or "/a/b"
 * @path: a good path
 * @len: of @path
 * @out: the answer, as @base
 *
 * Return: its length; -EINVAL if it is too long or too deep, or leads out of
 * the hierarchy.
 */
int tcp_reaper_path_absolute(const char *base, const char *path, size_t len,
			     char out[TCP_REAPER_PATH_MAX + 1])
{
	size_t base_len = strlen(base), i, depth = 0;

	if (len == 1)
		len = 0;
	while (len && is_up(path + 1, name_len(path + 1, len - 1))) {
		if (!base_len)
			return -EINVAL;
		while (base[--base_len] != '/')
			;
		path += 3;
		len -= 3;
	}
	if (base_len + len > TCP_REAPER_PATH_MAX)
		return -EINVAL;
	memcpy(out, base, base_len);
	memcpy(out + base_len, path, len);
	out[base_len + len] = 0;
	for (i = 0; i < base_len + len; i++)
		depth += out[i] == '/';
	return depth > TCP_REAPER_PATH_DEPTH ? -EINVAL : (int)(base_len + len);
}

/**
 * tcp_reaper_path_relative - a path as who is below @base sees it
 * @base: from the hierarchy's root: "" or "/a/b"
 * @path: likewise, not ended by NUL
 * @len: of @path
 * @out: the answer, which tcp_reaper_path_absolute() takes back
 *
 * Return: its length.
 */
size_t tcp_reaper_path_relative(const char *base, const char *path, size_t len,
				char out[TCP_REAPER_PATH_TEXT])
{
	size_t common = 0, at, end = 0;

	/* The end of a path is the end of a name, as a slash is. */
	for (at = 0;; at++) {
		bool ends = at == len || path[at] == '/';

		if (ends && (!base[at] || base[at] == '/'))
			common = at;
		if (at == len || base[at] != path[at])
			break;
	}
	for (at = common; base[at]; at++) {
		if (base[at] != '/')
			continue;
		memcpy(out + end, "/..", 3);
		end += 3;
	}
	memcpy(out + end, path + common, len - common);
	end += len - common;
	if (!end)
		out[end++] = '/';
	out[end] = 0;
	return end;
}

/* A slash comes before all else: what is below comes before what is beside. */
static int rank(char c)
{
	return c == '/' ? 0 : (unsigned char)c;
}

/**
 * tcp_reaper_dirs_order - the order of dirs, for sort()
 * @a: a struct tcp_reaper_dir
 * @b: another
 *
 * Return: negative, 0 or positive.
 */
int tcp_reaper_dirs_order(const void *a, const void *b)
{
	const struct tcp_reaper_dir *x = a, *y = b;
	size_t i, len = x->len < y->len ? x->len : y->len;

	for (i = 0; i < len; i++)
		if (x->path[i] != y->path[i])
			return rank(x->path[i]) - rank(y->path[i]);
	return x->len - y->len;
}

static bool is_below(const struct tcp_reaper_dir *dir,
		     const struct tcp_reaper_dir *above)
{
	return dir->len > above->len &&
	       !memcmp(dir->path, above->path, above->len) &&
	       dir->path[above->len] == '/';
}

/**
 * tcp_reaper_dirs_link - note what is below what
 * @dirs: in their order; may be there more than once
 * @n: how many
 *
 * Return: how many different ones there are, the first of the array then.
 */
unsigned int tcp_reaper_dirs_link(struct tcp_reaper_dir *dirs, unsigned int n)
{
	unsigned int i, up = 0, different = 0;

	for (i = 0; i < n; i++) {
		struct tcp_reaper_dir *dir = &dirs[different];

		if (different &&
		    !tcp_reaper_dirs_order(&dirs[different - 1], &dirs[i]))
			continue;
		*dir = dirs[i];
		for (up = different; up && !is_below(dir, &dirs[up - 1]);
		     up = dirs[up - 1].up)
			;
		dir->up = up;
		dir->last = ++different;
		for (; up; up = dirs[up - 1].up)
			dirs[up - 1].last = different;
	}
	return different;
}

/* As tcp_reaper_dirs_order(); @within: the cgroup is there or below. */
static int compare(const struct tcp_reaper_dir *dir, const char *const *names,
		   unsigned int depth, bool *within)
{
	const char *text = dir->path, *end = text + dir->len;
	unsigned int i;

	*within = false;
	for (i = 0; i < depth && text < end; i++) {
		const char *name = names[i];

		text++;
		while (text < end && *text == *name) {
			text++;
			name++;
		}
		if (*name && text < end)
			return rank(*text) - rank(*name);
		if (*name)
			return -1;
		if (text < end && *text != '/')
			return 1;
	}
	*within = text == end;
	return text < end ? 1 : i < depth ? -1 : 0;
}

/**
 * tcp_reaper_dirs_find - the deepest dir in which a cgroup is
 * @dirs: as tcp_reaper_dirs_link() left them
 * @n: how many
 * @names: of the cgroup and those above it, from below the root on
 * @depth: how many names
 *
 * The cgroup is in that one and all above it, in no other.
 *
 * Context: any.
 * Return: its number; 0: it is in none.
 */
unsigned int tcp_reaper_dirs_find(const struct tcp_reaper_dir *dirs,
				  unsigned int n, const char *const *names,
				  unsigned int depth)
{
	unsigned int low = 0, high = n;
	bool within;

	/* The last that is not behind it: that one, or one below the same. */
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (compare(&dirs[mid], names, depth, &within) > 0)
			high = mid;
		else
			low = mid + 1;
	}
	while (low && (compare(&dirs[low - 1], names, depth, &within), !within))
		low = dirs[low - 1].up;
	return low;
}
