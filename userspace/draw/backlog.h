/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_BACKLOG_H
#define REAPERCTL_BACKLOG_H

#include <stdbool.h>

#include "draw/found.h"

bool backlog_full(const struct listener *listener);
void backlog_queue(const struct findings *findings,
		   const struct listener *listener);
bool backlog_accepters(const struct findings *findings,
		       const struct listener *listener);
bool backlog_show(const struct findings *findings,
		  const struct listener *listener, size_t after);

#endif
