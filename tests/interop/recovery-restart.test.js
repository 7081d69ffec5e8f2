'use strict';
/*
 * Official clients come back across a restart of the server as across a lost
 * connection: the same session in the same rooms, and what was missed, once
 * and in order; also what was changed meanwhile.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { describe } = require('node:test');
const { cleanup, join, relayTo, startChat, useCleanup } =
    require('./chat-server');
const { call, connected, event, modes, open, queue } = require('./clients');
const { test } = require('./harness');

const EVENT = 'nuevo mensaje';
/* The first with recovery, and later ones; all ways with the last. */
const versions = { 4.6: [['polling', 'kill'], ['websocket', 'stop']],
	4.7: [['polling', 'stop'], ['websocket', 'kill']],
	4: Object.keys(modes).flatMap((mode) => [[mode, 'kill'],
		[mode, 'stop']]) };

function
freePort()
{
	return new Promise((resolve, reject) => {
		const probe = net.createServer();

		probe.on('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const { port } = probe.address();

			probe.close(() => resolve(port));
		});
	});
}

/* A server that can be started again where it was. */
async function
restartable()
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-restart-'));
	const port = await freePort();
	const args = ['--port', port, '--store', path.join(dir, 'chat.db')];
	const it = { port, url: 'http://127.0.0.1:' + port,
		/* 'kill', or 'stop' in order */
		async end(how) {
			await it.server[how]();
		},
		async start() {
			it.server = await startChat(...args);
		} };

	cleanup(() => fs.rmSync(dir, { recursive: true, force: true }));
	await it.start();
	return it;
}

/* Posts, and waits until it is stored, with everything before. */
async function
say(member, text, meta)
{
	const [answer] = await call(member.socket, EVENT, text, meta);

	assert.strictEqual(answer.ok, true, answer.code);
	return answer.id;
}

/* In two rooms, by a relay that can be cut; it has heard something. */
async function
away(server, options)
{
	const relay = await relayTo(server);
	const ana = await join(relay, { auth: { nick: 'ana',
		rooms: ['lobby', 'other'] }, ...options });

	for (const name of ['edited', 'deleted', 'reaction', 'notice'])
		ana[name] = queue(ana.socket, name);
	return { relay, ana };
}

/* The relay lets her in again, and she is who she was. */
async function
back({ relay, ana }, recovered)
{
	const known = ana.socket.id;

	relay.refuse(false);
	await event(ana.socket, 'connect', 20000);
	assert.strictEqual(ana.socket.recovered, recovered);
	if (recovered)
		assert.strictEqual(ana.socket.id, ana.id ?? known);
	const [hello] = await ana.welcome.next();
	return hello;
}

async function
cutOff({ relay, ana })
{
	const gone = event(ana.socket, 'disconnect');

	ana.id = ana.socket.id;
	relay.refuse(true);
	relay.cut();
	await gone;
}

const texts = async (member, count) =>
    (await member[EVENT].take(count)).map(([text]) => text);

