/*
 * A whole client without sockets, and a server that may say anything. The
 * input is a row of steps, a byte each with what belongs to it: bytes or text
 * frames on one of some connections, a connection's end, a host that can't be
 * reached, time, and what the person does.
 *
 * In what is fed, "$a" stands for the Sec-WebSocket-Accept that the newest
 * handshake wants, "$n" for the newest nonce.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "client/chat.h"
#include "fake_stream.h"
#include "fake_system.h"
#include "fuzz.h"
#include "net/dialler.h"
#include "net/ws_conn.h"

enum { CONNS = 4, STEP_MS = 500, FEED_MAX = 1 << 22, NONCE_MAX = 64 };

/* The low two bits: which connection. */
enum step {
	FEED = 0, /* length in two bytes, low one first */
	SAY,      /* the same, as a text frame */
	END,
	BREAK,
	STALL,  /* or not any more */
	TIME,   /* a byte: half seconds */
	REFUSE, /* further connections, or not any more */
	ACT,    /* a byte: what; a byte: bytes of text that follow */
	STEPS,
};

struct dialler {
	struct loop_task done;
	struct loop *loop;
	struct timeq *linger;
	dial_cb cb;
	void *arg;
	bool cancelled;
};

static struct {
	struct loop loop;
	struct chat *chat;
	struct stream *conns[CONNS];
	bool stalled[CONNS];
	bool refuse;
	uint64_t ended; /* the entries that are, as bits */
	char accept[WS_ACCEPT_LEN + 1];
	char nonce[NONCE_MAX];
} c;

/* ---- in place of net/dialler.c ---- */

static void
run_done(struct loop_task *t)
{
	struct dialler *d = container_of(t, struct dialler, done);
	unsigned i = 0;

	while (i < CONNS && c.conns[i] != NULL)
		i++;
	if (d->cancelled) {
		/* nobody waits */
	} else if (c.refuse || i == CONNS) {
		d->cb(d->arg, NULL, "refused", false);
	} else {
		c.stalled[i] = false;
		fake_stream_open(&c.conns[i], d->loop, d->linger);
		d->cb(d->arg, c.conns[i], NULL, false);
	}
	free(d);
}

struct dialler *
dial(struct loop *loop, const char *host, int port, struct tls_config *tls,
    struct timeq *linger, dial_cb cb, void *arg)
{
	struct dialler *d = xcalloc(1, sizeof(*d));

	(void)host;
	(void)port;
	CHECK(tls == NULL);
	d->loop = loop;
	d->linger = linger;
	d->cb = cb;
	d->arg = arg;
	d->done.run = run_done;
	loop_defer(loop, &d->done);
	return d;
}

void
dial_cancel(struct dialler *d)
{
	CHECK(!d->cancelled);
	d->cancelled = true;
}

/* ---- what the client says ---- */

static void
on_written(struct slice s)
{
	static const char key[] = "Sec-WebSocket-Key: ", nonce[] = "nonce\":\"";
	const char *at = memmem(s.p, s.len, key, sizeof(key) - 1);
	size_t n;

	if (at != NULL) {
		s = slice_skip(s, (size_t)(at - s.p) + sizeof(key) - 1);
		CHECK(s.len > WS_KEY_TEXT_LEN);
		s.len = WS_KEY_TEXT_LEN;
		ws_accept_key(s, c.accept);
	} else if ((at = memmem(s.p, s.len, nonce, sizeof(nonce) - 1)) !=
		   NULL) {
		s = slice_skip(s, (size_t)(at - s.p) + sizeof(nonce) - 1);
		at = memchr(s.p, '"', s.len);
		n = at != NULL ? (size_t)(at - s.p) : 0;
		if (n >= NONCE_MAX)
			n = 0;
		memcpy(c.nonce, s.p, n);
		c.nonce[n] = '\0';
	}
}

static void
put_told(struct buf *out, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char next = i + 1 < bytes.len ? bytes.p[i + 1] : '\0';

		if (bytes.p[i] == '$' && next == 'a') {
			buf_puts(out, c.accept);
			i++;
		} else if (bytes.p[i] == '$' && next == 'n') {
			buf_puts(out, c.nonce);
			i++;
		} else {
			buf_putc(out, bytes.p[i]);
		}
	}
}

/* ---- what it tells ---- */

static void
check_text(struct slice s)
{
	CHECK(utf8_valid(s.p, s.len));
}

static void
on_status(void *arg, const struct chat_status *st)
{
	(void)arg;
	check_text(slice_of(st->nick));
	CHECK(fuzz_is_clean(slice_of(st->server), ""));
	CHECK(fuzz_is_clean(slice_of(st->problem), ""));
	CHECK(st->phase != CHAT_ONLINE || st->problem[0] == '\0');
}

static void
on_message(void *arg, const struct chat_message *m)
{
	(void)arg;
	check_text(m->room);
	check_text(m->with);
	check_text(m->nick);
	check_text(m->text);
	check_text(m->id);
	check_text(m->reply_text);
	for (unsigned i = 0; m->reactions != NULL && i < m->reactions->n; i++)
		check_text(m->reactions->v[i].emoji);
}

static void
on_change(void *arg, const struct chat_change *ch)
{
	check_text(ch->room);
	check_text(ch->id);
	check_text(ch->nick);
	check_text(ch->text);
	if (ch->message != NULL)
		on_message(arg, ch->message);
}

