'use strict';
/* What people say to each other, however they are connected. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { test } = require('./harness');
const { call } = require('./clients');
const { join, joinPlain, relayTo, startChat, useChat, useCleanup } =
    require('./chat-server');

const EVENT = 'nuevo mensaje';
const ID = /^[0-9]+-[0-9]+$/;
const FROM = /^[a-z0-9]{12}$/;

/* Everything that can be in the room: how it says, and how it hears. */
async function
everyone(server)
{
	const kinds = [];

	for (const [name, options] of Object.entries({
		'client 4, WebSocket': { version: 4, mode: 'websocket' },
		'client 4, polling': { version: 4, mode: 'polling' },
		'client 1': { version: 1, mode: 'upgrade' }
	})) {
		const m = await join(server, options);

		kinds.push({ name, say: (text) => m.socket.emit(EVENT, text),
			hear: async () => (await m[EVENT].next()).slice(0, 2) });
	}

	const used = await join(server);
	kinds.push({ name: 'message in /',
		say: (text) => used.socket.emit('message', text),
		hear: async () => (await used.message.next()).slice(0, 2) });
	/* It hears in this form from its first use of it on. */
	await call(used.socket, 'message', 'first');
	for (const { hear } of kinds)
		assert.strictEqual((await hear())[0], 'first');

	const classic = await join(server, { nsp: '/chat' });
	kinds.push({ name: 'message in /chat',
		say: (text) => classic.socket.send(text),
		hear: async () => (await classic.message.next()).slice(0, 2) });
	const plain = await joinPlain(server);
	await server.logged({ event: 'connect', protocol: 'plain' });
	kinds.push({ name: 'plain', say: (text) => plain.ws.send(text),
		hear: async () => [await plain.texts.next()] });
	return kinds;
}

