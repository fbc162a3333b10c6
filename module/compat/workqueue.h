/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_WORKQUEUE_H
#define TCP_REAPER_COMPAT_WORKQUEUE_H

#include <linux/workqueue.h>

#include "config.h"

/*
 * A work queue that is not WQ_UNBOUND says so since 930c2ea566af ("workqueue:
 * Add new WQ_PERCPU flag", 6.18); before, that goes without saying.
 */
#ifndef TCP_REAPER_HAVE_WQ_PERCPU
#define WQ_PERCPU 0
#endif

#endif
