'use strict';
/*
 * Nothing that was acknowledged is lost, doubled or out of order, whatever is
 * unplugged: a short run of the history checker; run.js is the long one.
 */
const assert = require('node:assert');
const { describe, it } = require('node:test');
const { farewell, round } = require('./run');
const { report, slow } = require('./world');

/* Ends without a violation, and tells what has happened. */
async function
holds(t, seed, run)
{
	const { violations, summary, ...rest } = await run({ seed });

	t.diagnostic(summary);
	assert.strictEqual(violations.length, 0, 'seed ' + seed + ':\n' +
	    report(violations));
	return rest;
}

describe('history', () => {
	const limit = { timeout: 120000 * slow };

	for (const seed of [1, 2])
		it('server and clients are killed, the network fails: seed ' +
		    seed, limit, async (t) => {
			await holds(t, seed, (options) =>
			    round({ kills: 6, ...options }));
		});

	it('what was acknowledged comes before the end', limit, async (t) => {
		const { closed } = await holds(t, 1, farewell);

		assert.ok(closed > 0, 'nobody was closed in order');
	});
});
