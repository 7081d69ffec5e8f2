#include "config.h"

#include "client/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clean.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/json.h"

enum {
	NONCE_BYTES = 16,
	ADOPT_MAX = 64,        /* files; the others' turn comes next time */
	COMPACT_MIN = 1 << 16, /* bytes; a smaller file may be all "done" */
	DONE_LINE_MAX = 64,
	PATH_SHOWN_MAX = 120, /* bytes in an error */
};

/* ---- entries ---- */

/* An entry with its texts behind it; not yet anywhere. */
static struct outbox_entry *
entry_new(struct slice room, struct slice text, struct slice reply, uint64_t at)
{
	struct outbox_entry *e =
	    xcalloc(1, sizeof(*e) + room.len + text.len + reply.len);
	char *p = (char *)(e + 1);

	e->at = at;
	e->room = (struct slice){ p, room.len };
	e->text = (struct slice){ p + room.len, text.len };
	e->reply = (struct slice){ p + room.len + text.len, reply.len };
	if (room.len > 0)
		memcpy(p, room.p, room.len);
	if (text.len > 0)
		memcpy(p + room.len, text.p, text.len);
	if (reply.len > 0)
		memcpy(p + room.len + text.len, reply.p, reply.len);
	return e;
}

static void
index_entry(struct outbox *o, struct outbox_entry *e)
{
	HASH_ADD_KEYPTR(hh, o->by_nonce, e->nonce, OUTBOX_NONCE_LEN, e);
}

static void
drop_entry(
    struct outbox *o, struct outbox_entries *list, struct outbox_entry *e)
{
	TAILQ_REMOVE(list, e, link);
	HASH_DEL(o->by_nonce, e);
	free(e);
}

struct outbox_entry *
outbox_by_nonce(struct outbox *o, struct slice nonce)
{
	struct outbox_entry *e;

	HASH_FIND(hh, o->by_nonce, nonce.p, nonce.len, e);
	return e;
}

struct outbox_entry *
outbox_by_number(struct outbox *o, uint64_t number)
{
	struct outbox_entry *e;

	TAILQ_FOREACH (e, &o->entries, link)
		if (e->number == number)
			return e;
	return NULL;
}

/* ---- lines ---- */

/* The line of an entry; sets its size. 0 or -ENOBUFS. */
static int
put_entry(const struct outbox *o, struct outbox_entry *e, struct buf *b)
{
	size_t start = b->len;

	buf_puts(b, "{\"server\":");
	json_put_string(b, slice_of(o->key));
	buf_printf(b, ",\"nonce\":\"%s\",\"room\":", e->nonce);
	json_put_string(b, e->room);
	buf_puts(b, ",\"text\":");
	json_put_string(b, e->text);
	if (e->reply.len > 0) {
		buf_puts(b, ",\"reply\":");
		json_put_string(b, e->reply);
	}
	buf_printf(b, ",\"at\":%llu}\n", (unsigned long long)e->at);
	e->size = b->len - start;
	return b->failed ? -ENOBUFS : 0;
}

/* A nonce as a line has it. */
static bool
parse_nonce(struct slice raw, char nonce[OUTBOX_NONCE_LEN + 1])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";

	if (raw.len != OUTBOX_NONCE_LEN + 2 || raw.p[0] != '"')
		return false;
	memcpy(nonce, raw.p + 1, OUTBOX_NONCE_LEN);
	nonce[OUTBOX_NONCE_LEN] = '\0';
	return strspn(nonce, letters) == OUTBOX_NONCE_LEN;
}

/* A member that is a string, unescaped, appended to b; its part of b. */
static bool
parse_string(struct slice line, const char *key, struct buf *b, size_t *len)
{
	struct slice raw;
	size_t start = b->len;

	if (!json_get(line, key, &raw) || json_unescape(raw, b) != 0)
		return false;
	*len = b->len - start;
	return true;
}

