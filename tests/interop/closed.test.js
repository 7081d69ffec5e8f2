'use strict';
/*
 * A closed server, --password-file: nobody comes in by any door without the
 * password, or a token that was given to somebody who knew it.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, describe } = require('node:test');
const WebSocket = require('ws');
const { cleanup, joinPlain, program, run, startChat, useChat, useCleanup } =
    require('./chat-server');
const clients = require('./clients');
const { Queue, soon, test } = require('./harness');
const { EVENT, Peer, useChecks } = require('./peer');
const { Tcp, request } = require('./raw');

const PASSWORD = 'pass:wörd 1';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-closed-'));

after(() => fs.rmSync(folder, { recursive: true, force: true }));

function
write(name, text)
{
	const file = path.join(folder, name);

	fs.writeFileSync(file, text, { mode: 0o600 });
	return file;
}

function
hash(password)
{
	const { status, stdout } = spawnSync(program(), ['password'],
	    { input: password, encoding: 'utf8' });

	assert.strictEqual(status, 0);
	return stdout;
}

function
basic(password, user = 'anybody')
{
	return { Authorization: 'Basic ' +
	    Buffer.from(user + ':' + password).toString('base64') };
}

/* An official client, closed at the end of the test. */
function
open(server, options)
{
	const socket = clients.open(server, options);

	cleanup(() => socket.close());
	return socket;
}

/* The error with which an official client of version 3 or 4 is refused. */
async function
refused(server, auth, options = {})
{
	const socket = open(server, { version: 4, mode: 'websocket',
		auth, reconnection: false, ...options });
	const [error] = await clients.event(socket, 'connect_error');

	assert.strictEqual(socket.connected, false);
	socket.close();
	return { message: error.message, ...error.data };
}

/* What the handshake of a plain WebSocket is answered. */
function
handshake(server, headers)
{
	return soon(new Promise((resolve, reject) => {
		const ws = new WebSocket('ws://127.0.0.1:' + server.port +
		    '/chat', { headers });

		cleanup(() => ws.terminate());
		ws.on('unexpected-response', (req, res) => {
			resolve({ status: res.statusCode,
				headers: res.headers });
			req.destroy();
		});
		ws.on('open', () => resolve({ status: 101 }));
		ws.on('error', reject);
	}), 'handshake');
}

