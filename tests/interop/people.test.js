'use strict';

/* Who is who: nicks, tokens, registered people, presence, direct rooms. */

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe } = require('node:test');
const { test } = require('./harness');
const { call } = require('./clients');
const { cleanup, join, startChat, useChat, useCleanup } =
    require('./chat-server');

const EVENT = 'nuevo mensaje';

const ok = async (m, ...args) => {
	const [answer] = await call(m.socket, ...args);

	assert.strictEqual(answer.ok, true, JSON.stringify([args, answer]));
	return answer;
};

const refused = async (m, ...args) => {
	const [answer] = await call(m.socket, ...args);

	assert.strictEqual(answer.ok, false, JSON.stringify([args, answer]));
	return answer.code;
};

const heard = (m, event) => new Promise((resolve) =>
    m.socket.once(event, (...args) => resolve(args)));

describe('nicks', () => {
	const server = useChat();

	test('one that is in use gets a suffix and a notice', async () => {
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const two = await join(server, { auth: { nick: 'ANA' } });

		assert.strictEqual(ana.hello.nick, 'Ana');
		assert.strictEqual(two.hello.nick, 'ANA-2');
		assert.notStrictEqual(ana.hello.from, two.hello.from);
		const [notice] = await two.notice.next();
		assert.strictEqual(notice.code, 'nick-in-use');
		assert.strictEqual(await refused(two, 'nick', { nick: 'aNa' }),
		    'nick-in-use');
		/* Cyrillic letters. */
		assert.strictEqual(await refused(two, 'nick',
		    { nick: '\u0410n\u0430' }), 'nick-lookalike');
		const like = await join(server,
		    { auth: { nick: '\u0410n\u0430' } });
		assert.match(like.hello.nick, /^guest-/);
		assert.strictEqual((await like.notice.next())[0].code,
		    'nick-lookalike');
		ana.socket.close();
		await server.logged({ event: 'disconnect',
			id: ana.hello.from });
		await ok(two, 'nick', { nick: 'Ana' });
	});

	test('a suffix fits', async () => {
		const nick = 'ñ'.repeat(32);
		const one = await join(server, { auth: { nick } });
		const two = await join(server, { auth: { nick } });

		assert.strictEqual(one.hello.nick, nick);
		assert.strictEqual(two.hello.nick, 'ñ'.repeat(30) + '-2');
	});

	test('others in the room hear of a new one, once', async () => {
		const ana = await join(server, { auth: { nick: 'Nika',
			rooms: ['lobby', 'x', 'y'] } });
		const bea = await join(server, { auth: { nick: 'Bea',
			rooms: ['x', 'y'] } });
		const names = [];

		bea.socket.on('nick', (...args) => names.push(args[0]));
		await ok(ana, 'nick', { nick: 'Nora' });
		await ok(bea, 'who', { room: 'x' });
		assert.deepStrictEqual(names, [{ nick: 'Nora', was: 'Nika',
			from: ana.hello.from }]);
	});
});

describe('tokens', () => {
	const server = useChat();

	test('make two connections one person', async () => {
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const bea = await join(server, { auth: { nick: 'Bea' } });
		const joins = [];

		bea.socket.on('joined', (...args) => joins.push(args[0]));
		bea.socket.on('left', (...args) => joins.push(args[0]));
		const again = await join(server,
		    { auth: { token: ana.hello.token, nick: 'Other' } });
		assert.strictEqual(again.hello.nick, 'Ana');
		assert.strictEqual(again.hello.from, ana.hello.from);
		const { members } = await ok(bea, 'who', { room: 'lobby' });
		assert.deepStrictEqual(members.map(({ nick }) => nick).sort(),
		    ['Ana', 'Bea']);
		ana.socket.close();
		await server.logged({ event: 'disconnect',
			id: ana.hello.from });
		await ok(again, 'nick', { nick: 'Anna' });
		await ok(bea, 'who', { room: 'lobby' });
		assert.deepStrictEqual(joins, []);
	});

	test('that are false make a new guest, and a notice', async () => {
		const ana = await join(server, { auth: { nick: 'Eva' } });
		const { token } = ana.hello;
		const last = token.at(-1) === 'A' ? 'B' : 'A';
		const forged = await join(server,
		    { auth: { token: token.slice(0, -1) + last } });

		assert.notStrictEqual(forged.hello.from, ana.hello.from);
		assert.strictEqual((await forged.notice.next())[0].code,
		    'bad-token');
	});
});

