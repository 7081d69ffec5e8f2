'use strict';
/*
 * What a server does when its store fails: everybody stays connected, what
 * can't be stored is refused and sent again, in order, nothing is acknowledged
 * that is not there, and a file that it can't read it leaves alone. The
 * clients and the judge are those of the history checker.
 */
const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe } = require('node:test');
const { faults } = require('../history/faults');
const { flicker } = require('../history/run');
const { World, report } = require('../history/world');
const { program, run } = require('./chat-server');
const { soon, test, until } = require('./harness');

const PYTHON = process.env.PYTHON || 'python3';
const DAY = 24 * 60 * 60;
const { errno } = os.constants;

function
folder(t)
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-store-'));

	t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
	return dir;
}

/* A process that says "ready", and then waits for the end of its input. */
async function
helper(t, name, ...args)
{
	const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'] });
	let out = '';
	let err = '';
	const ended = new Promise((resolve) => {
		child.on('error', (error) => {
			err += error;
			resolve();
		});
		child.on('close', resolve);
	});

	child.stdin.on('error', () => {});
	child.stderr.on('data', (data) => { err += data; });
	t.after(() => child.kill('SIGKILL'));
	await soon(Promise.race([ended, new Promise((resolve) =>
	    child.stdout.on('data', (data) => {
		if (/ready/.test(out += data))
			resolve();
	}))]), name, 20000);
	return { pid: child.pid, ready: /ready/.test(out), err: () => err,
		async end() {
			child.stdin.end();
			await soon(ended, 'end of ' + name);
		} };
}

/* A small disk of its own, which nobody else sees: { dir, before, inside }, or
 * null where that may not be made. */
async function
disk(t, size)
{
	const dir = folder(t);
	const holder = await helper(t, 'unshare', '--user', '--map-root-user',
	    '--mount', 'sh', '-c', 'mount -t tmpfs -o size=' + size +
	    ' tmpfs "$0" && echo ready && exec cat', dir);

	if (!holder.ready) {
		t.skip('no disk of our own: ' + holder.err().trim());
		return null;
	}
	const before = ['nsenter', '-t', String(holder.pid), '--user',
		'--mount', '--preserve-credentials'];

	return { dir, before, inside: '/proc/' + holder.pid + '/root' + dir };
}

async function
open(t, options)
{
	const world = await World.open({ program: program(), seed: 1, rooms: 2,
		rate: 30, calm: true, clients: { websocket: 2, polling: 1,
			rejoin: 2 }, ...options });

	t.after(() => world.close());
	world.begin();
	await more(world, 50);
	return world;
}

/* So many more acknowledgements. */
function
more(world, count)
{
	const wanted = world.count('ack') + count;

	return until(() => world.count('ack') >= wanted,
	    'acknowledgements', 30000);
}

async function
innocent(t, world)
{
	const violations = await world.verdict();

	t.diagnostic(world.summary());
	assert.strictEqual(violations.length, 0, report(violations));
}

function
connected(world)
{
	assert.deepStrictEqual(world.clients.map(({ cuts }) => cuts),
	    world.clients.map(() => 0));
}

const told = (world, code) => world.clients.every(({ notices }) =>
    notices.at(-1) === code);

/* It fails, for a while; `heal` takes the cause away. */
async function
outlasts(t, options, fail, heal)
{
	const world = await open(t, options);

	await fail(world);
	await until(() => told(world, 'store-failing') &&
	    world.clients.every((one) => one.waiting() > 2),
	    'everyone waits', 30000);
	const refused = world.count('nack');
	await until(() => world.count('nack') > refused + 50, 'refusals',
	    30000);
	/* What is there can be read, also by who comes now. */
	await world.with(async (control) => {
		const { messages } = await control.ask('join',
		    { room: world.rooms[0] });
		const page = await control.ask('history',
		    { room: world.rooms[0], limit: messages.length });
		assert.ok(messages.length > 0);
		assert.deepStrictEqual(page.messages, messages);
	});
	await heal(world);
	world.silence();
	await until(() => told(world, 'store-works') &&
	    world.clients.every((one) => one.waiting() === 0),
	    'everything is stored', 5000);
	connected(world);
	/* A little may fit where more does not. */
	for (const { notices } of world.clients)
		assert.match(notices.join(' '),
		    /^(store-failing store-works ?)+$/);
	await innocent(t, world);
}

