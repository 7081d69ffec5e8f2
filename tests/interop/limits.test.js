'use strict';
/* The limits of packets and people (chat(1), Limits): set, and off. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { joinPlain, startChat, useCleanup } = require('./chat-server');
const { Chat, Json } = require('./client');
const { Queue, soon, test } = require('./harness');
const clients = require('./clients');
const { EVENT, Peer, useChecks } = require('./peer');
const { request } = require('./raw');

/* An array in an array in an array. */
function
nested(levels)
{
	let value = 1;

	for (let n = 0; n < levels; n++)
		value = [value];
	return value;
}

describe('limits', () => {
	useCleanup();
	useChecks();

	/* The server ends the connection of whoever sends this. */
	async function
	assertCut(server, ...args)
	{
		const peer = await Peer.come(server);
		const gone = new Queue('disconnect');

		peer.socket.io.reconnection(false);
		peer.socket.on('disconnect', (why) => gone.push(why));
		peer.socket.emit(EVENT, ...args);
		assert.strictEqual(await gone.next(), 'transport close');
	}

	async function
	join(peer, count)
	{
		let joined = 1; /* the lobby */

		for (let n = 1; n < count; n++, joined++)
			await peer.ask('join', { room: 'room-' + n });
		await peer.refused('too-many', 'join', { room: 'one-more' });
		return joined;
	}

	test('message', async () => {
		const server = await startChat('--message', 10);
		const ana = await Peer.come(server);
		const { ws } = await joinPlain(server);
		const closed = new Promise((resolve) =>
		    ws.on('close', resolve));
		const path = '/r/lobby';

		assert.strictEqual(ana.hello.limits.message, 10);
		const id = await ana.say('lobby', '0123456789');
		await ana.refused('too-long', EVENT, '0123456789a');
		await ana.refused('too-long', EVENT, 'ññññññ');
		await ana.refused('too-long', 'edit', { id,
			text: '0123456789a' });
		for (const [body, status] of [['0123456789\n', 200],
		    ['0123456789a', 413]])
			assert.strictEqual((await request(server,
			    { method: 'POST', path, body })).status, status);
		ws.send('0123456789a');
		assert.strictEqual(await soon(closed, 'close'), 1009);
	});

	test('the longest message that --payload and --queue let fit',
	    async () => {
		const server = await startChat('--message', 10240,
		    '--payload', '64K', '--queue', '64K');
		const ana = await Peer.come(server);
		const bob = await Peer.come(server);

		/* Each is six bytes of JSON, and then two. */
		for (const one of ['\u0007', '"'])
			await ana.say('lobby', one.repeat(10239) + 'x');
		while (!(await bob.heard(EVENT))[0].endsWith('"x'));
	});

	test('joined', async () => {
		const server = await startChat('--joined', 3);
		const ana = await Peer.come(server);

		assert.strictEqual(ana.hello.limits.rooms, 3);
		assert.strictEqual(await join(ana, 3), 3);
		const bob = await Peer.come(server,
		    { rooms: ['a', 'b', 'c', 'd'] });
		assert.strictEqual((await bob.heard('notice'))[0].code,
		    'too-many');
	});

	test('attachments, nesting, values', async () => {
		const server = await startChat('--attachments', 2,
		    '--nesting', 8, '--values', 100);
		const ana = await Peer.come(server);
		const piece = Buffer.from('x');
		const many = (n) => Array(n).fill(1);

		await ana.ask(EVENT, [piece, piece]);
		await assertCut(server, [piece, piece, piece]);
		await ana.ask(EVENT, nested(7));
		await assertCut(server, nested(8));
		await ana.ask(EVENT, many(97));
		await assertCut(server, many(98));
	});

	test('namespaces', async () => {
		const server = await startChat('--namespaces', 1);
		const { socket } = await Peer.come(server);
		const second = socket.io.socket('/chat');
		const errors = new Queue('errors');

		second.on('connect_error', ({ message }) =>
		    errors.push(message));
		second.connect();
		assert.strictEqual(await errors.next(), 'Too many namespaces');
		const chat = clients.open(server, { version: 4,
			mode: 'websocket', nsp: '/chat', forceNew: true });
		await clients.connected(chat);
		chat.close();
	});

	test('all of them off', async () => {
		const server = await startChat(...['message', 'attachments',
			'nesting', 'values', 'joined', 'namespaces', 'acks',
			'payload', 'queue', 'rate', 'requests']
		    .flatMap((name) => ['--' + name, 'off']));
		const ana = await Peer.come(server);
		const text = 'ñ'.repeat(1 << 19);

		assert.deepStrictEqual(ana.hello.limits, { message: 1 << 20,
			nick: 32, room: 64, rooms: 250 });
		await ana.say('lobby', text);
		await ana.refused('too-long', EVENT, text + 'x');
		await ana.say('lobby', Array(10).fill(Buffer.from('x')));
		await ana.say('lobby', nested(55));
		await assertCut(server, nested(56));
		await ana.say('lobby', Array(250000).fill(1));
		assert.strictEqual(await join(ana, 250), 250);
	}, 60);

	/* Whatever the server lets in, it has to be able to relay. */
	test('pages full of values, for our client', async (t) => {
		const server = await startChat();
		const ana = await Peer.come(server);
		const values = Array(32000).fill(1);

		for (let n = 0; n < 8; n++)
			await ana.say('lobby', values);
		await ana.say('lobby', nested(31));
		await ana.say('lobby', 'the end');
		const bob = new Json(t, [server.url]);

		for (;;) {
			const { text } = await bob.messages.next();

			if (text === 'the end')
				break;
		}
		assert.deepStrictEqual(bob.all.filter(({ type, state }) =>
		    type === 'status' && state === 'waiting'), []);
		const old = await new Chat(t, ['history', server.url],
		    { input: '' }).end();

		assert.strictEqual(old.code, 0, old.err);
		assert.match(old.out, /the end/);
	}, 40);
});
