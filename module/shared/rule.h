/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A rule: one exception from a namespace's policy. Like all of this folder it
 * is built into the module and, from the same source, into programs: reaperctl,
 * the unit test, the fuzzer.
 */
#ifndef TCP_REAPER_RULE_H
#define TCP_REAPER_RULE_H

#include <linux/types.h>

#include "dirs.h"
#include "prefix.h"

/** TCP_REAPER_RULES_MAX - most rules of a namespace */
#define TCP_REAPER_RULES_MAX 4096

/**
 * TCP_REAPER_RULE_TEXT - room for one rule as text, its end included
 *
 * The longest canonical one, all words with values of full length, has 294
 * characters beside its path.
 */
#define TCP_REAPER_RULE_TEXT (294 + TCP_REAPER_PATH_TEXT)

/** TCP_REAPER_RULES_PATHS_MAX - most bytes of all the paths of a list */
#define TCP_REAPER_RULES_PATHS_MAX (TCP_REAPER_RULES_MAX * 256)

/**
 * TCP_REAPER_RULES_TEXT_MAX - longest text of a whole list, in bytes
 *
 * What is read can be written again: as many of the longest rules as there may
 * be, each with its hits behind it and "/.." before its path, fit.
 */
#define TCP_REAPER_RULES_TEXT_MAX \
	(TCP_REAPER_RULES_MAX * 512 + TCP_REAPER_RULES_PATHS_MAX)

/** enum tcp_reaper_rule_match_bit - what a rule looks at */
enum tcp_reaper_rule_match_bit {
	TCP_REAPER_MATCH_LPORT = 1 << 0,
	TCP_REAPER_MATCH_RPORT = 1 << 1,
	TCP_REAPER_MATCH_LADDR = 1 << 2,
	TCP_REAPER_MATCH_RADDR = 1 << 3,
	TCP_REAPER_MATCH_UID = 1 << 4,
	TCP_REAPER_MATCH_MARK = 1 << 5,
	TCP_REAPER_MATCH_CGROUP = 1 << 6,
};

/** enum tcp_reaper_rule_timeout - index of a class's timeout in a rule */
enum tcp_reaper_rule_timeout {
	TCP_REAPER_RULE_CLOSE_WAIT,
	TCP_REAPER_RULE_ORPHAN,
	TCP_REAPER_RULE_FIN_WAIT2,
	TCP_REAPER_RULE_ESTABLISHED,
	TCP_REAPER_RULE_NR_TIMEOUTS,
};

/** enum tcp_reaper_rule_action - what a rule says on how to end a socket */
enum tcp_reaper_rule_action {
	TCP_REAPER_RULE_NO_ACTION,
	TCP_REAPER_RULE_RESET,
	TCP_REAPER_RULE_FIN,
};

/**
 * struct tcp_reaper_ports - ports, or the like, from @first to @last, both of
 *	them included
 * @first: host byte order
 * @last: likewise
 */
struct tcp_reaper_ports {
	u16 first;
	u16 last;
};

/**
 * struct tcp_reaper_rule_cgroup - in which cgroup a socket was made
 * @id: in the cgroup2 hierarchy, of that one alone, if there is no path
 * @path: of that one and those below; not ended by NUL; or NULL. Of a rule that
 *	was just parsed it is in its line
 * @len: of @path
 * @dirs: numbers of the directories at the path and below, once its list is
 *	there
 */
struct tcp_reaper_rule_cgroup {
	u64 id;
	const char *path;
	u16 len;
	struct tcp_reaper_ports dirs;
};

/**
 * struct tcp_reaper_rule - one rule
 * @match: bits of enum tcp_reaper_rule_match_bit; all of them must hold
 * @lport: local ports
 * @rport: remote ports
 * @uid: the owner, a number of the user namespace that owns the netns
 * @mark: SO_MARK, under @mark_mask; no bit outside it
 * @mark_mask: which bits of the mark are looked at
 * @cgroup: where it was made
 * @laddr: local addresses
 * @raddr: remote addresses
 * @timeout_ms: by enum tcp_reaper_rule_timeout, instead of the policy's
 * @timeouts: bit n set: timeout_ms[n] is given; it may be 0, which is never
 * @action: enum tcp_reaper_rule_action
 * @exempt: never reaped; then no timeout and no action is given
 *
 * What is not given is zero, so that equal rules are equal byte by byte, but
 * for where a path is. What most rules are told apart by comes first, for the
 * cache.
 */
struct tcp_reaper_rule {
	u32 match;
	struct tcp_reaper_ports lport;
	struct tcp_reaper_ports rport;
	u32 uid;
	u32 mark;
	u32 mark_mask;
	struct tcp_reaper_rule_cgroup cgroup;
	struct tcp_reaper_prefix laddr;
	struct tcp_reaper_prefix raddr;
	u32 timeout_ms[TCP_REAPER_RULE_NR_TIMEOUTS];
	u8 timeouts;
	u8 action;
	bool exempt;
};

/**
 * struct tcp_reaper_flow - what rules look at of one socket
 * @lport: host byte order
 * @rport: likewise
 * @uid: the owner, as in struct tcp_reaper_rule
 * @mark: SO_MARK
 * @cgroup: id of its cgroup; 0 if it has none
 * @dir: number of the deepest directory in which that is, of those that rules
 *	name; 0: it is in none
 * @laddr: network byte order; ::ffff:a.b.c.d for IPv4
 * @raddr: likewise
 */
struct tcp_reaper_flow {
	u16 lport;
	u16 rport;
	u32 uid;
	u32 mark;
	u64 cgroup;
	u16 dir;
	u8 laddr[16];
	u8 raddr[16];
};

/**
 * struct tcp_reaper_rule_error - what is wrong with a line
 * @word: offset of the word to blame
 * @len: its length
 * @reason: a few words, to go behind it
 */
struct tcp_reaper_rule_error {
	size_t word;
	size_t len;
	const char *reason;
};

bool tcp_reaper_rule_word(const char *line, size_t len, size_t *word,
			  size_t *word_len);
int tcp_reaper_rule_parse(const char *line, size_t len,
			  struct tcp_reaper_rule *rule,
			  struct tcp_reaper_rule_error *err);
int tcp_reaper_rule_print(const struct tcp_reaper_rule *rule, char *buf,
			  size_t size);
bool tcp_reaper_rule_match(const struct tcp_reaper_rule *rule,
			   const struct tcp_reaper_flow *flow);

#endif
