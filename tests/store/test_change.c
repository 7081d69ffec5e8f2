#include "config.h"

#include <stdlib.h>

#include "stage.h"

static const struct msgid none = { .ms = 0 };

/* The only row of a room. */
static struct store_page
only(uint64_t room)
{
	struct store_query q = {
		.op.done = stage_on_done,
		.type = STORE_HISTORY,
		.room = room,
		.person = ANA,
		.limit = 50,
	};

	store_query(stage.store, &q);
	stage_wait();
	assert_int_equal(q.op.error, STORE_OK);
	assert_int_equal(q.page.n, 1);
	return q.page;
}

static void
an_edit_replaces_the_text(void **state)
{
	struct msgid id, at;
	struct store_page page;

	(void)state;
	stage_open();
	id = stage_post(LOBBY, ANA, "colour");
	at = stage_edit(id, ANA, "couleur");
	assert_true(msgid_cmp(at, id) > 0);
	assert_int_equal(msgid_cmp(store_last_id(stage.store), at), 0);
	page = only(LOBBY);
	assert_true(slice_is(page.rows[0].text, "couleur"));
	assert_int_equal(msgid_cmp(page.rows[0].edited, at), 0);
	assert_int_equal(msgid_cmp(page.rows[0].changed, at), 0);
	assert_true(slice_is(page.rows[0].edited_nick, "ana"));
	assert_int_equal(page.rows[0].seq, 1);
	store_page_free(&page);
	assert_string_equal(stage_search(ANA, 0, "colour "), "");
	assert_string_equal(stage_search(ANA, 0, "couleur "), "couleur");
	/* The same again is nothing new. */
	assert_int_equal(stage_edit(id, ANA, "couleur").ms, 0);
}

static void
what_was_deleted_is_gone(void **state)
{
	struct store_change c = { .type = STORE_DELETE, .person = ANA };
	struct msgid at;
	struct store_page page;

	(void)state;
	stage_open();
	c.id = stage_post(LOBBY, ANA, "secret words");
	stage_react(c.id, BOB, "x", true);
	at = stage_delete(c.id, ANA);
	page = only(LOBBY);
	assert_int_equal(page.rows[0].text.len, 0);
	assert_true(page.rows[0].is_text);
	assert_int_equal(page.rows[0].nreactions, 0);
	assert_int_equal(msgid_cmp(page.rows[0].deleted, at), 0);
	assert_true(slice_is(page.rows[0].deleted_nick, "ana"));
	store_page_free(&page);
	assert_string_equal(stage_search(ANA, 0, "secret "), "");
	/* Again: it is so already. Others see no message. */
	assert_int_equal(stage_change(&c), STORE_OK);
	assert_int_equal(c.changed.ms, 0);
	assert_int_equal(c.room, LOBBY);
	c.person = BOB;
	assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
	c.person = ANA;
	c.type = STORE_EDIT;
	c.text = SLICE("back");
	assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
	c.type = STORE_REACT;
	c.emoji = SLICE("x");
	c.on = true;
	assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
}

/* Nor is it in the file. */
static void
what_was_deleted_is_not_on_the_disk(void **state)
{
	static char bytes[1 << 20];
	struct msgid id;
	size_t n;
	FILE *f;

	(void)state;
	stage_open();
	id = stage_post(LOBBY, ANA, "about xyzzyplugh itself");
	stage_post(LOBBY, ANA, "another");
	stage_delete(id, ANA);
	stage_close(); /* what is in the log goes into the file */
	f = fopen(stage.path, "rb");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_in_range(n, 4096, sizeof(bytes) - 1);
	assert_null(memmem(bytes, n, "about xyzzyplugh", 16));
}

