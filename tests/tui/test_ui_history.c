#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_chat.h"
#include "ui_stage.h"

enum { SECOND = 1000 };

/* The id of the message with that number; see talk(). */
static const char *
id_of(unsigned n)
{
	static char text[32];

	snprintf(text, sizeof(text), "%llu-0",
	    1700000000000ULL + n * (unsigned long long)SECOND);
	return text;
}

static void
keys(const char *key, unsigned times)
{
	while (times-- > 0)
		ui_key(ui, key);
}

/* An answer with the messages [from, to] of the room. */
static void
page(const char *room, unsigned from, unsigned to, bool more, bool newer)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"ok\":true,\"messages\":[");
	for (unsigned n = from; n <= to; n++)
		buf_printf(&b,
		    "%s[\"text "
		    "<%u>\",{\"id\":\"%s\",\"seq\":%u,\"room\":\"%s\","
		    "\"nick\":\"bo\"}]",
		    n > from ? "," : "", n, id_of(n), n, room);
	buf_printf(&b, "],\"more\":%s,\"newer\":%s}", more ? "true" : "false",
	    newer ? "true" : "false");
	buf_putc(&b, '\0');
	answer(true, b.p);
	buf_deinit(&b);
}

/* What was asked until now is not looked at. */
static void
settle(void)
{
	free(screen());
	fake_chat_clear_log();
}

static void
talk_some(unsigned from, unsigned to)
{
	char text[32];

	for (unsigned n = from; n <= to; n++) {
		snprintf(text, sizeof(text), "text <%u>", n);
		talk("lobby", "bo", text, n);
	}
	settle();
}

static void
assert_asked_history(const char *which, unsigned n)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "history {\"room\":\"lobby\",\"%s\":\"%s\",\"limit\":100}\n", which,
	    id_of(n));
	assert_asked_chat(text);
}

/* Scrolling up asks for what is above, which comes without moving what is
 * seen, until there is no more. */
static void
history_comes_by_scrolling_up(void **state)
{
	char *before, *after;

	(void)state;
	online("ana");
	talk_some(151, 200);
	keys("PageUp", 1);
	assert_asked_chat(""); /* far from the top */
	keys("PageUp", 3);
	assert_asked_history("before", 151);
	assert_shows("loading older messages…");
	keys("PageUp", 1); /* once is enough */
	assert_asked_chat("");
	keys("C-Down", 2);
	before = screen();
	page("lobby", 51, 150, true, false);
	after = screen();
	/* the row with "loading" is a message again, the rest is as it was */
	assert_string_equal(strstr(after, "<153>"), strstr(before, "<153>"));
	assert_shows_not("loading");
	keys("M-<", 1);
	assert_asked_history("before", 51);
	page("lobby", 1, 50, false, false);
	keys("M-<", 1);
	assert_shows("beginning of the history");
	assert_shows("text <1>");
	keys("PageUp", 2);
	assert_asked_chat("");
	keys("M->", 1);
	assert_shows("text <200>");
	free(before);
	free(after);
}

static void
history_that_cannot_be_had(void **state)
{
	(void)state;
	online("ana");
	talk_some(151, 160);
	keys("PageUp", 1);
	assert_asked_history("before", 151);
	answer(false, "the store is locked");
	assert_shows("! /history: the store is locked");
	assert_shows_not("loading");
	keys("PageUp", 1); /* it may go by now */
	assert_asked_history("before", 151);
	/* what was asked for before it was emptied is not for it */
	enter("/clear");
	page("lobby", 100, 150, true, false);
	assert_shows_not("<150>");
	fake_chat_status(chat)->phase = CHAT_WAITING;
	fake_chat_tell_status(chat);
	keys("PageUp", 1);
	assert_asked_chat("");
}

static void
the_first_message_is_the_beginning(void **state)
{
	(void)state;
	online("ana");
	talk_some(1, 3);
	keys("PageUp", 1);
	assert_asked_chat("");
	assert_shows("beginning of the history");
}

