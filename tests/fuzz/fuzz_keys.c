/*
 * Bytes of a terminal: whatever they are, text is text and keys have names,
 * and it is the same whether they come at once or in pieces. The first byte
 * is the size of the pieces.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "net/loop.h"
#include "tui/keys.h"

enum { LOG_MAX = 1 << 24 };

struct run {
	struct keys *keys;
	struct buf log, text;
};

/* Text that came in pieces is one. */
static void
end_text(struct run *r)
{
	if (r->text.len > 0)
		fuzz_note(&r->log, 't', buf_view(&r->text));
	buf_clear(&r->text);
}

static void
on_text(void *arg, struct slice s)
{
	struct run *r = arg;

	CHECK(s.len > 0);
	CHECK(fuzz_is_clean(s, ""));
	buf_append_slice(&r->text, s);
}

static void
on_key(void *arg, const char *name)
{
	struct run *r = arg;
	size_t n = strlen(name);

	CHECK(n > 0 && n < KEYS_NAME_MAX);
	CHECK(fuzz_is_clean(slice_of(name), ""));
	end_text(r);
	fuzz_note(&r->log, 'k', slice_of(name));
}

static void
on_paste(void *arg, struct slice s, bool cut)
{
	struct run *r = arg;

	CHECK(s.len <= KEYS_PASTE_MAX);
	end_text(r);
	fuzz_note(&r->log, cut ? 'P' : 'p', s);
}

static void
on_focus(void *arg, bool focused)
{
	struct run *r = arg;

	end_text(r);
	buf_puts(&r->log, focused ? "in\n" : "out\n");
}

static void
on_mode(void *arg, int mode, int value)
{
	struct run *r = arg;

	CHECK(mode >= 0 && value >= 0);
	end_text(r);
	buf_printf(&r->log, "mode %d %d\n", mode, value);
}

static const struct keys_cb cb = { on_text, on_key, on_paste, on_focus,
	on_mode };

static bool
feed(void *arg, char *data, size_t len)
{
	struct run *r = arg;

	keys_push(r->keys, data, len);
	return true;
}

/* One for all inputs, since making it looks for many files. */
static void
set_up(struct run *r)
{
	static struct loop loop;
	static bool ready;

	if (!ready)
		CHECK(loop_init(&loop) == 0);
	ready = true;
	r->keys = keys_new(&loop, "none", &cb, r);
	buf_init(&r->log, LOG_MAX);
	buf_init(&r->text, LOG_MAX);
}

static void
run(struct run *r, struct slice s, size_t step)
{
	if (r->keys == NULL)
		set_up(r);
	fuzz_pieces(s, step, feed, r);
	end_text(r);
}

/* Whatever has begun, this ends it. */
static void
reset(struct run *r)
{
	static const char end[] = "\x1b[201~";

	keys_push(r->keys, end, sizeof(end) - 1);
	buf_clear(&r->log);
	buf_clear(&r->text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run whole, pieces;
	struct fuzz_input in = { data, size };
	unsigned step = 1 + fuzz_byte(&in);

	run(&whole, fuzz_rest(&in), 0);
	run(&pieces, fuzz_rest(&in), step);
	CHECK(slice_eq(buf_view(&whole.log), buf_view(&pieces.log)));
	reset(&whole);
	reset(&pieces);
	return 0;
}