describe('the room', () => {
	const server = useChat();

	test('everyone hears everyone, once, in one order', async () => {
		const kinds = await everyone(server);
		const rounds = 40;
		const total = rounds * kinds.length;

		for (let i = 0; i < rounds; i++)
			for (const { name, say } of kinds)
				say(name + ' ' + i);

		const heard = [];
		for (const { hear } of kinds) {
			const list = [];

			while (list.length < total)
				list.push(await hear());
			heard.push(list);
		}

		const texts = heard[0].map(([text]) => text);
		for (const list of heard)
			assert.deepStrictEqual(list.map(([text]) => text),
			    texts);
		for (const { name } of kinds)
			assert.deepStrictEqual(texts.filter((text) =>
			    text.startsWith(name + ' ')), Array.from(
			    { length: rounds }, (_, i) => name + ' ' + i));

		/* All but the plain one get the same META. */
		const metas = heard[0].map(([, meta]) => meta);
		for (const list of heard.slice(0, -1))
			assert.deepStrictEqual(list.map(([, meta]) => meta),
			    metas);
		metas.forEach(({ id, seq, room }, i) => {
			assert.match(id, ID);
			assert.strictEqual(seq, metas[0].seq + i);
			assert.strictEqual(room, 'lobby');
		});
		assert.strictEqual(new Set(metas.map(({ id }) => id)).size,
		    total);
		assert.strictEqual(new Set(metas.map(({ from }) => from)).size,
		    kinds.length);
	}, 60);

	test('a message carries its META and its offset', async () => {
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const [answer] = await call(ana.socket, EVENT, 'hola',
		    { room: 'lobby', nonce: 'n"1' });
		const [text, meta, offset, ...rest] = await ana[EVENT].next();

		assert.strictEqual(text, 'hola');
		assert.match(meta.id, ID);
		assert.match(meta.from, FROM);
		assert.deepStrictEqual(meta, { id: meta.id, seq: meta.seq,
			room: 'lobby', from: meta.from, nick: 'Ana',
			nonce: 'n"1' });
		assert.strictEqual(offset, meta.id);
		assert.deepStrictEqual(rest, []);
		assert.deepStrictEqual(answer, { ok: true, id: meta.id });
	});

	test('everyone has heard it before the sender is told', async () => {
		const ana = await join(server);
		const order = [];

		ana.socket.on(EVENT, () => order.push('message'));
		await call(ana.socket, EVENT, 'hola');
		order.push('ack');
		assert.deepStrictEqual(order, ['message', 'ack']);
	});

	test('nothing is answered to who asks for nothing', async () => {
		const ana = await join(server);
		const packets = [];

		ana.socket.io.on('packet', ({ type, data }) =>
		    packets.push([type, data]));
		ana.socket.emit('no such event', 1);
		ana.socket.emit(EVENT);
		await call(ana.socket, 'nick', { nick: 'Ana' });
		const answers = packets.filter(([type]) => type === 3);
		assert.deepStrictEqual(answers,
		    [[3, [{ ok: true, nick: 'Ana' }]]]);
	});

	test('a nonce makes a repeated message the same one', async () => {
		const ana = await join(server);
		const bea = await join(server);
		const say = async (who, text, nonce) =>
		    (await call(who.socket, EVENT, text, { nonce }))[0];
		const first = await say(ana, 'one', 'x');

		const again = { ...first, duplicate: true };
		assert.deepStrictEqual(await say(ana, 'one', 'x'), again);
		const other = await say(ana, 'two', 'y');
		assert.notStrictEqual(other.id, first.id);
		assert.deepStrictEqual(await say(ana, 'one', 'x'), again);
		/* Also from another connection: it may be a new guest. */
		assert.deepStrictEqual(await say(bea, 'one', 'x'), again);
		const last = await say(bea, 'three', 'z');

		const heard = await bea[EVENT].take(3);
		assert.deepStrictEqual(heard.map(([text, { id }]) =>
		    [text, id]), [['one', first.id], ['two', other.id],
			['three', last.id]]);
		assert.deepStrictEqual(heard.map(([, { seq }]) =>
		    seq - heard[0][1].seq), [0, 1, 2]);
	});

	test('refusals have codes', async () => {
		const ana = await join(server);
		const nsp = await join(server, { nsp: '/chat' });
		const code = async (who, ...args) => {
			const [answer] = await call(who.socket, ...args);

			assert.strictEqual(answer.ok, false,
			    JSON.stringify(args));
			assert.strictEqual(typeof answer.message, 'string');
			assert.deepStrictEqual(Object.keys(answer),
			    ['ok', 'code', 'message']);
			return answer.code;
		};

		for (const [expected, ...args] of [
			['bad-request', EVENT],
			['bad-request', EVENT, 'text', 'meta'],
			['bad-request', EVENT, 'text', [1]],
			['bad-request', EVENT, 'text', { nonce: 5 }],
			['bad-request', EVENT, 'text', { nonce: 'x'.repeat(65) }],
			['bad-request', EVENT, 'text', { room: 5 }],
			['bad-request', EVENT, 'text', { extra: Buffer.from('x') }],
			['bad-request', 'message'],
			['bad-request', 'nick'],
			['bad-request', 'nick', 'Ana'],
			['bad-request', 'nick', { nick: 5 }],
			['bad-nick', 'nick', { nick: ' \u200b\t\u202e ' }],
			['no-such-room', EVENT, 'text', { room: 'attic' }],
			['bad-room', EVENT, 'text', { room: '' }],
			['bad-request', EVENT, 'text', { reply: 'x' }],
			['too-long', EVENT, 'x'.repeat(65537)],
			['too-long', EVENT, { x: 'x'.repeat(65536) }],
			['unknown-event', 'attic'],
			['unknown-event', 'x'.repeat(100)]
		])
			assert.strictEqual(await code(ana, ...args), expected,
			    JSON.stringify(args).slice(0, 80));
		assert.strictEqual(await code(nsp, EVENT, 'text'),
		    'unknown-event');
		assert.strictEqual(await code(nsp, 'message'), 'bad-request');
		/* None of it was posted, and the connections live. */
		assert.strictEqual((await call(ana.socket, EVENT, 'end'))[0].ok,
		    true);
		assert.strictEqual((await nsp.message.next())[0], 'end');
	});

	test('a text may be as long as the limit, whatever its escapes',
	    async () => {
		const ana = await join(server);
		const plain = await joinPlain(server);

		for (const text of ['x'.repeat(65536), '\\"'.repeat(32768),
			'\u0001'.repeat(65536), 'ñ'.repeat(32768), '']) {
			const nonce = (text[0] || '').repeat(32);
			const [answer] = await call(ana.socket, EVENT, text,
			    { nonce });

			assert.strictEqual(answer.ok, true);
			assert.strictEqual((await ana[EVENT].next())[0], text);
			assert.strictEqual(await plain.texts.next(), text);
		}
	});

	test('any JSON value is relayed as it is', async () => {
		const ana = await join(server);
		const old = await join(server, { version: 1, mode: 'polling' });
		const plain = await joinPlain(server);

		for (const value of [42, null, true, [], { a: ['ñ', { b: 1 }] }]) {
			await call(ana.socket, EVENT, value);
			for (const who of [ana, old])
				assert.deepStrictEqual(
				    (await who[EVENT].next())[0], value);
			assert.strictEqual(await plain.texts.next(),
			    JSON.stringify(value));
		}
	});

	test('binary data is relayed with its message', async () => {
		const ana = await join(server);
		const old = await join(server, { version: 1, mode: 'upgrade' });
		const classic = await join(server, { nsp: '/chat' });
		const plain = await joinPlain(server);
		const file = Buffer.alloc(100000, 'ñ');
		const [answer] = await call(ana.socket, EVENT,
		    { name: 'a', parts: [file, Buffer.from([0, 255])] },
		    { nonce: 'b' });

		for (const events of [ana[EVENT], old[EVENT], classic.message]) {
			const [text, meta, offset] = await events.next();

			assert.strictEqual(text.name, 'a');
			assert.ok(file.equals(Buffer.from(text.parts[0])));
			assert.deepStrictEqual(Buffer.from(text.parts[1]),
			    Buffer.from([0, 255]));
			assert.strictEqual(meta.id, answer.id);
			assert.strictEqual(offset, answer.id);
		}
		assert.deepStrictEqual(JSON.parse(await plain.texts.next()), {
			name: 'a', parts: [{ _placeholder: true, num: 0 },
				{ _placeholder: true, num: 1 }]
		});
	});

	test('`message` is heard by those who have used it', async () => {
		const ana = await join(server);
		const bea = await join(server);

		await call(ana.socket, 'message', 'one');
		await call(bea.socket, EVENT, 'two');
		await bea[EVENT].take(2);
		await call(ana.socket, EVENT, 'three');
		assert.strictEqual((await ana[EVENT].next())[0], 'three');
		const heard = await ana.message.take(2);
		assert.deepStrictEqual(heard.map(([text]) => text),
		    ['one', 'two']);
		for (const [, meta, offset] of heard)
			assert.strictEqual(offset, meta.id);
		assert.strictEqual((await bea[EVENT].next())[0], 'three');
		assert.deepStrictEqual([ana[EVENT].items, ana.message.items,
			bea.message.items], [[], [], []]);
	});
});