/* NULL if line is none of an entry. */
static struct outbox_entry *
parse_entry(struct slice line)
{
	char nonce[OUTBOX_NONCE_LEN + 1];
	struct outbox_entry *e = NULL;
	size_t room, text, reply = 0;
	struct slice raw;
	const char *p;
	struct buf b;
	int64_t at = 0;

	if (!json_get(line, "nonce", &raw) || !parse_nonce(raw, nonce))
		return NULL;
	if (json_get(line, "at", &raw))
		json_int(raw, 0, INT64_MAX, &at);
	buf_init(&b, line.len);
	if (parse_string(line, "room", &b, &room) &&
	    parse_string(line, "text", &b, &text)) {
		parse_string(line, "reply", &b, &reply);
		p = buf_view(&b).p;
		e = entry_new((struct slice){ p, room },
		    (struct slice){ p + room, text },
		    (struct slice){ p + room + text, reply }, (uint64_t)at);
		memcpy(e->nonce, nonce, sizeof(nonce));
	}
	buf_deinit(&b);
	return e;
}

/* ---- taking over what dead clients have left ---- */

struct done {
	SLIST_ENTRY(done) link;
	char nonce[OUTBOX_NONCE_LEN + 1];
};

struct adoption {
	struct outbox *o;
	struct outbox_file files[ADOPT_MAX];
	size_t n;
	struct outbox_entries list; /* of the file that is read */
	SLIST_HEAD(, done) done;    /* in any file */
	bool ours, foreign; /* it has entries of our server, of others */
};

static void
note_done(struct adoption *a, struct slice raw)
{
	struct done *d = xcalloc(1, sizeof(*d));

	if (parse_nonce(raw, d->nonce))
		SLIST_INSERT_HEAD(&a->done, d, link);
	else
		free(d);
}

static void
on_line(void *arg, struct slice line)
{
	struct adoption *a = arg;
	struct outbox_entry *e;
	struct slice raw;

	if (json_check(line) != 0)
		return;
	if (json_get(line, "done", &raw)) {
		note_done(a, raw);
		return;
	}
	e = parse_entry(line);
	if (e == NULL)
		return;
	if (!json_get(line, "server", &raw) ||
	    !json_string_is(raw, a->o->key)) {
		a->foreign = true;
		free(e);
		return;
	}
	a->ours = true;
	if (outbox_by_nonce(a->o, slice_of(e->nonce)) != NULL) {
		free(e);
		return;
	}
	TAILQ_INSERT_TAIL(&a->list, e, link);
	index_entry(a->o, e);
}

/* Merges the list into the entries by time; each keeps its own order. */
static void
merge(struct adoption *a)
{
	struct outbox_entry *at = TAILQ_FIRST(&a->o->entries), *e;

	while ((e = TAILQ_FIRST(&a->list)) != NULL) {
		while (at != NULL && at->at <= e->at)
			at = TAILQ_NEXT(at, link);
		TAILQ_REMOVE(&a->list, e, link);
		if (at != NULL)
			TAILQ_INSERT_BEFORE(at, e, link);
		else
			TAILQ_INSERT_TAIL(&a->o->entries, e, link);
	}
}

/* Reads file i. One that can't be read is left alone, and so is another
 * server's, whose address has the same hash, by chance or by intent. */
static bool
adopt(struct adoption *a, size_t i)
{
	struct outbox_entry *e;
	int rc;

	a->ours = a->foreign = false;
	rc = outbox_file_read(&a->files[i], on_line, a);
	if (rc == 0 && (a->ours || !a->foreign)) {
		merge(a);
		return true;
	}
	while ((e = TAILQ_FIRST(&a->list)) != NULL)
		drop_entry(a->o, &a->list, e);
	outbox_file_close(&a->files[i]);
	return false;
}

static void
forget_done(struct adoption *a)
{
	struct outbox_entry *e;
	struct done *d;

	while ((d = SLIST_FIRST(&a->done)) != NULL) {
		e = outbox_by_nonce(a->o, slice_of(d->nonce));
		if (e != NULL)
			drop_entry(a->o, &a->o->entries, e);
		SLIST_REMOVE_HEAD(&a->done, link);
		free(d);
	}
}

