#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/model.h"

static struct room *
open_room(struct model *m, const char *name)
{
	return model_open(m, slice_of(name));
}

static uint64_t
say(struct model *m, struct room *r, const char *nick, const char *text)
{
	struct model_line l = {
		.kind = LINE_MESSAGE,
		.at = 1000,
		.nick = slice_of(nick),
		.text = slice_of(text),
	};

	return model_add(m, r, &l);
}

static uint64_t
mention(struct model *m, struct room *r)
{
	struct model_line l = {
		.kind = LINE_MESSAGE,
		.nick = SLICE("bo"),
		.text = SLICE("ana!"),
		.mention = true,
	};

	return model_add(m, r, &l);
}

/* The text of the line that is n before the last. */
static const char *
text_of(const struct room *r, unsigned n)
{
	static char text[4096];
	struct line *l =
	    scrollback_get(&r->lines, scrollback_last(&r->lines) - n);

	assert_non_null(l);
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(line_text(l)));
	return text;
}

static void
rooms_in_order(void **state)
{
	struct room *dev, *lobby, *ops;
	struct model m;

	(void)state;
	model_init(&m);
	assert_null(m.current);
	assert_null(model_neighbour(&m, 1));
	assert_null(model_next_active(&m));
	dev = open_room(&m, "Straße");
	assert_ptr_equal(m.current, dev);
	ops = open_room(&m, "ops");
	lobby = open_room(&m, "Lobby");
	assert_ptr_equal(m.current, dev);
	assert_int_equal(m.n_rooms, 3);
	assert_ptr_equal(model_nth(&m, 1), lobby);
	assert_ptr_equal(model_nth(&m, 2), dev);
	assert_ptr_equal(model_nth(&m, 3), ops);
	assert_null(model_nth(&m, 4));
	assert_null(model_nth(&m, 0));
	assert_int_equal(model_number(&m, ops), 3);
	assert_ptr_equal(open_room(&m, "STRASSE"), dev);
	assert_ptr_equal(open_room(&m, "LOBBY"), lobby);
	assert_string_equal(lobby->name, "Lobby");
	assert_null(model_room(&m, SLICE("dev")));
	assert_int_equal(m.n_rooms, 3);
	assert_ptr_equal(model_neighbour(&m, 1), ops);
	assert_ptr_equal(model_neighbour(&m, -1), lobby);
	model_switch(&m, lobby);
	assert_ptr_equal(model_neighbour(&m, -1), ops);
	assert_ptr_equal(m.previous, dev);
	model_deinit(&m);
}

static void
closing_goes_back(void **state)
{
	struct room *a, *b, *c;
	struct model m;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	b = open_room(&m, "b");
	c = open_room(&m, "c");
	model_switch(&m, c);
	model_switch(&m, b);
	model_close(&m, b);
	assert_ptr_equal(m.current, c);
	assert_null(m.previous);
	model_close(&m, c); /* no previous: a neighbour */
	assert_ptr_equal(m.current, a);
	b = open_room(&m, "b");
	model_switch(&m, b);
	model_close(&m, a);
	assert_ptr_equal(m.current, b);
	assert_null(m.previous);
	model_close(&m, b);
	assert_null(m.current);
	assert_int_equal(m.n_rooms, 0);
	model_deinit(&m);
}

static void
unread_and_mentions(void **state)
{
	struct model_line own = { .nick = SLICE("ana"), .own = true };
	struct model_line old = { .nick = SLICE("bo"), .quiet = true };
	struct model_line info = { .kind = LINE_INFO };
	struct room *a, *b, *c;
	struct model m;
	uint64_t id;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	b = open_room(&m, "b");
	c = open_room(&m, "c");
	say(&m, a, "bo", "seen");
	assert_int_equal(a->unread, 0);
	assert_int_equal(a->unread_line, 0);
	model_add(&m, b, &own);
	model_add(&m, b, &old);
	model_add(&m, b, &info);
	assert_int_equal(b->unread, 0);
	assert_null(model_next_active(&m));
	id = say(&m, b, "bo", "not seen");
	say(&m, b, "bo", "nor this");
	assert_int_equal(b->unread, 2);
	assert_int_equal(b->mentions, 0);
	assert_int_equal(b->unread_line, id);
	assert_ptr_equal(model_next_active(&m), b);
	mention(&m, c);
	assert_int_equal(c->unread, 1);
	assert_int_equal(c->mentions, 1);
	assert_ptr_equal(model_next_active(&m), c); /* before b */
	model_switch(&m, c);
	assert_int_equal(c->unread + c->mentions, 0);
	assert_ptr_equal(model_next_active(&m), b);
	model_switch(&m, b);
	assert_int_equal(b->unread_line, id); /* until it is left */
	say(&m, b, "bo", "seen now");
	assert_int_equal(b->unread_line, id);
	model_switch(&m, a);
	assert_int_equal(b->unread_line, 0);
	model_deinit(&m);
}

