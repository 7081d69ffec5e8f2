#include "config.h"

#include "cli/plain_tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "tui/answer.h"

enum { NAME_MAX_BYTES = 256 };

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

/* `TIME #room <nick> text`; further lines of it with `|` for the space. */
static void
put_message(struct headless *h, uint64_t at, struct slice room,
    struct slice nick, struct slice text)
{
	struct buf out, clean;
	struct slice rest;
	char mark = ' ';

	buf_init(&out, PLAIN_LINE_MAX);
	buf_init(&clean, PLAIN_LINE_MAX);
	clean_text(&clean, text);
	rest = buf_view(&clean);
	do {
		struct slice line = slice_take_until(&rest, '\n');

		clock_put(&out, at, false);
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
void
plain_put_info(struct headless *h, struct slice text)
{
	struct buf out;

	buf_init(&out, PLAIN_LINE_MAX);
	do {
		buf_puts(&out, "-- ");
		clean_line(
		    &out, slice_take_until(&text, '\n'), PLAIN_LINE_MAX / 2);
		buf_putc(&out, '\n');
	} while (text.len > 0);
	headless_put(h, buf_view(&out));
	buf_deinit(&out);
}

static struct slice
first_line(struct slice text)
{
	return slice_take_until(&text, '\n');
}

void
plain_put_error(struct slice text)
{
	struct buf line;

	buf_init(&line, 4096);
	clean_line(&line, text, 2048);
	fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&line)));
	buf_deinit(&line);
}

/* ---- rooms ---- */

struct plain_room *
plain_room(struct plain *p, struct slice name)
{
	for (unsigned i = 0; i < p->rooms_n; i++) {
		struct plain_room *r = &p->rooms[i];

		if (slice_is(name, r->name) ||
		    (r->with != NULL && slice_starts(name, "@") &&
			slice_is_nocase(slice_skip(name, 1), r->with)))
			return r;
	}
	return NULL;
}

static void
keep_topic(struct plain *p, struct slice name, struct slice topic)
{
	struct plain_room *r = plain_room(p, name);

	if (r == NULL)
		return;
	free(r->topic);
	r->topic = xstrndup(topic.p, topic.len);
}

/* The invitation leads there, instead of into the lobby. */
static void
go_into(struct plain *p, struct slice name)
{
	free(p->rooms[0].name);
	p->rooms[0].name = xstrndup(name.p, name.len);
}

/* For those who answer or have read it. */
static void
keep_id(struct plain *p, struct slice room, struct slice id, bool own)
{
	struct plain_room *r = plain_room(p, room);

	if (r == NULL || id.len == 0 || id.len >= sizeof(r->last))
		return;
	snprintf(r->last, sizeof(r->last), "%.*s", SLICE_ARG(id));
	if (!own)
		memcpy(r->other, r->last, sizeof(r->other));
}

/* ---- what the chat tells ---- */

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
	plain_put_info(h, buf_view(&text));
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
	}
	headless_check(h);
}

/* What people call a room: a direct one by the other's nick. */
static void
put_room(struct buf *out, struct slice room, struct slice with)
{
	if (with.len > 0) {
		buf_putc(out, '@');
		buf_append_slice(out, with);
	} else {
		buf_append_slice(out, room);
	}
}

static void
put_reply(struct headless *h, const struct chat_message *m)
{
	struct buf text;

	if (m->reply_id.len == 0)
		return;
	buf_init(&text, PLAIN_LINE_MAX);
	if (m->reply_nick.len > 0)
		buf_printf(&text, "in reply to <%.*s> %.*s",
		    SLICE_ARG(m->reply_nick), SLICE_ARG(m->reply_text));
	else
		buf_puts(&text, "in reply to what is gone");
	plain_put_info(h, first_line(buf_view(&text)));
	buf_deinit(&text);
}

static void
put_attachments(struct headless *h, const struct chat_message *m)
{
	struct buf text;

	if (m->bin == 0)
		return;
	buf_init(&text, 256);
	buf_printf(&text, "with %u attachment%s, %zu bytes", m->bin,
	    m->bin == 1 ? "" : "s", m->bin_bytes);
	plain_put_info(h, buf_view(&text));
	buf_deinit(&text);
}

static void
on_message(void *arg, const struct chat_message *m)
{
	struct headless *h = arg;
	const struct plain *p = h->arg;
	struct buf room;

	if (p->commands != NULL && commands_ignores(p->commands, m->nick))
		return;
	buf_init(&room, PLAIN_LINE_MAX);
	put_room(&room, m->room, m->with);
	put_reply(h, m);
	put_message(h, m->at, buf_view(&room), m->nick,
	    m->deleted.at != 0 ? SLICE("(deleted)") : m->text);
	put_attachments(h, m);
	keep_id(h->arg, m->room, m->id, m->own);
	buf_deinit(&room);
}

