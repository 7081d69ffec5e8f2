'use strict';
/*
 * Roles and moderation: each event does what chat-protocol(7) says, at every
 * door, also after the server has been killed, and not at all if it can't be
 * stored.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { cleanup, join, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');
const { connected } = require('./clients');
const { soon, test, until } = require('./harness');
const { seen } = require('./page');
const { EVENT, Peer, seenEvents, useChecks } = require('./peer');

const PYTHON = process.env.PYTHON || '/usr/bin/python3';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-moderation-'));
const operators = path.join(folder, 'operators');

fs.writeFileSync(operators, 'root:of root\n', { mode: 0o600 });
after(() => fs.rmSync(folder, { recursive: true, force: true }));

let rooms = 0;
const newRoom = () => 'mod-' + ++rooms;
const options = ['--operators', operators];

async function
operator(server, nick = 'oper-' + ++rooms, options = {})
{
	const peer = await Peer.come(server, { nick }, options);

	await peer.ask('op', { name: 'root', password: 'of root' });
	return peer;
}

async function
member(server, room, nick = 'guest-' + ++rooms)
{
	const peer = await Peer.come(server, { nick, rooms: [] });

	if (room)
		await peer.ask('join', { room });
	return peer;
}

/* Somebody registered, who makes the room. */
async function
owner(server, room)
{
	const peer = await member(server, null, 'owner-' + ++rooms);

	await peer.ask('register', { password: 'secret' });
	const { role } = await peer.ask('join', { room });
	assert.strictEqual(role, 'owner');
	await peer.say(room, 'first');
	return peer;
}

/* Its connection ends, and it does not come back. */
function
isOut(peer)
{
	return soon(new Promise((resolve) =>
	    peer.socket.once('disconnect', resolve)), 'disconnect');
}

/* The error of a connection that is refused. */
function
refusedAt(server, auth, nsp = '/')
{
	const socket = require('socket.io-client-4')(server.url + nsp,
	    { auth, transports: ['websocket'], forceNew: true });

	cleanup(() => socket.close());
	return soon(new Promise((resolve, reject) => {
		socket.on('connect_error', resolve);
		socket.on('connect', () => reject(new Error('let in')));
	}), 'refusal');
}

const http = (server, room, init) =>
    fetch(server.url + '/r/' + room + '?follow=0', init);

