'use strict';
/*
 * Our client, `chat connect`, at our server, the official one and python's,
 * in one room with an official client.
 */
const assert = require('node:assert');
const { before, describe } = require('node:test');
const { pace, slow, start, test, until } = require('./harness');
const { Chat, Json, join, later, numbers, official, relayTo, startClassic,
	startOurs, startPython, together, useSuite } = require('./client');

const COUNT = 1000;

const groups = {};

const servers = {
	'chat serve': { rich: true, start: (t) => startOurs(t) },
	'official server': { start: (t) => startClassic(t) },
	'official server, polling only': { only: 'polling',
		start: (t) => startClassic(t, { transports: 'polling' }) },
	'official server, WebSocket only': { only: 'websocket',
		start: (t) => startClassic(t, { transports: 'websocket' }) },
	'python server': { start: (t) => startPython(t) }
};

/* What each --transport comes to, and where it can't be had. */
const transports = {
	auto: { websocket: 'websocket', polling: 'polling', both: 'websocket' },
	websocket: { websocket: 'websocket', both: 'websocket' },
	polling: { polling: 'polling', both: 'polling' },
	upgrade: { polling: 'polling', both: 'websocket' }
};

for (const [name, kind] of Object.entries(servers))
	groups['at ' + name] = () =>
	    describe('talk', { concurrency: 1 }, () => talks(kind));

function
talks({ only = 'both', rich = false, start: startServer })
{
	const suite = useSuite();
	let server;

	before(async () => { server = await startServer(suite); },
	    { timeout: 30000 * slow });

	for (const [transport, { [only]: wanted }] of
	    Object.entries(transports))
		if (wanted)
			test('--transport ' + transport, (t) =>
			    converse(t, server, { rich, only, transport,
				    wanted }), 60);
		else
			test('no --transport ' + transport, async (t) => {
				const ours = new Json(t, ['--transport',
					transport, server.url]);

				await ours.reaches('waiting', { problem:
				    'the server says: Transport unknown' });
			});

	test('odd texts from an official client', (t) =>
	    hears(t, server, { rich, only }), 60);
	test('odd texts from ours', (t) => says(t, server, { rich, only }), 60);
	test('binary data from an official client', (t) =>
	    binary(t, server, { only }));
}

/* A thousand messages each way at the same time. */
async function
converse(t, server, { rich, only, transport, wanted })
{
	const other = await official(t, server,
	    { mode: only === 'polling' ? 'polling' : 'websocket' });
	const ours = await join(t, server.url, { args: ['--transport',
		transport] });
	const mine = numbers(COUNT, 'ours ');
	const theirs = numbers(COUNT, 'theirs ');

	await ours.reaches('online', { classic: !rich, transport: wanted,
		nick: rich ? 'tester' : '', problem: '' });
	ours.say(...mine);
	for (const text of theirs)
		other.say(text);

	const all = await other.texts(2 * COUNT);
	const heard = await ours.messages.take(COUNT);
	assert.deepStrictEqual(all.filter((text) => /^ours/.test(text)), mine);
	assert.deepStrictEqual(all.filter((text) => /^theirs/.test(text)),
	    theirs);
	assert.deepStrictEqual(heard.map(({ text }) => text), theirs);
	await ours.delivered(COUNT);
	for (const states of ours.entries.values())
		/* A line may come back before its POST is answered. */
		assert.match(states.map(({ state }) => state).join(' '),
		    rich ? /^waiting delivered$/ :
		    /^waiting (sent )?delivered$/);
	for (const one of heard) {
		assert.deepStrictEqual([one.room, one.own, one.replay],
		    ['lobby', false, false]);
		assert.match(one.nick, rich ? /^guest-/ : /^$/);
		assert.match(one.id, rich ? /^\d+-\d+$/ : /^$/);
	}
	/* Nothing twice: a last word comes after all of it. */
	other.say('last');
	assert.strictEqual((await ours.messages.next()).text, 'last');
	assert.deepStrictEqual(await other.texts(1), ['last']);
	assert.strictEqual(ours.messages.items.length, 0);
	await ours.finish();
}