describe('registered people', () => {
	const server = useChat();

	test('keep their nicks, and come back by password or token',
	async () => {
		const ana = await join(server, { auth: { nick: 'Rosa' } });
		const { token, nick } = await ok(ana, 'register',
		    { password: 'secreto' });

		assert.strictEqual(nick, 'Rosa');
		ana.socket.close();
		await server.logged({ event: 'disconnect',
			id: ana.hello.from });
		const thief = await join(server, { auth: { nick: 'rosa' } });
		assert.strictEqual(thief.hello.nick, 'rosa-2');
		assert.strictEqual((await thief.notice.next())[0].code,
		    'nick-registered');
		assert.strictEqual(await refused(thief, 'login',
		    { nick: 'Rosa', password: 'secret' }), 'wrong-password');
		/* Her guest's token is of no use any more. */
		const old = await join(server,
		    { auth: { token: ana.hello.token } });
		assert.notStrictEqual(old.hello.from, ana.hello.from);

		const back = await join(server, { auth: { token } });
		assert.strictEqual(back.hello.nick, 'Rosa');
		assert.strictEqual(back.hello.registered, true);
		assert.strictEqual(back.hello.from, ana.hello.from);
		const other = await join(server);
		const login = await ok(other, 'login',
		    { nick: 'ROSA', password: 'secreto' });
		assert.strictEqual(login.from, ana.hello.from);
		assert.strictEqual(login.nick, 'Rosa');
		assert.strictEqual(await refused(other, 'register',
		    { password: 'another' }), 'wrong-password');
		assert.strictEqual(await refused(other, 'register',
		    { password: 'another', old: 'nothing' }), 'wrong-password');
		const changed = await ok(other, 'register',
		    { password: 'another', old: 'secreto' });
		const stale = await join(server, { auth: { token } });
		assert.notStrictEqual(stale.hello.from, ana.hello.from);
		const fresh = await join(server,
		    { auth: { token: changed.token } });
		assert.strictEqual(fresh.hello.from, ana.hello.from);
	}, 60);

	test('may change their nick, and free the old one', async () => {
		const ana = await join(server, { auth: { nick: 'Lola' } });

		await ok(ana, 'register', { password: '123456' });
		await ok(ana, 'nick', { nick: 'Dolores' });
		const bea = await join(server, { auth: { nick: 'Lola' } });
		assert.strictEqual(bea.hello.nick, 'Lola');
		const { registered, online } = await ok(bea, 'whois',
		    { nick: 'dolores' });
		assert.deepStrictEqual([registered, online], [true, true]);
		await ok(bea, 'login', { nick: 'Dolores', password: '123456' });
	}, 60);

	test('passwords have a size', async () => {
		const ana = await join(server, { auth: { nick: 'Pia' } });

		for (const password of ['12345', 'x'.repeat(129)])
			assert.strictEqual(await refused(ana, 'register',
			    { password }), 'bad-password');
		assert.strictEqual(await refused(ana, 'register', {}),
		    'bad-request');
		assert.strictEqual(await refused(ana, 'login',
		    { nick: 'nobody', password: 'x' }), 'not-registered');
	});

	test('are not guessed', async () => {
		const ana = await join(server, { auth: { nick: 'Vera' } });
		const bad = await join(server);

		await ok(ana, 'register', { password: 'correct' });
		for (let i = 0; i < 3; i++)
			assert.strictEqual(await refused(bad, 'login',
			    { nick: 'Vera', password: 'wrong' + i }),
			    'wrong-password');
		const [answer] = await call(bad.socket, 'login',
		    { nick: 'Vera', password: 'correct' });
		assert.strictEqual(answer.code, 'slow-down');
		assert.ok(answer.retry > 0 && answer.retry <= 60000);
	}, 60);

	test('nor the old one by who has the token', async () => {
		const ana = await join(server, { auth: { nick: 'Wanda' } });
		const change = (old) => call(ana.socket, 'register',
		    { password: 'another', old });

		await ok(ana, 'register', { password: 'correct' });
		for (let i = 0; i < 3; i++)
			assert.strictEqual((await change('wrong' + i))[0].code,
			    'wrong-password');
		assert.strictEqual((await change('correct'))[0].code,
		    'slow-down');
	}, 60);

	test('are there after a restart', async () => {
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-'));
		cleanup(() => fs.rmSync(folder, { recursive: true }));
		const first = await startChat('--store', folder);
		const ana = await join(first, { auth: { nick: 'Ida' } });
		const { token } = await ok(ana, 'register',
		    { password: 'secreto' });
		const guest = await join(first, { auth: { nick: 'Gast' } });

		await first.kill();
		const second = await startChat('--store', folder);
		const back = await join(second, { auth: { token } });
		assert.strictEqual(back.hello.nick, 'Ida');
		assert.strictEqual(back.hello.from, ana.hello.from);
		const same = await join(second,
		    { auth: { token: guest.hello.token, nick: 'Gast' } });
		assert.strictEqual(same.hello.from, guest.hello.from);
		assert.strictEqual(same.hello.nick, 'Gast');
		await second.stop();
	}, 60);
});

