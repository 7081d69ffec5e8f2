/*
 * Socket.IO packets, protocol 5 (with Engine.IO 4) and 4 (with Engine.IO 3):
 * `<type>[<n>-][<nsp>,][<id>][JSON]`. Decoding is strict: what is not exactly
 * the format is an error, and the caller closes the transport.
 */
#ifndef CHAT_PROTO_SIO_PACKET_H
#define CHAT_PROTO_SIO_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/eio_packet.h"
#include "proto/json.h"

enum sio_type {
	SIO_CONNECT,
	SIO_DISCONNECT,
	SIO_EVENT,
	SIO_ACK,
	SIO_CONNECT_ERROR,
	SIO_BINARY_EVENT,
	SIO_BINARY_ACK,
};

enum { SIO_ATTACHMENTS_MAX = 10, SIO_NSP_MAX = 256 };

/* Decoded; slices are borrowed from the text. */
struct sio_packet {
	enum sio_type type;
	unsigned attachments; /* still to come, binary types only */
	struct slice nsp;     /* "/" if none was given; without a query */
	struct slice query;   /* protocol 4 CONNECT: what followed '?' */
	bool has_id;
	uint64_t id;       /* < 2^53 */
	struct slice data; /* raw JSON as json_check passed it, or empty */
};

struct sio_limits {
	unsigned attachments; /* at most SIO_ATTACHMENTS_MAX */
	struct json_limits json;
};

/* For one who has to take whatever the other end relays. */
#define SIO_LIMITS_MOST                                                        \
	((struct sio_limits){                                                  \
	    SIO_ATTACHMENTS_MAX, { JSON_DEPTH_MAX, SIZE_MAX } })

/*
 * Decodes one packet's text. protocol is 5 or 4. 0 or -EINVAL. Checked: JSON
 * (proto/json.h), the shape of data for the type (reference section 2), no
 * reserved event name in a packet from outside, 1 to limits->attachments for
 * the binary types and none for the others, every placeholder's number in range
 * and their count equal to the attachments, no leading zeros or signs in
 * numbers, an id in acknowledgements always and else in events only, no white
 * space but inside and behind the JSON, nothing behind the end. A
 * CONNECT_ERROR decodes (a client needs it; with protocol 4 its data is any
 * JSON); who must not send it is the caller's affair. CONNECT data: an object
 * or none.
 */
int
sio_packet_decode(int protocol, struct slice text,
    const struct sio_limits *limits, struct sio_packet *out);

/*
 * Name of an event: the raw first element of an EVENT's data; rest gets the
 * raw text of the arguments behind it, with the commas between them but none
 * before (`1,2`; "" if there are none), ready to be put between brackets.
 */
struct slice
sio_event_name(const struct sio_packet *pk, struct slice *rest);

/* Arguments of an acknowledgement, in the same form. */
struct slice
sio_ack_args(const struct sio_packet *pk);

enum { SIO_NO_ID = -1 };

/*
 * Encodes a packet around raw JSON (may be empty). id: SIO_NO_ID or an ack
 * id. attachments > 0 makes a binary type of SIO_EVENT or SIO_ACK. Returns an
 * EIO message packet, the caller's reference.
 */
struct eio_packet *
sio_packet_encode(enum sio_type type, struct slice nsp, int64_t id,
    unsigned attachments, struct slice data);

#endif
