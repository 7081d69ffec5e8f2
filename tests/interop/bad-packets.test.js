'use strict';
/* Bad input: Engine.IO payloads and packets, Socket.IO packets. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, reference, sleep, slow, soon, test, testOurs,
    useServer, residentBytes } = require('./harness');
const { ENGINE, Polling, SOCKET, Sio, Ws, frame, query,
    FrameSocket } = require('./raw');
const { useHealthy } = require('./healthy');

const QUIET = ['--ping-interval', 25000, '--ping-timeout', 20000,
	'--connect-timeout', 20000];
const HOLE = '{"_placeholder":true,"num":0}';

/* Sends `packets` (text, or binary for an attachment) after CONNECT. */
async function
closedBy(server, ...packets)
{
	const session = await Sio.open(server);

	for (const packet of packets)
		session.send(packet);
	await session.assertClosed();
}

describe('bad input: limits', () => {
	const MAX = 10000;
	const server = useServer(...QUIET, '--max-payload', MAX);

	useHealthy(server);

	test('POST of exactly the limit', async () => {
		const session = await Polling.open(server);
		const packet = '4' + 'x'.repeat(MAX - 1);

		await session.send(packet);
		assert.deepStrictEqual(await session.poll(), [packet]);
	});

	test('POST of one byte more: 413, the session goes on',
	    async () => {
		const session = await Polling.open(server);

		for (const body of ['4' + 'x'.repeat(MAX),
		    '4' + 'x'.repeat(MAX * 20)]) {
			const answer = await session.post(body);

			assert.strictEqual(answer.status, 413);
			assert.strictEqual(answer.text, '');
		}
		await session.assertAlive();
	});

	test('the limit counts bytes, not characters', async () => {
		const session = await Polling.open(server);
		const answer = await session.post(
		    '4' + '€'.repeat(MAX / 3 + 1));

		assert.strictEqual(answer.status, 413);
		await session.assertAlive();
	});

	test('a chunked POST beyond the limit', async () => {
		const session = await Polling.open(server);
		const answer = await session.request('POST', {
			headers: { 'transfer-encoding': 'chunked' },
			onRequest(req) {
				req.on('error', () => {});
				for (let i = 0; i < 20; i++)
					req.write('x'.repeat(1000));
			}
		});

		assert.strictEqual(answer.status, 413);
		await session.assertAlive();
	});

	test('a WebSocket message of exactly the limit', async () => {
		const ws = await Ws.open(server, ENGINE);
		const text = '4' + 'x'.repeat(MAX - 1);
		const data = Buffer.alloc(MAX, 1);

		await ws.next();
		ws.send(text);
		assert.strictEqual(await ws.next(), text);
		ws.send(data);
		assert.deepStrictEqual(await ws.next(), data);
	});

	test('a WebSocket message of one byte more: 1009', async () => {
		for (const message of ['4' + 'x'.repeat(MAX),
		    Buffer.alloc(MAX + 1, 1)]) {
			const ws = await Ws.open(server, ENGINE);

			await ws.next();
			ws.send(message);
			assert.strictEqual(await ws.end(), 1009);
		}
	});

	test('fragments that add up to more: 1009', async () => {
		const path = query(ENGINE, { EIO: 4, transport: 'websocket' });
		const socket = await FrameSocket.open(server, path);

		await socket.next();
		socket.write({ fin: false, payload: '4' });
		for (let i = 0; i < 10; i++)
			socket.write({ fin: false, opcode: 0,
				payload: 'x'.repeat(MAX / 10) });
		assert.strictEqual((await socket.end()).code, 1009);
	});

	test('a length of 2^62: 1009 at once', async () => {
		const path = query(ENGINE, { EIO: 4, transport: 'websocket' });
		const socket = await FrameSocket.open(server, path);

		await socket.next();
		socket.write(frame({ length: 2 ** 40, payload: '4abc' }));
		assert.strictEqual((await socket.end()).code, 1009);
	});
});

