#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/mem.h"
#include "hub/call.h"
#include "hub/encode.h"
#include "proto/json.h"

enum {
	BASIC_MAX = 512, /* bytes of what a client shows by the Basic scheme */
	MS = 1000,
};

/*
 * Who may come in. Everyone, if the server is open; if it is closed, who has a
 * token that was made there since it has this password, or knows the password:
 * in `auth`, or by the Basic scheme of HTTP.
 */

void
door_open(struct hub *h, const struct secrets *password)
{
	if (password->n == 0)
		return;
	h->gate =
	    gate_new(h->loop, h->passwords, &h->attempts, password->v[0].hash);
	/* Another password is another seal: what was made when everybody could
	 * come, or under an earlier one, lets nobody in. */
	if (HMAC(EVP_sha256(), store_secret(h->store), TOKEN_SECRET_SIZE,
		password->v[0].digest, sizeof(password->v[0].digest), h->seal,
		NULL) == NULL)
		mem_exhausted(); /* nothing else can fail */
}

/* ---- tokens ---- */

void
door_token(const struct person *p, char out[TOKEN_SIZE])
{
	const struct hub *h = p->hub;

	token_make(store_secret(h->store), p->id,
	    p->account != NULL ? p->account->generation : 0, out);
	if (h->gate != NULL)
		token_seal(h->seal, out);
}

uint64_t
door_identify(const struct hub *h, struct slice token)
{
	uint64_t id, generation;
	const struct account *a;

	if (token_check(store_secret(h->store), token_unsealed(token), &id,
		&generation) < 0)
		return 0;
	a = account_find(h, id);
	return generation == (a != NULL ? a->generation : 0) ? id : 0;
}

/* ---- bans ---- */

/* From this address, or as the person of this token (0: none). */
static const struct ban *
ban_at_door(const struct hub *h, const char *peer, uint64_t person)
{
	struct address from;

	address_parse(slice_of(peer), &from);
	return ban_of(h, NULL, person, &from);
}

/* For the audit. */
static void
note(struct hub *h, const char *peer, const char *code)
{
	const struct attempt a = { .what = "enter",
		.code = code,
		.address = peer,
		.name = SLICE(""),
		.by = SLICE("") };

	refusals_note(h->refusals, &a);
}

static bool
is_barred(struct hub *h, const struct sio_knock *k, struct slice auth,
    struct buf *error)
{
	const struct ban *b;
	struct buf token;
	uint64_t id = 0;

	buf_init(&token, TOKEN_SIZE);
	if (call_string(auth, "token", &token) > 0)
		id = door_identify(h, buf_view(&token));
	buf_deinit(&token);
	b = ban_at_door(h, sio_knock_peer(k), id);
	if (b == NULL)
		return false;
	note(h, sio_knock_peer(k), "banned");
	buf_puts(
	    error, "{\"message\":\"banned\",\"data\":{\"code\":\"banned\"");
	if (b->is.until != 0)
		buf_printf(error, ",\"until\":%" PRIu64, b->is.until);
	if (b->is.reason.len > 0) {
		buf_putc(error, ',');
		encode_string("reason", b->is.reason, error);
	}
	buf_puts(error, "}}");
	return true;
}

/* ---- passwords ---- */

/* The password of a field Authorization, appended to b. False: there is
 * none. */
static bool
basic_password(struct slice field, struct buf *b)
{
	static const char scheme[] = "Basic ";
	char text[BASIC_MAX], *colon;
	ssize_t n;

	if (field.len < sizeof(scheme) || field.len > BASIC_MAX ||
	    strncasecmp(field.p, scheme, sizeof(scheme) - 1) != 0)
		return false;
	field = slice_skip(field, sizeof(scheme) - 1);
	while (slice_starts(field, " "))
		field = slice_skip(field, 1);
	n = base64_decode(text, field.p, field.len);
	colon = n > 0 ? memchr(text, ':', (size_t)n) : NULL;
	if (colon != NULL)
		buf_append(b, colon + 1, (size_t)(text + n - colon) - 1);
	explicit_bzero(text, sizeof(text));
	return colon != NULL;
}

/* Whoever is not let in is told in the log, and in the audit. */
static void
audit(struct hub *h, const char *peer, int err)
{
	const char *code = err == -EACCES   ? "wrong-password"
			   : err == -EAGAIN ? "slow-down"
					    : "busy";

	log_event(LOG_INFO, "audit", LF_CSTR("what", "enter"),
	    LF_CSTR("addr", peer), LF_CSTR("result", code));
	note(h, peer, code);
}

/* ---- Socket.IO ---- */

/* Somebody whose password is being compared. */
struct coming_in {
	struct hub *hub;
	struct sio_knock *knock; /* or */
	struct http_req *req;    /* NULL: the connection is lost */
	void (*then)(void *arg, struct http_req *req);
	void *arg;
};

/* For CONNECT_ERROR. */
static void
put_error(struct buf *out, int err, uint64_t retry)
{
	const char *message = "busy", *code = "busy";

	if (err == -EACCES)
		message = "wrong password", code = "wrong-password";
	else if (err == -EAGAIN)
		message = "too many wrong passwords: wait", code = "slow-down";
	buf_printf(out, "{\"message\":\"%s\",\"data\":{\"code\":\"%s\"",
	    message, code);
	if (err == -EAGAIN)
		buf_printf(out, ",\"retry\":%" PRIu64, retry);
	buf_puts(out, "}}");
}

static void
verified_knock(void *arg, int err)
{
	struct coming_in *in = arg;
	struct buf error;

	buf_init(&error, SIO_CONNECT_ERROR_MAX);
	if (err != 0) {
		audit(in->hub, sio_knock_peer(in->knock), err);
		put_error(&error, err, 0);
	}
	sio_let_in(in->knock, err != 0 ? &error : NULL);
	buf_deinit(&error);
	free(in);
}

