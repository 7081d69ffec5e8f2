#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/internal.h"
#include "store/words.h"

enum { BIN_MAX = 1024 /* attachments; more can't have been stored */ };

/* The columns of STORE_ROW. */
enum {
	COL_ID,
	COL_SEQ,
	COL_ROOM,
	COL_PERSON,
	COL_NICK,
	COL_PLAIN,
	COL_TEXT,
	COL_BIN,
	COL_NONCE,
	COL_REPLY,
	COL_REPLY_NICK,
	COL_REPLY_TEXT,
	COL_REPLY_DELETED,
	COL_CHANGED,
	COL_EDITED,
	COL_EDITED_NICK,
	COL_DELETED,
	COL_DELETED_NICK,
	COL_REACTED,
};

void
store_rows_begin(
    struct store_rows *rows, struct store_page *page, unsigned limit)
{
	*page = (struct store_page){ .n = 0 };
	*rows = (struct store_rows){
		.page = page,
		.limit = limit < STORE_PAGE_MAX ? limit : STORE_PAGE_MAX,
		.bytes_max = STORE_PAGE_BYTES,
	};
}

static struct slice
copy_text(struct store_rows *rows, const struct db_stmt *s, int column)
{
	struct slice text = db_text(s, column);

	rows->bytes += text.len;
	return arena_copy(&rows->memory, text.p, text.len);
}

/* Takes the length and what it counts off the front; false at the end. */
static bool
take_bin(struct slice *rest, struct slice *one)
{
	size_t len = 0;

	if (rest->len < 4)
		return false;
	for (int i = 0; i < 4; i++)
		len = len << 8 | (unsigned char)rest->p[i];
	*rest = slice_skip(*rest, 4);
	if (len > rest->len)
		return false;
	*one = (struct slice){ rest->p, len };
	*rest = slice_skip(*rest, len);
	return true;
}

/* As post.c has packed them. */
static void
copy_bin(struct store_rows *rows, const struct db_stmt *s, struct store_row *r)
{
	struct slice all = db_blob(s, COL_BIN), rest, one, *to;
	unsigned n = 0;

	if (all.len == 0)
		return;
	rows->bytes += all.len;
	all = arena_copy(&rows->memory, all.p, all.len);
	for (rest = all; n < BIN_MAX && take_bin(&rest, &one);)
		n++;
	to = arena_take(&rows->memory, n * sizeof(*to));
	rest = all;
	for (unsigned i = 0; i < n; i++)
		take_bin(&rest, &to[i]);
	r->bin = to;
	r->nbin = n;
}

static void
take_row(struct store_rows *rows, const struct db_stmt *s, struct store_row *r)
{
	*r = (struct store_row){
		.id = db_id(s, COL_ID),
		.seq = db_int(s, COL_SEQ),
		.room = db_int(s, COL_ROOM),
		.person = db_int(s, COL_PERSON),
		.nick = copy_text(rows, s, COL_NICK),
		.text = copy_text(rows, s, COL_TEXT),
		.is_text = db_int(s, COL_PLAIN) != 0,
		.nonce = copy_text(rows, s, COL_NONCE),
		.reply = db_id(s, COL_REPLY),
		.reply_nick = SLICE(""),
		.reply_text = SLICE(""),
		.changed = db_id(s, COL_CHANGED),
		.edited = db_id(s, COL_EDITED),
		.deleted = db_id(s, COL_DELETED),
		.reacted = db_id(s, COL_REACTED),
		.edited_nick = copy_text(rows, s, COL_EDITED_NICK),
		.deleted_nick = copy_text(rows, s, COL_DELETED_NICK),
	};
	if (db_is_null(s, COL_REPLY_DELETED)) {
		r->reply_nick = copy_text(rows, s, COL_REPLY_NICK);
		r->reply_text = copy_text(rows, s, COL_REPLY_TEXT);
	}
	copy_bin(rows, s, r);
}

static bool
is_wanted(const struct store_rows *rows, const struct db_stmt *s)
{
	return rows->from == NULL ||
	       words_same_nick(db_text(s, COL_NICK), rows->from);
}

