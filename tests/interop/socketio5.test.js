'use strict';
/*
 * Socket.IO protocol 5 by hand, and the older one below Engine.IO 3:
 * the ground of the project's public test suite, and beyond.
 */
const assert = require('node:assert');
const { describe } = require('node:test');
const { pace, sleep, soon, test, testOurs, useServer } =
    require('./harness');
const { Polling, SOCKET, Sio, Ws } = require('./raw');

const QUIET = ['--ping-interval', 25000, '--ping-timeout', 20000,
	'--connect-timeout', 20000];

describe('socket.io 5: connect', () => {
	const server = useServer(...QUIET);

	test('the main namespace', async () => {
		const session = await Sio.openEngine(server);

		session.send('0');
		const answer = await session.next();
		assert.match(answer, /^0\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
		assert.strictEqual(await session.next(), '2["auth",{}]');
	});

	test('the sid is not that of the transport', async () => {
		const ws = await Ws.open(server, SOCKET);
		const open = JSON.parse((await ws.next()).slice(1));

		ws.send('40');
		const { sid } = JSON.parse((await ws.next()).slice(2));
		assert.notStrictEqual(sid, open.sid);
	});

	test('with a payload', async () => {
		const session = await Sio.openEngine(server);

		await session.connect('/', { token: '123', deep: [1, {}] });
	});

	test('a custom namespace, with and without comma', async () => {
		for (const packet of ['0/custom,', '0/custom']) {
			const session = await Sio.openEngine(server);

			session.send(packet);
			assert.match(await session.next(),
			    /^0\/custom,\{"sid":"[A-Za-z0-9_-]{20}"\}$/);
			assert.strictEqual(await session.next(),
			    '2/custom,["auth",{}]');
		}
	});

	test('a custom namespace with a payload', async () => {
		const session = await Sio.openEngine(server);

		await session.connect('/custom', { token: 'abc' });
	});

	test('two namespaces, two sids, one transport', async () => {
		const session = await Sio.open(server);
		const sid = await session.connect('/custom');

		assert.notStrictEqual(sid, session.sid);
		await session.assertEcho('/');
		await session.assertEcho('/custom');
	});

	test('an unknown namespace: refused, the transport stays',
	    async () => {
		const session = await Sio.openEngine(server);

		for (const nsp of ['/random', '/__proto__', '/constructor',
		    '/custom/', '/custo', '/Custom']) {
			session.send('0' + nsp + ',');
			assert.strictEqual(await session.next(), '4' + nsp +
			    ',{"message":"Invalid namespace"}');
		}
		await session.connect('/');
		await session.assertEcho();
	});

	test('refused by the namespace', async () => {
		const session = await Sio.openEngine(server);

		session.send('0/refuse,');
		assert.strictEqual(await session.next(), '4/refuse,' +
		    '{"message":"refused","data":{"code":"E_REFUSED"}}');
		await session.connect('/');
		await session.assertEcho();
	});

	test('over polling', async () => {
		const session = await Polling.open(server, { path: SOCKET });

		await session.send('40');
		const [connected, auth] = await session.take(2);
		assert.match(connected, /^40\{"sid":"[^"]{20}"\}$/);
		assert.strictEqual(auth, '42["auth",{}]');
		await session.send('42["echo","a"]', '42["echo","b"]');
		assert.deepStrictEqual(await session.take(2),
		    ['42["echo","a"]', '42["echo","b"]']);
	});
});

describe('socket.io 5: connect timeout', () => {
	const timeout = 300 * pace;
	const server = useServer(...QUIET, '--connect-timeout', timeout);

	test('a client without a namespace is closed', async () => {
		const session = await Sio.openEngine(server);

		await session.assertClosed();
	});

	test('also when its namespace was refused', async () => {
		const session = await Sio.openEngine(server);

		session.send('0/refuse,');
		await session.next();
		await session.assertClosed();
	});

	test('also over polling', async () => {
		const session = await Polling.open(server, { path: SOCKET });

		assert.deepStrictEqual(await session.poll(), ['1']);
		await session.assertGone();
	});

	test('a connected one is not', async () => {
		const session = await Sio.open(server);

		await sleep(timeout * 1.5);
		await session.assertEcho();
	});

	test('nor one that has left its namespace', async () => {
		const session = await Sio.open(server);

		session.send('1');
		await sleep(timeout * 1.5);
		await session.connect('/');
		await session.assertEcho();
	});
});

describe('socket.io 5: disconnect', () => {
	const interval = 300 * pace;
	const server = useServer('--ping-interval', interval,
	    '--ping-timeout', 10000, '--connect-timeout', 20000);

	test('no answer, the transport stays', async () => {
		const session = await Sio.open(server);

		session.send('1');
		assert.strictEqual(await session.ws.next(), '2');
		session.ws.send('3');
		await session.connect('/');
		await session.assertEcho();
	});

	test('one namespace of two', async () => {
		const session = await Sio.open(server);

		await session.connect('/custom');
		session.send('1/custom,');
		session.send('2["message","still here"]');
		assert.strictEqual(await session.next(),
		    '2["message-back","still here"]');
	});

	test('connecting again gives another sid', async () => {
		const session = await Sio.open(server);

		session.send('1');
		await sleep(50 * pace);
		assert.notStrictEqual(await session.connect('/'),
		    session.sid);
	});

	/*
	 * The official server may take them in the wrong order and close
	 * the transport for connecting twice.
	 */
	testOurs('disconnect and connect in one breath', async () => {
		for (let i = 0; i < 20; i++) {
			const session = await Sio.open(server);

			session.send('1');
			await session.connect('/');
			await session.assertEcho();
		}
	});

	test('kicked from a namespace', async () => {
		const session = await Sio.open(server);

		await session.connect('/custom');
		session.send('2/custom,["kick",false]');
		assert.strictEqual(await session.next(), '1/custom,');
		await session.assertEcho();
		await session.connect('/custom');
		await session.assertEcho('/custom');
	});

	test('kicked off the transport', async () => {
		const session = await Sio.open(server);

		session.send('2["kick",true]');
		assert.strictEqual(await session.next(), '1');
		await session.assertClosed();
	});

	test('kicked off the transport, polling', async () => {
		const session = await Polling.open(server, { path: SOCKET });

		await session.send('40');
		await session.take(2);
		await session.send('42["kick",true]');
		const packets = [];
		while (packets.at(-1) !== '1')
			packets.push(...(await session.poll())
			    .filter((packet) => packet !== '6'));
		assert.deepStrictEqual(packets, ['41', '1']);
		await session.assertGone();
	});
});

describe('socket.io 5: messages', () => {
	const server = useServer(...QUIET);

	test('text', async () => {
		const session = await Sio.open(server);

		session.send('2["message",1,"2",{"3":[true]},null,1.5]');
		assert.strictEqual(await session.next(),
		    '2["message-back",1,"2",{"3":[true]},null,1.5]');
	});

	test('text comes back as it was', async () => {
		const session = await Sio.open(server);
		const values = ['', 'ñ€😀', '\u0001\u2028"\\/', 'a\0b',
			'\ud83d\ude00', '42["message"]', { '': 0 },
			[[[[]]]], -0.5, 1e21, 123456789012345];

		session.send('2' + JSON.stringify(['echo', ...values]));
		assert.deepStrictEqual(
		    JSON.parse((await session.next()).slice(1)),
		    JSON.parse(JSON.stringify(['echo', ...values])));
	});

	test('no arguments', async () => {
		const session = await Sio.open(server);

		session.send('2["message"]');
		assert.strictEqual(await session.next(), '2["message-back"]');
	});

	test('an event without a handler, and one with a number',
	    async () => {
		const session = await Sio.open(server);

		session.send('2["nobody listens",1]');
		session.send('2[1,2]');
		session.send('2["error",{}]');
		session.send('27["nobody listens",1]');
		await session.assertEcho();
	});

	test('binary', async () => {
		const session = await Sio.open(server);

		session.send('52-["message",{"_placeholder":true,"num":0},' +
		    '{"_placeholder":true,"num":1}]');
		session.send(Buffer.from([1, 2, 3]));
		session.send(Buffer.from([4, 5, 6]));
		assert.strictEqual(await session.next(),
		    '52-["message-back",{"_placeholder":true,"num":0},' +
		    '{"_placeholder":true,"num":1}]');
		assert.deepStrictEqual(await session.next(),
		    Buffer.from([1, 2, 3]));
		assert.deepStrictEqual(await session.next(),
		    Buffer.from([4, 5, 6]));
	});

	test('binary, deep inside, in a namespace', async () => {
		const session = await Sio.open(server, '/custom');

		session.send('51-/custom,["echo",{"a":[{"_placeholder":true,' +
		    '"num":0}]}]');
		session.send(Buffer.alloc(0));
		assert.strictEqual(await session.next(), '51-/custom,' +
		    '["echo",{"a":[{"_placeholder":true,"num":0}]}]');
		assert.deepStrictEqual(await session.next(), Buffer.alloc(0));
	});

	test('ten attachments, used in any order', async () => {
		const session = await Sio.open(server);
		const holes = [...Array(10).keys()].reverse().map((num) =>
		    ({ _placeholder: true, num }));

		session.send('510-' + JSON.stringify(['echo', ...holes]));
		for (let i = 0; i < 10; i++)
			session.send(Buffer.from([i]));
		const packet = await session.next();
		assert.strictEqual(packet.slice(0, 4), '510-');
		const args = JSON.parse(packet.slice(4)).slice(1);
		const parts = await session.ws.queue.take(10);
		assert.deepStrictEqual(args.map(({ num }) => parts[num][0]),
		    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
	});

	test('binary over polling', async () => {
		const session = await Polling.open(server, { path: SOCKET });

		await session.send('40');
		await session.take(2);
		await session.send('451-["echo",{"_placeholder":true,' +
		    '"num":0}]', 'bAQID');
		assert.deepStrictEqual(await session.take(2),
		    ['451-["echo",{"_placeholder":true,"num":0}]', 'bAQID']);
	});

	test('acknowledgement', async () => {
		const session = await Sio.open(server);

		session.send('2456["message-with-ack",1,"2",{"3":[false]}]');
		assert.strictEqual(await session.next(),
		    '3456[1,"2",{"3":[false]}]');
		session.send('20["message-with-ack"]');
		assert.strictEqual(await session.next(), '30[]');
	});

	test('acknowledgement in a namespace', async () => {
		const session = await Sio.open(server, '/custom');

		session.send('2/custom,12["message-with-ack","a"]');
		assert.strictEqual(await session.next(), '3/custom,12["a"]');
	});

	test('binary acknowledgement', async () => {
		const session = await Sio.open(server);

		session.send('51-789["message-with-ack",' +
		    '{"_placeholder":true,"num":0}]');
		session.send(Buffer.from([1, 2, 3]));
		assert.strictEqual(await session.next(),
		    '61-789[{"_placeholder":true,"num":0}]');
		assert.deepStrictEqual(await session.next(),
		    Buffer.from([1, 2, 3]));
	});

	test('the server asks for an acknowledgement', async () => {
		const session = await Sio.open(server);

		session.send('2["ask","how?"]');
		const question = await session.next();
		const found = /^2(\d+)\["question","how\?"\]$/.exec(question);
		assert.ok(found, question);
		session.send('3' + found[1] + '["so",1]');
		assert.strictEqual(await session.next(), '2["answer","so",1]');
		/* Once only, and unknown ids are ignored. */
		session.send('3' + found[1] + '["again"]');
		session.send('399999["never asked"]');
		await session.assertEcho();
	});

	test('a binary acknowledgement from the client', async () => {
		const session = await Sio.open(server);

		session.send('2["ask"]');
		const [, id] = /^2(\d+)\["question"\]$/
		    .exec(await session.next());
		session.send('61-' + id + '[{"_placeholder":true,"num":0}]');
		session.send(Buffer.from([7]));
		assert.strictEqual(await session.next(),
		    '51-["answer",{"_placeholder":true,"num":0}]');
		assert.deepStrictEqual(await session.next(),
		    Buffer.from([7]));
	});

	test('burst: in order', async () => {
		const session = await Sio.open(server);

		session.send('2["burst",1000]');
		for (let i = 0; i < 1000; i++)
			assert.strictEqual(await session.next(),
			    '2["burst",' + i + ']');
	});

	test('parse errors close the transport', async () => {
		for (const bad of ['abc', '2{}', '2abc["message"]',
		    '2["message",', '2"message"', '2[]', '2[null]', '2[{}]',
		    '2[["a"]]', '7', '9["message"]', '2["message"]x',
		    '2-["message"]', '3["no id"]x', '30{}', '0"text"', '0[1]',
		    '01', '1{"a":1}']) {
			const session = await Sio.open(server);

			session.send(bad);
			try {
				await session.assertClosed();
			} catch (error) {
				error.message += ' after ' + bad;
				throw error;
			}
		}
	}, 60);
});

describe('socket.io 5: rooms', () => {
	const server = useServer(...QUIET);

	async function
	call(session, id, ...event)
	{
		session.send('2' + id + JSON.stringify(event));
		const answer = await session.next();
		assert.ok(answer.startsWith('3' + id + '['), answer);
		return JSON.parse(answer.slice(1 + String(id).length));
	}

	test('join, leave, and the room of the own id', async () => {
		const session = await Sio.open(server);

		assert.deepStrictEqual(await call(session, 1, 'whoami'),
		    [session.sid]);
		await call(session, 2, 'join', 'b');
		await call(session, 3, 'join', 'a');
		await call(session, 4, 'join', 'a');
		assert.deepStrictEqual(await call(session, 5, 'rooms'),
		    [[session.sid, 'a', 'b'].sort()]);
		await call(session, 6, 'leave', 'a');
		await call(session, 7, 'leave', 'never joined');
		assert.deepStrictEqual(await call(session, 8, 'rooms'),
		    [[session.sid, 'b'].sort()]);
	});

	test('to, in, except; namespaces apart', async () => {
		const [a, b, c] = [await Sio.open(server),
			await Sio.open(server), await Sio.open(server)];
		const other = await Sio.open(server, '/custom');

		await call(a, 1, 'join', 'room');
		await call(b, 1, 'join', 'room');
		other.send('2/custom,1["join","room"]');
		assert.strictEqual(await other.next(), '3/custom,1[]');

		a.send('2["to","room","first"]');
		assert.strictEqual(await b.next(), '2["said","first"]');
		a.send('2["in","room","second"]');
		assert.strictEqual(await a.next(), '2["said","second"]');
		assert.strictEqual(await b.next(), '2["said","second"]');
		b.send('2["except","room","third"]');
		assert.strictEqual(await c.next(), '2["said","third"]');
		/* An id is a room: a message to one. */
		c.send('2' + JSON.stringify(['to', b.sid, 'fourth']));
		assert.strictEqual(await b.next(), '2["said","fourth"]');
		for (const session of [a, b, c])
			await session.assertEcho();
		await other.assertEcho('/custom');
	});

	test('binary broadcast', async () => {
		const [a, b] = [await Sio.open(server),
			await Sio.open(server)];

		await call(b, 1, 'join', 'binary');
		a.send('51-["to","binary",{"_placeholder":true,"num":0}]');
		a.send(Buffer.from([1, 2]));
		assert.strictEqual(await b.next(),
		    '51-["said",{"_placeholder":true,"num":0}]');
		assert.deepStrictEqual(await b.next(), Buffer.from([1, 2]));
	});

	test('a room is left on disconnect', async () => {
		const [a, b] = [await Sio.open(server),
			await Sio.open(server)];

		await call(b, 1, 'join', 'left');
		const sid = b.sid;
		b.send('1');
		await b.connect('/');
		await a.untilGone(sid);
		a.send('2["in","left","nobody"]');
		await a.assertEcho();
		await b.assertEcho();
		assert.strictEqual((await call(b, 2, 'rooms'))[0].length, 1);
	});

	test('volatile reaches who can take it', async () => {
		const [a, b] = [await Sio.open(server),
			await Sio.open(server)];

		a.send('2["volatile","now"]');
		assert.strictEqual(await a.next(), '2["said","now"]');
		assert.strictEqual(await b.next(), '2["said","now"]');
	});
});

describe('socket.io below engine.io 3', () => {
	const server = useServer(...QUIET);

	async function
	openOld()
	{
		const ws = await Ws.open(server, SOCKET, { EIO: 3 });
		const open = JSON.parse((await ws.next()).slice(1));

		assert.strictEqual(await ws.next(), '40');
		assert.strictEqual(await ws.next(), '42["auth",{}]');
		return { ws, sid: open.sid };
	}

	test('connected to the main namespace at once', async () => {
		const { ws, sid } = await openOld();

		ws.send('421["whoami"]');
		assert.strictEqual(await ws.next(), '431["' + sid + '"]');
	});

	test('over polling', async () => {
		const session = await Polling.open(server,
		    { path: SOCKET, eio: 3 });

		assert.deepStrictEqual(await session.take(2),
		    ['40', '42["auth",{}]']);
		await session.send('42["echo","ñ€😀"]');
		const [echo] = await session.poll();
		assert.deepStrictEqual(JSON.parse(echo.slice(2)),
		    ['echo', 'ñ€😀']);
	});

	test('a namespace: its query and its ids', async () => {
		const { ws, sid } = await openOld();

		ws.send('40/custom?token=abc,');
		assert.strictEqual(await ws.next(), '40/custom,');
		assert.strictEqual(await ws.next(),
		    '42/custom,["auth",{"token":"abc"}]');
		ws.send('42/custom,1["whoami"]');
		assert.strictEqual(await ws.next(),
		    '43/custom,1["/custom#' + sid + '"]');
		ws.send('41/custom,');
		ws.send('42["echo",1]');
		assert.strictEqual(await ws.next(), '42["echo",1]');
	});

	test('errors: the data of the refusal alone', async () => {
		const { ws } = await openOld();

		ws.send('40/refuse,');
		assert.strictEqual(await ws.next(),
		    '44/refuse,{"code":"E_REFUSED"}');
		ws.send('40/random,');
		assert.strictEqual(await ws.next(),
		    '44/random,{"message":"Invalid namespace"}');
	});

	test('binary and acknowledgements', async () => {
		const { ws } = await openOld();

		ws.send('451-5["message-with-ack",' +
		    '{"_placeholder":true,"num":0}]');
		ws.send(Buffer.from([4, 1, 2]));
		assert.strictEqual(await ws.next(),
		    '461-5[{"_placeholder":true,"num":0}]');
		assert.deepStrictEqual(await ws.next(),
		    Buffer.from([4, 1, 2]));
	});

	test('a parse error closes the transport', async () => {
		const { ws } = await openOld();

		ws.send('42{}');
		await soon(ws.closed, 'close');
	});
});
