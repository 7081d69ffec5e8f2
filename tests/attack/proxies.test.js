'use strict';
/*
 * Who says that he speaks for somebody else: trusted proxies are believed, and
 * nobody else is, whatever he sends.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { describe } = require('node:test');
const { makeCertificates } = require('../interop/certificates');
const clients = require('../interop/clients');
const { cleanup, joinPlain, run, startChat, useCleanup } =
    require('../interop/chat-server');
const { test, until } = require('../interop/harness');
const { Attacker } = require('./attack');

const PROXY = '127.0.0.1';
const STRANGER = '127.0.0.2';
const TRUST = ['--trusted-proxies', PROXY];
const EVIL = '203.0.113.66';
const POLL = '/socket.io/?EIO=4&transport=polling';

let people = 0;

/* Comes with these fields and tells from where the server says it does. */
async function
come(server, mode, fields)
{
	const nick = 'person' + people++;
	const socket = clients.open(server, { version: 4, mode,
		auth: { nick }, extraHeaders: fields });

	cleanup(() => socket.close());
	await clients.connected(socket);
	return (await server.logged({ event: 'connect', nick })).addr;
}

/* A plain WebSocket: is it let in? */
function
openWebSocket(server, fields, localAddress = PROXY)
{
	return joinPlain(server, { headers: fields, localAddress })
	    .then(() => true, () => false);
}

/* Where connections came from, in order. */
async function
cameFrom(server, ...wanted)
{
	const addresses = () => server.log()
	    .filter(({ event }) => event === 'connect')
	    .map(({ addr }) => addr);

	await until(() => addresses().length >= wanted.length, 'log');
	assert.deepStrictEqual(addresses(), wanted);
}

async function
open(server, localAddress = PROXY)
{
	const one = await Attacker.open(server.port, { localAddress });

	cleanup(() => one.destroy());
	return one;
}

const request = (fields = '') => 'GET /nothing HTTP/1.1\r\nHost: a\r\n' +
    fields + 'Connection: close\r\n\r\n';
const upgrade = 'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n' +
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