describe('coming in', () => {
	const server = useChat();

	test('`welcome` tells what a client needs', async () => {
		const ana = await join(server, { auth: { nick: 'Ana' } });
		const { version } = ana.hello;

		assert.match(version, /^[0-9]+\.[0-9]+\.[0-9]+/);
		assert.deepStrictEqual(ana.hello, {
			server: 'chat', version, nick: 'Ana',
			from: ana.hello.from, token: ana.hello.token,
			registered: false,
			limits: { message: 65536, nick: 32, room: 64,
				rooms: 100 },
			rooms: [{ room: 'lobby', last: '', seq: 0,
				joined: true }]
		});
		assert.match(ana.hello.from, FROM);
		assert.ok(ana.hello.token.startsWith(ana.hello.from + '.'));

		const [{ id }] = await call(ana.socket, EVENT, 'hola');
		const bea = await join(server, { version: 1, mode: 'polling' });
		assert.match(bea.hello.nick, /^guest-[a-z0-9]{4}$/);
		assert.deepStrictEqual(bea.hello.rooms,
		    [{ room: 'lobby', last: id, seq: 1, joined: true }]);
	});

	test('nicks are cleaned', async () => {
		for (const [wanted, nick] of [
			['  Ana \t\n María ', 'Ana María'],
			['a\u202eb\u200bc\u0000d\u001b[31m', 'abcd[31m'],
			['😀'.repeat(40), '😀'.repeat(32)]
		]) {
			const m = await join(server, { auth: { nick: wanted } });

			assert.strictEqual(m.hello.nick, nick);
			await call(m.socket, EVENT, 'x');
			assert.strictEqual((await m[EVENT].next())[1].nick,
			    nick);
		}
		for (const nick of ['', ' \u2066 ', 5, null, {}]) {
			const m = await join(server, { auth: { nick } });

			assert.match(m.hello.nick, /^guest-[a-z0-9]{4}$/);
		}
	});

	test('a nick can be changed', async () => {
		const ana = await join(server);

		assert.deepStrictEqual(await call(ana.socket, 'nick',
		    { nick: '  Ana\u2028 "B" ' }), [{ ok: true,
			nick: 'Ana "B"' }]);
		await call(ana.socket, EVENT, 'x');
		assert.strictEqual((await ana[EVENT].next())[1].nick,
		    'Ana "B"');
	});

	test('who was cut off hears what was said meanwhile', async () => {
		const relay = await relayTo(server);
		const ana = await join(relay, { auth: { nick: 'Ana' } });
		const classic = await join(relay, { nsp: '/chat' });
		const plain = await joinPlain(server);

		/* She hears `message`, and goes on to do so. */
		await call(ana.socket, 'message', 'before');
		const [, before] = await ana.message.next();
		await classic.message.next();
		relay.refuse(true);
		relay.cut();
		await server.logged({ event: 'disconnect', id: before.from });
		plain.ws.send('one');
		plain.ws.send('two');
		for (const text of ['before', 'one', 'two'])
			assert.strictEqual(await plain.texts.next(), text);
		relay.refuse(false);

		for (const { message } of [ana, classic])
			assert.deepStrictEqual((await message.take(2))
			    .map(([text, { seq }]) => [text, seq]),
			    [['one', before.seq + 1], ['two', before.seq + 2]]);
		assert.strictEqual((await ana.welcome.next())[0].nick, 'Ana');
		assert.strictEqual(ana.socket.recovered, true);
		await call(ana.socket, 'message', 'after');
		const [text, after] = await ana.message.next();
		assert.strictEqual(text, 'after');
		assert.strictEqual(after.from, before.from);
		assert.deepStrictEqual(ana[EVENT].items, []);
	});
});

