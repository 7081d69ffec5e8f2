'use strict';
/*
 * Nothing typed is lost: not by a dead network, a killed server or a killed
 * client. Nor is it said twice, or in another order. Who tells is an official
 * client that is connected directly all the time.
 */
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { slow, sleep, test, until } = require('./harness');
const { Chat, Json, files, folder, join, numbers, official, relayTo,
	startClassic, startFake, startOurs, together } = require('./client');

const groups = {};

/* A client that can't get through, for now. */
async function
startApart(t, relay, options = {})
{
	relay.refuses = true;
	relay.cut();

	const ours = new Json(t, [relay.url], options);
	await ours.reaches('waiting');
	return ours;
}

/* Types, and waits until it is in the outbox. */
async function
type(ours, ...texts)
{
	const wanted = ours.entries.size + texts.length;

	ours.say(...texts);
	await ours.until(() => ours.entries.size === wanted, 'in the outbox');
}

/* The texts that the other has heard by now are these, and no more come. */
async function
heard(other, texts)
{
	assert.deepStrictEqual(await other.texts(texts.length), texts);
	other.say('last');
	assert.deepStrictEqual(await other.texts(1), ['last']);
}

groups['killed'] = () => {
	for (const [name, startServer] of Object.entries({
		'chat serve': (t) => startOurs(t),
		'official server': (t) => startClassic(t) }))
		test(name + ': the client, with three lines waiting',
		    async (t) => {
			const server = await startServer(t);
			const other = await official(t, server);
			const relay = await relayTo(t, server);
			const ours = await startApart(t, relay);

			await type(ours, 'uno', 'dos\nlines', 'tres ñ😀');
			await ours.kill();
			assert.strictEqual(files(ours.state).length, 1);
			relay.refuses = false;

			const again = new Json(t, [relay.url],
			    { state: ours.state });
			await again.delivered(3);
			for (const states of again.entries.values())
				assert.ok(states.every(({ restored }, i) =>
				    i > 0 || restored));
			await heard(other,
			    ['uno', 'dos\nlines', 'tres ñ😀']);
			await again.finish();
			assert.deepStrictEqual(files(ours.state), []);
		});

	test('client and server', async (t) => {
		const server = await startOurs(t);
		const ours = await join(t, server.url);

		await type(ours, 'delivered');
		await ours.delivered(1);
		await server.kill();
		await ours.reaches('waiting');
		await type(ours, 'uno', 'dos', 'tres');
		await ours.kill();

		/* A start without a server keeps them, and their order. */
		const between = new Json(t, [server.url],
		    { state: ours.state });
		await between.reaches('waiting');
		await type(between, 'cuatro');
		await between.kill();

		const next = await startOurs(t, '--port', server.port);
		const other = await official(t, next);
		const again = new Json(t, [server.url], { state: ours.state });
		await again.delivered(4);
		await heard(other, ['uno', 'dos', 'tres', 'cuatro']);
		await again.finish();
		assert.deepStrictEqual(files(ours.state), []);
	});

	test('the client, again and again, in the middle of it', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const texts = numbers(500);
		let ours = await startApart(t, relay);

		await type(ours, ...texts);
		await ours.kill();
		for (let round = 0; round < 4; round++) {
			/* It does not hear that some have got through. */
			const dead = relay.dieAfter(12000);

			ours = new Json(t, [relay.url], { state: ours.state });
			await dead;
			await ours.kill();
		}
		assert.notStrictEqual(other.heard.items.length, 0);
		relay.refuses = false;
		ours = new Json(t, [relay.url], { state: ours.state });
		await heard(other, texts);
		await ours.finish();
		assert.deepStrictEqual(files(ours.state), []);
	}, 40);

	test('a line that was not written to its end', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const ours = await startApart(t, relay);

		await type(ours, 'whole', 'torn');
		await ours.kill();
		const [name] = files(ours.state);
		const file = path.join(ours.state, 'chat', name);
		fs.truncateSync(file, fs.statSync(file).size - 5);
		relay.refuses = false;
		const again = new Json(t, [relay.url], { state: ours.state });
		await again.delivered(1);
		await heard(other, ['whole']);
	});
};

