// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of top. What there is no room for is left out: first the ages,
 * then lines of the lower table.
 */
#include <inttypes.h>
#include <ncurses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "draw/screen.h"
#include "find/top.h"
#include "show/output.h"

/* Head, classes and keys; with the ages; each with a blank line after. */
#define LINES_LEAST 12
#define LINES_AGES (LINES_LEAST + TOP_AGES + 2)

/* With less than this blank lines cost too much. */
#define LINES_GAPS 16

/* With less than this a process is its number, sockets, age and name. */
#define COLS_WIDE 76

#define BAR_LEFT 18

/* A line, cut at the right edge. */
__printf(3, 4) static void put(int line, attr_t attributes, const char *format,
			       ...)
{
	char *text;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	attron(attributes);
	/* The last cell of the last line cannot be written without scrolling.
	 */
	mvaddnstr(line, 0, text, COLS - (line == LINES - 1));
	attroff(attributes);
	free(text);
}

static double rate(uint64_t now, uint64_t then, uint64_t ms)
{
	return ms && now > then ? (double)(now - then) * 1000.0 / (double)ms
				: 0.0;
}

static void draw_head(const struct top_data *data, const struct top_view *view)
{
	uint64_t tracked = 0;
	uint64_t due = 0;
	size_t c;

	for (c = 0; c < CLASSES; c++) {
		tracked += data->classes[c].tracked;
		due += data->classes[c].due;
	}
	put(0, A_BOLD,
	    "tcp_reaper: %s, mode %s, %" PRIu64 " tracked, %" PRIu64 " due%s",
	    data->where, *data->mode ? data->mode : "?", tracked, due,
	    view->paused ? " [paused]" : "");
}

static int draw_classes(int line, const struct top_data *data,
			const struct top_data *before)
{
	uint64_t ms = before ? data->at_ms - before->at_ms : 0;
	size_t c;

	put(line++, A_REVERSE, "%-*s", COLS,
	    "CLASS        TRACKED      DUE  OLDEST  REAPED/s    REAPED  WOULD-REAP  TIMEOUT");
	for (c = 0; c < CLASSES; c++) {
		const struct top_class *class = &data->classes[c];
		const struct top_class *was = before ? &before->classes[c]
						     : class;
		char age[DURATION_TEXT];

		put(line++, class->due ? A_BOLD : A_NORMAL,
		    "%-11s %8" PRIu64 " %8" PRIu64 " %7s %9.1f %9" PRIu64
		    "  %10" PRIu64 "  %s",
		    classes[c], class->tracked, class->due,
		    duration_age(age, class->oldest_ms),
		    rate(class->reaped, was->reaped, ms), class->reaped,
		    class->would_reap, *class->timeout ? class->timeout : "-");
	}
	return line;
}

static int draw_ages(int line, const struct top_data *data)
{
	int room = COLS > BAR_LEFT + 1 ? COLS - BAR_LEFT - 1 : 0;
	uint64_t most = 1;
	size_t a;

	for (a = 0; a < TOP_AGES; a++) {
		if (data->ages[a] > most)
			most = data->ages[a];
	}
	put(line++, A_REVERSE, "%-*s", COLS, "AGE      SOCKETS");
	for (a = 0; a < TOP_AGES; a++) {
		/* One that is there shows. */
		int bar = (int)((double)data->ages[a] * room / (double)most);

		if (data->ages[a] && !bar)
			bar = 1;
		put(line, A_NORMAL, "%-6s %9" PRIu64, top_age_names[a],
		    data->ages[a]);
		if (room)
			mvhline(line, BAR_LEFT, ACS_CKBOARD,
				bar < room ? bar : room);
		line++;
	}
	return line;
}

static void limit_text(char text[24], uint64_t limit)
{
	if (limit == UINT64_MAX)
		strcpy(text, "-");
	else
		snprintf(text, 24, "%" PRIu64, limit);
}

static void draw_processes(int line, const struct top_rows *rows)
{
	size_t i;

	put(line++, A_REVERSE, "%-*s", COLS,
	    COLS < COLS_WIDE
		    ? "    PID  SOCKETS   OLDEST  NAME"
		    : "    PID  SOCKETS     DUE  GROWTH   OLDEST      FDS    LIMIT  S  NAME");
	for (i = 0; i < rows->n && line < LINES - 1; i++) {
		const struct top_row *row = &rows->v[i];
		/* A process that is stopped closes nothing. */
		bool bad = row->state == 'T' || row->state == 't' ||
			   (row->fd_limit != UINT64_MAX &&
			    row->fds >= row->fd_limit / 10 * 9);
		char age[DURATION_TEXT];
		char limit[24];
		char pid[16] = "-";

		if (row->pid)
			snprintf(pid, sizeof(pid), "%d", row->pid);
		limit_text(limit, row->fd_limit);
		duration_age(age, row->oldest_ms);
		if (COLS < COLS_WIDE) {
			put(line++, bad ? A_BOLD : A_NORMAL,
			    "%7s %8" PRIu64 " %8s  %s%s%s", pid, row->sockets,
			    age, row->name, *row->unit ? " in " : "",
			    row->unit);
			continue;
		}
		put(line++, bad ? A_BOLD : A_NORMAL,
		    "%7s %8" PRIu64 " %7" PRIu64 " %+7" PRId64 " %8s %8" PRIu64
		    " %8s  %c  %s%s%s",
		    pid, row->sockets, row->due, row->more, age, row->fds,
		    limit, row->state, row->name, *row->unit ? " in " : "",
		    row->unit);
	}
}

static void draw_namespaces(int line, const struct top_rows *rows)
{
	size_t i;

	put(line++, A_REVERSE, "%-*s", COLS,
	    "MODE      SOCKETS     DUE  GROWTH   OLDEST    REAPED  WOULD-REAP  NETNS");
	for (i = 0; i < rows->n && line < LINES - 1; i++) {
		const struct top_row *row = &rows->v[i];
		char age[DURATION_TEXT];

		put(line++, A_NORMAL,
		    "%-8s %8" PRIu64 " %7" PRIu64 " %+7" PRId64 " %8s %9" PRIu64
		    "  %10" PRIu64 "  %s",
		    row->mode, row->sockets, row->due, row->more,
		    duration_age(age, row->oldest_ms), row->reaped,
		    row->would_reap, row->name);
	}
}

/**
 * top_draw() - the whole screen
 * @data: what is shown, its tables sorted
 * @before: what was there at the last refresh, or NULL
 * @view: how
 * @error: a line about what went wrong, or NULL
 */
void top_draw(const struct top_data *data, const struct top_data *before,
	      const struct top_view *view, const char *error)
{
	int gap = LINES >= LINES_GAPS || error;
	int line;

	erase();
	draw_head(data, view);
	line = draw_classes(1 + gap, data, before) + gap;
	if (LINES >= LINES_AGES)
		line = draw_ages(line, data) + gap;
	if (line < LINES - 1) {
		if (view->namespaces)
			draw_namespaces(line, &data->namespaces);
		else
			draw_processes(line, &data->processes);
	}
	if (error)
		put(1, A_BOLD, "%s", error);
	move(LINES - 1, 0);
	clrtoeol();
	put(LINES - 1, A_REVERSE, "q quit  s sort: %s  r reverse%s  p pause",
	    top_sorts[view->sort],
	    !view->many	       ? ""
	    : view->namespaces ? "  n processes"
			       : "  n namespaces");
	refresh();
}
