'use strict';
/* Too much of HTTP: heads, requests at once, bodies, upgrades. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { residentBytes, slow, soon, test, until } =
    require('../interop/harness');
const { Polling, Ws, query, upgradeRequest } = require('../interop/raw');
const { Attacker, amount, useVictim } = require('./attack');

const MB = 1 << 20;
const HEAD = 'GET /nothing HTTP/1.1\r\nHost: a\r\n';
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const VERSION = 'Sec-WebSocket-Version: 13\r\n';
const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';

const statuses = (text) => (text.match(/HTTP\/1\.1 \d{3}/g) || [])
    .map((line) => Number(line.slice(9)));

/* Statuses of all answers to these bytes, and the end. */
async function
answers(server, bytes)
{
	const one = await Attacker.open(server.port);

	one.write(bytes);
	return statuses(await one.end());
}

const fields = (count, value = 'y') =>
    Array.from({ length: count }, (_, i) => `X${i}: ${value}\r\n`).join('');

describe('heads', () => {
	const { server } = useVictim();

	for (const [what, status, bytes] of [
	    ['a field of 64 KiB', 431, HEAD + 'X: ' + 'x'.repeat(65536)],
	    ['a name of 64 KiB', 431, HEAD + 'x'.repeat(65536)],
	    ['10,000 fields', 431, HEAD + fields(10000) + '\r\n'],
	    ['101 fields', 431, HEAD + fields(100) + '\r\n'],
	    ['64 KiB of white space', 431, HEAD + 'X:' + ' '.repeat(65536)],
	    ['a URL of 64 KiB', 414, 'GET /' + 'x'.repeat(65536)],
	    ['a URL of 8193 bytes', 414, 'GET /' + 'x'.repeat(8192) +
	        ' HTTP/1.1\r\nHost: a\r\n\r\n'],
	    ['64 KiB of empty lines', 431, '\r\n'.repeat(32768)],
	    ['a method of 64 KiB', 400, 'x'.repeat(65536)]])
		test(what + ': ' + status, async () => {
			assert.deepStrictEqual(await answers(server, bytes),
			    [status]);
		});

	test('many, each almost done: 32 KiB of memory each', async () => {
		const count = amount(500, 5000);
		const before = residentBytes(server.pid);
		const all = [];

		for (let i = 0; i < count; i++) {
			const one = await Attacker.open(server.port);

			one.write(HEAD + fields(90, 'y'.repeat(150)));
			all.push(one);
		}
		const last = await Attacker.open(server.port);
		last.write(HEAD + '\r\n');
		await until(() => last.got.length > 0, 'an answer');
		const grown = residentBytes(server.pid) - before;
		/* Sanitizers have their price. */
		assert.ok(grown / count <= 32768 * slow, String(grown));
		[...all, last].forEach((one) => one.destroy());
	}, 60);
});

describe('limits of heads', () => {
	const { server } = useVictim('--header', '2K', '--url', 300,
	    '--fields', 30);

	test('can be set', async () => {
		const end = 'Connection: close\r\n\r\n';

		for (const [status, bytes] of [
		    [404, HEAD + 'X: ' + 'x'.repeat(1900) + '\r\n' + end],
		    [431, HEAD + 'X: ' + 'x'.repeat(2100) + '\r\n' + end],
		    [404, HEAD + fields(28) + end],
		    [431, HEAD + fields(29) + end],
		    [404, HEAD.replace('nothing', 'x'.repeat(299)) + end],
		    [414, HEAD.replace('nothing', 'x'.repeat(300)) + end]])
			assert.deepStrictEqual(await answers(server, bytes),
			    [status], bytes);
	});
});

describe('no limits of heads', () => {
	const { server } = useVictim('--header', 'off', '--url', 'off',
	    '--fields', 'off');

	test('leave room for more', async () => {
		const end = 'Connection: close\r\n\r\n';

		for (const bytes of [HEAD + 'X: ' + 'x'.repeat(100000) +
		    '\r\n' + end, HEAD + fields(1000) + end,
		    HEAD.replace('nothing', 'x'.repeat(20000)) + end])
			assert.deepStrictEqual(await answers(server, bytes),
			    [404]);
	});
});

