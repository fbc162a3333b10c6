// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that root writes where somebody else may write, too. The directory is
 * opened once, by a way without links, and all else is done below it by its
 * descriptor: whatever is exchanged meanwhile, nothing but a new file is ever
 * written, and nothing but the name in that directory is replaced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/newfile.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Names that were tried, each of which somebody had made before. */
#define TRIES 16

/* The number in the name of a file that is not whole yet; room for the name. */
#define DIGITS 16
#define PART (NAME_MAX + 32)

/* Nobody writes for so long: who made it was killed, or the power went. */
#define LEFT_S 3600

/* Open the directory of @path. Return: a descriptor or a negative errno. */
static int open_dir(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *end = name ? name : path;
	int fd = open(*path == '/' ? "/" : ".", DIR_FLAGS);

	if (fd < 0)
		return -errno;
	while (fd >= 0) {
		char part[NAME_MAX + 1];
		int parent = fd;
		size_t len;

		path += strspn(path, "/");
		if (path >= end)
			break;
		len = strcspn(path, "/");
		if (len > NAME_MAX) {
			close(fd);
			return -ENAMETOOLONG;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		path += len;
		fd = openat(parent, part, DIR_FLAGS);
		if (fd < 0)
			fd = -errno;
		close(parent);
	}
	return fd;
}

/* A file that was not there before. Return: its descriptor or -errno. */
static int make(int dir, const char *name, char part[PART])
{
	struct timespec now;
	uint64_t number;
	int tries = 0;
	int fd;

	clock_gettime(CLOCK_MONOTONIC, &now);
	number = ((uint64_t)getpid() << 32) + (uint64_t)now.tv_nsec;
	do {
		uint64_t noise;

		/* At boot there may be none yet: the number will do. */
		if (getrandom(&noise, sizeof(noise), GRND_NONBLOCK) ==
		    sizeof(noise))
			number = noise;
		snprintf(part, PART, ".%s.%016" PRIx64, name, number++);
		fd = openat(dir, part,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
				    O_CLOEXEC,
			    0600);
	} while (fd < 0 && errno == EEXIST && ++tries < TRIES);
	return fd < 0 ? -errno : fd;
}

static bool is_part(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return *entry == '.' && !strncmp(entry + 1, name, len) &&
	       entry[len + 1] == '.' &&
	       strspn(entry + len + 2, "0123456789abcdef") == DIGITS &&
	       !entry[len + 2 + DIGITS];
}

/* What was left of others' tries, each of them a file of its own, goes. */
static void sweep(int dir, const char *name)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat st;

	if (!entries) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(entries))) {
		if (is_part(entry->d_name, name) &&
		    !fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    time(NULL) - st.st_mtime > LEFT_S)
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(entries);
}

static int fill(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t put = write(fd, text, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		len -= put;
		text += put;
	}
	return fchmod(fd, 0644) || fsync(fd) ? -errno : 0;
}

/**
 * newfile_replace() - a file, whole or not at all
 * @path: the file; made if it is not there
 * @text: all that is to be in it
 * @len: of @text
 *
 * Return: 0 or a negative errno, after which it is as before. -ENOTDIR if
 * there is a link on the way to its directory.
 */
int newfile_replace(const char *path, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char part[PART];
	int dir;
	int err;
	int fd;

	if (!*name || strlen(name) > NAME_MAX - 18)
		return *name ? -ENAMETOOLONG : -EISDIR;
	dir = open_dir(path);
	if (dir < 0)
		return dir;
	/* Before: where the disk is full they may be why. */
	sweep(dir, name);
	fd = make(dir, name, part);
	err = fd < 0 ? fd : fill(fd, text, len);
	if (fd >= 0) {
		if (close(fd) && !err)
			err = -errno;
		if (!err && renameat(dir, part, dir, name))
			err = -errno;
		if (err)
			unlinkat(dir, part, 0);
	}
	close(dir);
	return err;
}
