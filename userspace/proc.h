/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_PROC_H
#define REAPERCTL_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct holder - a descriptor that keeps a socket
 * @pid: the process
 * @comm: its name
 * @fd: the descriptor there
 * @next: another holder of the same socket, or NULL; by pid, then by fd
 */
struct holder {
	pid_t pid;
	const char *comm;
	int fd;
	struct holder *next;
};

struct holders;

void proc_each(void (*fn)(pid_t pid, void *arg), void *arg);

struct holders *holders_new(size_t sockets);
void holders_want(struct holders *holders, uint64_t inode);
size_t holders_scan(struct holders *holders);
const struct holder *holders_of(const struct holders *holders, uint64_t inode);
void holders_free(struct holders *holders);

#endif
