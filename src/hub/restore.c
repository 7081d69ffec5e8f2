#include "config.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/core.h"
#include "hub/encode.h"

enum {
	RECENT_MAX = 10000,
	RECENT_BYTES_MAX = 8 << 20,
	EVENT_MAX = 1 << 20,
	SUBS_PER_MS = 1000,
};

/* ---- what was there ---- */

static void
on_room(void *arg, const struct store_room *r)
{
	room_load(arg, r);
}

static void
on_person(void *arg, const struct store_person *p)
{
	account_put(arg, p);
}

static void
on_ban(void *arg, const struct store_ban *b)
{
	if (!hold_is_over(b->until))
		ban_put(arg, b);
}

static void
on_mute(void *arg, const struct store_mute *m)
{
	if (!hold_is_over(m->until))
		mute_put(arg, m);
}

static void
on_member(void *arg, const struct store_member *m)
{
	struct room *room = room_by_number(arg, m->room);

	if (room != NULL)
		member_put(room, m);
}

static void
on_invitation(void *arg, const struct store_invitation *i)
{
	invitation_put(arg, i);
}

/* Someone who was connected, and may come back. */
static void
on_session(void *arg, const struct store_session *s)
{
	struct hub *h = arg;
	bool chat = slice_is(s->nsp, "/chat");
	char tags[HUB_ROOMS_MAX][ROOM_TAG_MAX];
	struct slice rooms[HUB_ROOMS_MAX], names = s->rooms;
	struct conn *c;
	unsigned n;

	/* The ban was stored, and then the server ended. */
	if (ban_of(h, NULL, s->person, NULL) != NULL)
		return;
	c = conn_new(person_get(h, s->person, s->nick),
	    chat                           ? FORM_CHAT
	    : slice_is(s->form, "message") ? FORM_MESSAGE
					   : FORM_EVENT);
	while (names.len > 0 && c->rooms_n < HUB_ROOMS_MAX) {
		struct slice one = slice_take_until(&names, '\n');
		char *name = xstrndup(one.p, one.len);
		struct room *room = room_get(h, name);

		if (room != NULL && room->a == 0 &&
		    ban_of(h, room, s->person, NULL) == NULL)
			conn_join(c, room);
		free(name);
	}
	c->sid = xstrndup(s->sid.p, s->sid.len);
	c->pid = xstrndup(s->pid.p, s->pid.len);
	for (n = 0; n < c->rooms_n; n++)
		rooms[n] = room_tag(c->rooms[n], c->form, tags[n]);
	sio_keep(chat ? h->chat : h->root, s->pid, s->sid, rooms, n, c);
}

const struct store_load_cb hub_load_cb = {
	.on_room = on_room,
	.on_person = on_person,
	.on_ban = on_ban,
	.on_mute = on_mute,
	.on_member = on_member,
	.on_invitation = on_invitation,
	.on_session = on_session,
};

/* ---- what was said ---- */

static void
remember_event(const struct room *room, const char *event,
    const struct buf *json, struct msgid at)
{
	struct sio_args args = { .json = buf_view(json) };
	struct sio_target to = { .n_rooms = 0 };
	struct room_target t;

	room_target(room, &t);
	to.rooms = t.rooms;
	to.n_rooms = t.n;
	if (t.n > 0 && !json->failed)
		sio_remember(room->hub->root, &to, slice_of(event), &args, at);
}

static void
begin_event(
    const struct store_row *row, const struct room *room, struct buf *out)
{
	buf_clear(out);
	buf_putc(out, '{');
	encode_id("id", row->id, out);
	buf_putc(out, ',');
	encode_string("room", slice_of(room->name), out);
	buf_putc(out, ',');
}

/* Who has deleted a message may be known by nick alone, if the store is an old
 * one. */
static void
put_author(uint64_t person, struct slice nick, struct buf *out)
{
	if (person != 0) {
		buf_putc(out, ',');
		encode_from(person, out);
	}
	buf_putc(out, ',');
	encode_string("nick", nick, out);
}

static void
end_event(struct msgid at, struct buf *out)
{
	buf_putc(out, ',');
	encode_id("changed", at, out);
	buf_putc(out, '}');
}

/* The events of a message's changes: as it is now. */
static void
remember_changes(struct hub *h, const struct store_row *row)
{
	const struct room *room = room_by_number(h, row->room);
	struct buf b;

	if (room == NULL)
		return;
	buf_init(&b, EVENT_MAX);
	if (row->edited.ms != 0 && row->deleted.ms == 0) {
		begin_event(row, room, &b);
		encode_string("text", row->text, &b);
		buf_puts(&b, ",\"edited\":");
		encode_change(row->edited, row->edited_nick, &b);
		put_author(row->person, row->edited_nick, &b);
		end_event(row->edited, &b);
		remember_event(room, "\"edited\"", &b, row->edited);
	}
	if (row->deleted.ms != 0) {
		begin_event(row, room, &b);
		buf_puts(&b, "\"deleted\":");
		encode_change(row->deleted, row->deleted_nick, &b);
		put_author(row->deleted_by, row->deleted_nick, &b);
		end_event(row->deleted, &b);
		remember_event(room, "\"deleted\"", &b, row->deleted);
	}
	if (row->reacted.ms != 0) {
		begin_event(row, room, &b);
		buf_puts(&b, "\"reactions\":");
		encode_reactions(row->reactions, row->nreactions, &b);
		end_event(row->reacted, &b);
		remember_event(room, "\"reaction\"", &b, row->reacted);
	}
	buf_deinit(&b);
}

static void
on_row(void *arg, const struct store_row *row, struct msgid at)
{
	if (msgid_cmp(row->id, at) == 0)
		hub_remember(arg, row, at);
	else
		remember_changes(arg, row);
}

void
hub_restore_log(struct hub *h)
{
	struct msgid last = store_last_id(h->store), since;

	/* Offsets of the last server's own, behind its last message, are none
	 * of ours. */
	if (last.ms == 0)
		last.ms = clock_wall_ms();
	last.sub = clock_wall_ms() * SUBS_PER_MS;
	sio_set_offset(h->sio, last);
	if (store_recent(
		h->store, RECENT_MAX, RECENT_BYTES_MAX, on_row, h, &since) < 0)
		since = last;
	sio_remembers_since(h->root, since);
	sio_remembers_since(h->chat, since);
}
