'use strict';
/*
 * Private rooms, their lists, and invitations: to whoever is not on the list
 * of a room there is no such room, by whatever door.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const WebSocket = require('ws');
const { cleanup, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');
const clients = require('./clients');
const { soon, test } = require('./harness');
const { EVENT, Peer, useChecks } = require('./peer');
const { request } = require('./raw');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-private-'));
let number = 0;

after(() => fs.rmSync(folder, { recursive: true, force: true }));

function
write(name, text)
{
	const file = path.join(folder, name);

	fs.writeFileSync(file, text, { mode: 0o600 });
	return file;
}

/* Somebody registered, who owns a room of its own. */
async function
comeAsOwner(server, auth = {})
{
	const nick = 'owner-' + ++number;
	const room = 'secret-' + number;
	const owner = await Peer.come(server, { nick, rooms: [], ...auth });

	await owner.ask('register', { password: 'secret' });
	await owner.ask('join', { room });
	return { owner, room };
}

/* A private room with one message, which says `word`. */
async function
makePrivate(server)
{
	const { owner, room } = await comeAsOwner(server);
	const word = 'hush' + number;
	const id = await owner.say(room, word + ' @stranger');

	await owner.ask('private', { room, on: true });
	await owner.heard('private');
	return { owner, room, word, id };
}

/* Follows a room by HTTP: resolves, once that has begun, with what
 * tells its end. */
function
follow(server, room)
{
	return soon(new Promise((resolve, reject) => {
		const req = http.get({ host: '127.0.0.1', port: server.port,
			path: '/r/' + room, agent: false }, (res) => {
			const ended = new Promise((end) => res.on('end', end));

			assert.strictEqual(res.statusCode, 200);
			res.resume();
			resolve({ ended });
		});

		req.on('error', reject);
		cleanup(() => req.destroy());
	}), 'what follows');
}