describe('a store that fails', () => {
	test('the disk is full', async (t) => {
		const own = await disk(t, '16m');

		if (!own)
			return;
		const filling = path.join(own.inside, 'filling');
		await outlasts(t, { before: own.before,
			store: path.join(own.dir, 'chat.db') }, () => {
			const fd = fs.openSync(filling, 'w');

			for (let size = 1 << 20; size > 0; size >>= 1)
				try {
					for (;;)
						fs.writeSync(fd,
						    Buffer.alloc(size));
				} catch (error) {
					assert.strictEqual(error.code,
					    'ENOSPC');
				}
			fs.closeSync(fd);
		}, () => fs.unlinkSync(filling));
	}, 60);

	test('another process has locked it', async (t) => {
		let other;

		await outlasts(t, {}, async (world) => {
			other = await helper(t, PYTHON, '-c',
			    'import sqlite3, sys\n' +
			    'db = sqlite3.connect(sys.argv[1], timeout=20, ' +
			    'isolation_level=None)\n' +
			    'db.execute("BEGIN IMMEDIATE")\n' +
			    'print("ready", flush=True)\n' +
			    'sys.stdin.read()\n', world.store);
			assert.ok(other.ready, other.err());
		}, () => other.end());
	}, 60);

	for (const [what, error] of [['it becomes read-only', errno.EROFS],
	    ['the disk fails', errno.EIO]])
		test(what, async (t) => {
			const { set, env } = faults(folder(t));

			await outlasts(t, { env }, () => set(error, 0),
			    () => set(0, 0));
		}, 60);

	test('the disk fails those who register', async (t) => {
		const { set, env } = faults(folder(t));
		const world = await World.open({ program: program(), seed: 1,
			rooms: 1, rate: 0, calm: true, clients: {}, env });
		const codes = () => world.with((control) => Promise.all([1, 2].map(
		    () => control.ask('register', { password: 'a long one' })
		        .then(() => 'ok', ({ message }) => message))));

		t.after(() => world.close());
		set(errno.EIO, 0);
		assert.match((await codes()).join(' '), /not-stored/);
		set(0, 0);
		assert.match((await codes()).join(' '), /\bok\b/);
	}, 60);

	test('the disk fails now and then', async (t) => {
		const { violations, summary, nacks } = await flicker({ seed: 1 });

		t.diagnostic(summary);
		assert.strictEqual(violations.length, 0, report(violations));
		assert.ok(nacks > 0);
	}, 60);

	test('the clock is set back by a day, and forth', async (t) => {
		const { set, env } = faults(folder(t));
		const world = await open(t, { env });

		for (const late of [DAY, 0, -DAY, 0, DAY]) {
			set(0, late);
			await more(world, 50);
		}
		connected(world);
		await world.restart('kill');
		await more(world, 50);
		await innocent(t, world);
	}, 60);
});

/* ---- files that can't be used ---- */

/* A store with some messages in it, that nobody uses. */
async function
stored(t)
{
	const dir = folder(t);
	const store = path.join(dir, 'chat.db');
	const world = await World.open({ program: program(), seed: 1, rooms: 1,
		rate: 0, calm: true, clients: {}, store });

	try {
		await world.with(async (control) => {
			const [room] = world.rooms;

			await control.ask('join', { room });
			for (let i = 0; i < 100; i++)
				await control.tell(room, 'said.' + i,
				    'x'.repeat(2000));
		});
		await world.server.stop();
	} finally {
		await world.close();
	}
	return store;
}

function
sql(file, ...statements)
{
	execFileSync(PYTHON, ['-c', 'import sqlite3, sys\n' +
	    'db = sqlite3.connect(sys.argv[1], isolation_level=None)\n' +
	    'for s in sys.argv[2:]: db.execute(s)\n', file, ...statements]);
}

function
overwrite(file, from, bytes)
{
	const fd = fs.openSync(file, 'r+');

	fs.writeSync(fd, bytes, 0, bytes.length, from);
	fs.closeSync(fd);
}

/* It does not start, says why in one line, and leaves the file as it is. */
async function
refuses(file, reason)
{
	const bytes = fs.readFileSync(file);
	const { code, out, err } = await run(['serve', '--host', '127.0.0.1',
		'--port', 0, '--store', file]);

	assert.deepStrictEqual({ code, out }, { code: 73, out: '' });
	assert.match(err, /^chat: [^\n]+\n$/);
	assert.match(err, reason);
	assert.ok(err.includes(file), err);
	assert.ok(bytes.equals(fs.readFileSync(file)), 'the file has changed');
}

