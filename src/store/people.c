#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/internal.h"

static void
forget_nothing(struct store_op *op)
{
	(void)op;
}

/* ---- topics ---- */

static enum store_error
topic_run(struct store *s, struct db *db, struct store_op *op)
{
	const struct store_room *r =
	    &container_of(op, struct store_topic, op)->room;
	struct db_stmt st = db_stmt(db,
	    "INSERT INTO rooms(number, name, key, topic, topic_nick, topic_at,"
	    " a, b, seq, last, owner)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, ?)"
	    " ON CONFLICT(number) DO UPDATE SET topic = excluded.topic,"
	    " topic_nick = excluded.topic_nick, topic_at = excluded.topic_at");

	(void)s;
	db_put_int(&st, r->number);
	db_put_text(&st, r->name);
	db_put_text(&st, r->key);
	db_put_text(&st, r->topic);
	db_put_text(&st, r->topic_nick);
	db_put_int(&st, r->topic_at);
	db_put_int(&st, r->a);
	db_put_int(&st, r->b);
	db_put_int(&st, r->owner);
	return db_run(&st);
}

static const struct store_kind topic_kind = {
	.run = topic_run,
	.forget = forget_nothing,
	.changes = true,
};

void
store_topic(struct store *s, struct store_topic *t)
{
	store_push(s, &t->op, &topic_kind);
}

/* ---- people ---- */

static enum store_error
put_run(struct store *s, struct db *db, struct store_op *op)
{
	const struct store_person *p =
	    &container_of(op, struct store_put_person, op)->person;
	struct db_stmt st = db_stmt(db,
	    "REPLACE INTO people(id, nick, key, skeleton, password, generation,"
	    " seen) VALUES(?, ?, ?, ?, ?, ?, ?)");

	(void)s;
	db_put_int(&st, p->id);
	db_put_text(&st, p->nick);
	db_put_text(&st, p->key);
	db_put_text(&st, p->skeleton);
	db_put_text(&st, p->password);
	db_put_int(&st, p->generation);
	db_put_int(&st, p->seen);
	return db_run(&st);
}

static const struct store_kind put_kind = {
	.run = put_run,
	.forget = forget_nothing,
	.changes = true,
};

void
store_put_person(struct store *s, struct store_put_person *p)
{
	store_push(s, &p->op, &put_kind);
}

static void
get_forget(struct store_op *op)
{
	struct store_get_person *g =
	    container_of(op, struct store_get_person, op);

	free(g->memory);
	g->memory = NULL;
	g->person = (struct store_person){ .id = 0 };
}

static void
copy(struct slice *to, char **room, struct slice from)
{
	memcpy(*room, from.p, from.len);
	*to = (struct slice){ *room, from.len };
	*room += from.len;
}

static enum store_error
get_run(struct store *s, struct db *db, struct store_op *op)
{
	struct store_get_person *g =
	    container_of(op, struct store_get_person, op);
	struct db_stmt st =
	    db_stmt(db, "SELECT nick, key, skeleton, password, generation, seen"
			" FROM people WHERE id = ?");

	(void)s;
	db_put_int(&st, g->id);
	if (db_row(&st)) {
		struct slice text[4];
		size_t size = 0;
		char *room;

		for (int i = 0; i < 4; i++) {
			text[i] = db_text(&st, i);
			size += text[i].len;
		}
		room = g->memory = xmalloc(size);
		copy(&g->person.nick, &room, text[0]);
		copy(&g->person.key, &room, text[1]);
		copy(&g->person.skeleton, &room, text[2]);
		copy(&g->person.password, &room, text[3]);
		g->person.generation = db_int(&st, 4);
		g->person.seen = db_int(&st, 5);
		g->person.id = g->id;
	}
	return db_end(&st);
}

static const struct store_kind get_kind = {
	.run = get_run,
	.forget = get_forget,
};

void
store_get_person(struct store *s, struct store_get_person *p)
{
	p->memory = NULL;
	get_forget(&p->op);
	store_push(s, &p->op, &get_kind);
}
