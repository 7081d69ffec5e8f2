#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fake_chat.h"
#include "ui_stage.h"

static void
begins(void **state)
{
	(void)state;
	assert_shows("F1 is help");
	assert_shows("connecting…");
	assert_shows("[lobby]");
	online("ana");
	assert_shows("connected to here:3000 (chat 1) as ana");
	turn();
	assert_asked("draw "); /* once */
	turn();
	assert_asked("");
	assert_in_range(ui_draw_again_ms(ui), 1, 60000);
}

static void
loses_the_connection_and_has_it_again(void **state)
{
	(void)state;
	online("ana");
	assert_shows_not("(not joined)");
	offline("gone away", 2500);
	assert_shows("not connected: gone away;");
	assert_shows("! gone away");
	assert_shows("retry in 3 s");
	assert_shows("(not joined)");
	assert_in_range(ui_draw_again_ms(ui), 1, 1000);
	online("ana");
	assert_shows("connected again");
	assert_shows_not("(not joined)");
	offline("sent away", 0);
	assert_shows("disconnected; /reconnect");
	enter("/reconnect");
	assert_asked_chat("retry\n");
}

static unsigned
count(const char *text)
{
	char *s = screen();
	unsigned n = 0;

	for (const char *p = s; (p = strstr(p, text)) != NULL; p++)
		n++;
	free(s);
	return n;
}

/* The reason is a line of the room, once for each reason. */
static void
never_had_a_connection(void **state)
{
	(void)state;
	offline("nobody there", 1000);
	assert_shows("!! │ not connected: nobody there;");
	for (int i = 0; i < 5; i++) {
		fake_chat_status(chat)->phase = CHAT_CONNECTING;
		fake_chat_tell_status(chat);
		offline("nobody there", 1000);
		fake_chat_tell_status(chat);
	}
	assert_int_equal(count("!! │"), 1);
	offline("bad certificate", 1000);
	assert_shows("!! │ not connected: bad certificate;");
	assert_int_equal(count("!! │"), 2);
	online("ana");
	offline("bad certificate", 1000);
	assert_int_equal(count("!! │"), 3);
	/* from here on it stands above the status line only */
	offline("nobody there", 1000);
	assert_shows("! nobody there");
	assert_int_equal(count("!! │"), 3);
}

static void
shows_what_others_say(void **state)
{
	(void)state;
	online("ana");
	message("lobby", "bo", "hi there", false);
	assert_shows("bo │ hi there");
	message("", "bo", "no room told", false);
	assert_shows("no room told");
	message("lobby", "bo", "/me waves", false);
	assert_shows("bo waves");
	assert_shows_not("/me");
	message("other", "cy", "elsewhere", false);
	assert_shows_not("elsewhere");
	ui_key(ui, "M-2");
	assert_shows("elsewhere");
	enter("/ignore bo");
	message("other", "Bo", "unheard", false);
	assert_shows_not("unheard");
}

static void
rings_for_a_mention(void **state)
{
	(void)state;
	online("ana");
	message("lobby", "bo", "ana!", false); /* it is looked at */
	message("other", "bo", "banana", false);
	turn();
	assert_asked("draw ");
	message("other", "bo", "ana!", false);
	assert_asked("bell ");
	ui_focus(ui, false);
	message("lobby", "bo", "Ana; you!", false);
	assert_asked("bell notify(bo in lobby|Ana; you!) ");
	message("lobby", "bo", "ana!", true); /* told again */
	assert_asked("");
	enter("/set notify off");
	message("lobby", "bo", "Ana!", false);
	assert_asked("bell ");
	ui_focus(ui, true);
	enter("/set bell off");
	message("other", "bo", "ana!", false);
	assert_asked("");
}

