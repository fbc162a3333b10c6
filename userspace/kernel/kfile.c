// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only file I/O on /proc, /sys and /run. Whatever is in those files, a
 * caller gets whole strings or a negative errno. REAPERCTL_ROOT puts a tree of
 * plain files in their place, which is how the tool is tested without the
 * module; it is ignored where the environment is not to be trusted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/newfile.h"

static const char *root(void)
{
	const char *dir = secure_getenv("REAPERCTL_ROOT");

	return dir ? dir : "";
}

/* Where a file really is, until the next call; "" if that is too long. */
static const char *full(const char *path)
{
	static char at[PATH_MAX];
	int len = snprintf(at, sizeof(at), "%s%s", root(), path);

	return len < 0 || len >= PATH_MAX ? "" : at;
}

/**
 * kfile_pseudo() - are the files those of a test?
 *
 * Return: true if REAPERCTL_ROOT is in force; there is no namespace to enter.
 */
bool kfile_pseudo(void)
{
	return *root() != '\0';
}

/**
 * kfile_path() - where a file really is
 * @path: absolute, without REAPERCTL_ROOT
 *
 * Return: the path with it, to be freed.
 */
char *kfile_path(const char *path)
{
	return mem_strdup(full(path));
}

/**
 * kfile_writable() - is it a file that somebody may write?
 * @path: the file
 *
 * Return: true if its mode has the bit for its owner.
 */
bool kfile_writable(const char *path)
{
	struct stat st;

	return !stat(full(path), &st) && S_ISREG(st.st_mode) &&
	       (st.st_mode & S_IWUSR);
}

/**
 * kfile_exists() - is there such a file or directory?
 * @path: absolute, without REAPERCTL_ROOT; likewise in all functions below
 *
 * Return: true unless it is known to be absent.
 */
bool kfile_exists(const char *path)
{
	return !access(full(path), F_OK) ||
	       (errno != ENOENT && errno != ENOTDIR);
}

/**
 * kfile_open() - open for reading, for what is no text: a namespace
 * @path: the file
 *
 * Return: a descriptor, or a negative errno.
 */
