#include "config.h"

#include "cli/json_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "proto/eio3_text.h"
#include "proto/json.h"

enum { LINE_MAX_BYTES = 16 << 20 };

/* ---- writing ---- */

void
json_put_key(struct buf *out, const char *key)
{
	buf_printf(out, ",\"%s\":", key);
}

void
json_put_text(struct buf *out, const char *key, struct slice value)
{
	json_put_key(out, key);
	json_put_string(out, value);
}

void
json_put_bool(struct buf *out, const char *key, bool value)
{
	json_put_key(out, key);
	buf_puts(out, value ? "true" : "false");
}

void
json_put_int(struct buf *out, const char *key, uint64_t value)
{
	json_put_key(out, key);
	buf_printf(out, "%" PRIu64, value);
}

static void
put_time_text(struct buf *out, uint64_t ms)
{
	buf_putc(out, '"');
	clock_put(out, ms, true);
	buf_putc(out, '"');
}

static void
put_time(struct buf *out, uint64_t ms)
{
	json_put_key(out, "at");
	put_time_text(out, ms);
}

void
json_begin(struct buf *out, const char *type)
{
	buf_init(out, LINE_MAX_BYTES);
	buf_printf(out, "{\"v\":1,\"type\":\"%s\"", type);
}

/* Ends the object and writes it, in ASCII without DEL. */
void
json_finish(struct headless *h, struct buf *out)
{
	struct buf ascii;
	const char *del;
	struct slice rest;

	buf_putc(out, '}');
	if (out->failed) {
		buf_clear(out);
		buf_puts(out, "{\"v\":1,\"type\":\"error\",\"message\":"
			      "\"what has come is too long for a line\"}");
	}
	/* Line ends in what a peer has sent as JSON, between its tokens. */
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char)out->p[i] < ' ')
			out->p[i] = ' ';
	buf_init(&ascii, (size_t)LINE_MAX_BYTES * 3);
	eio3_text_escape(&ascii, buf_view(out));
	rest = buf_view(&ascii);
	while (rest.len > 0 && (del = memchr(rest.p, 0x7f, rest.len)) != NULL) {
		size_t n = (size_t)(del - rest.p);

		headless_put(h, (struct slice){ rest.p, n });
		headless_put(h, SLICE("\\u007f"));
		rest = slice_skip(rest, n + 1);
	}
	headless_put(h, rest);
	headless_put(h, SLICE("\n"));
	buf_deinit(&ascii);
	buf_deinit(out);
}

void
json_put_error(struct headless *h, struct slice ref, struct slice message)
{
	struct buf out;

	json_begin(&out, "error");
	if (ref.len > 0) {
		json_put_key(&out, "ref");
		buf_append_slice(&out, ref);
	}
	json_put_text(&out, "message", message);
	json_finish(h, &out);
}

/* ---- what the chat tells ---- */

static void
on_status(void *arg, const struct chat_status *st)
{
	static const char *const phases[] = { [CHAT_CONNECTING] = "connecting",
		[CHAT_ONLINE] = "online",
		[CHAT_WAITING] = "waiting" };
	struct headless *h = arg;
	struct buf *last = &((struct json_teller *)h->arg)->status;
	struct buf out;

	json_begin(&out, "status");
	json_put_text(&out, "phase", slice_of(phases[st->phase]));
	json_put_bool(&out, "classic", st->classic);
	json_put_text(&out, "nick", slice_of(st->nick));
	json_put_text(&out, "from", slice_of(st->from));
	json_put_bool(&out, "registered", st->registered);
	json_put_bool(&out, "operator", st->is_operator);
	json_put_text(&out, "server", slice_of(st->server));
	json_put_text(&out, "transport", slice_of(st->transport));
	json_put_text(&out, "problem",
	    slice_of(st->phase == CHAT_ONLINE ? st->held : st->problem));
	if (st->code[0] != '\0')
		json_put_text(&out, "code", slice_of(st->code));
	if (!slice_eq(buf_view(&out), buf_view(last))) {
		buf_clear(last);
		buf_append_slice(last, buf_view(&out));
		json_finish(h, &out);
	}
	buf_deinit(&out);
	headless_check(h);
}

