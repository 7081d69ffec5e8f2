'use strict';
/* Rooms by HTTP: /r/ROOM for curl and browsers, ?room= for a WebSocket. */
const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const { describe } = require('node:test');
const { Queue, soon, test, until } = require('./harness');
const { Tcp, request } = require('./raw');
const { call } = require('./clients');
const { cleanup, join, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');

const EVENT = 'nuevo mensaje';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /;
const MESSAGE_MAX = 65536;

function
post(server, path, body, headers = {})
{
	return request(server, { method: 'POST', path, body, headers });
}

/* Posts, and gives the id. */
async function
say(server, path, body)
{
	const { status, text } = await post(server, path, body);

	assert.strictEqual(status, 200, text);
	assert.match(text, /^[0-9]+-[0-9]+\n$/);
	return text.trim();
}

/* What there is, and no more. */
async function
read(server, path, headers = {})
{
	const answer = await request(server, { path: path +
	    (path.includes('?') ? '&' : '?') + 'follow=0', headers });

	assert.strictEqual(answer.status, 200, answer.text);
	return answer.text.split('\n').slice(0, -1);
}

async function
readJson(server, path)
{
	return (await read(server, path + (path.includes('?') ? '&' : '?') +
	    'format=json')).map((line) => JSON.parse(line));
}

/* Follows a room: lines in a queue. */
function
follow(server, path, headers = {})
{
	return soon(new Promise((resolve, reject) => {
		const req = http.get({ host: '127.0.0.1', port: server.port,
			path, headers, agent: false }, (res) => {
			const lines = new Queue('lines of ' + path);
			let rest = '';

			res.setEncoding('utf8');
			res.on('data', (data) => {
				const all = (rest + data).split('\n');

				rest = all.pop();
				all.forEach((line) => lines.push(line));
			});
			res.on('error', () => {});
			res.on('close', () => lines.end(res.complete ?
			    'whole' : 'broken off'));
			resolve({ res, lines, leave: () => req.destroy() });
		});

		cleanup(() => req.destroy());
		req.on('error', reject);
	}), 'follow ' + path);
}

describe('a room by HTTP', () => {
	const server = useChat();

	test('a post is heard by everybody, and everybody by a follower',
	    async () => {
		const ana = await join(server, { auth: { nick: 'ana' } });
		const { res, lines } = await follow(server, '/r/lobby?n=0');

		assert.strictEqual(res.statusCode, 200);
		assert.strictEqual(res.headers['content-type'],
		    'text/plain; charset=utf-8');
		const id = await say(server, '/r/lobby?nick=curl', 'hola');
		const [text, meta] = await ana[EVENT].next();
		assert.strictEqual(text, 'hola');
		assert.strictEqual(meta.id, id);
		assert.strictEqual(meta.nick, 'curl');
		assert.strictEqual(meta.room, 'lobby');
		await call(ana.socket, EVENT, 'hi');
		for (const want of ['<curl> hola', '<ana> hi']) {
			const line = await lines.next();

			assert.match(line, TIME);
			assert.strictEqual(line.replace(TIME, ''), want);
		}
	});

	test('the newest lines, then those that come, each once', async () => {
		const path = '/r/fits';

		for (let i = 0; i < 60; i++)
			await say(server, path, 'old ' + i);
		const posts = [];
		for (let i = 0; i < 200; i++)
			posts.push(say(server, path, 'new ' + i));
		const followers = await Promise.all(Array.from({ length: 8 },
		    () => follow(server, path + '?format=json&n=10')));
		const ids = await Promise.all(posts);
		const last = await say(server, path, 'last');
		const order = (await readJson(server, path + '?n=500'))
		    .map(([, { id }]) => id);

		assert.deepStrictEqual([...ids].sort(), order.slice(60, -1)
		    .sort());
		for (const { lines } of followers) {
			const got = [];

			do
				got.push(JSON.parse(await lines.next())[1].id);
			while (got.at(-1) !== last);
			assert.ok(got.length > 10);
			assert.deepStrictEqual(got, order.slice(-got.length));
		}
	});

	test('n, after, format', async () => {
		const path = '/r/pages';
		const ids = [];

		for (let i = 0; i < 55; i++)
			ids.push(await say(server, path, 'm' + i));
		assert.strictEqual((await read(server, path)).length, 50);
		assert.strictEqual((await read(server, path + '?n=3')).length, 3);
		assert.deepStrictEqual(await read(server, path + '?n=0'), []);
		assert.deepStrictEqual((await readJson(server,
		    path + '?after=' + ids[10])).map(([text]) => text),
		    Array.from({ length: 44 }, (_, i) => 'm' + (i + 11)));
		assert.deepStrictEqual(await read(server,
		    path + '?after=' + ids[54]), []);
		assert.strictEqual((await read(server,
		    path + '?after=0-0')).length, 55);
		const [line] = await read(server, path + '?n=1',
		    { accept: 'application/x-ndjson' });
		const [text, meta] = JSON.parse(line);
		assert.strictEqual(text, 'm54');
		assert.strictEqual(meta.id, ids[54]);
		assert.strictEqual(meta.seq, 55);
	});

	test('all that is after an id, though it is many pages', async () => {
		const path = '/r/long';
		const body = 'x'.repeat(20000);
		const first = await say(server, path, 'first');
		const ids = [];

		for (let i = 0; i < 100; i++)
			ids.push(await say(server, path, body));
		const { lines } = await follow(server,
		    path + '?format=json&after=' + first);
		ids.push(await say(server, path, 'last'));
		for (const id of ids)
			assert.strictEqual(JSON.parse(await lines.next())[1].id,
			    id);
	});

	test('what is in a text stays in its line', async () => {
		const path = '/r/hostile';

		await say(server, path + '?nick=eve',
		    'a\n2026-11-21T10:00:00Z <ana> no\x1b[2J\r\u202eb\u2028c\x9b');
		const lines = await read(server, path);
		assert.match(lines[0], /^\S+Z <eve> a$/);
		assert.strictEqual(lines[1], '  2026-11-21T10:00:00Z <ana> ' +
		    'no\ufffd[2J');
		assert.strictEqual(lines[2], '  \ufffdb');
		assert.strictEqual(lines[3], '  c\ufffd');
		assert.strictEqual(lines.length, 4);
	});

	test('an emitted value that is no text is a line, too', async () => {
		const ana = await join(server, { auth: { nick: 'ana',
			rooms: ['things'] } });

		await call(ana.socket, EVENT, { a: [1, '\n'] },
		    { room: 'things' });
		await call(ana.socket, EVENT, Buffer.from('bytes'),
		    { room: 'things' });
		assert.deepStrictEqual((await readJson(server, '/r/things'))
		    .map(([text]) => text),
		    [{ a: [1, '\n'] }, { base64: 'Ynl0ZXM=' }]);
		assert.strictEqual((await read(server, '/r/things?n=2'))[0]
		    .replace(TIME, ''), '<ana> {"a":[1,"\\n"]}');
	});

	test('edited and deleted messages', async () => {
		const ana = await join(server, { auth: { nick: 'ana',
			rooms: ['edits'] } });
		const ids = [];

		for (const text of ['one', 'two'])
			ids.push((await call(ana.socket, EVENT, text,
			    { room: 'edits' }))[0].id);
		await call(ana.socket, 'edit', { id: ids[0], text: 'uno' });
		await call(ana.socket, 'delete', { id: ids[1] });
		assert.deepStrictEqual((await read(server, '/r/edits'))
		    .map((line) => line.replace(TIME, '')),
		    ['<ana> uno', '<ana> (deleted)']);
	});

	test('names: decoded, cleaned, compared without case', async () => {
		await say(server, '/r/caf%C3%A9', 'one');
		await say(server, '/r/%23CAF%C3%89', 'two');
		await say(server, '/r/a%2Fb%20c', 'three');
		assert.strictEqual((await read(server, '/r/Cafe%CC%81')).length,
		    2);
		const [[, meta]] = await readJson(server, '/r/a%2Fb-c');
		assert.strictEqual(meta.room, 'a/b-c');
		await say(server, '/r/a+b', 'four');
		assert.strictEqual((await readJson(server, '/r/a%2Bb'))[0][1]
		    .room, 'a+b');
	});

	test('a newline at the end is dropped, one', async () => {
		await say(server, '/r/newline', 'a\n\n');
		assert.deepStrictEqual(await readJson(server, '/r/newline')
		    .then(([[text]]) => text), 'a\n');
	});

	test('as long as can be', async () => {
		await say(server, '/r/size', 'x'.repeat(MESSAGE_MAX));
		await say(server, '/r/size', 'x'.repeat(MESSAGE_MAX) + '\n');
		for (const size of [MESSAGE_MAX + 1, 1 << 20])
			assert.strictEqual((await post(server, '/r/size',
			    'x'.repeat(size))).status, 413);
		assert.strictEqual((await read(server, '/r/size')).length, 2);
	});

	test('a nick that is taken gets a suffix', async () => {
		await join(server, { auth: { nick: 'Bob' } });
		await say(server, '/r/nicks?nick=bob', 'x');
		await say(server, '/r/nicks', 'y');
		const nicks = (await readJson(server, '/r/nicks'))
		    .map(([, { nick }]) => nick);
		assert.strictEqual(nicks[0], 'bob-2');
		assert.match(nicks[1], /^guest-/);
	});

	test('who posts or follows is no member', async () => {
		const ana = await join(server, { auth: { nick: 'ana',
			rooms: ['quiet'] } });
		const seen = [];

		ana.socket.onAny((name) => seen.push(name));
		const { lines, leave } = await follow(server, '/r/quiet?n=0');
		await say(server, '/r/quiet', 'x');
		await lines.next();
		leave();
		await ana[EVENT].next();
		const [{ members, count }] = await call(ana.socket, 'who',
		    { room: 'quiet' });
		assert.strictEqual(count, 1);
		assert.deepStrictEqual(members.map(({ nick }) => nick),
		    ['ana']);
		assert.deepStrictEqual(seen, [EVENT]);
	});

	test('a browser gets the page', async () => {
		const page = await request(server, { path: '/' });
		const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';

		for (const path of ['/r/lobby', '/r/%zz', '/r/@ana'])
			for (const method of ['GET', 'HEAD']) {
				const answer = await request(server,
				    { path, method, headers: { accept } });
				assert.strictEqual(answer.status, 200);
				assert.match(answer.headers['content-type'],
				    /^text\/html/);
				assert.match(answer.headers.vary, /Accept\b/);
				assert.strictEqual(answer.text,
				    method === 'GET' ? page.text : '');
			}
		assert.strictEqual((await read(server, '/r/size?format=text',
		    { accept })).length, 2);
	});

	test('other methods', async () => {
		const head = await request(server, { method: 'HEAD',
			path: '/r/lobby' });
		assert.strictEqual(head.status, 200);
		assert.match(head.headers['content-type'], /^text\/plain/);
		const options = await request(server, { method: 'OPTIONS',
			path: '/r/lobby' });
		assert.strictEqual(options.status, 204);
		assert.strictEqual(options.headers.allow,
		    'GET, HEAD, POST, OPTIONS');
		const put = await request(server, { method: 'PUT',
			path: '/r/lobby', body: 'x' });
		assert.strictEqual(put.status, 405);
	});

	test('what is refused', async () => {
		const cases = [
			['/r/', 404], ['/r/a/b', 404], ['/r/lobby/', 404],
			['/r/@ana', 404], ['/r/%40ana', 404],
			['/r/@22222222222a,22222222222b', 404],
			['/r/%', 400], ['/r/%4', 400], ['/r/%zz', 400],
			['/r/%00', 400], ['/r/a%00b', 400], ['/r/%ff', 400],
			['/r/%C3', 400], ['/r/%ED%A0%80', 400],
			['/r/%23', 400], ['/r/..', 400], ['/r/%20', 400],
			['/r/%EF%BC%A0a,b', 400],
			['/r/' + 'x'.repeat(600), 400]
		];

		for (const [path, status] of cases)
			for (const method of ['GET', 'POST']) {
				const answer = await request(server, { path,
					method, body: method === 'GET' ?
					    undefined : 'x' });
				assert.strictEqual(answer.status, status,
				    method + ' ' + path);
				assert.match(answer.headers['content-type'],
				    /^text\/plain/);
			}
		for (const query of ['n=', 'n=-1', 'n=501', 'n=1e2', 'n=%',
			'n=99999999999999999999', 'after=', 'after=x',
			'after=1-2-3', 'follow=', 'follow=2', 'format=xml'])
			assert.strictEqual((await request(server, {
				path: '/r/lobby?' + query })).status, 400, query);
		assert.strictEqual((await request(server, {
			path: '/r/nobody-was-here?follow=0' })).status, 404);
		for (const body of ['', '\n', Buffer.from([0x61, 0xff])])
			assert.strictEqual((await post(server, '/r/lobby',
			    body)).status, 400);
		for (const query of ['nick=%ff', 'nick=%',
			'nick=' + 'x'.repeat(600)])
			assert.strictEqual((await post(server, '/r/lobby?' +
			    query, 'x')).status, 400, query);
	});

	test('pages of other sites may not post or read', async () => {
		const origin = 'http://evil.example';

		assert.strictEqual((await post(server, '/r/lobby', 'x',
		    { origin })).status, 403);
		assert.strictEqual((await request(server, {
			path: '/r/lobby?follow=0', headers: { origin } }))
		    .status, 403);
		await post(server, '/r/lobby', 'x',
		    { origin: server.url }).then(({ status }) =>
		    assert.strictEqual(status, 200));
	});

	test('requests one behind the other on one connection', async () => {
		const tcp = await Tcp.open(server.port);
		const head = 'POST /r/pipe HTTP/1.1\r\nHost: x\r\n';

		tcp.write(head + 'Content-Length: 3\r\n\r\none' +
		    head + 'Transfer-Encoding: chunked\r\n\r\n' +
		    '1\r\nt\r\n2\r\nwo\r\n0\r\n\r\n' +
		    'GET /r/pipe?follow=0 HTTP/1.1\r\nHost: x\r\n\r\n' +
		    'GET /r/pipe?follow=0&n=1 HTTP/1.1\r\nHost: x\r\n\r\n');
		for (let i = 0; i < 2; i++)
			assert.match((await tcp.response()).text,
			    /^[0-9]+-[0-9]+\n$/);
		assert.match((await tcp.response()).text,
		    /> one\n.*> two\n\r\n0\r\n\r\n$/);
		assert.match((await tcp.response()).text,
		    /^[0-9a-f]+\r\n\S+Z <\S+> two\n\r\n0\r\n\r\n$/);
	});

	test('HTTP/1.0 gets no chunks, and the end', async () => {
		const tcp = await Tcp.open(server.port);

		await say(server, '/r/old', 'x');
		tcp.write('GET /r/old?follow=0 HTTP/1.0\r\n\r\n');
		await soon(tcp.closed, 'end');
		const { headers, text } = await tcp.response();
		assert.strictEqual(headers['transfer-encoding'], undefined);
		assert.match(text, /^\S+Z <\S+> x\n$/);
	});

	test('a follower that goes leaves nothing', async () => {
		const many = await Promise.all(Array.from({ length: 50 },
		    (_, i) => follow(server, '/r/gone' + i % 5)));

		for (const { leave } of many)
			leave();
		await until(async () => {
			const ana = await join(server);
			const [{ rooms }] = await call(ana.socket, 'rooms', {});

			ana.socket.close();
			return !rooms.some(({ room }) =>
			    room.startsWith('gone'));
		}, 'rooms that are gone');
	});

	test('half a body is no message', async () => {
		const tcp = await Tcp.open(server.port);

		await say(server, '/r/half', 'before');
		tcp.write('POST /r/half HTTP/1.1\r\nHost: x\r\n' +
		    'Content-Length: 10\r\n\r\nhalf');
		tcp.socket.end();
		await soon(tcp.closed, 'end');
		await say(server, '/r/half', 'after');
		assert.deepStrictEqual((await readJson(server, '/r/half'))
		    .map(([text]) => text), ['before', 'after']);
	});

	test('who posts and goes has posted', async () => {
		const { lines } = await follow(server, '/r/gone-on?n=0');
		const socket = net.connect(server.port, '127.0.0.1');

		cleanup(() => socket.destroy());
		socket.end('POST /r/gone-on HTTP/1.1\r\nHost: x\r\n' +
		    'Content-Length: 4\r\n\r\nhola');
		assert.match(await lines.next(), / hola$/);
	});
});

describe('a slow reader of lines', () => {
	const server = useChat();

	test('is broken off, and nobody else waits', async () => {
		const tcp = await Tcp.open(server.port);
		const { lines } = await follow(server, '/r/slow?n=0');
		const text = 'x'.repeat(MESSAGE_MAX);
		let sent = 0;

		tcp.write('GET /r/slow?n=0 HTTP/1.1\r\nHost: x\r\n\r\n');
		await tcp.read((buffer) => buffer.includes('\r\n\r\n') ||
		    undefined, 'head');
		tcp.socket.pause();
		/* What the system's buffers take is no matter of ours. */
		while (sent < 400) {
			await Promise.all(Array.from({ length: 10 },
			    () => say(server, '/r/slow', text)));
			sent += 10;
			for (let i = 0; i < 10; i++)
				await lines.next();
		}
		/* 26 MB were for it; it gets what was on its way, then the
		 * end without the end of the body. */
		tcp.socket.resume();
		await soon(tcp.closed, 'broken off');
		assert.ok(tcp.buffer.length < 20 << 20);
		assert.ok(!tcp.buffer.subarray(-5).equals(
		    Buffer.from('0\r\n\r\n')));
	}, 60);
});

describe('the end of the server', () => {
	useCleanup();

	test('is the end of the lines, in order', async () => {
		const server = await startChat();
		const { lines } = await follow(server, '/r/lobby');

		await server.stop();
		await assert.rejects(lines.next(), /ended: whole/);
	});
});

describe('rooms that are fixed', () => {
	const server = useChat('--rooms', 'fixed');

	test('none is made by HTTP', async () => {
		assert.strictEqual((await post(server, '/r/new', 'x')).status,
		    404);
		assert.strictEqual((await request(server, { path: '/r/new' }))
		    .status, 404);
		await say(server, '/r/lobby', 'x');
	});

	test('nor by a plain WebSocket', async () => {
		await assert.rejects(joinPlain(server, {}, '?room=new'), /404/);
	});
});

describe('a plain WebSocket in a room', () => {
	const server = useChat();

	test('hears that room, and is called as it wants', async () => {
		const query = '?room=%23caf%C3%A9&nick=Rob%20Pike';
		const plain = await joinPlain(server, {}, query);
		const ana = await join(server, { auth: { nick: 'ana',
			rooms: ['Caf\u00e9'] } });

		plain.ws.send('hi');
		const [text, meta] = await ana[EVENT].next();
		assert.strictEqual(text, 'hi');
		assert.strictEqual(meta.nick, 'Rob Pike');
		assert.strictEqual(meta.room, 'caf\u00e9');
		assert.strictEqual(await plain.texts.next(), 'hi');
		await call(ana.socket, EVENT, 'in the lobby', { room: 'lobby' });
		await call(ana.socket, EVENT, 'here', { room: 'caf\u00e9' });
		assert.strictEqual(await plain.texts.next(), 'here');
	});

	test('rooms and nicks that can not be', async () => {
		for (const [query, status] of [['?room=%', 400],
			['?room=', 400], ['?room=..', 400], ['?room=@ana', 404],
			['?nick=%zz', 400]])
			await assert.rejects(joinPlain(server, {}, query),
			    new RegExp(String(status)), query);
	});
});