int kfile_open(const char *path)
{
	int fd = open(full(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/**
 * kfile_inode() - the inode number a path leads to
 * @path: the file, links followed
 * @inode: the result
 *
 * Return: 0 or a negative errno.
 */
int kfile_inode(const char *path, uint64_t *inode)
{
	uint64_t ctime_ns;

	return kfile_stamp(path, inode, &ctime_ns);
}

/**
 * kfile_read() - read(2), whatever signals come
 * @fd: the descriptor
 * @buf: the result
 * @size: of @buf
 *
 * Return: how many bytes, or a negative errno.
 */
ssize_t kfile_read(int fd, void *buf, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, buf, size);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/**
 * kfile_value() - read a file that holds one short value
 * @path: the file
 * @buf: the value, one trailing newline taken off; a string even on error
 * @size: room in @buf
 *
 * Return: 0; -EFBIG if it does not fit, -EBADMSG if it holds a NUL byte, or
 * another negative errno.
 */
int kfile_value(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	int err = 0;
	int fd;

	*buf = '\0';
	fd = kfile_open(path);
	if (fd < 0)
		return fd;
	while (len < size) {
		ssize_t got = kfile_read(fd, buf + len, size - len);

		if (got < 0)
			err = (int)got;
		if (got <= 0)
			break;
		len += got;
	}
	close(fd);
	if (!err && len == size)
		err = -EFBIG;
	if (!err && memchr(buf, '\0', len))
		err = -EBADMSG;
	if (err)
		len = 0;
	else if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return err;
}

/**
 * kfile_link() - where does a link lead?
 * @path: the link
 * @buf: the result
 * @size: of @buf
 *
 * Return: 0, or a negative errno.
 */
int kfile_link(const char *path, char *buf, size_t size)
{
	ssize_t len = readlink(full(path), buf, size);

	if (len < 0)
		return -errno;
	if ((size_t)len == size)
		return -ENAMETOOLONG;
	buf[len] = '\0';
	return 0;
}

/* The network namespace in which the tool was started; -1 while it is there. */
static int home = -1;

/**
 * kfile_home() - say where the tool was, before it goes elsewhere
 * @fd: of that network namespace; stays open
 */
void kfile_home(int fd)
{
	home = fd;
}

/*
 * With netns_admin=N the module asks where the writer is: only the initial
 * network namespace will do. The file is of the namespace in which it was
 * opened, so the tool goes home for the write alone.
 */
static ssize_t write_from_home(int fd, const char *text, size_t len)
{
	int there = -1, err;
	ssize_t put;

	if (home >= 0) {
		there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (there < 0)
			return -1;
		if (setns(home, CLONE_NEWNET)) {
			close(there);
			return -1;
		}
	}
	put = write(fd, text, len);
	err = errno;
	/* In the wrong namespace the next write would hit the wrong one. */
	if (there >= 0 && setns(there, CLONE_NEWNET))
		abort();
	if (there >= 0)
		close(there);
	errno = err;
	return put;
}

/**
 * kfile_write() - write one value with one write(2)
 * @path: the file; it is never created
 * @value: the value, without newline
 *
 * Return: 0 or a negative errno: of the kernel, which then changed nothing.
 */
int kfile_write(const char *path, const char *value)
{
	int fd = open(full(path), O_WRONLY | O_TRUNC | O_CLOEXEC);
	char *line;
	int err = 0;
	ssize_t put;
	int len;

	if (fd < 0)
		return -errno;
	len = asprintf(&line, "%s\n", value);
	if (len < 0) {
		close(fd);
		return -ENOMEM;
	}
	put = write_from_home(fd, line, len);
	if (put != len)
		err = put < 0 ? -errno : -EIO;
	free(line);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/**
 * kfile_save() - replace a file of ours, whole or not at all
 * @path: the file, on a disk or in /run; made if it is not there
 * @text: all that is to be in it
 *
 * Return: 0 or a negative errno; then the file is as before.
 */
int kfile_save(const char *path, const char *text)
{
	return newfile_replace(full(path), text, strlen(text));
}

/**
 * kfile_mkdir() - make a directory of ours
 * @path: the directory; one that is there is as good
 *
 * Return: 0 or a negative errno.
 */
int kfile_mkdir(const char *path)
{
	return mkdir(full(path), 0755) && errno != EEXIST ? -errno : 0;
}

/**
 * kfile_stamp() - which one is it? Inode numbers are used again.
 * @path: the file, links followed
 * @inode: its inode number
 * @ctime_ns: when that was made or last changed
 *
 * Return: 0 or a negative errno.
 */
int kfile_stamp(const char *path, uint64_t *inode, uint64_t *ctime_ns)
{
	struct stat st;

	if (stat(full(path), &st))
		return -errno;
	*inode = st.st_ino;
	*ctime_ns = st.st_ctim.tv_sec * 1000000000ULL + st.st_ctim.tv_nsec;
	return 0;
}

/**
 * kfile_entries() - hand over the names in a directory, in no order
 * @path: the directory
 * @fn: called for each name but those of the directory itself and of the one
 *	above, with no target
 * @arg: handed on to @fn
 *
 * Return: 0 or a negative errno.
 */
int kfile_entries(const char *path, kfile_entry_fn fn, void *arg)
{
	DIR *dir = opendir(full(path));
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			fn(entry->d_name, NULL, arg);
	}
	closedir(dir);
	return 0;
}

/**
 * kfile_links() - hand over the symbolic links in a directory, in no order
 * @path: the directory
 * @skip: of so many only take notice
 * @most: after so many there is an end
 * @fn: called for each link, with what it says
 * @arg: handed on to @fn
 *
 * Return: 0, 1 if there are more, or a negative errno.
 */
int kfile_links(const char *path, size_t skip, size_t most, kfile_entry_fn fn,
		void *arg)
{
	DIR *dir = opendir(full(path));
	struct dirent *entry;
	size_t n = 0;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		char target[PATH_MAX];
		ssize_t len;

		if (entry->d_name[0] == '.' || n++ < skip)
			continue;
		if (n - skip > most) {
			err = 1;
			continue;
		}
		len = readlinkat(dirfd(dir), entry->d_name, target,
				 sizeof(target) - 1);
		/* A descriptor closed since readdir() is no news. */
		if (len < 0)
			continue;
		target[len] = '\0';
		fn(entry->d_name, target, arg);
	}
	closedir(dir);
	return err;
}
