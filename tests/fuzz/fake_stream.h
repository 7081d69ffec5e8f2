/*
 * net/stream.h without a network: what is fed is what has come, what is
 * written is gone. For targets that run a server without a socket.
 */
#ifndef CHAT_TESTS_FUZZ_FAKE_STREAM_H
#define CHAT_TESTS_FUZZ_FAKE_STREAM_H

#include "net/stream.h"

/* A connection that has come in. *slot is NULL once it is no more. */
void
fake_stream_open(struct stream **slot, struct loop *loop, struct timeq *linger);

/* Bytes from the peer. Nothing happens while it is not read from. */
void
fake_stream_feed(struct stream *s, struct slice bytes);

/* The peer sends no more, or breaks off (err: UV_). */
void
fake_stream_end(struct stream *s, int err);

/* What is told of everything that the peers read. May be NULL. */
extern void (*fake_stream_on_written)(struct slice bytes);

/* Whether the peer reads what is written. */
void
fake_stream_stall(struct stream *s, bool stalled);

#endif
