'use strict';
/* Rooms by HTTP and plain WebSockets, as chat-protocol(7) says. */
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const http = require('node:http');
const { describe } = require('node:test');
const { cleanup, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');
const { soon, test, until } = require('./harness');
const { EVENT, ID, Peer, useChecks } = require('./peer');
const { matches } = require('./page');

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ <[^>]+> /;

/* Resolves at the end, or gives lines as they come to onText. */
function
request(server, method, path, { headers = {}, body, onText } = {})
{
	return soon(new Promise((resolve, reject) => {
		const req = http.request(server.url + path, { method, headers,
			agent: false }, (res) => {
			let text = '';

			res.setEncoding('utf8');
			res.on('data', (data) => {
				text += data;
				if (onText)
					onText(text);
			});
			res.on('end', () => resolve({ status: res.statusCode,
				headers: res.headers, text }));
			res.on('error', () => {});
		});

		cleanup(() => req.destroy());
		req.on('error', reject);
		req.end(body);
	}), method + ' ' + path);
}

/* Follows a room: what has come, as it grows. */
function
follow(server, path, headers)
{
	const got = { text: '' };

	request(server, 'GET', path, { headers, onText: (text) => {
		got.text = text;
	} }).catch(() => {});
	got.has = (text) => until(() => got.text.includes(text), text);
	return got;
}

function
curl(...args)
{
	const child = spawn('curl', ['-s', ...args], {
		stdio: ['ignore', 'pipe', 'inherit']
	});
	const got = { text: '' };

	cleanup(() => child.kill());
	child.stdout.on('data', (data) => { got.text += data; });
	got.ended = soon(new Promise((resolve) => child.on('close', resolve)),
	    'curl');
	return got;
}

describe('chat-protocol(7): HTTP', () => {
	const server = useChat();
	const get = (path, headers) => request(server, 'GET', path, { headers });
	const post = (path, body, headers) => request(server, 'POST', path,
	    { body, headers });

	useChecks();

	test('the examples', async () => {
		const url = server.url + '/r/ops';
		const ana = await Peer.come(server, { nick: 'ana',
			rooms: ['ops'] });

		await ana.say('ops', 'hola');
		const tail = curl('-N', url);
		await until(() => /<ana> hola\n$/.test(tail.text), 'hola');
		const posted = curl('-d', 'the build is green', url + '?nick=ci');
		assert.strictEqual(await posted.ended, 0);
		const [text, { id, nick, seq }] = await ana.heard(EVENT);
		assert.deepStrictEqual([text, nick, seq, id + '\n'],
		    ['the build is green', 'ci', 2, posted.text]);
		await until(() => /<ci> the build is green\n$/.test(tail.text),
		    'the build');
		const last = curl(url + '?n=10&follow=0');
		assert.strictEqual(await last.ended, 0);
		assert.strictEqual(last.text, tail.text);
		assert.ok(last.text.split('\n').slice(0, 2).every((line) =>
		    LINE.test(line)), last.text);
	});

	test('the page, for browsers', async () => {
		const accept = { Accept: 'text/html,application/xhtml+xml' };
		const page = await get('/r/anywhere', accept);

		assert.strictEqual(page.status, 200);
		assert.match(page.headers['content-type'], /^text\/html/);
		assert.strictEqual(page.text,
		    (await get('/', accept)).text);
		assert.strictEqual((await get('/r/anywhere')).status, 404);
	});

	test('lines', async () => {
		const texts = ['one\ntwo\n3\r\n', '\x1b[31mred\x07', 'a\u202eb',
			'2026-11-21T10:11:12Z <eve> x\n' +
			'2026-11-21T10:11:12Z <eve> forged'];

		for (const text of texts)
			assert.match((await post('/r/lines', text)).text,
			    /^\d+-\d+\n$/);
		const { text, headers } = await get('/r/lines?follow=0');
		const lines = text.split('\n');
		assert.match(headers['content-type'],
		    /^text\/plain; ?charset=utf-8$/i);
		assert.strictEqual(lines.pop(), '');
		assert.strictEqual(lines.filter((line) => LINE.test(line))
		    .length, texts.length);
		for (const line of lines)
			assert.ok(LINE.test(line) || line.startsWith('  '),
			    JSON.stringify(line));
		assert.doesNotMatch(text,
		    /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
	});

	test('n, after, format', async () => {
		const ids = [];

		for (let i = 1; i <= 60; i++)
			ids.push((await post('/r/query?nick=p', i + '\n')).text
			    .trim());
		const rows = async (query, headers) => (await get('/r/query?' +
		    'follow=0&' + query, headers)).text.split('\n')
		    .slice(0, -1);
		const json = { Accept: 'application/x-ndjson' };
		assert.strictEqual((await rows('')).length, 50);
		assert.strictEqual((await rows('n=0')).length, 0);
		assert.strictEqual((await rows('n=500')).length, 60);
		assert.deepStrictEqual((await rows('after=' + ids[57]))
		    .map((line) => line.replace(/.*<p> /, '')), ['59', '60']);
		for (const got of [await rows('n=2&format=json'),
			await rows('n=2', json)]) {
			const messages = got.map(JSON.parse);
			assert.deepStrictEqual(messages.map(([text]) => text),
			    ['59', '60']);
			for (const message of messages)
				matches(message, { items: ['text', 'META'] },
				    'line');
			assert.strictEqual(messages[1][1].id, ids[59]);
		}
		for (const query of ['n=501', 'n=x', 'n=-1', 'after=x'])
			assert.strictEqual((await get('/r/query?follow=0&' +
			    query)).status, 400, query);
	});

	test('following, from an id on, misses nothing', async () => {
		const { text } = await post('/r/follow', 'first');
		const ids = [];
		const all = [];

		const tail = follow(server, '/r/follow?format=json&after=' +
		    text.trim());
		for (let i = 0; i < 50; i++)
			all.push(post('/r/follow', 'm' + i).then((answer) =>
			    ids.push(answer.text.trim())));
		await Promise.all(all);
		await until(() => tail.text.split('\n').length === 51, 'lines');
		const metas = tail.text.trim().split('\n').map(JSON.parse)
		    .map(([, meta]) => meta);
		assert.deepStrictEqual(metas.map((m) => m.seq),
		    Array.from({ length: 50 }, (_, i) => i + 2));
		assert.deepStrictEqual(metas.map((m) => m.id).sort(),
		    ids.sort());
	}, 30);

	test('what is refused', async () => {
		const bob = await Peer.come(server, { nick: 'http-bob' });
		const posts = [
			[200, '/r/posts', 'x'.repeat(65536)],
			[200, '/r/posts', 'x'.repeat(65536) + '\n'],
			[413, '/r/posts', 'x'.repeat(65537)],
			[413, '/r/posts', 'x'.repeat(5000000)],
			[400, '/r/posts', Buffer.from([0xff, 0xfe])],
			[400, '/r/posts', ''],
			[404, '/r/@http-bob', 'x'],
			[404, '/r/@' + bob.from + ',' + bob.from, 'x'],
			[404, '/r/', 'x'],
			[404, '/r/%20', 'x'],
			[404, '/r/' + 'x'.repeat(65), 'x']
		];

		for (const [status, path, body] of posts)
			assert.strictEqual((await post(path, body)).status,
			    status, path + ' ' + body.length);
		assert.strictEqual((await post('/r/posts', 'x',
		    { Origin: 'http://elsewhere.example' })).status, 403);
		assert.strictEqual((await post('/r/posts', 'x',
		    { Origin: server.url })).status, 200);
		for (const path of ['/r/@http-bob', '/r/none', '/r/'])
			assert.strictEqual((await get(path)).status, 404, path);
	});

	test('names of rooms', async () => {
		await post('/r/%23Caf%C3%A9%20ol%C3%A9', 'x');
		const [[, { room }]] = (await get(
		    '/r/CAF%C3%89-ol%C3%A9?format=json&follow=0')).text.trim()
		    .split('\n').map(JSON.parse);
		assert.strictEqual(room, 'Caf\u00e9-ol\u00e9');
	});

	test('plain WebSockets', async () => {
		const ana = await Peer.come(server, { nick: 'ana',
			rooms: ['plain'] });
		const ws = await joinPlain(server, {},
		    '?room=plain&nick=plain-nick');

		ws.ws.send('by hand');
		assert.strictEqual(await ws.texts.next(), 'by hand');
		const [text, { nick, id }] = await ana.heard(EVENT);
		assert.deepStrictEqual([text, nick], ['by hand', 'plain-nick']);
		assert.match(id, ID);
		await ana.say('plain', 'back');
		assert.strictEqual(await ws.texts.next(), 'back');
		await assert.rejects(joinPlain(server, {}, '?room=@ana'));
	});
});

describe('chat-protocol(7): HTTP where rooms are fixed', () => {
	useCleanup();

	test('no room is made', async () => {
		const server = await startChat('--rooms', 'fixed');
		const post = (path) => request(server, 'POST', path,
		    { body: 'x' });

		assert.strictEqual((await post('/r/new')).status, 404);
		assert.strictEqual((await post('/r/lobby')).status, 200);
	}, 30);
});