describe('bad input: text', () => {
	const server = useServer(...QUIET);

	useHealthy(server);

	/* The official server replaces what is not UTF-8 by U+FFFD. */
	testOurs('a POST that is not UTF-8 closes the session', async () => {
		for (const bytes of ['34ff', '34c0af', '34eda080', '34e282',
		    '34f4908080', '3480']) {
			const session = await Polling.open(server);

			await session.post(Buffer.from(bytes, 'hex'));
			await session.assertGone();
		}
	});

	test('a WebSocket text that is not UTF-8: 1007', async () => {
		for (const bytes of ['34ff', '34c0af', '34eda080', '34e282',
		    '34f4908080', '3480']) {
			const socket = await FrameSocket.open(server,
			    query(ENGINE, { EIO: 4, transport: 'websocket' }));

			await socket.next();
			socket.write({ payload: Buffer.from(bytes, 'hex') });
			assert.strictEqual((await socket.end()).code, 1007);
		}
	});

	test('UTF-8 split between fragments is good', async () => {
		const socket = await FrameSocket.open(server,
		    query(ENGINE, { EIO: 4, transport: 'websocket' }));
		const bytes = Buffer.from('4€😀');

		await socket.next();
		socket.write({ fin: false, payload: bytes.subarray(0, 2) });
		for (let i = 2; i < bytes.length; i++)
			socket.write({ fin: false, opcode: 0,
				payload: bytes.subarray(i, i + 1) });
		socket.write({ opcode: 0 });
		assert.strictEqual((await socket.next()).payload.toString(),
		    '4€😀');
	});

	/* The official server decodes what it can of it. */
	testOurs('base64 that is none closes the session', async () => {
		for (const text of ['b!!!!', 'bAQ=I', 'bA', 'bAQI\n']) {
			const session = await Polling.open(server);

			await session.post(text);
			await session.assertGone();
		}
	});
});

