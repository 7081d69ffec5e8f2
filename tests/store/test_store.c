#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "stage.h"

/* ---- ids, seqs, nonces ---- */

static void
ids_increase_and_seqs_have_no_gaps(void **state)
{
	struct store_post a[10], b[10];

	(void)state;
	stage_open();
	for (int i = 0; i < 10; i++) {
		stage_push_post(&a[i], LOBBY, ANA, "a", NULL);
		stage_push_post(&b[i], OTHER, BOB, "b", NULL);
	}
	stage_wait();
	assert_int_equal(stage.done, 20);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(a[i].op.error, STORE_OK);
		assert_int_equal(a[i].seq, i + 1);
		assert_int_equal(b[i].seq, i + 1);
		assert_int_equal(a[i].id.ms, STAGE_START);
		assert_int_equal(a[i].id.n, 2 * i);
		assert_int_equal(b[i].id.n, 2 * i + 1);
	}
	assert_int_equal(store_last_id(stage.store).n, 19);
	stage_set_clock(STAGE_START + 1);
	assert_int_equal(stage_post(LOBBY, ANA, "c").n, 0);
}

/* Back by a day, and opened again: ids go on from the next millisecond. */
static void
ids_go_on_when_the_clock_is_set_back(void **state)
{
	const uint64_t day = 86400000;
	struct msgid id;

	(void)state;
	stage_open();
	assert_int_equal(store_last_id(stage.store).ms, 0);
	stage_post(LOBBY, ANA, "one");
	stage_set_clock(STAGE_START - day);
	id = stage_post(LOBBY, ANA, "two");
	assert_int_equal(id.ms, STAGE_START);
	assert_int_equal(id.n, 1);
	stage_reopen();
	assert_int_equal(store_last_id(stage.store).ms, STAGE_START);
	assert_int_equal(store_last_id(stage.store).n, 1);
	id = stage_post(LOBBY, ANA, "three");
	assert_int_equal(id.ms, STAGE_START + 1);
	assert_int_equal(id.n, 0);
	stage_set_clock(STAGE_START + day);
	assert_int_equal(stage_post(LOBBY, ANA, "four").ms, STAGE_START + day);
	/* And beyond what an id can hold. */
	stage_set_clock(UINT64_MAX / 2);
	assert_int_equal(stage_post(LOBBY, ANA, "five").ms, STAGE_START + day);
	assert_string_equal(
	    stage_join(LOBBY, ANA, (struct msgid){ .ms = 0 }, 50),
	    "one two three four five");
}

static void
a_nonce_is_stored_once(void **state)
{
	struct store_post a, b, c;

	(void)state;
	stage_open();
	stage_push_post(&a, LOBBY, ANA, "one", "n1");
	stage_push_post(&b, LOBBY, ANA, "one", "n1");
	stage_push_post(&c, OTHER, ANA, "two", "n2");
	stage_wait();
	assert_false(a.duplicate);
	assert_true(b.duplicate);
	assert_false(c.duplicate);
	assert_memory_equal(&a.id, &b.id, sizeof(a.id));
	assert_int_equal(b.seq, 1);
	assert_int_equal(b.first_room, LOBBY);
	stage_reopen();
	stage_push_post(&b, OTHER, ANA, "one", "n2");
	stage_wait();
	assert_true(b.duplicate);
	assert_memory_equal(&c.id, &b.id, sizeof(c.id));
	assert_string_equal(
	    stage_join(LOBBY, ANA, (struct msgid){ .ms = 0 }, 50), "one");
}

/* ---- what is stored is read ---- */

static struct store_page
page_of(uint64_t room)
{
	struct store_query q = {
		.op.done = stage_on_done,
		.type = STORE_HISTORY,
		.room = room,
		.person = ANA,
		.limit = 50,
	};

	store_query(stage.store, &q);
	stage_wait();
	assert_int_equal(q.op.error, STORE_OK);
	return q.page;
}

