/*
 * What the server gives away once it need not have it any more, so that who
 * takes it over gets little: new privileges, files outside its folders
 * (landlock(7)), and the system calls that it does not make (seccomp(2)). A
 * system that lacks one of them goes without it.
 */
#ifndef CHAT_SERVER_SANDBOX_H
#define CHAT_SERVER_SANDBOX_H

#include <stdbool.h>

struct sandbox_paths {
	/* A file: what is in its folder, and in the one that it is a link
	 * into, may be read, written, made and removed; or NULL. */
	const char *write;
	/* Files, to a NULL: what is in their folders may be read. */
	const char *const *read;
};

/*
 * From now on this thread, and the threads that it makes, gain no privileges
 * and reach no files but these; they may list folders. To be called before
 * other threads are made. 0 or a negative errno, with no file out of reach:
 * -ENOSYS or -EOPNOTSUPP where the system, or a sanitizer, does not allow it.
 */
int
sandbox_files(const struct sandbox_paths *paths);

/* May this file be written because it is below the folder of store, which is
 * there? */
bool
sandbox_exposes(const char *store, const char *file);

/*
 * From now on no thread of this process makes other system calls than those
 * of a running server: not those that make processes, threads or sockets. What
 * is not in the list fails as if the kernel did not have it (ENOSYS), for
 * which libraries are prepared. 0 or a negative errno, as above.
 */
int
sandbox_calls(void);

#endif
