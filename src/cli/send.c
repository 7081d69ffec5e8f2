#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clean.h"
#include "cli/headless.h"
#include "cli/modes.h"

/* text: NULL, or what to send. */
struct sending {
	const char *text;
	bool told; /* a problem */
	bool said; /* the text */
};

static void
say(struct headless *h, struct slice text)
{
	/* "": the chat's own */
	struct slice room =
	    slice_of(h->opt->rooms.n > 0 ? h->opt->rooms.v[0] : "");
	struct buf err;

	buf_init(&err, 1024);
	if (chat_say(h->chat, room, text, &err) == 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		h->status = EX_NOINPUT;
	}
	buf_deinit(&err);
}

/* A last newline is the shell's, not the message's. */
static void
on_line(struct headless *h, struct slice line, bool too_long)
{
	if (too_long) {
		fputs("chat: standard input is too long for one message\n",
		    stderr);
		h->status = EX_NOINPUT;
		return;
	}
	if (line.len > 0 && line.p[line.len - 1] == '\n')
		line.len--;
	say(h, line);
}

static void
say_text(struct headless *h)
{
	struct sending *s = h->arg;

	if (s->text == NULL || s->said || h->chat == NULL ||
	    chat_status(h->chat)->inviting)
		return;
	s->said = true;
	say(h, slice_of(s->text));
}

static void
on_start(struct headless *h)
{
	const struct sending *s = h->arg;

	if (s->text == NULL)
		return;
	say_text(h);
	headless_drain(h);
}

static void
on_entry(void *arg, const struct chat_entry *e)
{
	struct headless *h = arg;
	struct buf line;

	buf_init(&line, 4096);
	if (e->state == CHAT_ENTRY_DELIVERED && e->id.len > 0) {
		clean_line(&line, e->id, 256);
		buf_putc(&line, '\n');
		headless_put(h, buf_view(&line));
	} else if (e->state == CHAT_ENTRY_FAILED) {
		clean_line(&line, e->reason, 1024);
		fprintf(stderr, "chat: refused: %.*s\n",
		    SLICE_ARG(buf_view(&line)));
		h->status = EX_NOPERM;
	}
	buf_deinit(&line);
}

static void
on_status(void *arg, const struct chat_status *st)
{
	struct headless *h = arg;
	struct sending *s = h->arg;

	say_text(h);
	headless_check(h);
	if (h->dead)
		return;
	if (st->phase == CHAT_WAITING && st->final) {
		fprintf(stderr, "chat: %s\n", st->problem);
		headless_end(h, EX_UNAVAILABLE);
		return;
	}
	if (st->phase == CHAT_WAITING && !s->told) {
		fprintf(stderr, "chat: %s; trying again\n", st->problem);
		s->told = true;
	}
}

int
send_run(const struct connect_options *opt, const char *text)
{
	struct headless_mode mode = {
		.chat = { .on_status = on_status, .on_entry = on_entry },
		.on_line = text == NULL ? on_line : NULL,
		.whole_input = true,
		.on_start = on_start,
	};
	struct sending s = { .text = text };

	return headless_run(opt, &mode, &s);
}
