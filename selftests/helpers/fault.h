/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_FAULT_H
#define TCP_REAPER_SELFTESTS_FAULT_H

#include <stddef.h>

char *fault_pages(size_t size, int *faults);
char *fault_next(int faults);
void fault_end(int faults, char *page);

#endif
