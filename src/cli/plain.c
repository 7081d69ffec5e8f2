#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/headless.h"
#include "cli/modes.h"
#include "client/clean.h"

enum { NAME_MAX_BYTES = 256, LINE_MAX_BYTES = 4 << 20 };

struct plain {
	bool typed; /* standard input is a terminal: it shows what is typed */
	enum chat_phase phase; /* as last told */
	bool told, joined;
	char room[256 + 1]; /* where lines go */
};

/* ---- output ---- */

/* Cleaned, and without what marks the end of a name. */
static void
put_name(struct buf *out, struct slice name)
{
	size_t from = out->len;

	clean_line(out, name, NAME_MAX_BYTES);
	for (size_t i = from; i < out->len; i++)
		if (out->p[i] == '<' || out->p[i] == '>' || out->p[i] == ' ')
			out->p[i] = '_';
}

static void
put_time(struct buf *out, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_puts(out, text);
}

/* `TIME #room <nick> text`; further lines of it with `|` for the space. */
static void
put_message(struct headless *h, uint64_t at, struct slice room,
    struct slice nick, struct slice text)
{
	struct buf out, clean;
	struct slice rest;
	char mark = ' ';

	buf_init(&out, LINE_MAX_BYTES);
	buf_init(&clean, LINE_MAX_BYTES);
	clean_text(&clean, text);
	rest = buf_view(&clean);
	do {
		struct slice line = slice_take_until(&rest, '\n');

		put_time(&out, at);
		buf_puts(&out, slice_starts(room, "@") ? " " : " #");
		put_name(&out, room);
		buf_puts(&out, " <");
		put_name(&out, nick.len > 0 ? nick : SLICE("?"));
		buf_putc(&out, '>');
		buf_putc(&out, mark);
		buf_append_slice(&out, line);
		buf_putc(&out, '\n');
		mark = '|';
	} while (rest.len > 0);
	headless_put(h, buf_view(&out));
	buf_deinit(&clean);
	buf_deinit(&out);
}

static void
put_info(struct headless *h, struct slice text)
{
	struct buf out;

	buf_init(&out, LINE_MAX_BYTES);
	buf_puts(&out, "-- ");
	clean_line(&out, text, LINE_MAX_BYTES / 2);
	buf_putc(&out, '\n');
	headless_put(h, buf_view(&out));
	buf_deinit(&out);
}

static void
put_error(struct slice text)
{
	struct buf line;

	buf_init(&line, 4096);
	clean_line(&line, text, 2048);
	fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&line)));
	buf_deinit(&line);
}

/* ---- what the chat tells ---- */

static void
join_rooms(struct headless *h);

static void
tell_phase(struct headless *h, const struct chat_status *st)
{
	struct buf text;

	buf_init(&text, 4096);
	if (st->phase == CHAT_ONLINE) {
		buf_printf(&text, "connected to %s by %s", h->opt->url.text,
		    st->transport);
		if (st->classic)
			buf_puts(&text, ", a plain Socket.IO server");
		else if (st->nick[0] != '\0')
			buf_printf(&text, " as %s", st->nick);
	} else {
		buf_printf(&text, "not connected: %s", st->problem);
		if (st->waiting > 0)
			buf_printf(&text, "; %u waiting", st->waiting);
	}
	put_info(h, buf_view(&text));
	buf_deinit(&text);
}

static void
on_status(void *arg, const struct chat_status *st)
{
	struct headless *h = arg;
	struct plain *p = h->arg;
	bool news = !p->told || st->phase != p->phase;

	/* A try is no news, how it ended is. */
	if (st->phase != CHAT_CONNECTING && news) {
		p->told = true;
		p->phase = st->phase;
		tell_phase(h, st);
		if (st->phase == CHAT_ONLINE)
			join_rooms(h);
	}
	headless_check(h);
}

