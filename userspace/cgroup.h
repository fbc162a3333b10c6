/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_CGROUP_H
#define REAPERCTL_CGROUP_H

#include <stddef.h>
#include <stdint.h>

const char *cgroup_id(const char *path, size_t len, uint64_t *id);

#endif
