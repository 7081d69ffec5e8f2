#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "hub/line.h"
#include "hub/mention.h"
#include "hub/plain.h"
#include "proto/json.h"

enum {
	ARGS_MAX = 16 << 20, /* of a message and its META */
	NOTICE_MAX = 1024,
};

/* Event names, raw JSON. */
static const struct slice names[FORM_PLAIN] = {
	[FORM_EVENT] = { "\"nuevo mensaje\"", 15 },
	[FORM_MESSAGE] = { "\"message\"", 9 },
	[FORM_CHAT] = { "\"message\"", 9 },
};

/* ---- sending ---- */

/* A message on its way to those who get it over Socket.IO. */
struct cast {
	struct hub *hub;
	const struct room *room;
	struct sio_args args;
	struct msgid offset;
	bool remember; /* only for those who may recover */
};

static void
cast_to(const struct cast *c, struct sio_nsp *nsp, struct slice name,
    const struct slice *rooms, unsigned n)
{
	struct sio_target to = { .rooms = rooms, .n_rooms = n };

	if (n == 0)
		return;
	if (c->remember)
		sio_remember(nsp, &to, name, &c->args, c->offset);
	else
		sio_broadcast(nsp, &to, name, &c->args, &c->offset);
}

static void
cast(const struct cast *c)
{
	struct room_target t;
	char tag[ROOM_TAG_MAX];
	struct slice one;

	/* Whoever comes next comes behind it, if nobody is here, too. */
	if (!c->remember)
		sio_pass_offset(c->hub->sio, c->offset);
	if (c->room->a != 0) {
		room_target(c->room, &t);
		cast_to(c, c->hub->root, names[FORM_EVENT], t.rooms, t.n);
		return;
	}
	for (unsigned form = 0; form < FORM_PLAIN; form++) {
		if (c->room->forms[form] == 0)
			continue;
		one = room_tag(c->room, form, tag);
		cast_to(c, form == FORM_CHAT ? c->hub->chat : c->hub->root,
		    names[form], &one, 1);
	}
}

void
hub_remember(struct hub *h, const struct store_row *row, struct msgid at)
{
	struct room *room = room_by_number(h, row->room);
	struct cast c = { h, room, { .bin = row->bin, .nbin = row->nbin }, at,
		true };
	struct buf args;

	if (room == NULL)
		return;
	buf_init(&args, ARGS_MAX);
	if (row->is_text || row->text.len == 0)
		json_put_string(&args, row->text);
	else
		buf_append_slice(&args, row->text);
	buf_putc(&args, ',');
	encode_meta(h, row, &args);
	c.args.json = buf_view(&args);
	if (!args.failed)
		cast(&c);
	buf_deinit(&args);
}

/* ---- posting ---- */

/* A message that the store has been given. */
struct posting {
	struct store_post op;
	struct asked asked;
	struct store_room room;
	struct slow_key slow; /* whose turn it was */
	struct slice raw;     /* the first argument */
	struct buf plain;     /* its text, if it is a string */
	struct slice bin[SIO_ATTACHMENTS_MAX];
	uint64_t mentions[MENTIONS_MAX];
	char memory[]; /* of the slices */
};

static struct slice
copy_to(char **at, struct slice s)
{
	struct slice copy = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return copy;
}

static void
log_message(const struct posting *p, const char *id)
{
	int64_t bytes = (int64_t)p->op.text.len;
	const struct room *room = p->asked.room;
	const char *from = p->asked.conn->person->name;

	if (!log_wants(LOG_INFO))
		return;
	for (unsigned i = 0; i < p->op.nbin; i++)
		bytes += (int64_t)p->bin[i].len;
	if (p->asked.conn->hub->log_text)
		log_event(LOG_INFO, "message", LF_CSTR("room", room->name),
		    LF_CSTR("id", id), LF_CSTR("from", from),
		    LF_INT("bytes", bytes), LF_STR("text", p->raw));
	else
		log_event(LOG_INFO, "message", LF_CSTR("room", room->name),
		    LF_CSTR("id", id), LF_CSTR("from", from),
		    LF_INT("bytes", bytes));
}

