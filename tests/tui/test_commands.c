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
static const char *room, *topic;
static const char *newest, *other; /* ids */
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
joined(void *arg, struct slice name, struct slice with)
{
	(void)arg;
	buf_printf(&told, "joined %.*s%s%.*s\n", SLICE_ARG(name),
	    with.len > 0 ? " with " : "", SLICE_ARG(with));
}

static void
left(void *arg, struct slice name)
{
	(void)arg;
	buf_printf(&told, "left %.*s\n", SLICE_ARG(name));
}

static struct slice
get_message(void *arg, bool others)
{
	(void)arg;
	return slice_of(others ? other : newest);
}

static void
list(void *arg, const char *event, struct slice members, struct slice title)
{
	(void)arg;
	buf_printf(&told, "list %s %.*s; %.*s\n", event, SLICE_ARG(members),
	    SLICE_ARG(title));
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
	.message = get_message,
	.find = find,
	.list = list,
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
	.message = get_message,
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
	topic = newest = other = "";
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
			assert_true(
			    unique || !found || slice_is(name, found->name));
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
	check("/rooms", true, "rooms {}\n", "");
	refuse("classic", "");
	assert_log("", "! a plain Socket.IO server: it knows no /rooms\n");
	check("/rooms", true, "rooms {}\n", "");
	refuse("offline", "");
	assert_log("", "! not connected: /rooms can't be asked for now\n");
	check("/rooms", true, "rooms {}\n", "");
	refuse("timeout", "");
	assert_log("", "! /rooms: the server doesn't answer\n");
	check("/rooms", true, "rooms {}\n", "");
	refuse("odd\x1b", "");
	assert_log("", "! /rooms: odd\xef\xbf\xbd\n");
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
	check("/msg", false, "", "! /msg NICK [TEXT]\n");
	check("/msg @bo", true, "join @bo\n", "");
	answer("{\"ok\":true,\"room\":\"@a,b\",\"with\":{\"nick\":\"Bo\"}}");
	assert_log("", "joined @a,b with Bo\n");
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
	assert_log("", ""); /* the event tells */
	check("/whois bo", true, "whois {\"nick\":\"bo\"}\n", "");
	answer("{\"ok\":true,\"nick\":\"bo\",\"rooms\":[\"a\",\"b\\u001b\"],"
	       "\"registered\":true,\"online\":false}");
	assert_log("", "bo: registered, not here, in a, b\xef\xbf\xbd\n");
	check("/whois", false, "", "! /whois NICK\n");
	check("/away lunch", true, "away {\"text\":\"lunch\"}\n", "");
	answer("{\"ok\":true}");
	assert_log("", "");
	check("/away", true, "away {}\n", "");
	answer("{\"ok\":true}");
	check("/who", true, "who {\"room\":\"lobby\"}\n", "");
	answer("{\"ok\":true,\"room\":\"lobby\",\"count\":9,\"members\":[{"
	       "\"nick\":\"ana\",\"away\":\"lun\\nch\"},{\"nick\":\"bo\"}]}");
	assert_log(
	    "", "9 people in lobby: ana (away: lun ch), bo and 7 more\n");
	check("/rooms", true, "rooms {}\n", "");
	answer("{\"ok\":true,\"rooms\":[{\"room\":\"dev\",\"members\":1,"
	       "\"joined\":true,\"topic\":\"tea\",\"unread\":3},{\"room\":"
	       "\"@a,b\",\"joined\":true,\"with\":{\"nick\":\"bo\"}}]}");
	assert_log("", "dev  1 person, 3 unread, you are in it  tea\n@bo\n");
	check("/read", false, "", "! there is nothing to read here\n");
	newest = "5-0";
	check("/read", true, "read lobby 5-0\n", "");
	check("/who #dev", true, "who {\"room\":\"dev\"}\n", "");
	/* closed while it is asked for: freed, not called */
}

static void
answers_messages(void **state)
{
	(void)state;
	check("/reply yes", false, "",
	    "! there is no message to reply to here\n");
	other = "4-0";
	check("/reply yes, I do", true, "reply 4-0 lobby yes, I do\n", "");
	check("/reply", false, "", "! /reply TEXT\n");
	fake_chat_refuse(chat, "disk full");
	check("/reply x", false, "", "! disk full\n");
}