describe('moderation of a room', () => {
	const server = useChat(...options);

	useChecks();

	test('kick', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const again = await Peer.come(server,
		    { token: bob.hello.token, rooms: [room] });

		await ana.ask('kick', { room, nick: bob.nick,
			reason: 'a\nb' });
		for (const peer of [bob, again]) {
			const [heard] = await peer.heard('kicked');
			assert.deepStrictEqual(heard, { by: ana.nick, room,
				reason: 'a b' });
		}
		const [left] = await ana.heard('left');
		assert.deepStrictEqual([left.nick, left.reason],
		    [bob.nick, 'kicked']);
		assert.strictEqual((await ana.ask('who', { room })).count, 1);
		await ana.refused('no-such-person', 'kick',
		    { room, nick: bob.nick });
		await bob.ask('join', { room });
		await server.logged({ event: 'audit', what: 'kick',
			nick: ana.nick, whom: bob.nick, room });
	});

	test('a kicked plain WebSocket, and one of /chat, is disconnected',
	    async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const plain = await joinPlain(server, {}, '?room=' + room +
		    '&nick=plain');
		const chat = await join(server, { nsp: '/chat',
			auth: { nick: 'chatter', rooms: [room] } });
		const gone = new Promise((resolve) =>
		    chat.socket.on('disconnect', resolve));

		await ana.ask('kick', { room, nick: 'plain' });
		assert.strictEqual(await plain.closed(), 1008);
		await ana.ask('kick', { room, nick: 'chatter' });
		assert.strictEqual(await soon(gone, 'disconnect'),
		    'io server disconnect');
	});

	test('ban and unban', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const arg = { room, nick: bob.nick };
		const id = await bob.say(room, 'mine');
		await ana.say(room, `secretive ${bob.nick}`);
		await ana.say(room, 'secretive');
		assert.strictEqual((await bob.ask('search',
		    { text: 'secretive' })).messages.length, 2);

		const { ban } = await ana.ask('ban', { ...arg, reason: 'spam' });
		const [heard] = await bob.heard('banned');
		assert.deepStrictEqual(heard,
		    { by: ana.nick, room, reason: 'spam' });
		await bob.refused('banned', 'join', { room });
		await bob.refused('banned', EVENT, 'x', { room });
		await bob.refused('banned', 'history', { room });
		await bob.refused('banned', 'typing', { room });
		await bob.refused('banned', 'edit', { id, text: 'y' });
		await bob.refused('banned', 'delete', { id });
		await bob.refused('banned', 'react', { id, emoji: 'x' });
		for (const [name, arg] of [['search', { text: 'secretive' }],
			['mentions', {}]])
			assert.deepStrictEqual((await bob.ask(name, arg))
			    .messages, [], name);
		const again = await Peer.come(server,
		    { token: bob.hello.token, rooms: [room] });
		const [note] = await again.heard('notice');
		assert.deepStrictEqual([note.code, note.room],
		    ['banned', room]);
		assert.deepStrictEqual(again.hello.rooms, []);
		const { bans } = await ana.ask('bans', { room });
		assert.deepStrictEqual(bans.map(({ at, ...rest }) => rest),
		    [{ ban, room, nick: bob.nick, from: bob.from,
			by: ana.nick, reason: 'spam' }]);
		await bob.refused('forbidden', 'unban', { ban });
		await ana.ask('unban', { ban });
		await ana.refused('no-such-ban', 'unban', { ban });
		assert.strictEqual((await bob.ask('search',
		    { text: 'secretive' })).messages.length, 2);
		assert.strictEqual((await bob.ask('mentions')).messages.length,
		    1);
		await bob.ask('join', { room });
		await bob.say(room, 'again');
		await ana.refused('too-long', 'ban',
		    { ...arg, reason: 'x'.repeat(257) });
		await ana.refused('forbidden', 'ban',
		    { room, address: '192.0.2.1' });
	});

	test('who logs in where it is banned is put out', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, null);

		await bob.ask('register', { password: 'secret' });
		await ana.ask('ban', { room, nick: bob.nick });
		const eve = await member(server, room);
		await eve.ask('login', { nick: bob.nick, password: 'secret' });
		const [left] = await ana.heard('left');
		assert.strictEqual(left.reason, undefined);
		assert.strictEqual((await ana.ask('who', { room })).count, 1);
		await eve.refused('banned', EVENT, 'x', { room });
	});

	test('a ban with a time ends by itself', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const { until: end } = await ana.ask('ban',
		    { room, nick: bob.nick, seconds: 1 });
		const ack = await bob.answer('join', { room });

		assert.ok(end > Date.now() - 20000);
		/* On a slow machine it may be over already. */
		assert.ok(ack.ok || (ack.code === 'banned' &&
		    ack.retry <= 1000), JSON.stringify(ack));
		await until(async () => (await bob.answer('join',
		    { room })).ok, 'the end of the ban');
		await until(async () => (await ana.ask('bans',
		    { room })).bans.length === 0, 'an empty list');
	});

	test('mute and unmute: nothing but reading', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const id = await bob.say(room, 'mine');
		const other = await bob.say(room, 'other');
		const hold = async () => {
			const [muted] = await bob.heard('muted');
			await bob.refused('muted', EVENT, 'x', { room });
			await bob.refused('muted', 'edit', { id, text: 'y' });
			await bob.refused('muted', 'react',
			    { id, emoji: 'x' });
			await bob.refused('muted', 'topic',
			    { room, topic: 'x' });
			await bob.refused('muted', 'typing', { room });
			return muted;
		};

		await ana.ask('mute', { room, nick: bob.nick });
		assert.deepStrictEqual(await hold(), { by: ana.nick, room });
		const { muted } = await bob.ask('join', { room });
		assert.deepStrictEqual(muted, {});
		await bob.ask('history', { room });
		await bob.ask('delete', { id: other });
		await bob.ask(EVENT, 'x', { room: 'lobby' });
		const ack = await ana.ask('mute', { room, from: bob.from,
			seconds: 1000, reason: 'caps' });
		const told = await hold();
		assert.deepStrictEqual([told.reason, told.until],
		    ['caps', ack.until]);
		const refusal = await bob.refused('muted', EVENT, 'x', { room });
		assert.ok(refusal.retry <= 1000000);
		await ana.ask('unmute', { room, nick: bob.nick });
		const [heard] = await bob.heard('unmuted');
		assert.deepStrictEqual(heard, { by: ana.nick, room });
		await bob.say(room, 'again');
	});

	test('a muted plain WebSocket is not heard', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const plain = await joinPlain(server, {}, '?room=' + room +
		    '&nick=silent');

		await ana.ask('mute', { room, nick: 'silent' });
		plain.ws.send('no');
		await ana.ask('unmute', { room, nick: 'silent' });
		plain.ws.send('yes');
		assert.strictEqual(await plain.texts.next(), 'yes');
	});

	test('slow mode: one after the other, and nothing lost', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const say = (text) => bob.answer(EVENT, text,
		    { room, nonce: room + text });

		await ana.ask('slow', { room, seconds: 2 });
		const [heard] = await bob.heard('slow');
		assert.deepStrictEqual(heard,
		    { room, seconds: 2, nick: ana.nick });
		assert.strictEqual((await bob.ask('join', { room })).slow, 2);
		assert.ok((await say('1')).ok);
		const { retry } = await bob.refused('slow-mode', EVENT, '2',
		    { room, nonce: room + '2' });
		assert.ok(retry <= 2000);
		/* What comes behind it has to wait, but elsewhere not. */
		const later = await say('3');
		assert.ok(['slow-mode', 'not-stored'].includes(later.code));
		await bob.ask(EVENT, 'x', { room: 'lobby' });
		/* Moderators don't wait. */
		await ana.say(room, 'a');
		await ana.say(room, 'b');
		await until(async () => (await say('2')).ok, 'turn of 2');
		await until(async () => (await say('3')).ok, 'turn of 3');
		const { messages } = await bob.ask('history', { room });
		assert.deepStrictEqual(messages.filter(([, { from }]) =>
		    from === bob.from).map(([text]) => text), ['1', '2', '3']);
		await ana.ask('slow', { room, seconds: 0 });
		assert.strictEqual((await bob.ask('join', { room })).slow,
		    undefined);
		assert.ok((await say('4')).ok);
		assert.ok((await say('5')).ok);
	}, 60);

	test('slow mode: changes, and the topic', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const id = await bob.say(room, 'x');
		const edit = (text) => bob.answer('edit', { id, text });
		const react = (emoji, on) => bob.answer('react',
		    { id, emoji, on });

		await ana.ask('slow', { room, seconds: 1000 });
		/* What changes nothing is not held. */
		assert.ok((await edit('x')).ok);
		const [one, two] = await Promise.all([edit('1'), edit('2')]);
		assert.ok(one.ok);
		assert.strictEqual(two.code, 'slow-mode');
		assert.ok(two.retry > 0 && two.retry <= 1000000);
		assert.strictEqual((await react('a')).code, 'slow-mode');
		await bob.ask('topic', { room, topic: 'first' });
		await bob.refused('slow-mode', 'topic', { room, topic: 'y' });
		await bob.refused('slow-mode', EVENT, 'y', { room });
		for (const text of ['a', 'b']) {
			await ana.ask('react', { id, emoji: text });
			await ana.ask('topic', { room, topic: text });
		}
		/* Anew; and to take something back is free. */
		await ana.ask('slow', { room, seconds: 999 });
		assert.ok((await react('a')).ok);
		assert.ok((await react('a', false)).ok);
		assert.strictEqual((await edit('3')).code, 'slow-mode');
		await bob.ask('delete', { id });
		await ana.ask('slow', { room, seconds: 0 });
		const other = await bob.say(room, 'z');
		for (const text of ['1', '2'])
			await bob.ask('edit', { id: other, text });
	});

	test('slow mode: a change has its turn in time', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const id = await bob.say(room, 'x');

		await ana.ask('slow', { room, seconds: 1 });
		await bob.ask('edit', { id, text: 'a' });
		await until(async () => (await bob.answer('edit',
		    { id, text: 'b' })).ok, 'turn');
	});

	test('slow mode by HTTP: an address is one', async () => {
		const room = newRoom();
		const ana = await owner(server, room);

		await ana.ask('slow', { room, seconds: 1000 });
		const [first, second] = [await http(server, room,
		    { method: 'POST', body: '1' }), await http(server, room,
		    { method: 'POST', body: '2' })];
		assert.strictEqual(first.status, 200);
		assert.strictEqual(second.status, 429);
		const wait = Number(second.headers.get('retry-after'));
		assert.ok(wait > 0 && wait <= 1000);
	});

	test('moderators, and the order of roles', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);
		const eve = await member(server, room);
		const set = (nick, on) => ({ room, nick, on });

		await ana.refused('not-registered', 'moderator',
		    set(bob.nick, true));
		await bob.ask('register', { password: 'secret' });
		await bob.refused('forbidden', 'kick',
		    { room, nick: eve.nick });
		await ana.ask('moderator', set(bob.nick, true));
		const [heard] = await eve.heard('moderator');
		assert.deepStrictEqual(heard, { room, nick: bob.nick,
			from: bob.from, on: true, by: ana.nick });
		const { members } = await eve.ask('who', { room });
		assert.deepStrictEqual(members.map(({ role }) => role),
		    ['owner', 'moderator', undefined]);
		for (const [name, nick] of [['kick', ana.nick],
			['kick', bob.nick], ['ban', ana.nick],
			['mute', ana.nick]])
			await bob.refused('forbidden', name, { room, nick });
		await bob.refused('forbidden', 'moderator',
		    set(bob.nick, false));
		const id = await eve.say(room, 'hers');
		await bob.refused('forbidden', 'edit', { id, text: 'x' });
		await bob.ask('delete', { id });
		const [gone] = await eve.heard('deleted');
		assert.deepStrictEqual([gone.nick, gone.from],
		    [bob.nick, bob.from]);
		await server.logged({ event: 'audit', what: 'delete',
			nick: bob.nick, room });
		const there = await ana.say(room, 'elsewhere');
		await ana.ask('moderator', set(bob.nick, false));
		await bob.refused('forbidden', 'delete', { id: there });
		await bob.refused('forbidden', 'kick',
		    { room, nick: eve.nick });
	});

	test('an owner hands the room on', async () => {
		const room = newRoom();
		const ana = await owner(server, room);
		const bob = await member(server, room);

		await ana.refused('not-registered', 'owner',
		    { room, nick: bob.nick });
		await bob.ask('register', { password: 'secret' });
		await ana.ask('owner', { room, nick: bob.nick });
		const [heard] = await bob.heard('owner');
		assert.deepStrictEqual(heard, { room, nick: bob.nick,
			from: bob.from, by: ana.nick });
		await ana.refused('forbidden', 'owner',
		    { room, nick: ana.nick });
		const { rooms: all } = await bob.ask('rooms');
		assert.strictEqual(all.find((r) => r.room === room).role,
		    'owner');
	});

	test('nobody is above a room of two, or one of guests', async () => {
		const room = newRoom();
		const bob = await member(server, room);
		const eve = await member(server, room);
		const oper = await operator(server);

		await bob.refused('forbidden', 'kick', { room, nick: eve.nick });
		await oper.refused('forbidden', 'kick',
		    { room: '@' + bob.nick, nick: bob.nick });
		await oper.ask('kick', { room, nick: eve.nick });
		await bob.ask('register', { password: 'secret' });
		await oper.ask('owner', { room, nick: bob.nick });
		await bob.ask('slow', { room, seconds: 1 });
	});
});

