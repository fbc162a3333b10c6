// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl top: what lingers, live.
 */
#include <inttypes.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/screen.h"
#include "find/look.h"
#include "find/top.h"
#include "show/output.h"
#include "verb/verb.h"

#define EVERY_MS 2000

/* Refreshing more often than that would show itself at work. */
#define EVERY_LEAST_MS 100

/* Return: false to end. */
static bool key(int c, struct top_view *view)
{
	switch (c) {
	case 'q':
	case 'Q':
	case 3: /* ^C, should it be no signal */
		return false;
	case 's':
		view->sort++;
		if (!top_sorts[view->sort])
			view->sort = 0;
		break;
	case 'r':
		view->reverse = !view->reverse;
		break;
	case 'n':
		view->namespaces = view->many && !view->namespaces;
		break;
	case 'p':
		view->paused = !view->paused;
		break;
	}
	return true;
}

static void draw(struct top_data *data, const struct top_data *before,
		 const struct top_view *view)
{
	top_sort(&data->processes, view);
	top_sort(&data->namespaces, view);
	top_draw(data, before->at_ms ? before : NULL, view,
		 output_held_error());
}

/* getch() returns at once then, and would for ever. */
static bool terminal_gone(void)
{
	struct pollfd polled = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&polled, 1, 0) > 0 &&
	       polled.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/*
 * Until a key ends it, or @rounds refreshes were made (0: no end). Return:
 * another code than RC_DONE, and a held error, if it cannot go on.
 */
static enum rc live(struct netns_set *set, struct top_view *view,
		    uint64_t rounds)
{
	struct top_data before = { 0 };
	struct top_data data = { 0 };
	enum rc rc = RC_DONE;
	uint64_t round = 0;

	top_gather(&data, set, NULL);
	for (;;) {
		uint64_t next = data.at_ms + view->every_ms;
		uint64_t now;

		netns_let_go(set);
		draw(&data, &before, view);
		if (rounds && ++round >= rounds)
			break;
		for (now = look_now_ms(); view->paused || now < next;
		     now = look_now_ms()) {
			int c;

			timeout(view->paused ? -1 : (int)(next - now));
			c = getch();
			if (c == ERR && terminal_gone()) {
				output_hold_errors(true);
				output_error("top: the terminal is gone");
				rc = RC_FAILED;
				goto out;
			}
			if (c == ERR)
				continue;
			if (!key(c, view))
				goto out;
			draw(&data, &before, view);
		}
		top_forget(&before);
		before = data;
		output_hold_errors(true);
		memset(&data, 0, sizeof(data));
		rc = netns_select_again(set);
		if (rc != RC_DONE)
			goto out;
		top_gather(&data, set, &before);
	}
out:
	top_forget(&data);
	top_forget(&before);
	return rc;
}

static enum rc parse(struct call *call, struct top_view *view, uint64_t *rounds)
{
	const char *every = call->option['d'];
	const char *number = call->option['i'];

	if (every &&
	    (!duration_parse_s(every, &view->every_ms) ||
	     view->every_ms < EVERY_LEAST_MS || view->every_ms > INT32_MAX))
		return output_usage("top",
				    "-d %s: not a time of 100ms or more: 2 (seconds), 0.5, 500ms, 1m",
				    every);
	if (number && !number_parse(number, rounds))
		return output_usage("top", "-i %s: not a number", number);
	return RC_DONE;
}

static enum rc run(struct call *call)
{
	struct top_view view = { .many = call->netns.many,
				 .every_ms = EVERY_MS };
	uint64_t rounds = 0;
	SCREEN *screen;
	char *error;
	enum rc rc = parse(call, &view, &rounds);

	if (rc != RC_DONE)
		return rc;
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		output_error(
			"top: not on a terminal; use status, list or metrics");
		return RC_FAILED;
	}
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		output_error("top: the terminal's type is not known: set TERM");
		return RC_FAILED;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	curs_set(0);
	output_hold_errors(true);
	rc = live(&call->netns, &view, rounds);
	endwin();
	delscreen(screen);
	error = rc == RC_DONE || !output_held_error()
			? NULL
			: mem_strdup(output_held_error());
	output_hold_errors(false);
	if (error)
		output_error("%s", error);
	free(error);
	return rc;
}

static const struct verb_option options[] = {
	{ 'd', "delay", "TIME", "time between refreshes (2s)", NULL },
	{ 'i', "iterations", "N", "end after so many", NULL },
	{ 0 },
};

const struct verb verb_top = {
	.name = "top",
	.args = "",
	.what = "what lingers, live",
	.help = "Shows classes with their counts, rates and ages, how old the sockets are, and who\n"
		"holds them. REAPED includes those evicted; WOULD-REAP are those that mode enforce\n"
		"would have ended, in mode observe; GROWTH is since the last refresh.\n"
		"Keys: q quits; s sorts by sockets, oldest, growth, descriptors or name; r reverses;\n"
		"n, with -a, shows namespaces instead of processes; p pauses.\n",
	.options = options,
	.run = run,
};
