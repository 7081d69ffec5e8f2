#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/attempts.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "hub/name.h"
#include "proto/json.h"

enum { NICK_ARG_MAX = 1024 };

/*
 * Registering, logging in, and a registered person's new nick: each goes from
 * the store to the threads for passwords and back, with this in hand.
 *
 *	register   (get, verify old,) hash, put
 *	login      get, verify
 *	nick       get, put
 *
 * A name is taken in memory first, so that nobody else gets it meanwhile, and
 * given back if it can't be stored.
 */
struct acting {
	struct asked asked;
	struct store_get_person get;
	struct store_put_person put;
	struct buf password, old, hash;
	uint64_t id;                    /* the account's */
	char *was;                      /* nick: the one before */
	bool is_new;                    /* register: there was no account */
	void (*then)(struct acting *a); /* the account has been read */
};

static void
acting_free(struct acting *a)
{
	buf_wipe(&a->password);
	buf_wipe(&a->old);
	buf_wipe(&a->hash);
	free(a->get.memory);
	free(a->was);
	free(a);
}

static void
end(struct acting *a)
{
	asked_done(&a->asked);
	acting_free(a);
}

static void
fail(struct acting *a, const char *code, const char *message)
{
	asked_refuse(&a->asked, code, message);
	end(a);
}

static void
fail_password(struct acting *a, int err)
{
	if (err == -EBUSY)
		fail(a, "busy", "too many log in just now: try again");
	else if (err == -EACCES)
		fail(a, "wrong-password", "this is not the password");
	else
		fail(a, "bad-password",
		    "a password has 6 characters at least and 128 bytes at "
		    "most");
}

static struct acting *
acting_new(const struct call *c)
{
	struct acting *a = xcalloc(1, sizeof(*a));

	buf_init(&a->password, PASSWORD_MAX);
	buf_init(&a->old, PASSWORD_MAX);
	buf_init(&a->hash, STORE_PASSWORD_MAX);
	if (call_ask(c, &a->asked, NULL, sizeof(*a)))
		return a;
	free(a);
	return NULL;
}

/* ---- reading the account ---- */

/* A new nick that could not be stored. */
static void
give_back(const struct acting *a)
{
	struct hub *h = a->asked.conn->hub;
	struct person *p = person_find(h, a->id);

	if (account_find(h, a->id) != NULL)
		account_rename_to(h, a->id, a->was);
	else if (p != NULL) /* nor could the account */
		person_renamed(p, a->was);
}

static void
got(struct store_op *op)
{
	struct acting *a = container_of(
	    container_of(op, struct store_get_person, op), struct acting, get);

	if (a->was != NULL && (op->error != STORE_OK || a->get.person.id == 0))
		give_back(a);
	if (op->error != STORE_OK) {
		asked_failed(&a->asked, op->error);
		end(a);
	} else if (a->get.person.id == 0) {
		fail(a, "not-registered", "nobody has registered this nick");
	} else {
		a->then(a);
	}
}

static void
get(struct acting *a, uint64_t id, void (*then)(struct acting *a))
{
	a->id = a->get.id = id;
	a->get.op.done = got;
	a->then = then;
	store_get_person(a->asked.conn->hub->store, &a->get);
}

/* ---- writing it ---- */

static void
answer_token(struct acting *a)
{
	const struct person *p = a->asked.conn->person;
	char token[TOKEN_SIZE];
	struct buf b;

	door_token(p, token);
	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	encode_string("nick", slice_of(p->nick), &b);
	buf_printf(&b, ",\"from\":\"%s\",\"token\":\"%s\"}", p->name, token);
	asked_reply(&a->asked, &b);
	buf_deinit(&b);
}

static void
describe(const struct account *acc, struct slice hash, struct store_person *out)
{
	*out = (struct store_person){ .id = acc->id,
		.nick = slice_of(acc->nick),
		.key = slice_of(acc->key),
		.skeleton = slice_of(acc->skeleton),
		.password = hash,
		.generation = acc->generation,
		.seen = clock_wall_ms() };
}

/* ---- guessing ---- */

static bool
may_try(struct acting *a, uint64_t id)
{
	const struct conn *c = a->asked.conn;
	struct hub *h = c->hub;
	uint64_t wait = attempts_begin(
	    &h->attempts, id, slice_of(sio_peer(c->sock)), loop_now(h->loop));

	if (wait == 0)
		return true;
	asked_slow_down(&a->asked, wait);
	end(a);
	return false;
}

static void
was_right(const struct acting *a)
{
	struct conn *c = asked_conn(&a->asked);

	if (c != NULL)
		attempts_right(
		    &c->hub->attempts, a->id, slice_of(sio_peer(c->sock)));
}

/* ---- registering ---- */