groups['cut off'] = () => {
	for (const transport of ['websocket', 'polling', 'upgrade'])
		for (const mode of ['--json', '--plain'])
			test(`500 lines, ${transport}, ${mode}`, (t) =>
			    flow(t, transport, mode), 90);

	test('everything that can happen to a network and a client', mixture,
	    90);

	test('the server takes, and is silent', async (t) => {
		const texts = numbers(10);
		const { server, received } = await startFake(t,
		    (round, ack) => round > 0 && ack({ ok: true, id: '1-1' }));
		const ours = new Json(t, [server.url]);

		ours.say(...texts);
		await ours.delivered(10);
		assert.deepStrictEqual(received.map(([text]) => text),
		    [...texts, ...texts]);
		/* The same lines, and it could have known. */
		assert.deepStrictEqual(received.slice(0, 10),
		    received.slice(10));
	}, 40);
};

/* A sequence that is the same every time (xorshift). */
function
chances(seed)
{
	let x = seed;

	return (below) => {
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		return (x >>> 0) % below;
	};
}

/*
 * A few lines, then something happens; again and again. The server lives, but
 * may be silent for a while.
 */
async function
mixture(t)
{
	const chance = chances(20260102);
	const server = await startOurs(t);
	const other = await official(t, server);
	const relay = await relayTo(t, server);
	const state = folder(t);
	const rounds = process.env.CHAT_SOAK ? 200 : 12;
	let typed = 0;
	let ours = new Json(t, [relay.url], { state });

	for (let round = 0; round < rounds; round++) {
		const restored = ours.entries.size;
		const lines = numbers(1 + chance(60)).map(() =>
		    'line ' + typed++);

		ours.say(...lines);
		await ours.until(() => [...ours.entries.values()].filter(
		    ([first]) => !first.restored).length >= lines.length,
		    'in the outbox after ' + restored);
		await sleep(chance(100));
		switch (chance(5)) {
		case 0:
			relay.cut();
			break;
		case 1:
			relay.cutAfter(chance(20000));
			break;
		case 2:
			relay.refuses = !relay.refuses;
			relay.cut();
			break;
		case 3:
			process.kill(server.pid, 'SIGSTOP');
			await sleep(chance(300));
			process.kill(server.pid, 'SIGCONT');
			break;
		case 4:
			break;
		}
		if (chance(2) === 0)
			await ours.kill();
		else
			await ours.terminate();
		ours = new Json(t, [relay.url], { state });
	}
	relay.refuses = false;
	relay.budgets = [];
	relay.left = Infinity;
	await until(() => other.heard.items.length >= typed, 'all of it',
	    30000);
	await heard(other, numbers(typed, 'line '));
	await ours.finish();
	assert.deepStrictEqual(files(state), []);
}

/*
 * Piped in, with cuts after so many bytes: in handshakes, frames and answers
 * alike.
 */
async function
flow(t, transport, mode)
{
	const server = await startOurs(t);
	const other = await official(t, server);
	const relay = await relayTo(t, server);
	const texts = numbers(500, 'line ');
	const input = texts.map((text) => mode === '--json' ?
	    JSON.stringify({ type: 'message', text }) : text).join('\n');

	relay.cutAfter(7000, 80001, 500, 50003, 3003);
	const ours = new Chat(t, ['connect', mode, '--transport', transport,
		relay.url], { input });
	const { code, err } = await ours.end(60000);
	assert.deepStrictEqual({ code, err }, { code: 0, err: '' });
	assert.strictEqual(relay.cuts, 5);
	await heard(other, texts);
	assert.deepStrictEqual(files(ours.state), []);
}

