// SPDX-License-Identifier: GPL-2.0-only
/*
 * What diagnose found, in words: first what is known, then what it may mean,
 * what would tell, and what to do.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "draw/findings.h"
#include "draw/found.h"
#include "draw/names.h"
#include "show/output.h"

/* Anybody may have thousands of listeners; so many full ones are looked into.
 */
#define FULL_MAX 64

struct page {
	const struct findings *findings;
	const struct knobs *knobs;
};

/* What stops a process, and who left a descriptor open, decides what helps. */
static void find_fix(char fix[TEXT], const struct item *item, enum cause cause)
{
	const struct process *process = item->process;
	char unit[TEXT];

	*fix = '\0';
	if (cause == CAUSE_FROZEN && !strchr(item->owner.by->unit, '.')) {
		/* No unit of systemd's. */
		text_add(fix,
			 "thaw it: \"docker unpause\" and the like, or write 0 to its cgroup.freeze");
	} else if (cause == CAUSE_FROZEN) {
		text_add(fix,
			 "thaw it: \"systemctl thaw %s\", or \"docker unpause\" and the like for a container",
			 text_word(unit, item->owner.by->unit, "UNIT"));
	} else if (cause == CAUSE_STOPPED && process->state == 't') {
		text_add(fix, "let the debugger, pid %d, go on",
			 (int)process->tracer);
	} else if (cause == CAUSE_STOPPED) {
		text_add(fix, "kill -CONT %d", (int)process->pid);
	} else if (cause == CAUSE_INHERITED) {
		text_add(fix, "in ");
		names_program(fix, item->owner.maker);
		text_add(fix,
			 ": open connections with O_CLOEXEC (accept4() with SOCK_CLOEXEC), so that what it starts does not get them; this one stays until ");
		names_program(fix, item->owner.by);
		text_add(fix, " ends");
	} else {
		text_add(fix, "%s", causes[cause].fix);
	}
}

static void show_meaning(const struct finding *finding, enum cause cause,
			 bool busy)
{
	const struct cause_words *words = &causes[cause];
	const char *maybe = busy && words->busy ? words->busy : words->maybe;
	const struct process *process = finding->example->process;
	char tell[TEXT] = "";

	if (maybe) {
		output_string("maybe", maybe);
		output_line("    maybe  %s", maybe);
	}
	if (busy && words->busy && words->maybe)
		output_line("           or %s", words->maybe);
	if (!words->tell)
		return;
	if (!strstr(words->tell, "%d"))
		text_add(tell, "%s", words->tell);
	else if (process)
		/* The only number in them is the process. */
		text_add(tell, "%.*s%d%s",
			 (int)(strstr(words->tell, "%d") - words->tell),
			 words->tell, (int)process->pid,
			 strstr(words->tell, "%d") + 2);
	else
		return;
	output_string("tell", tell);
	output_line("    tell   %s", tell);
}

/* The example is the oldest; others may have more in their queues. */
static void show_most(const struct finding *finding)
{
	const struct sock *sock = finding->example->sock;
	bool ended = !strcmp(sock->state, "CLOSE_WAIT");

	if (finding->rxq > sock->rxq)
		output_line("    known  others have up to %" PRIu64
			    " bytes not read",
			    finding->rxq - ended);
	if (finding->txq > sock->txq)
		output_line("    known  others have up to %" PRIu64
			    " bytes that the peer has not taken",
			    finding->txq);
}

static void show_finding(const struct page *page, const struct group *group,
			 enum cause cause, bool busy)
{
	const struct finding *finding = &group->findings[cause];
	const struct cause_words *words = &causes[cause];
	char fix[TEXT];

	output_open(NULL);
	output_string("cause", words->name);
	output_u64("sockets", finding->sockets);
	output_u64("due", finding->due);
	output_u64("oldest_ms", finding->example->sock->age_ms);
	output_string("what", words->what);
	output_style(words->well ? OUTPUT_GOOD : OUTPUT_WARN);
	output_line("  %zu  %s: %s", finding->sockets, words->title,
		    words->what);
	busy |= facts_show(finding->example, cause);
	show_most(finding);
	show_meaning(finding, cause, busy);
	if (finding->due)
		output_line("    due    %zu of them", finding->due);
	find_fix(fix, finding->example, cause);
	output_string("fix", fix);
	output_line("    do     %s", fix);
	setting_show(page->findings->ns, page->knobs, finding, cause);
	output_close();
}

