// SPDX-License-Identifier: GPL-2.0
/*
 * The census: walks the established hash for sockets that no hook reported:
 * those stuck since before the load, those lost with a full ring or a missed
 * probe, and, if there is no hook, all.
 *
 * Most namespaces share one hash and are counted in one walk; from 6.1 on one
 * may have a hash of its own (net.ipv4.tcp_child_ehash_entries). No lock of a
 * namespace's is waited for, and no rule of a namespace's is looked at: what a
 * tenant has many of is worked off in the tenant's own time (owner.c).
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "census.h"
#include "compat/hashinfo.h"
#include "handover.h"
#include "hook/nursery.h"
#include "net/all.h"
#include "net/net.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "trust.h"

/* Longest time at a stretch; nf_conntrack's gc_worker has 10 ms. */
#define STRETCH_NS (8 * NSEC_PER_MSEC)
/* The time is looked at after so many buckets and sockets passed by... */
#define WORK_UNCHECKED 512
/* ...of which one that is looked at counts for so many more. */
#define SOCKET_WORK 8
/* Losses may come thick and fast: leave them at least this much rest... */
#define REST_MS 1000
/* ...and at least this many times what the last walk took: 2 % of a CPU. */
#define REST_FACTOR 50
#define BATCH 64

#define STATES \
	(TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSING | \
	 TCPF_LAST_ACK)

unsigned int tcp_reaper_census_interval_s = 300;

/**
 * struct walk - the walk that is going on; the worker's alone
 * @number: of it, or of the last one; the first is 1
 * @hash_of: number of the namespace whose hash is walked
 * @bucket: next bucket of it
 * @skip: sockets of that bucket already taken
 * @states: TCPF_ bits of the states looked for
 * @spent_ns: time spent so far
 */
static struct walk {
	u32 number;
	unsigned long hash_of;
	u32 bucket;
	u32 skip;
	u32 states;
	u64 spent_ns;
} walk;

/**
 * struct plan - when there is a walk
 * @lock: protects the rest; held for a moment
 * @stopped: no more, as before the start
 * @walking: one is going on
 * @again: one more was asked for
 * @ended: when the last one ended, jiffies
 * @rest: jiffies to rest after it
 */
static struct plan {
	spinlock_t lock; /* see above */
	bool stopped;
	bool walking;
	bool again;
	unsigned long ended;
	unsigned long rest;
} plan = {
	.lock = __SPIN_LOCK_UNLOCKED(plan.lock),
	.stopped = true,
};

static void census_step(struct work_struct *work);
static DECLARE_DELAYED_WORK(census_work, census_step);
static struct workqueue_struct *wq;

/* The namespace of a pinned socket, if there is such a one; under RCU. */
static struct tcp_reaper_net *net_of(const struct sock *sk)
{
	/* It holds its namespace, and so our part of it. */
	if (sk->sk_net_refcnt)
		return tcp_reaper_net(sock_net(sk));
	/* A kernel socket may outlive its namespace: only compare. */
	return tcp_reaper_all_find(sock_net(sk));
}

/* Since when, if it has been idle for long enough to be looked at by rules. */
static bool idle_since(struct tcp_reaper_net *rn, const struct sock *sk,
		       u64 *since)
{
	u64 shortest = tcp_reaper_shortest_ms(rn, TCP_REAPER_ESTABLISHED);

	/* A keepalive of its owner's lets it alone, unless it is to count. */
	if (sock_flag(sk, SOCK_KEEPOPEN) && !tcp_reaper_sk_probed(sk) &&
	    !READ_ONCE(rn->policy.established_keepalive))
		return false;
	*since = max(tcp_reaper_last_sent(sk), tcp_reaper_last_received(sk));
	return tcp_reaper_elapsed_ms(*since, tcp_reaper_now()) >=
	       min(shortest, tcp_reaper_stamped_ms());
}