/* Everything that waits, into a file that is new. */
static int
write_entries(struct outbox *o, struct outbox_file *f)
{
	struct outbox_entry *e;
	struct buf b;
	int rc = 0;

	buf_init(&b, OUTBOX_LINE_MAX);
	o->live = 0;
	TAILQ_FOREACH (e, &o->entries, link) {
		buf_clear(&b);
		rc = put_entry(o, e, &b);
		if (rc == 0)
			rc = outbox_file_append(f, buf_view(&b));
		if (rc != 0)
			break;
		o->live += e->size;
	}
	buf_deinit(&b);
	if (rc == 0)
		rc = outbox_file_sync(f);
	return rc != 0 ? rc : outbox_dir_sync(o->dir_fd);
}

static void
number_entries(struct outbox *o)
{
	struct outbox_entry *e;

	TAILQ_FOREACH (e, &o->entries, link) {
		e->number = o->next++;
		e->restored = true;
		o->n++;
	}
}

/* Our file, with everything that waits. 0 or a negative errno: then there is
 * none. */
static int
make_file(struct outbox *o)
{
	int rc = outbox_file_create(o->dir_fd, o->hash, &o->file);

	if (rc != 0)
		return rc;
	rc = write_entries(o, &o->file);
	if (rc != 0 && outbox_file_discard(o->dir_fd, &o->file) != 0)
		outbox_file_close(&o->file);
	return rc;
}

/* 0 or a negative errno, with the files as they were. */
static int
adopt_all(struct outbox *o)
{
	struct adoption *a = xcalloc(1, sizeof(*a));
	int rc = outbox_file_take(o->dir_fd, o->hash, a->files, ADOPT_MAX);

	a->o = o;
	TAILQ_INIT(&a->list);
	SLIST_INIT(&a->done);
	for (int i = 0; i < rc; i++)
		if (adopt(a, (size_t)i))
			a->files[a->n++] = a->files[i];
	forget_done(a);
	if (rc >= 0)
		rc = make_file(o);
	/* One that can't be removed is read again next time; the nonces tell
	 * that it is the same. */
	for (size_t i = 0; i < a->n; i++)
		if (rc != 0 ||
		    outbox_file_discard(o->dir_fd, &a->files[i]) != 0)
			outbox_file_close(&a->files[i]);
	if (rc == 0) {
		outbox_dir_sync(o->dir_fd);
		number_entries(o);
	}
	free(a);
	return rc;
}

int
outbox_open(struct outbox *o, const char *dir, const char *key, struct buf *err)
{
	int rc;

	*o = (struct outbox){
		.next = 1,
		.key = xstrndup(key, strlen(key)),
		.hash = outbox_file_hash(key),
		.dir_fd = -1,
		.file = { .fd = -1 },
	};
	TAILQ_INIT(&o->entries);
	if (dir == NULL)
		return 0;
	rc = outbox_dir_open(dir);
	if (rc >= 0) {
		o->dir_fd = rc;
		rc = adopt_all(o);
	}
	if (rc != 0) {
		buf_puts(err, "unsent lines can't be kept in ");
		clean_line(err, slice_of(dir), PATH_SHOWN_MAX);
		buf_printf(err, ": %s (see --no-outbox)", strerror(-rc));
		outbox_close(o);
	}
	return rc;
}

/* ---- writing ---- */

/* Puts a new file with what waits in the place of ours. 0 or a negative
 * errno: then it stays as it was. */
static int
rewrite(struct outbox *o)
{
	size_t live = o->live;
	struct outbox_file f;
	int rc = outbox_file_create(o->dir_fd, o->hash, &f);

	if (rc != 0)
		return rc;
	rc = write_entries(o, &f);
	if (rc == 0)
		rc = outbox_file_discard(o->dir_fd, &o->file);
	if (rc != 0) {
		o->live = live;
		if (outbox_file_discard(o->dir_fd, &f) != 0)
			outbox_file_close(&f);
		return rc;
	}
	o->file = f;
	o->dirty = o->suspect = o->stale = false;
	/* Nothing is lost if that fails: the old one may come back. */
	outbox_dir_sync(o->dir_fd);
	return 0;
}

