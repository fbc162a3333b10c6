/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_SOCK_H
#define TCP_REAPER_SELFTESTS_SOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoint.h"

long long now_us(void);
double ms_between(long long from_us, long long to_us);
const char *error_name(int error);
long number(const char *text, long min, long max);
int word(const char *text, const char *const words[], int n);
int run_workers(int n, void (*work)(int worker));
void *shared_memory(size_t size);
void raise_nofile(void);
void cut_off(int fd, bool rst_passes);
void set_int(int fd, int level, int option, int value);
void set_blocking(int fd, bool blocking);
long fill(int fd);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
