#include "config.h"

#include "hub/name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "hub/nick.h"

static int
fold_ascii(struct slice name, struct buf *out)
{
	char *to = buf_reserve(out, name.len);

	if (to == NULL)
		return -ENOBUFS;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];

		to[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	buf_add(out, name.len);
	return 0;
}

int
name_fold(struct slice name, struct buf *out)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
				      UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
				      UTF8PROC_IGNORE;
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t len;
	int err;

	if (slice_is_ascii(name))
		return fold_ascii(name, out);
	len = utf8proc_map((const utf8proc_uint8_t *)name.p,
	    (utf8proc_ssize_t)name.len, &folded, how);
	if (len == UTF8PROC_ERROR_NOMEM)
		mem_exhausted();
	if (len < 0)
		return -EINVAL;
	err = buf_append(out, folded, (size_t)len);
	free(folded);
	return err;
}

/* The folded form counts: there are other characters that are an '@' in it, and
 * some that are nothing. */
static bool
names_a_room(struct slice name)
{
	struct buf folded;
	bool ok;

	buf_init(&folded, NAME_FOLD_MAX);
	ok = name_fold(name, &folded) == 0 && folded.len > 0 &&
	     folded.p[0] != '@';
	buf_deinit(&folded);
	return ok && !slice_is(name, ".") && !slice_is(name, "..");
}

size_t
room_name_clean(struct slice in, char out[ROOM_NAME_SIZE])
{
	static const struct nick_rule rule = {
		.max = ROOM_NAME_MAX,
		.space = '-',
		.skip = '#',
		.whole = true,
	};
	size_t len = nick_clean_as(in, &rule, out);

	if (!names_a_room((struct slice){ out, len })) {
		out[0] = '\0';
		return 0;
	}
	return len;
}
