'use strict';
/* Bad input: broken WebSocket frames, written by hand. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { soon, test, testOurs, useServer } = require('./harness');
const { ENGINE, FrameSocket, Tcp, frame, query,
    upgradeRequest } = require('./raw');
const { useHealthy } = require('./healthy');

const PATH = query(ENGINE, { EIO: 4, transport: 'websocket' });

describe('bad input: WebSocket frames', () => {
	const server = useServer('--ping-interval', 25000,
	    '--ping-timeout', 20000, '--connect-timeout', 20000);

	useHealthy(server);

	async function
	open()
	{
		const socket = await FrameSocket.open(server, PATH);

		await socket.next();
		return socket;
	}

	/*
	 * Sends a good message and then `frames`: the echo of the first
	 * must come, nothing after, and then the end of the connection with
	 * one of `codes` (1006: without a close frame).
	 */
	async function
	broken(frames, codes)
	{
		const socket = await open();

		socket.write({ payload: '4before' });
		assert.strictEqual((await socket.next()).payload.toString(),
		    '4before');
		socket.write(...frames, { payload: '4after' });
		const { code, data } = await socket.end();
		assert.deepStrictEqual(data, []);
		assert.ok(codes.includes(code), 'closed with ' + code);
	}

	const PROTOCOL = [1002, 1005, 1006];

	const wrong = [
		['unmasked', { masked: false, payload: '4x' }],
		['RSV1', { rsv: 4, payload: '4x' }],
		['RSV2', { rsv: 2, payload: '4x' }],
		['RSV3', { rsv: 1, payload: '4x' }],
		['RSV1 on a ping', { rsv: 4, opcode: 9 }],
		['fragmented ping', { fin: false, opcode: 9, payload: 'x' }],
		['fragmented pong', { fin: false, opcode: 10, payload: 'x' }],
		['fragmented close', { fin: false, opcode: 8 }],
		['ping of 126 bytes', { opcode: 9,
			payload: 'x'.repeat(126) }],
		['pong of 126 bytes', { opcode: 10,
			payload: 'x'.repeat(126) }],
		['close of 126 bytes', { opcode: 8,
			payload: '\x03\xe8' + 'x'.repeat(124) }],
		['continuation of nothing', { opcode: 0, payload: '4x' }],
		['first continuation of nothing', { fin: false, opcode: 0,
			payload: '4x' }],
		['text within fragments', { fin: false, payload: '4a' },
			{ payload: '4b' }],
		['binary within fragments', { fin: false, payload: '4a' },
			{ opcode: 2, payload: 'b' }],
		['continuation after the end', { fin: false, payload: '3' },
			{ opcode: 0 }, { opcode: 0, payload: 'x' }]
	];

	for (const [what, ...frames] of wrong)
		test(what, () => broken(frames, PROTOCOL));

	for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
		test('reserved opcode ' + opcode, () =>
			broken([{ opcode, payload: 'x' }], PROTOCOL));

	test('a length with its highest bit', () => {
		const head = Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0,
			1, 0, 0, 0, 0]);

		return broken([head], [...PROTOCOL, 1009]);
	});

	for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999,
	    5000, 65535])
		test('close code ' + code, () => {
			const payload = Buffer.alloc(2);

			payload.writeUInt16BE(code);
			return broken([{ opcode: 8, payload }], PROTOCOL);
		});

	test('close with half a code', () =>
		broken([{ opcode: 8, payload: 'x' }], PROTOCOL));

	test('close with a reason that is not UTF-8', () =>
		broken([{ opcode: 8, payload: Buffer.from('03e8ff', 'hex') }],
		    [1002, 1005, 1006, 1007]));

	for (const code of [1000, 1001, 1003, 1007, 1011, 3000, 4999])
		test('good close code ' + code + ' is answered', () => {
			const payload = Buffer.alloc(2);

			payload.writeUInt16BE(code);
			return broken([{ opcode: 8, payload }], [code]);
		});

	test('an empty close is answered', () =>
		broken([{ opcode: 8 }], [1005, 1000]));

	test('a ping is answered with its payload', async () => {
		const socket = await open();

		for (const payload of ['', 'hello', 'x'.repeat(125)]) {
			socket.write({ opcode: 9, payload });
			const pong = await socket.next();
			assert.strictEqual(pong.opcode, 10);
			assert.strictEqual(pong.payload.toString(), payload);
		}
	});

	test('a pong nobody asked for is ignored', async () => {
		const socket = await open();

		socket.write({ opcode: 10, payload: 'x' }, { payload: '4a' });
		assert.strictEqual((await socket.next()).payload.toString(),
		    '4a');
	});

	test('a ping between fragments', async () => {
		const socket = await open();

		socket.write({ fin: false, payload: '4one' },
		    { opcode: 9, payload: 'p' },
		    { fin: false, opcode: 0, payload: ' two' },
		    { opcode: 9, payload: 'q' },
		    { opcode: 0, payload: ' three' });
		const got = [await socket.next(), await socket.next(),
			await socket.next()];
		assert.deepStrictEqual(
		    got.map(({ payload }) => payload.toString()),
		    ['p', 'q', '4one two three']);
	});

	test('byte by byte', async () => {
		const socket = await open();
		const bytes = Buffer.concat([
			frame({ payload: '4hello' }),
			frame({ fin: false, payload: '4a' }),
			frame({ opcode: 0, payload: 'b' }),
			frame({ payload: '4' + 'x'.repeat(200) })
		]);

		for (let i = 0; i < bytes.length; i++) {
			socket.tcp.write(bytes.subarray(i, i + 1));
			if (i % 8 === 0)
				await new Promise(setImmediate);
		}
		for (const wanted of ['4hello', '4ab', '4' + 'x'.repeat(200)])
			assert.strictEqual(
			    (await socket.next()).payload.toString(), wanted);
	});

	test('many frames in one write', async () => {
		const socket = await open();
		const frames = [];

		for (let i = 0; i < 500; i++)
			frames.push({ payload: '4' + i });
		socket.write(...frames);
		for (let i = 0; i < 500; i++)
			assert.strictEqual(
			    (await socket.next()).payload.toString(),
			    '4' + i);
	});

	/* The official server loses this one. */
	testOurs('frames behind the request, in the same write', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(Buffer.concat([Buffer.from(upgradeRequest(PATH)),
			frame({ payload: '4early' })]));
		const socket = new FrameSocket(tcp);
		assert.strictEqual((await tcp.response()).status, 101);
		assert.strictEqual((await socket.next()).payload[0], 0x30);
		assert.strictEqual((await socket.next()).payload.toString(),
		    '4early');
	});

	test('a bad frame behind the request', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(Buffer.concat([Buffer.from(upgradeRequest(PATH)),
			frame({ rsv: 3, payload: '4early' })]));
		await soon(tcp.closed, 'end');
	});

	test('cut in the middle of a frame', async () => {
		for (const size of [1, 3, 7, 12]) {
			const socket = await open();

			socket.tcp.write(frame({ payload: '4hello world' })
			    .subarray(0, size));
			await new Promise(setImmediate);
			socket.tcp.socket.destroy();
		}
	});

	test('cut in the middle of a fragmented message', async () => {
		const socket = await open();

		socket.write({ fin: false, payload: '4' + 'x'.repeat(50000) });
		await new Promise(setImmediate);
		socket.tcp.socket.resetAndDestroy();
	});

	const handshakes = [
		['no key', /Sec-WebSocket-Key: .*\r\n/, ''],
		['a short key', /(Sec-WebSocket-Key: ).*\r\n/, '$1abc\r\n'],
		['no version', /Sec-WebSocket-Version: .*\r\n/, ''],
		['version 7', /(Version: )13/, '$17'],
		['another protocol', /(Upgrade: )websocket/, '$1h2c'],
		['POST', /^GET/, 'POST']
	];

	for (const [what, find, change] of handshakes)
		test('refused handshake: ' + what, async () => {
			const tcp = await Tcp.open(server.port);

			tcp.write(upgradeRequest(PATH).replace(find, change));
			const { status } = await tcp.response();
			assert.ok(status >= 400 && status < 500, status);
		});

	/* By RFC 6455, section 4.4; the official server says 400. */
	testOurs('a wrong version is told the right one', async () => {
		const tcp = await Tcp.open(server.port);

		tcp.write(upgradeRequest(PATH).replace('Version: 13',
		    'Version: 7'));
		const answer = await tcp.response();
		assert.strictEqual(answer.status, 426);
		assert.strictEqual(answer.headers['sec-websocket-version'],
		    '13');
	});
});
