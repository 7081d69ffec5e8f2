/*
 * What the store's files share. The writer's thread has `db` and all that is
 * said to be its; the reader's has `reader`; the rest is the loop's. Before
 * the threads have got anything to do, and when they are gone, everything is
 * the loop's.
 */
#ifndef CHAT_STORE_INTERNAL_H
#define CHAT_STORE_INTERNAL_H

#include <stddef.h>

#include "net/worker.h"
#include "store/arena.h"
#include "store/db.h"
#include "store/store.h"

enum {
	STORE_SECRET_SIZE = 32,
	STORE_RETENTION_POSTS = 1000, /* in a room: then it is due at once */
};

/* What tests change: faults and a clock of their own. */
struct store_tuning {
	const char *vfs;         /* SQLite's name of it; NULL: the default */
	const char *synchronous; /* "FULL" */
	uint64_t (*wall_ms)(void);
};

/* A kind of request. */
struct store_kind {
	/* On the writer's or the reader's thread. May be called again, after
	 * forget, when what has been done is taken back. */
	enum store_error (*run)(
	    struct store *s, struct db *db, struct store_op *op);
	/* Frees and zeroes the results. */
	void (*forget)(struct store_op *op);
	/* The id that was given; NULL: it gives none. */
	struct msgid (*id_of)(const struct store_op *op);
	bool changes; /* needs a transaction */
	bool beside;  /* the reader's */
};

/* A session to be kept or forgotten. */
struct store_dirty {
	STAILQ_ENTRY(store_dirty) link;
	struct store_session session;
	bool drop;
	struct arena *memory;
};

struct store {
	struct loop *loop;
	struct store_options options;
	struct store_tuning tuning;
	char *path; /* NULL: in memory */
	int lock;   /* descriptor, or -1 */
	unsigned char secret[STORE_SECRET_SIZE];
	struct worker *writer;
	struct worker *reading; /* NULL: the writer's thread reads, too */

	/* The writer's: */
	struct db db;
	struct msgid given; /* the last id */
	bool failing;       /* the last transaction */
	unsigned failures;  /* of transactions, so far */
	enum store_error failed_with;
	STAILQ_HEAD(, store_dirty) dirty;
	unsigned ndirty;
	uint64_t dirty_since;    /* ms, monotonic */
	uint64_t retention_at;   /* ms, monotonic: when it is due */
	uint64_t retention_room; /* the last one that it was done with */

	/* The reader's: */
	struct db reader;

	/* The loop's: */
	struct msgid last;
	struct msgid cut; /* at the start: the newest one that was removed */
	enum store_error problem;      /* of the last change */
	enum store_error read_problem; /* told already */
	unsigned heard;                /* of how many failures */
};

/* store_open, tuned. */
int
store_open_tuned(struct loop *loop, const struct store_options *opt,
    const struct store_tuning *tuning, const struct store_load_cb *cb,
    void *arg, struct store **out, struct buf *err);

void
store_push(struct store *s, struct store_op *op, const struct store_kind *kind);

/* ---- file.c: the file without SQLite ---- */

/* Makes folders and an empty file where there is none, and takes the lock
 * (*lock). Looks at a file that is there without touching it. */
int
store_file_prepare(const char *path, int *lock, struct buf *err);

/* The same for one that has to be there, and is not touched. */
int
store_file_look(const char *path, struct buf *err);

/* Takes the lock alone; err may be NULL. */
int
store_file_lock(const char *path, int *lock, struct buf *err);

/* ---- schema.c ---- */

#define STORE_APPLICATION_ID 0x63686174 /* "chat" */
#define STORE_VERSION 3

/* Makes the tables in an empty database, or checks what it is, and sets the
 * connection up. 0, or negative with a line in err. */
int
store_schema_open(struct store *s, struct buf *err);

/* For a connection that only reads; db_error's code is in db. */
enum store_error
store_schema_read_only(struct db *db);

/* secret, last id, and what is loaded through cb. */
enum store_error
store_schema_load(struct store *s, const struct store_load_cb *cb, void *arg);

/* Words for a temporary error; "" for others. */
const char *
store_error_text(enum store_error err);

/* Says in err why db could not be opened. Negative. */
int
store_open_complain(const struct store *s, const struct db *db,
    enum store_error e, struct buf *err);

