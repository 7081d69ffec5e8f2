'use strict';
/* What is served where, who is let in, and how it ends. */
const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, describe } = require('node:test');
const { test } = require('./harness');
const { call, connected, open } = require('./clients');
const { FrameSocket, request } = require('./raw');
const { cleanup, join, joinPlain, startChat, useChat, useCleanup } =
    require('./chat-server');

const BUNDLE = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js',
	'socket.io.msgpack.min.js'].flatMap((name) => [name, name + '.map']);
const CLIENT = path.dirname(require.resolve('socket.io-client-4/package.json'));
const POLL = '/socket.io/?EIO=4&transport=polling';

describe('routes', () => {
	const server = useChat();
	const get = (where, headers, method) =>
	    request(server, { path: where, headers, method });

	test('our page, with nothing from elsewhere', async () => {
		const page = await get('/');
		const policy = page.headers['content-security-policy'];

		assert.strictEqual(page.status, 200);
		assert.strictEqual(page.headers['content-type'],
		    'text/html; charset=utf-8');
		assert.match(page.text, /^<!doctype html>/i);
		for (const part of ["default-src 'none'", "script-src 'self'",
			"style-src 'self'", "frame-ancestors 'none'"])
			assert.ok(policy.split('; ').includes(part), policy);
		assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
		assert.strictEqual(page.headers['referrer-policy'],
		    'no-referrer');
		assert.strictEqual(page.headers['x-content-type-options'],
		    'nosniff');
		assert.strictEqual(page.headers['cache-control'], 'no-cache');
		assert.strictEqual((await get('/?room=x')).text, page.text);
		assert.strictEqual((await get('/chat.html')).text, page.text);
		for (const [, file] of page.text.matchAll(
		    /(?:src|href)="(\/[^"]+)"/g))
			assert.strictEqual((await get(file)).status, 200, file);
	});

	for (const name of BUNDLE)
		test('/socket.io/' + name, async () => {
			const wanted = fs.readFileSync(path.join(CLIENT, 'dist',
			    name));
			const where = '/socket.io/' + name + '?x=1';
			const plain = await get(where);

			assert.strictEqual(plain.status, 200);
			assert.ok(wanted.equals(plain.bytes));
			assert.strictEqual(plain.headers['content-type'],
			    name.endsWith('.map') ?
			    'application/json; charset=utf-8' :
			    'application/javascript; charset=utf-8');
			assert.strictEqual(plain.headers['cache-control'],
			    'public, max-age=0');
			assert.strictEqual(plain.headers.etag, '"4.8.4"');
			assert.strictEqual(plain.headers.vary,
			    'Accept-Encoding');
			assert.strictEqual(plain.headers['content-encoding'],
			    undefined);

			const packed = await get(where,
			    { 'Accept-Encoding': 'gzip, deflate, br' });
			assert.strictEqual(packed.headers['content-encoding'],
			    'gzip');
			assert.ok(packed.bytes.length < plain.bytes.length);
			assert.ok(wanted.equals(zlib.gunzipSync(packed.bytes)));
			const posted = await get(where, {}, 'POST');
			assert.ok(wanted.equals(posted.bytes));
		});

	test('nothing again to who has it', async () => {
		for (const where of ['/', '/chat.js', '/socket.io/socket.io.js'])
			for (const encoding of ['identity', 'gzip']) {
				const { headers: { etag, vary } } =
				    await get(where);
				const again = await get(where, {
					'If-None-Match': 'W/"x", W/' + etag,
					'Accept-Encoding': encoding
				});

				assert.strictEqual(again.status, 304);
				assert.strictEqual(again.text, '');
				assert.strictEqual(again.headers.etag, etag);
				assert.strictEqual(again.headers.vary, vary);
				for (const none of ['content-encoding',
					'content-type', 'content-length'])
					assert.strictEqual(again.headers[none],
					    undefined, none);
				const other = await get(where,
				    { 'If-None-Match': '"x"' });
				assert.strictEqual(other.status, 200);
			}
	});

	test('HEAD is GET without the body', async () => {
		for (const where of ['/', '/chat.css', '/socket.io/socket.io.js',
			'/nothing', '/chat']) {
			const whole = await get(where);
			const head = await get(where, {}, 'HEAD');

			assert.strictEqual(head.text, '');
			if (where === '/chat') {
				assert.strictEqual(head.status, 405);
				continue;
			}
			delete whole.headers.date;
			delete head.headers.date;
			assert.deepStrictEqual([head.status, head.headers],
			    [whole.status, whole.headers]);
		}
	});

	test('OPTIONS tells the methods', async () => {
		for (const [where, allow] of [
			['/', 'GET, HEAD, OPTIONS'],
			['/chat.js', 'GET, HEAD, OPTIONS'],
			['/socket.io/socket.io.js', 'GET, HEAD, OPTIONS'],
			[POLL, 'GET, POST, OPTIONS'],
			['/chat', 'GET, OPTIONS'],
			['*', 'GET, HEAD, POST, OPTIONS']
		]) {
			const answer = await get(where, {}, 'OPTIONS');

			assert.strictEqual(answer.status, 204, where);
			assert.strictEqual(answer.headers.allow, allow);
			assert.strictEqual(answer.text, '');
		}
	});

	test('a wrong method is told the right ones', async () => {
		for (const [where, method, allow] of [
			['/', 'POST', 'GET, HEAD, OPTIONS'],
			['/chat.css', 'DELETE', 'GET, HEAD, OPTIONS'],
			['/chat', 'POST', 'GET, OPTIONS']
		]) {
			const answer = await get(where, {}, method);

			assert.strictEqual(answer.status, 405);
			assert.strictEqual(answer.headers.allow, allow);
			assert.match(answer.text, /\n$/);
		}
	});

	test('everything else is not found, readably', async () => {
		for (const where of ['/nothing', '/chat.html/', '/socket.io',
			'/../etc/passwd', '/%63hat.js', '/CHAT.JS', '//'])
			for (const method of ['GET', 'POST', 'OPTIONS']) {
				const answer = await get(where, {}, method);

				assert.strictEqual(answer.status, 404, where);
				assert.strictEqual(
				    answer.headers['content-type'],
				    'text/plain; charset=utf-8');
				assert.match(answer.text, /^[A-Z].*\.? .*\n$/);
			}
	});

	test('other names below /socket.io/ are Engine.IO', async () => {
		for (const name of ['', 'socket.io.slim.js', 'x'])
			assert.deepStrictEqual(JSON.parse(
			    (await get('/socket.io/' + name)).text),
			    { code: 0, message: 'Transport unknown' });
	});

	test('/chat without an upgrade asks for one', async () => {
		const answer = await get('/chat');

		assert.strictEqual(answer.status, 426);
		assert.strictEqual(answer.headers.upgrade, 'websocket');
	});
});

