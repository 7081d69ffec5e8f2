#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "hub/call.h"

enum { REFUSAL_MAX = 256 };

/* ---- credentials ---- */

struct comparing {
	bool known; /* there is an operator of this name */
	void (*cb)(void *arg, int err);
	void *arg;
};

static void
compared(void *arg, int err)
{
	struct comparing *c = arg;

	if (err == 0 && !c->known)
		err = -EACCES;
	c->cb(c->arg, err == 0 || err == -EACCES ? err : -EBUSY);
	free(c);
}

int
operator_try(struct hub *h, const struct credentials *who, struct slice address,
    void (*cb)(void *arg, int err), void *arg, uint64_t *retry)
{
	const struct secret *s = secrets_find(h->operators, who->name);
	struct comparing *c;
	int err;

	if (h->operators->n == 0)
		return -EACCES;
	*retry = attempts_begin(&h->attempts,
	    attempts_operator(&h->attempts, who->name), address,
	    loop_now(h->loop));
	if (*retry > 0)
		return -EAGAIN;
	c = xcalloc(1, sizeof(*c));
	c->known = s != NULL;
	c->cb = cb;
	c->arg = arg;
	/* With somebody's hash if there is nobody of this name, so that the
	 * time it takes doesn't tell. */
	err = password_verify(h->passwords, who->password,
	    slice_of(s != NULL ? s->hash : h->operators->v[0].hash), compared,
	    c);
	if (err == 0)
		return -EINPROGRESS;
	free(c);
	/* What can't be a password is a wrong one. */
	return err == -EINVAL ? -EACCES : -EBUSY;
}

const char *
operator_verdict(int err)
{
	return err == 0         ? "ok"
	       : err == -EACCES ? "wrong-password"
	       : err == -EAGAIN ? "slow-down"
				: "busy";
}

/* ---- op ---- */

/* Somebody who wants to be an operator, while the password is compared. */
struct trying {
	struct asked asked;
	struct buf name, password;
};

bool
conn_is_operator(const struct conn *c)
{
	return c->is_operator;
}

static void
audit(const struct conn *c, const char *what, struct slice name,
    const char *result)
{
	const bool ok = strcmp(result, "ok") == 0;
	const struct attempt a = { .what = what,
		.code = ok ? "" : result,
		.address = sio_peer(c->sock),
		.name = name,
		.person = c->person->id,
		.by = slice_of(c->person->nick) };

	log_event(LOG_INFO, "audit", LF_CSTR("what", what),
	    LF_STR("name", name), LF_CSTR("nick", c->person->nick),
	    LF_CSTR("id", c->person->name), LF_CSTR("addr", sio_peer(c->sock)),
	    LF_CSTR("result", result));
	refusals_note(c->hub->refusals, &a);
}

static void
trying_free(struct trying *t)
{
	buf_wipe(&t->password);
	buf_deinit(&t->name);
	free(t);
}

static void
end(struct trying *t)
{
	asked_done(&t->asked);
	trying_free(t);
}

static void
answer(const struct asked *a, bool is_operator)
{
	struct buf b;

	buf_init(&b, REFUSAL_MAX);
	buf_printf(&b, "{\"ok\":true,\"operator\":%s}",
	    is_operator ? "true" : "false");
	asked_reply(a, &b);
	buf_deinit(&b);
}

static void
verified(void *arg, int err)
{
	struct trying *t = arg;
	struct conn *c = asked_conn(&t->asked);
	struct attempts *attempts;

	/* Whoever has gone meanwhile gets nothing. */
	if (c != NULL)
		audit(c, "op", buf_view(&t->name), operator_verdict(err));
	if (err == 0 && c != NULL) {
		attempts = &c->hub->attempts;
		attempts_right(attempts,
		    attempts_operator(attempts, buf_view(&t->name)),
		    slice_of(sio_peer(c->sock)));
		c->is_operator = true;
		answer(&t->asked, true);
	} else if (err == -EACCES) {
		asked_refuse(&t->asked, "wrong-password",
		    "this is no operator's name and password");
	} else {
		asked_refuse(
		    &t->asked, "busy", "too many log in just now: try again");
	}
	end(t);
}

/* Refused, and told how long: ms. */
static void
slow_down(struct trying *t, uint64_t wait)
{
	audit(t->asked.conn, "op", buf_view(&t->name), "slow-down");
	asked_slow_down(&t->asked, wait);
	end(t);
}

static void
try(struct trying *t)
{
	const struct conn *c = t->asked.conn;
	struct credentials who = { buf_view(&t->name), buf_view(&t->password) };
	uint64_t wait = 0;
	char longer[PASSWORD_MAX + 1];
	int err;

	/* So it counts as one. */
	if (t->password.failed) {
		memset(longer, 'x', sizeof(longer));
		who.password = (struct slice){ longer, sizeof(longer) };
	}
	err = operator_try(
	    c->hub, &who, slice_of(sio_peer(c->sock)), verified, t, &wait);
	if (err == -EAGAIN)
		slow_down(t, wait);
	else if (err != -EINPROGRESS)
		verified(t, err);
}

/* {name, password}; without a name: not any more. */
void
on_op(const struct call *c)
{
	struct trying *t = xcalloc(1, sizeof(*t));
	struct conn *conn = c->conn;
	int name, password;

	buf_init(&t->name, SECRETS_NAME_MAX);
	buf_init(&t->password, PASSWORD_MAX);
	if (!call_ask(c, &t->asked, NULL, sizeof(*t))) {
		trying_free(t);
		return;
	}
	name = call_long_string(c->arg, "name", &t->name);
	password = call_long_string(c->arg, "password", &t->password);
	if (name == 0 && password == 0) {
		if (conn->is_operator)
			audit(conn, "deop", SLICE(""), "ok");
		conn->is_operator = false;
		answer(&t->asked, false);
		end(t);
	} else if (name <= 0 || password <= 0) {
		asked_refuse(&t->asked, "bad-request",
		    "the argument is not {name, password}");
		end(t);
	} else if (conn->hub->operators->n == 0) {
		asked_refuse(
		    &t->asked, "forbidden", "there are no operators here");
		end(t);
	} else {
		try(t);
	}
}
