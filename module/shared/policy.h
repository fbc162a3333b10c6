/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision: facts of one socket x policy of its namespace -> verdict.
 * policy.c is built into the module and, from the same source, into the
 * user-space unit test (whose linux/types.h is testing/unit/include), so
 * nothing here may need more of the kernel.
 */
#ifndef TCP_REAPER_POLICY_H
#define TCP_REAPER_POLICY_H

#include <linux/types.h>

struct tcp_reaper_rule;

/** enum tcp_reaper_class - the kinds of lingering socket (docs/interface.md) */
enum tcp_reaper_class {
	TCP_REAPER_CLOSE_WAIT,
	TCP_REAPER_ORPHAN,
	TCP_REAPER_FIN_WAIT2,
	TCP_REAPER_ESTABLISHED,
	TCP_REAPER_NR_CLASSES,
	TCP_REAPER_NO_CLASS = TCP_REAPER_NR_CLASSES,
};

/** enum tcp_reaper_mode - what a namespace does about them */
enum tcp_reaper_mode {
	TCP_REAPER_OFF,
	TCP_REAPER_OBSERVE,
	TCP_REAPER_ENFORCE,
};

/**
 * enum tcp_reaper_action - what is done to a socket whose time is up
 * @TCP_REAPER_RESET: abort it; the peer gets a RST
 * @TCP_REAPER_FIN: send what is queued, then a FIN
 * @TCP_REAPER_PROBE: switch keepalive on, so that a dead peer is noticed
 * @TCP_REAPER_LINGER: abort what did not end by itself after a FIN
 * @TCP_REAPER_EVICT: abort an orphan that is one too many
 */
enum tcp_reaper_action {
	TCP_REAPER_RESET,
	TCP_REAPER_FIN,
	TCP_REAPER_PROBE,
	TCP_REAPER_LINGER,
	TCP_REAPER_EVICT,
};

/* What established/action may be: a knob's words count from 0. */
enum tcp_reaper_established_action {
	TCP_REAPER_ESTABLISHED_PROBE,
	TCP_REAPER_ESTABLISHED_RESET,
};

/**
 * enum tcp_reaper_verdict - what is to be done about a socket now
 * @TCP_REAPER_WAIT: nothing yet
 * @TCP_REAPER_DUE: its time is up
 * @TCP_REAPER_SPARED_ACTIVE: its time would be up, but it made progress
 * @TCP_REAPER_SPARED_UNREAD: its time is up, but its owner has bytes to read
 * @TCP_REAPER_SPARED_RULE: a rule exempts it
 * @TCP_REAPER_SPARED_KERNEL: the kernel itself uses it
 * @TCP_REAPER_SPARED_MPTCP: a subflow is not the connection
 * @TCP_REAPER_SPARED_REPAIR: being checkpointed or restored (TCP_REPAIR)
 * @TCP_REAPER_SPARED_ULP: a FIN from under an upper layer protocol (kTLS) would
 *	cut its last record off
 */
enum tcp_reaper_verdict {
	TCP_REAPER_WAIT,
	TCP_REAPER_DUE,
	TCP_REAPER_SPARED_ACTIVE,
	TCP_REAPER_SPARED_UNREAD,
	TCP_REAPER_SPARED_RULE,
	TCP_REAPER_SPARED_KERNEL,
	TCP_REAPER_SPARED_MPTCP,
	TCP_REAPER_SPARED_REPAIR,
	TCP_REAPER_SPARED_ULP,
	TCP_REAPER_NR_VERDICTS,
};

