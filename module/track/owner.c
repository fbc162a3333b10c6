// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for the work. All namespaces of one owner are served by one worker,
 * one after the other, and it rests in proportion to what it worked: a tenant
 * gets a small share of a CPU, however many namespaces it has and whatever it
 * does in them, and its work waits for nobody else's.
 *
 * An owner is the unprivileged user who made the user namespace: all that this
 * user has is one. A network namespace that belongs to the initial user
 * namespace (a container whose root is root) was made by somebody with rights
 * there, and is an owner of its own, as is a user namespace made by root.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "owner.h"
#include "sock/clock.h"

/*
 * Longest time at a stretch. nf_conntrack's gc_worker has 10 ms; less here, so
 * that the batch that is under way at its end stays below that too.
 */
#define STRETCH_NS (8 * NSEC_PER_MSEC)
/*
 * So many times what it worked a worker rests: a tenant's gets a fortieth of a
 * CPU. The host's gets half of one, as live traffic goes first; to begin anew
 * after each rest costs some 200 instructions a socket that is reaped.
 */
#define TENANT_REST 39
#define HOST_REST 1
/* So much work may be done before the rest: most of what happens is less. */
#define TENANT_CREDIT_NS (400 * NSEC_PER_MSEC)
#define HOST_CREDIT_NS STRETCH_NS

/**
 * struct tcp_reaper_owner - who pays for the work in some namespaces
 * @list: in owners, but for one with @net
 * @net: the only namespace, for one that is an owner of its own
 * @user_ns: the user namespace below the initial one, if root made it
 * @uid: the user who made it, if that is not root
 * @turns: how many there are; under owners_lock, if it is in the list
 * @share: of the room for entries
 * @joining: turns on their way into @served: whoever makes a namespace waits
 *	for no worker, and has no lock that one waits for
 * @working: protects @served and the turns' lists, and is held while one of
 *	them is served: for a few milliseconds. Only workers take it, and the
 *	kernel's, that ends namespaces.
 * @served: its turns, who waited longest first
 * @lock: protects what follows, and the turns' times. Raw: any user who changes
 *	a policy takes it, and with PREEMPT_RT could else be left without a CPU
 *	while it has it.
 * @running: the worker will look at @called before it goes to sleep
 * @called: the earliest time for which one was called meanwhile
 * @set_for: when the worker is to run, by tcp_reaper_now()
 * @rested: not before
 * @spent_ns: work done and not yet rested for; the worker's alone
 * @ended_ns: when the worker last went to sleep; the worker's alone
 * @work: the worker
 */
struct tcp_reaper_owner {
	struct list_head list;
	const struct net *net;
	const struct user_namespace *user_ns;
	kuid_t uid;
	unsigned int turns;
	struct tcp_reaper_share share;
	struct llist_head joining;
	struct mutex working; /* see above */
	struct list_head served;
	raw_spinlock_t lock; /* see above */
	bool running;
	u64 called;
	u64 set_for;
	u64 rested;
	u64 spent_ns;
	u64 ended_ns;
	struct delayed_work work;
};

/*
 * Protects the list of owners, and how many turns each has. A raw spinlock, as
 * any user who makes a namespace takes it: who sleeps for a mutex, or has a
 * spinlock of PREEMPT_RT's, may have it and then get no CPU.
 */
static DEFINE_RAW_SPINLOCK(owners_lock);
/* Those that a namespace to come may belong to. */
static LIST_HEAD(owners);
/* The host's worker has a queue of its own, that tenants cannot fill. */
static struct workqueue_struct *host_wq;
static struct workqueue_struct *tenants_wq;
/* Set for good when the module is on its way out. */
static bool halted;

