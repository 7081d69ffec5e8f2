'use strict';
/*
 * The history checker finds what is planted into the server. A mutant is the
 * program with one object replaced: compiled and linked by the Makefile's rule
 * "mutant", in a folder of its own.
 */
const assert = require('node:assert');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, it } = require('node:test');
const { promisify } = require('node:util');
const mutants = require('./mutants');
const { farewell, flicker, round } = require('./run');
const { slow } = require('./world');

const build = path.resolve(process.env.CHAT_BUILD ||
    path.join(__dirname, '..', '..'));
const source = path.resolve(process.env.CHAT_SOURCE || build);
const clients = { websocket: 2, polling: 1, rejoin: 3 };

const runs = {
	/* One short life of a server. */
	talk: (options) => round({ kills: 0, pause: [1000, 1500], rooms: 1,
		rate: 40, clients, ...options }),
	/* Some. */
	kills: (options) => round({ kills: 4, pause: [300, 800], rooms: 2,
		rate: 60, clients, ...options }),
	farewell,
	/* A disk that fails now and then. */
	flicker
};

/* Replaces each text, which has to be there exactly once. */
function
mutate({ file, edits })
{
	let text = fs.readFileSync(path.join(source, file), 'utf8');

	for (const [from, to] of edits) {
		assert.strictEqual(text.split(from).length - 1, 1,
		    file + ' has not exactly one\n' + from);
		text = text.replace(from, () => to);
	}
	return text;
}

/* One after the other: the Makefile might have to be made first. */
let building = Promise.resolve();

function
make(mutant, dir)
{
	building = building.catch(() => {}).then(() => compile(mutant, dir));
	return building;
}

async function
compile(mutant, dir)
{
	const file = path.join(dir, path.basename(mutant.file));
	const env = { ...process.env };

	/* It is no part of the make that runs the tests. */
	delete env.MAKEFLAGS;
	delete env.MFLAGS;
	delete env.MAKELEVEL;
	fs.writeFileSync(file, mutate(mutant));
	await promisify(execFile)('make', ['-s', '-C', build, 'mutant',
		'MUTANT=' + file, 'MUTANT_DIR=' + dir], { env });
	return path.join(dir, 'chat');
}

describe('planted faults', { concurrency: 2 }, () => {
	it('one that does not fit any more is told', () => {
		for (const text of ['no such text', '#include'])
			assert.throws(() => mutate({ file: mutants[0].file,
				edits: [[text, '']] }), /has not exactly one/);
	});

	for (const mutant of mutants)
		it(mutant.name, { timeout: 120000 * slow }, async (t) => {
			const dir = fs.mkdtempSync(path.join(os.tmpdir(),
			    'chat-mutant-'));
			let found = [];

			try {
				const program = await make(mutant, dir);

				/* What depends on when a kill comes may need
				 * more than one round. */
				for (let seed = 1; seed <= 5; seed++) {
					const { violations } =
					    await runs[mutant.run]({ seed,
						program });

					found = [...new Set(violations.map(
					    ({ kind }) => kind))];
					t.diagnostic('seed ' + seed + ': ' +
					    found.join(', '));
					if (found.some((kind) =>
					    mutant.kinds.includes(kind)))
						return;
				}
			} finally {
				fs.rmSync(dir, { recursive: true });
			}
			assert.fail('found only: ' + found);
		});
});
