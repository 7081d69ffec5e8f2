'use strict';
/* The real screen in a real terminal, driven by scenes (scene.c, show.c). */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { describe, it } = require('node:test');
const { Terminal, isAlive, program, source, until } = require('./harness');

const SCENES = ['talk', 'scroll', 'unread', 'input', 'page', 'changes',
    'crowd'];

function scene(name) {
	return path.join(source, 'tests', 'tui', 'screens', `${name}.scene`);
}

/* The steps of a golden file: { columns, rows, cursor, lines }. */
function golden(name) {
	const file = scene(name).replace(/scene$/, 'txt');
	const steps = [];

	for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
		const head = /^=== (\d+)x(\d+), cursor at (\d+),(\d+)$/.exec(line);

		if (head) {
			const [columns, rows, x, y] = head.slice(1).map(Number);

			steps.push({ columns, rows, cursor: [x, y], lines: [] });
		} else if (steps.at(-1).lines.length < steps.at(-1).rows) {
			steps.at(-1).lines.push(line);
		}
	}
	return steps;
}

/* What tmux may draw in its own way, or not hold at all: of different widths
 * in different versions. */
const DISPUTED = new RegExp('\\p{RI}\\p{RI}|\\p{Emoji}\\ufe0f\\u20e3?|' +
	'\\p{ExtPict}\\p{EMod}?\\ufe0f?(\\u200d\\p{ExtPict}?\\p{EMod}?\\ufe0f?)*',
	'gu');
const DIRECTION = /[\u2066-\u2069]/g;

/* Only what comes after the last of these has a known column. */
function tail(line) {
	const from = [...line.matchAll(DISPUTED)].filter(([s]) => s !== '●')
		.map(match => match.index + match[0].length).at(-1);

	return from === undefined ? null : line.slice(from).trimEnd();
}

async function isShown(terminal, step) {
	const lines = (await terminal.screen())
		.map(line => line.replace(DIRECTION, ''));

	assert.strictEqual(lines.length, step.rows);
	for (const [i, line] of step.lines.entries()) {
		const end = tail(line);

		if (end === null)
			assert.strictEqual(lines[i], line.trimEnd());
		else
			assert.ok(lines[i].endsWith(end), `${lines[i]}\n${line}`);
	}
	assert.deepStrictEqual(await terminal.cursor(), step.cursor);
}

async function show(terminal, name) {
	await terminal.start(...program('tests/tui/show', scene(name)));
	await until(async () => assert.strictEqual(
		await terminal.format('alternate_on'), '1'));
}

describe('golden screens in tmux', () => {
	for (const name of [...SCENES, 'looks'])
		it(name, async () => {
			/* smaller ones tmux doesn't have */
			const steps = golden(name).filter(step =>
				step.rows >= 2 && step.columns >= 2);
			const { columns, rows } = steps[0];
			const terminal = await Terminal.open({ columns, rows });

			await show(terminal, name);
			for (const [i, step] of steps.entries()) {
				if (i > 0) {
					await terminal.resize(step.columns, step.rows);
					await terminal.keys('n');
				}
				await until(() => isShown(terminal, step));
			}
		});
});

async function hasLooks(terminal, file) {
	const want = fs.readFileSync(path.join(path.dirname(scene('x')), file),
		'utf8');

	await until(async () => assert.strictEqual(
		`${await terminal.styled()}\n`, want));
}

describe('looks', () => {
	it('in colour, and the same when drawn again', async () => {
		const terminal = await Terminal.open();

		await show(terminal, 'looks');
		await hasLooks(terminal, 'looks.color.txt');
		await terminal.keys('g');
		await terminal.waitFor('GARBAGE');
		await terminal.keys('r');
		await hasLooks(terminal, 'looks.color.txt');
	});

	it('without colour', async () => {
		const terminal = await Terminal.open({ env: { NO_COLOR: '1' } });

		await show(terminal, 'looks');
		await hasLooks(terminal, 'looks.mono.txt');
		assert.doesNotMatch(await terminal.styled(), /[fb]g\d/);
	});
});

describe('a terminal that changes', () => {
	const step = golden('talk')[0];

	it('a storm of resizes', async () => {
		const terminal = await Terminal.open();

		await show(terminal, 'talk');
		await terminal.keys('f');
		for (let i = 0; i < 40; i++)
			await terminal.resize(20 + i * 37 % 120, 3 + i * 17 % 40);
		await terminal.resize(step.columns, step.rows);
		await until(() => isShown(terminal, step));
	});

	it('is suspended and resumed', async () => {
		const terminal = await Terminal.open();
		const before = terminal.stty();

		await show(terminal, 'talk');
		await until(() => isShown(terminal, step));
		assert.notStrictEqual(terminal.stty(), before);
		for (let i = 0; i < 3; i++) {
			await terminal.keys('z');
			await terminal.waitForShell();
			assert.strictEqual(terminal.stty(), before);
			await terminal.start('fg');
			await until(() => isShown(terminal, step));
		}
		await terminal.signal('SIGTSTP');
		await terminal.waitForShell();
		assert.strictEqual(terminal.stty(), before);
		await terminal.start('fg');
		await until(() => isShown(terminal, step));
	});

	it('is stopped by force', async () => {
		const terminal = await Terminal.open();

		await show(terminal, 'talk');
		await until(() => isShown(terminal, step));
		await terminal.signal('SIGSTOP');
		/* the shell reads with our settings, Enter is no newline */
		await terminal.waitFor(/\$ ?$/m);
		await terminal.type('fg');
		await terminal.keys('C-j');
		await until(() => isShown(terminal, step));
		await terminal.keys('q');
		assert.strictEqual(await terminal.status(), 0);
	});

	it('goes away', async () => {
		const terminal = await Terminal.open();

		await show(terminal, 'talk');
		const [pid] = await terminal.children();
		await terminal.close();
		await until(() => assert.ok(!isAlive(pid)));
	});
});

it('a terminal of an unknown type is taken for a common one', async () => {
	const step = golden('unread')[0];
	const { columns, rows } = step;
	const terminal = await Terminal.open({ columns, rows });

	await terminal.start('env', 'TERM=no-such-terminal',
		...program('tests/tui/show', scene('unread')));
	await until(() => isShown(terminal, step));
});

describe('leaves the terminal as it was', () => {
	const ends = {
		q: { how: 'at the end', status: 0 },
		x: { how: 'at exit()', status: 3 },
		a: { how: 'after abort()', status: 128 + 6 },
		s: { how: 'after a segmentation fault', status: 128 + 11 },
	};

	for (const [key, { how, status }] of Object.entries(ends))
		it(how, async () => {
			const terminal = await Terminal.open();
			const before = terminal.stty();

			await terminal.start('ulimit', '-c', '0');
			await terminal.type('marker');
			await terminal.keys('C-u');
			await show(terminal, 'talk');
			assert.notStrictEqual(terminal.stty(), before);
			await terminal.keys(key);
			const ended = await terminal.status();
			/* a sanitizer ends a crash in its own way */
			assert.ok(ended === status || (key === 's' && ended === 1),
				`status ${ended}`);
			assert.strictEqual(terminal.stty(), before);
			assert.strictEqual(await terminal.format('cursor_flag'), '1');
			/* focus and paste are not reported any more */
			await terminal.paste('echo pasted\n');
			await terminal.waitFor(/^pasted$/m);
			assert.doesNotMatch(await terminal.text(), /20[01]~|\[[IO]/);
		});
});