static void
every_field_comes_back(void **state)
{
	const struct slice bin[] = { SLICE("\0\1\2"), SLICE(""), SLICE("x") };
	struct store_post p;
	struct store_page page;
	const struct store_row *r;

	(void)state;
	stage_open();
	stage_push_post(&p, LOBBY, ANA, "hola", "nonce");
	stage_wait();
	stage_set_clock(STAGE_START + 5);
	p = (struct store_post){
		.op.done = stage_on_done,
		.room = stage_room(LOBBY),
		.person = UINT64_MAX, /* the bits, not the number */
		.nick = SLICE("B\xc3\xb6"
			      "b"),
		.text = SLICE("{\"_placeholder\":true,\"num\":0}"),
		.bin = bin,
		.nbin = 3,
		.reply = p.id,
	};
	store_post(stage.store, &p);
	stage_wait();
	assert_int_equal(p.op.error, STORE_OK);
	stage_reopen();
	page = page_of(LOBBY);
	assert_int_equal(page.n, 2);
	r = &page.rows[0];
	assert_int_equal(r->id.ms, STAGE_START);
	assert_int_equal(r->seq, 1);
	assert_int_equal(r->room, LOBBY);
	assert_int_equal(r->person, ANA);
	assert_true(slice_is(r->nick, "ana"));
	assert_true(slice_is(r->text, "hola"));
	assert_true(slice_is(r->nonce, "nonce"));
	assert_true(r->is_text);
	assert_int_equal(r->nbin, 0);
	assert_int_equal(r->reply.ms, 0);
	assert_int_equal(r->changed.ms, 0);
	r = &page.rows[1];
	assert_int_equal(r->id.ms, STAGE_START + 5);
	assert_true(r->person == UINT64_MAX);
	assert_true(slice_is(r->nick, "B\xc3\xb6"
				      "b"));
	assert_false(r->is_text);
	assert_int_equal(r->nbin, 3);
	for (int i = 0; i < 3; i++)
		assert_true(slice_eq(r->bin[i], bin[i]));
	assert_int_equal(r->nonce.len, 0);
	assert_int_equal(r->reply.ms, STAGE_START);
	assert_true(slice_is(r->reply_nick, "ana"));
	assert_true(slice_is(r->reply_text, "hola"));
	store_page_free(&page);
}

static char quote[STORE_QUOTE_MAX * 4 + 1];

static void
on_quote(struct store_op *op)
{
	const struct store_post *p = container_of(op, struct store_post, op);

	snprintf(quote, sizeof(quote), "%.*s: %.*s", SLICE_ARG(p->reply_nick),
	    SLICE_ARG(p->reply_text));
	stage.done++;
}

static struct msgid
reply(uint64_t room, struct msgid to)
{
	struct store_post p = {
		.op.done = on_quote,
		.room = stage_room(room),
		.person = BOB,
		.nick = SLICE("bob"),
		.text = SLICE("re"),
		.is_text = true,
		.reply = to,
	};

	store_post(stage.store, &p);
	stage_wait();
	assert_int_equal(p.op.error, STORE_OK);
	return p.at_reply;
}

static void
a_reply_quotes_what_is_in_its_room(void **state)
{
	char text[1001];
	struct msgid id, gone;

	(void)state;
	stage_open();
	memset(text, 'x', 1000);
	text[1000] = '\0';
	id = stage_post(LOBBY, ANA, text);
	assert_int_equal(reply(LOBBY, id).ms, id.ms);
	assert_int_equal(strlen(quote), strlen("ana: ") + STORE_QUOTE_MAX);
	assert_int_equal(reply(OTHER, id).ms, 0);
	assert_string_equal(quote, ": ");
	assert_int_equal(reply(LOBBY, (struct msgid){ .ms = 5, .n = 5 }).ms, 0);
	assert_int_equal(
	    reply(LOBBY, (struct msgid){ .ms = id.ms, .n = UINT64_MAX }).ms, 0);
	gone = stage_post(LOBBY, ANA, "gone");
	stage_delete(gone, ANA);
	assert_int_equal(reply(LOBBY, gone).ms, gone.ms);
	assert_string_equal(quote, ": ");
}

static void
long_pages_are_cut_by_their_bytes(void **state)
{
	enum { SIZE = 60000, ROWS = 30 };
	struct store_post p[ROWS];
	struct store_page page;
	char *text = xmalloc(SIZE + 1);

	(void)state;
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	stage_open();
	for (int i = 0; i < ROWS; i++)
		stage_push_post(&p[i], LOBBY, ANA, text, NULL);
	stage_wait();
	page = page_of(LOBBY);
	assert_in_range(
	    page.n, STORE_PAGE_BYTES / SIZE, STORE_PAGE_BYTES / SIZE + 1);
	assert_int_equal(page.rows[page.n - 1].seq, ROWS);
	assert_true(page.older);
	assert_false(page.newer);
	store_page_free(&page);
	free(text);
}

