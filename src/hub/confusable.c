#include "config.h"

#include "hub/confusable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "hub/confusable_table.h"
#include "hub/name.h"

/* What cp is taken for; p NULL: itself. */
static struct slice
lookup(uint32_t cp)
{
	size_t low = 0, high = confusable_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t from = confusable_from[mid] >> 8;

		if (from == cp)
			return (struct slice){ (const char *)confusable_pool +
						   confusable_at[mid],
				confusable_from[mid] & 0xff };
		if (from < cp)
			low = mid + 1;
		else
			high = mid;
	}
	return (struct slice){ NULL, 0 };
}

/* Each character put for what it looks like. */
static int
replace_each(struct slice rest, struct buf *out)
{
	while (rest.len > 0) {
		uint32_t cp;
		unsigned n = utf8_decode(rest.p, rest.len, &cp);
		struct slice to = lookup(cp);

		if (to.p == NULL)
			to = (struct slice){ rest.p, n };
		buf_append_slice(out, to);
		rest = slice_skip(rest, n);
	}
	return out->failed ? -ENOBUFS : 0;
}

/* Decomposed, which ASCII is, and then replaced. */
static int
replace(struct slice in, struct buf *out)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
	utf8proc_uint8_t *nfd = NULL;
	utf8proc_ssize_t len;
	int err;

	if (slice_is_ascii(in))
		return replace_each(in, out);
	len = utf8proc_map((const utf8proc_uint8_t *)in.p,
	    (utf8proc_ssize_t)in.len, &nfd, how);
	if (len == UTF8PROC_ERROR_NOMEM)
		mem_exhausted();
	if (len < 0)
		return -EINVAL;
	err =
	    replace_each((struct slice){ (const char *)nfd, (size_t)len }, out);
	free(nfd);
	return err;
}

/* Replaces and folds what is in b. */
static int
round_of(struct buf *b)
{
	struct buf replaced;
	int err;

	buf_init(&replaced, b->max);
	err = replace(buf_view(b), &replaced);
	buf_clear(b);
	if (err == 0)
		err = name_fold(buf_view(&replaced), b);
	buf_deinit(&replaced);
	return err;
}

static int
append_bare(struct slice s, struct buf *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < s.len; i++)
		if (strchr(" _-.", s.p[i]) == NULL)
			buf_putc(out, s.p[i] == 'i' ? 'l' : s.p[i]);
	if (out->len == before)
		buf_append_slice(out, s);
	return out->failed ? -ENOBUFS : 0;
}

int
confusable_skeleton(struct slice nick, struct buf *out)
{
	struct buf b;
	int err;

	buf_init(&b, SKELETON_MAX);
	err = buf_append_slice(&b, nick);
	if (err == 0)
		err = round_of(&b);
	if (err == 0)
		err = round_of(&b);
	if (err == 0)
		err = append_bare(buf_view(&b), out);
	buf_deinit(&b);
	return err;
}

bool
confusable_is_reserved(const char *skeleton)
{
	/* admin, administrator, chat, moderator, operator, root, server,
	 * system: their skeletons. */
	static const char *const reserved[] = { "adrnln", "adrnlnlstrator",
		"chat", "rnoderator", "operator", "root", "server", "systern" };

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcmp(skeleton, reserved[i]) == 0)
			return true;
	return false;
}