describe('bad input: Socket.IO packets', () => {
	const server = useServer(...QUIET);

	useHealthy(server);

	test('an event before CONNECT', async () => {
		for (const packet of ['2["echo",1]', '31[]', '1',
		    '2/custom,["echo",1]']) {
			const session = await Sio.openEngine(server);

			session.send(packet);
			await session.assertClosed();
		}
	});

	test('connecting twice', () => closedBy(server, '0'));

	test('an event for a namespace not joined', () =>
		closedBy(server, '2/custom,["echo",1]'));

	test('an event after leaving', async () => {
		const session = await Sio.open(server);

		session.send('1');
		await sleep(20);
		session.send('2["echo",1]');
		await session.assertClosed();
	});

	test('CONNECT_ERROR from a client', () =>
		closedBy(server, '4{"message":"mine"}'));

	for (const [what, ...packets] of [
	    ['no attachment', '50-["echo"]'],
	    ['eleven attachments', '511-["echo",' + HOLE + ']'],
	    ['very many', '5999999999-["echo",' + HOLE + ']'],
	    ['beyond any integer', '5' + '9'.repeat(30) + '-["echo"]'],
	    ['a negative count', '5-1-["echo"]'],
	    ['a fraction', '51.5-["echo",' + HOLE + ']'],
	    ['no count', '5-["echo"]'],
	    ['no dash', '51["echo",' + HOLE + ']'],
	    ['text instead of an attachment', '51-["echo",' + HOLE + ']',
	        '2["echo",1]'],
	    ['text after the first of two', '52-["echo",' + HOLE + ',' +
	        HOLE.replace('0', '1') + ']', Buffer.from([1]),
	        '2["echo",1]'],
	    ['an attachment nobody announced', Buffer.from([1, 2])],
	    ['one attachment too many', '51-["nobody",' + HOLE + ']',
	        Buffer.from([1]), Buffer.from([2])],
	    ['placeholder out of range', '51-["echo",' +
	        HOLE.replace('0', '1') + ']', Buffer.from([1])],
	    ['placeholder below zero', '51-["echo",' +
	        HOLE.replace('0', '-1') + ']', Buffer.from([1])],
	    ['placeholder with a name', '51-["echo",' +
	        HOLE.replace('0', '"splice"') + ']', Buffer.from([1])],
	    ['placeholder without number', '51-["echo",' +
	        '{"_placeholder":true}]', Buffer.from([1])],
	    ['CONNECT with attachments', '01-{}'],
	    ['binary acknowledgement without attachments', '60-1[]'],
	    ['an object for an event', '2{"toString":"foo"}'],
	    ['an event named by an object', '2[{"toString":"foo"}]'],
	    ['an event named by true', '2[true]'],
	    ['unknown type', '7["echo"]'],
	    ['not JSON', '2["echo",nope]'],
	    ['single quotes', "2['echo']"],
	    ['a comma at the end', '2["echo",]'],
	    ['no end', '2["echo"'],
	    ['more behind', '2["echo"]]'],
	    ['nothing', '']])
		test('closed: ' + what, () => closedBy(server, ...packets));

	for (const name of ['connect', 'connect_error', 'disconnect',
	    'disconnecting', 'newListener', 'removeListener'])
		test('closed: reserved event ' + name, () =>
			closedBy(server, JSON.stringify([name, 1])
			    .replace(/^/, '2')));

	/* The official server takes these forms. */
	for (const packet of ['51e0-["echo",' + HOLE + ']',
	    '2 ["echo"]', '51 -["echo",' + HOLE + ']',
	    '5+1-["echo",' + HOLE + ']', '501-["echo",' + HOLE + ']'])
		testOurs('closed: lenient form ' + packet, () =>
			closedBy(server, packet, Buffer.from([1])));

	/* The official server passes these on as they are. */
	for (const [what, text] of [
	    ['deep JSON', '['.repeat(400000) + ']'.repeat(400000)],
	    ['deep JSON without end', '['.repeat(900000)],
	    ['deep objects', '{"a":'.repeat(100000) + '1' +
	        '}'.repeat(100000)]])
		testOurs('closed: ' + what, () =>
			closedBy(server, '2["echo",' + text + ']'));

	test('names of properties are events like any other', async () => {
		const session = await Sio.open(server);

		for (const name of ['__proto__', 'constructor', 'toString',
		    'error', 'hasOwnProperty'])
			session.send('2' + JSON.stringify([name, {}]));
		await session.assertEcho();
	});

	test('acknowledgements nobody waits for', async () => {
		const session = await Sio.open(server);

		for (const id of ['0', '7', '999999999', '9007199254740991'])
			session.send('3' + id + '["x"]');
		await session.assertEcho();
	});

	test('names of namespaces', async () => {
		const session = await Sio.openEngine(server);

		for (const name of ['/' + 'n'.repeat(200), '/\u0001', '//',
		    '/ñ€😀', '/../custom']) {
			session.send('0' + name + ',');
			const answer = await session.next();
			assert.strictEqual(answer, '4' + name +
			    ',{"message":"Invalid namespace"}');
		}
		await session.connect('/');
	});

	test('closed mid-way through attachments', async () => {
		const session = await Sio.open(server);
		const event = '52-["echo",' + HOLE + ',' +
		    HOLE.replace('0', '1') + ']';

		session.send(event);
		session.send(Buffer.alloc(100000));
		session.ws.ws.terminate();
		const polling = await Polling.open(server, { path: SOCKET });
		await polling.send('40');
		await polling.take(2);
		await polling.send('4' + event, 'bAAAA');
		await polling.send('1');
		await polling.assertGone();
	});
});

describe('bad input: a client that never connects', () => {
	const server = useServer(...QUIET, '--connect-timeout', 200 * pace);

	useHealthy(server);

	test('is closed after the timeout', async () => {
		const all = [];

		for (let i = 0; i < 20; i++)
			all.push(await Sio.openEngine(server));
		for (const session of all)
			await session.assertClosed();
	});
});