describe('requests in one go', () => {
	const { server, victim } = useVictim();

	const get = (path, rest = '') =>
	    `GET ${path} HTTP/1.1\r\nHost: a\r\n${rest}\r\n`;

	test('are answered in order', async () => {
		const count = amount(100, 10000);
		const all = Array.from({ length: count }, (_, i) =>
		    get(i % 3 === 0 ? '/nothing' : '/r/a%00'));
		const one = await Attacker.open(server.port);

		one.write(all.join('') + get('/nothing', 'Connection: close\r\n'));
		const got = statuses(await one.end(60000));
		assert.deepStrictEqual(got, [...all.map((_, i) =>
		    i % 3 === 0 ? 404 : 400), 404]);
	}, 60);

	test('behind one that is being served wait, whatever their number',
	    async () => {
		const session = await Polling.open(server,
		    { path: '/socket.io/' });
		const one = await Attacker.open(server.port);
		const before = residentBytes(server.pid);
		const count = 10000;

		one.write(get(query('/socket.io/', session.params)));
		one.write(get('/nothing').repeat(count));
		one.write(get('/nothing', 'Connection: close\r\n'));
		await victim.chat();
		assert.strictEqual(one.got.length, 0);
		assert.ok(residentBytes(server.pid) - before < 2 * MB * slow);
		await session.send('40');
		const got = statuses(await one.end(60000));
		assert.strictEqual(got.length, count + 2);
		assert.strictEqual(got[0], 200);
	}, 60);

	test('frames behind an upgrade are frames', async () => {
		const one = await Attacker.open(server.port);

		one.write(Buffer.concat([Buffer.from(upgradeRequest('/chat')),
			Buffer.from([0x89, 0x80, 0, 0, 0, 0]),
			Buffer.from([0x88, 0x80, 0, 0, 0, 0])]));
		assert.match(await one.end(),
		    /^HTTP\/1\.1 101 [^]*\r\n\r\n\x8a\x00\x88\x00$/);
	});

	test('requests behind an upgrade are none', async () => {
		const one = await Attacker.open(server.port);

		one.write(upgradeRequest('/chat') + get('/nothing').repeat(100));
		assert.deepStrictEqual(statuses(await one.end()), [101]);
	});
});

describe('bodies', () => {
	const { server } = useVictim();

	const post = (path, rest, body = '') =>
	    `POST ${path} HTTP/1.1\r\nHost: a\r\n${rest}\r\n${body}`;

	async function
	session()
	{
		const one = await Polling.open(server, { path: '/socket.io/' });

		one.url = query('/socket.io/', one.params);
		return one;
	}

	test('announced too long: 413 before any memory', async () => {
		const before = residentBytes(server.pid);

		for (const length of ['1000001', '2147483648', '4294967296',
			'9223372036854775807']) {
			const { url } = await session();

			for (const path of [url, '/r/lobby']) {
				const one = await Attacker.open(server.port);

				one.write(post(path,
				    `Content-Length: ${length}\r\n` +
				    'Expect: 100-continue\r\n'));
				await until(() => one.got.length > 0,
				    'an answer');
				assert.strictEqual(statuses(
				    one.got.toString())[0], 413, length);
				one.destroy();
			}
		}
		assert.ok(residentBytes(server.pid) - before < 4 * MB * slow);
	});

	test('shorter than announced: the session is closed', async () => {
		const polling = await session();
		const one = await Attacker.open(server.port);

		one.write(post(polling.url, 'Content-Length: 10\r\n', '4abc'));
		one.socket.end();
		await soon(one.closed, 'the end');
		await until(async () => (await polling.get()).status === 400,
		    'the end of the session');
	});

	test('longer than announced: the rest is no request', async () => {
		const polling = await session();

		assert.deepStrictEqual(await answers(server, post(polling.url,
		    'Content-Length: 2\r\n', '40' + 'x'.repeat(1000) +
		    '\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n')),
		    [200, 400]);
	});

	test('in chunks of a byte: a limit to what they hold', async () => {
		const polling = await session();
		const one = await Attacker.open(server.port);
		const chunks = '1\r\nx\r\n'.repeat(50000);
		let sent = 0;

		one.write(post(polling.url, 'Transfer-Encoding: chunked\r\n'));
		for (; sent < 2 * MB && one.got.length === 0; sent += 50000) {
			one.write(chunks);
			await until(() => one.socket.writableLength === 0 ||
			    one.got.length > 0, 'drain', 30000);
		}
		await until(() => one.got.length > 0, 'an answer');
		assert.strictEqual(statuses(one.got.toString())[0], 413);
		one.destroy();
	}, 60);

	for (const [what, endless, begin] of [
	    ['trailers', 'X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n', '0\r\n'],
	    ['a trailer', 'y', '0\r\nX: '],
	    ['an extension', 'y', '1;x='],
	    ['extensions', '1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\ny\r\n', '']])
		test('without end, ' + what + ': refused', async () => {
			const { url } = await session();
			const bytes = post(url,
			    'Transfer-Encoding: chunked\r\n', begin +
			    endless.repeat(500000 / endless.length));
			const [status] = await answers(server, bytes);

			assert.ok([400, 431].includes(status), String(status));
		});
});

