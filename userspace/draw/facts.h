/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FACTS_H
#define REAPERCTL_FACTS_H

#include <stdbool.h>

#include "find/cause.h"

bool facts_show(const struct item *item, enum cause cause);
bool facts_threads(const char *head, const struct process *process,
		   const struct sock *sock);

#endif