/* ---- opening ---- */

struct loaded {
	struct buf lines;
};

static void
on_room(void *arg, const struct store_room *r)
{
	struct loaded *l = arg;

	buf_printf(&l->lines, "%u %.*s %.*s %.*s/%.*s/%u %u,%u seq %u last %u;",
	    (unsigned)r->number, SLICE_ARG(r->name), SLICE_ARG(r->key),
	    SLICE_ARG(r->topic), SLICE_ARG(r->topic_nick),
	    (unsigned)r->topic_at, (unsigned)r->a, (unsigned)r->b,
	    (unsigned)r->seq,
	    (unsigned)(r->last.ms > 0 ? r->last.ms - STAGE_START : 0));
}

static void
on_person(void *arg, const struct store_person *p)
{
	struct loaded *l = arg;

	buf_printf(&l->lines, "%u %.*s %.*s %.*s %.*s %u %u;", (unsigned)p->id,
	    SLICE_ARG(p->nick), SLICE_ARG(p->key), SLICE_ARG(p->skeleton),
	    SLICE_ARG(p->password), (unsigned)p->generation, (unsigned)p->seen);
}

static void
on_session(void *arg, const struct store_session *s)
{
	struct loaded *l = arg;

	buf_printf(&l->lines, "%.*s %.*s %.*s %.*s %.*s %.*s %u;",
	    SLICE_ARG(s->pid), SLICE_ARG(s->sid), SLICE_ARG(s->nsp),
	    SLICE_ARG(s->rooms), SLICE_ARG(s->nick), SLICE_ARG(s->form),
	    (unsigned)s->person);
}

static void
assert_loads(const struct store_load_cb *cb, const char *want)
{
	struct loaded l;

	buf_init(&l.lines, 4096);
	assert_string_equal(stage_try(cb, &l), "");
	assert_int_equal(buf_view(&l.lines).len, strlen(want));
	assert_true(slice_is(buf_view(&l.lines), want));
	buf_deinit(&l.lines);
}

static void
rooms_are_loaded_with_their_topics(void **state)
{
	static const struct store_load_cb cb = { .on_room = on_room };
	struct store_topic t = { .op.done = stage_on_done };

	(void)state;
	stage_open();
	stage_post(LOBBY, ANA, "one");
	stage_set_clock(STAGE_START + 7);
	stage_post(LOBBY, ANA, "two");
	t.room = *stage_room(LOBBY);
	t.room.topic = SLICE("news");
	t.room.topic_nick = SLICE("ana");
	t.room.topic_at = 99;
	store_topic(stage.store, &t);
	stage_wait();
	t.room.number = OTHER;
	t.room.name = t.room.key = SLICE("empty");
	store_topic(stage.store, &t);
	stage_wait();
	stage_post(DIRECT, ANA, "psst");
	stage_close();
	assert_loads(&cb, "1 Lobby lobby news/ana/99 0,0 seq 2 last 7;"
			  "2 empty empty news/ana/99 0,0 seq 0 last 0;"
			  "3 @101,102 @101,102 //0 101,102 seq 1 last 7;");
	/* Its first message does not take the topic away. */
	stage_post(OTHER, ANA, "one");
	assert_string_equal(
	    stage_join(OTHER, ANA, (struct msgid){ .ms = 0 }, 50), "one");
}

static void
registered_people_are_loaded(void **state)
{
	static const struct store_load_cb cb = { .on_person = on_person };
	struct store_put_person p = { .op.done = stage_on_done };
	struct store_get_person g = { .op.done = stage_on_done, .id = ANA };

	(void)state;
	stage_open();
	p.person = (struct store_person){ .id = BOB, .nick = SLICE("bob") };
	store_put_person(stage.store, &p);
	stage_wait();
	p.person = (struct store_person){
		.id = ANA,
		.nick = SLICE("Ana"),
		.key = SLICE("ana"),
		.skeleton = SLICE("ana'"),
		.password = SLICE("$y$hash"),
		.generation = 3,
		.seen = 42,
	};
	store_put_person(stage.store, &p);
	stage_wait();
	stage_close();
	assert_loads(&cb, "101 Ana ana ana' $y$hash 3 42;");
	store_get_person(stage.store, &g);
	stage_wait();
	assert_int_equal(g.person.id, ANA);
	assert_true(slice_is(g.person.nick, "Ana"));
	assert_true(slice_is(g.person.password, "$y$hash"));
	assert_int_equal(g.person.generation, 3);
	free(g.memory);
	g.id = BOB;
	store_get_person(stage.store, &g);
	stage_wait();
	assert_int_equal(g.person.id, BOB);
	assert_int_equal(g.person.password.len, 0);
	free(g.memory);
	g.id = EVE;
	store_get_person(stage.store, &g);
	stage_wait();
	assert_int_equal(g.op.error, STORE_OK);
	assert_int_equal(g.person.id, 0);
	free(g.memory);
}