/* An earlier message is another one now. */
static void
on_change(void *arg, const struct chat_change *ch)
{
	struct slice nick = ch->nick, what = ch->text;
	enum chat_change_type type = ch->type;
	struct buf text;

	buf_init(&text, PLAIN_LINE_MAX);
	if (type == CHAT_CHANGED && ch->message->deleted.at != 0) {
		type = CHAT_DELETED;
		nick = ch->message->deleted.nick;
	} else if (type == CHAT_CHANGED && ch->message->edited.at != 0) {
		type = CHAT_EDITED;
		nick = ch->message->edited.nick;
		what = ch->message->text;
	}
	buf_append_slice(&text, nick);
	if (type == CHAT_EDITED)
		buf_puts(&text, " has edited a message in ");
	else if (type == CHAT_DELETED)
		buf_puts(&text, " has deleted a message in ");
	else if (type == CHAT_REACTION && ch->emoji.len > 0)
		buf_printf(&text, " %s %.*s in ",
		    ch->on ? "reacts with" : "takes back",
		    SLICE_ARG(ch->emoji));
	else
		goto done;
	put_room(&text, ch->room, ch->with);
	if (type == CHAT_EDITED) {
		buf_puts(&text, ": ");
		buf_append_slice(&text, what);
	}
	plain_put_info(arg, buf_view(&text));
done:
	buf_deinit(&text);
}

static void
put_delivered(struct headless *h, const struct chat_entry *e)
{
	const struct chat_status *st = chat_status(h->chat);
	struct buf room;

	buf_init(&room, PLAIN_LINE_MAX);
	put_room(&room, e->room, e->with);
	put_message(h, e->at, buf_view(&room),
	    slice_of(st->nick[0] != '\0' ? st->nick : h->opt->chat.nick),
	    e->text);
	buf_deinit(&room);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	struct headless *h = arg;
	const struct plain *p = h->arg;
	struct buf why;

	switch (e->state) {
	case CHAT_ENTRY_WAITING:
		if (e->restored)
			plain_put_info(h, SLICE("waiting from before:"));
		if (e->restored)
			plain_put_info(h, e->text);
		break;
	case CHAT_ENTRY_SENT:
		break; /* it comes back, or no more is known */
	case CHAT_ENTRY_DELIVERED:
		/* On a terminal it can be read where it was typed. */
		if (!p->typed || e->restored)
			put_delivered(h, e);
		keep_id(h->arg, e->room, e->id, true);
		break;
	case CHAT_ENTRY_FAILED:
		buf_init(&why, PLAIN_LINE_MAX);
		buf_printf(&why, "not delivered: %.*s: %.*s",
		    SLICE_ARG(e->reason), SLICE_ARG(e->text));
		plain_put_error(buf_view(&why));
		buf_deinit(&why);
		h->status = EX_NOPERM;
		break;
	}
	headless_check(h);
}

/* ---- events ---- */

static void
put_event(const struct chat_event *ev, struct buf *text)
{
	struct slice nick = ev->nick;

	switch (ev->type) {
	case CHAT_JOINED:
		if (ev->self)
			buf_puts(text, "you are in ");
		else
			buf_printf(text, "%.*s has joined ", SLICE_ARG(nick));
		put_room(text, ev->room, ev->with);
		break;
	case CHAT_LEFT:
		buf_printf(text, "%.*s has left ", SLICE_ARG(nick));
		put_room(text, ev->room, ev->with);
		if (ev->text.len > 0)
			buf_puts(text, ": ");
		break;
	case CHAT_NICK:
		buf_printf(text, "%.*s is now called ", SLICE_ARG(nick));
		break;
	case CHAT_TOPIC:
		buf_puts(text, "topic of ");
		put_room(text, ev->room, ev->with);
		buf_puts(text, ": ");
		break;
	case CHAT_MEMBER:
		return; /* there may be hundreds: /who tells */
	case CHAT_NOTICE:
		buf_puts(text, "the server says: ");
		break;
	case CHAT_AWAY:
		buf_printf(text, "%.*s is %s", SLICE_ARG(nick),
		    ev->text.len > 0 ? "away: " : "back");
		break;
	case CHAT_TYPING:
		return; /* gone before anyone could read it */
	case CHAT_REFUSED:
		buf_puts(text, "can't join ");
		put_room(text, ev->room, ev->with);
		buf_puts(text, ": ");
		break;
	default:
		answer_moderation(ev, text);
		return;
	}
	buf_append_slice(text, ev->text);
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	struct headless *h = arg;
	struct buf text;

	buf_init(&text, PLAIN_LINE_MAX);
	if (ev->type == CHAT_INVITED && ev->on)
		go_into(h->arg, ev->room);
	if (ev->type == CHAT_TOPIC)
		keep_topic(h->arg, ev->room, ev->text);
	if (ev->type != CHAT_TOPIC || ev->text.len > 0)
		put_event(ev, &text);
	if (ev->type == CHAT_REFUSED)
		plain_put_error(buf_view(&text));
	else if (text.len > 0)
		plain_put_info(h, buf_view(&text));
	buf_deinit(&text);
}

const struct chat_cb plain_tell_cb = {
	.on_status = on_status,
	.on_message = on_message,
	.on_change = on_change,
	.on_event = on_event,
	.on_entry = on_entry,
};