static void
sends(void **state)
{
	(void)state;
	online("ana");
	enter("hello");
	assert_asked_chat("say lobby hello\n");
	assert_input("");
	assert_shows("⋯ hello");
	entry(1, CHAT_ENTRY_DELIVERED, "lobby", "hello", "");
	assert_shows("✓ hello");
	enter("again");
	entry(2, CHAT_ENTRY_SENT, "lobby", "again", "");
	assert_shows("again");
	enter("bad");
	entry(3, CHAT_ENTRY_FAILED, "lobby", "bad", "too\nrude");
	assert_shows("not delivered: too rude");
	ui_key(ui, "Up");
	assert_input("bad");
	ui_key(ui, "Enter");
	fake_chat_clear_log();
	enter("/msg bo psst");
	entry(5, CHAT_ENTRY_FAILED, "@bo", "psst", "nobody");
	assert_shows("to @bo, not delivered: nobody");
	/* newlines at the end are no part of it */
	fake_chat_clear_log();
	type("x");
	ui_key(ui, "M-Enter");
	ui_key(ui, "Enter");
	ui_key(ui, "Enter");
	assert_asked_chat("say lobby x\n");
}

/* A room that was opened for nothing goes again. */
static void
a_refused_private_message(void **state)
{
	(void)state;
	online("ana");
	enter("/msg bo one");
	enter("/msg bo two");
	entry(1, CHAT_ENTRY_FAILED, "@bo", "one", "nobody");
	ui_key(ui, "M-j");
	assert_shows("\n @bo\n");
	entry(2, CHAT_ENTRY_FAILED, "@bo", "two", "nobody");
	assert_shows("to @bo, not delivered: nobody");
	assert_shows_not("go to room");
	ui_key(ui, "M-2");
	assert_shows("[lobby]");
	/* one in which somebody has spoken stays */
	message("@cy", "cy", "psst", false);
	enter("/msg cy what?");
	entry(3, CHAT_ENTRY_FAILED, "@cy", "what?", "gone");
	ui_key(ui, "M-2");
	assert_shows("[@cy]");
	assert_shows("psst");
	assert_shows("not delivered: gone");
	/* and one that is looked at */
	enter("/msg dan x");
	ui_key(ui, "M-3");
	entry(4, CHAT_ENTRY_FAILED, "@dan", "x", "gone");
	assert_shows("[@dan]");
	assert_shows("✗ x");
}

static void
too_many_rooms(void **state)
{
	struct chat_reply ok = { .ok = true, .json = SLICE("{\"ok\":true}") };
	char name[32];

	(void)state;
	online("ana");
	event(CHAT_TOPIC, "lobby", "", "the lobby's topic", false);
	event(CHAT_MEMBER, "lobby", "cy", "", false);
	for (int i = 1; i < 400; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		event(CHAT_JOINED, name, "ana", "", true);
	}
	/* what happens in others is for nobody */
	event(CHAT_JOINED, "r300", "ana", "", true);
	event(CHAT_TOPIC, "r300", "", "another topic", false);
	event(CHAT_MEMBER, "r300", "dan", "", false);
	event(CHAT_JOINED, "r300", "eve", "", false);
	event(CHAT_LEFT, "r300", "cy", "", false);
	event(CHAT_LEFT, "r300", "ana", "", true);
	assert_shows("the lobby's topic");
	assert_shows_not("another topic");
	assert_shows_not("eve");
	assert_shows_not("you have left");
	/* what is said is shown */
	message("r256", "bo", "hello there", false);
	assert_shows("bo │ [r256] hello there");
	message("r256", "bo", "/me waves", false);
	assert_shows("bo [r256] waves");
	event(CHAT_NOTICE, "r256", "", "maintenance", false);
	assert_shows("maintenance");
	message("r255", "bo", "in its room", false);
	assert_shows_not("in its room");
	enter("/join r256");
	fake_chat_answer(chat, &ok);
	assert_shows("too many rooms are open");
	assert_shows("[lobby]");
	fake_chat_clear_log();
	enter("/msg bo psst");
	assert_asked_chat("say @bo psst\n");
	assert_shows("⋯ psst");
	entry(1, CHAT_ENTRY_FAILED, "@bo", "psst", "gone");
	assert_shows("✗ psst");
	assert_shows("not delivered: gone");
}

static void
what_was_waiting_is_shown(void **state)
{
	(void)state;
	entry(1, CHAT_ENTRY_WAITING, "dev", "from yesterday", "");
	online("ana");
	ui_key(ui, "C-n");
	assert_shows("me ⋯ from yesterday");
	entry(1, CHAT_ENTRY_DELIVERED, "dev", "from yesterday", "");
	assert_shows("✓ from yesterday");
}

