/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_RULEFILE_H
#define REAPERCTL_RULEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rc.h"

/**
 * struct rulefile - the rules of a file, as the kernel will show them
 * @text: a line each, without the last newline; "" if there are none
 * @len: of @text
 * @cap: room in @text
 * @n: how many
 * @offline: of another machine, maybe: its cgroups and users are not looked for
 */
struct rulefile {
	char *text;
	size_t len;
	size_t cap;
	size_t n;
	bool offline;
};

enum rc rulefile_read(struct rulefile *rules, const char *path);
bool rulefile_line(struct rulefile *rules, const char *file, unsigned long no,
		   const char *text);
int rulefile_in_force(struct rulefile *rules);
void rulefile_add(struct rulefile *rules, const char *line);
void rulefile_free(struct rulefile *rules);

#endif
