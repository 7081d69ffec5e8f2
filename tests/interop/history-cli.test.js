'use strict';
/* `chat history`: what was said in a room, on standard output. */
const assert = require('node:assert');
const { describe } = require('node:test');
const clients = require('./clients');
const { slow, test } = require('./harness');
const { Chat, UNCLEAN, official, relayTo, startClassic, startFake,
	startOurs } = require('./client');

const EVENT = 'nuevo mensaje';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /;
const SHORT = ['--timeout', Math.ceil(slow)];

/* Runs it to its end; the lines that it has written. */
async function
history(t, args, wanted = 0, options = {})
{
	const process = new Chat(t, ['history', ...args], options);
	const { code, out, err } = await process.end(60000);

	assert.strictEqual(code, wanted, err);
	assert.match(err, /^(chat: .+\n)*$/);
	assert.doesNotMatch(out, UNCLEAN);
	if (wanted === 0 && !options.noise)
		assert.strictEqual(err, '');
	assert.ok(out === '' || out.endsWith('\n'));
	return { lines: out.split('\n').slice(0, -1), err };
}

/* Only the texts. */
async function
texts(t, args, options)
{
	const { lines } = await history(t, [...args, '--format', 'json'], 0,
	    options);

	return lines.map((line) => JSON.parse(line)[0]);
}

/* Somebody in rooms, who says things one after the other. */
async function
talker(t, server, nick, rooms)
{
	const who = await official(t, server, { auth: { nick, rooms } });

	who.ask = async (...args) => {
		const [answer] = await clients.call(who.socket, ...args);

		assert.ok(answer.ok, JSON.stringify(answer));
		return answer;
	};
	/* All at once: they come in order. */
	who.tell = async (room, list) => (await Promise.all(list.map((text) =>
	    who.ask(EVENT, text, { room })))).map(({ id }) => id);
	return who;
}

function
numbers(from, to)
{
	return Array.from({ length: to - from }, (_, i) => 'm' + (from + i));
}