const odd = ['\0', 'a\0b', 'ñ€😀', ' ', '\t', 'a\nb\r\nc\r', '"\\/\b\f',
	'\u007f', '\u0085\u009b2J', '\u001b]0;title\u0007\u001b[2J',
	'e\u0301\u0302', '👨‍👩‍👧‍👦🇫🇷❤️', '\u202eabc\u202c', 'שלום',
	'\u2028\u2029', '\ufeffbom', '\ufffe\uffff', '\u{10ffff}', '\u200d',
	'__proto__', '%s%n', '</script>', '[1]', '2["x"]', '\x1e', 'null',
	'x'.repeat(65536), '€'.repeat(21845), '😀'.repeat(16384)];

const lone = ['\ud800', '\udc00', 'a\ud83db', '\udc00\ud800',
	'\ud83d\ud83d\ude00'];

/* The replacement character for halves of a surrogate pair, and for NUL. */
function
wellFormed(text)
{
	return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}

async function
hears(t, server, { rich, only })
{
	const other = await official(t, server,
	    { mode: only === 'polling' ? 'polling' : 'websocket' });
	const ours = await join(t, server.url);
	const values = [5, -0.5, 1e300, true, null, {}, [], [['x']],
		{ a: { b: [1, null, 'ñ'] }, _placeholder: true },
		JSON.parse('{"__proto__":1,"":2}')];
	const texts = ['', ...odd, ...lone];

	for (const one of [...texts, ...values])
		other.say(one);
	const heard = await ours.messages.take(texts.length + values.length);
	assert.deepStrictEqual(
	    heard.slice(0, texts.length).map(({ text }) => text),
	    texts.map(wellFormed));
	/* Python's server has no null: it sends no argument then. */
	assert.deepStrictEqual(heard.slice(texts.length).map(({ text }) =>
	    JSON.parse(text || 'null')), values);
	if (rich)
		assert.deepStrictEqual(heard.map(({ seq }) =>
		    seq - heard[0].seq), [...heard.keys()]);
	assert.deepStrictEqual(new Set(heard.map(({ attachments }) =>
	    attachments)), new Set([undefined]));
}

async function
says(t, server, { only })
{
	const other = await official(t, server,
	    { mode: only === 'polling' ? 'polling' : 'websocket' });
	const ours = await join(t, server.url);

	ours.say(...odd, ...lone);
	assert.deepStrictEqual(await other.texts(odd.length + lone.length),
	    [...odd, ...lone].map(wellFormed));
	await ours.delivered(odd.length + lone.length);
	for (const bad of ['', 'x'.repeat(65537), '€'.repeat(21846)]) {
		const answer = await ours.ask({ type: 'message', text: bad });

		assert.strictEqual(answer.type, 'error');
		assert.notStrictEqual(answer.message, '');
	}
	ours.say('still here');
	assert.deepStrictEqual(await other.texts(1), ['still here']);
}

async function
binary(t, server, { only })
{
	const other = await official(t, server,
	    { mode: only === 'polling' ? 'polling' : 'websocket' });
	const ours = await join(t, server.url);
	const cases = [[Buffer.from([0, 255, 10]), 1, 3],
		[Buffer.alloc(0), 1, 0],
		[{ a: Buffer.alloc(100000), b: [Buffer.from('\x1e4"')] }, 2,
			100003],
		[numbers(10).map(() => Buffer.alloc(7)), 10, 70]];

	for (const [data] of cases) {
		other.say(data);
		other.say('text');
	}
	for (const [, attachments, bytes] of cases) {
		const message = await ours.messages.next();

		assert.deepStrictEqual([message.attachments, message.bytes],
		    [attachments, bytes]);
		assert.match(message.text, /"_placeholder":true/);
		assert.strictEqual((await ours.messages.next()).text, 'text');
	}
	ours.say('text');
	await ours.delivered(1);
}

/* A client for each --transport. */
function
joinAll(t, server)
{
	return Promise.all(Object.keys(transports).map((transport) =>
	    join(t, server.url, { args: ['--transport', transport] })));
}