/**
 * tcp_reaper_owner_setup - make what all owners share
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_owner_setup(void)
{
	host_wq = alloc_workqueue("tcp_reaper", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!host_wq)
		return -ENOMEM;
	tenants_wq = alloc_workqueue("tcp_reaper_tenants",
				     WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!tenants_wq) {
		destroy_workqueue(host_wq);
		return -ENOMEM;
	}
	return 0;
}

/** tcp_reaper_owner_teardown - undo tcp_reaper_owner_setup() */
void tcp_reaper_owner_teardown(void)
{
	WARN_ON(!list_empty(&owners));
	destroy_workqueue(tenants_wq);
	destroy_workqueue(host_wq);
}

/**
 * tcp_reaper_owner_halted - is the module on its way out
 *
 * Return: true if nothing is to be begun any more.
 */
bool tcp_reaper_owner_halted(void)
{
	return READ_ONCE(halted);
}

/**
 * tcp_reaper_owner_halt - no namespace is served any more, when this returns
 *
 * No worker waits for anything that anybody can hold, so this takes a stretch
 * of work at most.
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_owner_halt(void)
{
	WRITE_ONCE(halted, true);
	flush_workqueue(host_wq);
	flush_workqueue(tenants_wq);
}

/*
 * A timer is late by up to an eighth of its delay, but for one of less than 64
 * jiffies (kernel/time/timer.c: LVL_BITS, LVL_CLK_SHIFT). One that is set an
 * eighth too early is there in time, and can be set again.
 */
static unsigned long timer_delay(u64 delay)
{
	delay = min_t(u64, delay, MAX_JIFFY_OFFSET / 2);
	return delay < 64 ? delay : delay - delay / 8;
}

static void set_worker(struct tcp_reaper_owner *owner, u64 due, u64 now)
{
	lockdep_assert_held(&owner->lock);
	if (READ_ONCE(halted) || due == TCP_REAPER_NOT_DUE)
		return;
	due = max(due, owner->rested);
	owner->set_for = due;
	mod_delayed_work(owner->share.host ? host_wq : tenants_wq, &owner->work,
			 due > now ? timer_delay(due - now) : 0);
}

/**
 * tcp_reaper_owner_call - have a namespace served
 * @turn: its turn, joined
 * @due: when, by tcp_reaper_now()
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_owner_call(struct tcp_reaper_turn *turn, u64 due)
{
	struct tcp_reaper_owner *owner = turn->owner;
	u64 now = tcp_reaper_now();
	unsigned long flags;

	raw_spin_lock_irqsave(&owner->lock, flags);
	if (due < turn->due) {
		turn->due = due;
		if (owner->running)
			owner->called = min(owner->called, due);
		else if (max(due, owner->rested) < owner->set_for)
			set_worker(owner, due, now);
	}
	raw_spin_unlock_irqrestore(&owner->lock, flags);
}

static void take_joining(struct tcp_reaper_owner *owner)
{
	struct llist_node *node = llist_del_all(&owner->joining);
	struct tcp_reaper_turn *turn;

	lockdep_assert_held(&owner->working);
	while (node) {
		turn = llist_entry(node, struct tcp_reaper_turn, joining);
		node = node->next;
		list_add_tail(&turn->list, &owner->served);
	}
}

/* Who is due and waited longest; NULL if nobody is. Its time is reset. */
static struct tcp_reaper_turn *next_turn(struct tcp_reaper_owner *owner,
					 u64 now)
{
	struct tcp_reaper_turn *turn;
	unsigned long flags;

	take_joining(owner);
	list_for_each_entry(turn, &owner->served, list) {
		bool due;

		raw_spin_lock_irqsave(&owner->lock, flags);
		due = turn->due <= now;
		if (due)
			turn->due = TCP_REAPER_NOT_DUE;
		raw_spin_unlock_irqrestore(&owner->lock, flags);
		if (due) {
			list_move_tail(&turn->list, &owner->served);
			return turn;
		}
	}
	return NULL;
}