static void
a_muted_room_tells_mentions_only(void **state)
{
	struct model m;
	struct room *b;

	(void)state;
	model_init(&m);
	open_room(&m, "a");
	b = open_room(&m, "b");
	b->muted = true;
	say(&m, b, "bo", "x");
	assert_int_equal(b->unread, 0);
	assert_null(model_next_active(&m));
	mention(&m, b);
	assert_int_equal(b->unread, 1);
	assert_ptr_equal(model_next_active(&m), b);
	model_deinit(&m);
}

static void
without_focus_nothing_is_read(void **state)
{
	struct room *a, *b;
	struct model m;
	uint64_t first, second;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	b = open_room(&m, "b");
	model_set_focus(&m, false);
	first = say(&m, a, "bo", "x");
	assert_int_equal(a->unread, 1);
	assert_int_equal(a->unread_line, first);
	say(&m, b, "bo", "x");
	model_switch(&m, b);
	assert_int_equal(b->unread, 1); /* shown, but nobody looks */
	model_set_focus(&m, true);
	assert_int_equal(b->unread, 0);
	model_switch(&m, a);
	first = say(&m, a, "bo", "seen");
	model_set_focus(&m, false);
	assert_int_equal(a->unread_line, 0);
	second = say(&m, a, "bo", "y");
	assert_int_equal(a->unread_line, second);
	model_set_focus(&m, true);
	assert_int_equal(a->unread_line, second);
	model_set_focus(&m, false);
	assert_int_equal(a->unread_line, second); /* nothing newer yet */
	first = say(&m, a, "bo", "z");
	assert_int_equal(a->unread_line, first);
	say(&m, a, "bo", "z");
	assert_int_equal(a->unread_line, first);
	model_deinit(&m);
}

static struct line *
last_line(const struct room *r)
{
	return scrollback_get(&r->lines, scrollback_last(&r->lines));
}

static const struct msgid no_id;

static void
wait_for(struct model *m, struct room *r, uint64_t number, enum line_kind kind,
    struct slice text)
{
	struct model_pending p = {
		.number = number, .kind = kind, .at = 1000, .text = text
	};

	model_add_pending(m, r, &p);
}

static void
waiting_and_delivered(void **state)
{
	struct model m;
	struct room *a, *b;

	(void)state;
	model_init(&m);
	model_set_nick(&m, SLICE("ana"));
	a = open_room(&m, "a");
	b = open_room(&m, "b");
	wait_for(&m, a, 7, LINE_MESSAGE, SLICE("one"));
	wait_for(&m, a, 7, LINE_MESSAGE, SLICE("again"));
	wait_for(&m, a, 8, LINE_ACTION, SLICE("two"));
	wait_for(&m, b, 9, LINE_MESSAGE, SLICE("three"));
	assert_int_equal(model_waiting(&m), 3);
	assert_int_equal(a->lines.n, 0);
	say(&m, a, "bo", "between");
	assert_false(model_settle(&m, 1, MARK_DELIVERED, no_id, SLICE("")));
	assert_true(model_settle(
	    &m, 8, MARK_DELIVERED, (struct msgid){ .ms = 2000 }, SLICE("")));
	assert_int_equal(model_waiting(&m), 2);
	assert_string_equal(text_of(a, 0), "two");
	assert_string_equal(text_of(a, 1), "between");
	assert_int_equal(last_line(a)->mark, MARK_DELIVERED);
	assert_int_equal(last_line(a)->at, 2000);
	assert_true(last_line(a)->own);
	assert_true(slice_is(line_nick(last_line(a)), "ana"));
	assert_true(model_settle(&m, 7, MARK_DELIVERED, no_id, SLICE("")));
	assert_int_equal(last_line(a)->at, 1000);
	assert_false(model_settle(&m, 7, MARK_DELIVERED, no_id, SLICE("")));
	assert_int_equal(model_waiting(&m), 1);
	model_close(&m, b);
	assert_false(model_settle(&m, 9, MARK_DELIVERED, no_id, SLICE("")));
	assert_int_equal(model_waiting(&m), 0);
	model_deinit(&m);
}

