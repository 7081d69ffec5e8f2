#include "config.h"

#include "stage.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct stage stage;

static _Atomic uint64_t now;

static const char *
nick_of(uint64_t person)
{
	return person == ANA ? "ana" : person == BOB ? "bob" : "eve";
}

/* ---- the store ---- */

uint64_t
stage_clock(void)
{
	return atomic_load(&now);
}

void
stage_set_clock(uint64_t ms)
{
	atomic_store(&now, ms);
}

int
stage_setup(void **state)
{
	(void)state;
	memset(&stage, 0, sizeof(stage));
	strcpy(stage.dir, "/tmp/chat-store.XXXXXX");
	if (mkdtemp(stage.dir) == NULL || loop_init(&stage.loop) != 0)
		return -1;
	snprintf(stage.path, sizeof(stage.path), "%s/chat.db", stage.dir);
	stage.options.path = stage.path;
	stage.tuning.synchronous = "FULL";
	stage.tuning.wall_ms = stage_clock;
	stage_set_clock(STAGE_START);
	return 0;
}

int
stage_setup_memory(void **state)
{
	int rc = stage_setup(state);

	stage.options.path = NULL;
	return rc;
}

int
stage_teardown(void **state)
{
	char command[100];
	int rc;

	(void)state;
	if (stage.store != NULL)
		stage_close();
	rc = loop_deinit(&stage.loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", stage.dir);
	return system(command) | rc; /* NOLINT */
}

const char *
stage_try(const struct store_load_cb *cb, void *arg)
{
	struct buf err;
	int rc;

	buf_init(&err, STAGE_LINE_SIZE - 1);
	rc = store_open_tuned(&stage.loop, &stage.options, &stage.tuning, cb,
	    arg, &stage.store, &err);
	snprintf(
	    stage.line, sizeof(stage.line), "%.*s", SLICE_ARG(buf_view(&err)));
	assert_int_equal(rc != 0, err.len > 0);
	assert_true(rc <= 0);
	if (rc)
		stage.store = NULL;
	buf_deinit(&err);
	return stage.line;
}

void
stage_open(void)
{
	assert_string_equal(stage_try(NULL, NULL), "");
}

void
stage_close(void)
{
	store_close(stage.store);
	stage.store = NULL;
}

void
stage_reopen(void)
{
	stage_close();
	stage_open();
}

void
stage_on_done(struct store_op *op)
{
	(void)op;
	stage.done++;
}

void
stage_wait(void)
{
	uv_run(&stage.loop.uv, UV_RUN_DEFAULT);
}

/* ---- changes ---- */

const struct store_room *
stage_room(uint64_t number)
{
	static const struct store_room rooms[] = {
		[LOBBY] = { .number = LOBBY,
		    .name = SLICE_INIT("Lobby"),
		    .key = SLICE_INIT("lobby") },
		[OTHER] = { .number = OTHER,
		    .name = SLICE_INIT("other"),
		    .key = SLICE_INIT("other") },
		[DIRECT] = { .number = DIRECT,
		    .name = SLICE_INIT("@101,102"),
		    .key = SLICE_INIT("@101,102"),
		    .a = ANA,
		    .b = BOB },
	};

	assert_in_range(number, LOBBY, DIRECT);
	return &rooms[number];
}

void
stage_push_post(struct store_post *p, uint64_t room, uint64_t person,
    const char *text, const char *nonce)
{
	*p = (struct store_post){
		.op.done = stage_on_done,
		.room = stage_room(room),
		.person = person,
		.nick = slice_of(nick_of(person)),
		.text = slice_of(text),
		.is_text = true,
		.nonce = slice_of(nonce),
	};
	store_post(stage.store, p);
}

struct msgid
stage_post(uint64_t room, uint64_t person, const char *text)
{
	struct store_post p;

	stage_push_post(&p, room, person, text, NULL);
	stage_wait();
	assert_int_equal(p.op.error, STORE_OK);
	return p.id;
}

enum store_error
stage_change(struct store_change *c)
{
	c->op.done = stage_on_done;
	c->nick = slice_of(nick_of(c->person));
	store_change(stage.store, c);
	stage_wait();
	return c->op.error;
}

struct msgid
stage_edit(struct msgid id, uint64_t person, const char *text)
{
	struct store_change c = {
		.type = STORE_EDIT,
		.id = id,
		.person = person,
		.text = slice_of(text),
	};

	assert_int_equal(stage_change(&c), STORE_OK);
	return c.changed;
}

struct msgid
stage_delete(struct msgid id, uint64_t person)
{
	struct store_change c = {
		.type = STORE_DELETE,
		.id = id,
		.person = person,
	};

	assert_int_equal(stage_change(&c), STORE_OK);
	return c.changed;
}

struct msgid
stage_react(struct msgid id, uint64_t person, const char *emoji, bool on)
{
	struct store_change c = {
		.type = STORE_REACT,
		.id = id,
		.person = person,
		.emoji = slice_of(emoji),
		.on = on,
	};

	assert_int_equal(stage_change(&c), STORE_OK);
	return c.changed;
}

/* ---- reading ---- */

const char *
stage_texts(enum store_error error, struct store_page *page)
{
	struct buf out;

	if (error) {
		assert_int_equal(page->n, 0);
		snprintf(stage.line, sizeof(stage.line), "error %d", error);
		return stage.line;
	}
	buf_init(&out, STAGE_LINE_SIZE - 1);
	if (page->older)
		buf_puts(&out, "< ");
	for (unsigned i = 0; i < page->n; i++)
		buf_printf(&out, "%s%.*s", i > 0 ? " " : "",
		    SLICE_ARG(page->rows[i].text));
	if (page->newer)
		buf_puts(&out, " >");
	assert_false(out.failed);
	snprintf(
	    stage.line, sizeof(stage.line), "%.*s", SLICE_ARG(buf_view(&out)));
	buf_deinit(&out);
	store_page_free(page);
	return stage.line;
}

const char *
stage_history(struct store_query q)
{
	q.op.done = stage_on_done;
	store_query(stage.store, &q);
	stage_wait();
	return stage_texts(q.op.error, &q.page);
}

const char *
stage_search(uint64_t person, uint64_t room, const char *text)
{
	return stage_history((struct store_query){
	    .type = STORE_SEARCH,
	    .person = person,
	    .room = room,
	    .text = slice_of(text),
	    .limit = 50,
	});
}

const char *
stage_join(uint64_t room, uint64_t person, struct msgid after, unsigned limit)
{
	struct store_join j = {
		.op.done = stage_on_done,
		.room = room,
		.person = person,
		.after = after,
		.limit = limit,
	};

	store_join(stage.store, &j);
	stage_wait();
	store_page_free(&j.changed);
	return stage_texts(j.op.error, &j.page);
}

const char *
stage_unread(uint64_t room, uint64_t person)
{
	struct store_read r = {
		.op.done = stage_on_done,
		.room = room,
		.person = person,
	};

	store_read(stage.store, &r);
	stage_wait();
	assert_int_equal(r.op.error, STORE_OK);
	snprintf(stage.line, sizeof(stage.line), "%u %u", (unsigned)r.unread,
	    (unsigned)r.mentions);
	return stage.line;
}