static void
a_wrong_command_can_be_mended(void **state)
{
	(void)state;
	online("ana");
	enter("/jion dev");
	assert_asked_chat("");
	assert_input("/jion dev");
	assert_shows("! there is no command /jion");
	ui_key(ui, "Left");
	assert_shows_not("there is no command /jion");
	assert_input("/jion dev");
	fake_chat_refuse(chat, "disk full");
	ui_key(ui, "C-u");
	ui_key(ui, "C-k");
	enter("precious");
	assert_input("precious");
	assert_shows("! disk full");
}

static void
each_room_has_its_line(void **state)
{
	(void)state;
	online("ana");
	event(CHAT_JOINED, "dev", "ana", "", true);
	type("for the lobby");
	ui_key(ui, "C-n");
	assert_input("");
	type("for dev");
	ui_key(ui, "C-p");
	assert_input("for the lobby");
	ui_key(ui, "M-/");
	assert_input("for dev");
	ui_key(ui, "C-u");
	enter("/window lobby");
	assert_input("for the lobby");
	ui_key(ui, "C-n");
	assert_input("");
}

static void
joins_and_leaves_rooms(void **state)
{
	struct chat_reply ok = { .ok = true, .json = SLICE("{\"ok\":true}") };
	struct chat_reply no = { .code = SLICE("unknown-event"),
		.message = SLICE("x"),
		.json = SLICE("") };

	(void)state;
	online("ana");
	enter("/join dev");
	event(CHAT_JOINED, "dev", "ana", "", true);
	event(CHAT_TOPIC, "dev", "", "all about it", false);
	event(CHAT_MEMBER, "dev", "ana", "", false);
	event(CHAT_MEMBER, "dev", "bo", "", false);
	message("dev", "bo", "ana, before you came", true);
	assert_true(fake_chat_answer(chat, &ok));
	assert_shows("[dev]");
	assert_shows("all about it");
	assert_shows_not("unread");
	event(CHAT_JOINED, "dev", "cy", "", false);
	assert_shows("cy");
	event(CHAT_LEFT, "dev", "cy", "", false);
	event(CHAT_NICK, "", "bo", "bob", false);
	assert_shows("bob");
	event(CHAT_TOPIC, "dev", "bob", "something else", false);
	assert_shows("bob has set the topic: something else");
	event(CHAT_NOTICE, "", "", "maintenance", false);
	assert_shows("maintenance");
	event(CHAT_LEFT, "dev", "ana", "thrown out", true);
	assert_shows("you have left dev: thrown out");
	enter("/part");
	fake_chat_answer(chat, &ok);
	assert_shows("[lobby]");
	/* the last one stays */
	enter("/part");
	fake_chat_answer(chat, &ok);
	assert_shows("[lobby]");
	enter("/part");
	fake_chat_answer(chat, &no);
	assert_shows("this server knows no /part");
	enter("/set joins off");
	event(CHAT_JOINED, "lobby", "dan", "", false);
	assert_shows_not("dan");
	event(CHAT_LEFT, "lobby", "dan", "", false);
	enter("/clear");
	assert_shows_not("dan");
}

static void
joins_the_rooms_of_the_options(void **state)
{
	struct chat_event no = { .type = CHAT_REFUSED,
		.room = SLICE_INIT("ops"),
		.text = SLICE_INIT("not for\nyou"),
		.code = SLICE_INIT("denied") };

	(void)state;
	online("ana");
	assert_shows("[dev]");
	assert_shows("(not joined)");
	event(CHAT_JOINED, "dev", "ana", "", true);
	assert_shows_not("(not joined)");
	fake_chat_event(chat, &no);
	ui_key(ui, "M-2");
	assert_shows("can't join ops: not for you");
	offline("gone", 1000);
	online("ana");
	assert_asked_chat(""); /* the chat does it */
}

static void
a_classic_server(void **state)
{
	(void)state;
	fake_chat_status(chat)->classic = true;
	online("");
	assert_asked_chat("");
	assert_shows("a plain");
	assert_shows("Socket.IO server");
	enter("hi");
	assert_shows("me ⋯ hi");
	message("lobby", "", "from nobody", false);
	assert_shows("│ from nobody");
}