describe('a private room', () => {
	const server = useChat('--operators', write('operators',
	    'root:of root\n'));

	useChecks();

	test('is none for strangers, whatever they ask', async () => {
		const { room, word, id, owner } = await makePrivate(server);
		const stranger = await Peer.come(server, { nick: 'stranger',
			rooms: ['lobby', room] });
		const none = (name, arg) => stranger.refused('no-such-room',
		    name, { room, ...arg });

		assert.deepStrictEqual(stranger.hello.rooms.map((r) => r.room),
		    ['lobby']);
		const [notice] = await stranger.heard('notice');
		assert.deepStrictEqual([notice.code, notice.room],
		    ['no-such-room', room]);
		for (const [name, arg] of [['join'], ['leave'], ['history'],
			['who'], ['typing'], ['read', { id }],
			['topic', { topic: 'x' }], ['search', { text: word }],
			['private', { on: false }], ['kick', { nick: 'x' }],
			['invite', { nick: 'stranger' }], ['invite'],
			['uninvite', { nick: owner.nick }]])
			await none(name, arg);
		await stranger.refused('no-such-room', EVENT, 'x', { room });
		await stranger.refused('no-such-message', 'react',
		    { id, emoji: '\u{1f44d}' });
		await stranger.refused('no-such-message', 'edit',
		    { id, text: 'x' });
		await stranger.refused('no-such-message', 'delete', { id });
		const { messages } = await stranger.ask('search',
		    { text: word });
		assert.deepStrictEqual(messages, []);
		assert.deepStrictEqual((await stranger.ask('mentions'))
		    .messages, []);
		assert.ok((await stranger.ask('rooms')).rooms.every((r) =>
		    r.room !== room));
		assert.deepStrictEqual((await stranger.ask('whois',
		    { nick: owner.nick })).rooms, []);
		/* A reply takes nothing out of it. */
		const reply = await stranger.ask(EVENT, 'x', { reply: id });
		const [, meta] = await stranger.heard(EVENT);
		assert.strictEqual(meta.id, reply.id);
		assert.strictEqual(meta.reply, undefined);
		/* Nobody has been told. */
		for (const event of ['joined', 'typing', 'reaction'])
			assert.strictEqual(owner.left(event), 0);
	});

	test('nor is there a door by HTTP, /chat or a plain WebSocket',
	    async () => {
		const { room } = await makePrivate(server);
		const at = '/r/' + room;

		for (const query of ['', '?follow=0', '?format=json'])
			assert.strictEqual((await request(server,
			    { path: at + query })).status, 404);
		assert.strictEqual((await request(server, { method: 'POST',
			path: at, body: 'x' })).status, 404);
		const status = await soon(new Promise((resolve, reject) => {
			const ws = new WebSocket('ws://127.0.0.1:' +
			    server.port + '/chat?room=' + room);
			cleanup(() => ws.terminate());
			ws.on('unexpected-response', (req, res) => {
				resolve(res.statusCode);
				req.destroy();
			});
			ws.on('open', () => resolve(101));
			ws.on('error', reject);
		}), 'handshake');
		assert.strictEqual(status, 404);
		const socket = clients.open(server, { version: 4,
			mode: 'websocket', nsp: '/chat',
			auth: { rooms: [room] } });
		cleanup(() => socket.close());
		await clients.connected(socket);
		const [ack] = await clients.call(socket, 'message', 'x',
		    { room });
		assert.strictEqual(ack.code, 'no-such-room');
	});

	test('those who are there and not listed are put out', async () => {
		const { owner, room } = await comeAsOwner(server);
		const guest = await Peer.come(server, { rooms: [room] });
		const friend = await Peer.come(server, { nick: 'friend',
			rooms: [room] });
		const plain = await joinPlain(server, {}, '?room=' + room);
		const follower = await follow(server, room);

		await owner.ask('invite', { room, nick: 'friend' });
		assert.deepStrictEqual((await friend.heard('invited'))[0],
		    { room, by: owner.nick });
		await owner.ask('private', { room, on: true });
		for (const peer of [owner, friend, guest])
			assert.deepStrictEqual((await peer.heard('private'))[0],
			    { room, on: true, by: owner.nick });
		const [kicked] = await guest.heard('kicked');
		assert.deepStrictEqual([kicked.room, kicked.by],
		    [room, owner.nick]);
		await plain.closed();
		await soon(follower.ended, 'end of what follows');
		await guest.refused('no-such-room', 'history', { room });
		const { members } = await friend.ask('who', { room });
		assert.deepStrictEqual(members.map((m) => m.nick).sort(),
		    ['friend', owner.nick].sort());
		assert.strictEqual((await friend.ask('join', { room })).private,
		    true);
		const mine = (await friend.ask('rooms')).rooms.find((r) =>
		    r.room === room);
		assert.strictEqual(mine.private, true);
		assert.deepStrictEqual((await friend.ask('whois',
		    { nick: owner.nick })).rooms, [room]);

		await owner.ask('uninvite', { room, nick: 'friend' });
		await friend.heard('kicked');
		await friend.refused('no-such-room', 'join', { room });

		await owner.ask('private', { room, on: false });
		await guest.ask('join', { room });
		assert.strictEqual((await guest.ask('join', { room })).private,
		    undefined);
	});

	test('whoever was cut off does not come back into it', async () => {
		const { owner, room } = await comeAsOwner(server);
		const guest = await Peer.come(server, { rooms: [room] });

		guest.socket.io.reconnection(false);
		guest.socket.io.engine.close();
		await owner.heard('left');
		await owner.ask('private', { room, on: true });
		guest.socket.connect();
		const [hello] = await guest.heard('welcome');
		assert.deepStrictEqual(hello.rooms.filter((r) =>
		    r.room === room), []);
	});

	test('who may do what', async () => {
		const { owner, room } = await makePrivate(server);
		const friend = await Peer.come(server, { rooms: [] });

		await owner.ask('invite', { room, from: friend.from });
		await friend.ask('join', { room });
		await friend.refused('forbidden', 'private',
		    { room, on: false });
		await friend.refused('forbidden', 'invite', { room });
		await friend.refused('forbidden', 'invite',
		    { room, nick: friend.nick });
		await friend.refused('forbidden', 'uninvite',
		    { room, nick: owner.nick });
		await owner.refused('forbidden', 'invite');
		await owner.refused('forbidden', 'private',
		    { room: 'lobby', on: true });
		const root = await Peer.come(server, { rooms: [] });
		await root.refused('no-such-room', 'join', { room });
		await root.ask('op', { name: 'root', password: 'of root' });
		await root.ask('join', { room });
		await root.refused('forbidden', 'private',
		    { room: 'lobby', on: true });
		await root.ask('op');
		await root.refused('no-such-room', 'history', { room });
	});
});