function
comesBack(how, options)
{
	test('with what was missed, in its rooms', async () => {
		const server = await restartable();
		const one = await away(server, options);
		const { ana } = one;
		let bo = await join(server);

		const first = await say(bo, 'first');
		const kept = await say(ana, 'kept');
		assert.deepStrictEqual(await texts(ana, 2), ['first', 'kept']);
		await cutOff(one);
		await say(bo, 'before');
		await call(bo.socket, 'react', { id: kept, emoji: '👍' });
		await server.end(how);
		await server.start();
		bo.socket.close();
		bo = await join(server, { auth: { token: bo.hello.token } });
		await say(bo, 'after');
		await call(bo.socket, 'edit', { id: first, text: 'edited' });
		await call(bo.socket, 'join', { room: 'other' });
		await say(bo, 'in the other', { room: 'other' });

		const hello = await back(one, true);
		assert.deepStrictEqual(await texts(ana, 3),
		    ['before', 'after', 'in the other']);
		assert.strictEqual(hello.nick, 'ana');
		assert.strictEqual(hello.from, ana.hello.from);
		assert.deepStrictEqual(hello.rooms.filter((room) =>
		    room.joined).map(({ room }) => room).sort(),
		    ['lobby', 'other']);
		const [edited] = await ana.edited.next();
		assert.strictEqual(edited.id, first);
		assert.strictEqual(edited.text, 'edited');
		const [reaction] = await ana.reaction.next();
		assert.strictEqual(reaction.id, kept);
		assert.deepStrictEqual(reaction.reactions,
		    { '👍': [bo.hello.nick] });

		/* Live again, in both, and nothing twice. */
		await say(bo, 'live');
		await say(bo, 'live there', { room: 'other' });
		assert.deepStrictEqual(await texts(ana, 2),
		    ['live', 'live there']);
		await say(ana, 'hers');
		assert.deepStrictEqual(await texts(ana, 1), ['hers']);
		for (const name of [EVENT, 'edited', 'reaction', 'deleted'])
			assert.deepStrictEqual(ana[name].items, []);
	}, 40);

	test('with who has deleted what', async () => {
		const server = await restartable();
		const one = await away(server, options);
		const { ana } = one;
		const bo = await join(server);

		await call(bo.socket, 'register', { password: 'secret' });
		for (const { socket } of [bo, ana])
			await call(socket, 'join', { room: 'bos' });
		const id = await say(ana, 'hers', { room: 'bos' });
		await texts(ana, 1);
		await cutOff(one);
		const [answer] = await call(bo.socket, 'delete', { id });
		assert.strictEqual(answer.ok, true, answer.code);
		await server.end(how);
		await server.start();
		bo.socket.close();
		await back(one, true);
		const [deleted] = await ana.deleted.next();
		assert.deepStrictEqual([deleted.id, deleted.nick, deleted.from],
		    [id, bo.hello.nick, bo.hello.from]);
	}, 40);

	test('by the nick that was taken since', async () => {
		const server = await restartable();
		const one = await away(server, options);

		await call(one.ana.socket, 'nick', { nick: 'zoe' });
		await say(one.ana, 'heard');
		await cutOff(one);
		await server.end(how);
		await server.start();
		assert.strictEqual((await back(one, true)).nick, 'zoe');
	}, 40);

	test('when the server goes under its connections', async () => {
		const server = await restartable();
		const one = await away(server, options);
		const { ana } = one;
		const bo = await join(server);

		await say(bo, 'first');
		assert.deepStrictEqual(await texts(ana, 1), ['first']);
		const gone = event(ana.socket, 'disconnect');
		ana.id = ana.socket.id;
		one.relay.refuse(true);
		await server.end(how);
		assert.notStrictEqual((await gone)[0], 'io server disconnect');
		await server.start();
		await say(await join(server, { auth: { rooms: [] } }), 'missed');
		await back(one, true);
		assert.deepStrictEqual(await texts(ana, 1), ['missed']);
	}, 40);

	test('in rooms that were joined at the last moment', async () => {
		const server = await restartable();
		const one = await away(server, options);
		const { ana } = one;
		const joins = ['one', 'two', 'three'].map((room) =>
		    call(ana.socket, 'join', { room }));

		for (const [answer] of await Promise.all(joins))
			assert.strictEqual(answer.ok, true);
		one.relay.refuse(true);
		const gone = event(ana.socket, 'disconnect');
		ana.id = ana.socket.id;
		await server.end(how);
		await gone;
		await server.start();
		const hello = await back(one, true);
		assert.deepStrictEqual(hello.rooms.filter((room) =>
		    room.joined).map(({ room }) => room).sort(),
		    ['lobby', 'one', 'other', 'three', 'two']);
	}, 40);

	test('again and again', async () => {
		const server = await restartable();
		const one = await away(server, options);
		const wanted = [];
		let heard = 0;

		for (let round = 0; round < 3; round++) {
			const bo = await join(server);

			for (let i = 0; i < 20; i++) {
				wanted.push('round ' + round + ', ' + i);
				await say(bo, wanted.at(-1));
				if (i === 9) {
					await texts(one.ana, wanted.length -
					    heard);
					heard = wanted.length;
					await cutOff(one);
				}
			}
			await server.end(how);
			await server.start();
			bo.socket.close();
			await back(one, true);
			assert.deepStrictEqual(await texts(one.ana,
			    wanted.length - heard), wanted.slice(heard));
			heard = wanted.length;
		}
		assert.deepStrictEqual(one.ana[EVENT].items, []);
	}, 60);
}

