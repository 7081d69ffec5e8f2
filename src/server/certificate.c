#include "config.h"

#include "server/certificate.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

enum { PROBLEM_MAX = PATH_MAX + 256 };

/* A line for a person in err, or nothing. */
static void
load(struct certificate *c, struct buf *err)
{
	struct tls_config *tls;
	struct buf warning;

	buf_init(&warning, PROBLEM_MAX);
	tls = tls_config_new_server(c->cert, c->key, &warning, err);
	if (tls != NULL) {
		tls_config_free(c->intake->tls);
		c->intake->tls = tls;
	}
	if (warning.len > 0)
		log_event(LOG_WARN, "certificate",
		    LF_STR("reason", buf_view(&warning)));
	buf_deinit(&warning);
}

static void
on_sighup(uv_signal_t *h, int signum)
{
	struct certificate *c = h->data;
	struct buf err;

	(void)signum;
	buf_init(&err, PROBLEM_MAX);
	load(c, &err);
	if (err.len > 0)
		log_event(LOG_ERROR, "reload-fails",
		    LF_STR("reason", buf_view(&err)));
	else
		log_event(LOG_INFO, "reload", LF_CSTR("certificate", c->cert));
	buf_deinit(&err);
}

int
certificate_open(
    struct certificate *c, struct intake *in, const char *cert, const char *key)
{
	struct buf err;
	int status = 0;

	*c = (struct certificate){ .cert = cert, .key = key, .intake = in };
	if (cert == NULL) {
		/* Who supervises us may ask; only a terminal that is gone
		 * means the end. */
		if (!isatty(STDIN_FILENO))
			signal(SIGHUP, SIG_IGN);
		return 0;
	}
	uv_signal_init(&in->loop->uv, &c->sighup);
	c->sighup.data = c;
	uv_signal_start(&c->sighup, on_sighup, SIGHUP);
	buf_init(&err, PROBLEM_MAX);
	load(c, &err);
	if (err.len > 0) {
		fprintf(stderr, "chat: %.*s\n", SLICE_ARG(buf_view(&err)));
		status = EX_NOINPUT;
	}
	buf_deinit(&err);
	return status;
}

void
certificate_close(struct certificate *c)
{
	if (c->cert == NULL)
		return;
	uv_close((uv_handle_t *)&c->sighup, NULL);
	tls_config_free(c->intake->tls);
	c->intake->tls = NULL;
}
