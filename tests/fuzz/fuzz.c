#include "config.h"

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

void
fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

unsigned
fuzz_byte(struct fuzz_input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->p++;
}

struct slice
fuzz_take(struct fuzz_input *in, size_t n)
{
	struct slice s = fuzz_rest(in);

	if (s.len > n)
		s.len = n;
	in->p += s.len;
	in->len -= s.len;
	return s;
}

struct slice
fuzz_rest(const struct fuzz_input *in)
{
	return (struct slice){ (const char *)in->p, in->len };
}

char *
fuzz_copy(struct slice s)
{
	char *copy = xmalloc(s.len + (s.len == 0));

	if (s.len > 0)
		memcpy(copy, s.p, s.len);
	return copy;
}

void
fuzz_pieces(struct slice s, size_t step, bool (*feed)(void *, char *, size_t),
    void *arg)
{
	bool more = true;

	if (step == 0)
		step = s.len;
	while (more && s.len > 0) {
		struct slice piece = { s.p, s.len < step ? s.len : step };
		char *copy = fuzz_copy(piece);

		more = feed(arg, copy, piece.len);
		free(copy);
		s = slice_skip(s, piece.len);
	}
}

bool
fuzz_is_clean(struct slice s, const char *except)
{
	if (!utf8_valid(s.p, s.len))
		return false;
	for (size_t i = 0; i < s.len;) {
		uint32_t cp;

		i += utf8_decode(s.p + i, s.len - i, &cp);
		if (cp < 0x20 && (cp == 0 || strchr(except, (int)cp) == NULL))
			return false;
		if (cp >= 0x7f && cp < 0xa0)
			return false;
	}
	return true;
}

void
fuzz_note(struct buf *log, char kind, struct slice s)
{
	buf_printf(log, "%c%zu:", kind, s.len);
	buf_append_slice(log, s);
	buf_putc(log, '\n');
}
