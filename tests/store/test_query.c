#include "config.h"

#include <stdlib.h>

#include "stage.h"

static const struct msgid none = { .ms = 0 };

/* "0" to "9" in the lobby, with others' between them. */
static void
ten(struct msgid ids[10])
{
	char text[2] = "0";

	for (int i = 0; i < 10; i++) {
		text[0] = (char)('0' + i);
		ids[i] = stage_post(LOBBY, ANA, text);
		stage_post(OTHER, BOB, "other");
		stage_set_clock(stage_clock() + (i & 1));
	}
}

static const char *
page(struct msgid before, struct msgid after, struct msgid around,
    unsigned limit)
{
	return stage_history((struct store_query){
	    .type = STORE_HISTORY,
	    .room = LOBBY,
	    .person = ANA,
	    .before = before,
	    .after = after,
	    .around = around,
	    .limit = limit,
	});
}

static void
pages_of_a_room(void **state)
{
	struct msgid ids[10], beyond;

	(void)state;
	stage_open();
	assert_string_equal(page(none, none, none, 3), "");
	ten(ids);
	assert_string_equal(page(none, none, none, 3), "< 7 8 9");
	assert_string_equal(page(none, none, none, 50), "0 1 2 3 4 5 6 7 8 9");
	assert_string_equal(page(none, none, none, 10), "0 1 2 3 4 5 6 7 8 9");
	assert_string_equal(page(ids[7], none, none, 3), "< 4 5 6 >");
	assert_string_equal(page(ids[2], none, none, 3), "0 1 >");
	assert_string_equal(page(ids[0], none, none, 3), " >");
	assert_string_equal(page(none, ids[2], none, 3), "< 3 4 5 >");
	assert_string_equal(page(none, ids[7], none, 3), "< 8 9");
	assert_string_equal(page(none, ids[9], none, 3), "< ");
	assert_string_equal(page(ids[5], ids[2], none, 3), "< 3 4 >");
	assert_string_equal(page(none, none, ids[5], 5), "< 3 4 5 6 7 >");
	assert_string_equal(page(none, none, ids[5], 1), "< 5 >");
	assert_string_equal(page(none, none, ids[0], 4), "0 1 2 3 >");
	assert_string_equal(page(none, none, ids[9], 4), "< 7 8 9");
	/* Between two messages. */
	beyond = ids[4];
	beyond.sub = 7;
	assert_string_equal(page(none, beyond, none, 2), "< 5 6 >");
	assert_string_equal(page(beyond, none, none, 2), "< 3 4 >");
	/* What no message has. */
	beyond = (struct msgid){ .ms = ids[4].ms, .n = UINT64_MAX };
	assert_string_equal(page(none, beyond, none, 2), "< 6 7 >");
	assert_string_equal(page(beyond, none, none, 2), "< 4 5 >");
	beyond.ms = UINT64_MAX;
	assert_string_equal(page(beyond, none, none, 2), "< 8 9");
	assert_string_equal(page(none, beyond, none, 2), "< ");
	assert_string_equal(page(none, none, beyond, 4), "< 8 9");
}

static void
a_join_tells_what_came_after(void **state)
{
	struct msgid ids[10];

	(void)state;
	stage_open();
	ten(ids);
	assert_string_equal(stage_join(LOBBY, ANA, none, 3), "< 7 8 9");
	assert_string_equal(stage_join(LOBBY, ANA, ids[6], 3), "< 7 8 9");
	assert_string_equal(stage_join(LOBBY, ANA, ids[5], 3), "< 6 7 8 >");
	assert_string_equal(stage_join(LOBBY, ANA, ids[9], 3), "< ");
	assert_string_equal(stage_join(77, ANA, none, 3), "");
}

/* In the order of requests: with what was pushed before it, without what was
 * pushed behind it. */
static void
a_join_stands_between_the_changes(void **state)
{
	struct store_post a, b;
	struct store_join j = {
		.op.done = stage_on_done,
		.room = LOBBY,
		.person = ANA,
		.limit = 50,
	};

	(void)state;
	stage_open();
	for (int i = 0; i < 200; i++) {
		stage_push_post(&a, LOBBY, ANA, "a", NULL);
		store_join(stage.store, &j);
		stage_push_post(&b, LOBBY, ANA, "b", NULL);
		stage_wait();
		assert_int_equal(j.op.error, STORE_OK);
		assert_int_equal(
		    msgid_cmp(j.page.rows[j.page.n - 1].id, a.id), 0);
		store_page_free(&j.page);
		store_page_free(&j.changed);
	}
}

