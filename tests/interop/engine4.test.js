'use strict';
/*
 * Engine.IO protocol 4 by hand: the ground of the project's public test
 * suite for it, and the statuses, bodies and headers beyond.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, sleep, slow, soon, test, testOurs, until,
    useServer } = require('./harness');
const { ENGINE, FrameSocket, Polling, Tcp, Ws, assertError, query,
    request, upgradeRequest } = require('./raw');

/* Long enough for no heartbeat to come in between. */
const QUIET = ['--ping-interval', 25000, '--ping-timeout', 20000];

function
get(server, params, extra = {})
{
	return request(server, { path: query(ENGINE, params), ...extra });
}

async function
refusedUpgrade(server, params)
{
	const tcp = await Tcp.open(server.port);

	tcp.write(upgradeRequest(query(ENGINE, params)));
	const answer = await tcp.response();
	await soon(tcp.closed, 'end of refused upgrade');
	return answer;
}

describe('engine.io 4: handshake', () => {
	const server = useServer(...QUIET, '--max-payload', 4242);

	test('polling: the open packet, alone, and its headers', async () => {
		const answer = await get(server,
		    { EIO: 4, transport: 'polling' });

		assert.strictEqual(answer.status, 200);
		assert.strictEqual(answer.headers['content-type'],
		    'text/plain; charset=UTF-8');
		assert.strictEqual(answer.headers['cache-control'],
		    'no-store');
		assert.strictEqual(answer.headers['set-cookie'], undefined);
		assert.strictEqual(
		    answer.headers['access-control-allow-origin'], undefined);
		assert.strictEqual(Number(answer.headers['content-length']),
		    answer.bytes.length);
		assert.match(answer.text, new RegExp(
		    '^0\\{"sid":"[A-Za-z0-9_-]{20}",' +
		    '"upgrades":\\["websocket"\\],"pingInterval":25000,' +
		    '"pingTimeout":20000,"maxPayload":4242\\}$'));
	});

	test('websocket: the open packet offers no upgrade', async () => {
		const ws = await Ws.open(server, ENGINE);

		assert.match(await ws.next(), new RegExp(
		    '^0\\{"sid":"[A-Za-z0-9_-]{20}","upgrades":\\[\\],' +
		    '"pingInterval":25000,"pingTimeout":20000,' +
		    '"maxPayload":4242\\}$'));
	});

	test('websocket: the offer of compression is ignored', async () => {
		const socket = await FrameSocket.open(server,
		    query(ENGINE, { EIO: 4, transport: 'websocket' }),
		    'Sec-WebSocket-Extensions: permessage-deflate; ' +
		    'client_max_window_bits\r\n');

		assert.strictEqual(socket.answer.line,
		    'HTTP/1.1 101 Switching Protocols');
		assert.strictEqual(
		    socket.answer.headers['sec-websocket-extensions'],
		    undefined);
		assert.strictEqual(
		    socket.answer.headers['sec-websocket-accept'],
		    's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
		assert.strictEqual((await socket.next()).masked, false);
	});

	test('sids differ', async () => {
		const sids = new Set();

		for (let i = 0; i < 50; i++) {
			const session = await Polling.open(server);
			sids.add(session.handshake.sid);
		}
		assert.strictEqual(sids.size, 50);
	});

	test('the path is a prefix, with its slash', async () => {
		const params = { EIO: 4, transport: 'polling' };
		const below = await request(server,
		    { path: query('/engine.io/below', params) });
		const without = await request(server,
		    { path: query('/engine.io', params) });

		assert.strictEqual(below.status, 200);
		assert.strictEqual(below.text[0], '0');
		assert.strictEqual(without.status, 404);
	});

	for (const transport of [undefined, '', 'abc', 'webtransport',
	    '__proto__', 'constructor', 'polling2'])
		test('code 0: transport ' + transport, async () => {
			/* It comes before any other check. */
			for (const rest of [{ EIO: 4 }, { EIO: 'abc' },
			    { EIO: 4, sid: 'unknown' }, {}]) {
				const params = { ...rest };

				if (transport !== undefined)
					params.transport = transport;
				for (const method of ['GET', 'POST'])
					assertError(await get(server, params,
					    { method }),
					    0, 'Transport unknown');
			}
		});

	test('code 1: unknown session', async () => {
		for (const sid of ['abc', '__proto__', 'constructor',
		    'A'.repeat(20), 'x'.repeat(3000), '%00', '{}'])
			for (const method of ['GET', 'POST', 'PUT'])
				assertError(await get(server, { EIO: 4, sid,
					transport: 'polling' }, { method }),
				    1, 'Session ID unknown');
	});

	test('code 2: a handshake is a GET', async () => {
		for (const method of ['POST', 'PUT', 'DELETE', 'PATCH',
		    'OPTIONS'])
			for (const transport of ['polling', 'websocket'])
				assertError(await get(server,
				    { EIO: 4, transport }, { method }),
				    2, 'Bad handshake method');
	});

	test('code 2 without a body for HEAD', async () => {
		const tcp = await Tcp.open(server.port);
		const path = query(ENGINE, { EIO: 4, transport: 'polling' });

		tcp.write('HEAD ' + path + ' HTTP/1.1\r\nHost: a\r\n\r\n' +
		    'GET ' + path + ' HTTP/1.1\r\nHost: a\r\n\r\n');
		assert.strictEqual((await tcp.response('HEAD')).status, 400);
		assert.strictEqual((await tcp.response()).status, 200);
	});

	test('code 3: websocket without Upgrade', async () => {
		assertError(await get(server,
		    { EIO: 4, transport: 'websocket' }), 3, 'Bad request');
	});

	test('a refused upgrade is answered in plain words', async () => {
		const cases = [
			[{ EIO: 4, transport: 'abc' }, 'Transport unknown'],
			[{ EIO: 4 }, 'Transport unknown'],
			[{ EIO: 4, transport: '__proto__' },
			    'Transport unknown'],
			[{ EIO: 4, transport: 'websocket', sid: 'abc' },
			    'Session ID unknown']
		];

		for (const [params, message] of cases) {
			const answer = await refusedUpgrade(server, params);

			assert.match(answer.line, /^HTTP\/1\.1 400 /);
			assert.strictEqual(answer.headers.connection,
			    'close');
			assert.strictEqual(answer.headers['content-type'],
			    'text/html');
			assert.strictEqual(answer.text, message);
		}
	});

	/* The official server answers 101 and then closes. */
	testOurs('transport=polling with Upgrade is refused', async () => {
		const answer = await refusedUpgrade(server,
		    { EIO: 4, transport: 'polling' });

		assert.match(answer.line, /^HTTP\/1\.1 400 /);
	});

	test('an upgrade on another path is no WebSocket', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(upgradeRequest('/elsewhere'));
		/* The official server ends it after a second, wordless. */
		await until(() => tcp.isClosed ||
		    tcp.buffer.includes('\r\n\r\n'), 'answer or end');
		assert.ok(!tcp.buffer.toString().includes(' 101 '));
	});
});