describe('a closed server', () => {
	const server = useChat('--password-file',
	    write('hash', '# by hash\n' + hash(PASSWORD)));

	useChecks();

	for (const version of [4, 3])
		for (const mode of ['websocket', 'polling'])
			for (const nsp of ['/', '/chat'])
				test(`client ${version}, ${mode}, ${nsp}`,
				    async () => {
					const how = { version, mode, nsp };

					assert.deepStrictEqual(await refused(
					    server, undefined, how), {
						code: 'password',
						message: 'password required'
					});
					const socket = open(server, {
						...how, auth: {
							password: PASSWORD } });
					await clients.connected(socket);
				});

	for (const version of [2, 1])
		test(`client ${version}, by the Basic scheme`, async () => {
			const by = (headers) => open(server, {
				version, mode: 'polling', reconnection: false,
				extraHeaders: headers,
				transportOptions: { polling: {
					extraHeaders: headers } } });
			const stranger = by({});
			const [error] = await clients.event(stranger, 'error');

			assert.deepStrictEqual(error, { code: 'password' });
			assert.strictEqual(stranger.connected, false);
			const socket = by(basic(PASSWORD));
			const welcome = clients.queue(socket, 'welcome');
			await welcome.next();
		});

	test('curl', async () => {
		const curl = (...args) => spawnSync('curl', ['-s', '-w',
			'%{http_code}', ...args, server.url + '/r/lobby'],
		    { encoding: 'utf8' }).stdout;

		assert.match(curl('-d', 'no'), /401$/);
		assert.match(curl('-u', 'x:' + PASSWORD, '-d', 'hola'),
		    /^[0-9]+-[0-9]+\n200$/);
		assert.match(curl('-u', ':' + PASSWORD, '-G', '-d',
		    'follow=0'), /> hola\n200$/);
	});

	test('plain WebSocket', async () => {
		const { status, headers } = await handshake(server, {});

		assert.strictEqual(status, 401);
		assert.match(headers['www-authenticate'], /^Basic realm="chat"/);
		const one = await joinPlain(server,
		    { headers: basic(PASSWORD) });
		one.ws.send('from a plain one');
		assert.strictEqual(await one.texts.next(), 'from a plain one');
	});

	test('what is sent behind a handshake that waits is not lost',
	    async () => {
		const fresh = await startChat('--password-file',
		    write('waits', hash(PASSWORD)));
		const tcp = await Tcp.open(fresh.port);
		const headers = { Host: 'x', Upgrade: 'websocket',
			Connection: 'Upgrade', 'Sec-WebSocket-Version': 13,
			'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
			...basic(PASSWORD) };

		/* A text frame, masked with zeros, in the same piece. */
		tcp.write(Buffer.concat([Buffer.from('GET /chat HTTP/1.1\r\n' +
		    Object.entries(headers).map((field) => field.join(': '))
		        .join('\r\n') + '\r\n\r\n'),
		Buffer.from('8185' + '00000000' + '6669727374', 'hex')]));
		await tcp.read((all) => (/^HTTP\/1.1 101 .*\x81\x05first$/s
		    .test(all.toString('latin1')) ? true : undefined),
		'the frame');
	});

	test('every method and door by HTTP', async () => {
		for (const method of ['GET', 'HEAD', 'POST']) {
			const ask = (headers) => request(server, { method,
				path: '/r/lobby' + (method === 'GET' ?
				    '?follow=0' : ''),
				body: method === 'POST' ? 'x' : undefined,
				headers });

			for (const headers of [{}, { Authorization: 'Basic' },
				{ Authorization: 'Basic ' },
				{ Authorization: 'Basic !' },
				{ Authorization: 'Basic ' + Buffer.from(
				    PASSWORD.replace(':', '')).toString(
				    'base64') },
				{ Authorization: 'Bearer ' + PASSWORD },
				basic('')])
				assert.strictEqual((await ask(headers)).status,
				    401, method + JSON.stringify(headers));
			assert.strictEqual((await ask(basic(PASSWORD)))
			    .status, 200, method);
		}
	});

	test('the page and its files come without one', async () => {
		for (const file of ['/', '/chat.html',
			'/socket.io/socket.io.js'])
			assert.strictEqual((await request(server,
			    { path: file })).status, 200, file);
		assert.strictEqual((await request(server, { path: '/r/lobby',
			headers: { Accept: 'text/html' } })).status, 200);
	});

	test('a token of one who has been in lets in', async () => {
		const peer = await Peer.come(server,
		    { password: PASSWORD, nick: 'token' });
		const { token } = peer.hello;
		const again = await Peer.come(server, { token });

		assert.strictEqual(again.from, peer.from);
		for (const wrong of [token.slice(0, -1), token + 'A',
			token.slice(0, token.lastIndexOf('.')),
			token.slice(0, token.lastIndexOf('.') + 1),
			token.replace(/^.{12}/, '222222222222'), '...', '.'])
			assert.deepStrictEqual(await refused(server,
			    { token: wrong }), { code: 'password',
				message: 'password required' }, wrong);
	});

	test('nothing is taken before the answer, and nothing after a no',
	    async () => {
		for (const packet of ['42["rooms",{}]', '40', '41', '430[]']) {
			const ws = new WebSocket('ws://127.0.0.1:' +
			    server.port +
			    '/socket.io/?EIO=4&transport=websocket');
			const frames = new Queue('frames');
			const closed = new Promise((resolve) =>
			    ws.on('close', resolve));

			cleanup(() => ws.terminate());
			ws.on('message', (data) => frames.push(String(data)));
			await frames.next();
			ws.send('40{"password":"not it ' + packet[1] + '"}');
			ws.send(packet);
			await soon(closed, 'close after ' + packet);
			assert.deepStrictEqual(frames.items.filter((frame) =>
			    !frame.startsWith('44')), []);
			assert.strictEqual((await request(server, {
				path: '/r/lobby?follow=0',
				headers: basic(PASSWORD) })).status, 200);
		}
	});

	test('recovery needs it, too', async () => {
		const peer = await Peer.come(server, { password: PASSWORD });
		const pid = peer.socket._pid;
		const offset = peer.socket._lastOffset;

		assert.ok(pid && offset);
		peer.socket.auth = {};
		peer.socket.io.engine.close();
		await clients.event(peer.socket, 'connect_error');
		peer.socket.auth = { password: PASSWORD };
		peer.socket.connect();
		await peer.heard('welcome');
		assert.strictEqual(peer.socket.recovered, true);
	});
});