static unsigned
characters(struct slice text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

static void
registered(struct store_op *op)
{
	struct acting *a = container_of(
	    container_of(op, struct store_put_person, op), struct acting, put);
	struct hub *h = a->asked.conn->hub;
	struct account *acc = account_find(h, a->id);

	if (op->error != STORE_OK) {
		if (a->is_new)
			account_drop(h, acc);
		else
			acc->generation--;
		asked_failed(&a->asked, op->error);
	} else {
		log_event(LOG_INFO, "register", LF_CSTR("nick", acc->nick));
		answer_token(a);
	}
	end(a);
	hub_store_state(h);
}

static void
hashed(void *arg, int err, const char *hash)
{
	struct acting *a = arg;
	struct person *p = a->asked.conn->person;
	struct account *acc = p->account;

	if (err) {
		fail_password(a, err);
		return;
	}
	if (p->id != a->id) {
		fail(a, "bad-request", "you have become somebody else");
		return;
	}
	/* The account is another register's, and goes if that can't be stored.
	 */
	if (acc != NULL && a->get.person.id == 0) {
		fail(a, "busy", "you are registering already: try again");
		return;
	}
	buf_puts(&a->hash, hash);
	a->is_new = acc == NULL;
	if (a->is_new) {
		struct store_person sp = { .id = p->id,
			.nick = slice_of(p->nick),
			.key = slice_of(p->key),
			.skeleton = slice_of(p->skeleton) };

		acc = account_put(p->hub, &sp);
		p->account = acc;
	}
	acc->generation++;
	describe(acc, buf_view(&a->hash), &a->put.person);
	a->put.op.done = registered;
	store_put_person(p->hub->store, &a->put);
}

static void
hash(struct acting *a)
{
	int err = password_hash(
	    a->asked.conn->hub->passwords, buf_view(&a->password), hashed, a);

	if (err)
		fail_password(a, err);
}

static void
old_verified(void *arg, int err)
{
	struct acting *a = arg;

	if (err) {
		fail_password(a, err);
	} else {
		was_right(a);
		hash(a);
	}
}

static void
verify_old(struct acting *a)
{
	int err = password_verify(a->asked.conn->hub->passwords,
	    buf_view(&a->old), a->get.person.password, old_verified, a);

	if (err)
		fail_password(a, err);
}

/* {password, old?} */
void
on_register(const struct call *c)
{
	struct acting *a = acting_new(c);
	const struct account *acc = c->conn->person->account;

	if (a == NULL)
		return;
	a->id = c->conn->person->id;
	if (call_long_string(c->arg, "password", &a->password) <= 0 ||
	    call_long_string(c->arg, "old", &a->old) < 0)
		fail(a, "bad-request", "the argument is not {password}");
	else if (a->password.failed ||
		 characters(buf_view(&a->password)) < PASSWORD_MIN)
		fail_password(a, -EINVAL);
	else if (a->old.failed)
		fail_password(a, -EACCES);
	else if (acc != NULL && a->old.len == 0)
		fail(a, "wrong-password",
		    "to change the password, give the old one, too");
	else if (acc == NULL)
		hash(a);
	else if (may_try(a, acc->id))
		get(a, acc->id, verify_old);
}

/* ---- logging in ---- */

static void
verified(void *arg, int err)
{
	struct acting *a = arg;
	struct conn *c = asked_conn(&a->asked);
	struct hub *h = a->asked.conn->hub;
	struct account *acc = account_find(h, a->id);

	if (err || acc == NULL) {
		fail_password(a, err ? err : -EACCES);
		return;
	}
	if (ban_of(h, NULL, a->id, NULL) != NULL) {
		fail(a, "banned", "this person is banned");
		return;
	}
	if (c != NULL) {
		was_right(a);
		if (c->person->id != a->id) {
			conn_move(c, person_get(h, a->id, SLICE("")));
			conn_keep_session(c);
		}
		log_event(LOG_INFO, "login", LF_CSTR("nick", c->person->nick));
		answer_token(a);
	}
	end(a);
}

static void
verify(struct acting *a)
{
	int err = password_verify(a->asked.conn->hub->passwords,
	    buf_view(&a->password), a->get.person.password, verified, a);

	if (err)
		fail_password(a, err);
}

/* {nick, password} */
void
on_login(const struct call *c)
{
	struct acting *a = acting_new(c);
	const char *name;
	struct buf nick;
	uint64_t id;

	if (a == NULL)
		return;
	buf_init(&nick, NICK_ARG_MAX);
	if (call_string(c->arg, "nick", &nick) <= 0 ||
	    call_long_string(c->arg, "password", &a->password) <= 0)
		fail(a, "bad-request", "the argument is not {nick, password}");
	else if (a->password.failed)
		fail_password(a, -EACCES);
	else if (!person_lookup(c->conn->hub, buf_view(&nick), &id, &name) ||
		 account_find(c->conn->hub, id) == NULL)
		fail(a, "not-registered", "nobody has registered this nick");
	else if (may_try(a, id))
		get(a, id, verify);
	buf_deinit(&nick);
}

/* ---- another nick ---- */

static void
answer_nick(struct acting *a, const char *nick)
{
	struct buf b;

	buf_init(&b, REPLY_MAX);
	buf_puts(&b, "{\"ok\":true,");
	encode_string("nick", slice_of(nick), &b);
	buf_putc(&b, '}');
	asked_reply(&a->asked, &b);
	buf_deinit(&b);
}

static void
renamed(struct store_op *op)
{
	struct acting *a = container_of(
	    container_of(op, struct store_put_person, op), struct acting, put);
	struct hub *h = a->asked.conn->hub;
	struct person *p = a->asked.conn->person;

	if (op->error != STORE_OK) {
		give_back(a);
		asked_failed(&a->asked, op->error);
	} else {
		answer_nick(a, p->nick);
	}
	end(a);
	hub_store_state(h);
}

static void
rename_got(struct acting *a)
{
	struct hub *h = a->asked.conn->hub;
	const struct account *acc = account_find(h, a->id);

	describe(acc, a->get.person.password, &a->put.person);
	a->put.op.done = renamed;
	store_put_person(h->store, &a->put);
}

void
account_rename(const struct call *c, const char *nick)
{
	struct acting *a = acting_new(c);
	struct person *p = c->conn->person;

	if (a == NULL)
		return;
	a->was = xstrndup(p->nick, strlen(p->nick));
	account_rename_to(c->conn->hub, p->id, nick);
	get(a, p->id, rename_got);
}