/* --- finding -----------------------------------------------------------------
 */

static void
found_here(void **state)
{
	(void)state;
	online("ana");
	talk_some(101, 200);
	enter("/search in:lobby text");
	assert_asked_chat("search {\"room\":\"lobby\",\"text\":\"text\"}\n");
	answer(true, "{\"ok\":true,\"messages\":[[\"text <120>\",{\"id\":"
		     "\"1700000120000-0\",\"room\":\"lobby\",\"nick\":\"bo\","
		     "\"seq\":120}]],\"more\":false}");
	assert_shows("Found: in:lobby text");
	assert_shows("lobby  bo  text <120>");
	type("x"); /* is no message */
	assert_input("");
	ui_key(ui, "Enter");
	assert_asked_chat(""); /* it is here already */
	assert_shows("text <120>");
	assert_shows_not("Found");
	assert_shows("more below");
}

static void
found_elsewhere(void **state)
{
	(void)state;
	online("ana");
	talk_some(901, 950);
	enter("/mentions");
	assert_asked_chat("mentions {}\n");
	answer(true,
	    "{\"ok\":true,\"messages\":[[\"new\",{\"id\":\"1700000900000-"
	    "0\",\"room\":\"dev\",\"nick\":\"bo\"}],[\"old\",{\"id\":"
	    "\"1700000500000-0\",\"room\":\"lobby\",\"nick\":\"cy\"}]],"
	    "\"more\":true}");
	assert_shows("Mentions of you");
	ui_key(ui, "Down");
	assert_asked_chat("mentions {\"before\":\"1700000500000-0\"}\n");
	answer(true, "{\"ok\":true,\"messages\":[],\"more\":false}");
	ui_key(ui, "Enter");
	assert_asked_history("around", 500);
	page("lobby", 450, 549, true, true);
	assert_shows("text <500>");
	assert_shows("from the history; Esc goes back to now");
	/* what is said now is not in it */
	talk("lobby", "bo", "just now", 951);
	assert_shows_not("just now");
	/* older and newer ones come by scrolling */
	keys("PageUp", 4);
	assert_asked_history("before", 450);
	page("lobby", 350, 449, true, false);
	keys("PageUp", 1);
	assert_shows("text <44");
	keys("M->", 1);
	assert_shows("just now");
	assert_shows_not("from the history");
}

static void
newer_ones_come_by_scrolling_down(void **state)
{
	(void)state;
	online("ana");
	talk_some(301, 302);
	enter("/mentions");
	answer(true,
	    "{\"ok\":true,\"messages\":[[\"old\",{\"id\":"
	    "\"1700000100000-0\",\"room\":\"lobby\",\"nick\":\"cy\"}]],"
	    "\"more\":false}");
	ui_key(ui, "Enter");
	fake_chat_clear_log();
	page("lobby", 91, 110, true, true);
	keys("PageDown", 2);
	assert_asked_history("after", 110);
	page("lobby", 111, 130, false, false);
	keys("PageDown", 2);
	assert_shows("text <130>");
	assert_shows("from the history");
	/* behind the last one is now */
	keys("PageDown", 1);
	assert_shows("text <302>");
	assert_shows_not("from the history");
}

static void
nothing_found(void **state)
{
	(void)state;
	online("ana");
	talk_some(1, 2);
	enter("/search nothing");
	answer(true, "{\"ok\":true,\"messages\":[],\"more\":false}");
	assert_shows("! nothing found");
	assert_shows("text <2>");
	enter("/mentions");
	ui_key(ui, "x");
	answer(false, "not now");
	assert_shows("! /mentions: not now");
	/* a message that is gone by now */
	enter("/mentions");
	answer(true,
	    "{\"ok\":true,\"messages\":[[\"old\",{\"id\":"
	    "\"1600000100000-0\",\"room\":\"lobby\",\"nick\":\"cy\"}]],"
	    "\"more\":false}");
	ui_key(ui, "Enter");
	page("lobby", 91, 110, true, true);
	assert_shows("! that message is not there any more");
	assert_shows("text <2>");
	/* Esc closes the list */
	enter("/mentions");
	answer(true,
	    "{\"ok\":true,\"messages\":[[\"old\",{\"id\":"
	    "\"1600000100000-0\",\"room\":\"lobby\",\"nick\":\"cy\"}]],"
	    "\"more\":false}");
	assert_shows("Mentions of you");
	ui_key(ui, "Escape");
	assert_shows_not("Mentions of you");
}

