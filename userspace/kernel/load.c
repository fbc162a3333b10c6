// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which load of the module has got its policy. udev says of each load, often
 * more than once, and systemd/loaded looks here whether there is anything to
 * do.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "kernel/kfile.h"
#include "kernel/load.h"
#include "kernel/paths.h"

#define FILE_LOAD DIR_STATE "/load"
#define FILE_LOCK DIR_STATE "/lock"

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
