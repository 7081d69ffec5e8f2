#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"
#include "vfs.h"

/*
 * The power fails at any moment, again and again. What was acknowledged has
 * to be there afterwards, once, in order; what was not may be there, once.
 * $CHAT_SOAK is how many times as long.
 */

enum {
	LIVES = 25, /* stores */
	CUTS = 12,  /* of each */
	POSTS_MAX = 2000,
	WAVE_MAX = 8,
	TEXT_SIZE = 32,
};

/* What is known of a message. */
struct message {
	char nonce[16];
	char text[TEXT_SIZE], maybe[TEXT_SIZE]; /* maybe: an unanswered edit */
	uint64_t room;
	bool acked;
	struct msgid id;
	uint64_t seq;
};

/* What was under way. */
struct request {
	struct store_post post;
	struct store_change change;
	struct message *m;
};

static struct message messages[POSTS_MAX];
static unsigned nmessages;
static struct msgid highest; /* acknowledged */
static char wrong[2 * STAGE_LINE_SIZE];

static void
complain(const char *what, const struct message *m)
{
	if (wrong[0] == '\0')
		snprintf(wrong, sizeof(wrong), "%.1000s: %.20s", what,
		    m != NULL ? m->nonce : "");
}

static void
raise_highest(struct msgid id)
{
	if (msgid_cmp(id, highest) > 0)
		highest = id;
}

/* ---- work ---- */

static void
on_post(struct store_op *op)
{
	struct store_post *p = container_of(op, struct store_post, op);
	struct request *r = container_of(p, struct request, post);

	if (op->error)
		return;
	if (msgid_cmp(p->id, highest) <= 0)
		complain("an id is not the highest", r->m);
	r->m->acked = true;
	r->m->id = p->id;
	r->m->seq = p->seq;
	raise_highest(p->id);
}

static void
on_edit(struct store_op *op)
{
	struct store_change *c = container_of(op, struct store_change, op);
	struct request *r = container_of(c, struct request, change);

	if (op->error)
		return;
	memcpy(r->m->text, r->m->maybe, TEXT_SIZE);
	raise_highest(c->changed);
}

static void
push_post(struct request *r)
{
	struct message *m = &messages[nmessages++];

	*m = (struct message){ .room = vfs_random() % 2 ? LOBBY : OTHER };
	snprintf(m->nonce, sizeof(m->nonce), "n%u", nmessages);
	snprintf(m->text, sizeof(m->text), "text %u", nmessages);
	memcpy(m->maybe, m->text, TEXT_SIZE);
	r->m = m;
	r->post = (struct store_post){
		.op.done = on_post,
		.room = stage_room(m->room),
		.person = ANA,
		.nick = SLICE("ana"),
		.text = slice_of(m->text),
		.is_text = true,
		.nonce = slice_of(m->nonce),
	};
	store_post(stage.store, &r->post);
}

static void
push_edit(struct request *r)
{
	struct message *m = &messages[vfs_random() % nmessages];

	r->m = m;
	if (!m->acked || strcmp(m->text, m->maybe) != 0)
		return;
	snprintf(m->maybe, sizeof(m->maybe), "edit %u",
	    (unsigned)(vfs_random() % 1000000));
	r->change = (struct store_change){
		.op.done = on_edit,
		.type = STORE_EDIT,
		.id = m->id,
		.person = ANA,
		.nick = SLICE("ana"),
		.text = slice_of(m->maybe),
	};
	store_change(stage.store, &r->change);
}

/* Until the power is off, or for a while. */
static void
work(void)
{
	struct request *requests = xcalloc(WAVE_MAX, sizeof(*requests));

	for (unsigned i = 0; i < 15 && !vfs_has_failed(); i++) {
		unsigned n = 1 + (unsigned)(vfs_random() % WAVE_MAX);

		while (n-- > 0 && nmessages < POSTS_MAX)
			if (nmessages > 0 && vfs_random() % 4 == 0)
				push_edit(&requests[n]);
			else
				push_post(&requests[n]);
		stage_wait();
		stage_set_clock(stage_clock() + vfs_random() % 3);
	}
	free(requests);
}

/* ---- judging ---- */

static struct message *
find(struct slice nonce)
{
	for (unsigned i = 0; i < nmessages; i++)
		if (slice_is(nonce, messages[i].nonce))
			return &messages[i];
	return NULL;
}

static void
judge_row(const struct store_row *row, uint64_t seq, bool *seen)
{
	struct message *m = find(row->nonce);

	if (m == NULL) {
		complain("nobody has said that", NULL);
		return;
	}
	if (seen[m - messages])
		complain("twice", m);
	seen[m - messages] = true;
	if (row->seq != seq)
		complain("a gap", m);
	if (row->room != m->room ||
	    (m->acked &&
		(msgid_cmp(row->id, m->id) != 0 || row->seq != m->seq)))
		complain("somewhere else", m);
	if (!slice_is(row->text, m->text) && !slice_is(row->text, m->maybe))
		complain("another text", m);
	/* What is there may be counted on from now on. */
	m->acked = true;
	m->id = row->id;
	m->seq = row->seq;
	snprintf(m->text, sizeof(m->text), "%.*s", SLICE_ARG(row->text));
	memcpy(m->maybe, m->text, TEXT_SIZE);
}

