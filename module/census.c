// SPDX-License-Identifier: GPL-2.0
/*
 * The census: walks the established hash for sockets that no hook reported:
 * those stuck since before the load, those lost with a full ring or a missed
 * probe, and, if the hook is blind, all.
 *
 * Most namespaces share one hash and are counted in one walk; from 6.1 on one
 * may have a hash of its own (net.ipv4.tcp_child_ehash_entries).
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "census.h"
#include "compat/hashinfo.h"
#include "facts.h"
#include "hook.h"
#include "judge.h"
#include "netns.h"
#include "nursery.h"
#include "watch.h"

/* As watch.c; a step looks at what the hooks reported first, and that takes. */
#define BUDGET_NS (8 * NSEC_PER_MSEC)
/* The time is looked at after so many buckets and sockets passed by... */
#define WORK_UNCHECKED 512
/* ...of which one that is looked at counts for so many more. */
#define SOCKET_WORK 8
/* Losses may come thick and fast: leave them at least this much rest... */
#define REST_MS 1000
/* ...and at least this many times what the last walk took: 5 % of a CPU. */
#define REST_FACTOR 20
#define BATCH 64
/* What is in a state for so long was, or was not, reported. */
#define REPORTED_MS 1000

#define STATES \
	(TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSING | \
	 TCPF_LAST_ACK)

unsigned int tcp_reaper_census_interval_s = 300;

/**
 * struct census - the walk that is going on, or the one to come
 * @number: of the walk going on, or of the last one; the first is 1
 * @walking: one is going on
 * @again: one more was asked for while it was
 * @of: seqno of the namespace whose hash is walked
 * @bucket: next bucket of it
 * @skip: sockets of that bucket already taken
 * @states: TCPF_ bits of the states looked for
 * @spent_ns: time spent so far
 * @ended: when the last one ended, jiffies
 * @rest: jiffies to rest after it
 * @missed: CLOSE_WAITs found that the hook should have reported
 * @events: what the hook had reported when the last walk ended
 *
 * Protected by tcp_reaper_net_lock.
 */
static struct census {
	u32 number;
	bool walking;
	bool again;
	u64 of;
	u32 bucket;
	u32 skip;
	u32 states;
	u64 spent_ns;
	unsigned long ended;
	unsigned long rest;
	u32 missed;
	u64 events;
} census;

static void census_step(struct work_struct *work);
static DECLARE_DELAYED_WORK(census_work, census_step);
/* Before the start too: a parameter given at load comes first of all. */
static bool stopped = true;

/* The namespace of a pinned socket, if we may look at it. */
static struct tcp_reaper_net *net_of(const struct sock *sk)
{
	struct tcp_reaper_net *rn;

	lockdep_assert_held(&tcp_reaper_net_lock);
	/* It holds its namespace, and so our part of it. */
	if (sk->sk_net_refcnt)
		return tcp_reaper_net(sock_net(sk));
	/* A kernel socket may outlive its namespace: only compare. */
	list_for_each_entry(rn, &tcp_reaper_nets, list)
		if (rn->net == sock_net(sk))
			return rn;
	return NULL;
}

static void found(struct sock *sk)
{
	enum tcp_reaper_class class = tcp_reaper_class_of(sk);
	u64 now = get_jiffies_64(), since = now;
	struct tcp_reaper_net *rn;

	if (class == TCP_REAPER_NO_CLASS)
		return;
	rn = net_of(sk);
	if (!rn || !tcp_reaper_wants(rn, class))
		return;
	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		/* The FIN came no later than the last sign of life. */
		since = tcp_reaper_last_heard(sk, now);
		break;
	case TCP_REAPER_ESTABLISHED:
		/* A healthy one costs this much, and no memory. */
		since = tcp_reaper_last_data(sk, now);
		if (!tcp_reaper_idle_for_long(rn, sk,
					      tcp_reaper_elapsed_ms(since,
								    now)))
			return;
		break;
	default:
		/* Its owner may have let go, or shut down, this moment. */
		break;
	}
	if (!tcp_reaper_watch(rn, sk, class, since, TCP_REAPER_BY_CENSUS))
		return;
	tcp_reaper_count_class(rn, class, TCP_REAPER_STAT_SEEN);
	/* The other classes are the census's own. */
	if (class != TCP_REAPER_CLOSE_WAIT && class != TCP_REAPER_ORPHAN)
		return;
	tcp_reaper_count(rn, TCP_REAPER_STAT_ADOPTED);
	if (class == TCP_REAPER_CLOSE_WAIT && tcp_reaper_hook_present() &&
	    census.number > rn->adopt_until &&
	    census.number > READ_ONCE(rn->refused_until) &&
	    tcp_reaper_elapsed_ms(since, now) > REPORTED_MS) {
		tcp_reaper_count(rn, TCP_REAPER_STAT_HOOK_MISSED);
		census.missed++;
	}
}