/* Have only those it besides @by who keep it until that has ended? */
static bool only_kept(struct relatives *relatives, const struct holder *first,
		      const struct relative *by)
{
	for (; first; first = first->next) {
		const struct relative *one =
			relatives_get(relatives, first->pid);

		if (!relative_manages(one) && !relative_same_program(one, by))
			return false;
	}
	return true;
}

/* Every copy of a descriptor has to be closed; who has one without need? */
static void show_holders(const struct page *page, const struct group *group)
{
	const struct owners *owners = page->findings->owners;
	const struct holder *first;
	const struct owner *owner;
	char text[TEXT] = "";
	size_t n;

	if (!group->shared) {
		output_u64("holders", 1);
		return;
	}
	owner = &group->shared->owner;
	first = holders_of(owners->holders, group->shared->sock->inode);
	n = group_holders(first);
	output_u64("holders", n);
	names_holders(text, owners->relatives, first, NULL);
	if (holders_more(owners->holders, group->shared->sock->inode))
		text_add(text, "; and others");
	output_line("  held by %zu processes at once, and open until each has closed it: %s",
		    n, text);
	*text = '\0';
	names_holders(text, owners->relatives, first, owner->by);
	if (!*text)
		output_line(
			"          fork() copied it: the process that does not serve it should close it");
	else if (only_kept(owners->relatives, first, owner->by))
		output_line("          kept for it by %s, until it has ended",
			    text);
	else if (owner->kind == OWNER_PROCESS)
		output_line("          inherited, or kept for it, by %s; O_CLOEXEC keeps a descriptor from what a program starts",
			    text);
}

static void show_group(const struct page *page, const struct group *group)
{
	const struct owner *owner = &group->items->owner;
	bool busy = false;
	size_t c;

	output_open(NULL);
	title_show(page->findings, group);
	if (owner->kind == OWNER_UNACCEPTED && owner->listener) {
		backlog_queue(page->findings, owner->listener);
		busy = backlog_accepters(page->findings, owner->listener);
	}
	if (owner->kind == OWNER_ORPHAN)
		peers_show(group);
	output_open_array("causes");
	for (c = 0; c < CAUSES; c++) {
		if (group->findings[c].sockets)
			show_finding(page, group, (enum cause)c, busy);
	}
	output_close();
	show_holders(page, group);
	growth_show(page->findings, group);
	output_close();
}

/* Which are told with the sockets that wait there? Return: to be freed. */
static bool *told(const struct findings *findings)
{
	const struct listeners *listeners = findings->owners->listeners;
	bool *told = mem_zalloc(listeners->n, sizeof(*told));
	size_t i;

	for (i = 0; i < findings->n; i++) {
		const struct owner *owner = &findings->groups[i].items->owner;

		/* The first of its address is every socket's there. */
		if (owner->kind == OWNER_UNACCEPTED && owner->listener)
			told[owner->listener - listeners->v] = true;
	}
	return told;
}

static size_t show_full(const struct findings *findings, size_t shown)
{
	const struct listeners *listeners = findings->owners->listeners;
	bool *is_told = told(findings);
	size_t looked = 0;
	size_t more = 0;
	size_t first;
	size_t i;

	for (first = 0; first < listeners->n; first = i) {
		const struct listener *at = &listeners->v[first];
		bool full = false;

		for (i = first; at; i++) {
			full |= backlog_full(at);
			at = listeners_next(listeners, at);
		}
		if (!full || is_told[first])
			continue;
		if (looked++ >= FULL_MAX)
			more++;
		else
			shown += backlog_show(findings, &listeners->v[first],
					      shown);
	}
	if (more)
		output_line("%zu more listeners have a full backlog, too many to look into: ss -ltn shows them",
			    more);
	free(is_told);
	return shown + more;
}

/**
 * findings_show() - what was found in a namespace
 * @findings: all of it
 * @set: all namespaces that are shown
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc findings_show(const struct findings *findings,
		      const struct netns_set *set)
{
	struct knobs knobs = { 0 };
	struct page page = { findings, &knobs };
	enum rc rc = knobs_find(&knobs, findings->ns);
	size_t shown = findings->n;
	size_t i;

	netns_heading(set, findings->ns);
	output_open(NULL);
	netns_output(findings->ns);
	output_open_array("groups");
	for (i = 0; i < findings->n; i++) {
		if (i)
			output_line("%s", "");
		show_group(&page, &findings->groups[i]);
	}
	if (!findings->unit)
		shown = show_full(findings, shown);
	output_close();
	lefts_show(&findings->lefts, shown);
	if (!shown && !findings->lefts.n)
		output_line("no socket %slingers",
			    findings->unit ? "of that unit " : "");
	output_close();
	knobs_free(&knobs);
	return rc;
}
