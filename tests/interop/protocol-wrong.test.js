'use strict';
/*
 * What chat-protocol(7) says of requests that are wrong, or can't be done: for
 * every event and every member of its argument, and every code.
 */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, describe } = require('node:test');
const { WebSocket } = require('ws');
const { cleanup, startChat, useChat, useCleanup } = require('./chat-server');
const { Queue, soon, test, until } = require('./harness');
const { EVENT, ID, Peer, checkEvent, checkRefusal, useChecks, usedCodes } =
    require('./peer');
const { codes, matches, requests } = require('./page');

const PYTHON = process.env.PYTHON || '/usr/bin/python3';
const UP = '\u{1f44d}';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-wrong-'));

/* Of each kind of member: what is none. */
const wrongs = {
	string: [0, true, [], {}, ['x']],
	nick: [0, true, [], {}],
	id: [0, true, [], {}, '', 'x', '1', '1-', '-1', '1-2-3', ' 1-2',
		'1-2 ', '1-2.', '1-2.x', '+1-2', '1.5-2', '0x1-2',
		'99999999999999999999999-0'],
	number: ['5', 0, -1, 1.5, true, [], {}],
	boolean: [0, 'true', [], {}]
};

/* What has to be taken as it is, or be refused by one of the codes. */
const hostile = ['', ' ', '\0', '\ud800', '\u202e', '@', '#', '@,', '@a,b',
	'.', '..', '../..', '%s%n', '__proto__', 'constructor', '"', '""',
	'"a', '*', 'a*b', 'NEAR(a b)', 'AND', 'a OR', 'text: a', '^a', '(',
	'-', "'; DROP TABLE message; --", '\r\n', '\u2028', 'e\u0301'.repeat(99),
	'\ufdfa'.repeat(64), '\u{1f44d}'.repeat(70000), 'x'.repeat(300000)];

