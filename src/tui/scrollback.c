#include "config.h"

#include "tui/scrollback.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { CAP_MIN = 64 };

void
scrollback_init(struct scrollback *sb)
{
	*sb = (struct scrollback){ .first = SCROLLBACK_FIRST };
}

void
scrollback_deinit(struct scrollback *sb)
{
	scrollback_clear(sb);
	free(sb->ring);
	scrollback_init(sb);
}

/* The slot of the line that is `i` behind the oldest. */
static struct line **
slot(const struct scrollback *sb, unsigned i)
{
	i += sb->head;
	return &sb->ring[i < sb->cap ? i : i - sb->cap];
}

void
scrollback_clear(struct scrollback *sb)
{
	for (unsigned i = 0; i < sb->n; i++)
		line_free(*slot(sb, i));
	sb->first += sb->n;
	sb->n = 0;
	sb->head = 0;
	sb->bytes = 0;
}

static void
grow(struct scrollback *sb)
{
	unsigned cap = sb->cap > 0 ? sb->cap * 2 : CAP_MIN;
	struct line **ring;

	if (cap > SCROLLBACK_MAX)
		cap = SCROLLBACK_MAX;
	ring = xcalloc(cap, sizeof(*ring));
	for (unsigned i = 0; i < sb->n; i++)
		ring[i] = *slot(sb, i);
	free(sb->ring);
	sb->ring = ring;
	sb->cap = cap;
	sb->head = 0;
}

static size_t
size_of(const struct line *l)
{
	size_t size = sizeof(*l) + l->nick_len + l->text_len;

	if (l->more != NULL)
		size += sizeof(*l->more) + strlen(l->more->quote) +
			strlen(l->more->reactions) + strlen(l->more->ours);
	return size;
}

struct line *
scrollback_take_off(struct scrollback *sb)
{
	struct line *l = *slot(sb, 0);

	assert(sb->n > 0);
	sb->bytes -= size_of(l);
	sb->head = sb->head + 1 < sb->cap ? sb->head + 1 : 0;
	sb->first++;
	sb->n--;
	return l;
}

static void
drop_oldest(struct scrollback *sb)
{
	line_free(scrollback_take_off(sb));
}

/* At most max bytes, cut between characters. */
static struct slice
cut(struct slice s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return (struct slice){ s.p, max };
}

static void
extra_free(struct line_extra *x)
{
	if (x == NULL)
		return;
	free(x->quote);
	free(x->reactions);
	free(x->ours);
	free(x);
}

/* NULL if there is nothing in it. */
static struct line_extra *
extra_make(struct slice quote, struct slice reactions, struct slice ours)
{
	struct line_extra *x;

	if (quote.len == 0 && reactions.len == 0)
		return NULL;
	x = xcalloc(1, sizeof(*x));
	x->quote = xstrndup(quote.p, quote.len);
	x->reactions = xstrndup(reactions.p, reactions.len);
	x->ours = xstrndup(ours.p, ours.len);
	return x;
}

void
line_free(struct line *l)
{
	if (l == NULL)
		return;
	extra_free(l->more);
	free(l);
}

struct line *
line_make(const struct line_new *new)
{
	struct slice nick = cut(new->nick, SCROLLBACK_NICK_MAX);
	struct slice text = cut(new->text, UINT32_MAX);
	struct line *l = xmalloc(sizeof(*l) + nick.len + text.len);

	*l = (struct line){
		.at = new->at,
		.id = new->id,
		.more = extra_make(new->quote, new->reactions, new->ours),
		.text_len = (uint32_t)text.len,
		.nick_len = (uint8_t)nick.len,
		.kind = (uint8_t) new->kind,
		.mark = (uint8_t) new->mark,
		.own = new->own,
		.mention = new->mention,
		.edited = new->edited,
		.deleted = new->deleted,
	};
	if (nick.len > 0)
		memcpy(l->bytes, nick.p, nick.len);
	if (text.len > 0)
		memcpy(l->bytes + nick.len, text.p, text.len);
	return l;
}

uint64_t
scrollback_take(struct scrollback *sb, struct line *l)
{
	sb->bytes += size_of(l);
	while (sb->n == SCROLLBACK_MAX ||
	       (sb->n > 0 && sb->bytes > SCROLLBACK_BYTES))
		drop_oldest(sb);
	if (sb->n == sb->cap)
		grow(sb);
	*slot(sb, sb->n++) = l;
	l->rows_key = 0;
	return scrollback_last(sb);
}

uint64_t
scrollback_add(struct scrollback *sb, const struct line_new *new)
{
	return scrollback_take(sb, line_make(new));
}

uint64_t
scrollback_take_above(struct scrollback *sb, struct line *l)
{
	if (sb->n == SCROLLBACK_MAX ||
	    sb->bytes + size_of(l) > SCROLLBACK_BYTES) {
		line_free(l);
		return 0;
	}
	if (sb->n == sb->cap)
		grow(sb);
	sb->head = sb->head > 0 ? sb->head - 1 : sb->cap - 1;
	sb->n++;
	*slot(sb, 0) = l;
	sb->bytes += size_of(l);
	return --sb->first;
}

/* After the line has another size; old is what it had. */
static void
resized(struct scrollback *sb, struct line *l, size_t old)
{
	l->rows_key = 0;
	sb->bytes += size_of(l) - old;
	while (sb->n > 1 && sb->bytes > SCROLLBACK_BYTES)
		drop_oldest(sb);
}