static void
sent_and_then_seen(void **state)
{
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	wait_for(&m, a, 1, LINE_MESSAGE, SLICE("x"));
	wait_for(&m, a, 2, LINE_MESSAGE, SLICE("y"));
	assert_true(model_settle(&m, 1, MARK_SENT, no_id, SLICE("")));
	assert_int_equal(model_waiting(&m), 1);
	assert_int_equal(last_line(a)->mark, MARK_SENT);
	say(&m, a, "bo", "later");
	assert_true(model_settle(&m, 1, MARK_DELIVERED, no_id, SLICE("")));
	assert_int_equal(a->lines.n, 2); /* where it was */
	assert_int_equal(
	    scrollback_get(&a->lines, SCROLLBACK_FIRST)->mark, MARK_DELIVERED);
	/* one that is sent, and cleared away before it is seen */
	assert_true(model_settle(&m, 2, MARK_SENT, no_id, SLICE("")));
	model_clear(a);
	assert_int_equal(a->lines.n, 0);
	assert_true(model_settle(&m, 2, MARK_DELIVERED, no_id, SLICE("")));
	assert_int_equal(a->lines.n, 0);
	assert_false(model_settle(&m, 2, MARK_DELIVERED, no_id, SLICE("")));
	model_deinit(&m);
}

static void
failed_with_a_reason(void **state)
{
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	wait_for(&m, a, 1, LINE_MESSAGE, SLICE("x"));
	assert_true(model_settle(&m, 1, MARK_FAILED, no_id, SLICE("too long")));
	assert_int_equal(a->lines.n, 2);
	assert_string_equal(text_of(a, 0), "not delivered: too long");
	assert_int_equal(last_line(a)->kind, LINE_ERROR);
	assert_int_equal(
	    scrollback_get(&a->lines, SCROLLBACK_FIRST)->mark, MARK_FAILED);
	assert_int_equal(model_waiting(&m), 0);
	model_deinit(&m);
}

static void
answering_takes_the_unread_line_away(void **state)
{
	struct model m;
	struct room *b;

	(void)state;
	model_init(&m);
	open_room(&m, "a");
	b = open_room(&m, "b");
	say(&m, b, "bo", "x");
	model_switch(&m, b);
	assert_int_not_equal(b->unread_line, 0);
	wait_for(&m, b, 1, LINE_MESSAGE, SLICE("x"));
	assert_int_equal(b->unread_line, 0);
	model_deinit(&m);
}

static void
people_are_sorted(void **state)
{
	static const char *const names[] = { "Zoë", "bo", "Ana", "émile", "cy",
		"ana" };
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	for (unsigned i = 0; i < 6; i++)
		model_add_person(a, slice_of(names[i]));
	assert_int_equal(a->n_people, 5);
	assert_string_equal(a->people[0].nick, "Ana");
	assert_string_equal(a->people[1].nick, "bo");
	assert_string_equal(a->people[2].nick, "cy");
	assert_string_equal(a->people[3].nick, "Zoë");
	assert_non_null(model_person(a, SLICE("ZOË")));
	assert_null(model_person(a, SLICE("zo")));
	model_remove_person(a, SLICE("BO"));
	model_remove_person(a, SLICE("nobody"));
	assert_int_equal(a->n_people, 4);
	assert_null(model_person(a, SLICE("bo")));
	assert_int_equal(a->lines.n, 0);
	model_clear_people(a);
	assert_int_equal(a->n_people, 0);
	assert_null(model_person(a, SLICE("cy")));
	model_deinit(&m);
}

