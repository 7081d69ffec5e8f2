/*
 * The configuration file: an error is one clean line that tells where, and
 * what is set is within its bounds.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/opt.h"
#include "client/conf.h"
#include "fuzz.h"

enum { ERR_MAX = 8192, PATH_SIZE = 100 };

static char dir[PATH_SIZE], chat[PATH_SIZE], file[PATH_SIZE];

static void
clean_up(void)
{
	unlink(file);
	rmdir(chat);
	rmdir(dir);
}

static void
set_up(void)
{
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(dir, sizeof(dir), "%s/chat-fuzz-XXXXXX", top);
	CHECK(mkdtemp(dir) != NULL);
	CHECK(snprintf(chat, sizeof(chat), "%s/chat", dir) < PATH_SIZE);
	CHECK(snprintf(file, sizeof(file), "%s/chat/config", dir) < PATH_SIZE);
	CHECK(mkdir(chat, 0700) == 0);
	setenv("XDG_CONFIG_HOME", dir, 1);
	atexit(clean_up);
}

static int
check_word(const char *value, void *target)
{
	const char **word = target;

	if (strcmp(value, "red") != 0 && strcmp(value, "blue") != 0)
		return -EINVAL;
	*word = value;
	return 0;
}

static void
parse(void)
{
	int flag = 0, number = 1, rc;
	const char *text = "", *word = "red", *secret = NULL;
	struct opt_list list = { .n = 0 };
	const struct opt table[] = {
		{ .name = "flag", .type = OPT_FLAG, .target = &flag, .set = 1 },
		{ .name = "number",
		    .type = OPT_INT,
		    .target = &number,
		    .value = "N",
		    .min = -5,
		    .max = 65535 },
		{ .name = "text",
		    .type = OPT_STR,
		    .target = &text,
		    .value = "TEXT" },
		{ .name = "list",
		    .type = OPT_LIST,
		    .target = &list,
		    .value = "ITEM" },
		{ .name = "word",
		    .type = OPT_CHECK,
		    .target = &word,
		    .value = "red|blue",
		    .check = check_word },
		{ .name = "secret",
		    .type = OPT_STR,
		    .target = &secret,
		    .value = "TEXT",
		    .argv_only = 1 },
		{ .name = NULL },
	};
	char *argv[] = { NULL };
	struct conf c;
	struct buf err;

	buf_init(&err, ERR_MAX);
	rc = conf_parse(&c, table, NULL, 0, argv, &err);
	CHECK(rc == 0 || rc == -EBADMSG);
	CHECK((rc == 0) == (err.len == 0));
	CHECK(fuzz_is_clean(buf_view(&err), ""));
	CHECK(rc == 0 || slice_starts(buf_view(&err), file));
	CHECK(flag == 0 || flag == 1);
	CHECK(number >= -5 && number <= 65535);
	CHECK(fuzz_is_clean(slice_of(text), "\t"));
	CHECK(list.n <= OPT_LIST_MAX);
	for (unsigned i = 0; i < list.n; i++)
		CHECK(fuzz_is_clean(slice_of(list.v[i]), "\t"));
	CHECK(strcmp(word, "red") == 0 || strcmp(word, "blue") == 0);
	CHECK(secret == NULL);
	conf_deinit(&c);
	buf_deinit(&err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f;

	if (chat[0] == '\0')
		set_up();
	f = fopen(file, "w");
	CHECK(f != NULL);
	CHECK(fwrite(data, 1, size, f) == size);
	CHECK(fclose(f) == 0);
	parse();
	return 0;
}