groups['several clients with one state directory'] = () => {
	test('each delivers its own', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const state = folder(t);
		const a = await startApart(t, relay, { state });
		const b = await startApart(t, relay, { state });

		await type(a, ...numbers(100, 'a'));
		await type(b, ...numbers(100, 'b'));
		relay.refuses = false;
		await Promise.all([a.delivered(100), b.delivered(100)]);
		const texts = await other.texts(200);
		for (const name of ['a', 'b'])
			assert.deepStrictEqual(texts.filter((text) =>
			    text[0] === name), numbers(100, name));
		await heard(other, []);
		await a.finish();
		await b.finish();
		assert.deepStrictEqual(files(state), []);
	});

	test('one takes over what dead ones have left', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const state = folder(t);
		const [a, b, c] = [await startApart(t, relay, { state }),
			await startApart(t, relay, { state }),
			await startApart(t, relay, { state })];

		await type(a, ...numbers(10, 'a'));
		await type(b, ...numbers(10, 'b'));
		await type(c, ...numbers(10, 'c'));
		await a.kill();
		await b.kill();
		const d = await startApart(t, relay, { state });
		await d.until(() => d.entries.size === 20, 'what was left');
		await type(d, ...numbers(10, 'd'));
		relay.refuses = false;
		await Promise.all([c.delivered(10), d.delivered(30)]);
		const texts = await other.texts(40);
		assert.deepStrictEqual(texts.filter((text) => text[0] !== 'c'),
		    [...numbers(10, 'a'), ...numbers(10, 'b'),
			    ...numbers(10, 'd')]);
		assert.deepStrictEqual(texts.filter((text) => text[0] === 'c'),
		    numbers(10, 'c'));
		await heard(other, []);
		await c.finish();
		await d.finish();
		assert.deepStrictEqual(files(state), []);
	});

	test('another server gets none of it', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const state = folder(t);
		const ours = await startApart(t, relay, { state });

		await type(ours, 'for the relay');
		await ours.kill();
		const direct = await join(t, server.url, { state });
		direct.say('directly');
		await direct.delivered(1);
		await heard(other, ['directly']);
		assert.strictEqual(files(state).length, 2);
		await direct.finish();
		assert.strictEqual(files(state).length, 1);
	});
};

groups['lines that are refused'] = () => {
	test('do not stop the others', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const ours = await join(t, server.url);

		ours.say('before');
		ours.send({ type: 'message', text: 'x'.repeat(70000), ref: 1 });
		ours.say('between');
		ours.send({ type: 'message', text: 'lost', room: 'nowhere' });
		ours.say('behind');
		await heard(other, ['before', 'between', 'behind']);
		await ours.until(() => ours.count('delivered') === 3 &&
		    ours.count('failed') === 1, 'all but one');
		const failed = [...ours.entries.values()].map((states) =>
		    states.at(-1)).find(({ state }) => state === 'failed');
		assert.strictEqual(failed.text, 'lost');
		assert.strictEqual(failed.room, 'nowhere');
		assert.strictEqual(failed.code, 'no-such-room');
		assert.notStrictEqual(failed.reason, '');
		assert.match(ours.of('error').find(({ ref }) => ref === 1)
		    .message, /too long/);
		await ours.finish({ code: 77, err: '' });
		assert.deepStrictEqual(files(ours.state), []);
	});

	test('by a server that has lower limits', async (t) => {
		let n = 0;
		const { server } = await startFake(t, (round, ack) => ack(
		    n++ === 1 ?
		    { ok: false, code: 'too-long', message: 'no\x1b[2J' } :
		    { ok: true, id: '1-' + n }));
		const ours = new Chat(t, ['connect', '--plain', server.url],
		    { input: 'a\nb\nc\n' });
		const { code, err } = await ours.end();

		assert.deepStrictEqual([code, err],
		    [77, 'chat: not delivered: no\ufffd[2J: b\n']);
		assert.strictEqual(ours.lines.filter((line) =>
		    / #lobby <ours> [ac]$/.test(line)).length, 2);
		assert.deepStrictEqual(files(ours.state), []);
	});

	test('piped in, too long', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const ours = new Chat(t, ['connect', server.url], { input:
		    'a\n' + 'x'.repeat(70000) + '\n' + 'y'.repeat(2000000) +
		    '\nb\n' });
		const { code, err } = await ours.end();

		assert.strictEqual(code, 66);
		assert.match(err,
		    /^chat: too long: 70000 bytes.*\nchat: .+\n$/);
		await heard(other, ['a', 'b']);
	});
};