static void
only_the_author_changes_a_message(void **state)
{
	struct store_change c = {
		.type = STORE_EDIT,
		.person = BOB,
		.text = SLICE("mine"),
	};

	(void)state;
	stage_open();
	c.id = stage_post(LOBBY, ANA, "hers");
	assert_int_equal(stage_change(&c), STORE_NOT_YOURS);
	c.type = STORE_DELETE;
	assert_int_equal(stage_change(&c), STORE_NOT_YOURS);
	assert_string_equal(stage_join(LOBBY, ANA, none, 50), "hers");
	c.any = true;
	c.type = STORE_EDIT;
	assert_int_equal(stage_change(&c), STORE_NOT_YOURS);
	c.type = STORE_DELETE;
	assert_int_equal(stage_change(&c), STORE_OK);
	assert_true(c.others);
	c.id.n += 100;
	assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
	assert_int_equal(c.room, 0);
	c.id = (struct msgid){ .ms = UINT64_MAX, .n = UINT64_MAX };
	assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
}

static void
direct_messages_are_for_two(void **state)
{
	struct store_change c = {
		.type = STORE_REACT,
		.person = EVE,
		.emoji = SLICE("x"),
		.on = true,
	};
	struct store_read r = {
		.op.done = stage_on_done,
		.room = DIRECT,
		.person = EVE,
	};
	struct store_query q = { .room = DIRECT, .person = EVE, .limit = 5 };

	(void)state;
	stage_open();
	c.id = r.id = stage_post(DIRECT, ANA, "psst");
	c.any = true;
	for (int t = STORE_EDIT; t <= STORE_REACT; t++) {
		c.type = (enum store_change_type)t;
		assert_int_equal(stage_change(&c), STORE_NO_MESSAGE);
		assert_int_equal(c.room, 0);
	}
	store_read(stage.store, &r);
	stage_wait();
	assert_int_equal(r.op.error, STORE_NO_MESSAGE);
	assert_string_equal(stage_history(q), "error 6");
	assert_string_equal(stage_join(DIRECT, EVE, none, 5), "error 6");
	assert_int_equal(STORE_NO_MESSAGE, 6);
	assert_string_equal(stage_search(EVE, 0, "psst"), "");
	assert_string_equal(stage_search(EVE, DIRECT, "psst"), "");
	assert_string_equal(stage_search(BOB, 0, "psst"), "psst");
	c.person = BOB;
	assert_int_equal(stage_change(&c), STORE_OK);
	q.person = BOB;
	assert_string_equal(stage_history(q), "psst");
}

/* ---- reactions ---- */

static char reactions[4096];

static void
on_reactions(struct store_op *op)
{
	const struct store_change *c =
	    container_of(op, struct store_change, op);
	size_t len = 0;

	reactions[0] = '\0';
	for (unsigned i = 0; i < c->nreactions; i++)
		len +=
		    (size_t)snprintf(reactions + len, sizeof(reactions) - len,
			"%.*s: %.*s;", SLICE_ARG(c->reactions[i].emoji),
			SLICE_ARG(c->reactions[i].nicks));
	stage.done++;
}

static enum store_error
react(struct msgid id, uint64_t person, struct slice nick, struct slice emoji,
    bool on)
{
	struct store_change c = {
		.op.done = on_reactions,
		.type = STORE_REACT,
		.id = id,
		.person = person,
		.nick = nick,
		.emoji = emoji,
		.on = on,
	};

	store_change(stage.store, &c);
	stage_wait();
	return c.op.error;
}

static void
reactions_are_told_in_their_order(void **state)
{
	struct msgid id;
	struct store_page page;

	(void)state;
	stage_open();
	id = stage_post(LOBBY, ANA, "x");
	assert_int_equal(react(id, BOB, SLICE("bob"), SLICE("b"), true), 0);
	assert_int_equal(react(id, ANA, SLICE("ana"), SLICE("a"), true), 0);
	assert_int_equal(react(id, ANA, SLICE("ana"), SLICE("b"), true), 0);
	assert_string_equal(reactions, "b: bob\nana;a: ana;");
	assert_int_equal(react(id, ANA, SLICE("ana"), SLICE("b"), true), 0);
	assert_string_equal(reactions, "b: bob\nana;a: ana;");
	page = only(LOBBY);
	assert_int_equal(page.rows[0].nreactions, 2);
	assert_true(slice_is(page.rows[0].reactions[0].nicks, "bob\nana"));
	assert_int_equal(page.rows[0].edited.ms, 0);
	assert_true(page.rows[0].reacted.ms > 0);
	store_page_free(&page);
	assert_int_equal(react(id, BOB, SLICE("bob"), SLICE("b"), false), 0);
	assert_string_equal(reactions, "a: ana;b: ana;");
	assert_int_equal(stage_react(id, BOB, "b", false).ms, 0);
}