static void found(struct sock *sk)
{
	enum tcp_reaper_class class = tcp_reaper_class_of(sk);
	u64 since = tcp_reaper_now();
	struct tcp_reaper_net *rn;

	if (class == TCP_REAPER_NO_CLASS)
		return;
	rcu_read_lock();
	rn = net_of(sk);
	if (!rn || READ_ONCE(rn->closing) ||
	    READ_ONCE(rn->policy.mode) == TCP_REAPER_OFF ||
	    !tcp_reaper_wants(rn, class))
		goto out;
	/* A healthy one costs this much, and no memory. */
	if (class == TCP_REAPER_ESTABLISHED && !idle_since(rn, sk, &since))
		goto out;
	/* The FIN came no later than the last sign of life. */
	if (class == TCP_REAPER_CLOSE_WAIT)
		since = max(tcp_reaper_last_acked(sk),
			    tcp_reaper_last_sent(sk));
	/* Of others the owner may have let go, or shut down, this moment. */
	if (!tcp_reaper_known(rn, sk, class))
		tcp_reaper_hand_over(rn, sk, class, since,
				     TCP_REAPER_BY_CENSUS);
out:
	rcu_read_unlock();
}

/*
 * Takes a batch from the bucket at which the walk is, and moves on past it if
 * that was all of it. Returns how much work that was. Apart from what goes past
 * empty buckets: a kernel that clears the stack does so at each call.
 */
static noinline u32 walk_bucket(struct hlist_nulls_head *chain)
{
	const struct hlist_nulls_node *node;
	struct sock *batch[BATCH], *sk;
	u32 seen = 0, work = 1;
	int i, n = 0;

	rcu_read_lock();
	sk_nulls_for_each_rcu(sk, node, chain) {
		work++;
		/* Time-wait and request sockets have states of their own. */
		if (!(1 << READ_ONCE(sk->sk_state) & walk.states))
			continue;
		if (seen++ < walk.skip)
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
	if (seen > walk.skip + BATCH) {
		walk.skip += BATCH;
	} else {
		walk.skip = 0;
		walk.bucket++;
	}
	return work + SOCKET_WORK * n;
}

/*
 * Walks one stretch of a hash, of which the namespace is not pinned: under RCU,
 * but for the looks at sockets, which are pinned. The hash of a namespace may
 * be freed as soon as that is gone, so it is asked for anew each time.
 */
static u32 walk_on(struct inet_hashinfo *hashinfo)
{
	u32 work = 0;

	while (walk.bucket <= hashinfo->ehash_mask && work < WORK_UNCHECKED) {
		if (hlist_nulls_empty(&hashinfo->ehash[walk.bucket].chain)) {
			walk.bucket++;
			work++;
			continue;
		}
		work += walk_bucket(&hashinfo->ehash[walk.bucket].chain);
	}
	return work;
}

/* The namespace whose hash is to be walked, pinned; NULL at the end. */
static struct net *next_hash(void)
{
	struct inet_hashinfo *common = tcp_reaper_hashinfo(&init_net);
	struct tcp_reaper_net *rn;
	unsigned long id = walk.hash_of;
	struct net *net = NULL;

	rcu_read_lock();
	while ((rn = tcp_reaper_all_from(&id))) {
		/* One that is about to go away has no sockets that matter. */
		if (rn->net == &init_net ||
		    tcp_reaper_hashinfo(rn->net) != common)
			net = maybe_get_net(rn->net);
		if (net)
			break;
		id++;
	}
	rcu_read_unlock();
	if (id != walk.hash_of) {
		walk.hash_of = id;
		walk.bucket = 0;
		walk.skip = 0;
	}
	return net;
}

/* Works until the time is up; returns true when the walk is over. */
static bool walk_until(u64 end)
{
	struct inet_hashinfo *hashinfo;
	struct net *net;
	bool in_time = true;

	while (in_time) {
		net = next_hash();
		if (!net)
			return true;
		hashinfo = tcp_reaper_hashinfo(net);
		while (in_time && walk.bucket <= hashinfo->ehash_mask) {
			walk_on(hashinfo);
			in_time = ktime_get_ns() < end;
			cond_resched();
		}
		if (walk.bucket > hashinfo->ehash_mask) {
			walk.hash_of++;
			walk.bucket = 0;
			walk.skip = 0;
		}
		put_net(net);
	}
	return false;
}

/* Calls a function for each namespace that is not off; true stops it. */
static bool any_on(bool (*fn)(struct tcp_reaper_net *rn))
{
	struct tcp_reaper_net *rn;
	unsigned long id = 0;
	bool stop = false;

	rcu_read_lock();
	for (; !stop && (rn = tcp_reaper_all_from(&id)); id++)
		if (READ_ONCE(rn->policy.mode) != TCP_REAPER_OFF)
			stop = fn(rn);
	rcu_read_unlock();
	return stop;
}

static bool is_on(struct tcp_reaper_net *rn)
{
	return true;
}

static bool wants_established(struct tcp_reaper_net *rn)
{
	return tcp_reaper_wants(rn, TCP_REAPER_ESTABLISHED);
}

static bool count_run(struct tcp_reaper_net *rn)
{
	tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_CENSUS_RUNS);
	return false;
}

