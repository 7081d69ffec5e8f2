'use strict';
/* Makes a program's disk and clock fail, while it runs: faults.c. */
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/*
 * dir: for the files of it. set(error, late): from now on what it writes to
 * files fails so (an errno, 0: does not, -1: waits), and its wall clock is late
 * by so many seconds. env: to start it with.
 */
function
faults(dir)
{
	const library = path.join(dir, 'faults.so');
	const file = path.join(dir, 'faults');
	const set = (error, late) => {
		const numbers = new BigInt64Array([BigInt(error),
			BigInt(late)]);
		const fd = fs.openSync(file, fs.existsSync(file) ? 'r+' : 'w');

		fs.writeSync(fd, new Uint8Array(numbers.buffer), 0, 16, 0);
		fs.closeSync(fd);
	};

	execFileSync(process.env.CC || 'cc', ['-shared', '-fPIC', '-O1', '-o',
		library, path.join(__dirname, 'faults.c')]);
	set(0, 0);
	/* A sanitizer wants to be the first. */
	return { set, env: { LD_PRELOAD: library, CHAT_FAULTS: file,
		ASAN_OPTIONS: (process.env.ASAN_OPTIONS || '') +
		    ':verify_asan_link_order=0' } };
}

module.exports = { faults };