static void
judge_room(uint64_t room, bool *seen)
{
	struct store_query q = {
		.op.done = stage_on_done,
		.type = STORE_HISTORY,
		.room = room,
		.person = ANA,
		.after.ms = 1,
		.limit = STORE_PAGE_MAX,
	};
	uint64_t seq = 0;
	bool more = true;

	while (more) {
		store_query(stage.store, &q);
		stage_wait();
		if (q.op.error) {
			complain("can't be read", NULL);
			return;
		}
		for (unsigned i = 0; i < q.page.n; i++) {
			judge_row(&q.page.rows[i], ++seq, seen);
			q.after = q.page.rows[i].id;
		}
		more = q.page.newer;
		store_page_free(&q.page);
	}
}

static void
judge(void)
{
	bool *seen = xcalloc(POSTS_MAX, sizeof(*seen));

	judge_room(LOBBY, seen);
	judge_room(OTHER, seen);
	for (unsigned i = 0; i < nmessages; i++) {
		if (messages[i].acked && !seen[i])
			complain("lost", &messages[i]);
		/* It will not come any more. */
		if (!seen[i])
			messages[i].nonce[0] = '\0';
	}
	if (msgid_cmp(store_last_id(stage.store), highest) < 0)
		complain("the last id was forgotten", NULL);
	raise_highest(store_last_id(stage.store));
	free(seen);
}

static void
on_line(void *arg, const char *line)
{
	(void)arg;
	complain(line, NULL);
}

/* ---- the lives of a store ---- */

static bool
open_it(bool power)
{
	stage_try(NULL, NULL);
	if (stage.store == NULL) {
		if (power)
			complain(stage.line, NULL);
		return false;
	}
	/* So that it happens in the middle of checkpoints, too. */
	sqlite3_wal_autocheckpoint(stage.store->db.sqlite, 25);
	return true;
}

/* With power from beginning to end. */
static void
look(void)
{
	struct buf err;

	if (!open_it(true))
		return;
	judge();
	stage_close();
	buf_init(&err, 1000);
	if (store_check(stage.path, on_line, NULL, &err) < 0)
		complain("the check", NULL);
	buf_deinit(&err);
}

static void
one_cut(void)
{
	vfs_fail(VFS_POWER, 1 + (unsigned)(vfs_random() % 500), 1);
	if (open_it(false)) {
		work();
		vfs_fail(VFS_POWER, 1, 1); /* at the end at the latest */
		stage_close();
	}
	vfs_crash();
	look();
}

/* Returns how many cuts it took until something was wrong; 0: nothing. */
static unsigned
live(uint64_t seed)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -f '%s'/*", stage.dir);
	assert_int_equal(system(command), 0); /* NOLINT */
	vfs_reset(seed % 2 ? 512 : 4096, seed);
	nmessages = 0;
	highest = (struct msgid){ .ms = 0 };
	wrong[0] = '\0';
	for (unsigned i = 1; i <= CUTS; i++) {
		one_cut();
		if (wrong[0] != '\0')
			return i;
	}
	return 0;
}

static unsigned
soak(void)
{
	const char *times = getenv("CHAT_SOAK");
	unsigned long n = times != NULL ? strtoul(times, NULL, 10) : 1;

	return n > 0 ? (unsigned)n : 1;
}

static int
setup(void **state)
{
	int rc = stage_setup(state);

	log_open(stderr, LOG_OFF, false);
	vfs_init();
	stage.tuning.vfs = VFS_NAME;
	return rc;
}

static void
what_was_acknowledged_survives(void **state)
{
	unsigned stored = 0;

	(void)state;
	for (unsigned seed = 1; seed <= LIVES * soak(); seed++) {
		unsigned cut = live(seed);

		if (cut > 0)
			fail_msg("life %u, cut %u: %s", seed, cut, wrong);
		for (unsigned i = 0; i < nmessages; i++)
			stored += messages[i].acked;
	}
	assert_true(stored > 1000 * soak()); /* it was not all in vain */
}

/* The proof that this test can see what it looks for. */
static void
without_full_syncing_it_is_seen(void **state)
{
	unsigned seen = 0;

	(void)state;
	stage.tuning.synchronous = "NORMAL";
	for (unsigned seed = 1; seed <= 5; seed++)
		seen += live(seed) > 0;
	assert_int_equal(seen, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_was_acknowledged_survives, setup, stage_teardown),
		cmocka_unit_test_setup_teardown(
		    without_full_syncing_it_is_seen, setup, stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