after(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('chat-protocol(7): wrong arguments', () => {
	const server = useChat('--store', path.join(folder, 'wrong.db'));

	useChecks();
	/* An argument of each event that is right. */
	const right = (id) => ({
		join: { room: 'wrong' }, leave: { room: 'wrong' },
		history: { room: 'wrong' }, search: { text: 'x' },
		mentions: {}, rooms: {}, who: { room: 'wrong' },
		whois: { nick: 'wrong' }, nick: { nick: 'wrong' }, away: {},
		topic: { room: 'wrong', topic: 'x' },
		typing: { room: 'wrong' }, read: { room: 'wrong', id },
		edit: { id, text: 'x' }, delete: { id },
		react: { id, emoji: UP }, register: { password: 'secret' },
		login: { nick: 'wrong', password: 'secret' },
		op: { name: 'wrong', password: 'secret' },
		kick: { room: 'wrong', nick: 'wrong' },
		ban: { room: 'wrong', nick: 'wrong' }, unban: { ban: 1 },
		bans: {}, mute: { room: 'wrong', nick: 'wrong' },
		unmute: { room: 'wrong', nick: 'wrong' },
		slow: { room: 'wrong', seconds: 1 },
		moderator: { room: 'wrong', nick: 'wrong', on: true },
		owner: { room: 'wrong', nick: 'wrong' }, audit: {},
		private: { room: 'wrong', on: true }, invite: {},
		uninvite: { room: 'wrong', nick: 'wrong' },
		accept: { invite: 'wrong' }, invitations: {},
		revoke: { invite: 'wrong' }
	});
	/* Nobody but operators gets that far. */
	const forbidden = ['bans', 'audit', 'invite', 'invitations'];
	/* One of several optional members is needed. */
	const needy = ['ban', 'mute', 'unmute', 'uninvite'];
	const come = async () => {
		const peer = await Peer.come(server, { nick: 'wrong',
			rooms: [] });

		await peer.ask('join', { room: 'wrong' });
		return [peer, right(await peer.say('wrong', 'x'))];
	};

	test('the page and this test know the same events', () => {
		assert.deepStrictEqual(Object.keys(requests).sort(),
		    [...Object.keys(right('')), EVENT, 'message'].sort());
	});

	for (const name of Object.keys(right('')))
		test(name, async () => {
			const [peer, base] = await come();
			const { members } = requests[name].arg;
			const bad = (arg) => peer.refused('bad-request', name,
			    arg);
			let required = false;

			for (const [key, m] of Object.entries(members)) {
				const rest = { ...base[name] };
				delete rest[key];
				assert.ok(wrongs[m.shape], key);
				for (const value of wrongs[m.shape])
					if (key !== 'seconds' || value !== 0 ||
					    name !== 'slow')
						await bad({ ...rest,
							[key]: value });
				if (m.optional)
					continue;
				required = true;
				await bad(rest);
				await bad({ ...rest, [key]: null });
			}
			for (const arg of ['x', 5, true, [], [base[name]]])
				await bad(arg);
			if (forbidden.includes(name))
				return peer.refused('forbidden', name);
			if (!required && !needy.includes(name)) {
				await peer.ask(name);
				await peer.ask(name, null);
				return;
			}
			await bad({});
			await bad(null);
			await peer.refused('bad-request', name);
		});

	test('null is as good as absent; what is unknown is ignored',
	    async () => {
		const [peer] = await come();
		const { id } = await peer.ask(EVENT, 'x', { room: 'wrong',
			nonce: null, reply: null, more: {} });

		await peer.ask('join', { room: 'wrong', after: null,
			limit: null, more: [1] });
		await peer.ask('history', { room: 'wrong', before: null,
			after: null, around: id, limit: null }, 'more');
		await peer.ask('search', { text: 'x', room: null, from: null,
			before: null });
		await peer.ask('away', { text: null });
		await peer.ask('react', { id, emoji: UP, on: null });
		await peer.ask('register', { password: 'secret', old: null });
	});

	test('nuevo mensaje and message', async () => {
		const [peer] = await come();

		for (const name of [EVENT, 'message']) {
			await peer.refused('bad-request', name);
			for (const meta of ['x', 5, true, [], [{}]])
				await peer.refused('bad-request', name, 'x',
				    meta);
			for (const [key, m] of Object.entries(
			    requests[name].arg.members))
				for (const value of wrongs[m.shape])
					await peer.refused('bad-request', name,
					    'x', { [key]: value });
			await peer.refused('bad-request', name, 'x',
			    { nonce: 'n'.repeat(65) });
			await peer.refused('bad-request', name, 'x',
			    { nonce: Buffer.from('x') });
			await peer.ask(name, 'x', { nonce: name[0].repeat(64) });
		}
	});

	test('only one place to read from', async () => {
		const [peer, { read: { id } }] = await come();

		for (const [a, b] of [['before', 'after'], ['after', 'around'],
			['before', 'around']])
			await peer.refused('bad-request', 'history',
			    { room: 'wrong', [a]: id, [b]: id });
	});

	test('binary data where none can be', async () => {
		const [peer, base] = await come();

		for (const [name, arg] of Object.entries(base))
			for (const key of Object.keys(arg))
				await peer.refused('bad-request', name,
				    { ...arg, [key]: Buffer.from('x') });
	});

	test('whatever a string holds', async () => {
		const [peer, base] = await come();
		const names = Object.keys(base).filter((name) =>
		    name !== 'register' && name !== 'login');
		const strings = (name) => Object.entries(
		    requests[name].arg.members).filter(([, m]) =>
		    m.shape === 'string' || m.shape === 'nick');

		for (const name of names)
			for (const [key] of strings(name))
				for (const value of hostile) {
					const ack = await peer.answer(name,
					    { ...base[name], [key]: value });
					if (ack.ok)
						matches(ack, requests[name].ack,
						    name);
					else
						checkRefusal(name, ack);
				}
		for (const value of hostile) {
			const ack = await peer.answer(EVENT, value,
			    { room: 'wrong', nonce: value });
			if (!ack.ok)
				checkRefusal(EVENT, ack);
		}
		await peer.ask('history', { room: 'wrong' });
		assert.ok((await peer.ask('rooms')).rooms.every(({ room }) =>
		    room !== '' && [...room].length <= 64));
	}, 60);

	test('packets that no library sends', async () => {
		const ws = new WebSocket(server.url.replace('http', 'ws') +
		    '/socket.io/?EIO=4&transport=websocket');
		const acks = new Queue('acks');
		let number = 0;

		cleanup(() => ws.terminate());
		ws.on('message', (data) => {
			const found = /^43(\d+)\[(.*)\]$/s.exec(data);
			if (found)
				acks.push([Number(found[1]),
					JSON.parse(found[2])]);
		});
		await soon(new Promise((open) => ws.on('open', open)), 'open');
		ws.send('40{"rooms":null,"nick":7,"token":[]}');
		const deep = '['.repeat(30) + ']'.repeat(30);
		for (const [packet, code] of [
			['"join",{"room":"a","room":7}'],
			['"join",{"\\u0072oom":"escaped"}', null],
			['"join",{"room":"a","__proto__":{"x":1}}', null],
			['"join",{"room":"a","limit":1e99}'],
			['"join",{"room":"a","limit":10e-1}'],
			['"join",{"room":"a","x":' + deep + '}', null],
			['"join",{"room":"\\ud83d"}'],
			['"nuevo mensaje","\\ud83d"', null],
			['"nuevo mensaje",' + deep, null],
			['"nuevo mensaje",{"_placeholder":true,"num":0}'],
			['"constructor"', 'unknown-event'],
			['"__proto__",{}', 'unknown-event'],
			['"welcome",{}', 'unknown-event'],
			['""', 'unknown-event'],
			['7', 'unknown-event']
		]) {
			ws.send('42' + number + '[' + packet + ']');
			const [at, ack] = await acks.next();
			assert.strictEqual(at, number++);
			if (code === null)
				assert.strictEqual(ack.ok, true, packet +
				    JSON.stringify(ack));
			else if (code !== undefined)
				assert.strictEqual(ack.code, code, packet);
			if (!ack.ok)
				checkRefusal(packet, ack);
		}
	});
});

describe('chat-protocol(7): codes', () => {
	const server = useChat('--store', path.join(folder, 'codes.db'));

	useChecks();
	const come = (nick, where = server) => Peer.come(where, { nick,
		rooms: [] });

	test('too-long', async () => {
		const peer = await come('long');
		const { id } = await peer.ask(EVENT, 'x'.repeat(65536));

		for (const text of ['x'.repeat(65537), '\u00e9'.repeat(32769),
			['x'.repeat(65533)]])
			await peer.refused('too-long', EVENT, text);
		await peer.ask(EVENT, '\u00e9'.repeat(32768));
		await peer.ask(EVENT, ['x'.repeat(65532)]);
		await peer.refused('too-long', 'edit', { id,
			text: 'x'.repeat(65537) });
		await peer.ask('edit', { id, text: 'x'.repeat(65536) });
		const topic = (text) => ({ room: 'lobby', topic: text });
		await peer.refused('too-long', 'topic', topic('x'.repeat(513)));
		await peer.ask('topic', topic('\u00e9'.repeat(256)));
		await peer.refused('too-long', 'away',
		    { text: 'x'.repeat(257) });
		await peer.ask('away', { text: 'x'.repeat(256) });
		await peer.refused('bad-request', 'search',
		    { text: 'x'.repeat(1025) });
		await peer.ask('search', { text: 'x'.repeat(1024) });
	});

	test('bad-room, no-such-room, no-such-person', async () => {
		const peer = await come('room');

		for (const room of ['', '#', ' ', '\u202e', '##', '.', '..',
			'x'.repeat(65), 'x'.repeat(9999)])
			for (const name of ['join', 'leave', 'history', 'who',
				'typing'])
				await peer.refused('bad-room', name, { room });
		await peer.ask('join', { room: '\u00e9'.repeat(64) });
		for (const [name, arg] of [['leave'], ['history'], ['who'],
			['search', { text: 'x' }], ['typing'],
			['topic', { topic: 'x' }], ['read', { id: '1-0' }]]) {
			await peer.refused('no-such-room', name,
			    { room: 'nowhere', ...arg });
			await peer.refused('no-such-person', name,
			    { room: '@nobody', ...arg });
			await peer.refused('no-such-room', name,
			    { room: '@aaaaaaaaaaaa,bbbbbbbbbbbb', ...arg });
		}
	});

	test('bad-nick', async () => {
		const peer = await come('nicks');

		for (const nick of ['', ' ', '\u202e', '\u200b\u0007'])
			await peer.refused('bad-nick', 'nick', { nick });
		await peer.ask('nick', { nick: '\u00e9'.repeat(33) });
	});

	test('bad-emoji', async () => {
		const peer = await come('emoji');
		const { id } = await peer.ask(EVENT, 'x');

		for (const emoji of ['', ' ', 'a b', UP + '\n', '\u202e' + UP,
			'\u200d', '\0', UP.repeat(17)])
			await peer.refused('bad-emoji', 'react', { id, emoji });
		for (const emoji of [UP, '+1', UP.repeat(16), '\u2764\ufe0f', '\u2764',
			'\u{1f44d}\u{1f3fd}', '\u{1f1ea}\u{1f1f8}', '1\ufe0f\u20e3',
			'\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'])
			await peer.ask('react', { id, emoji });
		for (const [name, more] of [['react', { emoji: UP }], ['delete'],
			['edit', { text: 'x' }]])
			await peer.refused('no-such-message', name,
			    { id: '1-0', ...more });
		await peer.refused('bad-request', 'edit', { id, text: '' });
	});

	test('too-many reactions, too-many rooms', async () => {
		const peer = await come('many');
		const { id } = await peer.ask(EVENT, 'x');
		const emoji = (n) => String.fromCodePoint(0x1f400 + n);

		for (let i = 0; i < 50; i++)
			await peer.ask('react', { id, emoji: emoji(i) });
		await peer.refused('too-many', 'react', { id,
			emoji: emoji(50) });
		await peer.ask('react', { id, emoji: emoji(7) });
		for (let i = 0; i < 100; i++)
			await peer.ask('join', { room: 'many-' + i });
		await peer.refused('too-many', 'join', { room: 'many-100' });
		await peer.ask('join', { room: 'many-99' });
		await peer.ask('leave', { room: 'many-0' });
		await peer.ask('join', { room: 'many-100' });
	}, 30);

	test('bad-password, wrong-password, slow-down', async () => {
		const ana = await come('pass-ana');
		const bob = await come('pass-bob');
		const login = (nick, password) => ({ nick, password });

		for (const password of ['', 'short', 'x'.repeat(129)])
			await ana.refused('bad-password', 'register',
			    { password });
		await bob.refused('not-registered', 'login',
		    login('pass-ana', 'secret'));
		await bob.refused('not-registered', 'login',
		    login('nobody', 'secret'));
		await ana.ask('register', { password: '\u00e9\u00e9secr' });
		await ana.refused('wrong-password', 'register',
		    { password: 'another' });
		let ack;
		do
			ack = await bob.answer('login', login('pass-ana',
			    'nonsense'));
		while (ack.code === 'wrong-password');
		checkRefusal('login', ack);
		assert.strictEqual(ack.code, 'slow-down');
		await bob.refused('slow-down', 'login', login('pass-ana',
		    '\u00e9\u00e9secr'));
	}, 60);

	test('busy', async () => {
		const peers = await Promise.all(Array.from({ length: 100 },
		    (_, i) => come('busy-' + i)));
		const acks = new Queue('acks');

		/* Those that are taken need a while. */
		for (const { socket } of peers)
			socket.emit('register', { password: 'secret' },
			    (ack) => acks.push(ack));
		for (let ack = { ok: true }; ack.code !== 'busy';) {
			ack = await acks.next();
			if (!ack.ok)
				checkRefusal('register', ack);
		}
	}, 60);

	test('no codes but those of the page, and all of those', async () => {
		const peer = await come('last');

		await peer.refused('unknown-event', 'no such');
		assert.deepStrictEqual(codes.filter((code) =>
		    !usedCodes.has(code) && !['not-stored', 'rooms-fixed',
			'nick-in-use', 'nick-lookalike', 'nick-registered',
			'nick-reserved', 'forbidden', 'rate', 'banned', 'muted',
			'slow-mode', 'no-such-ban'].includes(code)), []);
	});
});

describe('chat-protocol(7): what the server is told to do', () => {
	useCleanup();
	useChecks();

	test('rooms-fixed', async () => {
		const store = path.join(folder, 'fixed.db');
		const open = await startChat('--store', store);
		const maker = await Peer.come(open, { rooms: [] });

		await maker.ask('join', { room: 'made' });
		await maker.ask(EVENT, 'x', { room: 'made' });
		maker.close();
		await open.stop();
		const server = await startChat('--store', store, '--rooms',
		    'fixed');
		const ana = await Peer.come(server, { nick: 'ana',
			rooms: ['other', 'lobby'] });
		const [notice] = await ana.heard('notice');
		assert.strictEqual(notice.code, 'rooms-fixed');
		assert.deepStrictEqual(ana.hello.rooms.map((r) => r.room),
		    ['lobby']);
		await ana.refused('rooms-fixed', 'join', { room: 'other' });
		await ana.ask('join', { room: 'made' });
		await ana.ask('join', { room: 'lobby' });
		await Peer.come(server, { nick: 'bob' });
		await ana.ask('join', { room: '@bob' });
	}, 40);

	test('recovery after a restart', async () => {
		const store = path.join(folder, 'restart.db');
		let server = await startChat('--store', store);
		const ana = await Peer.come(server, { nick: 'ana' });
		const open = async (auth) => {
			const ws = new WebSocket(server.url.replace('http',
			    'ws') + '/socket.io/?EIO=4&transport=websocket');
			const packets = new Queue('packets');

			cleanup(() => ws.terminate());
			ws.on('message', (data) => packets.push(data.toString()));
			await packets.next();
			ws.send('40' + JSON.stringify(auth));
			return { ws, packets };
		};
		const { ws, packets } = await open({ nick: 'bob' });
		const { sid, pid } = JSON.parse((await packets.next()).slice(2));
		const ids = [];

		for (const text of ['a', 'b', 'c'])
			ids.push(await ana.say('lobby', text));
		let packet, offset;
		do {
			packet = await packets.next();
			offset = JSON.parse(packet.slice(2)).pop();
		} while (offset !== ids[2]);
		ws.terminate();
		await ana.ask('edit', { id: ids[0], text: 'A' });
		await ana.ask('delete', { id: ids[1] });
		await ana.ask('react', { id: ids[2], emoji: UP });
		await ana.say('lobby', 'd');
		await server.kill();
		server = await startChat('--store', store);

		const again = await open({ pid, offset });
		const missed = [];
		while (!(packet = await again.packets.next()).startsWith('40'))
			missed.push(JSON.parse(packet.slice(2)));
		assert.deepStrictEqual(JSON.parse(packet.slice(2)),
		    { sid, pid });
		for (const [name, ...args] of missed)
			checkEvent(name, args);
		assert.deepStrictEqual(missed.map(([name, arg]) =>
		    [name, arg.id || arg]).filter(([name]) =>
		    name !== 'left' && name !== 'joined'),
		    [['edited', ids[0]], ['deleted', ids[1]],
			['reaction', ids[2]], [EVENT, 'd']]);
		const [name, { nick }] = JSON.parse((await again.packets.next())
		    .slice(2));
		assert.deepStrictEqual([name, nick], ['welcome', 'bob']);
	}, 40);

	test('not-stored: refused, in order, until it can be', async () => {
		const store = path.join(folder, 'locked.db');
		const server = await startChat('--store', store);
		const ana = await Peer.come(server, { nick: 'ana' });
		const bob = await Peer.come(server, { nick: 'bob' });
		const say = (nonce, room) => ana.answer(EVENT, nonce,
		    { nonce, room });

		await ana.say('lobby', 'before');
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

		const acks = await Promise.all(['1', '2', '3'].map((n) =>
		    say(n)));
		for (const ack of acks) {
			checkRefusal(EVENT, ack);
			assert.strictEqual(ack.code, 'not-stored');
		}
		/* Reading goes on. */
		const { messages } = await bob.ask('history',
		    { room: 'lobby' });
		assert.deepStrictEqual(messages.map(([text]) => text),
		    ['before']);
		lock.stdin.end();
		await soon(gone, 'end of the lock');

		for (const n of ['2', '3', '4'])
			assert.strictEqual((await say(n)).code, 'not-stored');
		await until(async () => (await say('1')).ok, 'first again');
		for (const n of ['2', '3', '4'])
			assert.match((await say(n)).id, ID);
		const now = await bob.ask('history', { room: 'lobby' });
		assert.deepStrictEqual(now.messages.map(([text]) => text),
		    ['before', '1', '2', '3', '4']);
		await bob.ask('who', { room: 'lobby' });
		const heard = bob.queue(EVENT).items.map(([text]) => text);
		assert.deepStrictEqual(heard, ['before', '1', '2', '3', '4']);
	}, 60);
});