void
scrollback_replace(struct scrollback *sb, uint64_t id, struct slice text)
{
	struct line **at, *l = scrollback_get(sb, id);
	size_t old;

	assert(l != NULL);
	at = slot(sb, (unsigned)(id - sb->first));
	text = cut(text, UINT32_MAX);
	old = size_of(l);
	l = xrealloc(l, sizeof(*l) + l->nick_len + text.len);
	if (text.len > 0)
		memcpy(l->bytes + l->nick_len, text.p, text.len);
	l->text_len = (uint32_t)text.len;
	*at = l;
	resized(sb, l, old);
}

void
scrollback_set_reactions(struct scrollback *sb, uint64_t id,
    struct slice reactions, struct slice ours)
{
	struct line *l = scrollback_get(sb, id);
	struct line_extra *was;
	size_t old;

	assert(l != NULL);
	old = size_of(l);
	was = l->more;
	l->more = extra_make(
	    slice_of(was != NULL ? was->quote : NULL), reactions, ours);
	extra_free(was);
	resized(sb, l, old);
}

uint64_t
scrollback_by_message(const struct scrollback *sb, struct msgid id)
{
	if (id.ms == 0 && id.n == 0)
		return 0;
	for (uint64_t at = scrollback_last(sb); at >= sb->first; at--)
		if (msgid_cmp(scrollback_get(sb, at)->id, id) == 0)
			return at;
	return 0;
}

struct line *
scrollback_get(const struct scrollback *sb, uint64_t id)
{
	if (id < sb->first || id - sb->first >= sb->n)
		return NULL;
	return *slot(sb, (unsigned)(id - sb->first));
}

uint64_t
scrollback_last(const struct scrollback *sb)
{
	return sb->first + sb->n - 1;
}

struct slice
line_nick(const struct line *l)
{
	return (struct slice){ l->bytes, l->nick_len };
}

struct slice
line_text(const struct line *l)
{
	return (struct slice){ l->bytes + l->nick_len, l->text_len };
}

struct slice
line_quote(const struct line *l)
{
	return slice_of(l->more != NULL ? l->more->quote : NULL);
}

struct slice
line_reactions(const struct line *l)
{
	return slice_of(l->more != NULL ? l->more->reactions : NULL);
}

void
scrollback_set_layout(struct scrollback *sb, uint16_t key)
{
	sb->key = key;
}

unsigned
scrollback_rows(const struct scrollback *sb, const struct line *l)
{
	return l->rows_key == sb->key ? l->rows : 0;
}

void
scrollback_keep_rows(const struct scrollback *sb, struct line *l, unsigned rows)
{
	if (rows > UINT16_MAX)
		return;
	l->rows = (uint16_t)rows;
	l->rows_key = sb->key;
}

/* Bytes of UTF-8 beyond ASCII stay what they are. */
static unsigned char
lower_byte(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static uint32_t
lower(uint32_t cp)
{
	if (cp < 0x80)
		return lower_byte((unsigned char)cp);
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

/* Bytes at the front of s that are what, case ignored; 0: they are not. */
static size_t
match_here(struct slice s, struct slice what)
{
	size_t at = 0;

	while (what.len > 0) {
		uint32_t a, b;

		if (at == s.len)
			return 0;
		at += utf8_decode(s.p + at, s.len - at, &a);
		what = slice_skip(what, utf8_decode(what.p, what.len, &b));
		if (a != b && lower(a) != lower(b))
			return 0;
	}
	return at;
}

long
scrollback_match(struct slice s, struct slice what, size_t *len)
{
	unsigned char first;

	if (what.len == 0)
		return -1;
	first = lower_byte((unsigned char)what.p[0]);
	for (size_t at = 0; at < s.len; at++) {
		unsigned char c = (unsigned char)s.p[at];

		if ((c & 0xc0) == 0x80 || (c < 0x80 && lower_byte(c) != first))
			continue;
		*len = match_here(slice_skip(s, at), what);
		if (*len > 0)
			return (long)at;
	}
	return -1;
}

static bool
has_text(const struct line *l, struct slice what)
{
	size_t len;

	return scrollback_match(line_text(l), what, &len) >= 0 ||
	       scrollback_match(line_nick(l), what, &len) >= 0;
}

static bool
is_mention(const struct line *l, struct slice what)
{
	(void)what;
	return l->mention;
}

static uint64_t
find(const struct scrollback *sb, uint64_t id, bool upwards,
    bool (*is)(const struct line *, struct slice), struct slice what)
{
	uint64_t last = scrollback_last(sb);

	if (upwards && id > last)
		id = last;
	if (!upwards && id < sb->first)
		id = sb->first;
	for (; id >= sb->first && id <= last; id = upwards ? id - 1 : id + 1)
		if (is(scrollback_get(sb, id), what))
			return id;
	return 0;
}

uint64_t
scrollback_find(
    const struct scrollback *sb, uint64_t id, bool upwards, struct slice text)
{
	return find(sb, id, upwards, has_text, text);
}

uint64_t
scrollback_find_mention(const struct scrollback *sb, uint64_t id, bool upwards)
{
	return find(sb, id, upwards, is_mention, SLICE(""));
}

static bool
is_message(const struct line *l, struct slice what)
{
	(void)what;
	return l->id.ms != 0 && !l->deleted;
}

uint64_t
scrollback_find_message(const struct scrollback *sb, uint64_t id, bool upwards)
{
	return find(sb, id, upwards, is_message, SLICE(""));
}
