#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/modes.h"
#include "cli/plain_tell.h"

/* ---- rooms ---- */

static bool
room_show(struct plain *p, struct slice name)
{
	struct plain_room *r = plain_room(p, name), first;

	if (r == NULL)
		return false;
	first = *r;
	*r = p->rooms[0];
	p->rooms[0] = first;
	return true;
}

static void
room_free(struct plain_room *r)
{
	free(r->name);
	free(r->with);
	free(r->topic);
}

/* with: "" but for a direct room. */
static void
room_open(struct plain *p, struct slice name, struct slice with)
{
	struct plain_room *r;

	if (plain_room(p, name) != NULL || p->rooms_n == PLAIN_ROOMS_MAX)
		return;
	r = &p->rooms[p->rooms_n++];
	*r = (struct plain_room){ .name = xstrndup(name.p, name.len) };
	if (with.len > 0)
		r->with = xstrndup(with.p, with.len);
}

static void
room_close(struct plain *p, struct slice name)
{
	struct plain_room *r = plain_room(p, name);

	if (r == NULL || p->rooms_n == 1)
		return;
	room_free(r);
	p->rooms_n--;
	memmove(r, r + 1, (size_t)(&p->rooms[p->rooms_n] - r) * sizeof(*r));
}

/* ---- input ---- */

static void
say(struct headless *h, struct slice text)
{
	struct plain *p = h->arg;
	struct buf err;

	if (text.len == 0)
		return;
	if (p->commands != NULL && utf8_valid(text.p, text.len)) {
		commands_input(p->commands, text);
		return;
	}
	buf_init(&err, 1024);
	if (chat_say(h->chat, slice_of(p->rooms[0].name), text, &err) == 0) {
		plain_put_error(buf_view(&err));
		h->status = EX_NOINPUT;
	}
	buf_deinit(&err);
}

static void
on_line(struct headless *h, struct slice line, bool too_long)
{
	if (too_long) {
		plain_put_error(
		    SLICE("not sent: a line of over a million bytes"));
		h->status = EX_NOINPUT;
		return;
	}
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	say(h, line);
}

/* ---- commands ---- */

static void
op_info(void *arg, struct slice text)
{
	plain_put_info(((struct plain *)arg)->h, text);
}

static void
op_error(void *arg, struct slice line)
{
	(void)arg;
	plain_put_error(line);
}

static struct slice
op_room(void *arg)
{
	return slice_of(((struct plain *)arg)->rooms[0].name);
}

static struct slice
op_topic(void *arg)
{
	return slice_of(((struct plain *)arg)->rooms[0].topic);
}

static bool
op_show_room(void *arg, struct slice room)
{
	return room_show(arg, room);
}

static bool
op_show_number(void *arg, unsigned n)
{
	struct plain *p = arg;

	return n <= p->rooms_n && room_show(p, slice_of(p->rooms[n - 1].name));
}

static void
op_joined(void *arg, struct slice room, struct slice with)
{
	room_open(arg, room, with);
	room_show(arg, room);
}

static void
op_left(void *arg, struct slice room)
{
	room_close(arg, room);
}

static struct slice
op_message(void *arg, bool others)
{
	const struct plain_room *r = &((struct plain *)arg)->rooms[0];

	return slice_of(others ? r->other : r->last);
}

static void
op_quit(void *arg)
{
	headless_drain(((struct plain *)arg)->h);
}

static const struct commands_ops ops = {
	.info = op_info,
	.error = op_error,
	.room = op_room,
	.topic = op_topic,
	.show_room = op_show_room,
	.show_number = op_show_number,
	.joined = op_joined,
	.left = op_left,
	.message = op_message,
	.quit = op_quit,
};

/* ---- from beginning to end ---- */

static void
on_start(struct headless *h)
{
	struct plain *p = h->arg;

	p->h = h;
	/* In a pipe a line is a message, whatever it begins with. */
	if (p->typed || h->opt->plain)
		p->commands = commands_new(h->chat, &ops, p, NULL);
}

static void
on_finish(struct headless *h)
{
	unsigned waiting = chat_status(h->chat)->waiting;
	struct buf text;

	if (waiting == 0 || !h->opt->keep)
		return;
	buf_init(&text, 256);
	buf_printf(&text, "%u line%s kept: sent at the next start", waiting,
	    waiting == 1 ? " is" : "s are");
	plain_put_info(h, buf_view(&text));
	buf_deinit(&text);
}

int
plain_run(const struct connect_options *opt)
{
	const struct headless_mode mode = {
		.chat = plain_tell_cb,
		.on_line = on_line,
		.on_start = on_start,
		.on_finish = on_finish,
	};
	struct plain p = { .typed = isatty(STDIN_FILENO) };
	int status;

	if (opt->rooms.n == 0)
		room_open(&p, SLICE(CHAT_LOBBY), SLICE(""));
	for (unsigned i = 0; i < opt->rooms.n; i++)
		room_open(&p, slice_of(opt->rooms.v[i]), SLICE(""));
	status = headless_run(opt, &mode, &p);
	if (p.commands != NULL)
		commands_free(p.commands);
	while (p.rooms_n > 0)
		room_free(&p.rooms[--p.rooms_n]);
	return status;
}
