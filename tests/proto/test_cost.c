#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "proto/sio_packet.h"
#include "proto/ws.h"

/*
 * What an attack costs, in bytes of memory: nothing is timed. These stand in
 * the place of base/mem.c; what is freed is counted all the same, so that it
 * is rather too much.
 */

enum { MIB = 1 << 20, CHUNK = 65536 };

static size_t held, peak;

static void *
hold(void *p)
{
	assert_non_null(p);
	held += malloc_usable_size(p);
	if (held > peak)
		peak = held;
	return p;
}

_Noreturn void
mem_exhausted(void)
{
	fail();
	abort(); /* it doesn't come here */
}

void *
xmalloc(size_t size)
{
	return hold(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return hold(calloc(n, size > 0 ? size : 1));
}

/* The old and the new one are there at once. */
void *
xrealloc(void *p, size_t size)
{
	size_t old = p != NULL ? malloc_usable_size(p) : 0;
	void *to = xmalloc(size);

	if (old > 0)
		memcpy(to, p, old < size ? old : size);
	free(p);
	held -= old;
	return to;
}

char *
xstrndup(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

static int
setup(void **state)
{
	(void)state;
	held = peak = 0;
	return 0;
}

/* ---- fragments ---- */

static bool
on_message(void *arg, const struct ws_event *ev)
{
	size_t *got = arg;

	*got += ev->data.len;
	return true;
}

/*
 * Sends 1 MiB in masked fragments of so many bytes, a few of them at a time;
 * returns the decoder's verdict, and how many bytes of payload it has taken.
 */
static int
send_fragments(size_t each, size_t *sent)
{
	static char chunk[CHUNK];
	struct ws_decoder *d = ws_decoder_new();
	static const uint8_t key[WS_KEY_LEN] = { 0 };
	size_t got = 0, len = 0;
	int rc = 0;

	ws_decoder_reset(d, true, MIB);
	for (*sent = 0; rc == 0 && *sent < MIB; *sent += each) {
		uint8_t head[WS_HEAD_MAX + WS_KEY_LEN];
		size_t n = ws_head(
		    head, *sent == 0 ? WS_BINARY : WS_CONTINUATION, each, key);

		if (*sent + each < MIB)
			head[0] &= 0x7f; /* more comes */
		memcpy(chunk + len, head, n);
		memset(chunk + len + n, 'x', each);
		len += n + each;
		if (len > CHUNK / 2 || *sent + each >= MIB) {
			rc = ws_decoder_feed(d, chunk, len, on_message, &got);
			len = 0;
		}
	}
	if (rc == 0)
		assert_int_equal(got, MIB);
	ws_decoder_free(d);
	return rc;
}

static void
a_message_in_fragments_costs_twice_its_size(void **state)
{
	size_t sent;

	(void)state;
	assert_int_equal(send_fragments(16, &sent), 0);
	assert_true(peak <= 2 * MIB);
}

/* Of one byte each: fewer than that are taken at all. */
static void
fragments_of_a_byte_cost_twice_their_size(void **state)
{
	size_t sent;
	int rc;

	(void)state;
	rc = send_fragments(1, &sent);
	assert_true(rc == 0 || rc == WS_CODE_POLICY);
	assert_true(peak <= 2 * MIB);
	if (rc != 0)
		assert_true(sent < MIB / 16);
}

/* ---- JSON ---- */

/* `42["nuevo mensaje",` and a bomb of 1 MiB: an opening, a piece again and
 * again, and a closing. */
static void
put_bomb(struct buf *b, const char *open, const char *piece, const char *close)
{
	size_t len = strlen(piece);

	buf_clear(b);
	buf_puts(b, "2[\"nuevo mensaje\",");
	buf_puts(b, open);
	while (b->len + len + strlen(close) < MIB)
		buf_append(b, piece, len);
	buf_puts(b, close);
	buf_putc(b, ']');
}

/* What the sender's and the recipients' ends do with the arguments. */
static void
walk(const struct sio_packet *pk)
{
	struct json_iter it, inner;
	struct slice rest, key, value, name = sio_event_name(pk, &rest);

	assert_true(json_string_is(name, "nuevo mensaje"));
	json_iter_args(&it, rest);
	while (json_iter_next(&it, NULL, &value)) {
		json_get(value, "none", &key);
		json_placeholders(value, 1);
		json_iter_init(&inner, value);
		while (json_iter_next(&inner, &key, &value))
			json_type(value);
	}
}

static void
a_bomb_of_json_costs_nothing(void **state)
{
	static const struct {
		const char *open, *piece, *close;
		bool fits;
	} bombs[] = {
		{ "", "[", "", false },
		{ "", "{\"a\":", "1", false },
		{ "[1", ",1", "]", true },
		{ "[[]", ",[]", "]", true },
		{ "{\"a\":1", ",\"a\":1", "}", true },
		{ "{\"\":{}", ",\"\":{}", "}", true },
		{ "\"", "\\u0041", "\"", true },
		{ "\"", "\\u0000", "\"", true },
		{ "1", "0", "", true },
		{ "[1e", "9", "]", true },
	};
	static const struct sio_limits some = { 10, { 32, 100000 } };
	struct sio_packet pk;
	struct buf b;

	(void)state;
	buf_init(&b, 2 * MIB);
	buf_reserve(&b, MIB + CHUNK);
	for (size_t i = 0; i < sizeof(bombs) / sizeof(bombs[0]); i++) {
		put_bomb(&b, bombs[i].open, bombs[i].piece, bombs[i].close);
		held = peak = 0;
		sio_packet_decode(5, buf_view(&b), &some, &pk);
		assert_int_equal(sio_packet_decode(5, buf_view(&b),
				     &SIO_LIMITS_MOST, &pk) == 0,
		    bombs[i].fits);
		if (bombs[i].fits)
			walk(&pk);
		assert_int_equal(peak, 0);
	}
	buf_deinit(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_message_in_fragments_costs_twice_its_size, setup),
		cmocka_unit_test_setup(
		    fragments_of_a_byte_cost_twice_their_size, setup),
		cmocka_unit_test_setup(a_bomb_of_json_costs_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