static void
joins_and_leaves_fold(void **state)
{
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	model_add_person(a, SLICE("cy"));
	model_join(a, SLICE("ana"), 1);
	assert_string_equal(text_of(a, 0), "→ ana");
	model_join(a, SLICE("bo"), 2);
	model_join(a, SLICE("bo"), 2); /* no news */
	model_leave(a, SLICE("cy"), 3);
	model_leave(a, SLICE("nobody"), 3);
	assert_int_equal(a->lines.n, 1);
	assert_string_equal(text_of(a, 0), "→ ana, bo; ← cy");
	assert_int_equal(last_line(a)->at, 3);
	assert_int_equal(last_line(a)->kind, LINE_EVENT);
	model_leave(a, SLICE("ana"), 4);
	model_join(a, SLICE("cy"), 4);
	assert_string_equal(text_of(a, 0), "→ bo; →← ana; ←→ cy");
	model_join(a, SLICE("ana"), 4);
	assert_string_equal(text_of(a, 0), "→ ana, bo; ←→ cy");
	assert_int_equal(a->lines.n, 1);
	say(&m, a, "bo", "hi");
	model_leave(a, SLICE("bo"), 5);
	assert_int_equal(a->lines.n, 3);
	assert_string_equal(text_of(a, 0), "← bo");
	model_clear(a);
	model_join(a, SLICE("dan"), 6);
	assert_int_equal(a->lines.n, 1);
	assert_string_equal(text_of(a, 0), "→ dan");
	assert_int_equal(a->unread, 0);
	model_deinit(&m);
}

static void
a_crowd_is_counted(void **state)
{
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	for (unsigned i = 0; i < 1000; i++) {
		char nick[32];

		snprintf(nick, sizeof(nick), "n%u", i);
		model_join(a, slice_of(nick), 1);
	}
	assert_int_equal(a->lines.n, 1);
	assert_int_equal(a->n_people, 1000);
	assert_non_null(strstr(text_of(a, 0), "n19 and 980 more"));
	model_deinit(&m);
}

/* However many come, and go, and come again: not one line for each, and not
 * one name for each. */
static void
a_flood_of_people_is_bounded(void **state)
{
	struct model m;
	struct room *a;
	char nick[32];

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(nick, sizeof(nick), "n%05u", i);
		model_join(a, slice_of(nick), 1);
	}
	assert_int_equal(a->n_people, MODEL_PEOPLE_MAX);
	assert_int_equal(a->lines.n, 1);
	assert_non_null(strstr(text_of(a, 0), "n00019 and 4980 more"));
	assert_null(strstr(text_of(a, 0), "n00020"));
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(nick, sizeof(nick), "n%05u", 25 + i);
		model_leave(a, slice_of(nick), 1);
	}
	assert_int_equal(a->n_people, 25);
	assert_int_equal(a->lines.n, 1);
	assert_non_null(strstr(text_of(a, 0), "and 4980 more; ← 4975 more"));
	assert_int_equal(a->fold.n, MODEL_FOLD_NAMES);
	model_deinit(&m);
}

static void
rooms_are_bounded(void **state)
{
	struct room *a;
	struct model m;
	char name[32];

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	for (unsigned i = 1; i < 1000; i++) {
		struct room *r;

		snprintf(name, sizeof(name), "r%u", i);
		r = open_room(&m, name);
		assert_true((r != NULL) == (i < MODEL_ROOMS_MAX));
	}
	assert_int_equal(m.n_rooms, MODEL_ROOMS_MAX);
	assert_ptr_equal(open_room(&m, "A"), a);
	model_close(&m, a);
	assert_non_null(open_room(&m, "b"));
	assert_null(open_room(&m, "a"));
	model_deinit(&m);
}