groups['servers that come and go'] = () => {
	const restartable = {
		'chat serve': (t, port) => startOurs(t, '--port', port),
		'official server': (t, port) => startClassic(t, { port }),
		'python server': (t, port) => startPython(t, { port })
	};

	for (const [name, startServer] of Object.entries(restartable))
		test(name + ' is killed and started again', async (t) => {
			const server = await startServer(t, 0);
			const clients = await joinAll(t, server);

			await server.kill();
			for (const one of clients) {
				await one.reaches('waiting');
				assert.match(one.status.problem, new RegExp(
				    '^(the connection was lost|connection ' +
				    'refused|the server closed .*)$'));
			}
			await startServer(t, server.port);
			for (const one of clients)
				await one.reaches('online');
			clients[0].say('back');
			for (const one of clients.slice(1))
				assert.strictEqual(
				    (await one.messages.next()).text, 'back');
			await clients[0].delivered(1);
		}, 30);

	test('chat serve ends in order and is started again', async (t) => {
		const server = await startOurs(t);
		const ours = await join(t, server.url);

		await server.stop();
		await ours.reaches('waiting');
		await startOurs(t, '--port', server.port);
		await ours.reaches('online');
	});

	for (const mode of ['websocket', 'polling'])
		for (const close of [true, false])
			test(`sent away, ${mode}, ` + (close ? 'closed' :
			    'from the namespace'), (t) =>
			    sentAway(t, mode, close));

	for (const [what, startServer] of Object.entries({
		official: (t) => startClassic(t),
		chat: (t) => startOurs(t) }))
		test(what + ': a namespace that is not there', async (t) => {
			const server = await startServer(t);

			for (const transport of Object.keys(transports)) {
				const ours = new Json(t, ['--namespace',
					'/nowhere', '--transport', transport,
					server.url]);
				await ours.reaches('waiting', { problem:
				    'the server refuses: Invalid namespace' });
			}
		});

	test('a namespace that lets nobody in', async (t) => {
		const server = await startClassic(t);
		const ours = new Json(t, ['--namespace=/closed', server.url]);
		const send = new Chat(t, ['send', '--namespace=/closed',
			server.url, 'text']);

		await ours.reaches('waiting', { problem:
		    'the server refuses: members only' });
		assert.deepStrictEqual(await send.end(), { code: 69, out: '',
			err: 'chat: the server refuses: members only\n' });
	});
};

async function
sentAway(t, mode, close)
{
	const server = await startClassic(t);
	const other = await official(t, server);
	const ours = await join(t, server.url, { args: ['--transport', mode] });

	other.socket.emit('kick', close);
	await ours.reaches('waiting', { problem:
	    'the server has sent us away' });
	ours.say('waits');
	await ours.until(() => ours.count('waiting') === 1, 'waiting');
	await ours.terminate();
}

/* A server under which heartbeats can be had in a second. */
groups['heartbeat'] = () => {
	const interval = 200 * pace;
	const timeout = 2000 * slow;
	const beating = {
		'our server': (t) => conformance(t, interval, timeout),
		'official server': (t) => startClassic(t, {
			'ping-interval': interval, 'ping-timeout': timeout }),
		'python server': (t) => startPython(t, {
			'ping-interval': interval, 'ping-timeout': timeout })
	};

	for (const [name, startServer] of Object.entries(beating))
		test(name + ': stays, and notices silence', async (t) => {
			const server = await startServer(t);
			const other = await official(t, server);
			const clients = await joinAll(t, server);
			let beats = 0;

			other.socket.io.engine.on('packet', ({ type }) => {
				if (type === 'ping')
					beats++;
			});
			await until(() => beats >= 6, 'heartbeats', 20000);
			for (const one of clients)
				assert.deepStrictEqual(one.of('status')
				    .filter(({ phase }) => phase === 'waiting'),
				    []);

			process.kill(server.pid, 'SIGSTOP');
			for (const one of clients) {
				const inPhase = (wanted) => one.of('status')
				    .filter(({ phase }) => phase === wanted);

				await one.until(() =>
				    inPhase('waiting').length > 0, 'waiting');
				/* It may have tried again since. */
				const [{ problem, when }] = inPhase('waiting');
				const last = inPhase('online').at(-1);

				assert.strictEqual(problem,
				    'no sign of life from the server');
				assert.ok(when - last.when > timeout);
			}
			process.kill(server.pid, 'SIGCONT');
			for (const one of clients)
				await one.reaches('online', {}, 30000);
		}, 60);
};

