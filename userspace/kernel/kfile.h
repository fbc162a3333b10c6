/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_KFILE_H
#define REAPERCTL_KFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct kline - a line of a file of the kernel
 * @text: without its newline; cut to what was kept when @bad is set
 * @no: its number, from 1
 * @bad: NULL, or why it cannot be trusted, to go after "line N"
 */
struct kline {
	char *text;
	unsigned long no;
	const char *bad;
};

typedef int (*kfile_line_fn)(const struct kline *line, void *arg);
typedef void (*kfile_entry_fn)(const char *name, const char *target, void *arg);

bool kfile_pseudo(void);
char *kfile_path(const char *path);
bool kfile_writable(const char *path);
bool kfile_exists(const char *path);
int kfile_open(const char *path);
ssize_t kfile_read(int fd, void *buf, size_t size);
int kfile_inode(const char *path, uint64_t *inode);
int kfile_value(const char *path, char *buf, size_t size);
int kfile_link(const char *path, char *buf, size_t size);
void kfile_home(int fd);
int kfile_write(const char *path, const char *value);
int kfile_save(const char *path, const char *text);
int kfile_mkdir(const char *path);
int kfile_stamp(const char *path, uint64_t *inode, uint64_t *ctime_ns);
int kfile_lines_of(int fd, kfile_line_fn fn, void *arg);
int kfile_lines(const char *path, kfile_line_fn fn, void *arg);
int kfile_entries(const char *path, kfile_entry_fn fn, void *arg);
int kfile_links(const char *path, size_t skip, size_t most, kfile_entry_fn fn,
		void *arg);

#endif