describe('X-Forwarded-For', () => {
	test('without --trusted-proxies is warned of, once', async (t) => {
		const told = (server) => server.log().filter((entry) =>
		    entry !== null && entry.event === 'untrusted-proxy')
		    .map(({ level, addr }) => ({ level, addr }));
		const fields = { 'X-Forwarded-For': '198.51.100.1' };

		for (const [args, wanted] of [
		    [[], [{ level: 'warn', addr: PROXY }]],
		    [TRUST, []]]) {
			const server = await startChat(...args);

			await come(server, 'polling', {});
			assert.deepStrictEqual(told(server), []);
			await come(server, 'polling', fields);
			await come(server, 'websocket', fields);
			assert.deepStrictEqual(told(server), wanted);
			await server.stop();
		}
	});

	useCleanup();

	for (const mode of ['polling', 'websocket', 'upgrade'])
		test('is believed from a proxy: ' + mode, async () => {
			const server = await startChat(...TRUST);

			assert.strictEqual(await come(server, mode,
			    { 'X-Forwarded-For': '198.51.100.7' }),
			'198.51.100.7');
			assert.strictEqual(await come(server, mode,
			    { 'X-Forwarded-For': '2001:db8::7' }),
			'2001:db8::7');
			assert.strictEqual(await come(server, mode, {}), PROXY);
		});

	test('from nobody else', async () => {
		const trusting = await startChat('--trusted-proxies', STRANGER);
		const plain = await startChat();
		const fields = { 'X-Forwarded-For': EVIL, Forwarded:
			'for=' + EVIL, 'X-Real-IP': EVIL, 'Client-IP': EVIL,
			'True-Client-IP': EVIL };

		for (const mode of ['polling', 'websocket']) {
			assert.strictEqual(await come(trusting, mode, fields),
			    PROXY);
			assert.strictEqual(await come(plain, mode, fields),
			    PROXY);
		}
		await openWebSocket(trusting, fields);
		await cameFrom(trusting, PROXY, PROXY, PROXY);
		assert.ok(!trusting.stderr().includes(EVIL));
	});

	test('what the client has put before it counts for nothing',
	async () => {
		const server = await startChat('--trusted-proxies',
		    'loopback,10.0.0.0/8');

		for (const [list, client] of [
		    [`${EVIL}, 198.51.100.7`, '198.51.100.7'],
		    [`${EVIL},127.0.0.1, 198.51.100.7, 10.9.9.9`,
			    '198.51.100.7'],
		    [`${EVIL}, unknown, 10.9.9.9`, '10.9.9.9'],
		    [`${EVIL}, ' OR 1=1`, PROXY]])
			assert.strictEqual(await come(server, 'polling',
			    { 'X-Forwarded-For': list }), client);
		/* Fields of that name are one list. */
		const one = await open(server);
		one.write(upgrade.replace('Host', 'X-Forwarded-For: ' + EVIL +
		    '\r\nX-Forwarded-For: 198.51.100.8\r\nHost'));
		await server.logged({ event: 'connect', addr: '198.51.100.8' });
		assert.ok(!server.stderr().includes(EVIL));
	});

	test('clients of a proxy are counted one by one', async () => {
		const server = await startChat('--trusted-proxies', PROXY,
		    '--per-address', '3');
		const from = (addr) => openWebSocket(server,
		    { 'X-Forwarded-For': addr });

		for (let i = 0; i < 3; i++)
			assert.ok(await from('198.51.100.7'));
		assert.strictEqual(await from('198.51.100.7'), false);
		await server.logged({ event: 'turned-away',
			addr: '198.51.100.7' });
		assert.ok(await from('198.51.100.8'));
	});

	test('a proxy tells the scheme, and nobody else', async () => {
		const server = await startChat(...TRUST);
		const status = async (origin, proto, localAddress) => {
			const one = await open(server, localAddress);

			one.write(`GET ${POLL} HTTP/1.1\r\nHost: a.example\r\n` +
			    `Origin: ${origin}\r\nX-Forwarded-Proto: ` +
			    `${proto}\r\nConnection: close\r\n\r\n`);
			return Number((await one.end()).split(' ')[1]);
		};

		for (const [origin, proto, from, wanted] of [
		    ['https://a.example', 'https', PROXY, 200],
		    ['http://a.example', 'https', PROXY, 403],
		    ['http://a.example', 'http', PROXY, 200],
		    ['https://a.example', 'http', PROXY, 403],
		    ['http://a.example', 'gopher', PROXY, 200],
		    ['http://a.example', 'https', STRANGER, 200]])
			assert.strictEqual(await status(origin, proto, from),
			    wanted, origin + ' by ' + proto);
	});
});

/* Of version 1 and 2, from 198.51.100.7. */
const SIGNATURE = '\r\n\r\n\x00\r\nQUIT\n';
const V2 = SIGNATURE + '\x21\x11\x00\x0c\xc6\x33\x64\x07\x7f\x00\x00\x01' +
    '\x12\x34\x00\x50';
const headers = {
	'version 1': 'PROXY TCP4 198.51.100.7 127.0.0.1 4660 80\r\n',
	'version 2': V2
};
const bytes = (text) => Buffer.from(text, 'latin1');