describe('bad input: a client that never reads', () => {
	const server = useServer(...QUIET);

	/*
	 * Broadcasts to everyone until `total` bytes have come back to a
	 * client that reads, each message once and in order.
	 */
	async function
	flood(total)
	{
		const healthy = await Sio.open(server);
		const filling = 'x'.repeat(100000);
		const count = total / filling.length;

		for (let i = 0; i < count; i++) {
			healthy.send('2["except","nobody",' + i + ',"' +
			    filling + '"]');
			const packet = await healthy.next();
			assert.ok(packet.startsWith('2["said",' + i + ','),
			    packet.slice(0, 40));
		}
		return healthy;
	}

	async function
	openStalled()
	{
		const socket = await FrameSocket.open(server,
		    query(SOCKET, { EIO: 4, transport: 'websocket' }));

		await socket.next();
		socket.write({ payload: '40' });
		await socket.next();
		await socket.next();
		socket.tcp.socket.pause();
		return socket;
	}

	/* The official server keeps everything for it, without bound. */
	testOurs('websocket: closed, and the memory bounded', async () => {
		const TOTAL = 128e6;
		const stalled = [await openStalled(), await openStalled(),
			await openStalled()];
		const before = residentBytes(server.pid);

		const healthy = await flood(TOTAL);
		assert.ok(residentBytes(server.pid) - before < 64e6 * Math.max(1, slow / 5),
		    'grown by ' + (residentBytes(server.pid) - before));
		for (const { tcp } of stalled) {
			let bytes = 0;

			tcp.socket.removeAllListeners('data');
			tcp.socket.on('data', (data) => {
				bytes += data.length;
			});
			tcp.socket.resume();
			await soon(tcp.closed, 'end of the stalled one');
			assert.ok(bytes < TOTAL / 2, 'read ' + bytes);
		}
		await healthy.assertEcho();
	}, 60);

	/* The same. */
	testOurs('polling: closed', async () => {
		const session = await Polling.open(server, { path: SOCKET });

		await session.send('40');
		await session.take(2);
		const healthy = await flood(64e6);
		await session.assertGone();
		await healthy.assertEcho();
	}, 60);

	test('one that floods with pings and never reads', async () => {
		const socket = await FrameSocket.open(server,
		    query(SOCKET, { EIO: 4, transport: 'websocket' }));
		const healthy = await Sio.open(server);
		const pings = Buffer.concat(Array.from({ length: 1000 }, () =>
		    frame({ opcode: 9, payload: 'x'.repeat(125) })));
		const before = residentBytes(server.pid);

		socket.tcp.socket.pause();
		for (let i = 0; i < 100 && !socket.tcp.isClosed; i++) {
			socket.write(pings);
			await healthy.assertEcho();
		}
		if (!reference)
			assert.ok(residentBytes(server.pid) - before < 16e6);
	}, 60);
});

describe('bad input: more than fits into a queue', () => {
	const QUEUE = 2e6;
	const server = useServer(...QUIET, '--queue-max', QUEUE);

	/* The official server sets no bound to attachments together. */
	testOurs('attachments: only their sender is closed', async () => {
		const bystander = await Sio.open(server);
		const session = await Sio.open(server);
		const holes = Array.from({ length: 3 }, (_, num) =>
		    JSON.stringify({ _placeholder: true, num })).join(',');

		session.send('53-["in","' + bystander.sid + '",' + holes +
		    ']');
		for (let i = 0; i < 3; i++)
			session.send(Buffer.alloc(QUEUE / 4));
		await session.assertClosed();
		await bystander.assertEcho();
	});

	/* A turn's burst is judged when it has been written. */
	testOurs('a burst to one who reads', async () => {
		const session = await Sio.open(server);
		const filling = 'x'.repeat(10000);
		const many = [];

		for (let i = 0; i < 300; i++)
			many.push('42["echo",' + i + ',"' + filling + '"]');
		for (const packet of many)
			session.ws.send(packet);
		for (let i = 0; i < 300; i++) {
			const packet = await session.next();

			assert.ok(packet.startsWith('2["echo",' + i + ','));
		}
	});
});