/* Without a transaction of anybody else's. */
static void
sessions_are_kept_and_forgotten(void **state)
{
	static const struct store_load_cb cb = { .on_session = on_session };
	struct store_session s = {
		.pid = SLICE("pid1"),
		.sid = SLICE("sid"),
		.nsp = SLICE("/"),
		.rooms = SLICE("lobby\nother"),
		.nick = SLICE("ana"),
		.form = SLICE("f"),
		.person = ANA,
	};

	(void)state;
	stage_open();
	store_put_session(stage.store, &s);
	s.pid = SLICE("pid2");
	store_put_session(stage.store, &s);
	s.sid = SLICE("newer");
	store_put_session(stage.store, &s);
	stage_close();
	assert_loads(&cb, "pid1 sid / lobby\nother ana f 101;"
			  "pid2 newer / lobby\nother ana f 101;");
	store_drop_session(stage.store, SLICE("pid1"));
	store_drop_session(stage.store, SLICE("unknown"));
	stage_close();
	assert_loads(&cb, "pid2 newer / lobby\nother ana f 101;");
}

/* The file, not its folder, which is the test's. */
static void
the_file_is_its_owners_only(void **state)
{
	struct stat st;
	unsigned char secret[STORE_SECRET_SIZE];
	static const unsigned char zero[STORE_SECRET_SIZE];

	(void)state;
	strcat(stage.dir, "/a");
	snprintf(stage.path, sizeof(stage.path), "%s/b/chat.db", stage.dir);
	stage_open();
	assert_int_equal(stat(stage.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(stage.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	*strrchr(stage.dir, '/') = '\0';
	memcpy(secret, store_secret(stage.store), sizeof(secret));
	assert_memory_not_equal(secret, zero, sizeof(secret));
	stage_reopen();
	assert_memory_equal(store_secret(stage.store), secret, sizeof(secret));
}

/* ---- many requests ---- */

static unsigned last_done;

static void
on_ordered(struct store_op *op)
{
	const struct store_post *p = container_of(op, struct store_post, op);

	assert_int_equal(p->seq, ++last_done);
	stage.done++;
}

static void
requests_come_back_in_order(void **state)
{
	enum { N = 3000 };
	struct store_post *p = xcalloc(N, sizeof(*p));

	(void)state;
	last_done = 0;
	stage_open();
	for (int i = 0; i < N; i++) {
		p[i] = (struct store_post){
			.op.done = on_ordered,
			.room = stage_room(LOBBY),
			.person = ANA,
			.nick = SLICE("ana"),
			.text = SLICE("x"),
			.is_text = true,
		};
		store_post(stage.store, &p[i]);
	}
	stage_close(); /* does what was pushed */
	assert_int_equal(stage.done, N);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(ids_increase_and_seqs_have_no_gaps),
		STAGE_MEMORY_TEST(ids_increase_and_seqs_have_no_gaps),
		STAGE_TEST(ids_go_on_when_the_clock_is_set_back),
		STAGE_TEST(a_nonce_is_stored_once),
		STAGE_TEST(every_field_comes_back),
		STAGE_TEST(a_reply_quotes_what_is_in_its_room),
		STAGE_MEMORY_TEST(a_reply_quotes_what_is_in_its_room),
		STAGE_TEST(long_pages_are_cut_by_their_bytes),
		STAGE_TEST(rooms_are_loaded_with_their_topics),
		STAGE_TEST(registered_people_are_loaded),
		STAGE_TEST(sessions_are_kept_and_forgotten),
		STAGE_TEST(the_file_is_its_owners_only),
		STAGE_TEST(requests_come_back_in_order),
		STAGE_MEMORY_TEST(requests_come_back_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
