#include "config.h"

#include "base/mem.h"
#include "store/internal.h"

/*
 * Old messages go in small steps while nobody waits, by age and then room by
 * room. A room's numbers go on from where they were.
 */

enum {
	CHUNK = 100,     /* messages of a step */
	ROOMS_MAX = 200, /* looked at in a step */
	EVERY = 60000,   /* ms */
};

struct old {
	uint64_t id, room;
	bool indexed;
	struct slice text, nick;
};

/* A step's work. */
struct step {
	struct old rows[CHUNK];
	unsigned n;
	struct arena *memory;
};

#define OLD                                                                    \
	"SELECT id, room, seq, plain = 1 AND deleted IS NULL, text, nick"      \
	" FROM messages "

static void
take_row(struct step *step, const struct db_stmt *st)
{
	struct old *o = &step->rows[step->n++];
	struct slice text = db_text(st, 4), nick = db_text(st, 5);

	o->id = db_int(st, 0);
	o->room = db_int(st, 1);
	o->indexed = db_int(st, 3) != 0;
	o->text = arena_copy(&step->memory, text.p, text.len);
	o->nick = arena_copy(&step->memory, nick.p, nick.len);
}

static enum store_error
find_by_age(struct store *s, struct step *step)
{
	const uint64_t now = s->tuning.wall_ms(), age = s->options.max_age;
	const struct msgid from = { .ms = now > age ? now - age : 0 };
	struct db_stmt st =
	    db_stmt(&s->db, OLD "WHERE id < ? ORDER BY id LIMIT ?");

	db_put_int(&st, db_pack(from));
	db_put_int(&st, CHUNK);
	while (step->n < CHUNK && db_row(&st))
		take_row(step, &st);
	return db_end(&st);
}

/* Those whose number is at most seq; *all: there are no more. */
static enum store_error
find_in_room(
    struct store *s, struct step *step, uint64_t room, uint64_t seq, bool *all)
{
	struct db_stmt st = db_stmt(&s->db,
	    OLD "INDEXED BY messages_room WHERE room = ? ORDER BY id LIMIT ?");

	*all = true;
	db_put_int(&st, room);
	db_put_int(&st, CHUNK + 1);
	while (db_row(&st) && db_int(&st, 2) <= seq) {
		if (step->n == CHUNK) {
			*all = false;
			break;
		}
		take_row(step, &st);
	}
	return db_end(&st);
}

/* Goes on with the rooms where the last step has ended; *all: that was the
 * last of them. */
static enum store_error
find_by_count(struct store *s, struct step *step, bool *all)
{
	uint64_t max = s->options.max_count, room, seq;
	bool whole;

	*all = false;
	for (int i = 0; i < ROOMS_MAX && step->n < CHUNK; i++) {
		enum store_error e;
		struct db_stmt st = db_stmt(&s->db,
		    "SELECT number, seq FROM rooms"
		    " WHERE number > ? AND seq > ? ORDER BY number LIMIT 1");

		db_put_int(&st, s->retention_room);
		db_put_int(&st, max);
		*all = !db_row(&st);
		if (*all)
			return db_end(&st);
		room = db_int(&st, 0);
		seq = db_int(&st, 1);
		e = db_end(&st);
		if (!e)
			e = find_in_room(s, step, room, seq - max, &whole);
		if (e)
			return e;
		if (!whole)
			break;
		s->retention_room = room;
	}
	return STORE_OK;
}

static enum store_error
run_for(struct db *db, const char *sql, uint64_t n)
{
	struct db_stmt st = db_stmt(db, sql);

	db_put_int(&st, n);
	return db_run(&st);
}

static enum store_error
remove_one(struct db *db, const struct old *o)
{
	enum store_error e = STORE_OK;

	if (o->indexed)
		e = store_index_remove(db, o->id, o->text, o->nick, o->room);
	if (!e)
		e = run_for(db, "DELETE FROM messages WHERE id = ?", o->id);
	if (!e)
		e = run_for(
		    db, "DELETE FROM reactions WHERE message = ?", o->id);
	if (!e)
		e = run_for(db, "DELETE FROM mentions WHERE id = ?", o->id);
	return e;
}

static enum store_error
remove_all(struct store *s, void *arg)
{
	const struct step *step = arg;
	uint64_t cut = 0;
	enum store_error e = STORE_OK;

	for (unsigned i = 0; i < step->n && !e; i++) {
		e = remove_one(&s->db, &step->rows[i]);
		if (step->rows[i].id > cut)
			cut = step->rows[i].id;
	}
	return e ? e
		 : run_for(&s->db,
		       "UPDATE meta SET value = max(value, ?)"
		       " WHERE key = 'cut'",
		       cut);
}

uint64_t
store_retention(struct store *s, uint64_t now)
{
	struct step step = { .n = 0 };
	enum store_error e = STORE_OK;
	bool all = true;

	if (s->options.max_age == 0 && s->options.max_count == 0)
		return WORKER_NEVER;
	if (now < s->retention_at)
		return s->retention_at - now;
	if (s->options.max_age > 0)
		e = find_by_age(s, &step);
	if (!e && step.n == 0 && s->options.max_count > 0)
		e = find_by_count(s, &step, &all);
	if (!e && step.n > 0)
		e = store_transaction(s, remove_all, &step);
	arena_free(step.memory);
	if (!e && (step.n > 0 || !all))
		return 0; /* go on */
	s->retention_at = now + EVERY;
	s->retention_room = 0;
	return EVERY;
}
