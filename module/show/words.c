// SPDX-License-Identifier: GPL-2.0-only
/*
 * What things are called in /proc/net/reaper.
 */
#include <linux/kernel.h>
#include <net/tcp_states.h>

#include "shared/policy.h"
#include "words.h"

static const char *const classes[] = {
	[TCP_REAPER_CLOSE_WAIT] = "close_wait",
	[TCP_REAPER_ORPHAN] = "orphan",
	[TCP_REAPER_FIN_WAIT2] = "fin_wait2",
	[TCP_REAPER_ESTABLISHED] = "established",
};

static const char *const verdicts[] = {
	[TCP_REAPER_WAIT] = "wait",
	[TCP_REAPER_DUE] = "due",
	[TCP_REAPER_SPARED_ACTIVE] = "active",
	[TCP_REAPER_SPARED_UNREAD] = "unread",
	[TCP_REAPER_SPARED_RULE] = "rule",
	[TCP_REAPER_SPARED_KERNEL] = "kernel",
	[TCP_REAPER_SPARED_MPTCP] = "mptcp",
	[TCP_REAPER_SPARED_REPAIR] = "repair",
	[TCP_REAPER_SPARED_ULP] = "ulp",
};

static const char *const actions[] = {
	[TCP_REAPER_RESET] = "reset", [TCP_REAPER_FIN] = "fin",
	[TCP_REAPER_PROBE] = "probe", [TCP_REAPER_LINGER] = "linger",
	[TCP_REAPER_EVICT] = "evict",
};

static const char *const states[] = {
	[TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT1] = "FIN_WAIT1",
	[TCP_FIN_WAIT2] = "FIN_WAIT2",	   [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_LAST_ACK] = "LAST_ACK",	   [TCP_CLOSING] = "CLOSING",
};

static const char *word(const char *const *list, size_t size, u8 i)
{
	return i < size && list[i] ? list[i] : "CLOSE";
}

/**
 * tcp_reaper_class_word - a class
 * @class: enum tcp_reaper_class
 *
 * Return: a constant string.
 */
const char *tcp_reaper_class_word(u8 class)
{
	return word(classes, ARRAY_SIZE(classes), class);
}

/**
 * tcp_reaper_verdict_word - a verdict
 * @verdict: enum tcp_reaper_verdict
 *
 * Return: a constant string.
 */
const char *tcp_reaper_verdict_word(u8 verdict)
{
	return word(verdicts, ARRAY_SIZE(verdicts), verdict);
}

/**
 * tcp_reaper_action_word - an action
 * @action: enum tcp_reaper_action
 *
 * Return: a constant string.
 */
const char *tcp_reaper_action_word(u8 action)
{
	return word(actions, ARRAY_SIZE(actions), action);
}

/**
 * tcp_reaper_state_word - a TCP state in which a tracked socket can be
 * @state: TCP_ESTABLISHED...; any other one is CLOSE, as it left
 *
 * Return: a constant string.
 */
const char *tcp_reaper_state_word(u8 state)
{
	return word(states, ARRAY_SIZE(states), state);
}