static void
a_join_tells_what_has_changed(void **state)
{
	struct msgid ids[10];
	struct store_join j = {
		.op.done = stage_on_done,
		.room = LOBBY,
		.person = ANA,
		.limit = 50,
	};

	(void)state;
	stage_open();
	ten(ids);
	stage_edit(ids[1], ANA, "before");
	j.after = stage_post(LOBBY, ANA, "last");
	stage_edit(ids[8], ANA, "after");
	stage_react(ids[3], BOB, "x", true);
	stage_edit(stage_post(LOBBY, ANA, "new"), ANA, "newer");
	store_join(stage.store, &j);
	stage_wait();
	assert_string_equal(stage_texts(0, &j.changed), "after 3");
	assert_string_equal(stage_texts(0, &j.page), "< newer");
	j.after = none;
	store_join(stage.store, &j);
	stage_wait();
	assert_int_equal(j.changed.n, 0);
	store_page_free(&j.page);
}

/* ---- searching ---- */

static void
a_search_finds_words(void **state)
{
	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "Hola,mundo!");
	stage_post(OTHER, BOB, "el_mundo-es-asi");
	stage_post(LOBBY, BOB, "Caf\xc3\xa9Ol\xc3\xa9");
	assert_string_equal(
	    stage_search(ANA, 0, "mundo"), "el_mundo-es-asi Hola,mundo!");
	assert_string_equal(stage_search(ANA, LOBBY, "mundo"), "Hola,mundo!");
	assert_string_equal(stage_search(ANA, 0, "MUNDO HOLA"), "Hola,mundo!");
	assert_string_equal(
	    stage_search(ANA, 0, "cafeole"), "Caf\xc3\xa9Ol\xc3\xa9");
	/* The last word may be a beginning, unless it is said to be all. */
	assert_string_equal(stage_search(ANA, 0, "hol"), "Hola,mundo!");
	assert_string_equal(stage_search(ANA, 0, "ho"), "");
	assert_string_equal(stage_search(ANA, 0, "hol "), "");
	assert_string_equal(stage_search(ANA, 0, "\"hol\""), "");
	assert_string_equal(stage_search(ANA, 0, "hol mundo"), "");
	assert_string_equal(
	    stage_search(ANA, 0, "\"hola mundo\""), "Hola,mundo!");
	assert_string_equal(stage_search(ANA, 0, "\"mundo hola\""), "");
	assert_string_equal(
	    stage_search(ANA, 0, "\u201cmundo es\u201d"), "el_mundo-es-asi");
	assert_string_equal(stage_search(ANA, 0, ""), "");
	assert_string_equal(stage_search(ANA, 0, "  \t "), "");
	assert_string_equal(stage_search(ANA, 0, "hola !!"), "Hola,mundo!");
	assert_string_equal(stage_search(ANA, LOBBY, "!!"), "");
}

static const char *
search_from(const char *text, const char *from)
{
	return stage_history((struct store_query){
	    .type = STORE_SEARCH,
	    .person = ANA,
	    .text = slice_of(text),
	    .from = slice_of(from),
	    .limit = 50,
	});
}

static void
a_search_may_ask_for_who_said_it(void **state)
{
	struct store_post p = {
		.op.done = stage_on_done,
		.room = stage_room(LOBBY),
		.person = EVE,
		.text = SLICE("hola3"),
		.is_text = true,
		.nick = SLICE("\u00c1NA"), /* another one */
	};

	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "hola1");
	stage_post(LOBBY, BOB, "hola2");
	store_post(stage.store, &p);
	stage_wait();
	assert_string_equal(search_from("hola", "ANA"), "hola1");
	assert_string_equal(search_from("hola", "\u00e1na"), "hola3");
	assert_string_equal(search_from("", "bob"), "hola2");
	assert_string_equal(search_from("nada", "bob"), "");
	assert_string_equal(search_from("hola", "an"), "");
	assert_string_equal(search_from("hola", "\" OR hola"), "");
	assert_string_equal(search_from("hola", "\xff"), "");
	assert_string_equal(search_from("hola", "!!"), "");
}

static void
a_search_goes_on_before_what_it_found(void **state)
{
	struct msgid ids[10];
	struct store_query q = {
		.type = STORE_SEARCH,
		.person = ANA,
		.text = SLICE("x"),
		.limit = 3,
	};

	(void)state;
	stage_open();
	for (int i = 0; i < 5; i++) {
		char text[8];

		snprintf(text, sizeof(text), "x,%d", i);
		ids[i] = stage_post(LOBBY, ANA, text);
	}
	assert_string_equal(stage_history(q), "< x,4 x,3 x,2");
	q.before = ids[2];
	assert_string_equal(stage_history(q), "x,1 x,0");
	q.limit = 2;
	assert_string_equal(stage_history(q), "x,1 x,0");
}