static void
pastes_never_send(void **state)
{
	char *big = xmalloc(CHAT_TEXT_MAX + 1);

	(void)state;
	online("ana");
	type("> ");
	ui_paste(ui, SLICE("one\r\ntwo\rthree\n\x1b[2J\t\xff"), false);
	assert_asked_chat("");
	assert_input("> one\ntwo\nthree\n\xef\xbf\xbd[2J \xef\xbf\xbd");
	ui_key(ui, "C-_");
	assert_input("> ");
	memset(big, 'x', CHAT_TEXT_MAX + 1);
	ui_paste(ui, (struct slice){ big, CHAT_TEXT_MAX + 1 }, false);
	assert_input("> ");
	assert_shows("! no room: a message holds 65536 bytes");
	ui_paste(ui, SLICE("cut"), true);
	assert_input("> ");
	ui_key(ui, "C-u");
	ui_paste(ui, (struct slice){ big, CHAT_TEXT_MAX }, false);
	assert_int_equal(ui_input(ui).len, CHAT_TEXT_MAX);
	type("y");
	assert_int_equal(ui_input(ui).len, CHAT_TEXT_MAX);
	assert_shows("! no room");
	free(big);
}

static void
searches_the_history(void **state)
{
	(void)state;
	online("ana");
	enter("first line");
	enter("second");
	fake_chat_clear_log();
	ui_key(ui, "C-r");
	type("fir");
	assert_shows("history 'fir': first line");
	type("x");
	assert_shows("nothing found");
	ui_key(ui, "Backspace");
	ui_key(ui, "Enter");
	assert_input("first line");
	assert_asked_chat("");
	ui_key(ui, "C-c");
	assert_input("");
	ui_key(ui, "C-r");
	type("sec");
	ui_key(ui, "Escape");
	assert_input("");
}

static void
finds_messages(void **state)
{
	(void)state;
	fake_chat_status(chat)->classic = true; /* can't be asked */
	online("ana");
	message("lobby", "bo", "a needle here", false);
	for (int i = 0; i < 50; i++)
		message("lobby", "bo", "hay", false);
	assert_shows_not("needle");
	ui_key(ui, "M-s");
	type("nee");
	assert_shows("find: nee");
	assert_shows("a needle here");
	type("x");
	assert_shows("nothing found");
	ui_key(ui, "Backspace");
	assert_shows_not("nothing found");
	ui_key(ui, "Escape");
	assert_shows("[lobby]");
	ui_key(ui, "M->");
	assert_shows_not("needle");
	enter("/search needle");
	assert_shows("needle here");
	enter("/search nowhere");
	assert_shows("! nothing found above");
	assert_input("/search nowhere");
	ui_key(ui, "C-u");
	/* writing goes to the end */
	enter("x");
	assert_shows_not("needle here");
}

static void
a_new_search_begins_at_the_newest(void **state)
{
	(void)state;
	fake_chat_status(chat)->classic = true; /* can't be asked */
	online("ana");
	for (int i = 1; i <= 90; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s <%d>",
		    i % 30 ? "hay" : "needle", i);
		message("lobby", "bo", text, false);
	}
	for (int i = 0; i < 20; i++)
		ui_key(ui, "PageUp");
	enter("/search needle");
	assert_shows("needle <90>");
	enter("/search needle");
	assert_shows("needle <60>");
	enter("/search hay");
	assert_shows("hay <89>");
	enter("/search needle");
	assert_shows("needle <90>");
	enter("/search needle");
	enter("/search needle");
	assert_shows("needle <30>");
	ui_key(ui, "M-s");
	type("ne");
	assert_shows("needle <90>");
	ui_key(ui, "M-s");
	assert_shows("needle <60>");
	type("e"); /* the same one, typed on */
	assert_shows("needle <60>");
}

