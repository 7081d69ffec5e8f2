/* A binary packet that still waits for attachments. */
#ifndef CHAT_SIO_ASSEMBLY_H
#define CHAT_SIO_ASSEMBLY_H

#include "base/counted.h"
#include "proto/sio_packet.h"

struct assembly {
	struct sio_packet pk; /* its slices point into text */
	unsigned n;           /* attachments that are here */
	size_t bytes;
	struct slice bin[SIO_ATTACHMENTS_MAX]; /* owned */
	char text[];
};

/* text has been decoded once, without an error. */
struct assembly *
assembly_new(int protocol, struct slice text);

/* a may be NULL. */
void
assembly_free(struct assembly *a);

/* Takes a copy of the next attachment: 1 it is complete, 0 not yet, -EMSGSIZE
 * all together are more than max bytes. */
int
assembly_take(struct assembly *a, struct slice data, size_t max);

#endif
