/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The decision: facts of one socket x policy of its namespace -> verdict.
 * policy.c is built into the module and, from the same source, into the
 * user-space unit test (whose linux/types.h is selftests/unit/include), so
 * nothing here may need more of the kernel.
 */
#ifndef TCP_REAPER_POLICY_H
#define TCP_REAPER_POLICY_H

#include <linux/types.h>

/** enum tcp_reaper_class - the kinds of lingering socket (INTERFACE.md) */
enum tcp_reaper_class {
	TCP_REAPER_CLOSE_WAIT,
	TCP_REAPER_ORPHAN,
	TCP_REAPER_NR_CLASSES,
	TCP_REAPER_NO_CLASS = TCP_REAPER_NR_CLASSES,
};

/** enum tcp_reaper_mode - what a namespace does about them */
enum tcp_reaper_mode {
	TCP_REAPER_OFF,
	TCP_REAPER_OBSERVE,
	TCP_REAPER_ENFORCE,
};

/** enum tcp_reaper_action - how a socket is ended */
enum tcp_reaper_action {
	TCP_REAPER_RESET,
};

/**
 * enum tcp_reaper_verdict - what is to be done about a socket now
 * @TCP_REAPER_WAIT: nothing yet
 * @TCP_REAPER_DUE: its time is up
 * @TCP_REAPER_SPARED_ACTIVE: its time would be up, but it made progress
 * @TCP_REAPER_SPARED_KERNEL: the kernel itself made it
 * @TCP_REAPER_SPARED_MPTCP: a subflow is not the connection
 * @TCP_REAPER_SPARED_REPAIR: being checkpointed or restored (TCP_REPAIR)
 */
enum tcp_reaper_verdict {
	TCP_REAPER_WAIT,
	TCP_REAPER_DUE,
	TCP_REAPER_SPARED_ACTIVE,
	TCP_REAPER_SPARED_KERNEL,
	TCP_REAPER_SPARED_MPTCP,
	TCP_REAPER_SPARED_REPAIR,
	TCP_REAPER_NR_VERDICTS,
};

/**
 * struct tcp_reaper_policy - what a namespace's operator decided
 * @mode: enum tcp_reaper_mode
 * @close_wait_timeout_ms: idle time allowed in CLOSE_WAIT; 0: for ever
 * @close_wait_action: enum tcp_reaper_action
 * @close_wait_spare_active: 1: progress after the FIN restarts the clock
 * @orphan_timeout_ms: time allowed without an owner; 0: for ever
 *
 * Only u32 members: a knob is an offset into this struct (knobs.c), and a
 * snapshot is taken word by word (netns.c).
 */
struct tcp_reaper_policy {
	u32 mode;
	u32 close_wait_timeout_ms;
	u32 close_wait_action;
	u32 close_wait_spare_active;
	u32 orphan_timeout_ms;
};

/**
 * struct tcp_reaper_facts - what is known of one socket at one moment
 * @class: enum tcp_reaper_class, TCP_REAPER_NO_CLASS if it is in none
 * @state: TCP state, TCP_ESTABLISHED...
 * @held: an owner still holds it (an orphan-to-be inside close())
 * @kernel: made by the kernel itself
 * @mptcp: an MPTCP subflow
 * @repair: under TCP_REPAIR
 * @age_ms: time in the class
 * @idle_ms: time since its last progress, at most @age_ms
 */
struct tcp_reaper_facts {
	u8 class;
	u8 state;
	bool held;
	bool kernel;
	bool mptcp;
	bool repair;
	u64 age_ms;
	u64 idle_ms;
};

/** TCP_REAPER_NEVER - a wait without an end, in ms */
#define TCP_REAPER_NEVER (~0ULL)

/**
 * struct tcp_reaper_decision - the answer
 * @verdict: enum tcp_reaper_verdict
 * @action: enum tcp_reaper_action, for TCP_REAPER_DUE
 * @wait_ms: how long the verdict stands if nothing happens to the socket;
 *	TCP_REAPER_NEVER if it does not change with time
 */
struct tcp_reaper_decision {
	u8 verdict;
	u8 action;
	u64 wait_ms;
};

struct tcp_reaper_decision
tcp_reaper_decide(const struct tcp_reaper_policy *policy,
		  const struct tcp_reaper_facts *facts);

#endif
