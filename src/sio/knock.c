#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "proto/json.h"
#include "sio/namespace.h"

static void
refuse(struct sio_client *c, const struct sio_nsp *nsp, struct slice error)
{
	struct slice bare;

	/* Older clients take the bare data, or else the bare message. */
	if (eio_protocol(c->session) == 3 &&
	    (json_get(error, "data", &bare) ||
		json_get(error, "message", &bare)))
		error = bare;
	client_send(c, SIO_CONNECT_ERROR, nsp->name, error);
}

static struct slice
auth_of(const struct sio_knock *k)
{
	return (struct slice){ k->auth, k->len };
}

bool
knock_waits(const struct sio_client *c, struct slice nsp)
{
	const struct sio_knock *k;

	LIST_FOREACH (k, &c->knocks, link)
		if (slice_is(nsp, k->nsp->name))
			return true;
	return false;
}

void
knock_leave_all(struct sio_client *c)
{
	struct sio_knock *k;

	while ((k = LIST_FIRST(&c->knocks)) != NULL) {
		LIST_REMOVE(k, link);
		k->client = NULL;
	}
}

static void
knock_free(struct sio_knock *k)
{
	if (k->client != NULL)
		LIST_REMOVE(k, link);
	free(k->auth);
	free(k);
}

void
sio_let_in(struct sio_knock *k, const struct buf *error)
{
	struct sio_client *c = k->client;

	if (c != NULL)
		LIST_REMOVE(k, link);
	k->client = NULL;
	if (c != NULL && error == NULL)
		socket_connect(c, k->nsp, auth_of(k));
	else if (c != NULL)
		refuse(c, k->nsp, buf_view(error));
	knock_free(k);
}

void
knock(struct sio_client *c, struct sio_nsp *nsp, struct slice auth)
{
	struct sio_knock *k;
	struct buf error;
	int verdict;

	if (auth.len == 0)
		auth = SLICE("{}");
	if (nsp->cb->allow == NULL) {
		socket_connect(c, nsp, auth);
		return;
	}
	if (auth.len > SIO_AUTH_WAITING_MAX) {
		refuse(c, nsp, SLICE("{\"message\":\"auth is too long\"}"));
		return;
	}
	buf_init(&error, SIO_CONNECT_ERROR_MAX);
	k = xcalloc(1, sizeof(*k));
	k->client = c;
	k->nsp = nsp;
	k->auth = xstrndup(auth.p, auth.len);
	k->len = auth.len;
	LIST_INSERT_HEAD(&c->knocks, k, link);
	verdict = nsp->cb->allow(nsp->arg, k, auth_of(k), &error);
	if (verdict != -EAGAIN)
		sio_let_in(k, verdict == 0 ? NULL : &error);
	buf_deinit(&error);
}

const char *
sio_knock_peer(const struct sio_knock *k)
{
	return k->client != NULL ? eio_peer(k->client->session) : "";
}

struct slice
sio_knock_credentials(const struct sio_knock *k)
{
	return slice_of(
	    k->client != NULL ? eio_credentials(k->client->session) : "");
}
