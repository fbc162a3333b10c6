/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints tcp_reaper:*. Their argument formats are stable.
 */
/* clang-format off */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tcp_reaper

#if !defined(TCP_REAPER_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TCP_REAPER_TRACE_H

#include <linux/tracepoint.h>

#include "shared/policy.h"

struct tcp_reaper_trace_socket;

TRACE_DEFINE_ENUM(TCP_REAPER_CLOSE_WAIT);
TRACE_DEFINE_ENUM(TCP_REAPER_ORPHAN);
TRACE_DEFINE_ENUM(TCP_REAPER_FIN_WAIT2);
TRACE_DEFINE_ENUM(TCP_REAPER_ESTABLISHED);
TRACE_DEFINE_ENUM(TCP_REAPER_RESET);
TRACE_DEFINE_ENUM(TCP_REAPER_FIN);
TRACE_DEFINE_ENUM(TCP_REAPER_PROBE);
TRACE_DEFINE_ENUM(TCP_REAPER_LINGER);
TRACE_DEFINE_ENUM(TCP_REAPER_EVICT);

#define tcp_reaper_show_class(class) \
	__print_symbolic(class, \
			 { TCP_REAPER_CLOSE_WAIT, "close_wait" }, \
			 { TCP_REAPER_ORPHAN, "orphan" }, \
			 { TCP_REAPER_FIN_WAIT2, "fin_wait2" }, \
			 { TCP_REAPER_ESTABLISHED, "established" })

#define tcp_reaper_show_action(action) \
	__print_symbolic(action, \
			 { TCP_REAPER_RESET, "reset" }, \
			 { TCP_REAPER_FIN, "fin" }, \
			 { TCP_REAPER_PROBE, "probe" }, \
			 { TCP_REAPER_LINGER, "linger" }, \
			 { TCP_REAPER_EVICT, "evict" })

DECLARE_EVENT_CLASS(tcp_reaper_socket,

	TP_PROTO(const struct tcp_reaper_trace_socket *s),

	TP_ARGS(s),

	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, hash)
		__field(u64, age_ms)
		__field(u16, family)
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, class)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
	),

	TP_fast_assign(
		__entry->netns = s->netns;
		__entry->hash = s->hash;
		__entry->age_ms = s->age_ms;
		__entry->family = s->ends.family;
		__entry->sport = s->ends.lport;
		__entry->dport = s->ends.rport;
		__entry->class = s->class;
		memcpy(__entry->saddr, s->ends.laddr, 16);
		memcpy(__entry->daddr, s->ends.raddr, 16);
	),

	TP_printk("netns=%u hash=%08x class=%s saddr=%pI6c sport=%u daddr=%pI6c dport=%u age_ms=%llu",
		  __entry->netns, __entry->hash,
		  tcp_reaper_show_class(__entry->class),
		  __entry->saddr, __entry->sport,
		  __entry->daddr, __entry->dport, __entry->age_ms)
);

DEFINE_EVENT(tcp_reaper_socket, tcp_reaper_track,
	TP_PROTO(const struct tcp_reaper_trace_socket *s),
	TP_ARGS(s)
);

/* The addresses are those of ::, and family 0, if the socket is gone: hash tells which. */
DEFINE_EVENT(tcp_reaper_socket, tcp_reaper_untrack,
	TP_PROTO(const struct tcp_reaper_trace_socket *s),
	TP_ARGS(s)
);

TRACE_EVENT(tcp_reaper_reap,

	TP_PROTO(const struct tcp_reaper_trace_socket *s, u8 action, bool done),

	TP_ARGS(s, action, done),

	TP_STRUCT__entry(
		__field(u32, netns)
		__field(u32, hash)
		__field(u64, age_ms)
		__field(u16, family)
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, class)
		__field(u8, action)
		__field(bool, done)
		__array(u8, saddr, 16)
		__array(u8, daddr, 16)
	),

	TP_fast_assign(
		__entry->netns = s->netns;
		__entry->hash = s->hash;
		__entry->age_ms = s->age_ms;
		__entry->family = s->ends.family;
		__entry->sport = s->ends.lport;
		__entry->dport = s->ends.rport;
		__entry->class = s->class;
		__entry->action = action;
		__entry->done = done;
		memcpy(__entry->saddr, s->ends.laddr, 16);
		memcpy(__entry->daddr, s->ends.raddr, 16);
	),

	TP_printk("netns=%u hash=%08x class=%s saddr=%pI6c sport=%u daddr=%pI6c dport=%u age_ms=%llu action=%s result=%s",
		  __entry->netns, __entry->hash,
		  tcp_reaper_show_class(__entry->class),
		  __entry->saddr, __entry->sport,
		  __entry->daddr, __entry->dport, __entry->age_ms,
		  tcp_reaper_show_action(__entry->action),
		  __entry->done ? "done" : "failed")
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
