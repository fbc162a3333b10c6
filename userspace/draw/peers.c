// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peers of a group's sockets, those with the most first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "draw/found.h"
#include "kernel/address.h"
#include "show/output.h"

/* Those that are named. */
#define NAMED 5

struct peer {
	const char *text; /* with a port behind it */
	size_t len;
	size_t n;
};

static int by_host(const void *a, const void *b)
{
	const struct peer *x = a;
	const struct peer *y = b;
	int order =
		strncmp(x->text, y->text, x->len < y->len ? x->len : y->len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int by_number(const void *a, const void *b)
{
	const struct peer *x = a;
	const struct peer *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : by_host(a, b);
}

/**
 * peers_show() - who is at the other end, by number
 * @group: the sockets
 */
void peers_show(const struct group *group)
{
	struct peer *peers = mem_zalloc(group->sockets, sizeof(*peers));
	char text[TEXT] = "";
	size_t kept = 0;
	size_t i;

	for (i = 0; i < group->sockets; i++) {
		peers[i].text = group->items[i].sock->remote;
		peers[i].len = address_host(peers[i].text);
	}
	qsort(peers, group->sockets, sizeof(*peers), by_host);
	for (i = 0; i < group->sockets; i++) {
		if (!kept || by_host(&peers[kept - 1], &peers[i]))
			peers[kept++] = peers[i];
		peers[kept - 1].n++;
	}
	qsort(peers, kept, sizeof(*peers), by_number);
	output_open_array("peers");
	for (i = 0; i < kept && i < NAMED; i++) {
		char host[SOCKET_ADDRESS];

		snprintf(host, sizeof(host), "%.*s", (int)peers[i].len,
			 peers[i].text);
		output_open(NULL);
		output_string("address", host);
		output_u64("sockets", peers[i].n);
		output_close();
		text_add(text, "%s%s (%zu)", i ? ", " : "", host, peers[i].n);
	}
	output_close();
	if (kept > i)
		text_add(text, " and %zu more", kept - i);
	output_line("  peers  %s", text);
	free(peers);
}
