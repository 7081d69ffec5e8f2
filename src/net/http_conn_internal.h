/*
 * Inside a connection of HTTP: http_conn.c reads, and has the states,
 * http_answer.c writes, http_request.c tells where a request comes from.
 */
#ifndef CHAT_NET_HTTP_CONN_INTERNAL_H
#define CHAT_NET_HTTP_CONN_INTERNAL_H

#include "net/http_conn.h"

struct http_conn {
	LIST_ENTRY(http_conn) link;
	struct http_server *srv;
	struct stream *stream;
	struct http_parser *parser;
	struct http_req req;
	struct timeq_entry timer; /* in one of the server's queues, or none */
	struct buf pending;       /* bytes behind the request being served */
	struct loop_task resume;  /* go on with pending, or free */
	size_t discarded;
	size_t progress; /* of the body, since its timer was started */
	uint64_t served; /* requests, since others had their turn */
	bool feeding;    /* within http_parser_feed */
	bool ended;      /* the request has been read to its end */
	bool answered;
	bool streaming; /* the answer has begun */
	bool in_request;
	bool choked;    /* it does not read its answers: no more for now */
	bool resting;   /* it has had its share: no more in this turn */
	bool forgotten; /* the head of this request is not needed any more */
	bool dead;
	const char *upgrade_fields; /* != NULL: hand the stream over */
	void (*upgrade_cb)(void *arg, struct stream *s, char *rest, size_t n);
	void *upgrade_arg;
	char client[ADDRESS_TEXT_SIZE]; /* of this request; "": not known */
};

/* Nothing more of the answer follows: the next request, when this one has been
 * read. */
void
http_conn_answered(struct http_conn *c);

#endif