describe('--page', () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'chat-page-'));
	const file = path.join(dir, 'page.html');
	const text = '<script>var ñ = 1</script>\n';

	fs.writeFileSync(file, text);
	after(() => fs.rmSync(dir, { recursive: true }));
	const server = useChat('--page', file);

	test('is the page, as it is', async () => {
		const page = await request(server, { path: '/' });

		assert.strictEqual(page.status, 200);
		assert.strictEqual(page.text, text);
		assert.strictEqual(page.headers['content-type'],
		    'text/html; charset=utf-8');
		assert.strictEqual(page.headers['content-security-policy'],
		    undefined);
		const again = await request(server, { path: '/',
			headers: { 'If-None-Match': page.headers.etag } });
		assert.strictEqual(again.status, 304);
		const ours = await request(server, { path: '/chat.html' });
		assert.match(ours.text, /<title>chat<\/title>/);
		assert.ok(ours.headers['content-security-policy']);
	});
});

/* Asks at all doors, with "Host: localhost". */
async function
knock(server, origin)
{
	const headers = origin === undefined ? {} : { Origin: origin };
	const fields = origin === undefined ? '' : `Origin: ${origin}\r\n`;
	const poll = await request(server, { path: POLL,
		headers: { ...headers, Host: 'localhost' } });
	const statuses = [];

	for (const where of ['/chat',
		'/socket.io/?EIO=4&transport=websocket']) {
		const socket = await FrameSocket.open(server, where, fields);

		cleanup(() => socket.tcp.socket.destroy());
		statuses.push(socket.answer.status);
		if (socket.answer.status === 400)
			assert.strictEqual(socket.answer.text, 'Forbidden');
	}
	if (poll.status === 403)
		assert.deepStrictEqual(JSON.parse(poll.text),
		    { code: 4, message: 'Forbidden' });
	return { poll, statuses };
}

