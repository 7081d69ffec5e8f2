/*
 * WebSocket frames, RFC 6455 section 5, without I/O. Parsing is wslay's frame
 * layer; what a message is (fragments, UTF-8, control frames, close codes,
 * bounds) is decided here, for either role.
 *
 * A decoder costs some 4 KB, so it is lent: a connection holds one only while
 * ws_decoder_idle() says no, and an idle one serves the next connection.
 */
#ifndef CHAT_PROTO_WS_H
#define CHAT_PROTO_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

/* Close codes, RFC 6455 section 7.4.1. */
enum {
	WS_CODE_NORMAL = 1000,
	WS_CODE_GOING_AWAY = 1001,
	WS_CODE_PROTOCOL = 1002,
	WS_CODE_NONE = 1005,
	WS_CODE_INVALID = 1007,
	WS_CODE_POLICY = 1008,
	WS_CODE_TOO_BIG = 1009,
};

enum {
	WS_HEAD_MAX = 10, /* longest header without a mask */
	WS_CONTROL_MAX = 125,
	WS_KEY_LEN = 4,
	WS_RSV1 = 0x40, /* in the first byte: compressed, RFC 7692 */
	/* Always allowed, unless another number is asked for; beyond, one per
	 * 16 bytes. */
	WS_FRAGMENTS_MIN = 1024,
};

/* Length of an unmasked frame's header. */
size_t
ws_head_len(uint64_t len);

/*
 * Writes the header of an unmasked, final frame so that it ends right before
 * `end` (WS_HEAD_MAX bytes of room); returns its length.
 */
size_t
ws_head_before(uint8_t *end, enum ws_opcode op, uint64_t len);

/* Header of a frame; out has WS_HEAD_MAX + WS_KEY_LEN bytes. mask: 4 bytes or
 * NULL. Returns its length. */
size_t
ws_head(uint8_t *out, enum ws_opcode op, uint64_t len, const uint8_t *mask);

/* XORs len bytes with the 4-byte key, section 5.3. */
void
ws_mask(uint8_t *p, size_t len, const uint8_t *key);

/* A whole message or control frame; data is good until the handler returns. */
struct ws_event {
	enum ws_opcode op; /* never WS_CONTINUATION */
	uint16_t code;     /* WS_CLOSE: its code, WS_CODE_NONE if it has none */
	struct slice data; /* message, ping or pong data, close reason */
};

/* False ends the feeding at once (connection closed in the handler). The
 * decoder must not be freed, reset or fed in it. */
typedef bool (*ws_event_cb)(void *arg, const struct ws_event *ev);

struct ws_decoder;

struct ws_decoder *
ws_decoder_new(void);

void
ws_decoder_free(struct ws_decoder *d);

/*
 * Makes an idle decoder ready for a connection. masked: frames must be masked
 * (we are the server), else must not be. max: bytes of a message.
 */
void
ws_decoder_reset(struct ws_decoder *d, bool masked, size_t max);

struct deflate;
struct inflater;

/* Another number of fragments; behind ws_decoder_reset. */
void
ws_decoder_limit(struct ws_decoder *d, size_t fragments_min);

/*
 * Messages may come compressed, as agreed on; behind ws_decoder_reset. *at:
 * the inflater to be used, or NULL until one is needed; the connection's to
 * free. Both are borrowed until the next reset.
 */
void
ws_decoder_inflate(
    struct ws_decoder *d, const struct deflate *agreed, struct inflater **at);

/*
 * Feeds bytes as they came; calls cb for each whole message, and for control
 * frames between its fragments. Returns 0 (all consumed; nothing more is
 * delivered behind a close frame), or the close code to fail the connection
 * with (1002, 1007, 1008, 1009), or -ECANCELED if cb returned false. After
 * anything but 0 the decoder needs a reset. data may be changed (unmasking).
 */
int
ws_decoder_feed(
    struct ws_decoder *d, char *data, size_t len, ws_event_cb cb, void *arg);

/* No message or frame is partly received: may be lent to another. Not so
 * behind a close frame: what still comes must not reach a fresh decoder. */
bool
ws_decoder_idle(const struct ws_decoder *d);

/* Codes that may stand in a close frame, section 7.4. */
bool
ws_code_valid(uint16_t code);

#endif
