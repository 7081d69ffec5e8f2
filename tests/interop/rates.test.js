'use strict';
/*
 * How often somebody may do something (chat(1), Limits): who types or pastes
 * never comes near it, who sends more is told and loses nothing, and who goes
 * on regardless is sent away. What is counted for an address is in
 * tests/hub/test_rate.c.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { startChat, joinPlain, useCleanup } = require('./chat-server');
const { Chat } = require('./client');
const { Queue, slow, soon, test, until } = require('./harness');
const { EVENT, Peer, useChecks } = require('./peer');

/* So that chat-server.js does not switch them off. */
const DEFAULTS = ['--rate', '300,30', '--requests', '500,50'];
const MS = 1000;

function
texts(page)
{
	return page.messages.map(([text]) => text);
}

function
lines(n, name)
{
	return Array.from({ length: n }, (_, i) => name + ' ' + i);
}

describe('rates', () => {
	useCleanup();
	useChecks();

	/* Everything in the room, page by page. */
	async function
	all(peer, room = 'lobby')
	{
		let after = '0-0';
		let found = [];

		for (;;) {
			const page = await peer.ask('history',
			    { room, after, limit: 200 });

			found = [...found, ...texts(page)];
			if (!page.newer)
				return found;
			after = page.messages.at(-1)[1].id;
		}
	}

	test('welcome tells of them', async () => {
		const server = await startChat('--rate', '7,3');
		const { hello } = await Peer.come(server);

		assert.deepStrictEqual(hello.limits.rate,
		    { burst: 7, perSecond: 3 });
	});

	test('nobody who pastes or comes back notices', async () => {
		const server = await startChat(...DEFAULTS);
		const ana = await Peer.come(server);

		await Promise.all(lines(100, 'pasted').map((text) =>
		    ana.ask(EVENT, text)));
		for (let again = 0; again < 2; again++) {
			const back = await Peer.come(server, { rooms: [] });
			const rooms = lines(99, 'room').map((room) =>
			    room.replace(' ', '-'));

			await Promise.all(rooms.map((room) =>
			    back.ask('join', { room })));
			await back.ask('rooms', {});
			back.close();
		}
		assert.deepStrictEqual(await all(ana), lines(100, 'pasted'));
	});

	for (const args of [['connect', '--plain'], ['connect', '--json']])
		test('a pipe into ' + args.join(' '), async (t) => {
			const server = await startChat(...DEFAULTS);
			const wanted = lines(500, 'line');
			const json = (text) => JSON.stringify({ type: 'message',
				text });
			const input = wanted.map((text) =>
			    (args[1] === '--json' ? json(text) : text) + '\n')
			    .join('');
			const pipe = new Chat(t, [...args, server.url],
			    { input });
			const { code, err } = await pipe.end(60 * MS);

			assert.deepStrictEqual([code, err], [0, '']);
			assert.deepStrictEqual(
			    await all(await Peer.come(server)), wanted);
			assert.deepStrictEqual(server.log().filter((entry) =>
			    entry.event === 'flood'), []);
		}, 60);

	test('refused until then, in order, and nothing twice', async () => {
		const server = await startChat('--rate', '10,10');
		const ana = await Peer.come(server);
		const wanted = lines(40, 'ana');
		let i = 0;
		let refused = 0;

		/* As many as there are under way, from the first that waits. */
		while (i < wanted.length) {
			const acks = await Promise.all(wanted.slice(i, i + 15)
			    .map((text) => ana.answer(EVENT, text,
			    { nonce: 'nonce of ' + text })));
			const no = acks.findIndex((ack) => !ack.ok);

			if (no < 0) {
				i += acks.length;
				continue;
			}
			refused++;
			assert.deepStrictEqual([...new Set(acks.slice(no)
			    .map((ack) => ack.code))].slice(0, 2),
			    no + 1 < acks.length ? ['rate', 'not-stored'] :
			    ['rate']);
			i += no;
			await new Promise((resolve) =>
			    setTimeout(resolve, acks[no].retry));
		}
		assert.ok(refused > 1);
		assert.deepStrictEqual(await all(ana), wanted);
	}, 30);

	test('the answer has the code, and how long to wait', async () => {
		const server = await startChat('--rate', '3,1', '--requests',
		    '5,1');
		const ana = await Peer.come(server);
		let id;

		for (const text of ['one', 'two', 'three'])
			({ id } = await ana.ask(EVENT, text));
		for (const [name, ...args] of [[EVENT, 'four'],
		    ['message', 'four'], ['edit', { id, text: 'x' }],
		    ['delete', { id }], ['react', { id, emoji: '👍' }],
		    ['topic', { room: 'lobby', topic: 'x' }]]) {
			const { retry } = await ana.refused('rate', name,
			    ...args);

			assert.ok(retry <= MS, name + ': ' + retry);
		}
		for (let n = 0; n < 4; n++)
			await ana.ask('who', { room: 'lobby' });
		await ana.ask('typing', { room: 'lobby' });
		for (const [name, arg] of [['join', { room: 'x' }],
		    ['rooms', {}], ['whois', { nick: 'x' }], ['nick',
		    { nick: 'x' }], ['no such', {}]])
			await ana.refused('rate', name, arg);
	});

	test('without an acknowledgement a notice tells of it', async () => {
		const server = await startChat('--rate', '3,1');
		const ana = await Peer.come(server);
		const bob = await Peer.come(server);
		const long = 'ñ'.repeat(100);

		for (const text of ['one', 'two', 'three', 'four "4"', long])
			ana.socket.emit(EVENT, text);
		for (const text of ['one', 'two', 'three'])
			assert.strictEqual((await bob.heard(EVENT))[0], text);
		for (const end of [': four "4"', ': ' + 'ñ'.repeat(40) +
		    '...']) {
			const [notice] = await ana.heard('notice');

			assert.strictEqual(notice.code, 'rate');
			assert.ok(notice.text.endsWith(end), notice.text);
			assert.ok(notice.retry > 0 && notice.retry <= MS);
		}
		assert.strictEqual((await all(bob)).length, 3);
	});

	test('a long text counts for more', async () => {
		const server = await startChat('--rate', '10,1');
		const ana = await Peer.come(server);

		for (let n = 0; n < 2; n++)
			await ana.ask(EVENT, 'x'.repeat(65536));
		await ana.refused('rate', EVENT, 'x');
	});

	test('ten times over: told, logged and sent away', async () => {
		const server = await startChat('--rate', '20,10',
		    '--requests', '20,10');
		const bob = await Peer.come(server);

		for (const [event, arg] of [[EVENT, 'x'],
		    ['who', { room: 'lobby' }]]) {
			const ana = await Peer.come(server);
			const gone = new Queue('disconnect');
			let last;

			ana.socket.onAny((name, notice) => {
				if (name === 'notice')
					last = notice;
			});
			ana.socket.on('disconnect', (why) => gone.push(why));
			for (let n = 0; n < 300; n++)
				ana.socket.emit(event, arg);
			assert.strictEqual(await gone.next(),
			    'io server disconnect');
			assert.deepStrictEqual([last.code, last.retry],
			    ['rate', undefined]);
			await server.logged({ event: 'flood', id: ana.from,
				addr: '127.0.0.1' });
		}
		for (let n = 0; n < 20; n++)
			assert.strictEqual((await bob.heard(EVENT))[0], 'x');
		await bob.say('lobby', 'still here');
	});

	test('a plain WebSocket is read later', async () => {
		const server = await startChat('--rate', '20,40');
		const bob = await Peer.come(server);
		const { ws, texts: heard } = await joinPlain(server);
		const wanted = lines(100, 'plain');

		for (const text of wanted)
			ws.send(text);
		for (const text of wanted)
			assert.strictEqual(await heard.next(), text);
		assert.deepStrictEqual(await all(bob), wanted);
		/* Also if it has gone meanwhile. */
		for (const text of wanted)
			ws.send(text);
		ws.close();
		for (let n = 0; n < 200; n++)
			assert.strictEqual((await bob.heard(EVENT))[0],
			    wanted[n % 100]);
		assert.strictEqual((await bob.heard('left'))[0].reason,
		    'transport close');
	}, 30);

	test('off', async () => {
		const server = await startChat('--rate', 'off', '--requests',
		    'off');
		const ana = await Peer.come(server);

		assert.strictEqual(ana.hello.limits.rate, undefined);
		await soon(Promise.all(lines(1000, 'ana').map((text) =>
		    ana.ask(EVENT, text))), 'all', 20000 * slow);
		await Promise.all(lines(1000, 'x').map(() =>
		    ana.ask('who', { room: 'lobby' })));
	}, 40);
});