for (const [version, ways] of Object.entries(versions))
	for (const [mode, how] of ways)
		describe('client ' + version + ', ' + mode + ', ' + how, () => {
			useCleanup();
			comesBack(how, { version, mode });
		});

describe('a pid', () => {
	useCleanup();

	/* Somebody who presents the pid and offset of another. */
	async function
	present(server, { pid, offset }, listen = () => {})
	{
		const socket = open(server, { version: 4, mode: 'websocket',
			autoConnect: false });

		socket._pid = pid;
		socket._lastOffset = offset;
		listen(socket);
		cleanup(() => socket.close());
		socket.connect();
		await connected(socket);
		return socket;
	}

	const of = ({ socket }) => ({ pid: socket._pid,
		offset: socket._lastOffset });

	test('restores once, before and after a restart', async () => {
		const server = await restartable();
		const ana = await join(server);

		await say(ana, 'first');
		await ana[EVENT].next();
		const first = of(ana);
		ana.socket.io.engine.close();
		await event(ana.socket, 'connect');
		assert.strictEqual(ana.socket.recovered, true);
		await say(ana, 'second');
		/* She is here. */
		assert.strictEqual((await present(server, first)).recovered,
		    false);
		await server.end('kill');
		ana.socket.io.reconnection(false);
		await server.start();
		const again = await present(server, first);
		assert.strictEqual(again.recovered, true);
		assert.strictEqual((await present(server, first)).recovered,
		    false);
	}, 40);

	test('without what was said when nobody was there', async () => {
		const server = await restartable();
		const { status } = await fetch(server.url + '/r/lobby',
		    { method: 'POST', body: 'early' });
		assert.strictEqual(status, 200);
		const ana = await join(server);
		const last = of(ana);
		const gone = event(ana.socket, 'disconnect');

		ana.socket.io.reconnection(false);
		await server.end('stop');
		await gone;
		await server.start();
		const heard = [];
		const again = await present(server, last, (socket) => {
			socket.on(EVENT, (text) => heard.push(text));
		});

		assert.strictEqual(again.recovered, true);
		await call(again, EVENT, 'late');
		assert.deepStrictEqual(heard, ['late']);
	}, 40);

	test('brings the welcome of now, and no older one', async () => {
		const server = await restartable();
		const ana = await join(server);
		let welcomes = 0;

		const first = of(ana);
		ana.socket.io.engine.close();
		await event(ana.socket, 'welcome');
		ana.socket.io.reconnection(false);
		ana.socket.io.engine.close();
		const again = await present(server, first, (socket) => {
			socket.on('welcome', () => { welcomes++; });
		});
		assert.strictEqual(again.recovered, true);
		assert.strictEqual((await call(again, 'rooms'))[0].ok, true);
		assert.strictEqual(welcomes, 1);
	}, 40);

	test('of who has left on purpose restores nothing', async () => {
		const server = await restartable();
		const ana = await join(server);
		const bo = await join(server);

		await say(ana, 'first');
		await ana[EVENT].next();
		const last = of(ana);
		const left = event(bo.socket, 'left');
		ana.socket.disconnect();
		await left;
		await say(bo, 'second');
		await server.end('kill');
		await server.start();
		assert.strictEqual((await present(server, last)).recovered,
		    false);
	}, 40);

	test('of another store restores nothing', async () => {
		const server = await restartable();
		const other = await restartable();
		const ana = await join(server);

		await say(ana, 'first');
		await ana[EVENT].next();
		assert.strictEqual((await present(other, of(ana))).recovered,
		    false);
	}, 40);
});