describe('engine.io 4: without version 3', () => {
	const server = useServer(...QUIET, '--no-eio3');

	for (const EIO of [undefined, '3', 'abc', '', '04', '44', '5'])
		test('code 5: EIO=' + EIO, async () => {
			const params = { transport: 'polling' };

			if (EIO !== undefined)
				params.EIO = EIO;
			assertError(await get(server, params),
			    5, 'Unsupported protocol version');
		});

	test('websocket: closed', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(upgradeRequest(query(ENGINE,
		    { EIO: 'abc', transport: 'websocket' })));
		await soon(tcp.closed, 'end');
		assert.ok(!tcp.buffer.includes('"sid"'));
	});

	/* The official server writes this after a 101. */
	testOurs('websocket: refused with a status', async () => {
		const answer = await refusedUpgrade(server,
		    { EIO: 3, transport: 'websocket' });

		assert.match(answer.line, /^HTTP\/1\.1 400 /);
		assert.strictEqual(answer.text,
		    'Unsupported protocol version');
	});

	test('version 4 goes on', async () => {
		await (await Polling.open(server)).assertAlive();
	});
});

describe('engine.io 4: polling', () => {
	const server = useServer(...QUIET);

	test('one packet, and the headers', async () => {
		const session = await Polling.open(server);
		const posted = await session.post('4hello');
		const polled = await session.get();

		assert.strictEqual(posted.status, 200);
		assert.strictEqual(posted.text, 'ok');
		assert.strictEqual(posted.headers['content-type'],
		    'text/html');
		assert.strictEqual(posted.headers['content-length'], '2');
		assert.strictEqual(posted.headers['cache-control'],
		    'no-store');
		assert.strictEqual(polled.status, 200);
		assert.strictEqual(polled.text, '4hello');
		assert.strictEqual(polled.headers['content-type'],
		    'text/plain; charset=UTF-8');
		assert.strictEqual(polled.headers['cache-control'],
		    'no-store');
	});

	test('several packets, text and binary', async () => {
		const session = await Polling.open(server);
		const sent = ['4test1', '4', 'bAQIDBA==', '4€ 😀',
			'bAA==', '4line\nline'];

		await session.send(...sent);
		assert.deepStrictEqual(await session.take(6), sent);
	});

	test('a pending GET is answered by a later POST', async () => {
		const session = await Polling.open(server);
		const polled = session.get();

		await sleep(50);
		await session.send('4later');
		assert.strictEqual((await polled).text, '4later');
	});

	test('order over many requests', async () => {
		const session = await Polling.open(server);
		const sent = [];
		const received = [];

		for (let i = 0; i < 500; i++)
			sent.push('4' + i);
		const reading = (async () => {
			while (received.length < sent.length)
				received.push(...await session.poll());
		})();
		for (let i = 0; i < sent.length; i += 5)
			await session.send(...sent.slice(i, i + 5));
		await reading;
		assert.deepStrictEqual(received, sent);
	});

	test('a chunked body', async () => {
		const session = await Polling.open(server);
		const answer = await session.request('POST', {
			headers: { 'transfer-encoding': 'chunked' },
			onRequest(req) {
				req.write('4one\x1e');
				req.write('4t');
			},
			body: 'wo'
		});

		assert.strictEqual(answer.text, 'ok');
		assert.deepStrictEqual(await session.take(2),
		    ['4one', '4two']);
	});

	test('many requests on one connection', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);
		const path = query(ENGINE, session.params);

		for (let i = 0; i < 10; i++) {
			tcp.write('POST ' + path + ' HTTP/1.1\r\n' +
			    'Host: a\r\nContent-Length: 2\r\n\r\n4' + i);
			assert.strictEqual((await tcp.response()).text, 'ok');
			tcp.write('GET ' + path +
			    ' HTTP/1.1\r\nHost: a\r\n\r\n');
			assert.strictEqual((await tcp.response()).text,
			    '4' + i);
		}
	});

	for (const [what, body] of [['unknown type', 'abc'],
	    ['type 7', '7'], ['empty body', ''],
	    ['trailing separator', '4a\x1e'], ['only a separator', '\x1e'],
	    ['empty packet between', '4a\x1e\x1e4b'],
	    ['leading separator', '\x1e4a']])
		test('parse error closes the session: ' + what, async () => {
			const session = await Polling.open(server);

			/* The status is 200 or 400, as it comes. */
			await session.post(body);
			await session.assertGone();
		});

	test('parse error answers a pending GET', async () => {
		const session = await Polling.open(server);
		const polled = session.get();

		await sleep(50);
		await session.post('abc');
		assert.ok([200, 400].includes((await polled).status));
		await session.assertGone();
	});

	test('a ping closes the session', async () => {
		const session = await Polling.open(server);

		await session.post('2');
		await session.assertGone();
	});

	test('stray pong, open, upgrade and noop are ignored', async () => {
		const session = await Polling.open(server);

		await session.send('3', '0', '5', '6');
		await session.assertAlive();
	});

	test('overlapping GET', async () => {
		const session = await Polling.open(server);
		const first = session.get();

		await sleep(50);
		const second = await session.get();
		assert.strictEqual(second.status, 400);
		assert.strictEqual(second.text, '');
		assert.strictEqual((await first).status, 200);
		assert.strictEqual((await first).text, '1');
		await session.assertGone();
	});

	test('overlapping POST', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write('POST ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4a');
		await sleep(50 * pace);
		const second = await session.post('4b');
		assert.strictEqual(second.status, 400);
		assert.strictEqual(second.text, '');
		await soon(tcp.closed, 'end of the first POST');
		await session.assertGone();
	});

	test('an aborted GET closes the session', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write('GET ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\n\r\n');
		await sleep(50 * pace);
		tcp.socket.destroy();
		await sleep(50 * pace);
		await session.assertGone();
	});

	test('an aborted POST closes the session', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write('POST ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n4a');
		await sleep(50 * pace);
		tcp.socket.destroy();
		await sleep(50 * pace);
		await session.assertGone();
	});

	test('other methods with a session: 500, no body', async () => {
		const session = await Polling.open(server);

		for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH',
		    'HEAD']) {
			const answer = await session.request(method);

			assert.strictEqual(answer.status, 500, method);
			assert.strictEqual(answer.text, '');
		}
		await session.assertAlive();
	});

	test('octet-stream is refused and closes the session', async () => {
		const session = await Polling.open(server);
		const answer = await session.post(Buffer.from('4a'),
		    { 'content-type': 'application/octet-stream' });

		assert.strictEqual(answer.status, 400);
		assert.strictEqual(answer.text, '');
		await session.assertGone();
	});

	test('code 3: the EIO of another version', async () => {
		const session = await Polling.open(server);

		assertError(await session.get({ params: { EIO: 3 } }),
		    3, 'Bad request');
		await session.assertAlive();
	});

	test('code 3: another transport without Upgrade', async () => {
		const session = await Polling.open(server);

		assertError(await session.get(
		    { params: { transport: 'websocket' } }),
		    3, 'Bad request');
		await session.assertAlive();
	});

	test('close: the pending GET gets a noop', async () => {
		const session = await Polling.open(server);
		const polled = session.get();

		await sleep(50);
		await session.send('1');
		assert.strictEqual((await polled).text, '6');
		await session.assertGone();
	});

	test('close: packets before it in the payload count', async () => {
		const session = await Polling.open(server);
		const polled = session.get();

		await sleep(50);
		await session.send('4last', '1');
		assert.match((await polled).text, /^(4last|6|4last\x1e6)$/);
		await session.assertGone();
	});
});