describe('presence', () => {
	const server = useChat();

	test('joined and left', async () => {
		const bea = await join(server, { auth: { nick: 'Bea' } });
		const came = heard(bea, 'joined');
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const { from } = ana.hello;

		assert.deepStrictEqual((await came)[0],
		    { room: 'lobby', nick: 'Ana', from });
		const gone = heard(bea, 'left');
		await ok(ana, 'leave', { room: 'lobby' });
		assert.deepStrictEqual((await gone)[0],
		    { room: 'lobby', nick: 'Ana', from });
		const back = heard(bea, 'joined');
		await ok(ana, 'join', { room: '#Lobby' });
		assert.strictEqual((await back)[0].nick, 'Ana');
		const away = heard(bea, 'away');
		await ok(ana, 'away', { text: 'lunch' });
		assert.deepStrictEqual((await away)[0],
		    { nick: 'Ana', from, away: 'lunch' });
		assert.strictEqual((await ok(bea, 'whois', { nick: 'Ana' }))
		    .away, 'lunch');
		const cut = heard(bea, 'left');
		ana.socket.io.engine.close();
		assert.strictEqual((await cut)[0].reason, 'transport close');
	});
});

describe('direct rooms', () => {
	const server = useChat();

	test('are of two, on all their connections', async () => {
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const bea = await join(server, { auth: { nick: 'Bea' } });
		const bea2 = await join(server,
		    { auth: { token: bea.hello.token, rooms: [] } });
		const eve = await join(server, { auth: { nick: 'Eve' } });
		const ids = [ana.hello.from, bea.hello.from].sort();
		const room = '@' + ids.join(',');

		await ok(ana, EVENT, 'psst', { room: '@bea' });
		for (const m of [ana, bea, bea2]) {
			const [text, meta] = await m[EVENT].next();

			assert.strictEqual(text, 'psst');
			assert.strictEqual(meta.room, room);
			assert.deepStrictEqual(meta.to, { nick: 'Bea',
				from: bea.hello.from });
		}
		await ok(bea2, EVENT, 'sí', { room });
		assert.strictEqual((await ana[EVENT].next())[0], 'sí');
		for (const [event, arg] of [['history', { room }],
			['join', { room }], ['who', { room }],
			[EVENT, 'x', { room }]])
			assert.strictEqual(await refused(eve, event,
			    ...[arg, arg === 'x' ? { room } : undefined]
				.filter((x) => x !== undefined)),
			    'no-such-room');
		assert.strictEqual((await ok(eve, 'search', { text: 'psst' }))
		    .messages.length, 0);
		assert.strictEqual((await ok(bea, 'search', { text: 'psst' }))
		    .messages.length, 1);
		const { messages } = await ok(bea, 'history',
		    { room: '@Ana' });
		assert.deepStrictEqual(messages.map(([text]) => text),
		    ['psst', 'sí']);
		const listed = (await ok(bea, 'rooms', {})).rooms
		    .find((r) => r.room === room);
		assert.strictEqual(listed.with.nick, 'Ana');
		assert.deepStrictEqual(eve[EVENT].items, []);
		/* Who is in no room hears what the other is called, too. */
		const called = heard(bea2, 'nick');
		await ok(ana, 'leave', { room: 'lobby' });
		await ok(ana, 'nick', { nick: 'Anna' });
		assert.strictEqual((await called)[0].nick, 'Anna');
		await ok(ana, 'nick', { nick: 'Ana' });
		assert.ok(!(await ok(eve, 'rooms', {})).rooms
		    .some((r) => r.room.startsWith('@')));
		assert.strictEqual(await refused(ana, EVENT, 'x',
		    { room: '@nobody' }), 'no-such-person');
		assert.strictEqual(await refused(ana, EVENT, 'x',
		    { room: '@ana' }), 'no-such-person');
	});
});

describe('the hub', () => {
	useCleanup();

	test('with --rooms fixed nobody makes rooms', async () => {
		const server = await startChat('--rooms', 'fixed');
		const ana = await join(server);

		assert.strictEqual(await refused(ana, 'join', { room: 'new' }),
		    'rooms-fixed');
		await ok(ana, 'join', { room: 'lobby' });
		await server.stop();
	});
});
