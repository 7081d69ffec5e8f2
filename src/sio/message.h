/* An event or acknowledgement, encoded once: its text and its attachments. */
#ifndef CHAT_SIO_MESSAGE_H
#define CHAT_SIO_MESSAGE_H

#include "base/msgid.h"
#include "proto/sio_packet.h"

/* The arguments of an event or acknowledgement. */
struct sio_args {
	struct slice json;       /* raw, comma separated, without brackets */
	const struct slice *bin; /* attachments, for the placeholders */
	unsigned nbin;
};

/* An event as it came. */
struct sio_event {
	struct slice name; /* raw JSON: a string with quotes, or number */
	struct sio_args args;
	bool wants_ack;
	uint64_t ack; /* for sio_ack, csocket_ack */
};

struct message {
	struct eio_packet *packet[1 + SIO_ATTACHMENTS_MAX];
	unsigned n;
	size_t bytes;
};

/*
 * Encodes. name: raw, or empty for an acknowledgement. offset: appended as
 * the last argument, or NULL. 0 or -E2BIG; message_deinit it.
 */
int
message_init(struct message *m, enum sio_type type, const char *nsp, int64_t id,
    struct slice name, const struct sio_args *args, const struct msgid *offset);

void
message_deinit(struct message *m);

#endif