static void
grow(struct store_rows *rows)
{
	if (rows->page->n < rows->cap)
		return;
	rows->cap = rows->cap > 0 ? 2 * rows->cap : 32;
	rows->page->rows =
	    xrealloc(rows->page->rows, rows->cap * sizeof(*rows->page->rows));
}

enum store_error
store_rows_take(struct store_rows *rows, struct db_stmt *s)
{
	bool first = true; /* which is taken however long it is */

	rows->full = false;
	while (db_row(s)) {
		if (!is_wanted(rows, s))
			continue;
		if (rows->page->n >= rows->limit ||
		    (!first && rows->bytes >= rows->bytes_max)) {
			rows->full = true;
			break;
		}
		first = false;
		grow(rows);
		take_row(rows, s, &rows->page->rows[rows->page->n++]);
	}
	return db_end(s);
}

void
store_rows_reverse(struct store_rows *rows)
{
	struct store_page *page = rows->page;

	for (unsigned i = 0, j = page->n; i + 1 < j; i++) {
		struct store_row r = page->rows[i];

		page->rows[i] = page->rows[--j];
		page->rows[j] = r;
	}
}

/* ---- reactions ---- */

/* One more of the same emoji. */
static void
add_nick(struct arena **memory, struct slice *nicks, struct slice nick)
{
	char *p = arena_take(memory, nicks->len + 1 + nick.len);

	memcpy(p, nicks->p, nicks->len);
	p[nicks->len] = '\n';
	memcpy(p + nicks->len + 1, nick.p, nick.len);
	*nicks = (struct slice){ p, nicks->len + 1 + nick.len };
}

enum store_error
store_reactions(struct db *db, uint64_t message, struct arena **memory,
    const struct store_reaction **out, unsigned *n, size_t *bytes)
{
	struct db_stmt st = db_stmt(db,
	    "SELECT emoji, nick FROM reactions WHERE message = ? ORDER BY at");
	struct store_reaction *all =
	    arena_take(memory, STORE_REACTIONS_MAX * sizeof(*all));
	unsigned i;

	*n = 0;
	*out = all;
	db_put_int(&st, message);
	while (db_row(&st)) {
		struct slice emoji = db_text(&st, 0), nick = db_text(&st, 1);

		*bytes += nick.len;
		for (i = 0; i < *n && !slice_eq(all[i].emoji, emoji); i++)
			continue;
		if (i < *n) {
			add_nick(memory, &all[i].nicks, nick);
		} else if (i < STORE_REACTIONS_MAX) {
			all[i].emoji = arena_copy(memory, emoji.p, emoji.len);
			all[i].nicks = arena_copy(memory, nick.p, nick.len);
			*n = i + 1;
		}
	}
	return db_end(&st);
}

enum store_error
store_rows_end(struct store_rows *rows, struct db *db, enum store_error e)
{
	struct store_page *page = rows->page;
	size_t bytes = 0;

	for (unsigned i = 0; i < page->n && !e; i++) {
		struct store_row *r = &page->rows[i];

		if (r->reacted.ms != 0)
			e = store_reactions(db, db_pack(r->id), &rows->memory,
			    &r->reactions, &r->nreactions, &bytes);
	}
	page->memory = rows->memory;
	if (e)
		store_page_free(page);
	return e;
}

void
store_page_free(struct store_page *page)
{
	free(page->rows);
	arena_free(page->memory);
	*page = (struct store_page){ .n = 0 };
}

void
store_put_reader(struct db_stmt *st, uint64_t person)
{
	for (unsigned i = 0; i < 4; i++)
		db_put_int(st, person);
}

enum store_error
store_is_foreign(struct db *db, uint64_t room, uint64_t person, bool *foreign)
{
	struct db_stmt st = db_stmt(db, "SELECT 1 FROM rooms WHERE number = ?"
					" AND a <> 0 AND a <> ? AND b <> ?");

	db_put_int(&st, room);
	db_put_int(&st, person);
	db_put_int(&st, person);
	*foreign = db_row(&st);
	return db_end(&st);
}
