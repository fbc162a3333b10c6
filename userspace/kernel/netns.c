// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces: entering them, and what to call them.
 * /proc/net and /proc/sys/net follow a single-threaded program into it, so
 * nothing needs to be mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kfile.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "show/output.h"

/* Inode number of the namespace the program is in; 0: not known. */
static uint64_t here;
/* Where it was started, once it went elsewhere. */
static int home = -1;
static uint64_t home_inode;

/* The numbers are the tree's keys themselves. */
static void no_free(void *number)
{
	(void)number;
}

/**
 * netns_set_free() - let go of the namespaces
 * @set: what was chosen
 */
void netns_set_free(struct netns_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->v[i].fd >= 0)
			close(set->v[i].fd);
	}
	free(set->v);
	tdestroy(set->known, no_free);
	free(set->stale);
	memset(set, 0, sizeof(*set));
}

/**
 * netns_try() - go there if possible, for all that is read from now on
 * @ns: the namespace
 *
 * Return: false if it is not possible; errno says why.
 */
bool netns_try(const struct netns *ns)
{
	/* To enter needs a right even where one is already; to stay, none. */
	if (!here && kfile_inode(NETNS_OWN, &here))
		here = 0;
	if (ns->fd < 0 || kfile_pseudo() || (here && ns->inode == here))
		return true;
	if (home < 0) {
		home = open(NETNS_OWN, O_RDONLY | O_CLOEXEC);
		home_inode = here;
		if (home >= 0)
			kfile_home(home);
	}
	if (setns(ns->fd, CLONE_NEWNET))
		return false;
	here = ns->inode;
	return true;
}

/**
 * netns_let_go() - before waiting: keep no namespace, with its devices, alive
 * @set: its namespaces must be chosen again then
 *
 * A descriptor does that, as does a process that is there.
 */
void netns_let_go(struct netns_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->v[i].fd >= 0)
			close(set->v[i].fd);
		set->v[i].fd = -1;
	}
	if (home >= 0 && !setns(home, CLONE_NEWNET))
		here = home_inode;
}

/**
 * netns_enter() - go there, for all that is read and written from now on
 * @ns: the namespace
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc netns_enter(const struct netns *ns)
{
	char label[NETNS_LABEL];
	const char *hint;

	if (netns_try(ns))
		return RC_DONE;
	if (errno == EPERM)
		hint = "it needs CAP_SYS_ADMIN: run it as root";
	else if (errno == EINVAL)
		hint = "that is no network namespace: \"ip netns delete\" removes a stale name";
	else
		hint = "try again";
	output_error("cannot enter %s: %s; %s", netns_label(label, ns),
		     strerror(errno), hint);
	return RC_FAILED;
}

/**
 * netns_missing() - say what -a stands for and could not be reached
 * @set: the namespaces
 *
 * Once, however often it is asked.
 *
 * Return: RC_DONE if it was all, else RC_FAILED.
 */
enum rc netns_missing(const struct netns_set *set)
{
	static bool said;
	bool hidden = set->many && proc_hides();

	if (hidden && !said)
		output_error(
			"-a: /proc shows you no processes of others (hidepid=), so some may be missing; run it as root");
	else if (set->unread && !said)
		output_error("-a: %zu processes do not show their namespace to you, so some may be missing; run it as root",
			     set->unread);
	if (set->stale && !said)
		output_error("-a: " NETNS_NAMES
			     ": no namespace behind %s, left out; \"ip netns delete\" removes a stale name",
			     set->stale);
	if (set->left_out > 1 && !said)
		output_error("-a: %zu namespaces in all left out",
			     set->left_out);
	said = true;
	return hidden || set->unread || set->stale || set->left_out ? RC_FAILED
								    : RC_DONE;
}

/**
 * netns_each() - do something in each namespace
 * @set: the namespaces
 * @fn: called inside each
 * @arg: handed on to @fn
 *
 * Return: the first code that is not RC_DONE; all are visited nevertheless.
 */
enum rc netns_each(const struct netns_set *set,
		   enum rc (*fn)(const struct netns *ns, void *arg), void *arg)
{
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < set->n; i++) {
		enum rc got = netns_enter(&set->v[i]);

		if (got == RC_DONE)
			got = fn(&set->v[i], arg);
		rc = rc_first(rc, got);
	}
	return rc_first(rc, netns_missing(set));
}

/**
 * netns_name() - what to call a namespace in a table
 * @text: room for it
 * @ns: the namespace
 *
 * Return: @text.
 */
const char *netns_name(char text[NETNS_LABEL], const struct netns *ns)
{
	if (*ns->name)
		snprintf(text, NETNS_LABEL, "%s", ns->name);
	else if (ns->initial)
		snprintf(text, NETNS_LABEL, "initial");
	else if (ns->pid)
		snprintf(text, NETNS_LABEL, "of pid %d", (int)ns->pid);
	else
		snprintf(text, NETNS_LABEL, "this one");
	return text;
}

/**
 * netns_label() - what to call a namespace in a sentence
 * @text: room for it
 * @ns: the namespace
 *
 * Return: @text.
 */
const char *netns_label(char text[NETNS_LABEL], const struct netns *ns)
{
	if (*ns->name)
		snprintf(text, NETNS_LABEL, "netns %s", ns->name);
	else if (ns->initial)
		snprintf(text, NETNS_LABEL, "the initial netns");
	else if (ns->pid)
		snprintf(text, NETNS_LABEL, "netns of pid %d", (int)ns->pid);
	else
		snprintf(text, NETNS_LABEL, "this netns");
	return text;
}

/**
 * netns_output() - say in JSON which namespace it is
 * @ns: the namespace
 */
void netns_output(const struct netns *ns)
{
	output_open("netns");
	if (*ns->name)
		output_string("name", ns->name);
	else if (ns->initial)
		output_string("name", "initial");
	else
		output_null("name");
	if (ns->pid)
		output_u64("pid", (uint64_t)ns->pid);
	else
		output_null("pid");
	output_u64("inode", ns->inode);
	output_close();
}

/**
 * netns_heading() - part the namespaces in text, if there may be several
 * @set: the namespaces
 * @ns: the one that comes now
 */
void netns_heading(const struct netns_set *set, const struct netns *ns)
{
	char label[NETNS_LABEL];

	if (!set->many)
		return;
	if (ns != set->v)
		output_line("%s", "");
	output_style(OUTPUT_STRONG);
	output_line("# %s (inode %" PRIu64 ")", netns_label(label, ns),
		    ns->inode);
}