describe('moderation of the server', () => {
	const server = useChat(...options);

	useChecks();

	test('a ban of a person', async () => {
		const oper = await operator(server);
		const bob = await member(server, 'lobby');
		const out = isOut(bob);
		const { ban, addresses } = await oper.ask('ban',
		    { nick: bob.nick, reason: 'spam', seconds: 3000 });

		assert.deepStrictEqual(addresses, ['127.0.0.1']);
		const [heard] = await bob.heard('banned');
		assert.deepStrictEqual([heard.reason, heard.room],
		    ['spam', undefined]);
		assert.strictEqual(await out, 'io server disconnect');
		for (const nsp of ['/', '/chat']) {
			const { message, data } = await refusedAt(server,
			    { token: bob.hello.token }, nsp);
			assert.strictEqual(message, 'banned');
			assert.deepStrictEqual(data, { code: 'banned',
				until: heard.until, reason: 'spam' });
		}
		await oper.ask('unban', { ban });
		const again = await Peer.come(server,
		    { token: bob.hello.token });
		assert.strictEqual(again.from, bob.from);
	});

	test('who is banned is not logged in as', async () => {
		const oper = await operator(server);
		const bob = await member(server);

		await bob.ask('register', { password: 'secret' });
		await oper.ask('ban', { nick: bob.nick });
		const eve = await member(server);
		await eve.refused('banned', 'login',
		    { nick: bob.nick, password: 'secret' });
	});

	test('who is banned while cut off does not come back', async () => {
		const oper = await operator(server);
		const bob = await member(server, 'lobby');
		const { engine } = bob.socket.io;
		const error = new Promise((resolve) =>
		    bob.socket.once('connect_error', resolve));

		bob.socket.io.reconnection(false);
		engine.close();
		await oper.heard('left');
		await oper.ask('ban', { from: bob.from });
		bob.socket.auth = { token: bob.hello.token };
		bob.socket.connect();
		assert.strictEqual((await soon(error, 'refusal')).data.code,
		    'banned');
	});

	test('a ban of an address holds at every door', async () => {
		const oper = await operator(server, undefined,
		    { localAddress: '127.0.0.2' });
		const room = newRoom();
		const bob = await member(server, room);
		const plain = await joinPlain(server, {}, '?room=' + room);
		const follow = await fetch(server.url + '/r/' + room);
		const body = follow.text();

		await oper.refused('bad-request', 'ban',
		    { address: 'localhost' });
		for (const address of ['127.0.0.2', '127.0.0.0/8', '0.0.0.0/0'])
			await oper.refused('forbidden', 'ban', { address });
		const { ban } = await oper.ask('ban', { address: '127.0.0.1' });
		await bob.heard('banned');
		assert.strictEqual(await plain.closed(), 1008);
		await body;
		const { data } = await refusedAt(server, {});
		assert.strictEqual(data.code, 'banned');
		for (const init of [{}, { method: 'POST', body: 'x' }])
			assert.strictEqual((await http(server, room,
			    init)).status, 403);
		await assert.rejects(joinPlain(server), /403/);
		await oper.ask('unban', { ban });
		assert.notStrictEqual((await http(server, room)).status, 403);
	}, 40);

	test('a mute everywhere', async () => {
		const oper = await operator(server);
		const bob = await member(server, newRoom());

		await oper.ask('mute', { nick: bob.nick });
		await bob.refused('muted', EVENT, 'x', { room: 'lobby' });
		await bob.refused('muted', EVENT, 'x',
		    { room: '@' + oper.nick });
		await oper.ask('unmute', { nick: bob.nick });
		await bob.ask(EVENT, 'x', { room: 'lobby' });
	});

	test('the audit, in pages', async () => {
		const oper = await operator(server);
		const room = newRoom();
		const bob = await member(server, room);

		await oper.ask('mute', { room, nick: bob.nick, reason: 'r',
			seconds: 5 });
		await oper.ask('unmute', { room, nick: bob.nick });
		const { lines, more } = await oper.ask('audit', { limit: 1 });
		assert.ok(more);
		assert.deepStrictEqual([lines[0].what, lines[0].nick,
			lines[0].by, lines[0].room],
		    ['unmute', bob.nick, oper.nick, room]);
		const next = await oper.ask('audit',
		    { before: lines[0].line, limit: 1 });
		assert.deepStrictEqual([next.lines[0].what,
			next.lines[0].reason, next.lines[0].from],
		    ['mute', 'r', oper.from]);
		await bob.refused('forbidden', 'audit');
	});

	test('reserved nicks, and what looks like them', async () => {
		const bob = await member(server);

		for (const nick of ['server', 'Admin', 'SYSTEM', 'r\u043e\u043et',
			'\uff43\uff48\uff41\uff54'])
			await bob.refused('nick-reserved', 'nick', { nick });
		const eve = await Peer.come(server, { nick: 'admin' });
		assert.match(eve.nick, /^guest-/);
		const [note] = await eve.heard('notice');
		assert.strictEqual(note.code, 'nick-reserved');
		const oper = await operator(server);
		await oper.ask('nick', { nick: 'admin' });
	});
});

