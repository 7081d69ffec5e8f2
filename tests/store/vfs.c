#include "config.h"

#include "vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { FILES_MAX = 16, PATH_SIZE = 200 };

/* What was done to a file and not synced yet. */
struct change {
	bool truncate; /* to `at` */
	size_t at, len;
	unsigned char *bytes;
};

struct disk_file {
	char path[PATH_SIZE];
	bool there;
	unsigned char *synced;
	size_t size;
	struct change *changes;
	unsigned n;
};

struct file {
	sqlite3_file base;
	struct disk_file *disk; /* NULL: a temporary one */
				/* The system's one follows. */
};

static sqlite3_vfs *below;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk_file files[FILES_MAX];
static unsigned nfiles, sector;
static uint64_t random_state;
static enum vfs_fault fault;
static unsigned fail_at, fail_times, count;
static bool failed;

static sqlite3_file *
real(sqlite3_file *f)
{
	return (sqlite3_file *)((struct file *)f + 1);
}

static struct disk_file *
disk_of(sqlite3_file *f)
{
	return ((struct file *)f)->disk;
}

uint64_t
vfs_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* ---- faults ---- */

/* Counts an operation; its error, or 0. The mutex is locked. */
static int
check(bool read, int full, int error)
{
	bool now;

	if (fault == VFS_POWER && failed)
		return error;
	if (read != (fault == VFS_READ_ERROR))
		return SQLITE_OK;
	count++;
	now = fault != VFS_NONE && count >= fail_at &&
	      count - fail_at < fail_times;
	failed = failed || now;
	if (!now)
		return SQLITE_OK;
	return fault == VFS_FULL || fault == VFS_READ_ONLY ? full : error;
}

static int
full_code(void)
{
	return fault == VFS_READ_ONLY ? SQLITE_READONLY : SQLITE_FULL;
}

void
vfs_fail(enum vfs_fault what, unsigned n, unsigned times)
{
	pthread_mutex_lock(&mutex);
	fault = what;
	fail_at = n;
	fail_times = times;
	count = 0;
	failed = false;
	pthread_mutex_unlock(&mutex);
}

bool
vfs_has_failed(void)
{
	bool it_has;

	pthread_mutex_lock(&mutex);
	it_has = failed;
	pthread_mutex_unlock(&mutex);
	return it_has;
}

unsigned
vfs_count(void)
{
	unsigned n;

	pthread_mutex_lock(&mutex);
	n = count;
	pthread_mutex_unlock(&mutex);
	return n;
}

/* ---- what is on the disk ---- */

static void
apply(struct disk_file *d, const struct change *c)
{
	size_t end = c->truncate ? c->at : c->at + c->len;

	if (end > d->size) {
		d->synced = xrealloc(d->synced, end);
		memset(d->synced + d->size, 0, end - d->size);
		d->size = end;
	} else if (c->truncate) {
		d->size = end;
	}
	if (c->len > 0)
		memcpy(d->synced + c->at, c->bytes, c->len);
}

static void
drop_changes(struct disk_file *d)
{
	for (unsigned i = 0; i < d->n; i++)
		free(d->changes[i].bytes);
	free(d->changes);
	d->changes = NULL;
	d->n = 0;
}

static void
add_change(
    struct disk_file *d, bool truncate, size_t at, const void *p, size_t len)
{
	struct change *c;

	d->changes = xrealloc(d->changes, (d->n + 1) * sizeof(*c));
	c = &d->changes[d->n++];
	*c = (struct change){ truncate, at, len, NULL };
	if (len > 0) {
		c->bytes = xmalloc(len);
		memcpy(c->bytes, p, len);
	}
}

static void
sync_file(struct disk_file *d)
{
	for (unsigned i = 0; i < d->n; i++)
		apply(d, &d->changes[i]);
	drop_changes(d);
}

static void
load(struct disk_file *d)
{
	FILE *f = fopen(d->path, "rb");
	long size;

	d->size = 0;
	if (f == NULL)
		return;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	d->synced = xrealloc(d->synced, (size_t)size);
	d->size = fread(d->synced, 1, (size_t)size, f);
	fclose(f);
}

/* The file of that path; the mutex is locked. */
static struct disk_file *
find(const char *path)
{
	for (unsigned i = 0; i < nfiles; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	if (nfiles == FILES_MAX)
		abort();
	snprintf(files[nfiles].path, PATH_SIZE, "%s", path);
	return &files[nfiles++];
}

void
vfs_reset(unsigned sector_size, uint64_t seed)
{
	for (unsigned i = 0; i < nfiles; i++) {
		drop_changes(&files[i]);
		free(files[i].synced);
	}
	memset(files, 0, sizeof(files));
	nfiles = 0;
	sector = sector_size;
	random_state = seed * 2654435761U + 88172645463325252;
	vfs_fail(VFS_NONE, 0, 0);
}

/* One write, sector by sector: there, not there, or torn. */
static void
apply_some(struct disk_file *d, const struct change *c, unsigned percent)
{
	size_t at = c->at, end = c->at + c->len;

	if (c->truncate) {
		if (vfs_random() % 100 < percent)
			apply(d, c);
		return;
	}
	while (at < end) {
		size_t next = (at / sector + 1) * sector;
		struct change part = *c;

		if (next > end)
			next = end;
		part.at = at;
		part.bytes = c->bytes + (at - c->at);
		part.len = next - at;
		if (vfs_random() % 20 == 0)
			part.len = vfs_random() % (part.len + 1);
		if (vfs_random() % 100 < percent)
			apply(d, &part);
		at = next;
	}
}

static void
crash_file(struct disk_file *d)
{
	/* Now and then nothing of it, or nearly all. */
	static const unsigned percents[] = { 0, 20, 50, 80, 95 };
	const unsigned percent = percents[vfs_random() % 5];

	if (vfs_random() % 2)
		for (unsigned i = d->n; i > 1; i--) {
			unsigned j = (unsigned)(vfs_random() % i);
			struct change c = d->changes[i - 1];

			d->changes[i - 1] = d->changes[j];
			d->changes[j] = c;
		}
	for (unsigned i = 0; i < d->n; i++)
		apply_some(d, &d->changes[i], percent);
	drop_changes(d);
}

void
vfs_crash(void)
{
	for (unsigned i = 0; i < nfiles; i++) {
		struct disk_file *d = &files[i];
		FILE *f;

		if (!d->there) {
			unlink(d->path);
			continue;
		}
		crash_file(d);
		f = fopen(d->path, "wb");
		if (f == NULL || fwrite(d->synced, 1, d->size, f) != d->size ||
		    fclose(f) != 0)
			abort();
	}
	vfs_fail(VFS_NONE, 0, 0);
}

/* ---- files ---- */

static int
on_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	int rc;

	pthread_mutex_lock(&mutex);
	rc = check(true, SQLITE_IOERR_READ, SQLITE_IOERR_READ);
	pthread_mutex_unlock(&mutex);
	return rc ? rc : real(f)->pMethods->xRead(real(f), p, n, at);
}

