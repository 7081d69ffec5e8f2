#include "config.h"

#include "tui/extedit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	PATH_SIZE = 1024,
	FILE_MAX = 4 << 20, /* bytes taken back */
};

struct extedit {
	uv_process_t process;
	extedit_cb cb; /* NULL: stopped */
	void *arg;
	char path[PATH_SIZE];
};

static int
write_all(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			s = slice_skip(s, (size_t)n);
	}
	return 0;
}

/* 0 or a negative errno. mkstemp makes the file with mode 0600. */
static int
write_file(struct extedit *x, struct slice text)
{
	const char *dir = getenv("TMPDIR");
	int fd, r;

	if (!dir || !dir[0])
		dir = "/tmp";
	r = snprintf(x->path, sizeof(x->path), "%s/chat-XXXXXX.txt", dir);
	if (r < 0 || (size_t)r >= sizeof(x->path))
		return -ENAMETOOLONG;
	fd = mkstemps(x->path, 4);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (!r && text.len > 0 && text.p[text.len - 1] != '\n')
		r = write_all(fd, SLICE("\n"));
	if (close(fd) && !r)
		r = -errno;
	if (r)
		unlink(x->path);
	return r;
}

/* 0 or a negative errno. */
static int
read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n;
	char *p;

	if (fd < 0)
		return -errno;
	do {
		p = buf_reserve(out, 4096);
		n = p ? read(fd, p, 4096) : -1;
		if (!p)
			r = -EFBIG;
		else if (n < 0)
			r = -errno;
		else
			buf_add(out, (size_t)n);
	} while (n > 0);
	close(fd);
	return r;
}

static void
closed(uv_handle_t *h)
{
	free(container_of((uv_process_t *)(void *)h, struct extedit, process));
}

static void
give_back(struct extedit *x, int64_t status, int sig)
{
	struct extedit_result r = {
		.text = SLICE(""), .path = x->path, .problem = ""
	};
	char problem[128] = "";
	struct buf text;
	int err;

	buf_init(&text, FILE_MAX);
	if (status != 0 || sig != 0) {
		snprintf(problem, sizeof(problem),
		    "the editor has failed (%s %d): nothing is changed",
		    sig ? "signal" : "status", sig ? sig : (int)status);
	} else if ((err = read_file(x->path, &text))) {
		snprintf(problem, sizeof(problem),
		    "can't read what was edited: %s", strerror(-err));
	}
	r.problem = problem;
	if (!problem[0])
		r.text = buf_view(&text);
	/* editors end the last line */
	if (r.text.len > 0 && r.text.p[r.text.len - 1] == '\n')
		r.text.len--;
	if (x->cb(x->arg, &r))
		unlink(x->path);
	buf_deinit(&text);
}

static void
exited(uv_process_t *process, int64_t status, int sig)
{
	struct extedit *x = container_of(process, struct extedit, process);

	if (x->cb)
		give_back(x, status, sig);
	uv_close((uv_handle_t *)process, closed);
}

static int
spawn(struct loop *loop, struct extedit *x)
{
	static char sh[] = "/bin/sh", option[] = "-c",
		    script[] = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"";
	char *args[] = { sh, option, script, sh, x->path, NULL };
	uv_stdio_container_t stdio[3];
	uv_process_options_t opt = { .file = sh,
		.args = args,
		.exit_cb = exited,
		.stdio = stdio,
		.stdio_count = 3 };

	for (int fd = 0; fd < 3; fd++) {
		stdio[fd].flags = UV_INHERIT_FD;
		stdio[fd].data.fd = fd;
	}
	return uv_spawn(&loop->uv, &x->process, &opt);
}

struct extedit *
extedit_start(struct loop *loop, struct slice text, extedit_cb cb, void *arg,
    struct buf *err)
{
	struct extedit *x = xcalloc(1, sizeof(*x));
	int r;

	x->cb = cb;
	x->arg = arg;
	r = write_file(x, text);
	if (r) {
		buf_printf(err, "no temporary file: %s", strerror(-r));
		free(x);
		return NULL;
	}
	r = spawn(loop, x);
	if (!r)
		return x;
	buf_printf(err, "no editor: %s", uv_strerror(r));
	unlink(x->path);
	uv_close((uv_handle_t *)&x->process, closed);
	return NULL;
}

void
extedit_stop(struct extedit *x)
{
	x->cb = NULL;
	uv_process_kill(&x->process, SIGHUP);
	unlink(x->path);
	/* not waited for */
	uv_close((uv_handle_t *)&x->process, closed);
}