static void
tell(const struct posting *p)
{
	struct hub *h = p->asked.conn->hub;
	struct room *room = p->asked.room;
	struct store_row row = { .id = p->op.id,
		.seq = p->op.seq,
		.room = room->number,
		.person = p->op.person,
		.nick = p->op.nick,
		.nonce = p->op.nonce,
		.reply = p->op.at_reply,
		.reply_nick = p->op.reply_nick,
		.reply_text = p->op.reply_text };
	struct cast c = { h, room, { .bin = p->bin, .nbin = p->op.nbin },
		p->op.id, false };
	struct buf args;

	buf_init(&args, ARGS_MAX);
	buf_append_slice(&args, p->raw);
	buf_putc(&args, ',');
	encode_meta(h, &row, &args);
	c.args.json = buf_view(&args);
	cast(&c);
	buf_deinit(&args);
	if (!LIST_EMPTY(&room->plain))
		plain_broadcast(room, p->op.text);
	row.text = p->op.text;
	row.is_text = p->op.is_text;
	row.bin = p->bin;
	row.nbin = p->op.nbin;
	if (!LIST_EMPTY(&room->lines))
		line_broadcast(room, &row);
}

static void
answer(const struct posting *p, const char *id)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_printf(&b, "{\"ok\":true,\"id\":\"%s\"%s}", id,
	    p->op.duplicate ? ",\"duplicate\":true" : "");
	asked_reply(&p->asked, &b);
	buf_deinit(&b);
}

/*
 * What was refused will be sent again, and what its sender has said after it
 * must not come before it: until it is here again, with its nonce, nothing of
 * this connection is taken. Nor is it as long as the store has something of
 * before, which will be refused as well: the next try has all of it, in order.
 * Slow mode holds its own room alone. wait: ms in which it can't come.
 */
static void
get_stuck(
    struct conn *c, struct slice nonce, const struct room *room, uint64_t wait)
{
	if (c->stuck != NULL || nonce.len == 0)
		return;
	c->stuck = xcalloc(1, sizeof(*c->stuck) + nonce.len + 1);
	c->stuck->until = loop_now(c->hub->loop) + wait + STUCK_MS;
	c->stuck->room = room != NULL ? room->number : 0;
	memcpy(c->stuck->nonce, nonce.p, nonce.len);
}

static void
posted(struct store_op *op)
{
	struct posting *p = container_of(
	    container_of(op, struct store_post, op), struct posting, op);
	struct hub *h = p->asked.conn->hub;
	struct room *room = p->asked.room;
	char id[MSGID_STR_MAX];

	p->asked.conn->posting--;
	if (op->error != STORE_OK) {
		get_stuck(p->asked.conn, p->op.nonce, NULL, 0);
		slow_give_back(&room->posted, &p->slow);
		asked_failed(&p->asked, op->error);
	} else {
		msgid_format(id, p->op.id);
		room->stored = true;
		if (!p->op.duplicate) {
			room->seq = p->op.seq;
			room->last = p->op.id;
			log_message(p, id);
			tell(p);
		}
		answer(p, id);
	}
	asked_done(&p->asked);
	hub_store_state(h);
	buf_deinit(&p->plain);
	free(p);
}

static uint64_t
mentioned(void *arg, struct slice name)
{
	const char *nick;
	uint64_t id;

	return person_lookup_folded(arg, name, &id, &nick) ? id : 0;
}

static bool
is_stuck(struct conn *c, struct slice nonce, const struct room *room)
{
	struct stuck *st = c->stuck;
	bool late;

	if (st == NULL || (st->room != 0 && st->room != room->number))
		return false;
	late = loop_now(c->hub->loop) >= st->until;
	if (!late && (c->posting > 0 || !slice_is(nonce, st->nonce)))
		return true;
	free(st);
	c->stuck = NULL;
	return false;
}

