'use strict';
/*
 * Those who come by a page of somebody else, by a session that isn't theirs,
 * by names that are none, or by guessing passwords: let in nowhere, and of no
 * cost to the others.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { join } = require('../interop/chat-server');
const clients = require('../interop/clients');
const { slow, soon, test } = require('../interop/harness');
const { request } = require('../interop/raw');
const { amount, useVictim } = require('./attack');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-strangers-'));

after(() => fs.rmSync(folder, { recursive: true, force: true }));

function
write(name, text)
{
	const file = path.join(folder, name);

	fs.writeFileSync(file, text, { mode: 0o600 });
	return file;
}

/* The status by which a WebSocket's handshake is refused. */
async function
handshake(server, where, headers)
{
	return (await request(server, { path: where, headers: {
		Connection: 'Upgrade', Upgrade: 'websocket',
		'Sec-WebSocket-Version': '13',
		'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers } }))
	    .status;
}

describe('a session of somebody else', () => {
	const { server, victim } = useVictim();
	const poll = (sid, more = {}) => request(server, { path:
	    '/socket.io/?EIO=4&transport=polling&sid=' + sid, ...more });

	test('a session is none that the server has not made', async () => {
		const socket = victim.socket;
		const sid = socket.io.engine.id;
		const near = sid.slice(0, -1) +
		    (sid.endsWith('A') ? 'B' : 'A');

		for (const guess of [near, sid.toLowerCase() + 'x',
			sid.slice(1), 'A'.repeat(20), 'x'.repeat(5000),
			encodeURIComponent('../' + sid), '__proto__',
			encodeURIComponent(sid + '\0')])
			for (const more of [{}, { method: 'POST',
				body: '42["nuevo mensaje","forged"]' }]) {
				const { status } = await poll(guess, more);

				assert.ok([400, 414].includes(status),
				    guess.slice(0, 40) + ': ' + status);
			}
		for (const guess of [near, 'A'.repeat(20)])
			assert.strictEqual(await handshake(server,
			    '/socket.io/?EIO=4&transport=websocket&sid=' +
			    guess, {}), 400);
	});

	test('nobody chooses his own, nor learns that of another',
	    async () => {
		const sids = new Set();

		for (let i = 0; i < amount(50, 2000); i++) {
			const { text } = await request(server, { path:
			    '/socket.io/?EIO=4&transport=polling&sid=mine' + i });
			const opened = await request(server, { path:
			    '/socket.io/?EIO=4&transport=polling' });

			assert.ok(!text.startsWith('0'));
			const { sid } = JSON.parse(opened.text.slice(1));
			assert.match(sid, /^[\w-]{20}$/);
			sids.add(sid);
		}
		assert.strictEqual(sids.size, amount(50, 2000));
		/* What others are told of is the socket's id, not the
		 * session's. */
		assert.notStrictEqual(victim.socket.id,
		    victim.socket.io.engine.id);
		assert.strictEqual((await poll(victim.socket.id)).status, 400);
	}, 300);
});

describe('pages of somebody else', () => {
	const { server } = useVictim('--origin', 'http://friend.example');
	const wrong = () => ['http://evil.example', 'null', 'http://127.0.0.1',
		'http://127.0.0.1:1', 'http://127.0.0.1:' + server.port +
		'.evil.example', 'http://evil.example/127.0.0.1:' +
		server.port, 'https://friend.example',
		'http://friend.example.evil.example',
		'http://evilfriend.example', 'http://friend.example:81',
		'http://friend.example@evil.example', 'file://', '*',
		'http://127.0.0.1:' + server.port + ' http://evil.example'];

	test('are let in by no door', async () => {
		for (const Origin of wrong()) {
			const ask = (where, more = {}) => request(server, {
				path: where, headers: { Origin }, ...more });

			for (const [where, more] of [
				['/socket.io/?EIO=4&transport=polling'],
				['/socket.io/?EIO=4&transport=polling&sid=x',
					{ method: 'POST', body: '40' }],
				['/r/lobby?follow=0'],
				['/r/lobby', { method: 'POST', body: 'x' }],
				['/r/lobby', { method: 'POST', body: 'x',
					headers: { Origin,
						'Content-Type': 'text/plain' } }
				]]) {
				const { status, headers } = await ask(where,
				    more);

				assert.strictEqual(status, 403,
				    Origin + ' ' + where);
				assert.strictEqual(headers[
				    'access-control-allow-origin'], undefined);
			}
			for (const where of ['/chat',
				'/socket.io/?EIO=4&transport=websocket'])
				assert.strictEqual(await handshake(server,
				    where, { Origin }), 400, Origin);
		}
	});

	test('those that are let in get credentials, by name only',
	    async () => {
		const { status, headers } = await request(server, { path:
		    '/r/lobby?follow=0',
		headers: { Origin: 'http://friend.example' } });

		assert.strictEqual(status, 200);
		assert.strictEqual(headers['access-control-allow-origin'],
		    'http://friend.example');
		assert.match(headers.vary, /Origin/);
	});
});

describe('pages of everybody', () => {
	const { server } = useVictim('--origin', '*');

	test('get no credentials', async () => {
		for (const where of ['/r/lobby?follow=0',
			'/socket.io/?EIO=4&transport=polling']) {
			const { headers } = await request(server, { path: where,
				headers: { Origin: 'http://evil.example' } });

			assert.strictEqual(headers[
			    'access-control-allow-origin'], '*');
			assert.strictEqual(headers[
			    'access-control-allow-credentials'], undefined);
		}
	});
});

describe('names of rooms', () => {
	const { server } = useVictim();
	const names = ['', ' ', '.', '..', '../..', '../../etc/passwd', '\0',
		'a\0b', '__proto__', 'constructor', 'x'.repeat(10240),
		'\u00e9'.repeat(65), '\ud800', '\u202e', '@', '@@', '%00',
		'a/b', '\\', 'r1', '\r\n', '\u0007', '-'.repeat(64)];

	test('are one, or are none', async () => {
		const { socket } = await join(server);

		for (const room of names) {
			const [ack] = await clients.call(socket, 'join',
			    { room });

			if (ack.ok)
				assert.ok([...ack.room].length <= 64 &&
				    !/[\0-\x1f\x7f]/.test(ack.room),
				JSON.stringify(ack.room));
			else
				assert.ok(['bad-room', 'bad-request',
					'no-such-room', 'no-such-person']
				    .includes(ack.code), ack.code);
		}
	});

	test('in a path, too', async () => {
		for (const raw of ['..', '../..', '..%2f..', '%2e%2e%2fetc',
			'%00', 'a%00b', '%', '%f', '%ff', 'a/b', '',
			'x'.repeat(6000), '@ana', '%40ana', '%e2%80%ae'])
			for (const method of ['GET', 'POST']) {
				const { status } = await request(server, {
					path: '/r/' + raw + '?follow=0', method,
					body: method === 'POST' ? 'x' :
					    undefined });

				assert.ok([200, 400, 404].includes(status),
				    raw.slice(0, 20) + ': ' + status);
			}
	});
});

describe('guessing passwords', () => {
	const { server, victim } = useVictim('--operators',
	    write('operators', 'root:of root\n'));

	test('costs the others nothing', async () => {
		const { socket: ana } = await join(server,
		    { auth: { nick: 'ana' } });
		const [registered] = await clients.call(ana, 'register',
		    { password: 'of ana' });
		assert.strictEqual(registered.ok, true);
		const times = [];
		let done = false;
		const guesses = Promise.all(Array.from({ length: amount(20,
		    200) }, async (_, i) => {
			const { socket } = await join(server);
			const codes = [];

			for (const [name, arg] of [
				['login', { nick: 'ana', password: 'no' + i }],
				['op', { name: 'root', password: 'no' + i }],
				['op', { name: 'nobody', password: 'n' + i }]])
				codes.push((await soon(new Promise((resolve) =>
				    socket.emit(name, arg, resolve)),
				'ack of ' + name, 60000)).code);
			return codes;
		})).finally(() => { done = true; });

		while (!done)
			times.push(await victim.chat());
		const codes = (await guesses).flat();
		/* Three for the account and three for each operator's name,
		 * whether there is one; all others are told to wait. */
		assert.ok(codes.filter((code) => code === 'wrong-password')
		    .length <= 9);
		assert.ok(codes.every((code) => ['wrong-password', 'slow-down',
			'busy'].includes(code)), String(new Set(codes)));
		/* The loop goes on: the median of what the victim has waited
		 * is far below the time of one hash. */
		times.sort((a, b) => a - b);
		assert.ok(times[times.length >> 1] < 500 * slow,
		    String(times[times.length >> 1]));
	}, 120);
});