/* Returns false if nobody was due. */
static bool serve_one(struct tcp_reaper_owner *owner, u64 now, u64 end)
{
	struct tcp_reaper_turn *turn;
	unsigned long flags;
	u64 due;

	mutex_lock(&owner->working);
	turn = next_turn(owner, now);
	if (turn) {
		due = turn->serve(turn, end);
		raw_spin_lock_irqsave(&owner->lock, flags);
		turn->due = min(turn->due, due);
		raw_spin_unlock_irqrestore(&owner->lock, flags);
	}
	mutex_unlock(&owner->working);
	return turn;
}

/* How long to rest, in jiffies, after so much work, begun then. */
static u64 rest_for(struct tcp_reaper_owner *owner, u64 start, u64 worked_ns)
{
	u64 credit = owner->share.host ? HOST_CREDIT_NS : TENANT_CREDIT_NS;
	u64 factor = owner->share.host ? HOST_REST : TENANT_REST;
	u64 paid = div64_u64(start - owner->ended_ns, factor);

	owner->ended_ns = ktime_get_ns();
	owner->spent_ns -= min(owner->spent_ns, paid);
	owner->spent_ns += worked_ns;
	if (owner->spent_ns <= credit)
		return 0;
	return nsecs_to_jiffies64((owner->spent_ns - credit) * factor) + 1;
}

/*
 * Time spent at work since then. The clock ends a stretch, so that up to a
 * stretch it tells; what is more by the clock may have been others' work, and
 * counts as far as the scheduler charged it to this worker.
 */
static u64 worked_ns(u64 start, u64 ran)
{
	u64 by_clock = min_t(u64, ktime_get_ns() - start, STRETCH_NS);

	return max_t(u64, by_clock, current->se.sum_exec_runtime - ran);
}

/* When the next one is due, but for those that are called from here on. */
static u64 next_due(struct tcp_reaper_owner *owner)
{
	u64 due = TCP_REAPER_NOT_DUE;
	struct tcp_reaper_turn *turn;
	unsigned long flags;

	raw_spin_lock_irqsave(&owner->lock, flags);
	owner->called = TCP_REAPER_NOT_DUE;
	raw_spin_unlock_irqrestore(&owner->lock, flags);
	take_joining(owner);
	list_for_each_entry(turn, &owner->served, list) {
		raw_spin_lock_irqsave(&owner->lock, flags);
		due = min(due, turn->due);
		raw_spin_unlock_irqrestore(&owner->lock, flags);
	}
	return due;
}

static void owner_work(struct work_struct *work)
{
	struct tcp_reaper_owner *owner =
		container_of(work, struct tcp_reaper_owner, work.work);
	u64 now, due, set_for, start = ktime_get_ns();
	u64 ran = current->se.sum_exec_runtime;
	unsigned long flags;

	raw_spin_lock_irqsave(&owner->lock, flags);
	owner->running = true;
	/* Called for twice at once, the second time it is set for nothing. */
	set_for = owner->set_for;
	raw_spin_unlock_irqrestore(&owner->lock, flags);
	/* Not tenants': those may be late for want of room in their queue. */
	if (owner->share.host && set_for != TCP_REAPER_NOT_DUE)
		tcp_reaper_clock_late(set_for);

	now = tcp_reaper_now();
	while (!READ_ONCE(halted) &&
	       serve_one(owner, now, start + STRETCH_NS) &&
	       ktime_get_ns() < start + STRETCH_NS)
		cond_resched();

	mutex_lock(&owner->working);
	due = next_due(owner);
	mutex_unlock(&owner->working);
	raw_spin_lock_irqsave(&owner->lock, flags);
	now = tcp_reaper_now();
	owner->rested = now + rest_for(owner, start, worked_ns(start, ran));
	owner->running = false;
	owner->set_for = TCP_REAPER_NOT_DUE;
	set_worker(owner, min(due, owner->called), now);
	raw_spin_unlock_irqrestore(&owner->lock, flags);
}

