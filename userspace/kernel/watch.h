/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_WATCH_H
#define REAPERCTL_WATCH_H

#include <stdbool.h>

#include "base/rc.h"

/**
 * typedef watch_fn - what to do when names have changed
 * @again: to be set if something there was not ready yet
 * @arg: handed on
 */
typedef void (*watch_fn)(bool *again, void *arg);

enum rc watch_names(watch_fn fn, void *arg);

#endif