static int
try_knock(struct hub *h, struct sio_knock *k, struct slice password,
    struct buf *error)
{
	struct coming_in *in = xcalloc(1, sizeof(*in));
	struct slice peer = slice_of(sio_knock_peer(k));
	uint64_t retry = 0;
	int err;

	in->hub = h;
	in->knock = k;
	err = gate_try(h->gate, password, peer, verified_knock, in, &retry);
	if (err == -EINPROGRESS)
		return -EAGAIN;
	free(in);
	if (err == 0)
		return 0;
	audit(h, sio_knock_peer(k), err);
	put_error(error, err, retry);
	return -EACCES;
}

/* An invitation that there is. */
static bool
has_invitation(struct hub *h, struct slice auth, bool *given)
{
	struct buf code;
	bool there = false;

	buf_init(&code, INVITATION_SIZE);
	*given = call_long_string(auth, "invite", &code) > 0;
	if (*given && !code.failed)
		there = invitation_find(h, buf_view(&code)) != NULL;
	buf_deinit(&code);
	return there;
}

/* A token that opens the door. */
static bool
has_token(const struct hub *h, struct slice auth)
{
	struct buf token;
	bool good;

	buf_init(&token, TOKEN_SIZE);
	good = call_string(auth, "token", &token) > 0 &&
	       token_is_sealed(h->seal, buf_view(&token)) &&
	       door_identify(h, buf_view(&token)) != 0;
	buf_deinit(&token);
	return good;
}

bool
door_by_invitation(const struct hub *h, struct slice auth)
{
	struct slice raw;

	return h->gate != NULL && !has_token(h, auth) &&
	       !json_get(auth, "password", &raw);
}

int
door_allow(void *arg, struct sio_knock *k, struct slice auth, struct buf *error)
{
	static const char wanted[] = "{\"message\":\"password required\","
				     "\"data\":{\"code\":\"password\"}}";
	static const char unknown[] = "{\"message\":\"no such invitation\","
				      "\"data\":{\"code\":\"bad-invitation\"}}";
	struct hub *h = arg;
	struct buf password;
	bool known, invited;
	int err = -EACCES;

	if (is_barred(h, k, auth, error))
		return -EACCES;
	if (h->gate == NULL)
		return 0;
	buf_init(&password, PASSWORD_MAX);
	known = has_token(h, auth);
	if (!known && (call_long_string(auth, "password", &password) > 0 ||
			  basic_password(sio_knock_credentials(k), &password)))
		err = try_knock(h, k,
		    password.failed ? SLICE("") : buf_view(&password), error);
	else if (known || has_invitation(h, auth, &invited))
		err = 0;
	else if (invited) {
		note(h, sio_knock_peer(k), "bad-invitation");
		buf_puts(error, unknown);
	} else {
		buf_puts(error, wanted);
	}
	buf_wipe(&password);
	return err;
}

/* ---- HTTP ---- */

static void
answer_refused(struct http_req *req, int err, uint64_t retry)
{
	/* A refused upgrade ends. */
	if (req->head->upgrade)
		req->close = true;
	if (err == -EAGAIN) {
		buf_printf(&req->fields, "Retry-After: %" PRIu64 "\r\n",
		    (retry + MS - 1) / MS);
		http_answer_text(req, 429, "Too many wrong passwords: wait.\n");
	} else if (err == -EACCES) {
		buf_puts(&req->fields,
		    "WWW-Authenticate: Basic realm=\"chat\", "
		    "charset=\"UTF-8\"\r\n");
		http_answer_text(
		    req, 401, "A password is needed, and the right one.\n");
	} else {
		buf_puts(&req->fields, "Retry-After: 1\r\n");
		http_answer_text(req, 503, "Too many come just now.\n");
	}
}

static void
on_lost(struct http_req *req)
{
	struct coming_in *in = req->arg;

	in->req = NULL;
}

static void
verified_request(void *arg, int err)
{
	struct coming_in *in = arg;
	struct http_req *req = in->req;

	if (req != NULL) {
		req->on_gone = NULL;
		req->arg = in->arg;
		if (err == 0) {
			in->then(in->arg, req);
		} else {
			audit(in->hub, http_peer(req), err);
			answer_refused(req, err, 0);
		}
	}
	free(in);
}

void
hub_let_in(struct hub *h, struct http_req *req,
    void (*then)(void *arg, struct http_req *req), void *arg)
{
	struct slice field = http_field(req->parser, "Authorization");
	struct coming_in *in;
	struct buf password;
	uint64_t retry = 0;
	int err = -EACCES;

	if (ban_at_door(h, http_peer(req), 0) != NULL) {
		note(h, http_peer(req), "banned");
		req->close = true;
		http_answer_text(req, 403, "You are banned here.\n");
		return;
	}
	if (h->gate == NULL) {
		then(arg, req);
		return;
	}
	in = xcalloc(1, sizeof(*in));
	in->hub = h;
	in->req = req;
	in->then = then;
	in->arg = arg;
	buf_init(&password, BASIC_MAX);
	if (basic_password(field, &password))
		err = gate_try(h->gate, buf_view(&password),
		    slice_of(http_peer(req)), verified_request, in, &retry);
	if (err == -EINPROGRESS) {
		req->arg = in;
		req->on_gone = on_lost;
	} else {
		free(in);
		if (err != 0 && password.len > 0)
			audit(h, http_peer(req), err);
		if (err != 0)
			answer_refused(req, err, retry);
		else
			then(arg, req);
	}
	buf_wipe(&password);
}
