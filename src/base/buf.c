#include "config.h"

#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_CAP_MIN = 64 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_deinit(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_deinit(b);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t cap;

	if (n > b->max - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->p == NULL || n > b->cap - b->len) {
		cap = b->cap > 0 ? b->cap : BUF_CAP_MIN;
		if (cap > b->max)
			cap = b->max;
		while (cap < b->len + n)
			cap = cap > b->max / 2 ? b->max : cap * 2;
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->len;
}

void
buf_add(struct buf *b, size_t n)
{
	assert(n <= b->cap - b->len);
	b->len += n;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len -= n;
	if (n > 0 && b->len > 0)
		memmove(b->p, b->p + n, b->len);
}

int
buf_append(struct buf *b, const void *p, size_t len)
{
	char *to = buf_reserve(b, len);

	if (to == NULL)
		return -ENOBUFS;
	if (len > 0)
		memcpy(to, p, len);
	buf_add(b, len);
	return 0;
}

int
buf_append_slice(struct buf *b, struct slice s)
{
	return buf_append(b, s.p, s.len);
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int
buf_putc(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[128], *text;
	va_list ap;
	int len, rc;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	assert(len >= 0);
	if ((size_t)len < sizeof(small))
		return buf_append(b, small, (size_t)len);
	if ((size_t)len > b->max - b->len) {
		b->failed = true;
		return -ENOBUFS;
	}
	/* Not into b itself: the maximum need not have room for the NUL. */
	text = xmalloc((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	rc = buf_append(b, text, (size_t)len);
	free(text);
	return rc;
}

struct slice
buf_view(const struct buf *b)
{
	return b->len > 0 ? (struct slice){ b->p, b->len } : SLICE("");
}

char *
buf_steal(struct buf *b)
{
	char *p = xrealloc(b->p, b->len + 1);

	p[b->len] = '\0';
	buf_init(b, b->max);
	return p;
}
