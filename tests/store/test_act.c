#include "config.h"

#include <stdlib.h>

#include "base/log.h"
#include "stage.h"
#include "store/tools.h"

static const struct msgid none = { .ms = 0 };

static const struct store_room lobby = {
	.number = LOBBY,
	.name = SLICE_INIT("Lobby"),
	.key = SLICE_INIT("lobby"),
	.owner = ANA,
	.private = true,
	.slow = 30,
};

static enum store_error
act(struct store_act *a)
{
	a->op.done = stage_on_done;
	store_act(stage.store, a);
	stage_wait();
	return a->op.error;
}

static void
do_act(struct store_act a)
{
	assert_int_equal(act(&a), STORE_OK);
}

/* ---- what is loaded ---- */

static char loaded[2000];

static void
on_room(void *arg, const struct store_room *r)
{
	(void)arg;
	snprintf(loaded + strlen(loaded), 200, "%.*s owner %u%s slow %u; ",
	    SLICE_ARG(r->name), (unsigned)r->owner,
	    r->private ? " private" : "", (unsigned)r->slow);
}

static void
on_ban(void *arg, const struct store_ban *b)
{
	(void)arg;
	snprintf(loaded + strlen(loaded), 200,
	    "ban %u room %u person %u %.*s %.*s by %.*s %.*s %u-%u; ",
	    (unsigned)b->number, (unsigned)b->room, (unsigned)b->person,
	    SLICE_ARG(b->nick), SLICE_ARG(b->address), SLICE_ARG(b->by),
	    SLICE_ARG(b->reason), (unsigned)b->at, (unsigned)b->until);
}

static void
on_mute(void *arg, const struct store_mute *m)
{
	(void)arg;
	snprintf(loaded + strlen(loaded), 200,
	    "mute room %u person %u %.*s by %.*s %.*s %u-%u; ",
	    (unsigned)m->room, (unsigned)m->person, SLICE_ARG(m->nick),
	    SLICE_ARG(m->by), SLICE_ARG(m->reason), (unsigned)m->at,
	    (unsigned)m->until);
}

static void
on_member(void *arg, const struct store_member *m)
{
	(void)arg;
	snprintf(loaded + strlen(loaded), 200, "%.*s %u in %u:%s%s; ",
	    SLICE_ARG(m->nick), (unsigned)m->person, (unsigned)m->room,
	    m->moderator ? " moderator" : "", m->listed ? " listed" : "");
}

static void
on_invitation(void *arg, const struct store_invitation *i)
{
	(void)arg;
	snprintf(loaded + strlen(loaded), 200,
	    "%.*s to %u uses %u by %.*s %u-%u; ", SLICE_ARG(i->code),
	    (unsigned)i->room, (unsigned)i->uses, SLICE_ARG(i->by),
	    (unsigned)i->at, (unsigned)i->until);
}

/* Closes and opens; what is there then. */
static const char *
reload(void)
{
	static const struct store_load_cb cb = {
		.on_room = on_room,
		.on_ban = on_ban,
		.on_mute = on_mute,
		.on_member = on_member,
		.on_invitation = on_invitation,
	};

	loaded[0] = '\0';
	stage_close();
	assert_string_equal(stage_try(&cb, NULL), "");
	return loaded;
}

static void
on_line(void *arg, const char *line)
{
	print_message("%s\n", line);
	++*(int *)arg;
}

static void
assert_sound(void)
{
	struct buf err;
	int lines = 0;

	stage_close();
	buf_init(&err, 1000);
	assert_int_equal(store_check(stage.path, on_line, &lines, &err), 0);
	buf_deinit(&err);
}

/* ---- acts ---- */

static void
bans(void **state)
{
	struct store_act a = {
		.type = STORE_BAN,
		.ban = { .person = EVE,
		    .nick = SLICE("eve"),
		    .address = SLICE("10.0.0.0/8"),
		    .by = SLICE("ana"),
		    .reason = SLICE("spam"),
		    .at = 5,
		    .until = 50 },
	};

	(void)state;
	stage_open();
	assert_int_equal(act(&a), STORE_OK);
	assert_int_equal(a.ban.number, 1);
	a.room = &lobby;
	a.ban.room = LOBBY;
	a.ban.until = 0;
	assert_int_equal(act(&a), STORE_OK);
	assert_int_equal(a.ban.number, 2);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; "
	    "ban 1 room 0 person 103 eve 10.0.0.0/8 by ana spam 5-50; "
	    "ban 2 room 1 person 103 eve 10.0.0.0/8 by ana spam 5-0; ");
	/* The first one's time is over when the third one comes. */
	a.ban.at = 50;
	assert_int_equal(act(&a), STORE_OK);
	assert_int_equal(a.ban.number, 3);
	a.type = STORE_UNBAN;
	assert_int_equal(act(&a), STORE_OK);
	assert_int_equal(act(&a), STORE_NOTHING);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; "
	    "ban 2 room 1 person 103 eve 10.0.0.0/8 by ana spam 5-0; ");
	/* A number is never used again. */
	a.type = STORE_BAN;
	assert_int_equal(act(&a), STORE_OK);
	assert_int_equal(a.ban.number, 4);
	assert_sound();
}

