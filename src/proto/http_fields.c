#include "config.h"

#include "proto/http_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FEW = 16 }; /* fields that there is room for at first */

void
http_fields_init(struct http_fields *f)
{
	*f = (struct http_fields){ .max = HTTP_FIELDS_MAX };
	buf_init(&f->text, HTTP_HEAD_MAX);
}

void
http_fields_limit(struct http_fields *f, uint32_t bytes, unsigned fields)
{
	buf_init(&f->text, bytes);
	f->max = fields;
}

void
http_fields_deinit(struct http_fields *f)
{
	buf_deinit(&f->text);
	free(f->v);
	f->v = NULL;
	f->n = f->cap = 0;
	f->open = false;
}

static struct slice
text_at(const struct http_fields *f, size_t at, size_t len)
{
	return len > 0 ? (struct slice){ f->text.p + at, len } : SLICE("");
}

static struct slice
name_of(const struct http_fields *f, unsigned i)
{
	return text_at(f, f->v[i].name, f->v[i].name_len);
}

static struct slice
value_of(const struct http_fields *f, unsigned i)
{
	return text_at(f, f->v[i].value, f->v[i].value_len);
}

static bool
is_token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Begins another one. */
static int
add(struct http_fields *f)
{
	if (f->n == f->max)
		return -ENOBUFS;
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : FEW;
		f->v = xrealloc(f->v, f->cap * sizeof(*f->v));
	}
	f->v[f->n++] = (struct http_field){ .name = (uint32_t)f->text.len };
	f->open = true;
	return 0;
}

int
http_fields_name(struct http_fields *f, const char *at, size_t len)
{
	struct http_field *last;

	for (size_t i = 0; i < len; i++)
		if (!is_token_char((unsigned char)at[i]))
			return -EINVAL;
	if (!f->open && add(f) != 0)
		return -ENOBUFS;
	last = &f->v[f->n - 1];
	if (buf_append(&f->text, at, len) != 0)
		return -ENOBUFS;
	last->name_len = (uint32_t)(last->name_len + len);
	last->value = (uint32_t)f->text.len;
	return 0;
}

int
http_fields_value(struct http_fields *f, const char *at, size_t len)
{
	struct http_field *last;

	if (!f->open)
		return -EINVAL; /* no name before it */
	last = &f->v[f->n - 1];
	if (buf_append(&f->text, at, len) != 0)
		return -ENOBUFS;
	last->value_len = (uint32_t)(last->value_len + len);
	return 0;
}

int
http_fields_end(struct http_fields *f)
{
	struct http_field *last;

	if (!f->open || f->v[f->n - 1].name_len == 0)
		return -EINVAL;
	last = &f->v[f->n - 1];
	while (
	    last->value_len > 0 &&
	    strchr(" \t", f->text.p[last->value + last->value_len - 1]) != NULL)
		last->value_len--;
	f->open = false;
	return 0;
}

unsigned
http_fields_count(const struct http_fields *f, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->n; i++)
		n += slice_is_nocase(name_of(f, i), name);
	return n;
}

struct slice
http_fields_get(const struct http_fields *f, const char *name)
{
	for (unsigned i = 0; i < f->n; i++)
		if (slice_is_nocase(name_of(f, i), name))
			return value_of(f, i);
	return SLICE("");
}

int
http_fields_join(const struct http_fields *f, const char *name, struct buf *out)
{
	for (unsigned i = 0; i < f->n; i++) {
		if (!slice_is_nocase(name_of(f, i), name))
			continue;
		if (out->len > 0)
			buf_putc(out, ',');
		buf_append_slice(out, value_of(f, i));
	}
	return out->failed ? -ENOBUFS : 0;
}

static struct slice
trim(struct slice s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = slice_skip(s, 1);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

bool
http_fields_has(
    const struct http_fields *f, const char *name, const char *token)
{
	struct slice list;

	for (unsigned i = 0; i < f->n; i++) {
		if (!slice_is_nocase(name_of(f, i), name))
			continue;
		list = value_of(f, i);
		while (list.len > 0)
			if (slice_is_nocase(
				trim(slice_take_until(&list, ',')), token))
				return true;
	}
	return false;
}
