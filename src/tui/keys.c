#include "config.h"

#include "tui/keys.h"

#include <stdlib.h>
#include <string.h>

#include <termkey.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

enum {
	SEQUENCE_MAX = 64, /* bytes; libtermkey's buffer holds 256 */
	TEXT_MAX = LOOP_READ_SIZE,
	KEY_BYTES = 12, /* a read of so few can be a key that was pressed */
};

#define ESC '\x1b'
#define CTRL_C '\x03'
static const char paste_end[] = "\x1b[201~";

enum state {
	GROUND,
	UTF8,  /* in a character */
	ALT,   /* behind an ESC */
	CSI,   /* behind ESC [ */
	SS3,   /* behind ESC O */
	PASTE, /* behind ESC [200~ */
};

struct keys {
	struct keys_cb cb;
	void *arg;
	TermKey *termkey;
	uv_timer_t timer;
	enum state state;
	bool alt;   /* an ESC came before this */
	bool stale; /* in a paste: nothing came for KEYS_PASTE_MS */
	bool closed;
	char seq[SEQUENCE_MAX];
	size_t n; /* bytes in seq; more than there is room: too long */
	struct utf8_state utf8;
	struct buf text;
	struct buf paste;
	unsigned end_seen; /* bytes of paste_end */
};

static void
feed(struct keys *k, unsigned char c);

/* --- handing out ---------------------------------------------------------- */

static void
flush_text(struct keys *k)
{
	if (k->text.len > 0 && !k->closed)
		k->cb.on_text(k->arg, buf_view(&k->text));
	buf_clear(&k->text);
}

static void
key(struct keys *k, const TermKeyKey *key)
{
	char name[KEYS_NAME_MAX];

	termkey_strfkey(k->termkey, name, sizeof(name), (TermKeyKey *)key,
	    TERMKEY_FORMAT_ALTISMETA);
	flush_text(k);
	if (!k->closed)
		k->cb.on_key(k->arg, name);
}

/* Digits off the front of *s; -1 if there are none, or too many. */
static int
take_number(struct slice *s)
{
	int n = 0, digits = 0;

	while (s->len > 0 && s->p[0] >= '0' && s->p[0] <= '9') {
		n = 10 * n + s->p[0] - '0';
		*s = slice_skip(*s, 1);
		if (++digits > 6)
			return -1;
	}
	return digits > 0 ? n : -1;
}

/* ESC [ ? MODE ; VALUE $ y. (termkey_interpret_modereport takes modes like 2026
 * for negative.) */
static bool
mode_report(struct keys *k, struct slice seq)
{
	int mode, value;

	if (!slice_starts(seq, "\x1b[?") || seq.p[seq.len - 1] != 'y')
		return false;
	seq = slice_skip(seq, 3);
	mode = take_number(&seq);
	seq = slice_skip(seq, 1);
	value = take_number(&seq);
	if (mode >= 0 && value >= 0 && slice_is(seq, "$y") && !k->closed)
		k->cb.on_mode(k->arg, mode, value);
	return true;
}

/* What libtermkey makes of all these bytes together. */
static void
translate(struct keys *k, const char *p, size_t len, bool alt)
{
	TermKey *tk = k->termkey;
	TermKeyKey first, rest;

	termkey_push_bytes(tk, p, len);
	if (termkey_getkey_force(tk, &first) != TERMKEY_RES_KEY)
		return;
	if (alt)
		first.modifiers |= TERMKEY_KEYMOD_ALT;
	switch (first.type) {
	case TERMKEY_TYPE_UNICODE:
	case TERMKEY_TYPE_FUNCTION:
	case TERMKEY_TYPE_KEYSYM:
		/* else it has made several keys of an unknown sequence */
		if (termkey_get_buffer_remaining(tk) ==
		    termkey_get_buffer_size(tk))
			key(k, &first);
		break;
	default:
		break;
	}
	while (termkey_getkey_force(tk, &rest) == TERMKEY_RES_KEY)
		;
}

static void
hand_out_paste(struct keys *k)
{
	bool cut = k->paste.failed;

	if ((k->paste.len > 0 || cut) && !k->closed)
		k->cb.on_paste(k->arg, buf_view(&k->paste), cut);
	buf_deinit(&k->paste);
}

/* --- the states ------------------------------------------------------------
 */

static void
start(struct keys *k, enum state st)
{
	k->state = st;
	k->n = 0;
}

