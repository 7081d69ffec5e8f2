#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/internal.h"

enum {
	BATCH_MAX = 1024, /* of the writer */
};

/* ---- the threads ---- */

static void
on_write(void *arg, struct worker_batch *batch)
{
	store_writer_run(arg, batch);
}

static uint64_t
on_idle(void *arg)
{
	return store_writer_idle(arg);
}

static void
on_read(void *arg, struct worker_batch *batch)
{
	struct store *s = arg;
	struct worker_item *it;

	STAILQ_FOREACH (it, batch, link) {
		struct store_op *op = container_of(it, struct store_op, item);

		op->error = op->kind->run(s, &s->reader, op);
		op->code = db_is_temporary(op->error) ? s->reader.code : 0;
	}
}

/* ---- on the loop ---- */

static void
log_failure(const char *event, const struct store_op *op)
{
	log_event(LOG_ERROR, event, LF_CSTR("why", store_error_text(op->error)),
	    LF_CSTR("sqlite", sqlite3_errstr(op->code)),
	    LF_INT("code", op->code));
}

/* Changes: told when they begin to fail, and when they work again. */
static void
note_change(struct store *s, const struct store_op *op)
{
	const enum store_error e =
	    db_is_temporary(op->error) ? op->error : STORE_OK;

	/* One that was only late for a failure that is known is no news. */
	if (e && op->failures < s->heard)
		return;
	if (e)
		s->heard = op->failures;
	/* Nor is it news that what needs no writing could be done. */
	if (e == s->problem || (!e && !op->wrote))
		return;
	s->problem = e;
	if (e)
		log_failure("store-fails", op);
	else
		log_event(LOG_WARN, "store-works-again");
}

/* Reading may fail in one place and work in others: told once. */
static void
note_reading(struct store *s, const struct store_op *op)
{
	if (!db_is_temporary(op->error) || op->error == s->read_problem)
		return;
	s->read_problem = op->error;
	log_failure("store-read-fails", op);
}

static void
on_done(void *arg, struct worker_item *it)
{
	struct store_op *op = container_of(it, struct store_op, item);
	struct arena *memory = op->memory;
	struct store *s = arg;

	if (op->kind->changes)
		note_change(s, op);
	else
		note_reading(s, op);
	if (op->kind->id_of != NULL && op->error == STORE_OK) {
		const struct msgid id = op->kind->id_of(op);

		if (msgid_cmp(id, s->last) > 0)
			s->last = id;
	}
	op->done(op); /* op may be gone */
	arena_free(memory);
}

void
store_push(struct store *s, struct store_op *op, const struct store_kind *kind)
{
	op->kind = kind;
	op->error = STORE_OK;
	op->memory = NULL;
	op->code = 0;
	op->failures = s->heard - op->unheard;
	op->wrote = false;
	worker_push(kind->beside && s->reading != NULL ? s->reading : s->writer,
	    &op->item);
}

struct msgid
store_last_id(const struct store *s)
{
	return s->last;
}

unsigned
store_failures(const struct store *s)
{
	return s->heard;
}

const char *
store_problem(const struct store *s)
{
	return store_error_text(s->problem);
}

const unsigned char *
store_secret(const struct store *s)
{
	return s->secret;
}

/* ---- opening and closing ---- */

static const struct worker_cb writer_cb = {
	.run = on_write,
	.done = on_done,
	.idle = on_idle,
};
static const struct worker_cb reader_cb = { .run = on_read, .done = on_done };

static int
start_threads(struct store *s, struct buf *err)
{
	int rc = worker_open(s->loop, &writer_cb, s, BATCH_MAX, &s->writer);

	if (rc == 0 && s->path != NULL)
		rc = worker_open(s->loop, &reader_cb, s, 1, &s->reading);
	if (rc)
		buf_printf(err, "no thread for the store: %s", strerror(-rc));
	return rc;
}

static int
open_reader(struct store *s, struct buf *err)
{
	enum store_error e;

	if (s->path == NULL)
		return 0;
	e = db_open(&s->reader, s->path, SQLITE_OPEN_READONLY, s->tuning.vfs);
	if (!e)
		e = store_schema_read_only(&s->reader);
	return e ? store_open_complain(s, &s->reader, e, err) : 0;
}

/* One of its files that SQLite could not open just then, as when there are no
 * descriptors left, it takes for one that must not be written, for good. */
static enum store_error
check_writing(struct store *s)
{
	/* It may begin to write, and find out only then. */
	enum store_error e =
	    db_exec(&s->db, "UPDATE meta SET value = value WHERE key IS NULL");

	return e == STORE_READ_ONLY ? e : STORE_OK;
}

static void
free_store(struct store *s)
{
	db_close(&s->reader);
	db_close(&s->db);        /* checkpoints */
	store_sessions_clear(s); /* what could not be saved */
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	free(s);
}

int
store_open_tuned(struct loop *loop, const struct store_options *opt,
    const struct store_tuning *tuning, const struct store_load_cb *cb,
    void *arg, struct store **out, struct buf *err)
{
	struct store *s = xcalloc(1, sizeof(*s));
	enum store_error e;
	int rc = 0;

	s->loop = loop;
	s->options = *opt;
	s->options.path = NULL; /* the user's */
	s->tuning = *tuning;
	s->lock = -1;
	STAILQ_INIT(&s->dirty);
	if (opt->path != NULL) {
		s->path = xstrndup(opt->path, strlen(opt->path));
		rc = store_file_prepare(s->path, &s->lock, err);
	}
	if (rc == 0)
		rc = store_schema_open(s, err);
	if (rc == 0)
		rc = open_reader(s, err);
	if (rc == 0 && ((e = store_schema_load(s, cb, arg)) != STORE_OK ||
			   (e = check_writing(s)) != STORE_OK))
		rc = store_open_complain(s, &s->db, e, err);
	if (rc)
		goto fail;
	s->last = s->given;
	/* What is between the last id and the next millisecond may have been
	 * an offset in what was sent. */
	s->given.n = DB_ID_N_MAX;
	rc = start_threads(s, err);
	if (rc)
		goto fail;
	*out = s;
	return 0;
fail:
	if (s->writer != NULL)
		worker_close(s->writer);
	free_store(s);
	return rc;
}

int
store_open(struct loop *loop, const struct store_options *opt,
    const struct store_load_cb *cb, void *arg, struct store **out,
    struct buf *err)
{
	static const struct store_tuning usual = {
		.synchronous = "FULL",
		.wall_ms = clock_wall_ms,
	};

	return store_open_tuned(loop, opt, &usual, cb, arg, out, err);
}

void
store_close(struct store *s)
{
	bool more;

	/* What is given back may push to the other one. */
	do {
		more = worker_finish(s->writer);
		if (s->reading != NULL && worker_finish(s->reading))
			more = true;
	} while (more);
	if (s->reading != NULL)
		worker_close(s->reading);
	worker_close(s->writer);
	store_writer_end(s);
	free_store(s);
}
