#include "config.h"

#include "hub/secrets.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "hub/password.h"

static void
add(struct secrets *s, struct slice name, const char *text, const char *hash)
{
	struct secret *new;

	s->v = xrealloc(s->v, (s->n + 1) * sizeof(s->v[0]));
	new = &s->v[s->n++];
	new->name = xstrndup(name.p, name.len);
	new->hash = xstrndup(hash, strlen(hash));
	SHA256((const unsigned char *)text, strlen(text), new->digest);
}

/* NULL, or what is wrong with the name. */
static const char *
check_name(const struct secrets *s, struct slice name)
{
	if (name.len == 0)
		return "there is no name before the colon";
	if (name.len > SECRETS_NAME_MAX)
		return "the name is longer than 64 bytes";
	if (!utf8_valid(name.p, name.len))
		return "the name is not UTF-8";
	if (secrets_find(s, name) != NULL)
		return "this name is there already";
	return NULL;
}

/* The same of the secret; added if there is nothing wrong. */
static const char *
take_secret(struct secrets *s, struct slice name, struct slice secret)
{
	char text[PASSWORD_HASH_SIZE], hash[PASSWORD_HASH_SIZE];
	const char *wrong = NULL;
	bool is_hash;
	int err;

	if (s->n == SECRETS_MAX)
		return "there are more than 1000";
	if (secret.len == 0)
		return "there is no password";
	if (memchr(secret.p, '\0', secret.len) != NULL)
		return "there is a NUL in it";
	is_hash = secret.p[0] == '$';
	if (secret.len >= sizeof(text) ||
	    (!is_hash && secret.len > PASSWORD_MAX))
		return "the password is longer than 128 bytes";
	memcpy(text, secret.p, secret.len);
	text[secret.len] = '\0';
	err =
	    is_hash ? password_check_hash(text) : password_hash_now(text, hash);
	if (err == 0)
		add(s, name, text, is_hash ? text : hash);
	else if (is_hash && err == -EINVAL)
		wrong = "what begins with $ is a hash, and this is none, or "
			"not all of it";
	else
		wrong = strerror(-err);
	explicit_bzero(text, sizeof(text));
	return wrong;
}

static const char *
take_line(struct secrets *s, struct slice line, bool named)
{
	struct slice rest = line, name = slice_take_until(&rest, ':');
	const char *wrong;

	if (!named && secret_is_hash(rest))
		return "NAME:HASH is a line of --operators: this is to be the "
		       "password, or HASH alone";
	if (!named)
		return s->n > 0 ? "there is one password only"
				: take_secret(s, SLICE(""), line);
	if (memchr(line.p, ':', line.len) == NULL)
		return "there is no colon: it is NAME:SECRET";
	wrong = check_name(s, name);
	return wrong != NULL ? wrong : take_secret(s, name, rest);
}

/* 0, or -EINVAL with err. */
static int
take_lines(struct secrets *s, const char *path, struct slice text, bool named,
    struct buf *err)
{
	for (unsigned n = 1; text.len > 0; n++) {
		struct slice line = slice_take_until(&text, '\n');
		const char *wrong;

		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len == 0 || line.p[0] == '#')
			continue;
		wrong = take_line(s, line, named);
		if (wrong != NULL) {
			buf_printf(err, "%s, line %u: %s", path, n, wrong);
			return -EINVAL;
		}
	}
	if (s->n > 0)
		return 0;
	buf_printf(err, "%s: there is %s in it", path,
	    named ? "no NAME:SECRET" : "no password");
	return -EINVAL;
}

static int
read_file(struct secrets *s, const char *path, bool named, struct buf *err)
{
	struct buf text;
	int rc;

	buf_init(&text, SECRETS_FILE_MAX);
	rc = secret_load(path, &text, err);
	if (rc == 0)
		rc = take_lines(s, path, buf_view(&text), named, err);
	buf_wipe(&text);
	if (rc < 0)
		secrets_free(s);
	return rc;
}

int
secrets_read_operators(struct secrets *s, const char *path, struct buf *err)
{
	return read_file(s, path, true, err);
}

int
secrets_read_password(struct secrets *s, const char *path, struct buf *err)
{
	return read_file(s, path, false, err);
}

const struct secret *
secrets_find(const struct secrets *s, struct slice name)
{
	for (unsigned i = 0; i < s->n; i++)
		if (slice_is(name, s->v[i].name))
			return &s->v[i];
	return NULL;
}

void
secrets_free(struct secrets *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].hash);
	}
	free(s->v);
	*s = (struct secrets){ NULL, 0 };
}
