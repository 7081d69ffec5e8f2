/*
 * What is made of names and words: what looks alike, who is spoken to, what
 * is searched for, ids and tokens. The first byte tells which.
 */
#include "config.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/msgid.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "hub/confusable.h"
#include "hub/mention.h"
#include "hub/name.h"
#include "hub/nick.h"
#include "hub/token.h"
#include "store/words.h"

enum { OUT_MAX = 1 << 20 };

/* Every nick has one, and it is the same in other cases. */
static void
check_skeleton(struct slice in)
{
	char nick[NICK_SIZE];
	struct slice s = { nick, nick_clean(in, nick) };
	struct buf out, raw, folded;
	int rc;

	buf_init(&out, SKELETON_MAX);
	buf_init(&raw, OUT_MAX);
	buf_init(&folded, NAME_FOLD_MAX);
	CHECK(confusable_skeleton(s, &out) == 0);
	CHECK(utf8_valid(out.p, out.len));
	CHECK(name_fold(s, &folded) == 0);
	CHECK(utf8_valid(folded.p, folded.len));
	rc = confusable_skeleton(in, &raw);
	CHECK(rc == 0 || rc == -EINVAL);
	CHECK((rc == 0) == utf8_valid(in.p, in.len));
	buf_deinit(&out);
	buf_deinit(&raw);
	buf_deinit(&folded);
}

static unsigned calls;

static uint64_t
find(void *arg, struct slice key)
{
	(void)arg;
	calls++;
	CHECK(key.len > 0);
	CHECK(utf8_valid(key.p, key.len));
	return (unsigned char)key.p[0] % 3 == 0 ? 0 : (uint64_t)key.len;
}

static void
check_mentions(struct slice in)
{
	uint64_t ids[MENTIONS_MAX];
	unsigned n;

	calls = 0;
	n = mention_scan(in, find, NULL, ids);
	CHECK(n <= MENTIONS_MAX);
	CHECK(n == 0 || utf8_valid(in.p, in.len));
	CHECK(calls <= 4 * (in.len + 1));
	for (unsigned i = 0; i < n; i++) {
		CHECK(ids[i] != 0);
		for (unsigned j = 0; j < i; j++)
			CHECK(ids[i] != ids[j]);
	}
}

/* Whatever is looked for, it is a question that the index understands. */
static void
ask(struct slice query)
{
	static sqlite3 *db;
	static sqlite3_stmt *stmt;
	int rc;

	if (db == NULL) {
		CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
		CHECK(sqlite3_exec(db,
			  "CREATE VIRTUAL TABLE words USING fts5(text, nick,"
			  " room, tokenize='unicode61 remove_diacritics 2');"
			  "INSERT INTO words VALUES ('hola', 'ana', '1');",
			  NULL, NULL, NULL) == SQLITE_OK);
		CHECK(sqlite3_prepare_v2(db,
			  "SELECT rowid FROM words WHERE words MATCH ?", -1,
			  &stmt, NULL) == SQLITE_OK);
	}
	sqlite3_bind_text(stmt, 1, query.p, (int)query.len, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	CHECK(rc == SQLITE_ROW || rc == SQLITE_DONE);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

static void
check_words(struct slice from, struct slice text)
{
	struct buf query;
	char *folded = words_fold(text);

	buf_init(&query, WORDS_QUERY_MAX);
	if (words_query(&query, text, from, text.len % 2)) {
		CHECK(memchr(query.p, '\0', query.len) == NULL);
		ask(buf_view(&query));
	}
	if (folded != NULL && utf8_valid(text.p, text.len))
		CHECK(words_same_nick(text, folded));
	free(folded);
	buf_deinit(&query);
}

static void
check_ids(struct slice s)
{
	static const unsigned char secret[TOKEN_SECRET_SIZE] = { 1 };
	char text[MSGID_STR_MAX], id_text[PERSON_ID_SIZE], token[TOKEN_SIZE];
	struct msgid a, b;
	uint64_t id, generation;

	if (msgid_parse(s, &a) == 0) {
		unsigned n = msgid_format(text, a);

		CHECK(msgid_parse((struct slice){ text, n }, &b) == 0);
		CHECK(msgid_cmp(a, b) == 0);
	}
	if (person_id_parse(s, &id) == 0) {
		person_id_format(id_text, id);
		CHECK(slice_is(s, id_text));
	}
	if (token_check(secret, s, &id, &generation) == 0) {
		token_make(secret, id, generation, token);
		CHECK(slice_is(s, token));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned how = fuzz_byte(&in);
	struct slice first = fuzz_take(&in, how >> 2), rest = fuzz_rest(&in);
	char *a = fuzz_copy(first), *b = fuzz_copy(rest);

	first.p = a;
	rest.p = b;
	switch (how & 3) {
	case 0:
		check_skeleton(rest);
		break;
	case 1:
		check_mentions(rest);
		break;
	case 2:
		check_words(first, rest);
		break;
	default:
		check_ids(rest);
	}
	free(a);
	free(b);
	return 0;
}
