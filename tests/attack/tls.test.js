'use strict';
/* Handshakes that cost the server work and lead to nothing, and what is no
 * TLS in the midst of it: those who chat over TLS go on. */
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { after, before, describe } = require('node:test');
const { makeCertificates } = require('../interop/certificates');
const { cleanup, join, startChat, useCleanup } =
    require('../interop/chat-server');
const { slow, soon, test } = require('../interop/harness');
const { Attacker, amount } = require('./attack');

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-attack-'));
let file, ca, hello;

/* The first message of a client, as node sends it. */
function
firstMessage()
{
	return new Promise((resolve) => {
		const trap = net.createServer((socket) =>
		    socket.once('data', (data) => {
			resolve(data);
			socket.destroy();
			trap.close();
		    }));

		trap.listen(0, '127.0.0.1', () => tls.connect(
		    trap.address().port, '127.0.0.1').on('error', () => {}));
	});
}

before(async () => {
	file = makeCertificates(dir);
	ca = fs.readFileSync(file('ca.pem'));
	hello = await firstMessage();
}, { timeout: 30000 * slow });
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/* A server and one who chats there; served() says that this is still so. */
async function
start(...args)
{
	const server = await startChat('--tls-cert', file('good.pem'),
	    '--tls-key', file('server.key'), ...args);
	const victim = await join(server, { ca, reconnection: false });
	let n = 0;

	return { server, served: async () => {
		const text = 'still here ' + n++;

		victim.socket.emit('nuevo mensaje', text);
		assert.strictEqual((await victim['nuevo mensaje'].next())[0],
		    text);
	} };
}

async function
open(server)
{
	const one = await Attacker.open(server.port);

	cleanup(() => one.destroy());
	return one;
}

/* Through with its handshake. The socket below it is in `raw`. */
async function
secure(server, options = {})
{
	const raw = net.connect(server.port, '127.0.0.1');
	const socket = tls.connect({ socket: raw, ca, host: '127.0.0.1',
		...options });

	cleanup(() => socket.destroy());
	await soon(new Promise((resolve, reject) => {
		socket.on('secureConnect', resolve);
		socket.on('error', reject);
	}), 'TLS handshake');
	socket.on('error', () => {});
	return { raw, socket, closed: new Promise((resolve) =>
	    raw.on('close', resolve)) };
}

describe('TLS under attack', () => {
	useCleanup();

	test('half handshakes', async () => {
		const { server, served } = await start();
		const all = [];

		for (let i = 0; i < amount(200, 2000); i++) {
			const one = await open(server);

			one.write(hello.subarray(0, i % hello.length));
			all.push(one);
		}
		await served();
		/* Whoever goes on is let in. */
		const last = all.pop();
		const sent = (all.length) % hello.length;
		last.write(hello.subarray(sent));
		await soon(new Promise((resolve) =>
		    last.socket.once('data', resolve)), 'an answer');
		await served();
	}, 60);

	test('half handshakes, for long', async () => {
		const { server, served } = await start('--handshake-time', 1);
		const all = [];

		for (const n of [0, 1, 40, hello.length - 1]) {
			const one = await open(server);

			one.write(hello.subarray(0, n));
			all.push(one);
		}
		for (const one of all)
			assert.strictEqual(await one.end(), '');
		await served();
	});

	test('handshakes without end', async () => {
		const { server, served } = await start();

		for (let i = 0; i < amount(100, 5000); i++) {
			const one = await open(server);

			one.write(hello);
			if (i % 2 === 0)
				await soon(new Promise((resolve) =>
				    one.socket.once('data', resolve)),
				    'an answer');
			one.destroy();
		}
		await served();
	}, 600);

	test('renegotiations', async () => {
		const { server, served } = await start();

		for (let i = 0; i < amount(20, 1000); i++) {
			const { socket, closed } = await secure(server,
			    { maxVersion: 'TLSv1.2' });
			const end = new Promise((resolve) =>
			    socket.renegotiate({}, resolve));

			assert.ok(await soon(Promise.race([end, closed.then(() =>
			    new Error('closed'))]), 'refusal') instanceof Error);
			socket.destroy();
		}
		await served();
	}, 600);

	test('what is no TLS, in the midst of it', async () => {
		const { server, served } = await start();

		for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\x17\x03\x03' +
		    '\xff\xff' + 'x'.repeat(65535), '\x17\x03\x03\x00\x20' +
		    'x'.repeat(32), '\x15\x03\x03\x00\x02\x02\x28',
		    '\x16\x03\x03\x00\x04\x00\x00\x00\x00'.repeat(1000)])
			for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
				const { raw, closed } = await secure(server,
				    { maxVersion });

				raw.write(Buffer.from(bytes, 'latin1'));
				await soon(closed, 'end');
			}
		await served();
	});
});
