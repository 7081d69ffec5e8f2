/*
 * Engine.IO packets and payloads, protocol 4 and 3.
 *
 * An outgoing packet is encoded once and shared by all its recipients: one
 * counted allocation laid out as
 *
 *	text	[room for a WebSocket header | type digit | data]
 *	binary	[EIO3: header, 0x04 | EIO4: header | data]
 *
 * so that a WebSocket sends it all as one frame and polling the part behind
 * the header. The base64 text form of a binary packet and the compressed
 * forms (RFC 7692) are made when first asked for and kept.
 */
#ifndef CHAT_PROTO_EIO_PACKET_H
#define CHAT_PROTO_EIO_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/counted.h"
#include "base/slice.h"
#include "proto/deflate.h"

enum eio_type {
	EIO_OPEN,
	EIO_CLOSE,
	EIO_PING,
	EIO_PONG,
	EIO_MESSAGE,
	EIO_UPGRADE,
	EIO_NOOP,
};

struct eio_packet {
	struct counted counted;
	uint32_t len; /* of the data */
	uint8_t type; /* enum eio_type */
	bool binary;  /* type is EIO_MESSAGE then */
	bool json;    /* set by the maker: text in which only JSON strings may
		       * hold more than ASCII (proto/eio3_text.h) */
	bool deflated_tried[DEFLATE_FORMS];
	struct eio_packet *base64[2]; /* text forms for EIO3, EIO4, or NULL */
	struct rcbuf *deflated[DEFLATE_FORMS]; /* frames, or NULL */
	char bytes[];
};

/*
 * A packet with room for len bytes of data, to be written where
 * eio_packet_data says before anyone else sees it. One reference, the
 * caller's. binary: a message of binary data.
 */
struct eio_packet *
eio_packet_new(enum eio_type type, bool binary, size_t len);

/* The same with the data copied in. */
struct eio_packet *
eio_packet_copy(enum eio_type type, bool binary, struct slice data);

char *
eio_packet_data(struct eio_packet *p);

struct eio_packet *
eio_packet_ref(struct eio_packet *p);

void
eio_packet_unref(struct eio_packet *p);

/*
 * The bytes of p as one unmasked WebSocket frame of protocol eio (3 or 4):
 * fills one or two pieces, returns how many. Borrowed from p.
 */
unsigned
eio_packet_ws(const struct eio_packet *p, int eio, struct slice out[2]);

/*
 * The same compressed, or NULL if it gets no shorter so; borrowed from p.
 * Binary packets of protocol 3 never are.
 */
struct rcbuf *
eio_packet_deflated(
    struct eio_packet *p, int eio, struct deflater *d, enum deflate_form form);

/*
 * The text form without WebSocket header: type digit and data; a binary one
 * as `b<base64>` (EIO4) or `b4<base64>` (EIO3). The slice is borrowed from p.
 */
struct slice
eio_packet_text(struct eio_packet *p, int eio);

/* p itself if it is text, else its base64 text form, borrowed from p: for a
 * WebSocket whose client asked for b64. */
struct eio_packet *
eio_packet_base64(struct eio_packet *p, int eio);

/* Bytes that p takes in a payload, at most (for batching and bounds); the
 * escapes of EIO3's text form are not counted. */
size_t
eio_packet_cost(const struct eio_packet *p);

/*
 * Appends packets as one payload. EIO4: texts joined by 0x1e. EIO3: each with
 * its length in UTF-16 units; with `binary` the binary framing (client
 * without b64). Returns 0 or -ENOBUFS.
 */
int
eio4_payload_encode(struct buf *out, struct eio_packet *const *v, size_t n);

int
eio3_payload_encode(
    struct buf *out, struct eio_packet *const *v, size_t n, bool binary);

/* A received packet; data borrowed from what was decoded. */
struct eio_view {
	enum eio_type type;
	bool binary;
	struct slice data;
};

/*
 * One packet of a WebSocket frame. Text: `<digit><data>`, `b<base64>` is
 * decoded in place (data is changed). Binary: EIO4 raw, EIO3 a type byte
 * first. 0 or -EINVAL (empty, unknown type, bad base64).
 */
int
eio_packet_decode(
    int eio, bool binary, char *data, size_t len, struct eio_view *out);

/*
 * Takes the next packet off a polling payload: a cursor over a mutable body
 * (base64 is decoded in place).
 */
struct eio_payload {
	char *p;
	size_t len;
	int eio;
	bool binary; /* EIO3 binary framing: application/octet-stream */
	bool started;
};

/*
 * 1 with *out filled, 0 at the proper end, -EINVAL for anything else: also an
 * empty payload, a trailing separator (EIO4), a length that does not fit
 * (EIO3), invalid UTF-8 in text.
 */
int
eio_payload_next(struct eio_payload *pl, struct eio_view *out);

#endif
