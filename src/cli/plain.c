#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clean.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/headless.h"
#include "cli/modes.h"
#include "tui/commands.h"

enum { NAME_MAX_BYTES = 256, LINE_MAX_BYTES = 4 << 20, ROOMS_MAX = 128 };

struct plain_room {
	char *name, *topic; /* topic: cleaned, or NULL */
};

struct plain {
	bool typed; /* standard input is a terminal: it shows what is typed */
	enum chat_phase phase; /* as last told */
	bool told, joined;
	struct headless *h;
	struct commands *commands; /* NULL: every line is a message */
	/* Rooms that we are in, as they are shown; where lines go is first. */
	struct plain_room rooms[ROOMS_MAX];
	unsigned rooms_n;
};

/* ---- output ---- */

/* Cleaned, and without what marks the end of a name; "?" if nothing is left. */
static void
put_name(struct buf *out, struct slice name)
{
	size_t from = out->len;

	clean_line(out, name, NAME_MAX_BYTES);
	if (out->len == from)
		buf_putc(out, '?');
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
		put_name(&out, nick);
		buf_putc(&out, '>');
		buf_putc(&out, mark);
		headless_put(h, buf_view(&out));
		headless_put(h, line);
		headless_put(h, SLICE("\n"));
		buf_clear(&out);
		mark = '|';
	} while (rest.len > 0);
	buf_deinit(&clean);
	buf_deinit(&out);
}

/* Each line of it with `-- ` before it. */
static void
put_info(struct headless *h, struct slice text)
{
	struct buf out;

	buf_init(&out, LINE_MAX_BYTES);
	do {
		buf_puts(&out, "-- ");
		clean_line(
		    &out, slice_take_until(&text, '\n'), LINE_MAX_BYTES / 2);
		buf_putc(&out, '\n');
	} while (text.len > 0);
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
	const struct plain *p = h->arg;
	struct buf text;

	if (p->commands != NULL && commands_ignores(p->commands, m->nick))
		return;
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

/* ---- rooms ---- */

static struct plain_room *
room_find(struct plain *p, struct slice name)
{
	for (unsigned i = 0; i < p->rooms_n; i++)
		if (slice_is(name, p->rooms[i].name))
			return &p->rooms[i];
	return NULL;
}

static bool
room_show(struct plain *p, struct slice name)
{
	struct plain_room *r = room_find(p, name), first;

	if (r == NULL)
		return false;
	first = *r;
	*r = p->rooms[0];
	p->rooms[0] = first;
	return true;
}

static void
room_open(struct plain *p, struct slice name)
{
	if (room_find(p, name) == NULL && p->rooms_n < ROOMS_MAX)
		p->rooms[p->rooms_n++] =
		    (struct plain_room){ .name = xstrndup(name.p, name.len) };
}

static void
room_close(struct plain *p, struct slice name)
{
	struct plain_room *r = room_find(p, name);

	if (r == NULL || p->rooms_n == 1)
		return;
	free(r->name);
	free(r->topic);
	p->rooms_n--;
	memmove(r, r + 1, (size_t)(&p->rooms[p->rooms_n] - r) * sizeof(*r));
}

static void
keep_topic(struct plain *p, struct slice name, struct slice topic)
{
	struct plain_room *r = room_find(p, name);

	if (r == NULL)
		return;
	free(r->topic);
	r->topic = xstrndup(topic.p, topic.len);
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
		keep_topic(((struct headless *)arg)->arg, room, ev->text);
		buf_printf(&text, "topic of %.*s: ", SLICE_ARG(room));
		break;
	case CHAT_MEMBER:
		buf_printf(
		    &text, "%.*s is in %.*s", SLICE_ARG(nick), SLICE_ARG(room));
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
	buf_printf(&text, "can't join: %.*s; /window lobby goes to the lobby",
	    SLICE_ARG(r->message));
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
	struct plain *p = h->arg;
	struct buf err;

	if (text.len == 0)
		return;
	if (p->commands != NULL && utf8_valid(text.p, text.len)) {
		commands_input(p->commands, text);
		return;
	}
	buf_init(&err, 1024);
	if (chat_say(h->chat, slice_of(p->rooms[0].name), text, &err) == 0) {
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

/* ---- commands ---- */

static void
op_info(void *arg, struct slice text)
{
	put_info(((struct plain *)arg)->h, text);
}

static void
op_error(void *arg, struct slice line)
{
	(void)arg;
	put_error(line);
}

static struct slice
op_room(void *arg)
{
	return slice_of(((struct plain *)arg)->rooms[0].name);
}

static struct slice
op_topic(void *arg)
{
	return slice_of(((struct plain *)arg)->rooms[0].topic);
}

static bool
op_show_room(void *arg, struct slice room)
{
	return room_show(arg, room);
}

static bool
op_show_number(void *arg, unsigned n)
{
	struct plain *p = arg;

	return n <= p->rooms_n && room_show(p, slice_of(p->rooms[n - 1].name));
}

static void
op_joined(void *arg, struct slice room)
{
	room_open(arg, room);
	room_show(arg, room);
}

static void
op_left(void *arg, struct slice room)
{
	room_close(arg, room);
}

/* They are not kept here: the server is asked. */
static void
op_people(void *arg, struct buf *out)
{
	(void)arg;
	(void)out;
}

static void
op_quit(void *arg)
{
	headless_drain(((struct plain *)arg)->h);
}

static const struct commands_ops ops = {
	.info = op_info,
	.error = op_error,
	.room = op_room,
	.topic = op_topic,
	.show_room = op_show_room,
	.show_number = op_show_number,
	.joined = op_joined,
	.left = op_left,
	.people = op_people,
	.quit = op_quit,
};

/* ---- from beginning to end ---- */

static void
on_start(struct headless *h)
{
	struct plain *p = h->arg;

	p->h = h;
	/* In a pipe a line is a message, whatever it begins with. */
	if (p->typed || h->opt->plain)
		p->commands = commands_new(h->chat, &ops, p, NULL);
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
		.on_start = on_start,
		.on_finish = on_finish,
	};
	struct plain p = { .typed = isatty(STDIN_FILENO) };
	int status;

	room_open(&p, slice_of(opt->rooms.n > 0 ? opt->rooms.v[0] : "lobby"));
	status = headless_run(opt, &mode, &p);
	if (p.commands != NULL)
		commands_free(p.commands);
	for (unsigned i = 0; i < p.rooms_n; i++) {
		free(p.rooms[i].name);
		free(p.rooms[i].topic);
	}
	return status;
}