static void set_key(struct tcp_reaper_owner *owner, const struct net *net)
{
	const struct user_namespace *ns = net->user_ns;

	owner->net = NULL;
	owner->user_ns = NULL;
	owner->uid = INVALID_UID;
	if (ns == &init_user_ns) {
		owner->net = net;
		return;
	}
	while (ns->parent && ns->parent != &init_user_ns)
		ns = ns->parent;
	if (uid_eq(ns->owner, GLOBAL_ROOT_UID))
		owner->user_ns = ns;
	else
		owner->uid = ns->owner;
}

/* Under owners_lock. */
static struct tcp_reaper_owner *find(const struct tcp_reaper_owner *key)
{
	struct tcp_reaper_owner *owner;

	list_for_each_entry(owner, &owners, list)
		if (owner->user_ns == key->user_ns &&
		    uid_eq(owner->uid, key->uid))
			return owner;
	return NULL;
}

/* Counts one turn more for the owner that is so, else for @fresh. */
static struct tcp_reaper_owner *enlist(struct tcp_reaper_owner *fresh)
{
	struct tcp_reaper_owner *owner = fresh;

	if (fresh->net) {
		fresh->turns = 1;
		return fresh;
	}
	raw_spin_lock(&owners_lock);
	owner = find(fresh);
	if (!owner) {
		owner = fresh;
		list_add_tail(&owner->list, &owners);
	}
	owner->turns++;
	raw_spin_unlock(&owners_lock);
	return owner;
}

/* Returns true if that was its last turn. */
static bool delist(struct tcp_reaper_owner *owner)
{
	bool last;

	if (owner->net)
		return true;
	raw_spin_lock(&owners_lock);
	last = !--owner->turns;
	if (last)
		list_del(&owner->list);
	raw_spin_unlock(&owners_lock);
	return last;
}

/**
 * tcp_reaper_owner_join - make a namespace one of its owner's
 * @turn: its turn, with @serve set
 * @net: the namespace
 *
 * Context: process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_owner_join(struct tcp_reaper_turn *turn, const struct net *net)
{
	struct tcp_reaper_owner *owner, *fresh;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	set_key(fresh, net);
	fresh->share.host = net_eq(net, &init_net);
	mutex_init(&fresh->working);
	init_llist_head(&fresh->joining);
	INIT_LIST_HEAD(&fresh->served);
	raw_spin_lock_init(&fresh->lock);
	fresh->called = TCP_REAPER_NOT_DUE;
	fresh->set_for = TCP_REAPER_NOT_DUE;
	/* A user may end all and begin anew as often as there was credit. */
	if (uid_valid(fresh->uid))
		fresh->spent_ns = TENANT_CREDIT_NS;
	fresh->ended_ns = ktime_get_ns();
	INIT_DELAYED_WORK(&fresh->work, owner_work);

	owner = enlist(fresh);
	if (owner != fresh)
		kfree(fresh);
	turn->owner = owner;
	turn->due = TCP_REAPER_NOT_DUE;
	llist_add(&turn->joining, &owner->joining);
	return 0;
}

/**
 * tcp_reaper_owner_leave - a namespace goes away
 * @turn: its turn, quiet, and with all of its entries freed
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_owner_leave(struct tcp_reaper_turn *turn)
{
	struct tcp_reaper_owner *owner = turn->owner;

	if (!delist(owner))
		return;
	cancel_delayed_work_sync(&owner->work);
	kfree(owner);
}

/**
 * tcp_reaper_owner_quiet - a namespace is not served any more
 * @turn: its turn
 *
 * Context: process context; sleeps for as long as one namespace of the same
 * owner is served at a stretch.
 */
void tcp_reaper_owner_quiet(struct tcp_reaper_turn *turn)
{
	mutex_lock(&turn->owner->working);
	take_joining(turn->owner);
	list_del(&turn->list);
	mutex_unlock(&turn->owner->working);
}

/**
 * tcp_reaper_owner_share - an owner's room for entries
 * @owner: the owner
 *
 * Return: its share, as long as one of its namespaces has not left.
 */
struct tcp_reaper_share *tcp_reaper_owner_share(struct tcp_reaper_owner *owner)
{
	return &owner->share;
}
