/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_ENTRY_H
#define TCP_REAPER_ENTRY_H

#include <linux/llist.h>
#include <linux/types.h>

#include "shared/policy.h"

struct sock;
struct tcp_reaper_share;

/**
 * struct tcp_reaper_entry - one tracked socket: a weak reference and its clocks
 * @index_next: next in its bucket of the index
 * @handed: while it is handed over (handover.c), in place of @index_next
 * @gen_next: next in its generation, or in what is put up for a look
 * @sk: the socket; only to be followed after tcp_reaper_ref_get() found it
 * @hash: its sk_hash
 * @seq: the number that stands still in its class, by which a socket is told
 *	from its heir
 * @mark: numbers whose movement is progress, as last looked at
 * @since: when it entered its class, by tcp_reaper_now()
 * @class: enum tcp_reaper_class
 * @held: an orphan-to-be whose owner is still inside close()
 * @fin: we sent a FIN in its owner's stead
 * @probing: the kernel's last probe was unanswered when last looked at
 * @opening: in no index yet, as its transition was begun and not seen done
 * @gone: no longer in the index; freed when its generation is next looked at
 * @census: a census found it, not a hook
 * @unreported: and a hook should have reported it
 * @apart: it was let alone when last looked at, whatever its age: orphan/max
 *	does not take it either
 * @unseen: the socket was not looked at yet: @mark is not set
 * @ruled: number of the list of rules in which it was counted as a hit; 0: none
 * @progress: last progress that was noticed; never before @since
 * @counted: bit per enum tcp_reaper_verdict: counted for this socket; the one
 *	after them: as one that would be probed; the next: as one that had to
 *	wait for reaps_per_s
 *
 * 56 bytes, and at most 8 for its share of the index: see table.c. 2^48
 * jiffies are 8,900 years at HZ=1000. Whoever made an entry owns it until it is
 * handed over; from then on all of it is under its namespace's lock, and an act
 * works on a copy (act.c) that is merged under the lock.
 */
struct tcp_reaper_entry {
	union {
		struct tcp_reaper_entry *index_next;
		struct llist_node handed;
	};
	struct tcp_reaper_entry *gen_next;
	struct sock *sk;
	u32 hash;
	u32 seq;
	u32 mark[2];
	u64 since : 48, class : 3, held : 1, fin : 1, probing : 1, opening : 1,
		gone : 1, census : 1, unreported : 1, apart : 1, unseen : 1,
		ruled : 4;
	u64 progress : 48, counted : 16;
};

int tcp_reaper_entry_setup(void);
void tcp_reaper_entry_teardown(void);

struct tcp_reaper_entry *tcp_reaper_entry_new(struct tcp_reaper_share *share,
					      struct sock *sk);
void tcp_reaper_entry_free(struct tcp_reaper_share *share,
			   struct tcp_reaper_entry *entry);
u32 tcp_reaper_entry_seq(const struct sock *sk, enum tcp_reaper_class class);
void tcp_reaper_entry_begin(struct tcp_reaper_entry *entry,
			    const struct sock *sk, enum tcp_reaper_class class,
			    u64 since);
void tcp_reaper_entry_note(struct tcp_reaper_entry *entry, u32 hash, u32 seq,
			   enum tcp_reaper_class class, u64 since);
void tcp_reaper_entry_restart(struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 now);
bool tcp_reaper_entry_same(const struct tcp_reaper_entry *entry,
			   const struct sock *sk);
bool tcp_reaper_entry_matches(const struct tcp_reaper_entry *entry,
			      const struct sock *sk);
void tcp_reaper_entry_facts(struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 now,
			    struct tcp_reaper_facts *facts);
void tcp_reaper_entry_merge(struct tcp_reaper_entry *entry,
			    const struct tcp_reaper_entry *copy);

#endif