static bool
is_text(struct slice s)
{
	return utf8_valid(s.p, s.len) &&
	       (s.len == 0 || memchr(s.p, '\0', s.len) == NULL);
}

struct outbox_entry *
outbox_add_reply(struct outbox *o, struct slice room, struct slice text,
    struct slice reply, uint64_t at_ms)
{
	unsigned char random[NONCE_BYTES];
	struct outbox_entry *e;
	struct buf b;
	int rc = 0;

	/* They would not come back as they are. */
	if (!is_text(room) || !is_text(text) || !is_text(reply)) {
		errno = EILSEQ;
		return NULL;
	}
	e = entry_new(room, text, reply, at_ms);
	random_bytes(random, sizeof(random));
	base64url_encode(e->nonce, random, sizeof(random));
	if (o->file.fd >= 0) {
		buf_init(&b, OUTBOX_LINE_MAX);
		rc = put_entry(o, e, &b);
		if (rc == 0)
			rc = outbox_file_append(&o->file, buf_view(&b));
		buf_deinit(&b);
	}
	if (rc != 0) {
		free(e);
		errno = rc == -ENOBUFS ? EMSGSIZE : -rc;
		return NULL;
	}
	e->number = o->next++;
	TAILQ_INSERT_TAIL(&o->entries, e, link);
	index_entry(o, e);
	o->n++;
	o->live += e->size;
	o->dirty = o->file.fd >= 0;
	return e;
}

struct outbox_entry *
outbox_add(
    struct outbox *o, struct slice room, struct slice text, uint64_t at_ms)
{
	return outbox_add_reply(o, room, text, SLICE(""), at_ms);
}

int
outbox_sync(struct outbox *o)
{
	int rc;

	if (!o->dirty)
		return 0;
	/* After an error the kernel may take for written what isn't, and
	 * would have nothing more to say. */
	if (o->suspect)
		return rewrite(o);
	rc = outbox_file_sync(&o->file);
	o->dirty = o->suspect = rc != 0;
	return rc;
}

/* The file tells that e is gone: by a line, or by being empty. */
static int
write_done(struct outbox *o, const char *nonce)
{
	struct buf b;
	int rc;

	if (o->n == 0) {
		rc = outbox_file_empty(&o->file);
		if (rc == 0)
			o->suspect = o->stale = false;
		return rc;
	}
	buf_init(&b, DONE_LINE_MAX);
	buf_printf(&b, "{\"done\":\"%s\"}\n", nonce);
	rc = outbox_file_append(&o->file, buf_view(&b));
	buf_deinit(&b);
	return rc;
}

void
outbox_done(struct outbox *o, struct outbox_entry *e)
{
	char nonce[OUTBOX_NONCE_LEN + 1];

	memcpy(nonce, e->nonce, sizeof(nonce));
	o->live -= e->size;
	o->n--;
	drop_entry(o, &o->entries, e);
	if (o->file.fd < 0)
		return;
	o->dirty = true;
	if (write_done(o, nonce) != 0)
		o->stale = true;
	if (o->stale ||
	    (o->file.size > COMPACT_MIN && o->file.size / 2 > o->live))
		rewrite(o);
}

void
outbox_close(struct outbox *o)
{
	struct outbox_entry *e;

	if (o->file.fd >= 0) {
		if (o->n == 0)
			outbox_file_discard(o->dir_fd, &o->file);
		else
			outbox_sync(o);
		outbox_file_close(&o->file);
	}
	while ((e = TAILQ_FIRST(&o->entries)) != NULL)
		drop_entry(o, &o->entries, e);
	if (o->dir_fd >= 0)
		close(o->dir_fd);
	free(o->key);
	*o = (struct outbox){ .dir_fd = -1, .file = { .fd = -1 } };
	TAILQ_INIT(&o->entries);
}