/* Members of a direct room only. */
static void
put_room(struct buf *out, struct slice room, struct slice with)
{
	json_put_text(out, "room", room);
	if (with.len > 0)
		json_put_text(out, "with", with);
}

static void
put_stamp(struct buf *out, const char *key, const struct chat_stamp *stamp)
{
	if (stamp->at == 0)
		return;
	json_put_key(out, key);
	buf_puts(out, "{\"by\":");
	json_put_string(out, stamp->nick);
	put_time(out, stamp->at);
	buf_putc(out, '}');
}

/* {"EMOJI":["ana","bob"]} */
static void
put_reactions(struct buf *out, const struct chat_reactions *all)
{
	json_put_key(out, "reactions");
	buf_putc(out, '{');
	for (unsigned i = 0; i < all->n; i++) {
		struct slice rest = all->v[i].nicks;

		if (i > 0)
			buf_putc(out, ',');
		json_put_string(out, all->v[i].emoji);
		buf_puts(out, ":[");
		for (unsigned k = 0; k < all->v[i].n; k++) {
			if (k > 0)
				buf_putc(out, ',');
			json_put_string(out, slice_take_until(&rest, '\n'));
		}
		buf_putc(out, ']');
	}
	buf_putc(out, '}');
}

static void
put_message(struct buf *out, const struct chat_message *m)
{
	put_room(out, m->room, m->with);
	json_put_text(out, "nick", m->nick);
	json_put_text(out, "from", m->from);
	json_put_text(out, "text", m->text);
	json_put_text(out, "id", m->id);
	json_put_int(out, "seq", m->seq);
	put_time(out, m->at);
	json_put_bool(out, "own", m->own);
	json_put_bool(out, "replay", m->replay);
	if (m->reply_id.len > 0) {
		json_put_key(out, "reply");
		buf_puts(out, "{\"id\":");
		json_put_string(out, m->reply_id);
		json_put_text(out, "nick", m->reply_nick);
		json_put_text(out, "text", m->reply_text);
		buf_putc(out, '}');
	}
	put_stamp(out, "edited", &m->edited);
	put_stamp(out, "deleted", &m->deleted);
	if (m->reactions->n > 0)
		put_reactions(out, m->reactions);
	if (m->bin > 0) {
		json_put_int(out, "attachments", m->bin);
		json_put_int(out, "bytes", m->bin_bytes);
	}
}

static void
on_message(void *arg, const struct chat_message *m)
{
	struct buf out;

	json_begin(&out, "message");
	put_message(&out, m);
	json_finish(arg, &out);
}

static void
on_change(void *arg, const struct chat_change *ch)
{
	static const char *const types[] = { [CHAT_EDITED] = "edited",
		[CHAT_DELETED] = "deleted",
		[CHAT_REACTION] = "reaction",
		[CHAT_CHANGED] = "changed" };
	struct buf out;

	json_begin(&out, types[ch->type]);
	if (ch->type == CHAT_CHANGED) {
		put_message(&out, ch->message);
		json_finish(arg, &out);
		return;
	}
	put_room(&out, ch->room, ch->with);
	json_put_text(&out, "id", ch->id);
	json_put_text(&out, "nick", ch->nick);
	json_put_text(&out, "from", ch->from);
	json_put_bool(&out, "own", ch->own);
	put_time(&out, ch->at);
	if (ch->type == CHAT_EDITED)
		json_put_text(&out, "text", ch->text);
	if (ch->type == CHAT_REACTION) {
		json_put_text(&out, "emoji", ch->emoji);
		json_put_bool(&out, "on", ch->on);
		put_reactions(&out, ch->reactions);
	}
	json_finish(arg, &out);
}

static void
on_room(void *arg, const struct chat_room_state *r)
{
	struct buf out;

	json_begin(&out, r->moved ? "read" : "room");
	put_room(&out, r->room, r->with);
	if (!r->moved) {
		json_put_bool(&out, "joined", r->joined);
		json_put_text(&out, "last", r->last);
		json_put_int(&out, "seq", r->seq);
	}
	if (r->role.len > 0)
		json_put_text(&out, "role", r->role);
	if (r->slow > 0)
		json_put_int(&out, "slow", r->slow);
	if (r->is_private)
		json_put_bool(&out, "private", true);
	if (r->marked) {
		json_put_text(&out, r->moved ? "id" : "read", r->read);
		json_put_int(&out, "unread", r->unread);
		json_put_int(&out, "mentions", r->mentions);
	}
	json_finish(arg, &out);
}

