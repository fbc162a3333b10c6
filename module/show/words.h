/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WORDS_H
#define TCP_REAPER_WORDS_H

#include <linux/types.h>

const char *tcp_reaper_class_word(u8 class);
const char *tcp_reaper_verdict_word(u8 verdict);
const char *tcp_reaper_action_word(u8 action);
const char *tcp_reaper_state_word(u8 state);

#endif
