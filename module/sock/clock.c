// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock by which sockets grow old: jiffies, less the time in which the
 * machine stood still. A virtual machine that was stopped for 8 s, or that its
 * host did not run, sees its jiffies jump; to its peers and its programs those
 * 8 s gave no chance to do anything, so no timeout may count them.
 *
 * Standing still shows in two ways: a beat, once a second for as long as
 * anybody uses this clock, comes late; so does a worker that was set for a
 * time.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "clock.h"
#include "shared/standstills.h"

/* Between two beats. */
#define BEAT HZ
/*
 * A delay up to this is no standstill: a busy machine runs a worker so much
 * later, and jiffies were seen to lag 45 ms under QEMU on a machine with a load
 * of 12.
 */
#define LATE (HZ / 2)
/* An age is at most this much shorter than it says: see elapsed_ms. */
#define STALE_MS 100

/* Its own: whoever clogs a queue of the system would stop every timeout. */
static struct workqueue_struct *wq;

static void beat(struct work_struct *work);
static DECLARE_DELAYED_WORK(beat_work, beat);

/**
 * struct clock - what is known of the time that does not count
 * @lock: writers take it. Raw: any user may be one, and with PREEMPT_RT could
 *	else be left without a CPU while it has it.
 * @seq: readers only look at this
 * @stills: the standstills
 * @beat: the last beat, jiffies64
 * @users: who needs the beat; it stops by itself without any
 */
static struct clock {
	raw_spinlock_t lock; /* see above */
	seqcount_raw_spinlock_t seq;
	struct tcp_reaper_standstills stills;
	u64 beat;
	int users;
} clock = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(clock.lock),
	.seq = SEQCNT_RAW_SPINLOCK_ZERO(clock.seq, &clock.lock),
};

/* Nobody had a chance to do anything from @from until now, if that is long. */
static void note_late(u64 from)
{
	u64 now = get_jiffies_64();

	lockdep_assert_held(&clock.lock);
	/* What was seen by others already is not lost twice. */
	from = max(from, tcp_reaper_standstills_end(&clock.stills));
	if (now > from + LATE)
		tcp_reaper_standstills_add(&clock.stills, from, now);
	clock.beat = now;
}

/*
 * Is the beat late? Returns false if nobody uses the clock. Whoever asks may
 * have seen that it was, and have had no CPU since: so it is looked at anew.
 */
static bool look_at_beat(void)
{
	unsigned long flags;
	bool beating;

	raw_spin_lock_irqsave(&clock.lock, flags);
	write_seqcount_begin(&clock.seq);
	beating = clock.users > 0;
	if (beating)
		note_late(clock.beat + BEAT);
	write_seqcount_end(&clock.seq);
	raw_spin_unlock_irqrestore(&clock.lock, flags);
	return beating;
}

static void beat(struct work_struct *work)
{
	if (look_at_beat())
		queue_delayed_work(wq, &beat_work, BEAT);
}

/**
 * tcp_reaper_clock_use - there is something that grows old, or less of it
 * @delta: so many users more
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_clock_use(int delta)
{
	unsigned long flags;
	bool begin;

	raw_spin_lock_irqsave(&clock.lock, flags);
	write_seqcount_begin(&clock.seq);
	begin = clock.users <= 0 && clock.users + delta > 0;
	clock.users += delta;
	/* Nobody listened to the beat till now. */
	if (begin)
		clock.beat = get_jiffies_64();
	write_seqcount_end(&clock.seq);
	/* Under the lock: whoever is here may get no CPU afterwards. */
	if (begin)
		queue_delayed_work(wq, &beat_work, BEAT);
	raw_spin_unlock_irqrestore(&clock.lock, flags);
}

/**
 * tcp_reaper_clock_setup - before anybody uses the clock
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_clock_setup(void)
{
	wq = alloc_workqueue("tcp_reaper_clock",
			     WQ_UNBOUND | WQ_FREEZABLE | WQ_MEM_RECLAIM, 0);
	return wq ? 0 : -ENOMEM;
}

/**
 * tcp_reaper_clock_teardown - once nothing is left that grows old
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_clock_teardown(void)
{
	cancel_delayed_work_sync(&beat_work);
	destroy_workqueue(wq);
}

/**
 * tcp_reaper_clock_late - a worker runs now that was to run at @due
 * @due: as tcp_reaper_now() counts
 *
 * If that is long ago, the time since then does not count, for anybody.
 *
 * Context: process context.
 */
void tcp_reaper_clock_late(u64 due)
{
	u64 now = tcp_reaper_now();
	unsigned long flags;

	if (now <= due + LATE)
		return;
	raw_spin_lock_irqsave(&clock.lock, flags);
	write_seqcount_begin(&clock.seq);
	note_late(get_jiffies_64() - (now - due));
	write_seqcount_end(&clock.seq);
	raw_spin_unlock_irqrestore(&clock.lock, flags);
}

/**
 * tcp_reaper_now - the time by which sockets grow old
 *
 * May go back by up to half a second when it is found that the machine stood
 * still.
 *
 * Context: process or softirq context.
 * Return: jiffies64, less standstills.
 */
u64 tcp_reaper_now(void)
{
	u64 now, lost, beat;
	unsigned int seq;
	bool beating;

	for (;;) {
		do {
			seq = read_seqcount_begin(&clock.seq);
			now = get_jiffies_64();
			lost = clock.stills.lost;
			beat = clock.beat + BEAT;
			beating = clock.users > 0;
		} while (read_seqcount_retry(&clock.seq, seq));
		/* Who is woken first after a standstill may be before the beat.
		 */
		if (!beating || now <= beat + LATE)
			return now - lost;
		look_at_beat();
	}
}

/**
 * tcp_reaper_clock_at - when something happened, by this clock
 * @jiffies64: when it happened; of the past
 *
 * Return: as tcp_reaper_now() counts.
 */
u64 tcp_reaper_clock_at(u64 jiffies64)
{
	unsigned int seq;
	u64 at;

	do {
		seq = read_seqcount_begin(&clock.seq);
		at = tcp_reaper_standstills_at(&clock.stills, jiffies64);
	} while (read_seqcount_retry(&clock.seq, seq));
	return at;
}

/**
 * tcp_reaper_elapsed_ms - time from a stamp till now, never too long
 * @since: as tcp_reaper_now() counts
 * @now: likewise
 *
 * What happened in a jiffy may have happened at its end; and a stamp may be
 * older than that, as jiffies stand still while a hypervisor keeps the CPU that
 * advances them from running.
 *
 * Return: milliseconds.
 */
u64 tcp_reaper_elapsed_ms(u64 since, u64 now)
{
	u64 slack = msecs_to_jiffies(STALE_MS) + 1;

	return now > since + slack ? jiffies64_to_msecs(now - since - slack)
				   : 0;
}
