// SPDX-License-Identifier: GPL-2.0-only
/*
 * One tracked socket: what is noted of it, whether it is still the same one,
 * and what is known of it now.
 */
#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <net/inet_sock.h>
#include <net/mptcp.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/slab.h"
#include "entry.h"
#include "share.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/kernel.h"

static struct kmem_cache *cache;

/**
 * tcp_reaper_entry_setup - make what all entries share
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_entry_setup(void)
{
	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) &&
		     sizeof(struct tcp_reaper_entry) != 56);
	/*
	 * A cache of its own, so a leak shows by its name. Without
	 * SLAB_ACCOUNT, which costs 8 bytes more an entry as soon as there is a
	 * memory cgroup, and would charge nobody: entries are made by a worker.
	 */
	cache = tcp_reaper_cache_create("tcp_reaper_entry",
					sizeof(struct tcp_reaper_entry),
					offsetof(struct tcp_reaper_entry, mark),
					sizeof(u32));
	return cache ? 0 : -ENOMEM;
}

/** tcp_reaper_entry_teardown - undo tcp_reaper_entry_setup() */
void tcp_reaper_entry_teardown(void)
{
	WARN_ON(!tcp_reaper_share_all_given());
	kmem_cache_destroy(cache);
}

/**
 * tcp_reaper_entry_new - an entry in no list yet
 * @share: whose room it takes
 * @sk: the socket
 *
 * Does not wait for memory, as those who call it serve all namespaces.
 *
 * Context: any but NMI.
 * Return: the entry, zeroed but for @sk; NULL without room or memory.
 */
struct tcp_reaper_entry *tcp_reaper_entry_new(struct tcp_reaper_share *share,
					      struct sock *sk)
{
	struct tcp_reaper_entry *entry;

	if (!tcp_reaper_share_take(share))
		return NULL;
	entry = kmem_cache_zalloc(cache, GFP_NOWAIT | __GFP_NOWARN);
	if (!entry) {
		tcp_reaper_share_give(share);
		tcp_reaper_share_refuse();
		return NULL;
	}
	entry->sk = sk;
	return entry;
}

/**
 * tcp_reaper_entry_free - free an entry that is in no list any more
 * @share: whose room it took
 * @entry: the entry
 */
void tcp_reaper_entry_free(struct tcp_reaper_share *share,
			   struct tcp_reaper_entry *entry)
{
	kmem_cache_free(cache, entry);
	tcp_reaper_share_give(share);
}

/**
 * tcp_reaper_entry_seq - the sequence number that tells a socket from its heir
 * @sk: the socket, pinned
 * @class: its class
 *
 * In CLOSE_WAIT nothing more can arrive (rcv_nxt is past the FIN); once its
 * owner closes nothing more can be written, but a FIN (write_seq). In
 * ESTABLISHED all numbers move, but what is decided there needs no more than
 * the socket shows.
 *
 * Return: the number.
 */
u32 tcp_reaper_entry_seq(const struct sock *sk, enum tcp_reaper_class class)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		return READ_ONCE(tp->rcv_nxt);
	case TCP_REAPER_ORPHAN:
	case TCP_REAPER_FIN_WAIT2:
		return READ_ONCE(tp->write_seq);
	default:
		return 0;
	}
}

/* What was read up to; the FIN, the last in CLOSE_WAIT, is nothing to read. */
static u32 read_up_to(const struct sock *sk, enum tcp_reaper_class class)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 copied = READ_ONCE(tp->copied_seq);

	if (class == TCP_REAPER_CLOSE_WAIT && copied == READ_ONCE(tp->rcv_nxt))
		copied--;
	return copied;
}

/*
 * The numbers whose movement is progress; each only grows, so a sum of two
 * moves if one does:
 * - CLOSE_WAIT: data acknowledged and new data sent, and data read;
 * - after our FIN, and an orphan: data acknowledged (sending more needs that);
 * - held FIN_WAIT2: data received, data read, which lets the peer send more;
 * - ESTABLISHED: data sent, data received.
 */
