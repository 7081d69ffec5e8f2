#define _GNU_SOURCE

/*
 * Together with sweep.c, where it is the program of a unit test that is swept.
 * It counts ten thousands of allocations in loops, so that it is not each that
 * fails but each way that leads to one: the innermost functions that are under
 * way. Of each way it is the first time and the last.
 *
 * What is allocated below ncurses and libtermkey does not count: short of
 * memory, when a terminal is opened, they crash.
 *
 *	CHAT_SWEEP_TEST  the test that is run; unset: none, their names are
 *	                 printed
 *	CHAT_SWEEP_WAYS  a file to append to. With CHAT_SWEEP_N=0: a number and
 *	                 the way, for each way and time. Else what has failed,
 *by its name, and how it was reached: offsets in files. And what the test has
 *made in /tmp, which is left when it fails.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FRAMES_MAX = 24,
	OWN_FRAMES = 4,
	WAY_FRAMES = OWN_FRAMES + 8,
	OBJECTS_MAX = 64,
	WAYS_MAX = 1 << 16,
	TEXT_MAX = 512
};

/* How cmocka has its tests. */
struct test {
	const char *name;
	void *test, *setup, *teardown, *state;
};

static struct {
	uint64_t hash;
	long first, last;
} ways[WAYS_MAX];
static unsigned nways;
static struct {
	uintptr_t start, end;
	bool crashes;
} objects[OBJECTS_MAX];
static unsigned nobjects;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static pid_t first;
static bool measures;
static atomic_bool runs;

bool
unit_counts(void);
void
unit_counted(long n, const char *failed);
int
_cmocka_run_group_tests(const char *group, const struct test *tests, size_t n,
    void *setup, void *teardown);

static void
tell(const char *line, int len)
{
	if (len > 0)
		syscall(SYS_write, out, line, len);
}

static void
tell_way(long n, uint64_t hash)
{
	char line[64];

	tell(line, snprintf(line, sizeof(line), "%ld %" PRIx64 "\n", n, hash));
}

static unsigned
object_of(const void *frame)
{
	const uintptr_t at = (uintptr_t)frame;
	unsigned i = 0;

	while (i < nobjects && (at < objects[i].start || at >= objects[i].end))
		i++;
	return i;
}

/* Where it is in its file, which is the same in each life. */
static uint64_t
place_of(const void *frame)
{
	const unsigned i = object_of(frame);

	if (i == nobjects)
		return 0;
	return (uintptr_t)frame - objects[i].start + ((uint64_t)i << 48);
}

static uint64_t
hash_of(void *const *frames, int n)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (int i = 0; i < n; i++)
		hash = (hash ^ place_of(frames[i])) * 0x100000001b3;
	return hash | 1;
}

static void
note(uint64_t hash, long n)
{
	unsigned i = (hash >> 32) % WAYS_MAX;

	pthread_mutex_lock(&mutex);
	while (ways[i].hash != 0 && ways[i].hash != hash)
		i = (i + 1) % WAYS_MAX;
	if (ways[i].hash == 0) {
		if (++nways == WAYS_MAX)
			abort();
		ways[i].hash = hash;
		ways[i].first = n;
		tell_way(n, hash);
	}
	ways[i].last = n;
	pthread_mutex_unlock(&mutex);
}

static void
explain(const char *failed, void *const *frames, int n)
{
	char line[TEXT_MAX];
	Dl_info info;

	tell(line, snprintf(line, sizeof(line), "%s\n", failed));
	for (int i = OWN_FRAMES; i < n; i++)
		if (dladdr(frames[i], &info) != 0)
			tell(line,
			    snprintf(line, sizeof(line), "  %s+%#tx %s\n",
				info.dli_fname,
				(char *)frames[i] - (char *)info.dli_fbase,
				info.dli_sname != NULL ? info.dli_sname : ""));
}

/* Whether what is under way may fail: a test, not what comes before or after
 * all of them. */
bool
unit_counts(void)
{
	void *frames[FRAMES_MAX];
	int n;

	if (!runs)
		return false;
	n = backtrace(frames, FRAMES_MAX);
	for (int i = 0; i < n; i++) {
		const unsigned object = object_of(frames[i]);

		if (object < nobjects && objects[object].crashes)
			return false;
	}
	return true;
}

/* Something could fail now, as the n-th; failed: it does. */
void
unit_counted(long n, const char *failed)
{
	void *frames[FRAMES_MAX];
	int count;

	if (out < 0 || (!measures && failed == NULL))
		return;
	count = backtrace(frames, measures ? WAY_FRAMES : FRAMES_MAX);
	if (measures)
		note(hash_of(frames, count), n);
	else
		explain(failed, frames, count);
}

int
_cmocka_run_group_tests(const char *group, const struct test *tests, size_t n,
    void *setup, void *teardown)
{
	const char *name = getenv("CHAT_SWEEP_TEST");
	void (*set)(const char *) =
	    (void (*)(const char *))dlsym(RTLD_NEXT, "cmocka_set_test_filter");
	int (*run)(const char *, const struct test *, size_t, void *, void *) =
	    (int (*)(const char *, const struct test *, size_t, void *,
		void *))dlsym(RTLD_NEXT, __func__);
	int failed;

	if (name == NULL) {
		for (size_t i = 0; i < n; i++)
			printf("test %s\n", tests[i].name);
		return 0;
	}
	set(name);
	runs = true;
	failed = run(group, tests, n, setup, teardown);
	runs = false;
	return failed;
}

static void
tell_made(const char *path)
{
	char line[TEXT_MAX];

	if (out >= 0 && path != NULL)
		tell(line, snprintf(line, sizeof(line), "made %s\n", path));
}

char *
mkdtemp(char *template)
{
	char *(*make)(char *) = (char *(*)(char *))dlsym(RTLD_NEXT, __func__);
	char *path = make(template);

	tell_made(path);
	return path;
}

int
mkstemp(char *template)
{
	int (*make)(char *) = (int (*)(char *))dlsym(RTLD_NEXT, __func__);
	int fd = make(template);

	tell_made(fd >= 0 ? template : NULL);
	return fd;
}

static int
on_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if ((info->dlpi_phdr[i].p_flags & PF_X) != 0 &&
		    nobjects < OBJECTS_MAX) {
			objects[nobjects].start =
			    info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			objects[nobjects].crashes =
			    strstr(info->dlpi_name, "/libtermkey.so") != NULL ||
			    strstr(info->dlpi_name, "/libncursesw.so") !=
				NULL ||
			    strstr(info->dlpi_name, "/libtinfo.so") != NULL;
			objects[nobjects].end = objects[nobjects].start +
						info->dlpi_phdr[i].p_memsz;
			nobjects++;
		}
	return 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("CHAT_SWEEP_WAYS");
	const char *n = getenv("CHAT_SWEEP_N");
	void *frame;

	backtrace(&frame, 1); /* loads what it needs */
	dl_iterate_phdr(on_object, NULL);
	first = getpid();
	measures = n != NULL && strtol(n, NULL, 10) == 0;
	if (name != NULL)
		out = (int)syscall(SYS_openat, AT_FDCWD, name,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((destructor)) static void
end(void)
{
	if (out < 0 || !measures || getpid() != first)
		return;
	for (unsigned i = 0; i < WAYS_MAX; i++)
		if (ways[i].last > ways[i].first)
			tell_way(ways[i].last, ways[i].hash);
}
