/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PROCESS_H
#define REAPERCTL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct watch - a descriptor in an epoll set
 * @fd: the descriptor
 * @events: what is waited for, as epoll_ctl() takes it
 */
struct watch {
	int fd;
	uint32_t events;
};

/**
 * struct process - what /proc tells about a process
 * @pid: its number
 * @state: its state as a letter, '?' if it is not known
 * @frozen: its cgroup is frozen, as by "docker pause"
 * @stuck: it waits for the kernel, and not even a signal can end that (state D)
 * @tracer: who traces it, or 0
 * @uid: its user; UINT64_MAX: not known
 * @start: when it started, which tells it from a later one of the same number
 * @fds: how many descriptors it has
 * @fd_limit: how many it may have; UINT64_MAX: no limit, or not known
 * @epolls: how many epoll sets it has; 0 if not all were looked at
 * @watches: what is in them, by descriptor
 * @n: how many
 * @cap: how many there is room for
 */
struct process {
	pid_t pid;
	char state;
	bool frozen;
	bool stuck;
	pid_t tracer;
	uint64_t uid;
	uint64_t start;
	uint64_t fds;
	uint64_t fd_limit;
	size_t epolls;
	struct watch *watches;
	size_t n;
	size_t cap;
};

void process_read_fds(struct process *process);
void process_read(struct process *process, pid_t pid, bool watches);
uint64_t process_uid(pid_t pid);
bool process_stopped(const struct process *process);
const struct watch *process_watch(const struct process *process, int fd);
void process_free(struct process *process);

#endif