static void read_marks(const struct tcp_reaper_entry *entry,
		       const struct sock *sk, u32 mark[2])
{
	const struct tcp_sock *tp = tcp_sk(sk);

	mark[0] = 0;
	mark[1] = 0;
	switch (entry->class) {
	case TCP_REAPER_CLOSE_WAIT:
		mark[0] = READ_ONCE(tp->snd_una);
		if (!entry->fin) {
			mark[0] += READ_ONCE(tp->snd_nxt);
			mark[1] = read_up_to(sk, entry->class);
		}
		break;
	case TCP_REAPER_ORPHAN:
		mark[0] = READ_ONCE(tp->snd_una);
		break;
	case TCP_REAPER_FIN_WAIT2:
		mark[0] = READ_ONCE(tp->rcv_nxt);
		mark[1] = read_up_to(sk, entry->class);
		break;
	case TCP_REAPER_ESTABLISHED:
		mark[0] = READ_ONCE(tp->snd_nxt);
		mark[1] = READ_ONCE(tp->rcv_nxt);
		break;
	}
}

/**
 * tcp_reaper_entry_begin - note a socket at the start of its time in a class
 * @entry: where; its @sk is set
 * @sk: the socket, pinned
 * @class: its class
 * @since: when it entered the class, by tcp_reaper_now()
 */
void tcp_reaper_entry_begin(struct tcp_reaper_entry *entry,
			    const struct sock *sk, enum tcp_reaper_class class,
			    u64 since)
{
	entry->hash = READ_ONCE(sk->sk_hash);
	entry->seq = tcp_reaper_entry_seq(sk, class);
	entry->class = class;
	entry->since = since;
	entry->progress = since;
	entry->held = class == TCP_REAPER_ORPHAN && !sock_flag(sk, SOCK_DEAD);
	read_marks(entry, sk, entry->mark);
}

/**
 * tcp_reaper_entry_note - note one that is to be looked at later
 * @entry: where; its @sk is set, and not followed
 * @hash: its sk_hash
 * @seq: as tcp_reaper_entry_seq(), when it entered the class
 * @class: its class
 * @since: when that was, by tcp_reaper_now()
 */
void tcp_reaper_entry_note(struct tcp_reaper_entry *entry, u32 hash, u32 seq,
			   enum tcp_reaper_class class, u64 since)
{
	entry->hash = hash;
	entry->seq = seq;
	entry->class = class;
	entry->since = since;
	entry->unseen = 1;
}

/**
 * tcp_reaper_entry_restart - its clock starts anew
 * @entry: what was noted
 * @sk: the socket, locked
 * @now: tcp_reaper_now()
 */
void tcp_reaper_entry_restart(struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 now)
{
	entry->progress = now;
	read_marks(entry, sk, entry->mark);
}

static bool in_class(const struct tcp_reaper_entry *entry,
		     const struct sock *sk)
{
	if (entry->held)
		return tcp_reaper_sk_closing(sk);
	/* Our FIN took it from CLOSE_WAIT to LAST_ACK, orphaned or not. */
	if (entry->fin)
		return inet_sk_state_load(sk) == TCP_LAST_ACK;
	return tcp_reaper_class_of(sk) == entry->class;
}

/**
 * tcp_reaper_entry_same - is this the connection that was noted
 * @entry: what was noted
 * @sk: the socket found under its pointer and hash, pinned
 *
 * close() changes the state first, and counts the FIN in write_seq after that
 * (__tcp_close(), tcp_send_fin()): whoever was noted before has one more.
 *
 * Return: false if it is an heir.
 */
bool tcp_reaper_entry_same(const struct tcp_reaper_entry *entry,
			   const struct sock *sk)
{
	u32 more = tcp_reaper_entry_seq(sk, entry->class) - entry->seq;

	return !more || (more == 1 && entry->class == TCP_REAPER_ORPHAN);
}

/**
 * tcp_reaper_entry_matches - is this still the socket that was noted
 * @entry: what was noted
 * @sk: the socket found under its pointer and hash, pinned
 *
 * Return: false if it left the class, or is another connection.
 */
bool tcp_reaper_entry_matches(const struct tcp_reaper_entry *entry,
			      const struct sock *sk)
{
	return in_class(entry, sk) && tcp_reaper_entry_same(entry, sk);
}

