'use strict';
/* Those who send or read as slowly as they can, many at once. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { sleep, slow, soon, test, until } = require('../interop/harness');
const { Polling, frame, query, upgradeRequest } =
    require('../interop/raw');
const { Attacker, amount, assertServed, crowd, long, output, useVictim } =
    require('./attack');

const STEP_MS = 50;
const MANY = amount(100, 2000);

async function
openAll(server, count)
{
	const all = [];

	for (let i = 0; i < count; i++)
		all.push(await Attacker.open(server.port));
	return all;
}

/* Byte by byte, until the server has had enough: ms for the last of them. */
async function
trickle(all, first, byte)
{
	const begun = performance.now();

	all.forEach((one) => one.write(first));
	while (all.some((one) => !one.isClosed)) {
		assert.ok(performance.now() - begun < 30000 * slow, 'no end');
		await sleep(STEP_MS);
		for (const one of all)
			if (!one.isClosed)
				one.write(byte);
	}
	all.forEach((one) => one.destroy());
	return performance.now() - begun;
}

const status = (one) => (one.got.toString('latin1')
    .match(/HTTP\/1\.1 \d{3}/g) || []).join();

describe('slow senders', () => {
	const { server, victim } = useVictim('--header-time', 1,
	    '--body-time', 1, '--handshake-time', 1, '--idle-time', 1);

	test('heads: 408, and the end', async () => {
		const all = await openAll(server, MANY);
		const took = trickle(all, 'GET / HTTP/1.1\r\nHost: a\r\nX: ',
		    'x');

		await victim.chat();
		assert.ok(await took >= 900);
		for (const one of all)
			assert.strictEqual(status(one), 'HTTP/1.1 408');
	}, 60);

	test('empty lines before a head', async () => {
		const all = await openAll(server, MANY);

		await trickle(all, '', '\r\n');
		for (const one of all)
			assert.strictEqual(status(one), 'HTTP/1.1 408');
	}, 60);

	test('bodies: 408, and the end', async () => {
		const all = await openAll(server, MANY);
		const took = trickle(all, 'POST /r/lobby HTTP/1.1\r\n' +
		    'Host: a\r\nContent-Length: 60000\r\n\r\n', 'x');

		await victim.chat();
		assert.ok(await took >= 900);
		for (const one of all)
			assert.strictEqual(status(one), 'HTTP/1.1 408');
	}, 60);

	test('chunks: 408, and the end', async () => {
		const all = await openAll(server, MANY);

		await trickle(all, 'POST /r/lobby HTTP/1.1\r\nHost: a\r\n' +
		    'Transfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n');
		for (const one of all)
			assert.strictEqual(status(one), 'HTTP/1.1 408');
	}, 60);

	test('bodies that nobody wants', async () => {
		const all = await openAll(server, MANY);

		await trickle(all, 'POST /nothing HTTP/1.1\r\nHost: a\r\n' +
		    'Content-Length: 60000\r\n\r\n', 'x');
		for (const one of all)
			assert.strictEqual(status(one), 'HTTP/1.1 404');
	}, 60);

	test('an upload that makes progress is taken', async () => {
		const one = await Attacker.open(server.port);

		one.write('POST /r/elsewhere HTTP/1.1\r\nHost: a\r\n' +
		    'Connection: close\r\nContent-Length: 40000\r\n\r\n');
		for (let i = 0; i < 20; i++) {
			one.write('x'.repeat(2000));
			await sleep(100);
		}
		assert.match(await one.end(), /^HTTP\/1\.1 200 /);
	});

	test('nothing at all: closed', async () => {
		const all = await openAll(server, MANY);

		for (const one of all)
			assert.strictEqual(await one.end(20000), '');
	}, 60);

	test('nothing after an answer: closed', async () => {
		const one = await Attacker.open(server.port);

		one.write('GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n');
		await one.end(20000);
		assert.strictEqual(status(one), 'HTTP/1.1 404');
	});
});