describe('moderation, what is kept', () => {
	useCleanup();
	useChecks();

	test('all of it is there when the server was killed', async () => {
		const store = path.join(folder, 'kept.db');
		const args = [...options, '--store', store];
		const first = await startChat(...args);
		const oper = await operator(first);
		const ana = await owner(first, 'kept');
		const bob = await member(first, 'kept', 'bob');
		const eve = await member(first, 'kept', 'eve');
		const mal = await member(first, 'kept', 'mal');
		const tokens = [ana, bob, eve, mal].map(({ hello }) =>
		    hello.token);

		await bob.ask('register', { password: 'secret' });
		await ana.ask('moderator', { room: 'kept', nick: 'bob',
			on: true });
		await ana.ask('slow', { room: 'kept', seconds: 7 });
		await ana.ask('mute', { room: 'kept', nick: 'eve' });
		const { ban } = await bob.ask('ban', { room: 'kept',
			nick: 'eve', seconds: 5000 });
		await bob.ask('unban', { ban });
		const kept = await bob.ask('ban', { room: 'kept',
			nick: 'mal', seconds: 5000 });
		await oper.ask('ban', { address: '192.0.2.0/24' });
		const { lines } = await oper.ask('audit');
		for (const peer of [oper, ana, bob, eve, mal])
			peer.close();
		await first.kill();

		const second = await startChat(...args);
		const again = await operator(second);
		const [a, , e, m] = await Promise.all(tokens.map((token) =>
		    Peer.come(second, { token, rooms: [] })));
		await a.ask('login', { nick: ana.nick, password: 'secret' });
		const ack = await a.ask('join', { room: 'kept' });
		assert.deepStrictEqual([ack.role, ack.slow], ['owner', 7]);
		const b = await member(second, null);
		await b.ask('login', { nick: 'bob', password: 'secret' });
		assert.strictEqual((await b.ask('join',
		    { room: 'kept' })).role, 'moderator');
		await e.refused('muted', EVENT, 'x', { room: 'kept' });
		await m.refused('banned', 'join', { room: 'kept' });
		const { bans } = await again.ask('bans');
		assert.deepStrictEqual(bans.map((one) => [one.ban, one.nick,
			one.address, one.until]),
		    [[kept.ban, 'mal', undefined, kept.until],
			[kept.ban + 1, undefined, '192.0.2.0/24', undefined]]);
		assert.deepStrictEqual((await again.ask('audit',
		    { before: lines[0].line + 1 })).lines, lines);
		await b.ask('unban', { ban: kept.ban });
		await m.ask('join', { room: 'kept' });
	}, 60);

	test('what can\'t be stored has not happened', async () => {
		const store = path.join(folder, 'locked.db');
		const server = await startChat(...options, '--store', store);
		const oper = await operator(server);
		const ana = await owner(server, 'locked');
		const bob = await member(server, 'locked', 'bob');

		await bob.ask('register', { password: 'secret' });
		const lock = spawn(PYTHON, ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.read()
`, store], { stdio: ['pipe', 'pipe', 'inherit'] });
		const gone = new Promise((resolve) => lock.on('close', resolve));
		cleanup(() => lock.kill('SIGKILL'));
		await soon(new Promise((resolve) =>
		    lock.stdout.once('data', resolve)), 'lock');
		const arg = { room: 'locked', nick: 'bob' };
		for (const [peer, name, more] of [[ana, 'kick'], [ana, 'ban'],
			[ana, 'mute'], [ana, 'slow', { seconds: 9 }],
			[ana, 'moderator', { on: true }], [ana, 'owner'],
			[oper, 'ban', { room: undefined }]])
			await peer.refused('not-stored', name,
			    { ...arg, ...more });
		lock.stdin.end();
		await gone;

		const ack = await bob.ask('join', { room: 'locked' });
		assert.deepStrictEqual([ack.slow, ack.role, ack.count,
			ack.muted], [undefined, undefined, 2, undefined]);
		assert.deepStrictEqual((await ana.ask('bans',
		    { room: 'locked' })).bans, []);
		for (const name of ['kicked', 'banned', 'muted', 'slow',
			'moderator', 'owner'])
			assert.strictEqual(bob.left(name), 0, name);
		await ana.ask('who', { room: 'locked' });
		assert.deepStrictEqual((await oper.ask('audit')).lines
		    .filter(({ what }) => what !== 'op'), []);
		await until(async () => (await ana.answer('kick', arg)).ok,
		    'the store');
	}, 60);

	test('every event has been heard, every member seen', () => {
		for (const name of ['kicked', 'banned', 'muted', 'unmuted',
			'slow', 'moderator', 'owner'])
			assert.ok(seenEvents.has(name), name);
		const ours = /^(kicked|banned|muted|unmuted|ack of (ban|bans|mute|audit))\.|\.(role|slow|muted)$/;
		const rare = /^(welcome|joined)\.|lines\[\]\.(by|from|refused)$/;
		assert.deepStrictEqual([...seen].filter(([name, how]) =>
		    how !== 3 && ours.test(name) && !rare.test(name)), []);
	});
});