describe('invitations', () => {
	const server = useChat();

	useChecks();

	test('are taken up, so many times', async () => {
		const { owner, room } = await makePrivate(server);
		const made = await owner.ask('invite', { room, uses: 2 });
		const guests = [];

		assert.match(made.invite, /^[\w-]{24}$/);
		assert.strictEqual(made.path, '/i/' + made.invite);
		for (let i = 0; i < 3; i++)
			guests.push(await Peer.come(server, { rooms: [] }));
		for (const guest of [guests[0], guests[0], guests[1]])
			assert.strictEqual((await guest.ask('accept',
			    { invite: made.invite })).room, room);
		await guests[2].refused('bad-invitation', 'accept',
		    { invite: made.invite });
		await guests[0].ask('join', { room });
		await guests[2].refused('no-such-room', 'join', { room });
		for (const invite of ['', 'x', made.invite + 'x',
			made.invite.slice(1), made.invite.toUpperCase()])
			await guests[2].refused('bad-invitation', 'accept',
			    { invite });
	});

	test('many at once do not get more out of one', async () => {
		const { owner, room } = await makePrivate(server);
		const { invite } = await owner.ask('invite', { room, uses: 3 });
		const guests = await Promise.all(Array.from({ length: 8 },
		    () => Peer.come(server, { rooms: [] })));
		const acks = await Promise.all(guests.map((guest) =>
		    guest.answer('accept', { invite })));

		assert.strictEqual(acks.filter((ack) => ack.ok).length, 3);
		assert.ok(acks.every((ack) => ack.ok ||
		    ack.code === 'bad-invitation'));
	});

	test('are listed, and taken back', async () => {
		const { owner, room } = await makePrivate(server);
		const made = await owner.ask('invite', { room, uses: 2,
			seconds: 3600 });
		const other = await owner.ask('invite', { room });
		const [first, second] = [await Peer.come(server, { rooms: [] }),
			await Peer.come(server, { rooms: [] })];
		const listed = async () =>
		    (await owner.ask('invitations', { room })).invitations;

		await first.ask('accept', { invite: made.invite });
		const list = await listed();
		const [{ at }] = list;

		assert.ok(Math.abs(Date.now() - at) < 60000);
		assert.deepStrictEqual(list, [{ invite: made.invite,
			path: made.path, at, by: owner.nick, room, uses: 1,
			until: made.until }, { invite: other.invite,
			path: other.path, at: list[1].at, by: owner.nick,
			room }]);
		await first.refused('forbidden', 'revoke',
		    { invite: made.invite });
		await owner.ask('revoke', { invite: made.invite });
		await second.refused('bad-invitation', 'accept',
		    { invite: made.invite });
		await owner.refused('bad-invitation', 'revoke',
		    { invite: made.invite });
		assert.deepStrictEqual((await listed()).map((i) => i.invite),
		    [other.invite]);
		/* Who has used it stays. */
		await first.ask('join', { room });
	});

	test('end by their time', async () => {
		const { owner, room } = await makePrivate(server);
		const { invite, until } = await owner.ask('invite',
		    { room, seconds: 1 });
		const guest = await Peer.come(server, { rooms: [] });

		assert.ok(until <= Date.now() + 1000);
		await new Promise((resolve) =>
		    setTimeout(resolve, until - Date.now() + 50));
		await guest.refused('bad-invitation', 'accept', { invite });
	});

	test('in auth', async () => {
		const { owner, room } = await makePrivate(server);
		const { invite } = await owner.ask('invite', { room });
		const guest = await Peer.come(server, { invite, rooms: [] });

		assert.deepStrictEqual((await guest.heard('invited'))[0],
		    { room, by: owner.nick });
		await guest.ask('join', { room });
		/* Again, by who is on the list. */
		const again = await Peer.come(server,
		    { invite, token: guest.hello.token, rooms: [] });
		assert.deepStrictEqual((await again.heard('invited'))[0],
		    { room, by: owner.nick });
		const late = await Peer.come(server,
		    { invite: 'x', rooms: [] });
		assert.strictEqual((await late.heard('notice'))[0].code,
		    'bad-invitation');
	});

	test('the page is at their address', async () => {
		const { status, text } = await request(server,
		    { path: '/i/whatever' });

		assert.strictEqual(status, 200);
		assert.match(text, /^<!doctype html>/i);
	});
});

