#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_chat.h"
#include "tui/answer.h"
#include "tui/commands.h"

static struct chat *chat;
static struct commands *commands;
static struct settings settings;
static struct buf told; /* what the user has seen, a line each */
static const char *room, *topic, *people;
static bool can_find;

static void
info(void *arg, struct slice text)
{
	(void)arg;
	assert_true(text.len > 0);
	buf_printf(&told, "%.*s\n", SLICE_ARG(text));
}

static void
error(void *arg, struct slice line)
{
	(void)arg;
	assert_true(line.len > 0);
	assert_null(memchr(line.p, '\n', line.len));
	buf_printf(&told, "! %.*s\n", SLICE_ARG(line));
}

static struct slice
get_room(void *arg)
{
	(void)arg;
	return slice_of(room);
}

static struct slice
get_topic(void *arg)
{
	(void)arg;
	return slice_of(topic);
}

static bool
show_room(void *arg, struct slice name)
{
	(void)arg;
	if (!slice_is(name, "open"))
		return false;
	buf_puts(&told, "show open\n");
	return true;
}

static bool
show_number(void *arg, unsigned n)
{
	(void)arg;
	buf_printf(&told, "show %u\n", n);
	return n == 2;
}

static void
joined(void *arg, struct slice name)
{
	(void)arg;
	buf_printf(&told, "joined %.*s\n", SLICE_ARG(name));
}

static void
left(void *arg, struct slice name)
{
	(void)arg;
	buf_printf(&told, "left %.*s\n", SLICE_ARG(name));
}

static void
get_people(void *arg, struct buf *out)
{
	(void)arg;
	buf_puts(out, people);
}

static bool
find(void *arg, struct slice text)
{
	(void)arg;
	buf_printf(&told, "find %.*s\n", SLICE_ARG(text));
	return can_find;
}

static void
event(const char *what)
{
	buf_printf(&told, "%s\n", what);
}

static void
clear(void *arg)
{
	(void)arg;
	event("clear");
}

static void
changed(void *arg)
{
	(void)arg;
	event("changed");
}

static void
help(void *arg)
{
	(void)arg;
	event("help");
}

static void
quit(void *arg)
{
	(void)arg;
	event("quit");
}

static const struct commands_ops screen = {
	.info = info,
	.error = error,
	.room = get_room,
	.topic = get_topic,
	.show_room = show_room,
	.show_number = show_number,
	.joined = joined,
	.left = left,
	.people = get_people,
	.find = find,
	.clear = clear,
	.settings = changed,
	.help = help,
	.quit = quit,
};

static const struct commands_ops plain = {
	.info = info,
	.error = error,
	.room = get_room,
	.topic = get_topic,
	.show_room = show_room,
	.show_number = show_number,
	.joined = joined,
	.left = left,
	.people = get_people,
	.quit = quit,
};

static int
setup(void **state)
{
	static const struct chat_cb none;

	(void)state;
	buf_init(&told, 1 << 20);
	fake_chat_clear_log();
	chat = chat_new(NULL, NULL, &none, NULL, NULL);
	fake_chat_status(chat)->phase = CHAT_ONLINE;
	settings_init(&settings);
	commands = commands_new(chat, &screen, NULL, &settings);
	room = "lobby";
	topic = people = "";
	can_find = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	chat_close(chat);
	commands_free(commands);
	buf_deinit(&told);
	fake_chat_clear_log();
	return 0;
}

/* Types line; what was asked of the chat, and what the user was told. */
#define check(line, ok, asked, shown)                                          \
	do {                                                                   \
		assert_int_equal(                                              \
		    commands_input(commands, slice_of(line)), (ok));           \
		assert_log((asked), (shown));                                  \
	} while (0)

static void
assert_log(const char *asked, const char *shown)
{
	if (!slice_is(fake_chat_log(), asked))
		fail_msg("asked \"%.*s\", not \"%s\"",
		    SLICE_ARG(fake_chat_log()), asked);
	if (!slice_is(buf_view(&told), shown))
		fail_msg("told \"%.*s\", not \"%s\"",
		    SLICE_ARG(buf_view(&told)), shown);
	fake_chat_clear_log();
	buf_clear(&told);
}

