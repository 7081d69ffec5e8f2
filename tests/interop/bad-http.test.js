'use strict';
/* Bad input: HTTP, written by hand. */
const assert = require('node:assert');
const { describe } = require('node:test');
const { once } = require('node:events');
const { pace, residentBytes, sleep, soon, test, testOurs, useServer } =
    require('./harness');
const { ENGINE, Polling, Tcp, query } = require('./raw');
const { useHealthy } = require('./healthy');

const HANDSHAKE = query(ENGINE, { EIO: 4, transport: 'polling' });

describe('bad input: HTTP', () => {
	const server = useServer('--ping-interval', 25000,
	    '--ping-timeout', 20000, '--connect-timeout', 20000);

	useHealthy(server);

	/* What comes back for these bytes, up to the end. */
	async function
	answerTo(bytes)
	{
		const tcp = await Tcp.open(server.port);

		tcp.write(bytes);
		await soon(tcp.closed, 'end');
		return tcp.buffer.toString('latin1');
	}

	/* Not a single response but the refusal, and the end. */
	async function
	refused(bytes, status = 400)
	{
		const text = await answerTo(bytes);
		const lines = text.match(/HTTP\/1\.1 \d{3}/g) || [];

		assert.deepStrictEqual(lines, ['HTTP/1.1 ' + status], text);
	}

	test('pipelined requests are answered in order', async () => {
		const tcp = await Tcp.open(server.port);
		const paths = [
			[HANDSHAKE, 200, '"sid"'],
			[query(ENGINE, { EIO: 4 }), 400, '"code":0'],
			[query(ENGINE, { EIO: 4, transport: 'polling',
				sid: 'x' }), 400, '"code":1'],
			[HANDSHAKE, 200, '"sid"'],
			[query(ENGINE, { EIO: 4, transport: 'websocket' }),
				400, '"code":3'],
			/* Last: a server may end the connection by it. */
			['/nowhere', 404, '']
		];

		tcp.write(paths.map(([path]) => 'GET ' + path +
		    ' HTTP/1.1\r\nHost: a\r\n\r\n').join(''));
		for (const [, status, text] of paths) {
			const answer = await tcp.response();

			assert.strictEqual(answer.status, status);
			assert.ok(answer.text.includes(text), answer.text);
		}
	});

	test('a waiting poll holds back what is pipelined behind it',
	    async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write('GET ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\n\r\n' +
		    'GET ' + HANDSHAKE + ' HTTP/1.1\r\nHost: a\r\n\r\n');
		await sleep(50 * pace);
		assert.strictEqual(tcp.buffer.length, 0);
		await session.send('4now');
		assert.strictEqual((await tcp.response()).text, '4now');
		assert.match((await tcp.response()).text, /^0\{/);
	});

	test('POST and GET pipelined', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);
		const path = query(ENGINE, session.params);

		tcp.write('POST ' + path + ' HTTP/1.1\r\nHost: a\r\n' +
		    'Content-Length: 6\r\n\r\n4hello' +
		    'GET ' + path + ' HTTP/1.1\r\nHost: a\r\n\r\n');
		assert.strictEqual((await tcp.response()).text, 'ok');
		assert.strictEqual((await tcp.response()).text, '4hello');
	});

	test('byte by byte', async () => {
		const tcp = await Tcp.open(server.port);

		for (const byte of 'GET ' + HANDSHAKE +
		    ' HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n') {
			tcp.write(byte);
			await new Promise(setImmediate);
		}
		assert.strictEqual((await tcp.response()).status, 200);
	});

	test('Connection: close and HTTP/1.0 end the connection',
	    async () => {
		assert.match(await answerTo('GET ' + HANDSHAKE +
		    ' HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
		    /^HTTP\/1\.1 200 [^]*\r\n\r\n0\{/);
		assert.match(await answerTo('GET ' + HANDSHAKE +
		    ' HTTP/1.0\r\n\r\n'),
		    /^HTTP\/1\.[01] 200 [^]*\r\n\r\n0\{/);
	});

	test('Expect: 100-continue', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);

		tcp.write('POST ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n' +
		    'Expect: 100-continue\r\n\r\n');
		await tcp.read((buffer) =>
		    buffer.includes('HTTP/1.1 100') || undefined, '100');
		tcp.buffer = Buffer.alloc(0);
		tcp.write('4a');
		assert.strictEqual((await tcp.response()).text, 'ok');
	});

	test('a head of 64 KiB: 431', async () => {
		await refused('GET ' + HANDSHAKE + ' HTTP/1.1\r\nHost: a\r\n' +
		    'X: ' + 'x'.repeat(65536) + '\r\n\r\n', 431);
	});

	test('a head of 64 KiB in small fields: 431', async () => {
		await refused('GET ' + HANDSHAKE + ' HTTP/1.1\r\nHost: a\r\n' +
		    ('X: ' + 'x'.repeat(58) + '\r\n').repeat(1024) + '\r\n',
		    431);
	});

	test('a target of 64 KiB', async () => {
		const text = await answerTo('GET /' + 'x'.repeat(65536) +
		    ' HTTP/1.1\r\nHost: a\r\n\r\n');

		assert.match(text, /^HTTP\/1\.1 (414|431) /);
	});

	const POST = 'POST ' + HANDSHAKE + ' HTTP/1.1\r\nHost: a\r\n';
	const INSIDE = 'GET ' + HANDSHAKE + ' HTTP/1.1\r\nHost: a\r\n\r\n';

	for (const [what, bytes] of [
	    ['Content-Length and Transfer-Encoding', POST +
	        'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n' +
	        '0\r\n\r\n' + INSIDE],
	    ['Transfer-Encoding and Content-Length', POST +
	        'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n' +
	        '0\r\n\r\n' + INSIDE],
	    ['two lengths', POST +
	        'Content-Length: 0\r\nContent-Length: 5\r\n\r\n' + INSIDE],
	    ['a list of lengths', POST +
	        'Content-Length: 5, 5\r\n\r\nhello' + INSIDE],
	    ['a length with a sign', POST +
	        'Content-Length: +5\r\n\r\nhello' + INSIDE],
	    ['a negative length', POST +
	        'Content-Length: -1\r\n\r\n' + INSIDE],
	    ['a length in hex', POST +
	        'Content-Length: 0x5\r\n\r\nhello' + INSIDE],
	    ['a length beyond 64 bits', POST +
	        'Content-Length: 99999999999999999999\r\n\r\n' + INSIDE],
	    ['space before the colon', POST +
	        'Content-Length : 5\r\n\r\nhello' + INSIDE],
	    ['unknown transfer coding', POST +
	        'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n' +
	        INSIDE],
	    ['bad chunk size', POST +
	        'Transfer-Encoding: chunked\r\n\r\nxyz\r\n' + INSIDE],
	    ['chunk size beyond 64 bits', POST +
	        'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n'],
	    ['a bare CR in a field', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n'],
	    ['NUL in a field', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
	    ['a field without colon', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\nXyz\r\n\r\n'],
	    ['a field without name', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n'],
	    ['HTTP/3.0', 'GET ' + HANDSHAKE + ' HTTP/3.0\r\n\r\n'],
	    ['an unknown method', 'HELLO / HTTP/1.1\r\nHost: a\r\n\r\n'],
	    ['lower case', 'get ' + HANDSHAKE + ' http/1.1\r\n\r\n'],
	    ['no HTTP at all', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03']])
		test('refused: ' + what, () =>
			refused(Buffer.from(bytes, 'latin1')));

	/* The official server takes no offence. */
	for (const [what, bytes] of [
	    ['HTTP/0.9', 'GET ' + HANDSHAKE + '\r\n\r\n'],
	    ['no Host', 'GET ' + HANDSHAKE + ' HTTP/1.1\r\nX: y\r\n\r\n'],
	    ['two Hosts', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n']])
		testOurs('refused: ' + what, () => refused(bytes));

	for (const [what, head] of [
	    ['nothing', ''],
	    ['half a method', 'GE'],
	    ['half a target', 'GET /engine.io/?EIO'],
	    ['half a field', 'GET ' + HANDSHAKE + ' HTTP/1.1\r\nHos'],
	    ['no empty line', 'GET ' + HANDSHAKE +
	        ' HTTP/1.1\r\nHost: a\r\n'],
	    ['half a body', POST + 'Content-Length: 10\r\n\r\n4ab'],
	    ['half a chunk', POST +
	        'Transfer-Encoding: chunked\r\n\r\n5\r\nab']])
		test('cut after ' + what, async () => {
			for (const end of ['end', 'destroy',
			    'resetAndDestroy']) {
				const tcp = await Tcp.open(server.port);

				if (head !== '')
					tcp.write(head);
				await sleep(5);
				tcp.socket[end]();
			}
		});

	test('a client that leaves before its answer', async () => {
		for (let i = 0; i < 50; i++) {
			const tcp = await Tcp.open(server.port);

			tcp.write('GET ' + HANDSHAKE +
			    ' HTTP/1.1\r\nHost: a\r\n\r\n');
			tcp.socket.resetAndDestroy();
		}
	});

	test('the rest of a refused body is not a request', async () => {
		const session = await Polling.open(server);
		const tcp = await Tcp.open(server.port);
		const body = INSIDE.repeat(20000);

		tcp.socket.on('error', () => {});
		tcp.write('POST ' + query(ENGINE, session.params) +
		    ' HTTP/1.1\r\nHost: a\r\nContent-Length: ' + body.length +
		    '\r\n\r\n' + body);
		assert.strictEqual((await tcp.response()).status, 413);
		await sleep(100 * pace);
		assert.ok(!tcp.buffer.includes('HTTP/1.1 200'));
		await session.assertAlive();
	});

	/* The official server's answers pile up. */
	testOurs('requests without end, answers unread', async () => {
		const requests = 'GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n'
		    .repeat(2000);
		const tcp = await Tcp.open(server.port);
		const before = residentBytes(server.pid);
		let taken = 0, stuck;

		tcp.socket.on('error', () => {});
		tcp.socket.pause();
		/* Until nothing has moved for a while. */
		do {
			stuck = true;
			for (let i = 0; i < 10 && taken < 40e6; i++)
				if (tcp.socket.write(requests)) {
					taken += requests.length;
					stuck = false;
				} else {
					stuck = await Promise.race([
						once(tcp.socket, 'drain')
						    .then(() => false),
						sleep(500 * pace)
						    .then(() => true)]);
					taken += requests.length;
				}
		} while (!stuck && taken < 40e6);
		assert.ok(stuck, 'took ' + taken);
		assert.ok(residentBytes(server.pid) - before < 32e6);
		/* Once they are read it goes on. */
		const text = 'HTTP/1.1 404';
		let answers = 0;

		tcp.socket.removeAllListeners('data');
		const some = new Promise((resolve) => {
			tcp.socket.on('data', (data) => {
				answers += data.toString('latin1')
				    .split(text).length - 1;
				if (answers > 10000)
					resolve();
			});
		});
		tcp.socket.resume();
		await soon(some, 'answers');
		tcp.socket.destroy();
	});
});
