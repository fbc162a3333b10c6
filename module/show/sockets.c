// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/reaper/sockets: a line for each tracked socket.
 *
 * A reader takes the namespace's lock for as long as it takes to copy some
 * entries, and looks at their sockets and writes the lines without it. So
 * whoever reads, or seeks far out, which is reading without telling, costs
 * itself time and nobody else.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/sock.h>

#include "decide/verdict.h"
#include "net/net.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/flow.h"
#include "sock/weakref.h"
#include "sockets.h"
#include "track/entry.h"
#include "track/table.h"
#include "words.h"

#define BATCH 32

/**
 * struct reader - where a reader is
 * @p: what seq_file_net() needs, first
 * @nr: how many entries are copied
 * @at: the one that is shown
 * @next: where to copy on from; TCP_REAPER_KEY_END at the end
 * @copy: the copies, by key
 */
struct reader {
	struct seq_net_private p;
	int nr;
	int at;
	u64 next;
	struct tcp_reaper_entry copy[BATCH];
};

/**
 * tcp_reaper_sockets_state_size - what a reader needs
 *
 * Return: bytes, for proc_create_net().
 */
int tcp_reaper_sockets_state_size(void)
{
	return sizeof(struct reader);
}

static u64 key_at(const struct reader *r, int i)
{
	return tcp_reaper_table_key(r->copy[i].sk);
}

/* Into its place among those of its bucket; the last is dropped if it is full.
 */
static void insert(struct reader *r, int from, const struct tcp_reaper_entry *e)
{
	u64 key = tcp_reaper_table_key(e->sk);
	int i;

	if (r->nr == BATCH) {
		if (key > key_at(r, BATCH - 1))
			return;
		r->nr--;
	}
	for (i = r->nr++; i > from && key_at(r, i - 1) > key; i--)
		r->copy[i] = r->copy[i - 1];
	r->copy[i] = *e;
}

static bool is_to_end(void)
{
	return fatal_signal_pending(current);
}

/* Copies whole buckets, in the order of keys, for as long as there is room. */
static void copy_some(struct tcp_reaper_net *rn, struct reader *r)
{
	u64 cursor = r->next, next = cursor;
	struct tcp_reaper_entry *e;
	int from, in_bucket;

	lockdep_assert_held(&rn->lock);
	while (r->nr < BATCH) {
		e = tcp_reaper_table_from(&rn->table, &cursor, &next);
		if (!e) {
			next = cursor;
			break;
		}
		from = r->nr;
		for (in_bucket = 0; e; in_bucket++) {
			insert(r, from, e);
			e = tcp_reaper_table_same_bucket(e, cursor);
		}
		/* The rest of a bucket is copied the next time. */
		if (in_bucket > r->nr - from) {
			next = key_at(r, r->nr - 1) + 1;
			break;
		}
		cursor = next;
	}
	r->next = next;
}

/* The entry at which the reader is, and its position; NULL at the end. */
static void *current_entry(struct seq_file *m, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_net(m));
	struct reader *r = m->private;

	while (r->at == r->nr) {
		if (r->next >= TCP_REAPER_KEY_END) {
			*pos = TCP_REAPER_KEY_END + 1;
			return NULL;
		}
		if (is_to_end() || !tcp_reaper_hold(rn, is_to_end))
			return ERR_PTR(-EINTR);
		r->at = 0;
		r->nr = 0;
		copy_some(rn, r);
		tcp_reaper_let_go(rn);
		cond_resched();
	}
	*pos = key_at(r, r->at) + 1;
	return &r->copy[r->at];
}

/* A position is 1 + a place in the space of keys; 0 is the header. */
static void *start(struct seq_file *m, loff_t *pos)
{
	struct reader *r = m->private;

	if (!*pos)
		return SEQ_START_TOKEN;
	r->nr = 0;
	r->at = 0;
	r->next = *pos - 1;
	return current_entry(m, pos);
}

static void *next(struct seq_file *m, void *v, loff_t *pos)
{
	struct reader *r = m->private;

	if (v == SEQ_START_TOKEN) {
		*pos = 1;
		return start(m, pos);
	}
	r->at++;
	return current_entry(m, pos);
}

static void stop(struct seq_file *m, void *v)
{
}

/* What is done once its time is up. */
static const char *action_word(const struct tcp_reaper_facts *facts, u8 action)
{
	if (action == TCP_REAPER_PROBE && facts->probed)
		return "probing";
	return tcp_reaper_action_word(action);
}

static int show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_net(m));
	struct tcp_reaper_entry *e = v;
	struct tcp_reaper_policy policy;
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;
	struct tcp_reaper_ends ends;
	struct sock *sk;
	u32 rxq, txq;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m,
			 "class state age_ms idle_ms local remote uid inode rxq txq verdict timeout_ms action\n");
		return 0;
	}
	sk = tcp_reaper_ref_get(rn->net, e->sk, e->hash);
	if (!sk)
		return 0;
	if (!tcp_reaper_entry_matches(e, sk))
		goto out;
	tcp_reaper_entry_facts(e, sk, tcp_reaper_now(), &facts);
	tcp_reaper_policy_snapshot(rn, &policy);
	d = tcp_reaper_judge(rn, &policy, sk, &facts, NULL);

	seq_printf(m, "%s %s %llu %llu ", tcp_reaper_class_word(facts.class),
		   tcp_reaper_state_word(facts.state), facts.age_ms,
		   facts.idle_ms);
	tcp_reaper_ends_read(sk, &ends);
	tcp_reaper_ends_show(m, &ends);
	tcp_reaper_queues_read(sk, &rxq, &txq);
	seq_printf(m, " %u %llu %u %u %s %u %s\n",
		   from_kuid_munged(seq_user_ns(m), READ_ONCE(sk->sk_uid)),
		   (u64)sock_i_ino(sk), rxq, txq,
		   d.endless ? "never" : tcp_reaper_verdict_word(d.verdict),
		   d.timeout_ms, action_word(&facts, d.action));
out:
	sock_put(sk);
	return 0;
}

const struct seq_operations tcp_reaper_sockets_ops = {
	.start = start,
	.next = next,
	.stop = stop,
	.show = show,
};