/* When a number moved, by a stamp of the socket's; a later one if in doubt. */
static u64 stamped(const struct tcp_reaper_entry *entry, u64 stamp, u64 now)
{
	/* The stamp comes after the number, and was not there yet. */
	return stamp > entry->progress ? stamp : now;
}

/*
 * When a number moved is known to be no later than the socket's own stamps,
 * which retransmissions and probes move as well; so a clock may start too late,
 * by less than the time since the last look, but never too early. Of reading
 * there is no stamp.
 */
static u64 moved_at(const struct tcp_reaper_entry *entry, const struct sock *sk,
		    const bool moved[2], u64 now)
{
	u64 stamp = 0;

	switch (entry->class) {
	case TCP_REAPER_CLOSE_WAIT:
		if (moved[1])
			return now;
		if (moved[0] && !entry->fin)
			stamp = tcp_reaper_last_sent(sk);
		fallthrough;
	case TCP_REAPER_ORPHAN:
		return stamped(entry, max(stamp, tcp_reaper_last_acked(sk)),
			       now);
	case TCP_REAPER_FIN_WAIT2:
		return now;
	default:
		if (moved[0])
			stamp = tcp_reaper_last_sent(sk);
		if (moved[1])
			stamp = max(stamp, tcp_reaper_last_received(sk));
		return stamped(entry, stamp, now);
	}
}

static void notice_progress(struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 now)
{
	bool moved[2];
	u32 mark[2];

	read_marks(entry, sk, mark);
	moved[0] = mark[0] != entry->mark[0];
	moved[1] = mark[1] != entry->mark[1];
	if (!moved[0] && !moved[1])
		return;
	entry->mark[0] = mark[0];
	entry->mark[1] = mark[1];
	entry->progress = moved_at(entry, sk, moved, now);
	if (entry->class == TCP_REAPER_ESTABLISHED)
		entry->since = entry->progress;
}

/**
 * tcp_reaper_entry_facts - look at a tracked socket
 * @entry: what was noted of it; its progress is brought up to date
 * @sk: the socket, pinned, and matching @entry
 * @now: tcp_reaper_now()
 * @facts: the answer
 */
void tcp_reaper_entry_facts(struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 now,
			    struct tcp_reaper_facts *facts)
{
	if (entry->held) {
		/* Its time without an owner has yet to begin. */
		entry->since = now;
		entry->progress = now;
		entry->held = !sock_flag(sk, SOCK_DEAD);
	}
	notice_progress(entry, sk, now);

	*facts = (struct tcp_reaper_facts){
		.class = entry->class,
		.state = inet_sk_state_load(sk),
		.held = entry->held,
		.queued = tcp_reaper_sk_queued(sk),
		.kernel = tcp_reaper_sk_is_kernel(sk),
		.mptcp = sk_is_mptcp(sk),
		.repair = tcp_sk(sk)->repair,
		.ulp = READ_ONCE(inet_csk(sk)->icsk_ulp_ops),
		.unread = tcp_reaper_sk_unread(sk),
		.fin = entry->fin,
		.keepalive = sock_flag(sk, SOCK_KEEPOPEN),
		.probed = tcp_reaper_sk_probed(sk),
		.user_timeout = READ_ONCE(inet_csk(sk)->icsk_user_timeout),
		.age_ms = tcp_reaper_elapsed_ms(entry->since, now),
		.idle_ms = tcp_reaper_elapsed_ms(entry->progress, now),
	};
	entry->probing = entry->class == TCP_REAPER_ESTABLISHED &&
			 facts->probed && tcp_reaper_sk_last_probe_out(sk);
}

/**
 * tcp_reaper_entry_merge - take over what an act changed in a copy
 * @entry: the entry
 * @copy: the copy that the act was given
 *
 * Context: under the namespace's lock.
 */
void tcp_reaper_entry_merge(struct tcp_reaper_entry *entry,
			    const struct tcp_reaper_entry *copy)
{
	entry->since = copy->since;
	entry->progress = copy->progress;
	entry->mark[0] = copy->mark[0];
	entry->mark[1] = copy->mark[1];
	entry->held = copy->held;
	entry->fin = copy->fin;
	entry->probing = copy->probing;
}
