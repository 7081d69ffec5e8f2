#include "config.h"

#include <string.h>

#include "base/mem.h"
#include "store/internal.h"

/* The attachments one behind the other, each with its length before it: four
 * bytes, the highest first. */
static struct slice
pack_bin(struct arena **memory, const struct slice *bin, unsigned n)
{
	size_t size = 0;
	unsigned char *to;
	char *all;

	for (unsigned i = 0; i < n; i++)
		size += 4 + bin[i].len;
	if (size == 0)
		return SLICE("");
	all = arena_take(memory, size);
	to = (unsigned char *)all;
	for (unsigned i = 0; i < n; i++) {
		for (int shift = 24; shift >= 0; shift -= 8)
			*to++ = (unsigned char)(bin[i].len >> shift);
		if (bin[i].len > 0)
			memcpy(to, bin[i].p, bin[i].len);
		to += bin[i].len;
	}
	return (struct slice){ all, size };
}

enum store_error
store_put_mentions(struct db *db, uint64_t id, uint64_t room, uint64_t person,
    const uint64_t *mentions, unsigned n)
{
	enum store_error e = STORE_OK;

	for (unsigned i = 0; i < n && !e; i++) {
		struct db_stmt st;

		if (mentions[i] == person)
			continue;
		st = db_stmt(db,
		    "INSERT OR IGNORE INTO mentions(person, id, room)"
		    " VALUES(?, ?, ?)");
		db_put_int(&st, mentions[i]);
		db_put_int(&st, id);
		db_put_int(&st, room);
		e = db_run(&st);
	}
	return e;
}

static enum store_error
find_nonce(struct db *db, struct store_post *p)
{
	struct db_stmt st;

	if (p->nonce.len == 0)
		return STORE_OK;
	st = db_stmt(db, "SELECT id, seq, room FROM messages WHERE nonce = ?");
	db_put_text(&st, p->nonce);
	if (db_row(&st)) {
		p->duplicate = true;
		p->id = db_id(&st, 0);
		p->seq = db_int(&st, 1);
		p->first_room = db_int(&st, 2);
	}
	return db_end(&st);
}

static enum store_error
find_reply(struct db *db, struct store_post *p)
{
	struct db_stmt st;

	if ((p->reply.ms == 0 && p->reply.n == 0) ||
	    msgid_cmp(db_unpack(db_pack(p->reply)), p->reply) != 0)
		return STORE_OK;
	st = db_stmt(db,
	    "SELECT nick, CASE plain WHEN 1 THEN substr(text, 1, 200)"
	    " ELSE '' END, deleted FROM messages WHERE id = ? AND room = ?");
	db_put_id(&st, p->reply);
	db_put_int(&st, p->room->number);
	if (db_row(&st)) {
		p->at_reply = p->reply;
		if (db_is_null(&st, 2)) {
			struct slice nick = db_text(&st, 0);
			struct slice text = db_text(&st, 1);

			p->reply_nick =
			    arena_copy(&p->op.memory, nick.p, nick.len);
			p->reply_text =
			    arena_copy(&p->op.memory, text.p, text.len);
		}
	}
	return db_end(&st);
}

static enum store_error
add_room(struct db *db, const struct store_room *r, struct msgid last)
{
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO rooms(number, name, key, topic, topic_nick, topic_at,"
	    " a, b, seq, last, owner)"
	    " VALUES(?, ?, ?, '', '', 0, ?, ?, 1, ?, ?)");

	db_put_int(&st, r->number);
	db_put_text(&st, r->name);
	db_put_text(&st, r->key);
	db_put_int(&st, r->a);
	db_put_int(&st, r->b);
	db_put_id(&st, last);
	db_put_int(&st, r->owner);
	return db_run(&st);
}

/* The message's number in its room, which may be new to the store. */
static enum store_error
count(struct db *db, struct store_post *p)
{
	struct db_stmt st = db_stmt(
	    db, "UPDATE rooms SET seq = seq + 1, last = ? WHERE number = ?");
	enum store_error e;

	db_put_id(&st, p->id);
	db_put_int(&st, p->room->number);
	e = db_run(&st);
	if (e)
		return e;
	p->seq = 1;
	if (db_changes(db) == 0)
		return add_room(db, p->room, p->id);
	st = db_stmt(db, "SELECT seq FROM rooms WHERE number = ?");
	db_put_int(&st, p->room->number);
	if (db_row(&st))
		p->seq = db_int(&st, 0);
	return db_end(&st);
}

static enum store_error
insert(struct db *db, struct store_post *p)
{
	struct arena *memory = NULL;
	enum store_error e;
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO messages(id, room, seq, person, nick, plain, text,"
	    " bin, nonce, reply) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	db_put_id(&st, p->id);
	db_put_int(&st, p->room->number);
	db_put_int(&st, p->seq);
	db_put_int(&st, p->person);
	db_put_text(&st, p->nick);
	db_put_int(&st, p->is_text);
	db_put_text(&st, p->text);
	db_put_blob(&st, pack_bin(&memory, p->bin, p->nbin));
	if (p->nonce.len > 0)
		db_put_text(&st, p->nonce);
	else
		db_put_id(&st, (struct msgid){ .ms = 0 });
	db_put_id(&st, p->at_reply);
	e = db_run(&st);
	arena_free(memory);
	return e;
}

static void
forget(struct store_op *op)
{
	struct store_post *p = container_of(op, struct store_post, op);

	arena_free(op->memory);
	op->memory = NULL;
	p->id = p->at_reply = (struct msgid){ .ms = 0 };
	p->seq = p->first_room = 0;
	p->duplicate = false;
	p->reply_nick = p->reply_text = SLICE("");
}

static enum store_error
run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_post *p = container_of(op, struct store_post, op);
	enum store_error e = find_nonce(db, p);

	if (e || p->duplicate)
		return e;
	e = find_reply(db, p);
	if (e)
		return e;
	p->id = store_next_id(s);
	e = count(db, p);
	if (!e)
		e = insert(db, p);
	/* What may not wait for its minute when very much is said. */
	if (!e && p->seq % STORE_RETENTION_POSTS == 0)
		s->retention_at = 0;
	if (!e && p->is_text)
		e = store_index_add(
		    db, db_pack(p->id), p->text, p->nick, p->room->number);
	if (!e)
		e = store_put_mentions(db, db_pack(p->id), p->room->number,
		    p->person, p->mentions, p->nmentions);
	return e;
}

static struct msgid
id_of(const struct store_op *op)
{
	return container_of(op, const struct store_post, op)->id;
}

static const struct store_kind kind = {
	.run = run,
	.forget = forget,
	.id_of = id_of,
	.changes = true,
};

void
store_post(struct store *s, struct store_post *p)
{
	p->op.memory = NULL;
	forget(&p->op);
	store_push(s, &p->op, &kind);
}