static void
ground(struct keys *k)
{
	start(k, GROUND);
	k->alt = false;
}

static void
keep(struct keys *k, unsigned char c)
{
	if (k->n < SEQUENCE_MAX)
		k->seq[k->n] = (char)c;
	k->n++;
}

static void
character(struct keys *k, struct slice s)
{
	if (k->alt)
		translate(k, s.p, s.len, true);
	else if (!(s.len == 2 && s.p[0] == '\xc2' && s.p[1] < '\xa0'))
		buf_append_slice(&k->text, s);
	ground(k);
}

static void
feed_ground(struct keys *k, unsigned char c)
{
	const char byte = (char)c;

	if (c == ESC) {
		start(k, ALT);
	} else if (c < ' ' || c == 0x7f) {
		translate(k, &byte, 1, k->alt);
		ground(k);
	} else if (c < 0x80) {
		character(k, (struct slice){ &byte, 1 });
	} else {
		start(k, UTF8);
		k->utf8 = (struct utf8_state){ 0 };
		feed(k, c);
	}
}

static void
feed_utf8(struct keys *k, unsigned char c)
{
	bool first = k->n == 0;

	if (!utf8_feed(&k->utf8, &c, 1)) {
		character(k, SLICE("\xef\xbf\xbd"));
		if (!first) /* it begins something else */
			feed(k, c);
		return;
	}
	keep(k, c);
	if (utf8_done(&k->utf8))
		character(k, (struct slice){ k->seq, k->n });
}

static void
feed_alt(struct keys *k, unsigned char c)
{
	static const char esc = ESC;

	if (c == ESC) {
		/* ESC ESC [A is Alt with an arrow; a third is a key */
		if (k->alt)
			translate(k, &esc, 1, false);
		k->alt = true;
		return;
	}
	if (c == '[' || c == 'O') {
		start(k, c == '[' ? CSI : SS3);
		keep(k, ESC);
		keep(k, c);
		return;
	}
	k->alt = true;
	start(k, GROUND);
	feed(k, c);
}

static bool
is_character(int n)
{
	return n >= 0 && (n < 0xd800 || n > 0xdfff);
}

/*
 * Keys have a few numbers and nothing else (the Linux console's: one '[').
 * With more, or none where it wants a character's, libtermkey 0.22 reads
 * outside its tables.
 */
static bool
is_key(struct slice seq)
{
	struct slice rest = { seq.p + 2, seq.len - 3 };
	char last = seq.p[seq.len - 1];
	int v[3] = { -1, -1, -1 };

	if (slice_is(rest, "["))
		return true;
	for (unsigned n = 0; rest.len > 0; n++) {
		if (n == 3 || (n > 0 && rest.p[0] != ';'))
			return false;
		if (n > 0)
			rest = slice_skip(rest, 1);
		if (rest.len == 0 || rest.p[0] == ';')
			continue; /* left out */
		v[n] = take_number(&rest);
		if (v[n] < 0)
			return false;
	}
	if (seq.p[1] != '[')
		return true;
	if (last == 'u')
		return is_character(v[0]);
	if (last == '~')
		return v[0] >= 0 && (v[0] != 27 || is_character(v[2]));
	return last != 'M'; /* a mouse's, which nobody has asked for */
}

static void
end_sequence(struct keys *k)
{
	struct slice seq = { k->seq, k->n };
	bool alt = k->alt;

	ground(k);
	if (seq.len > SEQUENCE_MAX)
		return;
	flush_text(k);
	if (slice_is(seq, "\x1b[200~")) {
		k->state = PASTE;
		k->stale = false;
		k->end_seen = 0;
	} else if (slice_is(seq, "\x1b[I") || slice_is(seq, "\x1b[O")) {
		if (!k->closed)
			k->cb.on_focus(k->arg, seq.p[2] == 'I');
	} else if (!mode_report(k, seq) && is_key(seq)) {
		translate(k, seq.p, seq.len, alt);
	}
}

static void
feed_sequence(struct keys *k, unsigned char c)
{
	if (c < ' ' || c >= 0x7f) { /* broken off */
		ground(k);
		feed(k, c);
		return;
	}
	keep(k, c);
	/* the Linux console's function keys are ESC [ [ A */
	if (c >= 0x40 && !(k->state == CSI && c == '[' && k->n == 3))
		end_sequence(k);
}