describe('a closed server and wrong passwords', () => {
	const server = useChat('--password-file', write('plain', PASSWORD));

	useCleanup();

	test('a few, then not even the right one', async () => {
		const wrong = { code: 'wrong-password',
			message: 'wrong password' };

		assert.deepStrictEqual(await refused(server,
		    { password: 'x'.repeat(10000) }), wrong);
		assert.deepStrictEqual(await refused(server,
		    { password: 'one' }), wrong);
		assert.deepStrictEqual(await refused(server,
		    { password: 'two' }, { nsp: '/chat' }), wrong);
		assert.strictEqual((await request(server, { path: '/r/lobby',
			headers: basic('three') })).status, 401);
		const { code, retry } = await refused(server,
		    { password: PASSWORD });
		assert.strictEqual(code, 'slow-down');
		assert.ok(retry > 0 && retry <= 60000);
		const answer = await request(server, { path: '/r/lobby',
			headers: basic(PASSWORD) });
		assert.strictEqual(answer.status, 429);
		assert.match(answer.headers['retry-after'], /^[1-9][0-9]?$/);
		assert.strictEqual((await handshake(server,
		    basic(PASSWORD))).status, 429);
		await server.logged({ event: 'audit', what: 'enter',
			addr: '127.0.0.1', result: 'wrong-password' });
		await server.logged({ event: 'audit', what: 'enter',
			result: 'slow-down' });
	});
});

describe('a server that is closed, and opened again', () => {
	const store = path.join(folder, 'again.db');
	const come = (server, auth) => Peer.come(server,
	    { nick: 'again', ...auth });

	useCleanup();
	useChecks();

	test('tokens', async () => {
		const open = await startChat('--store', store);
		const before = await come(open);

		before.close();
		await open.stop();
		const closed = await startChat('--store', store,
		    '--password-file', write('first', 'first one'));
		const { token } = before.hello;
		assert.strictEqual((await refused(closed, { token })).code,
		    'password');
		const inside = await come(closed,
		    { token, password: 'first one' });
		assert.strictEqual(inside.from, before.from);
		const sealed = inside.hello.token;
		inside.close();
		await closed.stop();

		/* The same password is the same door, as text or as a hash is
		 * not. */
		const same = await startChat('--store', store,
		    '--password-file', path.join(folder, 'first'));
		const back = await come(same, { token: sealed });
		assert.strictEqual(back.from, before.from);
		back.close();
		await same.stop();

		const other = await startChat('--store', store,
		    '--password-file', write('second', 'another one'));
		assert.strictEqual((await refused(other, { token: sealed }))
		    .code, 'password');
		await other.stop();

		const reopened = await startChat('--store', store);
		assert.strictEqual((await come(reopened, { token: sealed }))
		    .from, before.from);
	});

	test('who was cut off before it was closed stays out', async () => {
		const file = path.join(folder, 'cut.db');
		const open = await startChat('--store', file);
		const peer = await come(open);

		await peer.ask(EVENT, 'x');
		const auth = { pid: peer.socket._pid,
			offset: peer.socket._lastOffset };
		peer.socket.io.reconnection(false);
		await open.stop();
		const closed = await startChat('--store', file,
		    '--password-file', write('cut', 'first one'));
		assert.strictEqual((await refused(closed, auth)).code,
		    'password');
	});
});

describe('--password-file', () => {
	for (const [what, text, said] of [['empty', '# none\n', /no password/],
		['cut off', hash(PASSWORD).slice(0, -9), /bad, line 1: .*\$/],
		['of two lines', 'a\nb\n', /line 2: there is one/]])
		test('refuses a file that is ' + what, async () => {
			const { code, err } = await run(['serve', '--port', '0',
				'--password-file', write('bad', text)]);

			assert.strictEqual(code, 66);
			assert.match(err, /^chat: --password-file: .*\n$/);
			assert.match(err, said);
		});
});