static void
reactions_are_bounded(void **state)
{
	struct msgid id;
	uint64_t person;
	char emoji[8];

	(void)state;
	stage_open();
	id = stage_post(LOBBY, ANA, "x");
	for (int i = 0; i <= STORE_REACTIONS_MAX; i++) {
		snprintf(emoji, sizeof(emoji), "%d", i);
		assert_int_equal(
		    react(id, ANA, SLICE("ana"), slice_of(emoji), true),
		    i < STORE_REACTIONS_MAX ? STORE_OK : STORE_TOO_MANY);
	}
	person = 1000;
	for (int i = STORE_REACTIONS_MAX; i < STORE_REACTORS_MAX; i++)
		assert_int_equal(
		    react(id, person++, SLICE("p"), SLICE("0"), true), 0);
	assert_int_equal(
	    react(id, person, SLICE("p"), SLICE("0"), true), STORE_TOO_MANY);
	/* What is there may be said again, and taken back. */
	assert_int_equal(
	    react(id, 1000, SLICE("p"), SLICE("0"), true), STORE_OK);
	assert_int_equal(
	    react(id, 1000, SLICE("p"), SLICE("0"), false), STORE_OK);
	assert_int_equal(
	    react(id, person, SLICE("p"), SLICE("0"), true), STORE_OK);
}

/* ---- mentions and markers ---- */

static struct msgid
mention(uint64_t room, const char *text, uint64_t whom)
{
	const uint64_t people[] = { whom, ANA };
	struct store_post p = {
		.op.done = stage_on_done,
		.room = stage_room(room),
		.person = ANA,
		.nick = SLICE("ana"),
		.text = slice_of(text),
		.is_text = true,
		.mentions = people,
		.nmentions = 2,
	};

	store_post(stage.store, &p);
	stage_wait();
	assert_int_equal(p.op.error, STORE_OK);
	return p.id;
}

static const char *
mentions(uint64_t person, struct msgid before, unsigned limit)
{
	return stage_history((struct store_query){
	    .type = STORE_MENTIONS,
	    .person = person,
	    .before = before,
	    .limit = limit,
	});
}

static void
mentions_are_listed(void **state)
{
	const uint64_t eve = EVE;
	struct store_change c = {
		.type = STORE_EDIT,
		.person = ANA,
		.text = SLICE("e1"),
		.mentions = &eve,
		.nmentions = 1,
	};
	struct msgid id;

	(void)state;
	stage_open();
	c.id = mention(LOBBY, "b1", BOB);
	id = mention(OTHER, "b2", BOB);
	mention(DIRECT, "b3", BOB);
	stage_post(LOBBY, ANA, "no");
	assert_string_equal(mentions(BOB, none, 50), "b3 b2 b1");
	assert_string_equal(mentions(BOB, none, 2), "< b3 b2");
	assert_string_equal(mentions(BOB, id, 2), "b1");
	assert_string_equal(mentions(ANA, none, 50), ""); /* by herself */
	assert_int_equal(stage_change(&c), STORE_OK);
	assert_string_equal(mentions(BOB, none, 50), "b3 b2");
	assert_string_equal(mentions(EVE, none, 50), "e1");
	stage_delete(id, ANA);
	assert_string_equal(mentions(BOB, none, 50), "b3");
}