/* ---- writer.c: transactions, on the writer's thread ---- */

void
store_writer_run(struct store *s, struct worker_batch *batch);

uint64_t
store_writer_idle(struct store *s);

/* The last words, when the thread is gone. */
void
store_writer_end(struct store *s);

/* A transaction for work of the writer's own. */
enum store_error
store_transaction(struct store *s,
    enum store_error (*work)(struct store *s, void *arg), void *arg);

/* The next id; in a transaction. */
struct msgid
store_next_id(struct store *s);

/* ---- rows.c ---- */

/* Begins "SELECT " STORE_ROW " FROM messages m " STORE_ROW_JOIN; the columns
 * of a message, which is m. */
#define STORE_ROW                                                              \
	"m.id, m.seq, m.room, m.person, m.nick, m.plain, m.text, m.bin, "      \
	"m.nonce, m.reply, q.nick, "                                           \
	"CASE q.plain WHEN 1 THEN substr(q.text, 1, 200) ELSE '' END, "        \
	"q.deleted, m.changed, m.edited, m.edited_nick, m.deleted, "           \
	"m.deleted_nick, m.reacted"
#define STORE_ROW_JOIN "LEFT JOIN messages q ON q.id = m.reply "
_Static_assert(STORE_QUOTE_MAX == 200, "in the text of STORE_ROW");

/* A message may be read: its room is r, `?` the person, as store_put_reader
 * binds it. */
#define STORE_VISIBLE                                                          \
	"(r.a = 0 OR r.a = ? OR r.b = ?) AND (r.private = 0 OR r.owner = ?"    \
	" OR EXISTS(SELECT 1 FROM members l WHERE l.room = r.number"           \
	" AND l.person = ?)) "

void
store_put_reader(struct db_stmt *st, uint64_t person);

/* A page being filled. */
struct store_rows {
	struct store_page *page;
	struct arena *memory;
	unsigned limit, cap;
	size_t bytes, bytes_max;
	const char *from; /* folded: only what this nick said; or NULL */
	bool full;        /* one more was there */
};

void
store_rows_begin(
    struct store_rows *rows, struct store_page *page, unsigned limit);

/* Steps s to its end, or until the page is full, and ends it. */
enum store_error
store_rows_take(struct store_rows *rows, struct db_stmt *s);

/* Turned around: the last row first. */
void
store_rows_reverse(struct store_rows *rows);

/* Adds what comes from other tables. Always to be called. */
enum store_error
store_rows_end(struct store_rows *rows, struct db *db, enum store_error err);

/* All of a message's, oldest first. */
enum store_error
store_reactions(struct db *db, uint64_t message, struct arena **memory,
    const struct store_reaction **out, unsigned *n, size_t *bytes);

/* Whether the room is one of two others. */
enum store_error
store_is_foreign(struct db *db, uint64_t room, uint64_t person, bool *foreign);

/* ---- markers.c ---- */

/* Where the marker is, and what is behind it. */
enum store_error
store_count_unread(struct db *db, uint64_t room, uint64_t person,
    struct msgid *read, uint64_t *unread, uint64_t *mentions);

/* ---- index.c: the words of messages ---- */

enum store_error
store_index_add(struct db *db, uint64_t id, struct slice text,
    struct slice nick, uint64_t room);

/* The same values as when it was added. */
enum store_error
store_index_remove(struct db *db, uint64_t id, struct slice text,
    struct slice nick, uint64_t room);

/* ---- post.c ---- */

/* Of a message, without those that were there; not the writer's own. */
enum store_error
store_put_mentions(struct db *db, uint64_t id, uint64_t room, uint64_t person,
    const uint64_t *mentions, unsigned n);

/* ---- act.c ---- */

enum store_error
store_put_audit(struct db *db, const struct store_audit_line *l);

/* What of all acts is there still. */
enum store_error
store_load_acts(struct db *db, const struct store_load_cb *cb, void *arg);

/* ---- sessions.c ---- */

enum store_error
store_save_sessions(struct store *s);

void
store_sessions_clear(struct store *s);

/* ---- retention.c ---- */

/* A step. In how many ms the next one is due. */
uint64_t
store_retention(struct store *s, uint64_t now);

#endif
