/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_SLAB_H
#define TCP_REAPER_COMPAT_SLAB_H

#include <linux/slab.h>

/*
 * A cache that is never merged with another of its size, so that it shows in
 * /proc/slabinfo by its name.
 *
 * d0bf7d5759c1 ("mm/slab: introduce kmem_cache flag SLAB_NO_MERGE"), 6.5.
 * Before, of what keeps a cache apart, a region that may be copied to user
 * space is the one that costs nothing; nobody does copy it.
 */
static inline struct kmem_cache *
tcp_reaper_cache_create(const char *name, unsigned int size,
			unsigned int harmless_at, unsigned int harmless_size)
{
#ifdef SLAB_NO_MERGE
	return kmem_cache_create(name, size, 0, SLAB_NO_MERGE, NULL);
#else
	return kmem_cache_create_usercopy(name, size, 0, 0, harmless_at,
					  harmless_size, NULL);
#endif
}

#endif
