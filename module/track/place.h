/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_PLACE_H
#define TCP_REAPER_PLACE_H

#include <linux/types.h>

/**
 * struct tcp_reaper_place - where a walk through a hash is
 * @census: the number of the census that it is part of; the first is 1
 * @states: TCPF_ bits of the states looked for
 * @bucket: next bucket
 * @skip: sockets of that bucket already taken
 */
struct tcp_reaper_place {
	u32 census;
	u32 states;
	u32 bucket;
	u32 skip;
};

#endif