static void
goes_to_rooms(void **state)
{
	(void)state;
	online("ana");
	event(CHAT_JOINED, "development", "ana", "", true);
	event(CHAT_JOINED, "devices", "ana", "", true);
	ui_key(ui, "M-j");
	type("DEV");
	assert_shows("go to room: DEV");
	assert_shows("development  devices");
	ui_key(ui, "Tab");
	ui_key(ui, "Enter");
	assert_shows("[devices]");
	message("development", "bo", "news", false);
	ui_key(ui, "M-a");
	assert_shows("[development]");
	ui_key(ui, "M-a");
	assert_shows("nothing is new in other rooms");
	ui_key(ui, "M-j");
	type("none");
	assert_shows("nothing found");
	ui_key(ui, "C-c");
	assert_shows("[development]");
	ui_key(ui, "M-Right");
	assert_shows("[devices]");
	ui_key(ui, "M-Right");
	assert_shows("[lobby]");
	ui_key(ui, "M-9");
	assert_shows("[lobby]");
}

static void
completes(void **state)
{
	(void)state;
	online("ana");
	event(CHAT_MEMBER, "lobby", "ana", "", false);
	event(CHAT_MEMBER, "lobby", "anna", "", false);
	event(CHAT_MEMBER, "lobby", "anton", "", false);
	message("lobby", "anton", "x", false);
	type("an");
	ui_key(ui, "Tab");
	assert_input("anton: "); /* spoke last */
	assert_shows("anton  anna");
	ui_key(ui, "Tab");
	assert_input("anna: ");
	ui_key(ui, "S-Tab");
	assert_input("anton: ");
	type("hi");
	assert_shows_not("anton  anna");
	ui_key(ui, "C-u");
	/* nobody twice, and not ourselves */
	type("an");
	for (int i = 0; i < 3; i++)
		ui_key(ui, "Tab");
	assert_input("an");
	ui_key(ui, "C-u");
	type("zz");
	ui_key(ui, "Tab");
	assert_shows("nothing to complete");
}

/* Our own server tells nobody's name but with what they say. */
static void
completes_who_has_spoken(void **state)
{
	(void)state;
	online("ana");
	message("lobby", "Bruno", "x", false);
	message("lobby", "brigitte", "x", false);
	message("other", "bruce", "x", false);
	type("br");
	ui_key(ui, "Tab");
	assert_input("brigitte: ");
	assert_shows("brigitte  Bruno");
	ui_key(ui, "Tab");
	assert_input("Bruno: ");
	ui_key(ui, "Tab");
	assert_input("br");
	message("lobby", "bruno", "x", false);
	ui_key(ui, "C-u");
	type("/msg br");
	ui_key(ui, "Tab");
	assert_input("/msg bruno ");
	/* people come behind them */
	event(CHAT_MEMBER, "lobby", "bra", "", false);
	event(CHAT_MEMBER, "lobby", "brigitte", "", false);
	ui_key(ui, "C-u");
	type("br");
	ui_key(ui, "S-Tab");
	assert_input("bra: ");
	assert_shows("bruno  brigitte  bra");
}

static void
shows_help(void **state)
{
	(void)state;
	online("ana");
	ui_key(ui, "F1");
	assert_shows("Help");
	assert_shows("/away");
	assert_shows_not("bare view");
	ui_key(ui, "M->");
	assert_shows("bare view");
	ui_key(ui, "Up");
	ui_key(ui, "PageUp");
	assert_shows_not("bare view");
	ui_key(ui, "M-<");
	ui_key(ui, "Down");
	ui_key(ui, "PageDown");
	assert_shows_not("/away");
	ui_key(ui, "Escape");
	assert_shows("connected to");
	enter("/help");
	assert_shows("/away");
	type("x"); /* goes on writing */
	assert_input("x");
	assert_shows("connected to");
}

static void
keys_of_the_screen(void **state)
{
	(void)state;
	online("ana");
	turn();
	buf_clear(&asked);
	ui_key(ui, "C-z");
	assert_asked("suspend ");
	ui_key(ui, "C-l");
	assert_asked("redraw ");
	type("text");
	ui_key(ui, "C-x");
	ui_key(ui, "C-e");
	assert_asked("edit ");
	assert_true(ui_set_input(ui, SLICE("edited")));
	assert_input("edited");
	ui_key(ui, "C-x");
	type("u!"); /* undo, and what follows */
	assert_input("text!");
	ui_key(ui, "C-c");
	assert_input("");
	assert_asked("");
	ui_key(ui, "C-c");
	assert_shows("/quit or Ctrl-D leaves");
	type("x");
	ui_key(ui, "C-d");
	assert_asked("");
	ui_key(ui, "Left");
	ui_key(ui, "C-d");
	assert_input("");
	ui_key(ui, "C-d");
	assert_asked("quit ");
	enter("/quit");
	assert_asked("quit ");
	message("lobby", "bo", "text", false);
	assert_shows("bo │ text");
	ui_key(ui, "M-l");
	assert_shows_not("│");
	ui_key(ui, "M-l");
	ui_key(ui, "M-u");
	assert_shows("nothing is unread here");
	ui_key(ui, "M-p");
	assert_shows("no further mention of you");
	ui_key(ui, "F5");
	ui_key(ui, "F7");
	ui_key(ui, "F8");
}