describe('a restart', () => {
	useCleanup();
	useChecks();

	test('keeps what is private, lists and invitations', async () => {
		const store = path.join(folder, 'restart.db');
		const first = await startChat('--store', store);
		const { owner, room } = await makePrivate(first);
		const friend = await Peer.come(first, { nick: 'friend' });

		await owner.ask('invite', { room, nick: 'friend' });
		const { invite } = await owner.ask('invite', { room, uses: 1 });
		const { token } = friend.hello;
		friend.close();
		owner.close();
		await first.stop();

		const second = await startChat('--store', store);
		const back = await Peer.come(second, { token, rooms: [room] });
		assert.ok(back.hello.rooms.some((r) => r.room === room &&
		    r.private));
		const stranger = await Peer.come(second, { rooms: [] });
		await stranger.refused('no-such-room', 'join', { room });
		await stranger.ask('accept', { invite });
		await stranger.ask('join', { room });
		const late = await Peer.come(second, { rooms: [] });
		await late.refused('bad-invitation', 'accept', { invite });
	});
});

describe('a closed server', () => {
	const server = useChat('--password-file', write('password', 'pass'),
	    '--operators', path.join(folder, 'operators'));

	useChecks();
	const refused = async (auth) => {
		const socket = clients.open(server, { version: 4,
			mode: 'websocket', auth, reconnection: false });

		cleanup(() => socket.close());
		const [error] = await clients.event(socket, 'connect_error');
		return error.data.code;
	};

	test('is opened by an invitation', async () => {
		const root = await Peer.come(server,
		    { password: 'pass', nick: 'root' });

		await root.refused('forbidden', 'invite');
		await root.ask('op', { name: 'root', password: 'of root' });
		const { invite } = await root.ask('invite', { uses: 1 });
		assert.strictEqual(await refused({ invite: 'x' }),
		    'bad-invitation');
		const guest = await Peer.come(server, { invite });
		await guest.say('lobby', 'in');
		assert.strictEqual(await refused({ invite }),
		    'bad-invitation');
		/* From then on the token does. */
		const again = await Peer.come(server,
		    { invite, token: guest.hello.token });
		assert.strictEqual(again.from, guest.from);
	});

	test('and a room, by one to the room', async () => {
		const { owner, room } = await comeAsOwner(server,
		    { password: 'pass' });

		await owner.ask('private', { room, on: true });
		const { invite } = await owner.ask('invite', { room, uses: 1 });
		const guest = await Peer.come(server, { invite, rooms: [] });
		await guest.heard('invited');
		await guest.ask('join', { room });
		assert.strictEqual(await refused({ invite }),
		    'bad-invitation');
	});
});
