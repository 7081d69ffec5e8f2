'use strict';
/* What the server tells whoever looks after it, and takes from there. */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe } = require('node:test');
const { faults } = require('../history/faults');
const { Queue, sleep, slow, soon, test } = require('./harness');
const { cleanup, program, useCleanup } = require('./chat-server');

const PYTHON = process.env.PYTHON || '/usr/bin/python3';

let dir;

before(() => {
	dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-supervisor-'));
});

after(() => fs.rmSync(dir, { recursive: true, force: true }));

/* A server below supervisor.py: lines of what it tells, and its end. */
function
supervise(options, serve = [], env = {})
{
	const child = spawn(PYTHON, [path.join(__dirname, 'supervisor.py'),
		...options.map(String), '--', program(), 'serve', '--store',
		fs.mkdtempSync(path.join(dir, 'store-')), ...serve], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, ...env }
	});
	const it = { lines: new Queue('supervisor'), err: '' };
	let rest = '';

	child.stdout.on('data', (data) => {
		const lines = (rest + data).split('\n');

		rest = lines.pop();
		for (const line of lines)
			it.lines.push(line);
	});
	child.stderr.on('data', (data) => { it.err += data; });
	it.ended = new Promise((resolve) => child.on('close', resolve));
	it.next = async (wanted) => {
		for (;;) {
			const line = await it.lines.next();

			if (wanted.test(line))
				return wanted.exec(line)[1];
		}
	};
	it.stop = () => {
		child.kill('SIGTERM');
		return soon(it.ended, 'end');
	};
	cleanup(() => it.stop());
	return it;
}

const free = ['--host', '127.0.0.1', '--port', 0].map(String);

describe('whoever looks after the server', () => {
	useCleanup();

	test('hears that it is ready, and that it ends', async () => {
		const it = supervise([], free);

		assert.match(await it.lines.next(), /^pid /);
		assert.strictEqual(await it.lines.next(), 'READY=1');
		assert.match(it.err, / sandbox /);
		assert.strictEqual(await it.stop(), 0, it.err);
		assert.strictEqual(await it.lines.next(), 'STOPPING=1');
		assert.deepStrictEqual(it.lines.items, []);
	});

	test('may tell it to reload, though there is nothing', async () => {
		const it = supervise(['--watchdog', 200000 * slow], free);
		const pid = Number(await it.next(/^pid (\d+)/));

		await it.next(/^READY=1/);
		process.kill(pid, 'SIGHUP');
		await it.next(/^WATCHDOG=1/);
		await it.next(/^WATCHDOG=1/);
		assert.strictEqual(await it.stop(), 0, it.err);
	});

	test('hears of it as long as the store works, too', async () => {
		const half = 150 * slow;
		const disk = faults(dir);
		const it = supervise(['--listen', 1, '--watchdog',
			half * 2000], [], disk.env);
		const url = 'http://127.0.0.1:' + await it.next(/^port (\d+)/);
		const post = () => fetch(url + '/r/lobby',
		    { method: 'POST', body: 'x' });

		await it.next(/^WATCHDOG=1/);
		disk.set(-1, 0);
		const posted = post();
		/* The loop goes on, which is not enough: no more comes, or this
		 * never ends. */
		do {
			it.lines.items.length = 0;
			await sleep(half * 6);
		} while (it.lines.items.length > 1);
		assert.strictEqual((await fetch(url + '/')).status, 200);
		disk.set(0, 0);
		assert.strictEqual((await posted).status, 200);
		it.lines.items.length = 0;
		await it.next(/^WATCHDOG=1/);
		await it.next(/^WATCHDOG=1/);
		assert.strictEqual(await it.stop(), 0, it.err);
	});

	test('may hand it a socket', async () => {
		const it = supervise(['--listen', 1]);
		const port = await it.next(/^port (\d+)/);
		/* Before it is ready, as it is for the first one. */
		const answer = await fetch('http://127.0.0.1:' + port +
		    '/chat.html');

		assert.strictEqual(answer.status, 200);
		await it.next(/^READY=1/);
		assert.match(it.err, new RegExp(' start .*port=' + port + '\n'));
		assert.strictEqual(await it.stop(), 0, it.err);
	});

	for (const [what, options] of [
		['two sockets', ['--listen', 2]],
		['a socket that is not one of TCP', ['--listen', 1, '--udp']]
	])
		test(what + ' it does not take', async () => {
			const it = supervise(options);

			assert.strictEqual(await soon(it.ended, 'end'), 69);
			assert.match(it.err, /^chat: LISTEN_FDS: /m);
			assert.ok(!it.lines.items.includes('READY=1'));
		});
});