static void
hostile_text_stays_text(void **state)
{
	static const char *const evil[] = {
		"\x1b[2J\x1b]0;title\x07",
		"a\b\b\b<bo> forged",
		"a\r\n12:00 bo | forged",
		"\xe2\x80\xae"
		"desrever",
		"\xc2\x9b"
		"31m",
		"\xff\xfe\xc0\x80",
		"\x01\x02\x7f\x0e\x0f",
		"a\xe2\x80\xa8"
		"b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		const char *x = evil[i];
		struct chat_reply r = { .code = slice_of(x),
			.message = slice_of(x),
			.json = SLICE("") };
		const struct grid *g;
		char *s;

		fake_chat_status(chat)->server = x;
		online(x);
		message(x, x, x, false);
		message("lobby", x, x, false);
		event(CHAT_JOINED, x, x, x, true);
		for (int t = CHAT_JOINED; t <= CHAT_NOTICE; t++) {
			event((enum chat_event_type)t, x, x, x, false);
			event((enum chat_event_type)t, "lobby", x, x, false);
		}
		entry(100 + i, CHAT_ENTRY_WAITING, "lobby", x, "");
		entry(100 + i, CHAT_ENTRY_FAILED, "lobby", x, x);
		enter("/list");
		fake_chat_answer(chat, &r);
		for (int room = 0; room < 3; room++) {
			g = ui_draw(ui, 50, 120);
			assert_true(utf8_valid(g->bytes.p, g->bytes.len));
			for (size_t b = 0; b < g->bytes.len; b++)
				assert_true(
				    (unsigned char)g->bytes.p[b] >= ' ' &&
				    g->bytes.p[b] != 0x7f);
			s = screen();
			assert_null(strstr(s, "\xe2\x80\xae"));
			assert_null(strstr(s, "\xc2\x9b"));
			free(s);
			ui_key(ui, "C-n");
		}
		offline(x, 10);
	}
}

static void
tiny_and_huge_screens(void **state)
{
	(void)state;
	online("ana");
	message("lobby", "bo", "text", false);
	enter("/nonsense");
	for (unsigned rows = 1; rows < 30; rows++)
		for (unsigned columns = 1; columns < 100; columns += 3)
			assert_non_null(ui_draw(ui, rows, columns));
	/* too small for a notice above the input */
	ui_draw(ui, 5, 60);
	ui_key(ui, "C-u");
	enter("/jion");
	assert_shows("!! │ there is no command /jion");
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static int with_rooms;
	const struct CMUnitTest tests[] = {
		test(begins),
		test(loses_the_connection_and_has_it_again),
		test(never_had_a_connection),
		test(shows_what_others_say),
		test(rings_for_a_mention),
		test(sends),
		test(a_refused_private_message),
		test(too_many_rooms),
		test(what_was_waiting_is_shown),
		test(a_wrong_command_can_be_mended),
		test(each_room_has_its_line),
		test(joins_and_leaves_rooms),
		cmocka_unit_test_prestate_setup_teardown(
		    joins_the_rooms_of_the_options, setup, teardown,
		    &with_rooms),
		test(a_classic_server),
		test(pastes_never_send),
		test(searches_the_history),
		test(finds_messages),
		test(a_new_search_begins_at_the_newest),
		test(goes_to_rooms),
		test(completes),
		test(completes_who_has_spoken),
		test(shows_help),
		test(keys_of_the_screen),
		test(hostile_text_stays_text),
		test(tiny_and_huge_screens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
