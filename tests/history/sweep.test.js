'use strict';
/* Some of what "make sweep" does: memory or I/O fails once, somewhere. */
const assert = require('node:assert');
const fs = require('node:fs');
const { describe, it } = require('node:test');
const { Sweep, program } = require('./sweep');
const { slow } = require('./world');

const LIVES = 40; /* of each kind */

/* What our memory is of, there, is not ours to fail. */
const sanitized = fs.readFileSync(program()).includes('__asan_init');

describe('one failure, and nobody is the worse for it', () => {
	for (const kind of sanitized ? ['io'] : ['memory', 'io'])
		it(kind, { timeout: 120000 * slow }, async () => {
			const sweep = new Sweep(kind);
			let failed = 0;

			try {
				const count = await sweep.measure();

				/* From one end to the other. */
				for (let i = 1; i <= LIVES; i++) {
					const n = Math.ceil(i * count / LIVES);
					const life = await sweep.run(n);

					assert.deepStrictEqual(life.wrong, [],
					    kind + ' ' + n);
					failed += life.failed === '-' ? 0 : 1;
				}
			} finally {
				sweep.end();
			}
			/* The order of threads moves a few past the end. */
			assert.ok(failed > LIVES / 2, failed + ' have failed');
		});
});
