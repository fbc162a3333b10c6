/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_NAMES_H
#define REAPERCTL_NAMES_H

#include "base/text.h"
#include "find/relatives.h"
#include "kernel/proc.h"

void names_unit(char text[TEXT], const struct relative *relative);
void names_program(char text[TEXT], const struct relative *relative);
void names_processes(char text[TEXT], const pid_t *pids, size_t named,
		     size_t n);
void names_holders(char text[TEXT], struct relatives *relatives,
		   const struct holder *first, const struct relative *but);
void names_accepters(char text[TEXT], struct relatives *relatives,
		     const struct holder *first);

#endif
