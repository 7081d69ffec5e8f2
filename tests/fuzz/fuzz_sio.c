/*
 * Socket.IO packets, protocol 5 and 4 (by the first byte): what is decoded is
 * what is encoded and decoded again.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "fuzz.h"
#include "proto/json.h"
#include "proto/sio_packet.h"

enum { OUT_MAX = 1 << 24 };

static bool
is_event(const struct sio_packet *pk)
{
	return pk->type == SIO_EVENT || pk->type == SIO_BINARY_EVENT;
}

static bool
is_ack(const struct sio_packet *pk)
{
	return pk->type == SIO_ACK || pk->type == SIO_BINARY_ACK;
}

/* Values with commas between them make an array again. */
static void
check_args(struct slice args, size_t n)
{
	struct json_iter it;
	struct slice value;
	struct buf b;

	buf_init(&b, OUT_MAX);
	buf_putc(&b, '[');
	buf_append_slice(&b, args);
	buf_putc(&b, ']');
	CHECK(json_check(buf_view(&b)) == 0);
	json_iter_args(&it, args);
	while (json_iter_next(&it, NULL, &value)) {
		CHECK(n > 0);
		n--;
		CHECK(json_check(value) == 0);
	}
	CHECK(n == 0);
	buf_deinit(&b);
}

static size_t
count(struct slice array)
{
	struct json_iter it;
	struct slice value;
	size_t n = 0;

	json_iter_init(&it, array);
	while (json_iter_next(&it, NULL, &value))
		n++;
	return n;
}

static void
check_packet(const struct sio_packet *pk)
{
	struct slice rest, name;

	CHECK(pk->nsp.len <= SIO_NSP_MAX);
	CHECK(slice_starts(pk->nsp, "/"));
	CHECK(pk->attachments <= SIO_ATTACHMENTS_MAX);
	CHECK(pk->data.len == 0 || json_check(pk->data) == 0);
	CHECK(pk->has_id || pk->id == 0);
	if (is_event(pk)) {
		name = sio_event_name(pk, &rest);
		CHECK(json_check(name) == 0);
		check_args(rest, count(pk->data) - 1);
	} else if (is_ack(pk)) {
		check_args(sio_ack_args(pk), count(pk->data));
	}
}

static enum sio_type
plain_type(const struct sio_packet *pk)
{
	if (pk->attachments == 0)
		return pk->type;
	return is_event(pk) ? SIO_EVENT : SIO_ACK;
}

static void
encode_again(int protocol, const struct sio_packet *pk)
{
	struct eio_packet *p = sio_packet_encode(plain_type(pk), pk->nsp,
	    pk->has_id ? (int64_t)pk->id : SIO_NO_ID, pk->attachments,
	    pk->data);
	struct sio_packet again;

	CHECK(p->type == EIO_MESSAGE && !p->binary);
	CHECK(sio_packet_decode(protocol,
		  (struct slice){ eio_packet_data(p), p->len },
		  &SIO_LIMITS_MOST, &again) == 0);
	CHECK(again.type == pk->type);
	CHECK(again.attachments == pk->attachments);
	CHECK(again.has_id == pk->has_id && again.id == pk->id);
	CHECK(slice_eq(again.nsp, pk->nsp));
	CHECK(slice_eq(again.data, pk->data));
	eio_packet_unref(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	int protocol = fuzz_byte(&in) & 1 ? 4 : 5;
	char *text = fuzz_copy(fuzz_rest(&in));
	struct sio_packet pk;
	int rc = sio_packet_decode(
	    protocol, (struct slice){ text, in.len }, &SIO_LIMITS_MOST, &pk);

	CHECK(rc == 0 || rc == -EINVAL);
	if (rc == 0) {
		check_packet(&pk);
		encode_again(protocol, &pk);
	}
	free(text);
	return 0;
}
