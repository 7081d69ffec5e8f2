'use strict';
/* Operators in the namespace /admin: credentials, what they see and do. */
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { cleanup, join, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');
const clients = require('./clients');
const { soon, test } = require('./harness');
const { request } = require('./raw');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-admin-'));
const ROOT = { username: 'root', password: 'of root' };

after(() => fs.rmSync(folder, { recursive: true, force: true }));

function
operators()
{
	const file = path.join(folder, 'operators');

	fs.writeFileSync(file, 'root:of root\n', { mode: 0o600 });
	return file;
}

function
open(server, auth, options = {})
{
	const socket = clients.open(server, { version: 4, mode: 'websocket',
		nsp: '/admin', auth, reconnection: false, ...options });

	cleanup(() => socket.close());
	return socket;
}

async function
enter(server, options)
{
	const socket = open(server, ROOT, options);

	await clients.connected(socket);
	return socket;
}

async function
refused(server, auth, options)
{
	const socket = open(server, auth, options);
	const [error] = await clients.event(socket, 'connect_error');

	assert.strictEqual(socket.connected, false);
	return error;
}

async function
ask(socket, name, ...args)
{
	const [ack] = await clients.call(socket, name, ...args);

	assert.strictEqual(ack.ok, true, name + JSON.stringify(ack));
	return ack;
}

describe('/admin', () => {
	const server = useChat('--operators', operators());

	for (const version of [4, 3])
		for (const mode of ['websocket', 'polling'])
			test(`client ${version}, ${mode}`, async () => {
				const socket = await enter(server,
				    { version, mode });

				await ask(socket, 'stats');
				await server.logged({ event: 'audit',
					what: 'admin', name: 'root',
					result: 'ok' });
			});

	test('client 2', async () => {
		const socket = open(server, undefined, { version: 2,
			nsp: '/admin?username=root&password=of%20root' });

		await clients.connected(socket);
		await ask(socket, 'stats');
	});

	test('what there is', async () => {
		const before = await ask(await enter(server), 'stats');
		const ana = await join(server, { auth: { nick: 'ana',
			rooms: ['there'] } });
		await joinPlain(server, {}, '?room=there&nick=paul');
		const root = await enter(server);
		const stats = await ask(root, 'stats');

		assert.strictEqual(stats.plain, before.plain + 1);
		assert.strictEqual(stats.people, before.people + 3);
		assert.strictEqual(stats.rooms, before.rooms + 1);
		assert.ok(stats.uptime >= before.uptime);
		const { sockets, more } = await ask(root, 'sockets');
		const by = (nick) => sockets.find((s) => s.nick === nick);
		assert.strictEqual(more, false);
		assert.deepStrictEqual(by('ana'), { id: ana.socket.id,
			nick: 'ana', from: ana.hello.from,
			address: '127.0.0.1', namespace: '/',
			transport: 'websocket', queued: by('ana').queued,
			rooms: ['there'] });
		assert.ok(Number.isInteger(by('ana').queued));
		assert.deepStrictEqual([by('paul').id, by('paul').namespace,
			by('paul').rooms],
		['plain#' + by('paul').from, '', ['there']]);
	});

	test('closes', async () => {
		const ana = await join(server, { auth: { nick: 'anna' } });
		const paul = await joinPlain(server, {}, '?nick=pablo');
		const root = await enter(server);
		const { sockets } = await ask(root, 'sockets');
		const id = (nick) => sockets.find((s) => s.nick === nick).id;
		const left = clients.event(ana.socket, 'disconnect');

		ana.socket.io.reconnection(false);
		await ask(root, 'close', { id: id('anna') });
		assert.strictEqual((await left)[0], 'io server disconnect');
		await ask(root, 'close', { id: id('pablo') });
		await paul.closed();
		const [ack] = await clients.call(root, 'close',
		    { id: id('anna') });
		assert.strictEqual(ack.code, 'no-such-person');
		await server.logged({ event: 'audit', what: 'close',
			whom: 'anna', result: 'ok' });
		const { lines } = await ask(root, 'audit');
		assert.ok(lines.some((line) => line.what === 'close' &&
		    line.nick === 'pablo' && line.by.startsWith('root')));
	});

	test('moderates', async () => {
		const ana = await join(server, { auth: { nick: 'mona' } });
		const kicked = clients.event(ana.socket, 'kicked');
		const root = await enter(server);

		await ask(root, 'kick', { room: 'lobby', nick: 'mona' });
		assert.strictEqual((await kicked)[0].room, 'lobby');
		const { bans } = await ask(root, 'bans');
		assert.deepStrictEqual(bans, []);
	});

	test('nothing else is there', async () => {
		const root = await enter(server);

		for (const name of ['nuevo mensaje', 'message', 'nick', 'op',
			'register', 'join', 'emit'])
			assert.strictEqual((await clients.call(root, name,
			    {}))[0].code, 'unknown-event', name);
	});

	test('nor is it for others', async () => {
		const { socket } = await join(server);

		for (const name of ['stats', 'sockets', 'close'])
			assert.strictEqual((await clients.call(socket, name,
			    {}))[0].code, 'unknown-event', name);
	});
});

describe('/admin and wrong credentials', () => {
	const server = useChat('--operators', operators());

	useCleanup();

	test('the official page\'s words; a few, then none', async () => {
		for (const auth of [undefined, {}, { username: 'root' },
			{ username: ['root'], password: 'of root' },
			{ sessionId: '0123456789abcdef' }])
			assert.strictEqual((await refused(server, auth))
			    .message, 'invalid credentials');
		for (const auth of [{ ...ROOT, password: 'of rooT' },
			{ ...ROOT, username: 'Root' },
			{ ...ROOT, password: 'root' },
			{ ...ROOT, password: '' }]) {
			const error = await refused(server, auth);
			assert.strictEqual(error.message,
			    'invalid credentials');
			assert.strictEqual(error.data.code, 'wrong-password');
		}
		const late = await refused(server, ROOT);
		assert.strictEqual(late.data.code, 'slow-down');
		assert.ok(late.data.retry > 0 && late.data.retry <= 60000);
		await server.logged({ event: 'audit', what: 'admin',
			name: 'Root', addr: '127.0.0.1',
			result: 'wrong-password' });
		await server.logged({ event: 'audit', what: 'admin',
			result: 'slow-down' });
	});
});

describe('/admin elsewhere', () => {
	useCleanup();

	test('without operators nobody comes in', async () => {
		const server = await startChat();

		for (const auth of [undefined, ROOT, { username: '',
			password: '' }])
			assert.strictEqual((await refused(server, auth))
			    .message, 'invalid credentials');
	});

	test('an operator needs no password of a closed server', async () => {
		const file = path.join(folder, 'password');

		fs.writeFileSync(file, 'pass\n', { mode: 0o600 });
		const server = await startChat('--operators', operators(),
		    '--password-file', file);
		const root = await enter(server);
		await ask(root, 'stats');
		/* And is let in nowhere else by that. */
		const chat = root.io.socket('/', { auth: {} });
		cleanup(() => chat.close());
		chat.connect();
		const [error] = await clients.event(chat, 'connect_error');
		assert.ok(['password required', 'wrong password'].includes(
		    error.message));
		assert.strictEqual((await request(server,
		    { path: '/r/lobby?follow=0' })).status, 401);
	});

	test('nobody comes in while the server does', async () => {
		const server = await startChat('--operators', operators());
		const sockets = Array.from({ length: 3 },
		    (_, i) => open(server, { ...ROOT, username: 'r' + i }));
		const all = sockets.map((socket) => Promise.race([
			clients.event(socket, 'connect_error'),
			clients.event(socket, 'disconnect')]));

		await server.stop();
		await soon(Promise.all(all), 'the end');
	});
});