static void
answer(const char *json)
{
	struct chat_reply r = { .ok = true, .json = slice_of(json) };

	assert_true(fake_chat_answer(chat, &r));
}

static void
refuse(const char *code, const char *message)
{
	struct chat_reply r = { .code = slice_of(code),
		.message = slice_of(message) };

	assert_true(fake_chat_answer(chat, &r));
}

static void
says(void **state)
{
	(void)state;
	check("hello", true, "say lobby hello\n", "");
	check(" two  words ", true, "say lobby  two  words \n", "");
	check("//etc", true, "say lobby /etc\n", "");
	check("///", true, "say lobby //\n", "");
	check("a\n/quit", true, "say lobby a\n/quit\n", "");
	check("", true, "", "");
	check(" \n ", true, "", "");
	room = "";
	check("x", false, "", "! you are in no room: /join one\n");
	room = "lobby";
	fake_chat_refuse(chat, "disk full");
	check("x", false, "", "! disk full\n");
}

static void
never_sends_a_wrong_command(void **state)
{
	(void)state;
	check("/", false, "",
	    "! there is no command /; to send it as text, begin with //\n");
	check("/etc/passwd is here", false, "",
	    "! there is no command /etc/passwd; to send it as text, begin "
	    "with //\n");
	check("/ join x", false, "",
	    "! there is no command /; to send it as text, begin with //\n");
	check("/x\x1b[2J", false, "",
	    "! there is no command /x\xef\xbf\xbd[2J; to send it as text, "
	    "begin with //\n");
	check("/m x", false, "",
	    "! several commands begin with /m; to send it as text, begin "
	    "with //\n");
	check("/QUIT", false, "",
	    "! there is no command /QUIT; to send it as text, begin with "
	    "//\n");
}

static void
takes_unique_beginnings(void **state)
{
	bool unique;

	(void)state;
	check("/q", true, "", "quit\n");
	check("/q\n", true, "", "quit\n");
	check("/j", false, "", "! /join ROOM\n");
	check("/unig x", false, "",
	    "! nobody of that name is ignored; /ignore lists them\n");
	for (unsigned i = 0; commands_row(i); i++) {
		struct slice name = slice_of(commands_row(i)->name);

		assert_ptr_equal(commands_find(name), commands_row(i));
		do {
			const struct commands_row *found;

			found = commands_find(name);
			unique = found == commands_row(i);
			assert_true(unique || !found);
			name.len--;
		} while (unique && name.len > 0);
	}
	assert_null(commands_find(slice_of("")));
	assert_null(commands_find(slice_of("joinx")));
}

static void
joins_and_parts(void **state)
{
	(void)state;
	check("/join dev", true, "join dev\n", "");
	answer("{\"ok\":true}");
	assert_log("", "joined dev\n");
	check("/join #dev ", true, "join dev\n", "");
	refuse("denied", "not\nfor you");
	assert_log("", "! /join: not for you\n");
	check("/join open", true, "", "show open\n");
	check("/join #", false, "", "! /join ROOM\n");
	check("/part", true, "leave lobby\n", "");
	answer("{\"ok\":true}");
	assert_log("", "left lobby\n");
	check("/part #dev", true, "leave dev\n", "");
	refuse("unknown-event", "there is no such event");
	assert_log("", "! this server knows no /part\n");
	check("/part @bo", true, "", "left @bo\n");
	check("/window 2", true, "", "show 2\n");
	check("/window 3", false, "",
	    "show 3\n! there is no such room here; /join opens one\n");
	check("/window #open", true, "", "show open\n");
	check("/window", false, "", "! /window NUMBER|ROOM\n");
}