describe('origins', () => {
	useCleanup();

	/* [what lets in, Origin, let in, allowed origin, credentials] */
	const matrix = [
		[[], undefined, true],
		[[], 'http://localhost', true],
		[[], 'http://LOCALHOST:80', true],
		[[], 'https://localhost', true],
		[[], 'http://localhost:8080', false],
		[[], 'http://localhost.evil.example', false],
		[[], 'http://evil.example', false],
		[[], 'null', false],
		[[], 'localhost', false],
		[['http://a.example'], 'http://a.example', true, true],
		[['http://a.example'], 'http://a.example:80', true, true],
		[['http://a.example'], 'https://a.example', false],
		[['http://a.example'], 'http://a.example:81', false],
		[['http://a.example'], 'http://b.a.example', false],
		[['http://a.example', 'https://b.example:8443'],
			'https://b.example:8443', true, true],
		[['http://a.example'], 'http://localhost', true],
		[['*'], 'http://evil.example', true, '*'],
		[['*'], 'null', true, '*'],
		[['*', 'http://a.example'], 'http://a.example', true, true]
	];

	for (const [list, origin, yes, cors] of matrix)
		test((list.join(' ') || 'default') + ': ' + origin, async () => {
			const server = await startChat(...list.flatMap((one) =>
			    ['--origin', one]));
			const { poll, statuses } = await knock(server, origin);

			assert.strictEqual(poll.status, yes ? 200 : 403);
			assert.deepStrictEqual(statuses,
			    yes ? [101, 101] : [400, 400]);
			assert.strictEqual(
			    poll.headers['access-control-allow-origin'],
			    cors === true ? origin : cors);
			assert.strictEqual(
			    poll.headers['access-control-allow-credentials'],
			    cors === true ? 'true' : undefined);
			if (list.length > 0 && yes)
				assert.match(poll.headers.vary, /Origin/);
		});

	test('a page of another site may ask first', async () => {
		const server = await startChat('--origin', 'http://a.example');
		const ask = (Origin) => request(server, { method: 'OPTIONS',
			path: POLL, headers: { Origin,
				'Access-Control-Request-Method': 'POST',
				'Access-Control-Request-Headers':
				    'content-type,x-y' } });
		const yes = await ask('http://a.example');

		assert.strictEqual(yes.status, 204);
		assert.strictEqual(yes.headers['access-control-allow-origin'],
		    'http://a.example');
		assert.strictEqual(
		    yes.headers['access-control-allow-credentials'], 'true');
		assert.strictEqual(yes.headers['access-control-allow-headers'],
		    'content-type,x-y');
		assert.match(yes.headers['access-control-allow-methods'],
		    /\bPOST\b/);
		assert.match(yes.headers['access-control-max-age'], /^[0-9]+$/);
		const no = await ask('http://b.example');
		assert.strictEqual(no.status, 403);
		assert.strictEqual(no.headers['access-control-allow-origin'],
		    undefined);
	});
});

describe('signals', () => {
	useCleanup();

	for (const signal of ['SIGTERM', 'SIGINT'])
		test(signal + ' ends it in order', async () => {
			const server = await startChat();
			const gone = [];
			const members = [];

			for (const version of [4, 3, 2, 1])
				for (const mode of ['polling', 'websocket']) {
					const m = await join(server, { version,
						mode, reconnection: false });

					gone.push(new Promise((resolve) =>
					    m.socket.on('disconnect', resolve)));
					members.push(m);
				}
			const plain = await joinPlain(server);
			const begun = open(server, { version: 4,
				mode: 'upgrade', reconnection: false });
			cleanup(() => begun.close());
			await connected(begun);
			await call(members[0].socket, 'nuevo mensaje', 'x');
			await server.stop(signal);
			assert.strictEqual(await plain.closed(), 1001);
			/* With this reason they come back by themselves. */
			for (const reason of await Promise.all(gone))
				assert.strictEqual(reason, 'transport close');
			await server.logged({ event: 'stop', signal });
		}, 30);

	test('it ends though somebody never reads, or never ends a request',
	    async () => {
		const server = await startChat();
		const half = await FrameSocket.open(server, '/chat');
		const http = net.connect(server.port, '127.0.0.1');

		cleanup(() => half.tcp.socket.destroy());
		cleanup(() => http.destroy());
		half.tcp.socket.pause();
		http.write('POST / HTTP/1.1\r\nHost: x\r\n' +
		    'Content-Length: 10\r\n\r\n');
		await request(server, { path: '/' });
		await server.stop();
	}, 20);

	test('a second signal ends it at once', async () => {
		const server = await startChat();
		/* Its close waits for a poll that never comes. */
		await request(server, { path: POLL });
		process.kill(server.pid, 'SIGINT');
		await server.logged({ event: 'stop' });
		await server.stop();
	});
});