describe('the PROXY protocol', () => {
	useCleanup();

	for (const [name, header] of Object.entries(headers)) {
		test(name + ' is believed from a proxy', async () => {
			const server = await startChat(...TRUST,
			    '--proxy-protocol');
			const whole = await open(server);
			const slow = await open(server);

			whole.write(bytes(header + upgrade));
			await until(() => whole.got.includes(' 101 '), '101');
			for (const byte of bytes(header + upgrade)) {
				slow.write(Buffer.from([byte]));
				await new Promise(setImmediate);
			}
			await until(() => slow.got.includes(' 101 '), '101');
			await cameFrom(server, '198.51.100.7', '198.51.100.7');
		});

		test(name + ' from nobody else', async () => {
			const server = await startChat(...TRUST,
			    '--proxy-protocol');
			const plain = await startChat(...TRUST);
			const status = async (to, from) => {
				const one = await open(to, from);

				one.write(bytes(header + request()));
				return Number((await one.end()).split(' ')[1]);
			};

			assert.strictEqual(await status(server, STRANGER), 400);
			assert.strictEqual(await status(plain, PROXY), 400);
			/* They come as everybody does. */
			assert.ok(await openWebSocket(server,
			    { 'X-Forwarded-For': EVIL }, STRANGER));
			await cameFrom(server, STRANGER);
		});

		test(name + ' before TLS', async () => {
			const dir = fs.mkdtempSync(path.join(os.tmpdir(),
			    'chat-proxies-'));
			cleanup(() => fs.rmSync(dir, { recursive: true }));
			const file = makeCertificates(dir);
			const server = await startChat(...TRUST,
			    '--proxy-protocol', '--tls-cert', file('good.pem'),
			    '--tls-key', file('server.key'));
			const one = await open(server);
			let got = '';

			one.write(bytes(header));
			const secure = tls.connect({ socket: one.socket,
				ca: fs.readFileSync(file('ca.pem')),
				host: '127.0.0.1' });
			secure.on('error', () => {});
			secure.on('data', (data) => { got += data; });
			secure.write(upgrade);
			await until(() => got.includes(' 101 '), '101');
			await cameFrom(server, '198.51.100.7');
		});
	}

	test('a proxy has to speak it', async () => {
		const server = await startChat(...TRUST, '--proxy-protocol');

		for (const wrong of [request(), 'PROXY TCP4 x y 1 2\r\n',
		    'PROXY TCP4 198.51.100.7 127.0.0.1 4660 80\n' + request(),
		    'PROXY ' + 'x'.repeat(200), SIGNATURE + '\x31\x11\x00\x0c',
		    SIGNATURE + '\x21\x11\xff\xff', 'x'.repeat(70000)]) {
			const one = await open(server);

			one.write(bytes(wrong));
			assert.strictEqual(await one.end(), '');
		}
		await server.logged({ level: 'warn', event: 'no-handshake',
			addr: PROXY, reason: 'no PROXY header' });
	});

	test('a truncated header keeps nobody from anything', async () => {
		const server = await startChat(...TRUST, '--proxy-protocol');
		const all = [];

		for (const header of Object.values(headers))
			for (const n of [0, 1, 11, 14, header.length - 1]) {
				const one = await open(server);

				one.write(bytes(header).subarray(0, n));
				all.push(one);
			}
		assert.ok(await openWebSocket(server, {}, STRANGER));
		assert.ok(all.every(({ got }) => got.length === 0));
		await server.stop(); /* does not wait for them */
		await Promise.all(all.map((one) => one.end()));
	});

	test('a header has to come in time', async () => {
		const server = await startChat(...TRUST, '--proxy-protocol',
		    '--handshake-time', '1');

		for (const header of Object.values(headers)) {
			const one = await open(server);

			one.write(bytes(header).subarray(0, -1));
			assert.strictEqual(await one.end(), '');
		}
		await server.logged({ level: 'warn', event: 'no-handshake',
			reason: 'took too long' });
	});

	test('a proxy may speak for itself', async () => {
		const server = await startChat(...TRUST, '--proxy-protocol');

		for (const header of ['PROXY UNKNOWN\r\n',
		    SIGNATURE + '\x20\x00\x00\x00']) {
			const one = await open(server);

			one.write(bytes(header + upgrade));
			await until(() => one.got.includes(' 101 '), '101');
		}
		await cameFrom(server, PROXY, PROXY);
	});

	test('its clients are counted one by one', async () => {
		const server = await startChat(...TRUST, '--proxy-protocol',
		    '--per-address', '3');
		const from = async (addr) => {
			const one = await open(server);

			one.write(`PROXY TCP4 ${addr} 127.0.0.1 1 2\r\n` +
			    request().replace('close', 'keep-alive'));
			await until(() => one.got.length > 0 || one.isClosed,
			    'verdict');
			return !one.isClosed;
		};

		for (let i = 0; i < 3; i++)
			assert.ok(await from('198.51.100.7'));
		assert.ok(!await from('198.51.100.7'));
		assert.ok(await from('198.51.100.8'));
	});
});

describe('options of proxies', () => {
	test('that are wrong', async () => {
		for (const [args, problem] of [
		    [['--proxy-protocol'],
			    /^chat: --proxy-protocol needs --trusted-proxies\n$/],
		    [['--trusted-proxies', 'proxy.example'],
			    /^chat: .*--trusted-proxies.*\n$/],
		    [['--trusted-proxies', '10.0.0.0/33'],
			    /^chat: .*--trusted-proxies.*\n$/]]) {
			const { code, out, err } = await run(['serve', ...args]);

			assert.deepStrictEqual([code, out], [64, '']);
			assert.match(err, problem);
		}
	});
});
