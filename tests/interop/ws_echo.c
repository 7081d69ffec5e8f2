/*
 * A WebSocket client for the tests alone, on the same transport library as
 * chat: connects to a port of this machine, sends every message back until
 * the connection is closed, and connects again; a refused handshake is the
 * end.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/opt.h"
#include "net/http_client.h"
#include "split_read.h"

enum { MESSAGE_MAX = 16 << 20 };

struct ws_echo {
	struct loop loop;
	struct http_client client;
	struct ws_conn *ws;
	const char *problem; /* why the last handshake failed */
};

static void
connect_again(struct ws_echo *e);

static void
on_message(void *arg, bool binary, char *data, size_t len)
{
	struct ws_echo *e = arg;

	ws_send(e->ws, binary, (struct slice){ data, len });
}

static void
on_closed(void *arg, int code)
{
	(void)code;
	connect_again(arg);
}

static const struct ws_cb ws_cb = { .on_message = on_message,
	.on_closed = on_closed };

static void
on_opened(void *arg, struct ws_conn *ws, const struct http_answer *a)
{
	struct ws_echo *e = arg;

	e->ws = ws;
	if (ws != NULL)
		ws_set_arg(ws, &ws_cb, e);
	else if (a->status != 404)
		e->problem = a->problem;
}

static void
connect_again(struct ws_echo *e)
{
	ws_open(&e->client, SLICE("/"), MESSAGE_MAX, on_opened, e);
}

int
main(int argc, char **argv)
{
	int port = 0, read_max = 0, read_seed = 0, deflate = 0;
	const char *ca = NULL;
	struct tls_config *tls = NULL;
	struct opt table[] = {
		{ .name = "port",
		    .type = OPT_INT,
		    .target = &port,
		    .value = "N",
		    .min = 1,
		    .max = 65535 },
		{ .name = "deflate",
		    .type = OPT_FLAG,
		    .target = &deflate,
		    .set = 1 },
		{ .name = "read-max",
		    .type = OPT_INT,
		    .target = &read_max,
		    .value = "BYTES",
		    .max = 1 << 30 },
		{ .name = "read-seed",
		    .type = OPT_INT,
		    .target = &read_seed,
		    .value = "N",
		    .max = 1 << 30 },
		{ .name = "ca",
		    .type = OPT_STR,
		    .target = &ca,
		    .value = "FILE" },
		{ .name = NULL },
	};
	struct ws_echo e = { .ws = NULL };
	struct buf err;

	buf_init(&err, 256);
	if (opt_parse(table, argc - 1, argv + 1, &err) != argc - 1 ||
	    port == 0 ||
	    (ca != NULL && (tls = tls_config_new(ca, &err)) == NULL)) {
		fprintf(stderr, "ws_echo: %.*s\n", SLICE_ARG(buf_view(&err)));
		return 64;
	}
	split_read((unsigned)read_max, (unsigned)read_seed);
	loop_init(&e.loop);
	http_client_init(&e.client, &e.loop, "127.0.0.1", port, tls);
	e.client.deflate = deflate;
	connect_again(&e);
	uv_run(&e.loop.uv, UV_RUN_DEFAULT);
	http_client_deinit(&e.client);
	tls_config_free(tls);
	if (loop_deinit(&e.loop) != 0)
		e.problem = "left open";
	if (e.problem != NULL)
		fprintf(stderr, "ws_echo: %s\n", e.problem);
	return e.problem != NULL ? 70 : 0;
}
