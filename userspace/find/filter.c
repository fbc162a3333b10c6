// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of the tracked sockets are wanted: the options of list.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "find/filter.h"
#include "kernel/knobs.h"
#include "show/output.h"
#include "show/words.h"

#include "../../module/shared/prefix.h"

/* What the module says no more, as it tracks it no more. */
#define LEFT "left"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const states[] = {
	"close-wait", "fin-wait-1", "fin-wait-2",
	"closing",    "last-ack",   "established",
};

/* What may be said of a socket. */
static const struct {
	const char *word;
	const char *what;
} verdicts[] = {
	{ "wait", "not old enough" },
	{ "never", "no timeout holds for it" },
	{ "due", "its time is up" },
	{ "active", "data moved of late" },
	{ "unread", "its owner has bytes to read" },
	{ "rule", "a rule exempts it" },
	{ "kernel", "made by the kernel itself" },
	{ "mptcp", "a subflow of an MPTCP connection" },
	{ "repair", "being saved or restored" },
	{ "ulp", "a protocol above TCP, as kTLS" },
	{ LEFT, "reaped, and not closed; only if asked for" },
};

/* CLOSE_WAIT, close-wait and closewait are one. */
static bool same_word(const char *a, const char *b, size_t len)
{
	const char *end = b + len;

	for (;; a++, b++) {
		while (*a == '_' || *a == '-')
			a++;
		while (b < end && (*b == '_' || *b == '-'))
			b++;
		if (b == end || !*a)
			return b == end && !*a;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
	}
}

static bool in_list(const char *word, const char *list)
{
	for (;;) {
		size_t len = strcspn(list, ",");

		if (same_word(word, list, len))
			return true;
		if (!list[len])
			return false;
		list += len + 1;
	}
}

static bool all_known(const char *list, const char *const *known, size_t n)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		size_t i;

		for (i = 0; i < n && !same_word(known[i], list, len); i++)
			;
		if (i == n)
			return false;
		if (!list[len])
			return true;
		list += len + 1;
	}
}

static bool parse_port(const char *text, unsigned int *port, char end)
{
	unsigned long value;
	char *rest;

	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoul(text, &rest, 10);
	*port = (unsigned int)value;
	return *rest == end && value >= 1 && value <= 65535;
}

static bool parse_ports(struct filter *filter, const char *text)
{
	const char *dash = strchr(text, '-');

	if (!dash) {
		bool ok = parse_port(text, &filter->port_low, '\0');

		filter->port_high = filter->port_low;
		return ok;
	}
	return parse_port(text, &filter->port_low, '-') &&
	       parse_port(dash + 1, &filter->port_high, '\0') &&
	       filter->port_low <= filter->port_high;
}

static bool verdicts_known(const char *list)
{
	const char *words[COUNT(verdicts)];
	size_t i;

	for (i = 0; i < COUNT(verdicts); i++)
		words[i] = verdicts[i].word;
	return all_known(list, words, COUNT(words));
}

/**
 * filter_state_words() - the states a tracked socket may be in, for the shells
 */
void filter_state_words(void)
{
	size_t i;

	for (i = 0; i < COUNT(states); i++)
		words_add(states[i], "");
}

/**
 * filter_verdict_words() - the verdicts there are, for the shells
 */
void filter_verdict_words(void)
{
	size_t i;

	for (i = 0; i < COUNT(verdicts); i++)
		words_add(verdicts[i].word, verdicts[i].what);
}

static enum rc parse_prefix(struct filter *filter, const char *text)
{
	static struct tcp_reaper_prefix prefix;
	const char *why;

	prefix = (struct tcp_reaper_prefix){ 0 };
	why = tcp_reaper_prefix_parse(text, strlen(text), &prefix);
	filter->prefix = &prefix;
	if (!why)
		return RC_DONE;
	return output_usage("list", "-A %s: %s", text, why);
}

/**
 * filter_parse() - the options -c, -s, -H, -U, -g, -P, -A and -v
 * @filter: the result
 * @option: by letter, their values, or NULL
 *
 * Return: RC_DONE, or RC_USAGE after a line on stderr.
 */