describe('chat history', { concurrency: 8 }, () => {
	test('all of a room, over many pages', async (t) => {
		const server = await startOurs(t);
		const ana = await talker(t, server, 'ana', ['ops', 'lobby']);

		for (let i = 0; i < 1050; i += 210)
			await ana.tell('ops', numbers(i, i + 210));
		await ana.tell('lobby', ['elsewhere']);
		assert.deepStrictEqual(await texts(t, [server.url, 'ops']),
		    numbers(0, 1050));
		assert.deepStrictEqual(await texts(t, [server.url + '/r/OPS']),
		    numbers(0, 1050));
		assert.deepStrictEqual(await texts(t, [server.url]),
		    ['elsewhere']);
		for (const transport of ['polling', 'upgrade'])
			assert.deepStrictEqual(await texts(t, ['--transport',
				transport, server.url, 'ops']),
			    numbers(0, 1050));
		/* --limit reads from the other end */
		for (const limit of [1, 199, 200, 201, 1049, 1050, 9999])
			assert.deepStrictEqual(await texts(t, [server.url,
				'ops', '--limit', limit]),
			    numbers(Math.max(1050 - limit, 0), 1050));
		assert.deepStrictEqual(await texts(t, [server.url, 'ops',
			'--grep', 'M10', '--limit', 52]),
		    ['m108', 'm109', ...numbers(1000, 1050)]);
	}, 120);

	test('--since, --grep', async (t) => {
		const server = await startOurs(t);
		const ana = await talker(t, server, 'ana', ['lobby']);
		const said = ['Hola Ñandú', 'nothing', 'a ñANDÚ\nand more',
			'last'];
		const ids = await ana.tell('lobby', said);
		const ask = (...args) => texts(t, [server.url, 'lobby',
			...args]);

		assert.deepStrictEqual(await ask('--since', ids[1]),
		    said.slice(2));
		assert.deepStrictEqual(await ask('--since', ids[1] + '.3'),
		    said.slice(2));
		assert.deepStrictEqual(await ask('--since', ids[3]), []);
		assert.deepStrictEqual(await ask('--since', ids[0], '--limit',
		    2), said.slice(2));
		assert.deepStrictEqual(await ask('--since', ids[2], '--limit',
		    2), said.slice(3));
		assert.deepStrictEqual(await ask('--since', '1h'), said);
		assert.deepStrictEqual(await ask('--since', '2020-01-01'),
		    said);
		assert.deepStrictEqual(await ask('--since',
		    new Date(Date.now() + 60000).toISOString().slice(0, 19) +
		    'Z'), []);
		assert.deepStrictEqual(await ask('--grep', 'ñandú'),
		    [said[0], said[2]]);
		assert.deepStrictEqual(await ask('--grep', 'ana'), []);
		assert.deepStrictEqual(await ask('--grep', 'AND', '--since',
		    ids[0], '--limit', 1), [said[2]]);
	});

	test('formats', async (t) => {
		const server = await startOurs(t);
		const ana = await talker(t, server, 'ana', ['lobby']);
		const ids = await ana.tell('lobby', ['one', 'two\n*lines*\x1b[m',
			'gone', { a: 1 }]);

		await ana.ask('edit', { id: ids[0], text: 'uno' });
		await ana.ask('delete', { id: ids[2] });
		await ana.ask(EVENT, 'yes', { reply: ids[0] });
		const { lines } = await history(t, [server.url]);
		assert.match(lines[0], TIME);
		assert.deepStrictEqual(lines.map((line) =>
		    line.replace(TIME, '')), ['<ana> uno (edited)', '<ana> two',
			'  *lines*\ufffd[m', '<ana> (deleted by ana)',
			'<ana> {"a":1}', '<ana> yes']);
		const md = await history(t, [server.url, '--format', 'md']);
		assert.match(md.lines[0], /^## \d{4}-\d\d-\d\d$/);
		assert.deepStrictEqual(md.lines.slice(2).map((line) =>
		    line.replace(/^- \d\d:\d\d:\d\d /, '- ')), [
			'- **ana**: uno (edited)', '- **ana**: two\\',
			'  \\*lines\\*\ufffd\\[m', '- **ana**: (deleted by ana)',
			'- **ana**: {"a":1}', '- **ana**: *(to ana: uno)* yes']);
		const json = await history(t, [server.url, '--format', 'json']);
		for (const line of json.lines)
			assert.match(line, /^[\x20-\x7e]*$/);
		const [text, meta] = JSON.parse(json.lines[1]);
		assert.strictEqual(text, 'two\n*lines*\x1b[m');
		assert.deepStrictEqual([meta.id, meta.seq, meta.nick, meta.room],
		    [ids[1], 2, 'ana', 'lobby']);
	});

	test('nobody sees who reads', async (t) => {
		const server = await startOurs(t);
		const ana = await talker(t, server, 'ana', ['lobby']);
		const seen = [];

		ana.socket.onAny((name) => seen.push(name));
		await ana.tell('lobby', ['x']);
		await history(t, [server.url]);
		await ana.tell('lobby', ['y']);
		await ana.texts(2);
		assert.deepStrictEqual(seen, [EVENT, EVENT]);
	});

	test('goes on after a lost connection', async (t) => {
		const server = await startOurs(t);
		const relay = await relayTo(t, server);
		const ana = await talker(t, server, 'ana', ['lobby']);
		const said = numbers(0, 900).map((m) => m + 'x'.repeat(500));

		await ana.tell('lobby', said.slice(0, 450));
		await ana.tell('lobby', said.slice(450));
		for (const limit of [[], ['--limit', 5000]]) {
			relay.cutAfter(150000, 300000);
			assert.deepStrictEqual(await texts(t, [relay.url,
				...limit], { noise: true }), said);
		}
		assert.ok(relay.cuts >= 3);
	}, 60);

	test('usage', async (t) => {
		for (const args of [[], ['--limit', '0', 'x'], ['x', 'y', 'z'],
			['x', '--format', 'xml'], ['x', 'y', '--since', 'today'],
			['x', '--nonsense'], ['x', 'y', '--limit'],
			['http://']])
			await history(t, args, 64);
		const { lines } = await history(t, ['--help']);
		assert.match(lines[0], /^usage: chat history /);
	});

	test('what is refused', async (t) => {
		const server = await startOurs(t);

		for (const room of ['nobody-was-here', '@nobody', '..'])
			assert.match((await history(t, [server.url, room], 77))
			    .err, /^chat: refused: /);
		const { err } = await history(t, [...SHORT,
			'http://127.0.0.1:1'], 69);
		assert.match(err, /refused/);
		const classic = await startClassic(t);
		assert.match((await history(t, [classic.url], 69)).err,
		    /keeps no history/);
	}, 30);

	test('a reader that goes', async (t) => {
		const server = await startOurs(t);
		const ana = await talker(t, server, 'ana', ['lobby']);

		await ana.tell('lobby', numbers(0, 200).map((m) =>
		    m + 'x'.repeat(2000)));
		const process = new Chat(t, ['history', server.url]);
		process.child.stdout.destroy();
		assert.strictEqual((await process.end()).code, 74);
	});
});

describe('chat history at a server that', { concurrency: 4 }, () => {
	/* answer(request) gives what the acknowledgement is, or undefined. */
	async function
	at(t, answer, args, wanted)
	{
		const { server } = await startFake(t, () => {}, (socket) => {
			socket.on('history', (request, ack) => {
				const json = answer(request);

				if (json !== undefined)
					ack(json);
			});
		});
		return history(t, [...args, server.url], wanted);
	}

	const row = (id, text = 'x') => [text, { id, nick: 'a' }];

	test('repeats itself', async (t) => {
		for (const args of [[], ['--limit', '5000']])
			await at(t, () => ({ ok: true, more: true, newer: true,
				messages: [row('1795261400065-0')] }), args, 76);
	});

	test('has pages without anything', async (t) => {
		assert.deepStrictEqual((await at(t, () => ({ ok: true,
			more: true, newer: true, messages: [] }), [], 0)).lines,
		    []);
		assert.deepStrictEqual((await at(t, () => ({ ok: true }), [],
		    0)).lines, []);
	});

	test('sends what is no message', async (t) => {
		for (const messages of [[1], [[]], [['x', {}]], [['x',
			{ id: 5 }]], [null], [[[], []]]])
			await at(t, () => ({ ok: true, messages }), [], 76);
	});

	test('sends what draws', async (t) => {
		const evil = 'a\x1b]0;x\x07\u202e\u009bm\nb';

		for (const format of ['text', 'md', 'json'])
			await at(t, () => ({ ok: true, messages: [[evil,
				{ id: '1795261400065-0', nick: evil, deleted:
				{ nick: evil }, reply: { nick: evil,
				text: evil } }]] }), ['--format', format], 0);
		const { err } = await at(t, () => ({ ok: false, code: evil,
			message: evil }), [], 77);
		assert.doesNotMatch(err, UNCLEAN);
	});

	test('does not answer', async (t) => {
		const { err } = await at(t, () => undefined, SHORT, 75);

		assert.match(err, /does not answer/);
	}, 40);
});