describe('slow readers', () => {
	const { server, victim } = useVictim('--read-time', 1,
	    '--idle-time', 60, '--queue', 'off');

	test('of answers: closed', async () => {
		const one = await Attacker.open(server.port);
		const begun = performance.now();

		one.socket.pause();
		one.write(('GET /socket.io/socket.io.js HTTP/1.1\r\n' +
		    'Host: a\r\n\r\n').repeat(200));
		const { limit } = await server.logged({ event: 'slow-reader' });
		assert.strictEqual(limit, 'read-time');
		assert.ok(performance.now() - begun >= 900);
		one.destroy();
	});

	test('of a WebSocket: closed; who reads a little is not', async () => {
		const closed = () => server.log().filter(({ event }) =>
		    event === 'slow-reader').length;
		const stalled = await Attacker.open(server.port);
		const slower = await Attacker.open(server.port);
		const before = closed();
		const text = 'x'.repeat(60000);
		let reads = 0;

		for (const one of [stalled, slower]) {
			one.write(upgradeRequest(query('/socket.io/',
			    { EIO: 4, transport: 'websocket' })));
			await until(() => one.got.includes('"sid"'), 'open');
			one.write(frame({ payload: '40' }));
			await until(() => one.got.includes('welcome'),
			    'welcome');
			one.socket.pause();
		}
		const reading = setInterval(() => {
			reads++;
			slower.socket.resume();
			setImmediate(() => slower.socket.pause());
		}, 100);
		try {
			while (closed() === before) {
				for (let i = 0; i < 10; i++)
					victim.socket.emit('nuevo mensaje',
					    text);
				await victim.chat();
				await sleep(20);
			}
		} finally {
			clearInterval(reading);
		}
		assert.ok(reads > 0);
		slower.socket.resume();
		const size = slower.got.length;
		victim.socket.emit('nuevo mensaje', text);
		await until(() => slower.got.length > size, 'more');
		assert.ok(!slower.isClosed);
		assert.strictEqual(closed(), before + 1);
		stalled.socket.resume();
		await soon(stalled.closed, 'the end');
		slower.destroy();
	}, 60);
});

describe('those who never poll, together', () => {
	const { server, victim } = useVictim('--queue-all', '1M');

	test('make room for the others', async () => {
		const all = [];
		const gone = () => server.log().filter(({ event, limit }) =>
		    event === 'slow-reader' && limit === 'queue-all').length;

		for (let i = 0; i < amount(5, 100); i++) {
			const one = await Polling.open(server,
			    { path: '/socket.io/' });

			await one.send('40');
			all.push(one);
		}
		/* Less than what may wait for one of them. */
		for (let i = 0; i < 350 && gone() < all.length; i++) {
			victim.socket.emit('nuevo mensaje', 'x'.repeat(20000));
			await victim.chat();
		}
		assert.strictEqual(gone(), all.length);
		for (const one of all)
			assert.strictEqual((await one.get()).status, 400);
	}, 120);
});

/* Long only: times mean nothing while other tests run. */
(long ? describe : describe.skip)('5000 slow ones, with our limits', () => {
	const { server, victim } = useVictim();
	const COUNT = 5000;
	const SECONDS = 40;

	for (const [kind, most] of [['heads', 10], ['bodies', 20]])
		test(kind + ': the others wait at most twice as long',
		    async (t) => {
			const { open, longest, answers } = await assertServed(
			    t, victim, () => crowd(server, kind, COUNT,
			        SECONDS));

			assert.ok(open > COUNT * 0.9, open + ' at once');
			assert.ok(longest <= (most + 5) * 1000,
			    longest + ' ms');
			assert.deepStrictEqual(Object.keys(answers), ['408']);
		}, 180);

	const slowhttptest = (...args) => output('slowhttptest', '-c', COUNT,
	    '-r', 1000, '-l', SECONDS, '-p', 3, ...args);

	for (const [what, where, ...args] of [
	    ['heads', '/', '-H', '-i', 10],
	    ['bodies', '/r/lobby', '-B', '-i', 5, '-s', 8192],
	    ['readers', '/socket.io/socket.io.js', '-X', '-w', 512, '-y', 1024,
	        '-n', 5, '-z', 32, '-k', 3],
	    ['ranges', '/', '-R', '-a', 10, '-b', 3000]])
		test('slowhttptest: ' + what, async (t) => {
			try {
				await output('slowhttptest', '-h');
			} catch (error) {
				if (error.code === 'ENOENT') {
					t.skip('no slowhttptest');
					return;
				}
			}
			const told = await assertServed(t, victim, async () =>
			    (await slowhttptest(...args, '-u', server.url +
			    where)).replace(/\x1b\[[0-9;]*m/g, '')
			        .match(/service available: *\w+/g)
			        .map((line) => line.match(/\w+$/)[0]));

			assert.ok(told.length > 2);
			assert.ok(!told.includes('NO'), String(told));
		}, 180);
});
