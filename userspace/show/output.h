/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_OUTPUT_H
#define REAPERCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

#ifndef __printf
#define __printf(a, b) __attribute__((format(printf, a, b)))
#endif

/**
 * struct output_column - a column of a table
 * @head: its heading
 * @right: true for numbers
 * @drop: on a terminal that is too narrow the columns go in this order, from 1
 *	on; 0: it stays
 */
struct output_column {
	const char *head;
	bool right;
	unsigned char drop;
};

/**
 * enum output_style - how the next line or cell looks, on a terminal only
 * @OUTPUT_PLAIN: as the terminal has it
 * @OUTPUT_STRONG: what to read first
 * @OUTPUT_GOOD: as it should be
 * @OUTPUT_WARN: to be looked at
 * @OUTPUT_BAD: wrong
 */
enum output_style {
	OUTPUT_PLAIN,
	OUTPUT_STRONG,
	OUTPUT_GOOD,
	OUTPUT_WARN,
	OUTPUT_BAD
};

void output_begin(bool json, bool many);
bool output_flush(void);
int output_end(void);
bool output_json(void);
void output_stream(void);
void output_record_end(void);

void output_open(const char *key);
void output_open_array(const char *key);
void output_close(void);
void output_string(const char *key, const char *value);
void output_u64(const char *key, uint64_t value);
void output_auto(const char *key, const char *value);
void output_null(const char *key);

void output_style(enum output_style style);
enum output_style output_take_style(void);
const char *output_style_on(enum output_style style);
const char *output_style_off(enum output_style style);
__printf(1, 2) void output_line(const char *format, ...);
void output_table(const struct output_column *columns, size_t n);
void output_word(const char *text);
void output_number(uint64_t value);
bool output_table_again(void);

void output_raw(const char *text);
__printf(1, 2) void output_help(const char *format, ...);
void output_hold_errors(bool hold);
const char *output_held_error(void);
__printf(1, 2) void output_error(const char *format, ...);
__printf(2, 3) enum rc output_usage(const char *verb, const char *format, ...);

#endif