static void
mutes(void **state)
{
	struct store_act a = {
		.type = STORE_MUTE,
		.mute = { .person = EVE,
		    .nick = SLICE("eve"),
		    .by = SLICE("ana"),
		    .at = 5 },
	};

	(void)state;
	stage_open();
	do_act(a);
	a.mute.room = LOBBY;
	a.room = &lobby;
	a.mute.reason = SLICE("caps");
	do_act(a);
	a.mute.until = 60;
	do_act(a);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; "
	    "mute room 0 person 103 eve by ana  5-0; "
	    "mute room 1 person 103 eve by ana caps 5-60; ");
	a.mute.room = 0;
	a.type = STORE_UNMUTE;
	do_act(a);
	do_act(a);
	a.type = STORE_MUTE;
	a.mute.person = BOB;
	a.mute.at = 60;
	do_act(a);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; "
	    "mute room 0 person 102 eve by ana caps 60-60; ");
	assert_sound();
}

/* Each sets what it names, also when another that does not know of it is on
 * its way. */
static void
rooms(void **state)
{
	struct store_room after = lobby;

	(void)state;
	after.owner = BOB;
	after.private = false;
	after.slow = 0;
	stage_open();
	do_act((struct store_act){ .type = STORE_SLOW, .room = &lobby });
	do_act((struct store_act){ .type = STORE_OWNER, .room = &after });
	do_act((struct store_act){ .type = STORE_PRIVATE, .room = &lobby });
	assert_string_equal(reload(), "Lobby owner 102 private slow 30; ");
	do_act((struct store_act){ .type = STORE_PRIVATE, .room = &after });
	assert_string_equal(reload(), "Lobby owner 102 slow 30; ");
	/* What is said in it changes nothing of that. */
	stage_post(LOBBY, ANA, "x");
	assert_string_equal(reload(), "Lobby owner 102 slow 30; ");
	assert_string_equal(stage_join(LOBBY, ANA, none, 5), "x");
	assert_sound();
}

static void
members(void **state)
{
	struct store_act a = {
		.type = STORE_MODERATOR,
		.room = &lobby,
		.member = { .room = LOBBY,
		    .person = BOB,
		    .nick = SLICE("bob"),
		    .moderator = true },
	};

	(void)state;
	stage_open();
	do_act(a);
	a.type = STORE_LISTED;
	a.member.listed = true;
	a.member.moderator = false;
	do_act(a);
	a.member.person = EVE;
	do_act(a);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; "
	    "bob 102 in 1: moderator listed; bob 103 in 1: listed; ");
	a.member.listed = false;
	do_act(a);
	a.type = STORE_MODERATOR;
	a.member.person = BOB;
	do_act(a);
	assert_string_equal(
	    reload(), "Lobby owner 101 slow 0; bob 102 in 1: listed; ");
	assert_sound();
}

static void
invitations(void **state)
{
	struct store_act a = {
		.type = STORE_INVITATION,
		.invitation = { .code = SLICE("abc"),
		    .uses = 2,
		    .by = SLICE("ana"),
		    .at = 5,
		    .until = 90 },
		.member = { .room = LOBBY,
		    .person = EVE,
		    .nick = SLICE("eve"),
		    .listed = true },
	};

	(void)state;
	stage_open();
	do_act(a);
	a.room = &lobby;
	a.invitation.code = SLICE("def");
	a.invitation.room = LOBBY;
	a.invitation.uses = 0;
	do_act(a);
	a.type = STORE_ACCEPT;
	do_act(a);
	assert_string_equal(reload(),
	    "Lobby owner 101 slow 0; eve 103 in 1: listed; "
	    "abc to 0 uses 2 by ana 5-90; def to 1 uses 0 by ana 5-90; ");
	a.invitation.code = SLICE("abc");
	a.room = NULL;
	do_act(a);
	assert_non_null(strstr(reload(), "; abc to 0 uses 1 by ana"));
	do_act(a);
	assert_int_equal(act(&a), STORE_NOTHING);
	assert_null(strstr(reload(), "abc"));
	a.type = STORE_REVOKE;
	a.invitation.code = SLICE("def");
	do_act(a);
	assert_string_equal(
	    reload(), "Lobby owner 101 slow 0; eve 103 in 1: listed; ");
	assert_sound();
}

