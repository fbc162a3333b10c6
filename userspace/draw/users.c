// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who holds a socket, in the three forms in which that is said. Names are
 * others' choice: none may look like the end of itself and another holder.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/users.h"
#include "show/clean.h"
#include "show/output.h"

struct form {
	const char *unfit; /* in a name */
	const char *begin;
	const char *before; /* each but the first */
	const char *open;
	const char *pid;
	const char *close;
	const char *end;
};

/* Where printf() would cost most of a row. */
static void put_number(FILE *file, uint64_t number)
{
	char text[24];

	*number_put(text, number) = '\0';
	fputs(text, file);
}

static char *users(const struct form *form, const struct holders *holders,
		   uint64_t inode)
{
	const struct holder *first = holders_of(holders, inode);
	const struct holder *holder;
	size_t more = holders_more(holders, inode);
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		mem_or_die(NULL);
	fputs(form->begin, file);
	for (holder = first; holder; holder = holder->next) {
		char *name = clean_name(holder->comm, form->unfit);

		fputs(holder == first ? "" : form->before, file);
		fputs(form->open, file);
		fputs(name, file);
		fputs(form->pid, file);
		put_number(file, (uint64_t)holder->pid);
		fputs(",fd=", file);
		put_number(file, (uint64_t)holder->fd);
		fputs(form->close, file);
		free(name);
	}
	fputs(form->end, file);
	if (more)
		fprintf(file, " and %zu more descriptors", more);
	if (fclose(file))
		mem_or_die(NULL);
	return mem_or_die(text);
}

/**
 * users_as_ss() - the holders as ss writes them, so that what reads ss reads
 * this
 * @holders: the search, scanned
 * @inode: of a socket that has one
 *
 * Return: the text; free() it.
 */
char *users_as_ss(const struct holders *holders, uint64_t inode)
{
	static const struct form form = { "\"\\",    "users:(", ",", "(\"",
					  "\",pid=", ")",	")" };

	return users(&form, holders, inode);
}

/**
 * users_plain() - likewise, with less around it
 * @holders: the search, scanned
 * @inode: the socket's
 *
 * Return: the text, "-" if there is none; free() it.
 */
char *users_plain(const struct holders *holders, uint64_t inode)
{
	static const struct form form = {
		"\"\\, ", "", " ", "", ",pid=", "", ""
	};

	return holders_of(holders, inode) ? users(&form, holders, inode)
					  : mem_strdup("-");
}

/**
 * users_output() - likewise, for JSON: an array, and how many are not in it
 * @relatives: of all processes
 * @holders: the search, scanned
 * @inode: the socket's
 */
void users_output(struct relatives *relatives, const struct holders *holders,
		  uint64_t inode)
{
	const struct holder *holder;

	if (!output_json())
		return;
	output_open_array("holders");
	for (holder = holders_of(holders, inode); holder;
	     holder = holder->next) {
		const struct relative *by =
			relatives_get(relatives, holder->pid);

		output_open(NULL);
		output_string("name", holder->comm);
		output_u64("pid", (uint64_t)holder->pid);
		output_u64("fd", (uint64_t)holder->fd);
		if (*by->unit)
			output_string("unit", by->unit);
		if (*by->pod)
			output_string("pod", by->pod);
		output_close();
	}
	output_close();
	output_u64("holders_left_out", holders_more(holders, inode));
}