/* Our server with its own heartbeat; it says what a classic one does not. */
async function
conformance(t, interval, timeout)
{
	const server = await start(['--ping-interval', interval,
		'--ping-timeout', timeout, '--connect-timeout', 60000]);

	later(t, async () => {
		process.kill(server.pid, 'SIGCONT');
		await server.stop();
	});
	return server;
}

groups['connection state recovery'] = () => {
	for (const { name, startServer, present } of [
		{ name: 'official server',
			startServer: (t) => startClassic(t, { recovery: 1 }),
			present: (socket) => socket.emitWithAck('present') },
		{ name: 'chat serve',
			startServer: (t) => startOurs(t),
			present: async (socket) => (await socket.emitWithAck(
			    'who', { room: 'lobby' })).count }
	])
		for (const mode of ['websocket', 'polling', 'upgrade'])
			test(`${name}, ${mode}: nothing missed or doubled`,
			    async (t) => recovers(t, await startServer(t),
			        mode, present), 40);
};

async function
recovers(t, server, mode, present)
{
	const relay = await relayTo(t, server);
	const other = await official(t, server);
	const ours = await join(t, relay.url, { args: ['--transport', mode] });
	let n = 0;

	await ours.reaches('online', { transport: mode === 'polling' ?
	    'polling' : 'websocket' });
	for (let round = 0; round < 2; round++) {
		other.say(n++);
		assert.strictEqual((await ours.messages.next()).replay, false);
		await other.heard.next();
		if (mode === 'polling')
			await relay.polled();
		relay.refuses = true;
		relay.cut();
		await ours.reaches('waiting');
		/* What it says to one that it does not know to be gone is
		 * lost, if that is the official server. */
		await until(async () => (await present(other.socket)) === 1,
		    'who is gone is not there');
		for (let i = 0; i < 100; i++)
			other.say(n++);
		await other.heard.take(100);
		relay.refuses = false;
		const missed = await ours.messages.take(100);
		assert.deepStrictEqual(missed.map(({ text }) => Number(text)),
		    Array.from({ length: 100 }, (_, i) => n - 100 + i));
		assert.deepStrictEqual(new Set(missed.map(
		    ({ replay }) => replay)), new Set([true]));
		await ours.reaches('online');
	}
	other.say(n);
	assert.strictEqual((await ours.messages.next()).text, String(n));
	assert.strictEqual(ours.messages.items.length, 0);
}

groups['--plain'] = () => {
	test('lines in and out, drained at the end of input', async (t) => {
		const server = await startOurs(t);
		const other = await official(t, server);
		const ours = new Chat(t, ['connect', '--nick', 'anna',
			server.url]);

		await until(() => ours.lines.length > 0, 'the first line');
		assert.strictEqual(ours.lines[0], '-- connected to ' +
		    server.url + '/ by websocket as anna');
		await until(() => ours.lines.length > 1, 'the room');
		assert.strictEqual(ours.lines[1], '-- you are in lobby');
		ours.lines.splice(1, 1);
		other.say('hola\n\u001b[2Jtwo \u202e lines');
		await until(() => ours.lines.length >= 3, 'the message');
		const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
		assert.match(ours.lines[1], new RegExp('^' + time +
		    ' #lobby <guest-[^ ]+> hola$'));
		assert.match(ours.lines[2], new RegExp('^' + time +
		    ' #lobby <guest-[^ ]+>\\|\ufffd\\[2Jtwo \ufffd lines$'));
		ours.child.stdin.end(numbers(500).join('\n') + '\r\n\nlast');
		assert.deepStrictEqual((await other.texts(502)).slice(1),
		    [...numbers(500), 'last']);
		assert.deepStrictEqual((await ours.end()).code, 0);
		assert.deepStrictEqual(ours.lines.slice(3).map((line) =>
		    line.replace(new RegExp('^' + time), '')),
		    [...numbers(500), 'last'].map((text) =>
		        ' #lobby <anna> ' + text));
	});
};