static void
feed_paste(struct keys *k, unsigned char c)
{
	if (c == (unsigned char)paste_end[k->end_seen]) {
		if (++k->end_seen < sizeof(paste_end) - 1)
			return;
		ground(k);
		hand_out_paste(k);
		return;
	}
	if (k->end_seen > 0) {
		buf_append(&k->paste, paste_end, k->end_seen);
		k->end_seen = 0;
		feed_paste(k, c);
		return;
	}
	buf_putc(&k->paste, (char)c);
}

static void
feed(struct keys *k, unsigned char c)
{
	switch (k->state) {
	case GROUND:
		feed_ground(k, c);
		break;
	case UTF8:
		feed_utf8(k, c);
		break;
	case ALT:
		feed_alt(k, c);
		break;
	case CSI:
	case SS3:
		feed_sequence(k, c);
		break;
	case PASTE:
		feed_paste(k, c);
		break;
	}
}

/* --- time ------------------------------------------------------------------
 */

static void
timed_out(uv_timer_t *timer)
{
	struct keys *k = container_of(timer, struct keys, timer);
	static const char esc = ESC;
	bool alt = k->alt;

	switch (k->state) {
	case GROUND:
		break;
	case UTF8:
		character(k, SLICE("\xef\xbf\xbd"));
		break;
	case ALT:
		ground(k);
		translate(k, &esc, 1, alt);
		break;
	case CSI:
		ground(k);
		break;
	case SS3:
		ground(k);
		k->alt = true;
		character(k, SLICE("O"));
		break;
	case PASTE:
		k->stale = true;
		hand_out_paste(k);
		break;
	}
	flush_text(k);
}

static void
set_timer(struct keys *k)
{
	unsigned ms = KEYS_ESC_MS;

	if (k->closed)
		return;
	if (k->state == PASTE)
		ms = KEYS_PASTE_MS;
	else if (k->state == CSI)
		ms = KEYS_SEQUENCE_MS;
	if (k->state == GROUND)
		uv_timer_stop(&k->timer);
	else
		uv_timer_start(&k->timer, timed_out, ms, 0);
}

/* Came alone after a silence in a paste: a key that nobody pastes, and not the
 * paste's end. What has an Enter in it stays a part of the paste. */
static bool
ends_paste(struct slice s)
{
	struct slice end = { paste_end, sizeof(paste_end) - 1 };

	if (s.len == 0 || s.len > KEY_BYTES ||
	    (s.p[0] != ESC && s.p[0] != CTRL_C))
		return false;
	if (memchr(s.p, '\r', s.len) || memchr(s.p, '\n', s.len))
		return false;
	if (end.len > s.len)
		end.len = s.len;
	return s.len == 1 || memcmp(s.p, end.p, end.len) != 0;
}

void
keys_push(struct keys *k, const void *p, size_t len)
{
	const unsigned char *c = p;

	if (k->state == PASTE && k->stale) {
		k->stale = false;
		if (ends_paste((struct slice){ p, len }))
			ground(k);
	}
	for (size_t i = 0; i < len && !k->closed; i++) {
		feed(k, c[i]);
		if (k->text.len > TEXT_MAX - 8)
			flush_text(k);
	}
	flush_text(k);
	set_timer(k);
}

struct keys *
keys_new(
    struct loop *loop, const char *type, const struct keys_cb *cb, void *arg)
{
	const int flags = TERMKEY_FLAG_UTF8 | TERMKEY_FLAG_NOTERMIOS;
	struct keys *k = xcalloc(1, sizeof(*k));

	k->cb = *cb;
	k->arg = arg;
	buf_init(&k->text, TEXT_MAX);
	buf_init(&k->paste, KEYS_PASTE_MAX);
	k->termkey = termkey_new_abstract(type, flags);
	if (!k->termkey)
		mem_exhausted(); /* it takes any type */
	termkey_set_canonflags(k->termkey, TERMKEY_CANON_DELBS);
	uv_timer_init(&loop->uv, &k->timer);
	return k;
}

static void
timer_closed(uv_handle_t *h)
{
	struct keys *k =
	    container_of((uv_timer_t *)(void *)h, struct keys, timer);

	termkey_destroy(k->termkey);
	buf_deinit(&k->text);
	buf_deinit(&k->paste);
	free(k);
}

void
keys_close(struct keys *k)
{
	k->closed = true;
	uv_close((uv_handle_t *)&k->timer, timer_closed);
}
