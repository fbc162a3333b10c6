/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CGROUP_H
#define REAPERCTL_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Room for the name of a unit or a container; a longer one is cut. */
#define CGROUP_UNIT 96

/* Room for the UID of a pod. */
#define CGROUP_POD 37

void cgroup_of(pid_t pid, char path[PATH_MAX]);
bool cgroup_frozen(pid_t pid);
void cgroup_template(char *path);
bool cgroup_is_of(const char *path, const char *wanted);
const char *cgroup_pod(const char *path, char pod[CGROUP_POD]);
void cgroup_short(char *unit);
const char *cgroup_unit(const char *path, char unit[CGROUP_UNIT]);
size_t cgroup_path(const char *text, size_t len, char *path);
bool cgroup_missing(const char *path, size_t len);

#endif