describe('engine.io 4: websocket', () => {
	const server = useServer(...QUIET);

	async function
	open(params)
	{
		const ws = await Ws.open(server, ENGINE, params);

		await ws.next();
		return ws;
	}

	test('text and binary', async () => {
		const ws = await open();
		const sent = ['4hello', '4', Buffer.from([1, 2, 3, 4]),
			'4€ 😀', Buffer.alloc(0), Buffer.alloc(70000, 7),
			'4' + 'x'.repeat(70000)];

		for (const one of sent)
			ws.send(one);
		assert.deepStrictEqual(await ws.queue.take(sent.length),
		    sent);
	});

	test('base64 in a text frame is binary', async () => {
		const ws = await open();

		ws.send('bAQIDBA==');
		assert.deepStrictEqual(await ws.next(),
		    Buffer.from([1, 2, 3, 4]));
	});

	test('b64=1: binary is sent as base64', async () => {
		const ws = await open({ b64: 1 });

		ws.send(Buffer.from([1, 2, 3, 4]));
		assert.strictEqual(await ws.next(), 'bAQIDBA==');
	});

	for (const bad of ['abc', '7', '9', ' 4a', '', '2', '2probe'])
		test('closed by ' + JSON.stringify(bad), async () => {
			const ws = await open();

			ws.send(bad);
			assert.strictEqual(await ws.end(), 1005);
		});

	test('stray pong, open and noop are ignored', async () => {
		const ws = await open();

		for (const packet of ['3', '0', '5', '6', '4end'])
			ws.send(packet);
		assert.strictEqual(await ws.next(), '4end');
	});

	/* The official server ignores it until the ping timeout. */
	testOurs('a close packet closes', async () => {
		const ws = await open();

		ws.send('1');
		await ws.end();
	});

	test('a closed WebSocket ends the session', async () => {
		const ws = await Ws.open(server, ENGINE);
		const { sid } = JSON.parse((await ws.next()).slice(1));

		assertError(await get(server,
		    { EIO: 4, transport: 'polling', sid }), 3, 'Bad request');
		await ws.close();
		await until(async () => {
			const answer = await get(server,
			    { EIO: 4, transport: 'websocket', sid });
			return answer.text.includes('"code":1');
		}, 'end of the session');
	});

	test('a close frame is echoed with its code', async () => {
		const ws = await open();

		ws.ws.close(4321, 'bye');
		assert.strictEqual(await ws.end(), 4321);
	});
});