/* --- what has been read
 * -------------------------------------------------------
 */

static void
room_state(const char *room, const char *read, unsigned unread, bool entered)
{
	struct chat_room_state st = { .room = slice_of(room),
		.joined = true,
		.entered = entered,
		.moved = !entered,
		.marked = true,
		.read = slice_of(read),
		.unread = unread,
		.seq = 9 };

	fake_chat_room(chat, &st);
}

static void
tells_what_was_seen(void **state)
{
	(void)state;
	online("ana");
	event(CHAT_JOINED, "dev", "ana", "", true);
	talk("lobby", "bo", "hello", 1);
	assert_shows("hello");
	assert_asked_chat("read lobby 1700000001000-0\n");
	assert_shows("hello");
	assert_asked_chat(""); /* once */
	/* not what is elsewhere, or while nobody looks */
	talk("dev", "bo", "in dev", 2);
	ui_focus(ui, false);
	talk("lobby", "bo", "unseen", 3);
	assert_shows("unseen");
	assert_asked_chat("");
}

static void
the_unread_line_is_where_it_was_left(void **state)
{
	(void)state;
	online("ana");
	event(CHAT_JOINED, "dev", "ana", "", true);
	room_state("dev", id_of(2), 2, true);
	for (unsigned n = 1; n <= 4; n++)
		talk("dev", "bo", n == 2 ? "seen" : n == 3 ? "unseen" : "x", n);
	ui_key(ui, "M-2");
	assert_shows("seen\n╌");
	assert_shows("unseen");
	fake_chat_clear_log();
	/* read at another machine: nothing is new any more */
	event(CHAT_JOINED, "ops", "ana", "", true);
	talk("ops", "bo", "in ops", 5);
	assert_shows("[Act: 3]");
	room_state("ops", id_of(5), 0, false);
	assert_shows_not("[Act:");
}

/* --- choosing a message
 * ---------------------------------------------------------
 */

static void
answers_a_message(void **state)
{
	(void)state;
	online("ana");
	talk("lobby", "bo", "one", 1);
	talk("lobby", "cy", "two", 2);
	talk("lobby", "ana", "three", 3);
	settle();
	type("a draft");
	ui_key(ui, "C-s");
	assert_shows("[select]");
	type("kkjr");
	assert_shows("[reply to cy] a draft");
	ui_key(ui, "C-u");
	enter("yes");
	assert_asked_chat("reply 1700000002000-0 lobby yes\n");
	assert_shows("┌ cy: two");
	assert_shows("yes");
	assert_shows("[lobby]");
	/* and lets it be */
	ui_key(ui, "C-s");
	type("kr");
	assert_shows("[reply to cy]");
	ui_key(ui, "Escape");
	assert_shows("[lobby]");
	/* from another room nothing is answered */
	event(CHAT_JOINED, "dev", "ana", "", true);
	ui_key(ui, "C-s");
	type("r");
	ui_key(ui, "M-2");
	assert_shows("[dev]");
	ui_key(ui, "M-1");
	assert_shows("[lobby]");
}

