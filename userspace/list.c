// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl list: the tracked sockets and who holds them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "mem.h"
#include "output.h"
#include "proc.h"
#include "sockets.h"
#include "verb.h"

static const struct output_column columns[] = {
	{ "CLASS", false },  { "STATE", false },  { "AGE", true },
	{ "IDLE", true },    { "RECV-Q", true },  { "SEND-Q", true },
	{ "LOCAL", false },  { "REMOTE", false }, { "VERDICT", false },
	{ "HOLDER", false },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* What is shown of one namespace; all are read before the scan of /proc. */
struct part {
	struct sockets sockets;
	bool read;
};

struct listing {
	const struct netns_set *netns;
	struct part *parts;
	size_t sockets;
	struct holders *holders;
	size_t unread; /* processes that hide their descriptors */
	size_t unseen; /* sockets that must have a holder, none found */
};

static enum rc read_part(const struct netns *ns, void *arg)
{
	struct listing *listing = arg;
	struct part *part = &listing->parts[ns - listing->netns->v];
	enum rc rc = sockets_read(&part->sockets, ns);

	part->read = true;
	sockets_sort(&part->sockets);
	listing->sockets += part->sockets.n;
	return rc;
}

static void find_holders(struct listing *listing)
{
	size_t i;
	size_t s;

	listing->holders = holders_new(listing->sockets);
	for (i = 0; i < listing->netns->n; i++) {
		const struct sockets *sockets = &listing->parts[i].sockets;

		for (s = 0; s < sockets->n; s++)
			holders_want(listing->holders, sockets->v[s].inode);
	}
	if (listing->sockets)
		listing->unread = holders_scan(listing->holders);
}

/* The holders as ss writes them, so that what reads ss reads this. */
static void show_holders(const struct holder *first)
{
	const struct holder *holder;
	char *text = NULL;
	size_t size;
	FILE *file;

	file = open_memstream(&text, &size);
	if (!file) {
		output_cell("%s", "?");
		return;
	}
	fputs("users:(", file);
	for (holder = first; holder; holder = holder->next)
		fprintf(file, "%s(\"%s\",pid=%d,fd=%d)",
			holder == first ? "" : ",", holder->comm,
			(int)holder->pid, holder->fd);
	fputc(')', file);
	output_cell("%s", fclose(file) || !text ? "?" : text);
	free(text);
}

static void show(struct listing *listing, const struct sock *sock)
{
	const struct holder *first = holders_of(listing->holders, sock->inode);
	const struct holder *holder;
	char age[DURATION_TEXT];
	char idle[DURATION_TEXT];
	bool kernel = !strcmp(sock->verdict, "kernel");

	output_open(NULL);
	output_string("class", sock->class);
	output_string("state", sock->state);
	output_u64("age_ms", sock->age_ms);
	output_u64("idle_ms", sock->idle_ms);
	output_u64("rxq", sock->rxq);
	output_u64("txq", sock->txq);
	output_string("local", sock->local);
	output_string("remote", sock->remote);
	output_string("verdict", sock->verdict);
	output_u64("uid", sock->uid);
	output_u64("inode", sock->inode);
	output_open_array("holders");
	for (holder = first; holder; holder = holder->next) {
		output_open(NULL);
		output_string("name", holder->comm);
		output_u64("pid", (uint64_t)holder->pid);
		output_u64("fd", (uint64_t)holder->fd);
		output_close();
	}
	output_close();
	output_close();

	if (sock->inode && !first && !kernel)
		listing->unseen++;
	if (output_json())
		return;
	output_cell("%s", sock->class);
	output_cell("%s", sock->state);
	output_cell("%s", duration_age(age, sock->age_ms));
	output_cell("%s", duration_age(idle, sock->idle_ms));
	output_cell("%" PRIu64, sock->rxq);
	output_cell("%" PRIu64, sock->txq);
	output_cell("%s", sock->local);
	output_cell("%s", sock->remote);
	output_cell("%s", sock->verdict);
	if (first)
		show_holders(first);
	else if (kernel)
		output_cell("%s", "kernel");
	else if (sock->inode)
		output_cell("%s", "?");
	else if (!strcmp(sock->class, "orphan"))
		output_cell("%s", "none");
	else
		output_cell("%s", "not accepted");
}

static void show_part(struct listing *listing, size_t i)
{
	const struct sockets *sockets = &listing->parts[i].sockets;
	const struct netns *ns = &listing->netns->v[i];
	size_t s;

	if (!listing->parts[i].read)
		return;
	netns_heading(listing->netns, ns);
	output_open(NULL);
	netns_output(ns);
	output_open_array("sockets");
	output_table(columns, COLUMNS);
	for (s = 0; s < sockets->n; s++)
		show(listing, &sockets->v[s]);
	output_table_end();
	output_close();
	output_close();
}

static enum rc run(struct call *call)
{
	struct listing listing = { .netns = &call->netns };
	enum rc rc;
	size_t i;

	listing.parts = mem_zalloc(call->netns.n, sizeof(*listing.parts));
	rc = netns_each(&call->netns, read_part, &listing);
	find_holders(&listing);
	for (i = 0; i < call->netns.n; i++)
		show_part(&listing, i);
	/* No failure, as it is none for ss: what may be seen was shown. */
	if (listing.unseen && listing.unread)
		output_error("holders of %zu sockets not shown: %zu processes hide their descriptors from you; run it as root",
			     listing.unseen, listing.unread);
	holders_free(listing.holders);
	for (i = 0; i < call->netns.n; i++)
		sockets_free(&listing.parts[i].sockets);
	free(listing.parts);
	return rc;
}

const struct verb verb_list = {
	.name = "list",
	.args = "",
	.what = "tracked sockets, the oldest first, and who holds them",
	.help = "A line for each tracked socket, the oldest first. AGE counts from what made it\n"
		"linger, IDLE from its last progress; VERDICT is wait, due, or why it is left alone.\n"
		"HOLDER names each process and descriptor that keeps it; \"not accepted\": it waits in\n"
		"a listener's queue; \"none\": its owner has let go; \"kernel\": it is the kernel's own;\n"
		"\"?\": the holder cannot be seen.\n"
		"With -j times are in milliseconds and holders an array.\n",
	.run = run,
};