static struct store_read
mark(uint64_t room, uint64_t person, struct msgid id)
{
	struct store_read r = {
		.op.done = stage_on_done,
		.room = room,
		.person = person,
		.id = id,
	};

	store_read(stage.store, &r);
	stage_wait();
	assert_int_equal(r.op.error, STORE_OK);
	return r;
}

static void
a_marker_moves_forward_only(void **state)
{
	struct msgid a, b, c;
	struct store_read r;

	(void)state;
	stage_open();
	a = stage_post(LOBBY, ANA, "a");
	b = mention(LOBBY, "b", BOB);
	c = stage_post(LOBBY, BOB, "c");
	assert_string_equal(stage_unread(LOBBY, BOB), "0 0"); /* no marker */
	r = mark(LOBBY, BOB, a);
	assert_true(r.moved);
	assert_int_equal(msgid_cmp(r.read, a), 0);
	assert_int_equal(r.unread, 1); /* c is his own */
	assert_int_equal(r.mentions, 1);
	r = mark(LOBBY, BOB, b);
	assert_int_equal(r.unread, 0);
	assert_int_equal(r.mentions, 0);
	r = mark(LOBBY, BOB, a);
	assert_false(r.moved);
	assert_int_equal(msgid_cmp(r.read, b), 0);
	/* Not beyond what there is. */
	r = mark(LOBBY, BOB, (struct msgid){ .ms = UINT64_MAX, .n = 0 });
	assert_true(r.moved);
	assert_int_equal(msgid_cmp(r.read, c), 0);
	a = stage_post(LOBBY, ANA, "d");
	assert_string_equal(stage_unread(LOBBY, BOB), "1 0");
	stage_delete(a, ANA);
	assert_string_equal(stage_unread(LOBBY, BOB), "0 0");
	/* A room in which nothing was said. */
	r = mark(OTHER, BOB, b);
	assert_false(r.moved);
	assert_int_equal(r.read.ms, 0);
	stage_reopen();
	assert_int_equal(msgid_cmp(mark(LOBBY, BOB, none).read, c), 0);
}

static void
unread_tells_markers_and_direct_rooms(void **state)
{
	struct store_unread u = { .op.done = stage_on_done, .person = BOB };
	struct msgid id;

	(void)state;
	stage_open();
	id = stage_post(LOBBY, ANA, "a");
	stage_post(OTHER, ANA, "x");
	stage_post(DIRECT, ANA, "psst");
	mark(LOBBY, BOB, id);
	stage_post(LOBBY, ANA, "b");
	store_unread(stage.store, &u);
	stage_wait();
	assert_int_equal(u.op.error, STORE_OK);
	assert_int_equal(u.n, 2);
	assert_int_equal(u.rows[0].room, LOBBY);
	assert_int_equal(msgid_cmp(u.rows[0].read, id), 0);
	assert_int_equal(u.rows[0].unread, 1);
	assert_int_equal(u.rows[1].room, DIRECT);
	assert_int_equal(u.rows[1].read.ms, 0);
	assert_int_equal(u.rows[1].unread, 1);
	free(u.rows);
	u.person = EVE;
	store_unread(stage.store, &u);
	stage_wait();
	assert_int_equal(u.n, 0);
	free(u.rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(an_edit_replaces_the_text),
		STAGE_MEMORY_TEST(an_edit_replaces_the_text),
		STAGE_TEST(what_was_deleted_is_gone),
		STAGE_TEST(what_was_deleted_is_not_on_the_disk),
		STAGE_TEST(only_the_author_changes_a_message),
		STAGE_TEST(direct_messages_are_for_two),
		STAGE_MEMORY_TEST(direct_messages_are_for_two),
		STAGE_TEST(reactions_are_told_in_their_order),
		STAGE_TEST(reactions_are_bounded),
		STAGE_TEST(mentions_are_listed),
		STAGE_TEST(a_marker_moves_forward_only),
		STAGE_TEST(unread_tells_markers_and_direct_rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