static void
changes_messages(void **state)
{
	(void)state;
	online("ana");
	talk("lobby", "bo", "theirs", 1);
	talk("lobby", "ana", "mine", 2);
	settle();
	type("a draft");
	ui_key(ui, "C-s");
	type("e");
	assert_shows("[edit] mine");
	type("!");
	ui_key(ui, "Enter");
	assert_asked_chat(
	    "edit {\"id\":\"1700000002000-0\",\"text\":\"mine!\"}\n");
	answer(true, "{\"ok\":true}");
	assert_input("a draft");
	ui_key(ui, "C-u");
	/* not somebody else's */
	ui_key(ui, "C-s");
	type("ke");
	assert_shows("only your own messages can be edited");
	type("d");
	assert_shows("only your own messages can be deleted");
	/* asks before it deletes */
	type("jd");
	assert_shows("delete it?");
	type("n");
	assert_asked_chat("");
	type("d");
	type("y");
	assert_asked_chat("delete {\"id\":\"1700000002000-0\"}\n");
	answer(false, "too late");
	assert_shows("/change: too late");
}

static void
reacts(void **state)
{
	(void)state;
	online("ana");
	talk("lobby", "bo", "theirs", 1);
	settle();
	ui_key(ui, "C-s");
	type("a");
	assert_shows("react with:");
	ui_key(ui, "Enter");
	assert_asked_chat(
	    "react {\"id\":\"1700000001000-0\",\"emoji\":\"👍\"}\n");
	answer(true, "{\"ok\":true}");
	ui_key(ui, "C-s");
	type("a");
	type("🦊");
	ui_key(ui, "Enter");
	assert_asked_chat(
	    "react {\"id\":\"1700000001000-0\",\"emoji\":\"🦊\"}\n");
}

static void
copies_and_opens(void **state)
{
	(void)state;
	online("ana");
	talk("lobby", "bo", "see (https://a.org/b?c=d), or not", 1);
	talk("lobby", "bo", "ftp://a.org javascript:alert(1)", 2);
	turn();
	buf_clear(&asked);
	ui_key(ui, "C-s");
	type("ko");
	assert_asked("open(https://a.org/b?c=d) ");
	ui_key(ui, "C-s");
	type("o");
	assert_shows("there is no URL in it");
	type("y");
	assert_asked("copy(ftp://a.org javascript:alert(1)) ");
	ui_key(ui, "C-y");
	assert_input("ftp://a.org javascript:alert(1)");
}

/* --- what others do
 * --------------------------------------------------------------
 */

static void
change(enum chat_change_type type, unsigned n, const char *text,
    const struct chat_reactions *reactions)
{
	struct chat_change ch = { .type = type,
		.room = SLICE_INIT("lobby"),
		.nick = SLICE_INIT("bo"),
		.text = slice_of(text),
		.reactions = reactions };

	ch.id = slice_of(id_of(n));
	fake_chat_change(chat, &ch);
}

static void
messages_change(void **state)
{
	struct chat_reactions r = { .n = 2 };

	(void)state;
	online("ana");
	talk("lobby", "bo", "first", 1);
	talk("lobby", "bo", "second", 2);
	change(CHAT_EDITED, 1, "another", NULL);
	assert_shows("another (edited)");
	assert_shows_not("first");
	r.v[0] = (struct chat_reaction){ .emoji = SLICE("👍"),
		.nicks = SLICE("cy\nana"),
		.n = 2,
		.own = true };
	r.v[1] = (struct chat_reaction){
		.emoji = SLICE("🎉"), .nicks = SLICE("a\nb\nc\nd"), .n = 4
	};
	change(CHAT_REACTION, 2, "", &r);
	assert_shows("cy, ana");
	assert_shows("🎉 4");
	fake_chat_clear_log();
	/* the same one again takes it off */
	ui_key(ui, "C-s");
	type("a");
	ui_key(ui, "Enter");
	assert_asked_chat("react {\"id\":\"1700000002000-0\",\"emoji\":\"👍\","
			  "\"on\":false}\n");
	change(CHAT_DELETED, 2, "", NULL);
	assert_shows("deleted by bo");
	assert_shows_not("second");
	assert_shows_not("cy, ana");
	/* one that is not here */
	change(CHAT_EDITED, 77, "nowhere", NULL);
	assert_shows_not("nowhere");
}