groups['--json'] = () => {
	test('requests', async (t) => {
		const server = await startOurs(t);
		const relay = await relayTo(t, server);
		const other = await official(t, server);
		const ours = await join(t, relay.url);
		let answer = await ours.ask({ type: 'request',
			event: 'nuevo mensaje', data: 'direct' });

		assert.deepStrictEqual([answer.type, answer.ok], ['reply', true]);
		assert.deepStrictEqual(await other.texts(1), ['direct']);
		answer = await ours.ask({ type: 'request', event: 'nonsense' });
		assert.deepStrictEqual([answer.ok, answer.code],
		    [false, 'unknown-event']);
		for (const bad of [{}, { type: 'what' }, { type: 'message' },
		    { type: 'request' }, { type: 'join' }, { type: 'nick',
			    nick: 5 }]) {
			answer = await ours.ask(bad);
			assert.strictEqual(answer.type, 'error');
		}
		for (const bad of ['nonsense', '[]', '{', '{"a":1}}', '\x01',
		    '"\\ud800"', '['.repeat(100000)]) {
			const before = ours.of('error').length;

			ours.write(bad + '\n');
			await ours.until(() => ours.of('error').length > before,
			    'error');
		}

		/* A new nick is kept, also by who has to come back. */
		answer = await ours.ask({ type: 'nick', nick: 'Ana ñ' });
		assert.strictEqual(answer.ok, true);
		await ours.reaches('online', { nick: 'Ana ñ' });
		relay.refuses = true;
		relay.cut();
		await ours.reaches('waiting');
		answer = await ours.ask({ type: 'nick', nick: 'Eva' });
		assert.deepStrictEqual([answer.ok, answer.code],
		    [false, 'offline']);
		relay.refuses = false;
		await ours.reaches('online', { nick: 'Ana ñ' });
		ours.say('hola');
		const [, meta] = await other.heard.next();
		assert.strictEqual(meta.nick, 'Ana ñ');
	});

	test('requests at a classic server', async (t) => {
		const server = await startClassic(t);
		const ours = await join(t, server.url);

		for (const request of [{ type: 'nick', nick: 'Eva' },
		    { type: 'join', room: 'x' }, { type: 'leave', room: 'x' },
		    { type: 'request', event: 'who' }]) {
			const answer = await ours.ask(request);

			assert.deepStrictEqual([answer.ok, answer.code],
			    [false, 'classic']);
		}
	});
};

groups['its end'] = () => {
	for (const mode of ['--json', '--plain', '--transport=polling'])
		for (const [signal, status] of [['SIGTERM', 143],
		    ['SIGINT', 130], ['SIGHUP', 129]])
			test(signal + ', ' + mode, async (t) => {
				const server = await startOurs(t);
				const ours = new Chat(t, ['connect', mode,
					server.url]);

				await until(() => /online|connected/
				    .test(ours.out), 'online');
				ours.signal(signal);
				const { code, err } = await ours.end();
				assert.deepStrictEqual([code, err],
				    [status, '']);
				await server.logged({ event: 'disconnect' });
			});

	for (const mode of ['--json', '--plain'])
		test('nobody reads what it writes, ' + mode, async (t) => {
			const server = await startOurs(t);
			const other = await official(t, server);
			const ours = new Chat(t, ['connect', mode, server.url]);

			await until(() => /online|connected/.test(ours.out),
			    'online');
			ours.child.stdout.destroy();
			const timer = setInterval(() => other.say('x'), 20);
			const { code, err } = await ours.end()
			    .finally(() => clearInterval(timer));
			assert.deepStrictEqual([code, err], [74, '']);
		});
};

together('client', groups);