/**
 * struct tcp_reaper_policy - what a namespace's operator decided
 * @mode: enum tcp_reaper_mode
 * @reaps_per_s: most that are reaped in a second; 0: no limit. No part of the
 *	decision either: brake.c counts them.
 * @close_wait_timeout_ms: idle time allowed in CLOSE_WAIT; 0: for ever
 * @close_wait_action: TCP_REAPER_RESET or TCP_REAPER_FIN
 * @close_wait_linger_ms: time allowed after our FIN; 0: for ever
 * @close_wait_spare_active: 1: progress after the FIN restarts the clock
 * @close_wait_spare_unread: 1: let alone while its owner has bytes to read
 * @orphan_timeout_ms: time allowed without an owner; 0: for ever
 * @orphan_max: most orphans; 0: no limit. No part of the decision, which sees
 *	one socket: evict.c counts them.
 * @orphan_kernel_sockets: 1: orphans made by the kernel too
 * @fin_wait2_timeout_ms: idle time allowed in FIN_WAIT2, held; 0: for ever
 * @established_timeout_ms: idle time allowed without keepalive; 0: for ever
 * @established_action: enum tcp_reaper_established_action
 * @established_keepalive: 1: those whose owner set keepalive, too
 *
 * Only u32 members: a knob is an offset into this struct (knobs.c), and a
 * snapshot is taken word by word (netns.c).
 */
struct tcp_reaper_policy {
	u32 mode;
	u32 reaps_per_s;
	u32 close_wait_timeout_ms;
	u32 close_wait_action;
	u32 close_wait_linger_ms;
	u32 close_wait_spare_active;
	u32 close_wait_spare_unread;
	u32 orphan_timeout_ms;
	u32 orphan_max;
	u32 orphan_kernel_sockets;
	u32 fin_wait2_timeout_ms;
	u32 established_timeout_ms;
	u32 established_action;
	u32 established_keepalive;
};

/**
 * struct tcp_reaper_facts - what is known of one socket at one moment
 * @class: enum tcp_reaper_class, TCP_REAPER_NO_CLASS if it is in none
 * @state: TCP state, TCP_ESTABLISHED...
 * @held: an owner still holds it (an orphan-to-be inside close())
 * @queued: nobody has accepted it yet
 * @kernel: used by the kernel itself
 * @mptcp: an MPTCP subflow
 * @repair: under TCP_REPAIR
 * @ulp: an upper layer protocol sits on it
 * @unread: received bytes wait for its owner; a FIN is none
 * @fin: we sent a FIN in its owner's stead; @idle_ms counts from then
 * @keepalive: its keepalive is on
 * @probed: and it was us who switched it on, or shortened its time
 * @user_timeout: its owner set TCP_USER_TIMEOUT
 * @age_ms: time in the class
 * @idle_ms: time since its last progress, at most @age_ms
 */
struct tcp_reaper_facts {
	u8 class;
	u8 state;
	bool held;
	bool queued;
	bool kernel;
	bool mptcp;
	bool repair;
	bool ulp;
	bool unread;
	bool fin;
	bool keepalive;
	bool probed;
	bool user_timeout;
	u64 age_ms;
	u64 idle_ms;
};

/** TCP_REAPER_NEVER - a wait without an end, in ms */
#define TCP_REAPER_NEVER (~0ULL)

/**
 * struct tcp_reaper_decision - the answer
 * @verdict: enum tcp_reaper_verdict
 * @action: enum tcp_reaper_action, for TCP_REAPER_DUE
 * @endless: with TCP_REAPER_WAIT: no timeout holds for it
 * @keep_unread: with TCP_REAPER_RESET: a FIN was wanted, which loses nothing
 * @wait_ms: how long the verdict stands if nothing happens to the socket;
 *	TCP_REAPER_NEVER if it does not change with time
 * @timeout_ms: the timeout it was held against; 0: time does nothing to it
 * @rule: number of the rule it matches, from 1 on; 0: none. The caller's to set
 */
struct tcp_reaper_decision {
	u8 verdict;
	u8 action;
	bool endless;
	bool keep_unread;
	u16 rule;
	u64 wait_ms;
	u32 timeout_ms;
};

u32 tcp_reaper_timeout_ms(const struct tcp_reaper_policy *policy,
			  const struct tcp_reaper_rule *rule,
			  enum tcp_reaper_class class);
struct tcp_reaper_decision
tcp_reaper_decide(const struct tcp_reaper_policy *policy,
		  const struct tcp_reaper_rule *rule,
		  const struct tcp_reaper_facts *facts);

#endif