/* Returns false if there is to be none. */
static bool begin(void)
{
	bool walking;

	spin_lock_bh(&plan.lock);
	walking = plan.walking;
	plan.walking = true;
	if (!walking)
		plan.again = false;
	spin_unlock_bh(&plan.lock);
	if (walking)
		return true;
	walk = (struct walk){ .number = walk.number + 1, .states = STATES };
	tcp_reaper_trust_census(walk.number, true);
	if (any_on(wants_established))
		walk.states |= TCPF_ESTABLISHED;
	return any_on(is_on);
}

static unsigned long next_delay(void)
{
	unsigned int s = READ_ONCE(tcp_reaper_census_interval_s);
	unsigned long rested = plan.ended + plan.rest;

	lockdep_assert_held(&plan.lock);
	if (plan.walking)
		return 1;
	if (plan.again)
		return time_after(rested, jiffies) ? rested - jiffies : 0;
	if (!s)
		return MAX_JIFFY_OFFSET;
	return min_t(u64, (u64)s * HZ, MAX_JIFFY_OFFSET);
}

static void set_work(void)
{
	unsigned long delay = next_delay();

	if (!plan.stopped && delay < MAX_JIFFY_OFFSET)
		mod_delayed_work(wq, &census_work, delay);
}

static void finish(void)
{
	any_on(count_run);
	tcp_reaper_trust_census(walk.number, false);
	spin_lock_bh(&plan.lock);
	plan.walking = false;
	plan.ended = jiffies;
	plan.rest = max(msecs_to_jiffies(REST_MS),
			nsecs_to_jiffies(walk.spent_ns * REST_FACTOR));
	spin_unlock_bh(&plan.lock);
}

static void census_step(struct work_struct *work)
{
	u64 start;
	bool over;

	/* What was reported till now is looked at first. */
	tcp_reaper_nursery_drain();
	start = ktime_get_ns();
	over = !begin() || walk_until(start + STRETCH_NS);
	/* What is more was other people's time. */
	walk.spent_ns += min_t(u64, ktime_get_ns() - start, STRETCH_NS);
	if (over)
		finish();
	spin_lock_bh(&plan.lock);
	set_work();
	spin_unlock_bh(&plan.lock);
}

/**
 * tcp_reaper_census_request - ask for a census soon
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_census_request(void)
{
	spin_lock_bh(&plan.lock);
	plan.again = true;
	if (!plan.walking)
		set_work();
	spin_unlock_bh(&plan.lock);
}

/**
 * tcp_reaper_census_retime - census_interval_s changed
 *
 * Context: process context.
 */
void tcp_reaper_census_retime(void)
{
	spin_lock_bh(&plan.lock);
	if (!plan.walking && !plan.again && !plan.stopped) {
		cancel_delayed_work(&census_work);
		set_work();
	}
	spin_unlock_bh(&plan.lock);
}

/**
 * tcp_reaper_census_setup - before the first namespace is there
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_census_setup(void)
{
	wq = alloc_workqueue("tcp_reaper_census", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return wq ? 0 : -ENOMEM;
}

/** tcp_reaper_census_start - adopt what is stuck already, and go on counting */
void tcp_reaper_census_start(void)
{
	spin_lock_bh(&plan.lock);
	plan.stopped = false;
	plan.ended = jiffies;
	spin_unlock_bh(&plan.lock);
	tcp_reaper_census_request();
}

/**
 * tcp_reaper_census_stop - no more censuses
 *
 * Context: process context, sleeps until a stretch is over.
 */
void tcp_reaper_census_stop(void)
{
	spin_lock_bh(&plan.lock);
	plan.stopped = true;
	spin_unlock_bh(&plan.lock);
	cancel_delayed_work_sync(&census_work);
}

/** tcp_reaper_census_teardown - undo tcp_reaper_census_setup() */
void tcp_reaper_census_teardown(void)
{
	destroy_workqueue(wq);
}