static void
registers(void **state)
{
	static const struct {
		const char *line;
		size_t open; /* bytes that may be shown */
	} lines[] = { { "/register s", 10 }, { "/reg s t", 5 },
		{ "/register ", 10 }, { "/login ana s e", 11 },
		{ "/log  ana  s", 10 }, { "/login ana", 10 }, { "/lo", 3 },
		{ "hello", 5 }, { "/msg a b", 8 }, { "", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(
		    commands_secret(slice_of(lines[i].line)), lines[i].open);
	check("/register", false, "", "! /register PASSWORD [OLD]\n");
	check("/register secret", true, "register secret\n", "");
	answer("{\"ok\":true,\"nick\":\"ana\",\"token\":\"t\"}");
	assert_log(
	    "", "you are registered as ana; this machine remembers it\n");
	check("/register new old", false, "",
	    "! a password has no spaces in it\n");
	fake_chat_status(chat)->registered = true;
	check("/register new old", true, "register new old\n", "");
	refuse("wrong-password", "that is not it");
	assert_log("", "! /register: that is not it\n");
	check("/login ana", false, "", "! /login NICK PASSWORD\n");
	check("/login ana a word", false, "",
	    "! a password has no spaces in it\n");
	check("/register new old er", false, "",
	    "! a password has no spaces in it\n");
	check("/login ana word", true, "login ana word\n", "");
	answer("{\"ok\":true,\"nick\":\"ana\"}");
	assert_log(
	    "", "you are registered as ana; this machine remembers it\n");
}

static void
searches(void **state)
{
	(void)state;
	check("/search tea", true, "",
	    "list search \"text\":\"tea\"; Found: tea\n");
	check("/search in:#dev a \"b\" from:bo c", true, "",
	    "list search \"room\":\"dev\",\"from\":\"bo\",\"text\":\"a "
	    "\\\"b\\\" "
	    "c\"; Found: in:#dev a \"b\" from:bo c\n");
	check("/search", false, "", "! /search WORDS\n");
	check("/search in:dev", false, "",
	    "! what is to be found? /search WORDS\n");
	check("/mentions", true, "", "list mentions ; Mentions of you\n");
	/* who can't be asked: what is here */
	fake_chat_status(chat)->classic = true;
	check("/search tea", true, "", "find tea\n");
	can_find = false;
	check("/search tea", false, "", "find tea\n! nothing found above\n");
	fake_chat_status(chat)->classic = false;
	commands_free(commands);
	commands = commands_new(chat, &plain, NULL, NULL);
	check("/search tea", true, "search {\"text\":\"tea\"}\n", "");
	answer("{\"ok\":true,\"messages\":[[\"new\",{\"id\":\"86460000-0\","
	       "\"room\":\"dev\",\"nick\":\"bo\"}],[\"old\\u001b\",{\"id\":"
	       "\"86400000-0\",\"room\":\"dev\",\"nick\":\"cy\"}]]}");
	assert_log("", "1970-01-02 00:00 dev <cy> old\xef\xbf\xbd\n"
		       "1970-01-02 00:01 dev <bo> new\n");
	check("/mentions", true, "mentions {}\n", "");
	answer("{\"ok\":true,\"messages\":[]}");
	assert_log("", "nothing found\n");
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
moderates(void **state)
{
	const struct slice op = SLICE_INIT("/op root s3cret");

	(void)state;
	assert_int_equal(commands_secret(op), op.len - strlen("s3cret"));
	check("/op root a b", true, "op root a b\n", "");
	answer("{\"ok\":true,\"operator\":true}");
	check("", true, "", "you are no operator any more\n");
	check("/op root", false, "", "! /op NAME PASSWORD\n");
	check("/accept http://h/i/Co-de", true, "accept Co-de\n", "");
	answer("{\"ok\":true,\"room\":\"open\"}");
	check("", true, "", "show open\n");
	check("/ban bo 3d x", true,
	    "ban {\"room\":\"lobby\",\"nick\":\"bo\",\"seconds\":259200,"
	    "\"reason\":\"x\"}\n",
	    "");
	answer("{\"ok\":true,\"ban\":9,\"until\":60000}");
	check(
	    "", true, "", "ban 9 until 1970-01-01 00:01: /unban 9 lifts it\n");
	check("/ban bo 3", false, "",
	    "! this is no time: 90s, 15m, 2h, 3d or 1w\n");
	check(
	    "/ban bo", true, "ban {\"room\":\"lobby\",\"nick\":\"bo\"}\n", "");
	answer("{\"ok\":true,\"ban\":10}");
	check("", true, "", "ban 10: /unban 10 lifts it\n");
	check("/unban 9999999999999999999", false, "", "! /unban NUMBER\n");
	check("/slow 99999999999s", false, "", "! /slow SECONDS|off\n");
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
	setenv("TZ", "UTC", 1);
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
		test(answers_messages),
		test(registers),
		test(ignores),
		test(sets),
		test(moderates),
		test(helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
