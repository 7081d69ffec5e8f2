#include "config.h"

#include "tui/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static const char *
program(void)
{
	const char *browser = getenv("BROWSER");

#ifdef __APPLE__
	return "open";
#endif
	/* A list of them, or one with arguments, is for a shell to read. */
	if (browser != NULL && browser[0] != '\0' &&
	    strpbrk(browser, " :%;&|\"'") == NULL)
		return browser;
	if (getenv("DISPLAY") == NULL && getenv("WAYLAND_DISPLAY") == NULL)
		return NULL;
	return "xdg-open";
}

/* In the child: away from the terminal; tells what went wrong by the pipe. */
static void
become(const char *name, char *url, int pipe_fd)
{
	char *argv[] = { xstrndup(name, strlen(name)), url, NULL };
	int null = open("/dev/null", O_RDWR), err;

	setsid();
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	execvp(argv[0], argv);
	err = errno;
	if (write(pipe_fd, &err, sizeof(err)) < 0)
		_exit(1);
	_exit(0);
}

/* The child of a child is nobody's to wait for. */
static int
start(const char *name, char *url)
{
	int fds[2], err = 0, status;
	pid_t pid;

	if (pipe(fds) < 0)
		return -errno;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			become(name, url, fds[1]);
		_exit(pid < 0);
	}
	if (pid < 0)
		err = errno;
	close(fds[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && read(fds[0], &err, sizeof(err)) != sizeof(err))
		err = 0; /* closed by exec: it runs */
	close(fds[0]);
	return -err;
}

int
opener_run(struct slice url)
{
	const char *name = program();
	char *copy;
	int rc;

	if (name == NULL)
		return -ENOENT;
	copy = xstrndup(url.p, url.len);
	rc = start(name, copy);
	free(copy);
	return rc;
}