/* ---- the audit ---- */

static char told[1000];

static void
on_audit(struct store_op *op)
{
	const struct store_audit *q = container_of(op, struct store_audit, op);

	assert_int_equal(op->error, STORE_OK);
	told[0] = '\0';
	for (unsigned i = 0; i < q->n; i++) {
		const struct store_audit_line *l = &q->lines[i];

		snprintf(told + strlen(told), 200,
		    "%u: %u %u %.*s %.*s %.*s %.*s %.*s %.*s %u; ",
		    (unsigned)l->number, (unsigned)l->at, (unsigned)l->person,
		    SLICE_ARG(l->by), SLICE_ARG(l->what), SLICE_ARG(l->room),
		    SLICE_ARG(l->nick), SLICE_ARG(l->address),
		    SLICE_ARG(l->reason), (unsigned)l->until);
	}
	if (q->more)
		snprintf(told + strlen(told), 8, "more");
}

static const char *
audit(uint64_t before, unsigned limit)
{
	struct store_audit q = {
		.op.done = on_audit,
		.before = before,
		.limit = limit,
	};

	store_audit(stage.store, &q);
	stage_wait();
	return told;
}

static void
each_has_its_line(void **state)
{
	struct store_act a = {
		.type = STORE_SLOW,
		.room = &lobby,
		.audit = { .at = 5,
		    .person = ANA,
		    .by = SLICE("ana"),
		    .what = SLICE("slow"),
		    .room = SLICE("lobby") },
	};

	(void)state;
	stage_open();
	assert_string_equal(audit(0, 10), "");
	do_act(a);
	a.type = STORE_NOTE;
	a.room = NULL;
	a.audit = (struct store_audit_line){
		.at = 6,
		.person = BOB,
		.by = SLICE("bob"),
		.what = SLICE("kick"),
		.nick = SLICE("eve"),
		.address = SLICE("::1"),
		.reason = SLICE("why"),
		.until = 9,
	};
	do_act(a);
	stage_reopen();
	assert_string_equal(audit(0, 10),
	    "2: 6 102 bob kick  eve ::1 why 9; 1: 5 101 ana slow lobby    0; ");
	assert_string_equal(
	    audit(0, 1), "2: 6 102 bob kick  eve ::1 why 9; more");
	assert_string_equal(audit(2, 1), "1: 5 101 ana slow lobby    0; ");
	assert_string_equal(audit(1, 1), "");
	/* What can't be done has none. */
	a.type = STORE_UNBAN;
	assert_int_equal(act(&a), STORE_NOTHING);
	assert_string_equal(audit(3, 1), audit(0, 1));
}

static void
the_oldest_lines_go(void **state)
{
	struct store_act a = {
		.type = STORE_NOTE,
		.audit = { .at = 5, .by = SLICE("ana"), .what = SLICE("x") },
	};

	(void)state;
	stage_open();
	do_act(a);
	do_act(a);
	assert_int_equal(sqlite3_exec(stage.store->db.sqlite,
			     "UPDATE audit SET number = 100000"
			     " WHERE number = 2",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	do_act(a);
	assert_int_equal(STORE_AUDIT_MAX, 100000);
	assert_string_equal(audit(100000, 10), "");
	assert_string_equal(audit(100001, 1), "100000: 5 0 ana x     0; ");
}

/* And don't push out what was done. */
static void
of_what_was_refused_fewer_are_kept(void **state)
{
	struct store_act a = {
		.type = STORE_NOTE,
		.audit = { .at = 5, .by = SLICE("ana"), .what = SLICE("x") },
	};

	(void)state;
	stage_open();
	do_act(a);
	assert_int_equal(sqlite3_exec(stage.store->db.sqlite,
			     "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL"
			     " SELECT i + 1 FROM n WHERE i < 10001)"
			     "INSERT INTO audit SELECT i, 5, 0, '', 'y', '',"
			     " '', '', '', 0, 1 FROM n",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	a.audit.refused = 3;
	do_act(a);
	assert_int_equal(STORE_REFUSED_MAX, 10000);
	assert_string_equal(
	    audit(4, 10), "3: 5 0  y     0; 1: 5 0 ana x     0; ");
	do_act(a);
	assert_string_equal(audit(4, 10), "1: 5 0 ana x     0; ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STAGE_TEST(bans),
		STAGE_TEST(mutes),
		STAGE_TEST(rooms),
		STAGE_TEST(members),
		STAGE_TEST(invitations),
		STAGE_TEST(each_has_its_line),
		STAGE_MEMORY_TEST(the_oldest_lines_go),
		STAGE_MEMORY_TEST(of_what_was_refused_fewer_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
