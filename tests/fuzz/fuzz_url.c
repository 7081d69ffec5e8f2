/* URLs as people write them: a server's one text stands for it, with what
 * keeps a path that looks like a room's from being one. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "client/url.h"
#include "fuzz.h"

enum { ERR_MAX = 1024, TEXT_SIZE = 4096 };

static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return false;
	return true;
}

static void
check_url(const struct url *u)
{
	char text[TEXT_SIZE];
	struct url again;
	struct buf err;

	CHECK(u->host[0] != '\0' && is_printable(u->host));
	CHECK(u->port >= 1 && u->port <= 65535);
	CHECK(u->path[0] == '/' && is_printable(u->path));
	CHECK(strpbrk(u->path, "?#") == NULL);
	CHECK(is_printable(u->text));
	CHECK(utf8_valid(u->room, strlen(u->room)));
	CHECK(!url_host_is_v6(u->host) || strchr(u->host, '%') == NULL);
	buf_init(&err, ERR_MAX);
	snprintf(text, sizeof(text), "%ssocket.io/r/x", u->text);
	CHECK(url_parse(text, &again, &err) == 0);
	CHECK(u->tls == again.tls);
	CHECK(strcmp(u->host, again.host) == 0);
	CHECK(u->port == again.port);
	CHECK(strcmp(u->path, again.path) == 0);
	CHECK(strcmp(u->text, again.text) == 0);
	CHECK(strcmp(again.room, "x") == 0);
	buf_deinit(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text, err;
	struct url u;
	char *s;
	int rc;

	buf_init(&text, size + 1);
	buf_append(&text, data, size);
	s = buf_steal(&text);
	buf_init(&err, ERR_MAX);
	rc = url_parse(s, &u, &err);
	CHECK(rc == 0 || rc == -EINVAL);
	CHECK((rc == 0) == (err.len == 0));
	CHECK(fuzz_is_clean(buf_view(&err), ""));
	if (rc == 0)
		check_url(&u);
	buf_deinit(&err);
	free(s);
	return 0;
}