/*
 * Takes a batch from the bucket at which the walk is, and moves on past it if
 * that was all of it. Returns how much work that was.
 */
static u32 walk_on(struct inet_hashinfo *hashinfo)
{
	struct hlist_nulls_head *chain = &hashinfo->ehash[census.bucket].chain;
	const struct hlist_nulls_node *node;
	struct sock *batch[BATCH], *sk;
	u32 seen = 0, work = 1;
	int i, n = 0;

	if (hlist_nulls_empty(chain)) {
		census.bucket++;
		return work;
	}
	rcu_read_lock();
	sk_nulls_for_each_rcu(sk, node, chain) {
		work++;
		/* Time-wait and request sockets have states of their own. */
		if (!(1 << READ_ONCE(sk->sk_state) & census.states))
			continue;
		if (seen++ < census.skip)
			continue;
		if (n == BATCH)
			break;
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		if (sk_fullsock(sk))
			batch[n++] = sk;
		else
			sock_gen_put(sk);
	}
	rcu_read_unlock();
	for (i = 0; i < n; i++) {
		found(batch[i]);
		sock_put(batch[i]);
	}
	if (seen > census.skip + BATCH) {
		census.skip += BATCH;
	} else {
		census.skip = 0;
		census.bucket++;
	}
	return work + SOCKET_WORK * n;
}

/* The next namespace, from @seqno on, with a hash that is not yet walked. */
static struct tcp_reaper_net *next_hash(u64 seqno)
{
	struct inet_hashinfo *common = tcp_reaper_hashinfo(&init_net);
	struct tcp_reaper_net *rn;

	list_for_each_entry(rn, &tcp_reaper_nets, list)
		if (rn->seqno >= seqno &&
		    (rn->net == &init_net ||
		     tcp_reaper_hashinfo(rn->net) != common))
			return rn;
	return NULL;
}

static bool anybody_on(void)
{
	struct tcp_reaper_net *rn;

	list_for_each_entry(rn, &tcp_reaper_nets, list)
		if (READ_ONCE(rn->policy.mode) != TCP_REAPER_OFF)
			return true;
	return false;
}

static u32 states_wanted(void)
{
	struct tcp_reaper_net *rn;

	list_for_each_entry(rn, &tcp_reaper_nets, list)
		if (tcp_reaper_wants(rn, TCP_REAPER_ESTABLISHED))
			return STATES | TCPF_ESTABLISHED;
	return STATES;
}

static void begin(void)
{
	census.walking = true;
	census.again = false;
	WRITE_ONCE(census.number, census.number + 1);
	census.of = 0;
	census.bucket = 0;
	census.skip = 0;
	census.states = states_wanted();
	census.spent_ns = 0;
	census.missed = 0;
}

/* Works until the time is up; returns true when the walk is over. */
static bool walk(u64 end)
{
	struct inet_hashinfo *hashinfo;
	struct tcp_reaper_net *rn;
	u32 work = 0;

	for (;;) {
		rn = next_hash(census.of);
		if (!rn)
			return true;
		if (rn->seqno != census.of) {
			census.of = rn->seqno;
			census.bucket = 0;
			census.skip = 0;
		}
		hashinfo = tcp_reaper_hashinfo(rn->net);
		while (census.bucket <= hashinfo->ehash_mask) {
			work += walk_on(hashinfo);
			if (work < WORK_UNCHECKED)
				continue;
			work = 0;
			if (ktime_get_ns() >= end)
				return false;
			cond_resched();
		}
		census.of++;
		census.bucket = 0;
	}
}

/* Returns true if what was found says that the hook sees nothing. */
static bool finish(u64 events)
{
	struct tcp_reaper_net *rn;
	bool blind;

	list_for_each_entry(rn, &tcp_reaper_nets, list)
		if (READ_ONCE(rn->policy.mode) != TCP_REAPER_OFF)
			tcp_reaper_count(rn, TCP_REAPER_STAT_CENSUS_RUNS);
	blind = census.missed && events == census.events;
	census.events = events;
	census.walking = false;
	census.ended = jiffies;
	census.rest = max(msecs_to_jiffies(REST_MS),
			  nsecs_to_jiffies(census.spent_ns * REST_FACTOR));
	return blind;
}

