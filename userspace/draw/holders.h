/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_HOLDERS_H
#define REAPERCTL_HOLDERS_H

#include "find/survey.h"
#include "kernel/logfile.h"

void metrics_holders(const struct survey *survey, const struct reaped *reaped,
		     const char *programs, const char *units);

#endif