static void
on_room(void *arg, const struct chat_room_state *r)
{
	(void)arg;
	check_text(r->room);
	check_text(r->last);
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	(void)arg;
	check_text(ev->room);
	check_text(ev->nick);
	check_text(ev->text);
	check_text(ev->code);
}

/* The end of a line is told once. */
static void
on_entry(void *arg, const struct chat_entry *e)
{
	uint64_t bit = UINT64_C(1) << (e->number % 64);

	(void)arg;
	CHECK(e->number > 0);
	check_text(e->text);
	check_text(e->reason);
	if (e->number >= 64)
		return;
	CHECK((c.ended & bit) == 0);
	if (e->state == CHAT_ENTRY_DELIVERED || e->state == CHAT_ENTRY_FAILED)
		c.ended |= bit;
}

static void
on_raw(void *arg, struct slice name, struct slice args)
{
	(void)arg;
	check_text(name);
	check_text(args);
}

static const struct chat_cb chat_cb = { on_status, on_message, on_change,
	on_room, on_event, on_entry, on_raw };

static void
on_reply(void *arg, const struct chat_reply *r)
{
	(void)arg;
	check_text(r->code);
	check_text(r->message);
	check_text(r->json);
}

/* ---- the steps ---- */

static void
turn(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void
feed(unsigned i, struct slice bytes, bool say)
{
	uint8_t head[WS_HEAD_MAX];
	struct buf text, all;
	char *copy;

	if (c.conns[i] == NULL)
		return;
	buf_init(&text, FEED_MAX);
	buf_init(&all, FEED_MAX);
	put_told(&text, bytes);
	if (say)
		buf_append(&all, head, ws_head(head, WS_TEXT, text.len, NULL));
	buf_append_slice(&all, buf_view(&text));
	copy = fuzz_copy(buf_view(&all));
	fake_stream_feed(c.conns[i], (struct slice){ copy, all.len });
	free(copy);
	buf_deinit(&text);
	buf_deinit(&all);
}

static void
act(unsigned what, struct slice text)
{
	static const struct slice room = SLICE_INIT("cafe");
	struct buf err;

	buf_init(&err, 1024);
	if (!utf8_valid(text.p, text.len))
		text = SLICE("hola");
	switch (what % 9) {
	case 0:
		chat_say(c.chat, room, text, &err);
		break;
	case 1:
		chat_say(c.chat, SLICE("@ana"), text, &err);
		break;
	case 2:
		chat_join(c.chat, text, on_reply, NULL);
		break;
	case 3:
		chat_leave(c.chat, text, on_reply, NULL);
		break;
	case 4:
		chat_set_nick(c.chat, text, on_reply, NULL);
		break;
	case 5:
		chat_request(c.chat, "history", SLICE("{\"room\":\"cafe\"}"),
		    on_reply, NULL);
		break;
	case 6:
		chat_retry_now(c.chat);
		break;
	case 7:
		chat_read(c.chat, room, text);
		break;
	default:
		chat_login(c.chat, SLICE("ana"), text, on_reply, NULL);
	}
	CHECK(fuzz_is_clean(buf_view(&err), ""));
	buf_deinit(&err);
}

static void
step(struct fuzz_input *in)
{
	unsigned b = fuzz_byte(in), i = b % CONNS, kind = b / CONNS % STEPS;
	size_t n;

	switch (kind) {
	default:
		n = fuzz_byte(in);
		n |= (size_t)fuzz_byte(in) << 8;
		feed(i, fuzz_take(in, n), kind == SAY);
		break;
	case END:
	case BREAK:
		if (c.conns[i] != NULL)
			fake_stream_end(
			    c.conns[i], kind == END ? 0 : UV_ECONNRESET);
		break;
	case STALL:
		c.stalled[i] = !c.stalled[i];
		if (c.conns[i] != NULL)
			fake_stream_stall(c.conns[i], c.stalled[i]);
		break;
	case TIME:
		fake_system_wait(STEP_MS * fuzz_byte(in), &c.loop, turn);
		break;
	case REFUSE:
		c.refuse = !c.refuse;
		break;
	case ACT:
		n = fuzz_byte(in);
		act((unsigned)n, fuzz_take(in, fuzz_byte(in)));
		break;
	}
	turn(&c.loop);
}

static void
set_up(void)
{
	static const char *const rooms[] = { "cafe", "lobby" };
	static struct url url;
	struct chat_options opt = {
		.url = &url,
		.nick = "eva",
		.rooms = rooms,
		.n_rooms = 2,
	};
	struct buf err;

	memset(&c, 0, sizeof(c));
	fake_system_reset();
	fake_stream_on_written = on_written;
	buf_init(&err, 1024);
	CHECK(url_parse("http://chat.example/", &url, &err) == 0);
	CHECK(loop_init(&c.loop) == 0);
	c.chat = chat_new(&c.loop, &opt, &chat_cb, NULL, &err);
	CHECK(c.chat != NULL);
	buf_deinit(&err);
	turn(&c.loop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	set_up();
	while (in.len > 0)
		step(&in);
	chat_close(c.chat);
	turn(&c.loop);
	for (unsigned i = 0; i < CONNS; i++)
		if (c.conns[i] != NULL)
			fake_stream_end(c.conns[i], UV_ECONNRESET);
	turn(&c.loop);
	CHECK(loop_deinit(&c.loop) == 0);
	return 0;
}
