/*
 * A disk with faults, as a VFS of SQLite's: it fails when it is told to, and
 * it knows what of the files would still be there if the power had failed at
 * a certain moment.
 *
 * It keeps, of each file, what has been synced, and what was written since.
 * When the power is off everything fails, and vfs_crash leaves the files as
 * they could be found: of what was not synced some is there, some is not,
 * sector by sector, in any order, the one or other torn in the middle.
 */
#ifndef CHAT_TESTS_STORE_VFS_H
#define CHAT_TESTS_STORE_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define VFS_NAME "fault"

enum vfs_fault {
	VFS_NONE,
	VFS_POWER,     /* off, for good */
	VFS_FULL,      /* writes: SQLITE_FULL */
	VFS_ERROR,     /* writes and syncs: SQLITE_IOERR_... */
	VFS_READ_ONLY, /* writes: SQLITE_READONLY */
	VFS_READ_ERROR,
	/* For who opens it, whatever n is: */
	VFS_LOG_READ_ONLY,
	VFS_FILE_READ_ONLY,
};

/* Registers it. */
void
vfs_init(void);

/* Forgets all files; sector: 512 or 4096 bytes. */
void
vfs_reset(unsigned sector, uint64_t seed);

/* From the n-th operation on (1: the next one; writes, truncations, syncs,
 * deletions; for VFS_READ_ERROR reads), for so many of them. */
void
vfs_fail(enum vfs_fault fault, unsigned n, unsigned times);

/* Whether that has happened. */
bool
vfs_has_failed(void);

/* Operations since the last vfs_fail. */
unsigned
vfs_count(void);

/* At random, from the seed. */
uint64_t
vfs_random(void);

/* Leaves the files as after the crash; they must be closed. They are what the
 * disk holds from now on, and the power is there again. */
void
vfs_crash(void);

#endif