describe('a plain WebSocket', () => {
	const server = useChat();

	test('hears its own words verbatim', async () => {
		const plain = await joinPlain(server);

		for (const text of ['hola', ' ñ "\\" \u0000\u2028😀', '',
			'{"a":1}', 'x'.repeat(65536)]) {
			plain.ws.send(text);
			assert.strictEqual(await plain.texts.next(), text);
		}
	});

	test('is closed for binary data: 1003', async () => {
		const plain = await joinPlain(server);

		plain.ws.send(Buffer.from('hola'));
		assert.strictEqual(await plain.closed(), 1003);
		await server.logged({ event: 'disconnect',
			reason: 'binary frame' });
	});

	test('is closed for too long a text: 1009', async () => {
		const plain = await joinPlain(server);

		plain.ws.send('x'.repeat(65537));
		assert.strictEqual(await plain.closed(), 1009);
	});

	test('gets what it has not read in time', async () => {
		const reader = await joinPlain(server);
		const late = await joinPlain(server);
		const texts = Array.from({ length: 64 },
		    (_, i) => i + 'x'.repeat(65000));

		late.ws.pause();
		for (const text of texts) {
			reader.ws.send(text);
			assert.strictEqual(await reader.texts.next(), text);
		}
		late.ws.resume();
		for (const text of texts)
			assert.strictEqual(await late.texts.next(), text);
	}, 60);

	test('is closed if it never reads', async () => {
		const server = await startChat('--queue', '256K');
		const reader = await joinPlain(server);
		const stuck = await joinPlain(server);
		const text = 'x'.repeat(65536);
		let sent = 0;

		stuck.ws.pause();
		const gone = () => server.log().some(({ reason }) =>
		    reason === 'queue full');
		while (!gone() && sent++ < 2000) {
			reader.ws.send(text);
			assert.strictEqual(await reader.texts.next(), text);
		}
		assert.ok(gone());
		stuck.ws.resume();
		assert.strictEqual(await stuck.closed(), 1006);
	}, 60);
});

describe('the log', () => {
	useCleanup();

	test('tells who, and how much, but not what', async () => {
		const server = await startChat();
		const ana = await join(server, { auth: { nick: 'A\nna=1' } });
		const [{ id }] = await call(ana.socket, EVENT, 'secreto');
		const entry = await server.logged({ event: 'message' });

		assert.deepStrictEqual(entry, { level: 'info',
			event: 'message', room: 'lobby', id, from: entry.from,
			bytes: '7' });
		const here = await server.logged({ event: 'connect' });
		assert.deepStrictEqual(here, { level: 'info', event: 'connect',
			id: entry.from, nick: 'A na=1', addr: '127.0.0.1',
			transport: 'websocket', protocol: 'eio4', nsp: '/' });
		ana.socket.close();
		await server.logged({ event: 'disconnect', id: entry.from,
			reason: 'client namespace disconnect' });
		assert.ok(!server.stderr().includes('secreto'));
		assert.ok(!server.stderr().includes(ana.socket.id));
		await server.stop();
	});

	test('tells what, too, if asked', async () => {
		const server = await startChat('--log-text');
		const plain = await joinPlain(server);

		plain.ws.send('dicho\nhecho');
		await server.logged({ event: 'message',
			text: '\\"dicho\\\\nhecho\\"' });
	});

	test('is silent if asked', async () => {
		const server = await startChat('--log-level', 'off');
		const plain = await joinPlain(server);

		plain.ws.send('hola');
		assert.strictEqual(await plain.texts.next(), 'hola');
		await server.stop();
		assert.strictEqual(server.stderr(), '');
	});
});

describe('clients of Socket.IO 1 and 2', () => {
	useCleanup();

	test('are turned away by --no-eio3', async () => {
		const server = await startChat('--no-eio3');
		const response = await fetch(server.url +
		    '/socket.io/?EIO=3&transport=polling');

		assert.strictEqual(response.status, 400);
		assert.deepStrictEqual(await response.json(), { code: 5,
			message: 'Unsupported protocol version' });
		const ana = await join(server);
		assert.strictEqual((await call(ana.socket, EVENT, 'x'))[0].ok,
		    true);
	});
});
