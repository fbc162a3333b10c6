// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose sockets are they? The line that stands above what was found of them.
 */
#include <inttypes.h>
#include <string.h>

#include "base/duration.h"
#include "base/text.h"
#include "draw/found.h"
#include "draw/names.h"
#include "show/output.h"

static const char *const kinds[] = {
	[OWNER_PROCESS] = "process",	     [OWNER_INHERITED] = "inherited",
	[OWNER_UNACCEPTED] = "not_accepted", [OWNER_HIDDEN] = "hidden_process",
	[OWNER_NOBODY] = "no_process",	     [OWNER_ORPHAN] = "orphan",
	[OWNER_KERNEL] = "kernel",
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static const char *port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon ? colon + 1 : address;
}

static void add_uid(char who[TEXT], const struct process *process)
{
	if (!process || process->uid == UINT64_MAX)
		return;
	output_u64("uid", process->uid);
	text_add(who, ", uid %" PRIu64, process->uid);
}

static void name_program(char who[TEXT], const struct group *group)
{
	const struct owner *owner = &group->items->owner;

	names_program(who, owner->by);
	names_processes(who, group->pids, GROUP_PIDS, group->processes);
	if (relative_manages(owner->by))
		text_add(who,
			 ", which keeps it for a service (systemctl list-sockets, systemctl list-units)");
}

static void name_heirs(char who[TEXT], const struct group *group)
{
	name_program(who, group);
	text_add(who, ", inherited from ");
	names_program(who, group->items->owner.maker);
	text_add(who, ", pid %d", (int)group->items->owner.maker->pid);
}

static void name_queue(char who[TEXT], const struct findings *findings,
		       const struct group *group)
{
	const struct owner *owner = &group->items->owner;
	const struct owners *owners = findings->owners;
	const struct holder *first;
	char name[LISTENER_NAME];

	text_add(who, "never accepted, at ");
	if (!owner->listener) {
		text_add(who, "port %s", port_of(group->items->sock->local));
		return;
	}
	output_u64("port", owner->listener->at.port);
	text_add(who, "%s", listener_name(name, owner->listener));
	if (!owner->by)
		return;
	first = holders_of(owners->holders, owner->listener->inode);
	text_add(who, ", where ");
	if (relative_manages(owner->by)) {
		names_program(who, owner->by);
		text_add(who,
			 ", pid %d, listens for a service that does not run or has let go of it (systemctl list-sockets names it)",
			 (int)owner->by->pid);
	} else if (group_holders(first) == 1) {
		names_program(who, owner->by);
		text_add(who, ", pid %d, listens with fd %d",
			 (int)owner->by->pid, owner->holder->fd);
	} else {
		names_accepters(who, owners->relatives, first);
		text_add(who, ", listens");
	}
}

static void name_orphans(char who[TEXT], const struct findings *findings,
			 const struct group *group)
{
	const struct item *item = group->items;
	const struct owners *owners = findings->owners;
	char name[LISTENER_NAME];

	text_add(who, "orphans, held by nobody");
	if (item->owner.listener) {
		text_add(who, ", made at %s",
			 listener_name(name, item->owner.listener));
		if (!item->owner.by)
			return;
		text_add(who, ", where ");
		names_accepters(who, owners->relatives,
				holders_of(owners->holders,
					   item->owner.listener->inode));
		text_add(who, ", listens");
	} else if (item->number & ITEM_LOCAL_PORT) {
		text_add(who, ", made at port %s, where nobody listens now",
			 port_of(item->sock->local));
	} else {
		text_add(who, ", of clients of port %s",
			 port_of(item->sock->remote));
	}
}

static void name_group(char who[TEXT], const struct findings *findings,
		       const struct group *group)
{
	switch (group->items->owner.kind) {
	case OWNER_PROCESS:
		name_program(who, group);
		break;
	case OWNER_INHERITED:
		name_heirs(who, group);
		break;
	case OWNER_UNACCEPTED:
		name_queue(who, findings, group);
		break;
	case OWNER_HIDDEN:
		text_add(who,
			 "a process that cannot be seen (run it as root, or in its pid namespace)");
		break;
	case OWNER_NOBODY:
		text_add(who,
			 "no process: none has a descriptor of it; the kernel may use it, or it is on its way between processes, or in io_uring");
		break;
	case OWNER_ORPHAN:
		name_orphans(who, findings, group);
		break;
	case OWNER_KERNEL:
		text_add(who, "kernel");
		break;
	}
}

/**
 * title_show() - whose sockets they are, how many, and since when
 * @findings: of which they are
 * @group: the sockets
 */
void title_show(const struct findings *findings, const struct group *group)
{
	const struct item *item = group->items;
	char age[DURATION_TEXT];
	char who[TEXT] = "";
	size_t i;

	output_string("kind", kinds[item->owner.kind]);
	if (item->owner.by) {
		output_string("name", item->owner.by->comm);
		output_u64("pid", (uint64_t)item->owner.by->pid);
		if (*item->owner.by->unit)
			output_string("unit", item->owner.by->unit);
	}
	if (item->owner.maker) {
		output_string("maker", item->owner.maker->comm);
		output_u64("maker_pid", (uint64_t)item->owner.maker->pid);
	}
	output_u64("processes", group->processes);
	output_open_array("pids");
	for (i = 0; i < group->processes && i < GROUP_PIDS; i++) {
		output_open(NULL);
		output_u64("pid", (uint64_t)group->pids[i]);
		output_close();
	}
	output_close();
	name_group(who, findings, group);
	if (item->owner.kind <= OWNER_INHERITED)
		add_uid(who, item->process);
	output_u64("sockets", group->sockets);
	output_u64("oldest_ms", item->sock->age_ms);
	output_style(OUTPUT_STRONG);
	output_line("%s: %zu socket%s, the oldest for %s", who, group->sockets,
		    plural(group->sockets),
		    duration_age(age, item->sock->age_ms));
}