/* What moderators do has these. */
static void
put_moderation(struct buf *out, const struct chat_event *ev)
{
	json_put_text(out, "by", ev->by);
	if (ev->until > 0) {
		json_put_key(out, "until");
		put_time_text(out, ev->until);
	}
	if (ev->type == CHAT_SLOW)
		json_put_int(out, "seconds", ev->seconds);
	if (ev->type == CHAT_PRIVATE || ev->type == CHAT_MODERATOR)
		json_put_bool(out, "on", ev->on);
}

static void
on_event(void *arg, const struct chat_event *ev)
{
	static const struct {
		const char *type, *text;
	} forms[] = {
		[CHAT_JOINED] = { "joined", "text" },
		[CHAT_LEFT] = { "left", "reason" },
		[CHAT_NICK] = { "nick", "to" },
		[CHAT_TOPIC] = { "topic", "topic" },
		[CHAT_MEMBER] = { "member", "away" },
		[CHAT_NOTICE] = { "notice", "text" },
		[CHAT_AWAY] = { "away", "text" },
		[CHAT_TYPING] = { "typing", "text" },
		[CHAT_REFUSED] = { "refused", "text" },
		[CHAT_KICKED] = { "kicked", "reason" },
		[CHAT_BANNED] = { "banned", "reason" },
		[CHAT_MUTED] = { "muted", "reason" },
		[CHAT_UNMUTED] = { "unmuted", "reason" },
		[CHAT_INVITED] = { "invited", "reason" },
		[CHAT_SLOW] = { "slow", "reason" },
		[CHAT_PRIVATE] = { "private", "reason" },
		[CHAT_MODERATOR] = { "moderator", "reason" },
		[CHAT_OWNER] = { "owner", "reason" },
	};
	struct buf out;

	json_begin(&out, forms[ev->type].type);
	put_room(&out, ev->room, ev->with);
	json_put_text(&out, "nick", ev->nick);
	json_put_text(&out, "from", ev->from);
	json_put_text(&out, forms[ev->type].text, ev->text);
	if (ev->code.len > 0)
		json_put_text(&out, "code", ev->code);
	if (ev->role.len > 0)
		json_put_text(&out, "role", ev->role);
	if (ev->type >= CHAT_KICKED)
		put_moderation(&out, ev);
	json_put_bool(&out, "self", ev->self);
	json_finish(arg, &out);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	static const char *const states[] = {
		[CHAT_ENTRY_WAITING] = "waiting",
		[CHAT_ENTRY_SENT] = "sent",
		[CHAT_ENTRY_DELIVERED] = "delivered",
		[CHAT_ENTRY_FAILED] = "failed",
	};
	struct headless *h = arg;
	struct buf out;

	json_begin(&out, "entry");
	json_put_int(&out, "entry", e->number);
	json_put_text(&out, "state", slice_of(states[e->state]));
	put_room(&out, e->room, e->with);
	json_put_text(&out, "text", e->text);
	put_time(&out, e->at);
	json_put_text(&out, "id", e->id);
	if (e->state == CHAT_ENTRY_FAILED) {
		json_put_text(&out, "code", e->code);
		json_put_text(&out, "reason", e->reason);
		h->status = EX_NOPERM;
	}
	json_put_bool(&out, "restored", e->restored);
	json_finish(h, &out);
	headless_check(h);
}

/* An event that is none of the above. */
static void
on_raw(void *arg, struct slice name, struct slice args)
{
	struct buf out;

	json_begin(&out, "event");
	json_put_text(&out, "name", name);
	json_put_key(&out, "args");
	buf_putc(&out, '[');
	buf_append_slice(&out, args);
	buf_putc(&out, ']');
	json_finish(arg, &out);
}

const struct chat_cb json_tell_cb = {
	.on_status = on_status,
	.on_message = on_message,
	.on_change = on_change,
	.on_room = on_room,
	.on_event = on_event,
	.on_entry = on_entry,
	.on_raw = on_raw,
};