static unsigned long next_delay(void)
{
	unsigned int s = READ_ONCE(tcp_reaper_census_interval_s);
	unsigned long rested = census.ended + census.rest;

	if (census.walking)
		return 0;
	if (census.again)
		return time_after(rested, jiffies) ? rested - jiffies : 0;
	if (!s)
		return MAX_JIFFY_OFFSET;
	return min_t(u64, (u64)s * HZ, MAX_JIFFY_OFFSET);
}

static void census_step(struct work_struct *work)
{
	/* Before the lock: what was reported till now is looked at first. */
	u64 events = tcp_reaper_nursery_events(TCP_REAPER_CLOSE_WAIT);
	u64 start = ktime_get_ns();
	unsigned long delay;
	bool blind = false;

	mutex_lock(&tcp_reaper_net_lock);
	if (!census.walking)
		begin();
	if (!anybody_on() || walk(start + BUDGET_NS)) {
		census.spent_ns += ktime_get_ns() - start;
		blind = finish(events);
	} else {
		census.spent_ns += ktime_get_ns() - start;
	}
	delay = next_delay();
	if (!stopped && delay < MAX_JIFFY_OFFSET)
		queue_delayed_work(tcp_reaper_wq, &census_work, delay);
	mutex_unlock(&tcp_reaper_net_lock);

	if (blind)
		tcp_reaper_hook_blind();
}

/**
 * tcp_reaper_census_adopt - what the next census finds here was not reported
 * @rn: the namespace, which a hook begins to report for
 *
 * Context: process context. Not under @rn's lock.
 */
void tcp_reaper_census_adopt(struct tcp_reaper_net *rn)
{
	mutex_lock(&tcp_reaper_net_lock);
	/* The one going on may have passed by already. */
	rn->adopt_until = census.number + 1 + census.walking;
	mutex_unlock(&tcp_reaper_net_lock);
	tcp_reaper_census_request();
}

/**
 * tcp_reaper_census_refused - a socket was reported, but could not be tracked
 * @rn: its namespace
 *
 * For as long as that goes on, what a census finds here is not held against the
 * hook: it may be what was turned away.
 *
 * Context: process context, under @rn's lock.
 */
void tcp_reaper_census_refused(struct tcp_reaper_net *rn)
{
	/* A walk that is going on may have passed by already. */
	WRITE_ONCE(rn->refused_until, READ_ONCE(census.number) + 1);
}

/**
 * tcp_reaper_census_request - ask for a census soon
 *
 * Context: process context.
 */
void tcp_reaper_census_request(void)
{
	struct tcp_reaper_net *rn;

	mutex_lock(&tcp_reaper_net_lock);
	if (!stopped) {
		/* What was lost can't be held against the hook. */
		list_for_each_entry(rn, &tcp_reaper_nets, list)
			rn->adopt_until =
				max(rn->adopt_until, census.number + 1);
		census.again = true;
		if (!census.walking)
			mod_delayed_work(tcp_reaper_wq, &census_work,
					 next_delay());
	}
	mutex_unlock(&tcp_reaper_net_lock);
}

/** tcp_reaper_census_retime - census_interval_s changed */
void tcp_reaper_census_retime(void)
{
	mutex_lock(&tcp_reaper_net_lock);
	if (!stopped && !census.walking && !census.again) {
		cancel_delayed_work(&census_work);
		if (next_delay() < MAX_JIFFY_OFFSET)
			queue_delayed_work(tcp_reaper_wq, &census_work,
					   next_delay());
	}
	mutex_unlock(&tcp_reaper_net_lock);
}

/** tcp_reaper_census_start - adopt what is stuck already, and go on counting */
void tcp_reaper_census_start(void)
{
	mutex_lock(&tcp_reaper_net_lock);
	stopped = false;
	census.ended = jiffies;
	mutex_unlock(&tcp_reaper_net_lock);
	tcp_reaper_census_request();
}

/**
 * tcp_reaper_census_stop - no more censuses
 *
 * Context: process context, sleeps until a step is over.
 */
void tcp_reaper_census_stop(void)
{
	mutex_lock(&tcp_reaper_net_lock);
	stopped = true;
	mutex_unlock(&tcp_reaper_net_lock);
	cancel_delayed_work_sync(&census_work);
}