groups['the end of input'] = () => {
	test('what is not delivered in time is kept', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const state = folder(t);

		relay.refuses = true;
		const ours = new Chat(t, ['connect', '--json', '--timeout=' +
			Math.ceil(slow), relay.url], { state, input:
			'{"type":"message","text":"a"}\n' +
			'{"type":"message","text":"b"}' });
		const { code, err } = await ours.end();
		assert.strictEqual(code, 69);
		assert.match(err, /^chat: 2 lines not delivered: .+\n$/);
		relay.refuses = false;
		const again = new Chat(t, ['connect', '--plain', relay.url],
		    { state, input: 'c' });
		assert.deepStrictEqual((await again.end()).code, 0);
		await heard(other, ['a', 'b', 'c']);
		assert.deepStrictEqual(files(state), []);
	});

	test('--no-outbox', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const relay = await relayTo(t, server);
		const state = folder(t);

		relay.refuses = true;
		const ours = new Json(t, ['--no-outbox', relay.url], { state });
		await type(ours, 'lost');
		assert.deepStrictEqual(files(state), []);
		await ours.kill();
		relay.refuses = false;
		const again = new Json(t, ['--no-outbox', relay.url],
		    { state });
		await again.reaches('online');
		/* A dead network is bridged all the same. */
		relay.refuses = true;
		relay.cut();
		await again.reaches('waiting');
		await type(again, 'kept');
		relay.refuses = false;
		await again.delivered(1);
		await heard(other, ['kept']);
		assert.deepStrictEqual(files(state), []);
	});

	test('a state directory that cannot be had', async (t) => {
		const state = folder(t);

		fs.writeFileSync(path.join(state, 'chat'), '');
		const ours = new Chat(t, ['connect', '--json', '127.0.0.1:1'],
		    { state, input: '' });
		const { code, out, err } = await ours.end();
		assert.deepStrictEqual({ code, out }, { code: 73, out: '' });
		assert.match(err, /^chat: .+--no-outbox.+\n$/);
	});
};

/*
 * What is asked for: away for a while, with 500 messages told meanwhile and
 * three typed; back within 5 s, with all of it, in order, once.
 */
groups['an outage'] = () => {
	const outage = process.env.CHAT_SOAK ? 60000 : 2000;
	const limit = 5000 + 1000 * slow;

	test('of the network', async (t) => {
		const server = await startOurs(t);
		const teller = await official(t, server);
		const relay = await relayTo(t, server);
		const ours = await join(t, relay.url);

		teller.say('first');
		await ours.messages.next();
		await teller.heard.next();
		relay.refuses = true;
		relay.cut();
		await ours.reaches('waiting');
		await type(ours, 'uno', 'dos', 'tres');
		for (let i = 0; i < 500; i++)
			teller.say(String(i));
		assert.deepStrictEqual(await teller.texts(500), numbers(500));
		await sleep(outage);

		const back = performance.now();
		relay.refuses = false;
		const texts = (await ours.messages.take(500))
		    .map(({ text }) => text);
		await ours.delivered(3);
		assert.ok(performance.now() - back < limit,
		    'back after ' + (performance.now() - back) + ' ms');
		assert.deepStrictEqual(texts, numbers(500));
		assert.deepStrictEqual(await teller.texts(3),
		    ['uno', 'dos', 'tres']);
		teller.say('last');
		assert.strictEqual((await ours.messages.next()).text, 'last');
	}, 100);

	/* It keeps nothing across a restart yet: those who were told by then
	 * have to be there. */
	test('of the server', async (t) => {
		const server = await startOurs(t);
		const relay = await relayTo(t, server);
		const ours = await join(t, server.url);
		const teller = await join(t, relay.url);

		await server.kill();
		await Promise.all([ours, teller].map((one) =>
		    one.reaches('waiting')));
		relay.refuses = true;
		await type(ours, 'uno', 'dos', 'tres');
		await type(teller, ...numbers(500));
		await sleep(outage);

		const next = await startOurs(t, '--port', server.port);
		const back = performance.now();
		const witness = await official(t, next);
		await ours.reaches('online');
		assert.ok(performance.now() - back < limit,
		    'back after ' + (performance.now() - back) + ' ms');
		relay.refuses = false;
		await Promise.all([ours.delivered(3), teller.delivered(500)]);
		const texts = await witness.texts(503);
		assert.deepStrictEqual(texts.filter((text) => /^\d/.test(text)),
		    numbers(500));
		assert.deepStrictEqual(texts.filter((text) =>
		    !/^\d/.test(text)), ['uno', 'dos', 'tres']);
		assert.deepStrictEqual((await ours.messages.take(500))
		    .map(({ text }) => text), numbers(500));
		witness.say('last');
		assert.strictEqual((await ours.messages.next()).text, 'last');
	}, 100);
};

together('outbox', groups);
