/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOAD_H
#define REAPERCTL_LOAD_H

int load_lock(void);
void load_served(void);

#endif
