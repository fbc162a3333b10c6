// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracked sockets of all chosen namespaces, then one pass over /proc for
 * the holders of them all: namespaces share processes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/survey.h"

struct reading {
	struct survey *survey;
	sockets_keep_fn keep;
	const void *arg;
};

static enum rc read_part(const struct netns *ns, void *arg)
{
	const struct reading *reading = arg;
	struct survey *survey = reading->survey;
	struct survey_part *part = &survey->parts[ns - survey->netns->v];
	enum rc rc =
		sockets_read(&part->sockets, ns, reading->keep, reading->arg);

	part->read = true;
	survey->sockets += part->sockets.n;
	return rc;
}

/**
 * survey_read() - read the sockets of all namespaces
 * @survey: survey_free() it in any case
 * @netns: the namespaces; they stay until then
 * @keep: which sockets are of interest; NULL: all
 * @arg: handed on to @keep
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr; what was right is in
 * @survey nevertheless.
 */
enum rc survey_read(struct survey *survey, const struct netns_set *netns,
		    sockets_keep_fn keep, const void *arg)
{
	struct reading reading = { survey, keep, arg };
	size_t i;

	memset(survey, 0, sizeof(*survey));
	survey->netns = netns;
	survey->parts = mem_zalloc(netns->n, sizeof(*survey->parts));
	for (i = 0; i < netns->n; i++)
		survey->parts[i].ns = &netns->v[i];
	return netns_each(netns, read_part, &reading);
}

/**
 * survey_want() - begin to look for the holders of the sockets
 * @survey: read
 * @more: how many others the caller will want, of @survey's holders
 */
void survey_want(struct survey *survey, size_t more)
{
	struct sock sock;
	size_t i;
	size_t s;

	survey->more = more;
	survey->holders = holders_new(survey->sockets + more);
	for (i = 0; i < survey->netns->n; i++) {
		const struct sockets *sockets = &survey->parts[i].sockets;

		for (s = 0; s < sockets->n; s++) {
			sockets_get(sockets, s, &sock);
			holders_want(survey->holders, sock.inode);
		}
	}
}

/**
 * survey_holders() - find the holders of the sockets
 * @survey: read; wanted, or no others are
 */
void survey_holders(struct survey *survey)
{
	if (!survey->holders)
		survey_want(survey, 0);
	if (survey->sockets + survey->more)
		survey->unread = holders_scan(survey->holders);
}

/**
 * survey_free() - forget all
 * @survey: what was read
 */
void survey_free(struct survey *survey)
{
	size_t i;

	if (survey->holders)
		holders_free(survey->holders);
	for (i = 0; i < survey->netns->n; i++)
		sockets_free(&survey->parts[i].sockets);
	free(survey->parts);
	memset(survey, 0, sizeof(*survey));
}
