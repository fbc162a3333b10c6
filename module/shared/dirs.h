/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directories of the cgroup2 hierarchy that rules name, by path.
 */
#ifndef TCP_REAPER_DIRS_H
#define TCP_REAPER_DIRS_H

#include <linux/types.h>

/** TCP_REAPER_PATH_MAX - longest path, in bytes */
#define TCP_REAPER_PATH_MAX 1023

/** TCP_REAPER_PATH_DEPTH - most directories of a path, the last one included */
#define TCP_REAPER_PATH_DEPTH 32

/**
 * TCP_REAPER_PATH_TEXT - room for one as seen from any other, its end included
 *
 * That may begin with as many "/.." as there are directories.
 */
#define TCP_REAPER_PATH_TEXT \
	(TCP_REAPER_PATH_MAX + 3 * TCP_REAPER_PATH_DEPTH + 1)

/**
 * struct tcp_reaper_dir - a directory that rules name
 * @path: from the hierarchy's root, which is ""; not ended by NUL
 * @len: of @path
 * @up: number of the nearest one above it that rules name, too; 0: none
 * @last: number of the last one below it; its own if there is none
 *
 * They are in an array and numbered from 1 on, in such an order that those
 * below one come right behind it.
 */
struct tcp_reaper_dir {
	const char *path;
	u16 len;
	u16 up;
	u16 last;
};

const char *tcp_reaper_path_check(const char *text, size_t len);
int tcp_reaper_path_absolute(const char *base, const char *path, size_t len,
			     char out[TCP_REAPER_PATH_MAX + 1]);
size_t tcp_reaper_path_relative(const char *base, const char *path, size_t len,
				char out[TCP_REAPER_PATH_TEXT]);
int tcp_reaper_dirs_order(const void *a, const void *b);
unsigned int tcp_reaper_dirs_link(struct tcp_reaper_dir *dirs, unsigned int n);
unsigned int tcp_reaper_dirs_find(const struct tcp_reaper_dir *dirs,
				  unsigned int n, const char *const *names,
				  unsigned int depth);

#endif