static void
who_has_spoken_last(void **state)
{
	struct model_line own = { .nick = SLICE("me"), .own = true };
	struct model_line event = { .kind = LINE_EVENT, .nick = SLICE("ev") };
	struct model m;
	struct room *a;
	char nick[32];

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	say(&m, a, "", "from nobody");
	model_add(&m, a, &own);
	model_add(&m, a, &event);
	assert_int_equal(a->n_recent, 0);
	say(&m, a, "Ana", "x");
	say(&m, a, "bo", "x");
	say(&m, a, "cy", "x");
	say(&m, a, "ANA", "x"); /* one and the same */
	assert_int_equal(a->n_recent, 3);
	assert_string_equal(a->recent[0].nick, "ANA");
	assert_string_equal(a->recent[1].nick, "cy");
	assert_string_equal(a->recent[2].nick, "bo");
	assert_true(model_is_recent(a, "ana"));
	assert_false(model_is_recent(a, "dan"));
	model_rename(&m, SLICE("cy"), SLICE("dan"), 1);
	assert_string_equal(a->recent[1].nick, "dan");
	assert_false(model_is_recent(a, "cy"));
	model_rename(&m, SLICE("bo"), SLICE("Dan"), 1);
	model_rename(&m, SLICE("nobody"), SLICE("x"), 1);
	assert_int_equal(a->n_recent, 2);
	assert_string_equal(a->recent[1].nick, "Dan");
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(nick, sizeof(nick), "n%u", i);
		say(&m, a, nick, "x");
	}
	assert_int_equal(a->n_recent, MODEL_RECENT_MAX);
	assert_string_equal(a->recent[0].nick, "n999");
	assert_string_equal(a->recent[MODEL_RECENT_MAX - 1].nick, "n950");
	model_deinit(&m);
}

static void
names_change(void **state)
{
	struct room *a, *b, *c;
	struct model m;

	(void)state;
	model_init(&m);
	model_set_nick(&m, SLICE("ana"));
	a = open_room(&m, "a");
	b = open_room(&m, "b");
	c = open_room(&m, "c");
	model_add_person(a, SLICE("ana"));
	model_add_person(b, SLICE("ana"));
	model_add_person(b, SLICE("anna"));
	say(&m, a, "ana", "x");
	model_rename(&m, SLICE("ana"), SLICE("anna"), 1);
	assert_string_equal(m.nick, "anna");
	assert_string_equal(text_of(a, 0), "ana is now anna");
	assert_null(model_person(a, SLICE("ana")));
	assert_string_equal(a->recent[0].nick, "anna");
	assert_int_equal(b->n_people, 1);
	assert_int_equal(c->lines.n, 0);
	model_rename(&m, SLICE("anna"), SLICE("Anna"), 1);
	assert_string_equal(a->people[0].nick, "Anna");
	model_rename(&m, SLICE("nobody"), SLICE("x"), 1);
	assert_int_equal(a->lines.n, 3);
	assert_int_equal(a->unread + b->unread, 0);
	model_deinit(&m);
}

static void
nick_column_has_a_bound(void **state)
{
	struct model m;
	struct room *a;

	(void)state;
	model_init(&m);
	a = open_room(&m, "a");
	say(&m, a, "bo", "x");
	assert_int_equal(a->nick_columns, 2);
	say(&m, a, "日本", "x");
	assert_int_equal(a->nick_columns, 4);
	say(&m, a, "a very long nick that goes on", "x");
	assert_int_equal(a->nick_columns, MODEL_NICK_COLUMNS);
	model_deinit(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rooms_in_order),
		cmocka_unit_test(closing_goes_back),
		cmocka_unit_test(unread_and_mentions),
		cmocka_unit_test(a_muted_room_tells_mentions_only),
		cmocka_unit_test(without_focus_nothing_is_read),
		cmocka_unit_test(waiting_and_delivered),
		cmocka_unit_test(sent_and_then_seen),
		cmocka_unit_test(failed_with_a_reason),
		cmocka_unit_test(answering_takes_the_unread_line_away),
		cmocka_unit_test(people_are_sorted),
		cmocka_unit_test(joins_and_leaves_fold),
		cmocka_unit_test(a_crowd_is_counted),
		cmocka_unit_test(a_flood_of_people_is_bounded),
		cmocka_unit_test(rooms_are_bounded),
		cmocka_unit_test(who_has_spoken_last),
		cmocka_unit_test(names_change),
		cmocka_unit_test(nick_column_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