describe('engine.io 4: heartbeat', () => {
	const interval = 300 * pace;
	const timeout = 1000 * pace;
	const server = useServer('--ping-interval', interval,
	    '--ping-timeout', timeout);

	test('polling', async () => {
		const session = await Polling.open(server);

		for (let i = 0; i < 3; i++) {
			assert.deepStrictEqual(await session.poll(), ['2']);
			await session.send('3');
		}
		await session.assertAlive();
	});

	test('polling: ping timeout', async () => {
		const session = await Polling.open(server);

		await sleep(interval + timeout + 20 * slow);
		await session.assertGone();
	});

	test('polling: the ping waits for a GET, its timeout not',
	    async () => {
		const session = await Polling.open(server);

		await sleep(interval + timeout / 4);
		assert.deepStrictEqual(await session.poll(), ['2']);
		await session.send('3');
		await session.assertAlive();
	});

	test('websocket', async () => {
		const ws = await Ws.open(server, ENGINE);

		await ws.next();
		for (let i = 0; i < 3; i++) {
			assert.strictEqual(await ws.next(), '2');
			ws.send('3');
		}
		ws.send('4alive');
		assert.strictEqual(await ws.next(), '4alive');
	});

	test('websocket: ping timeout', async () => {
		const ws = await Ws.open(server, ENGINE);
		const begin = Date.now();

		await ws.next();
		assert.strictEqual(await ws.next(), '2');
		await ws.end();
		/* Not before its time, less what timers round. */
		assert.ok(Date.now() - begin >= interval + timeout - 20);
	});
});