describe('a store that can not be used', () => {
	test('of a newer version', async (t) => {
		const file = await stored(t);

		sql(file, 'PRAGMA user_version = 1000000');
		await refuses(file, /newer version/);
	});

	test('of another program', async (t) => {
		const file = path.join(folder(t), 'other.db');

		sql(file, 'CREATE TABLE other(a)',
		    'INSERT INTO other VALUES(1)');
		await refuses(file, /is not a store of chat/);
	});

	test('no database', async (t) => {
		const file = path.join(folder(t), 'notes.txt');

		fs.writeFileSync(file, 'notes\n'.repeat(1000));
		await refuses(file, /is not a database/);
	});

	test('damaged', async (t) => {
		const file = await stored(t);
		const { size } = fs.statSync(file);

		overwrite(file, 4096, Buffer.alloc(size - 4096, 0xa5));
		await refuses(file, /damaged/);
	});

	test('a store with something for terminals in it', async (t) => {
		const file = await stored(t);

		sql(file, 'UPDATE rooms SET seq = seq + 1, ' +
		    "name = char(27) || ']0;x' || char(7) || char(155)");
		const { code, out } = await run(['store', 'check', file]);

		assert.notStrictEqual(code, 0);
		assert.match(out, /instead of/);
		assert.doesNotMatch(out, /[^\n -~\u00a0-\uffff]/);
	});

	test('cut short', async (t) => {
		const file = await stored(t);

		fs.truncateSync(file, 8192);
		await refuses(file, /damaged/);
	});

	test('on a disk that is read-only', async (t) => {
		const own = await disk(t, '4m');

		if (!own)
			return;
		fs.copyFileSync(await stored(t),
		    path.join(own.inside, 'chat.db'));
		const [name, ...args] = own.before;
		execFileSync(name, [...args, 'mount', '-o', 'remount,ro',
			own.dir]);
		const child = spawn(name, [...args, program(), 'serve',
			'--host', '127.0.0.1', '--port', '0', '--store',
			path.join(own.dir, 'chat.db')], {
			stdio: ['ignore', 'pipe', 'pipe'] });
		let out = '';

		t.after(() => child.kill('SIGKILL'));
		child.stdout.on('data', (data) => { out += data; });
		child.stderr.on('data', (data) => { out += data; });
		const code = await soon(new Promise((resolve) =>
		    child.on('close', resolve)), 'end');
		assert.match(out, /^chat: [^\n]*Read-only file system\n$/);
		assert.strictEqual(code, 73);
	});

	test('in use by another server', async (t) => {
		const world = await open(t, {});

		await refuses(world.store, new RegExp('in use by process ' +
		    world.server.child.pid + '\n'));
		await more(world, 20);
		connected(world);
		await innocent(t, world);
	}, 60);

	test('damaged while in use', async (t) => {
		const file = path.join(folder(t), 'chat.db');
		const world = await open(t, { store: file });
		const codes = new Set();

		await world.with(async (control) => {
			const [room] = world.rooms;

			/* More than is kept in memory. */
			for (let i = 0; i < 200; i++)
				await control.tell(room, 'said.' + i,
				    'x'.repeat(20000));
			for (const [name, from] of [[file, 4096],
			    [file + '-wal', 32]]) {
				const { size } = fs.statSync(name);

				overwrite(name, from,
				    Buffer.alloc(size - from, 0xa5));
			}
			for (let i = 0; i < 50; i++)
				for (const [event, argument] of [
				    ['history', { room, limit: 200 }],
				    ['search', { text: 'said' }],
				    ['nuevo mensaje', 'said.' + i]]) {
					const answer = await soon(
					    new Promise((resolve) =>
					        control.socket.emit(event,
					            argument, resolve)), event);
					codes.add(answer.ok || answer.code);
				}
		});
		assert.ok(codes.has('not-stored'), [...codes].join());
		assert.deepStrictEqual([...codes].filter((code) =>
		    code !== true && code !== 'not-stored'), []);
		connected(world);
		world.silence();
		await world.server.stop();
		assert.deepStrictEqual(world.complaints, []);
		/* A checkpoint may have brought the damage to the first page. */
		await refuses(file, /damaged|not a database/);
	}, 60);
});
