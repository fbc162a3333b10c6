// SPDX-License-Identifier: GPL-2.0-only
/* 930c2ea566af ("workqueue: Add new WQ_PERCPU flag"), 6.18 */
#include <linux/workqueue.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return WQ_PERCPU;
}
