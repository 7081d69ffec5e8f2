#include "config.h"

#include "ui_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "fake_chat.h"

struct loop loop;
static uv_timer_t alive; /* else a turn of the loop is none */
struct ui *ui;
struct chat *chat;
struct buf asked;
static const char *const rooms[] = { "dev", "ops" };
static const struct chat_reactions no_reactions;
static bool join_lobby;

static void
on_draw(void *arg)
{
	(void)arg;
	buf_puts(&asked, "draw ");
}

static void
on_redraw(void *arg)
{
	(void)arg;
	buf_puts(&asked, "redraw ");
}

static void
on_bell(void *arg)
{
	(void)arg;
	buf_puts(&asked, "bell ");
}

static void
on_notify(void *arg, struct slice title, struct slice text)
{
	(void)arg;
	buf_printf(
	    &asked, "notify(%.*s|%.*s) ", SLICE_ARG(title), SLICE_ARG(text));
}

static void
on_copy(void *arg, struct slice text)
{
	(void)arg;
	buf_printf(&asked, "copy(%.*s) ", SLICE_ARG(text));
}

static int
on_open_url(void *arg, struct slice url)
{
	(void)arg;
	buf_printf(&asked, "open(%.*s) ", SLICE_ARG(url));
	return 0;
}

static void
on_suspend(void *arg)
{
	(void)arg;
	buf_puts(&asked, "suspend ");
}

static void
on_edit(void *arg)
{
	(void)arg;
	buf_puts(&asked, "edit ");
}

static void
on_quit(void *arg)
{
	(void)arg;
	buf_puts(&asked, "quit ");
}

static const struct ui_ops ops = {
	.draw = on_draw,
	.redraw = on_redraw,
	.bell = on_bell,
	.notify = on_notify,
	.copy = on_copy,
	.open_url = on_open_url,
	.suspend = on_suspend,
	.edit = on_edit,
	.quit = on_quit,
};

static void
never(uv_timer_t *t)
{
	(void)t;
	fail();
}

int
setup(void **state)
{
	struct ui_options opt = {
		.server = "here:3000", .nick = "me", .rooms = rooms
	};

	opt.n_rooms = *state ? 2 : 0;
	join_lobby = opt.n_rooms == 0;
	assert_int_equal(loop_init(&loop), 0);
	uv_timer_init(&loop.uv, &alive);
	uv_timer_start(&alive, never, 1 << 30, 0);
	buf_init(&asked, 1 << 16);
	fake_chat_clear_log();
	ui = ui_new(&loop, &opt, &ops, NULL);
	chat = chat_new(&loop, NULL, &ui_chat_cb, ui, NULL);
	ui_start(ui, chat);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	chat_close(chat);
	ui_free(ui);
	uv_close((uv_handle_t *)&alive, NULL);
	assert_int_equal(loop_deinit(&loop), 0);
	buf_deinit(&asked);
	fake_chat_clear_log();
	return 0;
}

void
online(const char *nick)
{
	struct chat_status *st = fake_chat_status(chat);

	st->phase = CHAT_ONLINE;
	st->nick = nick;
	st->server = "chat 1";
	st->problem = "";
	fake_chat_tell_status(chat);
	if (!st->classic && join_lobby)
		event(CHAT_JOINED, "lobby", nick, "", true);
	ui_draw(ui, ROWS, COLUMNS);
}

void
offline(const char *problem, unsigned retry_ms)
{
	struct chat_status *st = fake_chat_status(chat);

	st->phase = CHAT_WAITING;
	st->problem = problem;
	st->retry_ms = retry_ms;
	fake_chat_tell_status(chat);
}

char *
screen(void)
{
	const struct grid *g = ui_draw(ui, ROWS, COLUMNS);
	struct buf b;

	buf_init(&b, 1 << 20);
	for (unsigned row = 0; row < g->rows; row++) {
		grid_row_text(g, row, &b);
		buf_putc(&b, '\n');
	}
	return buf_steal(&b);
}

bool
shows(const char *text)
{
	char *s = screen();
	bool there = strstr(s, text) != NULL;

	free(s);
	return there;
}

void
assert_input(const char *expected)
{
	if (!slice_is(ui_input(ui), expected))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(ui_input(ui)),
		    expected);
}

void
assert_asked_chat(const char *expected)
{
	if (!slice_is(fake_chat_log(), expected))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(fake_chat_log()),
		    expected);
	fake_chat_clear_log();
}

void
assert_asked(const char *expected)
{
	if (!slice_is(buf_view(&asked), expected))
		fail_msg("\"%.*s\" is not \"%s\"", SLICE_ARG(buf_view(&asked)),
		    expected);
	buf_clear(&asked);
}

void
type(const char *text)
{
	ui_text(ui, slice_of(text));
}

void
enter(const char *text)
{
	type(text);
	ui_key(ui, "Enter");
}

void
message(const char *room, const char *nick, const char *text, bool replay)
{
	struct chat_message m = { .room = slice_of(room),
		.nick = slice_of(nick),
		.text = slice_of(text),
		.id = SLICE(""),
		.at = 1700000000000,
		.replay = replay,
		.reactions = &no_reactions };

	fake_chat_message(chat, &m);
}

void
talk(const char *room, const char *nick, const char *text, unsigned n)
{
	struct chat_message m = { .room = slice_of(room),
		.nick = slice_of(nick),
		.text = slice_of(text),
		.seq = n,
		.at = 1700000000000 + n * UINT64_C(1000),
		.own = strcmp(nick, "ana") == 0,
		.reactions = &no_reactions };
	char id[32];

	snprintf(id, sizeof(id), "%llu-0", (unsigned long long)m.at);
	m.id = slice_of(id);
	fake_chat_message(chat, &m);
}

void
answer(bool ok, const char *json)
{
	struct chat_reply r = { .ok = ok, .json = slice_of(json) };

	if (!ok) {
		r.code = SLICE("bad-request");
		r.message = slice_of(json);
	}
	if (!fake_chat_answer(chat, &r))
		fail_msg("nothing was asked");
}

void
event(enum chat_event_type type, const char *room, const char *nick,
    const char *text, bool self)
{
	struct chat_event ev = { .type = type,
		.room = slice_of(room),
		.nick = slice_of(nick),
		.text = slice_of(text),
		.self = self };

	fake_chat_event(chat, &ev);
}

void
entry(uint64_t number, enum chat_entry_state st, const char *room,
    const char *text, const char *reason)
{
	struct chat_entry e = { .number = number,
		.state = st,
		.room = slice_of(room),
		.text = slice_of(text),
		.id = SLICE("1700000060000-0"),
		.reason = slice_of(reason),
		.code = SLICE(""),
		.at = 1700000000000 };

	fake_chat_entry(chat, &e);
}

void
turn(void)
{
	uv_run(&loop.uv, UV_RUN_NOWAIT);
}