static void
tells_why_not(void **state)
{
	(void)state;
	check("/list", true, "rooms {}\n", "");
	refuse("classic", "");
	assert_log("", "! a plain Socket.IO server: it knows no /list\n");
	check("/list", true, "rooms {}\n", "");
	refuse("offline", "");
	assert_log("", "! not connected: /list can't be asked for now\n");
	check("/list", true, "rooms {}\n", "");
	refuse("timeout", "");
	assert_log("", "! /list: the server doesn't answer\n");
	check("/list", true, "rooms {}\n", "");
	refuse("odd\x1b", "");
	assert_log("", "! /list: odd\xef\xbf\xbd\n");
}

static void
nicks(void **state)
{
	(void)state;
	check("/nick", true, "", "the server has not told your nick\n");
	fake_chat_status(chat)->nick = "ana\x1b";
	check("/nick", true, "", "your nick is ana\xef\xbf\xbd\n");
	check("/nick Bo Li", true, "nick Bo Li\n", "");
	fake_chat_status(chat)->nick = "Bo Li";
	answer("{\"ok\":true,\"nick\":\"Bo Li\"}");
	assert_log("", "your nick is Bo Li\n");
}

static void
actions_and_private_messages(void **state)
{
	struct chat_entry e = { .room = SLICE_INIT("@bo"),
		.code = SLICE_INIT("no-such-room"),
		.reason = SLICE_INIT("there is no such room") };
	struct slice text = SLICE("/me waves");
	struct buf b;

	(void)state;
	check("/me waves", true, "say lobby /me waves\n", "");
	check("/me", false, "", "! /me TEXT\n");
	check("/msg bo how  are you", true, "say @bo how  are you\n", "");
	check("/msg bo", false, "", "! /msg NICK TEXT\n");
	fake_chat_status(chat)->classic = true;
	check("/msg bo hi", false, "",
	    "! a plain Socket.IO server: it knows no /msg\n");

	assert_true(commands_action(&text));
	assert_true(slice_is(text, "waves"));
	assert_false(commands_action(&text));
	text = SLICE("/me ");
	assert_false(commands_action(&text));
	text = SLICE("/mean");
	assert_false(commands_action(&text));

	buf_init(&b, 1000);
	commands_failure(&e, &b);
	assert_true(
	    slice_is(buf_view(&b), "this server knows no private messages"));
	buf_clear(&b);
	e.room = SLICE("dev");
	commands_failure(&e, &b);
	assert_true(slice_is(buf_view(&b), "there is no such room"));
	buf_clear(&b);
	e.reason = SLICE("");
	commands_failure(&e, &b);
	assert_true(slice_is(buf_view(&b), "the server has refused it"));
	buf_deinit(&b);
}

static void
asks_the_server(void **state)
{
	(void)state;
	check("/topic", true, "", "no topic is set\n");
	topic = "tea";
	check("/topic", true, "", "tea\n");
	check("/topic a \"b\"", true,
	    "topic {\"room\":\"lobby\",\"topic\":\"a \\\"b\\\"\"}\n", "");
	answer("{\"ok\":true}");
	assert_log("", "/topic: done\n");
	check("/whois bo", true, "whois {\"nick\":\"bo\"}\n", "");
	answer("{\"ok\":true,\"nick\":\"bo\",\"rooms\":[\"a\",\"b\\u001b\"],"
	       "\"idle\":3}");
	assert_log("", "nick: bo\nrooms: a, b\xef\xbf\xbd\nidle: 3\n");
	check("/whois", false, "", "! /whois NICK\n");
	check("/away lunch", true, "away {\"text\":\"lunch\"}\n", "");
	answer("{\"ok\":true}");
	assert_log("", "/away: done\n");
	check("/names", true, "who {\"room\":\"lobby\"}\n", "");
	answer("{\"ok\":true,\"people\":[{\"nick\":\"ana\",\"away\":true},"
	       "{\"nick\":\"bo\"}],\"o\":{\"x\":null}}");
	assert_log("", "nick ana, away true\nnick bo\no: x null\n");
	people = "ana, bo";
	check("/names", true, "", "ana, bo\n");
	check("/names #dev", true, "who {\"room\":\"dev\"}\n", "");
	/* closed while it is asked for: freed, not called */
}