static int
on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc;

	pthread_mutex_lock(&mutex);
	rc = check(false, full_code(), SQLITE_IOERR_WRITE);
	/* Half of one that fails may be there, as on a full disk. */
	if (rc && rc != SQLITE_READONLY && disk_of(f) != NULL)
		n /= 2;
	if (disk_of(f) != NULL && rc != SQLITE_READONLY)
		add_change(disk_of(f), false, (size_t)at, p, (size_t)n);
	pthread_mutex_unlock(&mutex);
	if (rc) {
		if (rc != SQLITE_READONLY && n > 0)
			real(f)->pMethods->xWrite(real(f), p, n, at);
		return rc;
	}
	return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int
on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc;

	pthread_mutex_lock(&mutex);
	rc = check(false, full_code(), SQLITE_IOERR_TRUNCATE);
	if (!rc && disk_of(f) != NULL)
		add_change(disk_of(f), true, (size_t)size, NULL, 0);
	pthread_mutex_unlock(&mutex);
	return rc ? rc : real(f)->pMethods->xTruncate(real(f), size);
}

/* There is no disk that it would have to wait for. */
static int
on_sync(sqlite3_file *f, int flags)
{
	int rc;

	(void)flags;
	pthread_mutex_lock(&mutex);
	rc = check(false, SQLITE_OK, SQLITE_IOERR_FSYNC);
	if (!rc && disk_of(f) != NULL)
		sync_file(disk_of(f));
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int
on_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real(f)->pMethods->xFileSize(real(f), size);
}

static int
on_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int
on_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int
on_check_lock(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
on_control(sqlite3_file *f, int op, void *arg)
{
	/* It would write past us. */
	if (op == SQLITE_FCNTL_SIZE_HINT)
		return SQLITE_OK;
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
on_sector_size(sqlite3_file *f)
{
	(void)f;
	return (int)sector;
}

static int
on_characteristics(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
on_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	return real(f)->pMethods->xShmMap(real(f), page, size, extend, p);
}

static int
on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void
on_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
on_shm_unmap(sqlite3_file *f, int delete)
{
	return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_file_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

/* ---- the system ---- */

static int
on_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out)
{
	struct file *file = (struct file *)f;
	struct disk_file *d;
	int rc;

	(void)v;
	file->base.pMethods = NULL;
	file->disk = NULL;
	pthread_mutex_lock(&mutex);
	rc = fault == VFS_POWER && failed ? SQLITE_CANTOPEN : SQLITE_OK;
	pthread_mutex_unlock(&mutex);
	if (!rc)
		rc = below->xOpen(below, path, real(f), flags, out);
	if (rc) {
		if (real(f)->pMethods != NULL)
			real(f)->pMethods->xClose(real(f));
		return rc;
	}
	file->base.pMethods = &methods;
	if (path == NULL)
		return SQLITE_OK;
	pthread_mutex_lock(&mutex);
	if ((fault == VFS_LOG_READ_ONLY && (flags & SQLITE_OPEN_WAL) != 0) ||
	    (fault == VFS_FILE_READ_ONLY &&
		(flags & SQLITE_OPEN_MAIN_DB) != 0)) {
		failed = true;
		*out = (*out & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
	}
	d = find(path);
	if (!d->there) {
		load(d);
		d->there = true;
	}
	file->disk = d;
	pthread_mutex_unlock(&mutex);
	return SQLITE_OK;
}

static int
on_delete(sqlite3_vfs *v, const char *path, int sync_dir)
{
	struct disk_file *d;
	int rc;

	(void)v;
	pthread_mutex_lock(&mutex);
	rc = check(false, SQLITE_OK, SQLITE_IOERR_DELETE);
	if (!rc) {
		d = find(path);
		drop_changes(d);
		d->there = false;
		d->size = 0;
	}
	pthread_mutex_unlock(&mutex);
	return rc ? rc : below->xDelete(below, path, sync_dir);
}

void
vfs_init(void)
{
	static sqlite3_vfs vfs;

	if (below != NULL)
		return;
	below = sqlite3_vfs_find(NULL);
	vfs = *below;
	vfs.zName = VFS_NAME;
	vfs.szOsFile = (int)sizeof(struct file) + below->szOsFile;
	vfs.xOpen = on_open;
	vfs.xDelete = on_delete;
	sqlite3_vfs_register(&vfs, 0);
	vfs_reset(4096, 1);
}
