/*
 * A whole server without sockets: HTTP, Engine.IO, Socket.IO, the hub and its
 * store. The input is a row of steps, a byte each with what belongs to it:
 * bytes for one of some connections, a connection's end, a peer that stops
 * reading, a disk that stops writing, time.
 * Time stands still otherwise and nothing is random, so that an input does
 * the same again. Whatever happens, who comes next is served.
 *
 * In what is fed, "$0" to "$9" stand for the ids (of sessions, sockets and
 * recoveries) in the order in which the server has told them, "$o" for the
 * newest offset.
 */
#include "config.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "fake_stream.h"
#include "fake_system.h"
#include "fake_worker.h"
#include "fuzz.h"
#include "hub/hub.h"
#include "hub/secrets.h"
#include "net/http_conn.h"
#include "net/loop.h"
#include "proto/ws.h"
#include "server/routes.h"

enum { CONNS = 4, STEP_MS = 500, IDS = 10, ID_MAX = 64, FEED_MAX = 1 << 22 };

/* The low two bits: which connection. */
enum step {
	FEED = 0, /* and 1, 2: length in two bytes, low one first */
	SAY = 3,  /* the same, as a text frame of a WebSocket */
	END = 4,
	BREAK,
	STALL, /* or not any more */
	TIME,  /* a byte: half seconds */
	DRAIN,
	HOLD, /* the store's disk, or not any more */
	STEPS,
};

struct session {
	struct loop loop;
	struct http_server http;
	struct limits limits;
	struct hub *hub;
	struct routes routes;
	struct opt_list origins;
	struct stream *conns[CONNS];
	bool stalled[CONNS];
	bool draining, held;
};

/* What the server has told. */
static struct {
	char ids[IDS][ID_MAX];
	unsigned n;
	char offset[ID_MAX];
	unsigned answers; /* with a 200 */
} told;

/* ---- in place of libcrypt's ---- */

/* Half a second each would be too long; it is no test of them. */

char *
crypt_gensalt_ra(
    const char *prefix, unsigned long count, const char *random, int len)
{
	(void)count;
	(void)random;
	(void)len;
	return strdup(prefix);
}

char *
crypt_ra(const char *phrase, const char *setting, void **data, int *size)
{
	size_t n = strlen(phrase) + strcspn(setting, "|") + 2;
	char *hash = malloc(n);

	snprintf(hash, n, "%.*s|%.200s", (int)strcspn(setting, "|"), setting,
	    phrase);
	free(*data);
	*data = hash;
	*size = (int)n;
	return hash;
}

/* ---- ids ---- */

/* Takes what stands in quotes off the front. */
static void
take_quoted(struct slice s, char out[ID_MAX])
{
	const char *end = memchr(s.p, '"', s.len);
	size_t n = end != NULL ? (size_t)(end - s.p) : 0;

	if (n >= ID_MAX)
		n = 0;
	memcpy(out, s.p, n);
	out[n] = '\0';
}

/* Looks for "sid":"...", "pid":"..." and ,"...-0"] at the end. */
static void
on_written(struct slice s)
{
	static const char id[] = "id\":\"";
	const char *at;

	if (slice_starts(s, "HTTP/1.1 200 OK\r\n"))
		told.answers++;
	if (s.len > 2 && s.p[s.len - 1] == ']' && s.p[s.len - 2] == '"' &&
	    (at = memrchr(s.p, ',', s.len)) != NULL) {
		s = slice_skip(s, (size_t)(at + 2 - s.p));
		take_quoted(s, told.offset);
		return;
	}
	while (told.n < IDS && s.len > 0 &&
	       (at = memmem(s.p, s.len, id, sizeof(id) - 1)) != NULL) {
		s = slice_skip(s, (size_t)(at - s.p) + sizeof(id) - 1);
		take_quoted(s, told.ids[told.n++]);
	}
}

/* bytes with the ids in their places. */
static void
put_ids(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char c = i + 1 < bytes.len ? bytes.p[i + 1] : '\0';

		if (bytes.p[i] == '$' && c >= '0' && c <= '9') {
			buf_puts(out, told.ids[c - '0']);
			i++;
		} else if (bytes.p[i] == '$' && c == 'o') {
			buf_puts(out, told.offset);
			i++;
		} else {
			buf_putc(out, bytes.p[i]);
		}
	}
}

/* ---- the server ---- */