static void
on_message(void *arg, const struct chat_message *m)
{
	struct headless *h = arg;
	struct buf text;

	put_message(h, m->at, m->room, m->nick, m->text);
	if (m->bin == 0)
		return;
	buf_init(&text, 256);
	buf_printf(&text, "with %u attachment%s, %zu bytes", m->bin,
	    m->bin == 1 ? "" : "s", m->bin_bytes);
	put_info(h, buf_view(&text));
	buf_deinit(&text);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	struct headless *h = arg;
	const struct plain *p = h->arg;
	const struct chat_status *st = chat_status(h->chat);
	struct buf why;

	switch (e->state) {
	case CHAT_ENTRY_WAITING:
		if (e->restored)
			put_info(h, SLICE("waiting from before:"));
		if (e->restored)
			put_info(h, e->text);
		break;
	case CHAT_ENTRY_SENT:
		break; /* it comes back, or no more is known */
	case CHAT_ENTRY_DELIVERED:
		/* On a terminal it can be read where it was typed. */
		if (!p->typed || e->restored)
			put_message(h, e->at, e->room,
			    slice_of(st->nick[0] != '\0' ? st->nick
							 : h->opt->chat.nick),
			    e->text);
		break;
	case CHAT_ENTRY_FAILED:
		buf_init(&why, LINE_MAX_BYTES);
		buf_printf(&why, "not delivered: %.*s: %.*s",
		    SLICE_ARG(e->reason), SLICE_ARG(e->text));
		put_error(buf_view(&why));
		buf_deinit(&why);
		h->status = EX_NOPERM;
		break;
	}
	headless_check(h);
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	struct slice nick = ev->nick, room = ev->room;
	struct buf text;

	buf_init(&text, LINE_MAX_BYTES);
	switch (ev->type) {
	case CHAT_JOINED:
		buf_printf(&text, "%.*s has joined %.*s", SLICE_ARG(nick),
		    SLICE_ARG(room));
		break;
	case CHAT_LEFT:
		buf_printf(&text, "%.*s has left %.*s", SLICE_ARG(nick),
		    SLICE_ARG(room));
		break;
	case CHAT_NICK:
		buf_printf(&text, "%.*s is now called ", SLICE_ARG(nick));
		break;
	case CHAT_TOPIC:
		buf_printf(&text, "topic of %.*s: ", SLICE_ARG(room));
		break;
	case CHAT_MEMBER:
		buf_printf(&text, "%.*s is in %.*s", SLICE_ARG(nick),
		    SLICE_ARG(room));
		break;
	case CHAT_NOTICE:
		buf_puts(&text, "the server says: ");
		break;
	}
	buf_append_slice(&text, ev->text);
	put_info(arg, buf_view(&text));
	buf_deinit(&text);
}

/* ---- input ---- */

static void
on_joined(void *arg, const struct chat_reply *r)
{
	struct buf text;

	(void)arg;
	if (r->ok)
		return;
	buf_init(&text, LINE_MAX_BYTES);
	buf_printf(&text, "can't join: %.*s", SLICE_ARG(r->message));
	put_error(buf_view(&text));
	buf_deinit(&text);
}

/* The rooms asked for, at the first connect; later the chat does it. */
static void
join_rooms(struct headless *h)
{
	struct plain *p = h->arg;

	if (p->joined)
		return;
	p->joined = true;
	for (unsigned i = 0; i < h->opt->rooms.n; i++)
		if (strcmp(h->opt->rooms.v[i], "lobby") != 0)
			chat_join(h->chat, slice_of(h->opt->rooms.v[i]),
			    on_joined, h);
}

static void
say(struct headless *h, struct slice text)
{
	const struct plain *p = h->arg;
	struct buf err;

	if (text.len == 0)
		return;
	buf_init(&err, 1024);
	if (chat_say(h->chat, slice_of(p->room), text, &err) == 0) {
		put_error(buf_view(&err));
		h->status = EX_NOINPUT;
	}
	buf_deinit(&err);
}

static void
on_line(struct headless *h, struct slice line, bool too_long)
{
	if (too_long) {
		put_error(SLICE("not sent: a line of over a million bytes"));
		h->status = EX_NOINPUT;
		return;
	}
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	say(h, line);
}

static void
on_finish(struct headless *h)
{
	unsigned waiting = chat_status(h->chat)->waiting;
	struct buf text;

	if (waiting == 0 || !h->opt->keep)
		return;
	buf_init(&text, 256);
	buf_printf(&text, "%u line%s kept: sent at the next start", waiting,
	    waiting == 1 ? " is" : "s are");
	put_info(h, buf_view(&text));
	buf_deinit(&text);
}

int
plain_run(const struct connect_options *opt)
{
	static const struct headless_mode mode = {
		.chat = { .on_status = on_status,
		    .on_message = on_message,
		    .on_event = on_event,
		    .on_entry = on_entry },
		.on_line = on_line,
		.on_finish = on_finish,
	};
	struct plain p = { .typed = isatty(STDIN_FILENO) };

	snprintf(p.room, sizeof(p.room), "%s",
	    opt->rooms.n > 0 ? opt->rooms.v[0] : "lobby");
	return headless_run(opt, &mode, &p);
}