/* Nothing that is typed is syntax. */
static void
any_text_may_be_searched(void **state)
{
	static const char *const texts[] = { "AND", "OR", "NOT", "NEAR(a b)",
		"a AND", "\"", "\"\"", "\"a", "a\"", "*", "^a", "a*b", "(", ")",
		"{text} : a", "text:a", "-a", "+", "a + b", "'", ";", "--",
		"\\", "%", "\x01", "a\"b\"c", "\"a\" \"b", "\u201ca", ":", ",",
		"a:b:c", "\xff\xfe", "\xf0\x9f\x99\x82", "NEAR", "a NEAR/2 b",
		"\"*\"*", "/* x */" };
	unsigned seed = 1;
	char text[40];

	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "AND.OR.NOT.NEAR");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(stage_search(ANA, 0, texts[i])[0], 'e');
	assert_string_equal(
	    stage_search(ANA, 0, "NOT OR AND"), "AND.OR.NOT.NEAR");
	for (int i = 0; i < 2000; i++) {
		unsigned n = 0;

		while (n < sizeof(text) - 1) {
			static const char set[] =
			    "\"\"*(): ^-+aANDORT{}'\\.,\x80";

			seed = seed * 1103515245 + 12345;
			text[n++] = set[(seed >> 16) % (sizeof(set) - 1)];
			if ((seed >> 8) % 20 == 0)
				break;
		}
		text[n] = '\0';
		if (stage_search(ANA, 0, text)[0] == 'e')
			fail_msg("%s", text);
	}
}

/* ---- the newest of all ---- */

static char recent[1024];

static void
on_recent(void *arg, const struct store_row *row, struct msgid at)
{
	size_t len = strlen(recent);

	(void)arg;
	snprintf(recent + len, sizeof(recent) - len, "%.*s@%u ",
	    SLICE_ARG(row->text), (unsigned)at.n);
}

static struct msgid
get_recent(unsigned n, size_t bytes)
{
	struct msgid since;

	recent[0] = '\0';
	stage_reopen();
	assert_int_equal(
	    store_recent(stage.store, n, bytes, on_recent, NULL, &since), 0);
	return since;
}

static void
the_newest_are_told_with_their_changes(void **state)
{
	struct msgid a, b;

	(void)state;
	stage_open();
	assert_int_equal(get_recent(10, 1000).ms, 0);
	assert_string_equal(recent, "");
	stage_set_clock(STAGE_START + 10);
	a = stage_post(LOBBY, ANA, "a");
	b = stage_post(OTHER, ANA, "b");
	stage_edit(a, ANA, "A1");
	stage_post(LOBBY, ANA, "c");
	stage_edit(a, ANA, "A2");
	stage_react(b, BOB, "x", true);
	assert_int_equal(get_recent(10, 1000).ms, 0);
	assert_string_equal(recent, "A2@0 b@1 c@3 A2@4 b@5 ");
	assert_int_equal(get_recent(5, 1000).ms, 0);
	assert_string_equal(recent, "A2@0 b@1 c@3 A2@4 b@5 ");
	assert_int_equal(get_recent(4, 1000).n, 0);
	assert_string_equal(recent, "b@1 c@3 A2@4 b@5 ");
	assert_int_equal(get_recent(2, 1000).n, 3);
	assert_string_equal(recent, "A2@4 b@5 ");
	get_recent(10, 1);
	assert_string_equal(recent, "b@5 ");
	assert_int_equal(get_recent(0, 1000).n, 5);
	assert_string_equal(recent, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(pages_of_a_room),
		STAGE_MEMORY_TEST(pages_of_a_room),
		STAGE_TEST(a_join_tells_what_came_after),
		STAGE_TEST(a_join_stands_between_the_changes),
		STAGE_MEMORY_TEST(a_join_stands_between_the_changes),
		STAGE_TEST(a_join_tells_what_has_changed),
		STAGE_TEST(a_search_finds_words),
		STAGE_MEMORY_TEST(a_search_finds_words),
		STAGE_TEST(a_search_may_ask_for_who_said_it),
		STAGE_TEST(a_search_goes_on_before_what_it_found),
		STAGE_TEST(any_text_may_be_searched),
		STAGE_TEST(the_newest_are_told_with_their_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