static struct posting *
posting_new(const struct call *c, const struct post *post, size_t size)
{
	struct posting *p = xcalloc(1, sizeof(*p) + size);
	const struct person *who = c->conn->person;
	struct store_post *op = &p->op;
	char *at = p->memory;

	p->raw = copy_to(&at, post->text);
	for (unsigned i = 0; i < post->nbin; i++)
		p->bin[i] = copy_to(&at, post->bin[i]);
	buf_init(&p->plain, post->text.len);
	op->op.done = posted;
	op->is_text = post->plain.p != NULL
			  ? buf_append_slice(&p->plain, post->plain) == 0
			  : json_unescape(post->text, &p->plain) == 0;
	op->text = op->is_text ? buf_view(&p->plain) : p->raw;
	op->nonce = copy_to(&at, post->nonce);
	op->nick = copy_to(&at, slice_of(who->nick));
	op->bin = p->bin;
	op->nbin = post->nbin;
	op->person = who->id;
	op->reply = post->reply;
	op->room = &p->room;
	op->mentions = p->mentions;
	room_describe(post->room, &p->room);
	/* The room may be told of another topic meanwhile. */
	p->room.topic = copy_to(&at, p->room.topic);
	p->room.topic_nick = copy_to(&at, p->room.topic_nick);
	if (op->is_text)
		op->nmentions = mention_scan(
		    op->text, mentioned, c->conn->hub, p->mentions);
	return p;
}

/* False, and refused: in a slow room it is not this one's turn yet. Who posts
 * by HTTP is somebody else each time, and known by its address. */
static bool
has_turn(const struct call *c, const struct post *post, struct slow_key *key)
{
	struct conn *conn = c->conn;
	struct room *room = post->room;
	uint64_t wait;

	*key = (struct slow_key){
		.person = conn->say == NULL ? conn->person->id : 0,
		.address = conn->address,
	};
	if (room->slow == 0 || role_of(conn, room) >= ROLE_MODERATOR)
		return true;
	wait = slow_take(
	    &room->posted, key, room->slow, loop_now(conn->hub->loop));
	if (wait == 0)
		return true;
	get_stuck(conn, post->nonce, room, wait);
	call_too_soon(c, wait);
	return false;
}

/* If the store has failed, those before this one will be refused, and so it
 * is, or it would be stored before them. */
static void
push(struct conn *c, struct store_post *op)
{
	struct store *s = c->hub->store;

	if (c->posting++ == 0)
		c->failures = store_failures(s);
	op->op.unheard = store_failures(s) - c->failures;
	store_post(s, op);
}

void
hub_post(const struct call *c, const struct post *post)
{
	size_t size = post->text.len + post->nonce.len + NICK_SIZE +
		      strlen(post->room->topic) +
		      strlen(post->room->topic_nick);
	struct posting *p;
	struct asked asked;
	struct slow_key slow;
	uint64_t wait;

	if (is_stuck(c->conn, post->nonce, post->room)) {
		call_refuse(c, "not-stored",
		    "what you have said before could not be stored yet");
		return;
	}
	for (unsigned i = 0; i < post->nbin; i++)
		size += post->bin[i].len;
	if (!call_may(c, RATE_POSTS, 1 + size / RATE_BYTES, &wait)) {
		get_stuck(c->conn, post->nonce, NULL, 0);
		call_too_fast(c, wait, post->text);
		return;
	}
	if (!call_may_say(c, post->room) || !has_turn(c, post, &slow))
		return;
	if (!call_ask(c, &asked, post->room, size)) {
		get_stuck(c->conn, post->nonce, NULL, 0);
		slow_give_back(&post->room->posted, &slow);
		return;
	}
	p = posting_new(c, post, size);
	p->asked = asked;
	p->slow = slow;
	push(c->conn, &p->op);
}

size_t
hub_text_len(struct slice raw)
{
	struct buf b;
	size_t len = raw.len;

	if (json_type(raw) != JSON_STRING)
		return len;
	buf_init(&b, raw.len);
	if (json_unescape(raw, &b) == 0)
		len = b.len;
	buf_deinit(&b);
	return len;
}

void
hub_store_state(struct hub *h)
{
	const char *problem = store_problem(h->store);
	struct sio_target all = { .n_rooms = 0 };
	struct sio_args args = { .nbin = 0 };
	struct buf b;

	if (h->store_failing == (problem[0] != '\0'))
		return;
	h->store_failing = !h->store_failing;
	buf_init(&b, NOTICE_MAX);
	buf_puts(&b, "{\"text\":");
	if (h->store_failing)
		json_put_string(
		    &b, SLICE("The server can't store messages just now: what "
			      "you write is kept by you and sent again."));
	else
		json_put_string(&b, SLICE("Messages are stored again."));
	buf_printf(&b, ",\"code\":\"%s\"}",
	    h->store_failing ? "store-failing" : "store-works");
	args.json = buf_view(&b);
	sio_broadcast(h->root, &all, SLICE("\"notice\""), &args, NULL);
	buf_deinit(&b);
}