static void
searches(void **state)
{
	(void)state;
	check("/search tea", true, "", "find tea\n");
	can_find = false;
	check("/search tea", false, "", "find tea\n! nothing found above\n");
	check("/search", false, "", "! /search TEXT\n");
	commands_free(commands);
	commands = commands_new(chat, &plain, NULL, NULL);
	check("/search tea", true,
	    "search {\"text\":\"tea\",\"room\":\"lobby\"}\n", "");
}

static void
ignores(void **state)
{
	char line[32];

	(void)state;
	check("/ignore", true, "", "nobody is ignored\n");
	check("/ignore Bo Li", true, "", "Bo Li is ignored from now on\n");
	assert_true(commands_ignores(commands, SLICE("bo li")));
	assert_false(commands_ignores(commands, SLICE("bo")));
	assert_false(commands_ignores(commands, SLICE("")));
	check("/ignore bo li", true, "", "bo li is ignored already\n");
	check("/ignore É", true, "", "É is ignored from now on\n");
	check("/ignore", true, "", "ignored: bo li é\n");
	check("/unignore BO LI", true, "", "BO LI is not ignored any more\n");
	assert_false(commands_ignores(commands, SLICE("bo li")));
	assert_true(commands_ignores(commands, SLICE("é")));
	check("/unignore", false, "", "! /unignore NICK\n");
	for (int i = 1; i < COMMANDS_IGNORED_MAX; i++) {
		snprintf(line, sizeof(line), "/ignore x%d", i);
		assert_true(commands_input(commands, slice_of(line)));
	}
	buf_clear(&told);
	check("/ignore one more", false, "",
	    "! so many are ignored already: /unignore one\n");
}

static void
sets(void **state)
{
	const char *name, *text;

	(void)state;
	check("/set bell off", true, "",
	    "changed\nbell    off  ring when somebody mentions you and you "
	    "look elsewhere\n");
	assert_false(settings.bell);
	check("/set bell", true, "",
	    "bell    off  ring when somebody mentions you and you look "
	    "elsewhere\n");
	check("/set bell loud", false, "", "! bell is on or off\n");
	check("/set colour on", false, "",
	    "! there is no such setting; /set lists them\n");
	assert_true(commands_input(commands, SLICE("/set")));
	buf_putc(&told, '\0');
	for (unsigned i = 0; settings_row(i, &name, &text); i++) {
		assert_non_null(strstr(told.p, name));
		assert_non_null(settings_get(&settings, slice_of(name)));
	}
	buf_clear(&told);
	assert_null(settings_get(&settings, SLICE("x")));
	commands_free(commands);
	commands = commands_new(chat, &plain, NULL, NULL);
	check("/set", false, "", "! there is nothing to set here\n");
}

static void
helps(void **state)
{
	(void)state;
	check("/help", true, "", "help\n");
	check("/help /join", true, "",
	    "/join ROOM: come into a room, or go to it\n");
	check("/help cl", true, "", "/clear: empty the room's window\n");
	check("/help nothing", false, "",
	    "! there is no such command; /help lists them\n");
	check("/clear", true, "", "clear\n");
	commands_free(commands);
	commands = commands_new(chat, &plain, NULL, NULL);
	check("/clear", false, "", "! there is nothing to clear here\n");
	assert_true(commands_input(commands, SLICE("/help")));
	buf_putc(&told, '\0');
	for (unsigned i = 0; commands_row(i); i++)
		assert_non_null(strstr(told.p, commands_row(i)->help));
	for (struct slice rest = slice_of(told.p); rest.len > 0;)
		assert_true(slice_take_until(&rest, '\n').len <= 80);
}

int
main(void)
{
#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		test(says),
		test(never_sends_a_wrong_command),
		test(takes_unique_beginnings),
		test(joins_and_parts),
		test(tells_why_not),
		test(nicks),
		test(actions_and_private_messages),
		test(asks_the_server),
		test(searches),
		test(ignores),
		test(sets),
		test(helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
