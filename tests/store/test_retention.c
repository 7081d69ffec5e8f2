#include "config.h"

#include <stdlib.h>

#include "stage.h"
#include "store/tools.h"

static const struct msgid none = { .ms = 0 };

static void
on_line(void *arg, const char *line)
{
	(void)arg;
	fail_msg("%s", line);
}

static void
assert_sound(void)
{
	struct buf err;

	buf_init(&err, 1000);
	assert_int_equal(store_check(stage.path, on_line, NULL, &err), 0);
	buf_deinit(&err);
}

/* A store that is opened does it at once, by itself; what is closed has done
 * it. Nothing tells, so it is asked. */
static void
wait_for(uint64_t room, const char *want)
{
	while (strcmp(stage_join(room, ANA, none, 5), want) != 0)
		continue; /* the test's time limit ends it */
}

static void
old_messages_go(void **state)
{
	struct store_read r = {
		.op.done = stage_on_done,
		.room = LOBBY,
		.person = BOB,
	};
	struct store_post p;

	(void)state;
	stage_open();
	r.id = stage_post(LOBBY, ANA, "a");
	stage_react(r.id, BOB, "x", true);
	stage_post(OTHER, ANA, "b");
	stage_set_clock(STAGE_START + 1000);
	stage_post(LOBBY, ANA, "c");
	store_read(stage.store, &r);
	stage_wait();
	stage_close();
	stage.options.max_age = 1000;
	stage_set_clock(STAGE_START + 1500);
	stage_open();
	wait_for(LOBBY, "c");
	wait_for(OTHER, "");
	assert_string_equal(stage_search(ANA, 0, "a "), "");
	assert_string_equal(stage_search(ANA, 0, "c "), "c");
	assert_string_equal(stage_unread(LOBBY, BOB), "1 0");
	stage_close();
	assert_sound();
	/* All of them; numbers and ids go on. */
	stage_set_clock(STAGE_START + 5000);
	stage_open();
	wait_for(LOBBY, "");
	stage_set_clock(STAGE_START);
	stage_push_post(&p, LOBBY, ANA, "d", NULL);
	stage_wait();
	assert_int_equal(p.seq, 3);
	assert_true(p.id.ms > STAGE_START + 1000);
	stage_close();
	stage.options.max_age = 0;
	assert_sound();
}

static void
rooms_keep_their_newest(void **state)
{
	enum { N = 1000, KEPT = 5 };
	struct store_post *p = xcalloc(N, sizeof(*p));
	char(*text)[8] = xcalloc(N, sizeof(*text));

	(void)state;
	stage_open();
	for (int i = 0; i < N; i++) {
		snprintf(text[i], sizeof(text[i]), "%d", i);
		stage_push_post(
		    &p[i], i % 100 == 0 ? OTHER : LOBBY, ANA, text[i], NULL);
	}
	stage_wait();
	for (int i = 0; i < N; i++)
		assert_int_equal(p[i].op.error, STORE_OK);
	stage_close();
	stage.options.max_count = KEPT;
	stage_open();
	wait_for(LOBBY, "995 996 997 998 999");
	wait_for(OTHER, "500 600 700 800 900");
	stage_close();
	assert_sound();
	free(p);
	free(text);
}

/* Each minute, or when much was said since. */
static void
the_newest_are_kept_in_memory(void **state)
{
	struct store_post *p = xcalloc(1000, sizeof(*p));

	(void)state;
	stage.options.max_count = 2;
	stage_open();
	for (int i = 0; i < 1000; i++)
		stage_push_post(&p[i], LOBBY, ANA, "x", NULL);
	wait_for(LOBBY, "x x");
	free(p);
}

static void
on_recent(void *arg, const struct store_row *row, struct msgid at)
{
	(void)row;
	(void)at;
	++*(int *)arg;
}

/* One who comes back from before what was removed has missed it. */
static void
what_was_removed_is_not_complete(void **state)
{
	struct msgid ids[3], since;
	int rows = 0;

	(void)state;
	stage_open();
	for (int i = 0; i < 3; i++)
		ids[i] = stage_post(LOBBY, ANA, "x");
	stage_close();
	stage.options.max_count = 1;
	stage_open();
	wait_for(LOBBY, "x");
	stage_reopen();
	assert_int_equal(
	    store_recent(stage.store, 10, 1000, on_recent, &rows, &since), 0);
	assert_int_equal(rows, 1);
	assert_int_equal(msgid_cmp(since, ids[1]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(old_messages_go),
		STAGE_TEST(rooms_keep_their_newest),
		STAGE_MEMORY_TEST(the_newest_are_kept_in_memory),
		STAGE_TEST(what_was_removed_is_not_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
