// SPDX-License-Identifier: GPL-2.0-only
/*
 * What "ss -i" shows, by sock_diag(7): asked for a single socket, or for those
 * in some state at some port. Where the kernel does not answer, as without its
 * module tcp_diag, nothing is known.
 */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/address.h"
#include "kernel/sockdiag.h"

/* A state in which the peer's end has come, which counts as a byte. */
#define ENDED(state) ((state) == TCP_CLOSE_WAIT)

/* As the kernel numbers them; <netinet/tcp.h> does not go with <linux/tcp.h>.
 */
#define TCP_CLOSE_WAIT 8

struct request {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

typedef void (*answer_fn)(const struct nlmsghdr *head, void *arg);

/*
 * Ask, and hand on all answers. In the namespace the program is in.
 * Return: whether a dump came to its end.
 */
static bool ask(struct request *request, answer_fn fn, void *arg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	char buf[32768] __attribute__((aligned(__alignof__(struct nlmsghdr))));
	bool dump = request->head.nlmsg_flags & NLM_F_DUMP;
	bool more = true;
	bool done = false;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_SOCK_DIAG);

	if (fd < 0)
		return false;
	request->head.nlmsg_len = sizeof(*request);
	request->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	request->head.nlmsg_flags |= NLM_F_REQUEST;
	request->body.sdiag_protocol = IPPROTO_TCP;
	if (sendto(fd, request, sizeof(*request), 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		more = false;
	while (more) {
		ssize_t len = recv(fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *head = (const void *)buf;

		more = dump && len > 0;
		for (; len > 0 && NLMSG_OK(head, (size_t)len);
		     head = NLMSG_NEXT(head, len)) {
			if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY)
				fn(head, arg);
			else
				more = false;
			done |= head->nlmsg_type == NLMSG_DONE;
		}
	}
	close(fd);
	return done;
}

struct wanted {
	struct sockdiag *facts;
	const struct sock *sock;
	bool found;
};

static void take_info(struct sockdiag *facts, const struct inet_diag_msg *msg,
		      const struct rtattr *attr)
{
	struct tcp_info info = { 0 };
	size_t len = RTA_PAYLOAD(attr);
	uint64_t end = ENDED(msg->idiag_state);
	uint64_t unread = msg->idiag_rqueue;

	memcpy(&info, RTA_DATA(attr), len < sizeof(info) ? len : sizeof(info));
	/* The end is the last byte: as long as there is any, it is, too. */
	if (unread && end)
		unread--;
	facts->received = info.tcpi_bytes_received;
	if (facts->received)
		facts->received -= end;
	facts->read = facts->received > unread ? facts->received - unread : 0;
	facts->sent = info.tcpi_bytes_sent;
	if (facts->sent > info.tcpi_bytes_retrans)
		facts->sent -= info.tcpi_bytes_retrans;
	facts->received_ms = info.tcpi_last_data_recv;
	facts->sent_ms = info.tcpi_last_data_sent;
	facts->window = UINT64_MAX;
	if (len >=
	    offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(info.tcpi_snd_wnd))
		facts->window = info.tcpi_snd_wnd;
}

static void take_facts(const struct nlmsghdr *head, void *arg)
{
	struct wanted *wanted = arg;
	const struct inet_diag_msg *msg = NLMSG_DATA(head);
	const struct rtattr *attr = (const void *)(msg + 1);
	int len = (int)head->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*msg));

	/* By now the addresses may be those of another socket. */
	if (len < 0 || (wanted->sock->inode &&
			msg->idiag_inode != (uint32_t)wanted->sock->inode))
		return;
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if (attr->rta_type != INET_DIAG_INFO)
			continue;
		take_info(wanted->facts, msg, attr);
		wanted->found = true;
	}
}

/* Into the form in which an id has addresses: of IPv4 the first word only. */
static bool end_parse(const char *text, __be32 address[4], __be16 *port,
		      bool *v6)
{
	struct address parsed;

	if (!address_parse(&parsed, text))
		return false;
	*v6 = parsed.v6;
	*port = htons((uint16_t)parsed.port);
	if (parsed.v6)
		memcpy(address, parsed.bytes, 16);
	else
		memcpy(address, parsed.bytes + 12, 4);
	return true;
}

/**
 * sockdiag_read() - ask about one socket
 * @facts: the result
 * @sock: the socket, of the namespace the program is in
 *
 * Return: false if the kernel does not tell, or it is gone.
 */
bool sockdiag_read(struct sockdiag *facts, const struct sock *sock)
{
	struct wanted wanted = { facts, sock, false };
	struct request request = { 0 };
	struct inet_diag_sockid *id = &request.body.id;
	bool v6;

	if (!end_parse(sock->local, id->idiag_src, &id->idiag_sport, &v6) ||
	    !end_parse(sock->remote, id->idiag_dst, &id->idiag_dport, &v6))
		return false;
	request.body.sdiag_family = v6 ? AF_INET6 : AF_INET;
	request.body.idiag_states = UINT32_MAX;
	request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
	id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	ask(&request, take_facts, &wanted);
	return wanted.found;
}

struct each {
	sockdiag_fn fn;
	void *arg;
};

static void hand_on(const struct nlmsghdr *head, void *arg)
{
	const struct each *each = arg;

	if (head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
		each->fn(NLMSG_DATA(head), each->arg);
}

/**
 * sockdiag_each() - ask about all sockets in some states
 * @states: a bit for each, by the kernel's number
 * @port: only those at this port; 0: any
 * @fn: called with each
 * @arg: handed on to @fn
 *
 * Return: true if these were all.
 */
bool sockdiag_each(uint32_t states, unsigned int port, sockdiag_fn fn,
		   void *arg)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct each each = { fn, arg };
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof(families); i++) {
		struct request request = { 0 };

		request.head.nlmsg_flags = NLM_F_DUMP;
		request.body.sdiag_family = families[i];
		request.body.idiag_states = states;
		request.body.id.idiag_sport = htons((uint16_t)port);
		all &= ask(&request, hand_on, &each);
	}
	return all;
}
