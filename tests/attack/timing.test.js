'use strict';
/*
 * What the time of a comparison tells. "make check" counts instructions, which
 * are always the same; "make attack" takes the time, a million times.
 */
const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe } = require('node:test');
const { slow, test } = require('../interop/harness');
const { long } = require('./attack');

const MOST = 4.5;
const build = process.env.CHAT_BUILD || path.join(__dirname, '..', '..');
const program = path.resolve(build, 'tests', 'attack', 'timing');

/* The lines of its output, as [what, number]. */
function
lines(text)
{
	return text.trimEnd().split('\n').map((line) => {
		const [what, number] = line.split(' ');

		return [what, Number(number)];
	});
}

/* Instructions of each comparison, by what is compared. */
function
count(dir)
{
	const order = lines(execFileSync('valgrind', ['-q', '--tool=callgrind',
		'--callgrind-out-file=' + path.join(dir, 'out'),
		'--zero-before=probe', '--dump-after=probe',
		'--toggle-collect=probe', program, 'count'],
	{ encoding: 'utf8', timeout: 60000 * slow }));
	const found = {};

	order.forEach(([what], i) => {
		const dump = fs.readFileSync(path.join(dir,
		    'out.' + (i + 1)), 'utf8');

		found[what] = found[what] || [];
		found[what].push(Number(/^totals: (\d+)$/m.exec(dump)[1]));
	});
	return found;
}

function
countsAgree()
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(),
	    'chat-timing-'));

	try {
		const { token, seal, leaky } = count(dir);

		for (const counts of [token, seal]) {
			assert.ok(counts.length > 20);
			assert.ok(counts[0] > 1000);
			assert.strictEqual(new Set(counts).size, 1,
			    String(counts));
		}
		/* What is counted is what it is about. */
		leaky.reduce((before, n) => {
			assert.ok(n > before, String(leaky));
			return n;
		});
	} finally {
		fs.rmSync(dir, { recursive: true, force: true });
	}
}

describe('comparing a secret', () => {
	/* valgrind can't run a sanitized program, whose instructions are not
	 * those that count anyway. */
	if (fs.readFileSync(program).includes('__asan_init'))
		test('is without a finding', () => {
			const all = lines(execFileSync(program, ['count'],
			    { encoding: 'utf8' }));

			for (const name of ['token', 'seal'])
				assert.ok(all.filter(([what]) => what === name)
				    .length > 20);
		}, 60);
	else
		test('takes as many instructions, wherever it is wrong',
		    countsAgree, 60);

	if (long)
		test('takes as long, wherever it is wrong', (t) => {
			const all = lines(execFileSync(program, ['time',
				'1000000'], { encoding: 'utf8' }));

			for (const [what, found] of all) {
				t.diagnostic(what + ': t = ' + found);
				assert.strictEqual(found < MOST,
				    what !== 'leaky', what + ': ' + found);
			}
			assert.strictEqual(all.length, 3);
		}, 600);
});
