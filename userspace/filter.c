// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the tracked sockets are wanted: the options of list.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "filter.h"
#include "knobs.h"
#include "output.h"

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

/**
 * filter_parse() - the options -c, -s, -H, -g and -P
 * @filter: the result
 * @call: with the options
 *
 * Return: RC_DONE, or RC_USAGE after a line on stderr.
 */
enum rc filter_parse(struct filter *filter, const struct call *call)
{
	static const char *const states[] = {
		"CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2",
		"CLOSING",    "LAST_ACK",  "ESTABLISHED",
	};
	const char *age = call->option['g'];
	const char *port = call->option['P'];

	memset(filter, 0, sizeof(*filter));
	filter->classes = call->option['c'];
	filter->states = call->option['s'];
	filter->holder = call->option['H'];
	if (filter->classes && !all_known(filter->classes, classes, CLASSES)) {
		output_error("-c %s: not close_wait, orphan, fin_wait2 or established; see reaperctl list --help",
			     filter->classes);
		return RC_USAGE;
	}
	if (filter->states && !all_known(filter->states, states,
					 sizeof(states) / sizeof(states[0]))) {
		output_error("-s %s: no state of a tracked socket; see reaperctl list --help",
			     filter->states);
		return RC_USAGE;
	}
	if (age && !duration_parse(age, &filter->age_ms)) {
		output_error("-g %s: not a time: 30s, 5m, 1h30m or milliseconds; see reaperctl list --help",
			     age);
		return RC_USAGE;
	}
	if (port && !parse_ports(filter, port)) {
		output_error("-P %s: not a port, nor a range of ports; see reaperctl list --help",
			     port);
		return RC_USAGE;
	}
	return RC_DONE;
}

static bool port_wanted(const struct filter *filter, const char *address)
{
	const char *colon = strrchr(address, ':');
	unsigned int port;

	return colon && parse_port(colon + 1, &port, '\0') &&
	       port >= filter->port_low && port <= filter->port_high;
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
	return !filter->port_low || port_wanted(filter, sock->local) ||
	       port_wanted(filter, sock->remote);
}

/**
 * filter_holder() - is the socket wanted, by who holds it?
 * @filter: the filter
 * @first: its first holder, or NULL
 *
 * Return: true if so.
 */
bool filter_holder(const struct filter *filter, const struct holder *first)
{
	const struct holder *holder;
	uint64_t pid = 0;

	if (!filter->holder)
		return true;
	if (!number_parse(filter->holder, &pid))
		pid = 0;
	for (holder = first; holder; holder = holder->next) {
		if (pid ? (uint64_t)holder->pid == pid
			: !strcmp(holder->comm, filter->holder))
			return true;
	}
	return false;
}