static void
open_hub(struct session *s)
{
	static const struct secrets none;
	struct hub_options opt = {
		.sio = SIO_OPTIONS_DEFAULT,
		.limits = &s->limits,
		.operators = &none,
		.password = &none,
		.version = PACKAGE_VERSION,
	};
	struct buf err;

	buf_init(&err, FEED_MAX);
	s->hub = hub_new(&s->loop, &opt, &err);
	CHECK(s->hub != NULL);
	buf_deinit(&err);
}

static void
set_up(struct session *s)
{
	fake_system_reset();
	memset(&told, 0, sizeof(told));
	fake_stream_on_written = on_written;
	log_open(NULL, LOG_OFF, false);
	CHECK(loop_init(&s->loop) == 0);
	limits_init(&s->limits);
	http_server_init(
	    &s->http, &s->loop, &s->limits, routes_request, &s->routes);
	open_hub(s);
	s->routes.hub = s->hub;
	s->routes.origins = &s->origins;
}

static void
turn_loop(struct loop *loop)
{
	do
		uv_run(&loop->uv, UV_RUN_NOWAIT);
	while (fake_worker_busy());
}

static void
turn(struct session *s)
{
	turn_loop(&s->loop);
}

static void
tear_down(struct session *s)
{
	for (unsigned i = 0; i < CONNS; i++)
		if (s->conns[i] != NULL)
			fake_stream_end(s->conns[i], UV_ECONNRESET);
	turn(s);
	hub_close(s->hub);
	http_server_close(&s->http);
	turn(s);
	for (unsigned i = 0; i < CONNS; i++)
		CHECK(s->conns[i] == NULL);
	CHECK(loop_deinit(&s->loop) == 0);
}

/* The header of a masked text frame, whose key does nothing. */
static void
put_frame_head(struct buf *out, size_t len)
{
	static const uint8_t key[WS_KEY_LEN] = { 0 };
	uint8_t head[WS_HEAD_MAX + WS_KEY_LEN];

	buf_append(out, head, ws_head(head, WS_TEXT, len, key));
}

static void
feed(struct session *s, unsigned i, struct slice bytes, bool say)
{
	struct buf text, all;
	char *copy;

	if (s->conns[i] == NULL) {
		fake_stream_open(&s->conns[i], &s->loop, s->http.linger);
		http_server_take(&s->http, s->conns[i]);
		s->stalled[i] = false;
	}
	buf_init(&text, FEED_MAX);
	buf_init(&all, FEED_MAX);
	put_ids(&text, bytes);
	if (say)
		put_frame_head(&all, text.len);
	buf_append_slice(&all, buf_view(&text));
	copy = fuzz_copy(buf_view(&all));
	fake_stream_feed(s->conns[i], (struct slice){ copy, all.len });
	free(copy);
	buf_deinit(&text);
	buf_deinit(&all);
}

static void
step(struct session *s, struct fuzz_input *in)
{
	unsigned b = fuzz_byte(in), i = b % CONNS;
	struct stream *conn = s->conns[i];
	size_t n;

	switch (b / CONNS % STEPS) {
	default:
		n = fuzz_byte(in);
		n |= (size_t)fuzz_byte(in) << 8;
		feed(s, i, fuzz_take(in, n), b / CONNS % STEPS == SAY);
		break;
	case END:
		if (conn != NULL)
			fake_stream_end(conn, 0);
		break;
	case BREAK:
		if (conn != NULL)
			fake_stream_end(conn, UV_ECONNRESET);
		break;
	case STALL:
		s->stalled[i] = !s->stalled[i];
		if (conn != NULL)
			fake_stream_stall(conn, s->stalled[i]);
		break;
	case TIME:
		fake_system_wait(STEP_MS * fuzz_byte(in), &s->loop, turn_loop);
		break;
	case DRAIN:
		s->draining = true;
		if (i == 0)
			hub_disconnect_all(s->hub);
		else if (i == 1)
			http_server_drain(&s->http);
		break;
	case HOLD:
		s->held = !s->held;
		fake_worker_hold(s->held);
		break;
	}
	turn(s);
}

static void
serve_one_more(struct session *s)
{
	unsigned before = told.answers;

	if (s->conns[0] != NULL) {
		fake_stream_end(s->conns[0], UV_ECONNRESET);
		turn(s);
	}
	feed(s, 0,
	    SLICE("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n"
		  "Host: a\r\n\r\n"),
	    false);
	turn(s);
	CHECK(told.answers > before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct session s = { .origins = { .n = 0 } };

	set_up(&s);
	while (in.len > 0)
		step(&s, &in);
	fake_worker_hold(false);
	turn(&s);
	if (!s.draining)
		serve_one_more(&s);
	tear_down(&s);
	return 0;
}