static void
somebody_is_typing(void **state)
{
	unsigned before = fake_chat_typing();

	(void)state;
	online("ana");
	event(CHAT_TYPING, "lobby", "bo", "", false);
	assert_shows("bo is typing");
	event(CHAT_TYPING, "lobby", "cy", "", false);
	assert_shows("bo and cy are typing");
	assert_in_range(ui_draw_again_ms(ui), 1, 6000);
	message("lobby", "bo", "said", false);
	assert_shows("cy is typing");
	assert_shows_not("bo is typing");
	event(CHAT_TYPING, "lobby", "cy\x1b[2J", "", false);
	assert_shows_not("\x1b");
	/* what we write is told, but not commands */
	type("hello");
	assert_int_equal(fake_chat_typing(), before + 1);
	ui_key(ui, "C-u");
	type("/help");
	assert_int_equal(fake_chat_typing(), before + 1);
}

static void
direct_rooms_go_by_the_nick(void **state)
{
	struct chat_message m = { .room =
				      SLICE_INIT("@aaaaaaaaaaaa,bbbbbbbbbbbb"),
		.with = SLICE_INIT("bo"),
		.nick = SLICE_INIT("bo"),
		.text = SLICE_INIT("psst"),
		.id = SLICE_INIT("1700000001000-0"),
		.at = 1700000001000 };
	static const struct chat_reactions none;

	(void)state;
	m.reactions = &none;
	online("ana");
	ui_focus(ui, false);
	turn();
	buf_clear(&asked);
	fake_chat_message(chat, &m);
	turn();
	assert_asked("bell notify(bo|psst) draw ");
	assert_shows("[Act: @2]");
	ui_focus(ui, true);
	enter("/msg bo");
	assert_shows("[@bo]");
	assert_asked_chat("read @aaaaaaaaaaaa,bbbbbbbbbbbb 1700000001000-0\n");
	enter("hi");
	assert_asked_chat("say @aaaaaaaaaaaa,bbbbbbbbbbbb hi\n");
	event(CHAT_NICK, "", "bo", "bob", false);
	assert_shows("[@bob]");
	/* opened by the nick, before its name was known */
	enter("/msg cy psst");
	ui_key(ui, "M-3");
	assert_shows("[@cy]");
	m.room = SLICE("@aaaaaaaaaaaa,cccccccccccc");
	m.with = m.nick = SLICE("cy");
	m.text = SLICE("what?");
	fake_chat_message(chat, &m);
	assert_shows("what?");
	assert_shows("⋯ psst");
}

static void
passwords_are_not_shown_or_kept(void **state)
{
	(void)state;
	online("ana");
	type("/register secret");
	assert_shows("/register ******");
	assert_shows_not("sec");
	ui_key(ui, "Enter");
	assert_asked_chat("register secret\n");
	ui_key(ui, "Up");
	assert_input("");
	type("/login bo hush");
	assert_shows("/login bo ****");
	ui_key(ui, "C-c");
	ui_key(ui, "Up");
	assert_input("");
	/* a wrong one can be mended */
	enter("/login bo");
	assert_input("/login bo");
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(history_comes_by_scrolling_up),
		test(history_that_cannot_be_had),
		test(the_first_message_is_the_beginning),
		test(found_here),
		test(found_elsewhere),
		test(newer_ones_come_by_scrolling_down),
		test(nothing_found),
		test(tells_what_was_seen),
		test(the_unread_line_is_where_it_was_left),
		test(answers_a_message),
		test(changes_messages),
		test(reacts),
		test(copies_and_opens),
		test(messages_change),
		test(somebody_is_typing),
		test(direct_rooms_go_by_the_nick),
		test(passwords_are_not_shown_or_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
