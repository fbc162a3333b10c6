// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose is a socket? Of several who hold it, that which has to do something
 * about it: not the manager that keeps it for a service, and not a child that
 * only got a copy of its parent's descriptors.
 */
#include <string.h>

#include "find/owner.h"

#define GENERATIONS 64

/* Those below are what a program gets its work by, as from inetd. */
#define FIRST_OWN_FD 3

/* "sshd-session" is a part of sshd. */
static bool is_part(const struct relative *child, const struct relative *of)
{
	return !strncmp(child->comm, of->comm, strlen(of->comm));
}

/* An ancestor of another program that is @among some holders, or NULL. */
static const struct relative *ancestor(struct relatives *relatives,
				       const struct relative *of,
				       const struct holder *among)
{
	const struct relative *at = of;
	int i;

	for (i = 0; i < GENERATIONS && at->parent > 1; i++) {
		at = relatives_get(relatives, at->parent);
		if (!is_part(of, at) && !relative_manages(at) &&
		    holders_have(among, at->pid))
			return at;
	}
	return NULL;
}

/**
 * owner_pick() - which of some holders has something to do with it?
 * @relatives: of all processes
 * @first: the first of them, or NULL
 *
 * Return: the first that neither only keeps it for others nor only inherited
 * it, or else @first.
 */
const struct holder *owner_pick(struct relatives *relatives,
				const struct holder *first)
{
	const struct holder *holder;

	for (holder = first; holder; holder = holder->next) {
		const struct relative *by =
			relatives_get(relatives, holder->pid);

		if (!relative_manages(by) && !ancestor(relatives, by, first))
			return holder;
	}
	return first;
}

/*
 * Who left a descriptor in @by, a program of another kind that has no listener
 * there? An ancestor that has one, or whoever else has it if that ancestor is
 * not to be found.
 */
static const struct relative *maker_of(const struct owners *owners,
				       const struct owner *owner)
{
	const struct relative *by = owner->by;
	const struct relative *maker;
	const struct holder *accepts;

	if (!owner->listener || owner->holder->fd < FIRST_OWN_FD ||
	    relative_manages(by))
		return NULL;
	accepts = holders_of(owners->holders, owner->listener->inode);
	/* A program that has the listener as well may accept by itself. */
	if (holders_have(accepts, by->pid) &&
	    relatives_waits(owners->relatives, by->pid))
		return NULL;
	maker = ancestor(owners->relatives, by, accepts);
	if (maker || holders_have(accepts, by->pid))
		return maker;
	accepts = owner_pick(owners->relatives, accepts);
	/* Its parent has ended, so it is a stranger by now. */
	if (!accepts || by->parent != 1)
		return NULL;
	maker = relatives_get(owners->relatives, accepts->pid);
	if (relative_manages(maker) || is_part(by, maker) ||
	    strcmp(maker->cgroup, by->cgroup))
		return NULL;
	return maker;
}

/*
 * Before a server forks its workers it makes the listener, and then only looks
 * after them: who accepts, or should, is a child that has it as well.
 */
static const struct holder *worker_of(const struct owners *owners,
				      const struct holder *first,
				      const struct holder *server)
{
	const struct holder *holder;

	for (holder = server ? first : NULL; holder; holder = holder->next) {
		const struct relative *by =
			relatives_get(owners->relatives, holder->pid);

		if (by->parent == server->pid &&
		    relative_same_program(by, relatives_get(owners->relatives,
							    server->pid)))
			return holder;
	}
	return server;
}

static void find_by(struct owner *owner, const struct owners *owners,
		    const struct holder *first)
{
	owner->holder = owner_pick(owners->relatives, first);
	/* Of what nobody holds it is those of the listener. */
	if (owner->kind == OWNER_UNACCEPTED)
		owner->holder = worker_of(owners, first, owner->holder);
	if (!owner->holder)
		return;
	owner->by = relatives_get(owners->relatives, owner->holder->pid);
	owner->leader = relatives_leader(owners->relatives, owner->by);
}

static void find_maker(struct owner *owner, const struct owners *owners)
{
	owner->maker = maker_of(owners, owner);
	if (!owner->maker)
		return;
	owner->kind = OWNER_INHERITED;
	owner->leader = relatives_leader(owners->relatives, owner->maker);
}

/**
 * owner_find() - whose is it?
 * @owner: the result
 * @owners: where to look
 * @sock: the socket
 */
void owner_find(struct owner *owner, const struct owners *owners,
		const struct sock *sock)
{
	const struct holder *first = holders_of(owners->holders, sock->inode);

	memset(owner, 0, sizeof(*owner));
	owner->listener = listeners_find(owners->listeners, sock->local);
	if (!strcmp(sock->verdict, "kernel")) {
		owner->kind = OWNER_KERNEL;
	} else if (first) {
		owner->kind = OWNER_PROCESS;
		find_by(owner, owners, first);
		find_maker(owner, owners);
	} else if (!strcmp(sock->class, "orphan")) {
		owner->kind = OWNER_ORPHAN;
	} else if (sock->inode) {
		owner->kind = owners->all_seen ? OWNER_NOBODY : OWNER_HIDDEN;
	} else {
		owner->kind = OWNER_UNACCEPTED;
	}
	if (!first && owner->listener)
		find_by(owner, owners,
			holders_of(owners->holders, owner->listener->inode));
}
