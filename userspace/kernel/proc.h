/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PROC_H
#define REAPERCTL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct holder - a descriptor that keeps a socket
 * @pid: the process
 * @fd: the descriptor there
 * @comm: the process's name
 * @next: another holder of the same socket, or NULL; by pid, then by fd
 *
 * Of one process there are at most 4 for a socket, and 64 in all: see
 * holders_more().
 */
struct holder {
	pid_t pid;
	int fd;
	const char *comm;
	struct holder *next;
};

struct holders;

bool proc_hides(void);
uint64_t proc_socket(const char *target);
void proc_each(void (*fn)(pid_t pid, void *arg), void *arg);

struct holders *holders_new(size_t sockets);
void holders_want(struct holders *holders, uint64_t inode);
size_t holders_scan(struct holders *holders);
void holders_scan_some(struct holders *holders, const pid_t *pids, size_t n);
size_t holders_scan_but(struct holders *holders, const pid_t *pids, size_t n);
const struct holder *holders_of(const struct holders *holders, uint64_t inode);
bool holders_have(const struct holder *first, pid_t pid);
size_t holders_more(const struct holders *holders, uint64_t inode);
void holders_free(struct holders *holders);

#endif