describe('upgrades', () => {
	const { server } = useVictim();

	for (const [what, status, rest] of [
	    ['no key', 400, UPGRADE + VERSION],
	    ['an empty key', 400, UPGRADE + VERSION +
	        'Sec-WebSocket-Key:\r\n'],
	    ['a short key', 400, UPGRADE + VERSION +
	        'Sec-WebSocket-Key: c2hvcnQ=\r\n'],
	    ['a key of 8 KiB', 400, UPGRADE + VERSION +
	        'Sec-WebSocket-Key: ' + 'A'.repeat(8192) + '\r\n'],
	    ['a key that is no base64', 400, UPGRADE + VERSION +
	        'Sec-WebSocket-Key: ????????????????????????\r\n'],
	    ['no version', 426, UPGRADE + KEY],
	    ['version 12', 426, UPGRADE + KEY +
	        'Sec-WebSocket-Version: 12\r\n'],
	    ['another protocol', 400, UPGRADE.replace('websocket', 'h2c') +
	        KEY + VERSION],
	    ['a body', 400, UPGRADE + KEY + VERSION +
	        'Content-Length: 4\r\n']])
		test(what + ': ' + status, async () => {
			const got = await answers(server, 'GET /chat HTTP/1.1' +
			    '\r\nHost: a\r\nConnection: close\r\n' + rest +
			    '\r\nabcd' + 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');

			assert.strictEqual(got[0], status);
			assert.ok(!got.includes(101) && !got.includes(200));
		});

	test('parallel probes: one at most, and the session lives',
	    async () => {
		const session = await Polling.open(server,
		    { path: '/socket.io/' });
		const probes = [];

		for (let i = 0; i < amount(20, 200); i++)
			probes.push(session.probe());
		const open = await Promise.all(probes);
		for (const probe of open)
			if (!probe.isClosed)
				probe.send('2probe');
		await until(() => open.filter(({ isClosed }) =>
		    !isClosed).length === 1, 'one is left');
		const [winner] = open.filter(({ isClosed }) => !isClosed);
		assert.strictEqual(await winner.next(), '3probe');
		winner.send('5');
		winner.send('40');
		assert.match(await winner.next(), /^40\{/);
		/* The other transport is over. */
		assert.strictEqual((await session.get()).status, 400);
		assert.strictEqual((await session.post('4x')).status, 400);
	});

	test('a probe that is no probe is dropped, polling goes on',
	    async () => {
		for (const first of ['2', '5x', '4hello', '']) {
			const session = await Polling.open(server,
			    { path: '/socket.io/' });
			const probe = await Ws.open(server, '/socket.io/',
			    { sid: session.params.sid });

			probe.send(first);
			await probe.end();
			await session.send('40');
			assert.match((await session.poll())[0], /^40\{/);
		}
	});
});