enum rc filter_parse(struct filter *filter, const char *const *option)
{
	const char *age = option['g'];
	const char *port = option['P'];
	const char *address = option['A'];

	memset(filter, 0, sizeof(*filter));
	filter->classes = option['c'];
	filter->states = option['s'];
	filter->holder = option['H'];
	filter->unit = option['U'];
	filter->verdicts = option['v'];
	if (filter->classes && !all_known(filter->classes, classes, CLASSES))
		return output_usage("list",
				    "-c %s: not close_wait, orphan, fin_wait2 or established",
				    filter->classes);
	if (filter->states && !all_known(filter->states, states, COUNT(states)))
		return output_usage("list",
				    "-s %s: no state of a tracked socket",
				    filter->states);
	if (age && !duration_parse(age, &filter->age_ms))
		return output_usage("list",
				    "-g %s: not a time: 30s, 5m, 1h30m or milliseconds",
				    age);
	if (port && !parse_ports(filter, port))
		return output_usage("list",
				    "-P %s: not a port, nor a range of ports",
				    port);
	if (filter->verdicts && !verdicts_known(filter->verdicts))
		return output_usage("list",
				    "-v %s: not wait, never, due, active, unread, rule, kernel, mptcp, repair, ulp or left",
				    filter->verdicts);
	return address ? parse_prefix(filter, address) : RC_DONE;
}

/**
 * filter_left() - are those wanted that were ended and are open still?
 * @filter: the filter
 *
 * Return: true if so.
 */
bool filter_left(const struct filter *filter)
{
	return filter->verdicts && in_list(LEFT, filter->verdicts);
}

static bool port_wanted(const struct filter *filter, const char *address)
{
	const char *colon = strrchr(address, ':');
	unsigned int port;

	return colon && parse_port(colon + 1, &port, '\0') &&
	       port >= filter->port_low && port <= filter->port_high;
}

/* Whether an end, ADDRESS:PORT or [ADDRESS]:PORT, is of the prefix wanted. */
static bool address_wanted(const struct filter *filter, const char *end)
{
	const char *colon = strrchr(end, ':');
	struct tcp_reaper_prefix address = { 0 };
	size_t brackets = *end == '[';
	size_t len;

	if (!colon || (size_t)(colon - end) < 2 * brackets)
		return false;
	len = colon - end - 2 * brackets;
	return !tcp_reaper_prefix_parse(end + brackets, len, &address) &&
	       tcp_reaper_prefix_covers(filter->prefix, address.addr);
}

/**
 * filter_keep() - is the socket wanted, as far as it tells by itself?
 * @sock: the socket
 * @arg: the struct filter
 *
 * Return: true if so.
 */
bool filter_keep(const struct sock *sock, const void *arg)
{
	const struct filter *filter = arg;

	if (sock->age_ms < filter->age_ms)
		return false;
	if (filter->classes && !in_list(sock->class, filter->classes))
		return false;
	if (filter->states && !in_list(sock->state, filter->states))
		return false;
	if (filter->verdicts && !in_list(sock->verdict, filter->verdicts))
		return false;
	if (filter->prefix && !address_wanted(filter, sock->local) &&
	    !address_wanted(filter, sock->remote))
		return false;
	return !filter->port_low || port_wanted(filter, sock->local) ||
	       port_wanted(filter, sock->remote);
}

/**
 * filter_holder() - is the socket wanted, by who holds it?
 * @filter: the filter
 * @relatives: of all processes
 * @first: its first holder, or NULL
 *
 * Return: true if so.
 */
bool filter_holder(const struct filter *filter, struct relatives *relatives,
		   const struct holder *first)
{
	const struct holder *holder;
	uint64_t pid = 0;

	if (!filter->holder && !filter->unit)
		return true;
	if (!filter->holder || !number_parse(filter->holder, &pid))
		pid = 0;
	for (holder = first; holder; holder = holder->next) {
		if (pid && (uint64_t)holder->pid != pid)
			continue;
		if (filter->holder && !pid &&
		    strcmp(holder->comm, filter->holder))
			continue;
		if (!filter->unit ||
		    cgroup_is_of(relatives_get(relatives, holder->pid)->cgroup,
				 filter->unit))
			return true;
	}
	return false;
}
