/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PROCESSES_H
#define REAPERCTL_PROCESSES_H

#include "kernel/process.h"

struct processes;

struct processes *processes_new(void);
const struct process *processes_get(struct processes *processes, pid_t pid);
void processes_free(struct processes *processes);

#endif
